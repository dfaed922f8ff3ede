"""What tests of timetables are made of: an offering of the county's hub, and plans for it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.calendars import service as calendars
from app.calendars.models import BellSchedule, Term
from app.calendars.schemas import BellsIn, PeriodIn, TermIn
from app.codes import service as codes
from app.codes.models import CodeKind
from app.lessons.models import CourseOffering, LessonKind, OfferingSite
from app.lessons.timetable import LessonPlan
from app.schools.models import Classroom
from tests.app.alliance_steps import made
from tests.app.conftest import TestBrowser
from tests.factories import NOON, County, make_classroom

JSON = dict[str, Any]
HOUR = timedelta(hours=1)

BELLS = ("08:40", "09:30", "10:30", "11:20", "14:30", "15:20")


async def make_term(db: AsyncSession, county: County) -> Term:
    """The spring term of the county."""
    body = TermIn(
        region_id=county.region.id,
        name="春季学期",
        starts_on=date(2026, 2, 23),
        ends_on=date(2026, 7, 10),
    )
    return await calendars.save_term(db, Term(), body)


async def make_bells(db: AsyncSession, county: County) -> BellSchedule:
    """Six lessons of 40 minutes at the hub, and with it at its points."""
    periods = []
    for number, starts in enumerate(BELLS, start=1):
        hours, minutes = map(int, starts.split(":"))
        end = hours * 60 + minutes + 40
        periods.append(PeriodIn(number=number, starts=starts, ends=f"{end // 60:02}:{end % 60:02}"))
    body = BellsIn(
        school_id=county.hub.id, name="作息", valid_from=date(2026, 2, 1), periods=periods
    )
    return await calendars.save_bells(db, BellSchedule(periods=[]), body)


async def make_offering(
    db: AsyncSession,
    county: County,
    *,
    name: str = "三年级音乐",
    term: Term | None = None,
    hub_classroom: Classroom | None = None,
) -> CourseOffering:
    """Music for the third form at both points, given by the county's teacher."""
    term = term or await db.scalar(select(Term)) or await make_term(db, county)
    words = await codes.catalogue(db)
    hub_classroom = hub_classroom or await make_classroom(db, county.hub)
    offering = CourseOffering(
        name=name,
        kind=LessonKind.DELIVERY,
        hub_school_id=county.hub.id,
        hub_classroom_id=hub_classroom.id,
        lecturer_id=county.teacher.person_id,
        subject_id=words.stored(CodeKind.SUBJECT, "music").id,
        grade_no=3,
        language="zh",
        term_id=term.id,
        periods_a_week=2,
        sites=[OfferingSite(classroom_id=room.id) for room in county.classrooms],
    )
    db.add(offering)
    await db.flush()
    return offering


def planned(slot: str, starts_at: datetime = NOON, *, minutes: int = 40) -> LessonPlan:
    """A lesson as the offering says, in this slot."""
    return LessonPlan(slot, starts_at, starts_at + timedelta(minutes=minutes))


@dataclass
class Timetabled:
    """The county with a term, bells, a classroom at the hub and another teacher there."""

    county: County
    term_id: str
    hub_classroom_id: str
    other_teacher_id: str


def offering_of(school: Timetabled, **other: Any) -> JSON:
    county = school.county
    return {
        "name": "三年级音乐",
        "hub_school_id": str(county.hub.id),
        "hub_classroom_id": school.hub_classroom_id,
        "lecturer_id": str(county.teacher.person_id),
        "subject": "music",
        "grade_no": 3,
        "term_id": school.term_id,
        "periods_a_week": 2,
        "sites": [{"classroom_id": str(room.id)} for room in county.classrooms],
    } | other


def at(start: datetime, **other: Any) -> JSON:
    return {
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(minutes=40)).isoformat(),
    } | other


async def plan_one(keeper: TestBrowser, opened: JSON, start: datetime = NOON + HOUR) -> JSON:
    return await made(keeper, "/api/lessons", at(start, offering_id=opened["id"]))


def tag(lesson: JSON) -> str:
    return f'"{lesson["version"]}"'


async def act(keeper: TestBrowser, lesson: JSON, what: str, body: JSON) -> JSON:
    answer = await keeper.act(f"/api/lessons/{lesson['id']}/{what}", body, etag=tag(lesson))
    assert answer.status_code in {200, 201}, answer.text
    done: JSON = answer.json()
    return done
