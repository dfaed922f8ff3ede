"""A lane runs before ordinary threads where the kernel permits it, but in no flood."""

import os
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from media.config import DataPlaneChoice
from media.core.ids import Source
from media.native_plane import NativePlane
from tests.media.classroom import LOOPBACK, classroom
from tests.native.test_sanitized import built
from tests.needs import needs_native_plane

FIRST, ORDINARY = (os.SCHED_RR, 1), (os.SCHED_OTHER, 0)
NICENESS = 5


def is_permitted() -> bool:
    """Try what a lane tries, in a thread that ends."""
    tried: list[bool] = []

    def attempt() -> None:
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(FIRST[1]))
        except PermissionError:
            tried.append(False)
        else:
            tried.append(True)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    return tried[0]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("precedence.c", tmp_path_factory.mktemp("precedence"))


def policies(program: Path, before: Callable[[], None]) -> list[tuple[int, ...]]:
    # By its descriptor: who has given up root's rights may not enter the folder.
    with program.open("rb") as opened:
        number = opened.fileno()
        done = subprocess.run(
            [f"/proc/self/fd/{number}"],
            pass_fds=[number],
            preexec_fn=before,
            stdout=subprocess.PIPE,
            check=True,
        )
    return [tuple(map(int, line.split())) for line in done.stdout.splitlines()]


def test_precedence_is_given_up_by_who_never_pauses_and_taken_again_after(program: Path) -> None:
    if not is_permitted():
        pytest.skip("this user may start no real-time thread")
    assert policies(program, lambda: os.setpriority(os.PRIO_PROCESS, 0, NICENESS)) == [
        (*FIRST, NICENESS),
        (*ORDINARY, NICENESS),
        (*FIRST, NICENESS),
    ]


def test_in_a_real_time_process_a_lane_is_one_step_above_the_rest(program: Path) -> None:
    if not is_permitted():
        pytest.skip("this user may start no real-time thread")
    found = policies(program, lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(7)))
    assert [one[:2] for one in found] == [(os.SCHED_RR, 8), (os.SCHED_RR, 7), (os.SCHED_RR, 8)]


def test_without_the_right_it_stays_an_ordinary_thread_as_nice_as_it_was(program: Path) -> None:
    def without_rights() -> None:
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
        if os.geteuid() == 0:
            os.setresuid(65_534, 65_534, 65_534)

    if os.geteuid() != 0 and is_permitted():
        pytest.skip("this user may always start real-time threads")
    assert policies(program, without_rights) == [(*ORDINARY, NICENESS)] * 3


def test_who_holds_a_lock_runs_as_first_as_who_waits_for_it(tmp_path: Path) -> None:
    if os.geteuid() != 0 and os.getpriority(os.PRIO_PROCESS, 0) > 0:
        pytest.skip("this user is nice already, and may not be less so")
    done = subprocess.run(
        [built("inheritance.c", tmp_path)],
        preexec_fn=lambda: os.setpriority(os.PRIO_PROCESS, 0, 0),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [f"{name} 39 20" for name in ("gate", "lane", "table")]


@needs_native_plane
async def test_the_lanes_of_a_server_run_first_where_they_may() -> None:
    async with classroom(replace(LOOPBACK, data_plane=DataPlaneChoice.NATIVE)) as room:
        await room.publish("teacher", [(Source.CAMERA, ("h264",))])
        plane = room.sfu._plane
        assert isinstance(plane, NativePlane)
        thread = plane._library.plane_thread_id(plane._pointer, 0)
        found = os.sched_getscheduler(thread), os.sched_getparam(thread).sched_priority
    assert found == (FIRST if is_permitted() else ORDINARY)
