"""What is concluded from a page's pictures and sound, and the pictures it is shown."""

import math
from array import array
from itertools import islice

import av
import pytest

from bench.impair.page import Picture, Sound
from bench.impair.pictures import ENCODINGS, encode
from bench.impair.web_rows import between, changes, heard_from_s, longest_freeze_s
from tests.e2e.samples import CELLS_ACROSS, gray_cells

CHUNK = 1600


def shown(*numbers: int | None, every_s: float = 0.1) -> list[Picture]:
    return [Picture(place * every_s, number) for place, number in enumerate(numbers)]


def test_a_picture_shown_again_is_no_new_one() -> None:
    assert [p.number for p in changes(shown(5, 5, 6, None, 6, 7, 5))] == [5, 6, 7, 5]
    assert changes([]) == []


def test_a_frozen_picture_is_frozen_although_frames_are_shown() -> None:
    moving = shown(*range(10))
    stuck = shown(0, 1, *[2] * 20, 3)
    assert longest_freeze_s(moving, begin_s=0, end_s=1) == pytest.approx(0.1)
    assert longest_freeze_s(stuck, begin_s=0, end_s=2.2) == pytest.approx(2.0)
    assert longest_freeze_s([], begin_s=0, end_s=3) == 3
    assert longest_freeze_s(shown(*[None] * 20), begin_s=0, end_s=2) == 2


def sound(*levels: int) -> Sound:
    samples = array("h")
    for level in levels:
        samples.extend([level, -level] * (CHUNK // 2))
    return Sound(samples, [0.1 * place for place in range(len(levels))])


def test_speech_is_back_when_it_is_loud_enough() -> None:
    played = sound(2000, 0, 0, 5, 1500)
    assert heard_from_s(played, 0.05) == pytest.approx(0.4)
    assert math.isinf(heard_from_s(sound(0, 5, 0), 0.0))
    assert math.isinf(heard_from_s(Sound(array("h"), []), 0.0))


def test_the_part_before_a_moment_is_cut_out_whole() -> None:
    part = between(sound(1, 2, 3), 0.15)
    assert part.chunk_at_s == [0.0, pytest.approx(0.1)]
    assert len(part.samples) == 2 * CHUNK
    assert between(Sound(array("h"), []), 1.0).samples == array("h")


@pytest.mark.parametrize("encoding", ENCODINGS[:2], ids=lambda encoding: encoding.rid)
def test_the_number_can_be_read_of_every_encoded_picture(encoding: "object") -> None:
    assert encoding in ENCODINGS
    layer = next(each for each in ENCODINGS if each is encoding)
    step = 30 // layer.fps
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    read = []
    for payloads in islice(encode(layer), 20):
        data = b"".join(b"\x00\x00\x00\x01" + nal for nal in units(payloads))
        for frame in decoder.decode(av.Packet(data)):
            read.append(cells(frame))  # noqa: PERF401 - flat is no clearer
    assert len(read) >= 18
    assert read == [gray_cells(step * place) for place in range(len(read))]


def units(payloads: list[bytes]) -> list[bytes]:
    """Undo RFC 6184: STAP-A, FU-A and single units."""
    found: list[bytes] = []
    for payload in payloads:
        kind = payload[0] & 0x1F
        if kind == 24:
            at = 1
            while at < len(payload):
                size = int.from_bytes(payload[at : at + 2], "big")
                found.append(payload[at + 2 : at + 2 + size])
                at += 2 + size
        elif kind == 28:
            if payload[1] & 0x80:
                found.append(bytes([payload[0] & 0xE0 | payload[1] & 0x1F]))
            found[-1] += payload[2:]
        else:
            found.append(payload)
    return found


def cells(frame: av.VideoFrame) -> list[bool]:
    luma = frame.planes[0]
    pixels = bytes(luma)
    size = frame.width // CELLS_ACROSS
    y = frame.height - size // 2
    count = len(gray_cells(0))
    return [pixels[y * luma.line_size + cell * size + size // 2] > 127 for cell in range(count)]
