"""What the hubs of the demonstration county offer this term, and a week around today.

The courses are to be planned (`/admin/planning`): two fit, and one that Yunling passes on to
Zhuxi (一点带多点); one cannot, for its hub and Yunling have no thirty-five minutes in common. The
week has lessons to come after school, one that is cancelled and one that is made up; those that
were held are `app.demo_coverage`'s.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import queries as accounts
from app.calendars.days import local_day
from app.calendars.queries import term_on
from app.clock import DISPLAY_ZONE
from app.codes import service as codes
from app.codes.models import CodeKind
from app.demo import HUB, HUB_CLASSROOM, LESSON, POINT_CLASSROOM, POINTS, REGIONS
from app.demo_alliances import SECOND_HUB
from app.lessons import changes
from app.lessons import service as lessons
from app.lessons.changes import By
from app.lessons.clashes import Claim, clashes
from app.lessons.models import CourseOffering, Lesson, LessonKind, OfferingSite
from app.lessons.timetable_queries import planned_lessons
from app.schools import queries as schools_queries
from app.schools import service as schools
from app.schools.models import School

FRIDAY = 5


@dataclass(frozen=True, slots=True)
class Course:
    """A course of the demonstration. `passed_on`: which of its points passes it on to whom."""

    name: str
    subject: str
    grade_no: int
    hub: str
    lecturer: str
    periods_a_week: int
    points: tuple[str, ...]
    passed_on: tuple[tuple[str, str], ...] = ()


YUNLING, ZHUXI = POINTS[3:]
COURSES = (
    Course("三年级音乐", "music", 3, HUB, "demo-wang", 2, POINTS[:4]),
    Course("四年级美术", "fine_art", 4, HUB, "demo-zhao", 2, POINTS[:3]),
    Course("五年级英语", "english", 5, SECOND_HUB, "demo-zhao", 2, (YUNLING, ZHUXI)),
    Course("二年级音乐", "music", 2, HUB, "demo-wang", 1, (YUNLING,), ((YUNLING, ZHUXI),)),
)


async def prepare(db: AsyncSession, *, now: datetime) -> None:
    """Open the courses of the term of today, unless there are some, or there is no term."""
    region = await schools_queries.region_by_code(db, REGIONS[-1][0])
    assert region is not None
    if await db.scalar(select(CourseOffering.id).limit(1)) is not None:
        return
    term = await term_on(db, region.id, local_day(now))
    if term is None:
        return
    known = {
        school.name: school
        for school in await db.scalars(select(School).where(School.region_id == region.id))
    }
    words = await codes.catalogue(db)
    for course in COURSES:
        account = await accounts.account_by_username(db, course.lecturer)
        assert account is not None
        room = await schools.ensure_classroom(db, school=known[course.hub], name=HUB_CLASSROOM)
        rooms = {
            point: await schools.ensure_classroom(db, school=known[point], name=POINT_CLASSROOM)
            for point in (*course.points, *(end for _, end in course.passed_on))
        }
        offering = CourseOffering(
            name=course.name,
            kind=LessonKind.DELIVERY,
            hub_school_id=known[course.hub].id,
            hub_classroom_id=room.id,
            lecturer_id=account.person_id,
            subject_id=words.stored(CodeKind.SUBJECT, course.subject).id,
            grade_no=course.grade_no,
            language="zh",
            term_id=term.id,
            periods_a_week=course.periods_a_week,
            sites=[
                *(OfferingSite(classroom_id=rooms[point].id) for point in course.points),
                *(
                    OfferingSite(classroom_id=rooms[end].id, through_id=rooms[middle].id)
                    for middle, end in course.passed_on
                ),
            ],
        )
        db.add(offering)
    await db.flush()


@dataclass(frozen=True, slots=True)
class Told:
    """A lesson of the demonstration week, `days` school days from today, after the last bell."""

    title: str
    subject: str
    grade: str
    lecturer: str
    days: int
    points: tuple[str, ...]


COMING = (
    Told("剪窗花", "美术", "四年级", "demo-zhao", 1, POINTS[:3]),
    Told("春天在哪里", "音乐", "三年级", "demo-wang", 3, POINTS[:4]),
)
CANCELLED = Told("水墨游戏", "美术", "五年级", "demo-zhao", 2, POINTS[:3])
# It was to be yesterday.
MADE_UP = Told("唱山歌", "音乐", "四年级", "demo-wang", -1, POINTS[:2])
MADE_UP_AFTER_DAYS = 4
# 课后服务: the planner's courses lie within the bells, and these are not in their way.
AFTER_SCHOOL = time(16, 30)


async def prepare_week(db: AsyncSession, *, now: datetime) -> None:
    """Add to the week around today some lessons to come, one cancelled and one made up.

    Made once; as long as one of them still lies ahead there is nothing to do. What somebody
    planned for the same people and classrooms goes before it.
    """
    titles = [told.title for told in (*COMING, CANCELLED, MADE_UP)]
    ahead = select(Lesson.id).where(Lesson.title.in_(titles), Lesson.planned_start > now)
    if await db.scalar(ahead.limit(1)) is not None:
        return
    for told in COMING:
        await _plan(db, told, now=now)
    keeper = await accounts.account_by_username(db, "demo-li")
    assert keeper is not None
    by = By(keeper.person_id, now)
    cancelled = await _plan(db, CANCELLED, now=now)
    if cancelled is not None:
        await changes.cancel(db, cancelled, reason="乡镇停电检修", by=by)
    again = await _claim(db, replace(MADE_UP, days=MADE_UP_AFTER_DAYS), now=now)
    if await clashes(db, [again]):
        return
    before = await _plan(db, MADE_UP, now=now)
    if before is not None:
        await changes.cancel(db, before, reason="主讲教师外出培训", by=by)
        await changes.make_up(
            db, before, starts_at=again.starts_at, ends_at=again.ends_at, lecturer_id=None, now=now
        )


def _school_day(now: datetime, days: int) -> date:
    """Return the day so many days of Monday to Friday from today."""
    day, step = local_day(now), 1 if days > 0 else -1
    for _ in range(abs(days)):
        day += timedelta(days=step)
        while day.isoweekday() > FRIDAY:
            day += timedelta(days=step)
    return day


def _after_school(now: datetime, days: int) -> datetime:
    return datetime.combine(_school_day(now, days), AFTER_SCHOOL, DISPLAY_ZONE)


async def _claim(db: AsyncSession, told: Told, *, now: datetime) -> Claim:
    account = await accounts.account_by_username(db, told.lecturer)
    assert account is not None
    hub = (await db.scalars(select(School).where(School.name == HUB))).one()
    points = await db.scalars(select(School).where(School.name.in_(told.points)))
    rooms = [
        await schools.ensure_classroom(db, school=point, name=POINT_CLASSROOM) for point in points
    ]
    start = _after_school(now, told.days)
    return Claim(
        title=told.title,
        starts_at=start,
        ends_at=start + LESSON,
        people=frozenset({account.person_id}),
        classrooms=frozenset(room.id for room in rooms),
        lines=frozenset({hub.id}),
    )


async def _plan(db: AsyncSession, told: Told, *, now: datetime) -> Lesson | None:
    """Plan a lesson and return it with all that a timetable shows; None: something is there."""
    claim = await _claim(db, told, now=now)
    if await clashes(db, [claim]):
        return None
    (lecturer_id,) = claim.people
    (hub_id,) = claim.lines
    lesson = await lessons.plan_lesson(
        db,
        kind=LessonKind.DELIVERY,
        title=told.title,
        subject=told.subject,
        grade=told.grade,
        hub_school_id=hub_id,
        lecturer_id=lecturer_id,
        classroom_ids=sorted(claim.classrooms),
        planned_start=claim.starts_at,
        planned_end=claim.ends_at,
    )
    lesson.is_after_school = True
    await db.flush()
    return (
        await db.scalars(
            planned_lessons()
            .where(Lesson.id == lesson.id)
            .execution_options(populate_existing=True)
        )
    ).one()
