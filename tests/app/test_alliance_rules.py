"""The pure rules of alliances: which days count, how passed-on lessons count, how hubs rank."""

import itertools
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.alliances.active_days import Step, active_days, active_spans, counted_spans
from app.alliances.models import PairingState
from app.alliances.scoring import (
    MOST_POINTS,
    NeedFacts,
    OfferFacts,
    ReasonKind,
    distance_km,
    judge,
    rank,
)
from app.calendars.days import Span
from tests.app.delivery_rule import Delivery, counted

S = PairingState
MONDAY = date(2026, 3, 2)
ALWAYS = Span(date(1900, 1, 1), None)


def after(days: int) -> date:
    return MONDAY + timedelta(days=days)


def history(*steps: tuple[int, PairingState]) -> list[Step]:
    return [Step(number, after(day), state) for number, (day, state) in enumerate(steps)]


def test_only_active_days_count() -> None:
    steps = history((0, S.PROPOSED), (1, S.ACCEPTED), (3, S.ACTIVE), (10, S.SUSPENDED))
    spans = active_spans(steps, today=after(30))
    assert spans == [Span(after(3), after(9))]
    assert active_days(spans, after(0), after(30)) == 7
    assert active_days(spans, after(9), after(9)) == 1
    assert active_days(spans, after(10), after(30)) == 0


def test_a_pairing_under_way_counts_until_today_and_no_further() -> None:
    spans = active_spans(history((3, S.ACTIVE)), today=after(5))
    assert active_days(spans, after(0), after(99)) == 3


def test_the_last_step_of_a_day_decides_it() -> None:
    steps = history((0, S.ACTIVE), (4, S.SUSPENDED), (4, S.ACTIVE), (4, S.SUSPENDED), (6, S.ACTIVE))
    assert active_spans(steps, today=after(7)) == [
        Span(after(0), after(3)),
        Span(after(6), after(7)),
    ]


def test_a_closed_hub_counts_no_further_and_loses_no_past_day() -> None:
    steps = history((0, S.ACTIVE))
    hub = Span(after(-100), after(4))
    spans = counted_spans(steps, hub=hub, partners=[ALWAYS], today=after(9))
    assert spans == [Span(after(0), after(4))]


def test_a_pairing_counts_while_one_partner_is_open() -> None:
    steps = history((0, S.ACTIVE))
    partners = [Span(after(-9), after(2)), Span(after(6), None)]
    spans = counted_spans(steps, hub=ALWAYS, partners=partners, today=after(9))
    assert spans == [Span(after(0), after(2)), Span(after(6), after(9))]


steps_of_a_life = st.lists(st.tuples(st.integers(0, 60), st.sampled_from(S)), max_size=12).map(
    lambda pairs: history(*sorted(pairs, key=lambda pair: pair[0]))
)
open_spans = st.builds(
    lambda first, length: Span(after(first), None if length is None else after(first + length)),
    st.integers(-20, 60),
    st.none() | st.integers(0, 60),
)


@given(steps_of_a_life, open_spans, st.lists(open_spans, max_size=4), st.integers(0, 80))
def test_counted_days_are_those_of_the_plain_definition(
    steps: list[Step], hub: Span, partners: list[Span], today: int
) -> None:
    def counts(day: date) -> bool:
        states = [step.to_state for step in steps if step.day <= day]
        return (
            bool(states)
            and states[-1] is S.ACTIVE
            and day <= after(today)
            and day in hub
            and any(day in each for each in partners)
        )

    spans = counted_spans(steps, hub=hub, partners=partners, today=after(today))
    for n in range(-5, 90):
        assert active_days(spans, after(n), after(n)) == counts(after(n)), n
    # Spans neither touch nor overlap, so no day is counted twice.
    ends = [(span.first, span.last) for span in spans]
    assert all(
        last is not None and last + timedelta(days=1) < first
        for (_, last), (first, _) in itertools.pairwise(ends)
    )


@given(steps_of_a_life, st.integers(0, 60), st.integers(0, 60))
def test_what_was_counted_once_is_counted_the_same_later(
    steps: list[Step], asked: int, more: int
) -> None:
    """Later steps and later days never change the count of days that were over."""
    asked_on = after(asked)
    known = [step for step in steps if step.day <= asked_on]
    then = active_spans(known, today=asked_on)
    now = active_spans(steps, today=asked_on + timedelta(days=more))
    assert active_days(then, after(0), asked_on) == active_days(now, after(0), asked_on)


A, M, B, C = (UUID(int=n) for n in (0xA, 0xD, 0xB, 0xC))
FIRST = UUID(int=1)


def test_a_middle_point_passes_on_and_nothing_is_counted_twice() -> None:
    received = [Delivery(FIRST, A, M)]
    passed_on = [Delivery(FIRST, A, B), Delivery(FIRST, A, C)]
    expected = {(FIRST, M), (FIRST, B), (FIRST, C)}
    assert counted(received + passed_on) == expected
    # Invited by both; and the hub hearing its own lesson come back.
    assert (
        counted([*received, *passed_on, Delivery(FIRST, A, B), Delivery(FIRST, A, A)]) == expected
    )


