"""Names are found as they are read: whole, by initials, in each reading of a character."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Table, bindparam, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from app import migrations
from app.accounts.models import Person
from app.database import Database, insert_many, uuid7
from app.events import EventBus
from app.pinyin import is_named, readings
from app.schools.corrections import Corrector, correct_region
from app.schools.models import Region, School
from app.security import Role
from app.sheets import read_table
from tests.app.conftest import OpenBrowser
from tests.app.test_importing import as_csv as schools_csv
from tests.app.test_importing import run as import_schools_in
from tests.app.test_table_imports import run
from tests.factories import NOON, County, make_county, make_person


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


async def test_what_came_in_tables_is_found_as_it_is_read(
    database: Database, county: County
) -> None:
    async def found(table: type[Region | School | Person], typed: str) -> list[str]:
        async with database.unit_of_work() as db:
            query = select(table.name).where(is_named(table, typed)).order_by(table.name)
            return list(await db.scalars(query))

    code = f"{county.region.code}100000"
    await run(database, county, "regions", (code, "清溪镇", county.region.code))
    staff = (county.hub.name, "", "", "0101", "欧阳晓霞", "教师", "", "", "")
    await run(database, county, "staff", staff)
    point = ("石板滩小学", "211", code, "2199000031", *[""] * 9)
    school = read_table(schools_csv([point]))
    assert (await import_schools_in(database, county, school)).is_written
    for table, name, typed in (
        (Region, "清溪镇", ("qingxi", "qxz")),
        (Person, "欧阳晓霞", ("ouyangxiaoxia", "oyxx")),
        (School, "石板滩小学", ("shibantan", "sbtxx")),
    ):
        for letters in typed:
            assert await found(table, letters) == [name], letters

    # Another table corrects each name: it is found by the new one, and by the old one no more.
    await run(database, county, "regions", (code, "明月镇", county.region.code))
    await run(database, county, "staff", (*staff[:4], "欧阳小夏", *staff[5:]))
    assert (
        await import_schools_in(
            database, county, read_table(schools_csv([("金马小学", *point[1:])]))
        )
    ).changed == 1
    assert await found(Region, "mingyue") == ["明月镇"]
    assert await found(Person, "xiaoxia") == ["欧阳小夏"]
    assert await found(School, "jmxx") == ["金马小学"]
    for table, letters in ((Region, "qingxi"), (Person, "oyxiaoxiao"), (School, "sbtxx")):
        assert await found(table, letters) == []

    async with database.unit_of_work() as db:
        region = (await db.scalars(select(Region).where(Region.code == code))).one()
        by = Corrector(None, NOON)
        await correct_region(db, region, code=code, name="白塔镇", by=by)
    assert (await found(Region, "btz"), await found(Region, "myz")) == (["白塔镇"], [])


async def test_no_statement_writes_a_name_unread(database: Database, county: County) -> None:
    async with database.unit_of_work() as db:
        await insert_many(db, Person, [{"name": "赵一"}, {"name": "Anna"}])
        await db.execute(insert(Person).values(name="钱二"))
        await db.execute(insert(cast(Table, Person.__table__)).values(id=uuid7(), name="李四"))
        assert await names(db, "zhaoy") == ["赵一"]
        assert await names(db, "qe") == ["钱二"]
        assert await names(db, "lisi") == ["李四"]
        people = cast(Table, Person.__table__)
        for refused, rows in (
            (update(Person).values(name="周五"), None),
            (update(people).values(name="周五"), None),
            (update(Person).values(name=Person.name + "五"), None),
            (update(Person), [{"id": county.hub.id, "name": "周五"}]),
            (update(people).where(people.c.id == bindparam("of")), [{"of": uuid7(), "name": "五"}]),
        ):
            with pytest.raises(AssertionError, match="changed on its object"):
                await db.execute(refused, rows)
        # What changes no name is let through.
        await db.execute(update(School).values(road_note="冬季封路"))
        assert await names(db, "zhaoyi") == ["赵一"]


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


@pytest.mark.parametrize("url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_names_tables_had_left_unread_are_found_after_the_migration(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    where = f"sqlite+aiosqlite:///{tmp_path / 'unread.db'}"
    database = Database(
        where if url == "sqlite" else request.getfixturevalue("postgres_url"), EventBus()
    )
    try:
        await go(database.engine, command.upgrade, "head")
        async with database.unit_of_work() as db:
            county = await make_county(db)
            await insert_many(
                db,
                Person,
                # More than are read at a time, with names in letters alone between them.
                [{"name": f"唐{number}" if number % 7 else f"T{number}"} for number in range(2100)],
            )
        async with database.unit_of_work() as db:
            before = (await db.execute(select(Person.name, Person.name_readings))).all()
        await go(database.engine, command.downgrade, "202611272040")
        async with database.engine.begin() as connection:
            for table in ("people", "schools", "regions"):
                await connection.execute(text(f"UPDATE {table} SET name_readings = ''"))
        await go(database.engine, command.upgrade, "head")
        await database.engine.dispose()
        async with database.unit_of_work() as db:
            after = (await db.execute(select(Person.name, Person.name_readings))).all()
            assert sorted(map(tuple, after)) == sorted(map(tuple, before))
            assert len(await names(db, "tang")) == 1800
            schools = await db.scalars(
                select(School.name_readings).where(School.id == county.hub.id)
            )
            assert schools.one() == county.hub.name_readings != ""
            regions = await db.scalars(
                select(Region.name_readings).where(Region.id == county.region.id)
            )
            assert regions.one() == county.region.name_readings != ""
    finally:
        await database.close()
