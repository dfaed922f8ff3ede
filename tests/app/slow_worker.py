"""A worker to be killed, as a process: `python -m tests.app.slow_worker URL FOLDER`.

Its handler writes a half file, says how far it is, and then never comes to an end.
"""

import asyncio
import sys
from pathlib import Path

from app.clock import utc_now
from app.database import Database
from app.events import EventBus
from app.jobs.context import JobContext, JobResult
from app.jobs.files import JobFiles
from app.jobs.models import Queue
from app.jobs.worker import Worker


async def stall(context: JobContext) -> JobResult:
    path = await context.file("report.txt")
    await asyncio.to_thread(path.write_text, "half")
    await context.progress(1, 2, "stalled")
    print("stalled", flush=True)
    await asyncio.Event().wait()
    raise AssertionError


async def main(url: str, folder: str) -> None:
    events = EventBus()
    worker = Worker(
        Database(url, events),
        events,
        handlers={"test.report": stall},
        periodic={},
        files=JobFiles(Path(folder)),
        queues=frozenset({Queue.HEAVY}),
        clock=utc_now,
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
