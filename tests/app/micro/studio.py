"""A lesson whose film is there, and pieces cut out of it."""

from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.database import Database
from app.jobs import service as jobs
from app.live.cutting import Cutter
from app.recordings import micro_lessons, purging
from app.recordings.downloads import RecordingDownload
from app.recordings.micro_lessons import MicroLesson
from app.recordings.models import DownloadForm, Recording, RecordingState
from app.recordings.publishing import RecordingPublication, RecordingSchool
from app.recordings.purging import Purger
from app.schools.models import School
from app.security import Role
from tests.app.composed_lessons import LESSON_MS
from tests.app.conftest import OpenBrowser, TestBrowser
from tests.app.store.keeping import Keeping
from tests.factories import County, make_person
from tests.media.composing import grey_clip

JSON = dict[str, Any]
TITLE = "第一句怎么唱"
MARKS: JSON = {"title": TITLE, "from_ms": 500, "until_ms": 2_000}


def path_of(recording: Recording) -> str:
    return f"/api/sessions/{recording.session_id}/micro-lessons"


async def listed(browser: TestBrowser, recording: Recording) -> list[JSON]:
    answer = await browser.get(path_of(recording))
    assert answer.status_code == 200, answer.text
    items: list[JSON] = answer.json()["items"]
    return items


def cut_files(keeping: Keeping, recording: Recording) -> list[Path]:
    return sorted(keeping.path(recording, "").glob("micro-*"))


async def give_film(keeping: Keeping, recording: Recording, name: str = "lesson-1.mp4") -> UUID:
    """Put a film of the whole lesson in its place, as the job would; return its id."""
    path = keeping.path(recording, name)
    grey_clip(path, 200, LESSON_MS / 1000, size=(64, 64))
    async with keeping.database.unit_of_work() as db:
        film = RecordingDownload(
            recording_id=recording.id,
            form=DownloadForm.LESSON,
            file=name,
            bytes=path.stat().st_size,
            duration_ms=LESSON_MS,
            speed=1.0,
            made_at=keeping.clock.now,
        )
        db.add(film)
        (await db.get_one(Recording, recording.id)).files_listed_at = None
    return film.id


async def save(keeping: Keeping, recording: Recording, person_id: UUID) -> UUID:
    """Keep a piece from 0.5 s to 2 s; return its id."""
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        piece = await micro_lessons.save(
            db,
            row,
            length_ms=LESSON_MS,
            person_id=person_id,
            now=keeping.clock.now,
            **MARKS,
        )
        return piece.id


async def cut(keeping: Keeping) -> int:
    """Run what is due of the jobs that cut; return how many that were."""
    cutter = Cutter(keeping.root, keeping.store)
    return await keeping.worker({micro_lessons.KIND: cutter.run}).run_due()


async def pieces(keeping: Keeping) -> list[MicroLesson]:
    async with keeping.database.unit_of_work() as db:
        return list((await db.scalars(select(MicroLesson).order_by(MicroLesson.id))).all())


async def purge(keeping: Keeping) -> None:
    """Run the job that removes what is due."""
    async with keeping.database.unit_of_work() as db:
        await jobs.enqueue(db, kind=purging.KIND, payload={}, owner=None, now=keeping.clock.now)
    purger = Purger(keeping.root, keeping.store)
    assert await keeping.worker({purging.KIND: purger.run}).run_due() == 1


async def publish(keeping: Keeping, recording: Recording, county: County) -> None:
    """Publish it with the consent of the hub's school, whose pupils alone are in it."""
    async with keeping.database.unit_of_work() as db:
        (await db.get_one(Recording, recording.id)).state = RecordingState.PUBLISHED
        (await db.get_one(School, county.hub.id)).may_publish_pupils = True
        db.add(
            RecordingPublication(
                recording_id=recording.id,
                person_id=county.administrator.person_id,
                at=keeping.clock.now,
            )
        )
        db.add(RecordingSchool(recording_id=recording.id, school_id=county.hub.id))


async def colleague(database: Database, county: County, open_browser: OpenBrowser) -> TestBrowser:
    """Somebody of the school that gave the lesson, to whom it may be published."""
    async with database.unit_of_work() as db:
        account = await make_person(db, role=Role.TEACHER, school=county.hub)
    return await open_browser(account)
