"""What words of lessons mean is changed: the facts that rest on them are written anew."""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import delivered
from app.attendance.delivered import ORIGIN_ID, Origin, Words
from app.attendance.models import AttendanceRecord
from app.codes import service as codes
from app.codes.catalogue import Catalogue
from app.lessons.models import Lesson, LessonSite


async def follow(db: AsyncSession, before: Catalogue) -> None:
    """Write anew the facts of lessons whose words meant something else `before`.

    Implements `app.codes.service.Follow`: in the transaction that changes the code sets.
    """
    rows = await db.execute(select(Lesson.subject, Lesson.grade).distinct())
    used = [(row.subject, row.grade) for row in rows]
    then, now = Words.of(used, before), Words.of(used, await codes.catalogue(db))
    subjects = {word for word, _ in used if then.subjects.get(word) != now.subjects.get(word)}
    grades = {word for _, word in used if then.grades.get(word) != now.grades.get(word)}
    if not subjects and not grades:
        return
    await delivered.refresh_of_records(
        db,
        select(AttendanceRecord.id)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .join(Origin, Origin.id == ORIGIN_ID)
        .where(or_(Origin.subject.in_(subjects), Origin.grade.in_(grades))),
    )
