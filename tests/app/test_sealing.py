"""Recordings are sealed at once, each when its room has closed; replays are made by jobs."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.attendance.events import SessionClosed
from app.database import Database
from app.events import EventBus
from app.jobs import service as jobs
from app.jobs import worker as workers
from app.jobs.models import Job, JobState, Queue
from app.lessons.models import Lesson, LessonState
from app.live import replays, sealing
from app.recordings import finishing, reserved, workplaces
from app.recordings.builder import ReplayFailed, ReplayIndex
from app.recordings.finishing import REPLAY_KIND
from app.recordings.models import Recording, RecordingState
from app.recordings.service import KEPT_FOR_LESSONS
from app.settings import Settings
from media.recorder.places import MARK, SecondPlace
from tests.app.conftest import Clock
from tests.app.sealing_scene import Scene
from tests.factories import County, make_lesson
from tests.hanging import dead_mount


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: jobs and recordings are rows."""
    return either_url


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The tables without the application: nothing here comes over HTTP."""
    database = Database(settings.database_url, EventBus())
    yield database
    await database.close()


@pytest.fixture
def scene(
    database: Database, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Scene:
    monkeypatch.setattr(workers, "SOON_S", 0.01)
    monkeypatch.setattr(sealing, "ROOM_POLL_S", 0.01)
    return Scene(database, tmp_path / "made", clock)


async def test_a_lesson_that_ends_is_made_when_its_room_has_closed(
    scene: Scene, county: County, clock: Clock
) -> None:
    session_id = await scene.end_lesson(county, clock)
    scene.open_rooms.add(session_id)
    async with scene.running():
        await scene.sealing.session_closed(SessionClosed(session_id))
        await asyncio.sleep(0.05)
        assert (scene.builder.recovered, scene.builder.begun) == (0, [])
        scene.open_rooms.clear()
        await scene.until(session_id, RecordingState.READY)


async def test_all_lessons_of_one_bell_are_sealed_while_the_first_replays_are_being_made(
    scene: Scene, county: County, clock: Clock
) -> None:
    """However long those take, and though one room does not close."""
    stuck, *rang = [await scene.end_lesson(county, clock) for _ in range(9)]
    scene.open_rooms.add(stuck)
    scene.builder.may_build.clear()
    sealed = {RecordingState.SEALED, RecordingState.PROCESSING}
    async with scene.running():
        for session_id in (stuck, *rang):
            await scene.sealing.session_closed(SessionClosed(session_id))
        async with asyncio.timeout(10):
            while not {await scene.state_of(each) for each in rang} <= sealed:
                await asyncio.sleep(0.01)
        assert scene.builder.built == []
        for each in rang:
            assert (await scene.recording_of(each)).manifest_sha256 is not None
        assert await scene.state_of(stuck) is RecordingState.FINALISING
        scene.builder.may_build.set()
        for each in rang:
            await scene.until(each, RecordingState.READY)
        scene.open_rooms.clear()
        await scene.until(stuck, RecordingState.READY)


async def test_who_rang_first_is_made_first_and_a_long_one_holds_up_no_short_one(
    scene: Scene, county: County, clock: Clock
) -> None:
    rang = [await scene.end_lesson(county, clock) for _ in range(5)]
    names = [str(each) for each in rang]
    for session_id in rang:
        await seal_now(scene, session_id)
    scene.builder.held = {names[0]}
    scene.builder.may_build.clear()
    async with scene.running():
        for session_id in rang[1:]:
            await scene.until(session_id, RecordingState.READY)
        assert await scene.state_of(rang[0]) is RecordingState.PROCESSING
        scene.builder.may_build.set()
        await scene.until(rang[0], RecordingState.READY)
    # The long one keeps a lane for itself, whichever of the first two builds first.
    assert [name for name in scene.builder.begun if name != names[0]] == names[1:]


async def seal_now(scene: Scene, session_id: UUID) -> None:
    recording = await scene.recording_of(session_id)
    await scene.sealing._seal(recording.id)


async def test_no_more_are_sealed_at_once_than_the_machine_bears(
    scene: Scene, county: County, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, most = 0, 0
    may_end = asyncio.Event()

    async def recover(_: Path) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await may_end.wait()
        busy -= 1

    monkeypatch.setattr(scene.builder, "recover", recover)
    rang = [await scene.end_lesson(county, clock) for _ in range(2 * sealing.SEALED_AT_ONCE)]
    async with scene.running():
        for session_id in rang:
            await scene.sealing.session_closed(SessionClosed(session_id))
        async with asyncio.timeout(10):
            while busy < sealing.SEALED_AT_ONCE:
                await asyncio.sleep(0.01)
        may_end.set()
        for session_id in rang:
            await scene.until(session_id, RecordingState.READY)
    assert most == sealing.SEALED_AT_ONCE


@pytest.mark.parametrize("is_mounted", [True, False])
async def test_a_replay_goes_to_the_second_place_while_its_disk_is_there(
    *,
    is_mounted: bool,
    scene: Scene,
    county: County,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    if is_mounted:
        (second / MARK).touch()
    scene.replays._second = SecondPlace(second)
    monkeypatch.setattr(
        workplaces, "spare_bytes", lambda place: 10**9 if place.is_relative_to(second) else 0
    )
    session_id = await scene.end_lesson(county, clock)
    async with scene.running():
        await scene.sealing.session_closed(SessionClosed(session_id))
        await scene.until(session_id, RecordingState.READY)
    assert [each.name for each in second.iterdir() if each.is_dir()] == [
        f"{clock.now:%Y-%m}"
    ] * is_mounted


async def test_a_second_place_that_does_not_answer_holds_up_no_replay(
    scene: Scene, county: County, clock: Clock, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    (second / MARK).touch()
    scene.replays._second = SecondPlace(second)
    session_id = await scene.end_lesson(county, clock)
    with dead_mount(second):
        async with scene.running():
            await scene.sealing.session_closed(SessionClosed(session_id))
            await scene.until(session_id, RecordingState.READY)


async def test_one_for_which_today_has_no_room_waits_until_the_lessons_are_over(
    scene: Scene, county: County, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long that is: it has not failed."""
    looks = 0

    def spare_bytes(_: Path) -> int:
        nonlocal looks
        looks += 1
        return 40 * reserved.BYTES_A_MINUTE

    monkeypatch.setattr(replays, "ROOM_LOOKED_FOR_EVERY", timedelta(milliseconds=10))
    monkeypatch.setattr(replays, "MOST_ATTEMPTS", 2)
    monkeypatch.setattr(workplaces, "spare_bytes", spare_bytes)
    session_id = await scene.end_lesson(county, clock)
    async with scene.database.unit_of_work() as db:
        later = await make_lesson(
            db,
            lecturer=county.teacher,
            hub=county.hub,
            planned_start=clock.now + timedelta(hours=2),
        )
    async with scene.running():
        await scene.sealing.session_closed(SessionClosed(session_id))
        async with asyncio.timeout(10):
            while looks < 4:
                await asyncio.sleep(0.01)
            # While it is looked at once more, it is being made: only then does it wait again.
            while (
                recording := await scene.recording_of(session_id)
            ).problem != KEPT_FOR_LESSONS or recording.state is not RecordingState.PROCESSING:
                await asyncio.sleep(0.001)
        assert scene.builder.built == []
        async with scene.database.unit_of_work() as db:
            (await db.get_one(Lesson, later.id)).state = LessonState.CANCELLED
        await scene.until(session_id, RecordingState.READY)
    assert scene.builder.recovered == 1, "what is sealed is not sealed again"


