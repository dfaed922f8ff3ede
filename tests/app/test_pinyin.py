"""Names are found as they are read: whole, by initials, in each reading of a character."""

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from app import migrations
from app.accounts.models import Person
from app.database import Database
from app.pinyin import is_named, readings
from app.schools.models import Region
from app.security import Role
from tests.app.conftest import OpenBrowser
from tests.factories import County, make_person


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: order and search of names are theirs."""
    return either_url


@pytest.mark.parametrize(
    ("name", "found", "not_found"),
    [
        ("张伟", ("zhangwei", "zw"), ("weizhang",)),
        ("单小明", ("danxiaoming", "shanxiaoming", "sxm"), ("xiaodan",)),
        ("吕丽", ("lvli", "luli", "ll"), ("lüli",)),
        ("西安市第3小学（东校区）", ("xianshidi3xiaoxuedongxiaoqu", "xasd3xxdxq"), ("di4",)),
        ("阿依古丽·买买提", ("ayigulimaimaiti",), ("·",)),
        ("欧阳 Anna", ("ouyanganna", "oyanna"), ("Anna",)),
    ],
)
def test_a_name_has_each_of_its_readings(
    name: str, found: tuple[str, ...], not_found: tuple[str, ...]
) -> None:
    read = readings(name).split()
    assert set(found) <= set(read)
    assert not [each for each in not_found if any(each in key for key in read)]


@given(st.text(max_size=120))
def test_readings_are_few_and_of_letters_and_digits(name: str) -> None:
    keys = readings(name).split(" ")
    assert len(keys) == len(set(keys))
    assert keys == [""] or all(key.isalnum() for key in keys)


def test_a_name_in_letters_needs_no_reading() -> None:
    assert readings("Anna Weber 2") == readings("") == ""


async def names(db: AsyncSession, wanted: str) -> list[str]:
    query = select(Person.name).where(is_named(Person, wanted)).order_by(Person.name)
    return list(await db.scalars(query))


async def test_people_are_found_as_written_and_as_read(database: Database) -> None:
    async with database.unit_of_work() as db:
        for name in ("仇英老师", "Qiu Ying", "邱莹老师", "100%"):
            await make_person(db, name=name)
    async with database.unit_of_work() as db:
        assert await names(db, "qiuy") == ["仇英老师", "邱莹老师"]
        assert await names(db, "qiu y") == ["Qiu Ying", "仇英老师", "邱莹老师"]
        assert await names(db, "QYLS") == ["仇英老师", "邱莹老师"]
        assert await names(db, "英") == ["仇英老师"]
        assert await names(db, "%") == ["100%"]
        assert await names(db, "_") == []
        renamed = (await db.scalars(select(Person).where(Person.name == "仇英老师"))).one()
        renamed.name = "邱英老师"
    async with database.unit_of_work() as db:
        assert await names(db, "chouy") == []
        assert await names(db, "qiuyinglao") == ["邱英老师", "邱莹老师"]


async def test_the_office_finds_a_lecturer_by_initials(
    open_browser: OpenBrowser, database: Database, county: County
) -> None:
    async with database.unit_of_work() as db:
        await make_person(db, name="解晓东", school=county.hub, role=Role.TEACHER)
    office = await open_browser(county.administrator)
    for q, count in (("xiexiaodong", 1), ("xxd", 1), ("jiexiao", 1), ("xiedong", 0)):
        for path in ("people", "role-grants"):
            found = (await office.get(f"/api/{path}?q={q}")).json()["items"]
            assert len(found) == count, (path, q)


async def go(engine: AsyncEngine, move: Callable[[Config, str], None], where: str) -> None:
    async with engine.connect() as connection:
        await connection.run_sync(lambda below: move(migrations.alembic_config(below), where))
        await connection.commit()


async def test_names_from_before_are_found_after_the_migration(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'old.db'}")
    await go(engine, command.upgrade, "202611261900")
    await go(engine, command.downgrade, "-1")
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO regions (id, code, name, path) "
                "VALUES ('00000000000000000000000000000001', '990001', '乐安县', '/990001/')"
            )
        )
    await migrations.upgrade(engine)
    async with engine.connect() as connection:
        query = select(Region.name).where(is_named(Region, "lean"))
        assert (await connection.scalars(query)).all() == ["乐安县"]
    await engine.dispose()
