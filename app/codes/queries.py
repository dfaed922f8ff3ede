"""Reads of code sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.codes.models import Code, CodeKind, CodeMap, CodeSet


async def stamp(db: AsyncSession) -> tuple[int, int]:
    """Return what differs whenever any set or code does."""
    counted = select(func.count(CodeSet.id), func.coalesce(func.sum(CodeSet.revision), 0))
    count, revisions = (await db.execute(counted)).one()
    return count, revisions


async def all_sets(db: AsyncSession) -> Sequence[CodeSet]:
    """Return all code sets, by kind and key."""
    return (await db.scalars(select(CodeSet).order_by(CodeSet.kind, CodeSet.key))).all()


async def sets_to_change(db: AsyncSession) -> Sequence[CodeSet]:
    """Return all code sets as they are, in the order of their ids, for this transaction alone."""
    query = select(CodeSet).order_by(CodeSet.id).with_for_update()
    return (await db.scalars(query, execution_options={"populate_existing": True})).all()


async def hold_sets(db: AsyncSession) -> None:
    """Have no other transaction change a code set before this one ends."""
    await db.execute(select(CodeSet.id).order_by(CodeSet.id).with_for_update(read=True))


async def all_codes(db: AsyncSession) -> Sequence[Code]:
    """Return the codes of all sets, each set in its own order."""
    return (await db.scalars(select(Code).order_by(Code.set_id, Code.position, Code.id))).all()


async def all_maps(db: AsyncSession) -> Sequence[CodeMap]:
    """Return all mappings, the exact ones first."""
    return (await db.scalars(select(CodeMap).order_by(CodeMap.is_exact.desc(), CodeMap.id))).all()


@dataclass(frozen=True, slots=True)
class CodeFilter:
    """Which codes; None: whatever."""

    kind: CodeKind | None = None
    set_key: str | None = None
    is_shown: bool | None = None
    is_stored: bool | None = None


def sets(kind: CodeKind | None = None) -> Select[CodeSet]:
    """Return all code sets, or those of a kind."""
    query = select(CodeSet)
    return query if kind is None else query.where(CodeSet.kind == kind)


def codes(wanted: CodeFilter) -> Select[Code, CodeSet]:
    """Return codes with their set."""
    query = select(Code, CodeSet).join(CodeSet, CodeSet.id == Code.set_id)
    for column, value in (
        (CodeSet.kind, wanted.kind),
        (CodeSet.key, wanted.set_key),
        (CodeSet.is_shown, wanted.is_shown),
        (CodeSet.is_stored, wanted.is_stored),
    ):
        if value is not None:
            query = query.where(column == value)
    return query


def point_categories() -> Select[str]:
    """Return a query of the categories of teaching points, as schools store them, for `.in_`."""
    return (
        select(Code.code)
        .join(CodeSet, CodeSet.id == Code.set_id)
        .where(
            CodeSet.kind == CodeKind.SCHOOL_CATEGORY,
            CodeSet.is_stored.is_(True),
            Code.is_point.is_(True),
        )
    )


FromCode, ToCode = aliased(Code), aliased(Code)
FromSet, ToSet = aliased(CodeSet), aliased(CodeSet)
MAP_ORDER = (
    FromSet.key.asc(),
    FromCode.position.asc(),
    ToSet.key.asc(),
    ToCode.position.asc(),
    CodeMap.id.asc(),
)


def maps(
    code_id: UUID | None = None, set_key: str | None = None
) -> Select[CodeMap, Code, CodeSet, Code, CodeSet]:
    """Return all mappings with the codes and sets at their ends, or those of a code or a set."""
    query = (
        select(CodeMap, FromCode, FromSet, ToCode, ToSet)
        .join(FromCode, FromCode.id == CodeMap.from_id)
        .join(FromSet, FromSet.id == FromCode.set_id)
        .join(ToCode, ToCode.id == CodeMap.to_id)
        .join(ToSet, ToSet.id == ToCode.set_id)
    )
    if code_id is not None:
        query = query.where(or_(CodeMap.from_id == code_id, CodeMap.to_id == code_id))
    if set_key is not None:
        query = query.where(or_(FromSet.key == set_key, ToSet.key == set_key))
    return query
