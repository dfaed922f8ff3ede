"""声音测试: what a classroom's loudspeaker, microphone and walls were like when they were tried.

The classroom's own page measures; only figures are kept, and the pages judge them, so that a
better judgement needs no new test.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from app.clock import Now
from app.database import Base, Db, Id
from app.idempotency import IdempotentRoute
from app.ratelimits import RateLimit
from app.security import CurrentDevice

router = APIRouter(prefix="/api/classroom", tags=["schools"], route_class=IdempotentRoute)

# A test takes most of a minute.
_SELDOM = Depends(RateLimit("room-tests", "60/hour"))


class RoomTest(Base):
    """声音测试: one trial of a classroom's sound, as its own computer measured it.

    Levels in dB below full scale (0 is as loud as can be told). `echo_db` and `echo_delay_ms`: what
    came back of the loudspeaker through the microphone as a lesson opens it, and how much later;
    None: nothing did.
    """

    __tablename__ = "room_tests"

    id: Mapped[Id]
    classroom_id: Mapped[UUID] = mapped_column(ForeignKey("classrooms.id"), index=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id"))
    taken_at: Mapped[datetime]
    noise_db: Mapped[float]
    heard_db: Mapped[float]
    voice_db: Mapped[float]
    clipped_percent: Mapped[float]
    echo_db: Mapped[float | None]
    echo_delay_ms: Mapped[int | None]


# Strict: neither a word nor a truth value passes for a figure.
Decibels = Annotated[float, Field(ge=-120, le=0, strict=True)]


class RoomTestIn(BaseModel):
    """What the classroom's page measured; see `RoomTest`."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    noise_db: Decibels
    heard_db: Decibels
    voice_db: Decibels
    clipped_percent: Annotated[float, Field(ge=0, le=100, strict=True)]
    echo_db: Decibels | None
    echo_delay_ms: Annotated[int, Field(ge=0, le=5000, strict=True)] | None

    @model_validator(mode="after")
    def _echo_is_whole(self) -> "RoomTestIn":
        if (self.echo_db is None) != (self.echo_delay_ms is None):
            raise ValueError("An echo has a level and a delay, or there is none.")
        return self


class RoomTestOut(RoomTestIn):
    """A test with its date."""

    taken_at: datetime


@router.post("/room-tests", status_code=201, dependencies=[_SELDOM])
async def keep_room_test(body: RoomTestIn, db: Db, now: Now, device: CurrentDevice) -> RoomTestOut:
    """Keep what this classroom measured; its administrator sees the newest."""
    figures = body.model_dump()
    db.add(
        RoomTest(
            classroom_id=device.classroom_id, device_id=device.device_id, taken_at=now, **figures
        )
    )
    return RoomTestOut(taken_at=now, **figures)


async def newest_tests(db: AsyncSession, classroom_ids: Sequence[UUID]) -> dict[UUID, RoomTestOut]:
    """Return the newest test of each of these classrooms that has had one."""
    place = (
        func.row_number()
        .over(
            partition_by=RoomTest.classroom_id,
            order_by=(RoomTest.taken_at.desc(), RoomTest.id.desc()),
        )
        .label("place")
    )
    ranked = select(RoomTest, place).where(RoomTest.classroom_id.in_(classroom_ids)).subquery()
    newest = aliased(RoomTest, ranked)
    tests = await db.scalars(select(newest).where(ranked.c.place == 1))
    return {
        test.classroom_id: RoomTestOut.model_validate(test, from_attributes=True) for test in tests
    }
