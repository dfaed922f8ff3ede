"""The platform's own periodic job: forget what nobody can ask for any more."""

from datetime import timedelta

from app import idempotency
from app.jobs import queries, service
from app.jobs.context import JobContext, JobResult

KIND = "housekeeping"
EVERY = timedelta(hours=1)
# A result can be fetched for so long.
KEPT_FOR = timedelta(days=30)
AT_ONCE = 200


async def keep_house(context: JobContext) -> JobResult:
    """Delete old idempotency keys, and jobs that ended long ago with their files."""
    async with context.database.unit_of_work() as db:
        await idempotency.forget_old(db, now=context.now())
    deleted = 0
    while True:
        async with context.database.unit_of_work() as db:
            old = await queries.finished_before(db, context.now() - KEPT_FOR, most=AT_ONCE)
        if not old:
            return JobResult({"jobs_deleted": deleted})
        # Files first: a job that is gone would leave files that nobody finds.
        for job_id in old:
            await context.files.delete(job_id)
        async with context.database.unit_of_work() as db:
            await service.delete_jobs(db, list(old))
        deleted += len(old)
        await context.progress(deleted)
