"""What was sent, matched with what the receiver says of it."""

from hypothesis import given
from hypothesis import strategies as st

from media.core.repairs import MAX_UNSAID, Packet
from media.core.rtcp import TransportFeedback
from media.core.send_history import CAPACITY, MASK, NAMED, SendHistory


def sent(count: int, *, first: int = 0) -> SendHistory:
    """A history of packets a millisecond apart, number n of n % 1000 + 1 bytes."""
    history = SendHistory()
    history.use_extension(3)
    history.counter[0] = first
    for number in range(first, first + count):
        history.sent_at_s[number & MASK] = number / 1000
        history.sizes[number & MASK] = number % 1000 + 1
        history.counter[0] = number + 1
    return history


def about(base: int, *deltas: int | None, reference: int = 100) -> TransportFeedback:
    return TransportFeedback(1, 2, base & 0xFFFF, 0, reference, deltas)


def numbers(history: SendHistory, feedback: TransportFeedback) -> list[int]:
    return [arrival[0] for arrival in history.take(feedback).arrivals]


def test_the_element_holds_the_identifier_and_two_bytes_of_data() -> None:
    history = SendHistory()
    assert history.element == 0
    history.use_extension(3)
    assert history.element == 0x31
    history.use_extension(0)
    assert history.element == 0


def test_arrivals_carry_when_they_left_and_came() -> None:
    told = sent(10).take(about(2, 4, None, 8))
    assert told.arrivals == [(2, 0.002, 0.001, 3), (4, 0.004, 0.003, 5)]
    assert (told.lost, told.newest) == (1, 4)


def test_what_comes_after_all_is_no_longer_lost() -> None:
    history = sent(10)
    assert history.take(about(0, 0, None, 0)).lost == 1
    told = history.take(about(1, 0))
    assert ([arrival[0] for arrival in told.arrivals], told.lost) == ([1], -1)


def test_what_is_told_twice_counts_once() -> None:
    history = sent(10)
    assert numbers(history, about(0, 0, None, 0)) == [0, 2]
    told = history.take(about(0, 0, None, 0))
    assert (told.arrivals, told.lost, told.newest, told.passed_over) == ([], 0, 2, [])


def test_packets_nothing_was_said_of_are_not_lost() -> None:
    """Their feedback was: a receiver reports on every number."""
    history = sent(200)
    assert list(history.take(about(3, 0)).unsaid) == []  # nothing had been said of anything
    told = history.take(about(8, 0, None, 0))
    assert (told.lost, told.passed_over, list(told.unsaid)) == (1, [9], [4, 5, 6, 7])
    assert list(history.take(about(11 + MAX_UNSAID + 1, 0)).unsaid) == []  # much is a cut


def test_which_packet_a_number_was_is_remembered_for_a_while() -> None:
    history = SendHistory()
    for number in range(NAMED + 5):
        history.sent(100, 1.0, ssrc=0xFFFF_FFFF, seq=number & 0xFFFF)
    assert history.packets([4, 5, NAMED + 4]) == [
        Packet(0xFFFF_FFFF, 5),
        Packet(0xFFFF_FFFF, NAMED + 4),
    ]


def test_what_was_never_sent_cannot_arrive() -> None:
    assert sent(3).take(about(2, 0, 0, 0)).arrivals[0][0] == 2
    assert sent(3).take(about(2, 0, 0, 0))[1:3] == (0, 2)
    assert sent(3).take(about(30_000, 0, 0)).arrivals == []
    assert SendHistory().take(about(0, 0)).arrivals == []


def test_what_is_forgotten_is_ignored() -> None:
    history = sent(CAPACITY + 100)
    assert numbers(history, about(98, 0, 0, 0, 0)) == [100, 101]


def test_numbers_wrap() -> None:
    history = sent(20, first=0xFFFF - 5)
    assert numbers(history, about(0xFFFF, 0, 0, 0)) == [0xFFFF, 0x10000, 0x10001]


def test_the_receivers_clock_wraps() -> None:
    history = sent(10)
    before = history.take(about(0, 0, reference=0x7F_FFFF)).arrivals[0][2]
    after = history.take(about(1, 0, reference=-0x80_0000)).arrivals[0][2]
    assert round(after - before, 6) == 0.064


@given(
    st.lists(
        st.builds(
            lambda base, deltas, reference: about(base, *deltas, reference=reference),
            st.integers(0, 0xFFFF),
            st.lists(st.none() | st.integers(-0x8000, 0x7FFF), min_size=1, max_size=60),
            st.integers(-0x80_0000, 0x7F_FFFF),
        ),
        max_size=8,
    ),
    st.integers(0, 70_000),
)
def test_whatever_a_receiver_says_each_packet_arrives_at_most_once(
    feedbacks: list[TransportFeedback], first: int
) -> None:
    history = sent(300, first=first)
    seen: list[int] = []
    lost = 0
    for feedback in feedbacks:
        told = history.take(feedback)
        seen += [arrival[0] for arrival in told.arrivals]
        lost += told.lost
        assert told.newest < history.count
    assert len(seen) == len(set(seen))
    assert all(max(0, history.count - CAPACITY) <= number < history.count for number in seen)
    assert 0 <= lost + len(seen) <= 300 + CAPACITY
