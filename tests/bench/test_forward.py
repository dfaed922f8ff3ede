"""The benchmark's own arithmetic, arguments and verdicts, and the media it sends."""

import json
import math
import os
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from bench import forward
from bench.measure import (
    Run,
    cpu_seconds,
    machine_seconds,
    percentile,
    pooled_us_per_packet,
    resident_kb,
)
from bench.media_load import VIDEO_PAYLOAD_BYTES, VideoLoad, read_stamp, stamp
from media.core import h264, vp8
from media.core.h264_parameters import parse_sps

RUN = Run(
    server=forward.OWN,
    subscribers=50,
    seconds=8.0,
    cpu_s=1.0,
    delivered=100_000,
    expected=100_000,
    delay_p50_ms=0.2,
    delay_p99_ms=1.0,
    rss_per_subscriber_kb=300.0,
    join_p50_ms=20.0,
    join_p95_ms=30.0,
    first_video_p50_ms=100.0,
    first_video_p95_ms=500.0,
    generator_load=0.4,
    others_load=0.1,
    stolen_s=0.0,
    keyframes=3,
    counters={},
)
PEER = replace(RUN, server=forward.JANUS)


@pytest.mark.parametrize(
    ("fraction", "expected"), [(0.0, 1), (0.01, 1), (0.5, 50), (0.501, 51), (0.99, 99), (1.0, 100)]
)
def test_percentile_is_a_value_that_occurred(fraction: float, expected: int) -> None:
    assert percentile(list(range(100, 0, -1)), fraction) == expected


def test_percentile_of_nothing_is_not_a_number() -> None:
    assert math.isnan(percentile([], 0.5))


def test_cpu_of_this_process_agrees_with_the_operating_system() -> None:
    times = os.times()
    measured = cpu_seconds(os.getpid())
    after = os.times()
    assert times.user + times.system <= measured + 0.02
    assert measured <= after.user + after.system + 0.02
    assert resident_kb(os.getpid()) > 1000


def test_cost_is_pooled_over_packets_not_averaged_over_runs() -> None:
    idle = replace(RUN, cpu_s=3.0, delivered=100_000)
    assert RUN.us_per_packet == pytest.approx(10.0)
    assert pooled_us_per_packet([RUN, replace(idle, delivered=900_000)]) == pytest.approx(4.0)
    assert math.isnan(pooled_us_per_packet([replace(RUN, delivered=0)]))


def test_ratio_needs_both_servers_at_the_same_number_of_subscribers() -> None:
    small = replace(RUN, subscribers=10)
    assert forward.ratios([RUN, small, replace(PEER, cpu_s=2.0)]) == {50: 0.5}


def test_a_ratio_above_the_target_fails_only_when_it_is_checked() -> None:
    runs = [RUN, replace(PEER, cpu_s=1.05)]
    lines, passed = forward.verdicts(runs, check=False)
    assert lines[0] == "FAIL ratio to Janus at N=50: 0.95 (target <= 0.9)"
    assert passed
    assert not forward.verdicts(runs, check=True)[1]


def test_the_target_is_for_the_largest_room() -> None:
    small = [replace(RUN, subscribers=10), replace(PEER, subscribers=10, cpu_s=0.5)]
    lines, passed = forward.verdicts([*small, RUN, replace(PEER, cpu_s=2.0)], check=True)
    assert passed
    assert lines[0] == "ratio to Janus at N=10: 2.00"
    assert lines[2] == "PASS ratio to Janus at N=50: 0.50 (target <= 0.9)"


def test_the_quietest_round_speaks_for_the_delay() -> None:
    runs = [RUN, replace(RUN, delay_p99_ms=40.0), replace(PEER, delay_p99_ms=2.5)]
    assert forward.least_p99_ms(runs, forward.OWN, 50) == 1.0
    assert "1.00 ms, Janus 2.50 ms" in forward.verdicts(runs, check=False)[0][1]


def test_the_machine_is_at_least_as_busy_as_this_process() -> None:
    before, own = machine_seconds()[0], cpu_seconds(os.getpid())
    sum(range(3_000_000))
    spent = cpu_seconds(os.getpid()) - own
    assert spent > 0
    assert machine_seconds()[0] - before >= spent - 0.03


def test_packets_we_lose_fail_the_run_and_those_janus_loses_do_not() -> None:
    assert not forward.verdicts([replace(RUN, delivered=99_000)], check=False)[1]
    lines, passed = forward.verdicts([replace(PEER, delivered=99_000)], check=True)
    assert passed
    assert "99.00 %" in lines[0]


def test_results_are_written_with_what_was_run(tmp_path: Path) -> None:
    options = forward.parse_arguments(["--peer", "janus", "--subscribers", "7"])
    path = forward.write_results(options, [RUN, replace(PEER, cpu_s=2.0)], tmp_path)
    content = json.loads(path.read_text())
    assert content["options"]["subscribers"] == [7]
    assert content["ratio_to_janus"] == {"50": 0.5}
    assert content["runs"][0]["us_per_packet"] == pytest.approx(10.0)


@pytest.mark.parametrize("bad", [["--subscribers", "0"], ["--seconds", "0"], ["--peer", "pion"]])
def test_arguments_that_make_no_sense_are_refused(
    bad: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        forward.parse_arguments(bad)
    assert stopped.value.code == 2
    assert "error" in capsys.readouterr().err


def test_a_missing_janus_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert forward.main(["--peer", "janus"]) == 2
    assert "apt-get install" in capsys.readouterr().err


def test_a_stamp_survives_and_filler_is_no_stamp() -> None:
    payload = stamp(bytes(100), 1_700_000_000_123_456_789)
    assert len(payload) == 100
    assert read_stamp(memoryview(payload)) == 1_700_000_000_123_456_789
    assert read_stamp(bytes(100)) is None
    assert read_stamp(b"short") is None


def test_h264_load_begins_with_parameter_sets_and_is_even_in_size() -> None:
    load = VideoLoad("h264")
    key, other = load.next_frame(), load.next_frame()
    assert [h264.carries_sps(packet) for packet in key] == [True] + [False] * 6
    assert not any(h264.is_keyframe(packet) for packet in other)
    assert {len(packet) for packet in key + other} == {VIDEO_PAYLOAD_BYTES}
    length = struct.unpack_from("!H", key[0], 1)[0]
    parameters = parse_sps(key[0][3 : 3 + length])
    assert (parameters.width, parameters.height) == (1280, 720)


def test_vp8_load_numbers_its_pictures_and_makes_a_keyframe_when_asked() -> None:
    load = VideoLoad("vp8")
    frames = [load.next_frame() for _ in range(3)]
    load.keyframe_wanted = True
    frames.append(load.next_frame())
    assert [vp8.is_keyframe(frame[0]) for frame in frames] == [True, False, False, True]
    assert vp8.keyframe_size(frames[0][0]) == (1280, 720)
    assert [vp8.parse_descriptor(frame[0]).picture_id for frame in frames] == [1, 2, 3, 4]
    assert {len(packet) for frame in frames for packet in frame} == {VIDEO_PAYLOAD_BYTES}
    assert load.keyframes == 2
