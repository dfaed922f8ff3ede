"""Whose a loss is, and how long a limit that it told of is believed."""

from math import inf

import pytest

from media.core.loss_judge import LossJudge, LossVerdict
from media.core.loss_limit import LossLimit


def judged(judge: LossJudge, now: float, *, sent: int, lost: int) -> LossVerdict:
    """Let packets of 1 000 bytes be sent in the half second before `now`, and some of them lost."""
    judge.count(sent - lost, lost, 1000 * (sent - lost))
    return judge.judge(now, queue_s=0.0, response_s=0.1)


def test_too_few_packets_say_nothing() -> None:
    judge = LossJudge()
    judge.judge(0.0, queue_s=0.0, response_s=0.1)
    for at in range(1, 20):
        assert judged(judge, at / 100, sent=2, lost=2) is LossVerdict.GROW


@pytest.mark.parametrize("patience_s", [0.0, 2.0])
def test_a_loss_lowers_once_it_has_lasted(patience_s: float) -> None:
    judge = LossJudge()
    judge.judge(0.0, queue_s=0.0, response_s=0.1)
    for half in range(1, 20):
        judge.count(40, 10, 40_000)
        said = judge.judge(half / 2, queue_s=0.0, response_s=0.1, patience_s=patience_s)
        if said is LossVerdict.LOWER:
            break
    assert judge.is_testing
    assert max(0.5, patience_s) <= half / 2 <= max(2.0, patience_s + 0.5)


def lowering() -> tuple[LossJudge, float]:
    """Return a judge that has just begun a test, and when."""
    judge = LossJudge()
    judge.judge(0.0, queue_s=0.0, response_s=0.1)
    now = 0.0
    while not judge.is_testing:
        now += 0.5
        judged(judge, now, sent=100, lost=20)
    return judge, now


def after_lowering(sent: int, lost: int) -> tuple[LossJudge, LossVerdict, float]:
    """Return what is said, and when, once less, or as much as before, is sent."""
    judge, now = lowering()
    said = LossVerdict.HOLD
    while said not in (LossVerdict.RESTORE, LossVerdict.FULL):
        now += 0.5
        assert now < 20
        said = judged(judge, now, sent=sent, lost=lost)
    return judge, said, now


def test_a_loss_that_stays_when_less_is_sent_is_the_lines_own() -> None:
    judge, said, now = after_lowering(sent=76, lost=15)
    assert said is LossVerdict.RESTORE
    assert judge.own_loss == pytest.approx(0.2, abs=0.02)
    assert judged(judge, now + 0.5, sent=100, lost=20) is LossVerdict.GROW
    assert not judge.is_testing


def test_a_loss_that_is_gone_when_less_is_sent_is_that_of_a_full_line() -> None:
    judge, said, _ = after_lowering(sent=76, lost=0)
    assert said is LossVerdict.FULL
    assert judge.own_loss == 0.0
    assert judge.carried_bps == pytest.approx(1_280_000)


@pytest.mark.parametrize(("sent", "lost"), [(25, 9), (25, 14), (60, 26)])
def test_chance_that_is_unkind_once_does_not_begin_the_test_anew(sent: int, lost: int) -> None:
    """Of few packets chance takes a tenth more every few seconds: nothing is lowered for that."""
    judge, now = lowering()
    judged(judge, now + 0.3, sent=40, lost=8)  # sent in part before less was
    assert judged(judge, now + 0.8, sent=sent, lost=lost) is not LossVerdict.LOWER
    assert judge.is_testing
    said = [judged(judge, now + 0.8 + half / 2, sent=40, lost=8) for half in range(1, 8)]
    assert LossVerdict.LOWER not in said
    assert LossVerdict.RESTORE in said


def test_a_line_that_surely_loses_more_in_a_test_is_lowered_again() -> None:
    judge, now = lowering()
    said = [judged(judge, now + half / 2, sent=60, lost=36) for half in range(1, 5)]
    assert LossVerdict.LOWER in said


def test_where_no_less_can_be_sent_as_much_as_before_is_tried_again_and_watched() -> None:
    judge, said, at = after_lowering(sent=100, lost=20)
    assert said is LossVerdict.RESTORE
    assert judge.own_loss == 0.0, "nothing is known yet"
    for _ in range(4):
        at += 0.5
        said = judged(judge, at, sent=100, lost=20)
    assert said is LossVerdict.HOLD
    for _ in range(30):  # and no longer than that
        at += 0.5
        said = judged(judge, at, sent=100, lost=20)
        if said is LossVerdict.LOWER:
            return
    raise AssertionError("a test that tells nothing must end")


def test_a_line_that_loses_no_more_is_forgotten_to_have_lost() -> None:
    judge, _, now = after_lowering(sent=76, lost=15)
    for half in range(1, 8):
        judged(judge, now + half / 2, sent=100, lost=0)
    assert judge.own_loss < 0.06


def test_a_limit_is_believed_longer_each_time_it_is_found_again() -> None:
    limit = LossLimit()
    assert limit.bps(0.0) == inf
    holds, now = [], 0.0
    for _ in range(6):
        limit.found(200_000, now)
        held_s = 0
        while limit.bps(now + held_s) == 200_000:
            held_s += 1
        assert limit.step_bps(200_000, now + held_s) == 260_000, "then by steps"
        holds.append(held_s)
        now += held_s + 10
    assert holds == [5, 10, 20, 40, 60, 60]
    limit.found(900_000, now)
    assert limit.bps(now + 5) == inf, "another rate is another line"
