"""The life of a pairing, whatever the order of steps: the real service against a plain model."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.alliances import pairing_queries, pairings, service
from app.alliances.active_days import active_days
from app.alliances.errors import (
    AgreementMissing,
    AlreadyAgreed,
    PairingIncomplete,
    SchoolNotOpen,
)
from app.alliances.models import NEXT_PAIRING_STATE, Pairing, PairingKind, PairingState
from app.alliances.pairing_schemas import PairingIn, PartyIn
from app.alliances.pairings import Actor
from app.calendars.days import Span, local_day
from app.database import Database
from app.errors import NotFound, Problem, WrongState
from app.events import EventBus
from app.files import StoredFile
from app.schools.models import School
from tests.factories import NOON, make_county, make_school

S = PairingState
T = TypeVar("T")
Step = Callable[[AsyncSession, Pairing, Actor], Awaitable[None]]
# 0 is the hub, 1 and 2 its partners, 3 a school that has nothing to do with it.
HUB, STRANGER = 0, 3
STARTS_IN_DAYS = 2


class PairingLife(RuleBasedStateMachine):
    """One pairing of a hub and two partners; every step is tried in every state."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(url, EventBus())
        self.now = NOON
        self.state = S.DRAFT
        self.agreed: set[int] = set()
        self.has_agreement = False
        self.closed: dict[int, date] = {}
        self.entered: list[tuple[date, PairingState]] = []
        self.seen_history: list[tuple[object, ...]] = []

    def teardown(self) -> None:
        self.runner.run(self.database.close())
        self.runner.close()

    def run(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        async def in_one_unit() -> T:
            async with self.database.unit_of_work() as db:
                return await work(db)

        return self.runner.run(in_one_unit())

    @initialize(far=st.integers(0, 4))
    def draft(self, far: int) -> None:
        """Draft it, and go some of the way at once: random steps alone seldom get so far."""
        self.make_draft()
        if far >= 1:
            self.propose(HUB)
        if far >= 2:
            self.agree(1)
        if far >= 3:
            self.agree(2)
        if far >= 4:
            self.attach_the_agreement()
            self.time_passes(STARTS_IN_DAYS)
            self.activate()

    def make_draft(self) -> None:
        async def make(db: AsyncSession) -> None:
            county = await make_county(db)
            stranger = await make_school(db, county.region)
            self.person: UUID = county.administrator.person_id
            self.schools = [county.hub.id, *(each.id for each in county.points), stranger.id]
            body = PairingIn(
                kind=PairingKind.DELIVERY,
                name="音乐结对",
                hub=PartyIn(school_id=self.schools[0]),
                partners=[PartyIn(school_id=each) for each in self.schools[1:3]],
                subjects=["music"],
                periods_a_week=2,
                starts_on=self.today + timedelta(days=STARTS_IN_DAYS),
            )
            self.starts_on = body.starts_on
            self.pairing_id = (await pairings.save_draft(db, pairings.new(), body)).id

        self.run(make)

    @property
    def today(self) -> date:
        return local_day(self.now)

    @property
    def all_open(self) -> bool:
        return not any(self.today >= self.closed.get(n, date.max) for n in range(3))

    def attempt(self, step: Step, school: int | None) -> type[Problem] | None:
        """Take a step on the real service and return how it was refused, if it was."""

        async def take(db: AsyncSession) -> None:
            pairing = await pairing_queries.get_pairing(db, self.pairing_id)
            school_id = None if school is None else self.schools[school]
            await step(db, pairing, Actor(self.person, self.now, school_id, "因为"))

        try:
            self.run(take)
        except Problem as problem:
            return type(problem)
        return None

    def expect(
        self, step: Step, to: PairingState, school: int | None, refused: type[Problem] | None
    ) -> None:
        if to not in NEXT_PAIRING_STATE[self.state]:
            refused = WrongState
        assert self.attempt(step, school) is refused
        if refused is None:
            self.entered.append((self.today, to))
            self.state = to

    @rule(school=st.integers(0, 3))
    def propose(self, school: int) -> None:
        refused = NotFound if school == STRANGER else None if self.all_open else SchoolNotOpen
        before = self.state
        self.expect(pairings.propose, S.PROPOSED, school, refused)
        if (before, self.state) == (S.DRAFT, S.PROPOSED):
            self.agreed = {school}

    @rule(school=st.integers(0, 3))
    def agree(self, school: int) -> None:
        if self.state is S.PROPOSED and school != STRANGER and school not in self.agreed:
            if not self.all_open:
                assert self.attempt(pairings.agree, school) is SchoolNotOpen
                return
            self.agreed.add(school)
            if len(self.agreed) < 3:
                assert self.attempt(pairings.agree, school) is None
            else:
                self.expect(pairings.agree, S.ACCEPTED, school, None)
            return
        refused = NotFound if school == STRANGER else AlreadyAgreed
        self.expect(pairings.agree, S.ACCEPTED, school, refused)

    @rule(school=st.integers(0, 3))
    def decline(self, school: int) -> None:
        self.expect(pairings.decline, S.DRAFT, school, NotFound if school == STRANGER else None)
        if self.state is S.DRAFT:
            self.agreed = set()

    @rule()
    def activate(self) -> None:
        refused: type[Problem] | None = None
        if self.today < self.starts_on:
            refused = PairingIncomplete
        elif not self.has_agreement:
            refused = AgreementMissing
        elif not self.all_open:
            refused = SchoolNotOpen
        self.expect(pairings.activate, S.ACTIVE, None, refused)

    @rule()
    def suspend(self) -> None:
        self.expect(pairings.suspend, S.SUSPENDED, None, None)

    @precondition(lambda self: self.state is not S.ACTIVE or len(self.entered) > 6)
    @rule()
    def end(self) -> None:
        self.expect(pairings.end, S.ENDED, None, None)

    @precondition(lambda self: self.state is not S.DRAFT)
    @rule()
    def archive(self) -> None:
        self.expect(pairings.archive, S.ARCHIVED, None, None)

    @rule()
    def attach_the_agreement(self) -> None:
        async def attach(db: AsyncSession) -> None:
            file = StoredFile(
                name="协议.pdf",
                media_type="application/pdf",
                size_bytes=1,
                sha256="0" * 64,
                stored_at=self.now,
                stored_by=self.person,
            )
            db.add(file)
            await db.flush()
            await service.attach_agreement(
                db, file, pairing_id=self.pairing_id, person_id=self.person, now=self.now
            )

        self.run(attach)
        self.has_agreement = True

    @rule(days=st.integers(0, 5))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days, minutes=1)

    @rule(school=st.integers(0, 2), is_closed=st.booleans())
    def a_school_closes_or_opens(self, school: int, is_closed: bool) -> None:
        day = self.today if is_closed else None

        async def close(db: AsyncSession) -> None:
            row = await db.scalar(select(School).where(School.id == self.schools[school]))
            assert row is not None
            row.closed_on = day

        self.run(close)
        self.closed.pop(school, None)
        if day is not None:
            self.closed[school] = day

    @precondition(lambda self: self.state is not S.DRAFT)
    @rule()
    def what_was_agreed_is_not_rewritten(self) -> None:
        async def rewrite(db: AsyncSession) -> None:
            pairing = await pairing_queries.get_pairing(db, self.pairing_id)
            body = PairingIn(
                kind=PairingKind.DELIVERY,
                name="别的",
                hub=PartyIn(school_id=self.schools[1]),
                partners=[PartyIn(school_id=self.schools[0])],
                periods_a_week=1,
                starts_on=self.today,
            )
            await pairings.save_draft(db, pairing, body)

        try:
            self.run(rewrite)
        except WrongState:
            return
        raise AssertionError("a pairing that is no draft was rewritten")

    @invariant()
    def what_is_kept_is_what_the_model_says(self) -> None:
        async def read(db: AsyncSession) -> Kept:
            pairing = await pairing_queries.get_pairing(db, self.pairing_id)
            spans = await pairings.days_that_count(db, [pairing], today=self.today)
            return Kept(
                pairing.state,
                {party.school_id for party in pairing.parties if party.agreed_at is not None},
                [
                    (row.number, row.day, row.from_state, row.to_state, row.at)
                    for row in await pairing_queries.histories(db, [pairing.id])
                ],
                spans[pairing.id],
            )

        kept = self.run(read)
        self.compare_state(kept)
        self.compare_history(kept)
        self.compare_days(kept)

    def compare_state(self, kept: "Kept") -> None:
        assert kept.state is self.state
        assert kept.agreed == {self.schools[n] for n in self.agreed}
        # 双选: nothing beyond PROPOSED without everybody's word.
        if kept.state in {S.ACCEPTED, S.ACTIVE, S.SUSPENDED, S.ENDED}:
            assert len(kept.agreed) == 3

    def compare_history(self, kept: "Kept") -> None:
        """It only grows, and has one row for every step that was taken."""
        assert kept.history[: len(self.seen_history)] == self.seen_history
        assert [(row[1], row[3]) for row in kept.history] == self.entered
        assert [row[0] for row in kept.history] == list(range(1, len(kept.history) + 1))
        self.seen_history = kept.history

    def compare_days(self, kept: "Kept") -> None:
        """The days that count are those of the plain definition."""
        first = local_day(NOON)
        for n in range(-1, (self.today - first).days + 3):
            day = first + timedelta(days=n)
            states = [state for on, state in self.entered if on <= day]
            is_open = [day < self.closed.get(school, date.max) for school in range(3)]
            expected = (
                day <= self.today
                and bool(states)
                and states[-1] is S.ACTIVE
                and is_open[HUB]
                and any(is_open[1:])
            )
            assert active_days(kept.spans, day, day) == expected, (day, self.entered, self.closed)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database says of the pairing."""

    state: PairingState
    agreed: set[UUID]
    history: list[tuple[object, ...]]
    spans: list[Span]


LIVES = settings(max_examples=16, stateful_step_count=24, deadline=None)


def test_pairings_live_as_the_table_says_whatever_the_order_of_steps(either_url: str) -> None:
    class Life(PairingLife):
        def __init__(self) -> None:
            super().__init__(either_url)

    run_state_machine_as_test(Life, settings=LIVES)
