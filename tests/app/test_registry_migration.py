"""The registry's migration keeps the rows there are, on both databases."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app import migrations
from app.database import uuid7

BEFORE = "202611260800"


async def go(engine: AsyncEngine, where: str) -> None:
    async with engine.connect() as connection:
        move = command.upgrade if where == "head" else command.downgrade
        if where == BEFORE and not await connection.run_sync(has_tables):
            move = command.upgrade
        await connection.run_sync(lambda below: move(migrations.alembic_config(below), where))
        await connection.commit()


def has_tables(connection: Any) -> bool:
    return bool(connection.dialect.has_table(connection, "regions"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    url = (
        f"sqlite+aiosqlite:///{tmp_path / 'old.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    engine = create_async_engine(url)
    yield engine
    await engine.dispose()


class Old:
    """Rows as the version before wrote them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"

    async def insert(self, table: str, **values: Any) -> Any:
        made = uuid7()
        values["id"] = made
        stored = {
            name: value.hex if self.is_sqlite and hasattr(value, "hex") else value
            for name, value in values.items()
        }
        columns, places = ", ".join(stored), ", ".join(f":{name}" for name in stored)
        async with self.engine.begin() as connection:
            await connection.execute(
                text(f"INSERT INTO {table} ({columns}) VALUES ({places})"), stored
            )
        return made

    async def all(self, statement: str) -> list[tuple[Any, ...]]:
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]


async def test_rows_of_before_are_kept_and_completed(engine: AsyncEngine) -> None:
    await go(engine, BEFORE)
    old = Old(engine)
    province = await old.insert("regions", code="510000", name="省")
    city = await old.insert("regions", code="511900", name="市", parent_id=province)
    county = await old.insert("regions", code="511902", name="县", parent_id=city)
    common = {"category": "211", "region_id": county, "may_record_pupils": True}
    school = await old.insert("schools", name="甲", moe_code="2151000001", **common)
    closed = date(2020, 8, 31)
    day = closed.isoformat() if old.is_sqlite else closed
    await old.insert("schools", name="乙", moe_code="2151000002", closed_on=day, **common)
    await old.insert("classrooms", school_id=school, name="一", budget_down_kbps=4000)
    person = await old.insert("people", name="王")
    await old.insert("role_grants", person_id=person, role="TEACHER", region_id=city)

    await go(engine, "head")
    paths = {path for (path,) in await old.all("SELECT path FROM regions")}
    assert paths == {"/510000/", "/510000/511900/", "/510000/511900/511902/"}
    assert set(await old.all("SELECT name, moe_code, version FROM schools")) == {
        ("甲", "2151000001", 1),
        ("乙", None, 1),
    }
    codes = await old.all("SELECT moe_code, void_reason FROM school_codes ORDER BY moe_code")
    assert codes == [("2151000001", None), ("2151000002", "CLOSED")]
    rooms = await old.all("SELECT budget_down_kbps, cameras, may_broadcast FROM classrooms")
    assert rooms == [(4000, 1, False)]
    assert await old.all("SELECT role, purpose FROM role_grants") == [("TEACHER", "")]
    # The checks came along, and the new ones hold.
    for refused in (
        "UPDATE classrooms SET budget_down_kbps = 1",
        "UPDATE role_grants SET region_id = NULL",
        "UPDATE schools SET latitude = 91",
        "INSERT INTO classrooms SELECT * FROM classrooms",
    ):
        with pytest.raises(IntegrityError):
            async with engine.begin() as connection:
                await connection.execute(text(refused))

    await go(engine, BEFORE)
    assert set(await old.all("SELECT name, moe_code FROM schools")) == {
        ("甲", "2151000001"),
        ("乙", "2151000002"),
    }
    with pytest.raises(IntegrityError):
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE classrooms SET budget_up_kbps = 1"))
