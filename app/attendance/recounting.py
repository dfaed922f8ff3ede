"""Facts an upgrade found stale are counted anew, school by school, while the platform serves.

A migration that changes what the facts say asks for it by a row, and leaves the facts: the rows
they follow are many, and no lesson shall wait for them. A job does some schools in a transaction,
in the order of their ids, and keeps how far it is; killed, it goes on from there. What lessons
write of their schools meanwhile is as right as ever. While the row is there, figures are refused:
some would be of before, some of after.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import String, false, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.attendance import delivered
from app.attendance.delivered import PERIODS
from app.attendance.errors import FiguresBeingCounted
from app.calendars.days import local_day
from app.database import Base
from app.jobs.context import JobContext, JobResult
from app.lessons.models import Lesson
from app.schools.models import School

KIND = "attendance.recount"
EVERY = timedelta(minutes=5)
# A lesson that ends at one of these waits until they are done.
AT_ONCE = 100
RETRY_AFTER_S = 30


class Recount(Base):
    """A table of facts that is to be counted anew. `reached_id`: done up to this school's id."""

    __tablename__ = "recounts"

    what: Mapped[str] = mapped_column(String(32), primary_key=True)
    reached_id: Mapped[UUID | None]


async def require_counted(db: AsyncSession) -> None:
    """Raise FiguresBeingCounted while facts are stale."""
    due = await db.get(Recount, PERIODS.name, populate_existing=True)
    if due is None:
        return
    done, schools = await _progress(db, due)
    raise FiguresBeingCounted(
        f"After an upgrade they are counted anew: {done} of {schools} schools are done.",
        retry_after_s=RETRY_AFTER_S,
        done=done,
        schools=schools,
    )


async def _progress(db: AsyncSession, due: Recount) -> tuple[int, int]:
    """Return how many schools are done, of how many."""
    is_done = false() if due.reached_id is None else School.id <= due.reached_id
    row = (await db.execute(select(func.count().filter(is_done), func.count(School.id)))).one()
    return row[0], row[1]


async def recount(context: JobContext) -> JobResult:
    """Count the facts anew, if that is asked for; a job's handler."""
    schools = 0
    while True:
        async with context.database.unit_of_work() as db:
            await context.hold(db)
            due = await db.get(Recount, PERIODS.name, with_for_update=True)
            if due is None:
                return JobResult({"schools": schools})
            some = await _next(db, due)
            days = await _days(db)
            if not some or days is None:
                await db.delete(due)
                return JobResult({"schools": schools})
            await delivered.refresh(db, schools=some, first=days[0], last=days[1])
            due.reached_id = some[-1]
            await db.flush()
            done, total = await _progress(db, due)
        schools += len(some)
        await context.progress(done, total)


async def _next(db: AsyncSession, due: Recount) -> Sequence[UUID]:
    query = select(School.id).order_by(School.id).limit(AT_ONCE)
    if due.reached_id is not None:
        query = query.where(School.id > due.reached_id)
    return (await db.scalars(query)).all()


async def _days(db: AsyncSession) -> tuple[date, date] | None:
    """Return the first and the last day there may be facts of; None: there are no lessons."""
    begin = await db.scalar(select(func.min(Lesson.planned_start)))
    end = await db.scalar(select(func.max(Lesson.planned_start)))
    if begin is None or end is None:
        return None
    first = await db.scalar(select(func.min(PERIODS.c.week_on)))
    last = await db.scalar(select(func.max(PERIODS.c.week_on)))
    days = (local_day(begin), local_day(end))
    return min(days[0], first or days[0]), max(days[1], last or days[1])
