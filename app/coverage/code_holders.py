"""What holds a code beyond a day: schools, classes, posts, offers, plans that are in force then."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.accounts.models import StaffPost, StaffSubject
from app.alliances.models import HubOffer, Need, NeedState, Pairing, PairingState, PairingSubject
from app.calendars.models import Term
from app.codes.catalogue import KnownCode
from app.codes.models import CodeKind
from app.codes.service import Ended
from app.coverage.models import CurriculumPeriods, CurriculumPlan, LocalPeriods, LocalTimetable
from app.lessons.models import CourseOffering, OfferingState
from app.schools.models import Classroom, RegionLabel, School, SchoolClass

Counted = Select[Any]
ONE_DAY = timedelta(days=1)


async def holders(db: AsyncSession, ended: Ended) -> Sequence[str]:
    """Say what holds a code beyond the day it is to end. Implements `app.codes.service.Holders`."""
    after = date.min if ended.last is None else ended.last
    found = []
    for word, counted in _holding(ended, after):
        count = await db.scalar(counted)
        if count:
            found.append(f"{count} {word}")
    return found


def _holding(ended: Ended, after: date) -> list[tuple[str, Counted]]:
    """Return how to count what holds a code beyond a day, each with its word.

    Of a set that no row refers to, only what names a code by its id can hold one.
    """
    code = ended.code
    match code.set.kind:
        case CodeKind.REGION_LABEL:
            labelled = _count(RegionLabel.code_id == code.id, _beyond(RegionLabel.valid_to, after))
            return [("labels of regions", labelled)]
        case CodeKind.SUBJECT:
            named = _subjects_by_id(code.id, after)
            return named + (_subjects(code.code, after) if code.set.is_stored else [])
    return _stored(code, after) if code.set.is_stored else []


def _stored(code: KnownCode, after: date) -> list[tuple[str, Counted]]:
    """Return what holds a code by its text or its number, of other kinds than subjects."""
    is_open = _open(School.closed_on, after)
    match code.set.kind:
        case CodeKind.SCHOOL_CATEGORY:
            return [("schools", _count(School.category == code.code, is_open))]
        case CodeKind.URBAN_RURAL:
            return [("schools", _count(School.urban_rural == code.code, is_open))]
        case CodeKind.STAGE:
            return [_classes(after, SchoolClass.stage == code.code)]
        case CodeKind.LINK:
            return [("classrooms", _count(Classroom.link_kind == code.code))]
        case CodeKind.GRADE:
            return _grades(int(code.code), after)
    assert code.set.kind is CodeKind.LANGUAGE, code.set.kind
    return _languages(code.code, after)


def _count(*conditions: ColumnElement[bool]) -> Counted:
    return select(func.count()).where(*conditions)


def _beyond(column: Any, after: date) -> ColumnElement[bool]:
    """A last day, which may be open, lies behind."""
    return or_(column.is_(None), column > after)


def _open(column: Any, after: date) -> ColumnElement[bool]:
    """The same of a day from which something is over."""
    return or_(column.is_(None), column > after + ONE_DAY)


def _classes(after: date, *conditions: ColumnElement[bool]) -> tuple[str, Counted]:
    return "classes", _count(_open(SchoolClass.closed_on, after), *conditions)


def _needs(after: date, *conditions: ColumnElement[bool]) -> tuple[str, Counted]:
    is_asked = Need.state.in_([NeedState.OPEN, NeedState.MATCHED])
    return "needs", _count(is_asked, Need.ends_on > after, *conditions)


def _offers(after: date, *conditions: ColumnElement[bool]) -> tuple[str, Counted]:
    return "offers of hubs", _count(_beyond(HubOffer.valid_to, after), *conditions)


def _courses(after: date, *conditions: ColumnElement[bool]) -> tuple[str, Counted]:
    return "courses", _count(
        CourseOffering.term_id.in_(select(Term.id).where(Term.ends_on > after)),
        CourseOffering.state != OfferingState.ENDED,
        *conditions,
    )


def _plans(after: date, *conditions: ColumnElement[bool]) -> tuple[str, Counted]:
    """Curriculum plans that require it, and that no later one of their region replaces by then."""
    later = aliased(CurriculumPlan)
    is_replaced = exists().where(
        later.region_id.is_not_distinct_from(CurriculumPlan.region_id),
        later.valid_from > CurriculumPlan.valid_from,
        later.valid_from <= after + ONE_DAY,
    )
    requiring = (
        select(CurriculumPeriods.plan_id)
        .join(CurriculumPlan, CurriculumPlan.id == CurriculumPeriods.plan_id)
        .where(CurriculumPeriods.replaced_at.is_(None), ~is_replaced, *conditions)
        .distinct()
        .subquery()
    )
    return "curriculum plans", select(func.count()).select_from(requiring)


def _timetables(after: date, *conditions: ColumnElement[bool]) -> tuple[str, Counted]:
    held = (
        select(LocalTimetable.id)
        .join(Term, Term.id == LocalTimetable.term_id)
        .outerjoin(
            LocalPeriods,
            and_(
                LocalPeriods.timetable_id == LocalTimetable.id, LocalPeriods.replaced_at.is_(None)
            ),
        )
        .where(Term.ends_on > after, *conditions)
        .distinct()
        .subquery()
    )
    return "timetables", select(func.count()).select_from(held)


def _subjects_by_id(id_: UUID, after: date) -> list[tuple[str, Counted]]:
    on_posts = (
        select(StaffSubject.post_id)
        .join(StaffPost, StaffPost.id == StaffSubject.post_id)
        .where(StaffSubject.subject_id == id_, _open(StaffPost.until_on, after))
        .subquery()
    )
    return [
        ("posts of teachers", select(func.count()).select_from(on_posts)),
        _courses(after, CourseOffering.subject_id == id_),
        _plans(after, CurriculumPeriods.subject_id == id_),
        _timetables(after, LocalPeriods.subject_id == id_),
    ]


def _subjects(code: str, after: date) -> list[tuple[str, Counted]]:
    agreed = (
        select(PairingSubject.pairing_id)
        .join(Pairing, Pairing.id == PairingSubject.pairing_id)
        .where(
            PairingSubject.subject == code,
            Pairing.state.not_in([PairingState.ENDED, PairingState.ARCHIVED]),
            _beyond(Pairing.ends_on, after),
        )
        .subquery()
    )
    return [
        _offers(after, HubOffer.subject == code),
        _needs(after, Need.subject == code),
        ("pairings", select(func.count()).select_from(agreed)),
    ]


def _grades(grade_no: int, after: date) -> list[tuple[str, Counted]]:
    return [
        _classes(after, SchoolClass.grade_no == grade_no),
        # One from the first grade to the ninth offers all between.
        _offers(after, HubOffer.grade_from <= grade_no, HubOffer.grade_to >= grade_no),
        _needs(after, Need.grade_no == grade_no),
        _courses(after, CourseOffering.grade_no == grade_no),
        _plans(after, CurriculumPeriods.grade_no == grade_no),
        _timetables(after, LocalTimetable.grade_no == grade_no),
    ]


def _languages(code: str, after: date) -> list[tuple[str, Counted]]:
    return [
        _classes(after, SchoolClass.language_of_instruction == code),
        _offers(after, HubOffer.language == code),
        _needs(after, Need.language == code),
        _courses(after, CourseOffering.language == code),
    ]
