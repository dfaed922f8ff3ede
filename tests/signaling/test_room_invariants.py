"""Whatever anybody does in whatever order: what must hold in every room."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from media.core.ids import Source
from media.interface import LinkReport
from signaling import messages as m
from signaling.effects import Admit, Disconnect, ReportPresence
from signaling.errors import SignalError
from signaling.ports import EventType
from tests.signaling.live_rooms import HUB, DrivenRoom, seed

CLASSROOMS = ("a", "b", "c")
SEATS = (HUB, *CLASSROOMS, "supervisor-1")
seats = st.sampled_from(SEATS)
permissions = st.builds(
    m.Permissions, **{name: st.booleans() for name in m.Permissions.model_fields}
)
sources = st.sampled_from(m.MediaSource)
commands = st.one_of(
    st.builds(m.GetRoomState),
    st.builds(m.Publish, sdp=st.just("v=0"), sources=st.dictionaries(st.just("0"), sources)),
    st.builds(m.Subscribe),
    st.builds(m.SetMuted, source=sources, is_muted=st.booleans()),
    st.builds(m.RaiseHand),
    st.builds(m.LowerHand, seat_id=st.none() | seats),
    st.builds(m.InviteToStage, seat_id=seats),
    st.builds(m.LeaveStage, seat_id=st.none() | seats),
    st.builds(m.SetStageLimit, limit=st.integers(1, 3)),
    st.builds(m.SetPermissions, seat_id=st.none() | seats, permissions=permissions),
    st.builds(m.PauseAll),
    st.builds(m.RestoreAll),
    st.builds(m.Eject, seat_id=seats, is_blocked=st.booleans()),
    st.builds(m.Unblock, seat_id=seats),
    st.builds(m.Say, text=st.just("hello")),
    st.builds(m.SendQuickMessage, kind=st.sampled_from(m.QuickMessageKind)),
    st.builds(m.ReportHeadcount, count=st.integers(0, 99)),
    st.builds(m.SetSaving, is_saving=st.booleans()),
    st.builds(m.Ping),
)


class AnyLesson(RuleBasedStateMachine):
    """Drives a room at random and keeps a simple account of its own beside it."""

    @initialize()
    def begin(self) -> None:
        self.room = DrivenRoom(seed(CLASSROOMS))
        self.connected: set[str] = set()
        self.open_joins: dict[str, int] = dict.fromkeys(SEATS, 0)
        self.is_paused = False
        self.account()

    @rule(seat_id=seats)
    def enter(self, seat_id: str) -> None:
        summary = self.room.room.summary(now=self.room.now)
        blocked = {seat.seat_id for seat in summary.seats if seat.is_blocked}
        if seat_id in blocked:
            with pytest.raises(SignalError, match="put this seat out"):
                self.room.enter(seat_id)
        else:
            self.room.enter(seat_id)
        self.account()

    @rule(seat_id=seats)
    def leave(self, seat_id: str) -> None:
        if seat_id in self.connected:
            self.connected.discard(seat_id)
            self.room.leave(seat_id)
        self.account()

    @precondition(lambda self: self.connected)
    @rule(data=st.data(), command=commands)
    def send(self, data: st.DataObject, command: Any) -> None:
        seat_id = data.draw(st.sampled_from(sorted(self.connected)))
        before = self.room.room.summary(now=self.room.now)
        try:
            self.room.send(seat_id, command)
        except SignalError:
            assert self.room.room.summary(now=self.room.now) == before
        else:
            if isinstance(command, m.PauseAll | m.RestoreAll):
                self.is_paused = isinstance(command, m.PauseAll)
        self.account()

    @rule(seconds=st.floats(0.1, 30))
    def wait(self, seconds: float) -> None:
        # Not so long that the lecturer's absence ends the lesson.
        if HUB in self.connected:
            self.room.wait(seconds)
        self.account()

    @rule(seat_id=st.sampled_from(CLASSROOMS), loss=st.floats(0, 1), source=st.sampled_from(Source))
    def report(self, seat_id: str, loss: float, source: Source) -> None:
        room = self.room.room
        measured = LinkReport(rtt_ms=50, loss_up=loss, loss_down=None, kbps_up=1, kbps_down=1)
        plan = room.plan
        self.room.take(room.track_started(seat_id, source, now=self.room.now))
        self.room.take(room.link_report(seat_id, measured, now=self.room.now))
        assert room.plan == plan, "one seat's line changes nothing for anybody"
        self.account()

    @rule()
    def restart(self) -> None:
        before = self.room
        self.room = before.restart()
        self.connected.clear()
        self.open_joins = dict.fromkeys(SEATS, 0)
        old, new = (r.room.summary(now=r.now) for r in (before, self.room))
        assert (new.is_paused, new.stage, new.hands) == (old.is_paused, old.stage, old.hands)
        kept = ("permissions", "muted", "headcount", "hand_raised_at_ms", "is_blocked", "is_saving")
        for was, now in zip(old.seats, new.seats, strict=True):
            for name in kept:
                assert getattr(was, name) == getattr(now, name)

    def account(self) -> None:
        """Follow the effects as the runner and the attendance would."""
        for effect in self.room.effects:
            if isinstance(effect, Disconnect):
                assert effect.seat_id in self.connected
                self.connected.remove(effect.seat_id)
            elif isinstance(effect, Admit):
                assert effect.seat_id not in self.connected
                self.connected.add(effect.seat_id)
            elif isinstance(effect, ReportPresence):
                assert len(set(effect.seat_ids)) == len(effect.seat_ids)
        for event in self.room.events(EventType.SEAT_JOINED, EventType.SEAT_LEFT):
            assert event.seat_id is not None
            self.open_joins[event.seat_id] += 1 if event.type is EventType.SEAT_JOINED else -1
        self.room.clear()

    @invariant()
    def what_is_applied_is_what_the_rules_say(self) -> None:
        assert self.room.applied == self.room.room.plan

    @invariant()
    def paused_means_nothing_but_the_hub(self) -> None:
        assert self.room.room.summary(now=self.room.now).is_paused is self.is_paused
        if self.is_paused:
            planned = {*self.room.applied.audience, *self.room.applied.recorded}
            assert {track.peer_id for track in planned} <= {HUB}

    @invariant()
    def a_seat_is_never_counted_twice(self) -> None:
        assert {s for s, number in self.open_joins.items() if number} == self.connected
        assert set(self.open_joins.values()) <= {0, 1}
        summary = self.room.room.summary(now=self.room.now)
        assert {seat.seat_id for seat in summary.seats if seat.is_present} == self.connected
        ids = [seat.seat_id for seat in summary.seats]
        assert len(set(ids)) == len(ids)

    @invariant()
    def the_stage_keeps_its_limit_and_the_queue_its_hands(self) -> None:
        assert self.room.saved is not None
        limit = self.room.saved.state["stage_limit"]
        assert isinstance(limit, int)
        assert len(self.room.stage) <= limit
        assert set(self.room.stage) <= set(CLASSROOMS)
        raised = {s for s in CLASSROOMS if self.room.seat(s).hand_raised_at_ms is not None}
        assert sorted(self.room.hands) == sorted(raised)

    @invariant()
    def only_who_is_here_receives(self) -> None:
        for track, audience in self.room.applied.audience.items():
            assert audience <= self.connected - {track.peer_id}

    @invariant()
    def a_blocked_seat_is_away(self) -> None:
        for seat_id in CLASSROOMS:
            seat = self.room.seat(seat_id)
            assert not (seat.is_blocked and (seat.is_present or seat.is_on_stage))


TestAnyLesson = AnyLesson.TestCase
TestAnyLesson.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, derandomize=True
)
