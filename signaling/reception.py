"""What of the hub's sound and picture reached one seat, second by second: attendance is made of it.

A second is judged by the media plane's own counters: what came from the hub, what of it was sent
to this seat, and what the seat itself reported missing. A browser reports on sound every few
seconds only, so seconds wait until a report is about them. Sans-IO, times in milliseconds on the
lesson clock.

- `audible`: nineteen packets in twenty arrived, after repair by redundancy (RFC 2198).
- `degraded`: fewer did, but more than one in twenty.
- `lost`: the hub's sound came to the server and did not reach the seat, or nobody said that it did.
- `silent`: the hub sent no sound; the seat heard all there was to hear.

Losses are laid to the seconds in which nothing was heard of the line first: that is where they
were. The rest is spread evenly, and a share p of it that is lost is p to the power of n+1 where
each packet carried n earlier ones, as long as losses are random (`media.core.redundancy`).
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import JsonValue

from media.core.ids import Kind, Source
from media.interface import ReceivedTrack

#: Up to this share missing, speech is whole; from one minus this share on, nothing is left of it.
TOLERATED: Final = 0.05
#: A picture is watched as long as more than half of it arrives: the rest is sent again.
TOLERATED_OF_A_PICTURE: Final = 0.5
#: Two reports in a row may be lost, each due within 7.5 s (a browser's 5 s, half as much more).
WAIT_MS: Final = 20_000
#: A change is written within this time, what stays the same once in so long.
CHANGE_MS: Final = 5_000
STEADY_MS: Final = 300_000
#: The most spans of one event.
MOST_SPANS: Final = 100


class Heard(StrEnum):
    """What a second was. The names are kept for ever: evidence is made of them."""

    AUDIBLE = "audible"
    SILENT = "silent"
    DEGRADED = "degraded"
    LOST = "lost"


@dataclass(slots=True)
class _Second:
    """A stretch of about a second; `heard` None: it waits for a report."""

    from_ms: int
    to_ms: int
    is_visible: bool
    heard: Heard | None = None
    sent: int = 0
    redundancy: int = 0
    is_line_silent: bool = False


@dataclass(slots=True)
class _Span:
    from_ms: int
    to_ms: int
    heard: Heard
    is_visible: bool


class Reception:
    """One seat's record, over its stays in this opening of the room."""

    def __init__(self) -> None:
        self._reached_ms: int | None = None
        self._pending: deque[_Second] = deque()
        self._spans: list[_Span] = []
        self._last_heard: Heard | None = None
        self._told: tuple[Heard, bool] | None = None
        self._told_at_ms = 0

    def begin(self, clock_ms: int) -> None:
        """The seat is here from now on."""
        self._reached_ms = self._told_at_ms = clock_ms
        self._last_heard = self._told = None

    def add(
        self,
        received: Sequence[ReceivedTrack],
        *,
        clock_ms: int,
        is_sound_due: bool,
        is_line_silent: bool,
    ) -> None:
        """Take what the media plane tells of the time since the last call.

        `received` is of the hub's tracks only. `is_sound_due` decides where it has no row of the
        hub's sound: whether the hub sends any.
        """
        assert self._reached_ms is not None, "only of who is here anything is taken"
        if clock_ms <= self._reached_ms:
            return
        sound = next((row for row in received if row.track.source is Source.MICROPHONE), None)
        second = _Second(self._reached_ms, clock_ms, _is_seen(received) and not is_line_silent)
        self._reached_ms = clock_ms
        if sound is None:
            second.heard = Heard.LOST if is_sound_due else Heard.SILENT
        elif not sound.packets_sent:
            second.heard = Heard.LOST if sound.has_come else Heard.SILENT
        else:
            second.sent, second.redundancy = sound.packets_sent, sound.redundancy
            second.is_line_silent = is_line_silent
        self._pending.append(second)
        if sound is not None and sound.packets_expected:
            _judge(
                [each for each in self._pending if each.heard is None],
                min(1.0, sound.packets_lost / sound.packets_expected),
            )
        self._settle(clock_ms)

    def end(self, *, clock_ms: int, is_sound_due: bool) -> None:
        """The seat leaves: what still waits is as the last that was reported, if anything was.

        Of a line that was silent nobody will say any more that it carried anything.
        """
        self.add((), clock_ms=clock_ms, is_sound_due=is_sound_due, is_line_silent=False)
        for second in self._pending:
            if second.heard is None:
                known = Heard.LOST if second.is_line_silent else self._last_heard
                second.heard = known or Heard.LOST
        self._settle(clock_ms)
        self._reached_ms = None

    def is_due(self, clock_ms: int) -> bool:
        """Return whether there is something to write into the ledger now."""
        if not self._spans:
            return False
        waited_ms = clock_ms - self._told_at_ms
        if len(self._spans) >= MOST_SPANS or waited_ms >= STEADY_MS:
            return True
        is_news = any((span.heard, span.is_visible) != self._told for span in self._spans)
        return is_news and waited_ms >= CHANGE_MS

    def take(self, clock_ms: int) -> dict[str, JsonValue] | None:
        """Return what is known and was not taken yet, as an event's payload; None: nothing.

        Each span is [from_ms, to_ms, what was heard, 1 if a picture of the hub came]. Call it
        again until it returns None.
        """
        if not self._spans:
            return None
        spans, self._spans = self._spans[:MOST_SPANS], self._spans[MOST_SPANS:]
        self._told = (spans[-1].heard, spans[-1].is_visible)
        self._told_at_ms = clock_ms
        rows: list[JsonValue] = [
            [span.from_ms, span.to_ms, span.heard.value, int(span.is_visible)] for span in spans
        ]
        return {"spans": rows}

    def _settle(self, clock_ms: int) -> None:
        """Put the seconds that are judged, or have waited too long, behind the spans."""
        while self._pending:
            second = self._pending[0]
            if second.heard is None and clock_ms - second.from_ms < WAIT_MS:
                return
            self._pending.popleft()
            heard = second.heard or Heard.LOST
            if second.sent:
                self._last_heard = heard
            last = self._spans[-1] if self._spans else None
            joins = last is not None and last.to_ms == second.from_ms
            if last and joins and (last.heard, last.is_visible) == (heard, second.is_visible):
                last.to_ms = second.to_ms
            else:
                self._spans.append(_Span(second.from_ms, second.to_ms, heard, second.is_visible))


def _is_seen(received: Sequence[ReceivedTrack]) -> bool:
    return any(
        row.packets_sent > 0 and row.packets_lost <= TOLERATED_OF_A_PICTURE * row.packets_expected
        for row in received
        if row.track.source.kind is Kind.VIDEO
    )


def _judge(seconds: Sequence[_Second], lost_share: float) -> None:
    """Say of each of these seconds, which a report is about, what was heard in it."""
    lost = lost_share * sum(second.sent for second in seconds)
    for second in seconds:
        if second.is_line_silent:
            missing = min(float(second.sent), lost)
            lost -= missing
            second.heard = _heard(missing / second.sent)
    heard = [second for second in seconds if not second.is_line_silent]
    share = min(1.0, lost / sum(second.sent for second in heard)) if heard else 0.0
    for second in heard:
        second.heard = _heard(share ** (second.redundancy + 1))


def _heard(missing: float) -> Heard:
    if missing <= TOLERATED:
        return Heard.AUDIBLE
    return Heard.DEGRADED if missing < 1 - TOLERATED else Heard.LOST
