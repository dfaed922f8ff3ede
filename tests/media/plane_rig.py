"""A room of known keys on a data plane, without handshakes: same bytes in, what bytes come out?

Everything but the handshake is real: sockets, SRTP, the router, the plane. Random numbers are
seeded, and AEAD is deterministic, so two planes can be compared byte by byte.
"""

import asyncio
import random
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pylibsrtp import Policy, Session

from media.config import DataPlaneChoice, SfuConfig
from media.connection import Connection, PublishConnection, SubscribeConnection
from media.core import rtcp, rtp
from media.core.codecs import H264, OPUS, VP8
from media.core.downtrack import PayloadTypes
from media.core.ids import PeerId, Source, TrackKey
from media.core.publisher import PublisherSpec
from media.core.router import Router
from media.core.tables import RouterTimes
from media.core.uptrack import PublishedTrack
from media.planes import new_plane
from media.transport import Certificate, Transport

TEACHER = PeerId("teacher")
AUDIO = TrackKey(TEACHER, Source.MICROPHONE)
CAMERA = TrackKey(TEACHER, Source.CAMERA)
SECOND = TrackKey(TEACHER, Source.SECOND_CAMERA)
RED_TYPE = 99
_KEY_BYTES = 28  # AES-128-GCM: key and salt
_CERTIFICATE = Certificate()

PUBLISHED = {
    track: PublishedTrack(
        mid=str(number),
        track=track,
        codec=codec,
        payload_type=96 + number,
        rtx_payload_type=None if codec is OPUS else 106 + number,
        ssrc=1000 + number,
        rtx_ssrc=None if codec is OPUS else 2000 + number,
        has_nack=codec is not OPUS,
        has_pli=True,
    )
    for number, (track, codec) in enumerate([(AUDIO, OPUS), (CAMERA, H264), (SECOND, VP8)])
}


def _session(key: bytes, *, is_sending: bool) -> Session:
    kind = Policy.SSRC_ANY_OUTBOUND if is_sending else Policy.SSRC_ANY_INBOUND
    policy = Policy(key=key, ssrc_type=kind, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM)
    policy.window_size = 1024
    return Session(policy)


class Peer:
    """The far end of one transport: a socket, two sessions, what came."""

    def __init__(self, name: str, transport: Transport, port: int) -> None:
        self.name = name
        self.transport = transport
        self._target = ("127.0.0.1", port)
        up, down = (random.Random(name + way).randbytes(_KEY_BYTES) for way in ("up", "down"))
        self.sending, self.receiving = (
            _session(up, is_sending=True),
            _session(down, is_sending=False),
        )
        self.kept = (_session(down, is_sending=True), _session(up, is_sending=False))
        transport.send_session, transport.receive_session = (one._srtp[0] for one in self.kept)
        transport.is_connected = True
        self.sockets: list[socket.socket] = []
        self.sealed: list[bytes] = []
        self.open_socket()

    def open_socket(self) -> tuple[str, int]:
        """Go on from another port; what comes to the former is still read."""
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        one.setblocking(False)
        self.sockets.append(one)
        address: tuple[str, int] = one.getsockname()
        return address

    def send_rtp(self, packet: bytes) -> None:
        self.sockets[-1].sendto(self.sending.protect(packet), self._target)

    def send_rtcp(self, packet: bytes) -> None:
        self.sockets[-1].sendto(self.sending.protect_rtcp(packet), self._target)

    def read(self) -> None:
        for one in self.sockets:
            while True:
                try:
                    self.sealed.append(one.recv(2048))
                except BlockingIOError:
                    break

    def opened(self) -> list[bytes]:
        """Return the RTP packets that came, decrypted; call it once."""
        return [
            self.receiving.unprotect(packet) for packet in self.sealed if not 192 <= packet[1] < 224
        ]


