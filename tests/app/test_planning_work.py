"""What plans behind the pages: the process that chooses, what is read for it, both databases."""

import asyncio
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.alliances.models import (
    HubOffer,
    Match,
    Need,
    Pairing,
    PairingKind,
    PairingParty,
    Side,
)
from app.calendars.models import Term
from app.database import Database
from app.jobs import service as jobs
from app.jobs.files import JobFiles
from app.jobs.models import Queue
from app.jobs.worker import Worker
from app.lessons.models import CourseOffering, Lesson, LessonState, OfferingSite
from app.lessons.timetable import OfferingPlan, write_lessons
from app.planning import queries, service
from app.planning.asking import Thing, ThingKind, Wish
from app.planning.choices import Choices, Option
from app.planning.jobs import KIND, run_planning
from app.planning.loading import ask_of
from app.planning.models import Planning, PlanningState
from app.planning.schemas import PlanningIn
from app.planning.solver import SolverFailed, choose_apart
from tests.app.alliance_steps import statements
from tests.app.conftest import Clock
from tests.app.test_jobs_pages import caller
from tests.app.timetable_steps import make_bells, make_offering, make_term, planned
from tests.factories import NOON, County, make_classroom, make_county, make_school

SIMPLE = Choices((1,), (Option(0, 1, 5), Option(0, 2, 3)), (), ())


async def test_the_process_answers_one_plan_after_another() -> None:
    found = [each async for each in choose_apart(SIMPLE, plans=2, effort=1.0)]
    assert [each.options for each in found] == [(1,), (0,)]


async def test_a_process_that_breaks_says_why() -> None:
    broken = Choices((1,), (Option(7, 1, 0),), (), ())
    with pytest.raises(SolverFailed, match="IndexError"):
        async for _ in choose_apart(broken, plans=1, effort=1.0):
            pass


async def test_whoever_stops_waiting_stops_the_process() -> None:
    async def wait() -> None:
        async for _ in choose_apart(SIMPLE, plans=1, effort=1.0):
            pass

    waiting = asyncio.ensure_future(wait())  # noqa: TID251  # to be cancelled in the middle
    children: list[psutil.Process] = []
    while not children:
        await asyncio.sleep(0.01)
        children = [
            each
            for each in psutil.Process().children()
            if "app.planning.cpsat" in " ".join(each.cmdline())
        ]
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not any(each.is_running() and each.status() != "zombie" for each in children)


async def _asked(db: AsyncSession, county: County, offering: CourseOffering) -> Planning:
    body = PlanningIn(term_id=offering.term_id, offering_ids=[offering.id], kept_free=[])
    courses = [(await db.scalars(select(CourseOffering))).one()]
    await db.refresh(courses[0], ["sites"])
    term = (await db.scalars(select(Term))).one()
    person_id = county.administrator.person_id
    planning = service.ask(db, body, courses, term, person_id=person_id, now=NOON)
    await db.flush()
    return await queries.get_planning(db, planning.id)


async def _make(db: AsyncSession) -> tuple[County, CourseOffering]:
    county = await make_county(db)
    await make_term(db, county)
    await make_bells(db, county)
    return county, await make_offering(db, county)


async def test_a_planning_is_answered_and_accepted_on_either_database(
    either_database: Database, tmp_path: Path
) -> None:
    async with either_database.unit_of_work() as db:
        county, offering = await _make(db)
        planning_id = (await _asked(db, county, offering)).id
        await _enqueue(db, county.administrator, planning_id=str(planning_id))
    worker = Worker(
        either_database,
        either_database.events,
        handlers={KIND: run_planning},
        periodic={},
        files=JobFiles(tmp_path),
        queues=frozenset({Queue.HEAVY}),
        clock=Clock(),
    )
    assert await worker.run_due() == 1
    async with either_database.unit_of_work() as db:
        planning = await queries.get_planning(db, planning_id)
        assert planning.state is PlanningState.ANSWERED
        person_id = county.administrator.person_id
        await service.accept(db, planning, 0, publish=False, person_id=person_id, now=NOON)
    async with either_database.unit_of_work() as db:
        planning = await queries.get_planning(db, planning_id)
        assert planning.accepted is not None
        lessons = (await db.scalars(select(Lesson))).all()
        assert len(lessons) == planning.accepted["created"] > 30


async def _enqueue(db: AsyncSession, account: Account, **payload: str) -> None:
    await jobs.enqueue(
        db, kind=KIND, payload=payload, owner=caller(account), queue=Queue.HEAVY, now=NOON
    )


