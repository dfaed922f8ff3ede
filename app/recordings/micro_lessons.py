"""Micro-lessons (微课): pieces of a lesson with a title of their own.

Each is a file cut out of the one film of the lesson (`app.live.cutting`). It lies in the
recording's folder, and is kept, proved and removed with its other files; whom the recording is not
shown to is shown none of its pieces.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, String, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app.accounts.models import Person
from app.database import Base, ClockMs, Id, is_one
from app.errors import NotFound, Problem
from app.etags import Versioned
from app.jobs import queries as job_queries
from app.jobs import service as jobs
from app.jobs.models import UNFINISHED, Job, Queue
from app.recordings import downloads
from app.recordings.leftovers import leave
from app.recordings.models import PLAYABLE, DownloadForm, Recording
from app.recordings.publishing import is_published_to
from app.recordings.queries import may_watch
from app.recordings.retention import HeldBack, is_held
from app.security import PersonCaller

KIND: Final = "recordings.cut"
LEAST_MS: Final = 1_000
MOST_TITLE: Final = 60
#: Of one lesson: a list that is read at a look, and a bound on what one may fill the disk with.
MOST_OF_A_LESSON: Final = 50


class MicroLesson(Versioned, Base):
    """A piece, from `from_ms` to `until_ms` of the lesson. `version` counts what people change.

    `file` is a plain name in the recording's folder, `bytes` and `duration_ms` are its; None: it
    is not cut yet. `asked_at`: since when the cut is wanted that is there or being made.
    `is_outdated`: the replay is another by now, and the piece is being cut out of that.
    """

    __tablename__ = "micro_lessons"

    id: Mapped[Id]
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"), index=True)
    title: Mapped[str] = mapped_column(String(MOST_TITLE))
    from_ms: Mapped[ClockMs]
    until_ms: Mapped[ClockMs]
    maker_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    saved_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    is_outdated: Mapped[bool] = mapped_column(default=False)
    file: Mapped[str | None] = mapped_column(String(200))
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    duration_ms: Mapped[ClockMs | None]

    recording: Mapped[Recording] = relationship(lazy="raise")
    maker: Mapped[Person] = relationship(lazy="raise")


class MarksReversed(Problem):
    """The piece ends where it begins, or before."""

    status, type, title = 422, "marks-reversed", "The end is not after the beginning"


class MarksOutside(Problem):
    """A mark is not in the lesson, which is `length_ms` long."""

    status, type, title = 422, "marks-outside", "A mark is outside of the lesson"


class PieceTooShort(Problem):
    """The piece is shorter than `least_ms`."""

    status, type, title = 422, "piece-too-short", "The piece is too short"


class TitleMissing(Problem):
    """A micro-lesson has a title of its own."""

    status, type, title = 422, "title-missing", "The title is missing"


class TitleTooLong(Problem):
    """The title has more than `most` characters."""

    status, type, title = 422, "title-too-long", "The title is too long"


class TooManyMicroLessons(Problem):
    """The lesson has `most` micro-lessons."""

    status, type, title = 409, "too-many-micro-lessons", "The lesson has many micro-lessons"


class ReplayBeingMadeAgain(Problem):
    """What is marked now may be another picture soon: the replay is being made again."""

    status, type, title = 409, "replay-being-made-again", "The replay is being made again"


@dataclass(frozen=True, slots=True)
class Standing:
    """A micro-lesson; while it is to be cut, the job that is worked on for it, if any.

    That of its film while that is made. `ahead`: how many others of its queue that job waits for.
    """

    piece: MicroLesson
    job: Job | None = None
    ahead: int = 0


def titled(text: str) -> str:
    """Return a title as it is kept. Raise TitleMissing, TitleTooLong."""
    title = " ".join(text.split())
    if not title:
        raise TitleMissing("Give the micro-lesson a title that says what it is about.")
    if len(title) > MOST_TITLE:
        raise TitleTooLong(f"At most {MOST_TITLE} characters: shorten it.", most=MOST_TITLE)
    return title


def require_marks(from_ms: int, until_ms: int, *, length_ms: int) -> None:
    """Raise MarksReversed, MarksOutside or PieceTooShort unless these mark a piece."""
    if from_ms >= until_ms:
        raise MarksReversed("Mark an end that is after the beginning.")
    if until_ms > length_ms:
        raise MarksOutside("Mark an end that is in the lesson.", length_ms=length_ms)
    if until_ms - from_ms < LEAST_MS:
        raise PieceTooShort("Mark a piece of one second at least.", least_ms=LEAST_MS)


async def save(
    db: AsyncSession,
    recording: Recording,
    *,
    title: str,
    from_ms: int,
    until_ms: int,
    length_ms: int,
    person_id: UUID,
    now: datetime,
) -> MicroLesson:
    """Keep a piece of a lesson that is `length_ms` long, and have it cut.

    Raise what `titled` and `require_marks` do, RecordingNotReady, TooManyMicroLessons.
    """
    title = titled(title)
    require_marks(from_ms, until_ms, length_ms=length_ms)
    await db.refresh(recording, with_for_update={"of": Recording})
    downloads.require_ready(recording)
    query = select(func.count()).where(MicroLesson.recording_id == recording.id)
    if (await db.scalar(query) or 0) >= MOST_OF_A_LESSON:
        raise TooManyMicroLessons(
            "Delete one of them that is not needed any more.", most=MOST_OF_A_LESSON
        )
    piece = MicroLesson(
        recording_id=recording.id,
        title=title,
        from_ms=from_ms,
        until_ms=until_ms,
        maker_id=person_id,
        saved_at=now,
        asked_at=now,
    )
    db.add(piece)
    await db.flush()
    await _enqueue(db, recording.id, piece.id, now=now)
    return piece


async def _enqueue(db: AsyncSession, recording_id: UUID, piece_id: UUID, *, now: datetime) -> None:
    await jobs.enqueue(
        db,
        kind=KIND,
        payload={"recording_id": str(recording_id), "micro_lesson_id": str(piece_id)},
        owner=None,
        dedup_key=str(piece_id),
        # Cutting takes seconds, but the film may have to be fetched from the store before.
        queue=Queue.HEAVY,
        now=now,
    )


async def cut_again(db: AsyncSession, piece: MicroLesson, *, now: datetime) -> None:
    """Have a piece cut that could not be, unless it is being cut. Raise RecordingNotReady."""
    downloads.require_ready(piece.recording)
    if piece.file is not None and not piece.is_outdated:
        return
    job = await _job_of(db, piece.id)
    if job is None or job.state not in UNFINISHED:
        await _ask_anew(db, piece.recording_id, piece.id, now=now)


async def cut_all_anew(db: AsyncSession, recording_id: UUID, *, now: datetime) -> None:
    """Have the pieces cut out of another replay; until then those there are go on being shown."""
    of_it = MicroLesson.recording_id == recording_id
    await db.execute(update(MicroLesson).where(of_it).values(is_outdated=True))
    for piece_id in (await db.scalars(select(MicroLesson.id).where(of_it))).all():
        await _ask_anew(db, recording_id, piece_id, now=now)


async def _ask_anew(db: AsyncSession, recording_id: UUID, piece_id: UUID, *, now: datetime) -> None:
    # Nothing that a person changed: the version stays.
    await db.execute(update(MicroLesson).where(MicroLesson.id == piece_id).values(asked_at=now))
    await _enqueue(db, recording_id, piece_id, now=now)


async def offer(
    db: AsyncSession,
    piece_id: UUID,
    *,
    film_id: UUID,
    file: str,
    size: int,
    duration_ms: int,
    now: datetime,
) -> bool:
    """Offer a piece that was cut and is about to lie in its folder, in place of an earlier one.

    Return False when the film it was cut out of is no longer that of the lesson, or the piece was
    deleted: then the file is nobody's. Raise RecordingNotReady: it was withdrawn meanwhile.
    """
    piece = await db.get(MicroLesson, piece_id)
    if piece is None:
        return False
    recording = await db.get_one(Recording, piece.recording_id, with_for_update=True)
    downloads.require_ready(recording)
    film = await downloads.made(db, recording.id, DownloadForm.LESSON)
    if film is None or film.id != film_id:
        return False
    # Nothing that a person changed: the version stays.
    changed = await db.execute(
        update(MicroLesson)
        .where(MicroLesson.id == piece_id)
        .values(file=file, bytes=size, duration_ms=duration_ms, is_outdated=False)
        .execution_options(synchronize_session=False)
    )
    if not is_one(changed):
        return False
    if piece.file is not None:
        leave(db, recording.id, piece.file, now=now)
    # Its folder has a file more, which is to be kept like the others.
    recording.files_listed_at = None
    return True


async def remove(db: AsyncSession, piece: MicroLesson, *, now: datetime) -> None:
    """Show a piece to nobody from now on, and have its file removed an hour later. Raise HeldBack.

    What was written down of who watched it stays.
    """
    recording = await db.get_one(Recording, piece.recording_id, with_for_update=True)
    if await db.scalar(select(is_held()).where(Recording.id == recording.id)):
        raise HeldBack("Lift the hold first, or wait until it is lifted.")
    # Again, now that nobody puts another file there.
    file = await db.scalar(select(MicroLesson.file).where(MicroLesson.id == piece.id))
    if file is not None:
        leave(db, recording.id, file, now=now)
    await db.delete(piece)
    await db.flush()


async def showable(db: AsyncSession, person: PersonCaller, piece_id: UUID) -> MicroLesson:
    """Return a piece this person is shown, with its recording, lesson and maker. Raise NotFound.

    One that is not cut yet to those who may change it.
    """
    is_shown = is_published_to(person) & MicroLesson.file.is_not(None)
    return await _only(db, piece_id, or_(may_watch(person), is_shown))


async def changeable(db: AsyncSession, person: PersonCaller, piece_id: UUID) -> MicroLesson:
    """Return a piece this person may change and take along, as `showable` does. Raise NotFound."""
    return await _only(db, piece_id, may_watch(person))


async def _only(db: AsyncSession, piece_id: UUID, is_allowed: ColumnElement[bool]) -> MicroLesson:
    piece = await db.scalar(
        select(MicroLesson)
        .join(MicroLesson.recording)
        .join(Recording.lesson)
        .where(MicroLesson.id == piece_id, Recording.state.in_(PLAYABLE), is_allowed)
        .options(
            joinedload(MicroLesson.recording).joinedload(Recording.lesson),
            joinedload(MicroLesson.maker),
        )
    )
    if piece is None:
        raise NotFound
    return piece


async def of_recording(db: AsyncSession, recording_id: UUID, *, now: datetime) -> list[Standing]:
    """Return the pieces of a lesson as they lie in it. Who may know was decided before."""
    rows = await db.scalars(
        select(MicroLesson)
        .where(MicroLesson.recording_id == recording_id)
        .order_by(MicroLesson.from_ms, MicroLesson.until_ms, MicroLesson.id)
        .options(joinedload(MicroLesson.maker))
    )
    return [await standing_of(db, piece, now=now) for piece in rows]


async def standing_of(db: AsyncSession, piece: MicroLesson, *, now: datetime) -> Standing:
    """Return how it stands with a piece."""
    if piece.file is not None and not piece.is_outdated:
        return Standing(piece)
    job = await _job_of(db, piece.id)
    if job is None:
        return Standing(piece)
    if job.state in UNFINISHED:
        film_job = await downloads.job_of(db, piece.recording_id, DownloadForm.LESSON)
        if film_job is not None and film_job.state in UNFINISHED:
            job = film_job
    return Standing(piece, job, await job_queries.ahead_of(db, job, now=now))


async def _job_of(db: AsyncSession, piece_id: UUID) -> Job | None:
    return await job_queries.last_with(db, KIND, jobs.key_of(KIND, None, str(piece_id)))


async def shown_of(
    db: AsyncSession, recording_ids: Collection[UUID]
) -> dict[UUID, list[MicroLesson]]:
    """Return the pieces there are of recordings the caller was already given, by recording."""
    rows = await db.scalars(
        select(MicroLesson)
        .where(MicroLesson.recording_id.in_(recording_ids), MicroLesson.file.is_not(None))
        .order_by(MicroLesson.from_ms, MicroLesson.until_ms, MicroLesson.id)
    )
    found: dict[UUID, list[MicroLesson]] = {}
    for piece in rows:
        found.setdefault(piece.recording_id, []).append(piece)
    return found
