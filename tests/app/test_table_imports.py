"""Classes, classrooms, regions and staff from tables: what was exported imports unchanged."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Select, func, select

from app.accounts import staff_imports
from app.accounts.models import Person, StaffPost
from app.attendance import rewording
from app.codes import service as codes
from app.codes.tables import OWN, read_tables
from app.coverage.code_holders import holders
from app.database import Base, Database
from app.events import EventBus
from app.exports import Column, ExportFormat, stream
from app.schools import class_imports, region_imports, school_finder
from app.schools.cells import Report
from app.schools.class_routes import class_columns, classroom_columns
from app.schools.histories import Noting
from app.schools.models import Classroom, Region, School, SchoolClass
from app.schools.registry_queries import (
    ClassFilter,
    ClassroomFilter,
    exported_classes,
    exported_classrooms,
)
from app.schools.table_import import Kind
from app.security import CSRF_HEADER, Scope
from app.sheets import read_table
from app.tables import METADATA
from tests.app.conftest import OpenBrowser
from tests.app.test_importing import send
from tests.factories import NOON, County, make_county, make_school

KINDS: dict[str, Kind] = {
    "classes": class_imports.CLASSES,
    "classrooms": class_imports.CLASSROOMS,
    "regions": region_imports.REGIONS,
    "staff": staff_imports.STAFF,
}
TABLES: dict[str, type[Base]] = {
    "classes": SchoolClass,
    "classrooms": Classroom,
    "regions": Region,
    "staff": StaffPost,
}
ROWS = {
    "classes": ("{hub}", "", "", "三年级1班", "小学", "三年级", "2023", "31", "zh", ""),
    "classrooms": (
        *("{hub}", "", "", "二号教室", "光纤", "50000", "20000"),
        *("48", "2", "2", "是", "否"),
    ),
    "regions": ("{region}100000", "示范镇", "{region}"),
    "staff": ("{hub}", "", "", "0101", "王甲", "教师", "音乐;美术", "2024-09-01", ""),
}


def as_csv(kind: str, *rows: tuple[str, ...]) -> bytes:
    return "\n".join(",".join(row) for row in (KINDS[kind].headings, *rows)).encode()


def filled(county: County, row: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(cell.format(hub=county.hub.name, region=county.region.code) for cell in row)


def with_cell(kind: str, column: str, cell: str) -> tuple[str, ...]:
    place = KINDS[kind].headings.index(column)
    return (*ROWS[kind][:place], cell, *ROWS[kind][place + 1 :])


async def run(
    database: Database, county: County, kind: str, *rows: tuple[str, ...], **options: bool
) -> Report:
    table = read_table(as_csv(kind, *(filled(county, row) for row in rows)))
    async with database.unit_of_work() as db:
        return await KINDS[kind].run(
            db,
            table,
            scope=Scope(region_ids=frozenset({county.region.id})),
            noting=Noting.today(NOON),
            is_dry=options.get("is_dry", False),
            leaves_out=options.get("leaves_out", False),
        )


async def count(database: Database, kind: str) -> int:
    async with database.unit_of_work() as db:
        return await db.scalar(select(func.count()).select_from(TABLES[kind])) or 0


@pytest.mark.parametrize("kind", KINDS)
async def test_row_is_made_once_found_again_and_changed(
    either_database: Database, kind: str
) -> None:
    async with either_database.unit_of_work() as db:
        county = await make_county(db)
    before = await count(either_database, kind)
    dry = await run(either_database, county, kind, ROWS[kind], is_dry=True)
    assert (dry.created, dry.faults, dry.is_written) == (1, [], False)
    assert await count(either_database, kind) == before
    made = await run(either_database, county, kind, ROWS[kind])
    assert (made.created, made.faults, made.is_written) == (1, [], True)
    again = await run(either_database, county, kind, ROWS[kind])
    assert (again.created, again.changed, again.unchanged) == (0, 0, 1)
    column, cell = {
        "classes": (class_imports.PUPILS, "32"),
        "classrooms": (class_imports.DOWN, "8000"),
        "regions": (region_imports.NAME, "改名镇"),
        "staff": (staff_imports.SUBJECTS, "语文"),
    }[kind]
    other = with_cell(kind, column, cell)
    assert (await run(either_database, county, kind, other)).changed == 1
    assert (await run(either_database, county, kind, other)).unchanged == 1
    assert await count(either_database, kind) == before + 1


FAULTS = [
    ("classes", school_finder.SCHOOL, "无此校", "no-such-school"),
    ("classes", class_imports.CLASS, "", "required"),
    ("classes", class_imports.CLASS, "长" * 41, "too-long"),
    ("classes", class_imports.STAGE, "九段", "unknown-code"),
    ("classes", class_imports.GRADE, "九年级", "grade-unfit"),
    ("classes", class_imports.ENTRY, "1889", "out-of-range"),
    ("classes", class_imports.PUPILS, "3.5", "not-a-number"),
    ("classes", class_imports.LANGUAGE, "火星语", "unknown-code"),
    ("classes", class_imports.DISSOLVED, "去年", "not-a-date"),
    ("classrooms", class_imports.LINK, "信鸽", "unknown-code"),
    ("classrooms", class_imports.DOWN, "63", "out-of-range"),
    ("classrooms", class_imports.CAMERAS, "21", "out-of-range"),
    ("classrooms", class_imports.BROADCASTS, "也许", "not-yes-or-no"),
    ("regions", region_imports.CODE, "5119", "malformed-code"),
    ("regions", region_imports.ABOVE, "", "required"),
    ("regions", region_imports.ABOVE, "110000", "not-your-region"),
    ("regions", region_imports.ABOVE, "{region}100000", "not-your-region"),
    ("staff", staff_imports.POST, "园丁", "unknown-post"),
    ("staff", staff_imports.SUBJECTS, "炼金术", "unknown-code"),
    ("staff", staff_imports.UNTIL, "2024-08-31", "before-its-beginning"),
]


@pytest.mark.parametrize(("kind", "column", "cell", "reason"), FAULTS)
async def test_fault_is_named_and_nothing_is_written(
    *, database: Database, county: County, kind: str, column: str, cell: str, reason: str
) -> None:
    before = await count(database, kind)
    row = with_cell(kind, column, cell)
    good = with_cell(kind, KINDS[kind].headings[0], ROWS[kind][0])
    if kind == "classes":
        good = with_cell(kind, class_imports.CLASS, "好班")
    if kind == "classrooms":
        good = with_cell(kind, class_imports.ROOM, "好教室")
    if kind == "regions":
        good = with_cell(kind, region_imports.CODE, "{region}200000")
    if kind == "staff":
        good = with_cell(kind, staff_imports.NUMBER, "0102")
    report = await run(database, county, kind, good, row)
    value = filled(county, row)[KINDS[kind].headings.index(column)]
    assert [astuple(fault) for fault in report.faults] == [(3, column, value, reason)]
    assert (report.is_written, await count(database, kind)) == (False, before)
    rest = await run(database, county, kind, good, row, leaves_out=True)
    assert (rest.is_written, rest.created, rest.left_out) == (True, 1, 1)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_same_thing_twice_is_refused(
    database: Database, county: County, kind: str
) -> None:
    report = await run(database, county, kind, ROWS[kind], ROWS[kind])
    assert [(fault.row, fault.reason) for fault in report.faults] == [(3, "twice-in-file")]


@pytest.mark.parametrize("kind", ["classes", "classrooms", "staff"])
async def test_things_of_another_county_are_out_of_reach(
    database: Database, county: County, other_county: County, kind: str
) -> None:
    async with database.unit_of_work() as db:
        theirs = await db.get_one(School, other_county.hub.id)
        theirs.moe_code = "2199000088"
    report = await run(database, county, kind, ("2199000088", *ROWS[kind][1:]))
    assert [fault.reason for fault in report.faults] == ["no-such-school"]


@pytest.mark.parametrize("kind", ["classes", "classrooms", "staff"])
async def test_a_closed_school_gets_nothing_new_and_keeps_what_it_has(
    database: Database, county: County, kind: str
) -> None:
    await run(database, county, kind, ROWS[kind])
    async with database.unit_of_work() as db:
        (await db.get_one(School, county.hub.id)).closed_on = NOON.date()
    other = with_cell(kind, KINDS[kind].headings[3], "0199")
    report = await run(database, county, kind, ROWS[kind], other, leaves_out=True)
    assert [(fault.row, fault.reason) for fault in report.faults] == [(3, "school-closed")]
    assert (report.unchanged, report.created) == (1, 0)


@pytest.mark.parametrize("kind", ["classes", "classrooms", "staff"])
async def test_a_name_two_schools_have_is_ambiguous(
    database: Database, county: County, kind: str
) -> None:
    async with database.unit_of_work() as db:
        (await db.get_one(School, county.points[0].id)).name = county.hub.name
    report = await run(database, county, kind, ROWS[kind])
    assert [(fault.column, fault.reason) for fault in report.faults] == [
        (school_finder.SCHOOL, "ambiguous-school")
    ]
    assert not report.is_written


@pytest.mark.parametrize("kind", KINDS)
async def test_columns_that_are_missing_are_named_and_no_row_is_read(
    database: Database, county: County, kind: str
) -> None:
    table = read_table("备注\n甲\n".encode())
    async with database.unit_of_work() as db:
        report = await KINDS[kind].run(
            db,
            table,
            scope=Scope(region_ids=frozenset({county.region.id})),
            noting=Noting.today(NOON),
            is_dry=False,
            leaves_out=True,
        )
    assert [(fault.column, fault.reason) for fault in report.faults] == [
        (column, "column-missing") for column in KINDS[kind].required
    ]
    assert (report.left_out, report.is_written) == (1, False)


async def test_region_stays_where_it_lies_and_others_codes_are_taken(
    database: Database, county: County, other_county: County
) -> None:
    two = ("{region}200000", "二镇", "{region}")
    assert (await run(database, county, "regions", ROWS["regions"], two)).created == 2
    moved = ("{region}200000", "二镇", "{region}100000")
    foreign = (other_county.region.code, "夺来", "{region}")
    report = await run(database, county, "regions", moved, foreign)
    assert [fault.reason for fault in report.faults] == ["lies-elsewhere", "not-your-region"]


async def test_regions_of_one_table_may_lie_in_each_other_in_any_order(
    database: Database, county: County
) -> None:
    inner = ("{region}100001", "示范村", "{region}100000")
    report = await run(database, county, "regions", inner, ROWS["regions"])
    assert (report.created, report.faults) == (2, [])
    async with database.unit_of_work() as db:
        code = county.region.code
        path = await db.scalar(select(Region.path).where(Region.code == f"{code}100001"))
    assert path == f"{county.region.path}{code}100000/{code}100001/"


async def test_colleague_of_another_school_is_not_renamed(
    database: Database, county: County
) -> None:
    await run(database, county, "staff", ROWS["staff"])
    async with database.unit_of_work() as db:
        person = (await db.scalars(select(Person).where(Person.name == "王甲"))).one()
        person.school_id = county.points[0].id
    renamed = with_cell("staff", staff_imports.NAME, "王乙")
    report = await run(database, county, "staff", renamed)
    assert [fault.reason for fault in report.faults] == ["name-differs"]


# What a form would have stripped, and the mark that disarms a formula, are no part of a name.
names = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12)
    .map(str.strip)
    .filter(lambda name: name != "" and not name.startswith("'"))
) | st.sampled_from(["=1+1", "+86", "-", "@a", "a,b", 'a"b', "1", "007", "三年级1班"])
class_rows = st.lists(
    st.tuples(names, st.integers(1, 6), st.integers(2015, 2026), st.integers(0, 500)),
    max_size=6,
    unique_by=lambda row: (row[2], row[0]),
)
rooms = st.lists(st.tuples(names, st.none() | st.integers(64, 10**6), st.booleans()), max_size=4)


async def exported(
    database: Database,
    statement: Select[*tuple[Any, ...]],
    columns: Sequence[Column],
    kind: ExportFormat,
) -> bytes:
    answer = stream(database, statement, columns=columns, name="x", export_format=kind)
    pieces = [piece async for piece in answer.body_iterator]
    return b"".join(piece for piece in pieces if isinstance(piece, bytes))


@pytest.fixture(scope="module")
def shared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database for all examples: each makes a county of its own in it."""
    file = tmp_path_factory.mktemp("imports") / "shared.db"

    async def make(database: Database) -> None:
        async with database.engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)
        async with database.unit_of_work() as db:
            await codes.load(db, read_tables(OWN), follow=rewording.follow, holders=holders)

    asyncio.run(with_database(file, make))
    return file


