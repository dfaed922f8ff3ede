"""What a lesson's life should come to, said plainly, beside what the database has of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.attendance import queries as attendance
from app.attendance.models import AttendanceRecord, AttendanceState, Session
from app.lessons.models import (
    GIVEN_UP,
    NEXT_LESSON_STATE,
    Cancellation,
    Lesson,
    LessonSite,
    LessonState,
    SiteState,
    Substitution,
)

L, A = LessonState, AttendanceState
LENGTH = timedelta(minutes=40)
BEGUN = frozenset({L.LIVE, L.PAUSED_ALL, L.ENDED, L.STOPPED_INCIDENT, L.VERIFIED, L.CREDITED})


@dataclass
class Row:
    """What should hold of one classroom's attendance."""

    state: AttendanceState = A.OPEN
    came: bool = False
    objects: bool = False
    counts: bool | None = None
    heard_until_ms: int = 0

    @property
    def site_state(self) -> SiteState:
        """Return what the site should have come to."""
        if self.state is A.OPEN:
            return SiteState.CONNECTED if self.came else SiteState.EXPECTED
        return SiteState.COUNTED if self.counts else SiteState.NOT_COUNTED

    @property
    def waits(self) -> bool:
        """Return whether somebody who came has still to say something."""
        return self.state is A.AUTO_CLOSED and self.came


@dataclass
class Model:
    """What should hold of one lesson. `givers`: who was to give it, then who instead."""

    lesson_id: UUID
    starts_at: datetime
    state: LessonState
    givers: list[int] = field(default_factory=lambda: [0])
    moved_from: datetime | None = None
    makes_up: "Model | None" = None
    was_cancelled: bool = False
    session_id: UUID | None = None
    began_at: datetime | None = None
    rows: list[Row] = field(default_factory=list)

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + LENGTH

    @property
    def lecturer(self) -> int:
        return self.givers[-1]

    def clock_ms(self, now: datetime) -> int:
        """Return the lesson's clock."""
        assert self.began_at is not None
        return (now - self.began_at) // timedelta(milliseconds=1)

    def move(self, to: datetime) -> None:
        """Where it was published is remembered; back there it was not moved."""
        published = self.moved_from or self.starts_at
        if self.state is not L.PLANNED and to != self.starts_at:
            self.moved_from = None if to == published else published
        self.starts_at = to

    def looked_at(self, now: datetime, all_there: bool) -> None:
        """The server looks who is there; from ten minutes before the bell that makes it ready."""
        if self.state in {L.PUBLISHED, L.READY} and now < self.ends_at:
            is_near = self.starts_at - timedelta(minutes=10) <= now
            self.state = L.READY if is_near and all_there else L.PUBLISHED

    def give_up(self, to: LessonState) -> None:
        """Cancel or miss it; what it was to make up is open again."""
        self.state = to
        self.was_cancelled |= to is L.CANCELLED
        original = self.makes_up
        if original is not None:
            original.state = L.CANCELLED if original.was_cancelled else L.MISSED

    def close(self, to: LessonState) -> None:
        self.state = to
        for row in self.rows:
            row.state = A.AUTO_CLOSED

    def confirmed(self, row: Row) -> None:
        """One row is confirmed; with the last that waits the lesson is verified."""
        row.state, row.objects = A.CONFIRMED, False
        if self.state in {L.ENDED, L.STOPPED_INCIDENT} and not any(r.waits for r in self.rows):
            self.state = L.VERIFIED

    def lock(self) -> None:
        """The term is locked: every closed row, then the lesson."""
        to_lock = [row for row in self.rows if row.state in {A.AUTO_CLOSED, A.CONFIRMED}]
        for row in to_lock:
            row.state = A.LOCKED
        if to_lock:
            self.credit()

    def credit(self) -> None:
        """Every row is locked: the lesson is credited while one counts, as corrected."""
        self.state = L.CREDITED if any(row.counts for row in self.rows) else L.VERIFIED

    def corrected(self, row: Row, counts: bool) -> None:
        """A row is said to hold otherwise than it was closed."""
        row.counts = counts
        if row.state is A.AUTO_CLOSED:
            self.confirmed(row)
        if row.state is A.LOCKED:
            self.credit()


@dataclass(frozen=True, slots=True)
class Closed:
    """A row's figures as they were closed: never written again."""

    figures: tuple[int | None, ...]
    is_counted: bool | None


@dataclass
class Kept:
    """What the database has of some lessons."""

    lessons: dict[UUID, Lesson]
    cancelled: set[UUID]
    handed: dict[UUID, list[Substitution]]
    sessions: dict[UUID, Session]
    rows: dict[UUID, list[AttendanceRecord]]
    intact: dict[UUID, bool]


