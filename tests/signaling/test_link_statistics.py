"""A lesson's reports in a few figures, within a bound."""

from hypothesis import given
from hypothesis import strategies as st

from media.interface import LinkReport
from signaling import messages as m
from signaling.effects import Note
from signaling.link_statistics import KEPT, LinkStatistics, Samples
from signaling.ports import EventType
from tests.signaling.link_reports import report
from tests.signaling.live_rooms import HUB, DrivenRoom, lesson_with


@given(st.lists(st.floats(-1e6, 1e6), max_size=KEPT))
def test_as_long_as_all_are_kept_the_shares_are_exact(values: list[float]) -> None:
    samples = Samples()
    for value in values:
        samples.add(value)
    if not values:
        assert samples.at(0.5) is None
    else:
        for share in (0.0, 0.1, 0.5, 0.95, 1.0):
            found = samples.at(share)
            assert found is not None
            below = sum(each <= found for each in values)
            assert below >= min(len(values), int(share * len(values)) + 1)
        assert samples.at(0.0) == min(values)
        assert samples.at(1.0) == max(values)


@given(st.integers(KEPT + 1, 40_000))
def test_of_many_an_even_choice_is_kept(count: int) -> None:
    samples = Samples()
    for value in range(count):
        samples.add(float(value))
    assert KEPT // 2 <= len(samples._values) <= KEPT
    for share in (0.1, 0.5, 0.95):
        found = samples.at(share)
        assert found is not None
        assert abs(found - share * count) <= 0.01 * count + 4


def test_a_summary_tells_the_middle_and_the_worse_end() -> None:
    statistics = LinkStatistics()
    assert statistics.summary() is None
    for number in range(100):
        statistics.add(
            LinkReport(
                rtt_ms=100 + number,
                loss_up=None,
                loss_down=number / 1000,
                kbps_up=300,
                kbps_down=1000 + 10 * number,
                estimate_down_kbps=4000 - 10 * number,
            )
        )
    assert statistics.summary() == {
        "reports": 100,
        "estimate_down_kbps": 3510,
        "estimate_down_low_kbps": 3110,
        "down_kbps": 1500,
        "down_high_kbps": 1950,
        "up_kbps": 300,
        "up_high_kbps": 300,
        "rtt_ms": 150,
        "rtt_high_ms": 195,
        "loss_down_permille": 50,
        "loss_down_high_permille": 95,
        "loss_up_permille": None,
        "loss_up_high_permille": None,
    }


def measure(room: DrivenRoom, seat_id: str, times: int = 1) -> None:
    for _ in range(times):
        room.wait(1)
        room.take(room.room.link_report(seat_id, report(), now=room.now))


def summaries(room: DrivenRoom) -> list[tuple[str | None, object]]:
    return [(e.seat_id, e.payload["reports"]) for e in room.events(EventType.LINK_SUMMARY)]


def test_a_line_is_summed_up_when_its_seat_leaves_over_all_its_stays() -> None:
    room = lesson_with("a", "b")
    measure(room, "a", 3)
    room.leave("a")
    room.leave("b")
    assert summaries(room) == [("a", 3)]
    room.enter("a")
    measure(room, "a", 2)
    room.leave("a")
    assert summaries(room) == [("a", 3), ("a", 5)]


def test_the_end_sums_up_whoever_is_here_before_the_lesson_is_over() -> None:
    room = lesson_with("a")
    measure(room, HUB)
    measure(room, "a")
    room.clear()
    room.send(HUB, m.EndLesson())
    assert summaries(room) == [(HUB, 1), ("a", 1)]
    types = [effect.event.type for effect in room.of(Note)]
    assert types[-1] is EventType.LESSON_ENDED
