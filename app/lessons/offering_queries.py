"""Reads of course offerings. Rights are part of the query: not yours is not found."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.alliances.models import Pairing, PairingParty, PairingSubject, Side
from app.alliances.pairing_queries import PROMISED
from app.errors import NotFound
from app.lessons.models import CourseOffering, Lesson, LessonState, OfferingSite, OfferingState
from app.schools.models import Classroom, School
from app.schools.queries import schools_within
from app.security import Scope


@dataclass(frozen=True, slots=True)
class OfferingFilter:
    """What to list; None: whatever. `school_id`: the hub, or the school of a site."""

    school_id: UUID | None = None
    term_id: UUID | None = None
    subject_id: UUID | None = None
    state: OfferingState | None = None


class Promise(NamedTuple):
    """A running pairing, the school that gives or passes on, and one that receives for it."""

    pairing_id: UUID
    giver_id: UUID
    school_id: UUID


def offerings_seen(scope: Scope, wanted: OfferingFilter) -> Select[CourseOffering]:
    """Return a query of the offerings given or received in scope, whole."""
    schools = schools_within(scope)
    query = _whole().where(or_(CourseOffering.hub_school_id.in_(schools), _received_at(schools)))
    if wanted.school_id is not None:
        one = select(School.id).where(School.id == wanted.school_id)
        query = query.where(
            or_(CourseOffering.hub_school_id == wanted.school_id, _received_at(one))
        )
    for column, value in (
        (CourseOffering.term_id, wanted.term_id),
        (CourseOffering.subject_id, wanted.subject_id),
        (CourseOffering.state, wanted.state),
    ):
        if value is not None:
            query = query.where(column == value)
    return query


def _received_at(schools: Select[UUID]) -> ColumnElement[bool]:
    return exists().where(
        OfferingSite.offering_id == CourseOffering.id,
        OfferingSite.classroom_id == Classroom.id,
        Classroom.school_id.in_(schools),
    )


def _whole() -> Select[CourseOffering]:
    site = selectinload(CourseOffering.sites)
    return select(CourseOffering).options(
        joinedload(CourseOffering.hub_school),
        joinedload(CourseOffering.hub_class),
        joinedload(CourseOffering.hub_classroom),
        joinedload(CourseOffering.lecturer),
        joinedload(CourseOffering.term),
        site.joinedload(OfferingSite.classroom).joinedload(Classroom.school),
        site.joinedload(OfferingSite.school_class),
        site.joinedload(OfferingSite.assistant),
    )


async def offering_seen(db: AsyncSession, scope: Scope, offering_id: UUID) -> CourseOffering:
    """Return an offering given or received in scope."""
    return await _one(
        db, offerings_seen(scope, OfferingFilter()).where(CourseOffering.id == offering_id)
    )


async def offering_kept(db: AsyncSession, scope: Scope, offering_id: UUID) -> CourseOffering:
    """Return an offering whose hub lies in scope, to be changed."""
    return await _one(
        db,
        _whole().where(
            CourseOffering.id == offering_id,
            CourseOffering.hub_school_id.in_(schools_within(scope)),
        ),
    )


async def _one(db: AsyncSession, query: Select[CourseOffering]) -> CourseOffering:
    found = await db.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such offering for you.")
    return found


async def lesson_counts(
    db: AsyncSession, offering_ids: Collection[UUID]
) -> dict[UUID, tuple[int, int]]:
    """Return how many lessons each offering has, and how many of them are drafts."""
    is_draft = case((Lesson.state == LessonState.PLANNED, 1), else_=0)
    rows = await db.execute(
        select(Lesson.offering_id, func.count(), func.sum(is_draft))
        .where(Lesson.offering_id.in_(offering_ids))
        .group_by(Lesson.offering_id)
    )
    return {row[0]: (row[1], int(row[2])) for row in rows}


async def schools_of_classrooms(
    db: AsyncSession, classroom_ids: Collection[UUID]
) -> dict[UUID, UUID]:
    """Return the school of each classroom. Raise NotFound unless there are all."""
    rows = await db.execute(
        select(Classroom.id, Classroom.school_id).where(Classroom.id.in_(classroom_ids))
    )
    found = {row.id: row.school_id for row in rows}
    if found.keys() != set(classroom_ids):
        raise NotFound("There is no such classroom for you.")
    return found


async def promised_to(
    db: AsyncSession, giver_ids: Collection[UUID], school_ids: Collection[UUID]
) -> set[Promise]:
    """Return what running pairings promise these schools of these that give or pass on."""
    partner = aliased(PairingParty)
    rows = await db.execute(
        select(Pairing.id, PairingParty.school_id, partner.school_id)
        .join(PairingParty, PairingParty.pairing_id == Pairing.id)
        .join(partner, partner.pairing_id == Pairing.id)
        .where(
            Pairing.state.in_(PROMISED),
            PairingParty.side == Side.HUB,
            PairingParty.school_id.in_(giver_ids),
            partner.side == Side.PARTNER,
            partner.school_id.in_(school_ids),
        )
    )
    return {Promise(*row) for row in rows}


async def about_one_of(
    db: AsyncSession, pairing_ids: Collection[UUID], subjects: Collection[str]
) -> set[UUID]:
    """Return those of these pairings that are about one of the subjects, or about whatever."""
    named = select(PairingSubject.subject).where(PairingSubject.pairing_id == Pairing.id)
    rows = await db.scalars(
        select(Pairing.id).where(
            Pairing.id.in_(pairing_ids),
            or_(~named.exists(), named.where(PairingSubject.subject.in_(subjects)).exists()),
        )
    )
    return set(rows)