class Rig:
    """One room with one publisher; a Home for its connections. `has_red`: its sound may be RED."""

    def __init__(
        self, choice: DataPlaneChoice, *, seed: int, lanes: int = 1, has_red: bool = False
    ) -> None:
        rng = random.Random(seed)
        config = SfuConfig(bind_host="127.0.0.1", port=0, data_plane=choice, native_lanes=lanes)
        self.plane = new_plane(config)
        self.plane.open()
        self._config = config
        self._lanes = lanes
        # Each lane but the last has a room of its own, so this one goes to the last.
        self._others = [self.plane.open_room(self.flush) for _ in range(lanes - 1)]
        self._room = self.plane.open_room(self.flush)
        self.router = Router(
            RouterTimes(), random_bits=rng.getrandbits, now=time.monotonic(), runs=self._room
        )
        self.errors: list[Exception] = []
        self.peers: dict[str, Peer] = {}
        self.audience: dict[TrackKey, set[PeerId]] = {track: set() for track in PUBLISHED}
        connection = PublishConnection(self, TEACHER, ufrag="x")
        self.teacher = self._peer("teacher", connection)
        connection.agree(10_000)
        connection.publisher = self.router.add_publisher(
            TEACHER, connection.transport, time.monotonic()
        )
        published = dict(PUBLISHED)
        if has_red:
            published[AUDIO] = replace(PUBLISHED[AUDIO], red_payload_type=RED_TYPE)
        spec = PublisherSpec(tuple(published.values()))
        self.router.configure_publisher(connection.publisher, spec, time.monotonic())

    # -- Home ------------------------------------------------------------------

    def flush(self) -> None:
        outputs = self.router.outputs
        packets, outputs.outbox = outputs.outbox, []
        for link, packet in packets:
            assert isinstance(link, Transport)
            self.plane.send_packet(link, packet)
        outputs.tape.clear()

    settle = flush

    def connection_up(self, connection: Connection) -> None:
        raise AssertionError("there is no handshake here")

    connection_down = connection_cut = connection_up

    def now(self) -> float:
        return time.monotonic()

    def failed(self, error: Exception) -> None:
        self.errors.append(error)

    # -- who is there ------------------------------------------------------------

    def _peer(self, name: str, connection: PublishConnection | SubscribeConnection) -> Peer:
        connection.transport = transport = Transport(
            connection,
            certificate=_CERTIFICATE,
            config=self._config,
            send=self.plane.send_datagram,
            now=time.monotonic(),
        )
        self.plane.add(transport, self._room)
        peer = self.peers[name] = Peer(name, transport, self.plane.port)
        self._arrive(peer)
        return peer

    def _arrive(self, peer: Peer) -> None:
        address = peer.sockets[-1].getsockname()
        self.plane._learn(peer.transport, address)
        peer.transport.move_to(address)

    def subscribe(self, name: str, *, extension_id: int, has_rtx: bool, has_red: bool) -> Peer:
        """Add a subscriber that takes all three tracks, once the plan lets it."""
        connection = SubscribeConnection(self, PeerId(name), session_id=1)
        peer = self._peer(name, connection)
        subscriber = self.router.add_subscriber(
            PeerId(name), connection.transport, time.monotonic()
        )
        connection.subscriber = subscriber
        connection.transport.history = subscriber.steering.history
        subscriber.steering.history.use_extension(extension_id)
        connection.transport.on_change(connection.transport)
        for track in PUBLISHED:
            self.audience[track].add(PeerId(name))
        self.replan()
        subscriber.offer_made(1)
        accepted = {
            down.mid: {
                PUBLISHED[down.track].codec.name: PayloadTypes(
                    100 + number, 120 + number if has_rtx else None, 126 if has_red else None
                )
            }
            for number, down in enumerate(subscriber.sections)
        }
        self.router.accept_answer(subscriber, accepted, time.monotonic())
        self.router.set_connected(subscriber, is_connected=True, now=time.monotonic())
        self.flush()
        return peer

    def replan(self) -> None:
        plan = {track: frozenset(peers) for track, peers in self.audience.items()}
        self.router.set_plan(plan, frozenset(), time.monotonic())
        self.flush()

    def move(self, peer: Peer) -> None:
        peer.open_socket()
        self._arrive(peer)
        self.flush()

    # -- steps -------------------------------------------------------------------

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the plane work until `condition`, and until it has sent what that led to."""
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0)
                self.work()
        self.teacher.transport.on_change(self.teacher.transport)  # waits for the lane
        for peer in self.peers.values():
            peer.read()

    def work(self) -> None:
        """Handle what has come: the loop would, a little later."""
        drain: Any = getattr(self.plane, "_drain", None)
        if drain is not None:
            for lane in range(self._lanes):
                drain(lane)
        else:
            self.plane._readable()

    async def heard(self, peer: Peer, send: Callable[[bytes], object], packet: bytes) -> None:
        """Let a peer send a packet by this method of it, and wait until that has been handled."""
        peer.transport.last_heard = 0.0
        send(packet)
        await self.until(lambda: peer.transport.last_heard > 0.0)

    async def rtp(
        self,
        track: TrackKey,
        seq: int,
        timestamp: int,
        payload: bytes,
        *,
        payload_type: int | None = None,
    ) -> None:
        published = PUBLISHED[track]
        assert published.ssrc is not None
        packet = rtp.build(
            payload,
            payload_type=published.payload_type if payload_type is None else payload_type,
            marker=0x80,
            seq=seq,
            timestamp=timestamp,
            ssrc=published.ssrc,
        )
        await self.heard(self.teacher, self.teacher.send_rtp, packet)

    async def padding(self, track: TrackKey, seq: int, timestamp: int, payload_type: int) -> None:
        """Let a probe come under the numbers of a track's media."""
        ssrc = PUBLISHED[track].ssrc
        assert ssrc is not None
        packet = bytearray(rtp.build_padding(200, payload_type=payload_type, seq=seq, ssrc=ssrc))
        packet[4:8] = timestamp.to_bytes(4, "big")
        await self.heard(self.teacher, self.teacher.send_rtp, bytes(packet))

    async def repair(
        self, track: TrackKey, number: int, seq: int, timestamp: int, payload: bytes
    ) -> None:
        published = PUBLISHED[track]
        assert published.rtx_ssrc is not None
        assert published.rtx_payload_type is not None
        packet = rtp.build(
            seq.to_bytes(2, "big") + payload,
            payload_type=published.rtx_payload_type,
            marker=0x80,
            seq=number,
            timestamp=timestamp,
            ssrc=published.rtx_ssrc,
        )
        await self.heard(self.teacher, self.teacher.send_rtp, packet)

    async def nack(self, peer: Peer, track: TrackKey, back: tuple[int, ...]) -> None:
        """Let a subscriber ask for what lies so many numbers before the newest it was sent."""
        down = self.router.subscribers[PeerId(peer.name)].by_track[track]
        up = self.router.tracks[track].up_tracks[0]
        newest = up.highest_ext + down.rewriter.seq_shift
        lost = tuple((newest - one) & 0xFFFF for one in back)
        await self.heard(
            peer,
            peer.send_rtcp,
            rtcp.compound(rtcp.ReceiverReport(5, ()), rtcp.Nack(5, down.ssrc, lost)),
        )

    async def answer(self, peer: Peer, back: int, lost: tuple[int, ...], beside: int) -> None:
        """Let a subscriber say what came of the newest `back` packets and one more to come.

        `beside`: alone, after a report, after a name of its own, or before what is malformed.
        """
        history = self.router.subscribers[PeerId(peer.name)].steering.history
        history.attend(is_attentive=True)
        base = history.count - back
        deltas = tuple(None if one in lost else 1 for one in range(back + 1))
        feedback = rtcp.TransportFeedback(5, 6, base & 0xFFFF, 0, 1000, deltas).to_bytes()
        report = rtcp.ReceiverReport(5, ()).to_bytes()
        name = rtcp.SourceDescription(((5, "site"),)).to_bytes()
        await self.heard(
            peer,
            peer.send_rtcp,
            [feedback, report + feedback, name + feedback, feedback + report[:4]][beside],
        )

    def close(self) -> None:
        for name in list(self.router.subscribers):
            self.router.remove_subscriber(name)
        self.router.remove_publisher(TEACHER)
        for peer in self.peers.values():
            self.plane.remove(peer.transport)
            for one in peer.sockets:
                one.close()
        for room in (*self._others, self._room):
            if room is not None:
                room.close()
        self.plane.close()
