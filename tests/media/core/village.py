"""A lesson over narrow lines without a network: the real router, and a line for every site.

The teacher sends sound, a camera in three encodings and, if asked, a screen in two; as a
browser does she pauses encodings nobody wants and answers a request with keyframes of all. If
asked, somebody on stage speaks too. Sites take redundant sound, and report arrivals, losses and
gaps. Time is a number that goes in steps of 2 ms.
"""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from media.core import red, rtcp, rtp
from media.core.allocation import LinkBudget, Priority
from media.core.bandwidth import TwccRecorder
from media.core.codecs import H264, OPUS
from media.core.downtrack import DownTrack, PayloadTypes
from media.core.events import LayersWanted, LinkMeasured
from media.core.ids import Kind, PeerId, Source, TrackKey
from media.core.nack import NackGenerator
from media.core.publisher import PublisherSpec
from media.core.router import Router
from media.core.tables import RouterTimes
from media.core.uptrack import PublishedTrack
from tests.media.core.bottleneck import OVERHEAD_BYTES, Line, World

STEP_S = 0.002
TEACHER = PeerId("teacher")
SOUND = TrackKey(TEACHER, Source.MICROPHONE)
CAMERA = TrackKey(TEACHER, Source.CAMERA)
SCREEN = TrackKey(TEACHER, Source.SCREEN)
STAGE = TrackKey(PeerId("stage"), Source.MICROPHONE)
RANKS = {
    SOUND: Priority.HUB_AUDIO,
    STAGE: Priority.STAGE_AUDIO,
    CAMERA: Priority.HUB_VIDEO,
    SCREEN: Priority.SLIDES,
}
CODECS = {"H264": PayloadTypes(40, 41), "opus": PayloadTypes(44, None, 45)}
_KBPS = {CAMERA: (150, 500, 1700), SCREEN: (200, 1000)}
_RIDS = {CAMERA: ("q", "h", "f"), SCREEN: ("h", "f")}
_SSRC = {SOUND: 100, CAMERA: 200, SCREEN: 300, STAGE: 400}
_PACKET_BYTES = 1100


def _encodings(mid: str, track: TrackKey) -> list[PublishedTrack]:
    return [
        PublishedTrack(
            mid,
            track,
            H264,
            102,
            rtx_payload_type=103,
            ssrc=_SSRC[track] + 2 * layer,
            rtx_ssrc=_SSRC[track] + 2 * layer + 1,
            has_nack=True,
            has_pli=True,
            rid=rid,
            layer=layer,
        )
        for layer, rid in enumerate(_RIDS[track])
    ]


