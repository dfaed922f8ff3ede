"""What a transport's owner does for each of a peer's two connections."""

from typing import Protocol

from media.core import rtcp
from media.core.arrival_digest import Digest
from media.core.downtrack import DownTrack
from media.core.errors import MalformedPacket
from media.core.ids import Kind, PeerId
from media.core.policing import TokenBucket
from media.core.publisher import Publisher
from media.core.router import Router
from media.core.rtp import Buffer, ParsedRtp
from media.core.runs import Seen
from media.core.subscriber import Subscriber
from media.dataplane import DataPlane
from media.ice import Address
from media.interface import Direction
from media.transport import Transport
from media.transport_owner import Limits

# A connection on which no media comes is heard of by connectivity checks alone. Chromium
# checks a quiet pair every 2.5 s, and one check may be lost.
IDLE_SILENCE_S = 6.0

# A browser sends some ten RTCP packets a second, twenty more where it answers transport-wide
# numbers, and on a bad line a NACK every 20 ms. More is somebody giving us work.
_MAX_RTCP_PER_S = 200

# RTCP has a twentieth of a session's bandwidth (RFC 3550 section 6.2); this is the session of
# a connection that only receives, by which its reports are measured.
_RTCP_SHARE = 0.05
_RECEIVED_KBPS = 4000

# What a publisher sends beyond what its answer allowed (b=AS) by this factor is dropped. A
# browser that looks for bandwidth sends up to twice its rate, for some hundredths of a second.
_RATE_TOLERANCE = 1.5
_BURST_S = 1.0

# Of an RTP header's first byte (RFC 3550 section 5.1). What we forward has none.
_PADDING = 0x20

# Media that came within this before the silence was flowing until then.
_FLOWING_S = 1.0


# A peer that reads its stream too slowly gets no pictures for this long.
_FIRST_HOLD_S = 2.0
_LONGEST_HOLD_S = 16.0
_PEACE_S = 30.0


class Home(Protocol):
    """The room of a connection, as the connection sees it: `media.driver.RoomDriver`."""

    router: Router
    plane: DataPlane

    def now(self) -> float:
        """Return the loop's time."""

    def connection_up(self, connection: "Connection") -> None:
        """Handshake done."""

    def connection_down(self, connection: "Connection") -> None:
        """Handshake failed or connection closed by the peer."""

    def connection_cut(self, connection: "Connection") -> None:
        """Nobody to send to at the moment."""

    def flush(self) -> None:
        """Send and record what the router has."""

    def settle(self) -> None:
        """Send, record and report what the router has, and set the timer."""

    def failed(self, error: Exception) -> None:
        """Take an error of ours."""


