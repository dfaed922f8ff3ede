"""A lesson to break: the real server, a teacher who sends, classrooms that receive."""

import asyncio
import math
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
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
from app.recordings.models import RecordingClip
from bench.drill import kept as disk
from bench.drill.programme import PICTURE_S, Programme, Size
from bench.drill.verdict import (
    Outcome,
    Row,
    Span,
    Stays,
    again_after_s,
    bugs_in,
    lay_beside,
    longest_silence_s,
    moved_s,
    wrong_rows,
)
from bench.impair import school
from bench.impair.access import Access, Requests
from bench.impair.lesson import free_port
from bench.impair.media import AUDIO_PACKET_S
from bench.impair.seat import LightSeat
from bench.impair.server import LessonServer
from bench.impair.trace import wall_s

HOST = "127.0.0.1"
CLASSROOMS = 2
_IN_S = 30.0
_PLAYABLE_WITHIN_S = 60.0
_LAST_WORDS_S = 0.2
"""Before the bell: what is under way when it rings belongs to nobody."""
_preparing = asyncio.Lock()
"""Alembic keeps what it migrates in its module: one after the other."""
_NO_SETTINGS: Mapping[str, str] = {}


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
        self.killed_s.append(wall_s())
        self.crashes += 1
        await self.server.kill()

    async def start_server(self) -> None:
        """Start it again, and wait until everybody is back and sends."""
        await self.server.start()
        self.mended_s = wall_s()
        self.back_s = await self._until_parts_play()
        connections = len(self.programme.connected_s)
        try:
            async with asyncio.timeout(_IN_S):
                while self.programme.connected_s[-1] < self.killed_s[-1] or not all(
                    seat.is_receiving for seat in self.sites
                ):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise DrillFailed(
                f"nobody came back in {_IN_S:.0f} s after {connections} connections: "
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
            disk.read_kept, folder, seat_id=HUB, picture_of=self.programme.picture_of
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
        )
        bugs = bugs_in(self.server.log(), expected)
        outcome.others += [(f"the server met a bug: {words}", False) for words in bugs]
        return outcome


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


@asynccontextmanager
async def drill_lesson(
    folder: Path,
    *,
    settings: Mapping[str, str] = _NO_SETTINGS,
    database_url: str | None = None,
    recordings_dir: Path | None = None,
    size: Size | None = None,
) -> AsyncIterator[Drill]:
    """Prepare everything, start the server, 开课, and let everybody in; end it all on leaving."""
    recordings_dir = recordings_dir or folder / "recordings"
    url = database_url or school.database_url(folder)
    settings = {**settings, "CLASSROOMS_RECORDINGS_DIR": str(recordings_dir)}
    if database_url:
        settings["CLASSROOMS_DATABASE_URL"] = database_url
    async with _preparing:
        made = await school.prepare(folder, classrooms=CLASSROOMS, url=url)
    [lesson_id] = made.lesson_ids
    server = LessonServer(
        folder,
        http_host=HOST,
        http_port=free_port("tcp"),
        media_hosts=[HOST],
        media_port=_free_media_port(),
        settings=settings,
    )
    programme = Programme(size)

    def seat(cookies: Mapping[str, str], role: str) -> LightSeat:
        access = Access(server.url, HOST, cookies, lesson_id, role)
        return LightSeat(access, on_keyframe_request=programme.keyframe_wanted)

    hub = seat(made.teacher, "lecturer")
    sites = [seat(cookies, "classroom") for cookies in made.classrooms]
    watching = Requests(Access(server.url, HOST, made.teacher, lesson_id, "lecturer"))
    drill = Drill(folder, server, lesson_id, url, recordings_dir, watching, hub, programme, sites)
    async with AsyncExitStack() as stack:
        await server.start()
        stack.push_async_callback(server.stop)
        stack.push_async_callback(watching.close)
        for each in (hub, *sites):
            stack.push_async_callback(each.close)
        await hub.requests.post(f"/api/lessons/{lesson_id}/start")
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(each.hold()) for each in (hub, *sites)]
            running.append(group.create_task(programme.run(hub)))
            await _everybody_in(drill)
            yield drill
            for task in running:
                task.cancel()


def _free_media_port() -> int:
    """Return a port nobody has now, neither for UDP nor for TCP: media is served on both."""
    while True:
        port = free_port("udp")
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        return port


async def _everybody_in(drill: Drill) -> None:
    try:
        async with asyncio.timeout(_IN_S):
            while not drill.programme.connected_s:
                await asyncio.sleep(0.02)
            for site in drill.sites:
                await site.until_receiving((HUB, "microphone"), packets=5)
    except TimeoutError:
        raise DrillFailed(f"the lesson did not begin in {_IN_S:.0f} s") from None
    drill.began_s = wall_s()