async def test_what_is_read_takes_as_many_statements_for_many_sites_as_for_two(
    either_database: Database,
) -> None:
    async with either_database.unit_of_work() as db:
        county, offering = await _make(db)
        planning = await _asked(db, county, offering)
        with statements(either_database) as few:
            await ask_of(db, planning)
        for _ in range(5):
            point = await make_school(db, county.region, parent=county.hub)
            room = await make_classroom(db, point)
            db.add(OfferingSite(offering_id=offering.id, classroom_id=room.id))
        await db.flush()
        planning = await queries.get_planning(db, planning.id)
        with statements(either_database) as many:
            asked = await ask_of(db, planning)
        assert len(asked.schools) == 8
        assert len(many) == len(few)


async def test_a_site_wishes_for_the_window_of_the_need_behind_its_pairing(
    either_database: Database,
) -> None:
    async with either_database.unit_of_work() as db:
        county, offering = await _make(db)
        pairing = await _matched(db, county)
        offering.sites[0].pairing_id = pairing.id
        await db.flush()
        asked = await ask_of(db, await _asked(db, county, offering))
    wishes = {site.place.school: site.wish for site in asked.offerings[0].sites}
    assert wishes == {
        str(county.points[0].id): Wish(frozenset({2, 4}), 520, 700),
        str(county.points[1].id): None,
    }


async def _matched(db: AsyncSession, county: County) -> Pairing:
    person_id, today = county.administrator.person_id, NOON.date()
    need = Need(
        school_id=county.points[0].id,
        subject="music",
        grade_no=3,
        language="zh",
        periods_a_week=2,
        weekdays="24",
        earliest_minute=520,
        latest_minute=700,
        starts_on=today,
        ends_on=today + timedelta(weeks=8),
        posted_at=NOON,
        posted_by=person_id,
    )
    offer = HubOffer(
        school_id=county.hub.id,
        subject="music",
        grade_from=1,
        grade_to=6,
        language="zh",
        periods_a_week=8,
        valid_from=today,
    )
    pairing = Pairing(
        kind=PairingKind.DELIVERY,
        name="音乐",
        periods_a_week=2,
        starts_on=today,
        parties=[
            PairingParty(school_id=county.hub.id, side=Side.HUB),
            PairingParty(school_id=county.points[0].id, side=Side.PARTNER),
        ],
    )
    db.add_all([need, offer, pairing])
    await db.flush()
    match = Match(
        need_id=need.id,
        offer_id=offer.id,
        pairing_id=pairing.id,
        score=90,
        reasons={},
        made_at=NOON,
        made_by=person_id,
    )
    db.add(match)
    await db.flush()
    return pairing


async def test_a_line_carries_what_was_declared_and_else_a_lesson_of_each_classroom(
    either_database: Database,
) -> None:
    async with either_database.unit_of_work() as db:
        county, offering = await _make(db)
        second = await make_classroom(db, county.hub)
        asked = await ask_of(db, await _asked(db, county, offering))
        second.budget_up_kbps = 8000
        await db.flush()
        planning = (await db.scalars(select(Planning))).one()
        declared = await ask_of(db, await queries.get_planning(db, planning.id))
    hub = str(county.hub.id)
    assert next(each.line for each in asked.schools if each.id == hub) == 2
    assert next(each.line for each in declared.schools if each.id == hub) == 3


async def test_who_passes_a_course_on_uses_its_line_and_a_lesson_that_is_passed_on_takes_it(
    either_database: Database,
) -> None:
    """The same course twice: the lesson of the one is in the way of the other, at the middle."""
    async with either_database.unit_of_work() as db:
        county, offering = await _make(db)
        middle, last = county.classrooms
        by_room = {site.classroom_id: site for site in offering.sites}
        by_room[last.id].through_id = middle.id
        await db.flush()
        planning = await _asked(db, county, offering)
        await db.refresh(offering, ["sites"])
        await write_lessons(db, [OfferingPlan(offering, [planned("W1-1")])], publish=True)
        lesson = (await db.scalars(select(Lesson))).one()
        lesson.state = LessonState.LIVE  # it is not moved any more
        lesson.planned_start += timedelta(weeks=1)
        lesson.planned_end += timedelta(weeks=1)
        await db.flush()
        asked = await ask_of(db, await queries.get_planning(db, planning.id))
    sites = {site.key: site for site in asked.offerings[0].sites}
    assert sites[str(last.id)].through == str(middle.id)
    assert sites[str(middle.id)].passes_on
    assert not sites[str(last.id)].passes_on
    line = Thing(ThingKind.LINE, str(county.points[0].id))
    assert asked.names[line] == county.points[0].name
    assert [each.title for each in asked.busy if each.thing == line] == [offering.name]
    assert not [each for each in asked.busy if each.thing.id == str(county.points[1].id)]
