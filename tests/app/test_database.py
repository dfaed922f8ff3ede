"""The session, the commit before the answer, UTC, ordered ids, and what SQLite is told."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated
from uuid import UUID

import httpx2
import pytest
from fastapi import Depends, FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from app import errors
from app.database import Database, Db, uuid7
from app.events import EventBus, emit
from app.lessons.models import Lesson, LessonState
from app.schools.models import Region
from tests.factories import NOON, make_county, make_lesson, make_region


async def test_failed_commit_is_no_success(database: Database) -> None:
    """With FastAPI's default scope the client would have read "200 OK" before the commit."""
    app = FastAPI()
    app.state.database = database

    @app.post("/regions")
    async def add(db: Db) -> dict[str, str]:
        db.add(Region(code="1", path="/1/", name="one", parent_id=uuid7()))  # fails at the commit
        return {"status": "added"}

    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://t.test") as client:
        answer = await client.post("/regions")
    assert answer.status_code == 500


async def test_refusal_rolls_back_what_the_request_did(database: Database) -> None:
    app = FastAPI()
    app.state.database = database
    errors.install(app)

    @app.post("/regions")
    async def add(db: Db) -> None:
        db.add(Region(code="1", path="/1/", name="one"))
        await db.flush()
        raise errors.Forbidden

    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://t.test"
    ) as client:
        assert (await client.post("/regions")).status_code == 403
    async with database.unit_of_work() as db:
        assert (await db.scalars(select(Region))).all() == []


async def test_request_has_one_session_whoever_asks_for_it(database: Database) -> None:
    app = FastAPI()
    app.state.database = database

    async def below(db: Db) -> int:
        return id(db)

    @app.get("/same")
    async def same(db: Db, other: Annotated[int, Depends(below)]) -> bool:
        return id(db) == other

    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://t.test"
    ) as client:
        assert (await client.get("/same")).json() is True


async def test_block_that_raises_leaves_nothing(database: Database) -> None:
    async def add_and_fail() -> None:
        async with database.unit_of_work() as db:
            await make_region(db)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await add_and_fail()
    async with database.unit_of_work() as db:
        assert (await db.scalars(select(Region))).all() == []


async def test_savepoint_is_part_of_its_transaction(either_database: Database) -> None:
    """Python's SQLite driver would have committed it: nothing had begun before it."""

    async def add_and_fail() -> None:
        async with either_database.unit_of_work() as db:
            await db.execute(select(Region))
            async with db.begin_nested():
                db.add(Region(code="1", path="/1/", name="one"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await add_and_fail()
    async with either_database.unit_of_work() as db:
        assert (await db.scalars(select(Region))).all() == []
        async with db.begin_nested():
            db.add(Region(code="2", path="/2/", name="two"))
    async with either_database.unit_of_work() as db:
        assert [region.code for region in await db.scalars(select(Region))] == ["2"]


async def test_time_comes_back_aware_and_in_utc(database: Database) -> None:
    beijing = timezone(timedelta(hours=8))
    async with database.unit_of_work() as db:
        county = await make_county(db)
        lesson = await make_lesson(
            db,
            lecturer=county.teacher,
            hub=county.hub,
            planned_start=datetime(2026, 3, 2, 10, 0, tzinfo=beijing),
        )
        key = lesson.id
    async with database.unit_of_work() as db:
        read = await db.get_one(Lesson, key)
        assert read.planned_start == NOON
        assert read.planned_start.tzinfo is UTC
        assert read.started_at is None


async def test_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        async with database.unit_of_work() as db:
            await db.execute(
                select(Lesson).where(Lesson.planned_start > datetime(2026, 1, 1))  # noqa: DTZ001 - the point
            )


async def test_state_comes_back_as_its_enum(database: Database) -> None:
    async with database.unit_of_work() as db:
        county = await make_county(db)
        await make_lesson(db, lecturer=county.teacher, hub=county.hub, state=LessonState.PAUSED_ALL)
    async with database.unit_of_work() as db:
        lesson = (await db.scalars(select(Lesson))).one()
        assert lesson.state is LessonState.PAUSED_ALL
        stored = await db.scalar(text("SELECT state FROM lessons"))
    assert stored == "PAUSED_ALL"


async def test_sqlite_keeps_foreign_keys_waits_for_writers_and_writes_ahead(
    database: Database,
) -> None:
    async with database.unit_of_work() as db:
        for pragma, value in {
            "foreign_keys": 1,
            "busy_timeout": 10000,
            "journal_mode": "wal",
            "synchronous": 2,
        }.items():
            assert await db.scalar(text(f"PRAGMA {pragma}")) == value
    with pytest.raises(IntegrityError):
        async with database.unit_of_work() as db:
            db.add(Region(code="1", path="/1/", name="one", parent_id=uuid7()))


async def emit_and_fail(database: Database) -> None:
    async with database.unit_of_work() as db:
        emit(db, "never")
        raise RuntimeError


async def test_events_are_delivered_after_the_commit_and_not_without_it(
    empty_database: Path,
) -> None:
    bus = EventBus()
    database = Database(f"sqlite+aiosqlite:///{empty_database}", bus)
    told: list[str] = []

    async def hear(event: str) -> None:
        told.append(event)

    bus.on(str, hear)
    try:
        async with database.unit_of_work() as db:
            emit(db, "first")
            emit(db, "second")
            assert told == []
        assert told == ["first", "second"]
        with pytest.raises(RuntimeError):
            await emit_and_fail(database)
        assert told == ["first", "second"]
    finally:
        await database.close()


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 - made aware below
def test_ids_are_uuid_7_and_carry_the_moment(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    made = uuid7(moment)
    assert isinstance(made, UUID)
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == int(moment.timestamp() * 1000)


def test_ids_made_in_one_millisecond_differ_and_later_ones_sort_after() -> None:
    same = {uuid7(NOON) for _ in range(1000)}
    assert len(same) == 1000
    assert max(same) < uuid7(NOON + timedelta(milliseconds=1))
