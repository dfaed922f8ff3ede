"""The judges of the drill: each fault they are there for is found, and a sound lesson passes."""

import math
from dataclasses import replace

import pytest

from bench.drill.programme import Sent
from bench.drill.verdict import (
    Loss,
    Outcome,
    Row,
    Span,
    Stays,
    again_after_s,
    bugs_in,
    late_s,
    lay_beside,
    longest_silence_s,
    moved_s,
    together,
    wrong_rows,
)

LESSON = Span(100.0, 110.0)
SENT = [Sent(99.0 + n / 10, 1) for n in range(130)]  # from before the lesson to after it
ALL = {number: item.at_s - 90.0 for number, item in enumerate(SENT)}


def lost(kept: dict[int, float], deaf: list[Span]) -> Loss:
    return lay_beside(SENT, kept, each_s=0.1, lesson=LESSON, deaf=deaf)


def without(first: int, last: int) -> dict[int, float]:
    return {number: at_s for number, at_s in ALL.items() if not first <= number < last}


def test_a_whole_recording_loses_nothing() -> None:
    found = lost(ALL, [])
    assert (found.live_s, found.lost_s, found.largest_gap_s) == pytest.approx((10.0, 0.0, 0.0))


def test_what_is_missing_is_counted_and_the_largest_hole_is_told() -> None:
    found = lost({**without(20, 40), 25: 1.0, 26: 1.0}, [])
    assert found.lost_s == pytest.approx(1.8)
    assert found.largest_gap_s == pytest.approx(1.3)


def test_what_no_server_could_hear_is_no_loss_and_no_gap() -> None:
    found = lost(without(20, 40), [Span(101.0, 103.0)])
    assert found.lost_s == pytest.approx(0.0)
    assert found.largest_gap_s == 0.0
    assert found.live_s == pytest.approx(8.0)


def test_a_dead_server_does_not_join_the_holes_beside_it() -> None:
    assert lost(without(15, 45), [Span(101.0, 103.0)]).largest_gap_s == pytest.approx(0.5)


def test_what_was_sent_over_no_connection_is_no_loss() -> None:
    unconnected = [item._replace(connection=0) for item in SENT[:60]]
    found = lay_beside(
        [*unconnected, *SENT[60:]], without(0, 60), each_s=0.1, lesson=LESSON, deaf=[]
    )
    assert found.lost_s == pytest.approx(0.0)


def test_media_that_stands_elsewhere_has_moved() -> None:
    assert moved_s(ALL, each_s=0.1) == pytest.approx(0.0)
    assert moved_s({**ALL, 50: ALL[50] + 3600.0}, each_s=0.1) == pytest.approx(3600.0)
    assert math.isnan(moved_s({}, each_s=0.1))


def test_going_on_is_counted_from_when_the_fault_was_over() -> None:
    assert again_after_s(SENT, without(20, 40), 101.2) == pytest.approx(1.8)
    assert again_after_s(SENT, without(20, 130), 101.2) == math.inf


def test_silence_counts_while_the_server_lived() -> None:
    heard = [item.at_s for item in SENT if not 101.0 <= item.at_s < 103.0]
    assert longest_silence_s(heard, LESSON, []) == pytest.approx(2.1)
    assert longest_silence_s(heard, LESSON, [Span(101.0, 102.5)]) == pytest.approx(0.1)
    assert longest_silence_s([], LESSON, []) == math.inf


LOG = """
2026-11-26T20:45:23.880862Z [info     ] started
2026-11-26T20:45:23.880862Z [error    ] The ledger is out of order     room_id=1
Traceback (most recent call last):
ValueError: the database is away

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
LedgerAway
2026-11-26T20:45:24.880862Z [error    ] replay_failed problem=killed
2026-11-26T20:45:25.880862Z [error    ] A listener failed.
Traceback (most recent call last):
KeyError: 'x'
"""


def test_a_bug_in_the_log_is_found_once_and_an_alarm_that_is_due_is_none() -> None:
    [bug] = bugs_in(LOG, ["The ledger is out of order"])
    assert bug.endswith("A listener failed.: KeyError: 'x'")
    first, second = bugs_in(LOG, [])
    assert first.endswith("room_id=1: LedgerAway"), "the last error, which the first one caused"
    assert second == bug


def test_of_an_error_of_many_lines_the_first_is_told() -> None:
    said = """2026-11-26T20:45:24.880862Z [error    ] A ticket could not be redeemed
Traceback (most recent call last):
  File "x.py", line 1, in enter
    raise Locked: no
sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is locked
[SQL: UPDATE entry_tickets SET used_at=?]
(Background on this error at: https://sqlalche.me/e/20/e3q8)
2026-11-26T20:45:25.880862Z [info     ] stopped
Error: not of the traceback
"""
    [bug] = bugs_in(said, [])
    assert bug.endswith(
        "redeemed: sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is locked"
    )


def test_a_sender_that_falls_behind_its_own_clock_is_late() -> None:
    assert late_s(SENT, each_s=0.1) == pytest.approx(0.0)
    behind = [*SENT[:60], *(item._replace(at_s=item.at_s + 7.0) for item in SENT[60:])]
    assert late_s(behind, each_s=0.1) == pytest.approx(7.0)
    assert math.isnan(late_s([], each_s=0.1))


