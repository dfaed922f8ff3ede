"""Which encoding of a track a subscriber gets, and which the publisher is told to send."""

from collections.abc import Sequence

import pytest

from media.core import rtcp, rtp
from media.core.downtrack import DownTrack
from media.core.events import LayersWanted, SenderClock, TrackResumed, TrackStalled, TrackStarted
from media.core.ids import PeerId, Source
from media.core.layers import SHRINK_AFTER_S, LayeredTrack
from tests.media.core.lesson import (
    DELTA,
    KEY,
    LAYER_SSRCS,
    RTX_TYPE,
    VIDEO_TYPE,
    Lesson,
    layered,
    microphone,
    seqs,
    track,
)

CAMERA = track("teacher")
PPS = b"\x68\xce"  # picture parameters, in a packet of their own


class Sender:
    """The teacher's camera: every layer in `live` sends a picture of one packet each turn."""

    def __init__(self, lesson: Lesson, *, layers: int = 3) -> None:
        self.lesson = lesson
        self.next_seq = [100 * (layer + 1) for layer in range(layers)]
        self.live = set(range(layers))

    def turn(self, *, keys: Sequence[int] = (), silent: Sequence[int] = ()) -> None:
        for layer in sorted(self.live - set(silent)):
            payload = (KEY if layer in keys else DELTA) + bytes([layer])
            self.lesson.send_layer(layer, self.next_seq[layer], payload)
            self.next_seq[layer] += 1
        self.lesson.pass_time(0.04)

    def turns(self, seconds: float) -> None:
        """Send on, answering each request with a keyframe of every layer, as browsers do."""
        for _ in range(round(seconds / 0.04)):
            asked = self.lesson.count("keyframe_requests")
            self.turn(keys=sorted(self.live) if asked != getattr(self, "asked", 0) else ())
            self.asked = asked


def lesson_in_layers(*names: str, layers: int = 3) -> tuple[Lesson, Sender]:
    lesson = Lesson()
    lesson.publish("teacher", *layered("teacher", rids=("q", "h", "f")[3 - layers :]))
    lesson.allow({CAMERA: names or ("site",)})
    for name in names or ("site",):
        lesson.subscribe(name)
    return lesson, Sender(lesson, layers=layers)


def down_of(lesson: Lesson, name: str = "site") -> DownTrack:
    return lesson.router.subscribers[PeerId(name)].by_track[CAMERA]


def shown(lesson: Lesson, name: str = "site") -> list[int]:
    """Return the layer of every packet sent to a subscriber, in the order it was sent."""
    return [
        packet[-1]
        for link, packet in lesson.sent
        if link == f"{name} down" and not 192 <= packet[1] < 224
    ]


def layer_of(lesson: Lesson, name: str = "site") -> int | None:
    up = down_of(lesson, name).flows_in
    return None if up is None else up.layer


def layered_track(lesson: Lesson) -> LayeredTrack:
    return lesson.router.tracks[CAMERA]


# -- who gets which --------------------------------------------------------------


def test_the_first_picture_is_the_smallest_and_the_best_follows_at_its_keyframe() -> None:
    lesson, sender = lesson_in_layers()
    sender.turn()
    sender.turn(keys=(0, 1, 2))
    assert shown(lesson) == [0, 2]
    sender.turn()
    assert shown(lesson) == [0, 2, 2]


def test_layers_that_begin_one_after_another_are_followed_upwards() -> None:
    lesson, sender = lesson_in_layers()
    sender.turn(keys=(0, 1, 2))
    assert shown(lesson) == [0, 1, 2]


def test_who_waits_for_a_first_picture_takes_what_there_is() -> None:
    lesson, sender = lesson_in_layers()
    sender.live = {2}
    sender.turn(keys=(2,))
    assert shown(lesson) == [2]


def test_a_wait_for_a_first_picture_is_not_broken_off_for_a_smaller_one() -> None:
    lesson, sender = lesson_in_layers()
    sender.live = {1}
    sender.turn()
    sender.live = {0, 1}
    sender.turn(keys=(1,))
    assert shown(lesson)[0] == 1


def test_a_subscriber_flows_on_until_the_keyframe_of_the_layer_it_moves_to() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    lesson.sent.clear()
    lesson.target("site", 0)
    sender.turn()
    sender.turn(keys=(2,))
    assert set(shown(lesson)) == {2}
    sender.turn(keys=(0,))
    sender.turn()
    assert shown(lesson)[-2:] == [0, 0]
    headers = lesson.media("site down")
    assert seqs(headers) == list(range(headers[0][2], headers[0][2] + len(headers)))


