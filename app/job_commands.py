"""The commands about jobs: a worker as a process of its own, and what was given up on."""

import asyncio
import contextlib
import os
import signal
import socket
from typing import Annotated
from uuid import UUID

import typer

from app import logging as app_logging
from app.clock import utc_now
from app.events import EventBus
from app.jobs import queries as job_queries
from app.jobs import service as jobs
from app.jobs.models import Job, JobState, Queue
from app.jobs.worker import Worker
from app.live.plane import second_place
from app.opening import CannotDo, opened
from app.settings import read_settings
from app.workers import make_worker, open_store


def run_worker(
    queue: Annotated[
        list[Queue] | None,
        typer.Option(help="Which queues to work for; all of them when none is named."),
    ] = None,
) -> None:
    """Do the long work (imports, plans, reports) in a process of its own, beside the server."""
    settings = read_settings()
    app_logging.configure(settings)
    events = EventBus()

    async def work() -> None:
        store = open_store(settings)
        async with opened(settings, events) as database:
            worker = make_worker(
                settings,
                database,
                events,
                queues=frozenset(queue or Queue),
                store=store,
                second=second_place(settings),
                name=f"{socket.gethostname()}:{os.getpid()}"[-80:],
            )
            typer.echo("The worker waits for jobs. Stop it with Ctrl-C or SIGTERM.")
            try:
                await _until_told_to_stop(worker)
            finally:
                if store is not None:
                    await store.close()

    asyncio.run(work())


def dead_jobs(
    retry: Annotated[
        UUID | None, typer.Option(help="Have this job tried again from the start.")
    ] = None,
) -> None:
    """List the jobs that were given up on (死信), or have one of them tried again."""
    settings = read_settings()
    app_logging.configure(settings)

    async def run() -> list[str]:
        async with opened(settings) as database, database.unit_of_work() as db:
            dead = await job_queries.in_state(db, [JobState.DEAD])
            if retry is None:
                return [_letter(job) for job in dead]
            for job in dead:
                if job.id == retry:
                    await jobs.retry(db, job, now=utc_now())
                    return [f"{job.kind} {job.id} will be tried again."]
            raise CannotDo(f"No job with the id {retry} was given up on.")

    for line in asyncio.run(run()) or ["No job was given up on."]:
        typer.echo(line)


async def _until_told_to_stop(worker: Worker) -> None:
    """Work until SIGTERM or SIGINT; jobs under way are given back before this returns."""
    loop = asyncio.get_running_loop()
    for told in (signal.SIGTERM, signal.SIGINT):
        # Windows has no handlers on the loop: there Ctrl-C interrupts asyncio.run instead.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(told, worker.stop)
    await worker.run()


def _letter(job: Job) -> str:
    """Return one line about a job that was given up on."""
    problem = job.problem or {}
    return f"{job.id}  {job.kind}  {job.created_at:%Y-%m-%d %H:%M}  {problem.get('detail', '')}"
