"""A room on loopback for tests: a real Sfu, light peers, and what the listener was told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from bench.peer import LightPeer
from media.config import DataPlaneChoice, SfuConfig, TcpLimits
from media.core.ids import PeerId, RoomId, Source, TrackKey
from media.interface import Direction, ForwardingPlan, LinkReport, OfferedTrack, RecordingStatus
from media.sfu import Sfu

ROOM = RoomId("lesson-1")
#: The plane every classroom has now, set around tests that are run with each of them.
chosen_plane: list[DataPlaneChoice] = []
LOOPBACK = SfuConfig(bind_host="127.0.0.1", port=0)

H264_KEYFRAME = b"\x78\x00\x04\x67\x42\xe0\x1f\x00\x02\x68\xce" + bytes(1000)
H264_DELTA = b"\x41" + bytes(1000)
VP8_KEYFRAME = b"\x90\x80\x80\x01\x00\x9d\x01\x2a" + bytes(1000)
CAMERA, MICROPHONE, SCREEN = Source.CAMERA, Source.MICROPHONE, Source.SCREEN
BOTH = [(MICROPHONE, ("opus",)), (CAMERA, ("h264",))]
TEACHER = PeerId("teacher")
TEACHERS_CAMERA = TrackKey(TEACHER, CAMERA)


async def eventually(condition: Callable[[], object], *, within_s: float = 5.0) -> None:
    """Wait until `condition()` is true; fail if it is not within the bound."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


class Ledger:
    """An SfuListener that writes down what it is told, and answers offers of known peers."""

    def __init__(self) -> None:
        self.facts: list[tuple[object, ...]] = []
        self.offers: list[tuple[PeerId, int, str, tuple[OfferedTrack, ...]]] = []
        self.links: dict[PeerId, LinkReport] = {}
        self.recordings: list[RecordingStatus] = []

    def subscriber_offer(
        self,
        room_id: RoomId,
        peer_id: PeerId,
        *,
        revision: int,
        sdp: str,
        tracks: tuple[OfferedTrack, ...],
    ) -> None:
        self.offers.append((peer_id, revision, sdp, tracks))

    def peer_connected(self, room_id: RoomId, peer_id: PeerId, direction: Direction) -> None:
        self.facts.append(("peer_connected", peer_id, direction))

    def peer_silent(self, room_id: RoomId, peer_id: PeerId, direction: Direction) -> None:
        self.facts.append(("peer_silent", peer_id, direction))

    def peer_heard(self, room_id: RoomId, peer_id: PeerId, direction: Direction) -> None:
        self.facts.append(("peer_heard", peer_id, direction))

    def track_started(self, room_id: RoomId, track: TrackKey) -> None:
        self.facts.append(("track_started", track))

    def track_stalled(self, room_id: RoomId, track: TrackKey) -> None:
        self.facts.append(("track_stalled", track))

    def track_resumed(self, room_id: RoomId, track: TrackKey) -> None:
        self.facts.append(("track_resumed", track))

    def layers_wanted(
        self, room_id: RoomId, peer_id: PeerId, source: Source, rids: frozenset[str]
    ) -> None:
        self.facts.append(("layers_wanted", peer_id, source, rids))

    def echo_detected(self, room_id: RoomId, peer_id: PeerId) -> None:
        self.facts.append(("echo_detected", peer_id))

    def echo_cleared(self, room_id: RoomId, peer_id: PeerId) -> None:
        self.facts.append(("echo_cleared", peer_id))

    def link_report(self, room_id: RoomId, peer_id: PeerId, report: LinkReport) -> None:
        self.links[peer_id] = report

    def recording_status(self, room_id: RoomId, status: RecordingStatus) -> None:
        self.recordings.append(status)


