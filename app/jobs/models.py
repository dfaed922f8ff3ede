"""The table of jobs."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Id


class Queue(StrEnum):
    """LIGHT: seconds of mostly waiting. HEAVY: minutes, or much of the processor.

    REPLAYS: what was recorded made playable: seconds of copying, which somebody waits for.
    KEEPING: the files of recordings sent, proved, compared and removed: hours of waiting for a
    store on a narrow line.
    """

    LIGHT = "LIGHT"
    REPLAYS = "REPLAYS"
    KEEPING = "KEEPING"
    HEAVY = "HEAVY"


class JobState(StrEnum):
    """FAILED: refused with a reason, trying again would not help. DEAD: given up on (死信)."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    DEAD = "DEAD"
    CANCELLED = "CANCELLED"


NEXT_JOB_STATE: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED}),
    # RUNNING to RUNNING: another worker takes over.
    JobState.RUNNING: frozenset(JobState),
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset({JobState.QUEUED}),
    JobState.DEAD: frozenset({JobState.QUEUED}),
    JobState.CANCELLED: frozenset({JobState.QUEUED}),
}
UNFINISHED = frozenset({JobState.QUEUED, JobState.RUNNING})

_IS_UNFINISHED = text("state IN ('QUEUED', 'RUNNING')")


class Job(Base):
    """One piece of work. `kind` names its handler, `payload` is for the handler alone.

    `owner_id` None: the platform's own. `dedup_key`: at most one unfinished job has it.
    `lease`: whose turn it is, new with each attempt; the worker that holds it has until
    `lease_until`, and whoever finds it past takes the job over. `worker`: who has it by name, or
    had it last.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index(
            "uq_jobs_dedup_key_unfinished",
            "dedup_key",
            unique=True,
            sqlite_where=_IS_UNFINISHED,
            postgresql_where=_IS_UNFINISHED,
        ),
        Index("ix_jobs_state_queue_run_after", "state", "queue", "run_after"),
        Index("ix_jobs_owner_id_created_at", "owner_id", "created_at", "id"),
        Index("ix_jobs_kind_created_at", "kind", "created_at"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(60))
    queue: Mapped[Queue]
    state: Mapped[JobState] = mapped_column(default=JobState.QUEUED)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    dedup_key: Mapped[str | None] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    run_after: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(80))
    is_cancel_asked: Mapped[bool] = mapped_column(default=False)
    progress_done: Mapped[int] = mapped_column(BigInteger, default=0)
    progress_total: Mapped[int | None] = mapped_column(BigInteger)
    progress_note: Mapped[str] = mapped_column(String(200), default="")
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    # The file of the result, relative to the file store, and how it is offered.
    file_path: Mapped[str | None] = mapped_column(String(300))
    file_name: Mapped[str | None] = mapped_column(String(200))
    file_type: Mapped[str | None] = mapped_column(String(120))
    file_bytes: Mapped[int | None] = mapped_column(BigInteger)
