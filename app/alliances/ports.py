"""What alliances ask of the slices above, which know what was taught. `app.main` provides it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.calendars.days import Span
from app.paging import Fetched, PageRequest


@dataclass(frozen=True, slots=True)
class Lane:
    """One hub, the sites it teaches, and the closed spans of days on which that counts."""

    hub_id: UUID
    site_ids: frozenset[UUID]
    spans: Sequence[Span]


@dataclass(frozen=True, slots=True)
class Taught:
    """A lesson that reached a site. `origin_id`: the lesson at the beginning of its chain."""

    lesson_id: UUID
    origin_id: UUID
    session_id: UUID
    day: date
    title: str
    subject: str
    hub_id: UUID
    hub_name: str
    site_id: UUID
    site_name: str
    connected_ms: int


class TaughtLessons(Protocol):
    """The lessons between hubs and sites, from what was written down while they ran."""

    async def count(self, db: AsyncSession, lanes: Collection[Lane]) -> tuple[int, int]:
        """Return how many lessons, and how many sites were reached by them.

        By the rule of `app.alliances.counting`: each site once per origin, and a lesson with
        what passes it on is one.
        """

    async def page(
        self, db: AsyncSession, lanes: Collection[Lane], *, page: PageRequest
    ) -> Fetched[Taught]:
        """Return a page of the lessons in these lanes, the newest first."""
