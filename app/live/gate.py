"""Who may enter as what: `signaling.ports.RoomGate`, answered from the slices.

A database that is away lets nobody in for now, and says so.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import service as attendance
from app.attendance.models import Session
from app.attendance.seats import HUB, SeatRole, read_seat, site_seat
from app.database import Database, is_unavailable
from app.errors import NotFound
from app.lessons.models import Lesson
from app.live import lesson_clock, queries, tickets
from app.live.adopting import said_of
from app.recordings import queries as recording_queries
from media.recorder.places import SecondPlace
from signaling.errors import ErrorCode
from signaling.messages import LessonInfo, Role
from signaling.ports import Admission, ExpectedSeat, Refused, RoomSeed

log = structlog.get_logger(__name__)

_SECOND = timedelta(seconds=1)
_DISK_ANSWERS_WITHIN_S = 2.0


class DatabaseGate:
    """Redeems tickets and opens rooms. `clock` gives the wall time."""

    def __init__(
        self,
        database: Database,
        *,
        recordings_dir: Path,
        second: SecondPlace | None = None,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._recordings_dir = recordings_dir
        self._second = second
        self._clock = clock

    @asynccontextmanager
    async def _work(self) -> AsyncIterator[AsyncSession]:
        """Give a unit of work. Raise Refused when it failed for want of a database."""
        try:
            async with self._database.unit_of_work() as db:
                yield db
        except Exception as error:
            if is_unavailable(error):
                log.warning("entry_without_database", error=type(error).__name__)
                raise Refused(ErrorCode.UNAVAILABLE, "Try again in a moment.") from error
            raise

    async def redeem(self, ticket: str) -> Admission:
        """Use up a ticket, and only then look at whom it lets in: it is gone either way."""
        async with self._work() as db:
            used = await tickets.use_up(db, ticket=ticket, now=self._clock())
        holder = await self._holder(
            used.session_id,
            account_id=used.account_id,
            device_id=used.device_id,
            seat_id=used.seat_id,
        )
        return Admission(
            room_id=str(used.session_id),
            seat_id=used.seat_id,
            role=Role(used.role),
            name=holder.name,
            school=holder.school,
            account_id=str(used.account_id) if used.account_id else None,
            device_id=str(used.device_id) if used.device_id else None,
            budget_down_kbps=holder.budget_down_kbps,
            budget_up_kbps=holder.budget_up_kbps,
        )

    async def readmit(self, admission: Admission) -> Admission:
        """Look again at whom a return ticket lets in. Raise Refused."""
        account_id, device_id = admission.account_id, admission.device_id
        holder = await self._holder(
            UUID(admission.room_id),
            account_id=UUID(account_id) if account_id else None,
            device_id=UUID(device_id) if device_id else None,
            seat_id=admission.seat_id,
        )
        return replace(
            admission,
            name=holder.name,
            school=holder.school,
            budget_down_kbps=holder.budget_down_kbps,
            budget_up_kbps=holder.budget_up_kbps,
        )

    async def _holder(
        self, session_id: UUID, *, account_id: UUID | None, device_id: UUID | None, seat_id: str
    ) -> "_Holder":
        """Return who comes, while the lesson goes on. Raise Refused."""
        async with self._work() as db:
            session = await db.get_one(Session, session_id)
            if session.ended_at is not None:
                raise Refused("lesson_over", "The lesson is over.")
            return await _holder_of(db, account_id=account_id, device_id=device_id, seat_id=seat_id)

    async def load_room(self, room_id: str) -> RoomSeed:
        """Begin a new epoch of the room and say what it is made of. Raise Refused."""
        now = self._clock()
        async with self._work() as db:
            try:
                session = await attendance.open_room(db, session_id=UUID(room_id), now=now)
            except (NotFound, ValueError):
                raise Refused("no_such_room", "There is no such room.") from None
            if session.ended_at is not None or not session.lesson.state.is_live:
                raise Refused("lesson_over", "The lesson is over.")
            loaded = await queries.session_to_open(db, session.id)
            assert loaded is not None
            recording = await recording_queries.of_session(db, session.id)
            folder = self._recordings_dir / recording.folder if recording else None
            second = self._second.below(recording.folder) if recording and self._second else None
        measured_s = await _measured_s(folder) if folder else None
        wall_s = (now - session.started_at) / _SECOND
        elapsed_s = max(wall_s if measured_s is None else measured_s, session.last_alive_ms / 1000)
        return _seed(loaded, folder, second, elapsed_s=elapsed_s, now=now)


async def _measured_s(folder: Path) -> float | None:
    """Return how long a lesson has run by its recording; None if the disk does not answer."""
    try:
        async with asyncio.timeout(_DISK_ANSWERS_WITHIN_S):
            return await asyncio.to_thread(lesson_clock.elapsed_s, folder)
    except TimeoutError:
        return None


@dataclass(frozen=True, slots=True)
class _Holder:
    """What is shown for a seat, and what its classroom's line was declared to carry."""

    name: str
    school: str
    budget_down_kbps: int | None = None
    budget_up_kbps: int | None = None


