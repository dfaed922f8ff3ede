"""From figures to what is wrong with one seat's line, slow enough that nothing flickers."""

from math import inf, isfinite
from typing import Final, NamedTuple

from media.core.ids import Kind
from media.interface import Direction, LinkReport
from signaling.messages import Leg, Link, LinkCause

# A line is weak when a teacher would hear or see it: bursts beyond what NACK repairs in
# time, or answers that come a second late. The satellite lines of the teaching points have
# 600 ms of flight time and are good all the same, but whoever asks must know to wait.
WEAK_LOSS: Final = 0.08
GOOD_LOSS: Final = 0.03
WEAK_RTT_MS: Final = 1000.0
GOOD_RTT_MS: Final = 800.0
LONG_RTT_MS: Final = 500.0
SHORT_RTT_MS: Final = 400.0
#: Reports come every second: two bad ones are told within three seconds. It takes four seconds
#: of nothing but good ones to end it, and two at least: of sound alone a browser reports the
#: losses every five seconds only.
REPORTS_TO_WEAKEN: Final = 2
RECOVER_S: Final = 4.0
#: What is no trouble but a property of the line may be told a little later.
REPORTS_TO_KNOW: Final = 5
# A line declared to carry much less than it does is what holds its pictures back.
DECLARED_SHARE: Final = 0.8
# With both legs losing, the worse is named; the other one takes over when it is twice as bad.
MUCH_WORSE: Final = 2.0


class Trouble(NamedTuple):
    """What is wrong with a line, and on which leg of it (None: on neither, or on both)."""

    cause: LinkCause
    leg: Leg | None = None


class _Latch:
    """Turns on after `to_begin` signs in a row, off after `RECOVER_S` of contrary ones.

    `since` is when the first sign came, also while it is not on yet; None: no sign. What may
    be a property of a line (`may_be_innate`) and is there from the first was there for ever.
    """

    def __init__(self, to_begin: int = REPORTS_TO_WEAKEN, *, may_be_innate: bool = False) -> None:
        self.is_on = False
        self.since: float | None = None
        self._to_begin = to_begin
        self._in_a_row = 0
        self._turned_at = 0.0
        self._may_be_innate = may_be_innate

    def take(self, verdict: bool | None, now: float, *, at_once: bool = False) -> None:
        """Take one sign: for it, against it, or (None) neither, which lets things stand."""
        is_innate, self._may_be_innate = self._may_be_innate, False
        if verdict is None or verdict is self.is_on:
            self._in_a_row = 0
            if not self.is_on:
                self.since = None
            return
        self._in_a_row += 1
        if self._in_a_row == 1:
            self._turned_at = now
            if verdict:
                self.since = -inf if is_innate else now
        if verdict:
            is_lasting = self._in_a_row >= self._to_begin
        else:
            is_lasting = self._in_a_row > 1 and now >= self._turned_at + RECOVER_S
        if at_once or is_lasting:
            self.is_on, self._in_a_row = verdict, 0
            if not verdict:
                self.since = None


