"""Files people hand in: kept once by their SHA-256, of a size and a type that was checked.

Where they lie is a folder below `settings.files_dir`; what they are called and who brought them is
in the table `stored_files`. What a file holds is never taken from its name or from the browser:
the first bytes say it.
"""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from io import BufferedWriter
from pathlib import Path
from uuid import UUID

from fastapi import Response
from fastapi.responses import FileResponse
from sqlalchemy import ForeignKey, String
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Id
from app.errors import Problem

HANDED_IN = "handed-in"  # the folder below the file store's
MOST_BYTES = 20 * 1024 * 1024
NAME_LENGTH = 120
# What a scanned agreement, a photograph or a text processor's document begins with.
_SIGNATURES = (
    (b"%PDF-", "application/pdf", ".pdf"),
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
)
_LONGEST_SIGNATURE = max(len(begin) for begin, _, _ in _SIGNATURES)


class FileTooLarge(Problem):
    """The file has more bytes than are kept of one."""

    status, type, title = 413, "file-too-large", "The file is too large"


class FileTypeRefused(Problem):
    """The file is of no type that is kept."""

    status, type, title = 415, "file-type-refused", "This type of file is not accepted"


class FileEmpty(Problem):
    """There was nothing in the file."""

    status, type, title = 400, "file-empty", "The file is empty"


class StoredFile(Base):
    """文件: one file as it was handed in. Two with the same bytes share them in the folder."""

    __tablename__ = "stored_files"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    media_type: Mapped[str] = mapped_column(String(80))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    stored_at: Mapped[datetime]
    stored_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


@dataclass(frozen=True, slots=True)
class Kept:
    """What was found of bytes that were kept."""

    sha256: str
    size_bytes: int
    media_type: str
    ending: str


class FileStore:
    """A folder of files named by what they hold."""

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder, self._most_bytes = folder, most_bytes

    def path_of(self, sha256: str) -> Path:
        """Return where the file with this hash lies."""
        return self._folder / sha256[:2] / sha256

    async def put(self, chunks: AsyncIterator[bytes]) -> Kept:
        """Keep what arrives; nothing is left of a file that is refused or cut short.

        Raise FileTooLarge as soon as it is, FileTypeRefused, FileEmpty.
        """
        arriving = self._folder / f"{secrets.token_hex(16)}.partial"
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        try:
            size, digest, begin = await self._receive(chunks, arriving)
            media_type, ending = _type_of(begin)
            target = self.path_of(digest)
            await asyncio.to_thread(_move, arriving, target)
        finally:
            await asyncio.to_thread(arriving.unlink, missing_ok=True)
        return Kept(digest, size, media_type, ending)

    async def _receive(
        self, chunks: AsyncIterator[bytes], arriving: Path
    ) -> tuple[int, str, bytes]:
        size, digest, begin = 0, hashlib.sha256(), b""
        file = await asyncio.to_thread(arriving.open, "xb")
        with file:
            async for chunk in chunks:
                size += len(chunk)
                if size > self._most_bytes:
                    raise FileTooLarge(
                        f"At most {self._most_bytes // (1024 * 1024)} MiB: scan it at 200 dpi, "
                        "or split it.",
                        most_bytes=self._most_bytes,
                    )
                begin += chunk[: _LONGEST_SIGNATURE - len(begin)]
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
            if size == 0:
                raise FileEmpty("Choose the file again: what arrived had no content.")
            await asyncio.to_thread(_flush, file)
        return size, digest.hexdigest(), begin


def _flush(file: BufferedWriter) -> None:
    file.flush()
    os.fsync(file.fileno())


def _move(arriving: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    arriving.replace(target)


def _type_of(begin: bytes) -> tuple[str, str]:
    for signature, media_type, ending in _SIGNATURES:
        if begin.startswith(signature):
            return media_type, ending
    raise FileTypeRefused("Hand in a PDF, a JPEG or a PNG: what counts is what the file holds.")


def tidy_name(name: str, ending: str) -> str:
    """Return a file name without folders and control characters, with the ending of its type."""
    stem = name.replace("\\", "/").rsplit("/", 1)[-1]
    stem = "".join(character for character in stem if character.isprintable()).strip(". ")
    if stem.lower().endswith((ending, ".jpeg")):
        stem = stem.rsplit(".", 1)[0]
    return (stem[: NAME_LENGTH - len(ending)] or "file") + ending


async def keep_upload(
    db: AsyncSession,
    store: FileStore,
    chunks: AsyncIterator[bytes],
    *,
    name: str,
    person_id: UUID,
    now: datetime,
) -> StoredFile:
    """Keep a file and write down who brought it. Raise what `FileStore.put` raises."""
    kept = await store.put(chunks)
    file = StoredFile(
        name=tidy_name(name, kept.ending),
        media_type=kept.media_type,
        size_bytes=kept.size_bytes,
        sha256=kept.sha256,
        stored_at=now,
        stored_by=person_id,
    )
    db.add(file)
    await db.flush()
    return file


def file_answer(store: FileStore, file: StoredFile) -> Response:
    """Give a file to be saved, never shown inside our pages: it is somebody else's content."""
    return FileResponse(
        store.path_of(file.sha256),
        media_type=file.media_type,
        filename=file.name,
        content_disposition_type="attachment",
        headers={"ETag": f'"{file.sha256}"'},
    )
