"""Migrations lead from nothing to the models and back, on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, event, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from app import migrations
from app.accounts.locks import remember_failure
from app.accounts.models import SignInFailure
from app.attendance.models import (
    AttendanceAmendment,
    AttendanceRecord,
    AttendanceState,
    Session,
)
from app.database import Database
from app.events import EventBus
from app.lessons.models import LessonState, SiteMode, SiteState
from app.lessons.queries import get_lesson
from app.schools.queries import schools_within
from app.security import Scope
from app.tables import METADATA
from tests.factories import NOON, County, make_county, make_lesson


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'migrated.db'}")
    yield engine
    await engine.dispose()


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, METADATA))


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


async def go(engine: AsyncEngine, where: str) -> None:
    async with engine.connect() as connection:
        move = command.upgrade if where == "head" else command.downgrade
        await connection.run_sync(lambda below: move(migrations.alembic_config(below), where))
        await connection.commit()


async def up_down_up(engine: AsyncEngine) -> None:
    for _ in range(2):
        await go(engine, "head")
        async with engine.connect() as connection:
            assert await connection.run_sync(tables) == set(METADATA.tables)
            assert await connection.run_sync(differences) == []
        assert await migrations.is_current(engine)
        await go(engine, "base")
        async with engine.connect() as connection:
            assert await connection.run_sync(tables) == set()
    assert not await migrations.is_current(engine)


async def test_sqlite_goes_up_to_the_models_down_to_nothing_and_up_again(
    sqlite: AsyncEngine,
) -> None:
    await up_down_up(sqlite)


def rows(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {
        table.name: [tuple(row) for row in connection.execute(select(table))]
        for table in METADATA.sorted_tables
    }


async def test_tables_that_were_migrated_begin_with_the_rows_of_new_ones(
    sqlite: AsyncEngine,
) -> None:
    async with sqlite.begin() as connection:
        await connection.run_sync(METADATA.create_all)
        new = await connection.run_sync(rows)
        await connection.run_sync(METADATA.drop_all)
    assert new["attendance_rules"]
    await go(sqlite, "head")
    async with sqlite.connect() as connection:
        assert await connection.run_sync(rows) == new


async def test_two_curricula_of_a_region_from_one_day_are_told_before_anything_is_changed(
    sqlite: AsyncEngine,
) -> None:
    await go(sqlite, "head")
    await go(sqlite, "202611262040")
    async with sqlite.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO regions (id, code, name, name_readings, path)"
                " VALUES ('r', '990121', '示范县', '', '/990121/')"
            )
        )
        for plan, day in (("a", "2026-02-01"), ("b", "2026-02-01"), ("c", "2026-09-01")):
            await connection.execute(
                text(
                    "INSERT INTO curriculum_plans"
                    " (id, region_id, name, source, valid_from, version)"
                    f" VALUES ('{plan}', 'r', '课程计划', '', '{day}', 1)"
                )
            )
    with pytest.raises(RuntimeError, match=r"990121 from 2026-02-01\. With the version before"):
        await go(sqlite, "head")
    async with sqlite.begin() as connection:
        found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        assert found == "202611262040"
        await connection.execute(
            text("UPDATE curriculum_plans SET valid_from = '2026-03-01' WHERE id = 'b'")
        )
    await go(sqlite, "head")
    async with sqlite.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM curriculum_plans")) == 3


async def correct(
    db: AsyncSession,
    county: County,
    rows: list[tuple[bool, list[bool]]],
    *,
    state: LessonState,
    is_locked: bool = True,
    observes: bool = False,
) -> UUID:
    """A lesson of which each row was closed and corrected so; its sites stand as it was closed.

    `observes`: the first only observed, from before that counted for nothing.
    """
    lesson = await make_lesson(
        db, lecturer=county.teacher, hub=county.hub, classrooms=county.classrooms, state=state
    )
    session = Session(lesson_id=lesson.id, started_at=NOON)
    db.add(session)
    await db.flush()
    sites = sorted(lesson.sites, key=lambda site: county.classrooms[0].id != site.classroom_id)
    sites[0].mode = SiteMode.OBSERVE if observes else SiteMode.LIVE
    for site, (closed, corrections) in zip(sites, rows, strict=True):
        site.state = SiteState.COUNTED if closed else SiteState.NOT_COUNTED
        record = AttendanceRecord.of(
            lesson,
            site,
            session_id=session.id,
            planned_ms=2_400_000,
            is_counted=closed,
            state=AttendanceState.LOCKED if is_locked else AttendanceState.CONFIRMED,
        )
        db.add(record)
        await db.flush()
        db.add_all(
            AttendanceAmendment(
                record_id=record.id,
                number=number,
                person_id=county.administrator.person_id,
                at=NOON,
                reason="更正",
                new_is_counted=holds,
            )
            for number, holds in enumerate(corrections, start=1)
        )
    await db.flush()
    return lesson.id


@pytest.mark.parametrize("url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_sites_and_lessons_stand_as_their_rows_were_corrected(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    where = f"sqlite+aiosqlite:///{tmp_path / 'corrected.db'}"
    database = Database(
        where if url == "sqlite" else request.getfixturevalue("postgres_url"), EventBus()
    )
    yes, no = SiteState.COUNTED, SiteState.NOT_COUNTED
    try:
        await migrations.upgrade(database.engine)
        async with database.unit_of_work() as db:
            county = await make_county(db)
            cases: list[tuple[list[tuple[bool, list[bool]]], LessonState, bool, list[object]]] = [
                (
                    [(True, [False]), (False, [])],
                    LessonState.CREDITED,
                    True,
                    [LessonState.VERIFIED, no, no],
                ),
                (
                    [(False, []), (False, [True, False, True])],
                    LessonState.VERIFIED,
                    True,
                    [LessonState.CREDITED, no, yes],
                ),
                (
                    [(True, []), (False, [])],
                    LessonState.CREDITED,
                    True,
                    [LessonState.CREDITED, yes, no],
                ),
                (
                    [(False, [True]), (False, [])],
                    LessonState.VERIFIED,
                    False,
                    [LessonState.VERIFIED, yes, no],
                ),
            ]
            wanted = {
                await correct(db, county, rows, state=state, is_locked=is_locked): then
                for rows, state, is_locked, then in cases
            }
            for first in ([], [False, True]):
                observed = await correct(
                    db,
                    county,
                    [(True, first), (False, [])],
                    state=LessonState.CREDITED,
                    observes=True,
                )
                wanted[observed] = [LessonState.VERIFIED, no, no]
        await go(database.engine, "202611270035")
        await go(database.engine, "head")
        await database.engine.dispose()  # no connection knows statements of before
        async with database.unit_of_work() as db:
            for lesson_id, then in wanted.items():
                lesson = await get_lesson(db, lesson_id)
                found = {site.classroom_id: site.state for site in lesson.sites}
                stands = [lesson.state, *(found[room.id] for room in county.classrooms)]
                assert stands == then
    finally:
        await database.close()


async def test_each_single_step_can_be_undone(sqlite: AsyncEngine) -> None:
    await go(sqlite, "head")
    await go(sqlite, "-1")
    await go(sqlite, "head")
    assert await migrations.is_current(sqlite)


async def test_migration_cut_short_leaves_nothing_and_is_made_at_the_next_start(
    sqlite: AsyncEngine,
) -> None:
    def cut(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().startswith("CREATE TABLE sessions "):
            raise InterruptedError

    event.listen(sqlite.sync_engine, "before_cursor_execute", cut)
    with pytest.raises(InterruptedError):
        await migrations.upgrade(sqlite)
    event.remove(sqlite.sync_engine, "before_cursor_execute", cut)
    async with sqlite.connect() as connection:
        assert await connection.run_sync(tables) == set()
    await migrations.upgrade(sqlite)
    assert await migrations.is_current(sqlite)


async def test_foreign_keys_hold_after_a_migration(sqlite: AsyncEngine) -> None:
    async with sqlite.connect() as connection:
        await connection.run_sync(
            lambda below: command.upgrade(migrations.alembic_config(below), "head")
        )
        assert await connection.scalar(text("PRAGMA foreign_keys")) == 1


async def test_upgrade_of_a_current_database_changes_and_copies_nothing(
    sqlite: AsyncEngine, tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    await migrations.upgrade(sqlite, backups=backups)
    await migrations.upgrade(sqlite, backups=backups)
    assert not backups.exists()


async def test_sqlite_file_with_data_is_copied_before_it_is_changed(
    sqlite: AsyncEngine, tmp_path: Path
) -> None:
    await migrations.upgrade(sqlite)
    async with sqlite.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))

    def only_stamp(config: object, revision: str) -> None:
        """The step from 'older' does not exist; the copy comes before it is missed."""
        raise LookupError(revision)

    backups = tmp_path / "backups"
    backups.mkdir()
    # What an attempt that was killed left behind.
    (backups / "before-leaving-older.partial").write_text("half a copy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.migrations.command.upgrade", only_stamp)
        for _ in range(2):  # a second attempt keeps the first, good copy
            with pytest.raises(LookupError):
                await migrations.upgrade(sqlite, backups=backups)
    assert [each.name for each in backups.iterdir()] == ["before-leaving-older.db"]
    copy = create_async_engine(f"sqlite+aiosqlite:///{backups / 'before-leaving-older.db'}")
    async with copy.connect() as connection:
        assert await connection.run_sync(tables) == set(METADATA.tables)
        found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    await copy.dispose()
    assert found == "older"


@pytest.mark.postgres
async def test_postgresql_goes_up_to_the_models_down_to_nothing_and_up_again(
    postgres_url: str,
) -> None:
    engine = create_async_engine(postgres_url)
    try:
        await up_down_up(engine)
    finally:
        await engine.dispose()


@pytest.mark.postgres
async def test_postgresql_keeps_what_the_slices_write(postgres_url: str) -> None:
    """One use of everything on the other database: enums, times, grants, scopes, invitations."""
    database = Database(postgres_url, EventBus())
    try:
        await migrations.upgrade(database.engine)
        async with database.unit_of_work() as db:
            county = await make_county(db)
            made = await make_lesson(
                db, lecturer=county.teacher, hub=county.hub, classrooms=county.classrooms
            )
        async with database.unit_of_work() as db:
            lesson = await get_lesson(db, made.id)
            assert lesson.state is LessonState.PUBLISHED
            assert lesson.planned_start == NOON
            assert {site.classroom_id for site in lesson.sites} == {
                classroom.id for classroom in county.classrooms
            }
            scope = Scope(region_ids=frozenset({county.region.id}))
            assert len(set(await db.scalars(schools_within(scope)))) == 3
    finally:
        await database.close()


@pytest.mark.postgres
async def test_failures_at_one_moment_are_each_counted_on_postgresql(postgres_url: str) -> None:
    database = Database(postgres_url, EventBus())

    async def fail() -> None:
        async with database.unit_of_work() as db:
            await remember_failure(db, "wang", "10.0.0.1", NOON)

    try:
        await migrations.upgrade(database.engine)
        await asyncio.gather(*(fail() for _ in range(8)))
        async with database.unit_of_work() as db:
            assert (await db.scalars(select(SignInFailure.failures))).all() == [8]
    finally:
        await database.close()
