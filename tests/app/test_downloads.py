"""One file of a whole lesson: who may have it made and take it, and what becomes of its job."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.attendance.timeline import Span as Stage
from app.database import Database
from app.jobs import service as jobs
from app.jobs.context import JobContext
from app.jobs.models import Job, JobState
from app.live import composing
from app.live.composing import Composer, plan_of
from app.recordings import downloads, retention
from app.recordings.builder import BuiltClip, ReplayIndex
from app.recordings.models import Recording, RecordingClip, RecordingState, RecordingView
from app.recordings.reserved import ROOM_LOOKED_FOR_EVERY
from app.recordings.service import mend
from app.settings import Settings
from media.recorder.composition import Role, Span
from tests.app.composed_lessons import LESSON_MS, clip, compose, make_recording
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.store.keeping import Keeping, keeping_of
from tests.factories import County
from tests.media.composing import tracks

SITE = "site-00000000000000000000000000000001"


@pytest.fixture
def keeping(app: FastAPI, clock: Clock, settings: Settings) -> Keeping:
    return keeping_of(app, clock, settings)


@pytest.fixture
async def recording(keeping: Keeping, county: County) -> Recording:
    return await make_recording(keeping, county)


@pytest.fixture
async def browser(county: County, open_browser: OpenBrowser) -> TestBrowser:
    return await open_browser(county.teacher)


Ask = Callable[[str], Awaitable[httpx2.Response]]


@pytest.fixture
def ask(browser: TestBrowser, recording: Recording) -> Ask:
    async def post(form: str) -> httpx2.Response:
        return await browser.post(f"/api/sessions/{recording.session_id}/downloads/{form}")

    return post


async def standing(browser: TestBrowser, recording: Recording, form: str) -> dict[str, Any]:
    answer = await browser.get(f"/api/sessions/{recording.session_id}/downloads")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = next(one for one in answer.json()["items"] if one["form"] == form)
    return found


async def the_job(database: Database) -> Job:
    async with database.unit_of_work() as db:
        return (await db.scalars(select(Job).where(Job.kind == downloads.KIND))).one()


async def views(database: Database) -> list[RecordingView]:
    async with database.unit_of_work() as db:
        return list((await db.scalars(select(RecordingView).order_by(RecordingView.at))).all())


def left_overs(keeping: Keeping, recording: Recording) -> list[Path]:
    return list((keeping.root / recording.folder).glob("making-*"))


@pytest.mark.parametrize(
    ("form", "kinds", "suffix"),
    [
        ("LESSON", {"video", "audio"}, ".mp4"),
        ("SMALL", {"video", "audio"}, "-small.mp4"),
        ("SOUND", {"audio"}, ".m4a"),
    ],
)
async def test_a_file_is_made_shown_and_taken_along(
    form: str,
    kinds: set[str],
    suffix: str,
    keeping: Keeping,
    recording: Recording,
    browser: TestBrowser,
    ask: Ask,
    tmp_path: Path,
) -> None:
    assert (await standing(browser, recording, form))["state"] == "NONE"
    assert (await ask(form)).status_code == 202
    assert (await standing(browser, recording, form))["state"] == "WAITING"
    assert await compose(keeping) == 1
    ready = await standing(browser, recording, form)
    assert (ready["state"], ready["duration_ms"]) == ("READY", LESSON_MS)
    assert ready["speed"] > 0
    assert ready["lufs"] == pytest.approx(-16, abs=0.5)
    answer = await browser.get(ready["url"])
    assert (answer.status_code, len(answer.content)) == (200, ready["bytes"])
    assert answer.headers["content-disposition"].endswith(suffix)
    assert "filename*=UTF-8''2026-" in answer.headers["content-disposition"]
    (tmp_path / "taken.mp4").write_bytes(answer.content)
    length = tracks(tmp_path / "taken.mp4")
    assert set(length) == kinds
    assert all(seconds == pytest.approx(3.0, abs=0.1) for seconds in length.values())
    assert left_overs(keeping, recording) == []
    result = (await the_job(keeping.database)).result
    assert result is not None
    assert result["speed"] == ready["speed"]


async def test_two_who_ask_have_it_made_once(
    keeping: Keeping, county: County, open_browser: OpenBrowser, recording: Recording, ask: Ask
) -> None:
    keeper = await open_browser(county.administrator)
    for _ in range(2):
        assert (await ask("SOUND")).status_code == 202
        path = f"/api/sessions/{recording.session_id}/downloads/SOUND"
        assert (await keeper.post(path)).status_code == 202
    assert await compose(keeping) == 1
    assert (await ask("SOUND")).status_code == 202
    assert await compose(keeping) == 0


async def test_who_takes_it_is_written_down_once_for_a_download(
    keeping: Keeping,
    recording: Recording,
    browser: TestBrowser,
    ask: Ask,
    clock: Clock,
    county: County,
    open_browser: OpenBrowser,
) -> None:
    await ask("SOUND")
    await compose(keeping)
    url = (await standing(browser, recording, "SOUND"))["url"]
    assert await views(keeping.database) == []
    assert (await browser.client.head(url)).status_code == 200
    assert await views(keeping.database) == []
    for header in ("bytes=1-99", "bytes=100-", "bytes=0-"):
        assert (await browser.get(url, headers={"Range": header})).status_code == 206
    (view,) = await views(keeping.database)
    assert (view.person_id, view.taken) == (county.teacher.person_id, "SOUND")
    clock.now += timedelta(minutes=11)
    await browser.get(url)
    assert len(await views(keeping.database)) == 2
    keeper = await open_browser(county.administrator)
    listed = await keeper.get(f"/api/admin/sessions/{recording.session_id}/views")
    assert [each["taken"] for each in listed.json()["items"]] == ["SOUND", "SOUND"]


async def test_a_link_is_good_for_whom_it_was_given_to_and_for_some_hours(
    keeping: Keeping,
    recording: Recording,
    county: County,
    other_county: County,
    open_browser: OpenBrowser,
    browser: TestBrowser,
    ask: Ask,
    clock: Clock,
) -> None:
    await ask("SOUND")
    await compose(keeping)
    url = (await standing(browser, recording, "SOUND"))["url"]
    keeper, stranger = [
        await open_browser(account)
        for account in (county.administrator, other_county.administrator)
    ]
    nobody = await open_browser()
    for who, status in ((keeper, 403), (stranger, 404), (nobody, 401)):
        assert (await who.get(url)).status_code == status
    changed = url[:-1] + ("A" if url[-1] != "A" else "B")
    assert (await browser.get(changed)).json()["type"] == "link-refused"
    assert (await browser.get(url.replace("SOUND", "LESSON"))).status_code == 404
    clock.now += timedelta(hours=8)
    fresh = await open_browser(county.teacher)
    assert (await fresh.get(url)).json()["type"] == "link-refused"


async def test_who_may_not_watch_learns_nothing(
    recording: Recording, other_county: County, open_browser: OpenBrowser
) -> None:
    stranger = await open_browser(other_county.administrator)
    path = f"/api/sessions/{recording.session_id}/downloads"
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.post(f"{path}/LESSON")).status_code == 404
    assert (await stranger.post(f"{path}/FILM")).status_code in (404, 422)


@pytest.mark.parametrize("state", [RecordingState.BROKEN, RecordingState.WITHDRAWN])
async def test_what_is_not_ready_is_not_made(
    state: RecordingState, keeping: Keeping, recording: Recording, ask: Ask
) -> None:
    async with keeping.database.unit_of_work() as db:
        (await db.get_one(Recording, recording.id)).state = state
    answer = await ask("LESSON")
    assert (answer.status_code, answer.json()["type"]) == (409, "recording-not-ready")
    assert answer.json()["state"] == state


async def test_a_file_of_a_recording_that_was_withdrawn_is_neither_made_nor_given(
    keeping: Keeping, recording: Recording, browser: TestBrowser, ask: Ask
) -> None:
    await ask("SOUND")
    await compose(keeping)
    url = (await standing(browser, recording, "SOUND"))["url"]
    await ask("LESSON")
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await retention.withdraw(db, row, note="guardian", now=keeping.clock.now)
    await compose(keeping)
    assert (await standing(browser, recording, "LESSON"))["state"] == "FAILED"
    assert (await browser.get(url)).status_code == 404


async def test_a_lesson_without_sound_says_why_there_is_no_file(
    keeping: Keeping, recording: Recording, browser: TestBrowser, ask: Ask
) -> None:
    async with keeping.database.unit_of_work() as db:
        for row in (await db.scalars(select(RecordingClip))).all():
            row.has_audio = False
    await ask("SOUND")
    await compose(keeping)
    failed = await standing(browser, recording, "SOUND")
    assert (failed["state"], failed["problem"]) == ("FAILED", "no_sound")
    assert left_overs(keeping, recording) == []
    await ask("SOUND")
    assert (await standing(browser, recording, "SOUND"))["state"] == "WAITING"


async def test_a_full_disk_is_said_before_anything_is_made(
    keeping: Keeping,
    recording: Recording,
    browser: TestBrowser,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(composing, "LEAVE_BYTES", 2**62)
    await ask("LESSON")
    await compose(keeping)
    assert (await standing(browser, recording, "LESSON"))["problem"] == "disk_full"


async def test_a_file_does_not_take_the_room_of_todays_lessons(
    keeping: Keeping,
    recording: Recording,
    browser: TestBrowser,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def all_of_it(_: object, **_now: object) -> int:
        return 2**62

    with monkeypatch.context() as patch:
        patch.setattr(composing, "reserved_bytes", all_of_it)
        await ask("SOUND")
        await compose(keeping)
    waiting = await standing(browser, recording, "SOUND")
    assert (waiting["state"], waiting["problem"]) == ("WAITING", "kept_for_lessons")
    assert left_overs(keeping, recording) == []
    assert await compose(keeping) == 0
    keeping.clock.now += ROOM_LOOKED_FOR_EVERY
    assert await compose(keeping) == 1
    assert (await standing(browser, recording, "SOUND"))["state"] == "READY"


async def test_one_whose_replay_was_mended_meanwhile_is_made_of_the_new_one(
    keeping: Keeping,
    recording: Recording,
    browser: TestBrowser,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    really = composing._compose
    composed: list[object] = []

    async def mend_meanwhile(*given: Any) -> Any:
        made = await really(*given)
        composed.append(made)
        if len(composed) == 1:
            async with keeping.database.unit_of_work() as db:
                rows = (await db.scalars(select(RecordingClip))).all()
                names = [each.name for each in fields(BuiltClip)]
                clips = tuple(
                    BuiltClip(**{name: getattr(row, name) for name in names}) for row in rows
                )
                index = ReplayIndex(clips, LESSON_MS)
                assert await mend(db, recording_id=recording.id, index=index, now=keeping.clock.now)
        return made

    monkeypatch.setattr(composing, "_compose", mend_meanwhile)
    await ask("SOUND")
    assert await compose(keeping) == 2
    assert len(composed) == 2
    assert (await standing(browser, recording, "SOUND"))["state"] == "READY"
    assert len(list((keeping.root / recording.folder).glob("lesson-*"))) == 1
    assert left_overs(keeping, recording) == []


async def test_a_process_that_is_killed_costs_its_attempt_and_nothing_else(
    keeping: Keeping, recording: Recording, browser: TestBrowser, ask: Ask
) -> None:
    await ask("SOUND")
    killed: list[int] = []

    async def kill_first(context: JobContext) -> Any:
        async with asyncio.TaskGroup() as tasks:
            if not killed:
                tasks.create_task(kill_child(killed))
            return await Composer(keeping.root, keeping.store).run(context)

    assert await keeping.worker({downloads.KIND: kill_first}).run_due() == 1
    assert killed
    job = await the_job(keeping.database)
    assert (job.state, job.attempts) == (JobState.QUEUED, 1)
    assert left_overs(keeping, recording) == []
    keeping.clock.now += jobs.RETRY_AFTER[0]
    assert await compose(keeping) == 1
    assert (await standing(browser, recording, "SOUND"))["state"] == "READY"


async def kill_child(killed: list[int]) -> None:
    """Kill the process that composes, once it runs."""
    while True:
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == os.getpid() and b"compose" in arguments:
                os.kill(int(entry.name), signal.SIGKILL)
                killed.append(int(entry.name))
                return
        await asyncio.sleep(0.01)


async def test_what_an_attempt_left_behind_is_removed_by_the_next(
    keeping: Keeping, recording: Recording, ask: Ask
) -> None:
    await ask("SOUND")
    job = await the_job(keeping.database)
    left = keeping.root / recording.folder / f"making-{job.id.hex}-0"
    left.mkdir()
    (left / "lesson.m4a").write_bytes(b"half")
    await compose(keeping)
    assert left_overs(keeping, recording) == []


def test_the_plan_has_the_hub_throughout_and_classrooms_while_they_are_on_stage() -> None:
    some = Recording()
    clips = [
        clip(some, "a"),
        clip(some, "b", group="screen"),
        clip(some, "c", seat_id=SITE),
        clip(some, "d", seat_id="site-never"),
    ]
    stage = [Stage(500, 900, SITE), Stage(1200, 1500, SITE)]
    plan = plan_of(clips, stage, length_ms=2_000)
    assert plan.duration_s == 2.0
    assert [(one.file, one.role, one.shown) for one in plan.clips] == [
        ("a", Role.LEAD, (Span(0, 2),)),
        ("b", Role.CONTENT, (Span(0, 2),)),
        ("c", Role.GUEST, (Span(0.5, 0.9), Span(1.2, 1.5))),
    ]
    assert len({one.lane for one in plan.clips}) == 3
