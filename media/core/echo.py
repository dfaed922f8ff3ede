"""Does a classroom send the hub's own voice back? Told by how loud both are over time. Sans-IO.

A microphone that hears the loudspeaker repeats the rise and fall of every syllable, some
hundred milliseconds later: the way down, the players' buffer, the room, the way up. A pupil
who answers rises and falls too, but not with the same syllables. So the levels of both
microphones are compared, at each delay there can be, wherever the hub is speaking: the
correlation of what remains when the slow swell of phrases is taken out.

Times are seconds on the caller's monotonic clock, levels -dBov as RFC 6464 has them: 0 is
full scale, 127 is silence.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import floor, inf, sqrt
from operator import mul
from typing import NamedTuple

from media.core.ids import TrackKey
from media.core.seqnum import delta32

SILENCE = 127

BIN_S = 0.04
#: Delays at which a voice can come back, in bins: from one building to a satellite line.
MIN_LAG, MAX_LAG = 1, 38
#: How much of the hub's sound is compared at a time.
WINDOW_BINS = 100
#: How often.
EVERY_S = 1.0

#: How like the hub's the return must be, of 1, and how far above any other delay's likeness.
#: Found by simulating rooms (tests/media/core/test_echo.py): two people who talk at once
#: reach it now and then, never at the same delay again and again; a beat that both keep
#: fits at many delays.
ALIKE = 0.5
_RIVAL = 0.8
_RIVAL_BINS = 4
_SAME_LAG_BINS = 1

#: An echo is what is heard `AGREEING` times of `VERDICTS`; it is over when once at most.
VERDICTS = 7
AGREEING = 5

_CLOCK_RATE = 48_000
_KEPT_BINS = 256
_DRIFT_S = 0.3
_HOLD_BINS = 3

# Quieter than the floor nothing is compared: its flutter would say something of nothing.
_FLOOR_DB = -60
_SPEECH_DB = -45
#: What is slower than a second is the swell of phrases, which answers have in common.
_SWELL_BINS = 12
#: The pauses inside speech belong to it: this far around.
_AROUND_BINS = 5
_MIN_SPEECH_BINS = 45
#: Below this variance (dB squared) the return is a level hum.
_MIN_VARIANCE = 0.5


class LevelSeries:
    """How loud one microphone was, in bins of `BIN_S`, placed by RTP time.

    Arrival alone would smear it by the jitter of the line: the first packet says where RTP
    time lies on the caller's clock, and only a drift of more than 0.3 s says so anew.
    """

    def __init__(self) -> None:
        self._levels = [SILENCE] * _KEPT_BINS
        self._anchor: tuple[int, float] | None = None
        self.newest = -1

    def add(self, rtp_time: int, level: int, now: float) -> None:
        """Take the level of one packet; within a bin the loudest counts."""
        if self._anchor is None:
            self._anchor = (rtp_time, now)
        elapsed_s = delta32(rtp_time, self._anchor[0]) / _CLOCK_RATE
        if abs(self._anchor[1] + elapsed_s - now) > _DRIFT_S:
            elapsed_s = 0.0
            self._anchor = (rtp_time, now)
        at = floor((self._anchor[1] + elapsed_s) / BIN_S)
        if at > self.newest:
            self._advance(at)
            self._levels[at % _KEPT_BINS] = level
        elif at > self.newest - _KEPT_BINS:
            place = at % _KEPT_BINS
            self._levels[place] = min(self._levels[place], level)

    def _advance(self, at: int) -> None:
        """Fill what lies between: a few lost packets sound on, a pause is silent."""
        gap = at - self.newest - 1
        filler = self._levels[self.newest % _KEPT_BINS] if gap <= _HOLD_BINS else SILENCE
        for missing in range(max(self.newest + 1, at - _KEPT_BINS + 1), at):
            self._levels[missing % _KEPT_BINS] = filler
        self.newest = at

    def read(self, end: int, length: int) -> list[int]:
        """Return the `length` bins before bin `end` in dB below full scale, -60 at least."""
        oldest, newest, levels = self.newest - _KEPT_BINS, self.newest, self._levels
        return [
            max(_FLOOR_DB, -levels[at % _KEPT_BINS]) if oldest < at <= newest else _FLOOR_DB
            for at in range(end - length, end)
        ]


class Likeness(NamedTuple):
    """At which delay (bins) the return is most like the hub, and how much, of 1.

    `rival`: how much at the best of all delays that are clearly others.
    """

    lag: int
    alike: float
    rival: float


def compare(hub: Sequence[int], seat: Sequence[int]) -> Likeness | None:
    """Compare levels in dB of the same `WINDOW_BINS + MAX_LAG` bins.

    None when the hub said too little to tell. Only where the hub speaks is compared, so
    whoever speaks in its pauses does not disturb.
    """
    assert len(hub) == len(seat) == WINDOW_BINS + MAX_LAG
    window = range(WINDOW_BINS)
    speaks = [
        float(max(hub[max(0, at - _AROUND_BINS) : at + _AROUND_BINS + 1]) > _SPEECH_DB)
        for at in window
    ]
    bins = sum(speaks)
    if bins < _MIN_SPEECH_BINS:
        return None
    rise = list(map(mul, _without_swell(hub), speaks))
    mean = sum(rise) / bins
    rise = [value - mean * part for value, part in zip(rise, speaks, strict=True)]
    hub_power = sum(map(mul, rise, rise))
    echo = _without_swell(seat)
    power = list(map(mul, echo, echo))
    alike: list[float] = []
    for lag in range(MIN_LAG, MAX_LAG + 1):
        shifted = echo[lag : lag + WINDOW_BINS]
        total = sum(map(mul, speaks, shifted))
        seat_power = sum(map(mul, speaks, power[lag : lag + WINDOW_BINS])) - total**2 / bins
        is_flat = seat_power < _MIN_VARIANCE * bins or not hub_power
        alike.append(
            0.0 if is_flat else sum(map(mul, rise, shifted)) / sqrt(hub_power * seat_power)
        )
    best = max(alike)
    lag = alike.index(best)
    others = alike[: max(0, lag - _RIVAL_BINS)] + alike[lag + _RIVAL_BINS + 1 :]
    return Likeness(lag + MIN_LAG, best, max(others))


def _without_swell(levels: Sequence[int]) -> list[float]:
    """Return how far each bin lies above the mean of the second around it."""
    sums = [0, *accumulate(levels)]
    size = len(levels)
    result = []
    for at, level in enumerate(levels):
        start, end = max(0, at - _SWELL_BINS), min(size, at + _SWELL_BINS + 1)
        result.append(level - (sums[end] - sums[start]) / (end - start))
    return result


class EchoJudge:
    """Decide from one comparison after another whether a seat sends an echo."""

    def __init__(self) -> None:
        self.is_echoing = False
        #: The delays at which it was alike, None where it was not.
        self._verdicts: deque[int | None] = deque(maxlen=VERDICTS)

    def take(self, likeness: Likeness) -> bool:
        """Take a comparison; return whether `is_echoing` has changed."""
        is_hit = likeness.alike >= ALIKE and likeness.rival <= _RIVAL * likeness.alike
        self._verdicts.append(likeness.lag if is_hit else None)
        before = self.is_echoing
        agreeing = max(map(self._agreeing, self._verdicts))
        if agreeing >= AGREEING:
            self.is_echoing = True
        elif agreeing <= 1 and len(self._verdicts) == VERDICTS:
            self.is_echoing = False
        return self.is_echoing is not before

    def _agreeing(self, lag: int | None) -> int:
        if lag is None:
            return 0
        return sum(
            other is not None and abs(other - lag) <= _SAME_LAG_BINS for other in self._verdicts
        )


class EchoWatch:
    """Compare each open microphone of a room with the hub's, once a second."""

    def __init__(self) -> None:
        self._hub: TrackKey | None = None
        self._series: dict[TrackKey, LevelSeries] = {}
        self._judges: dict[TrackKey, EchoJudge] = {}
        self._poll_at = -inf

    @property
    def is_listening(self) -> bool:
        """Return whether there is anything to compare."""
        return bool(self._judges)

    def follow(self, hub: TrackKey | None, seats: Iterable[TrackKey]) -> list[TrackKey]:
        """Watch these from now on; of others everything is forgotten.

        Return those that were said to echo and are watched no more.
        """
        before = self._judges
        if hub != self._hub:
            self._hub, self._series, self._judges = hub, {}, {}
        wanted = list(seats) if hub is not None else []
        listened = [hub, *wanted] if hub is not None and wanted else []
        self._judges = {track: self._judges.get(track) or EchoJudge() for track in wanted}
        self._series = {track: self._series.get(track) or LevelSeries() for track in listened}
        return [
            track
            for track, judge in before.items()
            if judge.is_echoing and self._judges.get(track) is not judge
        ]

    def series(self, track: TrackKey) -> LevelSeries | None:
        """Return where the levels of this track are to be put; None if nobody asks for them."""
        return self._series.get(track)

    def deadline(self) -> float | None:
        """Return when `poll` is next worth calling; None while there is nothing to compare."""
        return self._poll_at if self._judges else None

    def poll(self, now: float) -> list[tuple[TrackKey, bool]]:
        """Return the seats that echo now and did not, or do no more."""
        if not self._judges or now < self._poll_at:
            return []
        self._poll_at = now + EVERY_S
        assert self._hub is not None, "seats are compared with a hub"
        # One bin behind: the newest may be half full yet.
        end, length = floor(now / BIN_S) - 1, WINDOW_BINS + MAX_LAG
        hub = self._series[self._hub].read(end, length)
        changed = []
        for track, judge in self._judges.items():
            likeness = compare(hub, self._series[track].read(end, length))
            if likeness is not None and judge.take(likeness):
                changed.append((track, judge.is_echoing))
        return changed
