"""Calendar feeds: make an address for oneself or a classroom; what an address gives."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel

from app.alliances.shared import kept
from app.clock import Now
from app.database import Db
from app.errors import NotFound, refuses
from app.lessons import feeds
from app.lessons import timetable_queries as queries
from app.lessons.feeds import Holder
from app.ratelimits import RateLimit
from app.schools import queries as schools
from app.schools.models import Classroom
from app.security import CurrentAdministrator, CurrentTeacher, NobodyKnown, PersonCaller

router = APIRouter(prefix="/api", tags=["timetable"])

# A calendar program asks every quarter of an hour at most; a school shares one address.
_ASKED = Depends(RateLimit("calendars", "120/minute"))
Token = Annotated[str, Path(min_length=20, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class FeedOut(BaseModel):
    """Whether there is an address, and since when; it itself is told only as it is made."""

    made_at: datetime | None


class FeedMade(BaseModel):
    """The new address, told this once: a path on this server."""

    path: str
    made_at: datetime


def _made(token: str, now: datetime) -> FeedMade:
    return FeedMade(path=f"/api/calendars/{token}.ics", made_at=now)


@router.get("/calendar-feeds/mine")
async def my_feed(db: Db, caller: CurrentTeacher) -> FeedOut:
    """Say whether the caller has an address for her lessons."""
    return FeedOut(made_at=await feeds.made_at(db, Holder(person_id=caller.person_id)))


@router.post("/calendar-feeds/mine", status_code=201)
async def renew_my_feed(db: Db, now: Now, caller: CurrentTeacher) -> FeedMade:
    """Make an address for the caller's lessons; one she had gives nothing any more."""
    return _made(await feeds.renew(db, Holder(person_id=caller.person_id), now=now), now)


@router.delete("/calendar-feeds/mine", status_code=204)
@refuses(NotFound)
async def withdraw_my_feed(db: Db, caller: CurrentTeacher) -> None:
    """Withdraw the caller's address: it gives nothing any more, and there is no new one."""
    await feeds.withdraw(db, Holder(person_id=caller.person_id))


@router.get("/calendar-feeds/classrooms/{classroom_id}")
async def classroom_feed(classroom_id: UUID, db: Db, caller: CurrentAdministrator) -> FeedOut:
    """Say whether a classroom one administers has an address for its lessons."""
    room = await queries.classroom_seen(db, caller, classroom_id)
    return FeedOut(made_at=await feeds.made_at(db, Holder(classroom_id=room.id)))


@router.post("/calendar-feeds/classrooms/{classroom_id}", status_code=201)
async def renew_classroom_feed(
    classroom_id: UUID, db: Db, now: Now, caller: CurrentAdministrator
) -> FeedMade:
    """Make an address for a classroom's lessons; one it had gives nothing any more."""
    room = await _administered(db, caller, classroom_id)
    return _made(await feeds.renew(db, Holder(classroom_id=room.id), now=now), now)


@router.delete("/calendar-feeds/classrooms/{classroom_id}", status_code=204)
async def withdraw_classroom_feed(classroom_id: UUID, db: Db, caller: CurrentAdministrator) -> None:
    """Withdraw a classroom's address: it gives nothing any more, and there is no new one."""
    room = await _administered(db, caller, classroom_id)
    await feeds.withdraw(db, Holder(classroom_id=room.id))


async def _administered(db: Db, caller: PersonCaller, classroom_id: UUID) -> Classroom:
    room = await queries.classroom_seen(db, caller, classroom_id)
    await schools.school_within(db, kept(caller), room.school_id)
    return room


@router.get(
    "/calendars/{token}.ics",
    dependencies=[NobodyKnown, _ASKED],
    response_class=Response,
    responses={200: {"content": {"text/calendar": {"schema": {"type": "string"}}}}},
)
@refuses(NotFound)
async def read_calendar(token: Token, db: Db, now: Now) -> Response:
    """Give the lessons of an address as iCalendar (RFC 5545); who has the address may read it."""
    body = await feeds.calendar_of(db, token, now=now)
    headers = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)