class Classroom:
    """One open room of one Sfu, with peers by name."""

    def __init__(self, sfu: Sfu, ledger: Ledger) -> None:
        self.sfu = sfu
        self.ledger = ledger
        self.peers: list[LightPeer] = []
        self._answered: dict[str, int] = {}

    def new_peer(self, **options: object) -> LightPeer:
        peer = LightPeer(**options)  # type: ignore[arg-type] # the caller names what it takes
        self.peers.append(peer)
        return peer

    async def publish(
        self,
        name: str,
        sections: Sequence[tuple[Source, Sequence[str]]],
        *,
        peer: LightPeer | None = None,
    ) -> LightPeer:
        """Publish sections, mids being "0", "1"...; return the connected peer."""
        peer = peer or self.new_peer()
        offer = await peer.publish_offer(
            [(str(mid), codecs) for mid, (_, codecs) in enumerate(sections)]
        )
        answer = await self.sfu.publish(
            ROOM,
            PeerId(name),
            offer=offer,
            sources={str(mid): source for mid, (source, _) in enumerate(sections)},
        )
        await peer.accept_publish_answer(answer)
        await peer.connected()
        return peer

    async def subscribe(self, name: str, **options: object) -> LightPeer:
        """Subscribe and answer the first offer; the plan must give the peer a track."""
        peer = self.new_peer(**options)
        self.sfu.subscribe(ROOM, PeerId(name))
        await self.answer(name, peer)
        await peer.connected()
        return peer

    async def answer(
        self, name: str, peer: LightPeer, *, codecs: Sequence[str] | None = None
    ) -> str:
        """Answer the next offer made to the peer; return the offer."""

        def unanswered() -> list[tuple[int, str]]:
            answered = self._answered.get(name, 0)
            offers = [(r, sdp) for who, r, sdp, _ in self.ledger.offers if who == name]
            return [(r, sdp) for r, sdp in offers if r > answered]

        await eventually(unanswered)
        revision, sdp = unanswered()[-1]
        self._answered[name] = revision
        answer = await (peer.answer(sdp, codecs=codecs) if codecs else peer.answer(sdp))
        await self.sfu.accept_answer(ROOM, PeerId(name), revision=revision, answer=answer)
        return sdp

    def allow(self, *rows: tuple[str, Source, Sequence[str]], recorded: bool = False) -> None:
        """Set the plan: rows of publisher, source, audience."""
        audience = {
            TrackKey(PeerId(who), source): frozenset(map(PeerId, names))
            for who, source, names in rows
        }
        self.sfu.set_plan(
            ROOM,
            ForwardingPlan(audience, frozenset(audience) if recorded else frozenset()),
        )

    @property
    def counters(self) -> dict[str, int]:
        return self.sfu.counters(ROOM)


@asynccontextmanager
async def classroom(config: SfuConfig = LOOPBACK) -> AsyncIterator[Classroom]:
    """Run a Sfu with one open room; everything is closed at the end.

    The data plane is that of the configuration, or the one the test is run with now.
    """
    ledger = Ledger()
    for plane in chosen_plane:
        config = replace(config, data_plane=plane)
    sfu = Sfu(config, ledger)
    await sfu.start()
    sfu.open_room(ROOM)
    room = Classroom(sfu, ledger)
    try:
        yield room
    finally:
        for peer in room.peers:
            await peer.close()
        await sfu.close()


def received(peer: LightPeer) -> int:
    return sum(reception.packets for reception in peer.receptions.values())


def lost(peer: LightPeer) -> int:
    return sum(reception.lost for reception in peer.receptions.values())


async def watched(room: Classroom, **options: object) -> tuple[LightPeer, LightPeer]:
    """A teacher's camera and one site that has its first keyframe."""
    teacher = await room.publish("teacher", [(CAMERA, ("h264",))])
    room.allow(("teacher", CAMERA, ["site"]))
    site = await room.subscribe("site", **options)
    teacher.send_rtp("0", H264_KEYFRAME, marker=True)
    await eventually(lambda: received(site) == 1)
    return teacher, site


def with_tcp(**limits: float) -> SfuConfig:
    """Return a configuration with these limits of TcpLimits, by name."""
    return replace(LOOPBACK, tcp=replace(TcpLimits(), **limits))  # type: ignore[arg-type] # by name