@pytest.mark.parametrize("step", ["recover", "build"])
async def test_one_that_failed_is_tried_again_and_repaired(
    step: str, scene: Scene, county: County, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ended its builder: nobody has to start the server anew for a lesson to play."""
    monkeypatch.setattr(replays, "RETRY_AFTER", (timedelta(milliseconds=10),))
    fails = True

    async def fail(*_: Path) -> ReplayIndex:
        if fails:
            raise ReplayFailed(f"{step}: killed")
        made: ReplayIndex = await does(*_)
        return made

    does = getattr(scene.builder, step)
    monkeypatch.setattr(scene.builder, step, fail)
    session_id, sound = [await scene.end_lesson(county, clock) for _ in range(2)]
    async with scene.running():
        await scene.sealing.session_closed(SessionClosed(session_id))
        await scene.until(session_id, RecordingState.BROKEN)
        assert (await scene.recording_of(session_id)).problem == f"{step}: killed"
        fails = False
        await scene.until(session_id, RecordingState.REPAIRED)
        recording = await scene.recording_of(session_id)
        assert (recording.problem, recording.manifest_sha256 is None) == (None, False)
        await scene.sealing.session_closed(SessionClosed(sound))
        await scene.until(sound, RecordingState.READY)


async def test_one_that_fails_does_not_hold_up_the_next(
    scene: Scene, county: County, clock: Clock
) -> None:
    broken = await scene.end_lesson(county, clock)
    sound = await scene.end_lesson(county, clock)
    scene.builder.breaks_on.add(str(broken))
    async with scene.running():
        await scene.sealing.enqueue_unfinished()
        await scene.until(sound, RecordingState.READY)
    assert await scene.state_of(broken) is RecordingState.BROKEN


async def test_one_that_fails_for_ever_is_given_up_and_tried_at_the_next_start(
    scene: Scene, county: County, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "RETRY_AFTER", (timedelta(),))
    monkeypatch.setattr(replays, "MOST_ATTEMPTS", 3)
    session_id = await scene.end_lesson(county, clock)
    scene.builder.breaks_on.add(str(session_id))
    async with scene.running():
        await scene.sealing.session_closed(SessionClosed(session_id))
        job = await scene.job_ends()
    assert scene.builder.recovered == 1 + 3, "once to seal it, and in each attempt"
    assert job.state is JobState.FAILED
    assert job.problem is not None
    assert (job.problem["type"], job.problem["reason"]) == ("replay-not-made", "recover: broken")
    assert await scene.state_of(session_id) is RecordingState.BROKEN
    scene.builder.breaks_on.clear()
    async with scene.running():
        await scene.sealing.enqueue_unfinished()
        await scene.until(session_id, RecordingState.REPAIRED)


async def test_one_without_media_is_not_tried_again(
    scene: Scene, county: County, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "RETRY_AFTER", (timedelta(),))
    session_id = await scene.end_lesson(county, clock)
    scene.builder.clips = ()
    async with scene.running():
        await scene.sealing.session_closed(SessionClosed(session_id))
        job = await scene.job_ends()
    assert (job.state, job.result, job.attempts) == (JobState.DONE, {"problem": "no_media"}, 1)
    assert await scene.state_of(session_id) is RecordingState.BROKEN
    assert len(scene.builder.built) == 1


async def test_one_without_a_manifest_asks_for_no_replay(
    scene: Scene, county: County, clock: Clock
) -> None:
    session_id = await scene.end_lesson(county, clock)
    recording = await scene.recording_of(session_id)
    (scene.folder / recording.folder / "manifest.jsonl").unlink()
    async with scene.running():
        await scene.sealing.session_closed(SessionClosed(session_id))
        await scene.until(session_id, RecordingState.BROKEN)
    async with scene.database.unit_of_work() as db:
        assert (await db.scalars(select(Job))).all() == []


async def test_a_server_killed_while_it_makes_a_replay_makes_it_when_it_is_back(
    scene: Scene, county: County, clock: Clock
) -> None:
    """At once: nobody waits until the lease of a dead worker is past."""
    session_id = await scene.end_lesson(county, clock)
    await seal_now(scene, session_id)
    async with scene.database.unit_of_work() as db:
        job = await jobs.claim(
            db, Queue.REPLAYS, [REPLAY_KIND], worker="server", now=clock.now + timedelta(seconds=60)
        )
    assert job is not None
    async with scene.running():
        await scene.sealing.enqueue_unfinished()
        await scene.until(session_id, RecordingState.READY)
        assert (await scene.job_ends()).attempts == 2


async def test_no_replay_is_asked_for_that_was_made_while_it_was_sealed(
    scene: Scene, county: County, clock: Clock
) -> None:
    session_id = await scene.end_lesson(county, clock)
    await seal_now(scene, session_id)
    async with scene.running():
        await scene.until(session_id, RecordingState.READY)
        first = await scene.job_ends()
    await seal_now(scene, session_id)
    again = await scene.job()
    assert again is not None
    assert again.id == first.id


async def test_one_that_is_taken_over_says_nothing_more(
    scene: Scene, county: County, clock: Clock
) -> None:
    """Its successor has begun to remove what it made."""
    session_id = await scene.end_lesson(county, clock)
    await seal_now(scene, session_id)
    scene.builder.may_build.clear()
    async with scene.running():
        async with asyncio.timeout(10):
            while not scene.builder.begun:
                await asyncio.sleep(0.01)
        async with scene.database.unit_of_work() as db:
            (await db.scalars(select(Job))).one().lease = uuid4()
        scene.builder.may_build.set()
        async with asyncio.timeout(10):
            while not scene.builder.built:
                await asyncio.sleep(0.01)
        await until_idle(scene)
    assert await scene.state_of(session_id) is RecordingState.PROCESSING
    job = await scene.job()
    assert job is not None
    assert job.state is JobState.RUNNING


async def until_idle(scene: Scene) -> None:
    async with asyncio.timeout(10):
        while scene.worker._handling:
            await asyncio.sleep(0.01)


async def test_a_bug_in_one_does_not_end_the_sealing(
    scene: Scene, county: County, clock: Clock
) -> None:
    gone = await scene.end_lesson(county, clock)
    sound = await scene.end_lesson(county, clock)
    recording = await scene.recording_of(gone)
    scene.sealing._queue.put_nowait(recording.id)
    async with scene.database.unit_of_work() as db:
        await db.delete(await db.get_one(Recording, recording.id))
    async with scene.running():
        await scene.sealing.session_closed(SessionClosed(sound))
        await scene.until(sound, RecordingState.READY)


async def test_a_database_that_was_away_is_asked_again(
    scene: Scene, county: County, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "RETRY_AFTER_S", (0.01,))
    session_id = await scene.end_lesson(county, clock)
    asked = 0

    async def seal(*given: object, **rest: object) -> None:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise ConnectionRefusedError
        await finishing.seal(*given, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(sealing, "seal", seal)
    async with scene.running():
        await scene.sealing.session_closed(SessionClosed(session_id))
        await scene.until(session_id, RecordingState.READY)
    assert asked == 3


async def test_a_lesson_without_recording_asks_for_no_replay(scene: Scene) -> None:
    await scene.sealing.session_closed(SessionClosed(UUID(int=1)))
    assert scene.sealing._queue.empty()
