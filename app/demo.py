"""The demonstration county: invented, whole, and always with a lesson that can start now.

Only `classrooms demo` calls this, and only on a database without other accounts: its links sign
in without a password.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import queries as accounts_queries
from app.accounts import service as accounts
from app.accounts.models import Account, AccountState, LinkPurpose
from app.lessons import service as lessons
from app.lessons.models import Lesson, LessonKind
from app.lessons.queries import bounds_of, day_of
from app.schools import queries as schools_queries
from app.schools import service as schools
from app.schools.models import Classroom, School
from app.security import Role

# Codes no statistical code begins with, so that nobody takes the county for a real one.
REGIONS = (("990000", "示范省"), ("990100", "示范市"), ("990121", "示范县"))
TEACHING_POINT = "218"
PRIMARY_SCHOOL = "211"
HUB = "示范中心小学"
POINTS = ("示范一村小", "示范二村小", "示范三村小", "云岭教学点", "竹溪教学点")
HUB_CLASSROOM, POINT_CLASSROOM = "主讲教室", "多媒体教室"
LINKS_LAST = timedelta(hours=12)
LESSON = timedelta(minutes=40)
# Fewer minutes left than these make a poor trial: a fresh lesson is added.
ENOUGH_LEFT = timedelta(minutes=25)
ENROLMENTS_PER_LINK = 1000


class NotADemonstration(Exception):
    """The database has accounts of its own; the demonstration stays out of it."""


@dataclass(frozen=True, slots=True)
class Staff:
    """A person of the demonstration and what she is."""

    username: str
    name: str
    role: Role
    is_at_hub: bool


STAFF = (
    Staff("demo-wang", "王老师", Role.TEACHER, is_at_hub=True),
    Staff("demo-zhao", "赵老师", Role.TEACHER, is_at_hub=True),
    Staff("demo-li", "李主任", Role.ADMINISTRATOR, is_at_hub=False),
    Staff("demo-chen", "陈督学", Role.SUPERVISOR, is_at_hub=False),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A lesson of every demonstration day, `starts_in` from the moment the day is made."""

    kind: LessonKind
    title: str
    subject: str
    grade: str
    lecturer: str
    starts_in: timedelta
    sites: tuple[str, ...]


NOW_LESSON = Plan(
    LessonKind.DELIVERY, "小雨沙沙", "音乐", "三年级", "demo-wang", timedelta(0), POINTS[:3]
)
LATER_LESSONS = (
    Plan(
        LessonKind.MASTER,
        "认识周长",
        "数学",
        "三年级",
        "demo-wang",
        timedelta(hours=1),
        POINTS[:4],
    ),
    Plan(
        LessonKind.ELITE,
        "山村的四季",
        "美术",
        "四年级",
        "demo-zhao",
        timedelta(hours=2),
        POINTS,
    ),
)


@dataclass(frozen=True, slots=True)
class DemoLinks:
    """What to open: (host label, path with token) of each browser of the trial."""

    teacher: str
    administrator: str
    supervisor: str
    classrooms: tuple[tuple[str, str], ...]


async def prepare(db: AsyncSession, *, now: datetime) -> DemoLinks:
    """Make the county if it is not there, top up today's lessons, and return fresh links.

    Raise NotADemonstration.
    """
    await _refuse_real_database(db)
    hub, points = await _schools(db)
    people = await _staff(db, hub, now)
    classrooms = await _classrooms(db, points)
    await _top_up_lessons(db, hub, people, classrooms, now)
    return DemoLinks(
        teacher=await _sign_in_path(db, people["demo-wang"], now),
        administrator=await _sign_in_path(db, people["demo-li"], now),
        supervisor=await _sign_in_path(db, people["demo-chen"], now),
        classrooms=tuple(
            [(name, await _enrol_path(db, classrooms[name], now)) for name in NOW_LESSON.sites]
        ),
    )


async def _refuse_real_database(db: AsyncSession) -> None:
    ours = [each.username for each in STAFF]
    other = await db.scalar(select(Account.username).where(Account.username.not_in(ours)).limit(1))
    if other is not None:
        raise NotADemonstration(
            "This database has accounts that are not the demonstration's; "
            "choose another one with CLASSROOMS_DATABASE_URL or CLASSROOMS_VAR_DIR."
        )


