"""Numbers that the core says and the native plane says over again in C: the same."""

import subprocess
from pathlib import Path

from media.core import (
    arrival_digest,
    congestion,
    delay_trend,
    downtrack,
    feedback_chunks,
    repairs,
    send_history,
    steering,
    uptrack,
)
from media.native_library import LIBRARY
from tests.needs import need_programs

SOURCES = LIBRARY.parent.parent
SAID_TWICE = {
    "CACHE_BYTES": uptrack._CACHE_BYTES,
    "PICTURE_SEARCH": uptrack._PICTURE_SEARCH,
    "RESEND_BUDGET": downtrack._RESEND_BUDGET_PER_S,
    "RESENT_COSTS": downtrack._RESENT_COSTS,
    "MISSED_COSTS": downtrack._MISSED_COSTS,
    "WIRE_OVERHEAD_BYTES": congestion.WIRE_OVERHEAD_BYTES,
    "MAX_STATUSES": feedback_chunks.MAX_STATUSES,
    "COPIES": repairs.COPIES,
    "REPAIRS_REMEMBERED": repairs._REMEMBERED,
    "MAX_UNSAID": repairs.MAX_UNSAID,
    "SPARED_SHARE": steering._SPARED_SHARE,
    "NAMED_PACKETS": send_history.NAMED,
    "LOG_PACKETS": send_history.CAPACITY,
    "NEVER": send_history.NEVER,
    "REFERENCE_S": send_history._REFERENCE_S,
    "TICK_S": send_history._TICK_S,
    "CALM_AFTER_S": arrival_digest.CALM_AFTER_S,
    "CALM_INTERVAL_S": arrival_digest.CALM_INTERVAL_S,
    "CALM_QUEUE_S": arrival_digest.CALM_QUEUE_S,
    "CUT_S": arrival_digest.CUT_S,
    "TREND_POINTS": delay_trend._WINDOW,
    "TREND_QUEUES": delay_trend._QUEUE_WINDOW,
    "MAX_WEIGHT": delay_trend._MAX_WEIGHT,
    "BURST_S": delay_trend._BURST_S,
    "MAX_BURST_S": delay_trend._MAX_BURST_S,
    "MAX_STEP_S": delay_trend._MAX_STEP_S,
    "SMOOTHING": delay_trend._SMOOTHING,
    "GAIN": delay_trend._GAIN,
    "FIRST_THRESHOLD_MS": delay_trend._FIRST_THRESHOLD_MS,
    "MIN_THRESHOLD_MS": delay_trend._MIN_THRESHOLD_MS,
    "MAX_THRESHOLD_MS": delay_trend._MAX_THRESHOLD_MS,
    "THRESHOLD_UP": delay_trend._THRESHOLD_UP,
    "THRESHOLD_DOWN": delay_trend._THRESHOLD_DOWN,
    "OUTLIER_MS": delay_trend._OUTLIER_MS,
    "MAX_ADAPTATION_S": delay_trend._MAX_ADAPTATION_S,
    "OVERUSE_S": delay_trend._OVERUSE_S,
    "BASE_WINDOW_S": delay_trend._BASE_WINDOW_S,
    "MIN_QUEUE_S": delay_trend._MIN_QUEUE_S,
}


def test_a_number_said_twice_is_one_number(tmp_path: Path) -> None:
    need_programs(cc="gcc")
    claims = [f'_Static_assert({name} == {value}, "{name}");' for name, value in SAID_TWICE.items()]
    source = tmp_path / "numbers.c"
    source.write_text("\n".join(['#include "plane.c"', *claims, ""]), "utf-8")
    command = ["cc", "-std=gnu11", "-fsyntax-only", "-I", str(SOURCES), str(source)]
    compiled = subprocess.run(command, capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, compiled.stderr
