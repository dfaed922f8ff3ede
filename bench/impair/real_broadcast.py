"""The hub of the rows with a real browser: numbered pictures and known speech, in a loop."""

import asyncio
import itertools
from collections.abc import Sequence

from bench.impair import pictures, speech
from bench.impair.broadcast import Broadcast
from bench.impair.media import AUDIO_PACKET_S
from bench.impair.pictures import ENCODINGS, Packets
from bench.impair.seat import MICROPHONE_MID, LightSeat
from bench.impair.trace import wall_s
from tests.e2e import samples

_AUDIO_TICKS, _VIDEO_CLOCK = 960, 90_000


class Programme:
    """What is sent, encoded once: the packets of each layer, of the speech, and its envelopes."""

    def __init__(self) -> None:
        wav = samples.speech()
        whole = speech.read_wav(wav, rate=48_000)
        self.audio = speech.encode_opus(speech.without_pauses(whole, rate=48_000))
        plain = speech.without_pauses(speech.read_wav(wav), rate=speech.RATE)
        self.envelopes = speech.envelopes([float(value) for value in plain])
        self.video: list[list[Packets]] = [list(pictures.encode(each)) for each in ENCODINGS]


class RealBroadcast(Broadcast):
    """Sends a programme on whatever publishing connection its seat has at the moment."""

    def __init__(self, programme: Programme) -> None:
        super().__init__(layers=())
        self._programme = programme

    @property
    def rids(self) -> tuple[str, ...]:
        """Return the encodings to offer."""
        return tuple(encoding.rid for encoding in ENCODINGS)

    def keyframe_wanted(self, stream: str) -> None:
        """Do nothing: a keyframe comes every half second."""

    async def run(self, seat: LightSeat) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._speak(seat))
            for place in range(len(ENCODINGS)):
                group.create_task(self._show(seat, place))

    async def _speak(self, seat: LightSeat) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        for packet in itertools.cycle(self._programme.audio):
            self.audio_sent_s.append(wall_s())
            self._send(seat, MICROPHONE_MID, packet, increment=_AUDIO_TICKS)
            due += AUDIO_PACKET_S
            await asyncio.sleep(due - loop.time())

    async def _show(self, seat: LightSeat, place: int) -> None:
        encoding = ENCODINGS[place]
        loop = asyncio.get_running_loop()
        due = loop.time()
        for payloads in itertools.cycle(self._programme.video[place]):
            name = self._stream_of(seat, encoding.rid, is_best=encoding is ENCODINGS[-1])
            if name is not None:
                self._send_picture(seat, name, payloads, fps=encoding.fps)
            due += 1 / encoding.fps
            await asyncio.sleep(due - loop.time())

    def _send_picture(
        self, seat: LightSeat, name: str, payloads: Sequence[bytes], *, fps: int
    ) -> None:
        increment = round(_VIDEO_CLOCK / fps)
        for number, payload in enumerate(payloads):
            marker = number == len(payloads) - 1
            self._send(seat, name, payload, increment=increment, marker=marker)
            increment = 0
