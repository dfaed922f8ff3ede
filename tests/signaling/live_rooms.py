"""Rooms for tests: seeds, seats, and a driver that keeps what a room asked for."""

import dataclasses
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest

from media.core.ids import PeerId, Source, TrackKey
from media.interface import ForwardingPlan
from signaling import messages as m
from signaling.config import RoomConfig
from signaling.effects import ApplyPlan, Disconnect, Effect, Effects, Note, SaveState, Tell
from signaling.errors import SignalError
from signaling.ports import Admission, EventType, ExpectedSeat, RoomEvent, RoomSeed
from signaling.room import Room

HUB = "hub"
ALL = m.Permissions(video=True, audio=True, annotate=True, screen=True, file=True, text=True)
NONE = m.Permissions(video=False, audio=False, annotate=False, screen=False, file=False, text=False)
AnyMessage = TypeVar("AnyMessage", bound=m.Message)
AnyEffect = TypeVar("AnyEffect")
CAMERA, MICROPHONE, SCREEN = Source.CAMERA, Source.MICROPHONE, Source.SCREEN
OFFER = "v=0"
PAGE = "the-page-of-a-classroom"


def lesson(**changes: Any) -> m.LessonInfo:
    values: dict[str, Any] = {
        "lesson_id": "lesson-1",
        "session_id": "room-1",
        "kind": "DELIVERY",
        "title": "小雨沙沙",
        "subject": "音乐",
        "grade": "三年级",
        "hub_school": "示范小学",
        "lecturer": "李老师",
        "planned_start": "2026-11-23T01:00:00+00:00",
        "planned_end": "2026-11-23T01:40:00+00:00",
        "is_recorded": True,
    }
    return m.LessonInfo(**(values | changes))


def seed(classrooms: Sequence[str] = ("a", "b", "c"), **changes: Any) -> RoomSeed:
    seats = (
        ExpectedSeat(HUB, m.Role.LECTURER, "李老师", "示范小学"),
        *(ExpectedSeat(name, m.Role.CLASSROOM, f"教学点{name}", "村小") for name in classrooms),
    )
    base = RoomSeed(
        room_id="room-1",
        lesson=lesson(),
        seats=seats,
        elapsed_s=0.0,
        epoch=1,
        recording_folder=Path("recordings/lesson-1"),
    )
    return dataclasses.replace(base, **changes)


def admission(seat_id: str, **changes: Any) -> Admission:
    role = m.Role.CLASSROOM
    if seat_id == HUB:
        role = m.Role.LECTURER
    elif seat_id.startswith("supervisor"):
        role = m.Role.SUPERVISOR
    base = Admission(
        room_id="room-1",
        seat_id=seat_id,
        role=role,
        name=f"name of {seat_id}",
        school="school",
        account_id=f"account-{seat_id}",
        device_id=f"device-{seat_id}",
    )
    return dataclasses.replace(base, **changes)


class DrivenRoom:
    """A room and everything it asked for since the last `clear`, on a clock of numbers."""

    def __init__(self, room_seed: RoomSeed | None = None, config: RoomConfig | None = None) -> None:
        self.now = 1000.0
        self.seed = room_seed or seed()
        self.room = Room(self.seed, config or RoomConfig(), now=self.now)
        self.effects: list[Effect] = []
        self.applied = ForwardingPlan()
        self.saved: SaveState | None = None
        self._refs = count(1)
        self.take(self.room.open(now=self.now))

    def take(self, effects: Effects) -> None:
        for effect in effects:
            if isinstance(effect, ApplyPlan):
                self.applied = effect.plan
            elif isinstance(effect, SaveState):
                self.saved = effect
        self.effects.extend(effects)

    def clear(self) -> None:
        self.effects.clear()

    def enter(self, *seat_ids: str, page: str | None = None, receives: bool = False) -> None:
        for seat_id in seat_ids:
            entered = self.room.enter(
                admission(seat_id), page=page, receives=receives, now=self.now
            )
            self.take(entered)

    def leave(self, seat_id: str, *, reason: str = "connection_lost") -> None:
        self.take(self.room.leave(seat_id, reason=reason, now=self.now))

    def send(self, seat_id: str, command: m.AnyClientMessage) -> None:
        self.take(self.room.receive(seat_id, command, now=self.now))

    def ask(self, seat_id: str, command: m.AnyClientMessage) -> int:
        """Send with a ref and return it."""
        ref = next(self._refs)
        self.send(seat_id, command.model_copy(update={"ref": ref}))
        return ref

    def wait(self, seconds: float) -> None:
        """Let time pass as a runner would: no timer is missed."""
        end = self.now + seconds
        while (deadline := self.room.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.take(self.room.handle_timer(now=self.now))
        self.now = end

    def restart(self) -> "DrivenRoom":
        """Return the room another process would open from what was saved."""
        assert self.saved is not None
        elapsed_s = self.seed.elapsed_s + self.now - 1000.0
        room = DrivenRoom(
            dataclasses.replace(
                self.seed, saved_state=self.saved.state, elapsed_s=elapsed_s, epoch=2
            )
        )
        room.saved = room.saved or self.saved
        return room

    def of(self, kind: type[AnyEffect]) -> list[AnyEffect]:
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def told(self, seat_id: str, kind: type[AnyMessage]) -> list[AnyMessage]:
        return [
            effect.message
            for effect in self.of(Tell)
            if seat_id in effect.seat_ids and isinstance(effect.message, kind)
        ]

    def events(self, *types: EventType) -> list[RoomEvent]:
        return [note.event for note in self.of(Note) if not types or note.event.type in types]

    def closed(self, seat_id: str) -> list[Disconnect]:
        return [effect for effect in self.of(Disconnect) if effect.seat_id == seat_id]

    def seat(self, seat_id: str) -> m.Seat:
        seats = self.room.summary(now=self.now).seats
        return next(seat for seat in seats if seat.seat_id == seat_id)

    def is_over(self) -> bool:
        return self.room.is_over

    @property
    def stage(self) -> tuple[str, ...]:
        return self.room.summary(now=self.now).stage

    @property
    def hands(self) -> tuple[str, ...]:
        return self.room.summary(now=self.now).hands


def lesson_with(*seat_ids: str, config: RoomConfig | None = None, **changes: Any) -> DrivenRoom:
    """A room in which these seats are present, with nothing noted yet."""
    room = DrivenRoom(seed(**changes), config)
    room.enter(HUB, *seat_ids)
    room.clear()
    return room


def track(seat_id: str, source: Source) -> TrackKey:
    return TrackKey(PeerId(seat_id), source)


def refused(room: DrivenRoom, seat_id: str, command: m.AnyClientMessage) -> str:
    """Return the code a command is refused with; a refusal changes nothing."""
    room.clear()
    before = room.room.summary(now=room.now)
    with pytest.raises(SignalError) as caught:
        room.send(seat_id, command)
    assert room.room.summary(now=room.now) == before
    room.take(room.room.leave("c", reason="nobody", now=room.now))
    assert room.effects == []
    return caught.value.code


def publish(*sources: m.MediaSource) -> m.Publish:
    return m.Publish(sdp=OFFER, sources={str(mid): source for mid, source in enumerate(sources)})
