"""The job that cuts a micro-lesson: the film it waits for, and what happens meanwhile."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.database import Database
from app.jobs import service as jobs
from app.jobs.models import Job, JobState, Queue
from app.live import cutting
from app.live.cutting import FILM_LOOKED_FOR_EVERY
from app.recordings import downloads, micro_lessons, retention
from app.recordings.micro_lessons import MicroLesson
from app.recordings.models import DownloadForm, Recording
from app.recordings.reserved import ROOM_LOOKED_FOR_EVERY
from app.recordings.retention import REMOVED_AFTER_WITHDRAWAL
from tests.app.composed_lessons import LESSON_MS, compose
from tests.app.conftest import TestBrowser
from tests.app.micro.conftest import Save
from tests.app.micro.studio import JSON, TITLE, cut, cut_files, give_film, listed, purge
from tests.app.store.keeping import Keeping
from tests.media.composing import tracks


async def the_job(database: Database) -> Job:
    async with database.unit_of_work() as db:
        return (await db.scalars(select(Job).where(Job.kind == micro_lessons.KIND))).one()


def work_places(keeping: Keeping, recording: Recording) -> list[Path]:
    return list(keeping.path(recording, "").glob("cutting-*"))


async def test_a_piece_waits_for_the_film_and_is_then_cut_watched_and_taken_along(
    keeping: Keeping, recording: Recording, browser: TestBrowser, save: Save, tmp_path: Path
) -> None:
    saved = await save(title=f"  {TITLE}\n 一 ")
    assert (saved.status_code, saved.json()["title"]) == (202, f"{TITLE} 一")
    assert saved.headers["etag"] == '"1"'
    assert (await the_job(keeping.database)).queue is Queue.HEAVY
    assert await cut(keeping) == 1
    (waiting,) = await listed(browser, recording)
    assert (waiting["state"], waiting["url"], waiting["take_url"]) == ("WAITING", None, None)
    assert await compose(keeping) == 1
    assert await cut(keeping) == 0
    keeping.clock.now += FILM_LOOKED_FOR_EVERY
    assert await cut(keeping) == 1
    (ready,) = await listed(browser, recording)
    assert (ready["state"], ready["version"], ready["is_outdated"]) == ("READY", 1, False)
    assert ready["duration_ms"] == pytest.approx(1_500, abs=40)
    watched = await browser.get(ready["url"])
    assert (watched.status_code, len(watched.content)) == (200, ready["bytes"])
    assert watched.headers["content-type"] == "video/mp4"
    assert "content-disposition" not in watched.headers
    taken = await browser.get(ready["take_url"])
    assert taken.content == watched.content
    assert taken.headers["content-disposition"].startswith(
        'attachment; filename="micro-lesson.mp4"'
    )
    (tmp_path / "taken.mp4").write_bytes(taken.content)
    lengths = tracks(tmp_path / "taken.mp4")
    assert set(lengths) == {"video", "audio"}
    assert all(seconds == pytest.approx(1.5, abs=0.1) for seconds in lengths.values())
    assert work_places(keeping, recording) == []


async def test_what_waits_for_its_film_says_how_far_that_is(
    keeping: Keeping, recording: Recording, browser: TestBrowser, save: Save
) -> None:
    await save()
    await cut(keeping)
    (one,) = await listed(browser, recording)
    assert (one["state"], one["ahead"]) == ("WAITING", 0)
    async with keeping.database.unit_of_work() as db:
        before = keeping.clock.now - timedelta(minutes=1)
        await jobs.enqueue(db, kind="x", payload={}, owner=None, queue=Queue.HEAVY, now=before)
        await jobs.enqueue(db, kind="x", payload={}, owner=None, queue=Queue.LIGHT, now=before)
    (one,) = await listed(browser, recording)
    assert (one["state"], one["ahead"]) == ("WAITING", 1)
    async with keeping.database.unit_of_work() as db:
        film_job = (await db.scalars(select(Job).where(Job.kind == downloads.KIND))).one()
        film_job.state = JobState.RUNNING
        film_job.progress_note, film_job.progress_done, film_job.progress_total = "composing", 1, 3
    (one,) = await listed(browser, recording)
    said = [one[name] for name in ("state", "step", "done", "total", "ahead")]
    assert said == ["RUNNING", "composing", 1, 3, 0]


@pytest.mark.usefixtures("cutter_apart")
async def test_one_that_is_renamed_while_it_is_cut_keeps_its_version_to_its_maker(
    keeping: Keeping, recording: Recording, save: Save, browser: TestBrowser
) -> None:
    await give_film(keeping, recording)
    own = f"/api/micro-lessons/{(await save()).json()['id']}"
    await cut(keeping)
    assert (await browser.patch(own, {"title": "新"}, etag='"1"')).status_code == 200


@pytest.mark.usefixtures("cutter_apart")
async def test_a_piece_deleted_while_it_is_cut_leaves_no_file(
    keeping: Keeping,
    recording: Recording,
    save: Save,
    browser: TestBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await give_film(keeping, recording)
    own = f"/api/micro-lessons/{(await save()).json()['id']}"
    really = cutting._cut

    async def delete_meanwhile(*given: Any) -> int:
        duration_ms = await really(*given)
        assert (await browser.send("DELETE", own, etag='"1"')).status_code == 204
        return duration_ms

    monkeypatch.setattr(cutting, "_cut", delete_meanwhile)
    assert await cut(keeping) == 2
    assert cut_files(keeping, recording) == work_places(keeping, recording) == []
    assert (await the_job(keeping.database)).state is JobState.DONE


@pytest.mark.usefixtures("cutter_apart")
async def test_a_recording_withdrawn_while_a_piece_is_cut_gets_none(
    keeping: Keeping, recording: Recording, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    await give_film(keeping, recording)
    await save()
    really = cutting._cut

    async def withdraw_meanwhile(*given: Any) -> int:
        duration_ms = await really(*given)
        async with keeping.database.unit_of_work() as db:
            row = await db.get_one(Recording, recording.id)
            await retention.withdraw(db, row, note="guardian", now=keeping.clock.now)
        return duration_ms

    monkeypatch.setattr(cutting, "_cut", withdraw_meanwhile)
    await cut(keeping)
    assert cut_files(keeping, recording) == work_places(keeping, recording) == []
    job = await the_job(keeping.database)
    assert job.problem is not None
    assert (job.state, job.problem["type"]) == (JobState.FAILED, "recording-not-ready")


async def test_a_piece_is_cut_anew_out_of_another_replay_and_shown_until_then(
    keeping: Keeping, recording: Recording, piece: JSON, browser: TestBrowser
) -> None:
    (before,) = cut_files(keeping, recording)
    await replace_film(keeping, recording)
    (one,) = await listed(browser, recording)
    assert (one["state"], one["is_outdated"], one["version"]) == ("READY", True, 1)
    assert (await browser.get(one["url"])).status_code == 200
    assert await cut(keeping) == 1
    (one,) = await listed(browser, recording)
    assert (one["state"], one["is_outdated"], one["version"]) == ("READY", False, 1)
    assert (await browser.get(one["url"])).status_code == 200
    assert before in cut_files(keeping, recording)
    assert len(cut_files(keeping, recording)) == 2
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping)
    (after,) = cut_files(keeping, recording)
    assert after != before
    films = sorted(path.name for path in keeping.path(recording, "").glob("lesson-*.mp4"))
    assert films == ["lesson-2.mp4"], "nor does the film stay that nothing shows any more"


async def test_a_piece_that_cannot_be_cut_anew_is_shown_as_it_was_and_says_why(
    keeping: Keeping, recording: Recording, piece: JSON, browser: TestBrowser
) -> None:
    keeping.clock.now += timedelta(minutes=1)
    await replace_film(keeping, recording)
    film = keeping.path(recording, "lesson-2.mp4")
    away = film.rename(film.with_suffix(".away"))
    (one,) = await listed(browser, recording)
    assert (one["is_outdated"], one["problem"]) == (True, None), "it is about to be cut"
    await cut(keeping)
    (one,) = await listed(browser, recording)
    said = (one["state"], one["is_outdated"], one["problem"])
    assert said == ("READY", True, "clip-file-missing")
    assert (await browser.get(one["url"])).status_code == 200
    away.rename(film)
    keeping.clock.now += timedelta(minutes=1)
    again = await browser.post(f"/api/micro-lessons/{piece['id']}/cut-again")
    assert (again.status_code, again.json()["problem"]) == (202, None)
    assert await cut(keeping) == 1
    (one,) = await listed(browser, recording)
    assert (one["is_outdated"], one["problem"]) == (False, None)


async def replace_film(keeping: Keeping, recording: Recording) -> None:
    """Have the film be another, as when the replay was made again."""
    async with keeping.database.unit_of_work() as db:
        await downloads.forget(db, recording.id, now=keeping.clock.now)
        await micro_lessons.cut_all_anew(db, recording.id, now=keeping.clock.now)
    await give_film(keeping, recording, "lesson-2.mp4")


@pytest.mark.usefixtures("cutter_apart")
async def test_a_film_replaced_while_a_piece_is_cut_is_cut_again(
    keeping: Keeping,
    recording: Recording,
    save: Save,
    browser: TestBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await give_film(keeping, recording)
    await save()
    really = cutting._cut
    films: list[object] = []

    async def replace_meanwhile(*given: Any) -> int:
        duration_ms = await really(*given)
        if not films:
            await replace_film(keeping, recording)
        films.append(duration_ms)
        return duration_ms

    monkeypatch.setattr(cutting, "_cut", replace_meanwhile)
    assert await cut(keeping) == 2
    assert len(films) == 2
    assert len(cut_files(keeping, recording)) == 1
    (one,) = await listed(browser, recording)
    assert (one["state"], one["is_outdated"]) == ("READY", False)


async def test_a_film_that_cannot_be_made_is_said_and_tried_again_when_asked(
    keeping: Keeping,
    recording: Recording,
    save: Save,
    browser: TestBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    saved = (await save()).json()
    await cut(keeping)
    with monkeypatch.context() as patch:
        patch.setattr("app.live.composing.LEAVE_BYTES", 2**62)
        await compose(keeping)
    keeping.clock.now += FILM_LOOKED_FOR_EVERY
    await cut(keeping)
    (one,) = await listed(browser, recording)
    assert (one["state"], one["problem"]) == ("FAILED", "disk_full")
    keeping.clock.now += timedelta(minutes=1)
    again = await browser.post(f"/api/micro-lessons/{saved['id']}/cut-again")
    assert (again.status_code, again.json()["state"]) == (202, "WAITING")
    await cut(keeping)
    assert await compose(keeping) == 1
    keeping.clock.now += FILM_LOOKED_FOR_EVERY
    await cut(keeping)
    (one,) = await listed(browser, recording)
    assert one["state"] == "READY"
    unchanged = await browser.post(f"/api/micro-lessons/{saved['id']}/cut-again")
    assert (unchanged.status_code, unchanged.json()["state"]) == (202, "READY")
    assert await cut(keeping) == 0


async def all_there_is(_: object, **_now: object) -> int:
    """Stand for `reserved_bytes`: today's lessons want the whole disk."""
    return 2**62


