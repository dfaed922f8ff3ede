"""What the pages get of jobs."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.jobs.models import NEXT_JOB_STATE, Job, JobState, Queue


class ProgressOut(BaseModel):
    """How far a job is. `total` null: nobody knows how much it will be."""

    done: int
    total: int | None
    note: str


class JobFileOut(BaseModel):
    """The file of a result."""

    name: str
    media_type: str
    bytes: int
    url: str


class JobProblem(BaseModel, extra="allow"):
    """Why a job did not come to its end, as a problem (RFC 9457) would say it."""

    type: str
    detail: str


class JobOut(BaseModel):
    """A job as its owner sees it. `result` is as its kind says."""

    id: UUID
    kind: Annotated[str, Field(examples=["schools.import"])]
    queue: Queue
    state: JobState
    progress: ProgressOut
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int
    result: dict[str, Any] | None
    file: JobFileOut | None
    problem: JobProblem | None
    can_cancel: bool
    can_retry: bool

    @classmethod
    def of(cls, job: Job) -> "JobOut":
        """Describe a job."""
        possible = NEXT_JOB_STATE[job.state]
        return cls(
            id=job.id,
            kind=job.kind,
            queue=job.queue,
            state=job.state,
            progress=ProgressOut(
                done=job.progress_done, total=job.progress_total, note=job.progress_note
            ),
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            attempts=job.attempts,
            result=job.result,
            file=_file_of(job),
            problem=None if job.problem is None else JobProblem(**job.problem),
            can_cancel=JobState.CANCELLED in possible and not job.is_cancel_asked,
            can_retry=JobState.QUEUED in possible and job.state is not JobState.RUNNING,
        )


def _file_of(job: Job) -> JobFileOut | None:
    if job.file_path is None:
        return None
    assert job.file_name is not None
    assert job.file_type is not None
    assert job.file_bytes is not None
    return JobFileOut(
        name=job.file_name,
        media_type=job.file_type,
        bytes=job.file_bytes,
        url=f"/api/jobs/{job.id}/file",
    )
