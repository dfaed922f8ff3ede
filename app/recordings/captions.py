"""Captions (字幕) of a recording: what was said, in one language, on the lesson's clock.

They lie in the database, not in the recording's folder: they are changed and taken away, and a file
of a recording never is. They are shown with the replay and hidden with it, and go with it: the
certificate counts each as a file of its own name.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, joinedload, mapped_column, undefer

from app.codes import service as codes
from app.codes.errors import CodeUnknown
from app.codes.models import CodeKind
from app.database import Base, Id
from app.errors import NotFound
from app.etags import Versioned
from app.recordings.caption_text import (
    MOST_SHOWN_FAULTS,
    TO_DO,
    CaptionsFaulty,
    Cue,
    read_captions,
    write_captions,
)
from app.recordings.downloads import require_ready
from app.recordings.errors import CaptionsRefused, CaptionsThere
from app.recordings.models import PLAYABLE, Recording
from app.recordings.queries import is_shown_to, may_watch
from app.recordings.retention import HeldBack, is_held, lock
from app.security import PersonCaller

MEDIA_TYPE: Final = "text/vtt"
LABEL_LENGTH: Final = 40
LANGUAGE_LENGTH: Final = 24
WRITTEN_LANGUAGES: Final = ("zh-Hans", "zh-Hant", "en")
"""Beside the languages that are taught in: captions are written, so Chinese has two."""


class RecordingCaptions(Versioned, Base):
    """The captions of one language. `text`: WebVTT as `app.recordings.caption_text` writes it."""

    __tablename__ = "recording_captions"
    __table_args__ = (UniqueConstraint("recording_id", "language"),)

    id: Mapped[Id]
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"))
    language: Mapped[str] = mapped_column(String(LANGUAGE_LENGTH))
    label: Mapped[str] = mapped_column(String(LABEL_LENGTH))
    # Read where it is wanted alone: lists have no use for it.
    text: Mapped[str] = mapped_column(Text, deferred=True, deferred_raiseload=True)
    cues: Mapped[int]
    brought_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    brought_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class CaptionsFile:
    """Captions as the certificate counts them among a recording's files."""

    name: str
    bytes: int
    sha256: str


def url_of(captions: RecordingCaptions) -> str:
    """Return where captions are read, by who may watch the replay."""
    return f"/api/recordings/captions/{captions.id}"


async def files_of(db: AsyncSession, recording_id: UUID) -> list[CaptionsFile]:
    """Return what the captions of a recording are as files."""
    rows = await db.execute(
        select(RecordingCaptions.language, RecordingCaptions.text).where(
            RecordingCaptions.recording_id == recording_id
        )
    )
    return [_file(language, text.encode()) for language, text in rows]


def _file(language: str, content: bytes) -> CaptionsFile:
    digest = sha256(content).hexdigest()
    return CaptionsFile(f"captions/{language}.vtt", len(content), digest)


async def languages(db: AsyncSession) -> list[str]:
    """Return the languages (BCP 47) that captions can be in."""
    taught_in = (await codes.catalogue(db)).of_kind(CodeKind.LANGUAGE)
    others = (each.code for each in taught_in if each.code not in WRITTEN_LANGUAGES)
    return [*WRITTEN_LANGUAGES, *others]


async def of_recording(db: AsyncSession, recording_id: UUID) -> Sequence[RecordingCaptions]:
    """Return the captions of a recording without their text, whoever asks, as they were brought."""
    rows = await db.scalars(
        select(RecordingCaptions)
        .where(RecordingCaptions.recording_id == recording_id)
        .order_by(RecordingCaptions.id)
    )
    return rows.all()


async def text_of(db: AsyncSession, recording_id: UUID, captions_id: UUID) -> str | None:
    """Return captions of a recording as WebVTT, whoever asks; None: it has no such ones."""
    return await db.scalar(
        select(RecordingCaptions.text).where(
            RecordingCaptions.id == captions_id, RecordingCaptions.recording_id == recording_id
        )
    )


async def readable(
    db: AsyncSession, person: PersonCaller, captions_id: UUID
) -> tuple[Recording, RecordingCaptions]:
    """Return captions of a replay this person may watch, with their text. Raise NotFound."""
    return await _found(db, captions_id, is_shown_to(person))