def test_a_wish_taken_back_before_the_keyframe_changes_nothing() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    lesson.sent.clear()
    lesson.target("site", 0)
    lesson.target("site", 2)
    sender.turn(keys=(0, 1, 2))
    assert set(shown(lesson)) == {2}
    assert layered_track(lesson).up_tracks[0].waiting == []


def test_one_who_is_held_back_is_sent_nothing_and_resumes_at_a_keyframe() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    lesson.target("site", None)
    before = len(shown(lesson))
    sender.turn(keys=(0, 1, 2))
    assert len(shown(lesson)) == before
    lesson.target("site", 1)
    sender.turn()
    assert len(shown(lesson)) == before
    sender.turn(keys=(0, 1))
    assert shown(lesson)[before:] == [0, 1]
    numbers = seqs(lesson.media("site down"))
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_one_site_moves_without_another() -> None:
    lesson, sender = lesson_in_layers("site", "other")
    sender.turns(1.0)
    lesson.target("site", 0)
    sender.turns(1.0)
    assert (layer_of(lesson, "site"), layer_of(lesson, "other")) == (0, 2)


def test_a_target_is_kept_until_there_is_the_track() -> None:
    lesson, sender = lesson_in_layers()
    lesson.router.remove_publisher(PeerId("teacher"))
    lesson.target("site", 0)
    lesson.publish("teacher", *layered("teacher"))
    sender.turns(1.0)
    assert set(shown(lesson)) == {0}


def test_a_target_for_nobody_or_nothing_is_no_matter() -> None:
    lesson, _ = lesson_in_layers()
    lesson.target("nobody", 0)
    lesson.target("site", 0, of="nobody")
    assert down_of(lesson).preferred_layer == 2


def test_a_target_above_the_highest_layer_means_the_highest() -> None:
    lesson, sender = lesson_in_layers(layers=2)
    sender.turns(1.0)
    assert layer_of(lesson) == 1
    assert layered_track(lesson).top_layer == 1


def test_the_plan_stands_above_every_target() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    lesson.target("site", 0)
    lesson.allow({})
    before = len(shown(lesson))
    sender.turn(keys=(0, 1, 2))
    lesson.target("site", 1)
    sender.turn(keys=(0, 1, 2))
    assert len(shown(lesson)) == before
    down = down_of(lesson)
    assert (down.flows_in, down.waits_in) == (None, None)


# -- what lives ------------------------------------------------------------------


def test_when_a_layer_falls_silent_the_next_lower_serves_and_it_returns() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    sender.live = {0, 1}
    sender.turns(1.5)
    assert layer_of(lesson) == 1
    assert down_of(lesson).preferred_layer == 2
    assert lesson.count("layers_stalled") == 1
    sender.live = {0, 1, 2}
    sender.turns(1.0)
    assert layer_of(lesson) == 2
    facts = [e for e in lesson.events if isinstance(e, TrackStarted | TrackStalled | TrackResumed)]
    assert facts == [TrackStarted(CAMERA)]


def test_a_layer_that_was_only_late_is_not_left() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    for _ in range(10):
        for _ in range(13):
            sender.turn(silent=(2,))
        sender.turn()
    assert lesson.count("layers_stalled") == 0
    assert layer_of(lesson) == 2


def test_when_everything_is_silent_nobody_is_moved() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    lesson.pass_time(5.0)
    assert lesson.count("layers_stalled") == 0
    assert layer_of(lesson) == 2
    before = lesson.count("keyframe_requests")
    sender.turn()
    sender.turn()
    assert (layer_of(lesson), down_of(lesson).waits_in) == (2, None)
    assert lesson.count("keyframe_requests") - before <= 1
    assert TrackResumed(CAMERA) in lesson.events


def test_a_sharp_screen_that_rests_is_not_left_for_the_small_one() -> None:
    lesson = Lesson()
    screen = track("teacher", Source.SCREEN)
    lesson.publish("teacher", *layered("teacher", rids=("h", "f"), track=screen))
    lesson.allow({screen: ["site"]})
    down = lesson.subscribe("site").by_track[screen]
    for turn in range(50):  # the small one 5 times a second, the sharp one every 2 s
        lesson.send_layer(0, turn, KEY)
        if turn % 10 == 0:
            lesson.send_layer(1, turn, KEY)
        lesson.pass_time(0.2)
    assert lesson.count("layers_stalled") == 0
    for turn in range(50, 80):
        lesson.send_layer(0, turn, KEY)
        lesson.pass_time(0.2)
    assert lesson.count("layers_stalled") == 1
    assert down.flows_in is lesson.router.tracks[screen].up_tracks[0]


def test_where_no_layer_so_low_lives_one_waits_for_it_in_the_old() -> None:
    lesson, sender = lesson_in_layers()
    sender.live = {2}
    sender.turns(1.0)
    lesson.target("site", 0)
    sender.turns(2.0)
    assert layer_of(lesson) == 2
    sender.live = {0, 2}
    sender.turns(1.0)
    assert layer_of(lesson) == 0


