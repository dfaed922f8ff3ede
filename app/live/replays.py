"""The job that makes a replay: asked for when a recording is sealed, and again at every start."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import is_unavailable
from app.errors import Problem
from app.jobs import queries as job_queries
from app.jobs import service as jobs
from app.jobs.context import CancelAsked, JobContext, JobResult, LeaseLost
from app.jobs.models import JobState
from app.recordings import finishing
from app.recordings.builder import NoRoomNow, ReplayBuilder, ReplayFailed
from app.recordings.finishing import finish, told
from app.recordings.reserved import ROOM_LOOKED_FOR_EVERY
from app.recordings.service import KEPT_FOR_LESSONS, NO_MEDIA
from media.recorder.places import SecondPlace

log = structlog.get_logger(__name__)

RETRY_AFTER: Final = tuple(timedelta(seconds=each) for each in (0.5, 1, 10, 60, 600))
"""What failed may mend by itself: the builder was killed, the disk was full. The last holds for
every further one; after `MOST_ATTEMPTS` the next start of the server tries again."""
MOST_ATTEMPTS: Final = 20


class ReplayNotMade(Problem):
    """Trying again has not helped so far; `reason` is what was wrong in words."""

    status, type, title = 409, "replay-not-made", "The replay cannot be made"


class Replays:
    """Runs the job. `second`: where a replay goes for which the first place has no room."""

    def __init__(self, root: Path, second: SecondPlace | None, builder: ReplayBuilder) -> None:
        self._root = root
        self._second = second
        self._builder = builder

    async def run(self, context: JobContext) -> JobResult:
        """Make it. One that fails is tried again later. Raise ReplayNotMade after the last time.

        Where there is no room now it waits, and that counts as no failure.
        """
        recording_id = UUID(context.payload["recording_id"])
        failures = int(context.before.get("failures", 0))
        try:
            await self._make(context, recording_id)
        except NoRoomNow:
            log.warning("replay_put_off", recording_id=str(recording_id))
            return JobResult(
                {"waits": KEPT_FOR_LESSONS}, again_at=context.now() + ROOM_LOOKED_FOR_EVERY
            )
        except (ReplayFailed, OSError) as failure:
            problem = told(failure)
            log.error("replay_failed", recording_id=str(recording_id), problem=problem)
            if problem == NO_MEDIA:  # trying again would find nothing again
                return JobResult({"problem": problem})
            failures += 1
            if failures >= MOST_ATTEMPTS:
                raise ReplayNotMade(problem, reason=problem) from failure
            after = RETRY_AFTER[min(failures, len(RETRY_AFTER)) - 1]
            return JobResult(
                {"failures": failures, "problem": problem}, again_at=context.now() + after
            )
        return JobResult()

    async def _make(self, context: JobContext, recording_id: UUID) -> None:
        second = None  # where it should be and is not, the log says so (`app.live.room_watch`)
        if self._second is not None and await asyncio.to_thread(self._second.is_there):
            second = self._second.folder
        await finish(
            context.database,
            recording_id=recording_id,
            root=self._root,
            second_root=second,
            builder=self._builder,
            clock=context.clock,
            hold=context.hold,
            tell=partial(_tell, context),
        )


async def _tell(context: JobContext, percent: int) -> None:
    """Have whoever waits see how far it is. What stops the job is heard of by its worker."""
    try:
        await context.progress(percent, 100)
    except (LeaseLost, CancelAsked):
        pass
    except Exception as error:
        if not is_unavailable(error):
            raise


async def percent_made(db: AsyncSession, recording_id: UUID) -> int | None:
    """Return how much of a replay that is being made is written; None: it is not being made."""
    key = jobs.key_of(finishing.REPLAY_KIND, None, str(recording_id))
    job = await job_queries.last_with(db, finishing.REPLAY_KIND, key)
    return job.progress_done if job is not None and job.state is JobState.RUNNING else None
