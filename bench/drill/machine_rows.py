"""Rows in which the machine under the server fails: its power, its disk, its clock."""

import asyncio
import contextlib
import os
import random
from pathlib import Path

from bench.drill.faults import Image, Shim, second_place, small_disk
from bench.drill.holding import drill_lesson
from bench.drill.programme import Size
from bench.drill.verdict import Outcome
from bench.impair.trace import wall_s

_BEFORE_S, _AFTER_S = 9.0, 9.0
_DISK_MB = 8
_IMAGE_MB = 256
_FAST = Size(640, 360, 2500)
_FILLS_WITHIN_S = 60.0
_FULL_FOR_S = 12.0
_RESERVE = 1 / 16
"""Of a disk, kept for sound (`media.recorder.places`)."""
_FAILING_FOR_S = 24.0
_FAILS_PER_MILLION = 30_000
_HOUR_S = 3600


async def power(folder: Path) -> Outcome:
    """The power goes: what the disk was not told to keep is lost."""
    place = folder / "disk"
    image = Image(place, megabytes=_IMAGE_MB)
    try:
        async with drill_lesson(place) as drill:
            # Anywhere between two waits for the disk.
            await asyncio.sleep(_BEFORE_S + random.Random().uniform(0, 2))
            image.cut_power()
            await drill.kill_server()
            image.unmount()
            image.mount()
            await drill.start_server()
            await asyncio.sleep(_AFTER_S)
            await drill.ring()
            return await drill.judge("power", playable_s=await drill.until_playable())
    finally:
        image.unmount()


async def disk_full(folder: Path) -> Outcome:
    """A disk of 8 MB fills up, others take its very last, and there is a second place."""
    place, second = folder / "full", second_place(folder)
    with small_disk(place, megabytes=_DISK_MB):
        settings = {"CLASSROOMS_RECORDINGS_SECOND_DIR": str(second)}
        async with drill_lesson(
            folder, settings=settings, recordings_dir=place, size=_FAST
        ) as drill:
            is_short = await _until_short(place)
            await asyncio.sleep(3.0)
            await asyncio.to_thread(_fill, place / "others")
            is_full = is_short and await _free(place) == 0
            await asyncio.sleep(_FULL_FOR_S)
            await drill.ring()
            outcome = await drill.judge("disk-full", playable_s=await drill.until_playable())
            outcome.others.append(("the disk did not fill up", is_full))
            return outcome


async def disk_full_alone(folder: Path) -> Outcome:
    """The last 8 MB fill up, and there is no other disk: sound goes on, pictures are given up."""
    place = folder / "full"
    with small_disk(place, megabytes=4 * _DISK_MB):
        ballast = place / "ballast"
        ballast.write_bytes(bytes(3 * _DISK_MB * 1024 * 1024))
        async with drill_lesson(folder, recordings_dir=place, size=_FAST) as drill:
            is_full = await _until_short(place)
            await asyncio.sleep(_FULL_FOR_S)
            await drill.hub.refresh()
            alarm = drill.hub.room["recording"]
            ballast.unlink()
            drill.mended_s = wall_s()
            await asyncio.sleep(_AFTER_S)
            await drill.ring()
            outcome = await drill.judge("disk-full-alone", playable_s=await drill.until_playable())
            outcome.may_lose_pictures = True
            outcome.others += [
                ("the disk did not fill up", is_full),
                (f"no alarm: {alarm}", not alarm["is_healthy"]),
                ("no picture was recorded again", _shows_again(outcome)),
            ]
            return outcome


def _shows_again(outcome: Outcome) -> bool:
    """Return whether pictures are missing for less than the disk was full, and some seconds."""
    return outcome.pictures.lost_s < outcome.pictures.live_s - _AFTER_S / 2


async def _until_short(place: Path) -> bool:
    """Wait until only what is kept for sound is left of a disk; False if that never happens."""
    for _ in range(round(_FILLS_WITHIN_S / 0.2)):
        disk = await asyncio.to_thread(os.statvfs, place)
        if disk.f_bavail < disk.f_blocks * _RESERVE:
            return True
        await asyncio.sleep(0.2)
    return False


async def _free(place: Path) -> int:
    disk = await asyncio.to_thread(os.statvfs, place)
    return disk.f_bavail * disk.f_frsize


def _fill(path: Path) -> None:
    """Write until the disk takes nothing more."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


async def disk_errors(folder: Path) -> Outcome:
    """Three of a hundred writes and waits of the recorder fail with EIO."""
    place, second = folder / "failing", second_place(folder)
    shim = Shim(folder, below=place)
    settings = {**shim.settings, "CLASSROOMS_RECORDINGS_SECOND_DIR": str(second)}
    async with drill_lesson(folder, settings=settings, recordings_dir=place) as drill:
        await asyncio.sleep(3.0)
        shim.fail(_FAILS_PER_MILLION)
        await asyncio.sleep(_FAILING_FOR_S)
        shim.fail(0)
        drill.mended_s = wall_s()
        await asyncio.sleep(5.0)
        await drill.ring()
        outcome = await drill.judge("disk-errors", playable_s=await drill.until_playable())
        outcome.others.append((f"{shim.failed} calls failed", shim.failed > 0))
        return outcome


async def clock_restart(folder: Path) -> Outcome:
    """The wall clock jumps an hour on, and the server is killed and started again."""
    shim = Shim(folder, below=folder / "recordings")
    async with drill_lesson(folder, settings=shim.settings) as drill:
        await asyncio.sleep(6.0)
        shim.set_clock(_HOUR_S)
        await asyncio.sleep(3.0)
        await drill.kill_server()
        await drill.start_server()
        await asyncio.sleep(_AFTER_S)
        await drill.ring()
        return await drill.judge("clock-restart", playable_s=await drill.until_playable())


async def clock(folder: Path) -> Outcome:
    """The wall clock jumps an hour on, two back, and two on again."""
    shim = Shim(folder, below=folder / "recordings")
    async with drill_lesson(folder, settings=shim.settings) as drill:
        for offset_s in (_HOUR_S, -_HOUR_S, _HOUR_S):
            await asyncio.sleep(6.0)
            shim.set_clock(offset_s)
        drill.mended_s = wall_s()
        await asyncio.sleep(6.0)
        await drill.ring()
        return await drill.judge("clock", playable_s=await drill.until_playable())