# -- keyframes -------------------------------------------------------------------


def asked_ssrcs(lesson: Lesson) -> list[int]:
    return [told.media_ssrc for told in lesson.told("teacher up") if isinstance(told, rtcp.Pli)]


def test_all_layers_together_are_asked_for_a_keyframe_at_most_twice_a_second() -> None:
    lesson, sender = lesson_in_layers("a", "b", "c")
    sender.turns(1.0)
    lesson.pass_time(1.0)
    sender.turns(0.2)
    lesson.sent.clear()
    for name, layer in (("a", 0), ("b", 1)):
        lesson.target(name, layer)
    lesson.say(lesson.router.subscribers[PeerId("c")], rtcp.Pli(1, down_of(lesson, "c").ssrc))
    for _ in range(25):
        sender.turn()
    asked = asked_ssrcs(lesson)
    assert len(asked) == 3  # at 0, 0.5 and 1.0 s
    assert set(asked) == {ssrc for ssrc, _ in LAYER_SSRCS}


def test_a_storm_of_joins_costs_few_requests() -> None:
    names = [f"site {number}" for number in range(30)]
    lesson, sender = lesson_in_layers("first")
    sender.turns(1.0)
    lesson.allow({CAMERA: ["first", *names]})
    before = lesson.count("keyframe_requests")
    for name in names:
        lesson.subscribe(name)
        sender.turns(0.08)
    assert lesson.count("keyframe_requests") - before <= 7  # in 2.4 s
    sender.turns(1.0)
    assert {layer_of(lesson, name) for name in names} == {2}


# -- whose packet is this ----------------------------------------------------------

MID_ID, RID_ID, REPAIRED_ID = 4, 10, 11


