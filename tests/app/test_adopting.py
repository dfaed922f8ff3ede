"""A recording the database does not know is taken in from its folder, or it is said why not.

Past 400 lines: one lesson whose rows are lost in each way there is, and what is said to each.
"""

import fcntl
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select, update

from app.attendance.models import AttendanceRecord, ClassEvent, SeatPresence, Session
from app.database import Database
from app.events import EventBus
from app.jobs.context import Handlers
from app.jobs.files import JobFiles
from app.jobs.models import Job, JobState, Queue
from app.jobs.worker import Worker
from app.lessons.models import Lesson, LessonState
from app.live import adopting, service
from app.live.adopting import Adopted, NotAdopted, adopt, said_of
from app.live.gate import DatabaseGate
from app.live.ledger import DatabaseLedger
from app.live.replay_builder import ProcessReplayBuilder
from app.live.replays import Replays
from app.recordings import reconciling
from app.recordings.finishing import REPLAY_KIND
from app.recordings.models import Recording, RecordingClip, RecordingState
from app.recordings.reconciling import Reconciler
from app.settings import Settings
from media.config import RecordingTarget
from media.recorder.folder import RecordingFolder
from media.recorder.manifest import read_epochs
from signaling.messages import EndReason
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.factories import County, make_lesson
from tests.media.recordings import MICROPHONE, opus_feed, record

SECONDS = 3


@pytest.fixture
def database_url(either_url: str) -> str:
    return either_url


@pytest.fixture
def root(settings: Settings) -> Path:
    return settings.recordings_dir.absolute()


@pytest.fixture
async def session_id(
    database: Database, county: County, clock: Clock, root: Path, settings: Settings
) -> UUID:
    """A lesson that was given and recorded, and is over."""
    async with database.unit_of_work() as db:
        lesson = await make_lesson(
            db, lecturer=county.teacher, hub=county.hub, classrooms=county.classrooms
        )
        session = await service.start_lesson(
            db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=clock.now
        )
    gate = DatabaseGate(database, recordings_dir=root, clock=clock)
    seed = await gate.load_room(str(session.id))
    assert seed.recording_folder is not None
    target = RecordingTarget(
        seed.recording_folder,
        seed.epoch,
        seed.elapsed_s,
        zero_at=seed.zero_at,
        metadata=dict(seed.recording_metadata),
    )
    record(seed.recording_folder, {MICROPHONE: opus_feed(SECONDS)})
    RecordingFolder(target).prepare()  # as the room has it: what was recorded says its lesson
    quiet = Database(settings.database_url, EventBus())  # whose end of a lesson no server hears of
    ledger = DatabaseLedger(quiet, clock=clock)
    await ledger.lesson_ended(str(session.id), EndReason.ENDED_BY_LECTURER, SECONDS * 1000, "hub")
    await quiet.close()
    return session.id


Adopt = Callable[[], Awaitable[Adopted]]


@pytest.fixture
def taken(database: Database, root: Path, clock: Clock) -> Adopt:
    """Take in the one folder there is."""

    async def run(*, is_dry: bool = False) -> Adopted:
        [folder] = await adopting.unknown_folders(database, root)
        return await adopt(
            database,
            root=root,
            folder=folder,
            builder=ProcessReplayBuilder(),
            clock=clock,
            is_dry=is_dry,
        )

    return run


async def lose(database: Database, *, session: bool = False, lesson: bool = False) -> None:
    """Have the database be without its recording, or what that belongs to as well."""
    async with database.unit_of_work() as db:
        await db.execute(delete(Recording))
        if session or lesson:
            for table in (ClassEvent, SeatPresence, AttendanceRecord, Session):
                await db.execute(delete(table))
            values = {"state": LessonState.MISSED, "started_at": None, "ended_at": None}
            await db.execute(update(Lesson).values(values))
        if lesson:
            for row in await db.scalars(select(Lesson)):
                await db.refresh(row, ["sites"])
                await db.delete(row)


