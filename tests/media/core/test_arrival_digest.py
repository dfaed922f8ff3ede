"""What is told of feedback, and when: at once, or now and then where a line is calm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core import arrival_digest
from media.core.arrival_digest import ArrivalDigests, Digest, Probed, probed, together
from media.core.delay_trend import LineUse
from media.core.rtcp import TransportFeedback
from media.core.send_history import Arrival, SendHistory

_TICKS_PER_S = 4000
_TICKS_PER_REFERENCE = 256


class Line:
    """Packets of 1000 bytes, ten every 50 ms; what is told of each answer. The way takes 0.1 s."""

    def __init__(self, *, is_attentive: bool = False) -> None:
        self.history = SendHistory()
        self.history.use_extension(3)
        self.history.attend(is_attentive=is_attentive)
        self.digests = ArrivalDigests(self.history)
        self.now = 100.0
        self.told: list[Digest | None] = []

    def answer(self, lost: tuple[int, ...] = (), *, way_s: float = 0.1) -> Digest | None:
        """Send ten packets and let them be answered 50 ms later; `lost` counts from the first."""
        first = self.history.count
        for number in range(10):
            self.history.sent(1000, self.now + number * 0.005)
        at = int((self.now + way_s) * _TICKS_PER_S)
        reference, rest = divmod(at, _TICKS_PER_REFERENCE)
        deltas: list[int | None] = []
        for number in range(10):
            deltas.append(None if number in lost else rest)
            rest = 20 if number not in lost else rest + 20
        self.now += 0.05
        message = TransportFeedback(1, 2, first & 0xFFFF, 0, reference, tuple(deltas))
        self.told.append(self.digests.take(message, self.now))
        return self.told[-1]

    def calm_down(self) -> None:
        for _ in range(40):
            self.answer()
        self.told.clear()


def test_feedback_that_says_nothing_new_is_not_told_of() -> None:
    digests = ArrivalDigests(SendHistory())
    assert digests.take(TransportFeedback(1, 2, 0, 0, 0, (0, 0)), 1.0) is None


def test_an_answer_is_counts_and_what_came_last() -> None:
    line = Line(is_attentive=True)
    told, later = line.answer(lost=(3, 4)), line.answer()
    assert told is not None
    assert later is not None
    assert (told.newest, told.numbered, told.feedbacks) == (9, 10, 1)
    assert (told.received, told.lost, told.size_bytes) == (8, 2, 8000)
    assert told.sent_s == pytest.approx(100.045)
    assert later.arrived_s - told.arrived_s == pytest.approx(0.05, abs=0.001)
    assert told.use is LineUse.NORMAL
    assert told.probed is None


def test_a_calm_line_is_told_of_five_times_a_second_and_nothing_is_left_out() -> None:
    line = Line()
    line.calm_down()
    for _ in range(40):
        line.answer()
    told = [one for one in line.told if one is not None]
    assert 8 <= len(told) <= 10
    assert sum(one.received for one in told) == pytest.approx(400, abs=40)
    assert {one.received // 10 for one in told} == {one.feedbacks for one in told}
    assert {one.size_bytes for one in told} == {one.received * 1000 for one in told}


def test_a_moment_after_it_was_not_calm_every_answer_is_told_of() -> None:
    line = Line()
    line.calm_down()
    line.answer(lost=(5,))
    for _ in range(19):
        line.answer()
    assert None not in line.told
    for _ in range(20):
        line.answer()
    assert None in line.told


@pytest.mark.parametrize("way_s", [0.125, 0.3])
def test_a_queue_is_told_of_at_once(way_s: float) -> None:
    line = Line()
    line.calm_down()
    for _ in range(8):
        told = line.answer(way_s=way_s)
    assert told is not None
    assert told.queue_s == pytest.approx(way_s - 0.1, abs=0.001)


@pytest.mark.parametrize("is_watching", [True, False])
def test_who_attends_or_watches_is_told_of_everything(*, is_watching: bool) -> None:
    line = Line()
    line.calm_down()
    if is_watching:
        line.history.watch()
    else:
        line.history.attend(is_attentive=True)
    for _ in range(20):
        line.answer()
    assert None not in line.told


def test_what_is_watched_is_summed_up_from_where_it_began_to_where_it_ended() -> None:
    line = Line()
    line.answer()
    first = line.history.watch()
    told = line.answer(lost=(0,))
    assert told is not None
    assert told.probed is not None
    assert told.probed[:5] == (first, 9, 9000, 1000, 1000)
    assert told.probed.last_sent_s - told.probed.first_sent_s == pytest.approx(0.04)
    assert told.probed.last_arrived_s - told.probed.first_arrived_s == pytest.approx(0.04)
    assert line.history.watch_until_now() == line.history.count
    later = line.answer()
    assert later is not None
    assert later.probed is None


def test_after_a_cut_the_trend_begins_anew_and_it_is_said() -> None:
    line = Line()
    line.calm_down()
    for _ in range(30):
        line.answer(way_s=0.4)
    assert line.told[-1] is not None
    assert line.told[-1].queue_s > 0.2
    line.now += arrival_digest.CUT_S
    told = line.answer(way_s=0.4)
    assert told is not None
    assert told.is_after_cut
    assert told.received == 10
    assert told.queue_s == 0.0


ARRIVAL = st.tuples(
    st.integers(0, 100), st.floats(0, 10), st.floats(0, 10), st.integers(1, 1500)
).map(lambda one: (int(one[0]), float(one[1]), float(one[2]), int(one[3])))


@given(st.lists(ARRIVAL, min_size=2, max_size=30), st.data())
def test_what_was_watched_in_parts_is_what_it_is_as_a_whole(
    arrivals: list[Arrival], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(arrivals) - 1))
    later = probed(arrivals[cut:], 0)
    assert later is not None
    whole: Probed | None = together(probed(arrivals[:cut], 0), later)
    assert whole == probed(arrivals, 0)
    assert together(None, later) == later
