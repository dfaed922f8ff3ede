"""Recordings whose time is over are hidden, and later every copy is removed and certified.

One job, once an hour, which removes files left over as well (`app.recordings.leftovers`). It may be
stopped anywhere: a recording is PURGED, and certified, in the same transaction, once neither the
disk nor the store has anything of it.
"""

import asyncio
import errno
import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import delete, select

from app.jobs.context import JobContext, JobResult
from app.recordings import captions, leftovers, listing, removal
from app.recordings.captions import CaptionsFile, RecordingCaptions
from app.recordings.copies import IN_STORE, CopyState, RecordingFile
from app.recordings.downloads import RecordingDownload
from app.recordings.keys import folder_key
from app.recordings.leftovers import RecordingLeftover
from app.recordings.micro_lessons import MicroLesson
from app.recordings.models import (
    NEXT_RECORDING_STATE,
    Recording,
    RecordingClip,
    RecordingPurpose,
    RecordingState,
)
from app.recordings.retention import (
    GOING,
    REMOVED_AFTER_WITHDRAWAL,
    DeletionCertificate,
    DeletionReason,
    hide,
    is_held,
    removed_after,
)
from app.recordings.retention_rules import RetentionRule, schedules
from app.store.client import ObjectStore
from app.store.errors import StoreAway, StoreError

log = structlog.get_logger(__name__)

KIND: Final = "recordings.purge"
EVERY: Final = timedelta(hours=1)
AT_ONCE: Final = 50
_PERHAPS_STORED = IN_STORE | {CopyState.SENT}
_MAY_EXPIRE = [
    state
    for state, following in NEXT_RECORDING_STATE.items()
    if RecordingState.EXPIRED in following and state is not RecordingState.WITHDRAWN
]


class Purger:
    """Runs the job. `store` None: there are no copies but those on the disk."""

    def __init__(self, root: Path, store: ObjectStore | None) -> None:
        self._root = root
        self._store = store

    async def run(self, context: JobContext) -> JobResult:
        """Hide what has expired; remove what was hidden or left over long enough ago."""
        expired = await _expire(context)
        removed = 0
        async with context.database.unit_of_work() as db:
            rows = await db.execute(
                select(Recording, RetentionRule)
                .outerjoin(RetentionRule, RetentionRule.number == Recording.rule_number)
                .where(
                    Recording.state.in_(GOING),
                    # Of a rule it is a day at least.
                    Recording.hidden_at <= context.now() - REMOVED_AFTER_WITHDRAWAL,
                    ~is_held(),
                )
            )
            due = [
                recording
                for recording, rule in rows
                if (at := removed_after(recording, rule)) is not None and at <= context.now()
            ]
        for recording in due:
            try:
                if not await self._remove(context, recording):
                    continue
            except StoreAway as error:
                log.warning("recordings_not_removed", reason=str(error))
                break
            except (StoreError, OSError) as error:
                log.error(
                    "recording_not_removed", recording_id=str(recording.id), reason=str(error)
                )
                continue
            removed += 1
            await context.progress(removed, len(due))
        files = await leftovers.remove_due(context, self._root, self._store)
        return JobResult(
            {
                "expired": expired,
                "removed": removed,
                "left": len(due) - removed,
                "files": files,
            }
        )

    async def _remove(self, context: JobContext, recording: Recording) -> bool:
        """Remove it all; return False if somebody keeps it. Raise OSError, StoreError."""
        folder = self._root / recording.folder
        is_there = await asyncio.to_thread(folder.exists)
        if not await self._begin(context, recording, is_there=is_there):
            return False
        async with context.database.unit_of_work() as db:
            await context.hold(db)
            known = await listing.known_files(db, recording.id)
        # Each file has its row before it goes, so that the certificate names them all, even after
        # a removal that was cut short.
        files = await listing.look_at(folder, known, with_replay=True)
        async with context.database.unit_of_work() as db:
            await context.hold(db)
            await listing.enlist(db, recording, folder, files, now=context.now())
        await self._remove_stored(context, recording)
        if await asyncio.to_thread(folder.exists):
            await asyncio.to_thread(removal.remove_tree, folder)
        return await self._certify(context, recording)

    async def _begin(self, context: JobContext, recording: Recording, *, is_there: bool) -> bool:
        """Note that removal begins, after which nobody can hold the recording any more.

        A sealed recording has its manifest on the disk to the end. A folder that is missing
        before anything was removed says that the disk is, not that the files are gone.
        """
        async with context.database.unit_of_work() as db:
            await context.hold(db)
            row = await db.get_one(Recording, recording.id, with_for_update=True)
            held = await db.scalar(select(is_held()).where(Recording.id == row.id))
            if held or row.state not in GOING:
                return False
            if row.removal_begun_at is None:
                if not is_there and row.manifest_sha256 is not None:
                    raise FileNotFoundError(
                        errno.ENOENT, "is the disk of the recordings mounted?", row.folder
                    )
                row.removal_begun_at = context.now()
        return True

    async def _remove_stored(self, context: JobContext, recording: Recording) -> None:
        """Remove all objects of a recording, and what is under way. Raise StoreError."""
        async with context.database.unit_of_work() as db:
            rows = await db.scalars(
                select(RecordingFile).where(RecordingFile.recording_id == recording.id)
            )
            files = rows.all()
        if self._store is None:
            if any(file.state in _PERHAPS_STORED or file.upload_id for file in files):
                raise StoreError("there are copies in an object store this server is not told of")
            return
        prefix = folder_key(recording.folder)
        for file in files:
            if file.upload_id is not None:
                await self._store.abort(prefix + file.name, file.upload_id)
        for key in [entry.key async for entry in self._store.list(prefix)]:
            await self._store.delete(key)
        async for entry in self._store.list(prefix):
            raise StoreError(f"{entry.key} was deleted and is still there")

    async def _certify(self, context: JobContext, recording: Recording) -> bool:
        """Write the certificate; return False if another did, who began before us."""
        async with context.database.unit_of_work() as db:
            await context.hold(db)
            row = await db.get_one(Recording, recording.id, with_for_update=True)
            if row.state not in GOING:
                return False
            query = select(RecordingFile).where(RecordingFile.recording_id == row.id)
            files: list[RecordingFile | CaptionsFile] = [*await db.scalars(query)]
            files += await captions.files_of(db, row.id)
            assert row.hidden_at is not None
            db.add(
                DeletionCertificate(
                    recording_id=row.id,
                    reason=DeletionReason(row.state.value),
                    rule_number=row.rule_number,
                    note=row.hidden_note or "",
                    asked_at=row.hidden_at,
                    removed_at=context.now(),
                    files=len(files),
                    bytes=sum(file.bytes for file in files),
                    replaced_files=row.replaced_files,
                    replaced_bytes=row.replaced_bytes,
                    files_sha256=fingerprint(files),
                    manifest_sha256=row.manifest_sha256,
                    store=None if self._store is None else self._store.url,
                )
            )
            await db.execute(delete(RecordingFile).where(RecordingFile.recording_id == row.id))
            await db.execute(delete(RecordingClip).where(RecordingClip.recording_id == row.id))
            of_it = RecordingDownload.recording_id == row.id
            await db.execute(delete(RecordingDownload).where(of_it))
            captions_of_it = RecordingCaptions.recording_id == row.id
            await db.execute(delete(RecordingCaptions).where(captions_of_it))
            await db.execute(delete(MicroLesson).where(MicroLesson.recording_id == row.id))
            left = RecordingLeftover.recording_id == row.id
            await db.execute(delete(RecordingLeftover).where(left))
            assert RecordingState.PURGED in NEXT_RECORDING_STATE[row.state]
            row.state, row.missing = RecordingState.PURGED, []
        log.info("recording_removed", recording_id=str(recording.id), files=len(files))
        return True


