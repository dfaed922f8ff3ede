"""Use cases of plannings: ask, answer, accept."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from app.calendars.days import local_day
from app.calendars.models import Term
from app.errors import WrongState
from app.lessons.models import CourseOffering, OfferingSite, OfferingState
from app.lessons.queries import bounds_of
from app.lessons.timetable import LessonPlan, OfferingPlan, SitePlan, Written, write_lessons
from app.planning.errors import CannotPlan, NoSuchPlan, PlanOutdated
from app.planning.loading import ask_of
from app.planning.models import (
    NEXT_PLANNING_STATE,
    PlannedCourse,
    Planning,
    PlanningState,
)
from app.planning.plans import Occurrence, Plan, occurrences, slots_of
from app.planning.schemas import PlanningIn
from app.planning.slots import table_of
from app.planning.solver import Answer

ANSWER = TypeAdapter(Answer)


def ask(
    db: AsyncSession,
    body: PlanningIn,
    courses: list[CourseOffering],
    term: Term,
    *,
    person_id: UUID,
    now: datetime,
) -> Planning:
    """Write down what is to be planned. Raise CannotPlan."""
    for course in courses:
        _require_plannable(course, term)
    planning = Planning(
        term_id=term.id,
        first_day=_first_day(term, local_day(now)),
        least_minutes=body.least_minutes,
        kept_free=[each.model_dump(mode="json") for each in body.kept_free],
        asked_at=now,
        asked_by=person_id,
        courses=[PlannedCourse(offering_id=course.id) for course in courses],
    )
    if planning.first_day > term.ends_on:
        raise CannotPlan("No whole week of the term is left. Choose the next term.")
    db.add(planning)
    return planning


def _require_plannable(course: CourseOffering, term: Term) -> None:
    if course.term_id != term.id:
        raise CannotPlan(f"{course.name} is an offering of another term.", offering=course.name)
    if course.state is OfferingState.ENDED:
        raise CannotPlan(f"{course.name} has ended.", offering=course.name)
    if course.is_after_school:
        raise CannotPlan(
            f"{course.name} is given after school, outside the periods that are planned. "
            "Add its lessons by hand.",
            offering=course.name,
        )
    if not course.sites:
        raise CannotPlan(f"{course.name} has no classrooms yet. Add them.", offering=course.name)


def _first_day(term: Term, today: date) -> date:
    """Return the first day to plan: the term's, or once it runs the next Monday.

    Only whole weeks: lessons are named by their number in their week.
    """
    if today < term.starts_on:
        return term.starts_on
    return today + timedelta(days=8 - today.isoweekday())


def move(planning: Planning, state: PlanningState) -> None:
    """Change a planning's state along its table. Raise WrongState."""
    possible = NEXT_PLANNING_STATE[planning.state]
    if state not in possible:
        raise WrongState(
            f"The planning is {planning.state}.",
            state=planning.state,
            possible=sorted(each.value for each in possible),
        )
    planning.state = state


def answer(planning: Planning, found: Answer) -> None:
    """Write down what the planner found. The planning is loaded whole."""
    move(planning, PlanningState.ANSWERED)
    planning.answer = ANSWER.dump_python(found, mode="json")
    for course in planning.courses:
        course.offering_version = course.offering.version


def answer_to(planning: Planning) -> Answer | None:
    """Return what the planner found, None when it has not yet."""
    return None if planning.answer is None else ANSWER.validate_python(planning.answer)


async def accept(
    db: AsyncSession,
    planning: Planning,
    number: int,
    *,
    publish: bool,
    person_id: UUID,
    now: datetime,
) -> None:
    """Write the lessons of a plan, all or none. Accepting the same one again changes nothing.

    Whatever the plan was made from is looked at again: it is refused when a slot is no more as it
    was planned. Raise NoSuchPlan, PlanOutdated, WrongState, LessonClash.
    """
    if planning.accepted is not None and planning.accepted["plan"] == number:
        return
    move(planning, PlanningState.ACCEPTED)
    found = answer_to(planning)
    assert found is not None
    if number >= len(found.plans):
        raise NoSuchPlan(f"The planning has {len(found.plans)} plans.")
    held = await _lessons(db, planning, found.plans[number], now)
    written = await write_lessons(
        db,
        _offering_plans(planning, held),
        publish=publish,
        only_these_from=bounds_of(planning.first_day)[0],
    )
    planning.accepted = {"plan": number, "is_published": publish} | _counted(written)
    planning.accepted_at, planning.accepted_by = now, person_id
    for course in planning.courses:
        await db.refresh(course.offering, ["version"])


async def _lessons(
    db: AsyncSession, planning: Planning, plan: Plan, now: datetime
) -> list[Occurrence]:
    """Return the lessons of a plan as everything stands now. Raise PlanOutdated."""
    for course in planning.courses:
        if course.offering.version != course.offering_version:
            raise PlanOutdated(
                f"{course.offering.name} was changed after it was planned. Plan again.",
                offering=course.offering.name,
            )
    if planning.first_day <= local_day(now):
        raise PlanOutdated("The plan begins in the past. Plan again.")
    table = table_of((await ask_of(db, planning)).ordered())
    slots = slots_of(table, plan)
    if slots is None:
        raise PlanOutdated(
            "Bells, calendars or lessons were changed after this was planned. Plan again."
        )
    return list(occurrences(table, slots))


def _offering_plans(planning: Planning, held: list[Occurrence]) -> list[OfferingPlan]:
    rows: dict[str, list[Occurrence]] = defaultdict(list)
    for each in held:
        rows[each.offering_id].append(each)
    plans = []
    for course in planning.courses:
        sites = {str(site.classroom_id): site for site in course.offering.sites}
        lessons = [_lesson(each, sites) for each in rows[str(course.offering_id)]]
        plans.append(OfferingPlan(course.offering, lessons))
    return plans


def _lesson(each: Occurrence, sites: dict[str, OfferingSite]) -> LessonPlan:
    return LessonPlan(
        each.name,
        each.starts_at,
        each.ends_at,
        sites=tuple(SitePlan.of(sites[key]) for key in each.classrooms),
    )


def _counted(written: Written) -> dict[str, Any]:
    return {
        "created": len(written.created),
        "changed": len(written.changed),
        "unchanged": len(written.unchanged),
        "kept": len(written.kept),
        "removed": written.removed,
    }
