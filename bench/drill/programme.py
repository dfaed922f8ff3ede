"""What the teacher of a drill sends: a picture and sound that are encoded while the lesson runs.

Each sound packet carries a stamp in the padding that Opus allows (RFC 6716 section 3.2.5), each
picture is known by its digest: so what a recording holds can be laid beside what was sent, item
by item, whatever became of time stamps and numbers on the way.
"""

import asyncio
import hashlib
import itertools
import math
import random
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import av
from av.video.frame import PictureType

from bench.impair.broadcast import Broadcast
from bench.impair.media import AUDIO, AUDIO_PACKET_S, Stamp, stamped
from bench.impair.seat import CAMERA_MID, MICROPHONE_MID, LightSeat
from bench.impair.trace import wall_s
from bench.peer import LightPeer
from tests.media.rtp_source import h264_payloads, split_annex_b

FPS = 15
PICTURE_S = 1 / FPS
_AUDIO_TICKS, _VIDEO_TICKS = 960, 90_000 // FPS
_RATE = 48_000
_TONES_HZ = (220, 330, 440, 660, 550)
_LOUDNESS = 6_000
_STAMP_BYTES = 24
_THREE_WITH_PADDING = 0x41  # one frame, padding (RFC 6716 section 3.2.5)
_PARAMETER_SETS = frozenset({6, 7, 8, 9})


class Sent(NamedTuple):
    """One packet of sound or one picture. `connection`: over which it went; 0: over none."""

    at_s: float
    connection: int


@dataclass(frozen=True, slots=True)
class Size:
    """The picture that is sent."""

    width: int = 320
    height: int = 180
    kbps: int = 500


