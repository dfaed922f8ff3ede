"""Debian's Janus as the yardstick: its videoroom plugin, started and ended by us.

Set up to do as little as our server does, so the comparison is fair to Janus: ICE-lite
(no checks of its own), no ICE-TCP, no STUN server, IPv4 only, no other plugin, no admin
interface, `event_loops` = cores, logging at warnings. Its retransmission buffer, reports
and transport-wide feedback are at their defaults, as ours are on.

Janus takes no loopback interface for media; `bench.private_network` gives it another.
"""

import asyncio
import json
import os
import secrets
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from bench.servers import ServerFailed, start_process, stop_process

_ROOM = 1
_KEEPALIVE_S = 25
_CONFIG = """
general: {{
    configs_folder = "{folder}"
    debug_level = 3
    debug_timestamps = true
    event_loops = {event_loops}
    session_timeout = 0
}}
media: {{ rtp_port_range = "{first_port}-{last_port}" }}
nat: {{
    ice_lite = true
    ice_tcp = false
    ice_enforce_list = "{interface}"
}}
plugins: {{ disable = "{other_plugins}" }}
transports: {{ disable = "{other_transports}" }}
loggers: {{ disable = "libjanus_jsonlog.so" }}
"""
_WEBSOCKETS = """
general: {{ json = "compact", ws = true, ws_port = {port}, ws_ip = "127.0.0.1", wss = false }}
admin: {{ admin_ws = false, admin_wss = false }}
"""


class JanusUnavailable(Exception):
    """Janus cannot be used on this machine; the message says what is missing."""


class JanusServer:
    """One Janus session; every peer is a videoroom handle in it."""

    name = "janus"
    # Janus drops a ClientHello that comes before the nomination, and OpenSSL repeats it only
    # after a second: measured 1015 ms for every join. As the client it begins when it is ready.
    subscriber_setup = "passive"

    def __init__(self, pid: int, connection: ClientConnection, *, host: str, codec: str) -> None:
        self.pid = pid
        self.host = host
        self._connection = connection
        self._codec = codec
        self._session = 0
        self._feed = 0
        self._handles: dict[int, int] = {}
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}

    async def read(self) -> None:
        """Hand every reply to who waits for it, until Janus goes away."""
        async for text in self._connection:
            message = json.loads(text)
            if message["janus"] == "ack":
                continue  # the event with the same transaction follows
            future = self._waiting.pop(message.get("transaction", ""), None)
            if future is None:
                continue
            data = message.get("plugindata", {}).get("data", {})
            if message["janus"] == "error" or "error" in data:
                future.set_exception(ServerFailed(f"Janus: {message.get('error') or data}"))
            else:
                future.set_result(message)
        raise ServerFailed("Janus closed its control connection")

    async def keep_alive(self) -> None:
        """Keep the session: Janus forgets one that says nothing for a minute."""
        while True:
            await asyncio.sleep(_KEEPALIVE_S)
            await self._connection.send(
                json.dumps(
                    {
                        "janus": "keepalive",
                        "session_id": self._session,
                        "transaction": secrets.token_hex(8),
                    }
                )
            )

    async def _request(self, verb: str, **fields: Any) -> dict[str, Any]:
        transaction = secrets.token_hex(8)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[transaction] = future
        message = {"janus": verb, "transaction": transaction, **fields}
        if self._session:
            message["session_id"] = self._session
        await self._connection.send(json.dumps(message))
        async with asyncio.timeout(15):
            return await future

    async def _message(
        self, handle: int, body: dict[str, Any], sdp: tuple[str, str] | None = None
    ) -> dict[str, Any]:
        fields: dict[str, Any] = {"handle_id": handle, "body": body}
        if sdp is not None:
            fields["jsep"] = {"type": sdp[0], "sdp": sdp[1], "trickle": False}
        return await self._request("message", **fields)

    async def _attach(self) -> int:
        reply = await self._request("attach", plugin="janus.plugin.videoroom")
        return int(reply["data"]["id"])

    async def publish(self, offer: str) -> str:
        """Create session and room, join as publisher, return Janus's answer."""
        self._session = int((await self._request("create"))["data"]["id"])
        handle = await self._attach()
        room = {
            "request": "create",
            "room": _ROOM,
            "publishers": 1,
            "audiocodec": "opus",
            "videocodec": self._codec,
            "bitrate": 0,
        }
        await self._message(handle, room)
        joined = await self._message(
            handle, {"request": "join", "ptype": "publisher", "room": _ROOM}
        )
        self._feed = int(joined["plugindata"]["data"]["id"])
        reply = await self._message(handle, {"request": "publish"}, ("offer", offer))
        return str(reply["jsep"]["sdp"])

    async def subscribe(self, number: int) -> str:
        """Join as subscriber of the publisher's audio and video; return Janus's offer."""
        handle = self._handles[number] = await self._attach()
        reply = await self._message(
            handle,
            {
                "request": "join",
                "ptype": "subscriber",
                "room": _ROOM,
                "streams": [{"feed": self._feed}],
            },
        )
        return str(reply["jsep"]["sdp"])

    async def answer(self, number: int, answer: str) -> None:
        """Start the subscription with the peer's answer."""
        await self._message(self._handles[number], {"request": "start"}, ("answer", answer))

    async def counters(self) -> dict[str, int]:
        """Return nothing: Janus's counters are per handle and cost a request each."""
        return {}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_janus() -> str:
    """Return Janus's path. Raise JanusUnavailable."""
    executable = shutil.which("janus")
    if executable is None:
        raise JanusUnavailable(
            "Janus is not installed. On Debian or Ubuntu: "
            "sudo apt-get install --no-install-recommends janus"
        )
    return executable


