"""Over a long round trip what is lost is sent again before it is asked for, and more often."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from media.core import rtcp
from media.core.ids import PeerId
from media.core.repairs import COPIES, LONG_ROUND_TRIP_S, Packet, Repairs, Why
from media.core.subscriber import Subscriber
from tests.media.core.lesson import (
    DELTA,
    KEY,
    NTP_SECOND,
    TWCC_ID,
    VIDEO_SSRC,
    Lesson,
    lesson_with_site,
)

FAR_S = 0.6


class FarLesson:
    """A site behind a satellite, whose packets are numbered as a data plane does."""

    def __init__(self, round_trip_s: float = FAR_S) -> None:
        self.lesson, self.site = lesson_with_site()
        self.site.steering.history.use_extension(TWCC_ID)
        self.site.steering.repairs.measured(round_trip_s, self.lesson.now)
        self.site.steering.repairs.settle()
        self._numbered = 0
        self._answered = 0
        self.lesson.send("teacher", 1, KEY)
        self.number()

    def number(self) -> None:
        sent = self.lesson.media("site down")
        for header in sent[self._numbered :]:
            self.site.steering.history.sent(100, self.lesson.now, ssrc=header[4], seq=header[2])
        self._numbered = len(sent)

    def send(self, *numbers: int) -> None:
        for number in numbers:
            self.lesson.send("teacher", number, DELTA)
        self.number()

    def answer(self, *lost: int, skip: int = 0) -> int:
        """Let the site answer what it was sent since, after `skip`; return what that led to.

        `lost` counts back from the newest packet, which is 0.
        """
        history, before = self.site.steering.history, self.repairs
        base, newest = self._answered + skip, history.count - 1
        self._answered = history.count
        deltas = tuple(None if newest - one in lost else 1 for one in range(base, newest + 1))
        self.lesson.say(self.site, rtcp.TransportFeedback(1, 2, base & 0xFFFF, 0, 1, deltas))
        led_to = self.repairs - before
        self.number()
        return led_to

    @property
    def repairs(self) -> int:
        return len(self.lesson.media("site down", self.site.sections[0].rtx_ssrc))

    def nack(self, back: int = 0) -> int:
        """Let the site ask for what lies so far back; return how many repairs that led to."""
        down, before = self.site.sections[0], self.repairs
        media = self.lesson.media("site down", down.ssrc)
        self.lesson.nack(self.site, down.ssrc, media[-1 - back][2])
        led_to = self.repairs - before
        self.number()
        return led_to


def far_lesson() -> FarLesson:
    """A far lesson of which four packets have been told as arrived."""
    far = FarLesson()
    far.send(2, 3, 4)
    assert far.answer() == 0
    return far


def test_what_feedback_passes_over_is_sent_at_once_and_again_with_the_next_two() -> None:
    far = far_lesson()
    far.send(5, 6, 7)
    assert far.answer(1) == 1
    for copies in (*[1] * COPIES, 0, 0):
        far.send(8)
        assert far.answer() == copies
    assert far.lesson.count("rtx_unasked") == far.lesson.count("rtx_out") == 1 + COPIES
    assert far.lesson.count("nack_answered") == 0


def test_the_request_that_comes_after_is_not_answered_the_next_one_is() -> None:
    far = far_lesson()
    far.send(5)
    far.send(6)
    far.answer(1)
    far.lesson.now += 0.05
    assert far.nack(back=1) == 0
    far.lesson.now += FAR_S
    assert far.nack(back=1) == 1
    assert far.lesson.count("nack_missed") == 0


def test_what_was_asked_for_is_repaired_once_and_repeated_too() -> None:
    far = far_lesson()
    far.send(5)
    far.send(6)
    assert far.nack(back=1) == 1
    assert far.answer(2) == 1  # the first copy; what is passed over is on its way
    far.send(7)
    assert far.answer() == 1
    assert far.answer() == 0


def test_what_a_lost_feedback_spoke_of_is_sent_once() -> None:
    far = far_lesson()
    far.send(5, 6, 7)
    far.send(8)
    assert far.answer(skip=3) == 3
    far.send(9)
    assert far.answer() == 0
    assert far.nack(back=2) == 0


def test_a_cut_is_not_repaired() -> None:
    far = far_lesson()
    far.send(5, 6, 7)
    far.lesson.now += 2.0
    far.send(8)
    assert far.answer(2, 3) == 0
    far.send(*range(9, 100))
    far.send(100)
    assert far.answer(skip=91) == 0  # nor what much was left unsaid of


def test_a_short_line_is_left_to_requests() -> None:
    far = FarLesson(LONG_ROUND_TRIP_S - 0.01)
    far.send(2, 3, 4)
    far.answer()
    far.send(5, 6)
    assert far.answer(1) == 0
    assert [far.nack(back=1), far.nack(back=1)] == [1, 1]
    far.send(7)
    assert far.answer() == 0


def test_sound_and_repairs_themselves_are_not_repaired() -> None:
    far = far_lesson()
    far.lesson.send_audio("teacher", 1)
    far.number()
    far.send(5)
    assert far.answer(1) == 0
    far.send(6, 7)
    assert far.answer(1) == 1
    far.send(8)
    assert far.answer(1) == 1  # the newest but one is the repair: its copy goes, nothing more
    assert far.lesson.count("rtx_unasked") == 2


def test_copies_leave_half_of_the_budget_to_what_is_missing() -> None:
    far = far_lesson()
    far.send(*range(5, 105))
    steering = far.site.steering
    steering.budget_kbps = 0.01  # the least burst there is, of 4 500 bytes
    steering._limit_resends()
    steering._resends._left = 4500.0
    size = 14 + len(DELTA) + 44
    first = far.answer(*range(1, 100))
    assert first == 4500 // size
    steering._resends.set_rate(per_s=0.0, burst=4500.0)
    steering._resends._left = 3000.0
    far.send(105)
    assert far.answer() == 750 // size


def test_the_shortest_of_the_last_round_trips_is_the_lines() -> None:
    """A queue is no distance, however long it stands; a line that moved is known in 20 s."""
    repairs = Repairs()
    for second in range(30):
        repairs.measured(0.05 if second == 0 else 0.8, float(second))
        repairs.settle()
        assert (repairs.under_way_s > 0) is (second >= 20)
    repairs.measured(0.05, 31.0)
    repairs.settle()
    assert repairs.under_way_s == 0


PACKETS = st.builds(Packet, st.integers(1, 2), st.integers(0, 200))
HAPPENING = st.one_of(
    st.tuples(st.just("resend"), PACKETS, st.sampled_from([Why.ASKED, Why.LOST, Why.UNSAID])),
    st.tuples(st.just("feedback"), st.none(), st.none()),
    st.tuples(st.just("wait"), st.floats(0, 0.3), st.none()),
)


@given(st.lists(HAPPENING, max_size=300))
def test_nothing_is_sent_more_often_than_a_round_trip_and_its_copies_allow(
    happenings: Iterable[tuple[str, object, Why | None]],
) -> None:
    repairs, now = Repairs(), 0.0
    repairs.use(0.45)
    times: dict[Packet, list[float]] = {}
    copies: dict[Packet, int] = {}
    for what, value, why in happenings:
        if isinstance(value, Packet) and why is not None:
            if not repairs.is_under_way(value, now):
                repairs.sent(value, why, now)
                times.setdefault(value, []).append(now)
        elif isinstance(value, float):
            now += value
        else:
            assert what == "feedback"
            for packet in repairs.take_owed(now):
                copies[packet] = copies.get(packet, 0) + 1
                assert now - times[packet][-1] < 0.45
    assert len(repairs._sent) == len(repairs._owed) <= 128
    for packet, count in copies.items():
        assert count <= COPIES * len(times[packet])


def test_a_far_site_is_told_by_its_reports() -> None:
    lesson, site = lesson_with_site()
    lesson.send("teacher", 1, KEY)
    lesson.router.receive_publisher_rtcp(
        lesson.publishers["teacher"],
        [rtcp.SenderReport(VIDEO_SSRC, 5 * NTP_SECOND, 3000, 1, 1)],
        lesson.now,
    )
    lesson.pass_time(1.1)
    report = next(
        said
        for said in lesson.told("site down")
        if isinstance(said, rtcp.SenderReport) and said.ssrc == site.sections[0].ssrc
    )
    lesson.pass_time(FAR_S)
    block = rtcp.ReportBlock(report.ssrc, 0, 0, 1, 0, (report.ntp_time >> 16) & 0xFFFFFFFF, 0)
    lesson.say(site, rtcp.ReceiverReport(1, (block,)))
    lesson.pass_time(1.0)
    assert site.steering.repairs.under_way_s > 0.4
    assert _is_near(Lesson().router.add_subscriber(PeerId("b"), "b", 0.0))


def _is_near(site: Subscriber) -> bool:
    site.steering.steer((), 1.0, can_probe=False)
    return not site.steering.repairs.under_way_s