async def _schools(db: AsyncSession) -> tuple[School, list[School]]:
    region = None
    for code, name in REGIONS:
        region = await schools_queries.region_by_code(db, code) or await schools.create_region(
            db, code=code, name=name, parent=region
        )
    assert region is not None
    there = {
        school.name: school
        for school in await db.scalars(select(School).where(School.region_id == region.id))
    }
    hub = there.get(HUB) or await schools.create_school(
        db, name=HUB, category=PRIMARY_SCHOOL, region=region
    )
    points = [
        there.get(name)
        or await schools.create_school(
            db, name=name, category=TEACHING_POINT, region=region, parent=hub
        )
        for name in POINTS
    ]
    await schools.ensure_classroom(db, school=hub, name=HUB_CLASSROOM)
    return hub, points


async def _classrooms(db: AsyncSession, points: Sequence[School]) -> dict[str, Classroom]:
    return {
        point.name: await schools.ensure_classroom(db, school=point, name=POINT_CLASSROOM)
        for point in points
    }


async def _staff(db: AsyncSession, hub: School, now: datetime) -> dict[str, Account]:
    people = {}
    for each in STAFF:
        account = await accounts_queries.account_by_username(db, each.username)
        if account is None:
            account = await accounts.create_person(
                db,
                name=each.name,
                username=each.username,
                school_id=hub.id if each.is_at_hub else None,
                now=now,
            )
            accounts.move(account, AccountState.ACTIVE)
            await accounts.grant(
                db,
                person_id=account.person_id,
                role=each.role,
                region_id=None if each.is_at_hub else hub.region_id,
                school_id=hub.id if each.is_at_hub else None,
            )
        people[each.username] = account
    return people


async def _top_up_lessons(
    db: AsyncSession,
    hub: School,
    people: dict[str, Account],
    classrooms: dict[str, Classroom],
    now: datetime,
) -> None:
    start, end = bounds_of(day_of(now))
    today = list(
        await db.scalars(
            select(Lesson).where(
                Lesson.hub_school_id == hub.id,
                Lesson.planned_start >= start,
                Lesson.planned_start < end,
            )
        )
    )
    plans = []
    if not any(_can_be_tried(lesson, now) for lesson in today if lesson.title == NOW_LESSON.title):
        plans.append(NOW_LESSON)
    titles = {lesson.title for lesson in today}
    plans += [plan for plan in LATER_LESSONS if plan.title not in titles]
    for plan in plans:
        # On the full five minutes before; late at night the later ones would be tomorrow's.
        begin = _on_five_minutes(now) + plan.starts_in
        if day_of(begin) != day_of(now):
            begin = _on_five_minutes(now)
        await lessons.plan_lesson(
            db,
            kind=plan.kind,
            title=plan.title,
            subject=plan.subject,
            grade=plan.grade,
            hub_school_id=hub.id,
            lecturer_id=people[plan.lecturer].person_id,
            classroom_ids=[classrooms[name].id for name in plan.sites],
            planned_start=begin,
            planned_end=begin + LESSON,
        )


def _can_be_tried(lesson: Lesson, now: datetime) -> bool:
    return lesson.state.is_live or (
        lessons.can_start(lesson, now) and lesson.planned_end - now >= ENOUGH_LEFT
    )


def _on_five_minutes(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute - moment.minute % 5, second=0, microsecond=0)


async def _sign_in_path(db: AsyncSession, account: Account, now: datetime) -> str:
    token = await accounts.make_link(
        db,
        account_id=account.id,
        purpose=LinkPurpose.DEMONSTRATION,
        lifetime=LINKS_LAST,
        now=now,
    )
    return f"/enter#{token}"


async def _enrol_path(db: AsyncSession, classroom: Classroom, now: datetime) -> str:
    code, _ = await schools.issue_code(
        db, classroom_id=classroom.id, lifetime=LINKS_LAST, now=now, uses=ENROLMENTS_PER_LINK
    )
    return f"/enrol#{code}"


def urls(links: DemoLinks, port: int) -> list[tuple[str, str]]:
    """Return what to print: (who, URL). A host of its own keeps each browser's cookies apart."""
    return [
        ("teacher / 主讲教师 王老师", f"http://teacher.localhost:{port}{links.teacher}"),
        *(
            (f"classroom / 教室 {name}", f"http://class-{number}.localhost:{port}{path}")
            for number, (name, path) in enumerate(links.classrooms, start=1)
        ),
        ("administrator / 管理员 李主任", f"http://admin.localhost:{port}{links.administrator}"),
        ("supervisor / 巡课 陈督学", f"http://supervisor.localhost:{port}{links.supervisor}"),
    ]
