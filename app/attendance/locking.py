"""期末锁定: the rows of a term that is over are locked, as a job, some lessons at a time.

Each step is one transaction: it locks the rows of some lessons, writes that into their chains,
and moves those lessons on. A worker that dies leaves whole lessons locked, and the next goes on.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import delivered
from app.attendance.crediting import move_on, whole
from app.attendance.errors import ObjectionsOpen, TermNotOver
from app.attendance.journal import NewEvent, RowEventType, append, on_clock
from app.attendance.models import (
    NEXT_ATTENDANCE_STATE,
    AttendanceLock,
    AttendanceRecord,
    AttendanceState,
    Session,
)
from app.attendance.seats import supervisor_seat
from app.calendars.days import local_day
from app.calendars.models import Term
from app.calendars.queries import get_term
from app.jobs.context import JobContext, JobResult
from app.jobs.models import UNFINISHED, Job
from app.lessons.models import Lesson, LessonSite
from app.lessons.queries import bounds_of
from app.schools.models import Classroom, School
from app.schools.queries import schools_within
from app.security import Scope

KIND = "attendance.lock"
LESSONS_AT_ONCE = 100

_TO_LOCK = [
    state for state, after in NEXT_ATTENDANCE_STATE.items() if AttendanceState.LOCKED in after
]


@dataclass(frozen=True, slots=True)
class TermStanding:
    """How the rows of a term stand at the sites in scope. `objections` are part of the waiting."""

    rows: dict[AttendanceState, int]
    waiting: int
    objections: int


def sites_of_term(term: Term, scope: Scope) -> Select[UUID]:
    """Return a query of the lesson sites of a term in its region, as far as they are in scope."""
    start, _ = bounds_of(term.starts_on)
    _, end = bounds_of(term.ends_on)
    return (
        select(LessonSite.id)
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .join(Classroom, LessonSite.classroom_id == Classroom.id)
        .where(
            Lesson.planned_start >= start,
            Lesson.planned_start < end,
            Classroom.school_id.in_(schools_within(Scope(region_ids=frozenset({term.region_id})))),
            Classroom.school_id.in_(schools_within(scope)),
        )
    )


async def standing_of(db: AsyncSession, term: Term, scope: Scope) -> TermStanding:
    """Count a term's rows by state, those that wait for a word, and those objected to."""
    is_waiting = AttendanceRecord.first_joined_ms.is_not(None)
    rows = await db.execute(
        select(
            AttendanceRecord.state,
            func.count(),
            func.count().filter(is_waiting),
            func.count(AttendanceRecord.objection),
        )
        .where(AttendanceRecord.lesson_site_id.in_(sites_of_term(term, scope)))
        .group_by(AttendanceRecord.state)
    )
    found = {row[0]: row for row in rows}
    closed = found.get(AttendanceState.AUTO_CLOSED, (None, 0, 0, 0))
    return TermStanding(
        {state: found[state][1] if state in found else 0 for state in AttendanceState},
        waiting=closed[2],
        objections=closed[3],
    )


async def require_lockable(db: AsyncSession, term: Term, scope: Scope, *, today: date) -> None:
    """Raise TermNotOver before the day after a term's last, ObjectionsOpen before all answered."""
    if today <= term.ends_on:
        raise TermNotOver(f"{term.name} ends on {term.ends_on}. Lock it from the day after.")
    objections = (await standing_of(db, term, scope)).objections
    if objections:
        raise ObjectionsOpen(
            f"{objections} classrooms object to their rows. Correct or confirm those rows first.",
            objections=objections,
        )


async def being_locked(
    db: AsyncSession, *, first: date, last: date, schools: Select[UUID]
) -> Term | None:
    """Return a term that reaches into these days, at one of these schools, while a job locks it.

    Or is to: the job waits for a worker. Which of its sites it locks is not asked.
    """
    jobs = await db.scalars(select(Job).where(Job.kind == KIND, Job.state.in_(UNFINISHED)))
    for job in jobs:
        term = await get_term(db, UUID(job.payload["term_id"]))
        if term.ends_on < first or term.starts_on > last:
            continue
        within = schools_within(Scope(region_ids=frozenset({term.region_id})))
        here = select(School.id).where(School.id.in_(schools), School.id.in_(within)).limit(1)
        if await db.scalar(here) is not None:
            return term
    return None


