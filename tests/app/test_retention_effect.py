"""What rules of how long recordings are kept do to recordings, and what is said of that before."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.calendars.days import local_day
from app.database import Database
from app.recordings import retention, retention_rules
from app.recordings.models import Recording, RecordingPurpose, RecordingState
from app.recordings.retention import DeletionCertificate
from app.recordings.retention_effect import effect_of
from app.recordings.retention_rules import Draft, RetentionRule, begins, schedule_of
from app.settings import Settings
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.recorded_lessons import record
from tests.app.store.keeping import Keeping, keeping_of
from tests.app.store.test_purging import certificate_of, purge, state_of
from tests.app.test_retention_rules import PATH, add, day, listed
from tests.factories import NOON, County

NEVER = datetime.max.replace(tzinfo=UTC)


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: what a rule would do is counted by statements."""
    return either_url


@pytest.fixture
def keeping(app: FastAPI, clock: Clock, settings: Settings) -> Keeping:
    return keeping_of(app, clock, settings)


async def said_of(browser: TestBrowser, recording: Recording) -> dict[str, Any]:
    path = f"/api/admin/sessions/{recording.session_id}/recording/keeping"
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def test_less_is_announced_at_once_and_ends_nothing_before_it_holds(
    keeping: Keeping, county: County, open_browser: OpenBrowser
) -> None:
    clock = keeping.clock
    recording = await keeping.recording(county=county)
    clock.advance(days=100)
    keeper = await open_browser(county.administrator)
    added = await add(keeper, clock, 31, keep_days=30, grace_days=14)
    await add(keeper, clock, 32, keep_days=30, grace_days=1)
    begun = begins(date.fromisoformat(added["valid_from"]))
    said = await said_of(keeper, recording)
    assert datetime.fromisoformat(said["kept_until"]) == begun
    assert (said["rule"]["number"], said["state"]) == (added["number"], "READY")
    clock.now = begun - timedelta(seconds=1)
    await purge(keeping)
    assert await state_of(keeping, recording) is RecordingState.READY
    clock.now = begun
    await purge(keeping)
    assert await state_of(keeping, recording) is RecordingState.EXPIRED
    # By now another rule holds. This one went by its own.
    clock.now = begun + timedelta(days=14, seconds=-1)
    said = await said_of(await open_browser(county.administrator), recording)
    assert datetime.fromisoformat(said["removed_after"]) == begun + timedelta(days=14)
    assert said["rule"]["number"] == added["number"]
    await purge(keeping)
    assert await state_of(keeping, recording) is RecordingState.EXPIRED
    clock.advance(seconds=1)
    await purge(keeping)
    assert await state_of(keeping, recording) is RecordingState.PURGED
    certificate = await certificate_of(keeping, recording)
    assert certificate is not None
    assert (certificate.reason.value, certificate.rule_number) == ("EXPIRED", added["number"])
    said = await said_of(await open_browser(county.administrator), recording)
    assert said["certificate"]["rule"] == said["rule"]
    assert (said["rule"]["keep_days"], said["rule"]["grace_days"]) == (30, 14)


async def test_more_keeps_what_is_not_hidden_yet_and_brings_nothing_back(
    keeping: Keeping, county: County, open_browser: OpenBrowser
) -> None:
    clock = keeping.clock
    early, late = [await keeping.recording(county=county) for _ in range(2)]
    async with keeping.database.unit_of_work() as db:
        (await db.get_one(Recording, late.id)).started_at = NOON + timedelta(days=2)
    clock.now = NOON + timedelta(days=180)
    await purge(keeping)
    await add(await open_browser(county.administrator), clock, 1, keep_days=365)
    clock.now = NOON + timedelta(days=183)
    await purge(keeping)
    assert await state_of(keeping, early) is RecordingState.EXPIRED
    assert await state_of(keeping, late) is RecordingState.READY
    clock.now = NOON + timedelta(days=187)
    await purge(keeping)
    certificate = await certificate_of(keeping, early)
    assert certificate is not None
    assert certificate.rule_number == 1
    clock.now = NOON + timedelta(days=2 + 365)
    await purge(keeping)
    assert await state_of(keeping, late) is RecordingState.EXPIRED


async def test_what_expired_and_was_withdrawn_then_goes_by_no_rule(
    keeping: Keeping, county: County, open_browser: OpenBrowser
) -> None:
    recording = await keeping.recording(county=county)
    keeping.clock.advance(days=180)
    await purge(keeping)
    assert await state_of(keeping, recording) is RecordingState.EXPIRED
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await retention.withdraw(db, row, note="家长要求", now=keeping.clock.now)
    said = await said_of(await open_browser(county.administrator), recording)
    assert (said["state"], said["rule"]) == ("WITHDRAWN", None)
    keeping.clock.advance(hours=1)
    await purge(keeping)
    async with keeping.database.unit_of_work() as db:
        (certificate,) = (await db.scalars(select(DeletionCertificate))).all()
    assert (certificate.reason.value, certificate.rule_number) == ("WITHDRAWN", None)


