"""Which schools a person may look at, in the form in which the database is best asked.

A query of them serves any scope, and PostgreSQL misjudges it: it takes a county for a tenth of a
province. Where they are few enough to be named one by one they are read first, once a request.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import inspected_schools
from app.schools.models import Classroom, School
from app.security import PersonCaller

#: With so many classrooms or fewer (a school, a 中心校 and its points) all lessons they ever had
#: are few: they are looked up. With more, lessons are gone through in order until a page is full.
FEW = 40
#: Classrooms to name one by one at most: a county's, a city's; a province is left a query.
NAMED = 1000


@dataclass(frozen=True, slots=True)
class Sight:
    """The schools and their classrooms, for `.in_(...)`; `is_small`: there are few of them."""

    schools: Select[UUID] | Collection[UUID]
    classrooms: Select[UUID] | Collection[UUID]
    is_small: bool = False


def any_sight(person: PersonCaller) -> Sight:
    """Return what this person inspects as queries: for one lesson, and for all there are."""
    schools = inspected_schools(person)
    return Sight(schools, select(Classroom.id).where(Classroom.school_id.in_(schools)))


async def sight_of(
    db: AsyncSession, person: PersonCaller, *, few: int = FEW, named: int = NAMED
) -> Sight:
    """Return what this person inspects, read from the database where it is not too much."""
    found = await db.execute(
        select(School.id, Classroom.id)
        .outerjoin(Classroom, Classroom.school_id == School.id)
        .where(School.id.in_(inspected_schools(person)))
        .limit(named + 1)
    )
    rows = found.all()
    if len(rows) > named:
        return any_sight(person)
    schools, classrooms = {row[0] for row in rows}, {row[1] for row in rows} - {None}
    return Sight(sorted(schools), sorted(classrooms), is_small=len(rows) <= few)
