"""Replays are made one after another, each when its room has closed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.attendance.events import SessionClosed
from app.database import Database
from app.events import EventBus
from app.lessons.models import Lesson, LessonState
from app.live import replays, service
from app.live.replays import ReplayQueue
from app.recordings import reserved, workplaces
from app.recordings.builder import BuiltClip, ReplayFailed, ReplayIndex
from app.recordings.models import Recording, RecordingState
from app.recordings.service import KEPT_FOR_LESSONS, begin_finalising
from app.settings import Settings
from media.recorder.places import MARK, SecondPlace
from tests.app.conftest import Clock
from tests.factories import County, make_lesson
from tests.hanging import dead_mount

CLIP = BuiltClip("hub", "camera", "a.mp4", "video/mp4", 0, 1000, True, True, 1)


class Builder:
    """Satisfies `ReplayBuilder`; fails for the folders it is told to."""

    def __init__(self) -> None:
        self.built: list[str] = []
        self.breaks_on: set[str] = set()
        self.recovered = 0
        self.clips: tuple[BuiltClip, ...] = (CLIP,)

    async def recover(self, folder: Path) -> None:
        self.recovered += 1
        if folder.name in self.breaks_on:
            raise ReplayFailed("recover: broken")

    async def build(self, folder: Path, out: Path) -> ReplayIndex:
        out.mkdir()
        self.built.append(folder.name)
        return ReplayIndex(self.clips, 1000)


class Scene:
    """Lessons that are over, and a queue."""

    def __init__(self, database: Database, folder: Path, clock: Clock) -> None:
        self.database = database
        self.folder = folder
        self.builder = Builder()
        self.open_rooms: set[UUID] = set()
        self.queue = ReplayQueue(
            database,
            recordings_dir=folder,
            builder=self.builder,
            clock=clock,
            is_room_open=lambda session_id: session_id in self.open_rooms,
        )

    async def end_lesson(self, county: County, clock: Clock) -> UUID:
        async with self.database.unit_of_work() as db:
            lesson = await make_lesson(db, lecturer=county.teacher, hub=county.hub)
            session = await service.start_lesson(
                db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=clock.now
            )
            await begin_finalising(db, session_id=session.id)
            session.lesson.ended_at, session.lesson.state = clock.now, LessonState.ENDED
        folder = self.folder / f"{clock.now:%Y-%m}" / str(session.id)
        folder.mkdir(parents=True)
        (folder / "manifest.jsonl").write_text("{}\n")
        return session.id

    async def until(self, session_id: UUID, state: RecordingState) -> None:
        async with asyncio.timeout(10):
            while await self.state_of(session_id) is not state:
                await asyncio.sleep(0.01)

    async def state_of(self, session_id: UUID) -> RecordingState:
        async with self.database.unit_of_work() as db:
            query = select(Recording.state).where(Recording.session_id == session_id)
            return (await db.scalars(query)).one()

    async def state_and_problem_of(self, session_id: UUID) -> tuple[RecordingState, str | None]:
        async with self.database.unit_of_work() as db:
            query = select(Recording).where(Recording.session_id == session_id)
            recording = (await db.scalars(query)).one()
            return recording.state, recording.problem

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.queue.run())
            try:
                yield
            finally:
                task.cancel()


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The tables without the application: nothing here comes over HTTP."""
    database = Database(settings.database_url, EventBus())
    yield database
    await database.close()


@pytest.fixture
def scene(database: Database, tmp_path: Path, clock: Clock) -> Scene:
    return Scene(database, tmp_path / "made", clock)


async def test_a_lesson_that_ends_is_made_when_its_room_has_closed(
    scene: Scene, county: County, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "ROOM_POLL_S", 0.01)
    session_id = await scene.end_lesson(county, clock)
    scene.open_rooms.add(session_id)
    async with scene.running():
        await scene.queue.session_closed(SessionClosed(session_id))
        await asyncio.sleep(0.05)
        assert scene.builder.built == []
        scene.open_rooms.clear()
        await scene.until(session_id, RecordingState.READY)


async def test_a_room_that_does_not_close_waits_its_turn_again(
    scene: Scene, county: County, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "ROOM_POLL_S", 0.001)
    monkeypatch.setattr(replays, "ROOM_CLOSES_WITHIN_S", 0.02)
    stuck = await scene.end_lesson(county, clock)
    other = await scene.end_lesson(county, clock)
    scene.open_rooms.add(stuck)
    async with scene.running():
        await scene.queue.session_closed(SessionClosed(stuck))
        await scene.queue.session_closed(SessionClosed(other))
        await scene.until(other, RecordingState.READY)
        assert await scene.state_of(stuck) is RecordingState.FINALISING
        scene.open_rooms.clear()
        await scene.until(stuck, RecordingState.READY)


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
    scene.queue._second = SecondPlace(second)
    monkeypatch.setattr(
        workplaces, "spare_bytes", lambda place: 10**9 if place.is_relative_to(second) else 0
    )
    session_id = await scene.end_lesson(county, clock)
    async with scene.running():
        await scene.queue.session_closed(SessionClosed(session_id))
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
    scene.queue._second = SecondPlace(second)
    session_id = await scene.end_lesson(county, clock)
    with dead_mount(second):
        async with scene.running():
            await scene.queue.session_closed(SessionClosed(session_id))
            await scene.until(session_id, RecordingState.READY)


