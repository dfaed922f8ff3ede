"""Routes of the platform's own jobs: what was given up on, of what, why, and trying it again.

They belong to nobody, and concern every school: who administers all there is sees them.
"""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import Now
from app.database import Db
from app.errors import Forbidden, NotFound, WrongState, refuses
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.jobs import service
from app.jobs.models import Job
from app.jobs.queries import LATEST_FIRST, dead_letters, platform_jobs
from app.jobs.routes import STATE_WORDS, Wanted
from app.jobs.schemas import JobOut
from app.lessons.models import Lesson
from app.paging import Page, PageQuery, fetch_page
from app.recordings.models import Recording
from app.schools.everything import Everything

router = APIRouter(prefix="/api/admin/platform-jobs", tags=["jobs"], route_class=IdempotentRoute)

_EXPORT = (
    Column("任务", lambda row: row.Job.kind),
    Column("状态", lambda row: STATE_WORDS[row.Job.state]),
    Column("提交时间", lambda row: row.Job.created_at),
    Column("开始时间", lambda row: row.Job.started_at),
    Column("结束时间", lambda row: row.Job.finished_at),
    Column("次数", lambda row: row.Job.attempts),
    Column("原因", lambda row: (row.Job.problem or {}).get("detail")),
    Column("错误", lambda row: (row.Job.problem or {}).get("error")),
    Column("录像编号", lambda row: row.Job.payload.get("recording_id")),
)


class PlatformJobOut(JobOut):
    """A job of the platform's own. `error`: what its last attempt broke with.

    `session_id`, `title`: of the lesson whose recording it is about; null: of no single one.
    """

    error: str | None
    session_id: UUID | None
    title: str | None


def _query(
    wanted: Wanted,
    is_open: Annotated[
        bool, Query(description="Those given up on whose work nothing has done since.")
    ] = False,
) -> Select[Job]:
    found = platform_jobs(wanted)
    return found.where(Job.id.in_(dead_letters().with_only_columns(Job.id))) if is_open else found


Found = Annotated[Select[Job], Depends(_query)]


@router.get("")
@refuses(Forbidden)
async def list_platform_jobs(
    db: Db, _person: Everything, found: Found, page: PageQuery
) -> Page[PlatformJobOut]:
    """List the platform's own jobs, the latest first."""
    jobs = await fetch_page(db, found, order=LATEST_FIRST, page=page)
    lessons = await _lessons_of(db, jobs.items)
    return jobs.page(lambda job: _out(job, lessons))


@router.get("/export", **EXPORT_ROUTE)
@refuses(Forbidden)
async def export_platform_jobs(
    request: Request,
    _person: Everything,
    found: Found,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it."""
    return stream(
        request.app.state.database,
        found.order_by(*LATEST_FIRST),
        columns=_EXPORT,
        name="platform-jobs",
        export_format=export_format,
    )


@router.post("/{job_id}/retry")
@refuses(Forbidden, WrongState)
async def retry_platform_job(job_id: UUID, db: Db, now: Now, _person: Everything) -> PlatformJobOut:
    """Have a job that was given up on or refused tried again from the start."""
    job = await db.scalar(select(Job).where(Job.id == job_id, Job.owner_id.is_(None)))
    if job is None:
        raise NotFound
    await service.retry(db, job, now=now)
    return _out(job, await _lessons_of(db, [job]))


_Lessons = dict[str, tuple[UUID, str]]


async def _lessons_of(db: AsyncSession, jobs: Sequence[Job]) -> _Lessons:
    """Return session and title of the lessons whose recordings jobs are about, by recording."""
    named = {job.payload["recording_id"] for job in jobs if "recording_id" in job.payload}
    rows = await db.execute(
        select(Recording.id, Recording.session_id, Lesson.title)
        .join(Recording.lesson)
        .where(Recording.id.in_(map(UUID, named)))
    )
    return {str(recording_id): (session_id, title) for recording_id, session_id, title in rows}


def _out(job: Job, lessons: _Lessons) -> PlatformJobOut:
    session_id, title = lessons.get(job.payload.get("recording_id", ""), (None, None))
    return PlatformJobOut(
        **JobOut.of(job).model_dump(),
        error=(job.problem or {}).get("error"),
        session_id=session_id,
        title=title,
    )
