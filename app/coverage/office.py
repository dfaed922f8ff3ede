"""The long work of coverage, as jobs: sheets computed and checked, reports made."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.coverage import queries, report, sheets
from app.coverage.models import Basis
from app.coverage.sheet_schemas import ReportFormat
from app.coverage.sheets import Signer
from app.coverage.weeks import Period, period_of
from app.exports import MEDIA_TYPE, Batches, ExportFormat, csv_pieces, xlsx_pieces
from app.jobs.context import JobContext, JobFile, JobResult
from app.schools.roster_models import RosterSnapshot

COMPUTE, CHECK, REPORT = "coverage.sheet", "coverage.check", "coverage.report"
PDF = "application/pdf"


async def _asked(db: AsyncSession, payload: dict[str, Any]) -> tuple[RosterSnapshot, Period]:
    """Return the roster and the period of a job, whose right was checked when it was queued."""
    roster = (
        await db.scalars(
            select(RosterSnapshot)
            .where(RosterSnapshot.id == UUID(payload["roster_id"]))
            .options(joinedload(RosterSnapshot.region))
        )
    ).one()
    days = [date.fromisoformat(payload[name]) for name in ("first", "last")]
    return roster, await period_of(db, roster.region, first=days[0], last=days[1])


async def compute_sheet(context: JobContext) -> JobResult:
    """Compute and freeze the figures in one transaction; the result names the sheet."""
    payload = context.payload
    await context.progress(0, 2)
    async with context.database.unit_of_work() as db:
        roster, period = await _asked(db, payload)
        amends = None
        if payload["amends_id"] is not None:
            amends = await queries.get_sheet(db, UUID(payload["amends_id"]))
            sheets.require_amendable(amends, roster, period)
        by = Signer(context.owner_id, payload["by"], context.now(), payload["reason"])
        sheet = await sheets.compute(db, roster, period, by=by, amends=amends)
        await context.hold(db)
    await context.progress(2, 2)
    return JobResult({"sheet_id": str(sheet.id), "rows": sheet.rows, "open_rows": sheet.open_rows})


async def check_sheet(context: JobContext) -> JobResult:
    """Hold a sheet against its rows. It fails with what differs, or the sheet is CHECKED."""
    payload = context.payload
    await context.progress(0, 2)
    async with context.database.unit_of_work() as db:
        sheet = await queries.get_sheet(db, UUID(payload["sheet_id"]))
        by = Signer(context.owner_id, payload["by"], context.now(), payload["note"])
        await sheets.check(db, sheet, by=by)
        await context.hold(db)
    await context.progress(2, 2)
    return JobResult({"sheet_id": payload["sheet_id"], "state": sheet.state})


async def make_report(context: JobContext) -> JobResult:
    """Write the report of a roster and a period as a file."""
    payload = context.payload
    wanted = ReportFormat(payload["format"])
    await context.progress(0, 3)
    async with context.database.unit_of_work() as db:
        roster, period = await _asked(db, payload)
        content = await report.gather(
            db, roster, period, Basis(payload["basis"]), by=payload["by"], now=context.now()
        )
    await context.progress(1, 3)
    path = await context.file(f"report.{wanted}")
    if wanted is ReportFormat.PDF:
        made, media_type = await asyncio.to_thread(_printed, content), PDF
    else:
        kind = ExportFormat(wanted)
        pieces = csv_pieces if kind is ExportFormat.CSV else xlsx_pieces
        batches = _at_once(content)
        made = b"".join([piece async for piece in pieces(report.HEADINGS, batches)])
        media_type = MEDIA_TYPE[kind]
    await context.progress(2, 3)
    await asyncio.to_thread(path.write_bytes, made)
    await context.progress(3, 3)
    name = f"{content.title}.{wanted}"
    return JobResult({"title": content.title, "bytes": len(made)}, JobFile(path, name, media_type))


def _printed(content: report.Report) -> bytes:
    from app.coverage.report_pdf import render  # noqa: PLC0415 - its library is loaded by who prints

    return render(content)


async def _at_once(content: report.Report) -> Batches:
    yield content.lines()
