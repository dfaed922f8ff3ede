"""The rows measured with light seats: real server, real signalling, stamped media.

Rows of one group share a lesson, each on a line of its own: that they do not disturb each
other is what the group `isolation` proves. Times are those of the wall clock.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from bench.impair import judge
from bench.impair.access import Refused
from bench.impair.bulk import bulk_download
from bench.impair.findings import Findings
from bench.impair.lesson import HUB, Lesson
from bench.impair.line import Conditions
from bench.impair.trace import wall_s

OpenLesson = Callable[..., AbstractAsyncContextManager[Lesson]]
"""`open_lesson(sites, lines=..., behind_nat=..., is_v6=...)`."""

LONGEST_SILENCE_S = 0.2
LONGEST_FREEZE_S = 1.0
# Speech with every fifth 20 ms filled in by the decoder is still understood.
LEAST_HEARD = 80.0
SETTLE_S = 6.0
LAST_ARRIVALS_S = 2.5


@dataclass(frozen=True, slots=True)
class Length:
    """How long a group measures: `full`, or `quick` with `QUICK=1`."""

    full: float
    quick: float

    def seconds(self, *, is_quick: bool) -> float:
        """Return the length of this run."""
        return self.quick if is_quick else self.full


# Half of the round trip each way.
_TOWN = Conditions(delay_ms=40)


def _lossy(loss: float) -> Conditions:
    return Conditions(delay_ms=40, loss=loss)


LOSSES: Mapping[str, Conditions] = {
    "loss-2": _lossy(0.02),
    "loss-5": _lossy(0.05),
    "loss-10": _lossy(0.10),
    "loss-20": _lossy(0.20),
    "loss-bursts": Conditions(delay_ms=40, burst=(0.01, 0.25)),
}


async def measured_time(seconds: float) -> tuple[float, float]:
    """Let a lesson run so long and its last packets arrive; return its begin and end."""
    begin_s = wall_s()
    await asyncio.sleep(seconds)
    end_s = wall_s()
    await asyncio.sleep(LAST_ARRIVALS_S)
    return begin_s, end_s


async def losses(open_lesson: OpenLesson, findings: Findings, *, is_quick: bool) -> None:
    """Random loss and bursts, both ways, at a round trip of 80 ms."""
    seconds = Length(30, 8).seconds(is_quick=is_quick)
    async with open_lesson(list(LOSSES), lines=LOSSES) as lesson:
        await asyncio.sleep(SETTLE_S)
        begin_s, end_s = await measured_time(seconds)
        for site, line in LOSSES.items():
            begins, ends = line.burst or (0.0, 1.0)
            share = line.loss or begins / (begins + ends)
            _judge_loss(lesson, findings, site, share=share, begin_s=begin_s, end_s=end_s)


def _judge_loss(
    lesson: Lesson, findings: Findings, site: str, *, share: float, begin_s: float, end_s: float
) -> None:
    lost, expected = judge.residual_loss(lesson.camera(site).got, begin_s=begin_s, end_s=end_s)
    # A single packet is the least that can be counted.
    allowed = math.ceil(share**3 * expected)
    findings.add(
        site,
        f"video packets lost after repair, p={share:.3f}",
        f"{lost} of {expected}",
        f"<= p^3: {allowed}",
        is_met=bool(expected) and lost <= allowed,
        value=lost,
    )
    judge_sound(lesson, findings, site, begin_s=begin_s, end_s=end_s)
    judge_picture(lesson, findings, site, begin_s=begin_s, end_s=end_s)


def judge_sound(
    lesson: Lesson, findings: Findings, site: str, *, begin_s: float, end_s: float
) -> None:
    heard = lesson.heard(site, begin_s=begin_s, end_s=end_s)
    longest_ms = heard.longest_silence_s * 1000 if heard.expected else math.nan
    findings.at_most(
        site, "longest silence of the hub's voice", longest_ms, LONGEST_SILENCE_S * 1000, "ms"
    )
    findings.at_least(site, "share of the voice heard", 100 * heard.share, LEAST_HEARD, "%")


def judge_picture(
    lesson: Lesson, findings: Findings, site: str, *, begin_s: float, end_s: float
) -> None:
    pictures = lesson.shown(site)
    freeze_s = judge.longest_freeze_s(pictures, begin_s=begin_s, end_s=end_s)
    findings.at_most(site, "longest freeze of the hub's picture", freeze_s, LONGEST_FREEZE_S, "s")
    fps = judge.frames_per_second(pictures, begin_s=begin_s, end_s=end_s)
    rate = judge.kbps(lesson.camera(site).got, begin_s=begin_s, end_s=end_s)
    layers = sorted({picture.layer for picture in pictures if begin_s <= picture.at_s < end_s})
    findings.note(f"{site}: {fps:.1f} pictures/s, {rate:.0f} kbit/s, layers {layers}")
    note_happenings(lesson, findings, site, since_s=begin_s)


def note_happenings(lesson: Lesson, findings: Findings, site: str, *, since_s: float) -> None:
    """Say what a seat met beyond entering once, with the seconds from a moment."""
    seat = lesson.members[site].seat
    told = [f"{each.at_s - since_s:+.1f} s {each.what}" for each in seat.happenings]
    if len(told) != 2:  # entered, publishing
        findings.note(f"{site}: {'; '.join(told) or 'never entered'}")


def lost_connections(lesson: Lesson, site: str) -> int:
    counts = lesson.members[site].seat.counts
    return counts["connections_lost"] + counts["receiving_anew"]


def judge_steady(lesson: Lesson, findings: Findings, site: str) -> None:
    lost = lost_connections(lesson, site)
    findings.at_most(site, "connections lost or rebuilt", lost, 0, "")


_WIDE = Conditions(delay_ms=40, rate_kbps=4000, queue_ms=300)
_NARROW = Conditions(delay_ms=40, rate_kbps=1000, queue_ms=300)
_UP = Conditions(delay_ms=40, rate_kbps=1000, queue_ms=300)
CAPACITY = ("step", "queue", "bulk")
# Of what was offered to the narrow line over a second: 5 % are the sampling's.
_OVER = 1.05


async def capacity(open_lesson: OpenLesson, findings: Findings, *, is_quick: bool) -> None:
    """4 -> 1 -> 4 Mbit/s; a line of 1.5 Mbit/s with a long queue; a download beside the lesson."""
    step_s = Length(15, 8).seconds(is_quick=is_quick)
    tight = Conditions(delay_ms=40, rate_kbps=1500, queue_ms=300)
    async with open_lesson(CAPACITY, lines={"step": _WIDE, "bulk": _WIDE}) as lesson:
        sites = CAPACITY if lesson.road.carries_all else ("step", "queue")
        await lesson.set("queue", tight, _UP)
        await asyncio.sleep(SETTLE_S + 2)
        begin_s = wall_s()
        async with bulk_download(lesson.road, "bulk", findings):
            narrow_s = await lesson.set("step", _NARROW, _UP)
            await asyncio.sleep(step_s)
            wide_s = await lesson.set("step", _WIDE, _UP)
            await asyncio.sleep(step_s + 5)
            end_s = wall_s()
        await asyncio.sleep(LAST_ARRIVALS_S)
        _judge_step(
            lesson, findings, before_s=begin_s, narrow_s=narrow_s, wide_s=wide_s, end_s=end_s
        )
        for site in sites[1:]:
            judge_sound(lesson, findings, site, begin_s=begin_s, end_s=end_s)
            judge_picture(lesson, findings, site, begin_s=begin_s, end_s=end_s)
        _judge_queue(lesson, findings, begin_s=begin_s, end_s=end_s)
        if "bulk" in sites:
            _judge_sharpness(lesson, findings, "bulk", begin_s=begin_s + 5, end_s=end_s)


def _judge_step(
    lesson: Lesson,
    findings: Findings,
    *,
    before_s: float,
    narrow_s: float,
    wide_s: float,
    end_s: float,
) -> None:
    rates = lesson.rates["step"]
    limit = 1000 * _OVER
    under_s = judge.under_after_s(rates, limit_kbps=limit, step_s=narrow_s, end_s=wide_s)
    findings.at_most("step", "4 -> 1 Mbit/s: within the line after", under_s, 2, "s")
    rest = judge.kbps_between(rates, narrow_s + 4, wide_s)
    findings.at_most("step", "offered to 1 Mbit/s afterwards", rest, limit, "kbit/s")
    judge_sound(lesson, findings, "step", begin_s=narrow_s - 2, end_s=end_s)
    got = lesson.camera("step").got
    before = judge.kbps(got, begin_s=before_s - 4, end_s=before_s)
    back_s = judge.recovered_after_s(got, goal_kbps=0.8 * before, step_s=wide_s, end_s=end_s)
    findings.at_most("step", "1 -> 4 Mbit/s: back at 80 % after", back_s, 15, "s")
    judge_picture(lesson, findings, "step", begin_s=narrow_s + 2, end_s=wide_s)


def _judge_queue(lesson: Lesson, findings: Findings, *, begin_s: float, end_s: float) -> None:
    delays = sorted(
        packet.at_s - packet.sent_s
        for packet in lesson.microphone("queue").sent_between(begin_s + 3, end_s)
    )
    p95_ms = delays[int(len(delays) * 0.95)] * 1000 if delays else math.nan
    findings.at_most("queue", "delay of the voice, p95 (path: 40)", p95_ms, 250, "ms")


def _judge_sharpness(
    lesson: Lesson, findings: Findings, site: str, *, begin_s: float, end_s: float
) -> None:
    pictures = [p for p in lesson.shown(site) if begin_s <= p.at_s < end_s]
    sharp = sum(picture.layer >= 1 for picture in pictures)
    share = 100 * sharp / len(pictures) if pictures else math.nan
    findings.at_least(site, "pictures of 360p or better", share, 80, "%")


CUTS: Mapping[str, tuple[float, float]] = {"cut-5": (5, 1), "cut-30": (30, 3), "cut-120": (120, 5)}
"""How long each line is cut, and how soon after its return the media must be back, in s."""
MOVES: Mapping[str, bool] = {"nat-port": False, "nat-address": True}
_MOVED_BACK_S = 3.0
_OUTAGE_ROUND_TRIP = Conditions(delay_ms=20)


async def outages(
    open_lesson: OpenLesson,
    findings: Findings,
    *,
    is_quick: bool,
    rows: Sequence[str] = (),
) -> None:
    """Cuts of 5, 30 and 120 s, and NATs that move: the same seat must be back.

    Without `rows` all of them, but with `is_quick` not that of 120 s.
    """
    rows = rows or [row for row in (*CUTS, *MOVES) if not (is_quick and row == "cut-120")]
    cuts = {site: CUTS[site] for site in CUTS if site in rows}
    moves = {site: MOVES[site] for site in MOVES if site in rows}
    sites = [*cuts, *moves]
    lines = dict.fromkeys(sites, _OUTAGE_ROUND_TRIP)
    async with open_lesson(sites, lines=lines, behind_nat=list(moves)) as lesson:
        if cuts:
            await _give_state(lesson, "cut-30" if "cut-30" in cuts else next(iter(cuts)))
        await asyncio.sleep(SETTLE_S)
        async with asyncio.TaskGroup() as group:
            for site, (cut_s, back_s) in cuts.items():
                group.create_task(_cut(lesson, findings, site, cut_s=cut_s, back_s=back_s))
            for site, is_other in moves.items():
                if is_other and not lesson.road.carries_all:
                    findings.note(f"{site}: not measured by this road")
                    continue
                group.create_task(_move(lesson, findings, site, to_other_address=is_other))


async def _give_state(lesson: Lesson, site: str) -> None:
    """Bring the site on stage, muted, with a head count and a permission of its own."""
    hub, seat = lesson.hub.seat, lesson.members[site].seat
    await hub.command("invite_to_stage", seat_id=seat.seat_id)
    await seat.command("set_muted", source="microphone", is_muted=True)
    await seat.command("report_headcount", count=18)


async def _cut(
    lesson: Lesson, findings: Findings, site: str, *, cut_s: float, back_s: float
) -> None:
    seat = lesson.members[site].seat
    await seat.refresh()
    before = seat.own_state
    await lesson.set(site, Conditions(is_cut=True))
    await asyncio.sleep(cut_s)
    returned_s = await lesson.set(site, _OUTAGE_ROUND_TRIP)
    await _until_back(lesson, site, returned_s)
    _judge_return(lesson, findings, site, returned_s=returned_s, limit_s=back_s)
    await _judge_state(findings, lesson, site, before)
    note_happenings(lesson, findings, site, since_s=returned_s)


async def _move(lesson: Lesson, findings: Findings, site: str, *, to_other_address: bool) -> None:
    seat = lesson.members[site].seat
    await seat.refresh()
    before = seat.own_state
    moved_s = wall_s()
    await lesson.road.move(site, to_other_address=to_other_address)
    await _until_back(lesson, site, moved_s)
    _judge_return(lesson, findings, site, returned_s=moved_s, limit_s=_MOVED_BACK_S)
    await _judge_state(findings, lesson, site, before)


async def _until_back(lesson: Lesson, site: str, returned_s: float) -> None:
    """Wait until media flows both ways again, and a little longer; 20 s at most."""

    def is_back() -> bool:
        down = lesson.camera(site).got
        up = lesson.camera(HUB, of=site).got
        return all(got and got[-1].sent_s >= returned_s for got in (down, up))

    give_up_s = wall_s() + 20
    while not is_back() and wall_s() < give_up_s:
        await asyncio.sleep(0.1)
    await asyncio.sleep(3)


def _judge_return(
    lesson: Lesson, findings: Findings, site: str, *, returned_s: float, limit_s: float
) -> None:
    picture_s = judge.back_after_s(lesson.shown(site), returned_s)
    sound_s = judge.heard_again_s(lesson.microphone(site).got, returned_s)
    up_s = judge.back_after_s(lesson.shown(HUB, of=site), returned_s)
    findings.at_most(site, "the hub's picture back after", picture_s, limit_s, "s")
    findings.at_most(site, "the hub's voice back after", sound_s, limit_s, "s")
    findings.at_most(site, "its own picture back at the hub after", up_s, limit_s, "s")


async def _judge_state(
    findings: Findings, lesson: Lesson, site: str, before: dict[str, object]
) -> None:
    try:
        await lesson.members[site].seat.refresh()
        after = lesson.members[site].seat.own_state
    except (Refused, TimeoutError) as reason:
        after = {"unknown": str(reason)}
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    findings.add(
        site,
        "role, mute, permissions, stage",
        f"changed: {', '.join(changed)}" if changed else "as before",
        "as before",
        is_met=not changed,
    )


ISOLATED = tuple(f"good-{number}" for number in range(1, 8))
SLOW = "slow-200k"


async def isolation(open_lesson: OpenLesson, findings: Findings, *, is_quick: bool) -> None:
    """One site at 200 kbit/s beside seven good ones, which must not notice."""
    seconds = Length(20, 8).seconds(is_quick=is_quick)
    sites = [*ISOLATED, SLOW]
    async with open_lesson(sites, lines=dict.fromkeys(sites, _TOWN)) as lesson:
        await asyncio.sleep(SETTLE_S)
        before_s = wall_s()
        await asyncio.sleep(seconds)
        slow = Conditions(delay_ms=40, rate_kbps=200, queue_ms=300)
        slowed_s = await lesson.set(SLOW, slow, _TOWN)
        await asyncio.sleep(seconds)
        end_s = wall_s()
        await asyncio.sleep(LAST_ARRIVALS_S)
        worst = {"bitrate": 0.0, "pictures/s": 0.0}
        for site in ISOLATED:
            got, pictures = lesson.camera(site).got, lesson.shown(site)
            windows = ((before_s, slowed_s), (slowed_s, end_s))
            rates = [judge.kbps(got, begin_s=b, end_s=e) for b, e in windows]
            fps = [judge.frames_per_second(pictures, begin_s=b, end_s=e) for b, e in windows]
            for name, (was, now) in {"bitrate": rates, "pictures/s": fps}.items():
                change = 100 * abs(now / was - 1) if was else math.inf
                worst[name] = max(worst[name], change)
        for name, change in worst.items():
            findings.at_most(
                "isolation", f"{name} of seven good sites: worst change", change, 2, "%"
            )
        judge_sound(lesson, findings, SLOW, begin_s=slowed_s + 3, end_s=end_s)
        limit = 200 * _OVER
        offered = judge.kbps_between(lesson.rates[SLOW], slowed_s + 3, end_s)
        findings.at_most(SLOW, "offered to 200 kbit/s", offered, limit, "kbit/s")


async def ipv6_only(open_lesson: OpenLesson, findings: Findings, *, is_quick: bool) -> None:
    """HTTP, WebSocket, ICE and media over IPv6, with no IPv4 address announced."""
    seconds = Length(10, 5).seconds(is_quick=is_quick)
    async with open_lesson(["ipv6"], lines={"ipv6": _TOWN}, is_v6=True) as lesson:
        begin_s, end_s = await measured_time(seconds)
        judge_steady(lesson, findings, "ipv6")
        judge_sound(lesson, findings, "ipv6", begin_s=begin_s, end_s=end_s)
        judge_picture(lesson, findings, "ipv6", begin_s=begin_s, end_s=end_s)


Group = Callable[..., Awaitable[None]]

GROUPS: Mapping[str, tuple[Group, Sequence[str]]] = {
    "losses": (losses, tuple(LOSSES)),
    "capacity": (capacity, CAPACITY),
    "outages": (outages, (*CUTS, *MOVES)),
    "isolation": (isolation, ("isolation", SLOW)),
    "ipv6": (ipv6_only, ("ipv6",)),
}
"""By name: the group, and the rows it measures."""
