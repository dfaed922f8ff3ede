"""A real S3 server (`rclone serve s3`, which checks signatures), and a bad line to it."""

import asyncio
import hashlib
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from socket import create_connection, socket

from app.clock import utc_now
from app.store.client import ObjectStore
from app.store.signing import Credentials

CREDENTIALS = Credentials("key-of-tests", "secret-of-tests", "us-east-1")
RCLONE = Path(sys.executable).parent / "rclone"
_REFUSAL = b"<Error><Code>AccessDenied</Code></Error>"


def noise(size: int, seed: int = 1) -> bytes:
    return Random(seed).randbytes(size)


def free_port() -> int:
    with socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


class S3Server:
    """Serves a folder: what is below `bucket` are the objects, each a file of its key's name.

    The folder is for reading only: what is changed there is seen minutes later (and with no time
    of caching at all rclone turns in a circle and answers nothing). Tests `put` and `lose`.
    """

    def __init__(self, folder: Path) -> None:
        self.bucket = folder / "bucket"
        self.bucket.mkdir(parents=True)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        key = f"{CREDENTIALS.key_id},{CREDENTIALS.secret}"
        where = ["--addr", f"127.0.0.1:{self.port}", "--auth-key", key, "--config", "/dev/null"]
        self._process = subprocess.Popen(
            [RCLONE, "serve", "s3", *where, str(self.bucket.parent)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 20
        while True:
            try:
                create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert self._process.poll() is None, "rclone did not start"
                assert time.monotonic() < until, "rclone does not answer"
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def restart(self) -> None:
        """Come back without what was in memory: uploads in pieces are forgotten."""
        self.stop()
        self.start()

    async def put(self, key: str, content: bytes) -> None:
        """Have another client write an object: ours knows nothing of it."""
        store = self._direct()
        await store.put(key, content, hashlib.sha256(content).hexdigest())
        await store.close()

    async def lose(self, key: str) -> None:
        """Have another client delete an object."""
        store = self._direct()
        await store.delete(key)
        await store.close()

    def _direct(self) -> ObjectStore:
        return ObjectStore(f"http://127.0.0.1:{self.port}/bucket", CREDENTIALS, clock=utc_now)

    def objects(self) -> dict[str, bytes]:
        """Return what was stored; what rclone keeps of an upload under way begins with a dot."""
        found = (path for path in self.bucket.rglob("[!.]*") if path.is_file())
        return {path.relative_to(self.bucket).as_posix(): path.read_bytes() for path in found}


@dataclass
class Line:
    """A way to a server on which things go wrong. All connections end when it is changed.

    `is_cut`: nobody answers. `refuses`: each request is answered with this status. `up_bytes`,
    `down_bytes`: a connection breaks after so many. `pause_s`: before each bit that comes back.
    """

    port: int
    is_cut: bool = False
    refuses: int | None = None
    up_bytes: int | None = None
    down_bytes: int | None = None
    pause_s: float = 0.0
    requests: list[str] = field(default_factory=list)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _connections: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.own_port: int = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        await self._end_connections()
        await self._server.wait_closed()

    async def change(self, **how: object) -> None:
        for name in ("is_cut", "refuses", "up_bytes", "down_bytes", "pause_s"):
            setattr(self, name, how.get(name, getattr(Line, name)))
        await self._end_connections()

    def store(self, *, bucket: str = "bucket", secret: str = CREDENTIALS.secret) -> ObjectStore:
        credentials = Credentials(CREDENTIALS.key_id, secret, CREDENTIALS.region)
        return ObjectStore(f"http://127.0.0.1:{self.own_port}/{bucket}", credentials, clock=utc_now)

    async def _end_connections(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()
        if self._connections:
            await asyncio.wait(self._connections)
        # The other ends are of this loop as well: they hear of it in one of its next turns.
        await asyncio.sleep(0.02)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        try:
            if self.is_cut:
                return
            if self.refuses is not None:
                await self._refuse(reader, writer, self.refuses)
                return
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
            self._writers.add(far_writer)
            try:
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(self._up(reader, far_writer, writer))
                    ways.create_task(self._down(far_reader, writer, far_writer))
            finally:
                self._writers.discard(far_writer)
                far_writer.transport.abort()
        except* OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _refuse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: int
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self._note(head)
        length = re.search(rb"(?i)content-length: (\d+)", head)
        await reader.readexactly(int(length[1]) if length else 0)
        writer.write(
            b"HTTP/1.1 %d Refused\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            % (status, len(_REFUSAL))
        )
        writer.write(b"" if head.startswith(b"HEAD") else _REFUSAL)
        await writer.drain()

    async def _up(
        self,
        reader: asyncio.StreamReader,
        far: asyncio.StreamWriter,
        near: asyncio.StreamWriter,
    ) -> None:
        left = self.up_bytes
        while piece := await reader.read(65536):
            self._note(piece)
            if left is not None:
                left -= len(piece)
                if left < 0:
                    break
            far.write(piece)
            await far.drain()
        near.transport.abort()
        far.transport.abort()

    async def _down(
        self,
        far: asyncio.StreamReader,
        near: asyncio.StreamWriter,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        left = self.down_bytes
        while piece := await far.read(65536):
            if self.pause_s:
                await asyncio.sleep(self.pause_s)
            near.write(piece if left is None else piece[:left])
            await near.drain()
            if left is not None:
                left -= len(piece)
                if left <= 0:
                    break
        near.close()
        far_writer.transport.abort()

    def _note(self, piece: bytes) -> None:
        for line in re.findall(rb"(?m)^((?:GET|PUT|POST|HEAD|DELETE) \S+) HTTP/1.1", piece):
            self.requests.append(line.decode())