def worker_for(database: Database, clock: Clock, folder: Path, handlers: Handlers) -> Worker:
    return Worker(
        database,
        database.events,
        handlers=handlers,
        periodic={},
        files=JobFiles(folder),
        queues=frozenset(Queue),
        clock=clock,
    )


async def make_replay(database: Database, root: Path, clock: Clock, folder: Path) -> None:
    handlers = {REPLAY_KIND: Replays(root, None, ProcessReplayBuilder()).run}
    assert await worker_for(database, clock, folder, handlers).run_due() == 1


async def counted(database: Database) -> dict[str, int]:
    async with database.unit_of_work() as db:
        return {
            table.__name__: await db.scalar(select(func.count()).select_from(table)) or 0
            for table in (Recording, RecordingClip, Session, AttendanceRecord)
        }


@pytest.mark.parametrize("is_session_lost", [False, True])
async def test_what_the_database_lost_is_taken_in_and_plays(
    session_id: UUID,
    taken: Adopt,
    database: Database,
    root: Path,
    county: County,
    clock: Clock,
    open_browser: OpenBrowser,
    tmp_path: Path,
    *,
    is_session_lost: bool,
) -> None:
    started_at = clock.now
    await lose(database, session=is_session_lost)
    clock.now += timedelta(days=1)
    adopted = await taken()
    assert adopted.is_session_new is is_session_lost
    assert adopted.started_at == started_at
    assert await adopting.unknown_folders(database, root) == []
    await make_replay(database, root, clock, tmp_path)
    async with database.unit_of_work() as db:
        recording = (await db.scalars(select(Recording))).one()
        assert (recording.session_id, recording.state) == (session_id, RecordingState.READY)
        assert recording.started_at == started_at
    teacher = await open_browser(county.teacher)
    replay = await teacher.get(f"/api/sessions/{session_id}/replay")
    assert replay.status_code == 200, replay.text
    [clip] = replay.json()["clips"]
    played = await teacher.get(clip["url"])
    assert (played.status_code, played.content[4:8]) == (200, b"ftyp")
    shown = await (await open_browser(county.administrator)).get(
        f"/api/admin/sessions/{session_id}"
    )
    assert shown.status_code == 200, shown.text
    # A classroom looks back at what was recorded while its lesson runs, and this one is over.
    device = await open_browser(device=county.credentials[0])
    assert (await device.get(f"/api/sessions/{session_id}/timeshift")).status_code == 404


async def test_no_figure_changes_by_a_session_that_is_made_for_its_recording(
    session_id: UUID, taken: Adopt, database: Database, clock: Clock
) -> None:
    started_at = clock.now
    await lose(database, session=True)
    await taken()
    async with database.unit_of_work() as db:
        session = await db.get_one(Session, session_id)
        lesson = await db.get_one(Lesson, session.lesson_id)
        assert (session.end_reason, session.epoch) == ("adopted", 1)
        assert session.ended_at is not None
        assert (lesson.state, lesson.started_at) == (LessonState.MISSED, started_at)
        assert lesson.ended_at == session.ended_at
        length = session.ended_at - started_at
    assert timedelta(seconds=SECONDS - 1) < length < timedelta(seconds=SECONDS + 1)
    assert (await counted(database))["AttendanceRecord"] == 0


async def test_saying_what_would_be_done_does_nothing(
    session_id: UUID, taken: Callable[..., Awaitable[Adopted]], database: Database, root: Path
) -> None:
    await lose(database, session=True)
    before = await counted(database)
    adopted = await taken(is_dry=True)
    assert (adopted.folder.session_id, adopted.is_session_new) == (session_id, True)
    assert await counted(database) == before
    assert len(await adopting.unknown_folders(database, root)) == 1


