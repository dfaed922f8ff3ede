"""Micro-lessons: who saves, watches, takes, renames and deletes one, and what each is refused."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.database import Database
from app.idempotency import HEADER as KEY
from app.jobs.models import Job, JobState
from app.live import rebuilding
from app.recordings import micro_lessons, retention
from app.recordings.leftovers import RecordingLeftover
from app.recordings.micro_lessons import LEAST_MS, MOST_TITLE, MicroLesson
from app.recordings.models import HIDDEN, Recording, RecordingState, RecordingView
from app.recordings.retention import OPERATOR, REMOVED_AFTER_WITHDRAWAL
from app.schools.models import School
from app.security import CSRF_HEADER
from tests.app.composed_lessons import LESSON_MS
from tests.app.conftest import BASE_URL, OpenBrowser, TestBrowser
from tests.app.micro.conftest import Save
from tests.app.micro.studio import (
    JSON,
    MARKS,
    TITLE,
    colleague,
    cut,
    cut_files,
    give_film,
    listed,
    path_of,
    pieces,
    publish,
    purge,
)
from tests.app.store.keeping import Keeping
from tests.factories import County

HIDDEN_OR_BROKEN = sorted(HIDDEN | {RecordingState.BROKEN})


@pytest.fixture
def database_url(either_url: str) -> str:
    """Run each test on both databases: the statements are the risk."""
    return either_url


async def looks(database: Database) -> list[tuple[str | None, str | None]]:
    async with database.unit_of_work() as db:
        rows = await db.scalars(select(RecordingView).order_by(RecordingView.at, RecordingView.id))
        return [(row.micro_lesson, row.taken) for row in rows]


REFUSED: list[tuple[JSON, str]] = [
    ({"title": ""}, "title-missing"),
    ({"title": " \n\u3000 "}, "title-missing"),
    ({"title": "歌" * (MOST_TITLE + 1)}, "title-too-long"),
    ({"title": "歌" * 1001}, "malformed-input"),
    ({"title": "a\0b"}, "malformed-input"),
    ({"from_ms": 2_000}, "marks-reversed"),
    ({"from_ms": 2_500}, "marks-reversed"),
    ({"until_ms": LESSON_MS + 1}, "marks-outside"),
    ({"from_ms": 2**53 - 2, "until_ms": 2**53 - 1}, "marks-outside"),
    ({"from_ms": -1}, "malformed-input"),
    ({"from_ms": 0.5}, "malformed-input"),
    ({"until_ms": 500 + LEAST_MS - 1}, "piece-too-short"),
    ({"sound": True}, "malformed-input"),
]


async def test_marks_and_titles_that_are_none_are_refused(save: Save, keeping: Keeping) -> None:
    for sent, refusal in REFUSED:
        answer = await save(**sent)
        assert (answer.status_code, answer.json()["type"]) == (422, refusal), sent
    assert await pieces(keeping) == []
    async with keeping.database.unit_of_work() as db:
        cuts = select(Job).where(Job.kind == micro_lessons.KIND)
        assert (await db.scalars(cuts)).all() == []


@pytest.mark.usefixtures("cutter_apart")
async def test_the_longest_title_the_shortest_piece_and_the_whole_lesson_are_taken(
    save: Save, keeping: Keeping, recording: Recording, browser: TestBrowser
) -> None:
    await give_film(keeping, recording)
    whole = {"from_ms": 0, "until_ms": LESSON_MS}
    for sent in ({"title": "歌" * MOST_TITLE}, {"until_ms": 500 + LEAST_MS}, whole):
        assert (await save(**sent)).status_code == 202
        await cut(keeping)
        ready = await listed(browser, recording)
        assert [one["state"] for one in ready] == ["READY"] * len(ready)
        assert any({name: one[name] for name in sent} == sent for one in ready)


async def test_no_piece_is_saved_of_what_cannot_be_played(
    save: Save, keeping: Keeping, recording: Recording
) -> None:
    for state in HIDDEN_OR_BROKEN:
        async with keeping.database.unit_of_work() as db:
            (await db.get_one(Recording, recording.id)).state = state
        answer = await save()
        assert (answer.status_code, answer.json()["type"]) == (409, "recording-not-ready")
        assert answer.json()["state"] == state
    assert await pieces(keeping) == []


async def test_no_piece_is_saved_while_the_replay_is_being_made_again(
    save: Save, keeping: Keeping, recording: Recording, piece: JSON, browser: TestBrowser
) -> None:
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await rebuilding.ask_for(db, row, now=keeping.clock.now)
    again = await browser.post(f"/api/micro-lessons/{piece['id']}/cut-again")
    for answer in (await save(), again):
        assert (answer.status_code, answer.json()["type"]) == (409, "replay-being-made-again")
    async with keeping.database.unit_of_work() as db:
        (
            await db.scalars(select(Job).where(Job.kind == rebuilding.KIND))
        ).one().state = JobState.DONE
    assert (await save()).status_code == 202


async def test_a_lesson_has_so_many_and_no_more(
    save: Save, monkeypatch: pytest.MonkeyPatch, keeping: Keeping
) -> None:
    monkeypatch.setattr(micro_lessons, "MOST_OF_A_LESSON", 2)
    assert [(await save()).status_code for _ in range(3)] == [202, 202, 409]
    answer = await save()
    assert (answer.json()["type"], answer.json()["most"]) == ("too-many-micro-lessons", 2)
    assert len(await pieces(keeping)) == 2


async def test_a_double_click_saves_one(
    browser: TestBrowser, recording: Recording, keeping: Keeping
) -> None:
    me = await browser.me()
    headers = {"Origin": BASE_URL, CSRF_HEADER: me["person"]["csrf_token"], KEY: "one-piece"}
    sent = [await browser.post(path_of(recording), MARKS, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [202, 202]
    assert sent[0].json()["id"] == sent[1].json()["id"]
    assert len(await pieces(keeping)) == 1


async def test_whom_it_is_published_to_watches_and_does_nothing_else(
    *,
    keeping: Keeping,
    recording: Recording,
    piece: JSON,
    county: County,
    other_county: County,
    open_browser: OpenBrowser,
    save: Save,
) -> None:
    await save(title="还没剪好")
    watcher = await colleague(keeping.database, county, open_browser)
    stranger = await open_browser(other_county.administrator)
    own = f"/api/micro-lessons/{piece['id']}"
    for one in (watcher, stranger):
        assert (await one.get(path_of(recording))).status_code == 404
        assert (await one.get(own)).status_code == 404
    await publish(keeping, recording, county)
    answer = await watcher.get(path_of(recording))
    assert answer.json()["may_change"] is False
    (seen,) = answer.json()["items"]
    assert (seen["title"], seen["take_url"]) == (TITLE, None)
    assert (await watcher.get(own)).json()["take_url"] is None
    assert (await watcher.get(seen["url"])).status_code == 200
    for one in (watcher, stranger):
        refused = [
            await one.post(path_of(recording), MARKS),
            await one.send("PATCH", own, etag='"1"', json={"title": "x"}),
            await one.send("DELETE", own, etag='"1"'),
            await one.post(f"{own}/cut-again"),
            await one.get(piece["take_url"]),
        ]
        assert [each.status_code for each in refused] == [404] * 5
    assert (await stranger.get(path_of(recording))).status_code == 404
    assert (await stranger.get(piece["url"])).status_code == 404
    assert [each.title for each in await pieces(keeping)] == [TITLE, "还没剪好"]
    assert await looks(keeping.database) == [(TITLE, None)]


async def test_a_consent_taken_back_hides_the_pieces_from_whom_it_was_published_to(
    keeping: Keeping,
    recording: Recording,
    piece: JSON,
    county: County,
    open_browser: OpenBrowser,
    browser: TestBrowser,
) -> None:
    watcher = await colleague(keeping.database, county, open_browser)
    await publish(keeping, recording, county)
    (seen,) = await listed(watcher, recording)
    found = await watcher.get("/api/recordings/published")
    assert [one["title"] for one in found.json()["items"][0]["micro_lessons"]] == [TITLE]
    async with keeping.database.unit_of_work() as db:
        (await db.get_one(School, county.hub.id)).may_publish_pupils = False
    assert (await watcher.get(seen["url"])).status_code == 404
    answer = await watcher.get(path_of(recording))
    assert (answer.status_code, answer.json()["type"]) == (409, "consent-taken-back")
    assert (await watcher.get("/api/recordings/published")).json()["items"] == []
    assert (await browser.get(piece["url"])).status_code == 200


async def test_a_recording_that_is_hidden_hides_its_pieces_at_once(
    keeping: Keeping, recording: Recording, piece: JSON, browser: TestBrowser, county: County
) -> None:
    await publish(keeping, recording, county)
    own = f"/api/micro-lessons/{piece['id']}"
    for state in sorted(HIDDEN):
        async with keeping.database.unit_of_work() as db:
            (await db.get_one(Recording, recording.id)).state = state
        for path in (piece["url"], piece["take_url"], own):
            assert (await browser.get(path)).status_code == 404
        assert (await browser.send("DELETE", own, etag='"1"')).status_code == 404
        assert (await browser.get(path_of(recording))).json()["type"] == "recording-not-ready"
        assert (await browser.get("/api/recordings/published?q=第一句")).json()["items"] == []
    assert len(await pieces(keeping)) == 1


async def test_lessons_are_found_by_the_titles_of_their_pieces(
    keeping: Keeping, recording: Recording, piece: JSON, county: County, browser: TestBrowser
) -> None:
    await publish(keeping, recording, county)
    for words, count in (("怎么唱", 1), ("怎么跳", 0), ("%", 0)):
        answer = await browser.get(f"/api/recordings/published?q={words}".replace("%", "%25"))
        assert len(answer.json()["items"]) == count, words
    async with keeping.database.unit_of_work() as db:
        (await db.scalars(select(MicroLesson))).one().file = None
    assert (await browser.get("/api/recordings/published?q=怎么唱")).json()["items"] == []
    (item,) = (await browser.get("/api/recordings/published")).json()["items"]
    assert item["micro_lessons"] == []


async def test_every_look_is_written_down_once_with_the_title_it_had(
    keeping: Keeping,
    recording: Recording,
    piece: JSON,
    browser: TestBrowser,
    county: County,
    open_browser: OpenBrowser,
) -> None:
    database = keeping.database
    assert await looks(database) == []
    for url in (piece["url"], piece["take_url"]):
        assert (await browser.client.head(url)).status_code == 200
    assert await looks(database) == []
    for header in ("bytes=1-99", "bytes=100-", "bytes=0-"):
        assert (await browser.get(piece["url"], headers={"Range": header})).status_code == 206
    assert await looks(database) == [(TITLE, None)]
    keeping.clock.now += timedelta(seconds=1)
    assert (await browser.get(piece["take_url"])).status_code == 200
    await browser.patch(f"/api/micro-lessons/{piece['id']}", {"title": "新"}, etag='"1"')
    keeping.clock.now += timedelta(seconds=1)
    assert (await browser.get(piece["url"])).status_code == 200
    assert await looks(database) == [(TITLE, None), (TITLE, "LESSON"), ("新", None)]
    keeper = await open_browser(county.administrator)
    for path in (
        f"/api/admin/sessions/{recording.session_id}/views",
        "/api/admin/recording-views",
    ):
        told = (await keeper.get(path)).json()["items"]
        said = [(each["micro_lesson"], each["taken"]) for each in told]
        assert said == [("新", None), (TITLE, "LESSON"), (TITLE, None)]


async def test_the_whole_lesson_taken_after_a_piece_of_it_is_written_down_too(
    keeping: Keeping, recording: Recording, piece: JSON, browser: TestBrowser
) -> None:
    assert (await browser.get(piece["take_url"])).status_code == 200
    files = (await browser.get(f"/api/sessions/{recording.session_id}/downloads")).json()["items"]
    (film,) = (one for one in files if one["form"] == "LESSON")
    keeping.clock.now += timedelta(seconds=1)
    assert (await browser.get(film["url"])).status_code == 200
    assert await looks(keeping.database) == [(TITLE, "LESSON"), (None, "LESSON")]


async def test_a_link_is_good_for_whom_and_what_it_was_given_for_and_for_some_hours(
    *,
    keeping: Keeping,
    piece: JSON,
    browser: TestBrowser,
    county: County,
    open_browser: OpenBrowser,
) -> None:
    keeper, nobody = await open_browser(county.administrator), await open_browser()
    for url in (piece["url"], piece["take_url"]):
        assert (await keeper.get(url)).json()["type"] == "link-refused"
        assert (await nobody.get(url)).status_code == 401
        changed = url[:-1] + ("A" if url[-1] != "A" else "B")
        answer = await browser.get(changed)
        assert (answer.status_code, answer.json()["type"]) == (403, "link-refused")
    exchanged = piece["url"].replace("/film?", "/file?")
    assert (await browser.get(exchanged)).json()["type"] == "link-refused"
    assert (await browser.get(piece["url"].partition("?")[0])).status_code == 422
    keeping.clock.now += timedelta(hours=8)
    fresh = await open_browser(county.teacher)
    assert (await fresh.get(piece["url"])).json()["type"] == "link-refused"
    assert await looks(keeping.database) == []


async def test_one_range_is_sent_and_one_past_the_end_refused(
    piece: JSON, browser: TestBrowser
) -> None:
    whole = (await browser.get(piece["url"])).content
    part = await browser.get(piece["url"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
    several = await browser.get(piece["url"], headers={"Range": "bytes=0-1,4-5"})
    assert (several.status_code, several.content) == (200, whole)
    beyond = await browser.get(piece["url"], headers={"Range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")


async def test_who_renames_one_names_the_version_that_was_read(
    piece: JSON, browser: TestBrowser, keeping: Keeping
) -> None:
    own = f"/api/micro-lessons/{piece['id']}"
    assert (await browser.get(own)).headers["etag"] == '"1"'
    assert (await browser.patch(own, {"title": "新"})).status_code == 428
    renamed = await browser.patch(own, {"title": " 新 "}, etag='"1"')
    assert (renamed.status_code, renamed.json()["title"]) == (200, "新")
    assert renamed.headers["etag"] == '"2"'
    late = await browser.patch(own, {"title": "更新"}, etag='"1"')
    assert (late.status_code, late.json()["current"]["title"]) == (412, "新")
    for title, refusal in (("", "title-missing"), ("歌" * (MOST_TITLE + 1), "title-too-long")):
        answer = await browser.patch(own, {"title": title}, etag='"2"')
        assert (answer.status_code, answer.json()["type"]) == (422, refusal)
    assert [one.title for one in await pieces(keeping)] == ["新"]


async def test_what_is_deleted_is_gone_at_once_and_its_file_an_hour_later(
    keeping: Keeping, recording: Recording, piece: JSON, browser: TestBrowser
) -> None:
    own = f"/api/micro-lessons/{piece['id']}"
    assert (await browser.send("DELETE", own)).status_code == 428
    assert (await browser.send("DELETE", own, etag='"9"')).status_code == 412
    assert (await browser.send("DELETE", own, etag='"1"')).status_code == 204
    for path in (own, piece["url"], piece["take_url"]):
        assert (await browser.get(path)).status_code == 404
    assert await listed(browser, recording) == []
    assert (await browser.send("DELETE", own, etag='"1"')).status_code == 404
    (file,) = cut_files(keeping, recording)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL - timedelta(seconds=1)
    await purge(keeping)
    assert file.exists()
    keeping.clock.now += timedelta(seconds=1)
    await purge(keeping)
    assert not file.exists()
    assert keeping.path(recording, "lesson-1.mp4").exists()
    async with keeping.database.unit_of_work() as db:
        assert (await db.scalars(select(RecordingLeftover))).all() == []


async def test_a_hold_keeps_the_pieces_of_a_recording_and_what_was_just_deleted(
    keeping: Keeping, recording: Recording, piece: JSON, browser: TestBrowser, save: Save
) -> None:
    second = (await save(title="第二句")).json()
    await cut(keeping)
    assert len(cut_files(keeping, recording)) == 2
    gone = await browser.send("DELETE", f"/api/micro-lessons/{second['id']}", etag='"1"')
    assert gone.status_code == 204
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await retention.hold(db, row, reason="a dispute", now=keeping.clock.now)
    own = f"/api/micro-lessons/{piece['id']}"
    answer = await browser.send("DELETE", own, etag='"1"')
    assert (answer.status_code, answer.json()["type"]) == (409, "recording-held")
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping)
    assert len(cut_files(keeping, recording)) == 2
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        assert await retention.lift_all(db, row, by=OPERATOR, now=keeping.clock.now) == 1
    await purge(keeping)
    assert len(cut_files(keeping, recording)) == 1
    assert (await browser.send("DELETE", own, etag='"1"')).status_code == 204


async def test_one_that_is_not_cut_is_known_to_its_makers_alone(
    *,
    keeping: Keeping,
    recording: Recording,
    save: Save,
    browser: TestBrowser,
    county: County,
    open_browser: OpenBrowser,
) -> None:
    own = f"/api/micro-lessons/{(await save()).json()['id']}"
    await publish(keeping, recording, county)
    watcher = await colleague(keeping.database, county, open_browser)
    assert (await browser.get(own)).json()["url"] is None
    assert (await watcher.get(own)).status_code == 404
    assert await listed(watcher, recording) == []
