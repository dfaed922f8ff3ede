"""The life of lessons, whatever the order of steps: the real services against a plain model.

All lessons are of one hub classroom and the same two points, begin on the hour and last 40
minutes, so two of them are in each other's way exactly when they begin at the same time.
Long, because the rules of a life are the methods of one class.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import SignInSession
from app.attendance import queries as attendance
from app.attendance import settling
from app.attendance.errors import (
    NothingAmended,
    NotToAmend,
    NotToConfirm,
    ObjectionsOpen,
    TermNotOver,
)
from app.attendance.models import AttendanceState
from app.attendance.seats import HUB, site_seat
from app.calendars.days import local_day
from app.calendars.models import Term
from app.database import Database
from app.errors import NotFound, Problem, WrongState
from app.events import EventBus
from app.jobs import service as jobs
from app.jobs.files import JobFiles
from app.jobs.models import JobState
from app.lessons import changes, readiness
from app.lessons import timetable_queries as queries
from app.lessons.changes import MISSING_KIND, By
from app.lessons.errors import (
    LessonClash,
    LessonInThePast,
    LessonNotChangeable,
    LessonNotStartable,
    SameTeacher,
)
from app.lessons.models import GIVEN_UP, NEXT_LESSON_STATE, STARTABLE, Lesson, LessonState
from app.lessons.offering_queries import offering_kept
from app.lessons.service import START_BEFORE
from app.lessons.timetable import CHANGEABLE, LessonPlan, SitePlan
from app.live import service as live
from app.live.ledger import DatabaseLedger
from app.schools.models import Device, LineCheck, Road
from app.security import Scope
from signaling.messages import EndReason
from signaling.ports import EventType, RoomEvent
from tests.app.conftest import Clock
from tests.app.held_lessons import lock_of, run_jobs
from tests.app.lesson_model import (
    LENGTH,
    Closed,
    Model,
    Row,
    closed,
    compare,
    in_order,
    reachable,
    read,
)
from tests.app.timetable_steps import HOUR, make_offering
from tests.factories import NOON, make_county, make_person, sign_in

L, A = LessonState, AttendanceState
T = TypeVar("T")
Refusal = type[Problem] | None
WORDS = st.sampled_from(["audible", "silent", "degraded", "lost"])
WHICH, SITE, AHEAD = st.integers(0, 5), st.integers(0, 1), st.integers(-1, 5)


def line_check(**holder: UUID) -> LineCheck:
    return LineCheck(
        checked_at=NOON,
        address="192.0.2.7",
        road=Road.UDP.value,
        is_udp_open=True,
        is_tcp_open=True,
        **holder,
    )


class LessonLife(RuleBasedStateMachine):
    """The lessons of one county from plan to credit; every step is tried in every state."""

    def __init__(self, url: str, begins: str) -> None:
        super().__init__()
        self.begins = begins
        self.folder = Path(tempfile.mkdtemp(prefix="classrooms-lesson-"))
        self.runner = asyncio.Runner()
        self.database = Database(url, EventBus())
        self.clock = Clock()
        self.lessons: list[Model] = []
        self.seen: dict[UUID, LessonState] = {}
        self.closed: dict[UUID, Closed] = {}

    def teardown(self) -> None:
        self.runner.run(self.database.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    # -- how a step is taken ---------------------------------------------------------------

    def run(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        async def in_one_unit() -> T:
            async with self.database.unit_of_work() as db:
                return await work(db)

        return self.runner.run(in_one_unit())

    def refused(self, work: Callable[[AsyncSession], Awaitable[Any]], by: Refusal) -> bool:
        """Take a step of the services; it is refused in this way, or not at all."""
        if by is None:
            self.run(work)
            return False
        with pytest.raises(Problem) as refusal:
            self.run(work)
        assert refusal.type is by
        return True

    def pick(self, which: int) -> Model:
        return self.lessons[which % len(self.lessons)]

    @property
    def now(self) -> datetime:
        return self.clock.now

    @property
    def by(self) -> By:
        return By(self.county.administrator.person_id, self.now)

    def at(self, ahead: int) -> datetime:
        """Return the hour that many hours after the one that runs."""
        return NOON + ((self.now - NOON) // HOUR + ahead) * HOUR

    def is_taken(self, start: datetime, but: Model | None = None) -> bool:
        return any(
            each.starts_at == start and each.state not in GIVEN_UP
            for each in self.lessons
            if each is not but
        )

    def why_not_at(self, start: datetime, but: Model | None = None) -> Refusal:
        if start < self.now:
            return LessonInThePast
        return LessonClash if self.is_taken(start, but) else None

    def why_unchangeable(self, model: Model) -> Refusal:
        if model.state not in CHANGEABLE or model.ends_at <= self.now:
            return LessonNotChangeable
        return None

    async def whole(self, db: AsyncSession, model: Model) -> Lesson:
        return (
            await db.scalars(queries.planned_lessons().where(Lesson.id == model.lesson_id))
        ).one()

    # -- planning --------------------------------------------------------------------------

    @initialize(is_shut_down=st.booleans(), word=WORDS)
    def a_county(self, is_shut_down: bool, word: str) -> None:
        """Make it, and go some of the way at once: random steps alone seldom get so far."""

        async def make(db: AsyncSession) -> None:
            self.county = await make_county(db)
            other = await make_person(db, school=self.county.hub)
            self.teachers = [self.county.teacher, other]
            self.people = [each.person_id for each in self.teachers]
            holders = [{"device_id": each.id} for each in self.county.devices]
            holders += [{"account_id": each.id} for each in self.teachers]
            db.add_all(line_check(**holder) for holder in holders)
            self.term = Term(
                region_id=self.county.region.id,
                name="学期",
                starts_on=local_day(NOON) - timedelta(days=30),
                ends_on=local_day(NOON) + timedelta(days=1),
            )
            db.add(self.term)
            await db.flush()
            self.offering_id = (await make_offering(db, self.county, term=self.term)).id
            self.scope = Scope(region_ids=frozenset({self.county.region.id}))

        self.run(make)
        self.rooms = sorted(room.id for room in self.county.classrooms)
        for ahead, is_published in ((1, True), (2, True), (3, False)):
            self.plan(ahead, is_published)
        if self.begins == "planned":
            return
        self.time_passes(45)
        self.begin(0, teacher=0)
        self.a_classroom_joins(0, site=0)
        self.a_classroom_joins(0, site=1)
        if self.begins == "over":
            self.time_passes(40)
            self.a_classroom_hears(0, site=0, word=word)
            self.close(0, is_shut_down=is_shut_down)

    @rule(ahead=AHEAD, is_published=st.booleans())
    def plan(self, ahead: int, is_published: bool) -> None:
        start = self.at(ahead)
        made: list[UUID] = []

        async def add(db: AsyncSession) -> None:
            offering = await offering_kept(db, self.scope, self.offering_id)
            row = LessonPlan(changes.single_slot(), start, start + LENGTH)
            lesson = await changes.add_lesson(db, offering, row, publish=is_published, now=self.now)
            made.append(lesson.id)

        if not self.refused(add, self.why_not_at(start)):
            state = L.PUBLISHED if is_published else L.PLANNED
            self.lessons.append(Model(made[0], start, state))

    @rule(which=WHICH)
    def publish(self, which: int) -> None:
        model = self.pick(which)

        async def publish(db: AsyncSession) -> None:
            changes.publish(await self.whole(db, model), self.now)

        why = self.why_unchangeable(model)
        if why is None and model.state is not L.PLANNED:
            why = WrongState
        if not self.refused(publish, why):
            model.state = L.PUBLISHED

    @rule(which=WHICH, ahead=AHEAD)
    def move(self, which: int, ahead: int) -> None:
        model, start = self.pick(which), self.at(ahead)

        async def edit(db: AsyncSession) -> None:
            lesson = await self.whole(db, model)
            await changes.edit(
                db,
                lesson,
                title=lesson.title,
                starts_at=start,
                ends_at=start + LENGTH,
                hub_classroom_id=lesson.hub_classroom_id,
                sites=[SitePlan.of(site) for site in lesson.sites],
                now=self.now,
            )

        why = self.why_unchangeable(model)
        if why is None and start != model.starts_at:
            why = self.why_not_at(start, model)
        if not self.refused(edit, why):
            model.move(start)

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        model = self.pick(which)

        async def cancel(db: AsyncSession) -> None:
            await changes.cancel(db, await self.whole(db, model), reason="大雪", by=self.by)

        possible = NEXT_LESSON_STATE[model.state]
        is_possible = L.CANCELLED in possible and model.state is not L.MADE_UP
        if not self.refused(cancel, None if is_possible else WrongState):
            model.give_up(L.CANCELLED)

    @rule(which=WHICH, to=st.integers(0, 1))
    def hand_over(self, which: int, to: int) -> None:
        model = self.pick(which)

        async def substitute(db: AsyncSession) -> None:
            await changes.substitute(
                db,
                await self.whole(db, model),
                to_person_id=self.people[to],
                reason="病假",
                by=self.by,
            )

        why = self.why_unchangeable(model)
        if why is None and to == model.lecturer:
            why = SameTeacher
        if not self.refused(substitute, why):
            model.givers.append(to)

    @rule(which=WHICH, ahead=AHEAD)
    def make_up(self, which: int, ahead: int) -> None:
        model, start = self.pick(which), self.at(ahead)
        made: list[UUID] = []

        async def make(db: AsyncSession) -> None:
            lesson = await changes.make_up(
                db,
                await self.whole(db, model),
                starts_at=start,
                ends_at=start + LENGTH,
                lecturer_id=None,
                now=self.now,
            )
            made.append(lesson.id)

        why = self.why_not_at(start)
        if model.makes_up is not None or (
            why is not LessonInThePast and model.state not in {L.CANCELLED, L.MISSED}
        ):
            why = WrongState
        if not self.refused(make, why):
            model.state = L.MADE_UP
            again = Model(made[0], start, L.PUBLISHED, [model.lecturer], makes_up=model)
            self.lessons.append(again)

    # -- teaching --------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 20, 45, 90]))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)

    @precondition(lambda self: any(each.rows for each in self.lessons))
    @rule()
    def the_term_passes(self) -> None:
        self.clock.advance(days=2)

    @rule(all_there=st.booleans())
    def the_server_looks_before_the_bell(self, all_there: bool) -> None:
        async def look(db: AsyncSession) -> None:
            await db.execute(update(SignInSession).values(revoked_at=self.now))
            await db.execute(update(Device).values(last_seen_at=self.now))
            await db.execute(update(LineCheck).values(checked_at=self.now))
            for teacher in self.teachers if all_there else ():
                await sign_in(db, teacher, now=self.now)
            await jobs.enqueue(db, kind=readiness.KIND, payload={}, owner=None, now=self.now)

        self.run(look)
        self.runner.run(run_jobs(self.database, self.clock, JobFiles(self.folder)))
        for model in self.lessons:
            model.looked_at(self.now, all_there)

    @precondition(lambda self: any(self.is_overdue(each) for each in self.lessons))
    @rule()
    def what_nobody_began_is_missed(self) -> None:
        async def look(db: AsyncSession) -> None:
            await jobs.enqueue(db, kind=MISSING_KIND, payload={}, owner=None, now=self.now)

        self.run(look)
        self.runner.run(run_jobs(self.database, self.clock, JobFiles(self.folder)))
        for model in self.lessons:
            if self.is_overdue(model):
                model.give_up(L.MISSED)

    def is_overdue(self, model: Model) -> bool:
        return model.state in STARTABLE and model.ends_at <= self.now

    @rule(which=WHICH, teacher=st.integers(0, 1))
    def begin(self, which: int, teacher: int) -> None:
        model = self.pick(which)
        began: list[UUID] = []

        async def start(db: AsyncSession) -> None:
            session = await live.start_lesson(
                db,
                lesson_id=model.lesson_id,
                lecturer_id=self.people[teacher],
                now=self.now,
            )
            began.append(session.id)

        why: Refusal = None
        is_time = model.starts_at - START_BEFORE <= self.now < model.ends_at
        if teacher != model.lecturer:
            why = NotFound
        elif not model.state.is_live and not (model.state in STARTABLE and is_time):
            why = LessonNotStartable
        if self.refused(start, why):
            return
        if model.state.is_live:
            assert began == [model.session_id]
            return
        model.state, model.session_id, model.began_at = L.LIVE, began[0], self.now
        model.rows = [Row() for _ in self.rooms]

    def says(self, model: Model, kind: EventType, seat: str, **payload: Any) -> None:
        event = RoomEvent(kind, model.clock_ms(self.now), seat, seat, payload)
        ledger = DatabaseLedger(self.database, clock=self.clock)
        self.runner.run(ledger.record(str(model.session_id), [event]))

    def seat(self, model: Model, site: int) -> str:
        async def find(db: AsyncSession) -> str:
            return site_seat(in_order(await self.whole(db, model))[site].id)

        return self.run(find)

    @precondition(lambda self: any(each.state.is_live for each in self.lessons))
    @rule(which=WHICH, site=SITE)
    def a_classroom_joins(self, which: int, site: int) -> None:
        """Once or again: a second stay of the same classroom is no second row."""
        model = self.pick(which)
        if model.state.is_live:
            self.says(model, EventType.SEAT_JOINED, self.seat(model, site))
            model.rows[site].came = True
            self.time_passes(1)  # a stay of no length is none

    @precondition(lambda self: any(each.state.is_live for each in self.lessons))
    @rule(which=WHICH, site=SITE, word=WORDS)
    def a_classroom_hears(self, which: int, site: int, word: str) -> None:
        model = self.pick(which)
        if not (model.state.is_live and model.rows[site].came):
            return
        row, until_ms = model.rows[site], model.clock_ms(self.now)
        if until_ms > row.heard_until_ms:
            spans = [[row.heard_until_ms, until_ms, word, 1]]
            self.says(model, EventType.RECEPTION, self.seat(model, site), spans=spans)
            row.heard_until_ms = until_ms

    @precondition(lambda self: any(each.state.is_live for each in self.lessons))
    @rule(which=WHICH)
    def pause_or_restore_all(self, which: int) -> None:
        model = self.pick(which)
        if model.state is L.LIVE:
            self.says(model, EventType.PAUSED_ALL, HUB)
            model.state = L.PAUSED_ALL
        elif model.state is L.PAUSED_ALL:
            self.says(model, EventType.RESTORED_ALL, HUB)
            model.state = L.LIVE

    @precondition(lambda self: any(each.session_id is not None for each in self.lessons))
    @rule(which=WHICH, is_shut_down=st.booleans())
    def close(self, which: int, is_shut_down: bool) -> None:
        """Closing one that is over already changes nothing."""
        model = self.pick(which)
        if model.session_id is None:
            return
        reason = EndReason.SHUT_DOWN if is_shut_down else EndReason.ENDED_BY_LECTURER
        ledger = DatabaseLedger(self.database, clock=self.clock)
        clock_ms = model.clock_ms(self.now)
        self.runner.run(ledger.lesson_ended(str(model.session_id), reason, clock_ms, HUB))
        if model.state.is_live:
            model.close(L.STOPPED_INCIDENT if is_shut_down else L.ENDED)
            for row, counts in zip(model.rows, self.verdicts(model), strict=True):
                row.counts = counts

    def verdicts(self, model: Model) -> list[bool | None]:
        async def find(db: AsyncSession) -> list[bool | None]:
            assert model.session_id is not None
            lesson = await self.whole(db, model)
            rows = await attendance.records_of_session(db, model.session_id)
            of = {row.lesson_site_id: row.is_counted for row in rows}
            return [of[site.id] for site in in_order(lesson)]

        return self.run(find)

    # -- what follows ----------------------------------------------------------------------

    @rule(which=WHICH, site=SITE, objects=st.booleans())
    def the_assistant_confirms(self, which: int, site: int, objects: bool) -> None:
        model = self.pick(which)

        async def confirm(db: AsyncSession) -> None:
            await settling.confirm_headcount(
                db,
                lesson_id=model.lesson_id,
                classroom_id=self.rooms[site],
                count=12,
                objection="声音一直有" if objects else None,
                now=self.now,
            )

        row = model.rows[site] if model.rows else None
        why: Refusal = None
        if row is None:
            why = NotFound
        elif row.state not in {A.AUTO_CLOSED, A.CONFIRMED} or (
            row.state is A.CONFIRMED and objects
        ):
            why = NotToConfirm
        if self.refused(confirm, why) or row is None:
            return
        if objects:
            row.objects = True
        else:
            model.confirmed(row)

    def record_of(self, model: Model, site: int) -> UUID:
        async def find(db: AsyncSession) -> UUID:
            row = await attendance.record_of_classroom(db, model.lesson_id, self.rooms[site])
            assert row is not None
            return row.id

        return self.run(find)

    @precondition(lambda self: any(each.rows for each in self.lessons))
    @rule(which=WHICH, site=SITE)
    def the_administrator_confirms(self, which: int, site: int) -> None:
        model = self.pick(which)
        if not model.rows:
            return
        record_id, row = self.record_of(model, site), model.rows[site]

        async def confirm(db: AsyncSession) -> None:
            await settling.confirm_row(
                db,
                record_id=record_id,
                person_id=self.county.administrator.person_id,
                headcount=None,
                now=self.now,
            )

        if not self.refused(confirm, None if row.state is A.AUTO_CLOSED else WrongState):
            model.confirmed(row)

    @precondition(lambda self: any(each.rows for each in self.lessons))
    @rule(which=WHICH, site=SITE, counts=st.booleans())
    def the_administrator_corrects(self, which: int, site: int, counts: bool) -> None:
        model = self.pick(which)
        if not model.rows:
            return
        record_id, row = self.record_of(model, site), model.rows[site]

        async def amend(db: AsyncSession) -> None:
            await settling.amend(
                db,
                record_id=record_id,
                person_id=self.county.administrator.person_id,
                is_counted=counts,
                headcount=None,
                reason="设备记录有误",
                now=self.now,
            )

        why: Refusal = None
        if row.state is A.OPEN:
            why = NotToAmend
        elif row.counts is counts:
            why = NothingAmended
        if not self.refused(amend, why):
            model.corrected(row, counts)

    @precondition(lambda self: any(each.rows for each in self.lessons))
    @rule()
    def the_term_is_locked(self) -> None:
        own = [each for each in self.lessons if local_day(each.starts_at) <= self.term.ends_on]
        why: Refusal = None
        if local_day(self.now) <= self.term.ends_on:
            why = TermNotOver
        elif any(row.objects for each in own for row in each.rows):
            why = ObjectionsOpen
        done = self.runner.run(
            lock_of(self.database, self.county, self.term, self.clock, self.folder)
        )
        if why is not None:
            assert done.state is JobState.FAILED
            assert done.problem is not None
            assert done.problem["type"] == why.type
            return
        assert done.state is JobState.DONE, done.problem
        for model in own:
            model.lock()

    # -- what always holds -----------------------------------------------------------------

    @invariant()
    def what_is_kept_is_what_the_model_says(self) -> None:
        if not self.lessons:
            return
        ids = [each.lesson_id for each in self.lessons]
        kept = self.run(lambda db: read(db, ids))
        compare(kept, self.lessons, self.people)
        for lesson_id, lesson in kept.lessons.items():
            assert reachable(self.seen.get(lesson_id, lesson.state), lesson.state)
            self.seen[lesson_id] = lesson.state
        for row in (each for rows in kept.rows.values() for each in rows):
            if row.state is not A.OPEN:
                assert self.closed.setdefault(row.id, closed(row)) == closed(row)


LIVES = settings(
    max_examples=8,
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("begins", ["planned", "live", "over"])
def test_lessons_live_as_the_tables_say_whatever_the_order_of_steps(
    either_url: str, begins: str
) -> None:
    class Life(LessonLife):
        def __init__(self) -> None:
            super().__init__(either_url, begins)

    run_state_machine_as_test(Life, settings=LIVES)
