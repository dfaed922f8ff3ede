"""Reports and signed sheets show what was amended beside what it was, and lead to their lessons."""

import csv
import io
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import null, update

from app.clock import DISPLAY_ZONE
from app.coverage.models import FigureSheet, Indicator
from app.coverage.report import HEADINGS, in_full, share, shown
from app.coverage.schemas import FigureOut
from app.database import Database
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.coverage_office import JSON, asked, counted_world, done, found, lock_all, sign
from tests.app.coverage_world import World
from tests.factories import make_county

WHY = "当天停电, 没有上"


@pytest.fixture
def database_url(either_url: str) -> str:
    """Run each test on both databases: the statements are the risk."""
    return either_url


@pytest.fixture
async def world(database: Database, tmp_path: Path, clock: Clock) -> World:
    made = await counted_world(database, tmp_path)
    clock.advance(days=60)
    return made


@pytest.fixture
async def office(open_browser: OpenBrowser, world: World) -> TestBrowser:
    return await open_browser(world.county.administrator)


def body_of(world: World) -> JSON:
    return {
        "roster_id": str(world.roster.id),
        "first": str(world.term.starts_on),
        "last": str(world.term.ends_on),
    }


async def report_of(
    app: FastAPI, clock: Clock, office: TestBrowser, world: World, kind: str
) -> bytes:
    body = body_of(world) | {"format": kind}
    job = await done(app, clock, office, "/api/coverage/reports", body)
    assert job["state"] == "DONE", job
    answer = await office.get(f"/api/jobs/{job['id']}/file")
    assert answer.status_code == 200
    return answer.content


def pages_of(content: bytes) -> tuple[PdfReader, str]:
    reader = PdfReader(io.BytesIO(content))
    # pypdf reads each letter of a font with two bytes a letter behind a zero of its own.
    return reader, "\n".join(page.extract_text() for page in reader.pages).replace("\x00", "")


def table_of(content: bytes, kind: str) -> list[dict[str, Any]]:
    """Return the lines of a report's table by their headings; what is empty is None."""
    if kind == "csv":
        rows: list[list[Any]] = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    else:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        rows = workbook.get_sheet_by_index(0).to_python()
    assert tuple(rows[0]) == HEADINGS
    return [
        {name: None if cell == "" else cell for name, cell in zip(HEADINGS, row, strict=True)}
        for row in rows[1:]
    ]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
async def test_a_reports_table_holds_the_figures_of_the_api(
    app: FastAPI, office: TestBrowser, world: World, clock: Clock, kind: str
) -> None:
    rows = table_of(await report_of(app, clock, office, world, kind), kind)
    whole = (await found(office, f"/api/coverage/figures?{asked(world)}"))["whole"]["figures"]
    assert [float(row["分子"]) for row in rows[:6]] == [each["numerator"] for each in whole]
    assert {row[name] for row in rows for name in ("核定分子", "更正前分子", "更正")} == {None}


async def test_a_report_is_printed_with_the_figures_of_the_api(
    app: FastAPI, office: TestBrowser, world: World, clock: Clock
) -> None:
    reader, text = pages_of(await report_of(app, clock, office, world, "pdf"))
    whole = (await found(office, f"/api/coverage/figures?{asked(world)}"))["whole"]["figures"]
    assert world.county.region.name in text
    assert f"共 {len(reader.pages)} 页" in text
    for word in ("到达率", "常态化率", "按需满足率", "缺课补足率", "开齐率", "开足率"):
        assert word in text
    for figure in (FigureOut(**each) for each in whole):
        assert shown(figure.numerator) in text
        assert share(figure) in text
    assert "本期指标尚未签发" in text
    assert "更正" not in text
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    }
    assert all("NotoSansSC" in name for name in fonts), fonts


async def unmake(office: TestBrowser, world: World) -> UUID:
    """Say of all that counted at one site that it was never taught; return the site."""
    rows = [row for row in world.rows if row.counts]
    [school, *_] = [row.school_id for row in rows if row.school_id != row.giver_id]
    for row in rows:
        if row.school_id == school:
            answer = await office.post(
                f"/api/admin/attendance/{row.record_id}/amendments",
                {"is_counted": False, "reason": WHY},
            )
            assert answer.status_code == 201, answer.text
    return school


async def signed_twice(
    app: FastAPI, office: TestBrowser, world: World, database: Database, clock: Clock
) -> tuple[JSON, JSON, UUID]:
    """Sign a sheet off and amend it, for one site was taught nothing after all."""
    await lock_all(database, world, clock)
    clock.advance(minutes=5)
    first = await sign(app, clock, office, body_of(world))
    clock.advance(hours=1)
    school = await unmake(office, world)
    clock.advance(minutes=5)
    again = body_of(world) | {"amends_id": first["id"], "reason": WHY}
    return first, await sign(app, clock, office, again), school


def figures_of(sheet: JSON) -> dict[tuple[str, str], FigureOut]:
    return {
        (each["region_code"], each["indicator"]): FigureOut(
            **{name: each[name] for name in FigureOut.model_fields}
        )
        for each in sheet["figures"]
    }


