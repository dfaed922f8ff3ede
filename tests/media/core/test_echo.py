"""Echo told from levels, in simulated rooms and by the parts that judge them.

All randomness is seeded; what is asserted of rooms are counts of scenes.
"""

import random
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.echo import (
    BIN_S,
    MAX_LAG,
    VERDICTS,
    WINDOW_BINS,
    EchoJudge,
    EchoWatch,
    LevelSeries,
    Likeness,
    compare,
)
from media.core.ids import PeerId, Source, TrackKey
from tests.media.core.echo_scenes import (
    FRAMES,
    Scene,
    an_echo,
    answers,
    both_talk,
    claps,
    listens,
    repeats,
)
from tests.media.speech import FRAME_S

HUB = TrackKey(PeerId("teacher"), Source.MICROPHONE)
SEAT = TrackKey(PeerId("site"), Source.MICROPHONE)
TICKS = 960


class Watched:
    """A watch over one seat, fed as a router would: packet by packet, late and lost."""

    def __init__(self, rng: random.Random, *, jitter_s: float = 0.03, loss: float = 0.05) -> None:
        self.now = 1000.0
        self.watch = EchoWatch()
        self.watch.follow(HUB, [SEAT])
        self._rng, self._jitter_s, self._loss = rng, jitter_s, loss
        self._frame = 0
        self.told: list[tuple[float, bool]] = []

    def play(self, scene: Scene, frames: int = FRAMES) -> "Watched":
        arrivals = sorted(self._arrivals(scene, frames))
        for now, track, rtp_time, level in arrivals:
            series = self.watch.series(track)
            assert series is not None
            series.add(rtp_time & 0xFFFF_FFFF, level, now)
            self.now = now
            due = self.watch.deadline()
            if due is not None and now >= due:
                self.told += [(now - 1000, is_on) for _, is_on in self.watch.poll(now)]
        return self

    def _arrivals(self, scene: Scene, frames: int) -> Iterator[tuple[float, TrackKey, int, int]]:
        start = self._frame
        self._frame += frames
        for track, levels, clock in zip((HUB, SEAT), scene, (0xFFFF_0000, 77), strict=True):
            for frame, level in enumerate(levels[:frames], start):
                if self._rng.random() >= self._loss:
                    late_s = self._rng.uniform(0, self._jitter_s)
                    yield 1000 + frame * FRAME_S + late_s, track, clock + frame * TICKS, level

    @property
    def is_found(self) -> bool:
        return bool(self.told) and self.told[-1][1]


def found(make: Callable[[random.Random], Scene], scenes: int, seed: int) -> int:
    """Return in how many of so many scenes an echo is ever told of."""
    rng = random.Random(seed)
    return sum(any(is_on for _, is_on in Watched(rng).play(make(rng)).told) for _ in range(scenes))


def test_echoes_are_found() -> None:
    assert found(an_echo, 20, seed=1) >= 19


def test_echoes_are_found_while_pupils_talk_over_them() -> None:
    assert found(partial(an_echo, talks_over=True), 20, seed=2) >= 17


@pytest.mark.parametrize(
    ("make", "scenes", "at_most"),
    [
        (answers, 20, 0),
        (both_talk, 30, 0),
        (repeats, 20, 0),
        (claps, 10, 0),
        (listens, 10, 0),
    ],
)
def test_a_clean_return_is_not_accused(
    make: Callable[[random.Random], Scene], scenes: int, at_most: int
) -> None:
    assert found(make, scenes, seed=3) <= at_most


def test_an_echo_ends_when_the_return_is_clean_again() -> None:
    rng = random.Random(4)
    watched = Watched(rng).play(an_echo(rng))
    assert watched.is_found
    watched.play(listens(rng))
    assert [is_on for _, is_on in watched.told] == [True, False]


def test_a_hub_that_is_silent_changes_nothing() -> None:
    rng = random.Random(5)
    watched = Watched(rng).play(an_echo(rng))
    told = len(watched.told)
    quiet = [80] * FRAMES
    watched.play((quiet, quiet))
    assert watched.is_found
    assert len(watched.told) == told


def test_levels_stand_where_rtp_time_puts_them_whatever_the_jitter() -> None:
    even, late = LevelSeries(), LevelSeries()
    rng = random.Random(6)
    for frame in range(100):
        even.add(frame * TICKS, frame % 60, 10 + frame * FRAME_S)
        late.add(
            frame * TICKS, frame % 60, 10 + frame * FRAME_S + rng.uniform(0, 0.25) * (frame > 0)
        )
    assert even.read(even.newest + 1, 40) == late.read(even.newest + 1, 40)


def test_within_a_bin_the_loudest_counts_also_when_it_comes_late() -> None:
    series = LevelSeries()
    for rtp_time, level, now in ((0, 30, 1.0), (4 * TICKS, 40, 1.08), (TICKS, 20, 1.09)):
        series.add(rtp_time, level, now)
    assert series.read(series.newest + 1, 3) == [-20, -30, -40]


def test_lost_packets_sound_on_and_a_pause_is_silent() -> None:
    series = LevelSeries()
    series.add(0, 20, 1.0)
    series.add(6 * TICKS, 30, 1.12)
    assert series.read(series.newest + 1, 4) == [-20, -20, -20, -30]
    series.add(60 * TICKS, 30, 2.2)
    assert series.read(series.newest + 1, 4) == [-60, -60, -60, -30]


