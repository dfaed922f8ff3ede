"""Curricula in a list: which of them holds is the server's to say, for a page cannot know."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from app.codes import service as codes
from app.codes.models import Code, CodeKind, CodeSet
from app.coverage.curriculum import new_timetable
from app.coverage.models import CurriculumPlan
from app.database import Database
from app.lessons.models import CourseOffering, LessonKind
from tests.app.conftest import OpenBrowser, TestBrowser
from tests.app.timetable_steps import make_term
from tests.factories import NOON, County, make_class, make_county

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


async def test_a_grade_that_is_added_to_the_code_set_is_planned_and_taught(
    office: TestBrowser, county: County, database: Database
) -> None:
    """No table and no body knows a last grade of its own."""
    async with database.unit_of_work() as db:
        subject = (await codes.catalogue(db)).stored(CodeKind.SUBJECT, "music").id
    body = {
        "region_id": str(county.region.id),
        "name": "十三年计划",
        "valid_from": "2027-09-01",
        "cells": [{"grade_no": 13, "subject_id": str(subject), "periods_a_week": 2}],
    }
    refused = await office.post("/api/curriculum-plans", body)
    assert (refused.status_code, refused.json()["type"]) == (422, "code-unknown")
    async with database.unit_of_work() as db:
        last = (await db.scalars(select(Code).where(Code.label_zh == "高三年级"))).one()
        db.add(
            Code(
                set_id=last.set_id,
                code="13",
                position=last.position + 1,
                label_zh="预科",
                label_en="Grade 13",
            )
        )
        known = update(CodeSet).where(CodeSet.id == last.set_id)
        await db.execute(known.values(revision=CodeSet.revision + 1))
    made = await office.post("/api/curriculum-plans", body)
    assert (made.status_code, made.json()["cells"][0]["grade_no"]) == (201, 13)
    async with database.unit_of_work() as db:
        pupils = await make_class(db, county.hub.id, grade_no=13)
        term = await make_term(db, county)
        db.add(new_timetable(pupils, term, now=NOON))
        db.add(
            CourseOffering(
                name="预科音乐",
                kind=LessonKind.DELIVERY,
                hub_school_id=county.hub.id,
                lecturer_id=county.teacher.person_id,
                subject_id=subject,
                grade_no=13,
                language="zh",
                term_id=term.id,
                periods_a_week=1,
            )
        )
