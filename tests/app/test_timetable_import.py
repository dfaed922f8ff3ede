"""Local timetables from tables: one machine with all other imports, and nothing overwritten."""

from dataclasses import astuple, dataclass
from datetime import date, timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.calendars.models import Term
from app.coverage import curriculum
from app.coverage.curriculum_schemas import LocalPeriodsIn
from app.coverage.models import LocalPeriods, LocalTimetable
from app.coverage.timetable_import import HEADINGS, LOCAL_TIMETABLES
from app.database import Database
from app.schools.cells import Report
from app.schools.histories import Noting
from app.schools.models import School, SchoolClass
from app.security import Scope
from app.sheets import read_table
from tests.app.conftest import OpenBrowser
from tests.app.coverage_world import make_world
from tests.app.test_importing import send
from tests.factories import NOON, County, make_county, make_region, make_school

TERM = "2026年春季学期"
CLASS = "三年级1班"


@dataclass(frozen=True, slots=True)
class Place:
    """A county with a class of its hub and a term."""

    county: County
    pupils: SchoolClass
    term: Term

    def row(self, subject: str = "音乐", periods: str = "2", **other: str) -> tuple[str, ...]:
        cells = {
            "学校": self.county.hub.name,
            "学期": TERM,
            "班级名称": CLASS,
            "学科": subject,
            "周课时": periods,
        } | other
        return tuple(cells.get(heading, "") for heading in HEADINGS)


async def make_place(database: Database) -> Place:
    async with database.unit_of_work() as db:
        county = await make_county(db)
        pupils = class_of(county.hub)
        term = term_of(county.region.id)
        db.add_all([pupils, term])
    return Place(county, pupils, term)


def class_of(school: School, **facts: int) -> SchoolClass:
    known = {"grade_no": 3, "entry_year": 2023} | facts
    return SchoolClass(
        school_id=school.id, name=CLASS, stage="2", pupil_count=9,
        language_of_instruction="zh", **known,
    )  # fmt: skip


def term_of(region_id: UUID) -> Term:
    return Term(
        region_id=region_id, name=TERM, starts_on=date(2026, 3, 2), ends_on=date(2026, 7, 3)
    )


async def run(
    database: Database, county: County, *rows: tuple[str, ...], days: int = 0, **options: bool
) -> Report:
    table = read_table("\n".join(",".join(row) for row in (HEADINGS, *rows)).encode())
    async with database.unit_of_work() as db:
        return await LOCAL_TIMETABLES.run(
            db,
            table,
            scope=Scope(region_ids=frozenset({county.region.id})),
            noting=Noting.today(NOON + timedelta(days=days)),
            is_dry=options.get("is_dry", False),
            leaves_out=options.get("leaves_out", False),
        )


def counts(report: Report) -> tuple[int, int, int, int]:
    assert report.faults == []
    return report.created, report.changed, report.unchanged, report.left_out


async def held(database: Database) -> list[tuple[int, bool]]:
    """Return the tenths of all rows there ever were, and whether each still holds."""
    async with database.unit_of_work() as db:
        rows = await db.scalars(select(LocalPeriods).order_by(LocalPeriods.saved_at))
        return [(row.tenths_a_week, row.replaced_at is None) for row in rows]


async def test_a_row_is_made_once_found_again_changed_and_taken_out(
    either_database: Database,
) -> None:
    place = await make_place(either_database)
    dry = await run(either_database, place.county, place.row(), is_dry=True)
    assert (counts(dry), dry.is_written) == ((1, 0, 0, 0), False)
    assert await held(either_database) == []
    assert counts(await run(either_database, place.county, place.row())) == (1, 0, 0, 0)
    assert counts(await run(either_database, place.county, place.row())) == (0, 0, 1, 0)
    half = place.row(periods="2.5")
    assert counts(await run(either_database, place.county, half, days=1)) == (0, 1, 0, 0)
    assert await held(either_database) == [(20, False), (25, True)]
    beside = place.row("体育与健康", "3")
    assert counts(await run(either_database, place.county, half, beside, days=2)) == (1, 0, 1, 0)
    none = place.row(periods="0")
    assert counts(await run(either_database, place.county, none, days=3)) == (0, 1, 0, 0)
    assert counts(await run(either_database, place.county, none, days=4)) == (0, 0, 1, 0)
    assert await held(either_database) == [(20, False), (25, False), (30, True)]
    async with either_database.unit_of_work() as db:
        (timetable,) = await db.scalars(select(LocalTimetable))
        assert (timetable.grade_no, timetable.version) == (3, 4)


async def test_a_class_without_a_subject_has_handed_in_that_it_is_taught_nothing(
    database: Database,
) -> None:
    place = await make_place(database)
    nothing = place.row("", "")
    assert counts(await run(database, place.county, nothing)) == (1, 0, 0, 0)
    assert counts(await run(database, place.county, nothing)) == (0, 0, 1, 0)
    async with database.unit_of_work() as db:
        (timetable,) = await db.scalars(select(LocalTimetable))
        assert await curriculum.periods_of(db, [timetable.id]) == {timetable.id: []}


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("学校", "无此校", "no-such-school"),
        ("学期", "2020年春季学期", "no-such-term"),
        ("学期", "", "required"),
        ("班级名称", "三年级9班", "no-such-class"),
        ("班级名称", "", "required"),
        ("入学年份", "去年", "not-a-number"),
        ("学科", "炼金术", "unknown-code"),
        ("学科", "", "required"),
        ("周课时", "", "required"),
        ("周课时", "-1", "out-of-range"),
        ("周课时", "41", "out-of-range"),
        ("周课时", "两节", "not-a-number"),
        ("周课时", "1.25", "finer-than-tenths"),
    ],
)
async def test_a_fault_is_named_and_nothing_is_written(
    database: Database, column: str, cell: str, reason: str
) -> None:
    place = await make_place(database)
    rows = (place.row("美术"), place.row(**{column: cell}))
    report = await run(database, place.county, *rows)
    assert [astuple(fault) for fault in report.faults] == [(3, column, cell, reason)]
    assert (report.is_written, await held(database)) == (False, [])
    rest = await run(database, place.county, *rows, leaves_out=True)
    assert (rest.is_written, rest.created, rest.left_out) == (True, 1, 1)


