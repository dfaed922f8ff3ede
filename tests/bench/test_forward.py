"""The benchmark's own arithmetic, arguments and verdicts, and the media it sends."""

import json
import math
import os
import struct
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bench import forward, targets
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
    server=targets.OWN,
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
    plane=targets.NATIVE,
)
PEER = replace(RUN, server=targets.JANUS, plane="")


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


def said(*runs: Run) -> list[str]:
    return [str(verdict) for verdict in targets.verdicts(runs)]


def test_ratio_needs_both_servers_at_the_same_number_of_subscribers() -> None:
    small = replace(RUN, subscribers=10)
    busy = replace(RUN, busy=0.9, cpu_s=9.0)
    assert targets.ratios([RUN, small, busy, replace(PEER, cpu_s=2.0)]) == {("native", 50): 0.5}


@pytest.mark.parametrize(
    ("plane", "cpu_s", "line"),
    [
        ("native", 0.6, "PASS native: CPU per packet over Janus's at N=50: 0.60"),
        ("native", 0.61, "FAIL native: CPU per packet over Janus's at N=50: 0.61"),
        ("reference", 0.9, "PASS reference: CPU per packet over Janus's at N=50: 0.90"),
        ("reference", 0.91, "FAIL reference: CPU per packet over Janus's at N=50: 0.91"),
    ],
)
def test_each_plane_has_a_target_of_its_own(plane: str, cpu_s: float, line: str) -> None:
    assert said(replace(RUN, plane=plane, cpu_s=cpu_s), PEER)[0].startswith(line)


def test_the_ratio_is_judged_for_a_room_of_fifty_only() -> None:
    (line,) = said(replace(RUN, subscribers=10), replace(PEER, subscribers=10, cpu_s=0.5))
    assert line == "     native: CPU per packet over Janus's at N=10: 2.00"


def test_the_quietest_round_beside_other_work_speaks_for_the_delay() -> None:
    busy = [replace(RUN, busy=0.9, delay_p99_ms=ms) for ms in (40.0, 0.99, 7.0)]
    assert said(*busy) == [
        "PASS native: forward p99 at N=50, event loop 90 % busy: 0.99 ms (target <= 1 ms)"
    ]
    assert said(busy[0])[0].startswith("FAIL")


@pytest.mark.parametrize(
    ("recording", "ms", "word", "disk"),
    [("on", 2.0, "PASS", "recording"), ("slow", 2.01, "FAIL", "recording on a slow disk")],
)
def test_what_recording_adds_to_the_delay_and_the_cost_is_judged_by_the_quietest_rounds(
    recording: str, ms: float, word: str, disk: str
) -> None:
    recorded = replace(
        RUN, recording=recording, stored_s=8.5, cpu_s=1.2, delay_p99_ms=ms, seconds=8.0
    )
    noisy = replace(recorded, delay_p99_ms=9.0)
    assert said(RUN, replace(RUN, delay_p99_ms=5.0), recorded, noisy) == [
        f"{word} native: forward p99 at N=50 while {disk}: {ms:.2f} ms, without 1.00 ms "
        "(target: at most 1 ms more); +2.5 % of a core"
    ]
    assert said(recorded) == []


@pytest.mark.parametrize(
    ("stored_s", "problem", "line"),
    [
        (7.9, None, "FAIL native, recording N=50: 7.9 s of 8.0 stored"),
        (9.0, "overloaded", "FAIL native, recording N=50: 9.0 s of 8.0 stored, overloaded"),
    ],
)
def test_a_recording_that_is_not_whole_shows_no_cost(
    stored_s: float, problem: str | None, line: str
) -> None:
    assert said(replace(RUN, recording="on", stored_s=stored_s, problem=problem)) == [line]


@pytest.mark.parametrize(("ms", "word"), [(1.5, "PASS"), (1.6, "FAIL")])
def test_the_reference_is_held_to_the_delay_of_janus(ms: float, word: str) -> None:
    own = replace(RUN, plane="reference", cpu_s=0.5, delay_p99_ms=ms)
    assert said(own, PEER)[1].startswith(f"{word} reference: forward p99 at N=50, idle: {ms:.2f}")


