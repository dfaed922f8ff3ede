"""What a row of the drill is judged by. Pure functions of what was sent, kept and written down."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from bench.drill.programme import Sent

_ENTRY = re.compile(r"\d{4}-\d\d-\d\dT\S+ \[")
_ERROR = re.compile(r"[A-Za-z_][\w.]*(:|$)")
"""How the last line of a traceback begins, of one line or the first of several."""

LOSS_S = 2.0
"""Of what reached a server that lived; for each crash."""
PLAYABLE_S = 5.0
"""From the bell to a replay that plays; where the server is killed after the bell, from its
recovery. And from a recovery to something recorded that plays."""
MOVED_S = 1.0
"""How far media may stand from where it was sent, on the lesson clock, over the whole lesson."""
STAY_S = 3.0
"""How far a stay in the records may be from what the seat itself met, each."""
NOTICED_S = 1.0
"""The longest silence at a classroom while the server lived; another row may begin beside it."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, in wall time."""

    begin_s: float
    end_s: float

    def holds(self, at_s: float) -> bool:
        """Return whether a moment is inside."""
        return self.begin_s <= at_s < self.end_s


@dataclass(frozen=True, slots=True)
class Loss:
    """How much of one track reached the server, how much of it was kept, and the largest hole."""

    live_s: float
    kept_s: float
    largest_gap_s: float

    @property
    def lost_s(self) -> float:
        """Return what is missing."""
        return self.live_s - self.kept_s


def is_live(item: Sent, lesson: Span, deaf: Sequence[Span]) -> bool:
    """Return whether an item was sent to a server that lived, while the lesson ran.

    `deaf`: when the server was dead, or its successor not connected yet.
    """
    return (
        item.connection > 0
        and lesson.holds(item.at_s)
        and not any(each.holds(item.at_s) for each in deaf)
    )


def lay_beside(
    sent: Sequence[Sent],
    kept: Mapping[int, float],
    *,
    each_s: float,
    lesson: Span,
    deaf: Sequence[Span],
) -> Loss:
    """Compare what was sent with what was kept; each item lasts `each_s`."""
    live = kept_count = run = longest = 0
    for number, item in enumerate(sent):
        if not is_live(item, lesson, deaf):
            run = 0  # nothing reached the server: what is missing there is no gap of ours
            continue
        live += 1
        if number in kept:
            kept_count += 1
            run = 0
        else:
            run += 1
            longest = max(longest, run)
    return Loss(live * each_s, kept_count * each_s, longest * each_s)


def moved_s(kept: Mapping[int, float], *, each_s: float) -> float:
    """Return how far media moved on the lesson clock against the sender's own; NaN for none.

    The sender's microphone goes on whether anybody hears it or not: item n is due at n * `each_s`.
    """
    shifts = [at_s - number * each_s for number, at_s in kept.items()]
    if not shifts:
        return math.nan
    middle = median(shifts)
    return max(abs(shift - middle) for shift in shifts)


def late_s(sent: Sequence[Sent], *, each_s: float) -> float:
    """Return by how much the sender itself fell behind its own clock; NaN for nothing sent.

    Item n is due at n * `each_s`. Media of a sender that has no processor moves, whoever records.
    """
    shifts = [item.at_s - number * each_s for number, item in enumerate(sent)]
    return max(shifts) - min(shifts) if shifts else math.nan


def again_after_s(sent: Sequence[Sent], kept: Mapping[int, float], mended_s: float) -> float:
    """Return how long after a moment the first thing was sent that was kept."""
    times = (sent[number].at_s for number in kept)
    return min((at_s for at_s in times if at_s >= mended_s), default=math.inf) - mended_s


def longest_silence_s(heard_s: Sequence[float], lesson: Span, deaf: Sequence[Span]) -> float:
    """Return the longest time without sound at a classroom, while the server lived.

    What begins or ends where the server was deaf is part of that.
    """
    times = sorted(at_s for at_s in heard_s if lesson.holds(at_s))
    longest = 0.0
    for before, after in pairwise(times):
        if not any(each.begin_s < after and each.end_s > before for each in deaf):
            longest = max(longest, after - before)
    return longest if times else math.inf


@dataclass(frozen=True, slots=True)
class Row:
    """A row of attendance as the records have it; times in ms."""

    seat_id: str
    connected_ms: int
    state: str


@dataclass(frozen=True, slots=True)
class Stays:
    """What a seat itself met: how long it was in the room, in how many stays."""

    seat_id: str
    present_s: float
    count: int


def wrong_rows(rows: Sequence[Row], truth: Sequence[Stays]) -> list[str]:
    """Return what is wrong with the attendance of a lesson that is over."""
    wrong = []
    for stays in truth:
        own = [row for row in rows if row.seat_id == stays.seat_id]
        if len(own) != 1:
            wrong.append(f"{stays.seat_id}: {len(own)} rows")
            continue
        [row] = own
        off_s = row.connected_ms / 1000 - stays.present_s
        if row.state != "AUTO_CLOSED":
            wrong.append(f"{stays.seat_id}: left {row.state}")
        elif abs(off_s) > STAY_S * stays.count:
            wrong.append(f"{stays.seat_id}: {off_s:+.1f} s off")
    known = {stays.seat_id for stays in truth}
    return wrong + [f"{row.seat_id}: never came" for row in rows if row.seat_id not in known]


