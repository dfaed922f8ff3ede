"""What a lesson and its sites come to by their rows: verified, credited, counted.

These states follow from the rows, so whatever changes what holds of a row asks for them anew.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.attendance.models import AttendanceRecord, AttendanceState, Session
from app.attendance.rows import IS_COUNTED, Newest, newest
from app.lessons import service as lessons
from app.lessons.models import JUST_OVER, LessonSite, LessonState, SiteState


async def whole(db: AsyncSession, session_ids: Sequence[UUID]) -> Sequence[Session]:
    """Return sessions as the database has them now, with their lessons."""
    query = select(Session).where(Session.id.in_(session_ids)).options(joinedload(Session.lesson))
    return (await db.scalars(query.execution_options(populate_existing=True))).all()


async def move_on(db: AsyncSession, session_ids: Sequence[UUID]) -> None:
    """Bring the lessons of which every row is locked to what their rows come to.

    CREDITED while a row counts, as corrected, else VERIFIED; either may become the other.
    """
    await db.flush()
    is_open = exists().where(
        AttendanceRecord.session_id == Session.id, AttendanceRecord.state != AttendanceState.LOCKED
    )
    counts = await db.scalars(
        select(AttendanceRecord.session_id)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .outerjoin(Newest, newest())
        .where(AttendanceRecord.session_id.in_(session_ids), IS_COUNTED.is_(True))
    )
    counted = set(counts)
    done = select(Session.id).where(Session.id.in_(session_ids), ~is_open)
    for session in await whole(db, list(await db.scalars(done))):
        lesson = session.lesson
        if lesson.state in JUST_OVER:
            lessons.move(lesson, LessonState.VERIFIED)
        comes_to = LessonState.CREDITED if session.id in counted else LessonState.VERIFIED
        if lesson.state is not comes_to:
            lessons.move(lesson, comes_to)
    await db.flush()


async def follow_correction(db: AsyncSession, record: AttendanceRecord) -> None:
    """Bring a site, and its lesson if that is locked, to what holds of its row as corrected."""
    await db.flush()
    is_counted = await db.scalar(
        select(IS_COUNTED)
        .select_from(AttendanceRecord)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .outerjoin(Newest, newest())
        .where(AttendanceRecord.id == record.id)
    )
    site = await db.get_one(LessonSite, record.lesson_site_id)
    site.state = SiteState.COUNTED if is_counted else SiteState.NOT_COUNTED
    if record.state is AttendanceState.LOCKED:
        await move_on(db, [record.session_id])
