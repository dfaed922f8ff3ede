"""The judges of growth see a leak and nothing else; one small soak is held for real."""

import ctypes
import gc
import random
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import soak, trend
from bench.growth import LIMITS, Sample, TooShort, judge
from media.core.ids import PeerId, RoomId, Source
from media.transport import Transport
from tests.bench import leaking_server
from tests.media.classroom import ROOM, classroom

STEADY = Sample(
    at_s=0.0,
    rss_kb=150_000,
    own_kb=110_000,
    files=20,
    sockets=6,
    threads=12,
    tasks=10,
    rooms=0,
)


def after(lessons: int, **growth: float) -> list[Sample]:
    """A run in which each measure named grows by so much a lesson."""
    return [
        replace(
            STEADY,
            at_s=float(n),
            **{name: round(getattr(STEADY, name) + rate * n) for name, rate in growth.items()},
        )
        for n in range(lessons)
    ]


def growing(samples: list[Sample]) -> list[str]:
    return [verdict.name for verdict in judge(samples) if verdict.grows]


def test_a_steady_server_grows_in_nothing() -> None:
    assert growing(after(60)) == []


@pytest.mark.parametrize("name", ["files", "sockets", "threads", "tasks"])
def test_one_of_a_thing_left_by_every_lesson_is_seen(name: str) -> None:
    assert growing(after(60, **{name: 1})) == [name]


@pytest.mark.parametrize("name", ["files", "sockets", "threads", "tasks"])
def test_one_of_a_thing_left_by_every_third_lesson_is_seen(name: str) -> None:
    assert growing(after(70, **{name: 0.34})) == [name]


@pytest.mark.parametrize("name", ["rss_kb", "own_kb"])
def test_memory_that_leaks_under_noise_is_seen(name: str) -> None:
    rng = random.Random(1)
    samples = [
        replace(each, **{name: getattr(each, name) + rng.randrange(-500, 500)})
        for each in after(60, **{name: 200})
    ]
    assert growing(samples) == [name]


def test_noise_alone_and_one_step_are_not_growth() -> None:
    rng = random.Random(1)
    noisy = [replace(STEADY, rss_kb=150_000 + rng.randrange(-3000, 3000)) for _ in range(80)]
    assert growing(noisy) == []
    step = [replace(STEADY, files=20 + (n >= 60)) for n in range(80)]
    assert growing(step) == []


def test_growth_in_the_warm_up_is_not_counted() -> None:
    warm_up = after(30, rss_kb=2000)
    assert growing([*warm_up, *[warm_up[-1]] * 30]) == []


def test_a_room_left_open_is_seen() -> None:
    samples = after(60)
    samples[4] = replace(samples[4], rooms=1)
    assert growing(samples) == ["rooms"]


def test_too_few_lessons_prove_nothing() -> None:
    with pytest.raises(TooShort, match=r"49 lessons are too few .* 50 are enough"):
        judge(after(49))


def test_a_slope_is_not_bent_by_an_outlier() -> None:
    values = [float(n) for n in range(20)]
    values[10] = 1e9
    assert trend.slope(values) == pytest.approx(1)


@given(st.lists(st.integers(0, 100), max_size=25))
def test_nothing_rises_that_falls_or_stands_still(values: list[int]) -> None:
    falling = sorted(map(float, values), reverse=True)
    assert not trend.rises(falling)
    assert not trend.rises([5.0] * len(values))


@given(st.integers(8, 30), st.floats(0.1, 100))
def test_what_rises_without_fail_is_seen(count: int, step: float) -> None:
    assert trend.rises([n * step for n in range(count)])


class _MallInfo(ctypes.Structure):
    """glibc's struct mallinfo2: bytes of the C allocator."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd",
            "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )
    )  # fmt: skip


def _given_out_kb() -> float:
    """What the C allocator has given out, Python's own small objects not among it."""
    libc = ctypes.CDLL(None)
    libc.mallinfo2.restype = _MallInfo
    info = libc.mallinfo2()
    return float(info.uordblks + info.hblkhd) / 1024


async def _come_and_go(times: int) -> float:
    """Let a classroom come and go so many times; return what is given out then, in KiB."""
    async with classroom() as room:
        room.allow(("teacher", Source.CAMERA, ["site"]))
        teacher = await room.publish("teacher", [(Source.CAMERA, ("h264",))])
        for _ in range(times):
            site = await room.subscribe("site")
            await room.sfu.remove_peer(ROOM, PeerId("site"))
            await site.close()
        assert teacher.is_connected
        room.peers.clear()
        await teacher.close()
    gc.collect()
    return _given_out_kb()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="asks glibc")
async def test_one_connection_kept_by_each_lesson_is_more_than_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = 20
    await _come_and_go(times)
    before = await _come_and_go(times)
    without_leak = await _come_and_go(times) - before
    monkeypatch.setattr(leaking_server, "room_of", lambda _: RoomId(str(uuid4())))
    monkeypatch.setattr(Transport, "forget_owner", leaking_server.keep_the_first_of_each_room)
    before = await _come_and_go(times)
    with_leak = await _come_and_go(times) - before
    leaking_server.kept.clear()
    [limit] = {each.per_lesson for each in LIMITS if each.unit == "KB"}
    assert without_leak / times < limit / 4
    assert with_leak / times > 1.5 * limit


@pytest.mark.slow
async def test_a_lesson_with_everything_leaves_no_room_behind(tmp_path: Path) -> None:
    planes = soak.planes_there_are()
    held = await soak.side_by_side(tmp_path, planes, seconds=1, module="app")
    assert list(held) == planes
    for plane, samples in held.items():
        assert samples
        assert [sample.rooms for sample in samples] == [0] * len(samples)
        last = samples[-1]
        assert last.rss_kb > last.own_kb > 10_000
        assert 0 < last.sockets < last.files < 100
        assert last.threads >= 1
        assert last.tasks >= 1
        log = (tmp_path / plane / "server.log").read_text()
        assert "Traceback" not in log, log
        assert f"data_plane={plane}" in log
