"""Captions of a replay: who brings, changes and reads them, and what becomes of them."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from app.database import Database
from app.recordings import retention
from app.recordings.access import ONE_LOOK
from app.recordings.caption_text import MOST_BYTES, MOST_SHOWN_FAULTS
from app.recordings.captions import RecordingCaptions
from app.recordings.models import PLAYABLE, Recording, RecordingState, RecordingView
from app.recordings.retention import OPERATOR
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.recorded_lessons import Recorded, open_as, record
from tests.app.test_idempotent_posts import keyed
from tests.factories import County

LENGTH_MS = 60_000
SRT = "1\n00:00:01,000 --> 00:00:02,500\n<b>你好</b>\n\n2\n00:00:04,000 --> 00:00:06,000\n再见\n"
WRITTEN = (
    "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<b>你好</b>\n\n00:00:04.000 --> 00:00:06.000\n再见\n"
)
OTHER = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"


@pytest.fixture
def database_url(either_url: str) -> str:
    """SQLite and PostgreSQL, one after the other."""
    return either_url


@pytest.fixture
async def recorded(database: Database, county: County, clock: Clock) -> Recorded:
    recorded = await record(database, county, clock)
    await change(recorded, duration_ms=LENGTH_MS)
    return recorded


async def change(recorded: Recorded, **values: Any) -> None:
    async with recorded.database.unit_of_work() as db:
        row = await db.get_one(Recording, recorded.id)
        for name, value in values.items():
            setattr(row, name, value)


@pytest.fixture
async def teacher(county: County, open_browser: OpenBrowser) -> TestBrowser:
    return await open_browser(county.teacher)


Bring = Callable[..., Awaitable[httpx2.Response]]


def form(
    content: bytes | str = SRT, *, name: str = "字幕.srt", **fields: str
) -> dict[str, Any]:  # Any: what httpx takes
    content = content.encode() if isinstance(content, str) else content
    return {"files": {"file": (name, content, "application/octet-stream")}, "data": fields}


@pytest.fixture
def bring(teacher: TestBrowser, recorded: Recorded) -> Bring:
    """Bring captions as the lecturer, or as somebody else: `by`."""

    async def post(
        content: bytes | str = SRT,
        *,
        language: str = "zh-Hans",
        label: str = "普通话",
        by: TestBrowser = teacher,
    ) -> httpx2.Response:
        path = f"/api/sessions/{recorded.session_id}/captions"
        return await by.send("POST", path, **form(content, language=language, label=label))

    return post


async def made(bring: Bring, *args: Any, **options: Any) -> dict[str, Any]:
    answer = await bring(*args, **options)
    assert answer.status_code == 201, answer.text
    captions: dict[str, Any] = answer.json()
    assert answer.headers["etag"] == f'"{captions["version"]}"'
    return captions


async def replace(
    browser: TestBrowser,
    captions: dict[str, Any],
    content: str = OTHER,
    *,
    label: str = "字幕",
    etag: str | None = '"1"',
) -> httpx2.Response:
    return await browser.send("PUT", captions["url"], etag=etag, **form(content, label=label))


async def listed(browser: TestBrowser, recorded: Recorded) -> list[dict[str, Any]]:
    answer = await browser.get(f"/api/sessions/{recorded.session_id}/captions")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def count(database: Database) -> int:
    async with database.unit_of_work() as db:
        return await db.scalar(select(func.count()).select_from(RecordingCaptions)) or 0


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


async def test_captions_are_brought_and_shown_with_the_replay(
    recorded: Recorded, teacher: TestBrowser, bring: Bring, clock: Clock
) -> None:
    captions = await made(bring, SRT.encode("gb18030"))
    assert (captions["language"], captions["label"], captions["cues"]) == ("zh-Hans", "普通话", 2)
    assert captions["brought_at"] == clock.now.isoformat().replace("+00:00", "Z")
    await made(bring, OTHER, language="en", label="English")
    assert [each["language"] for each in await listed(teacher, recorded)] == ["zh-Hans", "en"]
    replay = (await teacher.get(recorded.replay)).json()
    assert [(each["language"], each["label"]) for each in replay["captions"]] == [
        ("zh-Hans", "普通话"),
        ("en", "English"),
    ]
    assert replay["captions"][0]["url"] == captions["url"]
    answer = await teacher.get(captions["url"])
    assert (answer.status_code, answer.text) == (200, WRITTEN)
    assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"].endswith(".zh-Hans.vtt")
    assert answer.headers["etag"] == '"1"'


async def test_captions_are_in_the_languages_of_the_code_set_and_in_both_scripts_of_chinese(
    recorded: Recorded, teacher: TestBrowser, bring: Bring
) -> None:
    path = f"/api/sessions/{recorded.session_id}/captions"
    languages = (await teacher.get(path)).json()["languages"]
    assert len(set(languages)) == len(languages)
    assert {"zh-Hans", "zh-Hant", "en", "zh", "bo", "ii", "ug", "mn", "kk", "ko"} <= set(languages)
    for language in languages:
        await made(bring, language=language, label=language)
    for language in ("de", "zh-hans", "tlh", "x"):
        answer = await bring(language=language, label="?")
        assert refusal(answer) == (422, "code-unknown")
        assert "zh-Hans" in answer.json()["detail"]
    for language in ("", "zh Hans", "z" * 25, "zh\0"):
        answer = await bring(language=language, label="?")
        assert refusal(answer) == (422, "malformed-input")


async def test_captions_have_a_name_that_can_be_shown(bring: Bring) -> None:
    for label in ("", " ", "字" * 41, "a\nb", "a\0", "a\x7fb"):
        assert refusal(await bring(label=label)) == (422, "malformed-input"), label


async def test_there_is_one_of_a_language_and_one_of_a_name(
    recorded: Recorded, bring: Bring, teacher: TestBrowser
) -> None:
    first = await made(bring)
    answer = await bring(label="另一个")
    assert refusal(answer) == (409, "captions-there")
    assert (answer.json()["language"], answer.json()["label"]) == ("zh-Hans", "普通话")
    assert refusal(await bring(language="en", label=" 普通话 ")) == (409, "captions-there")
    second = await made(bring, language="en", label="English")
    answer = await replace(teacher, second, label="普通话")
    assert refusal(answer) == (409, "captions-there")
    assert (await replace(teacher, first, label="普通话")).status_code == 200
    assert len(await listed(teacher, recorded)) == 2


async def test_a_file_that_is_wrong_says_where_and_what_to_do(
    bring: Bring, database: Database
) -> None:
    wrong: list[tuple[bytes | str, int, str]] = [
        ("", 1, "no-cues"),
        (b"\xff\x00\x80", 1, "encoding"),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\n好", 3, "order"),
        ("WEBVTT\n\n01:00.000 --> 01:01.000\n好", 3, "beyond"),
    ]
    for content, line, problem in wrong:
        answer = await bring(content)
        assert refusal(answer) == (422, "captions-refused")
        (fault,) = answer.json()["faults"]
        assert (fault["line"], fault["problem"]) == (line, problem)
        assert answer.json()["detail"] == f"Line {line}: {fault['detail']}"
    assert await count(database) == 0


async def test_of_many_faults_the_first_are_told_and_the_rest_counted(bring: Bring) -> None:
    body = (await bring("no times\n\n" * 50)).json()
    assert (len(body["faults"]), body["more"]) == (MOST_SHOWN_FAULTS, 50 - MOST_SHOWN_FAULTS)
    assert [fault["line"] for fault in body["faults"][:3]] == [1, 3, 5]


async def test_a_file_that_is_too_large_is_no_captions(bring: Bring, teacher: TestBrowser) -> None:
    padding = "NOTE " + "x" * (MOST_BYTES - len("WEBVTT\n\nNOTE \n\n") - len(OTHER) + 8)
    largest = f"WEBVTT\n\n{padding}\n\n{OTHER.partition('WEBVTT')[2].lstrip()}"
    assert len(largest.encode()) <= MOST_BYTES
    captions = await made(bring, largest)
    over = "x" * (MOST_BYTES + 1)
    assert refusal(await bring(over, language="en", label="a")) == (413, "file-too-large")
    assert refusal(await replace(teacher, captions, over)) == (413, "file-too-large")


async def test_captions_are_replaced_by_who_has_seen_the_newest(
    recorded: Recorded, bring: Bring, teacher: TestBrowser, keeper: TestBrowser
) -> None:
    captions = await made(bring)
    answer = await replace(keeper, captions)
    assert answer.status_code == 200
    assert (answer.json()["version"], answer.headers["etag"]) == (2, '"2"')
    assert (answer.json()["label"], answer.json()["cues"]) == ("字幕", 1)
    assert "Hello" in (await teacher.get(captions["url"])).text
    answer = await replace(teacher, captions, SRT)
    assert refusal(answer) == (412, "changed-meanwhile")
    assert answer.json()["current"]["version"] == 2
    assert refusal(await replace(teacher, captions, SRT, etag=None))[0] == 428
    assert refusal(await replace(teacher, captions, "?", etag='"2"')) == (422, "captions-refused")
    assert "Hello" in (await teacher.get(captions["url"])).text
    assert (await replace(teacher, captions, SRT, etag='"2"')).status_code == 200
    assert (await teacher.get(captions["url"])).text == WRITTEN
    (one,) = await listed(teacher, recorded)
    assert (one["id"], one["version"], one["language"]) == (captions["id"], 3, "zh-Hans")


async def test_captions_are_taken_away(
    recorded: Recorded, bring: Bring, teacher: TestBrowser
) -> None:
    captions = await made(bring)
    url = captions["url"]
    assert (await teacher.send("DELETE", url)).status_code == 428
    assert (await teacher.send("DELETE", url, etag='"9"')).status_code == 412
    assert (await teacher.send("DELETE", url, etag='"1"')).status_code == 204
    assert (await teacher.get(url)).status_code == 404
    assert (await teacher.send("DELETE", url, etag='"1"')).status_code == 404
    assert (await replace(teacher, captions)).status_code == 404
    assert (await teacher.get(recorded.replay)).json()["captions"] == []
    await made(bring)


async def test_captions_sent_again_after_a_lost_answer_are_brought_once(
    recorded: Recorded, teacher: TestBrowser, database: Database
) -> None:
    path = f"/api/sessions/{recorded.session_id}/captions"
    sent = form(language="zh-Hans", label="普通话")
    first, again = [await keyed(teacher, path, **sent) for _ in range(2)]
    assert (first.status_code, first.content) == (201, again.content)
    assert again.headers["etag"] == '"1"'
    assert await count(database) == 1


MANAGES = {"teacher": True, "administrator": True}


@pytest.mark.parametrize(
    ("who", "may_read"),
    [
        ("teacher", True),
        ("administrator", True),
        ("supervisor", True),
        ("hub", True),
        ("shown", True),
        ("invited", True),
        ("elsewhere", False),
    ],
)
async def test_who_watches_reads_and_who_may_have_copies_changes(
    *,
    who: str,
    may_read: bool,
    recorded: Recorded,
    open_browser: OpenBrowser,
    bring: Bring,
    keeper: TestBrowser,
) -> None:
    """Those it is published to read; and none of them before it is."""
    captions = await made(bring)
    browser = await open_as(open_browser, recorded, who)
    manages = MANAGES.get(who, False)
    assert (await browser.get(captions["url"])).status_code == (200 if manages else 404)
    await recorded.consent(recorded.county.hub, recorded.county.points[0])
    assert (await keeper.post(f"{recorded.path}/publish")).status_code == 200
    assert (await browser.get(captions["url"])).status_code == (200 if may_read else 404)
    path = f"/api/sessions/{recorded.session_id}/captions"
    answers = [
        await browser.get(path),
        await bring(OTHER, language="en", label="English", by=browser),
        await replace(browser, captions),
        await browser.send("DELETE", captions["url"], etag='"2"'),
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses == ([200, 201, 200, 204] if manages else [404] * 4)


async def test_who_reads_what_was_said_is_written_down_once_with_the_look_it_belongs_to(
    recorded: Recorded, bring: Bring, teacher: TestBrowser, clock: Clock
) -> None:
    captions = await made(bring)
    assert await looks(recorded) == 0, "who brings them reads nothing"
    for _ in range(2):
        assert (await teacher.get(captions["url"])).status_code == 200
    assert await looks(recorded) == 1
    clock.advance(seconds=ONE_LOOK.total_seconds() + LENGTH_MS / 1000)
    assert (await teacher.get(f"/api/sessions/{recorded.session_id}/replay")).status_code == 200
    assert await looks(recorded) == 2
    assert (await teacher.get(captions["url"])).status_code == 200
    assert await looks(recorded) == 2, "the replay is open"


async def looks(recorded: Recorded) -> int:
    """How many looks at the recording are written down, all by the one person."""
    async with recorded.database.unit_of_work() as db:
        views = (await db.scalars(select(RecordingView))).all()
    assert {(each.recording_id, each.taken) for each in views} <= {(recorded.id, None)}
    assert {each.person_id for each in views} <= {recorded.county.teacher.person_id}
    return len(views)


async def test_nobody_and_a_classrooms_computer_have_no_captions(
    recorded: Recorded, bring: Bring, open_browser: OpenBrowser, county: County
) -> None:
    captions = await made(bring)
    for browser in (await open_browser(), await open_browser(device=county.credentials[0])):
        assert (await browser.get(captions["url"])).status_code == 401
        path = f"/api/sessions/{recorded.session_id}/captions"
        assert (await browser.get(path)).status_code == 401


async def test_a_consent_taken_back_hides_them_from_those_it_was_published_to(
    recorded: Recorded, bring: Bring, open_browser: OpenBrowser, keeper: TestBrowser
) -> None:
    captions = await made(bring)
    county = recorded.county
    await recorded.consent(county.hub, county.points[0])
    await keeper.post(f"{recorded.path}/publish")
    viewer = await open_as(open_browser, recorded, "invited")
    assert (await viewer.get(captions["url"])).status_code == 200
    await recorded.consent(county.points[0], says=False)
    assert (await viewer.get(captions["url"])).status_code == 404
    assert (await keeper.get(captions["url"])).status_code == 200


async def test_while_there_is_no_replay_to_watch_there_are_no_captions(
    recorded: Recorded, bring: Bring, teacher: TestBrowser
) -> None:
    captions = await made(bring)
    for state in sorted(set(RecordingState) - PLAYABLE):
        await change(recorded, state=state)
        assert (await teacher.get(captions["url"])).status_code == 404
        assert refusal(await bring(language="en", label="a")) == (409, "recording-not-ready")
        assert (await replace(teacher, captions)).status_code == 404
        assert (await teacher.send("DELETE", captions["url"], etag='"1"')).status_code == 404
        assert (await teacher.get(recorded.replay)).status_code == 409


async def test_what_is_held_keeps_its_captions_as_they_are(
    recorded: Recorded, bring: Bring, teacher: TestBrowser, database: Database, clock: Clock
) -> None:
    captions = await made(bring)
    async with database.unit_of_work() as db:
        row = await db.get_one(Recording, recorded.id)
        await retention.hold(db, row, reason="a dispute", now=clock.now)
    assert refusal(await replace(teacher, captions)) == (409, "recording-held")
    answer = await teacher.send("DELETE", captions["url"], etag='"1"')
    assert refusal(answer) == (409, "recording-held")
    assert (await teacher.get(captions["url"])).text == WRITTEN
    await made(bring, OTHER, language="en", label="English")
    async with database.unit_of_work() as db:
        row = await db.get_one(Recording, recorded.id)
        assert await retention.lift_all(db, row, by=OPERATOR, now=clock.now) == 1
    assert (await replace(teacher, captions)).status_code == 200


async def test_a_player_finds_no_way_to_run_anything_in_them(
    bring: Bring, teacher: TestBrowser
) -> None:
    text = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<script>alert(1)</script><b>&lt;img src=x>"
        "<c onclick=x>&lt;svg onload=x&gt;</c>\n"
    )
    captions = await made(bring, text)
    words = (await teacher.get(captions["url"])).text.partition("02.000\n")[2]
    assert set(re.findall(r"<[^>]*>", words)) <= {"<b>", "</b>"}
    assert "&lt;svg onload=x&gt;" in words
