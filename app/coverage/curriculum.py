"""Curricula and local timetables: read, and written so that what was before is kept."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload
from sqlalchemy.orm.attributes import flag_modified

from app.calendars.models import Term
from app.codes import service as codes
from app.codes.catalogue import Catalogue
from app.codes.errors import CodeUnknown
from app.codes.models import CodeKind
from app.coverage.curriculum_schemas import CurriculumCellIn, Force, LocalPeriodsIn
from app.coverage.errors import GradeUnknown, PlanThere, TimetableThere, TwiceInTable
from app.coverage.models import (
    CurriculumPeriods,
    CurriculumPlan,
    LocalPeriods,
    LocalTimetable,
)
from app.database import uuid7
from app.errors import NotFound, Problem, WrongState
from app.schools.models import Region, School, SchoolClass
from app.schools.queries import regions_within, schools_within
from app.schools.registry_queries import visible_regions
from app.security import Scope

Key = TypeVar("Key")


def plans_seen(scope: Scope, text: str = "") -> Select[CurriculumPlan]:
    """Return a query of the nation's plans and those of regions in sight, region loaded.

    `text`: in their name.
    """
    query = (
        select(CurriculumPlan)
        .outerjoin(CurriculumPlan.region)
        .where(
            or_(
                CurriculumPlan.region_id.is_(None),
                CurriculumPlan.region_id.in_(visible_regions(scope)),
            )
        )
        .options(joinedload(CurriculumPlan.region))
    )
    if text:
        query = query.where(CurriculumPlan.name.icontains(text, autoescape=True))
    return query


async def forces_of(
    db: AsyncSession, plans: Sequence[CurriculumPlan], *, on: date
) -> dict[UUID, Force]:
    """Return how each plan stands on a day: of a region's own, the latest that has begun holds."""
    begun = await db.execute(
        select(CurriculumPlan.region_id, func.max(CurriculumPlan.valid_from))
        .where(
            CurriculumPlan.valid_from <= on,
            or_(
                CurriculumPlan.region_id.is_(None),
                CurriculumPlan.region_id.in_({plan.region_id for plan in plans} - {None}),
            ),
        )
        .group_by(CurriculumPlan.region_id)
    )
    latest = {row[0]: row[1] for row in begun}
    return {plan.id: _force(plan.valid_from, latest.get(plan.region_id), on) for plan in plans}


def _force(since: date, latest: date | None, on: date) -> Force:
    if since > on:
        return Force.TO_COME
    return Force.HOLDS if since == latest else Force.REPLACED


async def plan_seen(db: AsyncSession, scope: Scope, plan_id: UUID) -> CurriculumPlan:
    """Return a plan in sight. Raise NotFound."""
    found = await db.scalar(plans_seen(scope).where(CurriculumPlan.id == plan_id))
    if found is None:
        raise NotFound("There is no such curriculum for you.")
    return found


async def plan_within(db: AsyncSession, scope: Scope, plan_id: UUID) -> CurriculumPlan:
    """Return a plan of a region in scope, to be changed; the nation's is nobody's to change."""
    own = CurriculumPlan.region_id.in_(regions_within(scope))
    found = await db.scalar(plans_seen(scope).where(CurriculumPlan.id == plan_id, own))
    if found is None:
        raise NotFound("There is no such curriculum that is yours to change: copy it.")
    return found


async def cells_of(db: AsyncSession, plan_id: UUID) -> list[CurriculumPeriods]:
    """Return what a plan requires now, grade by grade, subjects in the order of their set."""
    rows = await db.scalars(
        select(CurriculumPeriods).where(
            CurriculumPeriods.plan_id == plan_id, CurriculumPeriods.replaced_at.is_(None)
        )
    )
    places = places_of(await codes.catalogue(db))
    return sorted(rows, key=lambda row: (row.grade_no, places.get(row.subject_id, 0)))


def places_of(sets: Catalogue) -> dict[UUID, int]:
    """Return the place of each subject in its set."""
    return {code.id: place for place, code in enumerate(sets.of_kind(CodeKind.SUBJECT))}


async def _require_subjects(db: AsyncSession, subject_ids: Iterable[UUID]) -> None:
    """Raise CodeUnknown unless all are subjects of the stored set."""
    known = places_of(await codes.catalogue(db))
    for subject_id in subject_ids:
        if subject_id not in known:
            raise CodeUnknown(f"{subject_id} is no subject of the set that is stored.")


