"""Which of the things a sheet was computed with are others today. They change no sheet.

An amendment would be computed with them as they are now: whoever looks at a signed sheet learns
what its figures and those of today differ by.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance.delivered import ORIGIN_ID, Origin, words_of
from app.attendance.models import AttendanceAmendment, AttendanceLock, AttendanceRecord
from app.calendars.models import Term
from app.coverage.inputs import (
    Inputs,
    folded_into,
    kept_needs,
    plans_on,
    standing_needs,
    terms_that_hold,
)
from app.coverage.models import CurriculumPeriods, FigureSheet, LocalPeriods, LocalTimetable
from app.coverage.queries import inputs_of
from app.coverage.sites import school_ids_of
from app.coverage.weeks import Period, teaching_weeks
from app.lessons.models import Lesson, LessonSite, SiteMode
from app.lessons.queries import bounds_of
from app.schools.models import Classroom


class Input(StrEnum):
    """What a figure rests on. SUBJECTS: what words of lessons and of plans stand for."""

    ROWS = "ROWS"
    TEACHING_WEEKS = "TEACHING_WEEKS"
    CURRICULA = "CURRICULA"
    TIMETABLES = "TIMETABLES"
    NEEDS = "NEEDS"
    SUBJECTS = "SUBJECTS"


async def since_computed(db: AsyncSession, sheet: FigureSheet) -> list[Input] | None:
    """Return what is another today; the sheet's roster and region are loaded.

    None: the sheet is from before inputs were kept. The statements do not grow with the data.
    """
    kept = await inputs_of(db, sheet.id)
    if kept is None:
        return None
    period = Period(sheet.first_on, sheet.last_on, kept.teaching)
    now = await teaching_weeks(db, sheet.roster.region, first=period.first, last=period.last)
    is_other = {
        Input.ROWS: await _rows(db, sheet),
        Input.TEACHING_WEEKS: now != kept.teaching,
        Input.CURRICULA: await _curricula(db, sheet, kept, period),
        Input.TIMETABLES: await _timetables(db, sheet, kept, period),
        Input.NEEDS: await _needs(db, sheet, period),
        Input.SUBJECTS: await _subjects(db, kept, period),
    }
    return [each for each in Input if is_other[each]]


async def _is_any(db: AsyncSession, query: Select[Any]) -> bool:
    return await db.scalar(query.limit(1)) is not None


async def _rows(db: AsyncSession, sheet: FigureSheet) -> bool:
    """Return whether rows of the sheet's sites and weeks that may count changed since.

    Corrected or locked. What is given after school and who only observes count for nothing, and a
    lesson that has begun keeps both (docs/adr/0018).
    """
    start, _ = bounds_of(sheet.first_on)
    _, end = bounds_of(sheet.last_on)
    of_sheet = (
        select(AttendanceRecord.id)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .join(Origin, Origin.id == ORIGIN_ID)
        .join(Classroom, LessonSite.classroom_id == Classroom.id)
        .where(
            Origin.planned_start >= start,
            Origin.planned_start < end,
            Origin.is_after_school.is_(False),
            Lesson.is_after_school.is_(False),
            LessonSite.mode != SiteMode.OBSERVE,
            Classroom.school_id.in_(school_ids_of(sheet.roster_id)),
        )
    )
    corrected = of_sheet.join(
        AttendanceAmendment, AttendanceAmendment.record_id == AttendanceRecord.id
    ).where(AttendanceAmendment.at > sheet.computed_at)
    # Asked for first: there is hardly ever one, and the rows are many.
    later = select(AttendanceLock.id).where(AttendanceLock.at > sheet.computed_at)
    locks = list(await db.scalars(later))
    locked = of_sheet.where(AttendanceRecord.locked_by_id.in_(locks))
    return await _is_any(db, corrected) or (bool(locks) and await _is_any(db, locked))


def _touched(
    row: type[CurriculumPeriods | LocalPeriods], sheet: FigureSheet
) -> ColumnElement[bool]:
    return or_(row.saved_at > sheet.computed_at, row.replaced_at > sheet.computed_at)


async def _curricula(db: AsyncSession, sheet: FigureSheet, kept: Inputs, period: Period) -> bool:
    plans = kept.curricula.plans
    touched = select(CurriculumPeriods.id).where(
        CurriculumPeriods.plan_id.in_([plan_id for plan_id, _ in plans]),
        _touched(CurriculumPeriods, sheet),
    )
    return await plans_on(db, period.middle) != plans or await _is_any(db, touched)


async def _timetables(db: AsyncSession, sheet: FigureSheet, kept: Inputs, period: Period) -> bool:
    counted = LocalTimetable.term_id.in_(kept.terms)
    counts = LocalTimetable.term_id.in_(select(Term.id).where(terms_that_hold(period.middle)))
    of_sheet = select(LocalTimetable.id).where(
        LocalTimetable.school_id.in_(school_ids_of(sheet.roster_id))
    )
    others = of_sheet.where(
        or_(
            and_(counts, not_(counted)),
            and_(counted, not_(counts)),
            and_(counted, LocalTimetable.saved_at > sheet.computed_at),
        )
    )
    says_else = of_sheet.join(LocalPeriods, LocalPeriods.timetable_id == LocalTimetable.id).where(
        counted, _touched(LocalPeriods, sheet)
    )
    return await _is_any(db, others) or await _is_any(db, says_else)


async def _needs(db: AsyncSession, sheet: FigureSheet, period: Period) -> bool:
    now = await standing_needs(db, period, school_ids_of(sheet.roster_id))
    then = kept_needs(sheet.id)
    for one, other in ((now, then), (then, now)):
        if await _is_any(db, select(one.except_(other).subquery().c.need_id)):
            return True
    return False


async def _subjects(db: AsyncSession, kept: Inputs, period: Period) -> bool:
    folded = await folded_into(db, kept.curricula.required)
    words = await words_of(db, period.first, period.last)
    return folded != kept.curricula.folded or words != kept.words
