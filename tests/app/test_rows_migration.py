"""Rows of before say when they were held, who gave and who received, on both databases."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app import migrations
from app.attendance.models import AttendanceRecord
from app.database import Database
from app.events import EventBus
from app.lessons.models import Lesson, LessonSite, LessonState
from app.schools.models import Classroom
from tests.app.test_migrations import correct, go
from tests.factories import make_county

BEFORE = "202611271430"
Said = dict[UUID, tuple[datetime, UUID, UUID]]


async def said(database: Database) -> Said:
    """Return what each row itself says."""
    async with database.unit_of_work() as db:
        rows = await db.execute(
            select(
                AttendanceRecord.id,
                AttendanceRecord.held_at,
                AttendanceRecord.hub_school_id,
                AttendanceRecord.school_id,
            )
        )
        return {row[0]: (row[1], row[2], row[3]) for row in rows}


async def joined(database: Database) -> Said:
    """Return the same of each row's lesson and classroom."""
    async with database.unit_of_work() as db:
        rows = await db.execute(
            select(
                AttendanceRecord.id,
                Lesson.planned_start,
                Lesson.hub_school_id,
                Classroom.school_id,
            )
            .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
            .join(Lesson, LessonSite.lesson_id == Lesson.id)
            .join(Classroom, LessonSite.classroom_id == Classroom.id)
        )
        return {row[0]: (row[1], row[2], row[3]) for row in rows}


@pytest.mark.parametrize("url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_rows_of_before_say_what_their_lessons_and_classrooms_do(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    where = f"sqlite+aiosqlite:///{tmp_path / 'rows.db'}"
    database = Database(
        where if url == "sqlite" else request.getfixturevalue("postgres_url"), EventBus()
    )
    try:
        await migrations.upgrade(database.engine)
        async with database.unit_of_work() as db:
            for county in (await make_county(db), await make_county(db)):
                rows: list[tuple[bool, list[bool]]] = [(True, [False]), (False, [])]
                await correct(db, county, rows, state=LessonState.CREDITED)
        new = await said(database)
        assert new == await joined(database)
        assert len({school for *_, school in new.values()}) == len(new) == 4
        await go(database.engine, BEFORE)
        await go(database.engine, "head")
        await database.engine.dispose()  # no connection knows statements of before
        assert await said(database) == new
    finally:
        await database.close()
