"""How often sound is said again to a line that loses: the rule alone."""

from hypothesis import given
from hypothesis import strategies as st

from media.core.redundancy import CALM_S, RedundancyRule


def levels_of(losses: list[float], *, every_s: float = 1.0) -> list[int]:
    rule = RedundancyRule()
    levels = []
    for index, loss in enumerate(losses):
        rule.report(expected=100, lost=round(loss * 100), now=index * every_s)
        levels.append(rule.level)
    return levels


def test_a_good_line_gets_nothing_twice() -> None:
    assert levels_of([0.0, 0.04, 0.03, 0.05]) == [0, 0, 0, 0]


def test_five_per_cent_bring_one_block_and_twelve_two() -> None:
    assert levels_of([0.06]) == [1]
    assert levels_of([0.13]) == [2]
    assert levels_of([0.06, 0.3]) == [1, 2]


def test_blocks_go_one_by_one_and_only_after_a_calm_time() -> None:
    levels = levels_of([0.2] * 7 + [0.0] * 40)
    assert levels[6] == 2
    changes = [at for at in range(1, len(levels)) if levels[at] != levels[at - 1]]
    assert [levels[at] for at in changes] == [1, 0]
    assert changes[0] - 7 > CALM_S
    assert changes[1] - changes[0] > CALM_S


def test_a_line_between_the_thresholds_keeps_what_it_has() -> None:
    assert set(levels_of([0.1] * 3 + [0.03] * 60)[3:]) == {1}
    assert set(levels_of([0.2] * 3 + [0.1] * 60)[3:]) == {2}


def test_one_bad_report_among_calm_ones_begins_the_calm_time_anew() -> None:
    calm = [0.0] * 9
    assert levels_of([0.1, *calm, 0.2, *calm])[-1] == 1


def test_a_few_packets_say_nothing() -> None:
    rule = RedundancyRule()
    rule.report(expected=10, lost=10, now=0.0)
    assert rule.level == 0
    rule.report(expected=10, lost=10, now=60.0)  # the first is forgotten by then
    rule.report(expected=19, lost=19, now=60.5)
    assert rule.level == 0
    rule.report(expected=11, lost=0, now=61.0)
    assert rule.level == 2


@given(st.lists(st.tuples(st.integers(0, 300), st.floats(0, 1), st.floats(0, 9))))
def test_the_level_is_always_one_of_three_and_falls_by_one(
    reports: list[tuple[int, float, float]],
) -> None:
    rule, now, before = RedundancyRule(), 0.0, 0
    for expected, loss, pause_s in reports:
        now += pause_s
        rule.report(expected=expected, lost=int(expected * loss), now=now)
        assert 0 <= rule.level <= 2
        assert rule.level >= before - 1
        before = rule.level
