"""The commands about recordings: where they are kept, and what may and may not be removed."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import logging as app_logging
from app.calendars.days import local_day
from app.clock import utc_now
from app.live import adopting
from app.live.replay_builder import ProcessReplayBuilder
from app.opening import CannotDo, opened
from app.recordings import queries, retention
from app.recordings.copies import CopyState, RecordingFile, StoreStanding
from app.recordings.models import Recording, RecordingPurpose
from app.recordings.retention_rules import schedules
from app.settings import Settings, read_settings
from media.recorder.places import MARK

recordings = typer.Typer(
    no_args_is_help=True, help="Recordings: where they are kept, holds, purposes, removal."
)

Session = Annotated[UUID, typer.Argument(help="The id of the session (课堂) that was recorded.")]
Reason = Annotated[str, typer.Option(help="Why; kept with the recording.")]
MOST_REASON = 200


@recordings.command()
def place(
    *,
    on_the_systems_disk: Annotated[
        bool, typer.Option("--on-the-systems-disk", help="It is meant to lie on the disk of /.")
    ] = False,
) -> None:
    """Mark the second place, so that it is used: nothing is written there while it has no mark."""
    second = read_settings().recordings_second_dir
    if second is None:
        raise CannotDo("CLASSROOMS_RECORDINGS_SECOND_DIR is not set: there is no second place.")
    try:
        is_systems = second.stat().st_dev == Path("/").stat().st_dev
        if is_systems and not on_the_systems_disk:
            raise CannotDo(
                f"{second} lies on the disk of the system: mount its own disk first. "
                "If it is meant to lie there: --on-the-systems-disk."
            )
        (second / MARK).touch()
    except OSError as error:
        raise CannotDo(
            f"{second} cannot be marked: {error.strerror}. Make the folder first, and have it "
            "belong to the user the server runs as."
        ) from None
    typer.echo(f"{second} is marked as the second place for recordings.")


@recordings.command()
def kept() -> None:
    """Say how it stands with the object store, and which files are lost."""
    _run(_kept)


@recordings.command()
def hold(session: Session, reason: Reason) -> None:
    """Keep a recording from being removed until the hold is lifted."""
    reason = _reason(reason)

    async def do(db: AsyncSession) -> list[str]:
        recording = await _of(db, session)
        await retention.hold(db, recording, reason=reason, by=retention.OPERATOR, now=utc_now())
        return ["The recording is held."]

    _run(do)


@recordings.command()
def lift(session: Session) -> None:
    """Lift all holds of a recording: it is removed when its time is over."""

    async def do(db: AsyncSession) -> list[str]:
        recording = await _of(db, session)
        count = await retention.lift_all(db, recording, by=retention.OPERATOR, now=utc_now())
        return [f"Holds lifted: {count}."]

    _run(do)


@recordings.command()
def purpose(session: Session, purpose: RecordingPurpose) -> None:
    """Say what a recording is kept for, and so for how long."""

    async def do(db: AsyncSession) -> list[str]:
        recording = await _of(db, session)
        await retention.change_purpose(db, recording, purpose)
        end = (await schedules(db, utc_now()))[purpose].end_of(recording.started_at)
        if end.at is None:
            return [f"Kept until it is withdrawn, by rule {end.rule.number}."]
        return [f"Kept until {local_day(end.at)}, by rule {end.rule.number}."]

    _run(do)


@recordings.command()
def withdraw(session: Session, reason: Reason) -> None:
    """Show a recording to nobody from now on, and have every copy removed an hour later."""
    reason = _reason(reason)

    async def do(db: AsyncSession) -> list[str]:
        await retention.withdraw(db, await _of(db, session), note=reason, now=utc_now())
        return ["Nobody is shown the recording any more. It is removed within two hours."]

    _run(do)


@recordings.command()
def certificate(session: Session) -> None:
    """Print the proof that a recording was removed."""

    async def do(db: AsyncSession) -> list[str]:
        recording = await _of(db, session)
        found = await db.scalar(
            select(retention.DeletionCertificate).where(
                retention.DeletionCertificate.recording_id == recording.id
            )
        )
        if found is None:
            raise CannotDo(f"The recording is {recording.state}: it was not removed.")
        lines = [
            f"{column.name}: {getattr(found, column.name)}"
            for column in retention.DeletionCertificate.__table__.columns
        ]
        rule = await retention.expired_by(db, recording)
        if rule is not None:
            lines += [
                f"rule {rule.number}, from {rule.valid_from}: kept {rule.keep_days} days, removed "
                f"{rule.grace_days} days after it was shown to nobody"
            ]
        return lines

    _run(do)


@recordings.command()
def adopt(
    folder: Annotated[
        str | None,
        typer.Argument(help="Where it lies below the recordings, 2026-11/SESSION; else all."),
    ] = None,
    *,
    is_dry: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
) -> None:
    """Take in recordings that lie on the disk and that the database does not know."""
    settings = read_settings()
    app_logging.configure(settings)
    asyncio.run(_adopt(settings, folder, is_dry=is_dry))


async def _adopt(settings: Settings, folder: str | None, *, is_dry: bool) -> None:
    """Take them in one by one, saying what becomes of each. Raise CannotDo if one was refused."""
    root, refused = settings.recordings_dir.absolute(), 0
    async with opened(settings) as database:
        folders = [folder] if folder else await adopting.unknown_folders(database, root)
        for each in folders:
            try:
                adopted = await adopting.adopt(
                    database,
                    root=root,
                    folder=each,
                    builder=ProcessReplayBuilder(),
                    clock=utc_now,
                    is_dry=is_dry,
                )
            except adopting.NotAdopted as reason:
                refused += 1
                typer.echo(f"{each}: not taken in: {reason}.")
            else:
                typer.echo(f"{each}: {_told(adopted, is_dry=is_dry)}")
        if folders and not is_dry:
            await adopting.look_again(database, now=utc_now())
    if not folders:
        typer.echo(f"The database knows all recordings in {root}.")
    if refused:
        raise CannotDo(f"{refused} of {len(folders)} folders cannot be taken in.")


def _told(adopted: adopting.Adopted, *, is_dry: bool) -> str:
    words = [
        f"{'would be' if is_dry else 'is'} taken in: {adopted.lesson_title}, begun "
        f"{adopted.started_at:%Y-%m-%d %H:%M} UTC."
    ]
    if adopted.is_session_new:
        words.append("Its session is made anew: who was there is lost, and no figure changes.")
    if adopted.kept_until is not None and adopted.kept_until <= utc_now():
        words.append(
            "Its time is over: it is hidden within the hour unless you hold it or say another "
            "purpose."
        )
    if not is_dry:
        words.append("Its replay is made by the server, or a worker for the queue REPLAYS.")
    return " ".join(words)


async def _kept(db: AsyncSession) -> list[str]:
    counts = await db.execute(
        select(RecordingFile.state, func.count(), func.sum(RecordingFile.bytes))
        .group_by(RecordingFile.state)
        .order_by(RecordingFile.state)
    )
    lines = [f"{state}: {count} files, {size} bytes" for state, count, size in counts]
    standing = await db.get(StoreStanding, 1)
    if standing is not None and standing.away_since is not None:
        lines.append(
            f"The store is away since {standing.away_since:%Y-%m-%d %H:%M} UTC: {standing.problem}"
        )
    lost = await db.execute(
        select(Recording.folder, RecordingFile.name)
        .join(Recording, Recording.id == RecordingFile.recording_id)
        .where(RecordingFile.state == CopyState.LOST)
        .order_by(Recording.folder, RecordingFile.name)
    )
    lines += [f"lost: {folder}/{name}" for folder, name in lost]
    return lines or ["No file of a recording was looked at yet."]


async def _of(db: AsyncSession, session_id: UUID) -> Recording:
    recording = await queries.of_session(db, session_id)
    if recording is None:
        raise CannotDo(f"There is no recording of a session {session_id}.")
    return recording


def _reason(text: str) -> str:
    text = text.strip()
    if not 0 < len(text) <= MOST_REASON:
        raise CannotDo(f"Give a reason of 1 to {MOST_REASON} characters.")
    return text


def _run(do: Callable[[AsyncSession], Awaitable[list[str]]]) -> None:
    settings = read_settings()
    app_logging.configure(settings)

    async def run() -> list[str]:
        async with opened(settings) as database, database.unit_of_work() as db:
            return await do(db)

    for line in asyncio.run(run()):
        typer.echo(line)