class Site:
    """A classroom behind its line: notes what comes and says so."""

    def __init__(self, village: "Village", name: str, line: Line, *, takes_numbers: bool) -> None:
        self.village = village
        self.peer_id = PeerId(name)
        self.world = World(line, seed=len(name) + ord(name[-1]))
        router = village.router
        self.subscriber = router.add_subscriber(self.peer_id, self, village.now)
        if takes_numbers:
            self.subscriber.steering.history.use_extension(3)
        self.subscriber.offer_made(1)
        router.accept_answer(
            self.subscriber,
            {
                down.mid: CODECS if village.has_rtx else CODECS | {"H264": PayloadTypes(40, None)}
                for down in self.subscriber.sections
            },
            village.now,
        )
        router.set_connected(self.subscriber, is_connected=True, now=village.now)
        self._recorder = TwccRecorder(1)
        self._nacks: dict[int, NackGenerator] = {}
        self._seen: Counter[int] = Counter()
        #: By second: bytes, and pictures of the camera (the packet that ends one came).
        self.bytes: Counter[int] = Counter()
        self.pictures: Counter[int] = Counter()
        self.layers: list[tuple[float, int | None]] = []
        self.heard_at = village.now
        self.silences: list[float] = []
        #: Of each sound: the numbers heard, redundant or not, and the highest that came.
        self.heard: dict[TrackKey, dict[int, float]] = {}
        self._came: Counter[int] = Counter()
        self._first: dict[int, int] = {}
        self._highest: dict[int, int] = {}
        self._report_at = village.now + 1.0
        #: What was put into the line, by tenths of a second, in bytes.
        self.offered: Counter[int] = Counter()
        self.padding = 0
        self.resent = 0

    def send(self, packet: bytes) -> None:
        """Put a packet from the server into the line."""
        if 192 <= packet[1] < 224:
            return
        history = self.subscriber.steering.history
        number = history.sent(len(packet) + 8, self.village.now) if history.element else None
        size = len(packet) + 8 + OVERHEAD_BYTES
        self.offered[int(self.village.now * 10)] += size
        self.world.enter(size, lambda: self._arrived(packet, number, size))

    def _arrived(self, packet: bytes, number: int | None, size: int) -> None:
        now = self.world.now
        second = int(now)
        self.bytes[second] += size
        if number is not None:
            self._recorder.received(number, now)
        header = rtp.parse(packet, len(packet))
        down = self.subscriber.by_ssrc[header[4]]
        if header[4] == down.rtx_ssrc:
            if header[5] == header[6]:
                self.padding += 1
                return
            self.resent += 1
            header = rtp.unwrap_rtx(header, packet, payload_type=40, ssrc=down.ssrc)
        if down.track.source.kind is Kind.AUDIO:
            if now - self.heard_at > 0.2:
                self.silences.append(now)
            self.heard_at = now
            self._hear(down, header, packet)
            return
        nacks = self._nacks.setdefault(down.ssrc, NackGenerator())
        if nacks.received(header[2], now) and header[1] and down.track == CAMERA:
            self.pictures[second] += 1

    def _hear(self, down: DownTrack, header: rtp.ParsedRtp, packet: bytes) -> None:
        """Note a packet of sound, and the earlier ones it repeats."""
        before = self._highest.get(down.ssrc, header[2])
        number = before + ((header[2] - before + 0x8000) & 0xFFFF) - 0x8000
        self._highest[down.ssrc] = max(before, number)
        self._first.setdefault(down.ssrc, number)
        self._came[down.ssrc] += 1
        blocks = len(red.parse(packet, header[5], header[6])) if header[0] == 45 else 1
        heard = self.heard.setdefault(down.track, {})
        for back in range(blocks):
            heard.setdefault(number - back, self.world.now)

    def share_heard(self, track: TrackKey, start_s: float, end_s: float) -> float:
        """Return how much of fifty packets a second was heard."""
        times = self.heard.get(track, {}).values()
        return sum(start_s <= at < end_s for at in times) / (end_s - start_s) / 50

    def offered_kbps(self, start_s: float, end_s: float) -> float:
        """Return what was put into the line."""
        tenths = range(round(start_s * 10), round(end_s * 10))
        return sum(self.offered[tenth] for tenth in tenths) / 125 / (end_s - start_s)

    def _report_sound(self) -> list[rtcp.RtcpPacket]:
        """Return what is lost of the sounds, told every second (RFC 3550 section 6.4.1)."""
        if self.village.now < self._report_at:
            return []
        self._report_at += 1.0
        blocks = []
        for ssrc, highest in self._highest.items():
            lost = max(0, highest - self._first[ssrc] + 1 - self._came[ssrc])
            blocks.append(rtcp.ReportBlock(ssrc, 0, lost, highest & 0xFFFFFFFF, 0, 0, 0))
        return [rtcp.ReceiverReport(1, tuple(blocks))] if blocks else []

    def step(self) -> None:
        """Let packets arrive, and report what is due."""
        self.world.run(self.village.now)
        reports = self._report_sound()
        feedback = self._recorder.poll(self.village.now, 1)
        if feedback is not None and self.subscriber.steering.history.element:
            reports.append(feedback)
        for ssrc, nacks in self._nacks.items():
            nacks.set_rtt(2 * self.world.line.delay_s + self.world.queue_s)
            if lost := nacks.poll(self.village.now):
                reports.append(rtcp.Nack(1, ssrc, tuple(lost)))
        if reports:
            self.world.after(self.world.line.delay_s, lambda: self.village.hear(self, reports))
        down = self.subscriber.by_track.get(CAMERA)
        flows_in = None if down is None else down.flows_in
        self.layers.append((self.village.now, None if flows_in is None else flows_in.layer))

    def layers_between(self, start_s: float, end_s: float) -> set[int | None]:
        return {layer for at, layer in self.layers if start_s <= at < end_s}

    def kbps(self, start: int, end: int) -> float:
        return sum(self.bytes[second] for second in range(start, end)) / 125 / (end - start)


