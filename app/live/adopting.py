"""Recordings that lie on the disk and that the database does not know, taken in from their folder.

So they lie after the database was lost, or put back from an older copy. A folder is named by its
session, and says itself which lesson it is of (`said_of`). What is taken in is what was recorded:
who was there is not in it, so no figure of attendance or coverage changes.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.attendance.models import Session
from app.attendance.queries import session_of_lesson
from app.database import Database
from app.jobs import service as jobs
from app.jobs.models import Queue
from app.lessons.models import STARTABLE, Lesson
from app.recordings import finishing, reconciling, service
from app.recordings.builder import ReplayBuilder, ReplayFailed
from app.recordings.finishing import told
from app.recordings.models import Recording, RecordingPurpose, RecordingState
from app.recordings.queries import of_session
from app.recordings.retention_rules import schedules
from media.recorder.manifest import ManifestDamaged, ManifestReader
from media.recorder.recovery import is_being_written

ADOPTED: Final = "adopted"
"""Why a session ended that was made for a recording whose own was lost."""
_FOLDER = re.compile(r"\d{4}-\d\d/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII)
_LESSON, _TITLE, _HUB = "lesson", "title", "hub_school"


class NotAdopted(Exception):
    """A folder cannot be taken in; `str()` says why, and what can be done."""


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder says of itself. `began_at`: its lesson clock's 0; None: it does not say.

    `duration_s`: until the end of the last file that is closed.
    """

    name: str
    session_id: UUID
    lesson_id: UUID | None
    title: str
    hub_school: str
    epoch: int
    began_at: datetime | None
    duration_s: float

    @property
    def told(self) -> str:
        """Return in words what is known of it."""
        when = "" if self.began_at is None else f", begun {self.began_at:%Y-%m-%d %H:%M} UTC"
        what = f"{self.title} of {self.hub_school}" if self.title else "it does not say which"
        return f"lesson {self.lesson_id or 'unknown'} ({what}), session {self.session_id}{when}"


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was taken in, or would be. `is_session_new`: its session was lost as well.

    `kept_until`: when it expires, unless somebody holds it or says another purpose; None: not.
    """

    folder: Folder
    lesson_title: str
    started_at: datetime
    is_session_new: bool
    kept_until: datetime | None


def said_of(lesson: Lesson) -> Mapping[str, str]:
    """Return what a recording says of its lesson, with its hub school, in each of its epochs."""
    return {_LESSON: str(lesson.id), _TITLE: lesson.title, _HUB: lesson.hub_school.name}


async def unknown_folders(database: Database, root: Path) -> list[str]:
    """Return the folders of recordings that no recording has which is to have one."""
    on_disk = await asyncio.to_thread(reconciling.folders, root)
    async with database.unit_of_work() as db:
        query = select(Recording.folder).where(Recording.state != RecordingState.PURGED)
        known = frozenset(await db.scalars(query))
    return sorted(folder for folder in on_disk if folder not in known)


async def adopt(
    database: Database,
    *,
    root: Path,
    folder: str,
    builder: ReplayBuilder,
    clock: Callable[[], datetime],
    is_dry: bool = False,
) -> Adopted:
    """Take a folder in, and have its replay made. Raise NotAdopted, and change nothing then.

    `is_dry`: only say what would be done. Nothing in the folder is changed before it is certain
    that it is taken in.
    """
    found = await asyncio.to_thread(_read, root, folder)
    async with database.unit_of_work() as db:
        lesson, session = await _where(db, found, now=clock())
        would = await _adopted(db, found, lesson, session, now=clock())
    if is_dry:
        return would
    try:
        await builder.recover(root / folder)
    except (ReplayFailed, OSError) as failure:
        raise NotAdopted(f"it cannot be closed: {told(failure)}") from failure
    found = await asyncio.to_thread(_read, root, folder)
    async with database.unit_of_work() as db:
        lesson, session = await _where(db, found, now=clock())
        adopted = await _adopted(db, found, lesson, session, now=clock())
        session = session or _session(db, lesson, found, adopted.started_at)
        await db.flush()
        recording = await service.take_in(
            db,
            session_id=session.id,
            lesson_id=lesson.id,
            folder=folder,
            started_at=adopted.started_at,
        )
    await finishing.seal(
        database, recording_id=recording.id, root=root, builder=builder, now=clock()
    )
    return adopted


async def look_again(database: Database, *, now: datetime) -> None:
    """Have disk and database compared anew, so that nobody is told of what was taken in."""
    async with database.unit_of_work() as db:
        await jobs.enqueue(
            db,
            kind=reconciling.KIND,
            payload={},
            owner=None,
            dedup_key="periodic",
            queue=Queue.KEEPING,
            now=now,
        )


def _read(root: Path, folder: str) -> Folder:
    """Read a folder's manifest. Raise NotAdopted."""
    named = _FOLDER.fullmatch(folder)
    if named is None:
        raise NotAdopted("it is not named by a month and a session: no recorder made it")
    session_id = UUID(named[1])
    if not (root / folder).is_dir():
        raise NotAdopted(f"there is no such folder in {root}")
    reader = ManifestReader(root / folder)
    try:
        reader.read()
        is_open = is_being_written(root / folder)
    except (ManifestDamaged, OSError) as error:
        raise NotAdopted(f"its manifest cannot be read: {error}") from error
    if is_open:
        raise NotAdopted("a server is recording into it")
    if not reader.parts or not reader.epochs:
        raise NotAdopted("nothing was recorded: it has no manifest, or one without files")
    first, last = reader.epochs[0], reader.epochs[-1]
    said = last.metadata
    try:
        lesson_id = UUID(said[_LESSON]) if _LESSON in said else None
    except ValueError:
        raise NotAdopted(f"its manifest names no lesson: {said[_LESSON]!r}") from None
    return Folder(
        name=folder,
        session_id=session_id,
        lesson_id=lesson_id,
        title=said.get(_TITLE, ""),
        hub_school=said.get(_HUB, ""),
        epoch=max(epoch.epoch for epoch in reader.epochs),
        began_at=first.zero_at,
        duration_s=max(0.0, *(part.end_s or 0.0 for part in reader.parts)),
    )


