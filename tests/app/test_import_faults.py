"""What is wrong in an imported table, as a file: for whoever imported it, in the page's words."""

import csv
import io
import re
from uuid import UUID

import pytest
from fastapi import FastAPI

from app.database import Database
from app.jobs import service as jobs
from app.jobs.models import Job
from app.schools.fault_words import REASON_WORDS
from app.settings import HOME
from app.sheets import read_table
from tests.app.conftest import Clock, OpenBrowser
from tests.app.test_importing import HUB, as_csv, changed, of, send, upload
from tests.app.test_jobs_pages import caller
from tests.factories import County

HEADINGS = ["行", "列", "填的内容", "原因"]
WORDS = HOME / "frontend/src/i18n/registry/imports.ts"
REFUSALS = re.compile(r'Refused\([\w ]+, "([a-z-]+)"|"(column-missing)"')


@pytest.fixture
def database_url(either_url: str) -> str:
    """Ask both databases."""
    return either_url


def faults_of(job_id: object) -> str:
    return f"/api/imports/{job_id}/faults/export"


async def test_each_fault_is_a_row_of_a_file(
    open_browser: OpenBrowser, app: FastAPI, county: County
) -> None:
    office = await open_browser(county.administrator)
    rows = of(county, changed(HUB, name=""), changed(HUB, latitude="=1+1"), HUB)
    job = await send(office, app, as_csv(rows))
    answer = await office.get(faults_of(job["id"]))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="import-faults.csv"'
    assert list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))) == [
        HEADINGS,
        ["2", "学校名称", "", "必须填写"],
        # No spreadsheet takes it for a formula.
        ["3", "纬度", "'=1+1", "不是数字"],
    ]
    book = await office.get(f"{faults_of(job['id'])}?format=xlsx")
    table = read_table(book.content)
    assert list(table.headings) == HEADINGS
    assert [line.cells["原因"] for line in table.lines] == ["必须填写", "不是数字"]


async def test_of_more_faults_than_a_report_names_each_is_in_the_file(
    *,
    open_browser: OpenBrowser,
    app: FastAPI,
    database: Database,
    county: County,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.schools.import_jobs.MOST_NAMED", 1)
    office = await open_browser(county.administrator)
    wrong = (changed(HUB, name=""), changed(HUB, latitude="=1+1"), changed(HUB, road="'长" * 150))
    job = await send(office, app, as_csv(of(county, *wrong)))
    result = job["result"]
    assert isinstance(result, dict)
    assert (result["left_out"], result["fault_count"]) == (3, 3)
    assert [fault["row"] for fault in result["faults"]] == [2]
    every = [
        ["2", "学校名称", "", "必须填写"],
        ["3", "纬度", "'=1+1", "不是数字"],
        ["4", "道路说明", "'长" * 100, "太长"],
    ]
    answer = await office.get(faults_of(job["id"]))
    assert list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))) == [
        HEADINGS,
        *every,
    ]
    table = read_table((await office.get(f"{faults_of(job['id'])}?format=xlsx")).content)
    assert [line.cells["行"] for line in table.lines] == ["2", "3", "4"]
    # The job offers the same file, and neither is given once it is gone.
    assert isinstance(job["file"], dict)
    assert (await office.get(job["file"]["url"])).content == answer.content
    await app.state.job_files.delete(UUID(str(job["id"])))
    gone = await office.get(faults_of(job["id"]))
    assert (gone.status_code, gone.json()["type"]) == (410, "no-file")

    # A report of the version before named no more than this, and says how many more there are.
    async with database.unit_of_work() as db:
        old = await db.get_one(Job, UUID(str(job["id"])))
        old.file_path = None
        old.result = {key: said for key, said in result.items() if key != "fault_count"}
    answer = await office.get(faults_of(job["id"]))
    assert list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))[1:] == [
        every[0],
        ["", "", "", "还有 2 行有错没有列出"],
    ]


async def test_a_code_that_is_refused_is_said_in_its_word(
    open_browser: OpenBrowser, app: FastAPI, county: County
) -> None:
    office = await open_browser(county.administrator)
    await send(office, app, as_csv(of(county, HUB)), "?dry_run=false")
    job = await send(office, app, as_csv(of(county, changed(HUB, category="312", code=""))))
    text = (await office.get(faults_of(job["id"]))).content.decode()
    assert "办学类型代码,312 (九年一贯制学校),与现有办学类型不同" in text
    classes = "学校,班级名称,学段代码,年级,入学年份,学生人数\n中心小学,一班,2,9,2023,30\n"
    job = await send(office, app, classes.encode(), kind="classes")
    text = (await office.get(faults_of(job["id"]))).content.decode()
    assert "年级,9 (九年级),年级与学段或学校类型不符" in text


async def test_of_a_table_with_nothing_wrong_the_file_has_no_rows(
    open_browser: OpenBrowser, app: FastAPI, county: County
) -> None:
    office = await open_browser(county.administrator)
    job = await send(office, app, as_csv(of(county, HUB)))
    answer = await office.get(faults_of(job["id"]))
    assert answer.content.decode("utf-8-sig") == ",".join(HEADINGS) + "\r\n"


async def test_an_import_without_a_report_has_no_faults_to_give(
    open_browser: OpenBrowser, app: FastAPI, county: County
) -> None:
    office = await open_browser(county.administrator)
    waits = (await upload(office, as_csv(of(county, HUB)))).json()
    answer = await office.get(faults_of(waits["id"]))
    assert (answer.status_code, answer.json()["type"]) == (409, "wrong-state")
    assert answer.json()["state"] == "QUEUED"
    unreadable = await send(office, app, b"\xff\xfe\xff")
    answer = await office.get(faults_of(unreadable["id"]))
    assert (answer.status_code, answer.json()["state"]) == (409, "FAILED")


async def test_only_who_imported_it_is_given_them(
    open_browser: OpenBrowser, app: FastAPI, county: County
) -> None:
    office = await open_browser(county.administrator)
    job = await send(office, app, as_csv(of(county, changed(HUB, name=""))))
    supervisor = await open_browser(county.supervisor)
    assert (await supervisor.get(faults_of(job["id"]))).status_code == 404
    nobody = await open_browser()
    assert (await nobody.get(faults_of(job["id"]))).status_code == 401


async def test_a_job_that_imports_nothing_has_none(
    open_browser: OpenBrowser, database: Database, clock: Clock, county: County
) -> None:
    async with database.unit_of_work() as db:
        job = await jobs.enqueue(
            db, kind="test.report", payload={}, owner=caller(county.administrator), now=clock.now
        )
    office = await open_browser(county.administrator)
    assert (await office.get(f"/api/jobs/{job.id}")).status_code == 200
    assert (await office.get(faults_of(job.id))).status_code == 404


def test_every_reason_has_the_word_the_page_has() -> None:
    text = WORDS.read_text()
    own = text[text.index("reason: {") : text.index("const en")]
    said = {
        quoted or bare: word
        for quoted, bare, word in re.findall(
            r'^ +(?:"([a-z-]+)"|([a-z]+)): "(.+)",$', own, re.MULTILINE
        )
    }
    assert said == dict(REASON_WORDS)


def test_every_reason_there_is_has_a_word() -> None:
    given = {
        reason
        for path in (HOME / "app").rglob("*.py")
        for pair in REFUSALS.findall(path.read_text())
        for reason in pair
        if reason
    }
    assert given >= {"required", "too-long", "column-missing", "finer-than-tenths"}
    assert given - REASON_WORDS.keys() == set()
