"""What people call the seats of a lesson."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.attendance.models import SeatPresence
from app.attendance.seats import HUB, SeatRole, read_seat, site_seat
from app.lessons.models import Lesson, LessonSite
from app.schools.models import Classroom, School


@dataclass(frozen=True, slots=True)
class NamedSeat:
    """A seat with its name and school; `label` tells it from all others of the lesson."""

    seat_id: str
    role: SeatRole
    name: str
    school: str

    @property
    def label(self) -> str:
        """Return the classroom with its school, or the person's name."""
        return f"{self.school} {self.name}" if self.role is SeatRole.CLASSROOM else self.name


async def seats_of(
    db: AsyncSession, lesson_id: UUID, session_id: UUID, *, others: Iterable[str] = ()
) -> dict[str, NamedSeat]:
    """Return the lecturer's, every invited site's and every visitor's seat, in this order.

    `others` are further seat ids to be named, such as that of whoever ended the lesson.
    """
    lecturer = (
        await db.execute(
            select(Person.name, School.name)
            .select_from(Lesson)
            .join(Person, Person.id == Lesson.lecturer_id)
            .join(School, School.id == Lesson.hub_school_id)
            .where(Lesson.id == lesson_id)
        )
    ).one()
    seats = [NamedSeat(HUB, SeatRole.LECTURER, lecturer[0], lecturer[1])]
    sites = await db.execute(
        select(LessonSite.id, Classroom.name, School.name)
        .join(Classroom, Classroom.id == LessonSite.classroom_id)
        .join(School, School.id == Classroom.school_id)
        .where(LessonSite.lesson_id == lesson_id)
        .order_by(School.name, Classroom.name, LessonSite.id)
    )
    seats += [NamedSeat(site_seat(row[0]), SeatRole.CLASSROOM, row[1], row[2]) for row in sites]
    seats += await _visitors(db, session_id, others)
    return {seat.seat_id: seat for seat in seats}


async def _visitors(db: AsyncSession, session_id: UUID, others: Iterable[str]) -> list[NamedSeat]:
    came = await db.scalars(
        select(SeatPresence.seat_id)
        .where(
            SeatPresence.session_id == session_id, SeatPresence.role == SeatRole.SUPERVISOR.value
        )
        .distinct()
    )
    ids = {
        name.of: seat_id
        for seat_id in {*came, *others}
        if (name := read_seat(seat_id)).role is SeatRole.SUPERVISOR and name.of is not None
    }
    people = await db.execute(
        select(Person.id, Person.name, School.name)
        .outerjoin(School, School.id == Person.school_id)
        .where(Person.id.in_(ids))
        .order_by(Person.name, Person.id)
    )
    return [NamedSeat(ids[row[0]], SeatRole.SUPERVISOR, row[1], row[2] or "") for row in people]
