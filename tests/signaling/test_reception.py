"""What of the hub reached a seat: second by second, within a bound, on the lesson clock."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.ids import PeerId, Source, TrackKey
from media.interface import Direction, LinkReport, ReceivedTrack
from signaling import messages as m
from signaling.ports import EventType, RoomEvent
from signaling.reception import MOST_SPANS, WAIT_MS, Reception
from tests.signaling.live_rooms import HUB, DrivenRoom, lesson_with

SOUND, CAMERA = TrackKey(PeerId(HUB), Source.MICROPHONE), TrackKey(PeerId(HUB), Source.CAMERA)


def sound(
    sent: int = 50, expected: int = 0, lost: int = 0, *, comes: bool = True, red: int = 0
) -> ReceivedTrack:
    return ReceivedTrack(SOUND, comes, sent, expected, lost, red)


def camera(sent: int = 30, expected: int = 30, lost: int = 0) -> ReceivedTrack:
    return ReceivedTrack(CAMERA, True, sent, expected, lost)


def heard(reception: Reception, clock_ms: int = 10_000_000) -> list[list[Any]]:
    spans: list[list[Any]] = []
    while (payload := reception.take(clock_ms)) is not None:
        rows: Any = payload["spans"]
        assert len(rows) <= MOST_SPANS
        spans += rows
    return spans


def kept(seconds: Sequence[tuple[tuple[ReceivedTrack, ...], bool]], due: bool = True) -> Any:
    """Return the spans of seconds, each what was received and whether the line was silent."""
    reception = Reception()
    reception.begin(0)
    for number, (rows, is_silent) in enumerate(seconds, start=1):
        reception.add(rows, clock_ms=1000 * number, is_sound_due=due, is_line_silent=is_silent)
    reception.end(clock_ms=1000 * len(seconds), is_sound_due=due)
    return heard(reception)


@pytest.mark.parametrize(
    ("lost", "red", "word"),
    [
        (0, 0, "audible"),
        (5, 0, "audible"),
        (6, 0, "degraded"),
        (20, 1, "audible"),
        (30, 1, "degraded"),
        (94, 0, "degraded"),
        (95, 0, "lost"),
    ],
)
def test_a_second_is_as_what_arrived_after_repair(lost: int, red: int, word: str) -> None:
    assert kept([((sound(100, 100, lost, red=red),), False)]) == [[0, 1000, word, 0]]


def test_seconds_wait_for_the_report_that_is_about_them() -> None:
    seconds = [((sound(),), False)] * 4 + [((sound(50, 250, 50),), False)]
    assert kept(seconds) == [[0, 5000, "degraded", 0]]


def test_losses_are_laid_to_the_seconds_in_which_the_line_was_silent() -> None:
    seconds = [((sound(),), n in {1, 2}) for n in range(4)] + [((sound(50, 250, 100),), False)]
    assert kept(seconds) == [
        [0, 1000, "audible", 0],
        [1000, 3000, "lost", 0],
        [3000, 5000, "audible", 0],
    ]


def test_a_hub_without_sound_blames_nobody_and_one_whose_sound_is_not_sent_on_does() -> None:
    quiet, kept_back = sound(0, comes=False), sound(0)
    assert kept([((quiet,), False), ((kept_back,), False)]) == [
        [0, 1000, "silent", 0],
        [1000, 2000, "lost", 0],
    ]
    assert kept([((), False)], due=False) == [[0, 1000, "silent", 0]]
    assert kept([((), False)], due=True) == [[0, 1000, "lost", 0]]


def test_a_picture_is_seen_while_more_than_half_of_it_arrives() -> None:
    rows = [(camera(),), (camera(lost=16),), (camera(sent=0),), (camera(lost=15),)]
    assert [span[3] for span in kept([((sound(50, 50), *row), False) for row in rows])] == [1, 0, 1]


def test_no_picture_is_seen_over_a_line_that_is_silent() -> None:
    rows = (sound(50, 50), camera())
    assert [span[3] for span in kept([(rows, False), (rows, True)])] == [1, 0]


def test_more_changes_than_one_event_holds_are_written_at_once() -> None:
    reception = Reception()
    reception.begin(0)
    for number in range(1, MOST_SPANS + 1):
        assert not reception.is_due(10 * number)
        rows = (sound(50, 50, 50 * (number % 2)),)
        reception.add(rows, clock_ms=10 * number, is_sound_due=True, is_line_silent=False)
    assert reception.is_due(10 * MOST_SPANS)


def test_what_nobody_reports_on_is_lost_in_the_end() -> None:
    reception = Reception()
    reception.begin(0)
    for at in range(1000, WAIT_MS + 1000, 1000):
        assert not reception.is_due(at)
        reception.add((sound(),), clock_ms=at, is_sound_due=True, is_line_silent=False)
    assert heard(reception) == [[0, 1000, "lost", 0]]


def test_the_last_seconds_before_leaving_are_as_what_was_reported_last() -> None:
    assert kept([((sound(50, 50),), False), ((sound(),), False)]) == [[0, 2000, "audible", 0]]
    assert kept([((sound(50, 50),), False), ((sound(),), True)]) == [
        [0, 1000, "audible", 0],
        [1000, 2000, "lost", 0],
    ]
    assert kept([((sound(),), False)]) == [[0, 1000, "lost", 0]]


def test_a_change_is_written_within_seconds_and_what_lasts_now_and_then() -> None:
    reception = Reception()
    reception.begin(0)
    written: list[int] = []
    for second in range(1, 700):
        lost = 50 if second == 400 else 0
        reception.add(
            (sound(50, 50, lost),),
            clock_ms=1000 * second,
            is_sound_due=True,
            is_line_silent=False,
        )
        if reception.is_due(1000 * second):
            written.append(second)
            reception.take(1000 * second)
    assert written == [5, 305, 400, 405]


rows = st.one_of(
    st.just(()),
    st.builds(
        lambda sent, expected, lost, comes, red: (
            sound(sent, expected, lost, comes=comes, red=red),
        ),
        st.integers(0, 60),
        st.integers(0, 300),
        st.integers(0, 400),
        st.booleans(),
        st.integers(0, 2),
    ),
)


@given(
    st.lists(st.tuples(rows, st.booleans(), st.integers(0, 4000)), max_size=300),
    st.integers(0, 5000),
    st.booleans(),
)
def test_spans_cover_a_stay_without_gap_or_overlap(
    seconds: list[tuple[tuple[ReceivedTrack, ...], bool, int]], last_ms: int, is_due: bool
) -> None:
    reception, clock_ms = Reception(), 500
    reception.begin(clock_ms)
    spans: list[list[Any]] = []
    for received, is_silent, wait_ms in seconds:
        clock_ms += wait_ms
        reception.add(received, clock_ms=clock_ms, is_sound_due=is_due, is_line_silent=is_silent)
        assert len(reception._spans) <= 2 * MOST_SPANS
        if reception.is_due(clock_ms):
            spans += heard(reception, clock_ms)
    clock_ms += last_ms
    reception.end(clock_ms=clock_ms, is_sound_due=is_due)
    spans += heard(reception, clock_ms)
    assert sum(to_ms - from_ms for from_ms, to_ms, _, _ in spans) == clock_ms - 500
    assert all(one[1] == next_[0] for one, next_ in pairwise(spans))


# -- in the room -----------------------------------------------------------------------


def tell(room: DrivenRoom, seat_id: str, *received: ReceivedTrack) -> None:
    room.wait(1)
    report = LinkReport(
        rtt_ms=40, loss_up=0.0, loss_down=0.0, kbps_up=300, kbps_down=900, received=received
    )
    room.take(room.room.link_report(seat_id, report, now=room.now))


def receptions(room: DrivenRoom) -> list[RoomEvent]:
    return room.events(EventType.RECEPTION)


def test_a_classroom_that_leaves_has_its_record_written() -> None:
    room = lesson_with("a")
    other = ReceivedTrack(TrackKey(PeerId("b"), Source.MICROPHONE), True, 50, 50, 50)
    for _ in range(3):
        tell(room, "a", other, sound(50, 50), camera())
        tell(room, HUB)
    room.leave("a")
    events = receptions(room)
    assert {event.seat_id for event in events} == {"a"}
    spans: list[Any] = [span for event in events for span in event.payload["spans"]]  # type: ignore[union-attr]
    assert spans == [[0, 5000, "audible", 1], [5000, 6000, "silent", 0]]
    types = [event.type for event in room.events(EventType.RECEPTION, EventType.SEAT_LEFT)]
    assert types == [EventType.RECEPTION, EventType.SEAT_LEFT, EventType.RECEPTION]


def test_neither_the_hub_nor_supervisors_have_such_a_record() -> None:
    room = lesson_with("supervisor-1")
    for _ in range(10):
        tell(room, "supervisor-1", sound(50, 50))
        tell(room, HUB)
    room.leave("supervisor-1")
    room.leave(HUB)
    assert receptions(room) == []


def test_sound_that_stands_still_or_is_muted_is_not_missed() -> None:
    room = lesson_with("a")
    room.take(room.room.track_started(HUB, Source.MICROPHONE, now=room.now))
    tell(room, "a")
    flow = partial(room.room.track_flow, HUB, Source.MICROPHONE)
    room.take(flow(is_stalled=True, now=room.now))
    tell(room, "a")
    room.take(flow(is_stalled=False, now=room.now))
    tell(room, "a")
    room.send(HUB, m.SetMuted(source=m.MediaSource.MICROPHONE, is_muted=True))
    tell(room, "a")
    room.send(HUB, m.EndLesson())
    [event] = receptions(room)
    words = [span[2] for span in event.payload["spans"]]  # type: ignore[union-attr,index]
    assert words == ["lost", "silent", "lost", "silent"]


def test_a_silent_line_and_a_hub_whose_sound_is_due_show_in_the_record() -> None:
    room = lesson_with("a")
    room.take(room.room.track_started(HUB, Source.MICROPHONE, now=room.now))
    tell(room, "a")
    tell(room, "a", sound(50, 50))
    room.take(room.room.peer_silence("a", Direction.SUBSCRIBE, is_silent=True, now=room.now))
    tell(room, "a", sound())
    tell(room, "a", sound())
    room.take(room.room.peer_silence("a", Direction.SUBSCRIBE, is_silent=False, now=room.now))
    tell(room, "a", sound(50, 150, 100))
    room.send(HUB, m.EndLesson())
    [event] = receptions(room)
    words = [span[2] for span in event.payload["spans"]]  # type: ignore[union-attr,index]
    assert words == ["lost", "audible", "lost", "audible"]
