"""One room's task: it carries out what the rules decide, and dies alone.

Sessions hand work in and wait for it; the media plane posts facts. The rules run in one
task and never await: media negotiation and the ledger have tasks of their own, so neither
a slow database nor a slow handshake holds up a word of the lecturer.
Past 400 lines: every effect of the rules is carried out by this one task, in order.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Final, assert_never

from media.config import RecordingTarget
from media.core.ids import PeerId, RoomId
from media.interface import LinkBudget, SfuPort
from signaling import effects as fx
from signaling import wire
from signaling.config import LiveConfig
from signaling.connection import Connection
from signaling.current_work import CurrentWork
from signaling.errors import CloseCode, ErrorCode, SignalError
from signaling.ledger_writer import LedgerWriter
from signaling.messages import AnyClientMessage, EndReason, Fact, MediaSource
from signaling.negotiator import Negotiator
from signaling.ports import (
    Admission,
    EventType,
    Holders,
    Refused,
    RoomEvent,
    RoomGate,
    RoomLedger,
    RoomSeed,
    RoomSummary,
)
from signaling.room import Room

logger = logging.getLogger(__name__)

# Sessions wait for their work, so a backlog can only be the media plane's: a thousand facts
# per second would fill this in four seconds of a standing loop.
INBOX_FACTS: Final = 4096

Work = Callable[[Room, float], fx.Effects]


class RoomClosed(Exception):
    """The room takes no more work: it is over, it stopped, or it failed."""


class RoomRunner:
    """Open a room, run it, close it."""

    def __init__(
        self,
        room_id: str,
        *,
        gate: RoomGate,
        ledger: RoomLedger,
        sfu: SfuPort,
        config: LiveConfig,
        current: CurrentWork,
    ) -> None:
        self.room_id = room_id
        self.opened = asyncio.Event()
        self.finished = asyncio.Event()
        self.refusal: Refused | None = None
        self.is_closing = False
        self.is_lesson_over = False
        self.dropped_reports = 0
        self._gate = gate
        self._sfu = sfu
        self._config = config
        self._current = current
        self._loop = asyncio.get_running_loop()
        self._room: Room | None = None
        self._seed: RoomSeed | None = None
        self._opened_at = 0.0
        self._inbox: asyncio.Queue[tuple[Work, asyncio.Future[None] | None]] = asyncio.Queue()
        self._connections: dict[str, Connection] = {}
        self._negotiator = Negotiator(
            RoomId(room_id),
            sfu,
            timeout_s=config.media_timeout_s,
            holder=self._connections.get,
        )
        self._writer = LedgerWriter(
            room_id,
            ledger,
            queue_events=config.ledger_queue_events,
            retry_max_s=config.ledger_retry_max_s,
        )

    # What sessions and the hub ask

    async def enter(
        self,
        admission: Admission,
        connection: Connection,
        *,
        page: str | None = None,
        number: int = 0,
        receives: bool = False,
        entered: Callable[[], None] | None = None,
    ) -> None:
        """Give a seat to this connection of `page`, and call `entered` in the same moment.

        `number` counts the connections of all pages in the order in which they were opened.
        Raise SignalError, RoomClosed.
        """

        def work(room: Room, now: float) -> fx.Effects:
            effects = room.enter(admission, page=page, number=number, receives=receives, now=now)
            self._apply(effects, entering=connection)
            if entered is not None:
                entered()
            return ()

        await self._submit(work)

    async def receive(
        self, seat_id: str, connection: Connection, command: AnyClientMessage
    ) -> None:
        """Carry out a command. Raise SignalError, RoomClosed.

        A connection that no longer holds its seat is not heard.
        """

        def work(room: Room, now: float) -> fx.Effects:
            if self._connections.get(seat_id) is not connection:
                return ()
            return room.receive(seat_id, command, now=now)

        await self._submit(work)

    def leave(self, seat_id: str, connection: Connection, *, reason: str) -> None:
        """Note that a connection is gone; harmless when another holds its seat."""

        def work(room: Room, now: float) -> fx.Effects:
            if self._connections.get(seat_id) is not connection:
                return ()
            del self._connections[seat_id]
            return room.leave(seat_id, reason=reason, now=now)

        self._put(work, None)

    async def end(self, reason: EndReason, *, actor: str | None) -> bool:
        """End the lesson; return False when it is over already."""
        try:
            await self._submit(lambda room, now: room.end(reason, actor=actor, now=now))
        except RoomClosed:
            return False
        return True

    async def revoke(self, *, account_id: str | None, device_id: str | None) -> None:
        """Cut off an account or a device."""
        revoke = partial(Room.revoke, account_id=account_id, device_id=device_id)
        try:
            await self._submit(lambda room, now: revoke(room, now=now))
        except RoomClosed:
            return

    def declare_line(self, seat_id: str, budget: LinkBudget) -> None:
        """Keep to what a seat's line is now declared to carry."""
        self._put(lambda room, now: room.declare_line(seat_id, budget, now=now), None)

    def stop(self) -> None:
        """Empty the room because this process goes down; the lesson stays live."""
        self._put(lambda room, now: room.stop(now=now), None)
        self._writer.give_up_after(self._config.drain_s)

    def post(self, work: Work, *, is_expendable: bool = False) -> None:
        """Take a fact from the media plane. A backlog drops measurements, then fails the room."""
        backlog = self._inbox.qsize()
        if is_expendable and backlog > INBOX_FACTS // 2:
            self.dropped_reports += 1
        elif backlog > INBOX_FACTS:
            self._put(partial(_fail, RuntimeError("The room's inbox is full.")), None)
        else:
            self._put(work, None)

    def summary(self) -> RoomSummary | None:
        """Return the room at a glance, or None before it is open."""
        return self._room.summary(now=self._loop.time()) if self._room else None

    def holders(self) -> Holders:
        """Return with which accounts and devices the seats are held."""
        return self._room.holders() if self._room else Holders(frozenset(), frozenset())

    def is_line_cut(self, seat_id: str) -> bool:
        """Return whether media came over the seat's line and does no more."""
        return self._room is not None and self._room.is_line_silent(seat_id)

    def is_subscribed(self, seat_id: str) -> bool:
        """Return whether the connection that holds the seat now has asked to receive."""
        return self._negotiator.is_subscribed(seat_id)

    # Life

    async def run(self) -> None:
        """Load the room, run it until it is over, and write everything down."""
        try:
            if await self._load():
                await self._live()
        finally:
            self.is_closing = True
            self._turn_away()
            self.opened.set()
            self.finished.set()

    async def _load(self) -> bool:
        try:
            self._seed = await self._gate.load_room(self.room_id)
            self._opened_at = self._loop.time()
            self._room = Room(self._seed, self._config.room, now=self._opened_at)
            self._sfu.open_room(RoomId(self.room_id))
        except Refused as refusal:
            self.refusal = refusal
        except Exception:
            logger.exception("A room could not be opened", extra={"room_id": self.room_id})
            self.refusal = Refused(ErrorCode.UNAVAILABLE, "The room could not be opened.")
        return self.refusal is None

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._writer.run())
            negotiating = tasks.create_task(self._negotiate())
            try:
                await self._run_rules()
            except Exception:
                logger.exception("A room failed", extra={"room_id": self.room_id})
                self._break_off()
            finally:
                self.is_closing = True
                self._turn_away()
                negotiating.cancel()
                await self._close_media()
                self._writer.finish()

    async def _negotiate(self) -> None:
        try:
            await self._negotiator.run(self._published)
        except Exception as error:
            # The media plane broke its contract: the room cannot vouch for what flows.
            self._put(partial(_fail, error), None)

    def _published(self, seat_id: str, sources: tuple[MediaSource, ...]) -> None:
        self.post(lambda room, now: room.published(seat_id, sources, now=now))

    async def _run_rules(self) -> None:
        room = self._room
        assert room is not None
        with self._current.of(self.room_id):
            self._apply(room.open(now=self._loop.time()))
        self.opened.set()
        while not room.is_over:
            item = await self._next_item(room.deadline())
            now = self._loop.time()
            if item is None:
                with self._current.of(self.room_id):
                    self._apply(room.handle_timer(now=now))
                continue
            work, done = item
            try:
                with self._current.of(self.room_id):
                    self._apply(work(room, now))
            except SignalError as refusal:
                if done is None:
                    raise
                if not done.done():
                    done.set_exception(refusal)
            except Exception:
                if done is not None and not done.done():
                    done.set_exception(RoomClosed())
                raise
            else:
                if done is not None and not done.done():
                    done.set_result(None)

    async def _next_item(
        self, deadline: float | None
    ) -> tuple[Work, asyncio.Future[None] | None] | None:
        """Return the next work, or None when the timer is due: a full inbox cannot starve it."""
        if deadline is not None and self._loop.time() >= deadline:
            return None
        try:
            async with asyncio.timeout_at(deadline):
                return await self._inbox.get()
        except TimeoutError:
            return None

    async def _submit(self, work: Work) -> None:
        done: asyncio.Future[None] = self._loop.create_future()
        self._put(work, done)
        await done

    def _put(self, work: Work, done: asyncio.Future[None] | None) -> None:
        if not self.is_closing:
            self._inbox.put_nowait((work, done))
        elif done is not None:
            done.set_exception(RoomClosed())

    def _turn_away(self) -> None:
        while not self._inbox.empty():
            _, done = self._inbox.get_nowait()
            if done is not None and not done.done():
                done.set_exception(RoomClosed())

    def _break_off(self) -> None:
        """A bug stopped the rules: tell everybody, and write down that they left."""
        assert self._seed is not None
        clock_ms = round((self._seed.elapsed_s + self._loop.time() - self._opened_at) * 1000)
        payload = {"reason": "room_failed"}
        incident = payload | {"action": "failure"}
        self._writer.add(RoomEvent(EventType.INCIDENT, clock_ms, payload=incident))
        for seat_id, connection in self._connections.items():
            self._writer.add(RoomEvent(EventType.SEAT_LEFT, clock_ms, seat_id, payload=payload))
            connection.close(CloseCode.INTERNAL, "room_failed")
        self._connections.clear()

    async def _close_media(self) -> None:
        try:
            async with asyncio.timeout(self._config.media_timeout_s):
                await self._sfu.close_room(RoomId(self.room_id))
        except Exception:
            logger.exception("A room's media did not close", extra={"room_id": self.room_id})

    # Effects

    def _apply(self, effects: fx.Effects, *, entering: Connection | None = None) -> None:  # noqa: C901 - one arm per effect, nothing else
        for effect in effects:
            match effect:
                case fx.Tell():
                    self._tell(effect)
                case fx.Admit():
                    assert entering is not None
                    self._connections[effect.seat_id] = entering
                case fx.Disconnect():
                    self._connections.pop(effect.seat_id).close(effect.code, effect.reason)
                case fx.Note():
                    self._writer.add(effect.event)
                case fx.ApplyPlan():
                    self._sfu.set_plan(RoomId(self.room_id), effect.plan)
                case fx.SetBudget():
                    self._sfu.set_budget(
                        RoomId(self.room_id), PeerId(effect.seat_id), effect.budget
                    )
                case fx.AcceptOffer() | fx.OpenSubscription() | fx.AcceptAnswer():
                    self._negotiator.negotiate(effect, self._connections[effect.seat_id])
                case fx.RemoveMedia():
                    self._negotiator.remove(effect)
                case fx.StartRecording():
                    self._start_recording(effect)
                case fx.SaveState():
                    self._writer.save(effect.state)
                case fx.ReportPresence():
                    self._writer.report_presence(effect.seat_ids, effect.clock_ms)
                case fx.FinishLesson():
                    self.is_lesson_over = True
                    self._writer.end(effect.reason, effect.clock_ms, effect.actor)
                case _:
                    assert_never(effect)

    def _tell(self, effect: fx.Tell) -> None:
        message = effect.message
        holders = [self._connections[seat_id] for seat_id in effect.seat_ids]
        if isinstance(message, Fact):
            tail = wire.encode_fact_tail(message)
            for connection in holders:
                connection.send_fact(tail)
        else:
            text = wire.encode(message)
            for connection in holders:
                connection.send(text)

    def _start_recording(self, effect: fx.StartRecording) -> None:
        seed, room = self._seed, self._room
        assert seed is not None
        assert seed.recording_folder is not None
        assert room is not None
        target = RecordingTarget(
            folder=seed.recording_folder,
            epoch=seed.epoch,
            offset_s=effect.offset_s,
            zero_at=seed.zero_at,
            metadata=dict(seed.recording_metadata),
            second=seed.second_place,
        )
        now = self._loop.time()
        try:
            self._sfu.start_recording(RoomId(self.room_id), target)
        except OSError:
            # No disk to write to: that must never stop the lesson, and must be seen at once.
            logger.exception("A recording did not start", extra={"room_id": self.room_id})
            self._apply(room.recording_refused("io_error", now=now))
        else:
            self._apply(room.recording_started(now=now))


def _fail(error: Exception, _room: Room, _now: float) -> fx.Effects:
    raise error
