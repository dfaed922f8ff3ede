"""线路档案: what lessons measured of classrooms' lines, the last time and over the last weeks."""

import asyncio
import math
from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import inspected_schools
from app.attendance.models import SeatLink
from app.database import Database
from app.exports import ROWS_AT_ONCE
from app.lessons.models import LessonSite
from app.paging import MOST_PER_PAGE, Fetched, PageRequest, fetch_page
from app.schools.models import Classroom, School
from app.security import PersonCaller

#: How far back the lessons lie whose measurements a line is judged by.
WEEKS = timedelta(days=30)
#: A line that no lesson measured for longer is not listed: the longest holidays are shorter.
KNOWN_FOR = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which classrooms; empty or None: whatever."""

    school_id: UUID | None = None
    classroom_ids: Collection[UUID] = ()


@dataclass(frozen=True, slots=True)
class Spread:
    """Of one figure, once a lesson: what a tenth, half and nine tenths of the lessons had at most.

    Values that were measured, no means of two (nearest rank).
    """

    p10: int
    p50: int
    p90: int

    @classmethod
    def of(cls, values: Sequence[int | None]) -> "Spread | None":
        """Return the spread of what was measured; None: nothing was."""
        ranked = sorted(value for value in values if value is not None)
        if not ranked:
            return None
        return cls(*(ranked[math.ceil(len(ranked) * tenths / 10) - 1] for tenths in (1, 5, 9)))


class Measured(NamedTuple):
    """What a history is made of: one lesson of a classroom, without what it does not ask for."""

    classroom_id: UUID
    link_id: UUID
    measured_at: datetime
    estimate_down_kbps: int | None
    down_high_kbps: int | None
    up_high_kbps: int | None
    rtt_ms: int | None
    loss_down_permille: int | None
    loss_up_permille: int | None

    @property
    def carried(self) -> int | None:
        """Return what the line carried towards the classroom."""
        known = self.estimate_down_kbps
        return self.down_high_kbps if known is None else known


@dataclass(frozen=True, slots=True)
class LineHistory:
    """A classroom's line over its lessons of the last weeks. None: not measured in any.

    `down_kbps` is what the line would carry, by the estimate for it; without an estimate, and
    for `up_kbps` always, the most that was used of it, which it carries at least.
    """

    lessons: int
    down_kbps: Spread | None
    up_kbps: Spread | None
    rtt_ms: Spread | None
    loss_down_permille: Spread | None
    loss_up_permille: Spread | None

    @classmethod
    def of(cls, links: Sequence[Measured]) -> "LineHistory":
        """Sum up lessons, at least one."""
        return cls(
            lessons=len(links),
            down_kbps=Spread.of([link.carried for link in links]),
            up_kbps=Spread.of([link.up_high_kbps for link in links]),
            rtt_ms=Spread.of([link.rtt_ms for link in links]),
            loss_down_permille=Spread.of([link.loss_down_permille for link in links]),
            loss_up_permille=Spread.of([link.loss_up_permille for link in links]),
        )


@dataclass(frozen=True, slots=True)
class MeasuredLine:
    """A classroom whose line was measured. `history` None: not in the last weeks."""

    classroom: Classroom
    school: str
    latest: SeatLink
    history: LineHistory | None


_ORDER = (School.name, Classroom.name, Classroom.id)


def _measured(
    person: PersonCaller, wanted: LineFilter, *, since: datetime
) -> Select[Classroom, str]:
    is_measured = exists().where(
        LessonSite.classroom_id == Classroom.id,
        SeatLink.lesson_site_id == LessonSite.id,
        SeatLink.measured_at > since,
    )
    query = (
        select(Classroom, School.name)
        .join(School, School.id == Classroom.school_id)
        .where(School.id.in_(inspected_schools(person)), is_measured)
    )
    if wanted.school_id is not None:
        query = query.where(School.id == wanted.school_id)
    if wanted.classroom_ids:
        query = query.where(Classroom.id.in_(wanted.classroom_ids))
    return query


async def lines_seen(
    db: AsyncSession, person: PersonCaller, wanted: LineFilter, page: PageRequest, *, now: datetime
) -> Fetched[MeasuredLine]:
    """Return a page of the lines in scope that were measured, by school and classroom.

    Four statements at most, however many there are. Raise BadCursor.
    """
    known_since = now - KNOWN_FOR
    found = await fetch_page(
        db, _measured(person, wanted, since=known_since), order=_ORDER, page=page
    )
    ids = [classroom.id for classroom, _ in found.items]
    recent = await _recent(db, ids, since=now - WEEKS)
    histories = await asyncio.to_thread(_summed_up, recent)
    newest = {
        classroom_id: max(links, key=lambda link: (link.measured_at, link.link_id)).link_id
        for classroom_id, links in recent.items()
    }
    quiet = [each for each in ids if each not in newest]
    newest |= await _newest(db, quiet, since=known_since)
    latest = await _links(db, newest)
    return found.map(
        lambda row: MeasuredLine(row[0], row[1], latest[row[0].id], histories.get(row[0].id))
    )


async def _recent(
    db: AsyncSession, classroom_ids: Collection[UUID], *, since: datetime
) -> Mapping[UUID, Sequence[Measured]]:
    """Return the lessons that measured each line since then, as columns: there are thousands."""
    statement = (
        select(
            LessonSite.classroom_id,
            SeatLink.id,
            SeatLink.measured_at,
            SeatLink.estimate_down_kbps,
            SeatLink.down_high_kbps,
            SeatLink.up_high_kbps,
            SeatLink.rtt_ms,
            SeatLink.loss_down_permille,
            SeatLink.loss_up_permille,
        )
        .join(LessonSite, LessonSite.id == SeatLink.lesson_site_id)
        .where(LessonSite.classroom_id.in_(classroom_ids), SeatLink.measured_at > since)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    links: defaultdict[UUID, list[Measured]] = defaultdict(list)
    result = await (await db.connection()).stream(statement)
    async for rows in result.partitions():
        await asyncio.to_thread(_sort_in, links, rows)
    return links


def _sort_in(links: defaultdict[UUID, list[Measured]], rows: Iterable[Sequence[object]]) -> None:
    for row in rows:
        link = Measured._make(row)
        links[link.classroom_id].append(link)


def _summed_up(links: Mapping[UUID, Sequence[Measured]]) -> Mapping[UUID, LineHistory]:
    return {classroom_id: LineHistory.of(each) for classroom_id, each in links.items()}


async def _newest(
    db: AsyncSession, classroom_ids: Collection[UUID], *, since: datetime
) -> dict[UUID, UUID]:
    """Return the id of the last link of each classroom: of those no lesson measured lately."""
    if not classroom_ids:
        return {}
    newest_first = func.row_number().over(
        partition_by=LessonSite.classroom_id,
        order_by=(SeatLink.measured_at.desc(), SeatLink.id.desc()),
    )
    ranked = (
        select(SeatLink.id, LessonSite.classroom_id, newest_first.label("place"))
        .join(LessonSite, LessonSite.id == SeatLink.lesson_site_id)
        .where(LessonSite.classroom_id.in_(classroom_ids), SeatLink.measured_at > since)
        .subquery()
    )
    rows = await db.execute(select(ranked.c.classroom_id, ranked.c.id).where(ranked.c.place == 1))
    return {row[0]: row[1] for row in rows}


async def _links(db: AsyncSession, newest: Mapping[UUID, UUID]) -> Mapping[UUID, SeatLink]:
    """Return the links, given by classroom, with all that was measured."""
    rows = await db.scalars(select(SeatLink).where(SeatLink.id.in_(newest.values())))
    by_id = {link.id: link for link in rows}
    return {classroom_id: by_id[link_id] for classroom_id, link_id in newest.items()}


async def pages_of_lines(
    database: Database, person: PersonCaller, wanted: LineFilter, *, now: datetime
) -> AsyncGenerator[Sequence[MeasuredLine], None]:
    """Give all lines of `lines_seen`, page by page, in a transaction of their own."""
    page = PageRequest(limit=MOST_PER_PAGE)
    async with database.unit_of_work() as db:
        while True:
            found = await lines_seen(db, person, wanted, page, now=now)
            yield found.items
            db.expunge_all()
            if found.next_cursor is None:
                return
            page = PageRequest(limit=MOST_PER_PAGE, cursor=found.next_cursor)
