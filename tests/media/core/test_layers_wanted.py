"""Which encodings the publisher is told to send, and which of them is recorded."""

import pytest

from media.core import rtcp, rtp
from media.core.events import LayersWanted, SenderClock
from media.core.layers import SHRINK_AFTER_S
from tests.media.core.layered_lesson import (
    Sender,
    asked_ssrcs,
    layered_track,
    lesson_in_layers,
    media,
)
from tests.media.core.lesson import CAMERA, DELTA, KEY, LAYER_SSRCS, RTX_TYPE, Lesson, layered

PPS = b"\x68\xce"  # picture parameters, in a packet of their own


# --- what is wanted ----------------------------------------------------------------------

ALL = {"q", "h", "f"}


def demands(lesson: Lesson) -> list[set[str]]:
    return [set(event.rids) for event in lesson.events if isinstance(event, LayersWanted)]


def test_layers_nobody_wants_are_told_after_a_while_and_wanted_ones_at_once() -> None:
    lesson, sender = lesson_in_layers("a", "b")
    lesson.target("a", 0)
    lesson.target("b", 1)
    sender.turns(SHRINK_AFTER_S - 0.5)
    assert demands(lesson) == [ALL]
    sender.turns(1.5)
    assert demands(lesson) == [ALL, {"q", "h"}]
    lesson.target("a", 2)
    lesson.pass_time(0.0)
    assert demands(lesson) == [ALL, {"q", "h"}, ALL]


def test_a_layer_wanted_again_soon_is_never_given_up() -> None:
    lesson, sender = lesson_in_layers()
    for _ in range(5):
        lesson.target("site", 0)
        sender.turns(1.0)
        lesson.target("site", 2)
        sender.turns(1.0)
    assert all("f" in rids for rids in demands(lesson))


def test_the_smallest_layer_is_wanted_even_by_nobody() -> None:
    lesson, sender = lesson_in_layers()
    lesson.target("site", None)
    sender.turns(3.0)
    assert demands(lesson)[-1] == {"q"}
    lesson.allow({})
    sender.turns(3.0)
    assert demands(lesson)[-1] == {"q"}


def test_the_layer_that_serves_in_place_of_another_is_wanted_too() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(3.0)
    sender.live = {0, 1}
    sender.turns(4.0)
    assert demands(lesson)[-1] == ALL


def test_a_new_connection_of_the_publisher_begins_with_all_layers_and_is_told_again() -> None:
    lesson, sender = lesson_in_layers()
    lesson.target("site", 0)
    sender.turns(3.0)
    lesson.publish("teacher", *layered("teacher"))
    sender.turns(3.0)
    assert demands(lesson) == [ALL, {"q"}, ALL, {"q"}]
    lesson.publish("teacher", *layered("teacher"), again=True)
    sender.turns(3.0)
    assert demands(lesson) == [ALL, {"q"}, ALL, {"q"}]


def test_a_track_of_one_encoding_has_no_demand() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.target("site", None)
    lesson.pass_time(5.0)
    assert demands(lesson) == []


def test_packets_of_a_layer_nobody_wants_are_counted_apart_from_forbidden_ones() -> None:
    lesson, sender = lesson_in_layers()
    lesson.target("site", 0)
    sender.turn(keys=(0,))
    assert lesson.count("dropped_unwanted_layer") == 2
    assert lesson.count("dropped_not_granted") == 0
    repaired = rtp.build_rtx(media(3020, 9), payload_type=RTX_TYPE, seq=2, ssrc=LAYER_SSRCS[2][1])
    lesson.receive("teacher", repaired)
    assert lesson.count("dropped_unwanted_layer") == 3
    lesson.allow({})
    sender.turn()
    lesson.receive("teacher", repaired)
    assert lesson.count("dropped_not_granted") == 4


# --- recording ---------------------------------------------------------------------------


