"""Imports over HTTP: templates, files that become jobs, and the jobs' work.

One machine for every kind of table. `app.workers` says which kinds there are (`ImportKinds`): some
are of slices above this one.
"""

import asyncio
import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Query, Request, Response, UploadFile

from app import memory
from app.clock import Now
from app.database import Db
from app.errors import NotFound, WrongState, refuses
from app.exports import (
    BYTE_ORDER_MARK,
    EXPORT_ROUTE,
    MEDIA_TYPE,
    Cell,
    ExportFormat,
    ExportQuery,
    ExportResponse,
    csv_lines,
    meant,
)
from app.exports import table as small_table
from app.idempotency import IdempotentRoute
from app.jobs import queries as job_queries
from app.jobs import service as jobs
from app.jobs.context import Handler, Handlers, JobContext, JobFile, JobResult
from app.jobs.errors import NoFile
from app.jobs.files import JobFiles
from app.jobs.schemas import JobOut
from app.schools.cells import Fault, Report
from app.schools.fault_words import REASON_WORDS
from app.schools.histories import Noting
from app.schools.table_import import Kind
from app.security import CurrentAdministrator, CurrentInspector, CurrentPerson, Role, Scope
from app.sheets import MOST_BYTES, Table, UnreadableFile, read_table, require_size


class ImportKind(StrEnum):
    """What a table is of."""

    SCHOOLS = "schools"
    CLASSES = "classes"
    CLASSROOMS = "classrooms"
    REGIONS = "regions"
    STAFF = "staff"
    LOCAL_TIMETABLES = "local-timetables"
    ALLIANCES = "alliances"

    @property
    def job(self) -> str:
        """Return the kind of the jobs that import such tables."""
        return f"{self.value}.import"


#: Of how many faults the report says what is wrong: pages ask for it every second.
MOST_NAMED = 1000

ImportKinds = Mapping[ImportKind, Kind]

_JOBS = frozenset(kind.job for kind in ImportKind)
_FAULT_HEADINGS = ("行", "列", "填的内容", "原因")

router = APIRouter(prefix="/api/imports", tags=["registry"], route_class=IdempotentRoute)


def _kind(request: Request, kind: ImportKind) -> Kind:
    kinds: ImportKinds = request.app.state.import_kinds
    return kinds[kind]


@router.get("/{kind}/template", **EXPORT_ROUTE)
async def import_template(
    kind: ImportKind,
    request: Request,
    _caller: CurrentInspector,
    export_format: ExportQuery = ExportFormat.XLSX,
) -> ExportResponse:
    """Return an empty table with two examples, to be overwritten."""
    wanted = _kind(request, kind)
    return small_table(
        wanted.headings, wanted.examples, name=f"{kind}-template", export_format=export_format
    )


@router.post("/{kind}", status_code=202)
@refuses(UnreadableFile)
async def import_table(
    *,
    kind: ImportKind,
    file: Annotated[UploadFile, File(description=".xlsx, .xls, or CSV in UTF-8 or GB18030.")],
    dry_run: Annotated[bool, Query(description="Only say what would be done.")] = True,
    leave_out: Annotated[bool, Query(description="Write the rows that are right.")] = False,
    request: Request,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
) -> JobOut:
    """Have a table looked at, or imported, as a job; its result is the report.

    The same file with the same wishes is one job while that runs.
    """
    content = await file.read(MOST_BYTES + 1)
    require_size(content)
    scope = caller.scope(Role.ADMINISTRATOR)
    job = await jobs.enqueue(
        db,
        kind=kind.job,
        payload={
            "regions": sorted(map(str, scope.region_ids)),
            "schools": sorted(map(str, scope.school_ids)),
            "alliances": sorted(map(str, scope.alliance_ids)),
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


@router.get("/{job_id}/faults/export", **EXPORT_ROUTE)
@refuses(NoFile, WrongState)
async def export_import_faults(
    *,
    job_id: UUID,
    request: Request,
    db: Db,
    person: CurrentPerson,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export all that is wrong in a table the caller had imported: a cell a row.

    A report names the first MOST_NAMED; all are in the file of the job.
    """
    job = await job_queries.get_job(db, person, job_id)
    if job.kind not in _JOBS:
        raise NotFound
    if job.result is None:
        raise WrongState(f"The import is {job.state}: it has no report.", state=job.state)
    if job.file_path is not None:
        files: JobFiles = request.app.state.job_files
        faults = await asyncio.to_thread(_kept_faults, files.path(job.file_path))
    else:
        named = job.result["faults"]
        faults = [_fault_cells(Fault(**fault)) for fault in named]
        unnamed = job.result["left_out"] - len(named)
        # The report of a version that kept no more.
        if "fault_count" not in job.result and len(named) >= MOST_NAMED and unnamed > 0:
            faults.append((None, "", "", f"还有 {unnamed} 行有错没有列出"))
    return small_table(_FAULT_HEADINGS, faults, name="import-faults", export_format=export_format)


def _fault_cells(fault: Fault) -> tuple[Cell, ...]:
    return fault.row, fault.column, fault.value, REASON_WORDS.get(fault.reason, fault.reason)


def _keep_faults(place: Path, faults: Sequence[Fault]) -> None:
    lines = csv_lines([_FAULT_HEADINGS, *map(_fault_cells, faults)])
    place.write_bytes(BYTE_ORDER_MARK.encode() + lines)


def _kept_faults(place: Path) -> list[tuple[Cell, ...]]:
    """Return the faults of a file. Raise NoFile."""
    try:
        text = place.read_text("utf-8-sig")
    except FileNotFoundError:
        raise NoFile("The file was deleted. Have the table looked at again.") from None
    rows = csv.reader(io.StringIO(text, newline=""))
    next(rows)
    return [(int(row), *map(meant, said)) for row, *said in rows]


def handlers(kinds: ImportKinds) -> Handlers:
    """Return who imports which kind of table."""

    def handler(kind: Kind) -> Handler:
        async def run(context: JobContext) -> JobResult:
            return await _run(context, kind)

        return run

    return {name.job: handler(kind) for name, kind in kinds.items()}


async def _run(context: JobContext, kind: Kind) -> JobResult:
    """Do the work: one transaction, so that a worker that dies has written nothing."""
    content = await context.files.given(context.job_id)
    with memory.undisturbed():
        table = await asyncio.to_thread(read_table, content)
        await context.progress(0, len(table.lines))
        report = await _written(context, kind, table)
    await context.progress(len(table.lines), len(table.lines))
    file = None
    if len(report.faults) > MOST_NAMED:
        place = await context.file("import-faults.csv")
        await asyncio.to_thread(_keep_faults, place, report.faults)
        file = JobFile(place, place.name, MEDIA_TYPE[ExportFormat.CSV])
    named = asdict(replace(report, faults=report.faults[:MOST_NAMED]))
    return JobResult(named | {"fault_count": len(report.faults)}, file)


async def _written(context: JobContext, kind: Kind, table: Table) -> Report:
    payload = context.payload
    # A job of before knows no alliances, and imports none.
    alliances = _ids(payload.get("alliances", []))
    scope = Scope(_ids(payload["regions"]), _ids(payload["schools"]), alliances)
    async with context.database.unit_of_work() as db:
        report = await kind.run(
            db,
            table,
            scope=scope,
            noting=Noting.today(context.now(), context.owner_id),
            is_dry=payload["is_dry"],
            leaves_out=payload["leaves_out"],
        )
        await context.hold(db)
    return report


def _ids(texts: list[str]) -> frozenset[UUID]:
    return frozenset(map(UUID, texts))
