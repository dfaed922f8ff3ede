"""A room's router without a network: peers are names, links are strings, time is a number."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from media.core import rtcp, rtp
from media.core.codecs import H264, OPUS, Codec, rewrite_picture
from media.core.downtrack import DownTrack, PayloadTypes
from media.core.events import Event
from media.core.ids import PeerId, Source, TrackKey
from media.core.publisher import Publisher, PublisherSpec
from media.core.router import Router
from media.core.runs import Runs
from media.core.subscriber import Subscriber
from media.core.tables import RouterTimes
from media.core.uptrack import PublishedTrack

KEY = b"\x65" + bytes(30)  # an IDR slice in a packet of its own (RFC 6184 section 5.6)
DELTA = b"\x41" + bytes(30)
SPS = b"\x67\x42\xe0\x1f"
VIDEO_SSRC, RTX_SSRC, AUDIO_SSRC = 1000, 1001, 2000
VIDEO_TYPE, RTX_TYPE, AUDIO_TYPE = 102, 103, 111
ALL_CODECS = {
    "H264": PayloadTypes(40, 41),
    "VP8": PayloadTypes(42, 43),
    "opus": PayloadTypes(44, None),
}


def track(peer: str, source: Source = Source.CAMERA) -> TrackKey:
    return TrackKey(PeerId(peer), source)


CAMERA, SOUND = track("teacher"), track("teacher", Source.MICROPHONE)
TICKS = 960  # a packet of sound is 20 ms at 48 kHz
#: Header extensions (RFC 8285), as they are offered in tests that use them.
TWCC_ID, MID_ID = 3, 4
NTP_SECOND = 1 << 32
T = TypeVar("T", bound=rtcp.RtcpPacket)


def camera(peer: str, codec: Codec = H264, **changes: object) -> PublishedTrack:
    values: dict[str, object] = {
        "mid": "0",
        "track": track(peer),
        "codec": codec,
        "payload_type": VIDEO_TYPE,
        "rtx_payload_type": RTX_TYPE,
        "ssrc": VIDEO_SSRC,
        "rtx_ssrc": RTX_SSRC,
        "has_nack": True,
        "has_pli": True,
    }
    return PublishedTrack(**(values | changes))  # type: ignore[arg-type] # named above


#: By layer: the SSRCs (media, retransmission) of a camera's encodings.
LAYER_SSRCS = ((3000, 3001), (3010, 3011), (3020, 3021))
RIDS = ("q", "h", "f")


def layered(
    peer: str, codec: Codec = H264, *, rids: Sequence[str] = RIDS, **changes: object
) -> tuple[PublishedTrack, ...]:
    """Return a camera in several encodings, smallest first."""
    return tuple(
        camera(
            peer,
            codec,
            **({"ssrc": LAYER_SSRCS[layer][0], "rtx_ssrc": LAYER_SSRCS[layer][1]} | changes),
            rid=rid,
            layer=layer,
        )
        for layer, rid in enumerate(rids)
    )


def microphone(peer: str, **changes: Any) -> PublishedTrack:
    sound = PublishedTrack("1", track(peer, Source.MICROPHONE), OPUS, AUDIO_TYPE, ssrc=AUDIO_SSRC)
    return replace(sound, **changes)


class Lesson:
    """One room. `sent` collects (link, packet) of everything handed to a subscriber."""

    def __init__(self, runs: Runs | None = None, /, **times: float) -> None:
        self.now = 100.0
        rng = random.Random(7)
        self.router = Router(
            RouterTimes(**times), random_bits=rng.getrandbits, now=self.now, runs=runs
        )
        self.publishers: dict[str, Publisher] = {}
        self.sent: list[tuple[object, bytes]] = []
        self.events: list[Event] = []

    # -- people ------------------------------------------------------------------

    def publish(
        self, peer: str, *tracks: PublishedTrack, again: bool = False, **spec: Any
    ) -> Publisher:
        if not again:
            self.publishers[peer] = self.router.add_publisher(PeerId(peer), f"{peer} up", self.now)
        publisher = self.publishers[peer]
        self.router.configure_publisher(
            publisher,
            PublisherSpec(tracks or (camera(peer),), **spec),
            self.now,
        )
        return publisher

    def allow(
        self, audience: Mapping[TrackKey, Iterable[str]], recorded: Iterable[TrackKey] = ()
    ) -> None:
        self.router.set_plan(
            {key: frozenset(map(PeerId, names)) for key, names in audience.items()},
            frozenset(recorded),
            self.now,
        )

    def subscribe(self, peer: str, codecs: Mapping[str, PayloadTypes] | None = None) -> Subscriber:
        """Subscribe, answer the first offer, be connected."""
        subscriber = self.router.add_subscriber(PeerId(peer), f"{peer} down", self.now)
        self.answer(subscriber, codecs)
        self.router.set_connected(subscriber, is_connected=True, now=self.now)
        return subscriber

    def answer(
        self, subscriber: Subscriber, codecs: Mapping[str, PayloadTypes] | None = None
    ) -> None:
        subscriber.offer_made(subscriber.offered_revision + 1)
        taken = ALL_CODECS if codecs is None else codecs
        self.router.accept_answer(
            subscriber, {down.mid: taken for down in subscriber.sections}, self.now
        )

    # -- packets -----------------------------------------------------------------

    def send(
        self,
        peer: str,
        seq: int,
        payload: bytes = DELTA,
        *,
        timestamp: int | None = None,
        ssrc: int = VIDEO_SSRC,
        payload_type: int = VIDEO_TYPE,
    ) -> None:
        """Let the publisher's packet arrive now, and collect what it causes."""
        packet = rtp.build(
            payload,
            payload_type=payload_type,
            marker=0,
            seq=seq,
            timestamp=3000 * seq if timestamp is None else timestamp,
            ssrc=ssrc,
        )
        self.receive(peer, packet)

    def receive(self, peer: str, packet: bytes) -> None:
        header = rtp.parse(packet, len(packet))
        publisher = self.publishers[peer]
        if header[0] in publisher.sound_types:
            header = self.router.open_sound(publisher, header, packet, self.now)
        flowing = self.router.receive_rtp(publisher, header, packet, len(packet), self.now)
        self.drain()
        for down in flowing:
            self.sent.append((down.link, as_fanned_out(down, header, packet)))

    def send_layer(
        self, layer: int, seq: int, payload: bytes = DELTA, *, timestamp: int | None = None
    ) -> None:
        """Let a packet of one of the teacher's encodings arrive now."""
        self.send("teacher", seq, payload, ssrc=LAYER_SSRCS[layer][0], timestamp=timestamp)

    def send_audio(self, peer: str, seq: int) -> None:
        self.send(peer, seq, b"opus", timestamp=960 * seq, ssrc=AUDIO_SSRC, payload_type=AUDIO_TYPE)

    def target(self, peer: str, layer: int | None, *, of: str = "teacher") -> None:
        self.router.set_layer_target(PeerId(peer), track(of), layer, self.now)
        self.drain()

    def repair(self, peer: str, seq: int, payload: bytes = DELTA, *, rtx_seq: int) -> None:
        """Let the packet `seq` arrive as a retransmission."""
        original = rtp.build(
            payload,
            payload_type=VIDEO_TYPE,
            marker=0,
            seq=seq,
            timestamp=3000 * seq,
            ssrc=VIDEO_SSRC,
        )
        self.receive(
            peer, rtp.build_rtx(original, payload_type=RTX_TYPE, seq=rtx_seq, ssrc=RTX_SSRC)
        )

    def nack(self, subscriber: Subscriber, ssrc: int, *lost: int) -> None:
        self.say(subscriber, rtcp.Nack(1, ssrc, lost))

    def say(self, subscriber: Subscriber, *packets: rtcp.RtcpPacket) -> None:
        self.router.receive_subscriber_rtcp(subscriber, list(packets), self.now)
        self.drain()

    def pass_time(self, seconds: float) -> None:
        """Let the clock run, calling the timer whenever it asks to be."""
        until = self.now + seconds
        while self.router.wake_at <= until:
            self.now = max(self.now, self.router.wake_at)
            self.router.handle_timer(self.now)
            assert self.router.wake_at > self.now, "the timer must move on"
            self.drain()
        self.now = until

    def drain(self) -> None:
        self.sent += self.router.outputs.outbox
        self.router.outputs.outbox.clear()
        while (event := self.router.next_event()) is not None:
            self.events.append(event)

    # -- what came of it -----------------------------------------------------------

    def media(self, link: str, ssrc: int | None = None) -> list[rtp.ParsedRtp]:
        """Return the headers of the RTP sent to a link, in the order it was sent."""
        headers = [
            rtp.parse(packet, len(packet))
            for to, packet in self.sent
            if to == link and not 192 <= packet[1] < 224
        ]
        return [h for h in headers if ssrc is None or h[4] == ssrc]

    def told(self, link: str) -> list[rtcp.RtcpPacket]:
        """Return the RTCP sent to a link."""
        return [
            one
            for to, packet in self.sent
            if to == link and 192 <= packet[1] < 224
            for one in rtcp.parse(packet)
        ]

    def count(self, name: str) -> int:
        return self.router.counters().get(name, 0)


