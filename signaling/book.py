"""The register of one room: its state, its clock, and the effects a call has collected.

`signaling.room` decides with it; nothing here decides anything.
"""

from collections import deque
from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from media.interface import ForwardingPlan
from signaling import messages as m
from signaling import saved_state
from signaling.config import RoomConfig
from signaling.effects import ApplyPlan, Effect, Effects, Note, SaveState, Tell
from signaling.floor import Floor
from signaling.participant import Participant
from signaling.plan import NOTHING, forwarding_plan
from signaling.ports import EventType, RoomEvent, RoomSeed, RoomSummary
from signaling.roster import Roster

STAFF = (m.Role.LECTURER, m.Role.SUPERVISOR)


class RoomBook:
    """Everything a room is at a moment. `now` is that of the call being carried out."""

    def __init__(self, seed: RoomSeed, config: RoomConfig, *, now: float) -> None:
        saved = saved_state.from_json(seed.saved_state) if seed.saved_state else None
        self.seed = seed
        self.config = config
        self.now = now
        self.is_over = False
        self.is_recorded = seed.lesson.is_recorded and seed.recording_folder is not None
        self.roster = Roster(seed, saved, config)
        self.floor = Floor(
            limit=saved.stage_limit if saved else seed.stage_limit,
            stage=saved.stage if saved else (),
            hands=saved.hands if saved else (),
        )
        self.chat = deque(saved.chat if saved else (), maxlen=config.chat_kept)
        #: For whoever enters again.
        self.quick_messages = deque(
            saved.quick_messages if saved else (), maxlen=config.quick_messages_kept
        )
        self.light = m.RecordingLight(is_recording=False, is_healthy=True, stored_s=0.0)
        self.light_told_at = now
        self.lecturer_gone_at: float | None = now
        self._opened_at = now
        self._effects: list[Effect] = []
        self._has_changed = True
        self._plan = NOTHING
        self._saved = saved

    @property
    def clock_s(self) -> float:
        """Return the lesson clock in seconds."""
        return self.seed.elapsed_s + self.now - self._opened_at

    @property
    def clock_ms(self) -> int:
        """Return the lesson clock as messages and events carry it."""
        return round(self.clock_s * 1000)

    # Collecting effects

    def do(self, effect: Effect) -> None:
        """Ask for something."""
        self._effects.append(effect)

    def tell(self, seat_ids: Iterable[str], message: m.AnyServerMessage) -> None:
        """Send a message to seats."""
        if receivers := tuple(seat_ids):
            self.do(Tell(receivers, message))

    def tell_everybody(self, message: m.AnyServerMessage) -> None:
        """Send a message to everybody present."""
        self.tell(self.roster.present(), message)

    def tell_staff_and(self, seat_id: str, message: m.AnyServerMessage) -> None:
        """Send a message to the lecturer, the supervisors and the seat it is about."""
        staff = self.roster.present(STAFF)
        own = (seat_id,) if self.roster.is_present(seat_id) and seat_id not in staff else ()
        self.tell(staff + own, message)

    def tell_seat(self, seat: Participant, *, except_to: str | None = None) -> None:
        """Say how a seat is now. Supervisors are shown to the lecturer and each other only."""
        is_shown_to_all = seat.role is not m.Role.SUPERVISOR
        receivers = self.roster.present() if is_shown_to_all else self.roster.present(STAFF)
        self.tell(
            (receiver for receiver in receivers if receiver != except_to),
            m.SeatChanged(seq=0, seat=self.view(seat)),
        )

    def note(
        self,
        event: EventType,
        *,
        seat_id: str | None = None,
        actor: str | None = None,
        payload: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Write an event into the ledger at this moment of the lesson clock."""
        self.change()
        self.do(Note(RoomEvent(event, self.clock_ms, seat_id, actor, payload or {})))

    def change(self) -> None:
        """Say that the plan or the saved state may differ now; every event says so by itself.

        Most calls are pings and figures: what follows from the room is not worked out anew
        for them, which costs a millisecond with sixty seats.
        """
        self._has_changed = True

    def settle(self) -> Effects:
        """Return what the call asks for, with the plan and the saved state that follow from it.

        The plan comes first: nobody is told of a change before it is enforced.
        """
        effects, self._effects = self._effects, []
        if not self._has_changed:
            return tuple(effects)
        self._has_changed = False
        plan = self.plan()
        if plan != self._plan:
            self._plan = plan
            effects.insert(0, ApplyPlan(plan))
        saved = self.saved()
        if saved != self._saved:
            self._saved = saved
            effects.append(SaveState(saved_state.to_json(saved)))
        return tuple(effects)

    # Views

    def plan(self) -> ForwardingPlan:
        """Return what may flow now."""
        if self.is_over:
            return NOTHING
        return forwarding_plan(self.roster.planned(self.floor.stage), is_recorded=self.is_recorded)

    def saved(self) -> saved_state.SavedRoom:
        """Return what must survive a restart."""
        return saved_state.SavedRoom(
            is_paused=self.roster.is_paused,
            class_permissions=self.roster.class_permissions,
            stage=tuple(self.floor.stage),
            stage_limit=self.floor.limit,
            hands=tuple(self.floor.hands),
            seats=self.roster.saved(),
            chat=tuple(self.chat),
            quick_messages=tuple(self.quick_messages),
        )

    def view(self, seat: Participant) -> m.Seat:
        """Return a seat as a page sees it."""
        return self.roster.view(seat, self.floor.stage)

    def room_state(self, viewer: Participant, *, is_resumed: bool = False) -> m.RoomState:
        """Return everything, as this seat may see it."""
        return m.RoomState(
            seq=0,
            you=viewer.seat_id,
            role=viewer.role,
            lesson=self.seed.lesson,
            clock_ms=self.clock_ms,
            is_paused=self.roster.is_paused,
            class_permissions=self.roster.class_permissions,
            stage=tuple(self.floor.stage),
            stage_limit=self.floor.limit,
            hands=tuple(self.floor.hands),
            seats=tuple(
                self.view(seat)
                for seat in self.roster
                if seat.role is not m.Role.SUPERVISOR or viewer.role in STAFF
            ),
            chat=tuple(self.chat),
            quick_messages=tuple(
                message
                for message in self.quick_messages
                if viewer.role in STAFF or message.seat_id == viewer.seat_id
            ),
            recording=self.light,
            is_resumed=is_resumed,
        )

    def summary(self) -> RoomSummary:
        """Return the room at a glance."""
        return RoomSummary(
            room_id=self.seed.room_id,
            clock_ms=self.clock_ms,
            is_paused=self.roster.is_paused,
            stage=tuple(self.floor.stage),
            hands=tuple(self.floor.hands),
            seats=tuple(self.view(seat) for seat in self.roster),
            recording=self.light,
        )
