"""What is done to planned lessons: moved, published, cancelled, given by another, made up, missed.

Whatever is planned is claimed first (`app.lessons.clashes`), so that no two lessons want one
teacher or one classroom.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import uuid7
from app.errors import WrongState
from app.jobs.context import JobContext, JobResult
from app.lessons.clashes import Claim, require_free
from app.lessons.errors import LessonInThePast, LessonNotChangeable, SameTeacher
from app.lessons.models import (
    NEXT_LESSON_STATE,
    STARTABLE,
    Cancellation,
    CourseOffering,
    Lesson,
    LessonState,
    OfferingState,
    Substitution,
)
from app.lessons.service import move
from app.lessons.timetable import (
    CHANGEABLE,
    LessonPlan,
    OfferingPlan,
    SitePlan,
    hold_offerings,
    invite,
    move_offering,
    note_move,
    touch,
    write_lessons,
)

MISSING_KIND = "lessons.missed"
MISSING_EVERY = timedelta(minutes=5)
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, and when."""

    person_id: UUID
    now: datetime


def claim_of(lesson: Lesson) -> Claim:
    """Return what a lesson, its sites loaded, takes up."""
    helping = {site.assistant_id for site in lesson.sites if site.assistant_id is not None}
    rooms = {site.classroom_id for site in lesson.sites}
    if lesson.hub_classroom_id is not None:
        rooms.add(lesson.hub_classroom_id)
    return Claim(
        title=lesson.title,
        starts_at=lesson.planned_start,
        ends_at=lesson.planned_end,
        people=frozenset({lesson.lecturer_id} | helping),
        classrooms=frozenset(rooms),
        lesson_id=lesson.id,
        chain_id=lesson.origin_id,
        classes=frozenset(site.class_id for site in lesson.sites if site.class_id is not None),
        lines=frozenset({lesson.hub_school_id}),
        passing=frozenset(site.through_id for site in lesson.sites if site.through_id is not None),
        offering_id=lesson.offering_id,
    )


async def add_lesson(
    db: AsyncSession, offering: CourseOffering, row: LessonPlan, *, publish: bool, now: datetime
) -> Lesson:
    """Write one lesson of an offering beside those a plan has; its slot is made up.

    Raise LessonClash, LessonInThePast, WrongState.
    """
    require_ahead(row.starts_at, now)
    written = await write_lessons(db, [OfferingPlan(offering, [row])], publish=publish)
    return written.created[0]


def single_slot() -> str:
    """Return a slot no plan uses."""
    return f"single-{uuid7().hex}"


def require_ahead(moment: datetime, now: datetime) -> None:
    """Raise LessonInThePast: what is over cannot be planned."""
    if moment < now:
        raise LessonInThePast("Choose a time that lies ahead.")


def require_changeable(lesson: Lesson, now: datetime) -> None:
    """Raise LessonNotChangeable once it has begun, was given up, or its time has passed."""
    if lesson.state not in CHANGEABLE or lesson.planned_end <= now:
        raise LessonNotChangeable(
            f"The lesson is {lesson.state}, or its time is over.", state=lesson.state
        )


async def edit(
    db: AsyncSession,
    lesson: Lesson,
    *,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
    hub_classroom_id: UUID | None,
    sites: Sequence[SitePlan],
    now: datetime,
) -> None:
    """Make a lesson that has not begun what is said.

    Raise LessonNotChangeable, LessonInThePast (where the time is changed), LessonClash.
    """
    require_changeable(lesson, now)
    stood = (lesson.planned_start, lesson.planned_end, lesson.hub_classroom_id)
    if (starts_at, ends_at) != stood[:2]:
        require_ahead(starts_at, now)
    note_move(lesson, starts_at)
    lesson.title, lesson.planned_start, lesson.planned_end = title, starts_at, ends_at
    lesson.hub_classroom_id = hub_classroom_id
    is_invited_anew = invite(lesson, sites)
    touch(lesson)
    # Where it stood it may stay, whatever has become of its line meanwhile.
    if is_invited_anew or (starts_at, ends_at, hub_classroom_id) != stood:
        await require_free(db, [claim_of(lesson)], instead_of={lesson.id})
    await db.flush()


def publish(lesson: Lesson, now: datetime) -> None:
    """Let teachers and classrooms see a draft. Raise WrongState, LessonNotChangeable."""
    require_changeable(lesson, now)
    if lesson.state is LessonState.READY:  # back to PUBLISHED it goes by what it lacks alone
        raise WrongState(
            "The lesson is READY: it is published already.",
            state=lesson.state,
            possible=sorted(NEXT_LESSON_STATE[lesson.state]),
        )
    move(lesson, LessonState.PUBLISHED)


async def publish_drafts(db: AsyncSession, offering: CourseOffering, now: datetime) -> int:
    """Publish the drafts of an offering that lie ahead; return how many. Raise WrongState."""
    if offering.state is not OfferingState.ACTIVE:
        move_offering(offering, OfferingState.ACTIVE)
    drafts = await db.scalars(
        select(Lesson).where(
            Lesson.offering_id == offering.id,
            Lesson.state == LessonState.PLANNED,
            Lesson.planned_end > now,
        )
    )
    count = 0
    for lesson in drafts:
        move(lesson, LessonState.PUBLISHED)
        count += 1
    await db.flush()
    return count


