"""The life of a recording, whatever the order of steps: the real services against a plain model.

Past 400 lines: one machine, and walks through it to every state there is.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.errors import Problem, WrongState
from app.events import EventBus
from app.jobs import service as jobs
from app.lessons.models import Lesson
from app.live import service as live
from app.recordings import finishing, publishing, purging, queries, retention, service, workplaces
from app.recordings.builder import Missing, NoRoomNow, ReplayFailed, ReplayIndex
from app.recordings.errors import ConsentMissing
from app.recordings.keys import REPLAY
from app.recordings.models import (
    NEXT_RECORDING_STATE,
    PLAYABLE,
    WHOLE,
    Recording,
    RecordingClip,
    RecordingPurpose,
    RecordingState,
)
from app.recordings.retention import DeletionCertificate, HeldBack, RecordingHold
from app.recordings.service import KEPT_FOR_LESSONS, NO_MEDIA
from app.schools.models import School
from tests.app.conftest import Clock
from tests.app.folder_builder import FolderBuilder
from tests.app.store.keeping import Keeping
from tests.factories import make_county, make_lesson

S = RecordingState
T = TypeVar("T")
KEPT_FOR: Final = timedelta(days=180)
REMOVED_AFTER: Final = {
    S.EXPIRED: timedelta(days=7),
    S.WITHDRAWN: retention.REMOVED_AFTER_WITHDRAWAL,
}
REPORTS = {
    "recording_started": S.RECORDING,
    "recording_failed": S.GAP,
    "recording_recovered": S.RECORDING,
}
FATES = ("well", "recover", "build", "empty", "cut", "no room")
MOMENTS = (timedelta(minutes=1), timedelta(hours=2), timedelta(days=8), timedelta(days=181))
#: How far a life has come before its steps are random: these alone seldom get there.
PATHS: tuple[tuple[str, ...], ...] = (
    (),
    ("start", "bell"),
    ("start", "bell", "seal"),
    ("start", "bell", "seal", "no room"),
    ("start", "bell", "seal", "withdraw"),
    ("start", "bell", "seal", "no room", "half a year"),
    ("start", "bell", "seal", "well"),
    ("start", "bell", "seal", "build"),
    ("start", "bell", "seal", "build", "well"),
    ("start", "bell", "seal", "well", "publish"),
    ("start", "bell", "seal", "well", "withdraw"),
)


class Killed(Exception):
    """What makes a replay ends in the middle, and says nothing."""


class Builder(FolderBuilder):
    """Fails as it is told; `is_cut` ends it as a kill would."""

    is_cut = False

    async def build(self, folder: Path, out: Path) -> ReplayIndex:
        index = await super().build(folder, out)
        if self.is_cut:
            raise Killed
        return index


class RecordingLife(RuleBasedStateMachine):
    """One recording; every step is tried in every state."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(url, EventBus())
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.clock = Clock()
        self.keeping = Keeping(self.database, self.clock, self.root, None)
        self.state = S.ARMED
        self.problem: str | None = None
        self.mended = 0
        self.has_manifest = self.is_over = self.is_held = False
        self.purpose = RecordingPurpose.LESSON
        self.hidden_at: datetime | None = None

    def teardown(self) -> None:
        self.runner.run(self.database.close())
        self.runner.close()
        self.folder.cleanup()

    def run(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        async def in_one_unit() -> T:
            async with self.database.unit_of_work() as db:
                return await work(db)

        return self.runner.run(in_one_unit())

    def refused(
        self, work: Callable[[AsyncSession, Recording], Awaitable[object]]
    ) -> type[Problem] | None:
        """Take a step on the recording; return how it was refused, if it was."""

        async def take(db: AsyncSession) -> None:
            await work(db, await db.get_one(Recording, self.id))

        try:
            self.run(take)
        except Problem as problem:
            return type(problem)
        return None

    def moves(self, to: RecordingState, problem: str | None = None) -> None:
        self.state, self.problem = to, problem

    @initialize(path=st.sampled_from(PATHS))
    def arm(self, path: tuple[str, ...]) -> None:
        self.begins()
        for step in path:
            self.goes(step)

    def begins(self) -> None:
        async def make(db: AsyncSession) -> None:
            county = await make_county(db)
            lesson = await make_lesson(db, lecturer=county.teacher, hub=county.hub)
            session = await live.start_lesson(
                db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=self.clock.now
            )
            recording = await queries.of_session(db, session.id)
            assert recording is not None
            self.id: UUID = recording.id
            self.session_id, self.lesson_id, self.hub_id = session.id, lesson.id, county.hub.id
            self.person_id = county.administrator.person_id
            self.started_at, self.place = recording.started_at, self.root / recording.folder

        self.run(make)
        self.place.mkdir(parents=True)

    def goes(self, step: str) -> None:
        """Take a step by its name; what is none is what becomes of making the replay."""
        match step:
            case "start":
                self.recorder_reports("recording_started")
            case "fault":
                self.recorder_reports("recording_failed")
            case "bell":
                self.bell_rings()
            case "seal":
                self.is_sealed("well")
            case "publish":
                self.is_published(is_agreed=True)
            case "withdraw":
                self.is_withdrawn()
            case "half a year":
                self.time_passes(MOMENTS[-1])
            case fate:
                self.replay_is_made(fate)

    @rule(report=st.sampled_from(sorted(REPORTS)))
    def recorder_reports(self, report: str) -> None:
        reason = "disk_full" if report == "recording_failed" else None
        self.run(
            lambda db: service.follow_recorder(
                db, session_id=self.session_id, event_type=report, problem=reason
            )
        )
        to = REPORTS[report]
        if to in NEXT_RECORDING_STATE[self.state]:
            self.moves(to, reason)
            self.has_manifest = True
            (self.place / finishing.MANIFEST).write_text("{}\n")

    @rule()
    def bell_rings(self) -> None:
        async def end(db: AsyncSession) -> None:
            await service.begin_finalising(db, session_id=self.session_id)
            (await db.get_one(Lesson, self.lesson_id)).ended_at = self.clock.now

        self.run(end)
        self.is_over = True
        if S.FINALISING in NEXT_RECORDING_STATE[self.state]:
            self.state = S.FINALISING

    def builder(self, fate: str) -> Builder:
        builder = Builder()
        builder.fails_to = fate if fate in {"recover", "build"} else None
        builder.clips = 0 if fate == "empty" else 1
        builder.is_cut = fate == "cut"
        return builder

    @rule(fate=st.sampled_from(("well", "recover")))
    def is_sealed(self, fate: str) -> None:
        self.runner.run(
            finishing.seal(
                self.database,
                recording_id=self.id,
                root=self.root,
                builder=self.builder(fate),
                now=self.clock.now,
            )
        )
        if self.state is S.FINALISING:
            self.closes(fate)

    def closes(self, fate: str) -> bool:
        """Have the model close what was recorded; return whether a replay is to be made."""
        if not self.has_manifest:
            self.moves(S.BROKEN, NO_MEDIA)
        elif fate == "recover":
            self.moves(S.BROKEN, "recover: ManifestDamaged")
        elif self.state is S.FINALISING:
            self.moves(S.SEALED, self.problem)
        return self.has_manifest and fate != "recover"

    @rule(fate=st.sampled_from(FATES))
    def replay_is_made(self, fate: str) -> None:
        """By the job, which may come late, twice, and when nothing is to be made."""
        came = self.runner.run(self._make(fate))
        if self.state in {S.FINALISING, S.BROKEN} and not self.closes(fate):
            assert came is (ReplayFailed if self.has_manifest else None)
            return
        was_broken = self.state is S.BROKEN
        if not was_broken and self.state not in {S.SEALED, S.PROCESSING}:
            assert came is None
            return
        match fate:
            case "build" | "empty":
                self.moves(S.BROKEN, NO_MEDIA if fate == "empty" else "build: no space")
                assert came is ReplayFailed
            case "cut" | "no room":
                if not was_broken:
                    self.moves(S.PROCESSING, KEPT_FOR_LESSONS if fate == "no room" else None)
                assert came is (NoRoomNow if fate == "no room" else Killed)
            case _:
                self.moves(S.REPAIRED if was_broken else S.READY)
                assert came is None

    async def _make(self, fate: str) -> type[Exception] | None:
        async def reserved_bytes(_: AsyncSession, **_now: datetime) -> int:
            return 1 if fate == "no room" else 0

        def with_room(places: dict[Path, int], **_need: int) -> Path | None:
            return None if fate == "no room" else next(iter(places))

        with (
            patch.object(finishing, "reserved_bytes", reserved_bytes),
            patch.object(workplaces, "with_room", with_room),
        ):
            try:
                await finishing.finish(
                    self.database,
                    recording_id=self.id,
                    root=self.root,
                    builder=self.builder(fate),
                    clock=self.clock,
                )
            except (ReplayFailed, NoRoomNow, Killed) as error:
                return type(error)
        return None

    @rule()
    def replay_is_mended(self) -> None:
        index = self.runner.run(self.index())
        self.mended += 1
        # Under names of their own, as who makes a replay again gives them.
        clips = (replace(clip, file=f"{self.mended}-{clip.file}") for clip in index.clips)
        index = replace(index, clips=tuple(clips))
        is_shown = self.run(
            lambda db: service.mend(db, recording_id=self.id, index=index, now=self.clock.now)
        )
        assert is_shown == (self.state in PLAYABLE)

    async def index(self) -> ReplayIndex:
        builder = FolderBuilder()
        builder.missing = (Missing("hub", "camera", "audio", 0, 10),)
        with tempfile.TemporaryDirectory() as out:
            return await builder.build(self.place, Path(out) / "made")

    @rule(is_agreed=st.booleans())
    def is_published(self, *, is_agreed: bool) -> None:
        async def publish(db: AsyncSession, recording: Recording) -> None:
            (await db.get_one(School, self.hub_id)).may_publish_pupils = is_agreed
            await db.flush()
            await publishing.publish(
                db,
                recording,
                school_ids=[self.hub_id],
                person_id=self.person_id,
                now=self.clock.now,
            )

        refused = self.refused(publish)
        if S.PUBLISHED not in NEXT_RECORDING_STATE[self.state]:
            assert refused is WrongState
        elif not is_agreed:
            assert refused is ConsentMissing
        else:
            assert refused is None
            self.moves(S.PUBLISHED)

    @rule()
    def is_withdrawn(self) -> None:
        refused = self.refused(
            lambda db, recording: retention.withdraw(
                db, recording, note="asked", now=self.clock.now
            )
        )
        if self.is_held:
            assert refused is HeldBack
        elif S.WITHDRAWN not in NEXT_RECORDING_STATE[self.state]:
            assert refused is WrongState
        else:
            assert refused is None
            self.state, self.hidden_at = S.WITHDRAWN, self.clock.now

    @rule()
    def somebody_holds_it(self) -> None:
        refused = self.refused(
            lambda db, recording: retention.hold(
                db, recording, reason="a dispute", now=self.clock.now
            )
        )
        assert refused is (WrongState if self.state is S.PURGED else None)
        self.is_held = self.is_held or refused is None

    @rule()
    def holds_are_lifted(self) -> None:
        async def lift(db: AsyncSession) -> None:
            placed = (RecordingHold.recording_id == self.id) & RecordingHold.lifted_at.is_(None)
            await db.execute(update(RecordingHold).where(placed).values(lifted_at=self.clock.now))

        self.run(lift)
        self.is_held = False

    @rule(purpose=st.sampled_from([RecordingPurpose.LESSON, RecordingPurpose.RESOURCE]))
    def is_meant_for(self, purpose: RecordingPurpose) -> None:
        async def mean(_: AsyncSession, recording: Recording) -> None:
            recording.purpose = purpose

        assert self.refused(mean) is None
        self.purpose = purpose

    @rule(moment=st.sampled_from(MOMENTS))
    def time_passes(self, moment: timedelta) -> None:
        """What has expired is hidden, what was hidden for long enough is removed."""
        self.clock.now += moment
        now = self.clock.now
        self.runner.run(self._purge())
        if self.is_held:
            return
        is_due = self.purpose is RecordingPurpose.LESSON and self.started_at <= now - KEPT_FOR
        if is_due and S.EXPIRED in NEXT_RECORDING_STATE[self.state]:
            self.state, self.hidden_at = S.EXPIRED, now
        removed_after = REMOVED_AFTER.get(self.state)
        if removed_after is not None:
            assert self.hidden_at is not None
            if self.hidden_at + removed_after <= now:
                self.state = S.PURGED

    async def _purge(self) -> None:
        async with self.database.unit_of_work() as db:
            await jobs.enqueue(db, kind=purging.KIND, payload={}, owner=None, now=self.clock.now)
        worker = self.keeping.worker({purging.KIND: purging.Purger(self.root, None).run})
        assert await worker.run_due() == 1

    @invariant()
    def what_is_kept_is_what_the_model_says(self) -> None:
        kept = self.run(self._read)
        assert kept.state is self.state
        if self.state not in {S.WITHDRAWN, S.EXPIRED, S.PURGED}:
            assert kept.problem == self.problem
        if self.state in WHOLE:
            assert kept.is_sealed
        if self.state in PLAYABLE:
            assert kept.clips == 1
            assert (self.place / REPLAY).is_dir()
        elif self.state is S.PURGED:
            assert kept.clips == 0
            assert not self.place.exists()
        assert kept.certificates == (self.state is S.PURGED)
        is_to_be_made = self.state in {S.FINALISING, S.SEALED, S.PROCESSING} or (
            self.state is S.BROKEN and self.problem != NO_MEDIA
        )
        assert kept.is_unfinished == (self.is_over and is_to_be_made)

    async def _read(self, db: AsyncSession) -> "Kept":
        row = await db.get_one(Recording, self.id)
        shown = (RecordingClip.recording_id == self.id) & RecordingClip.replaced_at.is_(None)
        certified = DeletionCertificate.recording_id == self.id
        return Kept(
            state=row.state,
            problem=row.problem,
            is_sealed=row.manifest_sha256 is not None,
            is_unfinished=self.id in await queries.unfinished(db),
            clips=await db.scalar(select(func.count()).where(shown)) or 0,
            certificates=await db.scalar(select(func.count()).where(certified)) or 0,
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database says of the recording."""

    state: RecordingState
    problem: str | None
    is_sealed: bool
    is_unfinished: bool
    clips: int
    certificates: int


LIVES = settings(
    max_examples=12,
    stateful_step_count=16,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.timeout(300)
def test_recordings_live_as_the_table_says_whatever_the_order_of_steps(either_url: str) -> None:
    class Life(RecordingLife):
        def __init__(self) -> None:
            super().__init__(either_url)

    run_state_machine_as_test(Life, settings=LIVES)


WALKS: tuple[tuple[tuple[str, ...], RecordingState], ...] = (
    ((), S.ARMED),
    (("start",), S.RECORDING),
    (("start", "fault"), S.GAP),
    (("start", "bell"), S.FINALISING),
    (("start", "fault", "bell", "seal"), S.SEALED),
    (("start", "bell", "seal", "cut"), S.PROCESSING),
    (("start", "bell", "seal", "cut", "no room", "well"), S.READY),
    (("start", "bell", "seal", "build"), S.BROKEN),
    (("start", "bell", "seal", "build", "cut", "no room", "recover", "well"), S.REPAIRED),
    (("start", "bell", "seal", "build", "well", "publish"), S.PUBLISHED),
    (("start", "bell", "seal", "build", "withdraw"), S.WITHDRAWN),
    (("start", "bell", "seal", "withdraw", "well"), S.WITHDRAWN),
    (("start", "bell", "seal", "no room", "half a year", "well"), S.EXPIRED),
    (("start", "bell", "seal", "build", "well", "half a year"), S.EXPIRED),
    (("start", "bell", "seal", "build", "well", "withdraw", "half a year"), S.PURGED),
)


@pytest.mark.parametrize(("walk", "reached"), WALKS)
def test_every_state_is_one_that_something_reaches(
    database_url: str, walk: tuple[str, ...], reached: RecordingState
) -> None:
    life = RecordingLife(database_url)
    try:
        life.begins()
        for step in walk:
            life.goes(step)
            life.what_is_kept_is_what_the_model_says()
        assert life.state is reached
    finally:
        life.teardown()


def test_the_walks_reach_all_there_are() -> None:
    assert {reached for _, reached in WALKS} == set(RecordingState)
