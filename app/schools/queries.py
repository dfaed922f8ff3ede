"""Reads of regions, schools, classrooms and devices. Rights are part of the query."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Select, or_, select
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
)
from app.security import Scope


def schools_within(scope: Scope) -> Select[UUID]:
    """Return a query of the ids of the schools in `scope`, to be used in `.in_(...)`.

    A region covers the regions below it, to any depth. A school covers the teaching points
    whose parent (中心校) it is, since it answers for them.
    """
    top = aliased(Region)
    # A range of the index over the paths, which both databases walk; no recursion.
    regions = (
        select(Region.id)
        .join(top, Region.path.between(top.path, top.path + PATH_END))
        .where(top.id.in_(scope.region_ids))
    )
    return select(School.id).where(
        or_(
            School.region_id.in_(regions),
            School.id.in_(scope.school_ids),
            School.parent_id.in_(scope.school_ids),
        )
    )


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


async def classroom_within(db: AsyncSession, scope: Scope, classroom_id: UUID) -> Classroom:
    """Return a classroom of a school in `scope`."""
    classroom = await db.scalar(
        select(Classroom).where(
            Classroom.id == classroom_id, Classroom.school_id.in_(schools_within(scope))
        )
    )
    if classroom is None:
        raise NotFound
    return classroom


async def classrooms_within(db: AsyncSession, scope: Scope) -> Sequence[Classroom]:
    """Return the classrooms in `scope` with school and region, schools' names in order."""
    rows = await db.scalars(
        select(Classroom)
        .join(Classroom.school)
        .where(Classroom.school_id.in_(schools_within(scope)))
        .options(selectinload(Classroom.school).selectinload(School.region))
        .order_by(School.name, Classroom.name, Classroom.id)
    )
    return rows.all()


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


async def list_schools(db: AsyncSession, scope: Scope) -> Sequence[School]:
    """Return the schools in `scope`, names in order."""
    rows = await db.scalars(
        select(School).where(School.id.in_(schools_within(scope))).order_by(School.name, School.id)
    )
    return rows.all()


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
