"""A lesson to break, and what is done to it and asked of it (`bench.drill.holding` has it run)."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin
from uuid import UUID

import httpx2
from sqlalchemy import select

from app.attendance import queries as attendance
from app.attendance.seats import HUB, site_seat
from app.database import Database
from app.events import EventBus
from app.recordings import queries as recordings
from app.recordings.downloads import RecordingDownload
from app.recordings.micro_lessons import MicroLesson
from app.recordings.models import RecordingClip
from bench.drill import kept as disk
from bench.drill.programme import PICTURE_S, Programme
from bench.drill.verdict import (
    Outcome,
    Row,
    Span,
    Stays,
    again_after_s,
    bugs_in,
    late_s,
    lay_beside,
    longest_silence_s,
    moved_s,
    wrong_rows,
)
from bench.impair.access import Requests
from bench.impair.media import AUDIO_PACKET_S
from bench.impair.seat import LightSeat
from bench.impair.server import LessonServer
from bench.impair.trace import wall_s

IN_S = 30.0
_PLAYABLE_WITHIN_S = 60.0
_LAST_WORDS_S = 0.2
"""Before the bell: what is under way when it rings belongs to nobody."""


class DrillFailed(Exception):
    """The drill itself could not go on; the message says why."""


@dataclass(slots=True)
class Drill:
    """A lesson under way, and what was done to it."""

    folder: Path
    server: LessonServer
    lesson_id: str
    database_url: str
    recordings_dir: Path
    #: The teacher's page of recordings, beside the lesson's.
    watching: Requests
    hub: LightSeat
    programme: Programme
    sites: list[LightSeat]
    crashes: int = 0
    killed_s: list[float] = field(default_factory=list)
    #: When what was broken was whole again; NaN while nothing was.
    mended_s: float = math.nan
    #: How long after that something recorded could be played; NaN where no server was killed.
    back_s: float = math.nan
    began_s: float = math.nan
    bell_s: float = math.nan

    async def kill_server(self) -> None:
        """End the server as a crash would."""
        await kill_server([self])

    async def start_server(self) -> None:
        """Start it again, and wait until everybody is back and sends."""
        await start_server([self])

    async def come_back(self) -> None:
        """Wait until everybody is back and sends, now that the server is there again."""
        self.back_s = await self._until_parts_play()
        connections = len(self.programme.connected_s)
        try:
            async with asyncio.timeout(IN_S):
                while self.programme.connected_s[-1] < self.killed_s[-1] or not all(
                    seat.is_receiving for seat in self.sites
                ):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise DrillFailed(
                f"nobody came back in {IN_S:.0f} s after {connections} connections: "
                f"{[str(each.what) for each in self.hub.happenings[-3:]]}"
            ) from None

    async def _until_parts_play(self) -> float:
        """Return how long after the recovery a part of the lesson plays; infinity: never."""
        client = self.watching
        session_id = await self.session_id()
        give_up_at = time.monotonic() + _PLAYABLE_WITHIN_S
        while time.monotonic() < give_up_at:
            try:
                answer = await client.get(f"/api/sessions/{session_id}/timeshift")
                lanes = answer.json()["lanes"] if answer.status_code == 200 else []
                if lanes and await self._plays(lanes[0]["tracks"][0]["url"]):
                    return wall_s() - self.mended_s
            except httpx2.TransportError:
                await client.renew()
            await asyncio.sleep(0.05)
        return math.inf

    async def _plays(self, playlist: str) -> bool:
        """Return whether the last part a playlist names can be fetched, up to its first bytes."""
        listed = await self.watching.get(playlist)
        names = [line for line in listed.text.splitlines() if line and not line.startswith("#")]
        if listed.status_code != 200 or not names:
            return False
        part = await self.watching.get(
            urljoin(playlist, names[-1]), headers={"Range": "bytes=0-4095"}
        )
        return part.status_code == 206

    async def ring(self) -> None:
        """End the lesson."""
        self.bell_s = wall_s()
        await self.hub.command("end_lesson")

    async def until_playable(self) -> float:
        """Return how long after the bell the replay plays; infinity when it does not."""
        client = self.watching
        give_up_at = time.monotonic() + _PLAYABLE_WITHIN_S
        session_id = await self.session_id()
        while time.monotonic() < give_up_at:
            try:
                answer = await client.get(f"/api/sessions/{session_id}/replay")
                if answer.status_code == 200:
                    clip = answer.json()["clips"][0]["url"]
                    begun = await client.get(clip, headers={"Range": "bytes=0-65535"})
                    if begun.status_code == 206:
                        return wall_s() - self.bell_s
            except httpx2.TransportError:
                await client.renew()
            await asyncio.sleep(0.05)
        return math.inf

    async def session_id(self) -> UUID:
        """Return the session's id."""
        async with self.opened() as database, database.unit_of_work() as db:
            session = await attendance.session_of_lesson(db, UUID(self.lesson_id))
            assert session is not None
            return session.id

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Database]:
        """Open the server's database beside it."""
        database = Database(self.database_url, EventBus())
        try:
            yield database
        finally:
            await database.close()

    async def rows(self) -> list[Row]:
        """Return the rows of attendance. Raise DrillFailed if the events' chain is broken."""
        async with self.opened() as database, database.unit_of_work() as db:
            session = await attendance.session_of_lesson(db, UUID(self.lesson_id))
            assert session is not None
            check = await attendance.check_chain(db, session)
            if not check.is_intact:
                raise DrillFailed(f"the chain of events is broken: {check}")
            records = await attendance.records_of_session(db, session.id)
            return [
                Row(site_seat(each.lesson_site_id), each.connected_ms, each.state.value)
                for each in records
            ]

    async def recording_folder(self) -> Path:
        """Return where the recording lies."""
        session_id = await self.session_id()
        async with self.opened() as database, database.unit_of_work() as db:
            recording = await recordings.of_session(db, session_id)
            assert recording is not None
            return self.recordings_dir / recording.folder

    async def _clips(self) -> list[str]:
        """Return the files of the replay as the database has them."""
        session_id = await self.session_id()
        async with self.opened() as database, database.unit_of_work() as db:
            recording = await recordings.of_session(db, session_id)
            assert recording is not None
            query = select(RecordingClip.file).where(RecordingClip.recording_id == recording.id)
            return list(await db.scalars(query))

    async def made(self) -> list[str]:
        """Return the files that were made of the recording as the database has them."""
        session_id = await self.session_id()
        async with self.opened() as database, database.unit_of_work() as db:
            recording = await recordings.of_session(db, session_id)
            assert recording is not None
            films = select(RecordingDownload.file).where(
                RecordingDownload.recording_id == recording.id
            )
            pieces = select(MicroLesson.file).where(
                MicroLesson.recording_id == recording.id, MicroLesson.file.is_not(None)
            )
            return [*await db.scalars(films), *map(str, await db.scalars(pieces))]

    def deaf(self) -> list[Span]:
        """Return when the server was dead, or its successor not connected yet."""
        return [
            Span(
                killed_s,
                min(
                    (at_s for at_s in self.programme.connected_s if at_s > killed_s),
                    default=math.inf,
                ),
            )
            for killed_s in self.killed_s
        ]

    def truth(self) -> list[Stays]:
        """Return what each classroom itself met."""
        return [stays_of(seat, until_s=self.bell_s) for seat in self.sites]

    async def judge(self, row: str, *, playable_s: float, expected: Sequence[str] = ()) -> Outcome:
        """Lay everything side by side, once the lesson is over and its replay made.

        `expected`: what of the server's log may come with a traceback.
        """
        folder = await self.recording_folder()
        kept = await asyncio.to_thread(
            disk.read_kept,
            folder,
            seat_id=HUB,
            picture_of=self.programme.picture_of,
            made=await self.made(),
        )
        clips = sorted((folder / disk.REPLAY).glob("*.mp4"))
        kept.astray += disk.unlike(await self._clips(), (clip.name for clip in clips))
        unplayable = kept.broken + await asyncio.to_thread(disk.broken_files, clips)
        lesson, deaf = Span(self.began_s, self.bell_s - _LAST_WORDS_S), self.deaf()
        programme = self.programme
        heard = [
            [packet.at_s for packet in seat.trace(HUB, "microphone").got] for seat in self.sites
        ]
        truth = self.truth()
        outcome = Outcome(
            row=row,
            crashes=self.crashes,
            sound=lay_beside(
                programme.sound, kept.sound, each_s=AUDIO_PACKET_S, lesson=lesson, deaf=deaf
            ),
            pictures=lay_beside(
                programme.pictures, kept.pictures, each_s=PICTURE_S, lesson=lesson, deaf=deaf
            ),
            again_s=again_after_s(programme.sound, kept.sound, self.mended_s),
            playable_s=playable_s,
            back_s=self.back_s,
            attended=len(truth),
            wrong_rows=wrong_rows(await self.rows(), truth),
            broken=unplayable,
            astray=kept.astray,
            moved_s=moved_s(kept.sound, each_s=AUDIO_PACKET_S),
            silence_s=max(longest_silence_s(each, lesson, deaf) for each in heard),
            late_s=late_s(programme.sound, each_s=AUDIO_PACKET_S),
        )
        bugs = bugs_in(self.server.log(), expected)
        outcome.others += [(f"the server met a bug: {words}", False) for words in bugs]
        return outcome


async def kill_server(lessons: Sequence[Drill]) -> None:
    """End the one server of lessons as a crash would."""
    for drill in lessons:
        drill.killed_s.append(wall_s())
        drill.crashes += 1
    await lessons[0].server.kill()


async def start_server(lessons: Sequence[Drill]) -> None:
    """Start it again, and wait until everybody is back in every lesson and sends."""
    await lessons[0].server.start()
    for drill in lessons:
        drill.mended_s = wall_s()
    async with asyncio.TaskGroup() as group:
        for drill in lessons:
            group.create_task(drill.come_back())


def stays_of(seat: LightSeat, *, until_s: float) -> Stays:
    """Return how long a seat was in the room, and in how many stays, by its own account."""
    present_s, count, since_s = 0.0, 0, None
    for happening in seat.happenings:
        if happening.what == "entered":
            since_s = happening.at_s
            count += 1
        elif since_s is not None and happening.what.startswith("lost"):
            present_s += max(0.0, min(happening.at_s, until_s) - since_s)
            since_s = None
    if since_s is not None:
        present_s += until_s - since_s
    return Stays(seat.seat_id, present_s, count)