def bugs_in(log: str, expected: Sequence[str]) -> list[str]:
    """Return the lines of a server's log that a traceback follows, but those that are expected.

    With what the traceback ends with: which error it was.
    """
    found: list[str] = []
    entry, head = "", ""  # what was said last, and that of the traceback that is being read
    for line in log.splitlines():
        if line.startswith("Traceback "):
            if entry:  # else it goes on: one error was the cause of another
                head = "" if any(words in entry for words in expected) else entry.strip()
                found += [head] if head else []
            entry = ""
        elif _ENTRY.match(line):
            entry, head = line, ""
        elif head and _ERROR.match(line):
            found[-1] = f"{head}: {line}"
    return found


@dataclass(slots=True)
class Outcome:
    """Everything that is known of one row of the drill.

    `crashes` multiplies the loss allowed; `no_loss_allowed_of` names what may be given up on
    purpose. `back_s`: from the recovery of a killed server to something recorded that plays; NaN
    where none was killed. `others` are what only this row promises: words, and whether they came
    true. `beside_cores`: how many processors other programs kept busy meanwhile; where they are
    all of them, what is late may be late for that. `late_s`: by how much the sender fell behind its
    own clock, against which `moved_s` is; NaN: it was not looked at.
    """

    row: str
    crashes: int
    sound: Loss
    pictures: Loss
    again_s: float
    playable_s: float
    back_s: float
    attended: int
    wrong_rows: list[str]
    broken: list[str]
    astray: list[str]
    moved_s: float
    silence_s: float
    may_lose_pictures: bool = False
    others: list[tuple[str, bool]] = field(default_factory=list)
    beside_cores: float = math.nan
    late_s: float = math.nan

    @property
    def worst(self) -> Loss:
        """Return the track that lost most, of those that may not."""
        tracks = [self.sound] if self.may_lose_pictures else [self.sound, self.pictures]
        return max(tracks, key=lambda track: track.lost_s)

    def failures(self) -> list[str]:
        """Return in words which targets were missed."""
        allowed_s = LOSS_S * max(1, self.crashes)
        missed = {
            f"lost {self.worst.lost_s:.1f} s, at most {allowed_s:.0f}": not (
                self.worst.lost_s <= allowed_s
            ),
            "nothing was recorded": self.sound.kept_s <= 0,
            f"playable {self.playable_s:.1f} s after the bell": not self.playable_s <= PLAYABLE_S,
            f"playable {self.back_s:.1f} s after the recovery": self.back_s > PLAYABLE_S,
            f"media moved by {self.moved_s:.1f} s{self._late()}": not self.moved_s <= MOVED_S,
            f"a classroom heard nothing for {self.silence_s:.1f} s": not (
                self.silence_s <= NOTICED_S
            ),
        }
        return [
            *(words for words, is_missed in missed.items() if is_missed),
            *(f"attendance: {words}" for words in self.wrong_rows),
            *(f"unplayable: {words}" for words in self.broken),
            *(f"orphan: {words}" for words in self.astray),
            *(words for words, is_met in self.others if not is_met),
        ]

    def _late(self) -> str:
        """Say in words that the drill was late itself: no excuse, but where to look."""
        if not self.late_s > MOVED_S / 2:
            return ""
        return f", the drill's own sender was {self.late_s:.1f} s late"

    def line(self) -> str:
        """Return the row as a line of the table."""
        verdict = "FAIL" if self.failures() else "PASS"
        right = self.attended - len(self.wrong_rows)
        return (
            f"{verdict}  {self.row:17} {self.worst.live_s:6.1f} {self.worst.kept_s:9.1f} "
            f"{self.worst.largest_gap_s:6.2f} {_text(self.again_s):>7} "
            f"{_text(self.back_s):>6} {_text(self.playable_s):>8} {right:4}/{self.attended}"
            f" {self.silence_s:8.2f} {self.moved_s:6.2f} {_text(self.beside_cores):>7}"
        )


def together(lessons: Sequence[Outcome]) -> Outcome:
    """Return what came of lessons that one fault met at once: of each figure the worst.

    What is wrong with one of them is told with its number, from 1 on.
    """

    def told(of: Callable[[Outcome], list[str]]) -> list[str]:
        return [
            f"lesson {number}: {words}"
            for number, each in enumerate(lessons, start=1)
            for words in of(each)
        ]

    return Outcome(
        row=lessons[0].row,
        crashes=lessons[0].crashes,
        sound=max((each.sound for each in lessons), key=lambda track: track.lost_s),
        pictures=max((each.pictures for each in lessons), key=lambda track: track.lost_s),
        again_s=_largest(each.again_s for each in lessons),
        playable_s=_largest(each.playable_s for each in lessons),
        back_s=_largest(each.back_s for each in lessons),
        attended=sum(each.attended for each in lessons),
        wrong_rows=told(lambda each: each.wrong_rows),
        broken=told(lambda each: each.broken),
        astray=told(lambda each: each.astray),
        moved_s=_largest(each.moved_s for each in lessons),
        silence_s=_largest(each.silence_s for each in lessons),
        late_s=_largest(each.late_s for each in lessons),
        others=list(dict.fromkeys(other for each in lessons for other in each.others)),
    )


def _largest(figures: Iterable[float]) -> float:
    """Return the largest, or NaN where one is missing."""
    values = list(figures)
    return math.nan if any(map(math.isnan, values)) else max(values)


HEADING = (
    f"{'':6}{'row':17} {'lesson':>6} {'recorded':>9} {'gap':>6} {'again':>7} {'back':>6} "
    f"{'playable':>8} {'rows':>6} {'silence':>8} {'moved':>6} {'beside':>7}\n"
    f"{'':23} {'s':>6} {'s':>9} {'s':>6} {'s':>7} {'s':>6} "
    f"{'s':>8} {'':6} {'s':>8} {'s':>6} {'cores':>7}"
)


def _text(seconds: float) -> str:
    return "-" if math.isnan(seconds) else f"{seconds:.1f}"
