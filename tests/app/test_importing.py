"""Schools from a table: any of the usual files, a report of every fault, all or nothing."""

import csv
import io
from dataclasses import astuple
from uuid import UUID

import httpx2
import pytest
import xlsxwriter
from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import Database
from app.jobs.models import Queue
from app.schools import importing
from app.schools.cells import Report
from app.schools.histories import Noting
from app.schools.importing import HEADINGS, import_schools
from app.schools.models import School, SchoolChange, SchoolCode
from app.security import CSRF_HEADER, Scope
from app.sheets import MOST_BYTES, Table, UnreadableFile, read_table
from app.workers import make_worker
from tests.app.conftest import OpenBrowser, TestBrowser
from tests.factories import NOON, County, make_county, make_school

HUB = (
    *("中心小学", "211", "{region}", "2199000001", "", "", "121", "1985-09-01"),
    *("", "31.5", "", "", ""),
)
POINT = ("一村小", "教学点", "{region}", "", "2199000001", "01", "村庄", "1992/9/1", *[""] * 5)


def as_csv(rows: list[tuple[str, ...]], encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([HEADINGS, *rows])
    return out.getvalue().encode(encoding)


def as_workbook(rows: list[tuple[str, ...]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for number, row in enumerate([HEADINGS, *rows]):
        for place, cell in enumerate(row):
            is_number = number > 0 and cell.isdigit() and not cell.startswith("0")
            if is_number:  # as Excel keeps what somebody types
                sheet.write_number(number, place, float(cell))
            else:
                sheet.write_string(number, place, cell)
    book.close()
    return out.getvalue()


def of(county: County, *rows: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [tuple(cell.format(region=county.region.code) for cell in row) for row in rows]


def changed(row: tuple[str, ...], **cells: str) -> tuple[str, ...]:
    places = {"name": 0, "category": 1, "region": 2, "code": 3, "parent": 4, "suffix": 5}
    places |= {"urban": 6, "opened": 7, "closed": 8, "latitude": 9, "altitude": 11, "road": 12}
    made = list(row)
    for name, cell in cells.items():
        made[places[name]] = cell
    return tuple(made)


async def run(
    database: Database, county: County, table: Table, *, is_dry: bool = False, **options: bool
) -> Report:
    async with database.unit_of_work() as db:
        return await import_schools(
            db,
            table,
            scope=Scope(region_ids=frozenset({county.region.id})),
            noting=Noting.today(NOON),
            is_dry=is_dry,
            **options,
        )


def counts(report: Report) -> tuple[int, int, int, int]:
    return (report.created, report.changed, report.unchanged, report.left_out)


@pytest.mark.parametrize("kind", ["utf-8-sig", "utf-8", "gb18030", "xlsx"])
async def test_every_usual_file_is_read_alike(
    database: Database, county: County, kind: str
) -> None:
    rows = of(county, HUB, POINT)
    content = as_workbook(rows) if kind == "xlsx" else as_csv(rows, kind)
    report = await run(database, county, read_table(content))
    assert (counts(report), report.faults, report.is_written) == ((2, 0, 0, 0), [], True)
    async with database.unit_of_work() as db:
        point = (await db.scalars(select(School).where(School.name == "一村小"))).one()
        assert (point.category, point.urban_rural, point.local_suffix) == ("218", "220", "01")
        assert str(point.opened_on) == "1992-09-01"
        hub = await db.get_one(School, point.parent_id)
        assert (hub.name, hub.moe_code, hub.latitude) == ("中心小学", "2199000001", 31.5)
        codes = await db.scalars(select(SchoolCode).where(SchoolCode.school_id == hub.id))
        assert [code.moe_code for code in codes] == ["2199000001"]


async def test_the_same_file_again_changes_nothing_and_says_so(
    either_database: Database,
) -> None:
    async with either_database.unit_of_work() as db:
        county = await make_county(db)
    table = read_table(as_csv(of(county, HUB, POINT)))
    await run(either_database, county, table)
    async with either_database.unit_of_work() as db:
        before = await db.scalar(select(func.count(SchoolChange.id)))
        versions = (await db.execute(select(School.id, School.version))).all()
    report = await run(either_database, county, table)
    assert (counts(report), report.faults) == ((0, 0, 2, 0), [])
    async with either_database.unit_of_work() as db:
        assert await db.scalar(select(func.count(SchoolChange.id))) == before
        assert (await db.execute(select(School.id, School.version))).all() == versions


async def test_dry_run_says_the_same_and_writes_nothing(database: Database, county: County) -> None:
    table = read_table(as_csv(of(county, HUB, POINT)))
    dry = await run(database, county, table, is_dry=True)
    assert (counts(dry), dry.is_written) == ((2, 0, 0, 0), False)
    async with database.unit_of_work() as db:
        assert await db.scalar(select(func.count(School.id))) == 3
    assert counts(await run(database, county, table)) == counts(dry)


FAULTS = [
    (changed(HUB, name=""), "学校名称", "required"),
    (changed(HUB, name="长" * 121), "学校名称", "too-long"),
    (changed(HUB, category="小小学"), "办学类型代码", "unknown-code"),
    (changed(HUB, region="5119"), "行政区划代码", "malformed-code"),
    (changed(HUB, region="110101"), "行政区划代码", "not-your-region"),
    (changed(HUB, code="319900001"), "学校标识码", "malformed-code"),
    (changed(HUB, code="3199000001"), "学校标识码", "malformed-code"),
    (changed(HUB, parent="某校"), "所属学校", "only-points-have-parents"),
    (changed(POINT, parent=""), "所属学校", "needs-parent"),
    (changed(POINT, parent="无此校"), "所属学校", "no-such-parent"),
    (changed(HUB, suffix="01"), "校内编号", "only-points-have-parents"),
    (changed(POINT, suffix="0-1"), "校内编号", "malformed-code"),
    (changed(HUB, urban="999"), "城乡分类代码", "unknown-code"),
    (changed(HUB, opened="去年"), "开办日期", "not-a-date"),
    (changed(HUB, opened="2026-03-03"), "开办日期", "in-the-future"),
    (changed(HUB, closed="2020-02-30"), "停办日期", "not-a-date"),
    (changed(HUB, closed="2020-02-28"), "停办日期", "new-and-closed"),
    (changed(HUB, latitude="北纬"), "纬度", "not-a-number"),
    (changed(HUB, latitude="91"), "纬度", "out-of-range"),
    (changed(HUB, altitude="nan"), "海拔", "out-of-range"),
    (changed(HUB, road="远" * 201), "道路说明", "too-long"),
]


@pytest.mark.parametrize(("row", "column", "reason"), FAULTS)
async def test_fault_is_named_with_row_column_value_and_reason_and_nothing_is_written(
    database: Database, county: County, row: tuple[str, ...], column: str, reason: str
) -> None:
    good = changed(HUB, name="另一小学", code="2199000009")
    rows = of(county, good, row)
    report = await run(database, county, read_table(as_csv(rows)))
    (fault,) = report.faults
    value = rows[1][HEADINGS.index(column)][:200]
    assert astuple(fault) == (3, column, value, reason)
    assert (report.is_written, report.left_out) == (False, 1)
    async with database.unit_of_work() as db:
        assert await db.scalar(select(func.count(School.id))) == 3


async def test_faulty_rows_are_left_out_when_asked_and_so_are_their_points(
    database: Database, county: County
) -> None:
    other = changed(HUB, name="另一小学", code="2199000009")
    rows = of(county, changed(HUB, latitude="x"), other, POINT)
    report = await run(database, county, read_table(as_csv(rows)), leaves_out=True)
    assert (counts(report), report.is_written) == ((1, 0, 0, 2), True)
    assert [(fault.row, fault.reason) for fault in report.faults] == [
        (2, "not-a-number"),
        (4, "no-such-parent"),
    ]


async def test_codes_numbers_and_names_that_clash_are_refused(
    database: Database, county: County, other_county: County
) -> None:
    async with database.unit_of_work() as db:
        db.add(SchoolCode(moe_code="2199000077", school_id=other_county.hub.id))
    rows = of(
        county,
        HUB,
        changed(HUB, latitude="30"),
        POINT,
        changed(POINT, name="二村小"),
        changed(HUB, name="三小", code="2199000077"),
    )
    report = await run(database, county, read_table(as_csv(rows)))
    assert [(fault.row, fault.column, fault.reason) for fault in report.faults] == [
        (3, "学校标识码", "twice-in-file"),
        (5, "校内编号", "suffix-taken"),
        (6, "学校标识码", "code-of-another"),
    ]


async def test_what_closed_or_changed_its_code_stays_so(database: Database, county: County) -> None:
    closed = changed(POINT, closed="2026-01-31")
    await run(database, county, read_table(as_csv(of(county, HUB, POINT))))
    await run(database, county, read_table(as_csv(of(county, closed))))
    other_day = changed(POINT, closed="2026-02-01")
    report = await run(database, county, read_table(as_csv(of(county, other_day))))
    assert [fault.reason for fault in report.faults] == ["closed-on-another-day"]
    async with database.unit_of_work() as db:
        hub = (await db.scalars(select(School).where(School.moe_code == "2199000001"))).one()
        hub.moe_code = "2199000002"
    report = await run(database, county, read_table(as_csv(of(county, HUB))))
    assert [(fault.column, fault.reason) for fault in report.faults] == [
        ("学校标识码", "code-is-void")
    ]


async def test_a_point_whose_school_two_could_be_is_refused(
    database: Database, county: County
) -> None:
    async with database.unit_of_work() as db:
        twin = await make_school(db, county.region)
        (await db.get_one(School, county.hub.id)).name = twin.name
    rows = of(county, changed(POINT, parent=twin.name))
    report = await run(database, county, read_table(as_csv(rows)))
    assert [(fault.column, fault.reason) for fault in report.faults] == [
        ("所属学校", "ambiguous-parent")
    ]


async def test_changes_are_written_down_as_changes(database: Database, county: County) -> None:
    await run(database, county, read_table(as_csv(of(county, HUB, POINT))))
    rows = of(
        county,
        changed(HUB, name="改名小学", latitude="31.6"),
        changed(POINT, closed="2026-01-31"),
    )
    report = await run(database, county, read_table(as_csv(rows)))
    assert (counts(report), report.faults) == ((0, 2, 0, 0), [])
    async with database.unit_of_work() as db:
        hub = (await db.scalars(select(School).where(School.name == "改名小学"))).one()
        assert (hub.moe_code, hub.latitude) == ("2199000001", 31.6)
        point = (await db.scalars(select(School).where(School.name == "一村小"))).one()
        assert str(point.closed_on) == "2026-01-31"
    assert counts(await run(database, county, read_table(as_csv(rows)))) == (0, 0, 2, 0)
    moved = of(county, changed(HUB, category="311", code="3199000001", name="改名小学"))
    refused = await run(database, county, read_table(as_csv(moved)))
    assert [fault.reason for fault in refused.faults] == ["category-differs"]


async def test_missing_columns_are_named(database: Database, county: County) -> None:
    report = await run(database, county, read_table("学校名称\n甲\n".encode()))
    assert [(fault.row, fault.column) for fault in report.faults] == [
        (1, "办学类型代码"),
        (1, "行政区划代码"),
    ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"PK\x03\x04 and no more", "damaged"),
        (b"\xd0\xcf\x11\xe0 and no more", "damaged"),
        (b"\xff\xfe\xff", "no workbook"),
        ("甲,甲\n1,2\n".encode(), "same heading"),
        (b'a,b\n"x', "malformed"),
        (b"a\n" * 50_002, "more than 50000 rows"),
        (b"a" * (4 * 1024 * 1024 + 1), "larger than 4 MiB"),
    ],
)
def test_file_that_is_no_table_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read_table(content)
    assert complaint in refused.value.detail


async def test_ten_thousand_schools_take_as_many_reads_as_ten(
    database: Database, county: County
) -> None:
    rows = [
        changed(HUB, name=f"大校{number}", code=f"21{number:08d}", suffix="")
        for number in range(10_000)
    ]
    table = read_table(as_csv(of(county, *rows)))
    report = await run(database, county, table)
    assert (counts(report), report.is_written) == ((10_000, 0, 0, 0), True)
    assert counts(await run(database, county, table)) == (0, 0, 10_000, 0)


async def upload(
    office: TestBrowser, content: bytes, query: str = "", *, kind: str = "schools"
) -> httpx2.Response:
    token = (await office.me())["person"]["csrf_token"]
    return await office.client.post(
        f"/api/imports/{kind}{query}",
        files={"file": ("schools.csv", content)},
        headers={CSRF_HEADER: token},
    )


async def send(
    office: TestBrowser, app: FastAPI, content: bytes, query: str = "", *, kind: str = "schools"
) -> dict[str, object]:
    answer = await upload(office, content, query, kind=kind)
    assert answer.status_code == 202, answer.text
    return await finished(office, app, answer.headers["Location"])


async def finished(office: TestBrowser, app: FastAPI, path: str) -> dict[str, object]:
    """Do the work as the server's worker does, and return the job."""
    state = app.state
    worker = make_worker(
        state.settings,
        state.database,
        state.events,
        queues=frozenset(Queue),
        store=None,
        second=None,
    )
    await worker.run_due()
    job: dict[str, object] = (await office.get(path)).json()
    assert job["finished_at"] is not None
    return job


async def test_import_is_a_job_and_what_was_exported_imports_unchanged(
    open_browser: OpenBrowser, app: FastAPI, county: County
) -> None:
    office = await open_browser(county.administrator)
    content = as_csv(of(county, HUB, POINT))
    dry = await send(office, app, content)
    assert isinstance(dry["result"], dict)
    assert (dry["result"]["created"], dry["result"]["is_written"]) == (2, False)
    done = await send(office, app, content, "?dry_run=false")
    assert isinstance(done["result"], dict)
    assert await app.state.job_files.given(UUID(str(done["id"]))) == content
    assert (done["result"]["created"], done["result"]["is_written"]) == (2, True)
    for kind in ("csv", "xlsx"):
        exported = (await office.get(f"/api/schools/export?format={kind}")).content
        again = await send(office, app, exported, "?dry_run=false")
        assert isinstance(again["result"], dict)
        assert (again["result"]["unchanged"], again["result"]["faults"]) == (5, [])


async def test_file_that_is_no_table_fails_its_job_with_a_reason(
    open_browser: OpenBrowser, app: FastAPI, county: County
) -> None:
    office = await open_browser(county.administrator)
    job = await send(office, app, b"\xff\xfe\xff")
    assert (job["state"], job["result"]) == ("FAILED", None)
    assert isinstance(job["problem"], dict)
    assert job["problem"]["type"] == "unreadable-file"


async def test_file_that_is_too_large_is_not_taken(
    open_browser: OpenBrowser, app: FastAPI, county: County
) -> None:
    office = await open_browser(county.administrator)
    answer = await upload(office, b"a" * (MOST_BYTES + 1))
    assert (answer.status_code, answer.json()["type"]) == (422, "unreadable-file")
    assert (await office.get("/api/jobs")).json()["items"] == []


async def test_template_can_be_read_by_the_import(
    open_browser: OpenBrowser, county: County
) -> None:
    office = await open_browser(county.administrator)
    for kind in ("csv", "xlsx"):
        answer = await office.get(f"/api/imports/schools/template?format={kind}")
        table = read_table(answer.content)
        assert table.headings == importing.HEADINGS
        assert len(table.lines) == 2


async def test_a_body_that_is_no_form_is_malformed_input(
    open_browser: OpenBrowser, county: County
) -> None:
    office = await open_browser(county.administrator)
    token = (await office.me())["person"]["csrf_token"]
    answer = await office.client.post(
        "/api/imports/schools",
        content=b"--x\r\nno header\r\n\r\n--x--\r\n",
        headers={CSRF_HEADER: token, "Content-Type": "multipart/form-data; boundary=x"},
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "malformed-input")
