"""A recording is published with the consent of whose pupils are in it, and taken back."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import NotFound
from app.recordings import publishing, queries, retention
from app.recordings.errors import ConsentTakenBack
from app.recordings.models import Recording, RecordingClip, RecordingState
from app.recordings.publishing import RecordingPublication
from app.recordings.retention import OPERATOR
from app.security import Grant, Role
from app.settings import Settings
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.recorded_lessons import Recorded, keep_clip, open_as, publish, record
from tests.app.test_jobs_pages import caller
from tests.factories import County, make_county, make_person


@pytest.fixture
async def recorded(
    database: Database, county: County, clock: Clock, settings: Settings
) -> Recorded:
    recorded = await record(database, county, clock)
    await keep_clip(recorded, settings)
    return recorded


@pytest.fixture
async def published(recorded: Recorded, keeper: TestBrowser) -> Recorded:
    await publish(recorded, keeper)
    return recorded


async def test_schools_whose_pupils_are_in_it_are_named_until_each_consents(
    recorded: Recorded, keeper: TestBrowser
) -> None:
    county = recorded.county
    for consents, missing in (
        ((), {county.hub.name, county.points[0].name}),
        ((county.points[1],), {county.hub.name, county.points[0].name}),
        ((county.points[0],), {county.hub.name}),
    ):
        await recorded.consent(*consents)
        answer = await keeper.post(f"{recorded.path}/publish")
        assert (answer.status_code, answer.json()["type"]) == (409, "consent-missing")
        assert set(answer.json()["schools"]) == missing
        assert (await recorded.row()).state is RecordingState.READY
    await recorded.consent(county.hub)
    assert (await keeper.post(f"{recorded.path}/publish")).status_code == 200
    async with recorded.database.unit_of_work() as db:
        row = (await db.scalars(select(RecordingPublication))).one()
        assert row.person_id == county.administrator.person_id


@pytest.mark.parametrize(("group", "is_asked"), [("camera", True), ("screen", False)])
async def test_a_school_is_asked_for_pictures_that_may_be_readable_again(
    recorded: Recorded, keeper: TestBrowser, group: str, is_asked: bool
) -> None:
    county = recorded.county
    await recorded.consent(county.hub, county.points[0])
    async with recorded.database.unit_of_work() as db:
        row = await db.get_one(Recording, recorded.id)
        query = select(RecordingClip.seat_id).where(
            RecordingClip.recording_id == row.id, RecordingClip.group == "screen"
        )
        lost = (await db.scalars(query)).one()
        row.missing = [
            {"seat_id": lost, "group": group, "kind": "video", "start_ms": 0, "end_ms": 900}
        ]
    answer = await keeper.post(f"{recorded.path}/publish")
    if is_asked:
        assert (answer.status_code, answer.json()["type"]) == (409, "consent-missing")
        assert answer.json()["schools"] == [county.points[1].name]
        await recorded.consent(county.points[1])
        answer = await keeper.post(f"{recorded.path}/publish")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("who", "before", "after"),
    [
        ("teacher", 200, 200),
        ("administrator", 200, 200),
        ("supervisor", 404, 200),
        ("hub", 404, 200),
        ("shown", 404, 200),
        ("invited", 404, 200),
        ("elsewhere", 404, 404),
    ],
)
async def test_what_is_published_is_shown_to_its_schools_while_they_consent(
    *,
    who: str,
    before: int,
    after: int,
    recorded: Recorded,
    keeper: TestBrowser,
    open_browser: OpenBrowser,
) -> None:
    browser = await open_as(open_browser, recorded, who)
    clips = (await keeper.get(recorded.replay)).json()["clips"]
    clip = next(one["url"] for one in clips if one["seat_id"] == "hub")
    county = recorded.county

    async def sees() -> set[int]:
        return {(await browser.get(path)).status_code for path in (recorded.replay, clip)}

    kept_from = {before, 409} if (before, after) == (404, 200) else {before}

    async def takes() -> int:
        return (await browser.get(f"/api/sessions/{recorded.session_id}/downloads")).status_code

    assert await sees() == {before}
    await recorded.consent(county.hub, county.points[0])
    assert await sees() == {before}
    assert (await keeper.post(f"{recorded.path}/publish")).status_code == 200
    assert await sees() == {after}
    assert await takes() == before
    await recorded.consent(county.points[0], says=False)
    assert await sees() == kept_from
    await recorded.consent(county.points[0])
    assert await sees() == {after}


async def test_who_was_shown_it_is_told_that_a_school_took_its_consent_back(
    published: Recorded, keeper: TestBrowser, open_browser: OpenBrowser
) -> None:
    page = f"/api/admin/sessions/{published.session_id}"
    invited = await open_as(open_browser, published, "invited")
    county = published.county
    assert (await keeper.get(page)).json()["recording"]["refusing"] == []
    await published.consent(county.hub, county.points[0], says=False)
    answer = await invited.get(published.replay)
    assert (answer.status_code, answer.json()["type"]) == (409, "consent-taken-back")
    assert answer.json()["hub_school"] == county.hub.name
    assert county.points[0].name not in answer.text
    names = sorted((county.hub.name, county.points[0].name))
    assert sorted((await keeper.get(page)).json()["recording"]["refusing"]) == names
    elsewhere = await open_as(open_browser, published, "elsewhere")
    assert (await elsewhere.get(published.replay)).status_code == 404
    assert (await keeper.get(published.replay)).status_code == 200
    await published.consent(county.hub, county.points[0])
    assert (await invited.get(published.replay)).status_code == 200


async def test_school_nobody_belongs_to_is_nobodys(published: Recorded) -> None:
    """Who has no school is not of the staff of a school."""
    async with published.database.unit_of_work() as db:
        stranger = caller(await make_person(db))
        with pytest.raises(NotFound):
            await queries.watchable(db, stranger, published.session_id)


async def test_one_that_was_broken_is_published_once_it_is_repaired(
    recorded: Recorded, keeper: TestBrowser
) -> None:
    await recorded.consent(recorded.county.hub, recorded.county.points[0])
    async with recorded.database.unit_of_work() as db:
        (await db.get_one(Recording, recorded.id)).state = RecordingState.REPAIRED
    assert (await keeper.get(recorded.replay)).status_code == 200
    answer = await keeper.post(f"{recorded.path}/publish")
    assert (answer.status_code, answer.json()["state"]) == (200, "PUBLISHED")


@pytest.mark.parametrize(
    "state",
    sorted(set(RecordingState) - {RecordingState.READY, RecordingState.REPAIRED}),
)
async def test_what_is_not_ready_is_not_published(
    recorded: Recorded, keeper: TestBrowser, state: RecordingState
) -> None:
    await recorded.consent(recorded.county.hub, recorded.county.points[0])
    async with recorded.database.unit_of_work() as db:
        (await db.get_one(Recording, recorded.id)).state = state
    answer = await keeper.post(f"{recorded.path}/publish")
    assert (answer.status_code, answer.json()["type"]) == (409, "wrong-state")
    assert answer.json()["state"] == state.value


@pytest.mark.parametrize(
    ("who", "status"), [("teacher", 403), ("supervisor", 403), ("shown", 403), ("elsewhere", 403)]
)
async def test_only_administrators_publish_and_withdraw(
    recorded: Recorded, open_browser: OpenBrowser, who: str, status: int
) -> None:
    browser = await open_as(open_browser, recorded, who)
    assert (await browser.post(f"{recorded.path}/publish")).status_code == status
    answer = await browser.post(f"{recorded.path}/withdraw", {"reason": "x"})
    assert answer.status_code == status


async def test_administrator_of_an_invited_school_neither_publishes_nor_withdraws(
    published: Recorded, open_browser: OpenBrowser
) -> None:
    async with published.database.unit_of_work() as db:
        account = await make_person(db, role=Role.ADMINISTRATOR, school=published.county.points[0])
    browser = await open_browser(account)
    assert (await browser.post(f"{published.path}/publish")).status_code == 404
    answer = await browser.post(f"{published.path}/withdraw", {"reason": "x"})
    assert answer.status_code == 404
    assert (await published.row()).state is RecordingState.PUBLISHED


async def test_withdrawn_recording_is_shown_to_nobody_and_says_why(
    published: Recorded, keeper: TestBrowser, open_browser: OpenBrowser, clock: Clock
) -> None:
    answer = await keeper.post(f"{published.path}/withdraw", {"reason": " a guardian asks "})
    assert (answer.status_code, answer.json()["state"]) == (200, "WITHDRAWN")
    row = await published.row()
    assert (row.hidden_note, row.hidden_at) == ("a guardian asks", clock.now)
    assert (await keeper.get(published.replay)).json()["type"] == "recording-not-ready"
    invited = await open_as(open_browser, published, "invited")
    assert (await invited.get(published.replay)).status_code == 404
    again = await keeper.post(f"{published.path}/withdraw", {"reason": "x"})
    assert (again.status_code, again.json()["type"]) == (409, "wrong-state")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "a\0b"])
async def test_withdrawing_needs_a_reason(
    published: Recorded, keeper: TestBrowser, reason: str
) -> None:
    answer = await keeper.post(f"{published.path}/withdraw", {"reason": reason})
    assert answer.status_code == 422
    assert (await published.row()).state is RecordingState.PUBLISHED


async def test_held_recording_is_not_withdrawn(
    published: Recorded, keeper: TestBrowser, clock: Clock
) -> None:
    async with published.database.unit_of_work() as db:
        row = await db.get_one(Recording, published.id)
        await retention.hold(db, row, reason="a dispute", by=OPERATOR, now=clock.now)
    answer = await keeper.post(f"{published.path}/withdraw", {"reason": "x"})
    assert (answer.status_code, answer.json()["type"]) == (409, "recording-held")


async def test_every_look_is_in_the_log_that_each_of_its_schools_reads(
    published: Recorded, keeper: TestBrowser, open_browser: OpenBrowser, clock: Clock
) -> None:
    invited = await open_as(open_browser, published, "invited")
    assert (await invited.get(published.replay)).status_code == 200
    clock.advance(seconds=1)
    assert (await keeper.get(published.replay)).status_code == 200
    async with published.database.unit_of_work() as db:
        head = await make_person(db, role=Role.ADMINISTRATOR, school=published.county.points[1])
        stranger = (await make_county(db)).administrator
    reader = await open_browser(head)
    one_lesson = f"/api/admin/sessions/{published.session_id}/views"
    for browser in (keeper, reader):
        first = (await browser.get("/api/admin/recording-views?limit=1")).json()
        cursor = first["next_cursor"]
        second = (await browser.get(f"/api/admin/recording-views?limit=1&cursor={cursor}")).json()
        items = first["items"] + second["items"]
        me = str(published.county.administrator.person_id)
        assert [item["person_id"] == me for item in items] == [True, False]
        assert {item["session_id"] for item in items} == {str(published.session_id)}
        assert second["next_cursor"] is None
        assert len((await browser.get(one_lesson)).json()["items"]) == 2
    outside = await open_browser(stranger)
    assert (await outside.get("/api/admin/recording-views")).json()["items"] == []
    assert (await outside.get(one_lesson)).status_code == 404
    assert (await invited.get("/api/admin/recording-views")).status_code == 403


async def test_both_databases_ask_for_consent_at_every_look(
    either_database: Database, clock: Clock
) -> None:
    async with either_database.unit_of_work() as db:
        county = await make_county(db)
        account = await make_person(db, role=Role.TEACHER, school=county.points[1])
    recorded = await record(either_database, county, clock)
    await recorded.consent(county.hub, county.points[0])
    looker = replace(caller(account), school_id=county.points[1].id)
    grant = Grant(Role.ADMINISTRATOR, county.region.id, None, None)
    keeper = replace(caller(county.administrator), grants=(grant,))
    async with either_database.unit_of_work() as db:
        row = await queries.administered(db, keeper, recorded.session_id)
        assert len(row.clips) == 3
        await publishing.publish(
            db,
            row,
            school_ids={county.hub.id, county.points[0].id},
            person_id=keeper.person_id,
            now=clock.now,
        )
    async with either_database.unit_of_work() as db:
        assert (await queries.watchable(db, looker, recorded.session_id)).id == recorded.id
    await recorded.consent(county.hub, says=False)
    async with either_database.unit_of_work() as db:
        with pytest.raises(ConsentTakenBack):
            await queries.watchable(db, looker, recorded.session_id)