async def test_one_for_which_today_has_no_room_waits_until_the_lessons_are_over(
    scene: Scene, county: County, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long that is: it has not failed."""
    monkeypatch.setattr(replays, "ROOM_LOOKED_FOR_EVERY_S", 0.01)
    monkeypatch.setattr(replays, "MOST_ATTEMPTS", 2)
    monkeypatch.setattr(workplaces, "spare_bytes", lambda _: 40 * reserved.BYTES_A_MINUTE)
    session_id = await scene.end_lesson(county, clock)
    async with scene.database.unit_of_work() as db:
        later = await make_lesson(
            db,
            lecturer=county.teacher,
            hub=county.hub,
            planned_start=clock.now + timedelta(hours=2),
        )
    async with scene.running():
        await scene.queue.session_closed(SessionClosed(session_id))
        async with asyncio.timeout(10):
            while scene.builder.recovered < 4:
                await asyncio.sleep(0.01)
            # While it is looked at once more, it is being made: only then does it wait again.
            while await scene.state_and_problem_of(session_id) != (
                RecordingState.PROCESSING,
                KEPT_FOR_LESSONS,
            ):
                await asyncio.sleep(0.001)
        assert scene.builder.built == []
        async with scene.database.unit_of_work() as db:
            (await db.get_one(Lesson, later.id)).state = LessonState.CANCELLED
        await scene.until(session_id, RecordingState.READY)


async def test_one_that_fails_does_not_hold_up_the_next(
    scene: Scene, county: County, clock: Clock
) -> None:
    broken = await scene.end_lesson(county, clock)
    sound = await scene.end_lesson(county, clock)
    scene.builder.breaks_on.add(str(broken))
    async with scene.running():
        await scene.queue.enqueue_unfinished()
        await scene.until(sound, RecordingState.READY)
    assert await scene.state_of(broken) is RecordingState.BROKEN


async def test_one_that_failed_is_tried_again(
    scene: Scene, county: County, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ended its builder: nobody has to start the server anew for a lesson to play."""
    monkeypatch.setattr(replays, "RETRY_AFTER_S", (0.01,))
    session_id = await scene.end_lesson(county, clock)
    scene.builder.breaks_on.add(str(session_id))
    async with scene.running():
        await scene.queue.session_closed(SessionClosed(session_id))
        await scene.until(session_id, RecordingState.BROKEN)
        scene.builder.breaks_on.clear()
        await scene.until(session_id, RecordingState.READY)


async def test_one_that_fails_for_ever_is_given_up(
    scene: Scene, county: County, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "RETRY_AFTER_S", (0.0,))
    monkeypatch.setattr(replays, "MOST_ATTEMPTS", 3)
    session_id = await scene.end_lesson(county, clock)
    scene.builder.breaks_on.add(str(session_id))
    async with scene.running():
        await scene.queue.session_closed(SessionClosed(session_id))
        async with asyncio.timeout(10):
            while scene.builder.recovered < 3:
                await asyncio.sleep(0.01)
        await scene.until(session_id, RecordingState.BROKEN)
        await asyncio.sleep(0.1)
    assert scene.builder.recovered == 3


async def test_one_without_media_is_not_tried_again(
    scene: Scene, county: County, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "RETRY_AFTER_S", (0.0,))
    session_id = await scene.end_lesson(county, clock)
    scene.builder.clips = ()
    async with scene.running():
        await scene.queue.session_closed(SessionClosed(session_id))
        await scene.until(session_id, RecordingState.BROKEN)
        await asyncio.sleep(0.1)
    assert scene.builder.recovered == 1


async def test_a_bug_in_one_does_not_end_the_queue(
    scene: Scene, county: County, clock: Clock
) -> None:
    gone = await scene.end_lesson(county, clock)
    sound = await scene.end_lesson(county, clock)
    async with scene.database.unit_of_work() as db:
        recording = (await db.scalars(select(Recording).where(Recording.session_id == gone))).one()
        scene.queue._queue.put_nowait(recording.id)
        await db.delete(recording)
    async with scene.running():
        await scene.queue.session_closed(SessionClosed(sound))
        await scene.until(sound, RecordingState.READY)


async def test_a_lesson_without_recording_asks_for_no_replay(scene: Scene) -> None:
    await scene.queue.session_closed(SessionClosed(UUID(int=1)))
    assert scene.queue._queue.empty()
