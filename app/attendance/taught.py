"""授课 as alliances ask for it: the lessons that reached a hub's sites. Implements their port.

A lesson reached a site when its row counts as it holds: as it was closed, or as its newest
amendment says. Every row leads to the record. Whose lesson it is of several pairings is said in
docs/adr/0014; a test holds it against the plain rule.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.alliances.models import PairingSubject
from app.alliances.ports import Lane, Taught, TaughtFilter
from app.attendance.models import AttendanceRecord, Session
from app.attendance.rows import IS_COUNTED, Newest, newest
from app.calendars.days import Span, local_day
from app.codes import service as codes
from app.codes.models import CodeKind
from app.lessons.models import Lesson, LessonSite
from app.lessons.queries import bounds_of
from app.paging import Fetched, PageRequest, fetch_page
from app.schools.models import Classroom, School

Hub, Site, Origin = aliased(School), aliased(School), aliased(Lesson)
#: The classroom that passes a lesson on to a site (一点带多点), and its school.
Through, Passer = aliased(Classroom), aliased(School)
ORIGIN_ID = func.coalesce(Lesson.origin_id, Lesson.id)


@dataclass(frozen=True, slots=True)
class Words:
    """What the words the hubs' lessons have for their subjects stand for.

    `by_code`: by a subject's code, the words for it, or for one that is among it. `misnamed`: which
    pairings are named for lessons with which words, though they are about other subjects.
    """

    by_code: Mapping[str, Collection[str]]
    misnamed: Collection[tuple[UUID, str]]


async def _words(db: AsyncSession, lanes: Collection[Lane]) -> Words:
    """Look up all words the hubs' lessons have for their subjects: two statements."""
    hubs = {lane.hub_id for lane in lanes}
    given = select(Lesson.subject).where(Lesson.hub_school_id.in_(hubs))
    passed_on = (
        select(Lesson.subject)
        .join(LessonSite, LessonSite.lesson_id == Lesson.id)
        .join(Through, LessonSite.through_id == Through.id)
        .where(Through.school_id.in_(hubs))
    )
    used = await db.scalars(union(given, passed_on))
    sets = await codes.catalogue(db)
    codes_of = {word: sets.over(sets.find(CodeKind.SUBJECT, word)) for word in used}
    by_code: defaultdict[str, list[str]] = defaultdict(list)
    for word, over in codes_of.items():
        for code in over:
            by_code[code].append(word)
    return Words(by_code, await _misnamed(db, hubs, codes_of))


async def _misnamed(
    db: AsyncSession, hubs: Collection[UUID], codes_of: Mapping[str, Collection[str]]
) -> list[tuple[UUID, str]]:
    """Return which pairings are named for lessons with which words, and are about other subjects.

    A word no code set knows may come to be known: what is named for it stays named.
    """
    named = (
        select(PairingSubject.pairing_id, Lesson.subject, PairingSubject.subject)
        .select_from(LessonSite)
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .join(PairingSubject, PairingSubject.pairing_id == LessonSite.pairing_id)
    )
    given = named.where(Lesson.hub_school_id.in_(hubs))
    passed_on = named.join(Through, LessonSite.through_id == Through.id).where(
        Through.school_id.in_(hubs)
    )
    rows = await db.execute(union(given, passed_on))
    about: defaultdict[tuple[UUID, str], set[str]] = defaultdict(set)
    for pairing_id, word, code in rows:
        about[pairing_id, word].add(code)
    return [
        (pairing_id, word)
        for (pairing_id, word), agreed in about.items()
        if (over := codes_of.get(word)) and agreed.isdisjoint(over)
    ]


def _in(lane: Lane, words: Words) -> ColumnElement[bool]:
    """Return the condition that a row is this pairing's, by its name or as the first it fits.

    A name that was given before pairings were held to their subjects names nothing where the lesson
    is in another one (docs/adr/0014).
    """
    misnamed = [
        and_(LessonSite.pairing_id == pairing_id, Lesson.subject == word)
        for pairing_id, word in words.misnamed
    ]
    unnamed = and_(
        or_(LessonSite.pairing_id.is_(None), *misnamed),
        _of_people(lane),
        *(not_(and_(_agreed(other, words), _of_people(other))) for other in lane.before),
    )
    return and_(_agreed(lane, words), or_(LessonSite.pairing_id == lane.pairing_id, unnamed))


def _agreed(lane: Lane, words: Words) -> ColumnElement[bool]:
    """Return the condition that a row is between the schools, on the days and in a subject.

    The hub of a pairing gives it, or passes it on to this very site (docs/adr/0026).
    """
    between = and_(
        or_(
            and_(LessonSite.through_id.is_(None), Lesson.hub_school_id == lane.hub_id),
            Through.school_id == lane.hub_id,
        ),
        Classroom.school_id.in_(lane.site_ids),
        or_(false(), *(_on(Lesson.planned_start, span) for span in lane.spans)),
    )
    if not lane.subjects:
        return between
    about = {word for subject in lane.subjects for word in words.by_code.get(subject, ())}
    return and_(between, Lesson.subject.in_(about))


