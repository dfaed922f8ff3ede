"""Reads of the registry: lists in a caller's scope, one statement each whatever their length."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, contains_eager, joinedload

from app.codes.queries import point_categories
from app.errors import NotFound
from app.pinyin import is_named
from app.schools.models import (
    PATH_END,
    Authority,
    AuthorityLevel,
    Classroom,
    Region,
    RegionLabel,
    School,
    SchoolChange,
    SchoolClass,
    SchoolCode,
)
from app.schools.queries import regions_within, schools_within
from app.security import Scope


def visible_regions(scope: Scope) -> Select[UUID]:
    """Return a query of the regions in `scope`, and of those the scope's schools lie in."""
    return select(Region.id).where(
        or_(
            Region.id.in_(regions_within(scope)),
            Region.id.in_(select(School.region_id).where(School.id.in_(scope.school_ids))),
        )
    )


@dataclass(frozen=True, slots=True)
class RegionFilter:
    """Which regions; None: whatever. `parent_id`: right below it. `text`: in code or name."""

    parent_id: UUID | None = None
    text: str = ""


def _counted(*conditions: ColumnElement[bool]) -> Any:
    """Return the number of open schools in a region and below it."""
    below = aliased(Region)
    return (
        select(func.count(School.id))
        .join(below, below.id == School.region_id)
        .where(
            below.path.between(Region.path, Region.path + PATH_END),
            School.closed_on.is_(None),
            *conditions,
        )
        .correlate(Region)
        .scalar_subquery()
    )


def regions(scope: Scope, wanted: RegionFilter) -> Select[Region, int, int]:
    """Return regions with the numbers of open schools and teaching points in them."""
    query = select(Region, _counted(), _counted(School.category.in_(point_categories()))).where(
        Region.id.in_(visible_regions(scope))
    )
    if wanted.parent_id is not None:
        query = query.where(Region.parent_id == wanted.parent_id)
    if wanted.text:
        query = query.where(
            or_(
                is_named(Region, wanted.text),
                Region.code.startswith(wanted.text, autoescape=True),
            )
        )
    return query


async def region_row(db: AsyncSession, scope: Scope, region_id: UUID) -> tuple[Region, int, int]:
    """Return one region as the list shows it. Raise NotFound."""
    query = regions(scope, RegionFilter()).where(Region.id == region_id)
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise NotFound("There is no such region, or it is not yours.")
    region, schools_in_it, points_in_it = row
    return region, schools_in_it, points_in_it


async def kept_of(db: AsyncSession, scope: Scope, region_ids: Iterable[UUID]) -> set[UUID]:
    """Return those of these regions that are in a scope, not only seen for a school in them."""
    return set(
        await db.scalars(
            select(Region.id).where(
                Region.id.in_(set(region_ids)), Region.id.in_(regions_within(scope))
            )
        )
    )


async def labels_of(
    db: AsyncSession, region_ids: Sequence[UUID]
) -> Mapping[UUID, list[RegionLabel]]:
    """Return the labels of these regions, the earliest first."""
    rows = await db.scalars(
        select(RegionLabel)
        .where(RegionLabel.region_id.in_(region_ids))
        .order_by(RegionLabel.valid_from, RegionLabel.id)
    )
    found: dict[UUID, list[RegionLabel]] = {region_id: [] for region_id in region_ids}
    for row in rows:
        found[row.region_id].append(row)
    return found


async def label_within(db: AsyncSession, scope: Scope, label_id: UUID) -> RegionLabel:
    """Return a label of a region in scope. Raise NotFound."""
    query = select(RegionLabel).where(
        RegionLabel.id == label_id, RegionLabel.region_id.in_(regions_within(scope))
    )
    label = await db.scalar(query)
    if label is None:
        raise NotFound("There is no such label of a region that is yours.")
    return label


