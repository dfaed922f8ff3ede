"""The week as a timetable: days across, bells down, each lesson in its cell."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.calendars import queries as calendars
from app.calendars.days import (
    Calendar,
    SchoolDay,
    Span,
    TimedPeriod,
    local_day,
    monday_of,
    school_day,
    teaching_weeks,
)
from app.lessons import timetable_queries as queries
from app.lessons.lesson_schemas import (
    LessonOut,
    OtherLesson,
    SubstitutionOut,
    TimetableWeek,
    WeekDay,
    WeekLesson,
    WeekPeriod,
)
from app.lessons.models import Lesson, LessonSite
from app.lessons.offering_schemas import SiteOut
from app.lessons.timetable_queries import A_WEEK, Histories
from app.schools import queries as schools
from app.schools.models import School
from app.schools.schemas import Named
from app.security import Scope


async def described(db: AsyncSession, lessons: Sequence[Lesson], *, own: Scope) -> list[LessonOut]:
    """Describe lessons for who administers `own`; the statements do not grow with their number."""
    at = {lesson.hub_school_id for lesson in lessons}
    at |= {site.classroom.school_id for lesson in lessons for site in lesson.sites}
    kept = await schools.ids_within(db, own, at) if own else set()
    became = await queries.histories(db, lessons)
    return [_lesson(lesson, became, kept) for lesson in lessons]


def _lesson(lesson: Lesson, became: Histories, own: Collection[UUID]) -> LessonOut:
    hub, room, lecturer = lesson.hub_school, lesson.hub_classroom, lesson.lecturer
    makes_up = lesson.makes_up_id and became.originals[lesson.makes_up_id]
    return LessonOut(
        id=lesson.id,
        offering_id=lesson.offering_id,
        kind=lesson.kind,
        title=lesson.title,
        subject=lesson.subject,
        grade=lesson.grade,
        hub_school=Named(id=hub.id, name=hub.name),
        hub_classroom=room and Named(id=room.id, name=room.name),
        lecturer=Named(id=lecturer.id, name=lecturer.name),
        planned_start=lesson.planned_start,
        planned_end=lesson.planned_end,
        state=lesson.state,
        sites=[_site(site, own) for site in sorted(lesson.sites, key=_name)],
        cancelled_because=became.cancelled.get(lesson.id),
        substitutions=[
            SubstitutionOut(from_name=one, to_name=other, reason=step.reason, at=step.at)
            for step, one, other in became.substitutions.get(lesson.id, ())
        ],
        makes_up=_other(makes_up or None),
        made_up_by=_other(became.made_up_by.get(lesson.id)),
        is_own=lesson.hub_school_id in own,
        version=lesson.version,
    )


def _name(site: LessonSite) -> tuple[str, str]:
    return site.classroom.school.name, site.classroom.name


def _site(site: LessonSite, own: Collection[UUID]) -> SiteOut:
    school, pupils = site.classroom.school, site.school_class
    helper = site.assistant if school.id in own else None
    return SiteOut(
        classroom=Named(id=site.classroom.id, name=site.classroom.name),
        school=Named(id=school.id, name=school.name),
        school_class=pupils and Named(id=pupils.id, name=pupils.name),
        assistant=helper and Named(id=helper.id, name=helper.name),
        mode=site.mode,
        pairing_id=site.pairing_id,
        through_id=site.through_id,
    )


def _other(lesson: Lesson | None) -> OtherLesson | None:
    if lesson is None:
        return None
    return OtherLesson(
        id=lesson.id,
        title=lesson.title,
        planned_start=lesson.planned_start,
        state=lesson.state,
    )


async def week_of(
    db: AsyncSession,
    lessons: Sequence[Lesson],
    *,
    name: str,
    school: School | None,
    monday: date,
    own: Scope,
) -> TimetableWeek:
    """Lay the lessons of a week out on the bells of a school; without one, by time alone."""
    calendar = Calendar((), {}, ())
    if school is not None:
        last = monday + A_WEEK - timedelta(days=1)
        calendar = await calendars.calendar_of(db, school, first=monday, last=last)
    days = [school_day(calendar, monday + timedelta(days=n)) for n in range(7)]
    by_day = {each.day: each for each in days}
    return TimetableWeek(
        name=name,
        school=school and Named(id=school.id, name=school.name),
        first_day=monday,
        week_number=_number(calendar.terms, monday),
        days=[_day(each) for each in days],
        periods=_rows(days),
        lessons=[_cell(each, by_day, school) for each in await described(db, lessons, own=own)],
    )


def _day(each: SchoolDay) -> WeekDay:
    return WeekDay(day=each.day, runs=each.runs, why_not=each.why_not, name=each.name)


def _number(terms: Iterable[Span], monday: date) -> int | None:
    """Return which teaching week of its term the week is."""
    for term in terms:
        for week in teaching_weeks(term):
            if monday_of(week.first) == monday:
                return week.number
    return None


def _rows(days: Iterable[SchoolDay]) -> list[WeekPeriod]:
    """Return the bells of the week by number: a season may change in it, its rows do not."""
    rows: dict[int, WeekPeriod] = {}
    for each in days:
        for period in each.periods:
            rows.setdefault(
                period.number,
                WeekPeriod(
                    number=period.number,
                    kind=period.kind,
                    starts_at=period.starts_at,
                    ends_at=period.ends_at,
                ),
            )
    return [rows[number] for number in sorted(rows)]


def _cell(lesson: LessonOut, days: Mapping[date, SchoolDay], school: School | None) -> WeekLesson:
    day = local_day(lesson.planned_start)
    return WeekLesson(
        lesson=lesson,
        day=day,
        period=_period(lesson, days[day].periods),
        gives=school is None or lesson.hub_school.id == school.id,
    )


def _period(lesson: LessonOut, periods: Iterable[TimedPeriod]) -> int | None:
    """Return the bell the lesson lies in with most of its minutes; the earlier of two."""
    shared = [
        (
            min(period.ends_at, lesson.planned_end) - max(period.starts_at, lesson.planned_start),
            -period.number,
        )
        for period in periods
    ]
    if not shared:
        return None
    most, number = max(shared)
    return -number if most > timedelta() else None