def as_fanned_out(down: DownTrack, header: rtp.ParsedRtp, packet: bytes) -> bytes:
    """Do what a data plane does for one subscriber: add constants, nothing else."""
    _, marker, seq, timestamp, _, start, end, _ = header
    payload = bytearray(packet[start:end])
    if down.rewriter.picture_shift or down.rewriter.tl0_shift:
        rewrite_picture(memoryview(payload), down.rewriter.picture_shift, down.rewriter.tl0_shift)
    return rtp.build(
        payload,
        payload_type=down.payload_type,
        marker=marker,
        seq=seq + down.rewriter.seq_shift,
        timestamp=timestamp + down.rewriter.timestamp_shift,
        ssrc=down.ssrc,
    )


def with_extensions(packet: bytes, elements: Mapping[int, bytes]) -> bytes:
    """Return the packet with these header extensions of one byte (RFC 8285 section 4.2), by id."""
    block = b"".join(bytes((at << 4 | len(data) - 1,)) + data for at, data in elements.items())
    block += bytes(-len(block) % 4)
    extension = b"\xbe\xde" + (len(block) // 4).to_bytes(2) + block
    return bytes((packet[0] | 0x10,)) + packet[1:12] + extension + packet[12:]


def seqs(headers: Sequence[rtp.ParsedRtp]) -> list[int]:
    return [header[2] for header in headers]


def watched_lesson(*names: str, **times: float) -> Lesson:
    """A teacher with a camera, and sites that have seen one keyframe."""
    lesson = Lesson(**times)
    lesson.publish("teacher")
    lesson.allow({CAMERA: names or ("site",)})
    for name in names or ("site",):
        lesson.subscribe(name)
    lesson.send("teacher", 10, KEY)
    return lesson


def lesson_with_site() -> tuple[Lesson, Subscriber]:
    """A teacher with a camera and a microphone, and a site that may have both."""
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher"), microphone("teacher"))
    lesson.allow({CAMERA: ["site"], SOUND: ["site"]})
    return lesson, lesson.subscribe("site")


def told(lesson: Lesson, link: str, kind: type[T]) -> list[T]:
    """Return the RTCP of one kind sent to a link."""
    return [packet for packet in lesson.told(link) if isinstance(packet, kind)]