async def _holder_of(
    db: AsyncSession, *, account_id: UUID | None, device_id: UUID | None, seat_id: str
) -> _Holder:
    """Return who comes with a ticket. Raise Refused if its holder may not act.

    Between the ticket and now the account may have been disabled or the device revoked.
    """
    refused = Refused("ticket_invalid", "Whoever this ticket was given to may not enter any more.")
    if device_id is not None:
        if not await queries.is_device_in_use(db, device_id):
            raise refused
        seat = read_seat(seat_id)
        assert seat.role is SeatRole.CLASSROOM
        assert seat.of is not None
        site = await queries.seat_site(db, seat.of)
        classroom = site.classroom
        return _Holder(
            classroom.name,
            classroom.school.name,
            classroom.budget_down_kbps,
            classroom.budget_up_kbps,
        )
    assert account_id is not None
    holder = await queries.account_holder(db, account_id)
    if holder is None:
        raise refused
    person, school = holder
    return _Holder(person.name, school)


def _seed(
    session: Session,
    folder: Path | None,
    second: SecondPlace | None,
    *,
    elapsed_s: float,
    now: datetime,
) -> RoomSeed:
    """Return what the room is made of. `elapsed_s` is the lesson clock, which never runs back."""
    lesson = session.lesson
    hub = ExpectedSeat(HUB, Role.LECTURER, lesson.lecturer.name, lesson.hub_school.name)
    sites = sorted(lesson.sites, key=lambda site: site.id)
    return RoomSeed(
        room_id=str(session.id),
        lesson=_lesson_info(lesson, session.id),
        seats=(
            hub,
            *(
                ExpectedSeat(
                    site_seat(site.id),
                    Role.CLASSROOM,
                    site.classroom.name,
                    site.classroom.school.name,
                    may_record_video=site.classroom.school.may_record_pupils,
                )
                for site in sites
            ),
        ),
        elapsed_s=elapsed_s,
        zero_at=now - elapsed_s * _SECOND,
        epoch=session.epoch,
        recording_folder=folder,
        second_place=second,
        recording_metadata={**lesson_clock.tie(elapsed_s), **said_of(lesson)},
        stage_limit=lesson.stage_limit,
        saved_state=session.saved_state,
    )


def _lesson_info(lesson: Lesson, session_id: UUID) -> LessonInfo:
    return LessonInfo(
        lesson_id=str(lesson.id),
        session_id=str(session_id),
        kind=lesson.kind.value,
        title=lesson.title,
        subject=lesson.subject,
        grade=lesson.grade,
        hub_school=lesson.hub_school.name,
        lecturer=lesson.lecturer.name,
        planned_start=lesson.planned_start.isoformat(),
        planned_end=lesson.planned_end.isoformat(),
        is_recorded=lesson.is_recorded,
    )
