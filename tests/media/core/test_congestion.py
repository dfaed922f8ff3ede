"""Congestion control on lines as teaching points have them, by simulation.

Every line is one of docs/adr/0007-congestion-control.md; the bounds are the targets of the media
plane, the figures there are what came out.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.arrival_digest import ArrivalDigests, Digest
from media.core.congestion import MIN_BPS, CongestionControl
from media.core.delay_trend import LineUse
from media.core.rtcp import TransportFeedback
from media.core.send_history import SendHistory
from tests.media.core.bottleneck import Bulk, Line, Site

#: Sound, and with it a small, a middle and a large picture; slides beside it. In kbit/s.
STEPS = (190.0, 540.0, 1740.0, 2500.0)
SMALL_PICTURE = STEPS[0]
SEEDS = (1, 2, 3)


def layered(
    line: Line, *, seed: int = 1, start_kbps: float = 1000, feedback_loss: float = 0.0
) -> Site:
    return Site(
        line,
        wish_kbps=STEPS[-1],
        steps_kbps=STEPS,
        start_kbps=start_kbps,
        feedback_loss=feedback_loss,
        seed=seed,
    )


# -- going up ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_with_room_is_found_by_probing_within_two_seconds(seed: int) -> None:
    site = layered(Line(4000), seed=seed)
    site.run(10)
    assert site.first_time(0, lambda kbps: kbps >= STEPS[-1]) <= 2
    assert site.world.dropped == 0


def test_nothing_is_probed_that_nobody_would_use() -> None:
    site = Site(Line(4000), wish_kbps=500)
    site.run(20)
    assert site.control.probes_sent == 0
    assert site.control.estimate_bps <= 1_000_000


def test_an_idle_site_keeps_its_estimate() -> None:
    site = Site(Line(4000), wish_kbps=40)
    site.run(60)
    assert site.control.estimate_bps == 1_000_000


def test_until_something_is_known_the_estimate_is_what_it_starts_with() -> None:
    site = layered(Line(4000, delay_s=0.3), start_kbps=250)
    site.run(2)
    assert set(site.estimates(0, 0.6)) == {250.0}


# -- a line that narrows ----------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("loss", "jitter_s"), [(0, 0), (0.02, 0), (0.1, 0), (0, 0.015)])
@pytest.mark.parametrize("queue_bytes", [37_500, 75_000])
def test_four_one_four_megabits(queue_bytes: int, loss: float, jitter_s: float, seed: int) -> None:
    """Under the line's rate within 2 s, the sound never gone, back to 80 % within 15 s."""
    line = Line(4000, queue_bytes=queue_bytes, loss=loss, jitter_s=jitter_s)
    site = layered(line, seed=seed)
    site.world.at(20, lambda: site.world.set_rate(1000))
    site.world.at(40, lambda: site.world.set_rate(4000))
    site.run(60)
    assert site.first_time(20, lambda kbps: kbps < 1000) <= 2
    assert 600 < site.mean(25, 40) < 1000
    assert site.first_time(40, lambda kbps: kbps >= 0.8 * STEPS[-1]) <= 15
    if not loss:
        assert [gap for gap in site.silences if gap[1] > 1] == []


def test_a_satellite_line_narrows_too() -> None:
    site = layered(Line(4000, delay_s=0.3, queue_bytes=75_000))
    site.world.at(20, lambda: site.world.set_rate(1000))
    site.world.at(40, lambda: site.world.set_rate(4000))
    site.run(60)
    assert site.first_time(20, lambda kbps: kbps < 1000) <= 2.5
    assert site.first_time(40, lambda kbps: kbps >= 0.8 * STEPS[-1]) <= 15


def test_a_sender_that_fills_the_line_keeps_the_queue_short() -> None:
    """Not a layer, but as much as is allowed: the estimate hangs on the line's rate."""
    site = Site(Line(2000), wish_kbps=10_000)
    site.run(10)
    queues = []
    for tenth in range(200):
        site.run(10 + tenth / 10)
        queues.append(site.world.queue_s)
    assert 1500 < site.mean(10, 30) < 2100
    assert sum(queues) / len(queues) < 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_site_of_200_kbits_is_found_out_and_left_in_peace(seed: int) -> None:
    site = layered(Line(200), seed=seed)
    site.run(60)
    assert site.first_time(0, lambda kbps: kbps < 200) <= 2
    assert 120 < site.mean(5, 60) < 200
    dropped_at_first = site.world.dropped
    site.run(120)
    assert site.world.dropped == dropped_at_first