async def _require_grades(db: AsyncSession, grades: Iterable[int]) -> None:
    """Raise CodeUnknown unless all are grades of the stored set."""
    known = await codes.catalogue(db)
    for grade_no in sorted(grades):
        known.stored(CodeKind.GRADE, str(grade_no))


def _require_once(keys: Sequence[object]) -> None:
    if len(set(keys)) != len(keys):
        raise TwiceInTable("A subject may stand in a grade once. Take the second one out.")


async def save_plan(
    db: AsyncSession,
    plan: CurriculumPlan,
    cells: Sequence[CurriculumCellIn],
    *,
    by: UUID,
    now: datetime,
) -> None:
    """Save a plan and all it requires. Raise TwiceInTable, CodeUnknown, PlanThere."""
    _require_once([(cell.grade_no, cell.subject_id) for cell in cells])
    await _require_subjects(db, {cell.subject_id for cell in cells})
    await _require_grades(db, {cell.grade_no for cell in cells})
    with db.no_autoflush:
        others = await db.scalars(
            select(CurriculumPlan).where(
                CurriculumPlan.region_id == plan.region_id,
                CurriculumPlan.valid_from == plan.valid_from,
            )
        )
        other = next((each for each in others if each is not plan), None)
    there_is_one = PlanThere("Edit the plan that begins on this day, or choose another day.")
    if other is not None:
        raise there_is_one
    db.add(plan)
    await _flush(db, there_is_one)
    wanted = {(c.grade_no, c.subject_id): round(c.periods_a_week * 10) for c in cells}
    there = {(row.grade_no, row.subject_id): row for row in await cells_of(db, plan.id)}
    for key in _replaced({key: row.tenths_a_week for key, row in there.items()}, wanted):
        there[key].replaced_at = now
    held = {key for key, row in there.items() if row.replaced_at is None}
    db.add_all(
        CurriculumPeriods(
            plan_id=plan.id,
            grade_no=grade_no,
            subject_id=subject_id,
            tenths_a_week=tenths,
            saved_at=now,
            saved_by=by,
        )
        for (grade_no, subject_id), tenths in wanted.items()
        if (grade_no, subject_id) not in held
    )
    flag_modified(plan, "name")  # what it requires is the plan's own: its version counts that too
    await db.flush()


async def _flush(db: AsyncSession, taken: Problem) -> None:
    """Write down what is new. Raise `taken`: another wrote it this moment."""
    try:
        await db.flush()
    except IntegrityError as error:
        raise taken from error


def _replaced(there: Mapping[Key, int], wanted: Mapping[Key, int]) -> list[Key]:
    """Return what no longer holds as it is."""
    return [key for key, tenths in there.items() if wanted.get(key) != tenths]


def timetables_seen(
    scope: Scope, *, school_id: UUID | None = None, term_id: UUID | None = None
) -> Select[LocalTimetable, School, SchoolClass]:
    """Return a query of the timetables of the schools in scope, with school and class."""
    query = (
        select(LocalTimetable, School, SchoolClass)
        .join(School, LocalTimetable.school_id == School.id)
        .join(SchoolClass, LocalTimetable.class_id == SchoolClass.id)
        .where(LocalTimetable.school_id.in_(schools_within(scope)))
    )
    if school_id is not None:
        query = query.where(LocalTimetable.school_id == school_id)
    return query if term_id is None else query.where(LocalTimetable.term_id == term_id)


def exported_timetables(
    scope: Scope, *, school_id: UUID | None = None, term_id: UUID | None = None
) -> Select[*tuple[Any, ...]]:
    """Return what the timetables hold, with what names their schools in a table.

    Columns: timetable, school, its region and parent, class, term, periods (None: of nothing).
    """
    parent = aliased(School)
    return (
        timetables_seen(scope, school_id=school_id, term_id=term_id)
        .with_only_columns(
            LocalTimetable, School, Region, parent, SchoolClass, Term, LocalPeriods,
            maintain_column_froms=True,
        )
        .join(Region, Region.id == School.region_id)
        .outerjoin(parent, parent.id == School.parent_id)
        .join(Term, Term.id == LocalTimetable.term_id)
        .outerjoin(
            LocalPeriods,
            (LocalPeriods.timetable_id == LocalTimetable.id) & LocalPeriods.replaced_at.is_(None),
        )
    )  # fmt: skip


