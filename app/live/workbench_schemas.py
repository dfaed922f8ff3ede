"""What the county's workbench gets."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from app.lessons.cards import light_of
from app.lessons.models import LessonKind, LessonState
from app.lessons.readiness import Lack, Readiness
from app.lessons.schemas import Light
from app.live.hands import Hand
from app.live.points import PointLight
from app.live.wall import Group, WallLesson, WallSite


class WallSiteOut(BaseModel):
    """A classroom of a lesson. `light` is its device's; of a running lesson see `is_present`.

    `headcount` and `is_counted` as amended; null: nobody has counted, nothing is weighed yet.
    `lacks`: what it lacks shortly before the lesson, if it is to listen live.
    """

    site_id: UUID
    school: str
    classroom: str
    light: Light
    last_seen_at: datetime | None
    lacks: list[Lack]
    is_present: bool
    has_come: bool
    headcount: int | None
    is_counted: bool | None


class WallLessonOut(BaseModel):
    """A lesson of today. `hub` and `lecturer` are names; no session: it was never live.

    `lacks`: what the hub lacks; null: nobody looks, it is not about to begin.
    """

    id: UUID
    group: Group
    kind: LessonKind
    title: str
    subject: str
    grade: str
    hub: str
    lecturer: str
    planned_start: datetime
    planned_end: datetime
    state: LessonState
    session_id: UUID | None
    started_at: datetime | None
    lacks: list[Lack] | None
    sites: list[WallSiteOut]


class HandOut(BaseModel):
    """Something that waits for a hand, and how often; of DISK, the percentage that is free.

    Of ROOM, how many GB the recordings of today lack. Of SECOND_PLACE, for how many minutes there
    has been none for recordings; of a QUEUE, for how many nobody has worked for it.
    """

    hand: Hand
    count: int


class Workbench(BaseModel):
    """The county at a glance. Of each group the first lessons are here; `lessons` counts all."""

    now: datetime
    date: date
    lessons: dict[Group, int]
    points: dict[PointLight, int]
    hands: list[HandOut]
    wall: list[WallLessonOut]


class PointOut(BaseModel):
    """A teaching point's classroom. Null: never heard of; no lesson counted there yet."""

    classroom_id: UUID
    classroom: str
    school_id: UUID
    school: str
    region: str
    light: PointLight
    last_seen_at: datetime | None
    last_lesson_at: datetime | None

    @classmethod
    def of(cls, row: Any) -> "PointOut":
        """Describe a row of `points.points_seen`."""
        classroom_id, classroom, school_id, school, region, light, last_seen_at, last_lesson_at = (
            row
        )
        return cls(
            classroom_id=classroom_id,
            classroom=classroom,
            school_id=school_id,
            school=school,
            region=region,
            light=PointLight(light),
            last_seen_at=last_seen_at,
            last_lesson_at=last_lesson_at,
        )


def lesson_out(
    found: WallLesson, sites: list[WallSite], readiness: Readiness | None, now: datetime
) -> WallLessonOut:
    """Describe a lesson of the wall with its classrooms."""
    lesson = found.lesson
    return WallLessonOut(
        id=lesson.id,
        group=found.group,
        kind=lesson.kind,
        title=lesson.title,
        subject=lesson.subject,
        grade=lesson.grade,
        hub=found.hub,
        lecturer=found.lecturer,
        planned_start=lesson.planned_start,
        planned_end=lesson.planned_end,
        state=lesson.state,
        session_id=found.session_id,
        started_at=found.started_at,
        lacks=None if readiness is None else list(readiness.hub),
        sites=[_site(site, readiness, now) for site in sites],
    )


def _site(site: WallSite, readiness: Readiness | None, now: datetime) -> WallSiteOut:
    return WallSiteOut(
        site_id=site.site_id,
        school=site.school,
        classroom=site.classroom,
        light=light_of(site.last_seen_at, now),
        last_seen_at=site.last_seen_at,
        lacks=[] if readiness is None else list(readiness.sites.get(site.site_id, ())),
        is_present=site.is_present,
        has_come=site.has_come,
        headcount=site.headcount,
        is_counted=site.is_counted,
    )
