"""Tables of what is kept of recordings beside the disk: each file's copy in the object store."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Id

NAME_LENGTH = 220


class CopyState(StrEnum):
    """WAITING: to be sent, or partly sent. SENT: taken by the store, and not proved yet.

    VERIFIED: read back, and the same. STORED_ONLY: the local file was given up since. LOST: there
    is none any more that is as it was recorded; somebody must look.
    """

    WAITING = "WAITING"
    SENT = "SENT"
    VERIFIED = "VERIFIED"
    STORED_ONLY = "STORED_ONLY"
    LOST = "LOST"


NEXT_COPY_STATE: dict[CopyState, frozenset[CopyState]] = {
    # To VERIFIED: the disk has lost it, and the store has it.
    CopyState.WAITING: frozenset({CopyState.SENT, CopyState.VERIFIED, CopyState.LOST}),
    # Back to WAITING: what was read back is not what was sent, or is not there.
    CopyState.SENT: frozenset({CopyState.VERIFIED, CopyState.WAITING}),
    CopyState.VERIFIED: frozenset({CopyState.STORED_ONLY, CopyState.WAITING}),
    # Not where it should be: looked for on the disk and in the store.
    CopyState.STORED_ONLY: frozenset({CopyState.WAITING}),
    # Looked for again: a disk or a store may come back.
    CopyState.LOST: frozenset({CopyState.WAITING}),
}
IN_STORE = frozenset({CopyState.VERIFIED, CopyState.STORED_ONLY})
"""What may be read from the store."""


class RecordingFile(Base):
    """One file of a recording. `name` is relative to its folder, and with it the object's key.

    `sha256` is that of the manifest for what the manifest knows, else of the file when it was
    first seen whole. `failures` in a row, since when it is tried again at `due_at` only.
    """

    __tablename__ = "recording_files"
    __table_args__ = (
        UniqueConstraint("recording_id", "name"),
        Index("ix_recording_files_state_due_at", "state", "due_at"),
    )

    id: Mapped[Id]
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[CopyState] = mapped_column(default=CopyState.WAITING)
    due_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None] = mapped_column(String(200))
    # An upload in pieces under way: what S3 calls it, and [number, ETag] of each piece it took.
    upload_id: Mapped[str | None] = mapped_column(Text)
    pieces: Mapped[list[Any]] = mapped_column(JSON, default=list)


def change(file: RecordingFile, to: CopyState) -> None:
    """Move a file on; to stay is no move."""
    assert to is file.state or to in NEXT_COPY_STATE[file.state], f"{file.state} to {to}"
    file.state = to


class StoreStanding(Base):
    """How it stands with the store as a whole: one row. Away since `away_since`, or not."""

    __tablename__ = "store_standing"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    failures: Mapped[int] = mapped_column(default=0)
    away_since: Mapped[datetime | None]
    due_at: Mapped[datetime]
    problem: Mapped[str | None] = mapped_column(String(200))
