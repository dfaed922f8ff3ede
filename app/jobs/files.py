"""The files of jobs: a folder for each below `jobs/` of the file store, deleted with the job.

In it lies what the job is to work on, and a folder for each attempt with what came of it. What is
kept for longer than its job is for `app.files`.
"""

import asyncio
import os
import secrets
import shutil
from pathlib import Path
from uuid import UUID

FOLDER = "jobs"
INPUT = "input"


class JobFiles:
    """Where jobs' files lie. Every worker and every web server sees the same `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def path(self, relative: str) -> Path:
        """Return the place of a file by what the job says of it."""
        return self._root / relative

    async def place(self, job_id: UUID, attempt: UUID, name: str) -> Path:
        """Return where an attempt writes a file. Two attempts never write to the same."""
        folder = self._folder(job_id) / str(attempt)
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        return folder / name

    def relative(self, path: Path) -> str:
        """Return what a job says of a file of its own."""
        return path.relative_to(self._root).as_posix()

    async def give(self, job_id: UUID, content: bytes) -> None:
        """Keep what a job is to work on. The same again may be given while it runs."""
        await asyncio.to_thread(_write, self._folder(job_id) / INPUT, content)

    async def given(self, job_id: UUID) -> bytes:
        """Return what a job was given to work on."""
        return await asyncio.to_thread((self._folder(job_id) / INPUT).read_bytes)

    async def delete(self, job_id: UUID) -> None:
        """Delete all files of a job."""
        await asyncio.to_thread(shutil.rmtree, self._folder(job_id), ignore_errors=True)

    def _folder(self, job_id: UUID) -> Path:
        return self._root / FOLDER / str(job_id)


def _write(target: Path, content: bytes) -> None:
    """Write a file that is seen whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{secrets.token_hex(8)}")
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
