"""The files of results: a folder for each attempt, below `jobs/` of the file store."""

import asyncio
import shutil
from pathlib import Path
from uuid import UUID

FOLDER = "jobs"


class JobFiles:
    """Where results' files lie. Every worker and every web server sees the same `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def path(self, relative: str) -> Path:
        """Return the place of a file by what the job says of it."""
        return self._root / relative

    async def place(self, job_id: UUID, attempt: UUID, name: str) -> Path:
        """Return where an attempt writes a file. Two attempts never write to the same."""
        folder = self._root / FOLDER / str(job_id) / str(attempt)
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        return folder / name

    def relative(self, path: Path) -> str:
        """Return what a job says of a file of its own."""
        return path.relative_to(self._root).as_posix()

    async def delete(self, job_id: UUID) -> None:
        """Delete all files of a job."""
        await asyncio.to_thread(
            shutil.rmtree, self._root / FOLDER / str(job_id), ignore_errors=True
        )
