"""The load: one stamped publisher, N counting subscribers, one measured window."""

import array
import asyncio
import gc
import os
import random
import sys
import time
from dataclasses import dataclass, field

from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM

from bench.measure import Run, cpu_seconds, machine_seconds, percentile, resident_kb
from bench.media_load import (
    AUDIO_PACKETS_PER_SECOND,
    AUDIO_PAYLOAD,
    AUDIO_TICKS_PER_PACKET,
    FRAMES_PER_SECOND,
    PACKETS_PER_FRAME,
    VIDEO_TICKS_PER_FRAME,
    VideoLoad,
    read_stamp,
    stamp,
)
from bench.peer import LightPeer, ReceivedPacket
from bench.servers import ServerFailed, ServerUnderTest

AUDIO_MID, VIDEO_MID = "0", "1"
_LAST_ARRIVALS_S = 0.5
# So long a seat reads everything: until its line is known to carry what is sent.
_READ_WHOLE_S = 2.0
_FIRST_VIDEO_TIMEOUT_S = 15.0
# Both servers take the profile the peer offers; with only this one they do equal work.
_PROFILES = (SRTP_AEAD_AES_128_GCM,)


def _wall_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_REALTIME)


@dataclass(slots=True)
class Window:
    """The measured time. A packet belongs to it by the time it was sent, so none is miscounted.

    Shared by the publisher and all subscribers; nothing is counted before `start_ns` is set.
    """

    start_ns: int = sys.maxsize
    end_ns: int = sys.maxsize
    sent: int = 0
    delivered: int = 0
    delays_ns: "array.array[int]" = field(default_factory=lambda: array.array("q"))

    def contains(self, sent_ns: int) -> bool:
        """Return True if a packet sent at this time is measured."""
        return self.start_ns <= sent_ns < self.end_ns