async def changeable(
    db: AsyncSession, person: PersonCaller, captions_id: UUID
) -> tuple[Recording, RecordingCaptions]:
    """Return captions to be changed, of a recording this person may take copies of.

    Nobody else changes them until this transaction is over. Raise NotFound, RecordingNotReady,
    HeldBack: what is held is looked at as it was.
    """
    recording, captions = await _found(db, captions_id, may_watch(person))
    await _lock_ready(db, recording)
    if await db.scalar(select(is_held()).where(Recording.id == recording.id)):
        raise HeldBack("Lift the hold first, or wait until it is lifted.")
    # They may have been changed, or removed, while their recording was waited for.
    again = select(RecordingCaptions).where(RecordingCaptions.id == captions.id)
    found = await db.scalar(again.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return recording, found


async def add(
    db: AsyncSession,
    recording: Recording,
    *,
    content: bytes,
    language: str,
    label: str,
    person_id: UUID,
    now: datetime,
) -> RecordingCaptions:
    """Keep captions in another language. Raise what `cues_of` does, CodeUnknown, CaptionsThere."""
    await _lock_ready(db, recording)
    known = await languages(db)
    if language not in known:
        raise CodeUnknown(f"Captions are in one of these: {', '.join(known)}.")
    await _require_new(db, recording, language=language, label=label)
    cues = await cues_of(content, recording)
    captions = RecordingCaptions(
        recording_id=recording.id,
        language=language,
        label=label,
        text=write_captions(cues),
        cues=len(cues),
        brought_by=person_id,
        brought_at=now,
    )
    db.add(captions)
    await db.flush()
    return captions


async def replace(
    db: AsyncSession,
    recording: Recording,
    captions: RecordingCaptions,
    *,
    content: bytes,
    label: str,
    person_id: UUID,
    now: datetime,
) -> None:
    """Have other words in place of what there is. Raise what `cues_of` does, CaptionsThere."""
    await _require_new(db, recording, language=None, label=label, but=captions.id)
    cues = await cues_of(content, recording)
    captions.label, captions.text, captions.cues = label, write_captions(cues), len(cues)
    captions.brought_by, captions.brought_at = person_id, now
    await db.flush()


async def cues_of(content: bytes, recording: Recording) -> list[Cue]:
    """Read a file that was brought. Raise CaptionsRefused."""
    try:
        return await asyncio.to_thread(read_captions, content, duration_ms=recording.duration_ms)
    except CaptionsFaulty as error:
        shown = error.faults[:MOST_SHOWN_FAULTS]
        first = shown[0]
        raise CaptionsRefused(
            f"Line {first.line}: {TO_DO[first.problem]}",
            faults=[
                {"line": fault.line, "problem": fault.problem, "detail": TO_DO[fault.problem]}
                for fault in shown
            ],
            more=len(error.faults) - len(shown),
        ) from None


async def _found(
    db: AsyncSession, captions_id: UUID, is_allowed: ColumnElement[bool]
) -> tuple[Recording, RecordingCaptions]:
    row = (
        await db.execute(
            select(Recording, RecordingCaptions)
            .join(RecordingCaptions, RecordingCaptions.recording_id == Recording.id)
            .join(Recording.lesson)
            .where(RecordingCaptions.id == captions_id, Recording.state.in_(PLAYABLE), is_allowed)
            .options(joinedload(Recording.lesson), undefer(RecordingCaptions.text))
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def _lock_ready(db: AsyncSession, recording: Recording) -> None:
    """Have nobody withdraw the recording, nor change its captions. Raise RecordingNotReady."""
    await lock(db, recording)
    require_ready(recording)


async def _require_new(
    db: AsyncSession,
    recording: Recording,
    *,
    language: str | None,
    label: str,
    but: UUID | None = None,
) -> None:
    """Raise CaptionsThere when a player could not tell these captions from others."""
    for other in await of_recording(db, recording.id):
        if other.id != but and (other.language == language or other.label == label):
            raise CaptionsThere(
                "Replace the captions there are in this language, or give these another name.",
                language=other.language,
                label=other.label,
            )
