"""Real pictures for a browser to decode: H.264 in three layers, each picture numbered.

The number is drawn as `tests.e2e.samples` draws it and read back in the page by its
`counter.js`. A keyframe every half second, so that nobody need be asked for one.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av

from tests.e2e.samples import CELLS_ACROSS, FRAME_RATE, FRAMES, gray_cells
from tests.media.rtp_source import h264_payloads, split_annex_b

_KEYFRAME_EVERY_S = 0.5
# Noise of so little contrast is easily covered by the numbers, and fills any bit rate.
_NOISE = bytes(96 + value // 5 for value in range(256))


@dataclass(frozen=True, slots=True)
class Encoding:
    """One layer of the hub's camera."""

    rid: str
    width: int
    height: int
    fps: int
    kbps: int


ENCODINGS = (
    Encoding("q", 320, 180, 15, 120),
    Encoding("h", 640, 360, 30, 450),
    Encoding("f", 1280, 720, 30, 1500),
)

Packets = list[bytes]


def _numbered(encoding: Encoding, number: int, rng: random.Random) -> av.VideoFrame:
    frame = av.VideoFrame(encoding.width, encoding.height, "yuv420p")
    luma, *chroma = frame.planes
    for plane in chroma:
        plane.update(b"\x80" * plane.buffer_size)
    pixels = bytearray(rng.randbytes(luma.buffer_size).translate(_NOISE))
    cell = encoding.width // CELLS_ACROSS
    row = b"".join((b"\xf0" if white else b"\x10") * cell for white in gray_cells(number))
    for y in range(encoding.height - cell, encoding.height):
        pixels[y * luma.line_size : y * luma.line_size + len(row)] = row
    luma.update(bytes(pixels))
    return frame


def _encoder(encoding: Encoding) -> av.VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = encoding.width, encoding.height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, encoding.fps), Fraction(encoding.fps)
    encoder.gop_size = round(encoding.fps * _KEYFRAME_EVERY_S)
    encoder.max_b_frames = 0
    encoder.thread_count = 1
    rate = encoding.kbps
    encoder.bit_rate = rate * 1000
    encoder.options = {
        "profile": "baseline", "preset": "ultrafast", "tune": "zerolatency",
        "x264-params": f"scenecut=0:vbv-maxrate={rate}:vbv-bufsize={rate // 3}",
    }  # fmt: skip
    return encoder


def encode(encoding: Encoding, *, seed: int = 1) -> Iterator[Packets]:
    """Yield the RTP payloads of each picture of one round of the counter."""
    rng = random.Random(seed)
    encoder = _encoder(encoding)
    step = FRAME_RATE // encoding.fps
    for place, number in enumerate(range(0, FRAMES, step)):
        frame = _numbered(encoding, number, rng)
        frame.pts = place
        for packet in encoder.encode(frame):
            yield h264_payloads(split_annex_b(bytes(packet)))
    for packet in encoder.encode(None):
        yield h264_payloads(split_annex_b(bytes(packet)))