@pytest.mark.parametrize(("cpu_s", "word"), [(4.0, "PASS"), (4.1, "FAIL")])
def test_a_packet_costs_no_more_in_a_large_room(cpu_s: float, word: str) -> None:
    large = replace(RUN, subscribers=200, delivered=400_000, expected=400_000, cpu_s=cpu_s)
    (line,) = said(RUN, large)
    assert line.startswith(f"{word} native: {cpu_s * 2.5:.2f} us/packet at N=200, 10.00 at N=50")


def test_a_room_in_which_not_everything_arrived_says_nothing_of_the_cost_of_a_packet() -> None:
    held_back = replace(RUN, subscribers=200, delivered=260_000, expected=400_000, cpu_s=0.1)
    assert said(RUN, held_back) == [
        "FAIL native N=200: only 65.00 % arrived",
        "FAIL native: N=200 against N=50: not measured",
    ]


def test_the_machine_is_at_least_as_busy_as_this_process() -> None:
    before, own = machine_seconds()[0], cpu_seconds(os.getpid())
    sum(range(3_000_000))
    spent = cpu_seconds(os.getpid()) - own
    assert spent > 0
    assert machine_seconds()[0] - before >= spent - 0.03


def test_packets_we_lose_fail_the_run_and_those_janus_loses_do_not() -> None:
    assert said(replace(RUN, delivered=99_000)) == ["FAIL native N=50: only 99.00 % arrived"]
    assert said(replace(PEER, delivered=99_000)) == ["     janus N=50: only 99.00 % arrived"]
    starved = replace(RUN, plane="reference", busy=0.9, delivered=99_000)
    assert said(starved) == ["     reference, busy 90 % N=50: only 99.00 % arrived"]


def test_planes_and_other_work_take_turns_with_the_peer() -> None:
    options = forward.parse_arguments(
        ["--peer", "janus", "--plane", "reference", "native", "--busy", "0", "0.9"]
    )
    assert [(row.server, row.plane, row.busy) for row in forward.rows(options)] == [
        (targets.OWN, "reference", 0.0),
        (targets.OWN, "native", 0.0),
        (targets.OWN, "reference", 0.9),
        (targets.OWN, "native", 0.9),
        (targets.JANUS, "", 0.0),
    ]


def test_recordings_take_turns_with_the_plain_server() -> None:
    options = forward.parse_arguments(["--plane", "native", "--recording", "off", "on", "slow"])
    assert [row.recording for row in forward.rows(options)] == ["off", "on", "slow"]


def test_results_are_written_with_what_was_run(tmp_path: Path) -> None:
    options = forward.parse_arguments(["--peer", "janus", "--subscribers", "7"])
    path = forward.write_results(options, [RUN, replace(PEER, cpu_s=2.0)], tmp_path)
    content = json.loads(path.read_text())
    assert content["options"]["subscribers"] == [7]
    assert content["ratio_to_janus"] == {"native N=50": 0.5}
    assert content["verdicts"][0].startswith("PASS native: CPU per packet")
    assert content["runs"][0]["us_per_packet"] == pytest.approx(10.0)


@pytest.mark.parametrize(
    "bad", [["--subscribers", "0"], ["--seconds", "0"], ["--peer", "pion"], ["--busy", "0", "1"]]
)
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


def test_the_benchmark_runs_before_others_where_it_may_and_says_which() -> None:
    found: list[tuple[bool, int]] = []
    thread = threading.Thread(
        target=lambda: found.append((forward.run_first(), os.sched_getscheduler(0)))
    )
    thread.start()
    thread.join()
    [(is_first, policy)] = found
    assert policy == (os.SCHED_RR if is_first else os.SCHED_OTHER)
    assert ("may not" in forward.precedence_line(is_first=is_first)) is not is_first


def test_a_refusal_to_run_first_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    assert not forward.run_first()


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