async def lock_term(context: JobContext) -> JobResult:
    """Lock the closed rows of a term at the sites in the owner's scope; a job's handler.

    It may be done again, for lessons that were still open. Raise what `require_lockable` does.
    """
    payload = context.payload
    scope = Scope(*(frozenset(map(UUID, payload[each])) for each in SCOPE_PARTS))
    assert context.owner_id is not None
    async with context.database.unit_of_work() as db:
        term = await get_term(db, UUID(payload["term_id"]))
        await require_lockable(db, term, scope, today=local_day(context.now()))
        kept = AttendanceLock(term_id=term.id, person_id=context.owner_id, at=context.now())
        db.add(kept)
        await context.hold(db)
    sessions = await _sessions_to_lock(context, term, scope)
    rows = 0
    await context.progress(0, len(sessions))
    for begin in range(0, len(sessions), LESSONS_AT_ONCE):
        some = sessions[begin : begin + LESSONS_AT_ONCE]
        async with context.database.unit_of_work() as db:
            rows += await _lock_lessons(db, some, kept, term=term, scope=scope, now=context.now())
            await context.hold(db)
        await context.progress(begin + len(some), len(sessions))
    return JobResult({"lock_id": str(kept.id), "lessons": len(sessions), "rows": rows})


#: What of a Scope leads to schools, in its order, as a job's payload has them.
SCOPE_PARTS = ("regions", "schools")


def payload_of(term_id: UUID, scope: Scope) -> dict[str, Any]:
    """Return what the job is given."""
    parts = (scope.region_ids, scope.school_ids)
    named = {name: sorted(map(str, ids)) for name, ids in zip(SCOPE_PARTS, parts, strict=True)}
    return {"term_id": str(term_id), **named}


def _to_lock(term: Term, scope: Scope) -> Any:
    return and_(
        AttendanceRecord.state.in_(_TO_LOCK),
        AttendanceRecord.lesson_site_id.in_(sites_of_term(term, scope)),
    )


async def _sessions_to_lock(context: JobContext, term: Term, scope: Scope) -> Sequence[UUID]:
    async with context.database.unit_of_work() as db:
        query = select(AttendanceRecord.session_id).where(_to_lock(term, scope)).distinct()
        return sorted(await db.scalars(query))


async def _lock_lessons(
    db: AsyncSession,
    session_ids: Sequence[UUID],
    kept: AttendanceLock,
    *,
    term: Term,
    scope: Scope,
    now: datetime,
) -> int:
    """Lock the rows of some lessons, say so in their chains, and move the lessons on."""
    await db.execute(  # the lock of each chain, in the order of their ids
        update(Session)
        .where(Session.id.in_(session_ids))
        .values(last_alive_ms=Session.last_alive_ms)
        .execution_options(synchronize_session=False)
    )
    locked = await db.execute(
        update(AttendanceRecord)
        .where(AttendanceRecord.session_id.in_(session_ids), _to_lock(term, scope))
        .values(state=AttendanceState.LOCKED, locked_by_id=kept.id)
        .returning(AttendanceRecord.id, AttendanceRecord.session_id)
        .execution_options(synchronize_session=False)
    )
    pairs = [(row[0], row[1]) for row in locked]
    counts = Counter(session_id for _, session_id in pairs)
    actor = supervisor_seat(kept.person_id)
    for session in await whole(db, list(counts)):
        payload = {"term": term.name, "rows": counts[session.id], "lock_id": str(kept.id)}
        kind = RowEventType.ATTENDANCE_LOCKED.value
        append(db, session, [NewEvent(kind, on_clock(session, now), None, actor, payload)], now)
    await move_on(db, list(counts))
    await delivered.refresh_of_records(db, [record_id for record_id, _ in pairs])
    return len(pairs)