@dataclass
class Village:
    """One room: a teacher, and sites by name with their lines."""

    lines: Mapping[str, Line]
    shares_screen: bool = False
    has_camera: bool = True
    has_stage: bool = False
    takes_numbers: bool = True
    has_rtx: bool = True
    sound_bytes: int = 100
    declared_kbps: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rng = random.Random(5)
        self.now = 0.0
        self.router = Router(RouterTimes(), random_bits=rng.getrandbits, now=0.0)
        self._videos = [CAMERA] * self.has_camera + [SCREEN] * self.shares_screen
        tracks = [PublishedTrack("0", SOUND, OPUS, 111, ssrc=_SSRC[SOUND])]
        for mid, track in enumerate(self._videos, 1):
            tracks += _encodings(str(mid), track)
        self._publisher = self.router.add_publisher(TEACHER, self, 0.0)
        self.router.configure_publisher(self._publisher, PublisherSpec(tuple(tracks)), 0.0)
        if self.has_stage:
            self._stage = self.router.add_publisher(STAGE.peer_id, self, 0.0)
            sound = PublishedTrack("0", STAGE, OPUS, 111, ssrc=_SSRC[STAGE])
            self.router.configure_publisher(self._stage, PublisherSpec((sound,)), 0.0)
        everybody = frozenset(map(PeerId, self.lines))
        sounds = [SOUND] + [STAGE] * self.has_stage
        audience = dict.fromkeys([*sounds, *self._videos], everybody)
        self.router.set_plan(audience, frozenset(), 0.0, priority=RANKS)
        for name, kbps in self.declared_kbps.items():
            self.router.set_budget(PeerId(name), LinkBudget(down_kbps=kbps))
        self.sites = {
            name: Site(self, name, line, takes_numbers=self.takes_numbers)
            for name, line in self.lines.items()
        }
        self._wanted = {track: set(_RIDS[track]) for track in self._videos}
        self._seqs: Counter[int] = Counter()
        self._needs_keyframe = True
        self._paused: TrackKey | None = None
        self.links: dict[PeerId, list[LinkMeasured]] = {}

    def hear(self, site: Site, reports: list[rtcp.RtcpPacket]) -> None:
        """Take what a site reports."""
        packets = rtcp.parse(rtcp.compound(*reports))
        self.router.receive_subscriber_rtcp(site.subscriber, packets, self.now)
        self._drain()

    def send(self, packet: bytes) -> None:
        """Take what the router tells the teacher."""
        if any(isinstance(one, rtcp.Pli) for one in rtcp.parse(packet)):
            self._needs_keyframe = True

    def pause(self, track: TrackKey | None) -> None:
        """Let the teacher stop sending a track, or none."""
        self._paused = track

    def run(self, until_s: float) -> None:
        while self.now < until_s:
            tick = round(self.now / STEP_S)
            if self.now >= self.router.wake_at:
                self.router.handle_timer(self.now)
            self._drain()
            if tick % 10 == 0:
                sound = bytes(self.sound_bytes)
                self._publish(_SSRC[SOUND], 111, sound, tick * 96, is_last=True)
                if self.has_stage:
                    self._publish(_SSRC[STAGE], 111, sound, tick * 96, is_last=True)
            if tick % 16 == 0:
                self._publish_pictures(tick)
            for site in self.sites.values():
                site.step()
            self.now = (tick + 1) * STEP_S

    def _publish_pictures(self, tick: int) -> None:
        is_key, self._needs_keyframe = self._needs_keyframe, False
        for track in self._videos:
            for layer, rid in enumerate(_RIDS[track]):
                if rid not in self._wanted[track] or track == self._paused:
                    continue
                size = int(_KBPS[track][layer] * 125 * 16 * STEP_S) * (4 if is_key else 1)
                first = b"\x65" if is_key else b"\x41"
                while size > 0:
                    chunk = first + bytes(min(size, _PACKET_BYTES) - 1)
                    size -= _PACKET_BYTES
                    ssrc = _SSRC[track] + 2 * layer
                    self._publish(ssrc, 102, chunk, tick * 180, is_last=size <= 0)

    def _publish(
        self, ssrc: int, payload_type: int, payload: bytes, timestamp: int, *, is_last: bool
    ) -> None:
        packet = rtp.build(
            payload,
            payload_type=payload_type,
            marker=0x80 if is_last else 0,
            seq=self._seqs[ssrc],
            timestamp=timestamp,
            ssrc=ssrc,
        )
        self._seqs[ssrc] += 1
        header = rtp.parse(packet, len(packet))
        publisher = self._stage if ssrc == _SSRC[STAGE] else self._publisher
        flowing = self.router.receive_rtp(publisher, header, packet, len(packet), self.now)
        self._drain()
        for down in flowing:
            assert isinstance(down.link, Site)
            down.link.send(
                rtp.build(
                    payload,
                    payload_type=down.payload_type,
                    marker=header[1],
                    seq=header[2] + down.rewriter.seq_shift,
                    timestamp=timestamp + down.rewriter.timestamp_shift,
                    ssrc=down.ssrc,
                )
            )

    def _drain(self) -> None:
        outputs = self.router.outputs
        packets, outputs.outbox = outputs.outbox, []
        for link, packet in packets:
            assert isinstance(link, Site | Village)
            link.send(packet)
        while (event := self.router.next_event()) is not None:
            match event:
                case LayersWanted():
                    self._wanted[event.track] = set(event.rids)
                case LinkMeasured():
                    self.links.setdefault(event.peer_id, []).append(event)
                case _:
                    pass
