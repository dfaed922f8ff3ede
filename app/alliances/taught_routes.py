"""授课: the lessons that reached a site, of a pairing and of an alliance; listed and exported."""

from collections.abc import AsyncGenerator, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.alliances import pairing_queries, pairings, queries, tracks
from app.alliances.models import Pairing
from app.alliances.ports import Lane, Taught, TaughtFilter
from app.alliances.shared import seen, taught_lessons
from app.alliances.track_schemas import TaughtOut
from app.calendars.days import local_day
from app.clock import Day, Now
from app.database import Database, Db
from app.exports import (
    EXPORT_ROUTE,
    ROWS_AT_ONCE,
    Column,
    ExportFormat,
    ExportQuery,
    ExportResponse,
    written,
)
from app.idempotency import IdempotentRoute
from app.paging import Page, PageQuery, PageRequest
from app.security import CurrentInspector

router = APIRouter(prefix="/api", tags=["alliances"], route_class=IdempotentRoute)

_COLUMNS = (
    Column("日期", lambda row: row.day),
    Column("课题", lambda row: row.title),
    Column("学科", lambda row: row.subject),
    Column("主讲学校", lambda row: row.hub_name),
    Column("听讲学校", lambda row: row.site_name),
    Column("转播学校", lambda row: row.passer_name),
    Column("在线分钟", lambda row: row.connected_ms // 60_000),
)


def _filter(
    first: Annotated[Day | None, Query(alias="from", description="The first day.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="The last day.")] = None,
    school_id: Annotated[
        UUID | None, Query(description="Which this school gave, passed on or received.")
    ] = None,
) -> TaughtFilter:
    return TaughtFilter(first, last, school_id)


Wanted = Annotated[TaughtFilter, Depends(_filter)]


async def _lanes(db: AsyncSession, found: Sequence[Pairing], now: Now) -> list[Lane]:
    today = local_day(now)
    spans = await pairings.days_that_count(db, found, today=today)
    return await tracks.lanes_of(db, found, spans, today=today)


async def _of_pairing(
    pairing_id: UUID, db: Db, now: Now, caller: CurrentInspector
) -> Sequence[Lane]:
    return await _lanes(db, [await pairing_queries.pairing_seen(db, seen(caller), pairing_id)], now)


async def _of_alliance(
    alliance_id: UUID, db: Db, now: Now, caller: CurrentInspector
) -> Sequence[Lane]:
    await queries.alliance_seen(db, seen(caller), alliance_id)
    found = await pairing_queries.pairings_of_alliance(db, alliance_id, scope=seen(caller))
    return await _lanes(db, found, now)


OfPairing = Annotated[Sequence[Lane], Depends(_of_pairing)]
OfAlliance = Annotated[Sequence[Lane], Depends(_of_alliance)]


def _exported(
    request: Request, lanes: Sequence[Lane], wanted: TaughtFilter, export_format: ExportFormat
) -> ExportResponse:
    """Give all pages as a file; each is read in a transaction of its own."""
    database: Database = request.app.state.database
    taught = taught_lessons(request)

    async def batches() -> AsyncGenerator[Sequence[Taught], None]:
        page: PageRequest | None = PageRequest(ROWS_AT_ONCE)
        while page is not None:
            async with database.unit_of_work() as db:
                found = await taught.page(db, lanes, wanted, page=page)
            yield found.items
            following = found.next_cursor
            page = None if following is None else PageRequest(ROWS_AT_ONCE, following)

    return written(_COLUMNS, batches(), name="taught-lessons", export_format=export_format)


@router.get("/pairings/{pairing_id}/lessons")
async def list_pairing_lessons(
    request: Request, db: Db, lanes: OfPairing, wanted: Wanted, page: PageQuery
) -> Page[TaughtOut]:
    """List 授课: the lessons that reached a partner on a day that counts, the newest first."""
    return (await taught_lessons(request).page(db, lanes, wanted, page=page)).page(TaughtOut.of)


@router.get("/pairings/{pairing_id}/lessons/export", **EXPORT_ROUTE)
async def export_pairing_lessons(
    request: Request,
    lanes: OfPairing,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the lessons that reached a partner of a pairing, all pages of them."""
    return _exported(request, lanes, wanted, export_format)


@router.get("/alliances/{alliance_id}/lessons")
async def list_lessons(
    request: Request, db: Db, lanes: OfAlliance, wanted: Wanted, page: PageQuery
) -> Page[TaughtOut]:
    """List the lessons between the alliance's schools that count, the newest first.

    Whoever keeps the alliance sees them all, those of members outside the region included; a
    member school those of its own pairings.
    """
    return (await taught_lessons(request).page(db, lanes, wanted, page=page)).page(TaughtOut.of)


@router.get("/alliances/{alliance_id}/lessons/export", **EXPORT_ROUTE)
async def export_alliance_lessons(
    request: Request,
    lanes: OfAlliance,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the lessons between the alliance's schools that count, all pages of them."""
    return _exported(request, lanes, wanted, export_format)