class Connection:
    """One connection of a peer. `peer_id` and `direction` say which."""

    direction: Direction

    def __init__(self, home: Home, peer_id: PeerId) -> None:
        self._home = home
        self._router = home.router
        self.peer_id = peer_id
        self.transport: Transport
        #: Who the peer is by its own SDP: certificate and session id of its o= line.
        self.identity: tuple[object, ...] = ()
        #: Whether the listener believes this connection is there.
        self.is_reported = False
        self.last_media = float("-inf")
        self._rtcp_second = 0
        self._rtcp_in_second = 0
        self._rtcp_bytes_in_second = 0
        self.limits = _limits(0)

    def is_silent(self, now: float, silence_after_s: float) -> bool:
        """Return whether nothing that authenticates has come for too long."""
        transport = self.transport
        if not transport.is_connected or transport.address is None:
            return True
        was_flowing = transport.last_heard - self.last_media < _FLOWING_S
        limit_s = silence_after_s if was_flowing else max(silence_after_s, IDLE_SILENCE_S)
        return now - transport.last_heard > limit_s

    def transport_connected(self) -> None:
        """See TransportOwner."""
        self._home.connection_up(self)

    def transport_ended(self) -> None:
        """See TransportOwner."""
        self._home.connection_down(self)

    def transport_cut(self) -> None:
        """See TransportOwner."""
        self._home.connection_cut(self)

    def is_picture(self, datagram: bytes | memoryview) -> bool:  # noqa: ARG002 - the protocol's
        """See TransportOwner. A publisher is sent reports only."""
        return False

    def may_have(self, datagram: bytes | memoryview) -> bool:  # noqa: ARG002 - the protocol's
        """See TransportOwner."""
        return True

    def pictures_dropped(self) -> None:
        """See TransportOwner."""

    def count(self, name: str) -> None:
        """See TransportOwner."""
        self._router.count(name)

    def failed(self, error: Exception) -> None:
        """See TransportOwner."""
        self._home.failed(error)

    def receive_rtcp(self, packet: bytes, now: float) -> None:
        """See TransportOwner."""
        if int(now) != self._rtcp_second:
            self._rtcp_second, self._rtcp_in_second = int(now), 0
            self._rtcp_bytes_in_second = 0
        self._rtcp_in_second += 1
        self._rtcp_bytes_in_second += len(packet)
        if (
            self._rtcp_in_second > _MAX_RTCP_PER_S
            or self._rtcp_bytes_in_second > self.limits.rtcp_bytes_per_s
        ):
            self._router.count("rtcp_refused")
            return
        try:
            packets = rtcp.parse(packet)
        except MalformedPacket:
            self._router.count("malformed_rtcp")
            return
        self._take(packets, now)
        self._home.settle()

    def _take(self, packets: list[rtcp.RtcpPacket], now: float) -> None:
        raise NotImplementedError

    def receive_digest(self, digest: Digest, now: float) -> None:
        """See TransportOwner. Only packets to subscribers are numbered."""
        raise NotImplementedError


class PublishConnection(Connection):
    """The connection on which a peer sends; `ufrag` is its own, to know a restart by."""

    direction = Direction.PUBLISH

    def __init__(self, home: Home, peer_id: PeerId, *, ufrag: str) -> None:
        super().__init__(home, peer_id)
        self.ufrag = ufrag
        self.publisher: Publisher
        self._rate = TokenBucket(per_s=0, burst=0, now=0)

    def agree(self, max_kbps: int) -> None:
        """Hold the peer to what its answer allows, first or after it negotiated again."""
        self.limits = limits = _limits(max_kbps)
        self._rate.set_rate(per_s=limits.rtp_bytes_per_s, burst=limits.rtp_burst_bytes)
        self.transport.on_change(self.transport)

    def is_within_rate(self, length: int, now: float) -> bool:
        """See TransportOwner."""
        if self._rate.take(length, now):
            return True
        self._router.count("rtp_over_rate")
        return False

    def receive_rtp(
        self, header: ParsedRtp, buffer: Buffer, length: int, now: float, seen: Seen | None = None
    ) -> None:
        """See TransportOwner. The path of every packet: finished packets go first."""
        self.last_media = now
        router, home = self._router, self._home
        if header[0] in self.publisher.sound_types:
            header = router.open_sound(self.publisher, header, buffer, now)
        flowing = router.receive_rtp(self.publisher, header, buffer, length, now, seen)
        outputs = router.outputs
        if outputs.outbox or outputs.tape:
            home.flush()
        if flowing:
            home.plane.fan_out(flowing, header, now)
        if router.has_news:  # last: what the listener does about it may forbid this packet
            home.settle()

    def transport_moved(self) -> None:
        """See TransportOwner. The gap is found by its sequence numbers."""
        self._router.count("address_changes")

    def _take(self, packets: list[rtcp.RtcpPacket], now: float) -> None:
        self._router.receive_publisher_rtcp(self.publisher, packets, now)


