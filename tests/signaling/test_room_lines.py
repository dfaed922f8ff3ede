"""What a room tells of everybody's line, and how soon."""

import pytest

from media.interface import Direction, LinkBudget, LinkReport, PlannedTrack
from signaling import messages as m
from signaling.effects import SetBudget, Tell
from signaling.ports import EventType
from tests.signaling.live_rooms import (
    CAMERA,
    HUB,
    MICROPHONE,
    DrivenRoom,
    admission,
    lesson_with,
    track,
)


def report(room: DrivenRoom, seat_id: str, loss: float, *, after: float = 2.0) -> None:
    room.wait(after)
    measured = LinkReport(
        rtt_ms=123.4, loss_up=loss, loss_down=None, kbps_up=400.4, kbps_down=1999.6
    )
    room.take(room.room.link_report(seat_id, measured, now=room.now))


def test_a_lines_word_is_an_event_and_told_to_all_its_figures_to_staff_and_itself() -> None:
    room = lesson_with("a", "b", "supervisor-1")
    report(room, "a", 0.0)
    (fact,) = room.told("a", m.LinkMeasured)
    assert (fact.rtt_ms, fact.loss_up_percent, fact.loss_down_percent) == (123, 0.0, None)
    assert (fact.kbps_up, fact.kbps_down, fact.link) == (400, 2000, m.Link.GOOD)
    assert len(room.told(HUB, m.LinkMeasured)) == len(room.told("supervisor-1", m.LinkMeasured))
    assert room.told("b", m.LinkMeasured) == []
    assert room.told("b", m.SeatChanged)[-1].seat.link is m.Link.GOOD
    (event,) = room.events(EventType.LINK_CHANGED)
    assert event.payload["before"] == "unknown"
    room.clear()
    report(room, "a", 0.0)
    assert room.told("b", m.SeatChanged) == []
    assert room.events() == []


def test_the_lecturers_own_line_is_told_once_to_the_lecturer() -> None:
    room = lesson_with("a")
    report(room, HUB, 0.0)
    (tell,) = [t for t in room.of(Tell) if isinstance(t.message, m.LinkMeasured)]
    assert tell.seat_ids == (HUB,)


def test_figures_are_told_at_most_every_two_seconds_on_average() -> None:
    room = lesson_with("a")
    for _ in range(40):
        report(room, "a", 0.0, after=0.5)
    assert len(room.told(HUB, m.LinkMeasured)) <= 2 + 20 // 2


def test_the_line_of_an_absent_seat_is_away_and_then_measured_anew() -> None:
    room = lesson_with("a")
    for _ in range(2):
        report(room, "a", 0.5)
    assert room.seat("a").link is m.Link.WEAK
    room.leave("a")
    room.clear()
    report(room, "a", 0.0)
    assert room.told(HUB, m.LinkMeasured) == []
    assert room.seat("a").link is m.Link.AWAY
    room.enter("a")
    assert room.seat("a").link is m.Link.UNKNOWN


