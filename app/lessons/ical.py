"""Lessons as an iCalendar object (RFC 5545). Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from icalendar import Calendar, Event, Timezone, TimezoneStandard, vText

from app.clock import DISPLAY_ZONE
from app.lessons.models import Lesson
from app.lessons.timetable_queries import Histories

PRODUCT = "-//Three Classrooms//Timetable//ZH"
# Calendar programs ask again after this (RFC 7986 section 5.7).
REFRESH = timedelta(hours=1)
CHINA_HAS = timedelta(hours=8)
GIVEN_UP_WORD = {"CANCELLED": "停课", "MISSED": "没有上课", "MADE_UP": "另行补课"}


def written(
    lessons: Iterable[Lesson],
    became: Histories,
    *,
    name: str,
    person_id: UUID | None,
    now: datetime,
) -> bytes:
    """Return the iCalendar object of some lessons.

    `person_id`: whose feed it is; a lesson she was to give and another gives is cancelled to her.
    """
    calendar = Calendar()
    for key, value in (
        ("prodid", PRODUCT),
        ("version", "2.0"),
        ("method", "PUBLISH"),
        # Said to be texts: the library knows neither as one, and would not escape them.
        ("name", vText(name)),
        ("x-wr-calname", vText(name)),
        ("x-wr-timezone", DISPLAY_ZONE.key),
    ):
        calendar.add(key, value)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add_component(_china())
    for lesson in lessons:
        calendar.add_component(_event(lesson, became, person_id, now))
    text: bytes = calendar.to_ical()
    return text


def _china() -> Timezone:
    """China Standard Time, without summer time since the autumn of 1991 (IANA Asia/Shanghai)."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", DISPLAY_ZONE.key)
    standard.add("dtstart", datetime(1991, 9, 15))  # noqa: DTZ001 - local, as RFC 5545 3.6.5 asks
    standard.add("tzname", "CST")
    standard.add("tzoffsetfrom", CHINA_HAS)
    standard.add("tzoffsetto", CHINA_HAS)
    zone.add_component(standard)
    return zone


def _event(lesson: Lesson, became: Histories, person_id: UUID | None, now: datetime) -> Event:
    word = GIVEN_UP_WORD.get(lesson.state)
    steps = became.substitutions.get(lesson.id, ())
    was_to_give = any(step.from_person_id == person_id for step, _, _ in steps)
    is_handed_over = was_to_give and lesson.lecturer_id != person_id
    if is_handed_over:
        word = f"{lesson.lecturer.name}代课"
    room = lesson.hub_classroom
    event = Event()
    event.add("uid", f"{lesson.id}@three-classrooms")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", lesson.planned_start.astimezone(DISPLAY_ZONE))
    event.add("dtend", lesson.planned_end.astimezone(DISPLAY_ZONE))
    event.add("sequence", lesson.version - 1)
    event.add("status", "CONFIRMED" if word is None else "CANCELLED")
    event.add("summary", lesson.title if word is None else f"[{word}] {lesson.title}")
    event.add("location", lesson.hub_school.name + (f" {room.name}" if room else ""))
    event.add("description", "\n".join(_lines(lesson, became)))
    return event


def _lines(lesson: Lesson, became: Histories) -> list[str]:
    lines = [f"{lesson.subject} · {lesson.grade}", f"主讲: {lesson.lecturer.name}"]
    if lesson.id in became.cancelled:
        lines.append(f"停课: {became.cancelled[lesson.id]}")
    if lesson.id in became.made_up_by:
        when = became.made_up_by[lesson.id].planned_start.astimezone(DISPLAY_ZONE)
        lines.append(f"补课: {when:%Y-%m-%d %H:%M}")
    return lines