async def test_a_film_that_is_put_off_is_not_looked_for_before_it_is_due(
    keeping: Keeping,
    recording: Recording,
    save: Save,
    browser: TestBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await save()
    await cut(keeping)
    with monkeypatch.context() as patch:
        patch.setattr("app.live.composing.reserved_bytes", all_there_is)
        assert await compose(keeping) == 1
    keeping.clock.now += FILM_LOOKED_FOR_EVERY
    assert await cut(keeping) == 1
    (one,) = await listed(browser, recording)
    assert (one["state"], one["problem"]) == ("WAITING", "kept_for_lessons")
    keeping.clock.now += FILM_LOOKED_FOR_EVERY
    assert await cut(keeping) == 0
    keeping.clock.now += ROOM_LOOKED_FOR_EVERY
    assert await compose(keeping) == 1
    assert await cut(keeping) == 1
    assert (await listed(browser, recording))[0]["state"] == "READY"


async def test_a_film_that_failed_before_the_piece_was_saved_is_made_again(
    keeping: Keeping, recording: Recording, save: Save, browser: TestBrowser
) -> None:
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await downloads.ask_for(db, row, DownloadForm.LESSON, now=keeping.clock.now)
        job = (await db.scalars(select(Job).where(Job.kind == downloads.KIND))).one()
        job.state, job.problem = JobState.FAILED, {"type": "cannot-compose", "detail": ""}
    keeping.clock.now += timedelta(minutes=1)
    await save()
    await cut(keeping)
    assert await compose(keeping) == 1
    keeping.clock.now += FILM_LOOKED_FOR_EVERY
    await cut(keeping)
    assert (await listed(browser, recording))[0]["state"] == "READY"


async def test_a_full_disk_is_said_before_anything_is_cut(
    keeping: Keeping,
    recording: Recording,
    save: Save,
    browser: TestBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await give_film(keeping, recording)
    await save()
    monkeypatch.setattr(cutting, "LEAVE_BYTES", 2**62)
    await cut(keeping)
    (one,) = await listed(browser, recording)
    assert (one["state"], one["problem"]) == ("FAILED", "disk_full")
    assert work_places(keeping, recording) == []


async def test_a_piece_does_not_take_the_room_of_todays_lessons(
    keeping: Keeping,
    recording: Recording,
    save: Save,
    browser: TestBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await give_film(keeping, recording)
    await save()
    with monkeypatch.context() as patch:
        patch.setattr(cutting, "reserved_bytes", all_there_is)
        await cut(keeping)
    (one,) = await listed(browser, recording)
    assert (one["state"], one["problem"]) == ("WAITING", "kept_for_lessons")
    assert await cut(keeping) == 0
    keeping.clock.now += ROOM_LOOKED_FOR_EVERY
    assert await cut(keeping) == 1
    assert (await listed(browser, recording))[0]["state"] == "READY"


async def test_a_film_that_is_gone_is_said(
    keeping: Keeping, recording: Recording, save: Save, browser: TestBrowser
) -> None:
    await give_film(keeping, recording)
    keeping.path(recording, "lesson-1.mp4").unlink()
    await save()
    await cut(keeping)
    (one,) = await listed(browser, recording)
    assert (one["state"], one["problem"]) == ("FAILED", "clip-file-missing")


async def test_a_film_shorter_than_the_marks_is_said(
    keeping: Keeping, recording: Recording, save: Save, browser: TestBrowser
) -> None:
    await give_film(keeping, recording)
    await save()
    async with keeping.database.unit_of_work() as db:
        one = (await db.scalars(select(MicroLesson))).one()
        one.until_ms = LESSON_MS + 1_000
    await cut(keeping)
    (said,) = await listed(browser, recording)
    assert (said["state"], said["problem"]) == ("FAILED", "no_such_piece")