async def test_what_a_crash_left_open_is_closed_as_it_is_taken_in(
    taken: Adopt, session_id: UUID, database: Database, root: Path
) -> None:
    async with database.unit_of_work() as db:
        folder = root / (await db.scalars(select(Recording.folder))).one()
    manifest = folder / "manifest.jsonl"
    lines = manifest.read_text().splitlines(keepends=True)
    manifest.write_text("".join(line for line in lines if '"part_closed"' not in line))
    await lose(database, session=True)
    await taken()
    async with database.unit_of_work() as db:
        session = await db.get_one(Session, session_id)
        assert session.last_alive_ms > (SECONDS - 1) * 1000


# What is refused, and what is said then


async def test_without_its_lesson_it_is_said_which_one_is_lacking(
    session_id: UUID, taken: Adopt, database: Database
) -> None:
    async with database.unit_of_work() as db:
        lesson = (await db.scalars(select(Lesson))).one()
        lesson_id, title = lesson.id, lesson.title
    await lose(database, lesson=True)
    with pytest.raises(NotAdopted, match="its lesson is not in the database") as refused:
        await taken()
    for words in (str(lesson_id), title, str(session_id), "Put back a copy"):
        assert words in str(refused.value)
    assert sum((await counted(database)).values()) == 0


async def test_a_session_that_is_lost_is_not_guessed_where_nothing_says_its_lesson(
    session_id: UUID, taken: Adopt, database: Database, root: Path
) -> None:
    async with database.unit_of_work() as db:
        folder = root / (await db.scalars(select(Recording.folder))).one()
    manifest = folder / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace('"lesson":', '"another":'))
    await lose(database, session=True)
    with pytest.raises(NotAdopted, match="did not write down the lesson") as refused:
        await taken()
    assert str(session_id) in str(refused.value)
    assert (await counted(database))["Recording"] == 0


async def test_a_lesson_that_has_another_session_is_left_alone(
    taken: Adopt, database: Database, session_id: UUID, clock: Clock
) -> None:
    async with database.unit_of_work() as db:
        lesson_id = (await db.get_one(Session, session_id)).lesson_id
    await lose(database, session=True)
    async with database.unit_of_work() as db:
        other = Session(id=uuid4(), lesson_id=lesson_id, started_at=clock.now, ended_at=clock.now)
        db.add(other)
    with pytest.raises(NotAdopted, match=f"another session, {other.id}"):
        await taken()


async def test_a_lesson_that_can_still_be_begun_is_left_to_be_begun(
    taken: Adopt, database: Database, clock: Clock, session_id: UUID
) -> None:
    await lose(database, session=True)
    async with database.unit_of_work() as db:
        await db.execute(update(Lesson).values(state=LessonState.PUBLISHED))
    with pytest.raises(NotAdopted, match="can still be begun"):
        await taken()
    clock.now += timedelta(days=1)
    assert (await taken()).folder.session_id == session_id


async def test_a_lesson_that_runs_is_left_alone(
    taken: Adopt, database: Database, session_id: UUID
) -> None:
    await lose(database)
    async with database.unit_of_work() as db:
        (await db.get_one(Session, session_id)).ended_at = None
    with pytest.raises(NotAdopted, match="has not ended"):
        await taken()


@pytest.mark.usefixtures("session_id")
async def test_what_a_server_is_recording_is_left_alone(
    taken: Adopt, database: Database, root: Path
) -> None:
    async with database.unit_of_work() as db:
        folder = root / (await db.scalars(select(Recording.folder))).one()
    await lose(database, session=True)
    lines = (folder / "manifest.jsonl").read_text().splitlines(keepends=True)
    opened = next(line for line in lines if '"part_opened"' in line)
    part = opened.split('"file":"')[1].split('"')[0]
    with (folder / "manifest.jsonl").open("a") as manifest:
        manifest.write(opened.replace(part, "9-000001.mp4"))
    with (folder / "9-000001.mp4").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(NotAdopted, match="a server is recording into it"):
            await taken()


