"""Two who change one recording at once: the second sees what the first did."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.errors import Problem
from app.jobs import service as jobs
from app.recordings import captions, purging, queries, retention, service
from app.recordings.builder import BuiltClip, ReplayIndex
from app.recordings.errors import CaptionsThere, RecordingNotReady
from app.recordings.models import Recording, RecordingClip, RecordingPurpose, RecordingState
from app.recordings.retention import OPERATOR, HeldBack
from tests.app.conftest import Clock
from tests.app.store.keeping import Keeping
from tests.app.test_jobs_pages import caller
from tests.factories import County, make_county

# SQLite has one writer: the second waits until the first is done, whatever it asks for.
pytestmark = [
    pytest.mark.parametrize(
        "either_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
    )
]

Change = Callable[[AsyncSession, Recording], Awaitable[object]]
SHA = "1" * 64


@pytest.fixture
def keeping(either_database: Database, clock: Clock, tmp_path: Path) -> Keeping:
    return Keeping(either_database, clock, tmp_path / "recordings", None)


async def seal(db: AsyncSession, recording: Recording) -> bool:
    return await service.seal(db, recording_id=recording.id, manifest_sha256=SHA)


async def begin_processing(db: AsyncSession, recording: Recording) -> bool:
    return await service.begin_processing(db, recording_id=recording.id)


async def make_ready(db: AsyncSession, recording: Recording) -> None:
    clip = BuiltClip("hub", "camera", "a.mp4", "video/mp4", 0, 1000, True, True, 1)
    await service.make_ready(
        db, recording_id=recording.id, index=ReplayIndex((clip,), 1000), now=recording.started_at
    )


async def break_off(db: AsyncSession, recording: Recording) -> None:
    await service.break_off(db, recording_id=recording.id, problem="build: no space")


def withdraw(keeping: Keeping) -> Change:
    async def do(db: AsyncSession, recording: Recording) -> None:
        row = await db.get_one(Recording, recording.id)
        await retention.withdraw(db, row, note="asked", now=keeping.clock.now)

    return do


async def one_after_the_other(
    database: Database, recording: Recording, first: Change, second: Change
) -> list[object]:
    """Begin `second` while `first` is not committed; return what they came to, refusals too."""

    async def run() -> object:
        try:
            async with database.unit_of_work() as db:
                return await second(db, recording)
        except Problem as refused:
            return refused

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        async with database.unit_of_work() as db:
            came = await first(db, recording)
            await db.flush()
            later = tasks.create_task(run())
            await waits_or_is_done(database, later)
        return [came, await later]


async def waits_or_is_done(database: Database, task: asyncio.Task[object]) -> None:
    """Return when a transaction waits for another's row, or there is none that does."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while not task.done():
        async with database.unit_of_work() as db:
            if await db.scalar(waiting):
                return
        await asyncio.sleep(0.01)


async def state_of(database: Database, recording: Recording) -> RecordingState:
    async with database.unit_of_work() as db:
        return (await db.get_one(Recording, recording.id)).state


@pytest.mark.parametrize("step", [seal, begin_processing])
async def test_a_recording_withdrawn_this_moment_is_not_made(
    step: Change, keeping: Keeping
) -> None:
    recording = await keeping.recording(state=RecordingState.BROKEN)
    came = await one_after_the_other(keeping.database, recording, withdraw(keeping), step)
    assert came == [None, False]
    assert await state_of(keeping.database, recording) is RecordingState.WITHDRAWN


async def test_a_recording_withdrawn_once_its_replay_is_begun_is_never_shown(
    keeping: Keeping,
) -> None:
    recording = await keeping.recording(state=RecordingState.SEALED)
    came = await one_after_the_other(
        keeping.database, recording, begin_processing, withdraw(keeping)
    )
    assert came == [True, None]
    async with keeping.database.unit_of_work() as db:
        await make_ready(db, recording)  # the replay was being made meanwhile
    assert await state_of(keeping.database, recording) is RecordingState.WITHDRAWN
    async with keeping.database.unit_of_work() as db:
        assert (await db.scalars(select(RecordingClip))).all() == []


