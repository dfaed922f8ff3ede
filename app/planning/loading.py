"""Read a question for the planner from the database: so many statements, however many schools."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.models import Person
from app.alliances.models import Match, Need
from app.calendars import queries as calendars
from app.calendars.days import school_day
from app.lessons.lines import lines_of
from app.lessons.models import GIVEN_UP, CourseOffering, Lesson, LessonSite
from app.lessons.queries import bounds_of
from app.lessons.timetable import CHANGEABLE
from app.planning.asking import (
    Ask,
    Busy,
    Offering,
    Place,
    PlannedSchool,
    Site,
    Thing,
    ThingKind,
    Wish,
)
from app.planning.models import Planning
from app.schools.models import Classroom, Device, DeviceState, School, SchoolClass


async def ask_of(db: AsyncSession, planning: Planning) -> Ask:
    """Return what a planning, loaded whole, asks, as everything stands now."""
    courses = [course.offering for course in planning.courses]
    wishes = await _wishes(db, courses)
    devices = await _devices(db, courses)
    offerings = tuple(_offering(course, wishes, devices) for course in courses)
    kept_free: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for each in planning.kept_free:
        kept_free[each["school_id"]].add((each["weekday"], each["period"]))
    used = _Used.of(courses)
    schools = await _schools(db, used, kept_free, planning.first_day, planning.term.ends_on)
    busy = await _busy(db, used, courses, planning.first_day, planning.term.ends_on)
    names = await _names(db, courses, used, devices)
    return Ask(offerings, tuple(schools), tuple(busy), names, planning.least_minutes)


@dataclass(frozen=True, slots=True)
class _Used:
    """What the offerings use, by id."""

    lines: frozenset[UUID]  # of the hubs, and of the schools that pass on
    schools: frozenset[UUID]
    people: frozenset[UUID]
    classes: frozenset[UUID]

    @classmethod
    def of(cls, courses: Sequence[CourseOffering]) -> "_Used":
        sites = [site for course in courses for site in course.sites]
        lines = {course.hub_school_id for course in courses} | _passing(courses).keys()
        people = {course.lecturer_id for course in courses}
        people |= {site.assistant_id for site in sites if site.assistant_id is not None}
        classes = {each.class_id for each in sites} | {each.hub_class_id for each in courses}
        return cls(
            frozenset(lines),
            frozenset(lines | {site.classroom.school_id for site in sites}),
            frozenset(people),
            frozenset(each for each in classes if each is not None),
        )


def _passing(courses: Iterable[CourseOffering]) -> dict[UUID, School]:
    """Return the schools that pass on what they receive, by their ids."""
    return {
        site.classroom.school_id: site.classroom.school
        for course in courses
        for site in course.sites
        if site.classroom_id in _givers(course)
    }


def _givers(course: CourseOffering) -> set[UUID]:
    """Return the classrooms that pass on what they receive."""
    return {site.through_id for site in course.sites if site.through_id is not None}


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)


def _offering(
    course: CourseOffering,
    wishes: dict[tuple[UUID, UUID], Wish],
    devices: dict[UUID, tuple[str, ...]],
) -> Offering:
    sites = []
    givers = _givers(course)
    for site in course.sites:
        school = site.classroom.school_id
        place = Place(
            str(school),
            str(site.classroom_id),
            _text(site.class_id),
            devices.get(site.classroom_id, ()),
            _text(site.assistant_id),
        )
        wish = None if site.pairing_id is None else wishes.get((site.pairing_id, school))
        sites.append(
            Site(place, wish, _text(site.through_id), passes_on=site.classroom_id in givers)
        )
    room = course.hub_classroom_id
    hub = Place(
        str(course.hub_school_id),
        _text(room),
        _text(course.hub_class_id),
        () if room is None else devices.get(room, ()),
    )
    return Offering(
        str(course.id),
        course.name,
        str(course.lecturer_id),
        hub,
        course.periods_a_week,
        tuple(sites),
    )


async def _wishes(
    db: AsyncSession, courses: Iterable[CourseOffering]
) -> dict[tuple[UUID, UUID], Wish]:
    """Return when the sites would like it, by pairing and school: from the needs behind them."""
    pairings = {site.pairing_id for course in courses for site in course.sites}
    rows = await db.execute(
        select(Match.pairing_id, Need)
        .join(Need, Match.need_id == Need.id)
        .where(Match.pairing_id.in_([each for each in pairings if each is not None]))
    )
    return {
        (pairing_id, need.school_id): Wish(
            frozenset(map(int, need.weekdays)), need.earliest_minute, need.latest_minute
        )
        for pairing_id, need in rows
    }


async def _devices(
    db: AsyncSession, courses: Iterable[CourseOffering]
) -> dict[UUID, tuple[str, ...]]:
    rooms = {site.classroom_id for course in courses for site in course.sites}
    rooms |= {each.hub_classroom_id for each in courses if each.hub_classroom_id is not None}
    rows = await db.execute(
        select(Device.classroom_id, Device.id)
        .where(Device.classroom_id.in_(rooms), Device.state != DeviceState.REVOKED)
        .order_by(Device.id)
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for classroom_id, device_id in rows:
        found[classroom_id].append(str(device_id))
    return {room: tuple(devices) for room, devices in found.items()}


async def _schools(
    db: AsyncSession,
    used: _Used,
    kept_free: dict[str, set[tuple[int, int]]],
    first: date,
    last: date,
) -> list[PlannedSchool]:
    rows = await db.scalars(
        select(School).where(School.id.in_(used.schools)).options(selectinload(School.region))
    )
    schools = list(rows)
    rules = await calendars.calendars_of(db, schools, first=first, last=last)
    lines = await lines_of(db, used.lines)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [
        PlannedSchool(
            str(school.id),
            school.name,
            tuple(school_day(rules[school.id], day) for day in days),
            frozenset(kept_free.get(str(school.id), ())),
            lines.get(school.id, 1),
        )
        for school in schools
    ]


async def _busy(
    db: AsyncSession, used: _Used, courses: Sequence[CourseOffering], first: date, last: date
) -> list[Busy]:
    """Return what other lessons take up from `first` to `last`.

    Those of the offerings that are planned are not in the way while they may still be moved.
    """
    own = [course.id for course in courses]
    rows = await db.scalars(
        select(Lesson)
        .where(Lesson.id.in_(_lesson_ids(used, first, last)))
        .options(
            joinedload(Lesson.offering),
            selectinload(Lesson.sites).joinedload(LessonSite.through),
        )
    )
    return [
        Busy(thing, lesson.planned_start, lesson.planned_end, lesson.title)
        for lesson in rows
        if not (lesson.offering_id in own and lesson.state in CHANGEABLE)
        for thing in _things(lesson)
    ]


def _things(lesson: Lesson) -> list[Thing]:
    named: list[tuple[ThingKind, UUID | None]] = [
        (ThingKind.TEACHER, lesson.lecturer_id),
        (ThingKind.LINE, lesson.hub_school_id),
        (ThingKind.CLASSROOM, lesson.hub_classroom_id),
        (ThingKind.CLASS, None if lesson.offering is None else lesson.offering.hub_class_id),
    ]
    for site in lesson.sites:
        named += [
            (ThingKind.TEACHER, site.assistant_id),
            (ThingKind.CLASSROOM, site.classroom_id),
            (ThingKind.CLASS, site.class_id),
            (ThingKind.LINE, None if site.through is None else site.through.school_id),
        ]
    # Once each: a line carries a lesson once, to however many sites it passes it on.
    return [Thing(kind, str(key)) for kind, key in dict.fromkeys(named) if key is not None]


def _lesson_ids(used: _Used, first: date, last: date) -> Select[UUID]:
    """Each part by an index of its own: never through all lessons of a term."""
    begins, ends = bounds_of(first)[0], bounds_of(last)[1]
    given = select(Lesson.id).where(*_between(begins, ends))
    rooms = select(Classroom.id).where(Classroom.school_id.in_(used.schools))
    parts = union(
        given.where(Lesson.lecturer_id.in_(used.people)),
        given.where(Lesson.hub_school_id.in_(used.lines)),
        given.where(Lesson.hub_classroom_id.in_(rooms)),
        given.join(LessonSite).where(LessonSite.classroom_id.in_(rooms)),
        given.join(LessonSite).where(LessonSite.assistant_id.in_(used.people)),
    ).subquery()
    return select(parts.c.id)


def _between(begins: datetime, ends: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Lesson.planned_start < ends,
        Lesson.planned_end > begins,
        Lesson.state.not_in(GIVEN_UP),
    )


async def _names(
    db: AsyncSession,
    courses: Sequence[CourseOffering],
    used: _Used,
    devices: dict[UUID, tuple[str, ...]],
) -> dict[Thing, str]:
    """Return what pages call each thing."""
    names: dict[Thing, str] = {}
    people = await db.execute(select(Person.id, Person.name).where(Person.id.in_(used.people)))
    for person_id, name in people:
        names[Thing(ThingKind.TEACHER, str(person_id))] = name
    classes = await db.execute(
        select(SchoolClass.id, School.name, SchoolClass.name)
        .join(School, SchoolClass.school_id == School.id)
        .where(SchoolClass.id.in_(used.classes))
    )
    for class_id, school, name in classes:
        names[Thing(ThingKind.CLASS, str(class_id))] = f"{school} {name}"
    for passing in _passing(courses).values():
        names[Thing(ThingKind.LINE, str(passing.id))] = passing.name
    for course in courses:
        hub = course.hub_school
        names[Thing(ThingKind.LINE, str(hub.id))] = hub.name
        rooms = [(site.classroom, site.classroom.school.name) for site in course.sites]
        if course.hub_classroom is not None:
            rooms.append((course.hub_classroom, hub.name))
        for room, school in rooms:
            names[Thing(ThingKind.CLASSROOM, str(room.id))] = f"{school} {room.name}"
    for room_id, device_ids in devices.items():
        for device_id in device_ids:
            named = names.get(Thing(ThingKind.CLASSROOM, str(room_id)), "")
            names[Thing(ThingKind.DEVICE, device_id)] = named
    return names
