"""Reads of code sets."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.codes.models import Code, CodeMap, CodeSet


async def stamp(db: AsyncSession) -> tuple[int, int]:
    """Return what differs whenever any set or code does."""
    counted = select(func.count(CodeSet.id), func.coalesce(func.sum(CodeSet.revision), 0))
    count, revisions = (await db.execute(counted)).one()
    return count, revisions


async def all_sets(db: AsyncSession) -> Sequence[CodeSet]:
    """Return all code sets, by kind and key."""
    return (await db.scalars(select(CodeSet).order_by(CodeSet.kind, CodeSet.key))).all()


async def all_codes(db: AsyncSession) -> Sequence[Code]:
    """Return the codes of all sets, each set in its own order."""
    return (await db.scalars(select(Code).order_by(Code.set_id, Code.position, Code.id))).all()


async def all_maps(db: AsyncSession) -> Sequence[CodeMap]:
    """Return all mappings, the exact ones first."""
    return (await db.scalars(select(CodeMap).order_by(CodeMap.is_exact.desc(), CodeMap.id))).all()
