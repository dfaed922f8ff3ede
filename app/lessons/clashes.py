"""Who and what a lesson takes up, and whether something else has it at that time already.

A person teaches or helps in one lesson at a time; a classroom gives or receives one, a class sits
in one. The lessons of a chain (一点带多点) are the exception: the point in the middle receives the
one while it gives the other, in the same classroom. The line of a school that gives lessons, or
passes them on, carries so many at once (`app.lessons.lines`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.clock import DISPLAY_ZONE
from app.lessons.errors import LessonClash
from app.lessons.lines import lines_of
from app.lessons.models import GIVEN_UP, CourseOffering, Lesson, LessonSite
from app.schools.models import Classroom, School, SchoolClass

# So many clashes are named; whoever plans a term badly need not read them all.
MOST_NAMED = 20


class Taken(StrEnum):
    """What is wanted twice; of a LINE, once more than it carries."""

    PERSON = "PERSON"
    CLASSROOM = "CLASSROOM"
    CLASS = "CLASS"
    LINE = "LINE"


@dataclass(frozen=True, slots=True)
class Claim:
    """What one lesson takes up and when. `lesson_id`: None for one that is not written yet.

    `chain_id`: the lesson at the beginning of the chain it is of; None: of none. `lines`: of these
    schools; those of the classrooms that pass it on, `passing`, are read (`clashes`), as is the
    hub's own class, which `offering_id` names.
    """

    title: str
    starts_at: datetime
    ends_at: datetime
    people: frozenset[UUID]
    classrooms: frozenset[UUID]
    lesson_id: UUID | None = None
    chain_id: UUID | None = None
    classes: frozenset[UUID] = frozenset()
    lines: frozenset[UUID] = frozenset()
    passing: frozenset[UUID] = frozenset()
    offering_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """A claim that cannot be met, and the lesson, written or claimed too, that it meets.

    `at_once`: how many lessons what is wanted can have at a time.
    """

    wanted: Claim
    other: Claim
    kind: Taken
    resource_id: UUID
    at_once: int = 1


async def require_free(
    db: AsyncSession, claims: Sequence[Claim], *, instead_of: Collection[UUID] = ()
) -> None:
    """Raise LessonClash unless all claims can be met together and beside what is planned.

    `instead_of`: lessons whose place these claims take. Until the transaction ends nobody else
    can claim the same people, classrooms, classes and lines.
    """
    if not claims:
        return
    whole = await _whole(db, claims)
    await _hold(db, whole)
    found = await _clashes(db, whole, frozenset(instead_of))
    if found:
        raise await _told(db, found)


async def clashes(db: AsyncSession, claims: Sequence[Claim]) -> list[Clash]:
    """Return what stands against the claims. So many statements, however many they are."""
    return await _clashes(db, await _whole(db, claims), frozenset())


async def _clashes(
    db: AsyncSession, claims: Sequence[Claim], without: frozenset[UUID]
) -> list[Clash]:
    planned = await _planned_beside(db, claims, without)
    carried = await lines_of(db, {each for claim in claims for each in claim.lines})
    return find_clashes(claims, planned, carried)


async def _whole(db: AsyncSession, claims: Sequence[Claim]) -> list[Claim]:
    """Return the claims with the lines of whoever passes them on, and with the hubs' classes."""
    passing = {each for claim in claims for each in claim.passing}
    offerings = {claim.offering_id for claim in claims}
    schools = await db.execute(
        select(Classroom.id, Classroom.school_id).where(Classroom.id.in_(passing))
    )
    school_of = {row[0]: row[1] for row in schools}
    rows = await db.execute(
        select(CourseOffering.id, CourseOffering.hub_class_id).where(
            CourseOffering.id.in_([each for each in offerings if each is not None])
        )
    )
    own: dict[UUID | None, set[UUID]] = {row[0]: {row[1]} for row in rows if row[1] is not None}
    return [
        replace(
            claim,
            lines=claim.lines | {school_of[each] for each in claim.passing},
            classes=claim.classes | own.get(claim.offering_id, set()),
        )
        for claim in claims
    ]


def find_clashes(
    claims: Collection[Claim], planned: Collection[Claim], carried: Mapping[UUID, int]
) -> list[Clash]:
    """Return, in order of time, each claim with each lesson it overlaps over something. Pure.

    `carried`: how many lessons each line carries at once. Of what crowds one, the lesson that is
    there longest is named, and none where the claim overlaps one of them over something else.
    """
    found: list[Clash] = []
    for (kind, resource), running in _running(claims, planned):
        if kind is Taken.LINE:
            continue
        (is_new, claim), before = running[-1], running[:-1]
        for was_new, other in before:
            if (is_new or was_new) and not _of_one_chain(claim, other):
                pair = (claim, other) if is_new else (other, claim)
                found.append(Clash(*pair, kind, resource))
    told = {frozenset({id(each.wanted), id(each.other)}) for each in found}
    for (kind, resource), running in _running(claims, planned):
        if kind is not Taken.LINE or len(running) <= carried[resource]:
            continue
        wanted = next((claim for is_new, claim in reversed(running) if is_new), None)
        others = [claim for _, claim in running if claim is not wanted]
        if wanted is not None and told.isdisjoint(
            frozenset({id(wanted), id(other)}) for other in others
        ):
            found.append(Clash(wanted, others[0], kind, resource, carried[resource]))
    return sorted(found, key=lambda clash: (clash.wanted.starts_at, clash.kind))


_Use = tuple[bool, Claim]