async def test_what_was_removed_with_a_certificate_does_not_come_back(
    taken: Adopt, database: Database, session_id: UUID
) -> None:
    async with database.unit_of_work() as db:
        await db.execute(update(Recording).values(state=RecordingState.PURGED))
    with pytest.raises(NotAdopted, match="was removed, and that is certified"):
        await taken()
    async with database.unit_of_work() as db:
        recording = (await db.scalars(select(Recording))).one()
        assert (recording.session_id, recording.state) == (session_id, RecordingState.PURGED)


async def test_a_recording_that_lies_elsewhere_is_not_put_aside(
    taken: Adopt, database: Database, session_id: UUID
) -> None:
    async with database.unit_of_work() as db:
        await db.execute(update(Recording).values(folder=f"2020-01/{session_id}"))
    with pytest.raises(NotAdopted, match=f"a recording already, in 2020-01/{session_id}"):
        await taken()


@pytest.mark.parametrize(
    ("folder", "manifest", "said"),
    [
        ("2026-11/holidays", None, "no recorder made it"),
        ("2026-11/{id}", None, "nothing was recorded"),
        ("2026-11/{id}", '{"type": "epoch_opened"', "nothing was recorded"),
        ("2026-11/{id}", "not json\n", "its manifest cannot be read: line 1 of manifest.jsonl"),
        ("../{id}", None, "no recorder made it"),
        ("2026-11/{id}/replay", None, "no recorder made it"),
    ],
)
async def test_a_folder_that_holds_no_recording_is_named_for_what_it_is(
    database: Database,
    root: Path,
    clock: Clock,
    folder: str,
    manifest: str | None,
    said: str,
) -> None:
    folder = folder.format(id=uuid4())
    if ".." not in folder:
        (root / folder).mkdir(parents=True)
        if manifest is not None:
            (root / folder / "manifest.jsonl").write_text(manifest)
    with pytest.raises(NotAdopted, match=said):
        await adopt(database, root=root, folder=folder, builder=ProcessReplayBuilder(), clock=clock)


@pytest.mark.usefixtures("session_id")
async def test_a_recording_says_its_lesson_from_its_first_epoch_on(
    database: Database, root: Path
) -> None:
    async with database.unit_of_work() as db:
        folder = root / (await db.scalars(select(Recording.folder))).one()
        lesson = (await db.scalars(select(Lesson))).one()
        await db.refresh(lesson, ["hub_school"])
        said = said_of(lesson)
    assert said.items() <= read_epochs(folder)[0].metadata.items()
    assert said["lesson"] == str(lesson.id)


async def test_disk_and_database_are_compared_again_once_after_it(
    database: Database, clock: Clock
) -> None:
    await adopting.look_again(database, now=clock.now)
    await adopting.look_again(database, now=clock.now)
    async with database.unit_of_work() as db:
        [job] = await db.scalars(select(Job).where(Job.kind == reconciling.KIND))
    assert job.state is JobState.QUEUED


async def test_who_runs_it_all_is_told_until_it_is_taken_in(
    session_id: UUID,
    taken: Adopt,
    database: Database,
    root: Path,
    county: County,
    clock: Clock,
    open_browser: OpenBrowser,
    tmp_path: Path,
) -> None:
    async def compare() -> None:
        await adopting.look_again(database, now=clock.now)
        handlers = {reconciling.KIND: Reconciler(root, None).run}
        assert await worker_for(database, clock, tmp_path, handlers).run_due() == 1

    async def told(browser: TestBrowser) -> int:
        listed = (await browser.get("/api/admin/workbench")).json()["hands"]
        return sum(each["count"] for each in listed if each["hand"] == "UNKNOWN_FOLDERS")

    office = await open_browser(county.administrator)
    await lose(database)
    assert await told(office) == 0
    await compare()
    assert await told(office) == 1
    assert await told(await open_browser(county.supervisor)) == 0
    clock.advance(seconds=1)
    assert (await taken()).folder.session_id == session_id
    await compare()
    assert await told(office) == 0