async def with_database(file: Path, story: Callable[[Database], Awaitable[None]]) -> None:
    database = Database(f"sqlite+aiosqlite:///{file}", EventBus())
    try:
        await story(database)
    finally:
        await database.close()


@settings(max_examples=20, deadline=None)
@given(pupils=class_rows, rooms=rooms, kind=st.sampled_from(ExportFormat))
def test_whatever_was_exported_imports_unchanged(
    shared_file: Path,
    pupils: list[tuple[str, int, int, int]],
    rooms: list[tuple[str, int | None, bool]],
    kind: ExportFormat,
) -> None:
    """Two points of one name, told apart by the school they are of; names that are formulas."""

    async def story(database: Database) -> None:
        async with database.unit_of_work() as db:
            county = await make_county(db)
            county.points[0].name = "同名教学点"
            point = await make_school(
                db, county.region, parent=await make_school(db, county.region)
            )
            point.name = "同名教学点"
            await db.merge(point)
            for name, grade, year, count_ in pupils:
                facts = {"pupil_count": count_, "language_of_instruction": "bo"}
                db.add(
                    SchoolClass(
                        school_id=point.id, name=name, stage="2", grade_no=grade,
                        entry_year=year, **facts,
                    )
                )  # fmt: skip
            for name, budget, broadcasts in {each[0]: each for each in rooms}.values():
                db.add(
                    Classroom(
                        school_id=point.id, name=name, budget_up_kbps=budget,
                        may_broadcast=broadcasts,
                    )
                )  # fmt: skip
        scope = Scope(region_ids=frozenset({county.region.id}))
        # The county comes with two classrooms.
        made = {"classes": len(pupils), "classrooms": 2 + len({each[0] for each in rooms})}
        async with database.unit_of_work() as db:
            words = await codes.catalogue(db)
        for name, statement, columns in (
            ("classes", exported_classes(scope, ClassFilter()), class_columns(words)),
            ("classrooms", exported_classrooms(scope, ClassroomFilter()), classroom_columns(words)),
        ):
            content = await exported(database, statement, columns, kind)
            async with database.unit_of_work() as db:
                report = await KINDS[name].run(
                    db, read_table(content), scope=scope, noting=Noting.today(NOON),
                    is_dry=False, leaves_out=False,
                )  # fmt: skip
            assert (report.faults, report.created, report.changed) == ([], 0, 0)
            assert report.unchanged == report.rows == made[name]

    asyncio.run(with_database(shared_file, story))


