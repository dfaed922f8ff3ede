"""What jobs share that make files of a recording: their place, their room, the process beside us.

The process is the media plane's (`python -m media.recorder`): what kills it fails this attempt and
nothing else. It stands back behind all others and ends with whoever began it.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from app.jobs.context import JobContext
from app.recordings.builder import NoRoomNow
from app.settings import HOME

#: A process that says nothing for so long hangs.
SILENT_S: Final = 600.0
#: What a film takes at most, and what is to stay free beside what is made.
FILM_BYTES_A_SECOND: Final = 2_700_000 // 8
LEAVE_BYTES: Final = 1024**3


class ProcessDied(Exception):
    """The process ended without a result; its last words are in the message."""


class DiskFull(Exception):
    """There is no room, whatever is kept for the lessons of today."""


@asynccontextmanager
async def workplace(context: JobContext, folder: Path, name: str) -> AsyncIterator[Path]:
    """Give a place in a recording's folder, and remove it, also an earlier attempt's."""
    name = f"{name}-{context.job_id.hex}"
    for left_over in await asyncio.to_thread(lambda: list(folder.glob(f"{name}-*"))):
        await asyncio.to_thread(shutil.rmtree, left_over, ignore_errors=True)
    place = folder / f"{name}-{context.lease.hex}"
    await asyncio.to_thread(place.mkdir)
    try:
        yield place
    finally:
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)


async def require_room(place: Path, need_bytes: float, *, reserved: int) -> None:
    """Raise DiskFull, or NoRoomNow where `reserved` bytes of lessons to come would be taken."""
    free = (await asyncio.to_thread(shutil.disk_usage, place)).free
    if free < need_bytes:
        raise DiskFull
    if free < need_bytes + reserved:
        raise NoRoomNow


def settle(out: Path, to: Path) -> None:
    """Give a file that was flushed its place; from then on it is on the disk. Raise OSError."""
    out.rename(to)
    flush(to.parent)


def flush(path: Path) -> None:
    """Wait until a file, or what a folder says of its files, is on the disk. Raise OSError."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


async def told_by(complaints: Path, *arguments: Path | str) -> AsyncGenerator[dict[str, Any]]:
    """Yield what the process says, line by line. Raise ProcessDied."""
    with await asyncio.to_thread(complaints.open, "wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "media.recorder", *map(str, arguments)),
            cwd=HOME,
            # Open for as long as this process lives: the other ends when it is closed.
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    assert process.stdout is not None
    try:
        while True:
            async with asyncio.timeout(SILENT_S):
                line = await process.stdout.readline()
            if not line:
                break
            yield json.loads(line)
        code = await process.wait()
    except TimeoutError:
        raise ProcessDied(f"it said nothing for {SILENT_S:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code != 0:
        said = (await asyncio.to_thread(complaints.read_text, errors="replace")).strip()
        raise ProcessDied(f"it ended with {code}: {said[-500:]}")
