"""Echo told from levels: rooms are simulated with the levels of real speech.

Energies of sounds that are not the same add; a room lets each die away exponentially. So the
level of a microphone is that of a sum: what somebody says there, the room's noise, and what its
loudspeaker plays. All randomness is seeded; what is asserted are counts of scenes.
"""

import math
import random
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.echo import (
    BIN_S,
    MAX_LAG,
    SILENCE,
    VERDICTS,
    WINDOW_BINS,
    EchoJudge,
    EchoWatch,
    LevelSeries,
    Likeness,
    compare,
)
from media.core.ids import PeerId, Source, TrackKey
from tests.media.speech import FRAME_S, speech_levels

HUB = TrackKey(PeerId("teacher"), Source.MICROPHONE)
SEAT = TrackKey(PeerId("site"), Source.MICROPHONE)
TICKS = 960
LESSON_S = 40
FRAMES = round(LESSON_S / FRAME_S)

Energies = list[float]


def voices(*languages: str) -> list[list[int]]:
    return [levels for name, levels in speech_levels().items() if name.split("/")[0] in languages]


# Nobody in a classroom says what the hub says at the same time with the same voice.
HUB_VOICES = voices("zh", "en", "ja", "fr", "it")
ROOM_VOICES = voices("es", "hi", "pl", "pt")


def of_level(level: float) -> float:
    return 10 ** (-level / 10) if level < SILENCE else 0.0


def to_level(energy: float) -> int:
    return min(SILENCE, max(0, round(-10 * math.log10(energy + 1e-13))))


def say(into: Energies, at: int, levels: list[int], *, gain_db: float, pace: float = 1.0) -> int:
    """Add one recording; return the frame behind it."""
    length = round(len(levels) * pace)
    for frame in range(min(length, FRAMES - at)):
        heard = levels[min(len(levels) - 1, int(frame / pace))]
        into[at + frame] += of_level(heard - gain_db)
    return at + length


def speech(
    rng: random.Random,
    spoken: list[list[int]],
    *,
    gain_db: float,
    pause_s: tuple[float, float] = (0.2, 1.2),
) -> Energies:
    energies, at = [0.0] * FRAMES, round(rng.uniform(0, 2) / FRAME_S)
    while at < FRAMES:
        at = say(energies, at, rng.choice(spoken), gain_db=gain_db)
        at += round(rng.uniform(*pause_s) / FRAME_S)
    return energies


def noise(rng: random.Random, level: float) -> Energies:
    return [of_level(level + rng.gauss(0, 1)) for _ in range(FRAMES)]


def returned(
    rng: random.Random, hub: Energies, *, delay_s: float, gain_db: float, decay_s: float
) -> Energies:
    """What the room's microphone hears of its loudspeaker: late, reverberant, half suppressed.

    `decay_s`: until the room's sound has fallen by 60 dB. Now and then a canceller takes a
    syllable or two away; an automatic gain wanders by 3 dB.
    """
    delay = round(delay_s / FRAME_S)
    keeps = 10 ** (-6 * FRAME_S / decay_s)
    reverberant, gain, until, suppressed = 0.0, 1.0, 0, 1.0
    energies = []
    for frame in range(FRAMES):
        direct = hub[frame - delay] if frame >= delay else 0.0
        reverberant = reverberant * keeps + direct * (1 - keeps)
        if frame >= until:
            until = frame + rng.randint(5, 25)
            suppressed = of_level(rng.uniform(6, 20)) if rng.random() < 0.2 else 1.0
        gain *= 10 ** (rng.gauss(0, 0.02))
        gain = min(2.0, max(0.5, gain))
        energies.append((direct + reverberant) / 2 * of_level(-gain_db) * gain * suppressed)
    return energies


def sum_of(*parts: Energies) -> list[int]:
    return [to_level(sum(energies)) for energies in zip(*parts, strict=True)]


Scene = tuple[list[int], list[int]]


def an_echo(rng: random.Random, *, talks_over: bool = False) -> Scene:
    hub = speech(rng, HUB_VOICES, gain_db=rng.uniform(-10, 0))
    back = returned(
        rng,
        hub,
        delay_s=rng.uniform(0.08, 1.4),
        gain_db=rng.uniform(-22, -6),
        decay_s=rng.uniform(0.3, 0.8),
    )
    seat = [back, noise(rng, rng.uniform(52, 62))]
    if talks_over:
        seat.append(speech(rng, ROOM_VOICES, gain_db=rng.uniform(-16, -6), pause_s=(2, 6)))
    return sum_of(hub, noise(rng, 65)), sum_of(*seat)


def answers(rng: random.Random) -> Scene:
    """The hub asks, a pupil answers, in turns."""
    hub, seat, at = [0.0] * FRAMES, [0.0] * FRAMES, 0
    while at < FRAMES:
        at = say(hub, at, rng.choice(HUB_VOICES), gain_db=-3) + round(rng.uniform(15, 40))
        if at < FRAMES:
            at = say(seat, at, rng.choice(ROOM_VOICES), gain_db=-9) + round(rng.uniform(15, 40))
    return sum_of(hub, noise(rng, 65)), sum_of(seat, noise(rng, 58))


def both_talk(rng: random.Random) -> Scene:
    hub, seat = speech(rng, HUB_VOICES, gain_db=-3), speech(rng, ROOM_VOICES, gain_db=-9)
    return sum_of(hub, noise(rng, 65)), sum_of(seat, noise(rng, 58))


def repeats(rng: random.Random) -> Scene:
    """Reading after the teacher: the same words again, at a child's pace, after a breath."""
    hub, seat, at = [0.0] * FRAMES, [0.0] * FRAMES, 0
    short = [levels for levels in HUB_VOICES if len(levels) < 100]
    while at < FRAMES:
        word = rng.choice(short)
        at = say(hub, at, word, gain_db=-3) + round(rng.uniform(0.2, 0.7) / FRAME_S)
        if at < FRAMES:
            at = say(seat, at, word, gain_db=-9, pace=rng.uniform(0.9, 1.2))
            at += round(rng.uniform(0.3, 1.0) / FRAME_S)
    return sum_of(hub, noise(rng, 65)), sum_of(seat, noise(rng, 58))


def claps(rng: random.Random) -> Scene:
    """A music lesson: the class claps the beat it hears."""
    hub, seat = [0.0] * FRAMES, [0.0] * FRAMES
    beat, delay = rng.choice([20, 25, 30]), rng.randint(10, 50)
    for at in range(0, FRAMES, beat):
        for after in range(5):
            for into, place, loud in (
                (hub, at, 10),
                (seat, at + delay + rng.randint(-2, 2), 15),
            ):
                if place + after < FRAMES:
                    into[place + after] += of_level(loud + 5 * after)
    return sum_of(hub, noise(rng, 65)), sum_of(seat, noise(rng, 58))


def listens(rng: random.Random) -> Scene:
    """Headphones, or a canceller that works: nothing comes back but the room's noise."""
    return sum_of(speech(rng, HUB_VOICES, gain_db=-3)), sum_of(noise(rng, rng.uniform(45, 65)))


# -- a lesson with jitter ------------------------------------------------------------


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


# -- the parts -------------------------------------------------------------------------


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