async def own_authority(
    db: AsyncSession, scope: Scope, authority_id: UUID
) -> tuple[Authority, Region]:
    """Return an authority of a region in scope with the region. Raise NotFound."""
    query = (
        select(Authority, Region)
        .join(Region, Region.id == Authority.region_id)
        .where(Authority.id == authority_id, Region.id.in_(regions_within(scope)))
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise NotFound("There is no such authority, or it is not yours.")
    return row[0], row[1]


@dataclass(frozen=True, slots=True)
class AuthorityFilter:
    """Which authorities. `text`: words of their names or of their regions'."""

    text: str = ""
    level: AuthorityLevel | None = None


def authorities(scope: Scope, wanted: AuthorityFilter) -> Select[Authority, Region]:
    """Return the authorities of the regions in scope."""
    query = (
        select(Authority, Region)
        .join(Region, Region.id == Authority.region_id)
        .where(Region.id.in_(visible_regions(scope)))
    )
    for word in wanted.text.split():
        named = or_(Authority.name.icontains(word, autoescape=True), is_named(Region, word))
        query = query.where(named)
    return query if wanted.level is None else query.where(Authority.level == wanted.level)


async def authority_within(db: AsyncSession, scope: Scope, authority_id: UUID) -> Authority:
    """Return an authority of a region in scope, or above: a county's school may be a city's.

    Raise NotFound.
    """
    own, top = aliased(Region), aliased(Region)
    above = (
        select(top.id)
        .join(own, own.path.between(top.path, top.path + PATH_END))
        .where(own.id.in_(visible_regions(scope)))
    )
    found = await db.scalar(
        select(Authority).where(
            Authority.id == authority_id,
            or_(Authority.region_id.in_(above), Authority.region_id.in_(regions_within(scope))),
        )
    )
    if found is None:
        raise NotFound("There is no such authority, or it is not yours.")
    return found


@dataclass(frozen=True, slots=True)
class SchoolFilter:
    """Which schools; None: whatever. `region_id`: in it or below. `text`: in name or code."""

    text: str = ""
    region_id: UUID | None = None
    category: str | None = None
    urban_rural: str | None = None
    parent_id: UUID | None = None
    is_open: bool | None = None


_Parent = aliased(School)


def _matches(scope: Scope, wanted: SchoolFilter) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [School.id.in_(schools_within(scope))]
    if wanted.region_id is not None:
        below = regions_within(Scope(region_ids=frozenset({wanted.region_id})))
        conditions.append(School.region_id.in_(below))
    for column, value in (
        (School.category, wanted.category),
        (School.urban_rural, wanted.urban_rural),
        (School.parent_id, wanted.parent_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.is_open is not None:
        conditions.append(School.closed_on.is_(None) == wanted.is_open)
    if wanted.text:
        conditions.append(
            or_(
                is_named(School, wanted.text),
                School.moe_code.startswith(wanted.text, autoescape=True),
            )
        )
    return and_(*conditions)


SchoolRow = tuple[School, Region, School | None, int, int, int]


def schools(
    scope: Scope, wanted: SchoolFilter
) -> Select[School, Region, School | None, int, int, int]:
    """Return schools with region, parent, and the numbers of classes, pupils and classrooms."""
    classes = (SchoolClass.school_id == School.id, SchoolClass.closed_on.is_(None))
    return (
        select(
            School,
            Region,
            _Parent,
            select(func.count(SchoolClass.id)).where(*classes).scalar_subquery(),
            select(func.coalesce(func.sum(SchoolClass.pupil_count), 0))
            .where(*classes)
            .scalar_subquery(),
            select(func.count(Classroom.id))
            .where(Classroom.school_id == School.id)
            .scalar_subquery(),
        )
        .join(Region, Region.id == School.region_id)
        .outerjoin(_Parent, _Parent.id == School.parent_id)
        .where(_matches(scope, wanted))
    )


async def school_row(db: AsyncSession, scope: Scope, school_id: UUID) -> SchoolRow:
    """Return one school as the list shows it. Raise NotFound."""
    row = (
        await db.execute(schools(scope, SchoolFilter()).where(School.id == school_id))
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such school, or it is not yours.")
    school, region, parent, classes, pupils, classrooms = row
    return school, region, parent, classes, pupils, classrooms


async def codes_of(db: AsyncSession, school_id: UUID) -> Sequence[SchoolCode]:
    """Return all codes a school ever had, in the order they were given."""
    rows = await db.scalars(
        select(SchoolCode).where(SchoolCode.school_id == school_id).order_by(SchoolCode.id)
    )
    return rows.all()


async def changes_of(db: AsyncSession, school_id: UUID) -> Sequence[SchoolChange]:
    """Return what happened to a school, oldest first."""
    rows = await db.scalars(
        select(SchoolChange)
        .where(SchoolChange.school_id == school_id)
        .order_by(SchoolChange.happened_on, SchoolChange.id)
    )
    return rows.all()


@dataclass(frozen=True, slots=True)
class ClassFilter:
    """Which classes; None: whatever."""

    school_id: UUID | None = None
    stage: str | None = None
    grade_no: int | None = None
    is_open: bool | None = None


def classes(scope: Scope, wanted: ClassFilter) -> Select[SchoolClass, School]:
    """Return the classes of the schools in scope with their school."""
    query = (
        select(SchoolClass, School)
        .join(School, School.id == SchoolClass.school_id)
        .where(SchoolClass.school_id.in_(schools_within(scope)))
    )
    if wanted.school_id is not None:
        query = query.where(SchoolClass.school_id == wanted.school_id)
    if wanted.stage is not None:
        query = query.where(SchoolClass.stage == wanted.stage)
    if wanted.grade_no is not None:
        query = query.where(SchoolClass.grade_no == wanted.grade_no)
    if wanted.is_open is not None:
        query = query.where(SchoolClass.closed_on.is_(None) == wanted.is_open)
    return query


def exported_classes(
    scope: Scope, wanted: ClassFilter
) -> Select[SchoolClass, School, Region, School | None]:
    """Return the classes with what names their school in a table: region and parent too."""
    return (
        classes(scope, wanted)
        .join(Region, Region.id == School.region_id)
        .outerjoin(_Parent, _Parent.id == School.parent_id)
        .add_columns(Region, _Parent)
    )


async def class_within(db: AsyncSession, scope: Scope, class_id: UUID) -> SchoolClass:
    """Return a class of a school in `scope`, with its school. Raise NotFound."""
    found = await db.scalar(
        select(SchoolClass)
        .where(SchoolClass.id == class_id, SchoolClass.school_id.in_(schools_within(scope)))
        .options(joinedload(SchoolClass.school))
    )
    if found is None:
        raise NotFound("There is no such class, or it is not yours.")
    return found


@dataclass(frozen=True, slots=True)
class ClassroomFilter:
    """Which classrooms; None: whatever. `text`: words, in its name or its school's."""

    school_id: UUID | None = None
    link_kind: str | None = None
    may_broadcast: bool | None = None
    text: str = ""


def classrooms(scope: Scope, wanted: ClassroomFilter) -> Select[Classroom]:
    """Return the classrooms of the schools in scope, school and region loaded."""
    query = (
        select(Classroom)
        .join(Classroom.school)
        .join(School.region)
        .where(Classroom.school_id.in_(schools_within(scope)))
        .options(contains_eager(Classroom.school).contains_eager(School.region))
    )
    for column, value in (
        (Classroom.school_id, wanted.school_id),
        (Classroom.link_kind, wanted.link_kind),
        (Classroom.may_broadcast, wanted.may_broadcast),
    ):
        if value is not None:
            query = query.where(column == value)
    for word in wanted.text.split():
        query = query.where(
            or_(
                Classroom.name.icontains(word, autoescape=True),
                is_named(School, word),
            )
        )
    return query


def exported_classrooms(
    scope: Scope, wanted: ClassroomFilter
) -> Select[Classroom, School, Region, School | None]:
    """Return the classrooms with what names their school in a table: region and parent too."""
    return (
        classrooms(scope, wanted)
        .outerjoin(_Parent, _Parent.id == School.parent_id)
        .add_columns(School, Region, _Parent)
    )


async def classroom_within(db: AsyncSession, scope: Scope, classroom_id: UUID) -> Classroom:
    """Return a classroom of a school in `scope`, school and region loaded. Raise NotFound."""
    room = await db.scalar(classrooms(scope, ClassroomFilter()).where(Classroom.id == classroom_id))
    if room is None:
        raise NotFound("There is no such classroom, or it is not yours.")
    return room


def local_code(school: School, parent: School | None) -> str | None:
    """Return how a point without a code of its own is told: its parent's code and its suffix."""
    if school.moe_code is not None or school.local_suffix is None or parent is None:
        return None
    return f"{parent.moe_code or parent.name}-{school.local_suffix}"
