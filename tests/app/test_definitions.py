"""Definitions of indicators: all versions are shown, and an authority's own added, never edited."""

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.coverage import definitions, seeds
from app.coverage.definitions import COLUMNS, FIRST_OWN, read_definitions
from app.coverage.errors import DefinitionsMalformed
from app.coverage.models import Indicator
from app.coverage.sites import definitions_on
from app.database import Database
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.factories import County

TO_COME = {
    "indicator": "COV_REGULAR",
    "valid_from": "2026-09-01",
    "permille": "900",
    "kinds": "DELIVERY;ELITE",
    "title_zh": "常态化率",
    "title_en": "Regular",
    "rule_zh": "至少一个学科在 90% 以上的教学周都有课计入的教学点",
    "rule_en": "Points with a lesson that counted in 90 % or more of the teaching weeks",
}
TODAY = date(2026, 3, 2)


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: which version holds is a statement."""
    return either_url


def table(folder: Path, *rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
    """Write a table of definitions as a spreadsheet does."""
    file = folder / "own.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return file


async def add(database: Database, file: Path) -> int:
    async with database.unit_of_work() as db:
        return await definitions.add(db, read_definitions(file), today=TODAY)


async def test_a_version_to_come_is_listed_and_holds_from_its_day(
    *,
    database: Database,
    county: County,
    open_browser: OpenBrowser,
    clock: Clock,
    tmp_path: Path,
) -> None:
    second = TO_COME | {"valid_from": "2027-02-22", "permille": "950"}
    assert await add(database, table(tmp_path, TO_COME, second)) == 2
    await seeds.load_own(database)  # a later start leaves them
    office = await open_browser(county.administrator)

    async def stand(office: TestBrowser) -> list[tuple[int, str]]:
        path = "/api/coverage/definitions?indicator=COV_REGULAR&limit=2"
        pages = [(await office.get(path)).json()]
        while pages[-1]["next_cursor"] is not None:
            pages.append((await office.get(f"{path}&cursor={pages[-1]['next_cursor']}")).json())
        return [(each["number"], each["force"]) for page in pages for each in page["items"]]

    own, later = FIRST_OWN, FIRST_OWN + 1
    assert await stand(office) == [(later, "TO_COME"), (own, "TO_COME"), (1, "HOLDS")]
    every = (await office.get("/api/coverage/definitions")).json()["items"]
    assert {each["indicator"] for each in every} == set(Indicator)
    [shown] = [each for each in every if each["number"] == own]
    assert (shown["permille"], shown["kinds"]) == (900, ["DELIVERY", "ELITE"])
    assert (shown["rule_zh"], shown["valid_from"]) == (TO_COME["rule_zh"], "2026-09-01")
    file = await office.get("/api/coverage/definitions/export?indicator=COV_REGULAR")
    lines = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [(line["版本"], line["要求 ‰"]) for line in lines] == [
        (str(later), "950"),
        (str(own), "900"),
        ("1", "800"),
    ]
    clock.now = clock.now.replace(month=9)
    office = await open_browser(county.administrator)
    assert await stand(office) == [(later, "TO_COME"), (own, "HOLDS"), (1, "REPLACED")]
    async with database.unit_of_work() as db:
        before = await definitions_on(db, date(2026, 8, 31))
        since = await definitions_on(db, date(2026, 9, 1))
    changed = {each for each in Indicator if before[each].id != since[each].id}
    assert changed == {Indicator.COV_REGULAR}
    teacher = await open_browser(county.teacher)
    assert (await teacher.get("/api/coverage/definitions")).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        ({"indicator": "COV_NICE"}, "indicator"),
        ({"valid_from": "next term"}, "valid_from"),
        ({"valid_from": str(TODAY)}, "valid_from"),
        ({"permille": "1001"}, "permille"),
        ({"permille": ""}, "permille"),
        ({"indicator": "COV_REACHED"}, "permille"),
        ({"kinds": ""}, "kinds"),
        ({"kinds": "DELIVERY;DELIVERY"}, "kinds"),
        ({"rule_zh": " "}, "rule_zh"),
        ({"title_zh": "率" * 41}, "title_zh"),
    ],
)
async def test_a_version_that_cannot_be_is_refused_and_the_others_with_it(
    database: Database, tmp_path: Path, wrong: dict[str, str], column: str
) -> None:
    later = {"valid_from": str(TODAY + timedelta(days=900))}
    file = table(tmp_path, TO_COME, TO_COME | later | wrong)
    with pytest.raises(DefinitionsMalformed, match=f"Line 3, column {column}: "):
        await add(database, file)
    async with database.unit_of_work() as db:
        rows = (await db.scalars(definitions.versions())).all()
    assert {row.number for row in rows} == {1}


def test_a_file_that_is_no_table_of_definitions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionsMalformed, match="no CSV"):
        read_definitions(tmp_path / "none.csv")
    with pytest.raises(DefinitionsMalformed, match="lacks the columns rule_en"):
        read_definitions(table(tmp_path, TO_COME, columns=COLUMNS[:-1]))
    with pytest.raises(DefinitionsMalformed, match="no line"):
        read_definitions(table(tmp_path))
