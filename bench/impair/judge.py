"""What a lesson was like for one seat, computed from a trace. Pure functions.

Sound is played as a browser's jitter buffer would: a little behind the first packet, waiting
when it runs dry, catching up slowly; a missing packet is a moment of silence. Pictures are
shown as a decoder can: complete frames in an unbroken chain from a keyframe.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.impair.media import AUDIO_PACKET_S
from bench.impair.trace import Got

START_BUFFER_S = 0.08
# NetEq speeds speech up by at most about a tenth; half of that is inaudible.
_CATCH_UP = 0.05
_COMFORTABLE_S = 0.1
_NOTICEABLE_S = 0.001


@dataclass(frozen=True, slots=True)
class Silence:
    """A time in which nothing new could be played."""

    at_s: float
    length_s: float


@dataclass(frozen=True, slots=True)
class Heard:
    """How the sound was: the packets played of those sent, and the silences."""

    played: int
    expected: int
    silences: tuple[Silence, ...]

    @property
    def share(self) -> float:
        """Return the share (0..1) of the sound that was heard; NaN when none was sent."""
        return self.played / self.expected if self.expected else math.nan

    @property
    def longest_silence_s(self) -> float:
        """Return the longest silence, in seconds."""
        return max((silence.length_s for silence in self.silences), default=0.0)


class _Player:
    """The jitter buffer: `due_s` is when the next packet's turn comes."""

    def __init__(self, begin_s: float) -> None:
        self.due_s = begin_s
        self.played = 0
        self.silences: list[Silence] = []
        self._silent_since: float | None = None

    def fall_silent(self, until_s: float) -> None:
        if self._silent_since is None:
            self._silent_since = self.due_s
        self.due_s = until_s

    def play(self, waited_s: float) -> None:
        self.end_silence()
        self.played += 1
        is_far_behind = waited_s > _COMFORTABLE_S
        self.due_s += AUDIO_PACKET_S * (1 - _CATCH_UP if is_far_behind else 1)

    def end_silence(self) -> None:
        if self._silent_since is not None:
            length_s = self.due_s - self._silent_since
            if length_s > _NOTICEABLE_S:
                self.silences.append(Silence(self._silent_since, length_s))
            self._silent_since = None


