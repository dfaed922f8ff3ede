"""The rule sets by which lessons count: who adds one, from which day, and what it leaves alone."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.attendance import rules
from app.attendance.rule_routes import AttendanceRuleOut
from app.calendars.days import local_day
from app.database import Database
from app.dated_rules import RuleStanding
from app.errors import WrongState
from app.security import Role
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.held_lessons import hold, record_of
from tests.factories import County, make_county, make_person, make_region, make_school

PATH = "/api/admin/attendance-rules"


def rule(
    clock: Clock, *, days: int = 1, permille: int = 900, note: str = "县里决定"
) -> dict[str, Any]:
    day = local_day(clock.now) + timedelta(days=days)
    return {"valid_from": day.isoformat(), "min_audible_permille": permille, "note": note}


async def listed(browser: TestBrowser) -> list[dict[str, Any]]:
    answer = await browser.get(PATH)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_the_first_rule_set_holds_until_another_is_added(
    keeper: TestBrowser, county: County, open_browser: OpenBrowser, clock: Clock
) -> None:
    assert [(each["number"], each["standing"]) for each in await listed(keeper)] == [(1, "HOLDS")]
    assert (await keeper.get(PATH)).json()["may_add"] is True
    added = await keeper.post(PATH, rule(clock, days=7))
    assert (added.status_code, added.json()["number"]) == (201, 2)
    second, first = await listed(keeper)
    assert second == added.json()
    assert (second["standing"], second["note"]) == ("TO_COME", "县里决定")
    assert second["added_by"] is not None
    assert (first["standing"], first["replaced_from"]) == ("HOLDS", second["valid_from"])
    clock.advance(days=7)
    second, first = await listed(await open_browser(county.administrator))
    assert (second["standing"], first["standing"]) == ("HOLDS", "REPLACED")


async def test_lessons_are_judged_by_the_set_of_their_day(
    keeper: TestBrowser, county: County, database: Database, clock: Clock
) -> None:
    before = await hold(database, county, clock)
    assert (await keeper.post(PATH, rule(clock, permille=1))).status_code == 201
    clock.advance(days=1)
    after = await hold(database, county, clock)
    for held, number in ((before, 1), (after, 2)):
        assert (await record_of(database, held.records[1])).rule_number == number


async def test_of_two_sets_from_one_day_the_later_is_meant_and_the_other_never_holds(
    keeper: TestBrowser, database: Database, clock: Clock
) -> None:
    await keeper.post(PATH, rule(clock, permille=900))
    await keeper.post(PATH, rule(clock, permille=800, note="写错了, 应该是八成"))
    third, second, _ = await listed(keeper)
    assert (third["number"], third["standing"]) == (3, "TO_COME")
    assert (second["number"], second["standing"]) == (2, "REPLACED")
    async with database.unit_of_work() as db:
        day = local_day(clock.now) + timedelta(days=1)
        assert (await rules.in_force(db, day)).number == 3


@pytest.mark.parametrize("days", [0, -1])
async def test_a_set_begins_on_a_day_to_come(keeper: TestBrowser, clock: Clock, days: int) -> None:
    refused = await keeper.post(PATH, rule(clock, days=days))
    assert (refused.status_code, refused.json()["type"]) == (409, "rule-too-early")
    assert len(await listed(keeper)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_audible_permille": 0},
        {"min_audible_permille": 1001},
        {"note": "  "},
        {"valid_from": "2026-02-30"},
        {"number": 7},
    ],
)
async def test_what_is_no_rule_set_is_malformed(
    keeper: TestBrowser, clock: Clock, wrong: dict[str, Any]
) -> None:
    refused = await keeper.post(PATH, rule(clock) | wrong)
    assert (refused.status_code, refused.json()["type"]) == (422, "malformed-input")


async def test_only_who_administers_all_there_is_adds_one(
    keeper: TestBrowser,
    county: County,
    database: Database,
    clock: Clock,
    open_browser: OpenBrowser,
) -> None:
    async with database.unit_of_work() as db:
        town = await make_region(db, parent=county.region)
        school = await make_school(db, town)
        local = await make_person(db, role=Role.ADMINISTRATOR, region=town)
        head = await make_person(db, role=Role.ADMINISTRATOR, school=school)
    for account in (local, head, county.supervisor):
        browser = await open_browser(account)
        refused = await browser.post(PATH, rule(clock))
        assert (refused.status_code, refused.json()["type"]) == (403, "forbidden")
        assert (await browser.get(PATH)).json()["may_add"] is False
    teacher = await open_browser(county.teacher)
    assert (await teacher.get(PATH)).status_code == 403
    assert (await (await open_browser()).get(PATH)).status_code == 401
    # With another county beside hers, hers is not all there is.
    async with database.unit_of_work() as db:
        await make_county(db)
    assert (await keeper.post(PATH, rule(clock))).status_code == 403
    assert len(await listed(keeper)) == 1


async def test_pages_of_sets_know_what_replaces_the_last_one(
    keeper: TestBrowser, clock: Clock
) -> None:
    for days in (10, 20, 30):
        assert (await keeper.post(PATH, rule(clock, days=days))).status_code == 201
    whole = await listed(keeper)
    shown: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await keeper.get(f"{PATH}?limit=1{cursor and f'&cursor={cursor}'}")).json()
        shown += page["items"]
        cursor = page["next_cursor"]
    assert shown == whole
    assert [each["number"] for each in shown] == [4, 3, 2, 1]


async def test_the_sets_are_exported(keeper: TestBrowser, clock: Clock) -> None:
    await keeper.post(PATH, rule(clock, permille=875))
    text = (await keeper.get(f"{PATH}/export?format=csv")).text
    assert "规则号" in text
    assert "875" in text
    assert "默认规则" in text


async def test_two_who_add_at_once_are_told_apart(either_database: Database, clock: Clock) -> None:
    """On both databases: the number of a set is given once."""
    async with either_database.unit_of_work() as db:
        county = await make_county(db)

    async def add() -> int | None:
        try:
            async with either_database.unit_of_work() as db:
                made = await rules.add(
                    db,
                    valid_from=local_day(clock.now) + timedelta(days=1),
                    min_audible_permille=900,
                    note="同时",
                    person_id=county.administrator.person_id,
                    now=clock.now,
                )
                await asyncio.sleep(0.05)
                return made.number
        except WrongState:
            return None

    numbers = await asyncio.gather(*(add() for _ in range(3)))
    made = [number for number in numbers if number is not None]
    assert made
    assert len(made) == len(set(made))
    async with either_database.unit_of_work() as db:
        rows = (await db.execute(rules.listed().order_by(*rules.LATEST_FIRST))).all()
    today = local_day(clock.now)
    described = [AttendanceRuleOut.of(*row, today=today) for row in rows]
    assert [each.number for each in described] == [*sorted(made, reverse=True), 1]
    assert [each.standing for each in described[1:-1]] == [RuleStanding.REPLACED] * (len(made) - 1)
