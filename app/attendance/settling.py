"""What follows a lesson: rows are locked at the end of term, and corrected beside, never edited."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import delivered, queries
from app.attendance.errors import NothingAmended, NotToAmend, TermNotOver
from app.attendance.models import (
    NEXT_ATTENDANCE_STATE,
    AttendanceAmendment,
    AttendanceLock,
    AttendanceRecord,
    AttendanceState,
)
from app.calendars.days import local_day
from app.calendars.models import Term
from app.lessons.models import Lesson, LessonSite
from app.lessons.queries import bounds_of
from app.schools.models import Classroom
from app.schools.queries import schools_within
from app.security import Scope

_TO_LOCK = [
    state for state, after in NEXT_ATTENDANCE_STATE.items() if AttendanceState.LOCKED in after
]


async def lock_term(
    db: AsyncSession, *, term: Term, person_id: UUID, now: datetime
) -> tuple[AttendanceLock, int]:
    """Lock the closed rows of a term's lessons at the sites of its region; return how many.

    It may be done again, for lessons that were still open. Raise TermNotOver before its last day
    is over.
    """
    if local_day(now) <= term.ends_on:
        raise TermNotOver(f"{term.name} ends on {term.ends_on}. Lock it from the day after.")
    lock = AttendanceLock(term_id=term.id, person_id=person_id, at=now)
    db.add(lock)
    await db.flush()
    start, _ = bounds_of(term.starts_on)
    _, end = bounds_of(term.ends_on)
    schools = schools_within(Scope(region_ids=frozenset({term.region_id})))
    sites = (
        select(LessonSite.id)
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .join(Classroom, LessonSite.classroom_id == Classroom.id)
        .where(
            Lesson.planned_start >= start,
            Lesson.planned_start < end,
            Classroom.school_id.in_(schools),
        )
    )
    locked = await db.scalars(
        update(AttendanceRecord)
        .where(
            AttendanceRecord.state.in_(_TO_LOCK),
            AttendanceRecord.lesson_site_id.in_(sites),
        )
        .values(state=AttendanceState.LOCKED, locked_by_id=lock.id)
        .returning(AttendanceRecord.id)
        .execution_options(synchronize_session=False)
    )
    count = len(locked.all())
    await delivered.refresh(db, schools=schools, first=term.starts_on, last=term.ends_on)
    return lock, count


async def amend(
    db: AsyncSession,
    *,
    record_id: UUID,
    person_id: UUID,
    is_counted: bool | None,
    headcount: int | None,
    reason: str,
    now: datetime,
) -> AttendanceAmendment:
    """Say what holds of a row instead; None: as it is. The row itself stays as it was closed.

    Raise NotToAmend while the lesson runs, NothingAmended when it says what holds already.
    """
    # The row's lock: amendments of one row come one after another (SQLite: the file's).
    await db.execute(
        update(AttendanceRecord)
        .where(AttendanceRecord.id == record_id)
        .values(interruptions=AttendanceRecord.interruptions)
        .execution_options(synchronize_session=False)
    )
    record = await db.get_one(AttendanceRecord, record_id, populate_existing=True)
    if record.state is AttendanceState.OPEN:
        raise NotToAmend("The lesson is not over. Its attendance is closed at its end.")
    earlier = await queries.amendments_of(db, record_id)
    last = earlier[-1] if earlier else None
    counted_before = record.is_counted if last is None else last.new_is_counted
    heads_before = record.headcount if last is None else last.new_headcount
    amendment = AttendanceAmendment(
        record_id=record_id,
        number=len(earlier) + 1,
        person_id=person_id,
        at=now,
        reason=reason,
        old_is_counted=counted_before,
        new_is_counted=counted_before if is_counted is None else is_counted,
        old_headcount=heads_before,
        new_headcount=heads_before if headcount is None else headcount,
    )
    if (amendment.new_is_counted, amendment.new_headcount) == (counted_before, heads_before):
        raise NothingAmended("This is what holds already. Say what should hold instead.")
    db.add(amendment)
    await delivered.refresh_of_records(db, [record_id])
    return amendment