async def timetable_within(
    db: AsyncSession, scope: Scope, timetable_id: UUID
) -> tuple[LocalTimetable, School, SchoolClass]:
    """Return a timetable of a school in scope, with school and class. Raise NotFound."""
    found = timetables_seen(scope).where(LocalTimetable.id == timetable_id)
    for timetable, school, school_class in await db.execute(found):
        return timetable, school, school_class
    raise NotFound("There is no such timetable for you.")


async def periods_of(
    db: AsyncSession, timetable_ids: Sequence[UUID]
) -> dict[UUID, list[LocalPeriods]]:
    """Return what the classes are taught now, by timetable; subjects in the order of their set."""
    rows = await db.scalars(
        select(LocalPeriods).where(
            LocalPeriods.timetable_id.in_(timetable_ids), LocalPeriods.replaced_at.is_(None)
        )
    )
    places = places_of(await codes.catalogue(db))
    found: dict[UUID, list[LocalPeriods]] = {each: [] for each in timetable_ids}
    for row in sorted(rows, key=lambda each: places.get(each.subject_id, 0)):
        found[row.timetable_id].append(row)
    return found


async def add_timetable(
    db: AsyncSession, *, school_class: SchoolClass, term: Term, now: datetime
) -> LocalTimetable:
    """Add the timetable of a class for a term; the class's school is loaded.

    Raise WrongState: the class or its school is closed; GradeUnknown, TimetableThere.
    """
    school = school_class.school
    for name, closed_on in (
        (school.name, school.closed_on),
        (school_class.name, school_class.closed_on),
    ):
        if closed_on is not None:
            raise WrongState(f"{name} is closed since {closed_on}: it hands in no new timetable.")
    if school_class.grade_no < 1:
        raise GradeUnknown(f"{school_class.name} is in no grade that has a curriculum.")
    there = await db.scalar(
        select(LocalTimetable.id).where(
            LocalTimetable.class_id == school_class.id, LocalTimetable.term_id == term.id
        )
    )
    there_is_one = TimetableThere(
        f"{school_class.name} has a timetable for {term.name}: edit that one."
    )
    if there is not None:
        raise there_is_one
    timetable = new_timetable(school_class, term, now=now)
    db.add(timetable)
    await _flush(db, there_is_one)
    return timetable


def new_timetable(school_class: SchoolClass, term: Term, *, now: datetime) -> LocalTimetable:
    """Make the timetable of a class for a term, in the grade the class is in."""
    return LocalTimetable(
        id=uuid7(),
        school_id=school_class.school_id,
        term_id=term.id,
        class_id=school_class.id,
        grade_no=school_class.grade_no,
        saved_at=now,
    )


def say(
    timetable: LocalTimetable,
    there: Sequence[LocalPeriods],
    wanted: Mapping[UUID, int],
    *,
    by: UUID | None,
    now: datetime,
) -> list[LocalPeriods]:
    """Mark what no longer holds as replaced, and return the rows to add. `wanted`: tenths."""
    held = {row.subject_id: row for row in there}
    for subject_id in _replaced({k: row.tenths_a_week for k, row in held.items()}, wanted):
        held.pop(subject_id).replaced_at = now
    return [
        LocalPeriods(
            timetable_id=timetable.id,
            subject_id=subject_id,
            tenths_a_week=tenths,
            saved_at=now,
            saved_by=by,
        )
        for subject_id, tenths in wanted.items()
        if subject_id not in held
    ]


async def save_periods(
    db: AsyncSession,
    timetable: LocalTimetable,
    periods: Sequence[LocalPeriodsIn],
    *,
    by: UUID | None,
    now: datetime,
) -> list[LocalPeriods]:
    """Say what a class is taught; what was said before is kept. Raise TwiceInTable, CodeUnknown."""
    _require_once([each.subject_id for each in periods])
    await _require_subjects(db, {each.subject_id for each in periods})
    wanted = {each.subject_id: round(each.periods_a_week * 10) for each in periods}
    there = (await periods_of(db, [timetable.id]))[timetable.id]
    db.add_all(say(timetable, there, wanted, by=by, now=now))
    flag_modified(timetable, "grade_no")  # its version counts what it holds
    await db.flush()
    return (await periods_of(db, [timetable.id]))[timetable.id]
