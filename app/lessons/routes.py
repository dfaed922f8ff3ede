"""The teacher's day, the classroom's day, and what sessions may be filtered by."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from app.clock import Day, Now
from app.database import Db
from app.lessons import queries
from app.lessons.cards import cards
from app.lessons.coming import coming_week
from app.lessons.models import STARTABLE, LessonKind, LessonState
from app.lessons.ports import LessonRecords
from app.lessons.schemas import ClassroomDay, ClassroomWeek, Filters, TeacherDay, ToConfirm
from app.schools import queries as schools
from app.schools import service as devices
from app.schools.schemas import Named
from app.security import CurrentDevice, CurrentInspector, CurrentTeacher

router = APIRouter(prefix="/api", tags=["lessons"])


def lesson_records(request: Request) -> LessonRecords:
    """Return who knows what happened in lessons."""
    records: LessonRecords = request.app.state.lesson_records
    return records


Records = Annotated[LessonRecords, Depends(lesson_records)]


@router.get("/teacher/lessons")
async def teacher_lessons(
    *,
    db: Db,
    now: Now,
    caller: CurrentTeacher,
    records: Records,
    day: Annotated[Day | None, Query(alias="date")] = None,
) -> TeacherDay:
    """List the lessons the caller gives on a day; today's and any live when none is named."""
    lessons = (
        await queries.taught_on(db, caller.person_id, day)
        if day is not None
        else await queries.taught_today(db, caller.person_id, now)
    )
    day = day or queries.day_of(now)
    return TeacherDay(date=day, now=now, lessons=await cards(db, records, lessons=lessons, now=now))


@router.get("/classroom/today")
async def classroom_today(
    db: Db, now: Now, caller: CurrentDevice, records: Records
) -> ClassroomDay:
    """List the classroom's lessons today. Asking is the device's heartbeat."""
    await devices.hear(db, device_id=caller.device_id, now=now)
    device = await schools.get_device(db, caller.device_id)
    lessons = await queries.received_on(db, caller.classroom_id, queries.day_of(now))
    shown = await cards(db, records, lessons=lessons, now=now)
    waiting = await records.awaiting_headcount(db, classroom_id=caller.classroom_id, now=now)
    by_id = {card.id: card for card in shown}
    to_confirm = None
    if waiting is not None:
        card = by_id.get(waiting.lesson_id)
        if card is None:  # it began before midnight
            lesson = await queries.get_lesson(db, waiting.lesson_id)
            card = (await cards(db, records, lessons=[lesson], now=now))[0]
        to_confirm = ToConfirm(
            lesson=card,
            headcount=waiting.headcount,
            planned_ms=waiting.planned_ms,
            connected_ms=waiting.connected_ms,
            audible_ms=waiting.audible_ms,
            is_counted=waiting.is_counted,
        )
    coming = (c for c in shown if c.state in STARTABLE and c.planned_end > now)
    return ClassroomDay(
        now=now,
        classroom=Named(id=device.classroom.id, name=device.classroom.name),
        school=Named(id=device.classroom.school.id, name=device.classroom.school.name),
        lessons=shown,
        current=next((c for c in shown if c.state.is_live), None),
        next=next(coming, None),
        to_confirm=to_confirm,
    )


@router.get("/classroom/week")
async def classroom_week(db: Db, now: Now, caller: CurrentDevice) -> ClassroomWeek:
    """List what the classroom receives today and on the six days after it."""
    return await coming_week(db, caller.classroom_id, now=now)


@router.get("/admin/filters")
async def list_filters(_caller: CurrentInspector) -> Filters:
    """List the kinds and the states. Schools are looked for by name: `/api/schools?q=`."""
    return Filters(kinds=list(LessonKind), states=list(LessonState))
