"""A lesson that runs, and what is recorded of it, on either database."""

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.database import Database
from app.live import service
from app.recordings.models import Recording, RecordingState
from app.settings import Settings
from tests.app.conftest import Clock
from tests.app.timeshift.scene import HUB_TRACKS, SITE
from tests.factories import County, make_lesson
from tests.media.recordings import record, vp8_feed


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: who may look back is a statement."""
    return either_url


@pytest.fixture
async def running(database: Database, county: County, clock: Clock) -> UUID:
    """A lesson that runs."""
    async with database.unit_of_work() as db:
        lesson = await make_lesson(
            db, lecturer=county.teacher, hub=county.hub, classrooms=county.classrooms
        )
        session = await service.start_lesson(
            db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=clock.now
        )
    return session.id


@pytest.fixture
async def folder(database: Database, running: UUID, settings: Settings) -> Path:
    """Where its recording is, with 7 s of the teacher and of a site's screen."""
    async with database.unit_of_work() as db:
        recording = (
            await db.scalars(select(Recording).where(Recording.session_id == running))
        ).one()
        recording.state = RecordingState.RECORDING
    folder = settings.recordings_dir / recording.folder
    record(folder, {**HUB_TRACKS, SITE: vp8_feed(7.0)}, offset_s=30.0)
    return folder
