"""Curricula in a list: which of them holds is the server's to say, for a page cannot know."""

from datetime import date
from typing import Any

import pytest

from app.codes import service as codes
from app.codes.models import CodeKind
from app.coverage.models import CurriculumPlan
from app.database import Database
from tests.app.conftest import OpenBrowser, TestBrowser
from tests.factories import County, make_county

NATION = {"全国旧计划": "2001-09-01", "全国次旧计划": "2002-09-01"}
OWN = {"旧计划": "2024-09-01", "新计划": "2026-03-02", "下一份计划": "2026-03-03"}


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: what is in force is a statement."""
    return either_url


@pytest.fixture
async def office(open_browser: OpenBrowser, county: County, database: Database) -> TestBrowser:
    """Two plans of the nation, three of the county; the clock stands at 2026-03-02."""
    browser = await open_browser(county.administrator)
    async with database.unit_of_work() as db:
        for name, day in NATION.items():
            db.add(CurriculumPlan(region_id=None, name=name, valid_from=date.fromisoformat(day)))
    for name, day in OWN.items():
        await _add(browser, county, database, name, day)
    return browser


async def _add(
    browser: TestBrowser, county: County, database: Database, name: str, day: str
) -> None:
    async with database.unit_of_work() as db:
        subject = (await codes.catalogue(db)).stored(CodeKind.SUBJECT, "music").id
    body = {
        "region_id": str(county.region.id),
        "name": name,
        "valid_from": day,
        "cells": [{"grade_no": 3, "subject_id": str(subject), "periods_a_week": 2}],
    }
    made = await browser.post("/api/curriculum-plans", body)
    assert made.status_code == 201, made.text


async def _forces(browser: TestBrowser, limit: int = 50, q: str = "") -> dict[str, str]:
    """Read the list page by page, and return how each plan stands by its name."""
    found: dict[str, str] = {}
    cursor = ""
    while True:
        answer = await browser.get(f"/api/curriculum-plans?limit={limit}&q={q}{cursor}")
        page: dict[str, Any] = answer.json()
        found |= {plan["name"]: plan["force"] for plan in page["items"]}
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.parametrize("limit", [1, 50])
async def test_of_a_regions_plans_the_latest_that_has_begun_holds(
    office: TestBrowser, limit: int
) -> None:
    forces = await _forces(office, limit)
    assert {name: forces[name] for name in OWN} == {
        "旧计划": "REPLACED",
        "新计划": "HOLDS",
        "下一份计划": "TO_COME",
    }
    assert forces["全国旧计划"] == "REPLACED"


async def test_another_regions_plan_replaces_none(
    office: TestBrowser, open_browser: OpenBrowser, database: Database
) -> None:
    async with database.unit_of_work() as db:
        other = await make_county(db)
    theirs = await open_browser(other.administrator)
    await _add(theirs, other, database, "邻县计划", "2026-03-01")
    assert (await _forces(theirs))["邻县计划"] == "HOLDS"
    forces = await _forces(office)
    assert forces["新计划"] == "HOLDS"
    assert "邻县计划" not in forces


async def test_plans_are_found_by_their_name(office: TestBrowser) -> None:
    assert set(await _forces(office, q="旧计划")) == {"全国旧计划", "全国次旧计划", "旧计划"}
    assert await _forces(office, q="%") == {}
