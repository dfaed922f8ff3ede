"""The planner, whole: what it proposes can be held, is the cheapest, and always the same."""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.calendars.models import PeriodKind
from app.planning.asking import Ask, Thing, ThingKind
from app.planning.choices import Choices, Crowd, Limit, Option, least_difference
from app.planning.cpsat import choose
from app.planning.plans import Occurrence, occurrences, slots_of
from app.planning.slots import day_plan
from app.planning.solver import Answer, answer_of, prepare
from tests.app.planning_worlds import every_choice, worlds

EFFORT = 2.0
Part = TypeVar("Part", Limit, Crowd)
SLOW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def answer(asked: Ask, *, plans: int = 2) -> Answer:
    table, question = prepare(asked)
    return answer_of(table, question, list(choose(question.choices, plans=plans, effort=EFFORT)))


def lessons(asked: Ask, number: int = 0, *, plans: int = 2) -> list[Occurrence]:
    table, question = prepare(asked)
    found = list(choose(question.choices, plans=plans, effort=EFFORT))
    plan = answer_of(table, question, found).plans[number]
    slots = slots_of(table, plan)
    assert slots is not None
    return list(occurrences(table, slots))


def things(asked: Ask, lesson: Occurrence) -> list[Thing]:
    offering = next(each for each in asked.offerings if each.id == lesson.offering_id)
    present = [each.place for each in offering.sites if each.key in lesson.classrooms]
    return [
        Thing(ThingKind.TEACHER, offering.teacher),
        *(thing for place in (offering.hub, *present) for thing in place.things),
    ]


@SLOW
@given(worlds())
def test_nothing_is_in_two_lessons_at_once(asked: Ask) -> None:
    held = lessons(asked)
    for index, one in enumerate(held):
        for other in held[index + 1 :]:
            if one.starts_at < other.ends_at and other.starts_at < one.ends_at:
                assert not set(things(asked, one)) & set(things(asked, other))
        for taken in asked.busy:
            if one.starts_at < taken.ends_at and taken.starts_at < one.ends_at:
                assert taken.thing not in things(asked, one)


@SLOW
@given(worlds())
def test_a_line_never_carries_more_lessons_than_it_can(asked: Ask) -> None:
    hubs = {each.id: each.hub.school for each in asked.offerings}
    held = lessons(asked)
    for school in asked.schools:
        spans = [(x.starts_at, x.ends_at, True) for x in held if hubs[x.offering_id] == school.id]
        spans += [
            (x.starts_at, x.ends_at, False)
            for x in asked.busy
            if x.thing == Thing(ThingKind.LINE, school.id)
        ]
        for at, _, _ in spans:
            running = [is_ours for starts, ends, is_ours in spans if starts <= at < ends]
            assert len(running) <= school.line or not any(running)


@SLOW
@given(worlds())
def test_every_lesson_lies_within_a_lesson_period_of_all_who_take_part(asked: Ask) -> None:
    days = {(school.id, day.day): day for school in asked.schools for day in school.days}
    held = lessons(asked)
    for lesson in held:
        offering = next(each for each in asked.offerings if each.id == lesson.offering_id)
        present = [s.place.school for s in offering.sites if s.key in lesson.classrooms]
        assert present
        assert lesson.ends_at - lesson.starts_at >= timedelta(minutes=asked.least_minutes)
        for school in (offering.hub.school, *present):
            day = days[school, lesson.starts_at.date()]
            assert day.runs is not None
            assert any(
                period.kind is PeriodKind.LESSON
                and period.starts_at <= lesson.starts_at
                and lesson.ends_at <= period.ends_at
                for period in day.periods
            )


@SLOW
@given(worlds())
def test_no_lesson_lies_in_a_period_a_school_keeps_free(asked: Ask) -> None:
    kept = {school.id: school for school in asked.schools}
    for planned in answer(asked).plans[0].slots:
        offering = next(each for each in asked.offerings if each.id == planned.offering_id)
        assert (planned.weekday, planned.period) not in kept[offering.hub.school].kept_free
        for timing in planned.timings:
            for site in offering.sites:
                own = timing.periods.get(site.key)
                assert (planned.weekday, own) not in kept[site.place.school].kept_free


@SLOW
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_does_not_matter(asked: Ask, rng: random.Random) -> None:
    offerings = [
        replace(each, sites=tuple(rng.sample(each.sites, len(each.sites))))
        for each in asked.offerings
    ]
    other = replace(
        asked,
        offerings=tuple(rng.sample(offerings, len(offerings))),
        schools=tuple(rng.sample(asked.schools, len(asked.schools))),
        busy=tuple(rng.sample(asked.busy, len(asked.busy))),
    )
    assert answer(asked) == answer(other) == answer(asked)


