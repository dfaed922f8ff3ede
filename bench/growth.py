"""What a server has after each lesson, and whether it grows from lesson to lesson."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench import trend

# The first third of the lessons, and no fewer than these, are not counted. In them a server takes
# what it then keeps: SQL is compiled (the last of 94 statements in the 22nd lesson), connections to
# the database fill their caches of statements and pages (2 MB each at most), and heaps become as
# large as the busiest moment needs. Each has a bound; a leak has none, and goes on afterwards.
LEAST_WARM_UP = 30
# A few lessons in a row may well end on a busier moment each.
LEAST_COUNTED = 20


class TooShort(Exception):
    """Too few lessons were held to judge; the message says so."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the server had after a lesson, with no room open."""

    at_s: float
    rss_kb: int
    own_kb: int
    files: int
    sockets: int
    threads: int
    tasks: int
    rooms: int


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of a thing a lesson may leave behind before it counts as growth."""

    name: str
    unit: str
    per_lesson: float


# A leak leaves a whole file, socket, thread or task a lesson. What it leaves in memory is, of a
# seat's two connections, at the least one: 200 KB of OpenSSL's and libsrtp's, and what is Python's.
# The limit is a quarter (`tests/bench/test_soak.py` measures it; `tests.bench.leaking_server`
# serves with that leak).
LIMITS = (
    Limit("rss_kb", "KB", 48.0),
    Limit("own_kb", "KB", 48.0),
    Limit("files", "", 0.05),
    Limit("sockets", "", 0.05),
    Limit("threads", "", 0.05),
    Limit("tasks", "", 0.05),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one measure after the warm-up."""

    name: str
    first: float
    last: float
    per_lesson: float
    grows: bool

    def line(self) -> str:
        """Return the verdict as a line of the table."""
        return (
            f"{'FAIL' if self.grows else 'PASS'}  {self.name:8} {self.first:10.0f} -> "
            f"{self.last:10.0f}   {self.per_lesson:+9.3f} a lesson"
        )


def counted(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Return the samples after the warm-up. Raise TooShort."""
    after = samples[max(LEAST_WARM_UP, len(samples) // 3) :]
    if len(after) < LEAST_COUNTED:
        raise TooShort(
            f"{len(samples)} lessons are too few to tell growth from chance, "
            f"{LEAST_WARM_UP + LEAST_COUNTED} are enough: give it more minutes."
        )
    return after


def judge(samples: Sequence[Sample]) -> list[Verdict]:
    """Judge each measure after the warm-up; `rooms` must be 0 throughout. Raise TooShort."""
    after = counted(samples)
    verdicts = []
    for limit in LIMITS:
        values = [float(getattr(sample, limit.name)) for sample in after]
        growth = trend.slope(values)
        grows = growth > limit.per_lesson and trend.rises(values)
        verdicts.append(Verdict(limit.name, values[0], values[-1], growth, grows))
    left = [sample.rooms for sample in samples]
    verdicts.append(Verdict("rooms", left[0], max(left), trend.slope(left), any(left)))
    return verdicts