@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_that_drops_instead_of_queueing_is_used(seed: int) -> None:
    site = layered(Line(1000, queue_s=0.05), seed=seed)
    site.run(40)
    assert 540 < site.mean(10, 40) < 1050


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kbps", [200, 400, 1000])
def test_a_policed_line_is_found_by_what_is_lost_above_its_rate(kbps: int, seed: int) -> None:
    """It drops at once, so no delay tells; bursts of 80 ms pass its bucket and find too much."""
    site = layered(Line(4000), seed=seed)
    site.world.at(12, lambda: site.world.set_policer(kbps, bucket_bytes=8000))
    site.run(15)
    sent_before = site.sent_bytes
    site.run(60)
    assert (site.sent_bytes - sent_before) / 125 / 45 < 1.1 * kbps
    assert site.control.loss < 0.1
    used = [step for step in STEPS if step < 0.85 * kbps]
    assert site.mean(15, 60) > 0.8 * max(used, default=80)


# -- losses that are not ours -----------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("delay_s", [0.04, 0.3])
@pytest.mark.parametrize("loss", [0.05, 0.1, 0.2])
def test_random_loss_does_not_end_the_picture(loss: float, delay_s: float, seed: int) -> None:
    site = layered(Line(4000, loss=loss, delay_s=delay_s), seed=seed)
    site.run(40)
    assert min(site.estimates(0, 40)) >= SMALL_PICTURE
    assert site.mean(10, 40) > STEPS[1]
    assert abs(site.control.loss - loss) < 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_a_narrow_line_is_found_behind_random_loss(seed: int) -> None:
    site = layered(Line(1000, loss=0.1), seed=seed)
    site.run(40)
    assert 400 < site.mean(5, 40) < 1100


@pytest.mark.parametrize("seed", SEEDS)
def test_bursts_of_loss_leave_the_small_picture(seed: int) -> None:
    site = layered(Line(4000, burst_loss_s=0.05), seed=seed)
    site.run(60)
    assert min(site.estimates(0, 60)) >= SMALL_PICTURE


# -- somebody else's traffic ------------------------------------------------------------


@pytest.mark.parametrize("kbps", [2000, 4000, 8000])
def test_a_download_beside_the_lesson_does_not_starve_it(kbps: int) -> None:
    site = layered(Line(kbps))
    bulk = Bulk(site.world)
    site.world.at(15, bulk.start)
    site.run(75)
    starved = [est for est in site.estimates(17, 75) if est < SMALL_PICTURE]
    assert len(starved) <= 0.05 * len(site.estimates(17, 75)), "while it starts, at most"
    assert min(site.estimates(20, 75)) >= SMALL_PICTURE
    assert bulk.delivered_bytes * 8 / 60e3 > 0.4 * kbps, "and is not starved by it"
    assert [gap for gap in site.silences if gap[1] > 1] == []


# -- feedback as it is ------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_every_second_feedback_may_be_lost(seed: int) -> None:
    site = layered(Line(4000), seed=seed, feedback_loss=0.5)
    site.run(40)
    assert min(site.estimates(0, 40)) >= 0.9 * 1000
    assert site.mean(20, 40) > STEPS[2]


