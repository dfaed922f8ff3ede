"""Recordings of lessons as tests of whom they are shown to need them: rows, a file, a look."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.attendance.seats import site_seat
from app.database import Database
from app.live import service
from app.recordings.models import Recording, RecordingClip, RecordingState
from app.schools.models import School
from app.security import Role
from app.settings import Settings
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.factories import County, make_county, make_lesson, make_person

CONTENT = b"a picture of pupils"


@dataclass
class Recorded:
    """A recording of a lesson both points were invited to, and one was on stage of."""

    id: UUID
    session_id: UUID
    county: County
    database: Database

    @property
    def path(self) -> str:
        return f"/api/admin/sessions/{self.session_id}/recording"

    @property
    def replay(self) -> str:
        return f"/api/sessions/{self.session_id}/replay"

    async def row(self) -> Recording:
        async with self.database.unit_of_work() as db:
            return await db.get_one(Recording, self.id)

    async def consent(self, *schools: School, says: bool = True) -> None:
        async with self.database.unit_of_work() as db:
            for school in schools:
                (await db.get_one(School, school.id)).may_publish_pupils = says


async def record(database: Database, county: County, clock: Clock) -> Recorded:
    async with database.unit_of_work() as db:
        lesson = await make_lesson(
            db, lecturer=county.teacher, hub=county.hub, classrooms=county.classrooms
        )
        session = await service.start_lesson(
            db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=clock.now
        )
        query = select(Recording).where(Recording.session_id == session.id)
        recording = (await db.scalars(query)).one()
        recording.state, recording.ready_at = RecordingState.READY, clock.now
        of_site = {site.classroom_id: site_seat(site.id) for site in lesson.sites}
        shown, silent = (of_site[classroom.id] for classroom in county.classrooms)
        for seat, group in (("hub", "camera"), (shown, "camera"), (silent, "screen")):
            db.add(
                RecordingClip(
                    recording_id=recording.id,
                    seat_id=seat,
                    group=group,
                    file=f"{seat}-{group}.mp4",
                    mime="video/mp4",
                    start_ms=0,
                    duration_ms=1000,
                    has_audio=group == "camera",
                    has_video=True,
                    bytes=len(CONTENT),
                )
            )
    return Recorded(recording.id, session.id, county, database)


async def keep_clip(recorded: Recorded, settings: Settings) -> None:
    """Put the file of the hub's clip where it is served from."""
    folder = settings.recordings_dir.absolute() / (await recorded.row()).folder / "replay"
    folder.mkdir(parents=True)
    (folder / "hub-camera.mp4").write_bytes(CONTENT)


async def publish(recorded: Recorded, keeper: TestBrowser) -> None:
    """Publish it, with the consent of the schools whose pupils are in it."""
    await recorded.consent(recorded.county.hub, recorded.county.points[0])
    answer = await keeper.post(f"{recorded.path}/publish")
    assert (answer.status_code, answer.json()["state"]) == (200, "PUBLISHED")


async def open_as(open_browser: OpenBrowser, recorded: Recorded, who: str) -> TestBrowser:
    """Open a browser of somebody; of a school's teacher: `hub`, `shown` or `invited`."""
    county = recorded.county
    schools = {"hub": county.hub, "shown": county.points[0], "invited": county.points[1]}
    async with recorded.database.unit_of_work() as db:
        if who in schools:
            account = await make_person(db, role=Role.TEACHER, school=schools[who])
        elif who == "elsewhere":
            account = (await make_county(db)).supervisor
        else:
            account = getattr(county, who)
    return await open_browser(account)
