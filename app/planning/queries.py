"""Reads of plannings. Rights are part of the query: not yours is not found."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload, undefer

from app.errors import NotFound
from app.lessons.models import CourseOffering, OfferingSite, OfferingState
from app.lessons.offering_queries import schools_of_classrooms
from app.planning.models import PlannedCourse, Planning
from app.schools.models import Classroom
from app.schools.queries import ids_within, schools_within
from app.security import Scope

LATEST_FIRST = (Planning.asked_at.desc(), Planning.id.desc())


def _is_within(scope: Scope) -> ColumnElement[bool]:
    """Return whether every hub of a planning lies in scope: its plans show all of them."""
    return ~exists().where(
        PlannedCourse.planning_id == Planning.id,
        PlannedCourse.offering_id == CourseOffering.id,
        CourseOffering.hub_school_id.not_in(schools_within(scope)),
    )


def plannings_within(scope: Scope, *, term_id: UUID | None = None) -> Select[Planning]:
    """Return a query of the plannings whose hubs all lie in scope, without their answers."""
    query = (
        select(Planning)
        .where(_is_within(scope))
        .options(
            joinedload(Planning.term),
            joinedload(Planning.asker),
            selectinload(Planning.courses)
            .joinedload(PlannedCourse.offering)
            .joinedload(CourseOffering.hub_school),
        )
    )
    return query if term_id is None else query.where(Planning.term_id == term_id)


async def planning_within(db: AsyncSession, scope: Scope, planning_id: UUID) -> Planning:
    """Return a planning in scope, whole: with its answer, its offerings and their sites."""
    return await _one(db, plannings_within(scope).where(Planning.id == planning_id))


async def get_planning(db: AsyncSession, planning_id: UUID) -> Planning:
    """Return a planning, whole, whoever asks. For the job, whose asker's right was checked."""
    return await _one(db, select(Planning).where(Planning.id == planning_id))


async def _one(db: AsyncSession, query: Select[Planning]) -> Planning:
    offering = selectinload(Planning.courses).joinedload(PlannedCourse.offering)
    found = await db.scalar(
        query.options(
            undefer(Planning.answer),
            joinedload(Planning.term),
            joinedload(Planning.asker),
            offering.joinedload(CourseOffering.hub_school),
            offering.joinedload(CourseOffering.lecturer),
            offering.joinedload(CourseOffering.hub_classroom),
            offering.selectinload(CourseOffering.sites)
            .joinedload(OfferingSite.classroom)
            .joinedload(Classroom.school),
        ).execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such planning for you.")
    return found


def plannable_within(scope: Scope, term_id: UUID) -> Select[CourseOffering]:
    """Return a query of the offerings of a term that may be planned in scope, whole.

    Not those that have ended, nor 课后服务, which lies outside the periods.
    """
    return (
        select(CourseOffering)
        .where(
            CourseOffering.term_id == term_id,
            CourseOffering.hub_school_id.in_(schools_within(scope)),
            CourseOffering.state != OfferingState.ENDED,
            CourseOffering.is_after_school.is_(False),
        )
        .options(
            joinedload(CourseOffering.hub_school),
            joinedload(CourseOffering.lecturer),
            selectinload(CourseOffering.sites)
            .joinedload(OfferingSite.classroom)
            .joinedload(Classroom.school),
        )
    )


async def offerings_within(
    db: AsyncSession, scope: Scope, offering_ids: list[UUID]
) -> list[CourseOffering]:
    """Return these offerings with their sites; all their hubs lie in scope. Raise NotFound."""
    rows = await db.scalars(
        select(CourseOffering)
        .where(
            CourseOffering.id.in_(offering_ids),
            CourseOffering.hub_school_id.in_(schools_within(scope)),
        )
        .options(selectinload(CourseOffering.sites))
        .order_by(CourseOffering.id)
    )
    found = list(rows)
    if len(found) != len(set(offering_ids)):
        raise NotFound("There is no such offering for you.")
    return found


async def require_kept_free(
    db: AsyncSession, scope: Scope, courses: Collection[CourseOffering], school_ids: set[UUID]
) -> None:
    """Raise NotFound unless each school lies in scope or receives one of the courses."""
    rooms = {site.classroom_id for course in courses for site in course.sites}
    receiving = (await schools_of_classrooms(db, rooms)).values()
    if not school_ids <= {*receiving, *await ids_within(db, scope, school_ids)}:
        raise NotFound("There is no such school for you.")
