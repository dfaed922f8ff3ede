"""What bursts of padding find out, packet by packet: `test_congestion` has them on whole lines."""

from media.core import arrival_digest
from media.core.probing import Prober
from media.core.send_history import SendHistory


def probed(*, lost_from: int, told: bool = True) -> float | None:
    """Send a burst of 100 packets, of which those from `lost_from` on do not arrive."""
    history = SendHistory()
    prober = Prober(history)
    assert prober.packets_due(0.0, 300) == 0
    prober.begin(2_400_000, 0.0)
    now = 0.0
    while prober.is_sending:
        for _ in range(prober.packets_due(now, 300)):
            history.sent(300, now)
        now += 0.005
    arrivals = arrival_digest.probed(
        [(n, history.sent_at_s[n], history.sent_at_s[n] + 9.0, 300) for n in range(lost_from)],
        watched_from=0,
    )
    if not told:
        assert prober.result_bps(arrivals, lost_from - 1, now + 0.1) is None
        assert prober.result_bps(None, lost_from - 1, now + 3.0) is None
        assert not prober.is_under_way, "the rest will not be heard of"
        assert not prober.may_begin(now + 3.0)
        return None
    return prober.result_bps(arrivals, history.count - 1, now + 0.1)


def test_a_burst_that_keeps_up_finds_its_own_rate() -> None:
    found = probed(lost_from=80)
    assert found is not None
    assert 2_000_000 < found < 2_600_000


def test_a_burst_of_which_little_arrives_finds_nothing() -> None:
    assert probed(lost_from=20) is None


def test_a_burst_of_which_the_end_is_never_told_is_given_up() -> None:
    assert probed(lost_from=20, told=False) is None


def test_a_burst_that_left_at_once_finds_nothing() -> None:
    """A loop that stood still sent it all in one moment: that says nothing of the line."""
    history = SendHistory()
    prober = Prober(history)
    prober.begin(2_400_000, 0.0)
    for _ in range(prober.packets_due(0.079, 300)):
        history.sent(300, 0.079)
    assert prober.packets_due(0.081, 300) == 0
    arrivals = arrival_digest.probed(
        [(n, 0.079, 9.0 + n / 10_000, 300) for n in range(history.count)], watched_from=0
    )
    assert prober.result_bps(arrivals, history.count - 1, 0.2) is None


def test_a_burst_that_nothing_can_carry_any_more_ends_all_the_same() -> None:
    history = SendHistory()
    prober = Prober(history)
    prober.begin(2_400_000, 0.0)
    for number in range(10):
        history.sent(300, number / 100)
    told = [(n, n / 100, n / 100 + 9.0, 300) for n in range(10)]
    first, second = (arrival_digest.probed(some, 0) for some in (told[:5], told[5:]))
    assert prober.result_bps(first, 4, 0.05) is None
    assert prober.is_sending
    prober.result_bps(second, 9, 1.0)
    assert not prober.is_under_way