schools = st.integers(0, 7).map(lambda n: UUID(int=n))
deliveries = st.lists(
    st.tuples(st.integers(100, 104), schools).map(
        lambda pair: Delivery(UUID(int=pair[0]), UUID(int=pair[0] % 8), pair[1])
    ),
    max_size=30,
)


@given(deliveries, deliveries)
def test_each_site_counts_once_per_origin(some: list[Delivery], more: list[Delivery]) -> None:
    found = counted(some)
    assert counted(some + some) == found
    assert counted(reversed(some)) == found
    assert counted(some + more) == found | counted(more)
    for delivery in some:
        is_its_own = delivery.school_id == delivery.giver_id
        assert ((delivery.origin_id, delivery.school_id) in found) == (not is_its_own)


NEED = NeedFacts(grade_no=3, language="zh", periods_a_week=2, place=(31.0, 106.0))
OFFER = OfferFacts(
    offer_id=UUID(int=1),
    school_id=UUID(int=2),
    name="中心小学",
    grade_from=1,
    grade_to=6,
    language="zh",
    periods_a_week=10,
    committed=0,
    windows_a_week=10,
    place=(31.0, 106.0),
)


def test_the_best_offer_has_all_points_and_says_why() -> None:
    found = judge(NEED, OFFER)
    assert found.score == 100
    assert [(reason.kind, reason.says) for reason in found.reasons] == [
        (ReasonKind.SUBJECT, "grade_offered"),
        (ReasonKind.LANGUAGE, "language_same"),
        (ReasonKind.BELLS, "bells_enough"),
        (ReasonKind.DISTANCE, "distance"),
        (ReasonKind.LOAD, "load_free"),
    ]


def test_what_is_not_known_gives_no_points_and_is_said() -> None:
    found = judge(NEED, replace(OFFER, windows_a_week=None, place=None))
    says = {reason.kind: reason.says for reason in found.reasons}
    assert says[ReasonKind.BELLS] == "bells_unknown"
    assert says[ReasonKind.DISTANCE] == "distance_unknown"
    assert found.score == 100 - MOST_POINTS[ReasonKind.BELLS] - MOST_POINTS[ReasonKind.DISTANCE]


def test_distance_of_a_known_pair() -> None:
    # Chengdu to Bazhong, about 270 km in a straight line.
    assert 255 < distance_km((30.66, 104.06), (31.86, 106.75)) < 295


places = st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180))
needs = st.builds(
    NeedFacts,
    grade_no=st.integers(1, 12),
    language=st.sampled_from(["zh", "bo"]),
    periods_a_week=st.integers(1, 20),
    place=places,
)


@st.composite
def made_offers(draw: st.DrawFn) -> OfferFacts:
    first = draw(st.integers(1, 12))
    return OfferFacts(
        offer_id=UUID(int=draw(st.integers(0, 2**64))),
        school_id=UUID(int=draw(st.integers(0, 5))),
        name=draw(st.sampled_from(["甲", "乙", "丙"])),
        grade_from=first,
        grade_to=draw(st.integers(first, 12)),
        language=draw(st.sampled_from(["zh", "bo"])),
        periods_a_week=draw(st.integers(0, 40)),
        committed=draw(st.integers(0, 60)),
        windows_a_week=draw(st.none() | st.integers(0, 40)),
        place=draw(places),
    )


@given(needs, made_offers())
def test_points_stay_within_their_limits_and_add_up(need: NeedFacts, offer: OfferFacts) -> None:
    found = judge(need, offer)
    assert 0 <= found.score <= 100
    assert found.score == sum(reason.points for reason in found.reasons)
    assert [reason.kind for reason in found.reasons] == list(ReasonKind)
    assert all(0 <= reason.points <= reason.most for reason in found.reasons)


@given(needs, made_offers(), st.integers(0, 20))
def test_a_better_offer_never_scores_less(need: NeedFacts, offer: OfferFacts, more: int) -> None:
    score = judge(need, offer).score
    assert judge(need, replace(offer, committed=offer.committed + more)).score <= score
    assert judge(need, replace(offer, periods_a_week=offer.periods_a_week + more)).score >= score
    windows = (offer.windows_a_week or 0) + more
    assert judge(need, replace(offer, windows_a_week=windows)).score >= score
    assert judge(need, replace(offer, place=need.place)).score >= score
    assert judge(need, replace(offer, grade_to=12, grade_from=1)).score >= score


@given(
    needs,
    st.lists(made_offers(), max_size=8, unique_by=lambda offer: offer.offer_id),
)
def test_the_ranking_is_the_same_whatever_the_order(
    need: NeedFacts, offers: list[OfferFacts]
) -> None:
    ranked = rank(need, offers)
    assert ranked == rank(need, list(reversed(offers)))
    scores = [candidate.score for candidate in ranked]
    assert scores == sorted(scores, reverse=True)