async def read(db: AsyncSession, ids: list[UUID]) -> Kept:
    """Read all of it, in a few statements."""
    lessons = await db.scalars(
        select(Lesson).where(Lesson.id.in_(ids)).options(selectinload(Lesson.sites))
    )
    cancelled = await db.scalars(
        select(Cancellation.lesson_id).where(Cancellation.lesson_id.in_(ids))
    )
    handed: dict[UUID, list[Substitution]] = {}
    for step in await db.scalars(
        select(Substitution)
        .where(Substitution.lesson_id.in_(ids))
        .order_by(Substitution.lesson_id, Substitution.number)
    ):
        handed.setdefault(step.lesson_id, []).append(step)
    sessions = {
        row.lesson_id: row
        for row in await db.scalars(select(Session).where(Session.lesson_id.in_(ids)))
    }
    rows = {
        lesson_id: list(await attendance.records_of_session(db, session.id))
        for lesson_id, session in sessions.items()
    }
    intact = {
        lesson_id: (await attendance.check_chain(db, session)).is_intact
        for lesson_id, session in sessions.items()
    }
    return Kept({row.id: row for row in lessons}, set(cancelled), handed, sessions, rows, intact)


def closed(row: AttendanceRecord) -> Closed:
    return Closed(
        (
            *(row.audible_ms, row.degraded_ms, row.lost_ms, row.offline_ms),
            *(row.visible_ms, row.connected_ms, row.first_joined_ms, row.last_left_ms),
        ),
        row.is_counted,
    )


def reachable(before: LessonState, after: LessonState) -> bool:
    """Return whether the table of states leads from one to the other."""
    seen, edge = {before}, {before}
    while edge:
        edge = {each for state in edge for each in NEXT_LESSON_STATE[state]} - seen
        seen |= edge
    return after in seen


def compare(kept: Kept, models: list[Model], people: list[UUID]) -> None:
    """The lessons are what the model says, and nothing that ever held of all lessons is broken."""
    for model in models:
        lesson = kept.lessons[model.lesson_id]
        assert lesson.state is model.state
        assert (lesson.planned_start, lesson.planned_end) == (model.starts_at, model.ends_at)
        assert lesson.moved_from == model.moved_from
        assert lesson.lecturer_id == people[model.lecturer]
        assert (lesson.id in kept.cancelled) == model.was_cancelled
        assert (lesson.id in kept.sessions) == (lesson.state in BEGUN)
        compare_handing_over(kept.handed.get(lesson.id, []), model, people)
        if lesson.id in kept.sessions:
            compare_rows(kept, lesson, model)
    compare_making_up(kept)
    nobody_is_wanted_twice(kept)


def compare_handing_over(steps: list[Substitution], model: Model, people: list[UUID]) -> None:
    """Each step goes on from the one before; whoever was to give it first stays written."""
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert [step.from_person_id for step in steps] == [people[n] for n in model.givers[:-1]]
    assert [step.to_person_id for step in steps] == [people[n] for n in model.givers[1:]]


def compare_rows(kept: Kept, lesson: Lesson, model: Model) -> None:
    """One row for each site whatever the joins; every minute is one thing (F9, items 2 and 8)."""
    session, rows = kept.sessions[lesson.id], kept.rows[lesson.id]
    assert kept.intact[lesson.id]  # F9, item 7
    by_site = {row.lesson_site_id: row for row in rows}
    assert len(rows) == len(by_site) == len(lesson.sites) == len(model.rows)
    ordered = [by_site[site.id] for site in in_order(lesson)]
    for site, should in zip(in_order(lesson), model.rows, strict=True):
        assert site.state is should.site_state
    for row, should in zip(ordered, model.rows, strict=True):
        assert (row.state, row.objection is not None) == (should.state, should.objects)
        if session.ended_at is None:
            assert row.audible_ms is None
            continue
        lasted_ms = (session.ended_at - session.started_at) // timedelta(milliseconds=1)
        four = (row.audible_ms, row.degraded_ms, row.lost_ms, row.offline_ms)
        minutes = [each for each in four if each is not None]
        assert len(minutes) == 4
        assert min(minutes) >= 0
        assert sum(minutes) == min(lasted_ms, row.planned_ms)
        assert row.connected_ms <= row.planned_ms
        assert (row.first_joined_ms is not None) == should.came
    states = {row.state for row in ordered}
    waits = any(row.waits for row in model.rows)
    if lesson.state in {L.VERIFIED, L.CREDITED}:
        assert not waits
    if lesson.state is L.CREDITED:
        assert states == {A.LOCKED}


def in_order(lesson: Lesson) -> list[LessonSite]:
    """Return the sites in the order the model numbers them."""
    return sorted(lesson.sites, key=lambda site: site.classroom_id)


def compare_making_up(kept: Kept) -> None:
    """A lesson is MADE_UP while exactly one lesson that was not given up stands in for it."""
    standing: dict[UUID, int] = {}
    for lesson in kept.lessons.values():
        if lesson.makes_up_id is not None and lesson.state not in GIVEN_UP:
            standing[lesson.makes_up_id] = standing.get(lesson.makes_up_id, 0) + 1
    made_up = {row.id for row in kept.lessons.values() if row.state is L.MADE_UP}
    assert standing == dict.fromkeys(made_up, 1)


def nobody_is_wanted_twice(kept: Kept) -> None:
    """No classroom has two lessons at once; all lessons here are of the same classrooms."""
    running = sorted(
        (row for row in kept.lessons.values() if row.state not in GIVEN_UP),
        key=lambda row: row.planned_start,
    )
    for one, other in pairwise(running):
        assert one.planned_end <= other.planned_start
