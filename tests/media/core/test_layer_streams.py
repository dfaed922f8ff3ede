"""Which encoding is this packet of: by what was told, and by what the first packets name."""

from media.core import rtp
from tests.media.core.layered_lesson import (
    Sender,
    down_of,
    layer_of,
    layered_track,
    lesson_in_layers,
    media,
    shown,
)
from tests.media.core.lesson import (
    CAMERA,
    DELTA,
    KEY,
    LAYER_SSRCS,
    MID_ID,
    RTX_TYPE,
    Lesson,
    layered,
    microphone,
    seqs,
    with_extensions,
)

RID_ID, REPAIRED_ID = 10, 11


def extended(packet: bytes, **texts: str) -> bytes:
    """Return the packet with header extensions of one byte (RFC 8285): mid, rid, repaired."""
    ids = {"mid": MID_ID, "rid": RID_ID, "repaired": REPAIRED_ID}
    return with_extensions(packet, {ids[name]: text.encode() for name, text in texts.items()})


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