@pytest.mark.parametrize("jump_s", [1e5, -500.0, 2.0])
def test_a_receivers_clock_may_be_set(jump_s: float) -> None:
    site = Site(Line(4000), wish_kbps=STEPS[-1], steps_kbps=STEPS, receiver_jump=(20.0, jump_s))
    site.run(40)
    assert min(site.estimates(19, 40)) >= STEPS[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_jitter_alone_is_not_congestion(seed: int) -> None:
    site = layered(Line(4000, jitter_s=0.02), seed=seed)
    site.run(40)
    assert min(site.estimates(1, 40)) >= STEPS[1]


def test_what_is_sent_into_the_dark_shrinks_and_comes_back() -> None:
    site = layered(Line(4000))
    site.world.at(10, lambda: setattr(site.world.line, "loss", 1.0))
    site.world.at(40, lambda: setattr(site.world.line, "loss", 0.0))
    site.run(60)
    assert site.estimates(11.5, 12)[0] >= STEPS[-1], "a moment of silence is none"
    assert SMALL_PICTURE <= site.estimates(39, 40)[0] <= 300
    assert site.first_time(40, lambda kbps: kbps >= 0.8 * STEPS[-1]) <= 15


@pytest.mark.parametrize("cut_s", [1.5, 5.0, 30.0])
def test_what_a_cut_took_is_no_loss_of_the_line(cut_s: float) -> None:
    """A picture is sent at once when the line is back: nothing speaks for a narrow line."""
    site = layered(Line(4000))
    losses: list[float] = []
    site.world.at(10, lambda: setattr(site.world.line, "loss", 1.0))
    site.world.at(10 + cut_s, lambda: setattr(site.world.line, "loss", 0.0))
    for after_s in (0.3, 0.6, 1.0, 2.0):
        site.world.at(10 + cut_s + after_s, lambda: losses.append(site.control.loss))
    site.run(15 + cut_s)
    assert max(losses) < 0.02
    assert min(site.estimates(10 + cut_s + 0.2, 15 + cut_s)) >= SMALL_PICTURE


def test_loss_that_lets_some_through_is_a_loss_of_the_line() -> None:
    site = layered(Line(4000))
    site.world.at(10, lambda: setattr(site.world.line, "loss", 0.6))
    site.run(14)
    assert site.control.loss > 0.3


# -- what simulations do not reach -------------------------------------------------------


def test_feedback_of_losses_alone_counts() -> None:
    history = SendHistory()
    control, digests = CongestionControl(history, start_bps=1e6), ArrivalDigests(history)
    for number in range(100):
        history.sent(1200, number / 100)
    for base, now in ((0, 1.0), (40, 2.0)):
        digest = digests.take(TransportFeedback(1, 2, base, 0, 0, (None,) * 40), now)
        assert digest is not None
        control.take(digest, now)
    assert control.has_feedback
    assert control.loss > 0.1


@given(
    st.lists(
        st.tuples(
            st.integers(0, 400),
            st.lists(st.none() | st.integers(-0x8000, 0x7FFF), min_size=1, max_size=80),
            st.integers(-0x80_0000, 0x7F_FFFF),
            st.floats(0, 5),
        ),
        max_size=30,
    ),
    st.floats(0, 1e7),
)
def test_whatever_a_receiver_claims_the_estimate_stays_a_rate(
    said: list[tuple[int, list[int | None], int, float]], wanted_bps: float
) -> None:
    """A liar can have its own line overfed, up to what the plan would send it; no more."""
    control = CongestionControl(SendHistory(), start_bps=1e6)
    digests = ArrivalDigests(control.history)
    now = 0.0
    for base, deltas, reference, elapsed_s in said:
        for _ in range(40):
            control.history.sent(1200, now)
        now += elapsed_s
        digest = digests.take(TransportFeedback(1, 2, base, 0, reference, tuple(deltas)), now)
        if digest is not None:
            control.take(digest, now)
        control.want(wanted_bps, now)
        for _ in range(min(100, control.probe_packets(now, 300))):
            control.history.sent(300, now)
        control.handle_time(now)
        assert MIN_BPS <= control.estimate_bps < 1e9
        assert 0.0 <= control.loss <= 1.0
        assert control.queue_s >= 0.0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cut_s", [2, 5, 30])
def test_a_cut_says_nothing_of_what_the_line_carries(cut_s: int, seed: int) -> None:
    """The pictures are back with the line, and what was sent into the cut is no loss."""
    site = layered(Line(4000, delay_s=0.04), seed=seed)
    site.world.at(20, lambda: setattr(site.world.line, "loss", 1.0))
    site.world.at(20 + cut_s, lambda: setattr(site.world.line, "loss", 0.0))
    site.run(35 + cut_s)
    assert site.first_time(20 + cut_s, lambda kbps: kbps >= 0.8 * STEPS[-1]) <= 1
    assert min(site.estimates(21 + cut_s, 35 + cut_s)) >= STEPS[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_that_comes_back_narrower_is_found_out_as_ever(seed: int) -> None:
    site = layered(Line(4000, delay_s=0.04), seed=seed)
    site.world.at(20, lambda: setattr(site.world.line, "loss", 1.0))
    site.world.at(25, lambda: site.world.set_rate(600))
    site.world.at(25, lambda: setattr(site.world.line, "loss", 0.0))
    site.run(45)
    assert site.first_time(25.5, lambda kbps: kbps <= 600) <= 2
    assert max(site.estimates(30, 45)) <= 1.2 * 600


@pytest.mark.parametrize(
    ("queue_s", "loss", "is_lowered"), [(0.04, 0.0, False), (0.2, 0.0, True), (0.04, 0.5, True)]
)
def test_a_trend_above_a_short_queue_takes_no_small_picture(
    queue_s: float, loss: float, is_lowered: bool
) -> None:
    """Whatever the trend says, a queue that stays short and loses nothing harms nobody."""
    history = SendHistory()
    history.element = 5
    control = CongestionControl(history, start_bps=300_000)
    now, per_digest, lost = 0.0, 5, 0
    lowest_bps = control.estimate_bps
    for _ in range(60):
        now += 0.1
        for _ in range(per_digest):
            history.sent(350, now)
        missed = round((control.history.count * loss) - lost)
        lost += missed
        control.take(
            Digest(
                newest=history.count - 1,
                numbered=history.count,
                feedbacks=1,
                received=per_digest - missed,
                lost=missed,
                size_bytes=350 * (per_digest - missed),
                sent_s=now - 0.05,
                arrived_s=now,
                queue_s=queue_s,
                use=LineUse.OVERUSED if control.history.count % 2 else LineUse.NORMAL,
                is_after_cut=False,
                probed=None,
            ),
            now,
        )
        control.want(2e6, now)
        lowest_bps = min(lowest_bps, control.estimate_bps)
    assert (lowest_bps < 300_000) is is_lowered