def test_a_clock_that_jumps_begins_anew_and_old_bins_are_forgotten() -> None:
    series = LevelSeries()
    series.add(0, 20, 1.0)
    series.add(0x8000_0000, 25, 1.04)
    assert series.read(series.newest + 1, 2) == [-20, -25]
    series.add(0x8000_0000 + TICKS, 30, 500.0)
    assert set(series.read(series.newest, 255)) == {-60}
    series.add(0x8000_0000, 30, 1.0)  # older than all that is kept
    assert set(series.read(series.newest, 255)) == {-60}
    assert series.read(series.newest + 3, 3) == [-30, -60, -60]


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 127), st.floats(0, 0.5))))
def test_any_levels_at_any_times_are_kept(packets: list[tuple[int, int, float]]) -> None:
    series, now = LevelSeries(), 1000.0
    for rtp_time, level, pause_s in packets:
        now += pause_s
        series.add(rtp_time, level, now)
        assert abs(series.newest * BIN_S - now) < 1.0
    assert all(-60 <= level <= 0 for level in series.read(round(now / BIN_S), 256))


levels = st.lists(
    st.integers(-60, 0), min_size=WINDOW_BINS + MAX_LAG, max_size=WINDOW_BINS + MAX_LAG
)


@settings(deadline=None)
@given(levels, levels)
def test_a_likeness_is_a_correlation(hub: list[int], seat: list[int]) -> None:
    likeness = compare(hub, seat)
    if likeness is not None:
        assert 1 <= likeness.lag <= MAX_LAG
        assert -1.001 <= likeness.rival <= likeness.alike <= 1.001 or likeness.alike < 0.001


@settings(deadline=None)
@given(levels, st.integers(1, MAX_LAG), st.integers(0, 2**32))
def test_a_copy_is_found_at_its_delay(hub: list[int], lag: int, seed: int) -> None:
    rng = random.Random(seed)
    hub = [level if rng.random() < 0.9 else -20 for level in hub]
    hub[:] = [max(-44, level) if at % 4 else level for at, level in enumerate(hub)]
    likeness = compare(hub, [-60] * lag + hub[: len(hub) - lag])
    if likeness is not None and likeness.alike > likeness.rival + 0.1:
        assert likeness.lag == lag


def test_a_silent_hub_or_a_flat_return_is_like_nothing() -> None:
    speaking = [(-20, -40)[at // 5 % 2] for at in range(WINDOW_BINS + MAX_LAG)]
    assert compare([-60] * len(speaking), speaking) is None
    assert compare(speaking, [-50] * len(speaking)) == Likeness(1, 0.0, 0.0)
    flat = compare([-20] * len(speaking), speaking)
    assert flat == Likeness(1, 0.0, 0.0)


def test_a_judge_needs_the_same_delay_again_and_again() -> None:
    judge = EchoJudge()
    for lag in (3, 9, 15, 21, 27, 33, 3, 9, 15):
        assert not judge.take(Likeness(lag, 0.9, 0.1))
    changes = [judge.take(Likeness(20 + at % 2, 0.9, 0.1)) for at in range(7)]
    assert changes.index(True) == 4
    assert judge.is_echoing


def test_a_judge_keeps_its_word_until_the_return_is_clean_for_long() -> None:
    judge = EchoJudge()
    for _ in range(VERDICTS):
        judge.take(Likeness(20, 0.9, 0.1))
    clean = [judge.take(Likeness(20, 0.2, 0.1)) for _ in range(VERDICTS)]
    assert clean.index(True) == VERDICTS - 2
    assert not judge.is_echoing


def test_a_rival_delay_makes_it_a_beat() -> None:
    judge = EchoJudge()
    assert not any(judge.take(Likeness(20, 0.9, 0.85)) for _ in range(20))


def test_nothing_is_watched_without_a_hub_or_seats() -> None:
    watch = EchoWatch()
    for hub, seats in ((None, [SEAT]), (HUB, []), (None, [])):
        watch.follow(hub, seats)
        assert not watch.is_listening
        assert watch.deadline() is None
        assert watch.poll(5.0) == []
        assert watch.series(HUB) is None
        assert watch.series(SEAT) is None


def test_who_leaves_and_comes_back_is_judged_anew() -> None:
    rng = random.Random(7)
    other = TrackKey(PeerId("other"), Source.MICROPHONE)
    watched = Watched(rng).play(an_echo(rng))
    assert watched.is_found
    assert watched.watch.follow(HUB, [SEAT, other]) == []
    assert watched.watch.follow(HUB, [other]) == [SEAT]
    assert watched.watch.follow(HUB, [SEAT, other]) == []
    assert watched.watch.poll(watched.now + 2) == []


def test_another_hub_is_another_voice() -> None:
    rng = random.Random(7)
    watched = Watched(rng).play(an_echo(rng))
    other = TrackKey(PeerId("other"), Source.MICROPHONE)
    assert watched.watch.follow(other, [SEAT]) == [SEAT]
    assert watched.watch.series(HUB) is None
