"""A county for one lesson: a hub, as many teaching points as wanted, everybody signed in."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from app import migrations
from app.accounts import service as accounts
from app.accounts.models import AccountState
from app.accounts.service import Browser, Lifetimes
from app.clock import utc_now
from app.database import Database
from app.events import EventBus
from app.lessons import service as lessons
from app.lessons.models import LessonKind, LessonState
from app.schools import service as schools
from app.schools.models import Classroom, Region
from app.security import DEVICE_COOKIE, PERSON_COOKIE, Role

_LIFETIMES = Lifetimes(idle=timedelta(hours=2), absolute=timedelta(hours=12))
_BROWSER = Browser("127.0.0.1", "impairment run")
_LESSON = timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class School:
    """Lessons that may start now, and the cookies of those who may enter them."""

    lesson_ids: tuple[str, ...]
    teacher: dict[str, str]
    classrooms: tuple[dict[str, str], ...]


async def prepare(
    folder: Path, *, classrooms: int, lesson_count: int = 1, url: str | None = None
) -> School:
    """Make the database in `folder` and everything in it; the server must not run yet.

    `url` is that of another database, which must be empty.
    """
    [made] = await prepare_hubs(
        folder, hubs=1, classrooms=classrooms, lesson_count=lesson_count, url=url
    )
    return made


async def prepare_hubs(
    folder: Path, *, hubs: int, classrooms: int, lesson_count: int = 1, url: str | None = None
) -> list[School]:
    """Do the same for several hubs, each with teacher, classrooms and lessons of its own."""
    database = Database(url or database_url(folder), EventBus())
    try:
        await migrations.upgrade(database.engine, backups=folder / "backups")
        async with database.unit_of_work() as db:
            region = await schools.create_region(db, code="990121", name="示范县", parent=None)
            return [
                await _prepare(db, region, number, classrooms, lesson_count)
                for number in range(1, hubs + 1)
            ]
    finally:
        await database.close()


def database_url(folder: Path) -> str:
    """Return the URL of the database in a server's folder."""
    return f"sqlite+aiosqlite:///{folder}/classrooms.db"


async def _prepare(
    db: AsyncSession, region: Region, number_of_hub: int, classrooms: int, lesson_count: int
) -> School:
    now = utc_now()
    which = "" if number_of_hub == 1 else str(number_of_hub)
    hub = await schools.create_school(
        db, name=f"示范中心小学{which}", category="211", region=region
    )
    rooms: list[Classroom] = []
    cookies: list[dict[str, str]] = []
    for number in range(1, classrooms + 1):
        point = await schools.create_school(
            db, name=f"示范{number}村小{which}", category="218", region=region, parent=hub
        )
        room = await schools.ensure_classroom(db, school=point, name="多媒体教室")
        code, _ = await schools.issue_code(
            db, classroom_id=room.id, lifetime=timedelta(hours=1), now=now
        )
        enrolled = await schools.enrol(db, code=code, user_agent="a light seat", now=now)
        assert enrolled.credential is not None, "a new device is given one"
        rooms.append(room)
        cookies.append({DEVICE_COOKIE: enrolled.credential})
    account = await accounts.create_person(
        db, name="王老师", username=f"wang{which}", school_id=hub.id, now=now
    )
    accounts.move(account, AccountState.ACTIVE)
    await accounts.grant(
        db, person_id=account.person_id, role=Role.TEACHER, region_id=None, school_id=hub.id
    )
    token = accounts.start_session(
        db, account=account, browser=_BROWSER, lifetimes=_LIFETIMES, now=now
    )
    lesson_ids = []
    for number in range(lesson_count):
        lesson = await lessons.plan_lesson(
            db,
            kind=LessonKind.DELIVERY,
            title=f"小雨沙沙 {number + 1}",
            subject="音乐",
            grade="三年级",
            hub_school_id=hub.id,
            lecturer_id=account.person_id,
            classroom_ids=[room.id for room in rooms],
            planned_start=now,
            planned_end=now + _LESSON,
        )
        lesson.state = LessonState.PUBLISHED
        lesson_ids.append(str(lesson.id))
    return School(tuple(lesson_ids), {PERSON_COOKIE: token}, tuple(cookies))
