"""All live rooms of this process, and the one owner of the media plane.

`app.main` builds one `LiveHub`, gives it to the media plane as its listener, and keeps
`running` open for the life of the server:

    hub = LiveHub(gate=gate, ledger=ledger, config=LiveConfig())
    app.include_router(make_router(hub, allowed_origins=settings.allowed_origins))
    # in the lifespan, after the media plane has been started with `hub` as its listener
    async with hub.running(sfu):
        yield
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import partial

from media.interface import LinkBudget, SfuPort
from signaling.announced import AnnouncedTickets
from signaling.config import LiveConfig
from signaling.connection import Connection, answer
from signaling.current_work import CurrentWork
from signaling.errors import ErrorCode, SignalError
from signaling.media_listener import MediaListener
from signaling.messages import EndReason, ReturnTicket
from signaling.ports import Admission, Holders, Refused, RoomGate, RoomLedger, RoomSummary
from signaling.returns import ReturnTickets
from signaling.runner import RoomClosed, RoomRunner


class TicketKind(Enum):
    """What a page opens its WebSocket with."""

    #: The application has given it.
    GIVEN = auto()
    #: The page has drawn it and asks the application at this moment to accept it.
    ANNOUNCED = auto()
    #: It was given over the WebSocket the page had before.
    RETURN = auto()


@dataclass(eq=False, slots=True)
class _Entry:
    """Somebody on the way in, and what was said since: who was revoked, which lines declared."""

    page: str | None
    receives: bool
    kind: TicketKind
    #: Which of all sockets it is, in the order in which they were opened.
    number: int
    revoked: set[str] = field(default_factory=set)
    declared: dict[tuple[str, str], LinkBudget] = field(default_factory=dict)


class LiveHub(MediaListener):
    """Open rooms when somebody comes, one task each, and end them when they are over.

    `when_empty` is called, and must return at once, each time the last open room has gone.
    """

    def __init__(
        self,
        *,
        gate: RoomGate,
        ledger: RoomLedger,
        config: LiveConfig,
        when_empty: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__()
        self.config = config
        self._when_empty = when_empty
        #: For a thread that watches the loop.
        self.current = CurrentWork()
        self._gate = gate
        self._ledger = ledger
        self._sfu: SfuPort | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._entries: list[_Entry] = []
        self._numbers = itertools.count(1)
        self._returns = ReturnTickets(kept_s=config.return_ticket_s)
        self._announced = AnnouncedTickets(
            wait_s=config.announced_ticket_s, most=config.announced_tickets
        )

    @asynccontextmanager
    async def running(self, sfu: SfuPort) -> AsyncIterator[None]:
        """Carry rooms until the block is left.

        Then the rooms are drained as by `drain`; the lessons stay live and another process
        may reopen them.
        """
        async with asyncio.TaskGroup() as tasks:
            self._sfu, self._tasks = sfu, tasks
            try:
                yield
            finally:
                self._stop_rooms()

    async def drain(self) -> None:
        """Let nobody in any more, send everybody away with 1012, and wait for the rooms' ends.

        Recordings are completed (bounded by `media_timeout_s`) and the ledger is written
        (bounded by `drain_s`).
        """
        runners = self._stop_rooms()
        for runner in runners:
            await runner.finished.wait()

    def _stop_rooms(self) -> tuple[RoomRunner, ...]:
        self._tasks = None
        self._announced.give_up()
        runners = tuple(self._rooms.values())
        for runner in runners:
            runner.stop()
        return runners

    # What the application asks

    async def end_room(self, room_id: str, reason: EndReason, *, actor: str | None) -> bool:
        """End the lesson for everybody; wait up to `drain_s` until that is in the ledger.

        A ledger that is out of order is tried again after this returned. Return False, and do
        nothing, when the room is not open here: the application then closes the lesson in its
        own records.
        """
        runner = self._rooms.get(room_id)
        if runner is None or not await runner.end(reason, actor=actor):
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.drain_s):
                await runner.finished.wait()
        return True

    async def revoke(self, *, account_id: str | None = None, device_id: str | None = None) -> None:
        """Close the sockets and the media of an account or a device, in every room.

        Whoever is on the way in with it is refused. Rooms are visited at once: one that is
        still being opened keeps nobody in another.
        """
        for entry in self._entries:
            entry.revoked.update(each for each in (account_id, device_id) if each is not None)
        self._returns.revoke(account_id=account_id, device_id=device_id)
        async with asyncio.TaskGroup() as tasks:
            for runner in self._rooms.values():
                tasks.create_task(runner.revoke(account_id=account_id, device_id=device_id))

    def ticket_accepted(self, ticket: str) -> None:
        """Let in whoever is here already with the ticket that the application accepted just now."""
        self._announced.accept(ticket)

    def declare_line(self, room_id: str, seat_id: str, budget: LinkBudget) -> None:
        """Keep to what a seat's line is now declared to carry, also for who is on the way in."""
        for entry in self._entries:
            entry.declared[room_id, seat_id] = budget
        if runner := self._rooms.get(room_id):
            runner.declare_line(seat_id, budget)

    def holders(self) -> Holders:
        """Return with which accounts and devices seats are held, in all rooms."""
        held = [runner.holders() for runner in self._rooms.values()]
        return Holders(
            frozenset().union(*(each.account_ids for each in held)),
            frozenset().union(*(each.device_ids for each in held)),
        )

    def room_summary(self, room_id: str) -> RoomSummary | None:
        """Return a room at a glance, or None when it is not open here."""
        runner = self._rooms.get(room_id)
        return runner.summary() if runner else None

    def open_room_ids(self) -> tuple[str, ...]:
        """Return the rooms that are open here."""
        return tuple(self._rooms)

    # What a session asks

    async def enter(
        self,
        ticket: str,
        connection: Connection,
        *,
        page: str | None = None,
        receives: bool = False,
        kind: TicketKind = TicketKind.GIVEN,
    ) -> tuple[RoomRunner, Admission]:
        """Give the holder of a ticket their seat; `page` is what theirs calls itself.

        One that `receives` is made its first offer without being asked. Raise Refused.
        """
        entry = _Entry(page, receives, kind, next(self._numbers))
        self._entries.append(entry)
        try:
            return await self._enter(ticket, connection, entry)
        finally:
            self._entries.remove(entry)

    async def _enter(
        self, ticket: str, connection: Connection, entry: "_Entry"
    ) -> tuple[RoomRunner, Admission]:
        if entry.kind is TicketKind.RETURN:
            now = asyncio.get_running_loop().time()
            known = self._returns.use(ticket, page=entry.page, now=now)
            admission = await self._gate.readmit(known)
        elif entry.kind is TicketKind.ANNOUNCED:
            admission = await self._announced.redeem(ticket, self._gate.redeem)
        else:
            admission = await self._gate.redeem(ticket)
        runner = await self._open(admission.room_id)
        # Nothing is awaited between this look and the room's inbox: what was said meanwhile is
        # either in the entry, or stands in the inbox behind it.
        if entry.revoked & {admission.account_id, admission.device_id}:
            raise Refused(ErrorCode.TICKET_INVALID, "Whoever this ticket was for is shut out.")
        if declared := entry.declared.get((admission.room_id, admission.seat_id)):
            admission = replace(
                admission,
                budget_down_kbps=declared.down_kbps,
                budget_up_kbps=declared.up_kbps,
            )
        entered = partial(self._entered, admission, connection, entry.page)
        try:
            await runner.enter(
                admission,
                connection,
                page=entry.page,
                number=entry.number,
                receives=entry.receives,
                entered=entered,
            )
        except SignalError as refusal:
            raise Refused(refusal.code, refusal.detail) from refusal
        except RoomClosed:
            is_over = runner.is_lesson_over
            code = ErrorCode.LESSON_OVER if is_over else ErrorCode.UNAVAILABLE
            raise Refused(code, "The room is closed.") from None
        return runner, admission

    def _entered(self, admission: Admission, connection: Connection, page: str | None) -> None:
        """Give a page that says its name the ticket for its next connection."""
        if page is None:
            self._returns.void(admission.room_id, admission.seat_id)
            return
        now = asyncio.get_running_loop().time()
        ticket = self._returns.issue(admission, connection, page=page, now=now)
        answer(connection, ReturnTicket(ticket=ticket))

    def leave(
        self, runner: RoomRunner, admission: Admission, connection: Connection, *, reason: str
    ) -> None:
        """Note that a connection has ended; what its page may come back with depends on how."""
        now = asyncio.get_running_loop().time()
        self._returns.connection_ended(admission, connection, reason=reason, now=now)
        runner.leave(admission.seat_id, connection, reason=reason)

    async def _open(self, room_id: str) -> RoomRunner:
        runner = self._rooms.get(room_id)
        if runner is not None and runner.is_closing:
            await self._wait_for_closing(runner)
            runner = self._rooms.get(room_id)
        if runner is None:
            runner = self._start(room_id)
        await runner.opened.wait()
        if runner.refusal is not None:
            raise Refused(runner.refusal.code, runner.refusal.detail)
        return runner

    async def _wait_for_closing(self, runner: RoomRunner) -> None:
        """Let a room that failed write everything down before it is read again."""
        if runner.is_lesson_over:
            raise Refused(ErrorCode.LESSON_OVER, "The lesson is over.")
        try:
            async with asyncio.timeout(self.config.reopen_wait_s):
                await runner.finished.wait()
        except TimeoutError:
            raise Refused(ErrorCode.UNAVAILABLE, "The room is not ready yet.") from None

    def _start(self, room_id: str) -> RoomRunner:
        if self._tasks is None or self._sfu is None:
            raise Refused(ErrorCode.UNAVAILABLE, "The server is stopping.")
        runner = RoomRunner(
            room_id,
            gate=self._gate,
            ledger=self._ledger,
            sfu=self._sfu,
            config=self.config,
            current=self.current,
        )
        self._rooms[room_id] = runner
        self._tasks.create_task(self._carry(runner))
        return runner

    async def _carry(self, runner: RoomRunner) -> None:
        try:
            await runner.run()
        finally:
            del self._rooms[runner.room_id]
            if not self._rooms:
                self._when_empty()
