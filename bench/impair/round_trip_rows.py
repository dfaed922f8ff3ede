"""The rows of long round trips, with and without loss: entering, and a lesson that stays steady."""

import asyncio
import math
import statistics
from collections.abc import Mapping

from bench.impair import judge
from bench.impair.findings import Findings
from bench.impair.lesson import Lesson
from bench.impair.light_rows import (
    LEAST_HEARD,
    LONGEST_FREEZE_S,
    LONGEST_SILENCE_S,
    SETTLE_S,
    Length,
    OpenLesson,
    judge_picture,
    judge_sound,
    judge_steady,
    lost_connections,
    measured_time,
    note_happenings,
)
from bench.impair.line import Conditions
from bench.impair.seat import LightSeat

ROUND_TRIPS: Mapping[str, tuple[Conditions, float | None]] = {
    "rtt-80": (Conditions(delay_ms=40, loss=0.02, rate_kbps=4000), 2.5),
    "rtt-300": (Conditions(delay_ms=150), None),
    "rtt-600": (Conditions(delay_ms=300), 4.0),
}
"""By row: the line, and within how many seconds of entering its first picture must be there."""
SATELLITE = "satellite"
_SATELLITE = Conditions(delay_ms=300, loss=0.02)
# So many seats, each on a line of its own draws: one join says little where a packet is lost.
_SATELLITES = (SATELLITE, *(f"{SATELLITE}-{number}" for number in range(2, 6)))
# TCP repeats what it has measured one round trip of after that and four times its half (RFC 6298,
# section 2.2): three round trips. A lost flight of DTLS costs OpenSSL's second, a lost packet of
# the first picture one round trip. Some fifteen packets are waited for one after another before
# that: of four joins three lose none of them, of 25 one loses two.
_LOST_PACKET_S = 3 * 0.6
_SATELLITE_JOIN_S = 4.0 + _LOST_PACKET_S


async def round_trips(open_lesson: OpenLesson, findings: Findings, *, is_quick: bool) -> None:
    """Long round trips, for longer than the 33 s after which consent by the book ends."""
    seconds = Length(45, 10).seconds(is_quick=is_quick)
    lines = {site: line for site, (line, _) in ROUND_TRIPS.items()}
    lines |= dict.fromkeys(_SATELLITES, _SATELLITE)
    async with open_lesson(list(lines), lines=lines) as lesson:
        await asyncio.sleep(SETTLE_S)
        begin_s, end_s = await measured_time(seconds)
        for site, (_, join_s) in ROUND_TRIPS.items():
            first_s = _first_picture_s(lesson, findings, site)
            if join_s is None:
                findings.note(f"{site}: first picture after {first_s:.2f} s")
            else:
                findings.at_most(site, "first picture after entering", first_s, join_s, "s")
            judge_steady(lesson, findings, site)
            judge_sound(lesson, findings, site, begin_s=begin_s, end_s=end_s)
            judge_picture(lesson, findings, site, begin_s=begin_s, end_s=end_s)
        _judge_satellites(lesson, findings, begin_s=begin_s, end_s=end_s)


def _first_picture_s(lesson: Lesson, findings: Findings, site: str) -> float:
    """Return how long after entering a seat saw something; say what each step took."""
    seat, pictures = lesson.members[site].seat, lesson.shown(site)
    first_s = pictures[0].at_s - seat.entering_at_s[0] if pictures else math.inf
    _note_steps(findings, site, seat, first_s)
    return first_s


def _judge_satellites(lesson: Lesson, findings: Findings, *, begin_s: float, end_s: float) -> None:
    """Judge the middle join, and the worst seat's lesson."""
    joins = sorted(_first_picture_s(lesson, findings, site) for site in _SATELLITES)
    findings.note(f"{SATELLITE}: joins {', '.join(f'{join_s:.2f}' for join_s in joins)} s")
    findings.at_most(
        SATELLITE,
        f"first picture after entering, median of {len(joins)}",
        statistics.median(joins),
        _SATELLITE_JOIN_S,
        "s",
    )
    lost = sum(lost_connections(lesson, site) for site in _SATELLITES)
    findings.at_most(SATELLITE, "connections lost or rebuilt", lost, 0, "")
    heard = [lesson.heard(site, begin_s=begin_s, end_s=end_s) for site in _SATELLITES]
    silence_ms = max(each.longest_silence_s * 1000 for each in heard)
    findings.at_most(
        SATELLITE, "longest silence of the hub's voice", silence_ms, LONGEST_SILENCE_S * 1000, "ms"
    )
    share = min(100 * each.share for each in heard)
    findings.at_least(SATELLITE, "share of the voice heard", share, LEAST_HEARD, "%")
    freezes_s = [
        judge.longest_freeze_s(lesson.shown(site), begin_s=begin_s, end_s=end_s)
        for site in _SATELLITES
    ]
    findings.note(f"{SATELLITE}: longest freezes {', '.join(f'{f:.2f}' for f in freezes_s)} s")
    findings.at_most(
        SATELLITE, "longest freeze of the hub's picture", max(freezes_s), LONGEST_FREEZE_S, "s"
    )
    for site in _SATELLITES:
        note_happenings(lesson, findings, site, since_s=begin_s)


def _note_steps(findings: Findings, site: str, seat: LightSeat, first_s: float) -> None:
    """Say when after entering each step was done; the first two go side by side."""
    began_s = seat.entering_at_s[0]
    steps = (("ticket", "ticket"), ("offer", "WebSocket and offer"), ("keys", "ICE and DTLS"))
    told = [f"{name} {seat.steps_s.get(step, math.nan) - began_s:.2f}" for step, name in steps]
    findings.note(f"{site}: seconds until {', '.join(told)}, first picture {first_s:.2f}")


ROWS = (*ROUND_TRIPS, SATELLITE)
