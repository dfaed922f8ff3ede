"""Makes rows for tests: every argument but the point of the test has a default."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.models import Account, AccountState
from app.accounts.service import Browser, Lifetimes
from app.lessons import service as lessons
from app.lessons.models import Lesson, LessonKind, LessonState
from app.lessons.queries import get_lesson
from app.schools import service as schools
from app.schools.models import Classroom, Device, Region, School, SchoolClass
from app.security import Role, hash_token, new_token

# A Monday, 10:00 in Beijing: a school day, far from midnight in both zones.
NOON = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
LIFETIMES = Lifetimes(idle=timedelta(hours=2), absolute=timedelta(hours=12))
HERE = Browser("127.0.0.1", "a test")

TEACHING_POINT = "218"  # in the ministry's table of school categories

_number = count(1)
_region = count(1)


def unlike(prefix: str) -> str:
    """Return a name nothing else has."""
    return f"{prefix}{next(_number)}"


async def make_region(db: AsyncSession, *, parent: Region | None = None, name: str = "") -> Region:
    """A region with a code of its own."""
    # Four digits are enough for the regions of one test, and all tests together make more.
    code = f"99{next(_region) % 10_000:04d}"
    return await schools.create_region(db, code=code, name=name or unlike("县"), parent=parent)


async def make_school(
    db: AsyncSession, region: Region, *, parent: School | None = None, name: str = ""
) -> School:
    """A primary school; a teaching point when it has a parent."""
    return await schools.create_school(
        db,
        name=name or unlike("小学"),
        category=TEACHING_POINT if parent else "211",
        region=region,
        parent=parent,
    )


async def make_classroom(db: AsyncSession, school: School, *, name: str = "") -> Classroom:
    """A classroom."""
    return await schools.ensure_classroom(db, school=school, name=name or unlike("教室"))


async def make_device(
    db: AsyncSession,
    classroom: Classroom,
    *,
    now: datetime = NOON,
    last_seen_at: datetime | None = None,
) -> tuple[Device, str]:
    """A device enrolled an hour ago, and its credential."""
    credential = new_token()
    device = Device(
        classroom_id=classroom.id,
        name=unlike("终端"),
        credential_hash=hash_token(credential),
        enrolled_at=now - timedelta(hours=1),
        last_seen_at=last_seen_at,
    )
    db.add(device)
    await db.flush()
    return device, credential


async def make_class(
    db: AsyncSession, school_id: UUID, *, name: str = "新来的班", grade_no: int = 3, pupils: int = 9
) -> SchoolClass:
    """A class of a primary school, in the school year that ends in 2026."""
    made = SchoolClass(
        school_id=school_id,
        name=name,
        stage="2",
        grade_no=grade_no,
        entry_year=2026 - grade_no,
        pupil_count=pupils,
        language_of_instruction="zh",
    )
    db.add(made)
    await db.flush()
    return made


async def make_person(
    db: AsyncSession,
    *,
    role: Role | None = None,
    region: Region | None = None,
    school: School | None = None,
    name: str = "",
    state: AccountState = AccountState.ACTIVE,
    password_hash: str | None = None,
    now: datetime = NOON,
) -> Account:
    """An account; with `role`, granted within `region` or else `school`."""
    account = await accounts.create_person(
        db,
        name=name or unlike("老师"),
        username=unlike("user"),
        school_id=school.id if school else None,
        now=now,
    )
    account.state = state
    account.password_hash = password_hash
    if role is not None:
        await accounts.grant(
            db,
            person_id=account.person_id,
            role=role,
            region_id=region.id if region else None,
            school_id=school.id if school and not region else None,
        )
    return account


async def sign_in(db: AsyncSession, account: Account, *, now: datetime = NOON) -> str:
    """A session's token, without a password."""
    token = accounts.start_session(db, account=account, browser=HERE, lifetimes=LIFETIMES, now=now)
    await db.flush()
    return token


async def make_lesson(
    db: AsyncSession,
    *,
    lecturer: Account,
    hub: School,
    classrooms: Sequence[Classroom] = (),
    kind: LessonKind = LessonKind.DELIVERY,
    title: str = "小雨沙沙",
    planned_start: datetime = NOON,
    minutes: int = 40,
    state: LessonState = LessonState.PUBLISHED,
) -> Lesson:
    """A published lesson, loaded whole."""
    lesson = await lessons.plan_lesson(
        db,
        kind=kind,
        title=title,
        subject="音乐",
        grade="三年级",
        hub_school_id=hub.id,
        lecturer_id=lecturer.person_id,
        classroom_ids=[classroom.id for classroom in classrooms],
        planned_start=planned_start,
        planned_end=planned_start + timedelta(minutes=minutes),
    )
    lesson.state = state
    await db.flush()
    return await get_lesson(db, lesson.id)


@dataclass(frozen=True, slots=True)
class County:
    """One tenant: region, hub, two teaching points with a classroom and a device each."""

    region: Region
    hub: School
    points: tuple[School, School]
    classrooms: tuple[Classroom, Classroom]
    devices: tuple[Device, Device]
    credentials: tuple[str, str]
    teacher: Account
    administrator: Account
    supervisor: Account


async def make_county(db: AsyncSession, *, parent: Region | None = None) -> County:
    """A whole county."""
    region = await make_region(db, parent=parent)
    hub = await make_school(db, region)
    points = (
        await make_school(db, region, parent=hub),
        await make_school(db, region, parent=hub),
    )
    classrooms = (await make_classroom(db, points[0]), await make_classroom(db, points[1]))
    (one, one_credential), (two, two_credential) = (
        await make_device(db, classrooms[0]),
        await make_device(db, classrooms[1]),
    )
    return County(
        region=region,
        hub=hub,
        points=points,
        classrooms=classrooms,
        devices=(one, two),
        credentials=(one_credential, two_credential),
        teacher=await make_person(db, role=Role.TEACHER, school=hub),
        administrator=await make_person(db, role=Role.ADMINISTRATOR, region=region),
        supervisor=await make_person(db, role=Role.SUPERVISOR, region=region),
    )