def fingerprint(files: Iterable[RecordingFile | CaptionsFile]) -> str:
    """Return the one hash that stands for all files of a recording."""
    lines = sorted(f"{file.sha256} {file.bytes} {file.name}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


async def _expire(context: JobContext) -> int:
    """Hide what is over by the rule in force for its purpose; return how many that were.

    All of it: a rule may end a whole year's on the day it begins, and each says that day.
    """
    now, expired = context.now(), 0
    async with context.database.unit_of_work() as db:
        of_purpose = await schedules(db, now)
    for purpose, schedule in of_purpose.items():
        rule = schedule.in_force
        while (hidden := await _hide_some(context, purpose, rule, now=now)) is not None:
            expired += hidden
    return expired


async def _hide_some(
    context: JobContext, purpose: RecordingPurpose, rule: RetentionRule, *, now: datetime
) -> int | None:
    """Hide some of what is over by a rule; return how many, None: nothing is over any more."""
    if rule.keep_days is None:
        return None
    hidden = 0
    async with context.database.unit_of_work() as db:
        await context.hold(db)
        rows = await db.scalars(
            select(Recording)
            .where(
                Recording.purpose == purpose,
                Recording.started_at <= now - timedelta(days=rule.keep_days),
                Recording.state.in_(_MAY_EXPIRE),
                ~is_held(),
            )
            .order_by(Recording.id)
            .limit(AT_ONCE)
            .with_for_update()
        )
        due = rows.all()
        # Asked again: a hold may have come while its row was waited for.
        query = select(Recording.id).where(Recording.id.in_(one.id for one in due), is_held())
        held = frozenset(await db.scalars(query))
        for recording in due:
            if recording.id not in held:
                hide(recording, RecordingState.EXPIRED, note="", now=now, rule=rule)
                hidden += 1
    return hidden if due else None