async def test_a_report_prints_what_was_amended_and_what_it_was(
    app: FastAPI, office: TestBrowser, world: World, database: Database, clock: Clock
) -> None:
    first, second, _ = await signed_twice(app, office, world, database, clock)
    before, after = figures_of(first), figures_of(second)
    changed = {place for place in after if after[place] != before[place]}
    assert ("", Indicator.COV_REACHED) in changed
    assert changed < set(after)
    signer, day = second["steps"][-1]["person_name"], clock.now.astimezone(DISPLAY_ZONE).date()
    _, text = pages_of(await report_of(app, clock, office, world, "pdf"))
    text = "".join(text.split())  # where a cell's words are broken is the printer's
    for place in changed:
        printed = in_full(before[place]) if place[0] == "" else share(before[place])
        assert f"更正前{printed}" in text
    for words in (signer, str(day), WHY, "五、核定指标的更正"):
        assert "".join(words.split()) in text
    places = [place for place in after if place[0] == ""]
    places += [place for place in after if place[0] != ""]
    for kind in ("xlsx", "csv"):
        table = table_of(await report_of(app, clock, office, world, kind), kind)
        rows = [row for row in table if row["部分"] == "指标"]
        for place, row in zip(places, rows, strict=True):
            assert float(row["核定分子"]) == after[place].numerator
            assert float(row["核定分母"]) == after[place].denominator
            if place not in changed:
                assert (row["更正前分子"], row["更正前百分比"], row["更正"]) == (None, None, None)
                continue
            old = before[place]
            assert float(row["更正前分子"]) == old.numerator
            assert float(row["更正前分母"]) == old.denominator
            assert old.permille is None or float(row["更正前百分比"]) == old.permille / 10
            assert row["更正"] == f"原 {in_full(old)}，{signer} {day} 更正：{WHY}"


async def test_a_report_names_each_of_two_amendments(
    app: FastAPI, office: TestBrowser, world: World, database: Database, clock: Clock
) -> None:
    """The second takes back what the first did: the figure is the first one again, and says so."""
    first, second, school = await signed_twice(app, office, world, database, clock)
    clock.advance(hours=1)
    for row in (row for row in world.rows if row.counts and row.school_id == school):
        answer = await office.post(
            f"/api/admin/attendance/{row.record_id}/amendments",
            {"is_counted": True, "reason": "查到了签到表"},
        )
        assert answer.status_code == 201, answer.text
    clock.advance(minutes=5)
    again = body_of(world) | {"amends_id": second["id"], "reason": "查到了签到表"}
    third = await sign(app, clock, office, again)
    old, middle, new = (figures_of(sheet)["", "COV_REACHED"] for sheet in (first, second, third))
    assert old == new != middle
    rows = table_of(await report_of(app, clock, office, world, "csv"), "csv")
    [reached] = [row for row in rows if (row["区域"], row["指标"]) == ("合计", "到达率")]
    assert float(reached["更正前分子"]) == middle.numerator
    said = reached["更正"].split("；")
    assert [each.partition("，")[0] for each in said] == [
        f"原 {in_full(each)}" for each in (middle, old)
    ]
    assert said[0].endswith("更正：查到了签到表")
    assert said[1].endswith(f"更正：{WHY}")


async def lessons_of(office: TestBrowser, sheet: JSON, **more: str) -> list[JSON]:
    query = "&".join(f"{name}={value}" for name, value in {"limit": "200", **more}.items())
    items: list[JSON] = (
        await found(office, f"/api/coverage/sheets/{sheet['id']}/lessons?{query}")
    )["items"]
    return items


async def test_a_signed_figure_leads_to_the_lessons_that_counted_then(
    app: FastAPI, office: TestBrowser, world: World, database: Database, clock: Clock
) -> None:
    first, second, school = await signed_twice(app, office, world, database, clock)
    reached = {"indicator": Indicator.COV_REACHED.value}
    for sheet, holds in ((first, True), (second, False)):
        lessons = await lessons_of(office, sheet, **reached)
        assert all(each["is_locked"] for each in lessons)
        sites = {each["school"]["id"] for each in lessons}
        assert (str(school) in sites) is holds
        assert len(sites) == figures_of(sheet)["", "COV_REACHED"].numerator
        county = await lessons_of(office, sheet, region_code=world.county.region.code, **reached)
        assert county == lessons
        assert await lessons_of(office, sheet, region_code="999999", **reached) == []
        exported = await office.get(
            f"/api/coverage/sheets/{sheet['id']}/lessons/export?indicator=COV_REACHED"
        )
        assert len(list(csv.reader(io.StringIO(exported.text)))) == 1 + len(lessons)
    now = await found(office, f"/api/coverage/lessons?{asked(world, **reached)}&limit=200")
    assert now["items"] == await lessons_of(office, second, **reached)


async def test_lessons_of_a_sheet_are_its_readers_alone_and_of_what_it_kept(
    app: FastAPI,
    office: TestBrowser,
    open_browser: OpenBrowser,
    world: World,
    database: Database,
    clock: Clock,
) -> None:
    job = await done(app, clock, office, "/api/coverage/sheets", body_of(world))
    path = f"/api/coverage/sheets/{job['result']['sheet_id']}"
    async with database.unit_of_work() as db:
        other = await make_county(db)
    theirs = await open_browser(other.administrator)
    for end in ("lessons", "lessons/export"):
        assert (await office.get(f"{path}/{end}")).status_code == 200
        answer = await theirs.get(f"{path}/{end}")
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
    async with database.unit_of_work() as db:  # as it is of a sheet from before inputs were kept
        await db.execute(update(FigureSheet).values(inputs=null()))
    for end in ("lessons", "lessons/export"):
        answer = await office.get(f"{path}/{end}")
        assert (answer.status_code, answer.json()["type"]) == (409, "inputs-not-kept")