class Camera:
    """A live H.264 encoder: pictures of moving noise, a key frame when one is wanted."""

    def __init__(self, size: Size, *, seed: int) -> None:
        encoder = av.CodecContext.create("libx264", "w")
        assert isinstance(encoder, av.VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = size.width, size.height, "yuv420p"
        encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
        encoder.gop_size = 100_000  # as a browser: none but those that are asked for
        encoder.max_b_frames = 0
        encoder.thread_count = 1
        encoder.bit_rate = size.kbps * 1000
        encoder.options = {
            "profile": "baseline", "preset": "ultrafast", "tune": "zerolatency",
            "forced-idr": "1",
            "x264-params": f"scenecut=0:vbv-maxrate={size.kbps}:vbv-bufsize={size.kbps // 3}",
        }  # fmt: skip
        self._encoder = encoder
        self._size = size
        noise = random.Random(seed).randbytes(size.width * size.height * 2)
        self._noise = noise.translate(bytes(64 + value // 2 for value in range(256)))
        self._count = 0
        self.keyframe_wanted = True

    def next_picture(self) -> list[bytes]:
        """Return the NAL units of the next picture, parameter sets before a key frame."""
        frame = av.VideoFrame(self._size.width, self._size.height, "yuv420p")
        luma, *chroma = frame.planes
        for plane in chroma:
            plane.update(b"\x80" * plane.buffer_size)
        at = self._count * 997 % (len(self._noise) // 2)
        rows = self._noise[at : at + luma.buffer_size]
        luma.update(rows.ljust(luma.buffer_size, b"\x40"))
        frame.pts = self._count
        is_wanted, self.keyframe_wanted = self.keyframe_wanted, False
        frame.pict_type = PictureType.I if is_wanted else PictureType.NONE
        self._count += 1
        [packet] = self._encoder.encode(frame)
        return split_annex_b(bytes(packet))


def _pcm() -> Iterator[bytes]:
    """Yield 20 ms of stereo sound at a time, endlessly."""
    rounds = []
    for tone in _TONES_HZ:
        samples = array("h")
        for tick in range(_RATE // 5):
            value = round(_LOUDNESS * math.sin(2 * math.pi * tone * tick / _RATE))
            samples.extend((value, value))
        whole = samples.tobytes()
        rounds += [whole[at : at + 3_840] for at in range(0, len(whole), 3_840)]
    yield from itertools.cycle(rounds)


class Microphone:
    """A live Opus encoder; every packet is padded with its stamp."""

    def __init__(self) -> None:
        encoder = av.CodecContext.create("libopus", "w")
        assert isinstance(encoder, av.AudioCodecContext)
        encoder.sample_rate, encoder.layout = _RATE, "stereo"
        encoder.format = av.AudioFormat("s16")
        self._encoder = encoder
        self._pcm = _pcm()
        self._count = 0

    def next_packet(self, stamp: Stamp) -> bytes:
        """Return the next 20 ms."""
        while True:
            frame = av.AudioFrame("s16", "stereo", _AUDIO_TICKS)
            frame.sample_rate, frame.pts = _RATE, self._count * _AUDIO_TICKS
            frame.planes[0].update(next(self._pcm))
            self._count += 1
            packets = self._encoder.encode(frame)
            if packets:  # the first frames fill the encoder's delay
                return numbered(bytes(packets[0]), stamp)


def numbered(packet: bytes, stamp: Stamp) -> bytes:
    """Return an Opus packet of one frame with a stamp in its padding; raise ValueError."""
    if packet[0] & 0x03:
        raise ValueError("the packet has more than one frame")
    head = bytes([packet[0] | 0x03, _THREE_WITH_PADDING, _STAMP_BYTES])
    return stamped(head + packet[1:] + bytes(_STAMP_BYTES), stamp)


def picture_digest(nals: Sequence[bytes]) -> bytes:
    """Return what a picture is known by: its slices, without parameter sets."""
    digest = hashlib.blake2b(digest_size=16)
    for nal in nals:
        if nal[0] & 0x1F not in _PARAMETER_SETS:
            digest.update(nal)
    return digest.digest()


class Programme(Broadcast):
    """Sends on whatever publishing connection its seat has; notes what went over which.

    Nobody's media waits for a connection: what falls into a gap is noted as sent over none.
    """

    def __init__(self, size: Size | None = None, *, seed: int = 1) -> None:
        super().__init__(layers=())
        self._camera = Camera(size or Size(), seed=seed)
        self._microphone = Microphone()
        self._peer: LightPeer | None = None
        self._connection = 0
        self.sound: list[Sent] = []
        self.pictures: list[Sent] = []
        #: Which picture has a digest.
        self.picture_of: dict[bytes, int] = {}
        #: When each connection could carry media, in wall time; the first is number 1.
        self.connected_s: list[float] = []

    @property
    def rids(self) -> tuple[str, ...]:
        """Return the encodings to offer: there is one, and no need to name it."""
        return ()

    def keyframe_wanted(self, stream: str) -> None:
        """Take a request for a key frame."""
        if stream == CAMERA_MID:
            self._camera.keyframe_wanted = True

    async def run(self, seat: LightSeat) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._speak(seat))
            group.create_task(self._show(seat))

    def _over(self, seat: LightSeat) -> int:
        """Return the number of the connection that carries media now; 0 for none."""
        peer = seat.publisher
        if peer is None or not peer.is_connected or MICROPHONE_MID not in peer.streams:
            return 0
        if peer is not self._peer:
            self._peer = peer
            self._connection += 1
            self.connected_s.append(wall_s())
            self._camera.keyframe_wanted = True
        return self._connection

    async def _speak(self, seat: LightSeat) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            at_s = wall_s()
            stamp = Stamp(AUDIO, False, 0, 1, len(self.sound), round(at_s * 1e9))
            packet = self._microphone.next_packet(stamp)
            over = self._over(seat)
            self.sound.append(Sent(at_s, over))
            if over:
                self._send(seat, MICROPHONE_MID, packet, increment=_AUDIO_TICKS)
            due += AUDIO_PACKET_S
            await asyncio.sleep(due - loop.time())

    async def _show(self, seat: LightSeat) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            over = self._over(seat)
            nals = self._camera.next_picture()
            self.picture_of[picture_digest(nals)] = len(self.pictures)
            self.pictures.append(Sent(wall_s(), over))
            payloads = h264_payloads(nals) if over else []
            increment = _VIDEO_TICKS
            for number, payload in enumerate(payloads):
                marker = number == len(payloads) - 1
                self._send(seat, CAMERA_MID, payload, increment=increment, marker=marker)
                increment = 0
            due += PICTURE_S
            await asyncio.sleep(due - loop.time())