class LinkMeter:
    """Judge a seat's line from its reports, and from silence, by what its own figures say.

    Between the good and the bad thresholds the earlier word stands. A first report decides
    alone, but for losses: what is sent before the other side listens is lost on every line. A
    direction from which nothing authenticates is weak at once: nothing is worse.
    """

    def __init__(self) -> None:
        self.last: LinkReport | None = None
        self.loss_down: float | None = None
        self.loss_up: float | None = None
        self._is_known = False
        self._losing = {Leg.DOWN: _Latch(), Leg.UP: _Latch()}
        self._late = _Latch(may_be_innate=True)
        self._long = _Latch(REPORTS_TO_KNOW)
        self._narrow = _Latch(may_be_innate=True)
        self._pictureless = _Latch()
        self._is_declared = False
        self._worse = Leg.DOWN
        self._silent: dict[Direction, float] = {}

    @property
    def is_measured(self) -> bool:
        """Return whether anything at all was heard of this line."""
        return self.last is not None or bool(self._silent)

    @property
    def is_silent(self) -> bool:
        """Return whether a connection of the peer that was heard is heard no more."""
        return bool(self._silent)

    @property
    def is_down_silent(self) -> bool:
        """Return whether nothing is heard on the connection over which the peer receives."""
        return Direction.SUBSCRIBE in self._silent

    @property
    def link(self) -> Link:
        """Return good, weak, sound_only or unknown."""
        if self._silent or self._late.is_on or any(one.is_on for one in self._losing.values()):
            return Link.WEAK
        if self._pictureless.is_on:
            return Link.SOUND_ONLY
        if self._narrow.is_on:
            return Link.WEAK
        return Link.GOOD if self._is_known else Link.UNKNOWN

    @property
    def trouble(self) -> Trouble | None:
        """Return what is wrong by the seat's own figures: the cause before its consequences."""
        if self._silent:
            legs = {_LEGS[direction] for direction in self._silent}
            return Trouble(LinkCause.SILENT, legs.pop() if len(legs) == 1 else None)
        losing = [leg for leg, latch in self._losing.items() if latch.is_on]
        # A line that loses is given less to carry at once: the cause is there before it is sure.
        if not losing and self._narrow.is_on and self._losing[Leg.DOWN].since is not None:
            losing = [Leg.DOWN]
        if losing:
            leg = self._worse if len(losing) > 1 else losing[0]
            return Trouble(_LOSSES[leg], leg)
        if self._narrow.is_on:
            is_declared = self._is_declared
            cause = LinkCause.DECLARED_DOWN if is_declared else LinkCause.NARROW_DOWN
            return Trouble(cause, Leg.DOWN)
        if self._late.is_on or self._long.is_on:
            return Trouble(LinkCause.DELAY)
        return None

    def first_sign(self, leg: Leg | None) -> float | None:
        """Return when the trouble there is on a leg (None: lateness) began to show; None: none.

        Also before it is told, so that several lines can be compared at that moment. Minus
        infinity: the line is narrow or late by nature, as a satellite's is.
        """
        if leg is None:
            signs = [self._late.since]
        else:
            signs = [self._losing[leg].since]
            signs += [at for direction, at in self._silent.items() if _LEGS[direction] is leg]
        if leg is Leg.DOWN and not self._is_declared:
            signs.append(self._narrow.since)
        seen = [sign for sign in signs if sign is not None]
        return min((sign for sign in seen if isfinite(sign)), default=-inf if seen else None)

    def report(self, report: LinkReport, *, now: float) -> None:
        """Take one report; what it could not measure changes nothing."""
        self.last = report
        self.loss_down = self.loss_down if report.loss_down is None else report.loss_down
        self.loss_up = self.loss_up if report.loss_up is None else report.loss_up
        is_first = not self._is_known
        for leg, loss in ((Leg.DOWN, report.loss_down), (Leg.UP, report.loss_up)):
            if loss is not None:
                verdict = _judge(loss, bad=WEAK_LOSS, good=GOOD_LOSS)
                self._losing[leg].take(verdict, now)
        if report.rtt_ms is not None:
            verdict = _judge(report.rtt_ms, bad=WEAK_RTT_MS, good=GOOD_RTT_MS)
            self._late.take(verdict, now, at_once=is_first and verdict is True)
            self._long.take(_judge(report.rtt_ms, bad=LONG_RTT_MS, good=SHORT_RTT_MS), now)
        self._take_plan(report, now)
        self._is_known = self._is_known or _is_good(report)
        down, up = self.loss_down or 0.0, self.loss_up or 0.0
        if down > MUCH_WORSE * up:
            self._worse = Leg.DOWN
        elif up > MUCH_WORSE * down:
            self._worse = Leg.UP

    def _take_plan(self, report: LinkReport, now: float) -> None:
        if not report.plan:
            return
        held_back = [planned.layer is None for planned in report.plan]
        pictures = [
            planned.layer is None
            for planned in report.plan
            if planned.track.source.kind is Kind.VIDEO
        ]
        self._narrow.take(any(held_back), now)
        self._pictureless.take(bool(pictures) and all(pictures), now)
        if any(held_back):
            self._is_declared = _is_declared(report)

    def silence(self, direction: Direction, *, now: float) -> None:
        """Nothing comes any more on this connection."""
        self._silent.setdefault(direction, now)

    def sound(self, direction: Direction) -> None:
        """This connection is heard again."""
        self._silent.pop(direction, None)


_LEGS: Final = {Direction.PUBLISH: Leg.UP, Direction.SUBSCRIBE: Leg.DOWN}
_LOSSES: Final = {Leg.DOWN: LinkCause.LOSS_DOWN, Leg.UP: LinkCause.LOSS_UP}


def _judge(value: float, *, bad: float, good: float) -> bool | None:
    if value >= bad:
        return True
    return False if value <= good else None


def _is_good(report: LinkReport) -> bool:
    """Return whether a report says plainly that a line is good."""
    losses = [loss for loss in (report.loss_up, report.loss_down) if loss is not None]
    if not losses and report.rtt_ms is None:
        return False
    return max(losses, default=0.0) <= GOOD_LOSS and (report.rtt_ms or 0.0) <= GOOD_RTT_MS


def _is_declared(report: LinkReport) -> bool:
    """Return whether what was declared, not the line itself, holds pictures back."""
    budget, estimate = report.budget_down_kbps, report.estimate_down_kbps
    return budget is not None and estimate is not None and budget < DECLARED_SHARE * estimate