async def _where(
    db: AsyncSession, found: Folder, *, now: datetime
) -> tuple[Lesson, Session | None]:
    """Return the lesson a folder is of, and its session if that is known. Raise NotAdopted."""
    session = await db.scalar(
        select(Session).where(Session.id == found.session_id).options(joinedload(Session.lesson))
    )
    if session is None:
        return await _lesson_without_session(db, found, now=now), None
    recording = await of_session(db, session.id)
    if recording is not None and recording.state is RecordingState.PURGED:
        raise NotAdopted("its recording was removed, and that is certified: remove the folder")
    if recording is not None:
        raise NotAdopted(f"its session has a recording already, in {recording.folder}")
    if session.ended_at is None:
        raise NotAdopted(f"its lesson has not ended: {found.told}")
    return session.lesson, session


async def _lesson_without_session(db: AsyncSession, found: Folder, *, now: datetime) -> Lesson:
    """Return the lesson of a folder whose session was lost. Raise NotAdopted."""
    restore = f"Put back a copy of the database that is newer than that lesson. {found.told}"
    if found.lesson_id is None:
        raise NotAdopted(
            "its session is not in the database, and it was recorded by a version that did not "
            f"write down the lesson. {restore}"
        )
    lesson = await db.get(Lesson, found.lesson_id, with_for_update=True)
    if lesson is None:
        raise NotAdopted(
            "its lesson is not in the database: nobody could tell which school it belongs to and "
            f"who may watch it. {restore}"
        )
    other = await session_of_lesson(db, lesson.id)
    if other is not None:
        raise NotAdopted(f"its lesson has another session, {other.id}. {found.told}")
    if lesson.state in STARTABLE and lesson.planned_end > now:
        raise NotAdopted(
            f"its lesson can still be begun: wait until its time is over. {found.told}"
        )
    if found.began_at is None:
        raise NotAdopted(f"its manifest does not say when it began. {found.told}")
    return lesson


async def _adopted(
    db: AsyncSession, found: Folder, lesson: Lesson, session: Session | None, *, now: datetime
) -> Adopted:
    started_at = found.began_at if session is None else session.started_at
    assert started_at is not None, "without that a lost session is not made again"
    rules = (await schedules(db, now))[RecordingPurpose.LESSON]
    return Adopted(
        folder=found,
        lesson_title=lesson.title,
        started_at=started_at,
        is_session_new=session is None,
        kept_until=rules.end_of(started_at).at,
    )


def _session(db: AsyncSession, lesson: Lesson, found: Folder, started_at: datetime) -> Session:
    """Make the session a recording needs. Of the lesson it says when it was given, and no more."""
    ended_at = started_at + timedelta(seconds=found.duration_s)
    session = Session(
        id=found.session_id,
        lesson_id=lesson.id,
        started_at=started_at,
        ended_at=ended_at,
        end_reason=ADOPTED,
        epoch=found.epoch,
        last_alive_ms=round(found.duration_s * 1000),
    )
    db.add(session)
    lesson.started_at, lesson.ended_at = started_at, ended_at
    return session
