"""Tables of recordings: an index of what the manifests on disk say, never the only truth."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, ClockMs, Id
from app.lessons.models import Lesson


class RecordingState(StrEnum):
    """States of a recording; a crash re-enters at RECORDING or FINALISING from the files.

    BROKEN: its replay could not be made, and is tried again. REPAIRED: it was made after all, and
    is as good as one that is READY.
    """

    ARMED = "ARMED"
    RECORDING = "RECORDING"
    GAP = "GAP"
    FINALISING = "FINALISING"
    SEALED = "SEALED"
    PROCESSING = "PROCESSING"
    READY = "READY"
    PUBLISHED = "PUBLISHED"
    BROKEN = "BROKEN"
    REPAIRED = "REPAIRED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    PURGED = "PURGED"


NEXT_RECORDING_STATE: dict[RecordingState, frozenset[RecordingState]] = {
    RecordingState.ARMED: frozenset({RecordingState.RECORDING, RecordingState.FINALISING}),
    RecordingState.RECORDING: frozenset({RecordingState.GAP, RecordingState.FINALISING}),
    RecordingState.GAP: frozenset({RecordingState.RECORDING, RecordingState.FINALISING}),
    RecordingState.FINALISING: frozenset({RecordingState.SEALED, RecordingState.BROKEN}),
    RecordingState.SEALED: frozenset(
        {
            RecordingState.PROCESSING,
            RecordingState.BROKEN,
            RecordingState.WITHDRAWN,
            RecordingState.EXPIRED,
        }
    ),
    RecordingState.PROCESSING: frozenset(
        {
            RecordingState.READY,
            RecordingState.BROKEN,
            RecordingState.WITHDRAWN,
            RecordingState.EXPIRED,
        }
    ),
    RecordingState.READY: frozenset(
        {RecordingState.PUBLISHED, RecordingState.WITHDRAWN, RecordingState.EXPIRED}
    ),
    RecordingState.PUBLISHED: frozenset({RecordingState.WITHDRAWN, RecordingState.EXPIRED}),
    RecordingState.BROKEN: frozenset(
        {RecordingState.REPAIRED, RecordingState.WITHDRAWN, RecordingState.EXPIRED}
    ),
    RecordingState.REPAIRED: frozenset(
        {RecordingState.PUBLISHED, RecordingState.WITHDRAWN, RecordingState.EXPIRED}
    ),
    RecordingState.WITHDRAWN: frozenset({RecordingState.PURGED}),
    RecordingState.EXPIRED: frozenset({RecordingState.WITHDRAWN, RecordingState.PURGED}),
    RecordingState.PURGED: frozenset(),
}


GROWING = frozenset({RecordingState.ARMED, RecordingState.RECORDING, RecordingState.GAP})
"""Its lesson runs."""

PLAYABLE = frozenset({RecordingState.READY, RecordingState.REPAIRED, RecordingState.PUBLISHED})
"""Its replay is made: for who gave or administers the lesson; by PUBLISHED for its schools."""

WHOLE = PLAYABLE | {RecordingState.SEALED, RecordingState.PROCESSING}
"""Nothing will be added to what the manifest says."""

KEPT = WHOLE | {RecordingState.BROKEN}
"""What was recorded is whole as far as it will be, and is to be kept."""

HIDDEN = frozenset({RecordingState.WITHDRAWN, RecordingState.EXPIRED, RecordingState.PURGED})
"""Nobody is shown anything of it any more."""


class RecordingPurpose(StrEnum):
    """What a recording is kept for, and so for how long (`app.recordings.retention_rules`).

    LESSON: to look back at. RESEARCH: of a lesson that teachers study (教研). RESOURCE: to teach
    with again.
    """

    LESSON = "LESSON"
    RESEARCH = "RESEARCH"
    RESOURCE = "RESOURCE"


class Recording(Base):
    """录制 of one session. `folder` is relative to the configured recordings folder."""

    __tablename__ = "recordings"

    id: Mapped[Id]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), unique=True)
    # Who may see a recording follows from its lesson; this slice knows no sessions.
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id"), index=True)
    state: Mapped[RecordingState] = mapped_column(default=RecordingState.ARMED)
    folder: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    duration_ms: Mapped[ClockMs] = mapped_column(default=0)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    problem: Mapped[str | None] = mapped_column(String(200))
    # What is not in its replay because it cannot be read: of each `builder.Missing` its fields.
    missing: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    manifest_sha256: Mapped[str | None] = mapped_column(String(64))
    # When its files were last given rows (`app.recordings.listing`).
    files_listed_at: Mapped[datetime | None]
    purpose: Mapped[RecordingPurpose] = mapped_column(default=RecordingPurpose.LESSON)
    # Since when nobody is shown it any more, and why.
    hidden_at: Mapped[datetime | None]
    hidden_note: Mapped[str | None] = mapped_column(String(200))
    # What was removed with every copy before the recording is: replaced by another, or deleted.
    replaced_files: Mapped[int] = mapped_column(default=0)
    replaced_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    # When its copies began to be removed: from then on nothing keeps it.
    removal_begun_at: Mapped[datetime | None]
    # The rule it expired by (`app.recordings.retention_rules`); None: it did not expire.
    rule_number: Mapped[int | None] = mapped_column(ForeignKey("retention_rules.number"))

    lesson: Mapped[Lesson] = relationship(lazy="raise")
    # Those of its replay as it is now.
    clips: Mapped[list["RecordingClip"]] = relationship(
        lazy="raise",
        viewonly=True,
        primaryjoin="and_(Recording.id == RecordingClip.recording_id, "
        "RecordingClip.replaced_at.is_(None))",
    )


class RecordingClip(Base):
    """One playable file: one seat's camera with its sound, or a screen, from start_ms on.

    `replaced_at`: since when a replay in which less is missing is shown instead. Who was watching
    goes on with it until its file, which is left over, is removed (`app.recordings.leftovers`).
    """

    __tablename__ = "recording_clips"

    id: Mapped[Id]
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"), index=True)
    seat_id: Mapped[str] = mapped_column(String(64))
    group: Mapped[str] = mapped_column(String(20))
    file: Mapped[str] = mapped_column(String(200))
    mime: Mapped[str] = mapped_column(String(80))
    start_ms: Mapped[ClockMs]
    duration_ms: Mapped[ClockMs]
    has_audio: Mapped[bool]
    has_video: Mapped[bool]
    bytes: Mapped[int] = mapped_column(BigInteger)
    replaced_at: Mapped[datetime | None]


class DownloadForm(StrEnum):
    """LESSON: pictures and sound (MP4, H.264 and AAC). SOUND: sound alone (M4A, AAC).

    SMALL: as LESSON, for lines of 1 Mbit/s.
    """

    LESSON = "LESSON"
    SMALL = "SMALL"
    SOUND = "SOUND"


class RecordingView(Base):
    """Who looked at a recording with minors, when: the school can read it.

    A person, or a classroom that looked back while the lesson ran. `micro_lesson`: at which piece
    of it, by the title it had then; None: at the whole lesson. `taken`: in which form it was taken
    along; None: it was watched here.
    """

    __tablename__ = "recording_views"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (classroom_id IS NULL)", name="one_viewer"),
    )

    id: Mapped[Id]
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    classroom_id: Mapped[UUID | None] = mapped_column(ForeignKey("classrooms.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(String(45))
    taken: Mapped[DownloadForm | None]
    micro_lesson: Mapped[str | None] = mapped_column(String(60))
