"""Code sets of before are the platform's own, down and up, on both databases."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import migrations
from app.attendance import rewording
from app.codes import service
from app.codes.models import Code, CodeMap, CodeSet
from app.coverage.code_holders import holders
from app.database import Database
from app.events import EventBus
from tests.app.test_migrations import go

BEFORE = "202611280430"


@pytest.mark.parametrize("url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_what_was_loaded_before_is_nobody_elses(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    where = f"sqlite+aiosqlite:///{tmp_path / 'codes.db'}"
    database = Database(
        where if url == "sqlite" else request.getfixturevalue("postgres_url"), EventBus()
    )
    try:
        await migrations.upgrade(database.engine)
        loaded = await service.load_own(database, follow=rewording.follow, holders=holders)
        await go(database.engine, BEFORE)
        await go(database.engine, "head")
        await database.engine.dispose()  # no connection knows statements of before
        count = 0
        async with database.unit_of_work() as db:
            for table in (CodeSet, Code, CodeMap):
                assert set(await db.scalars(select(table.is_local))) == {False}, table
                count += await db.scalar(select(func.count()).select_from(table)) or 0
        assert count == loaded
        assert await service.load_own(database, follow=rewording.follow, holders=holders) == 0
    finally:
        await database.close()