def _of_people(lane: Lane) -> ColumnElement[bool]:
    """Return the condition, never null, that mentor and pupils are those of the pairing."""
    conditions: list[ColumnElement[bool]] = []
    if lane.lecturer_id is not None:
        conditions.append(Lesson.lecturer_id == lane.lecturer_id)
    if lane.class_ids:
        is_unknown = LessonSite.class_id.is_(None)
        conditions.append(or_(is_unknown, LessonSite.class_id.in_(lane.class_ids)))
    return and_(true(), *conditions)


def _on(moment: SQLColumnExpression[datetime], days: Span) -> ColumnElement[bool]:
    assert days.last is not None
    start, _ = bounds_of(days.first)
    _, end = bounds_of(days.last)
    return and_(moment >= start, moment < end)


def _reached(
    query: Select[*tuple[Any, ...]], lanes: Collection[Lane], words: Words
) -> Select[*tuple[Any, ...]]:
    """Return the query over the attendance of sites that were reached in one of the lanes."""
    return (
        query.select_from(AttendanceRecord)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .join(Classroom, LessonSite.classroom_id == Classroom.id)
        .outerjoin(Through, LessonSite.through_id == Through.id)
        .outerjoin(Newest, newest())
        .where(IS_COUNTED.is_(True), or_(false(), *(_in(lane, words) for lane in lanes)))
    )


def _figures(reached: CTE, number: int, days: Span) -> Select[int, int, int]:
    """Return a query of how many origins, and how many (origin, site) pairs, these days had."""
    pairs = (
        select(reached.c.origin, reached.c.school_id)
        .where(_on(reached.c.planned_start, days))
        .distinct()
        .subquery()
    )
    return select(literal(number), func.count(pairs.c.origin.distinct()), func.count()).select_from(
        pairs
    )


class AttendedLessons:
    """Answers from the attendance records. Implements `app.alliances.ports.TaughtLessons`."""

    async def count(
        self, db: AsyncSession, lanes: Collection[Lane], *, limits: Sequence[Span]
    ) -> list[tuple[int, int]]:
        """Return for each of `limits` the lessons and the sites reached, each once per origin."""
        if not limits:
            return []
        columns = (ORIGIN_ID.label("origin"), Classroom.school_id, Lesson.planned_start)
        reached = (
            _reached(select(*columns), lanes, await _words(db, lanes))
            .join(Origin, Origin.id == ORIGIN_ID)
            .where(Origin.hub_school_id != Classroom.school_id)
            .cte("reached")
        )
        rows = await db.execute(
            union_all(*(_figures(reached, n, days) for n, days in enumerate(limits)))
        )
        figures = {row[0]: (int(row[1]), int(row[2])) for row in rows}
        return [figures[n] for n in range(len(limits))]

    async def page(
        self,
        db: AsyncSession,
        lanes: Collection[Lane],
        wanted: TaughtFilter,
        *,
        page: PageRequest,
    ) -> Fetched[Taught]:
        """Return a page of the lessons in these lanes, the newest first."""
        query = (
            _reached(
                select(
                    Lesson,
                    ORIGIN_ID,
                    Session.id,
                    Hub.name,
                    Site.id,
                    Site.name,
                    Passer.id,
                    Passer.name,
                    AttendanceRecord.connected_ms,
                ),
                lanes,
                await _words(db, lanes),
            )
            .join(Session, AttendanceRecord.session_id == Session.id)
            .join(Hub, Lesson.hub_school_id == Hub.id)
            .join(Site, Classroom.school_id == Site.id)
            .outerjoin(Passer, Through.school_id == Passer.id)
            .where(*_asked_for(wanted))
        )
        order = (Lesson.planned_start.desc(), AttendanceRecord.id.desc())
        found: Fetched[tuple[Any, ...]] = await fetch_page(db, query, order=order, page=page)
        return found.map(_taught)


def _asked_for(wanted: TaughtFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.first is not None:
        conditions.append(Lesson.planned_start >= bounds_of(wanted.first)[0])
    if wanted.last is not None:
        conditions.append(Lesson.planned_start < bounds_of(wanted.last)[1])
    if wanted.school_id is not None:
        conditions.append(
            or_(
                Lesson.hub_school_id == wanted.school_id,
                Classroom.school_id == wanted.school_id,
                Through.school_id == wanted.school_id,
            )
        )
    return conditions


def _taught(row: tuple[Any, ...]) -> Taught:
    lesson, origin_id, session_id, hub, site_id, site, passer_id, passer, connected_ms = row
    return Taught(
        lesson_id=lesson.id,
        origin_id=origin_id,
        session_id=session_id,
        day=local_day(lesson.planned_start),
        title=lesson.title,
        subject=lesson.subject,
        hub_id=lesson.hub_school_id,
        hub_name=hub,
        site_id=site_id,
        site_name=site,
        passer_id=passer_id,
        passer_name=passer,
        connected_ms=connected_ms,
    )