async def test_before_it_is_saved_it_is_said_what_a_rule_would_do(
    database: Database, county: County, keeper: TestBrowser, clock: Clock
) -> None:
    ages = (0, 100, 140, 149, 170)
    ids = []
    for age in ages:
        recorded = await record(database, county, clock)
        ids.append(recorded.id)
        async with database.unit_of_work() as db:
            row = await db.get_one(Recording, recorded.id)
            row.started_at = clock.now - timedelta(days=age)
    async with database.unit_of_work() as db:
        row = await db.get_one(Recording, ids[1])
        await retention.hold(db, row, reason="争议", now=clock.now)

    async def preview(query: str) -> dict[str, Any]:
        answer = await keeper.get(f"{PATH}/preview?purpose=LESSON&{query}")
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    # Asked for too early: what it would do from the first day that is possible, 31 days on. The
    # last one's 180 days are over by then.
    said = await preview(f"keep_days=120&grace_days=7&valid_from={day(clock, 3)}")
    assert (said["valid_from"], said["notice_days"]) == (day(clock, 31), 30)
    assert (said["instead_of"]["number"], said["instead_of"]["keep_days"]) == (1, 180)
    counts = ("recordings", "sooner", "at_once", "held", "later")
    assert [said[each] for each in counts] == [5, 4, 3, 1, 0]
    said = await preview(f"grace_days=7&valid_from={day(clock, 20)}")
    assert (said["valid_from"], [said[each] for each in counts]) == (
        day(clock, 20),
        [5, 0, 0, 0, 4],
    )
    assert [each["number"] for each in await listed(keeper)] == [3, 2, 1]
    for wrong in ("keep_days=0&grace_days=7", "grace_days=0", "keep_days=x&grace_days=7", ""):
        refused = await keeper.get(f"{PATH}/preview?purpose=LESSON&valid_from=2026-06-01&{wrong}")
        assert (refused.status_code, refused.json()["type"]) == (422, "malformed-input")


@pytest.mark.parametrize(
    "to_come",
    [
        [],
        [(40, 90)],
        [(40, 400), (80, 30)],
        [(35, None), (90, 180)],
        [(20, 300), (20, 250), (60, 200)],
    ],
)
async def test_what_is_said_before_is_what_each_recording_says_after(
    database: Database, county: County, clock: Clock, to_come: list[tuple[int, int | None]]
) -> None:
    """The counts are of bounds; `Schedule.end_of` is asked of each recording, with and without."""
    today = local_day(clock.now)
    begun = [
        begins(today) - timedelta(days=age, hours=hours)
        for age, hours in (
            (0, 0), (30, 0), (59, 1), (60, 0), (90, 0), (100, 2), (139, 23), (140, 0), (149, 0),
            (150, 0), (170, 5), (179, 0), (180, 0), (200, 0), (300, 0),
        )
    ]  # fmt: skip
    for each in begun:
        recorded = await record(database, county, clock)
        async with database.unit_of_work() as db:
            (await db.get_one(Recording, recorded.id)).started_at = each
    purpose = RecordingPurpose.LESSON
    async with database.unit_of_work() as db:
        for number, (days, keep_days) in enumerate(to_come, start=4):
            made = RetentionRule(
                number=number,
                purpose=purpose,
                keep_days=keep_days,
                grace_days=7,
                valid_from=today + timedelta(days=days),
                note="x",
            )
            db.add(made)
    drafts = [
        Draft(purpose, keep_days, 7, today + timedelta(days=days))
        for keep_days in (None, 1, 31, 90, 100, 180, 250, 400)
        for days in (1, 20, 35, 40, 60, 95)
    ]
    async with database.unit_of_work() as db:
        rules = [each for each in await retention_rules.all_rules(db) if each.purpose is purpose]
        for draft in drafts:
            said = await effect_of(db, draft, now=clock.now)
            made = RetentionRule(
                number=99, keep_days=draft.keep_days, grace_days=7, valid_from=said.valid_from
            )
            with_it = sorted([*rules, made], key=lambda each: (each.valid_from, each.number))
            before, after = schedule_of(rules, today), schedule_of(with_it, today)
            ends = [
                (before.end_of(each).at or NEVER, after.end_of(each).at or NEVER) for each in begun
            ]
            sooner = [new for old, new in ends if new < old]
            assert (said.recordings, said.sooner, said.at_once, said.later) == (
                len(begun),
                len(sooner),
                sum(new == begins(said.valid_from) for new in sooner),
                sum(new > old for old, new in ends),
            ), (draft, said)


async def test_what_is_hidden_or_for_another_purpose_is_not_counted(
    database: Database, county: County, keeper: TestBrowser, clock: Clock
) -> None:
    kept, hidden, other = [await record(database, county, clock) for _ in range(3)]
    async with database.unit_of_work() as db:
        row = await db.get_one(Recording, hidden.id)
        await retention.withdraw(db, row, note="x", now=clock.now)
        (await db.get_one(Recording, other.id)).purpose = RecordingPurpose.RESEARCH
    query = f"purpose=LESSON&keep_days=365&grace_days=7&valid_from={day(clock, 1)}"
    said = (await keeper.get(f"{PATH}/preview?{query}")).json()
    assert (said["recordings"], said["later"]) == (1, 1)
    assert (await kept.row()).state is RecordingState.READY
