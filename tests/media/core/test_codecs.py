"""Where decoding may begin, and pictures that are counted on."""

import pytest

from media.core import vp8
from media.core.codecs import H264, OPUS, VP8, rewrite_picture
from media.core.ids import PeerId
from tests.media.core.lesson import Lesson, camera, track

# RFC 7741 section 4.2: X, then I and L, a 15-bit picture id, TL0PICIDX, payload header.
VP8_KEY = b"\x90\xc0\x80\x05\x07" + b"\x10\x00\x00\x9d\x01\x2a" + bytes(20)
VP8_DELTA = b"\x90\xc0\x80\x06\x08" + b"\x11" + bytes(20)
VP8_PLAIN = b"\x10" + b"\x11" + bytes(20)


@pytest.mark.parametrize(
    ("codec", "payload", "expected"),
    [
        (OPUS, b"", True),
        (H264, b"\x65\x00", True),
        (H264, b"\x41\x00", False),
        (H264, b"", False),
        (VP8, VP8_KEY, True),
        (VP8, VP8_DELTA, False),
        (VP8, b"", False),
    ],
)
def test_decoding_may_begin_at_a_keyframe(codec: object, payload: bytes, expected: bool) -> None:
    assert codec.starts_anew(payload) is expected  # type: ignore[attr-defined] # a Codec


def test_only_vp8_has_picture_ids() -> None:
    assert VP8.picture(VP8_KEY) == (5, 7)
    assert VP8.picture(VP8_PLAIN) is None
    assert VP8.picture(b"") is None
    assert H264.picture(b"\x65") is None


def test_a_picture_is_shifted_in_place() -> None:
    payload = bytearray(VP8_KEY)
    rewrite_picture(memoryview(payload), 10, 250)
    assert VP8.picture(bytes(payload)) == (15, 1)
    assert payload[5:] == VP8_KEY[5:]


@pytest.mark.parametrize("payload", [b"", b"\x90", VP8_PLAIN])
def test_what_has_no_picture_id_is_left_alone(payload: bytes) -> None:
    changed = bytearray(payload)
    rewrite_picture(memoryview(changed), 10, 250)
    assert changed == payload


def test_a_picture_id_alone_is_shifted_alone() -> None:
    payload = bytearray(b"\x90\x80\x05" + b"\x11" + bytes(4))
    rewrite_picture(memoryview(payload), 4, 4)
    descriptor = vp8.parse_descriptor(bytes(payload))
    assert (descriptor.picture_id, descriptor.tl0picidx) == (9, None)


def test_vp8_pictures_are_counted_on_over_a_pause() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", VP8))
    lesson.allow({track("teacher"): ["site"]})
    site = lesson.subscribe("site")
    lesson.send("teacher", 1, VP8_KEY)
    lesson.send("teacher", 2, VP8_DELTA)
    lesson.allow({})
    lesson.allow({track("teacher"): ["site"]})
    far = b"\x90\xc0\x81\x00\x50" + VP8_KEY[5:]
    lesson.send("teacher", 9, far)
    [down] = site.sections
    assert VP8.picture(VP8_DELTA) == (6, 8)
    shifted = down.packet(9, (0, 0, far, 0.0))
    assert VP8.picture(shifted[12:]) == (7, 9)


def test_a_run_that_ends_after_its_packets_left_the_cache_still_ends() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", VP8))
    lesson.allow({track("teacher"): ["site"]})
    lesson.subscribe("site")
    lesson.send("teacher", 1, VP8_KEY)
    lesson.router.tracks[track("teacher")].up_tracks[0].cache.clear()
    lesson.router.remove_publisher(PeerId("teacher"))
    assert lesson.router.tracks == {}