@pytest.mark.parametrize("is_made_first", [True, False])
async def test_a_recording_repaired_and_withdrawn_this_moment_is_withdrawn(
    keeping: Keeping, *, is_made_first: bool
) -> None:
    recording = await keeping.recording(state=RecordingState.BROKEN)
    steps: tuple[Change, Change] = (make_ready, withdraw(keeping))
    await one_after_the_other(
        keeping.database, recording, *(steps if is_made_first else reversed(steps))
    )
    assert await state_of(keeping.database, recording) is RecordingState.WITHDRAWN
    async with keeping.database.unit_of_work() as db:
        clips = (await db.scalars(select(RecordingClip))).all()
    assert len(clips) == is_made_first


async def test_an_attempt_that_fails_leaves_alone_what_is_withdrawn_this_moment(
    keeping: Keeping,
) -> None:
    recording = await keeping.recording(state=RecordingState.BROKEN)
    await one_after_the_other(keeping.database, recording, withdraw(keeping), break_off)
    assert await state_of(keeping.database, recording) is RecordingState.WITHDRAWN


async def test_a_recording_held_or_given_a_purpose_this_moment_does_not_expire(
    keeping: Keeping,
) -> None:
    held, meant = await keeping.recording(), await keeping.recording()
    keeping.clock.advance(days=200)  # by the first rule it is kept 180
    async with keeping.database.unit_of_work() as db:
        await jobs.enqueue(db, kind=purging.KIND, payload={}, owner=None, now=keeping.clock.now)
    worker = keeping.worker({purging.KIND: purging.Purger(keeping.root, None).run})

    async def keep(db: AsyncSession, recording: Recording) -> None:
        row = await db.get_one(Recording, recording.id, with_for_update=True)
        await retention.hold(db, row, reason="a dispute", now=keeping.clock.now)
        other = await db.get_one(Recording, meant.id, with_for_update=True)
        other.purpose = RecordingPurpose.RESOURCE

    async def purge(_db: AsyncSession, _recording: Recording) -> int:
        return await worker.run_due()

    assert await one_after_the_other(keeping.database, held, keep, purge) == [None, 1]
    async with keeping.database.unit_of_work() as db:
        states = frozenset(await db.scalars(select(Recording.state)))
    assert states == {RecordingState.READY}


async def test_a_recording_that_was_read_with_its_lesson_is_held_and_withdrawn(
    keeping: Keeping,
) -> None:
    """PostgreSQL locks no row that is joined from outside."""
    async with keeping.database.unit_of_work() as db:
        county = await make_county(db)
    recording = await keeping.recording(county=county)
    lecturer = caller(county.teacher)
    async with keeping.database.unit_of_work() as db:
        row = await queries.takeable(db, lecturer, recording.session_id)
        await retention.hold(db, row, reason="a dispute", now=keeping.clock.now)
        with pytest.raises(HeldBack):
            await retention.withdraw(db, row, note="asked", now=keeping.clock.now)
        assert await retention.lift_all(db, row, by=OPERATOR, now=keeping.clock.now) == 1
        await retention.withdraw(db, row, note="asked", now=keeping.clock.now)
    assert await state_of(keeping.database, recording) is RecordingState.WITHDRAWN


def bring(keeping: Keeping, county: County) -> Change:
    async def do(db: AsyncSession, recording: Recording) -> str:
        row = await queries.takeable(db, caller(county.teacher), recording.session_id)
        made = await captions.add(
            db,
            row,
            content=b"WEBVTT\n\n00:00.000 --> 00:01.000\nwords\n",
            language="en",
            label="English",
            person_id=county.teacher.person_id,
            now=keeping.clock.now,
        )
        return made.language

    return do


async def test_captions_brought_twice_this_moment_are_there_once_and_none_after_withdrawal(
    keeping: Keeping,
) -> None:
    async with keeping.database.unit_of_work() as db:
        county = await make_county(db)
    first, gone = [await keeping.recording(county=county) for _ in range(2)]
    async with keeping.database.unit_of_work() as db:
        for each in (first, gone):
            (await db.get_one(Recording, each.id)).duration_ms = 60_000
    add = bring(keeping, county)
    came, refused = await one_after_the_other(keeping.database, first, add, add)
    assert came == "en"
    assert isinstance(refused, CaptionsThere)
    _, refused = await one_after_the_other(keeping.database, gone, withdraw(keeping), add)
    assert isinstance(refused, RecordingNotReady)
