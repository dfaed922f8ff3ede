"""The card of a lesson: the lesson, its sites' lights, its session."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.lessons.models import Lesson, LessonSite
from app.lessons.ports import LessonRecords
from app.lessons.readiness import CLASSROOM_WITHIN, Readiness, look_at
from app.lessons.schemas import LessonCard, Light, SiteCard
from app.lessons.service import can_start, start_window
from app.schools import queries as schools


async def cards(
    db: AsyncSession, records: LessonRecords, *, lessons: Sequence[Lesson], now: datetime
) -> list[LessonCard]:
    """Return the cards of lessons loaded by `queries.whole_lessons`, in the order given."""
    classroom_ids = {site.classroom_id for lesson in lessons for site in lesson.sites}
    last_seen: dict[UUID, datetime] = {}
    for device in await schools.devices_of(db, sorted(classroom_ids), with_revoked=False):
        seen = device.last_seen_at
        if seen is not None:
            last_seen[device.classroom_id] = max(seen, last_seen.get(device.classroom_id, seen))
    sessions = await records.session_ids(db, lesson_ids=[lesson.id for lesson in lessons])
    looked = await look_at(db, records, lessons=lessons, now=now)
    return [
        _card(lesson, sessions.get(lesson.id), last_seen, looked.get(lesson.id), now)
        for lesson in lessons
    ]


async def card(
    db: AsyncSession, records: LessonRecords, *, lesson: Lesson, now: datetime
) -> LessonCard:
    """Return the card of one lesson."""
    return (await cards(db, records, lessons=[lesson], now=now))[0]


def light_of(last_seen_at: datetime | None, now: datetime) -> Light:
    """Return the light of a classroom whose device was last heard of then."""
    if last_seen_at is None:
        return "never"
    return "ready" if now - last_seen_at <= CLASSROOM_WITHIN else "offline"


def _card(
    lesson: Lesson,
    session_id: UUID | None,
    last_seen: Mapping[UUID, datetime],
    found: Readiness | None,
    now: datetime,
) -> LessonCard:
    return LessonCard(
        id=lesson.id,
        kind=lesson.kind,
        title=lesson.title,
        subject=lesson.subject,
        grade=lesson.grade,
        hub_school=lesson.hub_school.name,
        lecturer=lesson.lecturer.name,
        planned_start=lesson.planned_start,
        planned_end=lesson.planned_end,
        state=lesson.state,
        session_id=session_id,
        is_recorded=lesson.is_recorded,
        can_start=can_start(lesson, now),
        can_start_from=start_window(lesson)[0],
        lacks=None if found is None else list(found.hub),
        sites=[
            _site(site, last_seen.get(site.classroom_id), found, now) for site in _in_order(lesson)
        ],
    )


def _in_order(lesson: Lesson) -> list[LessonSite]:
    return sorted(
        lesson.sites, key=lambda s: (s.classroom.school.name, s.classroom.name, str(s.id))
    )


def _site(
    site: LessonSite, last_seen_at: datetime | None, found: Readiness | None, now: datetime
) -> SiteCard:
    return SiteCard(
        id=site.id,
        classroom=site.classroom.name,
        school=site.classroom.school.name,
        state=site.state,
        light=light_of(last_seen_at, now),
        last_seen_at=last_seen_at,
        lacks=[] if found is None else list(found.sites.get(site.id, ())),
    )
