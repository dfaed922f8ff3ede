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
    """What a pairing agreed on: a hub, the sites it teaches, in what, on which closed spans.

    `hub_id`: the school that gives the lessons, or passes on to these sites what it receives.
    `subjects`: by their codes; none: whatever is taught. `lecturer_id`: the mentor, who gives the
    lessons; None: whoever does. `class_ids`: whose pupils sit there, where that is known; none:
    anybody's. A lesson a site receives for a named pairing that is about its subject is that
    pairing's; any other is the first one's it fits, so it is not this one's where it is in one of
    the lanes `before`.
    """

    pairing_id: UUID
    hub_id: UUID
    site_ids: frozenset[UUID]
    spans: Sequence[Span]
    subjects: frozenset[str] = frozenset()
    lecturer_id: UUID | None = None
    class_ids: frozenset[UUID] = frozenset()
    before: Sequence["Lane"] = ()


@dataclass(frozen=True, slots=True)
class Taught:
    """A lesson that reached a site. `origin_id`: the lesson at the beginning of its chain.

    `passer_id`, `passer_name`: the school that passed it on to the site; None: the hub itself.
    """

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
    passer_id: UUID | None
    passer_name: str | None
    connected_ms: int


@dataclass(frozen=True, slots=True)
class TaughtFilter:
    """Which lessons; what is not given may be anything.

    `first`, `last`: days of the lesson, both included. `school_id`: which gave it, passed it on or
    received it.
    """

    first: date | None = None
    last: date | None = None
    school_id: UUID | None = None


class TaughtLessons(Protocol):
    """The lessons between hubs and sites, from what was written down while they ran."""

    async def count(
        self, db: AsyncSession, lanes: Collection[Lane], *, limits: Sequence[Span]
    ) -> list[tuple[int, int]]:
        """Return for each of `limits`, closed spans, how many lessons, and how many deliveries.

        Those in at least one of the lanes: what is in several counts once.
        A lesson and all that passes it on (一点带多点) are one: its *origin*, the lesson at the
        beginning of the chain. A delivery is an origin that reached a site: each site counts once
        per origin, by whatever lesson it came, and the school that gave the origin never.
        The number of statements does not depend on the number of limits.
        """

    async def page(
        self,
        db: AsyncSession,
        lanes: Collection[Lane],
        wanted: TaughtFilter,
        *,
        page: PageRequest,
    ) -> Fetched[Taught]:
        """Return a page of the lessons in these lanes, the newest first."""
