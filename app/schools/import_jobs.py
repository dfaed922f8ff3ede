"""Imports over HTTP: a template, a file that becomes a job, and the job's work."""

import asyncio
import hashlib
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Query, Request, Response, UploadFile

from app.clock import Now
from app.database import Db
from app.errors import refuses
from app.exports import EXPORT_ROUTE, ExportFormat, ExportQuery, ExportResponse
from app.exports import table as small_table
from app.jobs import service as jobs
from app.jobs.context import JobContext, JobResult
from app.jobs.files import JobFiles
from app.jobs.schemas import JobOut
from app.schools import importing
from app.schools.histories import Noting
from app.security import CurrentAdministrator, CurrentInspector, Role, Scope
from app.sheets import MOST_BYTES, UnreadableFile, read_table, require_size

KIND = "schools.import"

router = APIRouter(prefix="/api/imports", tags=["registry"])

_EXAMPLES = (
    ("示范中心小学", "211", "990121", "2199000001", "", "", "121", "1985-09-01", *[""] * 5),
    ("示范一村小", "218", "990121", "", "2199000001", "01", "220", "1992-09-01", *[""] * 5),
)


@router.get("/schools/template", **EXPORT_ROUTE)
async def school_template(
    _request: Request,
    _caller: CurrentInspector,
    export_format: ExportQuery = ExportFormat.XLSX,
) -> ExportResponse:
    """Return an empty table of schools with two examples, to be overwritten."""
    return small_table(
        importing.HEADINGS, _EXAMPLES, name="schools-template", export_format=export_format
    )


@router.post("/schools", status_code=202)
@refuses(UnreadableFile)
async def import_schools(
    *,
    file: Annotated[UploadFile, File(description=".xlsx, .xls, or CSV in UTF-8 or GB18030.")],
    dry_run: Annotated[bool, Query(description="Only say what would be done.")] = True,
    leave_out: Annotated[bool, Query(description="Write the rows that are right.")] = False,
    request: Request,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
) -> JobOut:
    """Have a table of schools looked at, or imported, as a job; its result is the report.

    The same file with the same wishes is one job while that runs.
    """
    content = await file.read(MOST_BYTES + 1)
    require_size(content)
    scope = caller.scope(Role.ADMINISTRATOR)
    job = await jobs.enqueue(
        db,
        kind=KIND,
        payload={
            "regions": sorted(map(str, scope.region_ids)),
            "schools": sorted(map(str, scope.school_ids)),
            "is_dry": dry_run,
            "leaves_out": leave_out,
        },
        owner=caller,
        dedup_key=f"{hashlib.sha256(content).hexdigest()[:32]}:{dry_run}:{leave_out}",
        now=now,
    )
    files: JobFiles = request.app.state.job_files
    await files.give(job.id, content)
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return JobOut.of(job)


async def run_import(context: JobContext) -> JobResult:
    """Do the work: one transaction, so that a worker that dies has written nothing."""
    payload = context.payload
    content = await context.files.given(context.job_id)
    table = await asyncio.to_thread(read_table, content)
    scope = Scope(_ids(payload["regions"]), _ids(payload["schools"]))
    now = context.now()
    await context.progress(0, len(table.lines))
    async with context.database.unit_of_work() as db:
        report = await importing.import_schools(
            db,
            table,
            scope=scope,
            noting=Noting.today(now, context.owner_id),
            is_dry=payload["is_dry"],
            leaves_out=payload["leaves_out"],
        )
        await context.hold(db)
    await context.progress(len(table.lines), len(table.lines))
    return JobResult(asdict(report))


def _ids(texts: list[str]) -> frozenset[UUID]:
    return frozenset(map(UUID, texts))
