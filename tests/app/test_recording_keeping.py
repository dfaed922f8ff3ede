"""How long a recording is kept, who holds it, and that it is gone, as pages read and change it."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.database import Database
from app.recordings import retention
from app.recordings.models import Recording, RecordingPurpose, RecordingState
from app.recordings.retention import (
    OPERATOR,
    REMOVED_AFTER_WITHDRAWAL,
    DeletionCertificate,
    DeletionReason,
)
from app.security import Role
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.recorded_lessons import Recorded, record
from tests.factories import County, make_county, make_person

CERTIFICATES = "/api/admin/deletion-certificates"


@pytest.fixture
def database_url(either_url: str) -> str:
    return either_url


@pytest.fixture
async def recorded(database: Database, county: County, clock: Clock) -> Recorded:
    return await record(database, county, clock)


async def of_school(
    open_browser: OpenBrowser, recorded: Recorded, *, is_hub: bool, role: Role = Role.ADMINISTRATOR
) -> TestBrowser:
    """Open a browser of somebody of the hub school, or of a school that was invited."""
    school = recorded.county.hub if is_hub else recorded.county.points[1]
    async with recorded.database.unit_of_work() as db:
        account = await make_person(db, role=role, school=school)
    return await open_browser(account)


async def read(browser: TestBrowser, recorded: Recorded) -> tuple[dict[str, Any], str]:
    answer = await browser.get(f"{recorded.path}/keeping")
    assert answer.status_code == 200, answer.text
    return answer.json(), answer.headers["ETag"]


async def hold(browser: TestBrowser, recorded: Recorded, reason: str = "家长有异议") -> Any:
    answer = await browser.post(f"{recorded.path}/holds", {"reason": reason})
    assert answer.status_code == 201, answer.text
    return answer.json()["holds"][-1]


async def lift(browser: TestBrowser, recorded: Recorded, hold_id: str) -> tuple[int, Any]:
    answer = await browser.post(f"{recorded.path}/holds/{hold_id}/lift")
    return answer.status_code, answer.json()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_whoever_may_look_at_the_lesson_reads_until_when_it_is_kept_and_what_for(
    recorded: Recorded, keeper: TestBrowser, open_browser: OpenBrowser
) -> None:
    started_at = (await recorded.row()).started_at
    hub = await of_school(open_browser, recorded, is_hub=True)
    invited = await of_school(open_browser, recorded, is_hub=False)
    for browser, may_change in ((keeper, True), (hub, True), (invited, False)):
        said, _ = await read(browser, recorded)
        assert (said["purpose"], said["state"], said["holds"]) == ("LESSON", "READY", [])
        assert at(said["kept_until"]) == started_at + timedelta(days=180)
        assert said["may_change"] is may_change
        assert [each["purpose"] for each in said["purposes"]] == list(RecordingPurpose)
        for each, (number, days) in zip(
            said["purposes"], ((1, 180), (2, 1095), (3, None)), strict=True
        ):
            expected = None if days is None else started_at + timedelta(days=days)
            assert (each["kept_until"] and at(each["kept_until"])) == expected
            rule = {"number": number, "valid_from": "2000-01-01", "keep_days": days}
            assert each["rule"] == rule | {"grace_days": 7}
        assert said["rule"] == said["purposes"][0]["rule"]
        assert (said["removed_after"], said["certificate"]) == (None, None)


async def test_only_who_administers_the_school_that_gave_it_changes_anything(
    recorded: Recorded, keeper: TestBrowser, open_browser: OpenBrowser
) -> None:
    held = await hold(keeper, recorded)
    _, etag = await read(keeper, recorded)
    async with recorded.database.unit_of_work() as db:
        elsewhere = (await make_county(db)).administrator
    callers = [
        (await open_browser(), 401),
        (await open_browser(recorded.county.teacher), 403),
        (await open_browser(recorded.county.supervisor), 403),
        (await open_browser(elsewhere), 404),
        (await of_school(open_browser, recorded, is_hub=False), 404),
    ]
    for browser, expected in callers:
        if expected != 401:
            change = await browser.send(
                "PUT", f"{recorded.path}/purpose", etag=etag, json={"purpose": "RESOURCE"}
            )
            assert change.status_code == expected
        more = await browser.post(f"{recorded.path}/holds", {"reason": "x"})
        assert more.status_code == expected
        assert (await lift(browser, recorded, held["id"]))[0] == expected
    for browser, _ in callers[:2]:
        assert (await browser.get(f"{recorded.path}/keeping")).status_code in {401, 403}
    assert (await callers[3][0].get(f"{recorded.path}/keeping")).status_code == 404
    said, same = await read(keeper, recorded)
    assert (said["purpose"], len(said["holds"]), same) == ("LESSON", 1, etag)


async def test_the_purpose_is_changed_from_what_was_read(
    recorded: Recorded, keeper: TestBrowser
) -> None:
    path = f"{recorded.path}/purpose"
    before, etag = await read(keeper, recorded)
    blind = await keeper.send("PUT", path, json={"purpose": "RESEARCH"})
    assert (blind.status_code, blind.json()["type"]) == (428, "precondition-required")
    changed = await keeper.send("PUT", path, etag=etag, json={"purpose": "RESEARCH"})
    assert (changed.status_code, changed.json()["purpose"]) == (200, "RESEARCH")
    assert at(changed.json()["kept_until"]) - at(before["kept_until"]) == timedelta(days=915)
    late = await keeper.send("PUT", path, etag=etag, json={"purpose": "RESOURCE"})
    assert (late.status_code, late.json()["type"]) == (412, "changed-meanwhile")
    assert late.json()["current"]["purpose"] == "RESEARCH"
    unknown = await keeper.send(
        "PUT", path, etag=changed.headers["ETag"], json={"purpose": "FOREVER"}
    )
    assert unknown.status_code == 422
    assert (await recorded.row()).purpose is RecordingPurpose.RESEARCH


async def test_what_goes_is_for_no_purpose_any_more_and_can_still_be_held(
    recorded: Recorded, keeper: TestBrowser, clock: Clock
) -> None:
    asked = await keeper.post(f"{recorded.path}/withdraw", {"reason": "家长要求"})
    assert asked.status_code == 200
    said, etag = await read(keeper, recorded)
    assert (said["state"], said["hidden_note"]) == ("WITHDRAWN", "家长要求")
    assert (said["kept_until"], said["rule"]) == (None, None)
    assert at(said["removed_after"]) == clock.now + REMOVED_AFTER_WITHDRAWAL
    refused = await keeper.send(
        "PUT", f"{recorded.path}/purpose", etag=etag, json={"purpose": "RESOURCE"}
    )
    assert (refused.status_code, refused.json()["type"]) == (409, "wrong-state")
    assert "Hold it" in refused.json()["detail"]
    await hold(keeper, recorded)
    async with recorded.database.unit_of_work() as db:
        (await db.get_one(Recording, recorded.id)).removal_begun_at = clock.now
    late = await keeper.post(f"{recorded.path}/holds", {"reason": "x"})
    assert (late.status_code, late.json()["type"]) == (409, "wrong-state")
    assert len((await read(keeper, recorded))[0]["holds"]) == 1


async def test_a_hold_says_who_placed_it_why_and_who_lifted_it(
    recorded: Recorded, keeper: TestBrowser, open_browser: OpenBrowser, clock: Clock
) -> None:
    hub = await of_school(open_browser, recorded, is_hub=True)
    name = (await hub.me())["person"]["name"]
    held = await hold(hub, recorded, "  家长有异议 ")
    assert (held["reason"], held["placed_by"], at(held["placed_at"])) == (
        "家长有异议",
        name,
        clock.now,
    )
    assert (held["is_of_office"], held["may_lift"], held["lifted_by"]) == (False, True, None)
    withdrawn = await keeper.post(f"{recorded.path}/withdraw", {"reason": "x"})
    assert (withdrawn.status_code, withdrawn.json()["type"]) == (409, "recording-held")
    clock.advance(seconds=60)
    status, said = await lift(keeper, recorded, held["id"])
    assert status == 200
    (lifted,) = said["holds"]
    assert lifted["lifted_by"] == (await keeper.me())["person"]["name"]
    assert (at(lifted["lifted_at"]), lifted["may_lift"]) == (clock.now, False)
    status, again = await lift(keeper, recorded, held["id"])
    assert (status, again["type"]) == (409, "wrong-state")
    assert (await keeper.post(f"{recorded.path}/withdraw", {"reason": "x"})).status_code == 200


async def test_what_the_office_holds_the_school_cannot_let_go(
    recorded: Recorded, keeper: TestBrowser, open_browser: OpenBrowser, clock: Clock
) -> None:
    hub = await of_school(open_browser, recorded, is_hub=True)
    from_above = await hold(keeper, recorded, "检查")
    async with recorded.database.unit_of_work() as db:
        row = await db.get_one(Recording, recorded.id)
        await retention.hold(db, row, reason="server", by=OPERATOR, now=clock.now)
    said, _ = await read(hub, recorded)
    assert [(each["is_of_office"], each["may_lift"]) for each in said["holds"]] == [
        (True, False),
        (True, False),
    ]
    assert said["holds"][1]["placed_by"] is None
    for each in said["holds"]:
        status, refused = await lift(hub, recorded, each["id"])
        assert (status, refused["type"]) == (403, "held-from-above")
    assert [each["may_lift"] for each in (await read(keeper, recorded))[0]["holds"]] == [True, True]
    assert (await lift(keeper, recorded, from_above["id"]))[0] == 200


async def test_a_hold_of_another_recording_is_not_found(
    recorded: Recorded, keeper: TestBrowser, clock: Clock
) -> None:
    other = await record(recorded.database, recorded.county, clock)
    held = await hold(keeper, other)
    assert (await lift(keeper, recorded, held["id"]))[0] == 404
    assert (await read(keeper, other))[0]["holds"][0]["lifted_at"] is None


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "a\0b"])
async def test_holding_needs_a_reason(recorded: Recorded, keeper: TestBrowser, reason: str) -> None:
    answer = await keeper.post(f"{recorded.path}/holds", {"reason": reason})
    assert answer.status_code == 422
    assert (await read(keeper, recorded))[0]["holds"] == []


async def remove(recorded: Recorded, when: datetime, *, reason: DeletionReason) -> None:
    """Say that all copies are gone, as the job does (`tests/app/store/test_purging.py`)."""
    async with recorded.database.unit_of_work() as db:
        (await db.get_one(Recording, recorded.id)).state = RecordingState.PURGED
        db.add(
            DeletionCertificate(
                recording_id=recorded.id,
                reason=reason,
                rule_number=1 if reason is DeletionReason.EXPIRED else None,
                note="家长要求" if reason is DeletionReason.WITHDRAWN else "",
                asked_at=when - timedelta(hours=1),
                removed_at=when,
                files=3,
                bytes=17,
                files_sha256="a" * 64,
                manifest_sha256="b" * 64,
            )
        )


async def test_certificates_are_listed_for_who_may_look_at_the_lesson_and_found(
    recorded: Recorded, keeper: TestBrowser, open_browser: OpenBrowser, clock: Clock
) -> None:
    other = await record(recorded.database, recorded.county, clock)
    async with recorded.database.unit_of_work() as db:
        far = await make_county(db)
    foreign = await record(recorded.database, far, clock)
    first_day = datetime.fromisoformat("2026-03-02T23:59:59+08:00")
    await remove(recorded, first_day, reason=DeletionReason.EXPIRED)
    await remove(other, first_day + timedelta(seconds=1), reason=DeletionReason.WITHDRAWN)
    await remove(foreign, first_day, reason=DeletionReason.EXPIRED)
    one, two = str(recorded.session_id), str(other.session_id)
    invited = await of_school(open_browser, recorded, is_hub=False, role=Role.SUPERVISOR)

    async def found(browser: TestBrowser, query: str = "") -> list[str]:
        answer = await browser.get(f"{CERTIFICATES}{query}")
        assert answer.status_code == 200, answer.text
        return [each["session_id"] for each in answer.json()["items"]]

    for browser in (keeper, invited):
        assert await found(browser) == [two, one]
    assert await found(await open_browser(far.administrator)) == [str(foreign.session_id)]
    assert await found(keeper, "?to=2026-03-02") == [one]
    assert await found(keeper, "?from=2026-03-03") == [two]
    assert await found(keeper, "?reason=EXPIRED") == [one]
    assert await found(keeper, f"?school_id={recorded.county.points[0].id}") == [two, one]
    assert await found(keeper, f"?school_id={far.hub.id}") == []
    first = (await keeper.get(f"{CERTIFICATES}?limit=1")).json()
    assert await found(keeper, f"?limit=1&cursor={first['next_cursor']}") == [one]
    said, _ = await read(keeper, other)
    assert said["certificate"] == first["items"][0]
    assert (said["certificate"]["note"], said["certificate"]["files"]) == ("家长要求", 3)
    assert said["certificate"]["rule"] is None
    said, _ = await read(keeper, recorded)
    assert (said["certificate"]["rule"]["number"], said["certificate"]["rule"]["keep_days"]) == (
        1,
        180,
    )
    assert (
        await (await open_browser(recorded.county.teacher)).get(CERTIFICATES)
    ).status_code == 403


async def test_certificates_are_exported_as_they_are_found(
    recorded: Recorded, keeper: TestBrowser, clock: Clock
) -> None:
    other = await record(recorded.database, recorded.county, clock)
    await remove(recorded, clock.now, reason=DeletionReason.EXPIRED)
    await remove(other, clock.now, reason=DeletionReason.WITHDRAWN)
    answer = await keeper.get(f"{CERTIFICATES}/export?reason=WITHDRAWN")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["课堂编号"] for row in rows] == [str(other.session_id)]
    assert (rows[0]["原因"], rows[0]["说明"], rows[0]["字节数"]) == ("撤回", "家长要求", "17")
    assert rows[0]["文件校验值 SHA-256"] == "a" * 64
    assert rows[0]["保留规则"] == ""
    answer = await keeper.get(f"{CERTIFICATES}/export?reason=EXPIRED")
    (expired,) = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert expired["保留规则"] == "规则 1: 保留 180 天, 停止展示 7 天后销毁"
    sheet = await keeper.get(f"{CERTIFICATES}/export?format=xlsx")
    assert sheet.content[:2] == b"PK"
