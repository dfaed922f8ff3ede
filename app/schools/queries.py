"""Reads of regions, schools, classrooms and devices. Rights are part of the query."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, selectinload

from app.errors import NotFound
from app.schools.models import (
    PATH_END,
    Classroom,
    Device,
    DeviceState,
    LineCheck,
    Region,
    School,
    SchoolClass,
)
from app.security import Scope


def regions_within(scope: Scope) -> Select[UUID]:
    """Return a query of the ids of the regions in `scope` and of all below them."""
    top = aliased(Region)
    # A range of the index over the paths, which both databases walk; no recursion.
    return (
        select(Region.id)
        .join(top, Region.path.between(top.path, top.path + PATH_END))
        .where(top.id.in_(scope.region_ids))
    )


def schools_within(scope: Scope) -> Select[UUID]:
    """Return a query of the ids of the schools in `scope`, to be used in `.in_(...)`.

    A region covers the regions below it, to any depth. A school covers the teaching points
    whose parent (中心校) it is, since it answers for them.
    """
    # Only what there is: beside an empty list, PostgreSQL takes half of all schools to be meant.
    places: list[ColumnElement[bool]] = []
    if scope.region_ids:
        places.append(School.region_id.in_(regions_within(scope)))
    if scope.school_ids:
        places.append(School.id.in_(scope.school_ids))
        places.append(School.parent_id.in_(scope.school_ids))
    return select(School.id).where(or_(false(), *places))


async def covers_everything(db: AsyncSession, scope: Scope) -> bool:
    """Return whether a scope has all there is: every region that lies in no other."""
    outside = (
        select(Region.id).where(Region.parent_id.is_(None), Region.id.not_in(scope.region_ids))
    ).limit(1)
    return bool(scope.region_ids) and await db.scalar(outside) is None


async def region_within(db: AsyncSession, scope: Scope, region_id: UUID) -> Region:
    """Return a region in `scope`."""
    region = await db.scalar(
        select(Region).where(Region.id == region_id, Region.id.in_(regions_within(scope)))
    )
    if region is None:
        raise NotFound("There is no such region for you.")
    return region


async def get_region(db: AsyncSession, region_id: UUID) -> Region:
    """Return a region. Only for ids the database itself gave."""
    return (await db.scalars(select(Region).where(Region.id == region_id))).one()


async def school_within(db: AsyncSession, scope: Scope, school_id: UUID) -> School:
    """Return a school in `scope`, with its region."""
    return await _school(db, School.id == school_id, School.id.in_(schools_within(scope)))


async def get_school(db: AsyncSession, school_id: UUID) -> School:
    """Return a school with its region whoever asks. For callers that check the right themselves."""
    return await _school(db, School.id == school_id)


async def school_by_code(db: AsyncSession, moe_code: str) -> School:
    """Return the school with this code of the ministry, wherever it lies, with its region."""
    return await _school(db, School.moe_code == moe_code)


async def _school(db: AsyncSession, *wanted: ColumnElement[bool]) -> School:
    school = await db.scalar(select(School).where(*wanted).options(selectinload(School.region)))
    if school is None:
        raise NotFound("There is no such school for you.")
    return school


async def ids_within(db: AsyncSession, scope: Scope, school_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these schools lie in `scope`."""
    return set(await db.scalars(schools_within(scope).where(School.id.in_(school_ids))))


async def region_ids_within(
    db: AsyncSession, scope: Scope, region_ids: Collection[UUID]
) -> set[UUID]:
    """Return which of these regions lie in `scope`."""
    return set(await db.scalars(regions_within(scope).where(Region.id.in_(region_ids))))


async def require_schools(db: AsyncSession, school_ids: Collection[UUID]) -> None:
    """Raise NotFound unless all of these schools exist."""
    found = set(await db.scalars(select(School.id).where(School.id.in_(school_ids))))
    if found != set(school_ids):
        raise NotFound("There is no such school.")


async def require_class_of(db: AsyncSession, class_id: UUID, *, school_id: UUID) -> None:
    """Raise NotFound unless this class belongs to this school."""
    found = await db.scalar(
        select(SchoolClass.id).where(SchoolClass.id == class_id, SchoolClass.school_id == school_id)
    )
    if found is None:
        raise NotFound("This class does not belong to the school it is named for.")


async def class_names(db: AsyncSession, class_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of these classes."""
    rows = await db.execute(
        select(SchoolClass.id, SchoolClass.name).where(SchoolClass.id.in_(class_ids))
    )
    return {row.id: row.name for row in rows}


async def device_by_credential(db: AsyncSession, credential_hash: str) -> Device | None:
    """Return the device that holds this credential, with classroom and school, unless revoked."""
    return await db.scalar(
        select(Device)
        .where(Device.credential_hash == credential_hash, Device.state != DeviceState.REVOKED)
        .options(selectinload(Device.classroom).selectinload(Classroom.school))
    )


async def get_device(db: AsyncSession, device_id: UUID) -> Device:
    """Return a device with classroom and school. For its own requests."""
    device = await db.scalar(
        select(Device)
        .where(Device.id == device_id)
        .options(selectinload(Device.classroom).selectinload(Classroom.school))
    )
    if device is None:
        raise NotFound
    return device


async def device_within(db: AsyncSession, scope: Scope, device_id: UUID) -> Device:
    """Return a device of a classroom in `scope`, with its classroom."""
    device = await db.scalar(
        select(Device)
        .join(Device.classroom)
        .where(Device.id == device_id, Classroom.school_id.in_(schools_within(scope)))
        .options(selectinload(Device.classroom))
    )
    if device is None:
        raise NotFound
    return device


async def devices_of(
    db: AsyncSession, classroom_ids: Sequence[UUID], *, with_revoked: bool
) -> Sequence[Device]:
    """Return the devices of these classrooms, oldest first."""
    query = select(Device).where(Device.classroom_id.in_(classroom_ids))
    if not with_revoked:
        query = query.where(Device.state != DeviceState.REVOKED)
    return (await db.scalars(query.order_by(Device.enrolled_at, Device.id))).all()


async def line_checks_of(
    db: AsyncSession, classroom_ids: Sequence[UUID]
) -> Mapping[UUID, LineCheck]:
    """Return, by classroom, the newest check of a device that is in use there."""
    rows = await db.execute(
        select(Device.classroom_id, LineCheck)
        .join(Device, LineCheck.device_id == Device.id)
        .where(Device.classroom_id.in_(classroom_ids), Device.state != DeviceState.REVOKED)
        .order_by(LineCheck.checked_at)
    )
    return {row[0]: row[1] for row in rows}


async def line_check_of(
    db: AsyncSession, *, device_id: UUID | None, account_id: UUID | None
) -> LineCheck | None:
    """Return the check that is kept of a device or of an account."""
    holder = (
        LineCheck.account_id == account_id
        if device_id is None
        else LineCheck.device_id == device_id
    )
    return await db.scalar(select(LineCheck).where(holder))


async def region_by_code(db: AsyncSession, code: str) -> Region | None:
    """Return the region with this statistical code."""
    return await db.scalar(select(Region).where(Region.code == code))


async def classroom_by_names(db: AsyncSession, school: str, classroom: str) -> Classroom:
    """Return a classroom by the names people know it by. For the command line only."""
    rows = (
        await db.scalars(
            select(Classroom)
            .join(Classroom.school)
            .where(School.name == school, Classroom.name == classroom)
        )
    ).all()
    if len(rows) != 1:
        raise NotFound(f"{len(rows)} classrooms are called {classroom!r} at {school!r}.")
    return rows[0]
