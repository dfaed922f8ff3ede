"""Replays made by the media plane's recorder, in a process of its own at low priority.

Copying a lesson's files would hold up lessons that are live; a process can be niced, bounded
in time and killed, a thread cannot.
"""

import asyncio
import re
import sys
from pathlib import Path

from app.recordings.builder import BuiltClip, ReplayFailed, ReplayIndex
from app.settings import HOME
from media.recorder.timeline import Clip, read_index

TIMEOUT_S = 1_800
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,190}", re.ASCII)


class ProcessReplayBuilder:
    """Runs `python -m media.recorder`. Implements `app.recordings.builder.ReplayBuilder`.

    Folders are given as absolute paths: the process runs in the checkout.
    """

    async def recover(self, folder: Path) -> None:
        """Close what a crash left open."""
        await _run("recover", folder)

    async def build(self, folder: Path, out: Path) -> ReplayIndex:
        """Make playable files and read what was made."""
        await _run("build", folder, out)
        return await asyncio.to_thread(_read, out)


async def _run(*arguments: str | Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *("nice", "-n", "10", sys.executable, "-m", "media.recorder", *map(str, arguments)),
        cwd=HOME,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        # Ctrl-C in the terminal is for the server, which then ends this process itself.
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            _, complaints = await process.communicate()
    except TimeoutError:
        raise ReplayFailed(f"{arguments[0]}: not done within {TIMEOUT_S} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        # The last line of a traceback is what happened; the lines before it say where.
        lines = complaints.decode(errors="replace").strip().splitlines()
        raise ReplayFailed(f"{arguments[0]}: {lines[-1] if lines else process.returncode}")


def _read(out: Path) -> ReplayIndex:
    try:
        index = read_index(out)
        clips = tuple(_built(out, clip) for clip in index.clips)
    except (OSError, KeyError, ValueError) as error:
        raise ReplayFailed(f"index: {error}") from error
    return ReplayIndex(clips, round(index.duration_s * 1000))


def _built(out: Path, clip: Clip) -> BuiltClip:
    if not _PLAIN_NAME.fullmatch(clip.file):
        raise ValueError("A clip's file is not a plain name.")
    return BuiltClip(
        seat_id=clip.peer_id,
        group=clip.group,
        file=clip.file,
        mime=clip.mime,
        start_ms=round(clip.start_s * 1000),
        duration_ms=round(clip.duration_s * 1000),
        has_audio=clip.has_audio,
        has_video=clip.has_video,
        bytes=(out / clip.file).stat().st_size,
    )
