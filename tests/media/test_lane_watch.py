"""A lane's thread that stands still is noticed and replaced; the lesson goes on."""

import ctypes
import logging
import os
import signal
import threading
from dataclasses import replace

import pytest

from media import lane_watch
from media.config import DataPlaneChoice
from media.core.ids import Source
from media.native_plane import NativePlane
from tests.media.classroom import (
    H264_DELTA,
    H264_KEYFRAME,
    LOOPBACK,
    classroom,
    eventually,
)
from tests.needs import needs_native_plane

pytestmark = needs_native_plane


class Beats:
    """A library of which only the heartbeats are asked."""

    def __init__(self) -> None:
        self.beat = 1
        self.revived: list[int] = []
        self.can_revive = True

    def plane_heartbeat(self, _plane: int, _lane: int) -> int:
        return self.beat

    def plane_thread_id(self, _plane: int, _lane: int) -> int:
        return threading.get_native_id()

    def plane_revive(self, _plane: int, lane: int) -> bool:
        self.revived.append(lane)
        return self.can_revive


def watched(beats: Beats) -> tuple[lane_watch.LaneWatch, list[str]]:
    counted: list[str] = []
    watch = lane_watch.LaneWatch(beats, 1, 1, count=counted.append, now=0.0)  # type: ignore[arg-type] # see Beats
    return watch, counted


def test_a_lane_that_turns_is_left_alone() -> None:
    beats = Beats()
    watch, counted = watched(beats)
    for tick in range(40):
        beats.beat += 1
        watch.look(tick * 0.5)
    assert (beats.revived, counted) == ([], [])


@pytest.mark.parametrize("can_revive", [True, False])
def test_a_lane_that_stands_still_is_replaced_once_in_a_while(
    caplog: pytest.LogCaptureFixture, *, can_revive: bool
) -> None:
    beats = Beats()
    beats.can_revive = can_revive
    watch, counted = watched(beats)
    with caplog.at_level(logging.ERROR):
        for tick in range(1, 8):
            watch.look(tick * 0.5)
    assert beats.revived == [0]
    assert counted == ["lane_standstills"]
    assert ("new thread" if can_revive else "its rooms do too") in caplog.text
    assert "wchan" in caplog.records[0].__dict__


def test_time_in_which_nobody_looked_is_not_held_against_a_lane() -> None:
    beats = Beats()
    watch, counted = watched(beats)
    watch.look(0.5)
    watch.look(60.0)
    watch.look(60.5)
    assert counted == []


async def test_a_lesson_goes_on_after_its_thread_has_stood_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lane_watch, "STALLED_AFTER_S", 1.2)
    libc = ctypes.CDLL(None)
    libc.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
    libc.signal.restype = ctypes.c_void_p
    # The handler is libc's sleep: the signal's number, 12, is for how many seconds.
    before = libc.signal(signal.SIGUSR2, ctypes.cast(libc.sleep, ctypes.c_void_p))
    try:
        async with classroom(replace(LOOPBACK, data_plane=DataPlaneChoice.NATIVE)) as room:
            teacher = await room.publish("teacher", [(Source.CAMERA, ("h264",))])
            room.allow(("teacher", Source.CAMERA, ["site"]))
            site = await room.subscribe("site")
            teacher.send_rtp("0", H264_KEYFRAME, marker=True)
            await eventually(lambda: site.receptions)
            plane = room.sfu._plane
            assert isinstance(plane, NativePlane)
            thread = plane._library.plane_thread_id(plane._pointer, 0)
            # The lane is no thread of Python's: it is known by its number in the kernel only.
            assert libc.tgkill(os.getpid(), thread, signal.SIGUSR2) == 0
            await eventually(lambda: room.counters.get("lane_standstills") == 1, within_s=10)
            teacher.send_rtp("0", H264_DELTA, marker=True)
            await eventually(lambda: next(iter(site.receptions.values())).packets >= 2)
    finally:
        libc.signal(signal.SIGUSR2, before)