def _limits(published_kbps: float) -> Limits:
    """Return what follows from the rate a peer was allowed to publish at; 0: it only receives."""
    rtp_bytes_per_s = published_kbps * 125 * _RATE_TOLERANCE
    session_kbps = max(published_kbps, _RECEIVED_KBPS)
    return Limits(
        rtp_bytes_per_s=rtp_bytes_per_s,
        rtp_burst_bytes=rtp_bytes_per_s * _BURST_S,
        rtcp_bytes_per_s=session_kbps * 125 * _RTCP_SHARE,
        rtcp_packets_per_s=_MAX_RTCP_PER_S,
    )


class SubscribeConnection(Connection):
    """The connection on which a peer receives."""

    direction = Direction.SUBSCRIBE

    def __init__(self, home: Home, peer_id: PeerId, *, session_id: int) -> None:
        super().__init__(home, peer_id)
        #: Of our o= line: as long as it stays the same this is the same connection to the peer.
        self.session_id = session_id
        self.subscriber: Subscriber
        #: Until when pictures are held back from a peer that reads its stream too slowly.
        self._held_until: float | None = None
        self._held_at: Address | None = None
        self._hold_s = _FIRST_HOLD_S

    def is_within_rate(self, length: int, now: float) -> bool:  # noqa: ARG002
        """See TransportOwner. Nothing was agreed to be sent this way."""
        self._router.count("dropped_not_granted")
        return False

    def receive_rtp(self, *_: object) -> None:
        """See TransportOwner."""
        raise AssertionError("no packet is within a rate of nothing")

    def transport_moved(self) -> None:
        """See TransportOwner. What was on its way to the old address is lost."""
        self._router.count("address_changes")
        self._router.lost_everything(self.subscriber, self.transport.last_heard)
        self._home.settle()

    def is_picture(self, datagram: bytes | memoryview) -> bool:
        """See TransportOwner. SRTP leaves the header readable (RFC 3711 section 3.1)."""
        down = self._of(datagram)
        return down is not None and down.track.source.kind is Kind.VIDEO

    def may_have(self, datagram: bytes | memoryview) -> bool:
        """See TransportOwner. What is but padding shows nobody anything."""
        down = self._of(datagram)
        if down is None or datagram[0] & _PADDING:
            return True
        return not (down.flows_in is None and down.waits_in is None)

    def _of(self, datagram: bytes | memoryview) -> DownTrack | None:
        """Return whose media a protected datagram is; of reports None."""
        if 192 <= datagram[1] < 224:
            return None
        return self.subscriber.by_ssrc.get(int.from_bytes(datagram[8:12]))

    def pictures_dropped(self) -> None:
        """See TransportOwner. Each time again it takes twice as long until they come back.

        Every return costs a keyframe, which all the others are sent too.
        """
        now = self._home.now()
        had_long_peace = self._held_until is None or now - self._held_until > _PEACE_S
        self._hold_s = _FIRST_HOLD_S if had_long_peace else min(self._hold_s * 2, _LONGEST_HOLD_S)
        self._held_until = now + self._hold_s
        self._held_at = self.transport.address
        self._router.hold_pictures(self.subscriber, is_held=True, now=now)
        self._home.settle()

    def keep_house(self, now: float) -> None:
        """Let pictures begin anew at the next keyframe, if they were held back long enough.

        Or if the peer has another road now: what was slow was the one before.
        """
        if not self.subscriber.are_pictures_held:
            return
        has_moved = self.transport.address not in (None, self._held_at)
        if not has_moved and now < (self._held_until or 0.0):
            return
        if self._home.plane.resume_pictures(self.transport):
            self._router.hold_pictures(self.subscriber, is_held=False, now=now)

    def _take(self, packets: list[rtcp.RtcpPacket], now: float) -> None:
        self._router.receive_subscriber_rtcp(self.subscriber, packets, now)

    def receive_digest(self, digest: Digest, now: float) -> None:
        """See TransportOwner."""
        self._router.receive_digest(self.subscriber, digest, now)
        self._home.settle()
