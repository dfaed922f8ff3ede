"""What a request may name of a county: what has an address, and some that have none."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.attendance.models import SeatLink
from app.attendance.seats import site_seat
from app.codes import service as codes
from app.codes.models import CodeKind
from app.database import Database
from app.lessons.models import Lesson, LessonSite
from app.recordings.models import Recording, RecordingState, RecordingView
from app.recordings.publishing import RecordingPublication
from app.schools.models import Authority, AuthorityLevel, School
from tests.app.conftest import Clock
from tests.app.whole_county import Whole
from tests.factories import make_class, make_classroom, make_person

# Names of codes: they are the nation's, nobody's and everybody's.
CODES = {"code_id", "label_id", "subject_id", "subjects"}


async def things(database: Database, whole: Whole, clock: Clock, mark: str) -> dict[str, str]:
    """Return the ids by what they are of; names hold `mark`."""
    county, point = whole.county, whole.county.points[0]
    async with database.unit_of_work() as db:
        room = await make_classroom(db, county.hub, name=f"{mark}主讲室")
        pupils = await make_class(db, point.id, name=f"{mark}二班")
        helper = await make_person(db, school=point, name=f"{mark}助教")
        (await db.get_one(Person, county.teacher.person_id)).name = f"{mark}老师"
        office = Authority(
            region_id=county.region.id, name=f"{mark}教育局", level=AuthorityLevel.COUNTY
        )
        db.add(office)
        await _seen_and_measured(db, whole, clock.now)
        music = (await codes.catalogue(db)).stored(CodeKind.SUBJECT, "music").id
    city_id = county.region.parent_id
    assert city_id is not None
    more = {
        "authority_id": office.id,
        "city_id": city_id,
        "hub_classroom_id": room.id,
        "other_classroom_id": county.classrooms[1].id,
        "person_id": county.teacher.person_id,
        "point_class_id": pupils.id,
        "point_id": point.id,
        "point_person_id": helper.person_id,
    } | dict.fromkeys(CODES, music)
    return {name: str(value) for name, value in (whole.ids | more).items()}


async def _seen_and_measured(db: AsyncSession, whole: Whole, now: datetime) -> None:
    """Add what lists of the lesson's recording and line show: it is published, and was watched."""
    keeper, ids = whole.county.administrator.person_id, whole.ids
    (await db.get_one(Recording, ids["recording_id"])).state = RecordingState.PUBLISHED
    for school in (whole.county.hub, *whole.county.points):
        (await db.get_one(School, school.id)).may_publish_pupils = True
    lesson = await db.get_one(Lesson, ids["lesson_id"])
    lesson.offering_id = ids["offering_id"]
    site = await db.scalar(
        select(LessonSite).where(
            LessonSite.lesson_id == lesson.id,
            LessonSite.classroom_id == whole.county.classrooms[0].id,
        )
    )
    assert site is not None
    db.add_all(
        [
            RecordingPublication(recording_id=ids["recording_id"], person_id=keeper, at=now),
            RecordingView(
                recording_id=ids["recording_id"], person_id=keeper, at=now, address="10.0.0.8"
            ),
            SeatLink(
                session_id=ids["session_id"],
                seat_id=site_seat(site.id),
                lesson_site_id=site.id,
                measured_at=now,
                reports=9,
                down_kbps=900,
            ),
        ]
    )
