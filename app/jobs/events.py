"""What jobs tell the rest of the process."""

from dataclasses import dataclass

from app.jobs.models import Queue


@dataclass(frozen=True, slots=True)
class JobQueued:
    """There is work: a worker of this process need not wait until it looks again."""

    queue: Queue
