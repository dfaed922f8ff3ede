"""Servers under test: a process to start, and how a peer publishes and subscribes there."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

_CHECKOUT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
PUBLISHED = {"0": "microphone", "1": "camera"}


class ServerFailed(Exception):
    """The server under test did not start, refused a request, or went away."""


class ServerUnderTest(Protocol):
    """What the load needs of a server; one publisher, numbered subscribers.

    `host` is the address peers bind to: one from which the server can be reached.
    `subscriber_setup` is the DTLS role subscribers take (RFC 5763 section 5).
    """

    name: str
    pid: int
    host: str
    subscriber_setup: str

    async def publish(self, offer: str) -> str:
        """Hand in the publisher's offer; return the answer."""

    async def subscribe(self, number: int) -> str:
        """Announce a subscriber; return the server's offer of audio and video."""

    async def answer(self, number: int, answer: str) -> None:
        """Hand in the subscriber's answer."""

    async def counters(self) -> dict[str, int]:
        """Return the server's own counters; empty when it has none."""


async def start_process(
    *command: str,
    cpu: int | None,
    stdout: int | None = None,
    stderr: int | None = None,
    is_ordinary: bool = False,
    environment: Mapping[str, str] | None = None,
) -> asyncio.subprocess.Process:
    """Start a server pinned to one CPU from its first instruction, threads included.

    `is_ordinary`: it runs beside other programs, even if this process runs before them.
    `environment`: what it has beside this process's.
    """

    def pin() -> None:
        if is_ordinary:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        if cpu is not None:
            os.sched_setaffinity(0, {cpu})

    return await asyncio.create_subprocess_exec(
        *command,
        stdout=stdout,
        stderr=stderr,
        preexec_fn=pin,
        cwd=_CHECKOUT,
        env={**os.environ, **(environment or {})},  # noqa: TID251 - it is the child's
    )


async def stop_process(process: asyncio.subprocess.Process) -> None:
    """End exactly this process: SIGTERM, and SIGKILL if it is still there after 5 s."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


class OwnServer:
    """`bench.sfu_server` in a process of its own, driven over JSON lines.

    With a folder of `recording` everything that is published is recorded there; `stored_s` says
    how many seconds have reached the disk, `problem` what the recorder last complained of.
    """

    name = "three-classrooms"
    subscriber_setup = "active"  # as every browser answers

    def __init__(
        self,
        pid: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        host: str,
        media_port: int,
        recording: Path | None = None,
    ) -> None:
        self.pid = pid
        self.stored_s = 0.0
        self.problem: str | None = None
        self._recording = recording
        self.host = host
        self.media_port = media_port
        self._reader = reader
        self._writer = writer
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._offers: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._revisions: dict[int, int] = {}
        self._audience: list[str] = []
        self._next_id = 0

    async def read(self) -> None:
        """Sort what the server says into answers and offers, until it goes away."""
        while line := await self._reader.readline():
            message = json.loads(line)
            if "id" in message:
                future = self._answers.pop(message["id"])
                if "error" in message:
                    future.set_exception(ServerFailed(message["error"]))
                else:
                    future.set_result(message["result"])
            elif message["event"] == "recording_status":
                status = message["status"]
                self.stored_s = status["stored_s"]
                self.problem = status["problem"] or self.problem
            elif message["event"] == "subscriber_offer":
                self._offers.setdefault(message["peer_id"], asyncio.Queue()).put_nowait(message)
        raise ServerFailed("the server under test closed its control connection")

    async def call(self, method: str, **arguments: Any) -> Any:  # JSON
        """Call a method of the SFU and return its JSON result. Raise ServerFailed."""
        self._next_id += 1
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[self._next_id] = future
        request = {"id": self._next_id, "method": method, "arguments": arguments}
        self._writer.write(json.dumps(request).encode() + b"\n")
        async with asyncio.timeout(15):
            return await future

    async def publish(self, offer: str) -> str:
        """Publish as peer `publisher`, in a room of its own."""
        await self.call("open_room", room_id="room")
        if self._recording is not None:
            await self.call("start_recording", room_id="room", folder=str(self._recording))
        answer = await self.call(
            "publish", room_id="room", peer_id="publisher", offer=offer, sources=PUBLISHED
        )
        return str(answer)

    async def subscribe(self, number: int) -> str:
        """Subscribe to both tracks; return the first offer that carries them."""
        peer_id = f"subscriber-{number}"
        queue = self._offers.setdefault(peer_id, asyncio.Queue())
        self._audience.append(peer_id)
        await self._set_plan()
        await self.call("subscribe", room_id="room", peer_id=peer_id)
        async with asyncio.timeout(15):
            offer = await queue.get()
        self._revisions[number] = offer["revision"]
        return str(offer["sdp"])

    async def answer(self, number: int, answer: str) -> None:
        """Hand in the answer to the offer `subscribe` returned."""
        await self.call(
            "accept_answer",
            room_id="room",
            peer_id=f"subscriber-{number}",
            revision=self._revisions[number],
            answer=answer,
        )

    async def remove(self, number: int) -> None:
        """Take a subscriber out of the room and out of the plan."""
        self._audience.remove(f"subscriber-{number}")
        await self.call("remove_peer", room_id="room", peer_id=f"subscriber-{number}")
        await self._set_plan()

    async def _set_plan(self) -> None:
        plan = [["publisher", source, self._audience] for source in PUBLISHED.values()]
        recorded = [["publisher", source] for source in PUBLISHED.values() if self._recording]
        await self.call("set_plan", room_id="room", audience=plan, recorded=recorded)

    async def counters(self) -> dict[str, int]:
        """Return the room's counters."""
        return dict(await self.call("counters", room_id="room"))


@asynccontextmanager
async def own_server(
    cpu: int | None,
    *,
    host: str = LOOPBACK,
    plane: str = "auto",
    busy: float = 0.0,
    recording: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[OwnServer]:
    """Start our SFU in its own process, with media at `host`; end it on leaving.

    `plane` is its data plane; `busy` the share of time its event loop does other work. Where it
    has lanes it is an ordinary program then, as a school's server is: only they run first.
    `recording`: the folder it records into. `environment`: what it has beside this process's.
    """
    process = await start_process(
        sys.executable,
        "-m",
        "bench.sfu_server",
        host,
        "--plane",
        plane,
        "--busy",
        str(busy),
        cpu=cpu,
        stdout=asyncio.subprocess.PIPE,
        is_ordinary=busy > 0 and plane == "native",
        environment=environment,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(15):
            line = await process.stdout.readline()
        if not line:
            raise ServerFailed("bench.sfu_server ended before it said its port")
        ports = json.loads(line)
        reader, writer = await asyncio.open_connection(
            LOOPBACK, ports["control_port"], limit=1 << 20
        )
        server = OwnServer(
            process.pid,
            reader,
            writer,
            host=host,
            media_port=ports["media_port"],
            recording=recording,
        )
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(server.read())
            yield server
            reading.cancel()
        writer.close()
    finally:
        await stop_process(process)
