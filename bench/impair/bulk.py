"""A download beside the lesson: one TCP connection that takes whatever it can get.

python -m bench.impair.bulk HOST      serves one download on a port it prints
"""

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.impair.findings import Findings
from bench.impair.road import SERVER_V4, NamespaceRoad, Road
from bench.servers import stop_process

_CHECKOUT = Path(__file__).resolve().parents[2]
_CHUNK = bytes(65_536)
_START_TIMEOUT_S = 10


@dataclass(slots=True)
class Download:
    """How much has come since it began."""

    began_s: float
    received: int = 0

    def kbps(self) -> float:
        """Return the mean rate so far."""
        return self.received * 8 / 1000 / (time.monotonic() - self.began_s)


@asynccontextmanager
async def bulk_download(road: Road, site: str, findings: Findings) -> AsyncIterator[None]:
    """Download at a site, as fast as TCP can, within the block; note how fast that was.

    A road that does not carry all of TCP cannot show what a download does: that is noted.
    """
    if not isinstance(road, NamespaceRoad):
        findings.note(f"{site}: not measured by this road")
        yield
        return
    process = await asyncio.create_subprocess_exec(
        *road.in_server_namespace(sys.executable, "-m", "bench.impair.bulk", SERVER_V4),
        stdout=asyncio.subprocess.PIPE, cwd=_CHECKOUT,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_START_TIMEOUT_S):
            port = int(await process.stdout.readline())
            reader, writer = await asyncio.open_connection(
                SERVER_V4, port, local_addr=(road.sites[site].v4, 0)
            )
        download = Download(time.monotonic())
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(_read(reader, download))
            yield
            reading.cancel()
        findings.note(f"{site}: TCP took {download.kbps():.0f} kbit/s beside the lesson")
        writer.transport.abort()
    finally:
        await stop_process(process)


async def _read(reader: asyncio.StreamReader, download: Download) -> None:
    while data := await reader.read(65_536):
        download.received += len(data)


def _serve(host: str) -> None:
    """Send to the one who connects, until it has had enough."""
    with socket.create_server((host, 0)) as listening:
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            while True:
                connection.sendall(_CHUNK)


if __name__ == "__main__":
    _serve(sys.argv[1])