def _running(
    claims: Iterable[Claim], planned: Iterable[Claim]
) -> Iterator[tuple[tuple[Taken, UUID], list[_Use]]]:
    """Return, of each thing, what has it whenever another begins to, that one last.

    Whatever overlaps does so at one of these moments.
    """
    uses = [
        (kind, resource, is_new, claim)
        for is_new, group in ((True, claims), (False, planned))
        for claim in group
        for kind, resources in (
            (Taken.PERSON, claim.people),
            (Taken.CLASSROOM, claim.classrooms),
            (Taken.CLASS, claim.classes),
            (Taken.LINE, claim.lines),
        )
        for resource in resources
    ]
    uses.sort(key=lambda use: (use[0], use[1], use[3].starts_at, use[3].ends_at))
    for thing, group in groupby(uses, key=lambda use: use[:2]):
        running: list[_Use] = []
        for _, _, is_new, claim in group:
            running = [each for each in running if each[1].ends_at > claim.starts_at]
            running.append((is_new, claim))
            yield thing, running


def _of_one_chain(one: Claim, other: Claim) -> bool:
    def ends(claim: Claim) -> set[UUID]:
        return {each for each in (claim.lesson_id, claim.chain_id) if each is not None}

    return not ends(one).isdisjoint(ends(other))


async def _hold(db: AsyncSession, claims: Iterable[Claim]) -> None:
    """Have the next who claims one of these wait for this transaction."""
    lines = sorted({each for claim in claims for each in claim.lines})
    people = sorted({each for claim in claims for each in claim.people})
    rooms = sorted({each for claim in claims for each in claim.classrooms})
    classes = sorted({each for claim in claims for each in claim.classes})
    # SQLite locks no rows: an update, even of none, makes this the one transaction that writes.
    await db.execute(update(Lesson).where(false()).values(slot=None))
    for model, ids in (
        (School, lines),
        (Person, people),
        (Classroom, rooms),
        (SchoolClass, classes),
    ):
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
    classes = {each for claim in claims for each in claim.classes}
    lines = {each for claim in claims for each in claim.lines}
    # Whoever passes a lesson on receives it; a class sits in its school, at home or from afar.
    schools = select(School.id).where(
        or_(
            School.id.in_(lines),
            School.id.in_(select(SchoolClass.school_id).where(SchoolClass.id.in_(classes))),
        )
    )
    ids = _ids_using(
        people,
        rooms,
        schools,
        (
            Lesson.planned_start < max(claim.ends_at for claim in claims),
            Lesson.planned_end > min(claim.starts_at for claim in claims),
            Lesson.state.not_in(GIVEN_UP),
        ),
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
            Lesson.hub_school_id,
            CourseOffering.hub_class_id,
        )
        .outerjoin(CourseOffering, Lesson.offering_id == CourseOffering.id)
        .where(Lesson.id.in_(ids))
    )
    planned = {
        row.id: Claim(
            title=row.title,
            starts_at=row.planned_start,
            ends_at=row.planned_end,
            people=frozenset(people & {row.lecturer_id}),
            classrooms=frozenset(rooms & {row.hub_classroom_id}),
            lesson_id=row.id,
            chain_id=row.origin_id,
            classes=frozenset(classes & {row.hub_class_id}),
            lines=frozenset(lines & {row.hub_school_id}),
        )
        for row in rows
        if row.id not in without
    }
    sites = await db.execute(
        select(
            LessonSite.lesson_id,
            LessonSite.classroom_id,
            LessonSite.assistant_id,
            LessonSite.class_id,
            Classroom.school_id,
        )
        .outerjoin(Classroom, LessonSite.through_id == Classroom.id)
        .where(LessonSite.lesson_id.in_(ids))
    )
    for lesson_id, classroom_id, assistant_id, class_id, passed_on_by in sites:
        claim = planned.get(lesson_id)
        if claim is not None:
            planned[lesson_id] = replace(
                claim,
                people=claim.people | (people & {assistant_id}),
                classrooms=claim.classrooms | (rooms & {classroom_id}),
                classes=claim.classes | (classes & {class_id}),
                lines=claim.lines | (lines & {passed_on_by}),
            )
    return list(planned.values())


def _ids_using(
    people: Collection[UUID],
    rooms: Collection[UUID],
    schools: Select[UUID],
    between: Iterable[ColumnElement[bool]],
) -> Select[UUID]:
    """Each part by an index of its own: never through all lessons of these days."""
    given = select(Lesson.id).where(*between)
    of_schools = select(Classroom.id).where(Classroom.school_id.in_(schools))
    parts = union(
        given.where(Lesson.lecturer_id.in_(people)),
        given.where(Lesson.hub_school_id.in_(schools)),
        given.join(LessonSite).where(LessonSite.classroom_id.in_(of_schools)),
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
    classes = await db.execute(
        select(SchoolClass.id, School.name + " " + SchoolClass.name)
        .join(School, SchoolClass.school_id == School.id)
        .where(SchoolClass.id.in_(ids))
    )
    schools = await db.execute(select(School.id, School.name).where(School.id.in_(ids)))
    names = {row[0]: row[1] for row in (*people, *rooms, *classes, *schools)}
    listed = [
        {
            "kind": each.kind,
            "name": names[each.resource_id],
            "at_once": each.at_once,
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
    return LessonClash(
        f"{_has(named[0], names[named[0].resource_id])} the lesson 《{first.title}》 on "
        f"{starts:%Y-%m-%d} from {starts:%H:%M} to {ends:%H:%M} already.",
        clashes=listed,
        count=len(found),
    )


def _has(clash: Clash, name: str) -> str:
    match clash.kind:
        case Taken.PERSON | Taken.CLASS:
            return f"{name} has"
        case Taken.CLASSROOM:
            return f"{name} is taken by"
        case Taken.LINE:
            return f"The line of {name} carries so many lessons at once, {clash.at_once}, and has"
