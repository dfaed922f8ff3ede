"""What the hubs of the demonstration county offer this term, to be planned (`/admin/planning`).

Two courses fit; the third cannot: its hub and Yunling have no thirty-five minutes in common.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import queries as accounts
from app.calendars.models import Term
from app.codes import service as codes
from app.codes.models import CodeKind
from app.demo import HUB, HUB_CLASSROOM, POINT_CLASSROOM, POINTS, REGIONS
from app.demo_alliances import SECOND_HUB
from app.lessons.models import CourseOffering, LessonKind, OfferingSite
from app.schools import queries as schools_queries
from app.schools import service as schools
from app.schools.models import School

COURSES = (
    ("三年级音乐", "music", 3, HUB, "demo-wang", 2, POINTS[:4]),
    ("四年级美术", "fine_art", 4, HUB, "demo-zhao", 2, POINTS[:3]),
    ("五年级英语", "english", 5, SECOND_HUB, "demo-zhao", 2, POINTS[3:]),
)


async def prepare(db: AsyncSession) -> None:
    """Open the courses, unless there are some."""
    region = await schools_queries.region_by_code(db, REGIONS[-1][0])
    assert region is not None
    if await db.scalar(select(CourseOffering.id).limit(1)) is not None:
        return
    term = (await db.scalars(select(Term).where(Term.region_id == region.id))).one()
    known = {
        school.name: school
        for school in await db.scalars(select(School).where(School.region_id == region.id))
    }
    words = await codes.catalogue(db)
    for name, subject, grade_no, hub, username, periods, points in COURSES:
        account = await accounts.account_by_username(db, username)
        assert account is not None
        room = await schools.ensure_classroom(db, school=known[hub], name=HUB_CLASSROOM)
        rooms = [
            await schools.ensure_classroom(db, school=known[point], name=POINT_CLASSROOM)
            for point in points
        ]
        offering = CourseOffering(
            name=name,
            kind=LessonKind.DELIVERY,
            hub_school_id=known[hub].id,
            hub_classroom_id=room.id,
            lecturer_id=account.person_id,
            subject_id=words.stored(CodeKind.SUBJECT, subject).id,
            grade_no=grade_no,
            language="zh",
            term_id=term.id,
            periods_a_week=periods,
            sites=[OfferingSite(classroom_id=each.id) for each in rooms],
        )
        db.add(offering)
    await db.flush()
