"""The rows measured in a real Chromium: the classroom's own page at the end of the line.

The hub sends real H.264 with a number in every picture, and known speech without pauses; the
page's pictures are read back and its sound recorded. One page meets one condition after the
other, as in one bad lesson.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.impair import speech
from bench.impair.findings import Findings
from bench.impair.lesson import Lesson
from bench.impair.light_rows import LONGEST_FREEZE_S, LONGEST_SILENCE_S, OpenLesson
from bench.impair.line import Conditions
from bench.impair.page import ClassroomPage, Picture, Sound, classroom_page
from bench.impair.real_broadcast import Programme, RealBroadcast
from bench.impair.road import NamespaceRoad
from bench.impair.trace import wall_s

SITE = "web"
INTELLIGIBLE = 0.75
_CLEAN = Conditions(delay_ms=40)
_RECOVER_S = 6.0
_AUDIBLE = 300.0  # of 32767: the speech's own level is above 1000

LOSS_ROWS = {
    "web-clean": _CLEAN,
    "web-loss-5": Conditions(delay_ms=40, loss=0.05),
    "web-loss-20": Conditions(delay_ms=40, loss=0.20),
}
CUT_ROWS = {"web-cut-5": (5.0, 1.0), "web-cut-30": (30.0, 3.0), "web-cut-120": (120.0, 5.0)}
_LONG_CUT_S = 30.0
ROWS = (*LOSS_ROWS, "web-step", *CUT_ROWS, "web-nat", "web-udp-blocked")


@dataclass(slots=True)
class Run:
    """What the rows need of the lesson and the page in it."""

    lesson: Lesson
    page: ClassroomPage
    programme: Programme
    findings: Findings

    async def judge_sound(self, row: str, since_s: float, *, until_s: float) -> None:
        """Judge gaps and intelligibility of the speech between two moments."""
        sound = between(await self.page.sound(since_s), until_s)
        found = await asyncio.to_thread(speech.understand, sound.samples, self.programme.envelopes)
        findings = self.findings
        gap_ms, limit_ms = found.longest_gap_s * 1000, LONGEST_SILENCE_S * 1000
        findings.at_most(row, "longest gap in the speech", gap_ms, limit_ms, "ms")
        findings.at_least(row, "intelligibility (0..1)", found.score, INTELLIGIBLE, "")

    async def judge_picture(self, row: str, since_s: float, *, until_s: float) -> None:
        """Judge freezes of the picture between two moments, by the numbers in it."""
        shown = [p for p in await self.page.pictures(since_s) if p.at_s < until_s]
        freeze_s = longest_freeze_s(shown, begin_s=since_s, end_s=until_s)
        self.findings.at_most(row, "longest freeze of the picture", freeze_s, LONGEST_FREEZE_S, "s")
        new = len(changes(shown))
        readable = sum(p.number is not None for p in shown)
        self.findings.note(
            f"{row}: {new / (until_s - since_s):.1f} new pictures/s, "
            f"{readable} of {len(shown)} numbers readable"
        )


def between(sound: Sound, until_s: float) -> Sound:
    """Return the part of the sound handed over before a moment."""
    count = sum(at < until_s for at in sound.chunk_at_s)
    per_chunk = len(sound.samples) // len(sound.chunk_at_s) if sound.chunk_at_s else 0
    return Sound(sound.samples[: count * per_chunk], sound.chunk_at_s[:count])


def changes(shown: list[Picture]) -> list[Picture]:
    """Return the pictures whose number differs from that of the one before."""
    readable = [picture for picture in shown if picture.number is not None]
    return readable[:1] + [b for a, b in pairwise(readable) if a.number != b.number]


def longest_freeze_s(shown: list[Picture], *, begin_s: float, end_s: float) -> float:
    """Return the longest time without a new number, or to the edges."""
    times = [begin_s, *(picture.at_s for picture in changes(shown)), end_s]
    return max(after - before for before, after in pairwise(times))


def heard_from_s(sound: Sound, since_s: float) -> float:
    """Return when speech was first heard at or after a moment; infinity for never."""
    if not sound.chunk_at_s:
        return math.inf
    size = len(sound.samples) // len(sound.chunk_at_s)
    for place, at_s in enumerate(sound.chunk_at_s):
        chunk = sound.samples[place * size : (place + 1) * size]
        if at_s >= since_s and speech.level(chunk) > _AUDIBLE:
            return at_s
    return math.inf


async def web(
    open_lesson: OpenLesson, findings: Findings, *, is_quick: bool, rows: Sequence[str] = ()
) -> None:
    """Take the page through loss, a step, cuts, a NAT that moves, and blocked UDP.

    Without `rows` through everything, but with `is_quick` not through the long cuts.
    """
    long = [row for row, (cut_s, _) in CUT_ROWS.items() if cut_s >= _LONG_CUT_S]
    chosen = rows or [row for row in ROWS if not (is_quick and row in long)]
    programme = await asyncio.to_thread(Programme)
    async with open_lesson(
        [], lines={}, pages=[SITE], behind_nat=[SITE], hub=RealBroadcast(programme)
    ) as lesson:
        assert isinstance(lesson.road, NamespaceRoad)
        await lesson.set(SITE, _CLEAN)
        async with classroom_page(
            lesson.road,
            SITE,
            url=lesson.server.url,
            cookies=lesson.cookies[SITE],
            folder=lesson.folder,
        ) as page:
            await page.enter(lesson.server.url, lesson.hub.seat.seat_id)
            run = Run(lesson, page, programme, findings)
            await asyncio.sleep(_RECOVER_S)
            await _rows(run, chosen, is_quick=is_quick)
            findings.add(
                chosen[0],
                "errors on the page",
                "; ".join(page.errors)[:60] or "none",
                "none",
                is_met=not page.errors,
            )


async def _rows(run: Run, chosen: Sequence[str], *, is_quick: bool) -> None:
    for row, conditions in LOSS_ROWS.items():
        if row in chosen:
            await _lossy(run, row, conditions, seconds=6 if is_quick else 12)
    if "web-step" in chosen:
        await _step(run, seconds=8 if is_quick else 12)
    for row, (cut_s, back_s) in CUT_ROWS.items():
        if row in chosen:
            await _cut(run, row, cut_s=cut_s, back_s=back_s)
    if "web-nat" in chosen:
        moved_s = wall_s()
        await run.lesson.road.move(SITE, to_other_address=False)
        await _judge_return(run, "web-nat", moved_s, limit_s=3.0)
    if "web-udp-blocked" in chosen:
        await _block_udp(run)


async def _lossy(run: Run, row: str, conditions: Conditions, *, seconds: float) -> None:
    began_s = await run.lesson.set(SITE, conditions) + 1.0
    await asyncio.sleep(1 + seconds)
    ended_s = wall_s()
    await run.lesson.set(SITE, _CLEAN)
    await run.judge_sound(row, began_s, until_s=ended_s)
    await run.judge_picture(row, began_s, until_s=ended_s)
    await asyncio.sleep(_RECOVER_S)


async def _step(run: Run, *, seconds: float) -> None:
    wide = Conditions(delay_ms=40, rate_kbps=4000)
    await run.lesson.set(SITE, wide)
    await asyncio.sleep(3)
    narrow_s = await run.lesson.set(SITE, Conditions(delay_ms=40, rate_kbps=1000), wide)
    await asyncio.sleep(seconds)
    wide_s = await run.lesson.set(SITE, wide)
    await asyncio.sleep(4)
    ended_s = wall_s()
    await run.lesson.set(SITE, _CLEAN)
    await run.judge_sound("web-step", narrow_s, until_s=ended_s)
    await run.judge_picture("web-step", narrow_s + 2, until_s=wide_s)


async def _cut(run: Run, row: str, *, cut_s: float, back_s: float) -> None:
    await run.lesson.set(SITE, Conditions(is_cut=True))
    await asyncio.sleep(cut_s)
    returned_s = await run.lesson.set(SITE, _CLEAN)
    await _judge_return(run, row, returned_s, limit_s=back_s)


async def _judge_return(run: Run, row: str, returned_s: float, *, limit_s: float) -> None:
    """Wait until pictures and speech are back, 20 s at most, and judge how long they took.

    What was under way when the line changed arrives in its first moments and is no return.
    """
    since_s = returned_s + 0.1
    picture_s = sound_s = math.inf
    give_up_s = wall_s() + 20
    while wall_s() < give_up_s and math.inf in (picture_s, sound_s):
        await asyncio.sleep(0.5)
        new = changes(await run.page.pictures(since_s))
        picture_s = new[1].at_s if len(new) > 1 else math.inf
        sound_s = heard_from_s(await run.page.sound(since_s), since_s)
    run.findings.at_most(row, "picture back after", picture_s - returned_s, limit_s, "s")
    run.findings.at_most(row, "speech back after", sound_s - returned_s, limit_s, "s")
    await asyncio.sleep(_RECOVER_S)


async def _block_udp(run: Run) -> None:
    blocked = Conditions(delay_ms=40, blocks_udp=True)
    blocked_s = await run.lesson.set(SITE, blocked)
    # The jitter buffers play on for a moment; what comes after that came another way.
    await _judge_return(run, "web-udp-blocked", blocked_s + 1.0, limit_s=8.0)
    diagnosis = await run.page.diagnosis()
    run.findings.note(f"web-udp-blocked: the page says {diagnosis['subscribe_state']}")
