"""Replays made by the media plane's recorder, in a process of its own at low priority.

Copying a lesson's files would hold up lessons that are live; a process can be niced, bounded
in time and killed, a thread cannot.
"""

import asyncio
import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import structlog

from app.recordings.builder import BuiltClip, Missing, ReplayFailed, ReplayIndex
from app.settings import HOME
from media.recorder.timeline import SEAM_S, Clip, Unreadable, read_index

log = structlog.get_logger(__name__)

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
        return await asyncio.to_thread(_read, folder, out)


async def _run(*arguments: str | Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "media.recorder", *map(str, arguments)),
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


def _read(folder: Path, out: Path) -> ReplayIndex:
    try:
        index = read_index(out)
        clips = tuple(_built(out, clip) for clip in index.clips)
    except (OSError, KeyError, ValueError) as error:
        raise ReplayFailed(f"index: {error}") from error
    if index.unreadable:
        files = [part.file for part in index.unreadable]
        log.error("recording_parts_unreadable", folder="/".join(folder.parts[-2:]), files=files)
    return ReplayIndex(clips, round(index.duration_s * 1000), tuple(_missing(index.unreadable)))


def _missing(parts: Iterable[Unreadable]) -> list[Missing]:
    """Return what cannot be read, parts that follow one another as one."""
    found: list[Missing] = []
    by_track = sorted(parts, key=lambda part: (part.peer_id, part.group, part.kind, part.start_s))
    for part in by_track:
        start_ms, end_ms = round(part.start_s * 1000), round(part.end_s * 1000)
        one = Missing(part.peer_id, part.group.value, part.kind.value, start_ms, end_ms)
        if found and _is_followed(found[-1], one):
            found[-1] = replace(found[-1], end_ms=max(found[-1].end_ms, end_ms))
        else:
            found.append(one)
    return sorted(found, key=lambda each: each.start_ms)


def _is_followed(before: Missing, after: Missing) -> bool:
    """Return whether `after`, which begins no earlier, goes on where `before` ends."""
    is_same_track = replace(before, start_ms=0, end_ms=0) == replace(after, start_ms=0, end_ms=0)
    return is_same_track and after.start_ms - before.end_ms <= SEAM_S * 1000


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
