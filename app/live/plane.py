"""The live plane put together: gate, ledger, hub, media, checks, sealing, recovery.

`app.main` builds one `LivePlane`, mounts its routers and keeps `running` open in its lifespan:

    app.state.live = LivePlane(settings, database, events)
    for router in app.state.live.routers():
        app.include_router(router)
    # in the lifespan
    async with app.state.live.running():
        yield
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import structlog
from fastapi import APIRouter

from app import memory
from app.accounts.events import AccountDisabled
from app.addresses import announced, listening_host
from app.attendance import routes as attendance_routes
from app.attendance import row_routes as attendance_rows
from app.attendance import rule_routes as attendance_rules
from app.attendance import term_routes as attendance_terms
from app.attendance.events import SessionClosed
from app.attendance.seats import site_seat
from app.clock import utc_now
from app.database import Database, is_unavailable
from app.events import EventBus
from app.live import (
    caption_playlist_routes,
    check_routes,
    download_routes,
    micro_lesson_routes,
    platform_jobs,
    publishing_routes,
    queries,
    recovery,
    routes,
    session_routes,
    timeshift_routes,
    workbench_routes,
)
from app.live.check import CheckRooms
from app.live.gate import DatabaseGate
from app.live.ledger import DatabaseLedger
from app.live.light_routes import router as light_router
from app.live.manifests import Manifests
from app.live.replay_builder import ProcessReplayBuilder
from app.live.room_watch import RoomWatch
from app.live.sealing import Sealing
from app.live.tickets import TicketAccepted
from app.live.turn import TurnRelay
from app.recordings import caption_routes, keeping_routes, retention_rule_routes
from app.recordings import routes as recording_routes
from app.recordings.room_left import Left
from app.schools.events import DeviceRevoked, LineDeclared
from app.settings import Settings, SettingsInvalid
from media.config import DataPlaneChoice, SfuConfig
from media.interface import LinkBudget
from media.native_library import NativeUnavailable
from media.planes import require
from media.recorder.places import SecondPlace
from media.sfu import Sfu
from signaling.config import LiveConfig
from signaling.endpoint import make_router
from signaling.hub import LiveHub
from signaling.messages import EndReason
from signaling.ports import RoomSummary

log = structlog.get_logger(__name__)

SWEEP_S = 15.0
SHUT_OUT_S = 1.0  # nobody who was disabled sits in a lesson for longer than two seconds


class LivePlane:
    """Everything that lives beside the requests: rooms, media, sealing, and their upkeep."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        events: EventBus,
        *,
        config: LiveConfig | None = None,
    ) -> None:
        try:
            require(DataPlaneChoice(settings.data_plane))
        except NativeUnavailable as reason:
            raise SettingsInvalid(f"CLASSROOMS_DATA_PLANE=native: {reason}") from None
        self._settings = settings
        self._database = database
        recordings_dir = settings.recordings_dir.absolute()
        self.second_place = second_place(settings)
        self.checks = CheckRooms()
        self.relay = TurnRelay(settings.turn_urls, settings.turn_secret.get_secret_value())
        self.hub = LiveHub(
            gate=DatabaseGate(
                database, recordings_dir=recordings_dir, second=self.second_place, clock=utc_now
            ),
            ledger=DatabaseLedger(database, clock=utc_now),
            config=config or LiveConfig(),
            when_empty=self._give_back_memory,
        )
        self.sealing = Sealing(
            database,
            recordings_dir=recordings_dir,
            builder=ProcessReplayBuilder(),
            clock=utc_now,
            is_room_open=self.is_room_open,
        )
        self.manifests = Manifests(recordings_dir)
        self.room_watch = RoomWatch(recordings_dir, self.second_place, clock=utc_now)
        self._sfu: Sfu | None = None
        self._started_at = utc_now()
        events.on(SessionClosed, self.sealing.session_closed)
        events.on(AccountDisabled, self._account_disabled)
        events.on(DeviceRevoked, self._device_revoked)
        events.on(LineDeclared, self._line_declared)
        events.on(TicketAccepted, self._ticket_accepted)

    def routers(self) -> list[APIRouter]:
        """Return all routes of live lessons, their evidence and their recordings."""
        websocket = make_router(self.hub, allowed_origins=self._settings.public_origins)
        return [
            websocket,
            routes.router,
            check_routes.router,
            check_routes.admin_router,
            session_routes.router,
            light_router,
            workbench_routes.router,
            platform_jobs.router,
            attendance_routes.router,
            attendance_rows.router,
            attendance_rules.router,
            attendance_terms.router,
            recording_routes.router,
            keeping_routes.router,
            retention_rule_routes.router,
            caption_routes.router,
            caption_playlist_routes.router,
            timeshift_routes.router,
            download_routes.router,
            micro_lesson_routes.router,
            publishing_routes.router,
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Carry lessons until the block is left; those live then stay live in the records."""
        self._started_at = utc_now()
        await recovery.close_lost_stays(self._database, now=self._started_at)
        sfu = Sfu(self._sfu_config(), self.hub)
        await sfu.start()
        self._sfu = sfu
        log.info("media_plane_started", data_plane=sfu.data_plane, port=sfu.port)
        try:
            async with self.hub.running(sfu), self.checks.running(sfu), self._upkeep():
                yield
        finally:
            self._sfu = None
            await sfu.close()

    def _give_back_memory(self) -> None:
        """Let go of what the lessons needed, in a thread: C's allocator takes milliseconds."""
        asyncio.get_running_loop().run_in_executor(None, memory.give_back)

    async def drain(self) -> None:
        """Send everybody away in order, before the server closes what is open."""
        await self.hub.drain()

    @property
    def data_plane(self) -> str:
        """Return the name of the data plane in use; empty before the start and after the end."""
        return "" if self._sfu is None else self._sfu.data_plane

    def room_counters(self) -> dict[str, dict[str, int]]:
        """Return what the media plane has counted in each open room."""
        if self._sfu is None:
            return {}
        return {room_id: self._sfu.counters(room_id) for room_id in self._sfu.open_rooms()}

    @asynccontextmanager
    async def _upkeep(self) -> AsyncIterator[None]:
        await self.sealing.enqueue_unfinished()
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self.sealing.run()),
                tasks.create_task(self._sweep()),
                tasks.create_task(self.room_watch.run()),
                tasks.create_task(self._shut_out()),
            ]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()

    def room_for_recordings(self) -> dict[str, Left]:
        """Return how much room there was for recordings when it was last looked at, by place."""
        return self.room_watch.left

    async def _sweep(self) -> None:
        while True:
            try:
                ended = await recovery.end_abandoned(
                    self._database,
                    now=utc_now(),
                    server_started_at=self._started_at,
                    is_room_open=self.is_room_open,
                )
                for session_id in ended:
                    log.info("abandoned_lesson_ended", session_id=str(session_id))
            except Exception as error:
                _tell("sweep_failed", error)
            await asyncio.sleep(SWEEP_S)

    async def _shut_out(self) -> None:
        """Put out whoever was disabled or revoked by another process (`classrooms admin`)."""
        while True:
            await asyncio.sleep(SHUT_OUT_S)
            try:
                await self._shut_out_once()
            except Exception as error:
                _tell("shutting_out_failed", error)

    async def _shut_out_once(self) -> None:
        holders = self.hub.holders()
        if not holders.account_ids and not holders.device_ids:
            return
        async with self._database.unit_of_work() as db:
            accounts, devices = await queries.shut_out(
                db,
                account_ids={UUID(account_id) for account_id in holders.account_ids},
                device_ids={UUID(device_id) for device_id in holders.device_ids},
            )
        for account_id in accounts:
            log.info("account_shut_out", account_id=str(account_id))
            await self.hub.revoke(account_id=str(account_id))
        for device_id in devices:
            log.info("device_shut_out", device_id=str(device_id))
            await self.hub.revoke(device_id=str(device_id))

    def is_room_open(self, session_id: UUID) -> bool:
        """Return whether a session's room is open in this process."""
        return str(session_id) in self.hub.open_room_ids()

    def media_port(self) -> tuple[int, tuple[str, ...]]:
        """Return the port of media, UDP and TCP alike, and the addresses it is told to be at."""
        assert self._sfu is not None, "asked by requests, which come while it runs"
        return self._sfu.port, self._sfu_config().announced_hosts

    def summary(self, session_id: UUID) -> RoomSummary | None:
        """Return the open room of a session at a glance."""
        return self.hub.room_summary(str(session_id))

    async def end_session(
        self, session_id: UUID, *, reason: EndReason, clock_ms: int, actor: str, now: datetime
    ) -> None:
        """End a lesson for everybody and return when it is over in the records.

        `clock_ms` counts only when no room is open; an open room has its own clock.
        """
        if await self.hub.end_room(str(session_id), reason, actor=actor):
            return
        await recovery.end_in_records(
            self._database,
            session_id=session_id,
            reason=reason,
            clock_ms=clock_ms,
            actor=actor,
            now=now,
        )
        # Somebody may have come in meanwhile: a room opened just before is ended now.
        await self.hub.end_room(str(session_id), reason, actor=actor)

    async def _account_disabled(self, event: AccountDisabled) -> None:
        await self.hub.revoke(account_id=str(event.account_id))

    async def _device_revoked(self, event: DeviceRevoked) -> None:
        await self.hub.revoke(device_id=str(event.device_id))

    async def _ticket_accepted(self, accepted: TicketAccepted) -> None:
        self.hub.ticket_accepted(accepted.ticket)

    async def _line_declared(self, event: LineDeclared) -> None:
        budget = LinkBudget(event.down_kbps, event.up_kbps)
        async with self._database.unit_of_work() as db:
            seats = await queries.live_seats_of(db, event.classroom_id)
        for session_id, site_id in seats:
            self.hub.declare_line(str(session_id), site_seat(site_id), budget)

    def _sfu_config(self) -> SfuConfig:
        settings = self._settings
        return SfuConfig(
            bind_host=listening_host(settings.media_bind_host),
            port=settings.media_port,
            announced_hosts=announced(
                media_hosts=settings.media_hosts, bind_setting=settings.media_bind_host
            ),
            data_plane=DataPlaneChoice(settings.data_plane),
            native_lanes=settings.data_plane_lanes,
            recording_keyframe_s=settings.recording_keyframe_s,
        )


def second_place(settings: Settings) -> SecondPlace | None:
    """Return where recordings go beside their folder, if there is to be such a place."""
    folder = settings.recordings_second_dir
    return None if folder is None else SecondPlace(folder)


def _tell(what: str, error: Exception) -> None:
    """Log what failed. The database may be away for a while: lessons go on, and so does this."""
    if is_unavailable(error):
        log.warning(what, error=type(error).__name__)
    else:
        log.exception(what)
