"""Every millisecond of a lesson is one thing at a site, and no re-join makes more of it."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.attendance.evidence import Stay, merge, weigh
from app.attendance.minutes import (
    CARRIED_MS,
    SILENT,
    Heard,
    Minute,
    Minutes,
    Portion,
    portions,
    total,
)
from app.attendance.models import NotCounted
from app.attendance.rules import judge
from app.lessons.models import SiteMode
from signaling import reception

MINUTE = 60_000
PLANNED = 40 * MINUTE
moments = st.integers(-5_000, 60_000)
stays = st.lists(st.builds(Stay, moments, moments), max_size=8)
words = st.sampled_from(["audible", "silent", "degraded", "lost"])
spans = st.lists(st.builds(Heard, moments, moments, words, st.booleans()), max_size=12)
ends = st.integers(0, 60_000)


def of(heard: list[Heard], them: list[Stay], end_ms: int, planned_ms: int = PLANNED) -> Minutes:
    return total(portions(heard, them, end_ms=end_ms), planned_ms=planned_ms)


@given(spans, stays, ends)
def test_every_millisecond_is_in_exactly_one_portion(
    heard: list[Heard], them: list[Stay], end_ms: int
) -> None:
    found = portions(heard, them, end_ms=end_ms)
    at_ms = 0
    for portion in found:
        assert portion.from_ms == at_ms < portion.to_ms
        at_ms = portion.to_ms
    assert at_ms == end_ms
    offline = {
        ms for p in found if p.minute is Minute.OFFLINE for ms in range(p.from_ms, p.to_ms, 97)
    }
    here = merge(them, end_ms=end_ms)
    assert all(not any(stay.from_ms <= ms < stay.to_ms for stay in here) for ms in offline)


@given(spans, stays, ends, st.integers(0, 80_000))
def test_sums_are_exact_and_never_above_the_plan(
    heard: list[Heard], them: list[Stay], end_ms: int, planned_ms: int
) -> None:
    found = of(heard, them, end_ms, planned_ms)
    connected = weigh(them, planned_ms=planned_ms, end_ms=end_ms).connected_ms
    assert found.audible_ms + found.degraded_ms + found.lost_ms == connected
    assert connected + found.offline_ms == min(planned_ms, end_ms)
    assert 0 <= found.silent_ms <= found.audible_ms <= planned_ms
    assert 0 <= found.visible_ms <= connected
    assert min(found.degraded_ms, found.lost_ms, found.offline_ms) >= 0


@given(spans, stays, ends, st.integers(0, 60_000), st.integers(0, 9_000))
def test_leaving_and_coming_again_never_earns_more(
    heard: list[Heard], them: list[Stay], end_ms: int, gone_ms: int, absence_ms: int
) -> None:
    """Whoever is away for a while, and loses what was written then, has no more than before."""
    back_ms = gone_ms + absence_ms

    def halves(from_ms: int, to_ms: int) -> list[tuple[int, int]]:
        return [(from_ms, min(to_ms, gone_ms)), (max(from_ms, back_ms), to_ms)]

    stayed = [Stay(*half) for stay in them for half in halves(stay.from_ms, stay.to_ms)]
    before, after = of(heard, them, end_ms), of(heard, stayed, end_ms)
    for minute in ("audible_ms", "visible_ms"):
        assert getattr(after, minute) <= getattr(before, minute)
    assert after.offline_ms >= before.offline_ms


@given(spans, stays, ends)
def test_a_second_connection_at_the_same_time_counts_once(
    heard: list[Heard], them: list[Stay], end_ms: int
) -> None:
    assert of(heard + heard, them + them, end_ms) == of(heard, them, end_ms)


def test_a_lesson_in_portions() -> None:
    heard = [Heard(0, 10, "audible", True), Heard(10, 20, "degraded", False)]
    heard.append(Heard(30, 40, "silent", False))
    assert portions(heard, [Stay(0, 20), Stay(30, 50)], end_ms=60) == [
        Portion(0, 10, Minute.AUDIBLE, is_visible=True),
        Portion(10, 20, Minute.DEGRADED),
        Portion(20, 30, Minute.OFFLINE),
        Portion(30, 50, Minute.AUDIBLE, is_hub_silent=True),
        Portion(50, 60, Minute.OFFLINE),
    ]


def test_what_is_not_written_is_as_what_was_written_last_for_a_while_only() -> None:
    heard = [Heard(1000, 2000, "audible", False)]
    end_ms = 3000 + CARRIED_MS
    assert portions(heard, [Stay(0, end_ms)], end_ms=end_ms) == [
        Portion(0, 1000, Minute.LOST),
        Portion(1000, 2000 + CARRIED_MS, Minute.AUDIBLE),
        Portion(2000 + CARRIED_MS, end_ms, Minute.LOST),
    ]


def test_nothing_is_carried_over_an_absence() -> None:
    heard = [Heard(0, 1000, "audible", False)]
    assert portions(heard, [Stay(0, 1000), Stay(2000, 3000)], end_ms=3000)[-1] == Portion(
        2000, 3000, Minute.LOST
    )


def test_what_is_heard_while_a_lesson_runs_over_makes_up_for_what_was_missed() -> None:
    heard = [Heard(10 * MINUTE, 45 * MINUTE, "audible", False)]
    found = of(heard, [Stay(10 * MINUTE, 45 * MINUTE)], 45 * MINUTE)
    assert found == Minutes(audible_ms=35 * MINUTE, offline_ms=5 * MINUTE)


@dataclass(frozen=True)
class Rule:
    min_audible_permille: int = 850


@pytest.mark.parametrize(
    ("audible_ms", "lost_ms", "reason"),
    [
        (34 * MINUTE, 0, None),
        (34 * MINUTE - 1, 0, NotCounted.TOO_LITTLE_AUDIBLE),
        (0, 1, NotCounted.TOO_LITTLE_AUDIBLE),
        (0, 0, NotCounted.NEVER_CAME),
    ],
)
def test_a_lesson_counts_when_enough_of_it_was_audible(
    audible_ms: int, lost_ms: int, reason: NotCounted | None
) -> None:
    minutes = Minutes(audible_ms=audible_ms, lost_ms=lost_ms)
    for mode in (SiteMode.LIVE, SiteMode.RECORDED, SiteMode.EMBEDDED):
        verdict = judge(minutes, planned_ms=PLANNED, rule=Rule(), mode=mode)
        assert (verdict.is_counted, verdict.reason) == (reason is None, reason)


@given(st.integers(0, 2 * PLANNED), st.integers(0, PLANNED), st.integers(1, 1000))
def test_whoever_only_observes_counts_for_nothing_however_much_was_heard(
    audible_ms: int, lost_ms: int, permille: int
) -> None:
    minutes = Minutes(audible_ms=audible_ms, lost_ms=lost_ms)
    verdict = judge(minutes, planned_ms=PLANNED, rule=Rule(permille), mode=SiteMode.OBSERVE)
    assert (verdict.is_counted, verdict.reason) == (False, NotCounted.OBSERVED)


def test_rooms_write_what_is_weighed_here() -> None:
    assert {SILENT, *Minute} - {Minute.OFFLINE} == set(reception.Heard)
    written_after_ms = reception.STEADY_MS + reception.WAIT_MS
    assert written_after_ms < CARRIED_MS, "a stay that goes on unchanged would become lost"