@pytest.mark.parametrize(
    ("late_s", "said"),
    [
        (math.nan, "media moved by 7.0 s"),
        (0.1, "media moved by 7.0 s"),
        (6.9, "media moved by 7.0 s, the drill's own sender was 6.9 s late"),
    ],
)
def test_media_that_moved_with_its_sender_fails_and_says_so(late_s: float, said: str) -> None:
    assert replace(outcome(), moved_s=7.0, late_s=late_s).failures() == [said]


TRUTH = [Stays("site-1", 60.0, 1), Stays("site-2", 50.0, 2)]
ROWS = [Row("site-1", 60_500, "AUTO_CLOSED"), Row("site-2", 46_000, "AUTO_CLOSED")]


def test_attendance_within_what_a_crash_may_cost_is_right() -> None:
    assert wrong_rows(ROWS, TRUTH) == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ROWS[0]], "site-2: 0 rows"),
        ([*ROWS, ROWS[1]], "site-2: 2 rows"),
        ([ROWS[0], replace(ROWS[1], state="OPEN")], "site-2: left OPEN"),
        ([ROWS[0], replace(ROWS[1], connected_ms=43_000)], "site-2: -7.0 s off"),
        ([ROWS[0], replace(ROWS[1], connected_ms=3_650_000)], "site-2: +3600.0 s off"),
        ([*ROWS, Row("site-3", 1, "AUTO_CLOSED")], "site-3: never came"),
    ],
)
def test_wrong_attendance_is_named(rows: list[Row], said: str) -> None:
    assert wrong_rows(rows, TRUTH) == [said]


def outcome() -> Outcome:
    whole = Loss(10.0, 10.0, 0.0)
    return Outcome(
        row="server",
        crashes=1,
        sound=whole,
        pictures=Loss(10.0, 8.5, 1.5),
        again_s=1.0,
        playable_s=2.0,
        back_s=0.4,
        attended=2,
        wrong_rows=[],
        broken=[],
        astray=[],
        moved_s=0.1,
        silence_s=0.05,
    )


def test_a_lesson_that_kept_what_is_promised_passes() -> None:
    assert outcome().failures() == []
    assert replace(outcome(), back_s=math.nan).failures() == []
    assert outcome().line().startswith("PASS  server")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pictures": Loss(10.0, 7.9, 1.5)}, "lost 2.1 s"),
        ({"sound": Loss(10.0, 7.9, 0.1)}, "lost 2.1 s"),
        ({"sound": Loss(10.0, 0.0, 10.0), "crashes": 9}, "nothing was recorded"),
        ({"playable_s": 5.1}, "playable 5.1 s after the bell"),
        ({"playable_s": math.inf}, "playable inf s after the bell"),
        ({"back_s": 5.1}, "playable 5.1 s after the recovery"),
        ({"back_s": math.inf}, "playable inf s after the recovery"),
        ({"moved_s": 1.1}, "media moved by 1.1 s"),
        ({"moved_s": math.nan}, "media moved by nan s"),
        ({"silence_s": 1.1}, "a classroom heard nothing for 1.1 s"),
        ({"wrong_rows": ["site-1: 0 rows"]}, "attendance: site-1: 0 rows"),
        ({"broken": ["1-000001.mp4: Invalid data"]}, "unplayable: 1-000001.mp4"),
        ({"astray": ["1-000001.mp4: is not there"]}, "orphan: 1-000001.mp4"),
        ({"others": [("no job was taken over", False)]}, "no job was taken over"),
    ],
)
def test_each_promise_that_is_broken_fails_the_row(change: dict[str, object], said: str) -> None:
    broken = replace(outcome(), **change)  # type: ignore[arg-type]  # one field at a time
    [failure] = broken.failures()
    assert failure.startswith(said)
    assert broken.line().startswith("FAIL")


def test_each_crash_may_cost_what_one_may() -> None:
    twice = replace(outcome(), crashes=2, pictures=Loss(10.0, 6.1, 2.0))
    assert twice.failures() == []


def test_pictures_may_be_given_up_where_that_is_the_promise() -> None:
    given_up = replace(outcome(), pictures=Loss(10.0, 1.0, 9.0), may_lose_pictures=True)
    assert given_up.failures() == []
    assert replace(given_up, sound=Loss(10.0, 7.0, 3.0)).failures()


def test_lessons_that_one_fault_met_are_judged_by_the_worst_of_them() -> None:
    late = replace(outcome(), playable_s=5.5, back_s=6.0, silence_s=1.5)
    torn = replace(outcome(), sound=Loss(10.0, 7.0, 3.0), wrong_rows=["site-1: 0 rows"])
    bug = replace(outcome(), others=[("the server met a bug: x", False)])
    assert together([outcome(), late, torn, bug, bug]).failures() == [
        "lost 3.0 s, at most 2",
        "playable 5.5 s after the bell",
        "playable 6.0 s after the recovery",
        "a classroom heard nothing for 1.5 s",
        "attendance: lesson 3: site-1: 0 rows",
        "the server met a bug: x",
    ]


def test_lessons_that_all_kept_what_is_promised_pass_together() -> None:
    whole = together([outcome(), replace(outcome(), playable_s=3.0)])
    assert whole.failures() == []
    assert (whole.attended, whole.crashes, whole.playable_s) == (4, 1, 3.0)


def test_a_lesson_of_which_nothing_was_found_is_not_hidden_by_the_others() -> None:
    lost = replace(outcome(), moved_s=math.nan)
    assert together([outcome(), lost, outcome()]).failures() == ["media moved by nan s"]
