"""What a seat sends: sound, and a camera in as many layers as the server takes."""

import asyncio
import time
from collections.abc import Sequence

from bench.impair.media import (
    AUDIO_PACKET_S,
    LAYERS,
    Encoder,
    Layer,
    audio_packet,
    stamped,
)
from bench.impair.seat import CAMERA_MID, MICROPHONE_MID, LightSeat

_AUDIO_TICKS, _VIDEO_CLOCK = 960, 90_000


def _wall_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_REALTIME)


class Broadcast:
    """Sends on whatever publishing connection its seat has at the moment.

    Nobody's media waits for a connection: what falls into a gap is never sent, as with a
    microphone. `audio_sent_s[n]` is when the audio packet n was sent.
    """

    def __init__(self, layers: Sequence[Layer] = LAYERS) -> None:
        self.encoders = [Encoder(LAYERS.index(layer), layer) for layer in layers]
        self.audio_sent_s: list[float] = []

    @property
    def rids(self) -> tuple[str, ...]:
        """Return the encodings to offer; none when there is only one layer."""
        return tuple(e.layer.rid for e in self.encoders) if len(self.encoders) > 1 else ()

    def keyframe_wanted(self, stream: str) -> None:
        """Take a request for a stream, `mid` or `mid/rid`: a keyframe on it alone."""
        for encoder in self.encoders:
            if stream == f"{CAMERA_MID}/{encoder.layer.rid}" or (
                stream == CAMERA_MID and encoder is self.encoders[-1]
            ):
                encoder.keyframe_wanted = True

    async def run(self, seat: LightSeat) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send_audio(seat))
            for encoder in self.encoders:
                group.create_task(self._send_video(seat, encoder))

    async def _send_audio(self, seat: LightSeat) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            now_ns = _wall_ns()
            number = len(self.audio_sent_s)
            self.audio_sent_s.append(now_ns / 1e9)
            self._send(seat, MICROPHONE_MID, audio_packet(number, now_ns), increment=_AUDIO_TICKS)
            due += AUDIO_PACKET_S
            await asyncio.sleep(due - loop.time())

    async def _send_video(self, seat: LightSeat, encoder: Encoder) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            name = self._stream_of(seat, encoder.layer.rid, is_best=encoder is self.encoders[-1])
            if name is not None:
                self._send_frame(seat, name, encoder)
            due += 1 / encoder.layer.fps
            await asyncio.sleep(due - loop.time())

    def _send_frame(self, seat: LightSeat, name: str, encoder: Encoder) -> None:
        increment = round(_VIDEO_CLOCK / encoder.layer.fps)
        for payload, stamp in encoder.next_frame():
            whole = stamped(payload, stamp._replace(sent_ns=_wall_ns()))
            marker = stamp.part == stamp.parts - 1
            self._send(seat, name, whole, increment=increment, marker=marker)
            increment = 0

    def _stream_of(self, seat: LightSeat, rid: str, *, is_best: bool) -> str | None:
        """Return on which stream an encoding is sent now, None when it is not."""
        peer = seat.publisher
        if peer is None or not peer.is_connected:
            return None
        name = f"{CAMERA_MID}/{rid}"
        if name in peer.streams:
            return name
        # A server without simulcast gets the one best encoding.
        return CAMERA_MID if is_best and CAMERA_MID in peer.streams else None

    def _send(
        self, seat: LightSeat, name: str, payload: bytes, *, increment: int, marker: bool = False
    ) -> None:
        peer = seat.publisher
        if peer is not None and peer.is_connected and name in peer.streams:
            peer.send_rtp(name, payload, marker=marker, timestamp_increment=increment)

    def due_s(self, number: int) -> float:
        """Return when an audio packet was due, by the microphone's own clock."""
        return self.audio_sent_s[0] + number * AUDIO_PACKET_S

    def audio_between(self, begin_s: float, end_s: float) -> tuple[int, int]:
        """Return the first and last audio packet due in this time."""
        numbers = [n for n, at in enumerate(self.audio_sent_s) if begin_s <= at < end_s]
        return (numbers[0], numbers[-1]) if numbers else (0, -1)