@pytest.mark.parametrize("phase", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("before", range(1, 8))
def test_the_teacher_hears_of_a_bad_leg_within_three_reports_of_its_beginning(
    before: int, phase: float
) -> None:
    """Reports come every second, and the first may lie half before the trouble: 3 s at most.

    However the pace of figures stands at that moment: news do not wait for it.
    """
    room = lesson_with("a", "b", "supervisor-1")
    room.wait(phase)
    for _ in range(before):
        for seat_id in ("a", "b"):
            report(room, seat_id, 0.0, after=0.5)
    room.clear()
    heard: list[m.LinkMeasured] = []
    for reports in range(1, 4):
        report(room, "b", 0.0, after=0.5)
        report(room, "a", 0.05 if reports == 1 else 0.12, after=0.5)
        told = [fact for fact in room.told(HUB, m.LinkMeasured) if fact.cause is not None]
        heard = told or heard
    (fact,) = heard
    assert (fact.seat_id, fact.cause, fact.bad_leg) == ("a", m.LinkCause.LOSS_UP, m.Leg.UP)
    assert (fact.link, fact.loss_up_percent) == (m.Link.WEAK, 12.0)
    for receiver in ("a", "supervisor-1"):
        assert fact in room.told(receiver, m.LinkMeasured)
    assert room.told("b", m.LinkMeasured) == [
        each for each in room.told(HUB, m.LinkMeasured) if each.seat_id == "b"
    ]
    (event,) = room.events(EventType.LINK_CHANGED)
    assert (event.payload["cause"], event.payload["leg"]) == ("loss_up", "up")


def test_the_end_of_a_trouble_is_told_at_once_too() -> None:
    room = lesson_with("a")
    for _ in range(2):
        report(room, "a", 0.2, after=1.0)
    for _ in range(4):
        report(room, "a", 0.0, after=1.0)
    room.clear()
    report(room, "a", 0.0, after=1.0)
    (fact,) = room.told(HUB, m.LinkMeasured)
    assert (fact.cause, fact.bad_leg, fact.link) == (None, None, m.Link.GOOD)
    (event,) = room.events(EventType.LINK_CHANGED)
    assert (event.payload["before"], event.payload["cause"]) == ("weak", None)


def test_of_a_seat_that_is_away_nothing_is_told_of_its_line() -> None:
    room = lesson_with("a")
    room.leave("a")
    room.clear()
    room.take(room.room.peer_silence("a", Direction.PUBLISH, is_silent=True, now=room.now))
    assert room.effects == []


def test_a_change_of_cause_is_news_though_the_word_stays() -> None:
    room = lesson_with("a")
    for _ in range(2):
        report(room, "a", 0.2)
    room.clear()
    room.take(room.room.peer_silence("a", Direction.PUBLISH, is_silent=True, now=room.now))
    (fact,) = room.told(HUB, m.LinkMeasured)
    assert (fact.cause, fact.bad_leg, fact.link) == (m.LinkCause.SILENT, m.Leg.UP, m.Link.WEAK)
    assert room.told("a", m.SeatChanged) == []
    (event,) = room.events(EventType.LINK_CHANGED)
    assert (event.payload["link"], event.payload["before"]) == ("weak", "weak")


def test_what_the_hub_loses_is_named_at_the_hub() -> None:
    room = lesson_with("a", "b")

    def measure(loss_up: float, loss_down: float) -> None:
        room.wait(1)
        for seat_id in (HUB, "a", "b"):
            is_hub = seat_id == HUB
            measured = LinkReport(
                rtt_ms=50,
                loss_up=loss_up if is_hub else 0.0,
                loss_down=0.0 if is_hub else loss_down,
                kbps_up=1,
                kbps_down=1,
            )
            room.take(room.room.link_report(seat_id, measured, now=room.now))

    for _ in range(3):
        measure(0.0, 0.0)
    room.clear()
    for _ in range(3):
        measure(0.15, 0.12)
    causes = {fact.seat_id: fact.cause for fact in room.told(HUB, m.LinkMeasured) if fact.cause}
    assert causes == {HUB: m.LinkCause.LOSS_UP, "a": m.LinkCause.HUB_UP, "b": m.LinkCause.HUB_UP}


def test_a_loss_that_is_not_reported_every_second_stands_as_last_measured() -> None:
    room = lesson_with("a")
    report(room, "a", 0.02)
    measured = LinkReport(rtt_ms=50, loss_up=None, loss_down=None, kbps_up=1, kbps_down=1)
    room.wait(5)
    room.take(room.room.link_report("a", measured, now=room.now))
    figures = [(f.loss_up_percent, f.loss_down_percent) for f in room.told("a", m.LinkMeasured)]
    assert figures == [(2.0, None), (2.0, None)]


def test_a_camera_fallen_silent_is_a_narrow_way_up() -> None:
    room = lesson_with("a")
    for source in (CAMERA, MICROPHONE):
        room.take(room.room.track_started("a", source, now=room.now))
    room.take(room.room.track_flow("a", CAMERA, is_stalled=True, now=room.now))
    (fact,) = room.told("a", m.LinkMeasured)
    assert (fact.cause, fact.bad_leg) == (m.LinkCause.NARROW_UP, m.Leg.UP)
    assert (fact.rtt_ms, fact.loss_down_percent, fact.kbps_up, fact.plan) == (None, None, 0, ())
    # What explains it on the same leg goes before it; trouble of the other leg does not.
    for loss_up, loss_down, cause in ((0.0, 0.2, "narrow_up"), (0.5, 0.2, "loss_up")):
        measured = LinkReport(
            rtt_ms=50, loss_up=loss_up, loss_down=loss_down, kbps_up=1, kbps_down=1
        )
        for _ in range(3):
            room.wait(1)
            room.take(room.room.link_report("a", measured, now=room.now))
        assert room.told("a", m.LinkMeasured)[-1].cause == cause
    assert room.seat("a").link is m.Link.SOUND_ONLY


def test_the_figures_carry_the_estimate_what_was_declared_and_the_plan() -> None:
    room = lesson_with()
    line = admission("a", budget_down_kbps=512, budget_up_kbps=256)
    room.take(room.room.enter(line, now=room.now))
    measured = LinkReport(
        rtt_ms=None,
        loss_up=None,
        loss_down=None,
        kbps_up=1,
        kbps_down=1,
        estimate_down_kbps=480.4,
        plan=(
            PlannedTrack(track(HUB, MICROPHONE), 0, 0, 40.2),
            PlannedTrack(track(HUB, CAMERA), None, 2, 0.0),
        ),
    )
    room.take(room.room.link_report("a", measured, now=room.now))
    (fact,) = room.told("a", m.LinkMeasured)
    assert (fact.estimate_down_kbps, fact.budget_down_kbps, fact.budget_up_kbps) == (480, 512, 256)
    assert fact.plan == (
        m.PlannedTrack(seat_id=HUB, source=m.MediaSource.MICROPHONE, layer=0, top_layer=0, kbps=40),
        m.PlannedTrack(seat_id=HUB, source=m.MediaSource.CAMERA, layer=None, top_layer=2, kbps=0),
    )


def test_silence_shows_a_weak_line_until_it_is_heard() -> None:
    room = lesson_with("a")
    report(room, "a", 0.0)
    publishing = Direction.PUBLISH
    room.take(room.room.peer_silence("a", publishing, is_silent=True, now=room.now))
    assert room.seat("a").link is m.Link.WEAK
    room.take(room.room.peer_silence("a", publishing, is_silent=False, now=room.now))
    assert room.seat("a").link is m.Link.GOOD


def test_the_media_plane_is_told_each_time_what_a_line_is_declared_to_carry() -> None:
    room = lesson_with()
    line = admission("a", budget_down_kbps=4000, budget_up_kbps=1000)
    room.take(room.room.enter(line, now=room.now))
    room.leave("a")
    room.take(room.room.declare_line("a", LinkBudget(2000, None), now=room.now))
    room.take(room.room.enter(admission("a"), now=room.now))
    assert room.of(SetBudget) == [
        SetBudget("a", LinkBudget(4000, 1000)),
        SetBudget("a", LinkBudget(2000, None)),
        SetBudget("a", LinkBudget(None, None)),
    ]


def test_the_line_of_whoever_has_no_seat_here_is_nobodys_business() -> None:
    room = lesson_with("a")
    room.take(room.room.declare_line("z", LinkBudget(2000, None), now=room.now))
    room.send(HUB, m.EndLesson())
    room.clear()
    room.take(room.room.declare_line("a", LinkBudget(2000, None), now=room.now))
    assert room.of(SetBudget) == []
