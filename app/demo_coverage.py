"""What figures of the demonstration county rest on: classes, local timetables, lessons that came.

Eight weeks of lessons lie behind. Yunling's line fails every other week, and nobody has brought
Zhuxi any music yet: the gaps a county would want to see.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import queries as accounts
from app.attendance import delivered, rules
from app.attendance.models import AttendanceRecord, AttendanceState, NotCounted, Session
from app.calendars.days import local_day, monday_of, school_day
from app.calendars.models import Term
from app.calendars.queries import calendar_of_region, term_on
from app.codes import service as codes
from app.codes.models import CodeKind
from app.coverage import curriculum
from app.coverage.curriculum_schemas import LocalPeriodsIn
from app.coverage.models import LocalTimetable
from app.coverage.seeds import PLAN, rows_of
from app.database import uuid7
from app.demo import HUB, LESSON, POINT_CLASSROOM, POINTS, REGIONS
from app.lessons import service as lessons
from app.lessons.models import Lesson, LessonKind, LessonSite, LessonState, SiteState
from app.lessons.queries import bounds_of
from app.schools import queries as schools_queries
from app.schools import registry, rosters
from app.schools import service as schools
from app.schools.models import Classroom, Region, School, SchoolClass
from app.signing import Signer

WEEKS = 8
PRIMARY = "2"
# The grades there are at each point, with their pupils.
CLASSES = {
    POINTS[0]: {1: 9, 2: 7, 3: 11, 4: 8},
    POINTS[1]: {1: 6, 2: 8, 3: 9},
    POINTS[2]: {1: 12, 2: 10, 3: 13},
    POINTS[3]: {1: 5, 2: 4, 3: 6, 4: 3},
    POINTS[4]: {1: 4, 3: 5},
}
GRADE_WORDS = ("一年级", "二年级", "三年级", "四年级")
# What no school here has a teacher for, and what a few lack besides.
NOBODY = ("music", "fine_art")
LACKING = {POINTS[3]: ("science",), POINTS[4]: ("science", "foreign_language")}
UNSTEADY = POINTS[3]


@dataclass(frozen=True, slots=True)
class Series:
    """A lesson of every week that lies behind."""

    title: str
    subject: str
    grade: str
    lecturer: str
    weekday: int
    minute: int
    sites: tuple[str, ...]


SERIES = (
    Series("歌曲与律动", "音乐", "三年级", "demo-wang", 1, 14 * 60 + 30, POINTS[:4]),
    Series("听音乐讲故事", "音乐", "三年级", "demo-wang", 3, 14 * 60 + 30, POINTS[:4]),
    Series("纸的造型", "美术", "三年级", "demo-zhao", 2, 10 * 60 + 30, POINTS[:3]),
)


async def prepare(db: AsyncSession, signer: Signer, *, now: datetime) -> None:
    """Make them after the county, its term and the platform's curriculum, unless there are some.

    Nothing is made on a day that lies in no term.
    """
    region = await schools_queries.region_by_code(db, REGIONS[-1][0])
    assert region is not None
    if await db.scalar(select(LocalTimetable.id).limit(1)) is not None:
        return
    term = await term_on(db, region.id, local_day(now))
    if term is None:
        return
    found = await db.scalars(select(School).where(School.region_id == region.id))
    known = {school.name: school for school in found}
    for name, grades in CLASSES.items():
        for grade_no, pupils in grades.items():
            made = await _class(db, known[name], grade_no, pupils, begun=term.starts_on)
            await _timetable(db, made, term, LACKING.get(name, ()), now=now)
    await _lessons(db, region, known, term, today=local_day(now))
    await rosters.take(
        db, region=region, name=f"{term.name}教学点名册", on=local_day(now), by=None,
        signer=signer, now=now,
    )  # fmt: skip


async def _class(
    db: AsyncSession, school: School, grade_no: int, pupils: int, *, begun: date
) -> SchoolClass:
    made = await registry.add_class(
        db,
        school,
        today=begun,
        name=GRADE_WORDS[grade_no - 1],
        stage=PRIMARY,
        grade_no=grade_no,
        entry_year=begun.year - grade_no + 1,
        pupil_count=pupils,
        language_of_instruction=None,  # the usual one
    )
    await db.refresh(made, ["school"])
    return made


async def _timetable(
    db: AsyncSession, pupils: SchoolClass, term: Term, lacking: Collection[str], *, now: datetime
) -> None:
    """Hand in what the curriculum asks for, but for what nobody is there to teach."""
    words = await codes.catalogue(db)
    timetable = await curriculum.add_timetable(db, school_class=pupils, term=term, now=now)
    periods = [
        LocalPeriodsIn(
            subject_id=words.stored(CodeKind.SUBJECT, row["subject"]).id,
            periods_a_week=float(row[str(pupils.grade_no)]),
        )
        for row in rows_of(PLAN)
        if float(row[str(pupils.grade_no)]) and row["subject"] not in {*NOBODY, *lacking}
    ]
    await curriculum.save_periods(db, timetable, periods, by=None, now=now)


async def _lessons(
    db: AsyncSession, region: Region, known: Mapping[str, School], term: Term, *, today: date
) -> None:
    """Give each series in each week that lies behind, on school days of the term."""
    first = monday_of(today) - timedelta(weeks=WEEKS)
    calendar = await calendar_of_region(db, region, first=first, last=today)
    rooms = {
        name: await schools.ensure_classroom(db, school=known[name], name=POINT_CLASSROOM)
        for name in POINTS
    }
    records = []
    for week in range(WEEKS):
        for series in SERIES:
            day = first + timedelta(weeks=week, days=series.weekday)
            if day >= term.starts_on and school_day(calendar, day).runs is not None:
                records += await _lesson(db, known[HUB], rooms, series, day=day, week=week)
    await delivered.refresh_of_records(db, records)


async def _lesson(
    db: AsyncSession,
    hub: School,
    rooms: Mapping[str, Classroom],
    series: Series,
    *,
    day: date,
    week: int,
) -> list[UUID]:
    """Have a lesson be over, its rows confirmed; return the ids of those."""
    begins = bounds_of(day)[0] + timedelta(minutes=series.minute)
    account = await accounts.account_by_username(db, series.lecturer)
    assert account is not None
    lesson = await lessons.plan_lesson(
        db,
        kind=LessonKind.DELIVERY,
        title=series.title,
        subject=series.subject,
        grade=series.grade,
        hub_school_id=hub.id,
        lecturer_id=account.person_id,
        classroom_ids=[rooms[name].id for name in series.sites],
        planned_start=begins,
        planned_end=begins + LESSON,
    )
    lesson.state = LessonState.VERIFIED
    lesson.started_at, lesson.ended_at = begins, begins + LESSON
    session = Session(
        id=uuid7(),
        lesson_id=lesson.id,
        started_at=begins,
        ended_at=begins + LESSON,
        end_reason="ended_by_lecturer",
        last_alive_ms=_ms(LESSON),
    )
    db.add(session)
    await db.flush()
    lost = {rooms[UNSTEADY].id: _ms(LESSON) // 2} if week % 2 else {}
    rule = await rules.in_force(db, day)
    sites = await db.scalars(select(LessonSite).where(LessonSite.lesson_id == lesson.id))
    made = [
        _record(session.id, lesson, site, rule.number, lost=lost.get(site.classroom_id, 0))
        for site in sites
    ]
    db.add_all(made)
    return [each.id for each in made]


def _record(
    session_id: UUID, lesson: Lesson, site: LessonSite, rule: int, *, lost: int
) -> AttendanceRecord:
    """Make the row of a site that lost so many milliseconds, and say what became of the site."""
    site.state = SiteState.NOT_COUNTED if lost else SiteState.COUNTED
    return AttendanceRecord.of(
        lesson,
        site,
        id=uuid7(),
        session_id=session_id,
        state=AttendanceState.CONFIRMED,
        planned_ms=_ms(LESSON),
        connected_ms=_ms(LESSON),
        first_joined_ms=0,
        last_left_ms=_ms(LESSON),
        audible_ms=_ms(LESSON) - lost,
        degraded_ms=0,
        lost_ms=lost,
        offline_ms=0,
        visible_ms=_ms(LESSON) - lost,
        silent_ms=0,
        interruptions=1 if lost else 0,
        is_counted=not lost,
        not_counted_reason=NotCounted.TOO_LITTLE_AUDIBLE if lost else None,
        rule_number=rule,
        headcount=9,
        headcount_source="assistant",
    )


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