def _write_config(folder: Path, port: int, host: str) -> None:
    library = Path(os.path.realpath("/usr/bin/janus")).parent.parent / "lib"
    found = [path.name for path in library.glob("**/janus/*/libjanus_*.so")]
    # Named by glob: which plugins exist depends on how Debian built the package.
    other_plugins = [n for n in found if n != "libjanus_videoroom.so"]
    other_transports = [n for n in found if n != "libjanus_websockets.so"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "janus.jcfg").write_text(
        _CONFIG.format(
            folder=folder,
            event_loops=os.cpu_count(),
            first_port=20000,
            last_port=40000,
            interface=host,
            other_plugins=",".join(other_plugins),
            other_transports=",".join(other_transports),
        )
    )
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
    (folder / "janus.transport.websockets.jcfg").write_text(_WEBSOCKETS.format(port=port))


async def _connect(process: asyncio.subprocess.Process, port: int) -> ClientConnection:
    async with asyncio.timeout(15):
        while process.returncode is None:
            try:
                return await connect(
                    f"ws://127.0.0.1:{port}",
                    subprotocols=["janus-protocol"],  # type: ignore[list-item]  # a NewType of str
                    proxy=None,
                    max_size=1 << 20,
                )
            except OSError:
                await asyncio.sleep(0.05)
    raise ServerFailed(f"Janus ended with code {process.returncode}")


@asynccontextmanager
async def janus_server(
    cpu: int | None, *, host: str, folder: Path, codec: str
) -> AsyncIterator[JanusServer]:
    """Start Janus with a configuration of its own under `folder`; end it on leaving.

    Media is at `host`, an address of an interface that is not the loopback one.
    """
    executable = require_janus()
    folder, port = folder.absolute(), _free_port()
    _write_config(folder, port, host)
    with (folder / "janus.log").open("w") as log:
        process = await start_process(
            executable, f"--configs-folder={folder}", "--disable-colors",
            cpu=cpu, stdout=log.fileno(), stderr=log.fileno(),
        )  # fmt: skip
        try:
            connection = await _connect(process, port)
            server = JanusServer(process.pid, connection, host=host, codec=codec)
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(server.read()),
                    group.create_task(server.keep_alive()),
                ]
                yield server
                for task in tasks:
                    task.cancel()
            await connection.close()
        finally:
            await stop_process(process)
