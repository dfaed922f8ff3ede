"""Who and what a lesson takes up, and whether something else has it at that time already.

A person teaches or helps in one lesson at a time; a classroom gives or receives one. The lessons
of a chain (一点带多点) are the exception: the point in the middle receives the one while it gives
the other, in the same classroom.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.clock import DISPLAY_ZONE
from app.lessons.errors import LessonClash
from app.lessons.models import GIVEN_UP, Lesson, LessonSite
from app.schools.models import Classroom, School

# So many clashes are named; whoever plans a term badly need not read them all.
MOST_NAMED = 20


class Taken(StrEnum):
    """What is wanted twice."""

    PERSON = "PERSON"
    CLASSROOM = "CLASSROOM"


@dataclass(frozen=True, slots=True)
class Claim:
    """What one lesson takes up and when. `lesson_id`: None for one that is not written yet.

    `chain_id`: the lesson at the beginning of the chain it is of; None: of none.
    """

    title: str
    starts_at: datetime
    ends_at: datetime
    people: frozenset[UUID]
    classrooms: frozenset[UUID]
    lesson_id: UUID | None = None
    chain_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """A claim that cannot be met, and the lesson, written or claimed too, that it meets."""

    wanted: Claim
    other: Claim
    kind: Taken
    resource_id: UUID


async def require_free(
    db: AsyncSession, claims: Sequence[Claim], *, instead_of: Collection[UUID] = ()
) -> None:
    """Raise LessonClash unless all claims can be met together and beside what is planned.

    `instead_of`: lessons whose place these claims take. Until the transaction ends nobody else
    can claim the same people and classrooms.
    """
    if not claims:
        return
    await _hold(db, claims)
    found = await clashes(db, claims, instead_of=instead_of)
    if found:
        raise await _told(db, found)


async def clashes(
    db: AsyncSession, claims: Sequence[Claim], *, instead_of: Collection[UUID] = ()
) -> list[Clash]:
    """Return what stands against the claims. Three statements, however many they are."""
    planned = await _planned_beside(db, claims, frozenset(instead_of))
    return find_clashes(claims, planned)


def find_clashes(claims: Iterable[Claim], planned: Iterable[Claim]) -> list[Clash]:
    """Return, in order of time, each claim with each lesson it overlaps over something. Pure."""
    uses = [
        (kind, resource, is_new, claim)
        for is_new, group in ((True, claims), (False, planned))
        for claim in group
        for kind, resources in ((Taken.PERSON, claim.people), (Taken.CLASSROOM, claim.classrooms))
        for resource in resources
    ]
    uses.sort(key=lambda use: (use[0], use[1], use[3].starts_at, use[3].ends_at))
    found: list[Clash] = []
    for (kind, resource), group in groupby(uses, key=lambda use: use[:2]):
        running: list[tuple[bool, Claim]] = []
        for _, _, is_new, claim in group:
            running = [each for each in running if each[1].ends_at > claim.starts_at]
            for was_new, other in running:
                if (is_new or was_new) and not _of_one_chain(claim, other):
                    pair = (claim, other) if is_new else (other, claim)
                    found.append(Clash(*pair, kind, resource))
            running.append((is_new, claim))
    return sorted(found, key=lambda clash: (clash.wanted.starts_at, clash.kind))


def _of_one_chain(one: Claim, other: Claim) -> bool:
    def ends(claim: Claim) -> set[UUID]:
        return {each for each in (claim.lesson_id, claim.chain_id) if each is not None}

    return not ends(one).isdisjoint(ends(other))


async def _hold(db: AsyncSession, claims: Iterable[Claim]) -> None:
    """Have the next who claims one of these people and classrooms wait for this transaction."""
    people = sorted({each for claim in claims for each in claim.people})
    rooms = sorted({each for claim in claims for each in claim.classrooms})
    # SQLite locks no rows: an update, even of none, makes this the one transaction that writes.
    await db.execute(update(Lesson).where(false()).values(slot=None))
    for model, ids in ((Person, people), (Classroom, rooms)):
        await db.execute(
            select(model.id)
            .where(model.id.in_(ids))
            .order_by(model.id)
            .with_for_update(key_share=True)
        )


async def _planned_beside(
    db: AsyncSession, claims: Sequence[Claim], without: frozenset[UUID]
) -> list[Claim]:
    people = {each for claim in claims for each in claim.people}
    rooms = {each for claim in claims for each in claim.classrooms}
    if not people | rooms:
        return []
    between = (
        Lesson.planned_start < max(claim.ends_at for claim in claims),
        Lesson.planned_end > min(claim.starts_at for claim in claims),
        Lesson.state.not_in(GIVEN_UP),
    )
    rows = await db.execute(
        select(
            Lesson.id,
            Lesson.title,
            Lesson.planned_start,
            Lesson.planned_end,
            Lesson.origin_id,
            Lesson.lecturer_id,
            Lesson.hub_classroom_id,
        ).where(Lesson.id.in_(_ids_using(people, rooms, between)))
    )
    found = [row for row in rows if row.id not in without]
    sites = await db.execute(
        select(LessonSite.lesson_id, LessonSite.classroom_id, LessonSite.assistant_id).where(
            LessonSite.lesson_id.in_(_ids_using(people, rooms, between)),
            or_(LessonSite.classroom_id.in_(rooms), LessonSite.assistant_id.in_(people)),
        )
    )
    beside: dict[UUID, tuple[set[UUID], set[UUID]]] = {}
    for lesson_id, classroom_id, assistant_id in sites:
        helping, receiving = beside.setdefault(lesson_id, (set(), set()))
        receiving.add(classroom_id)
        if assistant_id is not None:
            helping.add(assistant_id)
    nobody: tuple[set[UUID], set[UUID]] = (set(), set())
    return [
        Claim(
            title=row.title,
            starts_at=row.planned_start,
            ends_at=row.planned_end,
            people=frozenset(people & ({row.lecturer_id} | beside.get(row.id, nobody)[0])),
            classrooms=frozenset(rooms & ({row.hub_classroom_id} | beside.get(row.id, nobody)[1])),
            lesson_id=row.id,
            chain_id=row.origin_id,
        )
        for row in found
    ]


def _ids_using(
    people: Collection[UUID], rooms: Collection[UUID], between: Iterable[ColumnElement[bool]]
) -> Select[UUID]:
    """Each part by an index of its own: never through all lessons of these days."""
    given = select(Lesson.id).where(*between)
    parts = union(
        given.where(Lesson.lecturer_id.in_(people)),
        given.where(Lesson.hub_classroom_id.in_(rooms)),
        given.join(LessonSite).where(LessonSite.classroom_id.in_(rooms)),
        given.join(LessonSite).where(LessonSite.assistant_id.in_(people)),
    ).subquery()
    return select(parts.c.id)


async def _told(db: AsyncSession, found: Sequence[Clash]) -> LessonClash:
    """Return the refusal: what stands against it in one sentence, and the rest as members."""
    named = found[:MOST_NAMED]
    ids = {each.resource_id for each in named}
    people = await db.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    rooms = await db.execute(
        select(Classroom.id, School.name + " " + Classroom.name)
        .join(School, Classroom.school_id == School.id)
        .where(Classroom.id.in_(ids))
    )
    names = {row[0]: row[1] for row in (*people, *rooms)}
    listed = [
        {
            "kind": each.kind,
            "name": names[each.resource_id],
            "title": each.other.title,
            "planned_start": each.other.starts_at.isoformat(),
            "planned_end": each.other.ends_at.isoformat(),
            "wanted_title": each.wanted.title,
            "wanted_start": each.wanted.starts_at.isoformat(),
        }
        for each in named
    ]
    first = named[0].other
    starts, ends = (each.astimezone(DISPLAY_ZONE) for each in (first.starts_at, first.ends_at))
    verb = "has" if named[0].kind is Taken.PERSON else "is taken by"
    return LessonClash(
        f"{names[named[0].resource_id]} {verb} the lesson 《{first.title}》 on "
        f"{starts:%Y-%m-%d} from {starts:%H:%M} to {ends:%H:%M} already.",
        clashes=listed,
        count=len(found),
    )