def hear(packets: Iterable[Got], *, first: int, last: int, end_s: float) -> Heard:
    """Play the audio packets numbered `first` to `last`; nothing is played after `end_s`.

    Numbers are those of the stamps, so what never came is known too. Packets after `last` are not
    played, but show that the sound went on: give them too, or a last packet that was lost is
    taken for a silence up to `end_s`.
    """
    arrived: dict[int, float] = {}
    goes_on_s = math.inf
    for packet in packets:
        number = packet.stamp.frame
        if number > last:
            goes_on_s = min(goes_on_s, packet.at_s)
        elif number >= first:
            arrived[number] = min(packet.at_s, arrived.get(number, math.inf))
    expected = last - first + 1
    if not arrived:
        return Heard(0, expected, (Silence(end_s, math.inf),) if expected > 0 else ())
    # soonest[i]: the earliest that number first+i or any later one has come.
    soonest = [math.inf] * expected + [goes_on_s]
    for place in range(expected - 1, -1, -1):
        soonest[place] = min(soonest[place + 1], arrived.get(first + place, math.inf))
    player = _Player(min(arrived.values()) + START_BUFFER_S)
    place = 0
    while place < expected and player.due_s < end_s:
        came_s = arrived.get(first + place, math.inf)
        if came_s <= player.due_s:
            player.play(player.due_s - came_s)
            place += 1
        elif soonest[place + 1] <= player.due_s:  # later ones are here: this one is given up
            player.fall_silent(player.due_s + AUDIO_PACKET_S)
            place += 1
        else:
            # Dry: wait for whatever comes next, and go on with that.
            player.fall_silent(min(soonest[place], end_s))
            while place < expected and arrived.get(first + place, math.inf) > player.due_s:
                place += 1
    player.end_silence()
    return Heard(player.played, expected, tuple(player.silences))


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture that could be decoded."""

    at_s: float
    sent_s: float
    layer: int
    frame: int
    size: int


def show(packets: Iterable[Got]) -> list[Shown]:
    """Return the pictures that could be decoded, in the order they were."""
    frames: dict[tuple[int, int], dict[int, Got]] = defaultdict(dict)
    for packet in packets:
        stamp = packet.stamp
        frames[stamp.layer, stamp.frame].setdefault(stamp.part, packet)
    in_order = sorted(frames.values(), key=lambda parts: min(p.sent_s for p in parts.values()))
    shown: list[Shown] = []
    for parts in in_order:
        one = next(iter(parts.values()))
        stamp = one.stamp
        if len(parts) < stamp.parts:
            continue
        last = shown[-1] if shown else None
        follows = last is not None and (last.layer, last.frame + 1) == (stamp.layer, stamp.frame)
        if not (stamp.is_key or follows):
            continue
        complete_s = max(packet.at_s for packet in parts.values())
        shown.append(
            Shown(
                at_s=max(complete_s, last.at_s) if last else complete_s,
                sent_s=min(packet.sent_s for packet in parts.values()),
                layer=stamp.layer,
                frame=stamp.frame,
                size=sum(packet.size for packet in parts.values()),
            )
        )
    return shown


def longest_freeze_s(pictures: Sequence[Shown], *, begin_s: float, end_s: float) -> float:
    """Return the longest time between two pictures, or to the edges, within the window."""
    times = [begin_s, *(p.at_s for p in pictures if begin_s <= p.at_s < end_s), end_s]
    return max(after - before for before, after in pairwise(times))


def frames_per_second(pictures: Sequence[Shown], *, begin_s: float, end_s: float) -> float:
    """Return how many pictures a second were shown in the window."""
    return sum(begin_s <= p.at_s < end_s for p in pictures) / (end_s - begin_s)


def kbps(packets: Iterable[Got], *, begin_s: float, end_s: float) -> float:
    """Return the payload rate of what came in the window."""
    total = sum(packet.size for packet in packets if begin_s <= packet.at_s < end_s)
    return total * 8 / 1000 / (end_s - begin_s)


def residual_loss(packets: Iterable[Got], *, begin_s: float, end_s: float) -> tuple[int, int]:
    """Return (never came, expected) of the packets sent in the window, repairs included."""
    runs: dict[int, set[int]] = defaultdict(set)
    for packet in packets:
        if begin_s <= packet.sent_s < end_s:
            runs[packet.run].add(packet.sequence)
    expected = sum(max(numbers) - min(numbers) + 1 for numbers in runs.values())
    return expected - sum(map(len, runs.values())), expected


def back_after_s(pictures: Sequence[Shown], returned_s: float) -> float:
    """Return how long after the line's return the first picture sent since then was shown."""
    return min((p.at_s for p in pictures if p.sent_s >= returned_s), default=math.inf) - returned_s


def heard_again_s(packets: Iterable[Got], returned_s: float) -> float:
    """Return how long after the line's return the first sound sent since then had come."""
    return min((p.at_s for p in packets if p.sent_s >= returned_s), default=math.inf) - returned_s


@dataclass(frozen=True, slots=True)
class Rate:
    """How much was offered to a line up to a moment, in bytes since the beginning."""

    at_s: float
    offered_bytes: int


def kbps_between(samples: Sequence[Rate], begin_s: float, end_s: float) -> float:
    """Return the mean rate offered to the line, by the samples nearest to the edges."""
    inside = [sample for sample in samples if begin_s <= sample.at_s <= end_s]
    if len(inside) < 2:
        return math.nan
    span_s = inside[-1].at_s - inside[0].at_s
    return (inside[-1].offered_bytes - inside[0].offered_bytes) * 8 / 1000 / span_s


def under_after_s(
    samples: Sequence[Rate],
    *,
    limit_kbps: float,
    step_s: float,
    end_s: float,
    window_s: float = 1.0,
) -> float:
    """Return how long after the step the rate offered over a whole window is within the limit.

    The time given is that of the window's beginning: from then on the line was not
    overfilled. Infinity when that never happens.
    """
    for sample in samples:
        if step_s <= sample.at_s <= end_s - window_s:
            rate = kbps_between(samples, sample.at_s, sample.at_s + window_s)
            if rate <= limit_kbps:
                return sample.at_s - step_s
    return math.inf


def recovered_after_s(
    packets: Sequence[Got], *, goal_kbps: float, step_s: float, end_s: float, window_s: float = 2.0
) -> float:
    """Return how long after the step what arrives reaches the goal, over a whole window.

    The time given is that of the window's beginning.
    """
    at_s = step_s
    while at_s + window_s <= end_s:
        if kbps(packets, begin_s=at_s, end_s=at_s + window_s) >= goal_kbps:
            return at_s - step_s
        at_s += 0.25
    return math.inf