class Publisher:
    """Sends 210 video and 50 audio packets a second, each stamped with its sending time."""

    def __init__(self, *, window: Window, host: str, codec: str, bursts: bool) -> None:
        self.peer = LightPeer(
            host=host,
            rng=random.Random(1),
            srtp_profiles=_PROFILES,
            on_keyframe_request=self._on_request,
        )
        self.video = VideoLoad(codec)
        self._window = window
        self._codec = codec
        self._bursts = bursts

    def _on_request(self, mid: str) -> None:
        if mid == VIDEO_MID:
            self.video.keyframe_wanted = True

    async def connect(self, server: ServerUnderTest) -> None:
        """Negotiate both tracks and do the handshakes."""
        offer = await self.peer.publish_offer([(AUDIO_MID, ("opus",)), (VIDEO_MID, (self._codec,))])
        await self.peer.accept_publish_answer(await server.publish(offer))
        await self.peer.connected()
        if self.peer.rejected_mids:
            raise ServerFailed(f"the server took no {self._codec}")

    async def run(self) -> None:
        """Send until cancelled. A late wake-up is made up for, so the rate holds."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send_audio())
            group.create_task(self._send_video())

    def _send(self, mid: str, payload: bytes, *, increment: int, marker: bool = False) -> None:
        sent_ns = _wall_ns()
        self._window.sent += self._window.contains(sent_ns)
        self.peer.send_rtp(
            mid, stamp(payload, sent_ns), marker=marker, timestamp_increment=increment
        )

    async def _send_audio(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self._send(AUDIO_MID, AUDIO_PAYLOAD, increment=AUDIO_TICKS_PER_PACKET)
            due += 1 / AUDIO_PACKETS_PER_SECOND
            await asyncio.sleep(due - loop.time())

    async def _send_video(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        frame_s = 1 / FRAMES_PER_SECOND
        step_s = 0.0 if self._bursts else frame_s / PACKETS_PER_FRAME
        while True:
            increment = VIDEO_TICKS_PER_FRAME
            payloads = self.video.next_frame()
            for number, payload in enumerate(payloads):
                marker = number == len(payloads) - 1
                self._send(VIDEO_MID, payload, marker=marker, increment=increment)
                increment = 0
                due += step_s
                if step_s:
                    await asyncio.sleep(max(0.0, due - loop.time()))
            if not step_s:
                due += frame_s
                await asyncio.sleep(max(0.0, due - loop.time()))


class Subscriber:
    """Receives, counts the packets of the window and takes the delay of each.

    With `sampling` it reads one packet of so many from soon after its first video on: a room
    that is read whole until it is full is late, and tells the server of a line that is not there.
    """

    def __init__(
        self, number: int, *, window: Window, server: ServerUnderTest, sampling: int = 1
    ) -> None:
        self.number = number
        self._sampling = sampling
        self._window = window
        self.join_started_ns = 0
        self.first_media_ns: int | None = None
        self.first_video_ns: int | None = None
        self.peer = LightPeer(
            host=server.host,
            dtls_setup=server.subscriber_setup,
            rng=random.Random(1000 + number),
            srtp_profiles=_PROFILES,
            on_rtp=self._on_rtp,
        )

    def _on_rtp(self, packet: ReceivedPacket) -> None:
        if self.first_video_ns is None:
            if self.first_media_ns is None:
                self.first_media_ns = packet.arrival_ns
            if self.peer.receptions[packet.ssrc].clock_rate == 90_000:
                self.first_video_ns = packet.arrival_ns
                if self._sampling > 1:
                    asyncio.get_running_loop().call_later(
                        _READ_WHOLE_S, self.peer.sample, self._sampling
                    )
        sent_ns = read_stamp(packet.payload)
        if sent_ns is not None and self._window.contains(sent_ns):
            self._window.delivered += self.peer.receptions[packet.ssrc].sampling
            self._window.delays_ns.append(packet.arrival_ns - sent_ns)

    async def join(self, server: ServerUnderTest) -> None:
        """Subscribe and do the handshakes; the time to first media counts from here."""
        self.join_started_ns = _wall_ns()
        offer = await server.subscribe(self.number)
        await server.answer(self.number, await self.peer.answer(offer))
        await self.peer.connected()


async def _join_all(server: ServerUnderTest, subscribers: list[Subscriber]) -> None:
    # One after the other: together they would measure how fast this process handshakes.
    for subscriber in subscribers:
        await subscriber.join(server)
    async with asyncio.timeout(_FIRST_VIDEO_TIMEOUT_S):
        while any(s.first_video_ns is None for s in subscribers):
            await asyncio.sleep(0.01)


def _join_times_ms(subscribers: list[Subscriber], field: str) -> list[float]:
    return [(getattr(s, field) - s.join_started_ns) / 1e6 for s in subscribers]


async def measure(
    server: ServerUnderTest,
    *,
    subscribers: int,
    seconds: float,
    codec: str,
    bursts: bool,
    sampling: int = 1,
    settle_s: float = 1.5,
) -> Run:
    """Put the load on a fresh server and measure a window of `seconds`.

    The window begins `settle_s` after the last subscriber has video. With `sampling` each
    subscriber reads one packet of so many; what was delivered is reckoned from the samples.
    """
    window = Window()
    publisher = Publisher(window=window, host=server.host, codec=codec, bursts=bursts)
    seats: list[Subscriber] = []
    try:
        await publisher.connect(server)
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(publisher.run())
            await asyncio.sleep(0.5)
            rss_before = resident_kb(server.pid)
            seats = [
                Subscriber(number, window=window, server=server, sampling=sampling)
                for number in range(subscribers)
            ]
            await _join_all(server, seats)
            await asyncio.sleep(settle_s + (_READ_WHOLE_S if sampling > 1 else 0.0))
            # Our own collector must not stop the publisher in the middle of the window.
            gc.collect()
            gc.freeze()
            run = await _measured(
                server,
                publisher,
                seats,
                window=window,
                seconds=seconds,
                rss_before_kb=rss_before,
            )
            sending.cancel()
        return run
    finally:
        gc.unfreeze()
        for peer in [publisher.peer, *(seat.peer for seat in seats)]:
            await peer.close()


async def _measured(
    server: ServerUnderTest,
    publisher: Publisher,
    seats: list[Subscriber],
    *,
    window: Window,
    seconds: float,
    rss_before_kb: int,
) -> Run:
    def clocks() -> tuple[float, ...]:
        own = cpu_seconds(os.getpid())
        return cpu_seconds(server.pid), own, *machine_seconds(), time.monotonic()

    before = clocks()
    window.start_ns = _wall_ns()
    await asyncio.sleep(seconds)
    window.end_ns = _wall_ns()
    after = clocks()
    cpu, own_cpu, busy, stolen, elapsed = (b - a for a, b in zip(before, after, strict=True))
    await asyncio.sleep(_LAST_ARRIVALS_S)
    media_ms = _join_times_ms(seats, "first_media_ns")
    video_ms = _join_times_ms(seats, "first_video_ns")
    return Run(
        server=server.name,
        subscribers=len(seats),
        seconds=elapsed,
        cpu_s=cpu,
        delivered=window.delivered,
        expected=window.sent * len(seats),
        delay_p50_ms=percentile(window.delays_ns, 0.50) / 1e6,
        delay_p99_ms=percentile(window.delays_ns, 0.99) / 1e6,
        rss_per_subscriber_kb=(resident_kb(server.pid) - rss_before_kb) / len(seats),
        join_p50_ms=percentile(media_ms, 0.50),
        join_p95_ms=percentile(media_ms, 0.95),
        first_video_p50_ms=percentile(video_ms, 0.50),
        first_video_p95_ms=percentile(video_ms, 0.95),
        generator_load=own_cpu / elapsed,
        others_load=max(0.0, busy - cpu - own_cpu) / elapsed,
        stolen_s=stolen,
        keyframes=publisher.video.keyframes,
        counters=await server.counters(),
    )
