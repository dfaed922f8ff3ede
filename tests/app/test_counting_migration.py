"""What the migrations of counting make of lessons there are, on both databases."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import insert, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app import migrations
from app.alliances import pairing_queries, pairings, tracks
from app.alliances.models import (
    Pairing,
    PairingChange,
    PairingKind,
    PairingParty,
    PairingState,
    PairingSubject,
    Side,
)
from app.attendance import recounting
from app.attendance.delivered import PERIODS
from app.attendance.errors import FiguresBeingCounted
from app.attendance.models import AttendanceRecord, AttendanceState, NotCounted
from app.attendance.taught import AttendedLessons
from app.calendars.days import Span
from app.database import Database
from app.jobs import service as jobs
from app.jobs.files import JobFiles
from app.jobs.models import Queue
from app.lessons.models import CourseOffering, Lesson, LessonSite, OfferingSite, SiteMode
from tests.app.conftest import Clock
from tests.app.held_lessons import (
    Held,
    hold,
    hold_in_a_new_county,
    lock,
    make_term,
    record_of,
    run_jobs,
)
from tests.app.timetable_steps import make_offering
from tests.factories import County

BEFORE = "202611270010"


async def go(engine: AsyncEngine, move: Any, where: str) -> None:
    async with engine.connect() as connection:
        await connection.run_sync(lambda below: move(migrations.alembic_config(below), where))
        await connection.commit()


async def come_from_before(database: Database) -> None:
    """Take the tables back to what they were, and bring them here again."""
    await go(database.engine, command.stamp, "head")
    await go(database.engine, command.downgrade, BEFORE)
    async with database.engine.connect() as connection:
        there = await connection.run_sync(lambda below: inspect(below).get_columns("lessons"))
        assert "is_after_school" not in {column["name"] for column in there}
    await go(database.engine, command.upgrade, "head")
    await database.engine.dispose()  # no connection knows statements about the tables of before


async def facts(database: Database) -> list[tuple[UUID, int]]:
    async with database.unit_of_work() as db:
        rows = await db.execute(select(PERIODS.c.school_id, PERIODS.c.periods))
        return [(row[0], row[1]) for row in rows]


async def count_anew(database: Database, clock: Clock, folder: Path) -> None:
    async with database.unit_of_work() as db:
        await jobs.enqueue(
            db,
            kind=recounting.KIND,
            payload={},
            owner=None,
            queue=Queue.HEAVY,
            now=clock.now,
        )
    await run_jobs(database, clock, JobFiles(folder))


async def offered(database: Database, held: Held, *, is_after_school: bool) -> None:
    """Have the lesson that was held be one of an offering."""
    async with database.unit_of_work() as db:
        offering = await make_offering(db, held.county)
        offering.is_after_school = is_after_school
        lesson = (await db.scalars(select(Lesson))).one()
        lesson.offering_id = offering.id


async def test_lessons_are_after_school_as_their_offerings_say_and_facts_are_written_anew(
    either_database: Database, clock: Clock, tmp_path: Path
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    point = held.county.points[0]
    assert await facts(either_database) == [(point.id, 1)]
    await offered(either_database, held, is_after_school=True)
    await come_from_before(either_database)
    async with either_database.unit_of_work() as db:
        assert (await db.scalars(select(Lesson.is_after_school))).all() == [True]
    assert await facts(either_database) == []
    await count_anew(either_database, clock, tmp_path)
    assert await facts(either_database) == []
    async with either_database.unit_of_work() as db:
        (await db.scalars(select(CourseOffering))).one().is_after_school = False
    await come_from_before(either_database)
    await count_anew(either_database, clock, tmp_path)
    assert await facts(either_database) == [(point.id, 1)]


async def test_facts_that_are_right_are_kept(
    either_database: Database, clock: Clock, tmp_path: Path
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    await offered(either_database, held, is_after_school=False)
    before = await facts(either_database)
    await come_from_before(either_database)
    assert await facts(either_database) == before != []
    await count_anew(either_database, clock, tmp_path)
    assert await facts(either_database) == before


async def test_facts_that_were_stale_before_are_counted_anew(
    either_database: Database, clock: Clock, tmp_path: Path
) -> None:
    """One says too much, one is of a school that nothing reached, one of a week long ago."""
    held = await hold_in_a_new_county(either_database, clock)
    right = await facts(either_database)
    async with either_database.unit_of_work() as db:
        row = (await db.execute(select(PERIODS))).one()._asdict()
        await db.execute(update(PERIODS).values(periods=7))
        never, then = held.county.points[1].id, row["week_on"] - timedelta(weeks=9)
        await db.execute(insert(PERIODS), [row | {"school_id": never}, row | {"week_on": then}])
    await come_from_before(either_database)
    async with either_database.unit_of_work() as db:
        with pytest.raises(FiguresBeingCounted):
            await recounting.require_counted(db)
    await count_anew(either_database, clock, tmp_path)
    assert await facts(either_database) == right
    async with either_database.unit_of_work() as db:
        await recounting.require_counted(db)


async def test_nothing_is_counted_anew_where_nothing_was_counted(
    either_database: Database,
) -> None:
    await come_from_before(either_database)
    async with either_database.unit_of_work() as db:
        await recounting.require_counted(db)


async def test_who_only_observed_counts_no_more_and_the_row_says_why(
    either_database: Database, clock: Clock, tmp_path: Path
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    record = await record_of(either_database, held.records[0])
    async with either_database.unit_of_work() as db:
        (await db.get_one(LessonSite, record.lesson_site_id)).mode = SiteMode.OBSERVE
    await come_from_before(either_database)
    record = await record_of(either_database, held.records[0])
    assert (record.is_counted, record.not_counted_reason) == (True, NotCounted.OBSERVED)
    await count_anew(either_database, clock, tmp_path)
    assert await facts(either_database) == []


async def test_why_observers_did_not_count_before_is_said_again_on_the_way_back(
    either_database: Database, clock: Clock
) -> None:
    """Of four rows one counted, one heard too little, one never came; one was closed since."""
    first = await hold_in_a_new_county(either_database, clock)
    counted, short = first.records
    second = await hold(either_database, first.county, clock)
    since, away = second.records
    async with either_database.unit_of_work() as db:
        await db.execute(update(LessonSite).values(mode=SiteMode.OBSERVE))
        row = await db.get_one(AttendanceRecord, away)
        row.audible_ms = row.degraded_ms = row.lost_ms = 0
        row.not_counted_reason = NotCounted.NEVER_CAME
        row = await db.get_one(AttendanceRecord, since)
        row.is_counted, row.not_counted_reason = False, NotCounted.OBSERVED
    await come_from_before(either_database)
    for each in (counted, short, since, away):
        record = await record_of(either_database, each)
        assert record.not_counted_reason is NotCounted.OBSERVED
    await either_database.engine.dispose()
    await go(either_database.engine, command.downgrade, BEFORE)
    table = AttendanceRecord.__table__
    async with either_database.unit_of_work() as db:
        rows = await db.execute(select(table.c.id, table.c.is_counted, table.c.not_counted_reason))
        assert {row[0]: (row[1], row[2]) for row in rows} == {
            counted: (True, None),
            short: (False, NotCounted.TOO_LITTLE_AUDIBLE),
            since: (False, None),
            away: (False, NotCounted.NEVER_CAME),
        }
    await go(either_database.engine, command.upgrade, "head")


async def test_lessons_named_for_pairings_of_other_subjects_count_by_the_rule_of_subjects(
    either_database: Database, clock: Clock, tmp_path: Path
) -> None:
    """The course named it before pairings were held to subjects; the row was locked since."""
    held = await hold_in_a_new_county(either_database, clock)
    county, room = held.county, held.county.classrooms[0].id
    await offered(either_database, held, is_after_school=False)
    async with either_database.unit_of_work() as db:
        named, right = [
            await run_pairing(db, county, subject, clock) for subject in ("maths", "music")
        ]
        site = await db.scalar(select(OfferingSite).where(OfferingSite.classroom_id == room))
        assert site is not None
        site.pairing_id = named
    term = await make_term(either_database, county, clock)
    clock.advance(days=60)
    await lock(either_database, held, term, clock, tmp_path)
    before = await record_of(either_database, held.records[0])
    assert before.state is AttendanceState.LOCKED
    await come_from_before(either_database)
    async with either_database.unit_of_work() as db:
        assert await lessons_of(db, named, clock) == 0
        assert await lessons_of(db, right, clock) == 1
        kept = await db.scalar(select(LessonSite.pairing_id).where(LessonSite.classroom_id == room))
    # What was said, and the locked row, are as they were.
    assert kept == named
    after = await record_of(either_database, held.records[0])
    assert columns_of(after) == columns_of(before)


def columns_of(record: AttendanceRecord) -> dict[str, Any]:
    return {each.key: getattr(record, each.key) for each in AttendanceRecord.__table__.columns}


async def run_pairing(db: AsyncSession, county: County, subject: str, clock: Clock) -> UUID:
    """A pairing of the hub and the first point that has run since the day before."""
    day = clock.now.date() - timedelta(days=1)
    row = Pairing(
        kind=PairingKind.DELIVERY,
        name=subject,
        periods_a_week=2,
        starts_on=day,
        state=PairingState.ACTIVE,
        parties=[
            PairingParty(school_id=county.hub.id, side=Side.HUB),
            PairingParty(school_id=county.points[0].id, side=Side.PARTNER),
        ],
        subjects=[PairingSubject(subject=subject)],
    )
    db.add(row)
    await db.flush()
    db.add(
        PairingChange(
            pairing_id=row.id,
            number=1,
            at=clock.now,
            day=day,
            from_state=PairingState.ACCEPTED,
            to_state=PairingState.ACTIVE,
            by_person_id=county.administrator.person_id,
        )
    )
    await db.flush()
    return row.id


async def lessons_of(db: AsyncSession, pairing_id: UUID, clock: Clock) -> int:
    """Return how many lessons a pairing counts until today."""
    rows = [await pairing_queries.get_pairing(db, pairing_id)]
    today = clock.now.date()
    days = await pairings.days_that_count(db, rows, today=today)
    limits = [Span(rows[0].starts_on, today)]
    (counts,) = await tracks.count(
        db, AttendedLessons(), rows, days=days, limits=limits, today=today
    )
    return counts.lessons


async def test_lessons_there_are_keep_the_pairings_their_offerings_name(
    either_database: Database, clock: Clock
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    await offered(either_database, held, is_after_school=False)
    async with either_database.unit_of_work() as db:
        pairing = Pairing(
            kind=PairingKind.DELIVERY, name="音乐", periods_a_week=2, starts_on=clock.now.date()
        )
        db.add(pairing)
        await db.flush()
        room = held.county.classrooms[0].id
        site = await db.scalar(select(OfferingSite).where(OfferingSite.classroom_id == room))
        assert site is not None
        site.pairing_id = pairing.id
    await come_from_before(either_database)
    async with either_database.unit_of_work() as db:
        rows = await db.execute(select(LessonSite.classroom_id, LessonSite.pairing_id))
        named = {row[0]: row[1] for row in rows}
    assert named == {room: pairing.id, held.county.classrooms[1].id: None}
