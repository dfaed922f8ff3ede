"""Rules of how long recordings are kept: who adds one, from which day, and who reads them."""

import asyncio
import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.calendars.days import local_day
from app.database import Database
from app.errors import WrongState
from app.recordings import retention_rules
from app.recordings.models import RecordingPurpose
from app.recordings.retention_rules import Draft, RetentionRule
from app.security import Role
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.test_idempotent_posts import keyed
from tests.factories import County, make_county, make_person, make_region, make_school

PATH = "/api/admin/retention-rules"


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: which rule is in whose place is said by a statement."""
    return either_url


def day(clock: Clock, days: int) -> str:
    return (local_day(clock.now) + timedelta(days=days)).isoformat()


def rule(clock: Clock, days: int = 1, **changes: Any) -> dict[str, Any]:
    """A rule from some days later, by which recordings of lessons are kept for longer."""
    usual = {"purpose": "LESSON", "keep_days": 365, "grace_days": 7, "note": "县里决定"}
    return usual | {"valid_from": day(clock, days)} | changes


async def add(browser: TestBrowser, clock: Clock, days: int = 1, **changes: Any) -> dict[str, Any]:
    answer = await browser.post(PATH, rule(clock, days, **changes))
    assert answer.status_code == 201, answer.text
    added: dict[str, Any] = answer.json()
    return added


async def listed(browser: TestBrowser) -> list[dict[str, Any]]:
    answer = await browser.get(PATH)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_the_first_rule_of_a_purpose_holds_until_another_does(
    keeper: TestBrowser, county: County, open_browser: OpenBrowser, clock: Clock
) -> None:
    first = await listed(keeper)
    assert [(each["purpose"], each["keep_days"], each["grace_days"]) for each in first] == [
        ("RESOURCE", None, 7),
        ("RESEARCH", 1095, 7),
        ("LESSON", 180, 7),
    ]
    assert {(each["standing"], each["made_by"]) for each in first} == {("HOLDS", None)}
    added = await add(keeper, clock, 7)
    assert (added["number"], added["standing"]) == (4, "TO_COME")
    assert added["made_by"] == (await keeper.me())["person"]["name"]
    now = await listed(keeper)
    assert now[0] == added
    assert now[1:3] == first[:2]
    assert (now[3]["standing"], now[3]["replaced_from"]) == ("HOLDS", added["valid_from"])
    clock.advance(days=7)
    later = await listed(await open_browser(county.administrator))
    assert [each["standing"] for each in later] == ["HOLDS", "HOLDS", "HOLDS", "REPLACED"]


async def test_what_is_added_before_a_rule_to_come_says_that_it_is_replaced_then(
    keeper: TestBrowser, clock: Clock
) -> None:
    later = await add(keeper, clock, 20, keep_days=400)
    added = await add(keeper, clock, 10)
    assert added["replaced_from"] == later["valid_from"]
    instead = await add(keeper, clock, 20, keep_days=500, note="写错了")
    standing = {each["number"]: each["standing"] for each in await listed(keeper)}
    assert [standing[each["number"]] for each in (added, later, instead)] == [
        "TO_COME",
        "REPLACED",
        "TO_COME",
    ]


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({"keep_days": 365}, 1),
        ({"keep_days": None}, 1),
        ({"keep_days": 180, "grace_days": 8}, 1),
        ({"keep_days": 179}, 31),
        ({"keep_days": 365, "grace_days": 6}, 31),
        ({"purpose": "RESOURCE", "keep_days": 36_500}, 31),
    ],
)
async def test_a_rule_by_which_anything_goes_sooner_gives_notice(
    keeper: TestBrowser, clock: Clock, changes: dict[str, Any], days: int
) -> None:
    for too_early in (days - 1, 0, -1):
        refused = await keeper.post(PATH, rule(clock, too_early, **changes))
        assert (refused.status_code, refused.json()["type"]) == (409, "retention-too-early")
        assert refused.json()["earliest"] == day(clock, days)
        assert day(clock, days) in refused.json()["detail"]
    assert len(await listed(keeper)) == 3
    await add(keeper, clock, days, **changes)


async def test_notice_is_given_of_what_was_announced_as_well(
    keeper: TestBrowser, clock: Clock
) -> None:
    """Recordings say already that they are kept for 400 days: 365 is less."""
    await add(keeper, clock, 5, keep_days=400)
    refused = await keeper.post(PATH, rule(clock, 5, keep_days=365))
    assert refused.json()["type"] == "retention-too-early"
    await add(keeper, clock, 4, keep_days=365)


@pytest.mark.parametrize(
    "wrong",
    [
        {"keep_days": 0},
        {"keep_days": 36_501},
        {"grace_days": 0},
        {"grace_days": 366},
        {"grace_days": None},
        {"purpose": "FOREVER"},
        {"note": "  "},
        {"valid_from": "2026-02-30"},
        {"number": 7},
    ],
)
async def test_what_is_no_rule_is_malformed(
    keeper: TestBrowser, clock: Clock, wrong: dict[str, Any]
) -> None:
    refused = await keeper.post(PATH, rule(clock) | wrong)
    assert (refused.status_code, refused.json()["type"]) == (422, "malformed-input")


async def test_how_long_is_said_even_if_it_is_until_withdrawn(
    keeper: TestBrowser, clock: Clock
) -> None:
    unsaid = rule(clock)
    del unsaid["keep_days"]
    assert (await keeper.post(PATH, unsaid)).status_code == 422


async def test_who_administers_or_supervises_anything_reads_them_and_who_administers_all_adds_them(
    keeper: TestBrowser,
    county: County,
    database: Database,
    clock: Clock,
    open_browser: OpenBrowser,
) -> None:
    preview = f"{PATH}/preview?purpose=LESSON&grace_days=7&valid_from=2026-06-01"

    async def reading(browser: TestBrowser) -> set[int]:
        return {(await browser.get(path)).status_code for path in (PATH, f"{PATH}/export")}

    async def adding(browser: TestBrowser) -> list[tuple[int, str]]:
        refused = [await browser.get(preview), await browser.post(PATH, rule(clock))]
        return [(answer.status_code, answer.json()["type"]) for answer in refused]

    async with database.unit_of_work() as db:
        town = await make_region(db, parent=county.region)
        school = await make_school(db, town)
        local = await make_person(db, role=Role.ADMINISTRATOR, region=town)
        head = await make_person(db, role=Role.ADMINISTRATOR, school=school)
        inspector = await make_person(db, role=Role.SUPERVISOR, school=school)
    for account in (local, head, inspector, county.supervisor):
        browser = await open_browser(account)
        assert await listed(browser) == await listed(keeper)
        assert await reading(browser) == {200}
        assert await adding(browser) == [(403, "forbidden")] * 2
        assert (await browser.me())["person"]["is_operator"] is False
    teacher = await open_browser(county.teacher)
    assert (await reading(teacher), await adding(teacher)) == ({403}, [(403, "forbidden")] * 2)
    device = await open_browser(device=county.credentials[0])
    stranger = await open_browser()
    assert await reading(device) == await reading(stranger) == {401}
    assert [status for status, _ in await adding(device)] == [401, 403]
    assert [status for status, _ in await adding(stranger)] == [401, 401]
    assert (await keeper.get(preview)).status_code == 200
    assert (await keeper.me())["person"]["is_operator"] is True
    async with database.unit_of_work() as db:
        await make_county(db)
    assert await reading(keeper) == {200}
    assert await adding(keeper) == [(403, "forbidden")] * 2
    assert (await keeper.me())["person"]["is_operator"] is False
    async with database.unit_of_work() as db:
        assert len((await db.scalars(select(RetentionRule))).all()) == 3


async def test_a_rule_sent_again_is_added_once(keeper: TestBrowser, clock: Clock) -> None:
    first, again = [await keyed(keeper, PATH, json=rule(clock)) for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())
    assert len(await listed(keeper)) == 4


async def test_two_who_add_at_once_are_told_apart(database: Database, clock: Clock) -> None:
    async with database.unit_of_work() as db:
        county = await make_county(db)
    draft = Draft(RecordingPurpose.LESSON, 365, 7, local_day(clock.now) + timedelta(days=1))

    async def add_one() -> int | None:
        try:
            async with database.unit_of_work() as db:
                made = await retention_rules.add(
                    db,
                    draft,
                    note="同时",
                    person_id=county.administrator.person_id,
                    now=clock.now,
                )
                await asyncio.sleep(0.05)
                return made.number
        except WrongState:
            return None

    made = [number for number in await asyncio.gather(*(add_one() for _ in range(3))) if number]
    assert made
    assert sorted(made) == list(range(4, 4 + len(made)))
    async with database.unit_of_work() as db:
        numbers = (await db.scalars(select(RetentionRule.number))).all()
    assert sorted(numbers) == [1, 2, 3, *sorted(made)]


async def test_they_are_paged_and_exported(keeper: TestBrowser, clock: Clock) -> None:
    await add(keeper, clock, 40, keep_days=30, note="=省里决定")
    whole = await listed(keeper)
    shown: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await keeper.get(f"{PATH}?limit=1{cursor and f'&cursor={cursor}'}")).json()
        shown += page["items"]
        cursor = page["next_cursor"]
    assert shown == whole
    assert [each["number"] for each in shown] == [4, 3, 2, 1]
    text = (await keeper.get(f"{PATH}/export?format=csv")).text.removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["规则号"], row["用途"], row["保留天数"]) for row in rows] == [
        ("4", "课后回看", "30"),
        ("3", "教学资源", "直到撤回"),
        ("2", "教研", "1095"),
        ("1", "课后回看", "180"),
    ]
    assert rows[0]["说明"] == "'=省里决定"
