"""One line: what is planned with, how long what was lowered rests, what may be sent again."""

import pytest

from media.core.allocation import Priority, Wish
from media.core.arrival_digest import Digest
from media.core.delay_trend import LineUse
from media.core.ids import PeerId, Source, TrackKey
from media.core.rates import RateMeter
from media.core.steering import Steering

SOUND = Wish(TrackKey(PeerId("hub"), Source.MICROPHONE), Priority.HUB_AUDIO, (60.0,))
CAMERA = Wish(TrackKey(PeerId("hub"), Source.CAMERA), Priority.HUB_VIDEO, (150.0, 500.0, 1700.0))


class Line:
    """A steering whose estimate is set by hand (as REMB does it)."""

    def __init__(self, kbps: int | None = None) -> None:
        self.steering = Steering(start_bps=1_000_000)
        self.now = 10.0
        if kbps is not None:
            self.set(kbps)

    def set(self, kbps: int) -> None:
        self.steering.remb(kbps * 1000, self.now)

    def layer(self, after_s: float = 0.0) -> int | None:
        self.now += after_s
        _, camera = self.steering.steer((SOUND, CAMERA), self.now, can_probe=True)
        return camera.layer


def test_nothing_known_limits_nothing() -> None:
    line = Line()
    assert line.layer() == 2
    assert not line.steering.has_limits
    assert line.steering.may_resend(10**9, line.now)


def test_what_is_declared_is_never_exceeded() -> None:
    line = Line(5000)
    line.steering.declare(800)
    assert line.layer() == 1
    line.steering.declare(None)
    assert line.layer(10) == 2


def test_a_guess_starts_at_what_is_declared_and_knowledge_is_only_bounded() -> None:
    steering = Steering(start_bps=1_000_000)
    steering.declare(3000)
    assert steering.control.estimate_bps == 3_000_000
    steering.control.has_feedback = True
    steering.control.estimate_bps = 500_000
    steering.declare(2000)
    assert steering.control.estimate_bps == 500_000
    steering.declare(200)
    assert steering.control.estimate_bps == 200_000


def test_a_line_that_narrows_is_acted_on_at_once() -> None:
    line = Line(3000)
    assert line.layer() == 2
    assert not line.steering.has_narrowed(line.now)
    line.set(600)
    assert line.steering.has_narrowed(line.now)
    assert line.layer() == 1


def test_what_was_lowered_rests_and_each_time_in_vain_longer() -> None:
    line = Line(3000)
    line.layer()
    rests = []
    for _ in range(5):
        line.set(600)
        assert line.layer(1) == 1
        line.set(3000)
        waited = 0.0
        while line.layer(0.5) != 2:
            waited += 0.5
        rests.append(waited)
    assert rests == sorted(rests)
    assert 3 <= rests[0] <= 5
    assert 25 <= rests[-1] <= 33


def test_a_fall_of_two_steps_is_one_fall() -> None:
    """The second step is no flapping: the picture may rise as soon as after one."""
    line = Line(3000)
    line.layer()
    line.set(600)
    assert line.layer(1) == 1
    line.set(300)
    assert line.layer(1) == 0
    line.set(3000)
    assert line.layer(3.5) == 0, "it rests from the second step on"
    assert line.layer(1.0) == 2


def test_a_picture_that_was_given_up_is_back_small_as_soon_as_there_is_ample_room() -> None:
    line = Line(3000)
    line.layer()
    for _ in range(3):
        line.set(150)
        assert line.layer(1) is None
        line.set(300)
        assert line.layer(1) is None, "it would come and go"
        line.set(450)
        assert line.layer(0.5) == 0
    line.set(3000)
    assert line.layer(3.5) == 0, "the larger ones rest"


def test_after_a_long_peace_the_rest_is_short_again() -> None:
    line = Line(3000)
    line.layer()
    for peace_s in (1, 60):
        line.set(600)
        line.layer(peace_s)
        line.set(3000)
        while line.layer(0.5) != 2:
            pass
    line.set(600)
    line.layer(60)
    line.set(3000)
    assert line.layer(4.5) == 2


def test_plans_are_told_the_most_important_first() -> None:
    line = Line(700)
    line.steering.steer((CAMERA, SOUND), line.now, can_probe=True)
    assert [(one.track, one.layer, one.top_layer) for one in line.steering.planned] == [
        (SOUND.track, 0, 0),
        (CAMERA.track, 1, 2),
    ]


def test_an_estimate_no_longer_repeated_is_forgotten_by_who_goes_on_reporting() -> None:
    line = Line(600)
    for _ in range(24):
        line.now += 1
        line.steering.heard(line.now)
    assert line.steering.estimate_bps(line.now) == 600_000
    line.now += 1.5
    line.steering.heard(line.now)
    assert line.steering.estimate_bps(line.now) is None
    line.set(600)
    assert line.steering.estimate_bps(line.now) == 600_000, "and holds again once it is said again"


def test_who_says_nothing_at_all_keeps_its_estimate() -> None:
    """A line that carries not even reports is not taken for one that carries everything."""
    line = Line(600)
    assert line.steering.estimate_bps(line.now + 120) == 600_000


def test_feedback_without_numbers_means_nothing() -> None:
    line = Line()
    told = Digest(0, 1, 1, 1, 0, 100, 0.0, 0.0, 0.0, LineUse.NORMAL, False, None)
    line.steering.take(told, line.now)
    assert not line.steering.control.has_feedback


def test_retransmissions_have_half_the_line_and_no_more() -> None:
    line = Line(1000)
    line.layer()
    at_once = sum(line.steering.may_resend(1000, line.now) for _ in range(1000))
    assert at_once == 18
    later = sum(line.steering.may_resend(1000, line.now + 1.0) for _ in range(1000))
    assert later == 18, "no more is saved up"
    steady = sum(line.steering.may_resend(500, line.now + 1.0 + n / 200) for n in range(2000))
    assert steady == pytest.approx(10 * 62_500 / 500, rel=0.02)


# -- what a stream takes -----------------------------------------------------------------


def fed(meter: RateMeter, kbps: float, seconds: float, *, start_s: float, total: int = 0) -> int:
    """Let a stream of 1 000-byte packets run; return the bytes so far."""
    for step in range(round(seconds / 0.5) + 1):
        now = start_s + step * 0.5
        sent = total + int(kbps * 125 * step * 0.5)
        meter.sample(sent, sent // 1000, now)
    return sent


def test_a_rate_is_known_after_a_moment_and_counts_headers() -> None:
    meter = RateMeter()
    meter.sample(0, 0, 0.0)
    fed(meter, 800, 1.0, start_s=1.0)
    assert meter.kbps is None
    meter = RateMeter()
    fed(meter, 800, 10.0, start_s=1.0, total=1000)
    assert meter.kbps == pytest.approx(800 * 1.044, rel=0.02)


def test_a_stream_that_rests_keeps_its_rate() -> None:
    meter = RateMeter()
    total = fed(meter, 800, 10.0, start_s=1.0, total=1000)
    before = meter.kbps
    for now in (12, 13, 20):
        meter.sample(total, total // 1000, now)
    assert meter.kbps == before
    fed(meter, 400, 20.0, start_s=30.0, total=total)
    assert meter.kbps == pytest.approx(400 * 1.044, rel=0.05)
