"""A lesson leg where no IPv4 packet passes: a program, for a network namespace of its own.

unshare --net -- python -m tests.media.ipv6_only
"""

import asyncio
import json
import subprocess
from dataclasses import replace

from tests.media.classroom import CAMERA, H264_KEYFRAME, LOOPBACK, classroom, eventually


def close_ipv4() -> None:
    """Let no IPv4 packet pass in this namespace, not even over loopback."""
    for command in (
        ["ip", "link", "set", "lo", "up"],
        ["nft", "add table inet only6"],
        ["nft", "add chain inet only6 in { type filter hook input priority 0 ; }"],
        ["nft", "add rule inet only6 in meta nfproto ipv4 drop"],
    ):
        subprocess.run(command, check=True)


async def main() -> None:
    """Publish and subscribe over UDP and over TCP; print what arrived."""
    close_ipv4()
    config = replace(LOOPBACK, bind_host="::", announced_hosts=("127.0.0.1", "::1"))
    received: dict[str, int] = {}
    async with classroom(config) as room:
        teacher = await room.publish(
            "teacher", [(CAMERA, ("h264",))], peer=room.new_peer(host="::1")
        )
        room.allow(("teacher", CAMERA, ["udp", "tcp"]))
        for name in ("udp", "tcp"):
            site = await room.subscribe(name, host="::1", over_tcp=name == "tcp")
            teacher.send_rtp("0", H264_KEYFRAME, timestamp_increment=3000)
            await eventually(lambda: site.receptions)  # noqa: B023 - awaited at once
            received[name] = sum(each.packets for each in site.receptions.values())
    print(json.dumps(received))


if __name__ == "__main__":
    asyncio.run(main())
