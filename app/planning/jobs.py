"""The job that plans: reads the question, has it solved beside the server, writes the answer."""

from uuid import UUID

from app.jobs.context import JobContext, JobResult
from app.planning import queries, service
from app.planning.loading import ask_of
from app.planning.solver import MOST_PLANS, solve

KIND = "planning.plan"


async def run_planning(context: JobContext) -> JobResult:
    """Plan. Run again from the start, it finds the same; what is answered already stays."""
    planning_id = UUID(context.payload["planning_id"])
    steps = MOST_PLANS + 1
    await context.progress(0, steps, "planning.reading")
    async with context.database.unit_of_work() as db:
        planning = await queries.get_planning(db, planning_id)
        ask = await ask_of(db, planning)

    async def told(found: int) -> None:
        await context.progress(found, steps, "planning.choosing")

    found = await solve(ask, told=told)
    async with context.database.unit_of_work() as db:
        await context.hold(db)
        planning = await queries.get_planning(db, planning_id)
        if planning.answer is None:
            service.answer(planning, found)
    await context.progress(steps, steps)
    lacking = sum(each.periods for each in found.plans[0].lacking) if found.plans else 0
    return JobResult(
        {"planning_id": str(planning_id), "plans": len(found.plans), "lacking": lacking}
    )