@pytest.mark.parametrize("kind", KINDS)
async def test_over_http_template_import_and_export(
    open_browser: OpenBrowser, app: FastAPI, county: County, kind: str
) -> None:
    office = await open_browser(county.administrator)
    template = await office.get(f"/api/imports/{kind}/template?format=csv")
    assert read_table(template.content).headings == KINDS[kind].headings
    content = as_csv(kind, filled(county, ROWS[kind]))
    done = await send(office, app, content, "?dry_run=false", kind=kind)
    assert isinstance(done["result"], dict)
    assert (done["result"]["created"], done["result"]["faults"]) == (1, [])
    path = {"classes": "school-classes", "staff": "staff-posts"}.get(kind, kind)
    for file in ("csv", "xlsx"):
        table = (await office.get(f"/api/{path}/export?format={file}")).content
        again = await send(office, app, table, "?dry_run=false", kind=kind)
        assert isinstance(again["result"], dict)
        assert (again["result"]["changed"], again["result"]["created"]) == (0, 0)
        assert again["result"]["faults"] == []
        assert again["result"]["unchanged"] >= 1
    supervisor = await open_browser(county.supervisor)
    token = (await supervisor.me())["person"]["csrf_token"]
    refused = await supervisor.client.post(
        f"/api/imports/{kind}", files={"file": ("x.csv", content)}, headers={CSRF_HEADER: token}
    )
    assert refused.status_code == 403
    assert (await office.get("/api/imports/pupils/template")).status_code == 422
