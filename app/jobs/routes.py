"""Routes of jobs: watch them, fetch what came of them, stop them, have them tried again."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import FileResponse

from app.clock import Now
from app.database import Db
from app.errors import WrongState, refuses
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.jobs import queries, service
from app.jobs.errors import NoFile
from app.jobs.files import JobFiles
from app.jobs.models import JobState
from app.jobs.queries import JobFilter
from app.jobs.schemas import JobOut
from app.paging import Page, PageQuery
from app.security import CurrentPerson

router = APIRouter(prefix="/api/jobs", tags=["jobs"], route_class=IdempotentRoute)

STATE_WORDS = {
    JobState.QUEUED: "排队中",
    JobState.RUNNING: "进行中",
    JobState.DONE: "已完成",
    JobState.FAILED: "未能完成",
    JobState.DEAD: "已放弃",
    JobState.CANCELLED: "已取消",
}
_EXPORT = (
    Column("任务", lambda row: row.Job.kind),
    Column("状态", lambda row: STATE_WORDS[row.Job.state]),
    Column("提交时间", lambda row: row.Job.created_at),
    Column("开始时间", lambda row: row.Job.started_at),
    Column("结束时间", lambda row: row.Job.finished_at),
    Column("次数", lambda row: row.Job.attempts),
    Column("原因", lambda row: (row.Job.problem or {}).get("detail")),
)


def _filter(
    kind: Annotated[str | None, Query(max_length=60, pattern=r"^[a-z0-9._-]+$")] = None,
    state: Annotated[list[JobState] | None, Query(max_length=len(JobState))] = None,
) -> JobFilter:
    return JobFilter(kind, frozenset(state or ()))


Wanted = Annotated[JobFilter, Depends(_filter)]


@router.get("")
async def list_jobs(db: Db, person: CurrentPerson, wanted: Wanted, page: PageQuery) -> Page[JobOut]:
    """List the caller's jobs, the latest first. `state=DEAD`: those given up on."""
    found = await queries.list_jobs(db, person, wanted, page)
    return found.page(JobOut.of)


@router.get("/export", **EXPORT_ROUTE)
async def export_jobs(
    request: Request,
    person: CurrentPerson,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list."""
    return stream(
        request.app.state.database,
        queries.jobs_of(person, wanted).order_by(*queries.LATEST_FIRST),
        columns=_EXPORT,
        name="jobs",
        export_format=export_format,
    )


@router.get("/{job_id}")
async def read_job(job_id: UUID, db: Db, person: CurrentPerson) -> JobOut:
    """Say how far a job is, and what came of it. Pages ask every second while it runs."""
    return JobOut.of(await queries.get_job(db, person, job_id))


@router.get(
    "/{job_id}/file",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The file.",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
@refuses(NoFile)
async def read_file(request: Request, job_id: UUID, db: Db, person: CurrentPerson) -> FileResponse:
    """Send the file of a result."""
    job = await queries.get_job(db, person, job_id)
    files: JobFiles = request.app.state.job_files
    if job.file_path is None:
        raise NoFile("This job has no file.")
    path = files.path(job.file_path)
    if not await asyncio.to_thread(path.is_file):
        raise NoFile("The file was deleted. Have the job done again.")
    return FileResponse(
        path,
        filename=job.file_name,
        media_type=job.file_type,
        headers={"Cache-Control": "private, no-store"},
    )


@router.post("/{job_id}/cancel")
@refuses(WrongState)
async def cancel_job(job_id: UUID, db: Db, now: Now, person: CurrentPerson) -> JobOut:
    """Stop a job. One that runs stops at its next step, within seconds."""
    job = await queries.get_job(db, person, job_id)
    await service.cancel(db, job, now=now)
    return JobOut.of(job)


@router.post("/{job_id}/retry")
@refuses(WrongState)
async def retry_job(job_id: UUID, db: Db, now: Now, person: CurrentPerson) -> JobOut:
    """Have a job that failed, was given up on or was cancelled tried again from the start."""
    job = await queries.get_job(db, person, job_id)
    await service.retry(db, job, now=now)
    return JobOut.of(job)
