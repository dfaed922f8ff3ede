"""A lesson in browsers where no IPv4 packet passes: a program, for a network namespace of its own.

    unshare --net -- python -m tests.e2e.ipv6_inside FOLDER

The test `test_ipv6.py` runs it so. Pages and signalling are at `[::1]`, which browsers trust with
a camera as they do https. Media is at the address of an interface: Chromium uses no loopback of
IPv6. What was seen and heard is printed as one line of JSON.
"""

import json
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.e2e import samples
from tests.e2e.conftest import free_port
from tests.e2e.facts import Facts
from tests.e2e.lesson import Lesson
from tests.e2e.measure import Received, wait_until
from tests.e2e.platform_process import ROOT, Platform
from tests.media.ipv6_only import close_ipv4

FRAMES = 40  # as many as are waited for: how fast they come is for lessons with less on two cores
_ADDRESS = "fd00:7::1"  # of this namespace alone (RFC 4193)
_SETTINGS = {
    "CLASSROOMS_HTTP_HOST": "::1",
    "CLASSROOMS_MEDIA_BIND_HOST": _ADDRESS,
    "CLASSROOMS_MEDIA_HOSTS": _ADDRESS,
}


def lay_interface() -> None:
    """Give the namespace an interface with an address of IPv6."""
    for command in (
        "ip link add site0 type veth peer name site1",
        f"ip address add {_ADDRESS}/64 dev site0 nodad",
        "ip link set site0 up",
        "ip link set site1 up",
    ):
        subprocess.run(command.split(), check=True)


def seen_and_heard(page: Page, seat: str) -> dict[str, Any]:
    """Return what a page shows and plays of a seat from now on, until `FRAMES` have come."""
    received = Received(page, seat)
    before = received.read("camera")["frames_decoded"]

    def frames() -> int | None:
        more: int = received.read("camera")["frames_decoded"] - before
        return more if more >= FRAMES else None

    return {
        "frames": wait_until(frames, f"{FRAMES} pictures of {seat}"),
        "energy": received.read("microphone")["total_audio_energy"],
    }


def main(folder: Path) -> None:
    """Hold a lesson, with a classroom on stage; print what came where."""
    close_ipv4()
    lay_interface()
    facts = Facts()
    with ExitStack() as stack:
        platform = Platform(
            folder,
            free_port(socket.SOCK_STREAM),
            free_port(socket.SOCK_DGRAM),
            more=_SETTINGS,
            host="[::1]",
        )
        platform.start()
        stack.callback(platform.stop)
        playwright = stack.enter_context(sync_playwright())
        lesson = Lesson(
            playwright, platform, samples.prepare(), facts, ROOT / "var" / "e2e" / "ipv6"
        )
        stack.callback(lesson.close)
        lesson.prepare()
        lesson.start()
        lesson.join()
        lesson.speak()
        found = {
            "pages": sorted({page.evaluate("location.hostname") for page in _live(lesson)}),
            "roads": [page.evaluate(_ROADS) for page in _live(lesson)],
            "hub at class-1": seen_and_heard(lesson.first, "hub"),
            "hub at class-2": seen_and_heard(lesson.second, "hub"),
            "class-1 at teacher": seen_and_heard(lesson.teacher, lesson.first_seat),
            "errors": lesson.errors,
        }
    facts.require_all_right()
    print(json.dumps(found, ensure_ascii=False), flush=True)


_ROADS = """async () => {
  const read = await window.__classroom.read();
  return [read.publish_road, read.subscribe_road];
}"""


def _live(lesson: Lesson) -> tuple[Page, ...]:
    return (lesson.teacher, lesson.first, lesson.second)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
