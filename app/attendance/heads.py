"""Head counts: who reported how many pupils were there."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance.journal import ASSISTANT
from app.attendance.models import AttendanceRecord
from app.lessons.models import LessonSite


async def report_heads(db: AsyncSession, record: AttendanceRecord, count: int) -> None:
    """Write down what a classroom reports: for it, the assistant its lesson names, if any."""
    site = await db.get_one(LessonSite, record.lesson_site_id)
    record.headcount, record.headcount_source = count, ASSISTANT
    record.headcount_by_id = site.assistant_id