@SLOW
@given(worlds())
def test_schools_costs_add_up_to_what_the_choice_weighed(asked: Ask) -> None:
    table, question = prepare(asked)
    for chosen in choose(question.choices, plans=2, effort=EFFORT):
        plan = answer_of(table, question, [chosen]).plans[0]
        assert plan.total == question.choices.placed_cost(chosen.options)
        assert plan.total == sum(cost.total for cost in plan.costs)


@SLOW
@given(worlds())
def test_whatever_is_not_placed_is_explained(asked: Ask) -> None:
    found = answer(asked)
    lacking = {each.offering_id for each in found.plans[0].lacking}
    assert {each.offering_id for each in found.conflicts} == lacking


@SLOW
@given(worlds())
def test_lessons_are_named_once_in_their_offering(asked: Ask) -> None:
    names = Counter((lesson.offering_id, lesson.name) for lesson in lessons(asked))
    assert set(names.values()) <= {1}


@SLOW
@given(worlds())
def test_a_lesson_is_held_on_every_day_the_hub_runs_its_weekday(asked: Ask) -> None:
    held = {(x.offering_id, x.starts_at.date()) for x in lessons(asked)}
    schools = {school.id: school for school in asked.schools}
    for planned in answer(asked).plans[0].slots:
        offering = next(each for each in asked.offerings if each.id == planned.offering_id)
        runs = {
            (school, day.day): day_plan(day).runs
            for school in schools
            for day in schools[school].days
        }
        for day in schools[offering.hub.school].days:
            is_ours = any(b.number == planned.period for b in day_plan(day).bouts)
            if not is_ours or runs[offering.hub.school, day.day] != planned.weekday:
                continue
            anyone = any(
                runs[site.place.school, day.day] == planned.weekday for site in offering.sites
            )
            assert ((offering.id, day.day) in held) >= anyone


_OPTIONS = st.lists(
    st.builds(Option, st.integers(0, 2), st.integers(1, 5), st.integers(0, 50)),
    min_size=1,
    max_size=9,
)


@st.composite
def _choices(draw: st.DrawFn) -> Choices:
    options = tuple(draw(_OPTIONS))
    some = st.lists(st.integers(0, len(options) - 1), min_size=2, max_size=4, unique=True).map(
        lambda chosen: tuple(sorted(chosen))
    )
    if len(options) < 2:
        some = st.just((0,))
    return Choices(
        wanted=tuple(draw(st.lists(st.integers(0, 3), min_size=3, max_size=3))),
        options=options,
        limits=tuple(draw(st.lists(st.builds(Limit, some, st.integers(0, 2)), max_size=5))),
        crowds=tuple(
            draw(
                st.lists(st.builds(Crowd, some, st.integers(0, 2), st.integers(0, 30)), max_size=3)
            )
        ),
    )


@SLOW
@given(_choices())
def test_the_first_answer_costs_as_little_as_the_best_of_all(choices: Choices) -> None:
    first = next(iter(choose(choices, plans=1, effort=EFFORT)))
    assert first.is_best
    assert choices.is_allowed(first.options)
    assert choices.cost(first.options) == every_choice(choices)


@SLOW
@given(worlds())
def test_a_plan_of_a_small_world_costs_as_little_as_the_best_of_all(asked: Ask) -> None:
    _, question = prepare(asked)
    choices = question.choices
    if len(choices.options) > 18:
        kept = 18
        choices = replace(
            choices,
            options=choices.options[:kept],
            limits=tuple(_cut(each, kept) for each in choices.limits),
            crowds=tuple(_cut(each, kept) for each in choices.crowds),
        )
    first = next(iter(choose(choices, plans=1, effort=EFFORT)))
    assert choices.cost(first.options) == every_choice(choices)


def _cut(each: Part, kept: int) -> Part:
    return replace(each, options=tuple(index for index in each.options if index < kept))


@SLOW
@given(_choices())
def test_each_further_answer_differs_and_costs_no_less(choices: Choices) -> None:
    found = list(choose(choices, plans=3, effort=EFFORT))
    costs = [choices.cost(each.options) for each in found]
    assert costs == sorted(costs)
    for index, one in enumerate(found):
        assert choices.is_allowed(one.options)
        for other in found[:index]:
            shared = len(set(one.options) & set(other.options))
            assert len(other.options) - shared >= least_difference(len(other.options))