def recorded_lesson() -> tuple[Lesson, Sender]:
    lesson = Lesson()
    lesson.publish("teacher", *layered("teacher"))
    lesson.allow({}, recorded=[CAMERA])
    lesson.router.set_recording(lesson.now, is_recording=True)
    return lesson, Sender(lesson)


def taped(lesson: Lesson) -> list[int]:
    """Return the layer of every packet on the tape, and empty it."""
    tape = lesson.router.outputs.tape
    layers = [packet[-1] for _, packet, _ in tape]
    tape.clear()
    return layers


def test_the_recording_follows_the_highest_layer_that_lives_from_keyframe_to_keyframe() -> None:
    lesson, sender = recorded_lesson()
    sender.turns(1.0)
    taped(lesson)
    sender.turn()
    assert taped(lesson) == [2]
    sender.live = {0, 1}
    sender.turns(1.5)
    assert set(taped(lesson)) == {1}
    sender.live = {0, 1, 2}
    sender.turn()
    assert taped(lesson) == [1]
    sender.turn(keys=(2,))
    sender.turn()
    assert taped(lesson) == [1, 2, 2]


def test_a_recorded_keyframe_that_came_in_pieces_is_on_the_tape_whole() -> None:
    lesson, sender = recorded_lesson()
    sender.live = {0}
    sender.turn(keys=(0,))
    lesson.send_layer(1, 50, DELTA)
    taped(lesson)
    lesson.send_layer(1, 51, PPS, timestamp=7)
    lesson.send_layer(1, 52, KEY, timestamp=7)
    lesson.send_layer(0, 120, DELTA)
    tape = [packet for _, packet, _ in lesson.router.outputs.tape]
    assert [rtp.parse(packet, len(packet))[2:5] for packet in tape] == [
        (51, 7, LAYER_SSRCS[1][0]),
        (52, 7, LAYER_SSRCS[1][0]),
    ]


def test_the_recorder_learns_the_clock_of_the_layer_it_moves_to() -> None:
    lesson, sender = recorded_lesson()
    sender.live = {0}
    sender.turns(1.0)
    sender.live = {0, 1}
    sender.turn()
    report = rtcp.SenderReport(LAYER_SSRCS[1][0], 5 << 32, 90_000, 1, 1)
    lesson.router.receive_publisher_rtcp(lesson.publishers["teacher"], [report], lesson.now)
    told_at = lesson.now
    assert not any(isinstance(event, SenderClock) for event in lesson.events)
    sender.turn(keys=(1,))
    assert SenderClock(CAMERA, 5 << 32, 90_000, told_at) in lesson.events


def test_a_layer_the_recording_waits_for_may_die_before_its_keyframe() -> None:
    lesson, sender = recorded_lesson()
    sender.live = {0, 1}
    sender.turns(1.0)
    sender.live = {0, 1, 2}
    sender.turn()
    sender.live = {0, 1}
    for _ in range(50):
        sender.turn()
    taped(lesson)
    sender.turn(keys=(0, 1))
    assert taped(lesson) == [1]
    assert not layered_track(lesson).up_tracks[2].awaits_recording


def test_recording_wants_the_top_layer_and_lets_go_of_it() -> None:
    lesson, sender = recorded_lesson()
    sender.turns(3.0)
    assert demands(lesson) == [ALL, {"q", "f"}]
    lesson.router.set_recording(lesson.now, is_recording=False)
    sender.turns(3.0)
    assert demands(lesson)[-1] == {"q"}
    assert taped(lesson)[-1] == 2


@pytest.mark.parametrize("target", [0, 2])
def test_a_recording_is_refreshed_by_keyframes_of_the_layer_it_follows(target: int) -> None:
    lesson, sender = recorded_lesson()
    lesson.allow({CAMERA: ["site"]}, recorded=[CAMERA])
    lesson.subscribe("site")
    lesson.target("site", target)
    sender.turns(1.0)
    lesson.sent.clear()
    sender.turns(9.0)
    asked = asked_ssrcs(lesson)
    assert 4 <= len(asked) <= 5
    assert set(asked) == {LAYER_SSRCS[2][0]}