async def end_offering(db: AsyncSession, offering: CourseOffering, now: datetime) -> None:
    """End an offering of which no lesson lies ahead. Raise WrongState otherwise."""
    await hold_offerings(db, [offering.id])
    ahead = await db.scalar(
        select(func.count())
        .select_from(Lesson)
        .where(
            Lesson.offering_id == offering.id,
            Lesson.state.in_(CHANGEABLE),
            Lesson.planned_end > now,
        )
    )
    if ahead:
        raise WrongState(
            f"{ahead} lessons of it lie ahead. Cancel them first.",
            state=offering.state,
            ahead=ahead,
        )
    move_offering(offering, OfferingState.ENDED)
    await db.flush()


async def cancel(db: AsyncSession, lesson: Lesson, *, reason: str, by: By) -> None:
    """Cancel a lesson that has not begun, saying why. What it was to make up is open again.

    Raise WrongState, also for one that is made up: it is open again only when its make-up fails.
    Raise StaleDataError, which is answered as ChangedMeanwhile: another changed it this moment.
    """
    if lesson.state is LessonState.MADE_UP:
        raise WrongState(
            "This lesson is made up. Cancel the one that makes it up.",
            state=lesson.state,
            possible=[],
        )
    move(lesson, LessonState.CANCELLED)
    await db.flush()  # of two who cancel it its version says who was first
    db.add(Cancellation(lesson_id=lesson.id, reason=reason, at=by.now, by_person_id=by.person_id))
    if lesson.makes_up_id is not None:
        await _reopen(db, [lesson.makes_up_id])
    await db.flush()


async def _reopen(db: AsyncSession, lesson_ids: Sequence[UUID]) -> None:
    """Have lessons whose make-up comes to nothing be cancelled, or missed, as they were."""
    rows = await db.execute(
        select(Lesson, exists().where(Cancellation.lesson_id == Lesson.id)).where(
            Lesson.id.in_(lesson_ids)
        )
    )
    for original, was_cancelled in rows:
        move(original, LessonState.CANCELLED if was_cancelled else LessonState.MISSED)


async def substitute(
    db: AsyncSession, lesson: Lesson, *, to_person_id: UUID, reason: str, by: By
) -> Substitution:
    """Have another teacher give a lesson that has not begun. Who was to is kept.

    Raise LessonNotChangeable, SameTeacher, LessonClash.
    """
    require_changeable(lesson, by.now)
    if to_person_id == lesson.lecturer_id:
        raise SameTeacher("Choose somebody else: this teacher gives the lesson already.")
    number = await db.scalar(
        select(func.count()).select_from(Substitution).where(Substitution.lesson_id == lesson.id)
    )
    row = Substitution(
        lesson_id=lesson.id,
        number=(number or 0) + 1,
        from_person_id=lesson.lecturer_id,
        to_person_id=to_person_id,
        reason=reason,
        at=by.now,
        by_person_id=by.person_id,
    )
    lesson.lecturer_id = to_person_id
    only_who = Claim(
        title=lesson.title,
        starts_at=lesson.planned_start,
        ends_at=lesson.planned_end,
        people=frozenset({to_person_id}),
        classrooms=frozenset(),
        lesson_id=lesson.id,
        chain_id=lesson.origin_id,
    )
    await require_free(db, [only_who], instead_of={lesson.id})
    db.add(row)
    await db.flush()
    return row


async def make_up(
    db: AsyncSession,
    lesson: Lesson,
    *,
    starts_at: datetime,
    ends_at: datetime,
    lecturer_id: UUID | None,
    now: datetime,
) -> Lesson:
    """Plan, published, the lesson that stands in for a cancelled or missed one; return it.

    What is left out is as it was. A make-up is not itself made up: the original is, again.
    Raise WrongState, LessonInThePast, LessonClash.
    """
    if lesson.makes_up_id is not None:
        raise WrongState(
            "This lesson was to make up another one. Make up that one again.",
            state=lesson.state,
            possible=sorted(NEXT_LESSON_STATE[lesson.state] - {LessonState.MADE_UP}),
        )
    require_ahead(starts_at, now)
    move(lesson, LessonState.MADE_UP)
    made = Lesson(
        **{
            name: getattr(lesson, name)
            for name in (
                *("kind", "title", "subject", "grade", "hub_school_id", "hub_classroom_id"),
                *("offering_id", "is_recorded", "stage_limit", "is_after_school"),
            )
        },
        id=uuid7(now),
        lecturer_id=lecturer_id or lesson.lecturer_id,
        planned_start=starts_at,
        planned_end=ends_at,
        state=LessonState.PUBLISHED,
        makes_up_id=lesson.id,
        sites=[],
    )
    invite(made, [SitePlan.of(site) for site in lesson.sites])
    await require_free(db, [claim_of(made)])
    db.add(made)
    await db.flush()
    return made


async def miss_overdue(context: JobContext) -> JobResult:
    """Mark as missed the published lessons whose time passed and that nobody began."""
    missed = 0
    while True:
        async with context.database.unit_of_work() as db:
            await context.hold(db)
            # Locked: who begins one in this very moment waits, and then finds it missed.
            rows = await db.scalars(
                select(Lesson)
                .where(Lesson.state.in_(STARTABLE), Lesson.planned_end <= context.now())
                .order_by(Lesson.planned_end, Lesson.id)
                .limit(AT_ONCE)
                .with_for_update(skip_locked=True)
            )
            found = rows.all()
            for lesson in found:
                move(lesson, LessonState.MISSED)
            await _reopen(db, [row.makes_up_id for row in found if row.makes_up_id is not None])
        if not found:
            return JobResult({"lessons_missed": missed})
        missed += len(found)
        await context.progress(missed)
