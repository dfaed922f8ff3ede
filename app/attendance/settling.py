"""What follows a lesson: its rows are confirmed, objected to, and corrected beside, never edited.

Whatever is said of a row is written into the lesson's chain of events too.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import crediting, delivered, queries
from app.attendance.errors import NothingAmended, NotToAmend, NotToConfirm, OnlyObserves
from app.attendance.heads import report_heads
from app.attendance.journal import (
    ADMINISTRATOR,
    NewEvent,
    RowEventType,
    append,
    lock,
    on_clock,
)
from app.attendance.models import (
    NEXT_ATTENDANCE_STATE,
    AttendanceAmendment,
    AttendanceRecord,
    AttendanceState,
    Session,
)
from app.attendance.seats import site_seat, supervisor_seat
from app.errors import NotFound, WrongState
from app.lessons import service as lessons
from app.lessons.models import JUST_OVER, LessonSite, LessonState, SiteMode


async def confirm_headcount(
    db: AsyncSession,
    *,
    lesson_id: UUID,
    classroom_id: UUID,
    count: int,
    objection: str | None = None,
    now: datetime,
) -> AttendanceRecord:
    """The assistant says, after the lesson, how many pupils were there, and confirms the row.

    With an objection to what the row says, it waits for an administrator instead. The number may
    be corrected until the row is locked at the end of term. Raise NotFound when the classroom
    was not invited, NotToConfirm before the lesson's end or after the lock.
    """
    record = await queries.record_of_classroom(db, lesson_id, classroom_id)
    if record is None:
        raise NotFound
    session = await lock(db, record.session_id)
    await db.refresh(record)
    if record.state not in {AttendanceState.AUTO_CLOSED, AttendanceState.CONFIRMED}:
        raise NotToConfirm("The head count is confirmed after the lesson, until the term's end.")
    if objection is not None and record.state is AttendanceState.CONFIRMED:
        raise NotToConfirm("The row is confirmed already. The administrator can still correct it.")
    await report_heads(db, record, count)
    record.objection = objection
    payload: dict[str, object] = {"count": count, "is_confirmation": True}
    if objection is not None:
        payload["objection"] = objection
    seat_id = site_seat(record.lesson_site_id)
    event = NewEvent("headcount", on_clock(session, now), seat_id, seat_id, payload)
    append(db, session, [event], now)
    if objection is None:
        await _confirm(db, session, record)
    await db.flush()
    return record


async def confirm_row(
    db: AsyncSession, *, record_id: UUID, person_id: UUID, headcount: int | None, now: datetime
) -> AttendanceRecord:
    """An administrator confirms a row as it is: for a classroom that did not, or objected.

    `headcount`: how many were there, None: as reported. Raise WrongState unless the row waits.
    """
    session, record = await _locked(db, record_id)
    if record.state is not AttendanceState.AUTO_CLOSED:
        raise WrongState(
            f"The row is {record.state}. Only one that waits to be confirmed can be.",
            state=record.state,
            possible=sorted(NEXT_ATTENDANCE_STATE[record.state]),
        )
    if headcount is not None:
        record.headcount, record.headcount_source = headcount, ADMINISTRATOR
        record.headcount_by_id = person_id
    said = _said(
        RowEventType.ATTENDANCE_CONFIRMED,
        record,
        by=person_id,
        clock_ms=on_clock(session, now),
        count=record.headcount,
        objection=record.objection,
    )
    append(db, session, [said], now)
    await _confirm(db, session, record)
    await db.flush()
    return record


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
    """Say what holds of a row instead; None: as it is. What was closed stays beside it.

    A row that waits to be confirmed is so by this. Raise NotToAmend while the lesson runs,
    OnlyObserves, NothingAmended when it says what holds already.
    """
    session, record = await _locked(db, record_id)
    if record.state is AttendanceState.OPEN:
        raise NotToAmend("The lesson is not over. Its attendance is closed at its end.")
    if is_counted:
        await _require_to_count(db, record)
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
    said = _said(
        RowEventType.ATTENDANCE_AMENDED,
        record,
        by=person_id,
        clock_ms=on_clock(session, now),
        number=amendment.number,
        reason=reason,
        old_is_counted=amendment.old_is_counted,
        new_is_counted=amendment.new_is_counted,
        old_headcount=amendment.old_headcount,
        new_headcount=amendment.new_headcount,
    )
    append(db, session, [said], now)
    if record.state is AttendanceState.AUTO_CLOSED:
        await _confirm(db, session, record)
    await db.flush()
    await crediting.follow_correction(db, record)
    await delivered.refresh_of_records(db, [record_id])
    return amendment


async def _require_to_count(db: AsyncSession, record: AttendanceRecord) -> None:
    """Raise OnlyObserves unless the site took part in a way that may count."""
    site = await db.get_one(LessonSite, record.lesson_site_id)
    if site.mode is SiteMode.OBSERVE:
        raise OnlyObserves(
            "The classroom was invited to observe, which counts for nothing. Invite it to the "
            "next lesson in another mode; the head count can be corrected."
        )


async def _locked(db: AsyncSession, record_id: UUID) -> tuple[Session, AttendanceRecord]:
    """Lock the lesson of a row for this transaction; return its session and the row as it is."""
    session_id = await db.scalar(
        select(AttendanceRecord.session_id).where(AttendanceRecord.id == record_id)
    )
    if session_id is None:
        raise NotFound
    session = await lock(db, session_id)
    return session, await db.get_one(AttendanceRecord, record_id, populate_existing=True)


def _said(
    kind: RowEventType, record: AttendanceRecord, *, by: UUID, clock_ms: int, **payload: object
) -> NewEvent:
    """Return the event that a person said something of a row."""
    seat_id, actor = site_seat(record.lesson_site_id), supervisor_seat(by)
    return NewEvent(kind.value, clock_ms, seat_id, actor, payload)


async def _confirm(db: AsyncSession, session: Session, record: AttendanceRecord) -> None:
    """Confirm a row; with the last one of a classroom that came, the lesson is verified."""
    record.state, record.objection = AttendanceState.CONFIRMED, None
    await db.flush()
    waiting = exists().where(
        AttendanceRecord.session_id == session.id,
        AttendanceRecord.state == AttendanceState.AUTO_CLOSED,
        AttendanceRecord.first_joined_ms.is_not(None),
    )
    is_waiting = await db.scalar(select(waiting))
    lesson = session.lesson
    if not is_waiting and lesson.state in JUST_OVER:
        lessons.move(lesson, LessonState.VERIFIED)
