"""What the lines of schools carry outwards: the one rule of the planner and of lessons by hand."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.schools.models import Classroom

# What a lesson wants upwards: the camera's layers, the content and sound (docs/architecture.md).
LESSON_UP_KBPS = 2500


async def lines_of(db: AsyncSession, school_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many lessons at once each of these schools' lines carries outwards: one at least.

    The classrooms of a school share its line, so the best of them says what it is. Where none is
    declared nobody knows: each classroom then has its own lesson.
    """
    rows = await db.execute(
        select(Classroom.school_id, Classroom.budget_up_kbps).where(
            Classroom.school_id.in_(school_ids)
        )
    )
    declared: dict[UUID, list[int | None]] = defaultdict(list)
    for school_id, up_kbps in rows:
        declared[school_id].append(up_kbps)
    lines = dict.fromkeys(school_ids, 1)
    for school_id, kbps in declared.items():
        known = [each for each in kbps if each is not None]
        lines[school_id] = max(1, max(known) // LESSON_UP_KBPS) if known else len(kbps)
    return lines