def extended(packet: bytes, **texts: str) -> bytes:
    """Return the packet with header extensions of one byte (RFC 8285): mid, rid, repaired."""
    ids = {"mid": MID_ID, "rid": RID_ID, "repaired": REPAIRED_ID}
    elements = b"".join(
        bytes((ids[name] << 4 | len(text) - 1,)) + text.encode() for name, text in texts.items()
    )
    elements += bytes(-len(elements) % 4)
    extension = b"\xbe\xde" + (len(elements) // 4).to_bytes(2) + elements
    return bytes((packet[0] | 0x10,)) + packet[1:12] + extension + packet[12:]


def media(ssrc: int, seq: int, payload: bytes = KEY, *, payload_type: int = VIDEO_TYPE) -> bytes:
    return rtp.build(
        payload, payload_type=payload_type, marker=0, seq=seq, timestamp=3000 * seq, ssrc=ssrc
    )


def untold_lesson() -> Lesson:
    lesson = Lesson()
    lesson.publish(
        "teacher",
        *layered("teacher", ssrc=None, rtx_ssrc=None),
        mid_id=MID_ID,
        rid_id=RID_ID,
        repaired_rid_id=REPAIRED_ID,
    )
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    return lesson


def test_encodings_are_known_by_the_rid_of_their_first_packets() -> None:
    lesson = untold_lesson()
    for layer, rid in enumerate("qhf"):
        lesson.receive("teacher", extended(media(50 + layer, 1), mid="0", rid=rid))
        lesson.receive("teacher", media(50 + layer, 2, DELTA))
    assert [up.ssrc for up in layered_track(lesson).up_tracks] == [50, 51, 52]
    assert lesson.count("unknown_ssrc") == 0
    assert layer_of(lesson) == 2


def test_what_names_no_encoding_is_nobodys() -> None:
    lesson = untold_lesson()
    lesson.receive("teacher", media(50, 1))
    lesson.receive("teacher", extended(media(50, 2), mid="0"))
    lesson.receive("teacher", extended(media(50, 3), mid="0", rid="x"))
    lesson.receive("teacher", extended(media(50, 4), mid="0", repaired="q"))
    lesson.receive("teacher", extended(media(50, 5, payload_type=96), mid="0", rid="q"))
    assert lesson.count("unknown_ssrc") == 5
    assert shown(lesson) == []


def test_a_first_packet_of_padding_on_the_repair_stream_is_remembered() -> None:
    lesson = untold_lesson()
    padding = bytearray(
        extended(media(60, 1, bytes(9) + b"\x0a", payload_type=RTX_TYPE), mid="0", repaired="q")
    )
    padding[0] |= 0x20
    lesson.receive("teacher", bytes(padding))
    lesson.receive("teacher", extended(media(50, 1), mid="0", rid="q"))
    repaired = rtp.build_rtx(media(50, 2, DELTA + b"\0"), payload_type=RTX_TYPE, seq=2, ssrc=60)
    lesson.receive("teacher", repaired)
    assert len(shown(lesson)) == 2
    assert lesson.count("rtx_in") == 2


def test_a_changed_ssrc_of_one_encoding_leaves_the_others_alone() -> None:
    lesson = untold_lesson()
    for layer, rid in enumerate("qhf"):
        lesson.receive("teacher", extended(media(50 + layer, 1), mid="0", rid=rid))
    lesson.target("site", 1)
    lesson.receive("teacher", media(51, 2, KEY))
    lesson.now += 1.5
    lesson.receive("teacher", extended(media(71, 1, DELTA), mid="0", rid="h"))
    lesson.receive("teacher", extended(media(81, 1, DELTA), mid="0", rid="h"))
    assert lesson.count("unknown_ssrc") == 1  # not many times a second
    assert [up.ssrc for up in layered_track(lesson).up_tracks] == [50, 71, 52]
    lesson.receive("teacher", media(71, 2, KEY))
    numbers = seqs(lesson.media("site down"))
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_picture_left_out_of_an_offer_is_known_when_it_comes_back() -> None:
    lesson = untold_lesson()
    for layer, rid in enumerate("qhf"):
        lesson.receive("teacher", extended(media(50 + layer, 1), mid="0", rid=rid))
    lesson.receive("teacher", extended(media(60, 1, payload_type=RTX_TYPE), mid="0", repaired="q"))
    ids = {"mid_id": MID_ID, "rid_id": RID_ID, "repaired_rid_id": REPAIRED_ID}
    lesson.publish("teacher", microphone("teacher"), again=True, **ids)
    encodings = layered("teacher", ssrc=None, rtx_ssrc=None)
    lesson.publish("teacher", *encodings, microphone("teacher"), again=True, **ids)
    before = len(lesson.media("site down"))
    for layer in range(3):
        lesson.receive("teacher", media(50 + layer, 2))
    assert [up.ssrc for up in layered_track(lesson).up_tracks] == [50, 51, 52]
    assert len(lesson.media("site down")) > before
    assert lesson.count("unknown_ssrc") == 0


def test_a_peer_that_renames_its_sections_without_end_is_not_remembered_without_end() -> None:
    lesson = Lesson()
    for number in range(300):
        mid = str(number)
        lesson.publish(
            "teacher", *layered("teacher", mid=mid, ssrc=None), again=number > 0, rid_id=RID_ID
        )
        lesson.receive("teacher", extended(media(number + 1, 1), rid="q"))
    assert len(lesson.publishers["teacher"]._learned) == 120


def test_a_stream_that_changes_while_somebody_moves_away_from_it_is_left_at_the_keyframe() -> None:
    lesson = untold_lesson()
    for layer, rid in enumerate("qhf"):
        lesson.receive("teacher", extended(media(50 + layer, 1), mid="0", rid=rid))
    lesson.target("site", 0)
    lesson.now += 1.5
    lesson.receive("teacher", extended(media(72, 1, DELTA), mid="0", rid="f"))
    down = down_of(lesson)
    assert (down.flows_in, down.waits_in) == (None, layered_track(lesson).up_tracks[0])
    assert layered_track(lesson).up_tracks[2].waiting == []


def test_a_camera_that_comes_back_in_layers_goes_on_in_the_same_section() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: ["site"]}, recorded=[CAMERA])
    lesson.router.set_recording(lesson.now, is_recording=True)
    lesson.subscribe("site")
    lesson.send("teacher", 1, KEY + b"\0")
    lesson.send("teacher", 1, KEY + b"\0")
    lesson.publish("teacher", *layered("teacher"))
    sender = Sender(lesson)
    sender.turns(1.0)
    assert layer_of(lesson) == 2
    numbers = seqs(lesson.media("site down"))
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert lesson.count("forwarded_from:teacher") == len(numbers)
    assert lesson.count("duplicates") == 1
    assert lesson.router.outputs.tape[-1][1][8:12] == LAYER_SSRCS[2][0].to_bytes(4)


def test_a_camera_that_comes_back_with_fewer_layers_is_followed() -> None:
    lesson, sender = lesson_in_layers()
    sender.turns(1.0)
    lesson.publish("teacher", *layered("teacher", rids=("h", "f")))
    Sender(lesson, layers=2).turns(1.0)
    assert layer_of(lesson) == 1
    assert [one.rid for one in layered_track(lesson).encodings] == ["h", "f"]


# -- what is wanted ----------------------------------------------------------------


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


# -- recording ---------------------------------------------------------------------


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
    assert asked_ssrcs(lesson) == [LAYER_SSRCS[2][0]] * 2