async def test_what_stands_twice_or_for_two_things_is_refused(database: Database) -> None:
    place = await make_place(database)
    report = await run(database, place.county, place.row(), place.row(periods="0"))
    assert [(fault.row, fault.reason) for fault in report.faults] == [(3, "twice-in-file")]
    async with database.unit_of_work() as db:
        db.add(class_of(place.county.hub, entry_year=2022))
        db.add(class_of(place.county.points[0], grade_no=0))
    report = await run(
        database, place.county, place.row(), place.row(学校=place.county.points[0].name)
    )
    assert [(fault.row, fault.reason) for fault in report.faults] == [
        (2, "ambiguous-class"),
        (3, "grade-without-curriculum"),
    ]
    told = await run(database, place.county, place.row(入学年份="2022"))
    assert counts(told) == (1, 0, 0, 0)
    async with database.unit_of_work() as db:
        db.add(term_of(place.county.region.id))
    report = await run(database, place.county, place.row(入学年份="2022"))
    assert [fault.reason for fault in report.faults] == ["ambiguous-term"]


async def test_the_nearest_region_s_term_is_meant(database: Database) -> None:
    async with database.unit_of_work() as db:
        city = await make_region(db)
        county = await make_county(db, parent=city)
        near, far = term_of(county.region.id), term_of(city.id)
        pupils = class_of(county.hub)
        db.add_all([near, far, pupils])
    assert counts(await run(database, county, Place(county, pupils, near).row()))[0] == 1
    async with database.unit_of_work() as db:
        assert list(await db.scalars(select(LocalTimetable.term_id))) == [near.id]
        (await db.get_one(Term, near.id)).name = "改名的学期"
    await run(database, county, Place(county, pupils, far).row())
    async with database.unit_of_work() as db:
        assert set(await db.scalars(select(LocalTimetable.term_id))) == {near.id, far.id}


async def test_another_county_is_out_of_reach_and_a_closed_school_gets_nothing_new(
    database: Database,
) -> None:
    place, other = await make_place(database), await make_place(database)
    async with database.unit_of_work() as db:
        (await db.get_one(School, place.county.hub.id)).name = "他县小学"
    foreign = await run(database, other.county, other.row(学校="他县小学"))
    assert [fault.reason for fault in foreign.faults] == ["no-such-school"]
    await run(database, other.county, other.row())
    async with database.unit_of_work() as db:
        (await db.get_one(School, other.county.hub.id)).closed_on = NOON.date()
    rows = (other.row(), other.row("美术"))
    report = await run(database, other.county, *rows, leaves_out=True)
    assert [(fault.row, fault.reason) for fault in report.faults] == [(3, "school-closed")]
    assert (report.unchanged, report.created) == (1, 0)


async def test_columns_that_are_missing_are_named(database: Database) -> None:
    place = await make_place(database)
    async with database.unit_of_work() as db:
        report = await LOCAL_TIMETABLES.run(
            db,
            read_table("备注\n甲\n".encode()),
            scope=Scope(region_ids=frozenset({place.county.region.id})),
            noting=Noting.today(NOON),
            is_dry=False,
            leaves_out=True,
        )
    assert [fault.column for fault in report.faults] == list(LOCAL_TIMETABLES.required)
    assert not report.is_written


@pytest.mark.parametrize("seed", [1, 2])
async def test_over_http_whatever_was_exported_imports_unchanged(
    app: FastAPI, open_browser: OpenBrowser, database: Database, seed: int
) -> None:
    """Points with and without timetables, two classes of a grade, classes taught nothing."""
    async with database.unit_of_work() as db:
        world = await make_world(db, seed)
        await make_school(db, world.county.region)
    office = await open_browser(world.county.administrator)
    template = await office.get("/api/imports/local-timetables/template?format=csv")
    assert read_table(template.content).headings == HEADINGS
    before = await held(database)
    for file in ("csv", "xlsx"):
        table = (await office.get(f"/api/local-timetables/export?format={file}")).content
        lines = read_table(table).lines
        rows = len(lines)
        assert {line.cells["年级"] for line in lines} <= {"三年级", "四年级", "五年级"}
        assert rows == sum(max(1, len(taught)) for taught in world.local.values())
        done = await send(office, app, table, "?dry_run=false", kind="local-timetables")
        assert isinstance(done["result"], dict)
        result = done["result"]
        assert (result["faults"], result["created"], result["changed"]) == ([], 0, 0)
        assert (result["unchanged"], result["is_written"]) == (rows, True)
    assert await held(database) == before


async def test_what_was_imported_is_what_the_page_edits(database: Database) -> None:
    place = await make_place(database)
    await run(database, place.county, place.row())
    async with database.unit_of_work() as db:
        (timetable,) = await db.scalars(select(LocalTimetable))
        (music,) = (await curriculum.periods_of(db, [timetable.id]))[timetable.id]
        await curriculum.save_periods(
            db,
            timetable,
            [LocalPeriodsIn(subject_id=music.subject_id, periods_a_week=1)],
            by=place.county.administrator.person_id,
            now=NOON + timedelta(days=1),
        )
    assert counts(await run(database, place.county, place.row(periods="1"))) == (0, 0, 1, 0)
