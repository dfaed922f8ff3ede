"""The reference data plane: one UDP socket, and per packet only what must be done.

Where there is no UDP the same datagrams come and go in TCP streams of the same port number
(`media.ice_tcp`, docs/adr/0005-roads.md). A transport's address says which: `send_datagram` and
`fan_out` hand what goes to a `StreamAddress`, protected, to `send_on_stream`; what comes enters
at `receive_frame`.

Everything that decides is elsewhere and edits tables: transports (by ufrag and address),
up-tracks by SSRC, and each up-track's `flowing` down-tracks with the constants to add. A
native data plane does the same from the same tables (docs/adr/0002-data-plane.md).

Longer than 400 lines because the table, what comes in by it and what goes out by it are one path:
every call added to it is paid per packet.
"""

import asyncio
import logging
import socket
from collections import OrderedDict
from collections.abc import Callable
from struct import Struct
from typing import ClassVar, Protocol

from media.config import SfuConfig
from media.core import rtp
from media.core.downtrack import Audience
from media.core.errors import MalformedPacket
from media.core.policing import TokenBucket
from media.core.rtp import ParsedRtp
from media.core.runs import Runs
from media.core.send_history import SendHistory
from media.fan_out import NUMBERED_BYTES, ONE_WORD, FanOut
from media.ice import (
    Address,
    MalformedStun,
    StrangerLimit,
    StreamAddress,
    claimed_ufrag,
    parse_request,
)
from media.ice_tcp import StreamListener
from media.transport import (
    SRTP_OK,
    SRTP_REPLAYED,
    SRTP_TRAILER_BYTES,
    Transport,
    c_buffer,
    c_length,
    ignore_change,
    srtp_protect,
    srtp_protect_rtcp,
    srtp_unprotect,
    srtp_unprotect_rtcp,
)

log = logging.getLogger(__name__)

# One wake-up takes at most this many datagrams, so that other work of the loop is not
# starved by a flood; 50 publishers of 260 packets a second are 13 per millisecond.
_BATCH = 64
_BUFFER_BYTES = 2048
_SOCKET_BUFFER_BYTES = 4 * 1024 * 1024

# A peer whose address has just changed has been silent at the old one.
_MOVED_QUIET_S = 0.1
_MAX_MOVED_CANDIDATES = 256

# Whatever the sources of a flood are, in one second no more than this is spent on it: checks
# of strangers that name a connection of ours, and keys tried on media from unknown addresses.
_NAMED_CHECKS_PER_S = 500
_KEYS_TRIED_PER_S = 2000

# For a port that the kernel chooses (tests): free for UDP may be taken for TCP.
_FREE_PORT_ATTEMPTS = 16

# A header extension of one word: the transport-wide number (media.fan_out).
_EXTENSION = Struct("!IBHx")


class PlaneRoom(Runs, Protocol):
    """One room's part of a plane that forwards by itself."""

    def counters(self) -> dict[str, int]:
        """Return what the plane has counted for the room."""

    def close(self) -> None:
        """Free what the room has, once its last transport is removed."""


class _Unprotected:
    """Checks and handshakes in a stream: no media."""

    def is_picture(self, _: bytes | memoryview) -> bool:
        return False

    def may_have(self, _: bytes | memoryview) -> bool:
        return True


_UNPROTECTED = _Unprotected()


class DataPlane:
    """Receive, authenticate and sort datagrams; rewrite, protect and send packets."""

    #: How the plane is called in the log and on the status page.
    name: ClassVar[str] = "reference"

    def __init__(self, config: SfuConfig) -> None:
        self._config = config
        self._socket: socket.socket | None = None
        self._by_ufrag: dict[str, Transport] = {}
        #: All transports, in the order in which media of an unknown sender is shown to them next.
        self._turns: OrderedDict[Transport, None] = OrderedDict()
        self._by_address: dict[Address, Transport] = {}
        self._strangers = StrangerLimit()
        # Apart, so that media of connections gone by keeps nobody behind the same NAT from
        # making a new one.
        self._lost_media = StrangerLimit()
        self._named_checks = TokenBucket(
            per_s=_NAMED_CHECKS_PER_S, burst=_NAMED_CHECKS_PER_S, now=0
        )
        self._keys_tried = TokenBucket(per_s=_KEYS_TRIED_PER_S, burst=_KEYS_TRIED_PER_S, now=0)
        self._inbox = bytearray(_BUFFER_BYTES)
        self._inbox_view = memoryview(self._inbox)
        self._inbox_c = c_buffer(self._inbox)
        self._outbox = bytearray(_BUFFER_BYTES + _EXTENSION.size + SRTP_TRAILER_BYTES)
        self._outbox_view = memoryview(self._outbox)
        self._outbox_c = c_buffer(self._outbox)
        self._length = c_length()
        self._streams = StreamListener(self, config.tcp)
        self._fan_out = FanOut(count=self.count, send_on_stream=self.send_on_stream)
        #: Counters of datagrams that belong to no room.
        self.counts: dict[str, int] = {}

    # -- life ------------------------------------------------------------------------

    def open(self) -> None:
        """Bind the port for UDP and for TCP, and read both from the running loop. Raise OSError."""
        for _ in range(_FREE_PORT_ATTEMPTS):
            self._open_udp()
            try:
                self._streams.open(self._config.bind_host, self.port)
            except OSError:
                self.close()
                if self._config.port:
                    raise
            else:
                return
        raise OSError("no port number is free for both UDP and TCP")

    def _open_udp(self) -> None:
        is_v6 = ":" in self._config.bind_host
        family = socket.AF_INET6 if is_v6 else socket.AF_INET
        udp = socket.socket(family, socket.SOCK_DGRAM)
        try:
            udp.setblocking(False)
            if is_v6:
                udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BUFFER_BYTES)
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER_BYTES)
            udp.bind((self._config.bind_host, self._config.port))
        except OSError:
            udp.close()
            raise
        self._socket = udp
        self._loop = asyncio.get_running_loop()
        self._start_reading(udp)

    def close(self) -> None:
        """Stop reading and close the sockets."""
        self._streams.close()
        if self._socket is not None:
            self._stop_reading(self._socket)
            self._socket.close()
            self._socket = None

    def _start_reading(self, udp: socket.socket) -> None:
        self._loop.add_reader(udp.fileno(), self._readable)

    def _stop_reading(self, udp: socket.socket) -> None:
        self._loop.remove_reader(udp.fileno())

    @property
    def port(self) -> int:
        """Return the port peers are told: that of the configuration, or the one found free."""
        assert self._socket is not None, "the data plane is open"
        port: int = self._socket.getsockname()[1]
        return port

    # -- the table of transports -------------------------------------------------------

    def open_room(self, flush: Callable[[], None]) -> PlaneRoom | None:  # noqa: ARG002
        """Return the plane's part of a new room, if it forwards by itself; None here.

        `flush` sends what the room's core has finished.
        """
        return None

    def add(self, transport: Transport, room: PlaneRoom | None = None) -> None:  # noqa: ARG002
        """Let checks that name this transport's ufrag find it; again after an ICE restart.

        Only the credentials before the present ones stay valid, however often it restarts.
        `room`: what `open_room` returned, the first time.
        """
        old = transport.old_credentials
        if old is not None:
            for ufrag in [key for key, value in self._by_ufrag.items() if value is transport]:
                if ufrag != old.ufrag:
                    del self._by_ufrag[ufrag]
        self._by_ufrag[transport.credentials.ufrag] = transport
        self._turns.setdefault(transport)
        transport.on_change = self._changed

    def remove(self, transport: Transport) -> None:
        """Forget a transport: nothing that comes for it is looked at any more."""
        for ufrag in [key for key, value in self._by_ufrag.items() if value is transport]:
            del self._by_ufrag[ufrag]
        self._turns.pop(transport, None)
        transport.on_change = ignore_change
        self._fan_out.changed(transport)
        self._forget(transport, transport.addresses)
        for address in transport.addresses:
            if isinstance(address, StreamAddress):
                self._streams.close_stream(address)

    def _changed(self, transport: Transport) -> None:
        """Take note of another address, other keys, other limits or another way of numbering."""
        self._fan_out.changed(transport)

    def _learn(self, transport: Transport, address: Address) -> None:
        self._by_address[address] = transport
        if address not in transport.addresses:
            transport.addresses.append(address)

    def _forget(self, transport: Transport, addresses: list[Address]) -> None:
        for address in addresses:
            if self._by_address.get(address) is transport:
                del self._by_address[address]

    def expire(self, transport: Transport) -> None:
        """Forget a transport's former addresses and what is left of an ICE restart."""
        current = transport.address
        if transport.addresses != ([] if current is None else [current]):
            self._forget(transport, [old for old in transport.addresses if old != current])
            transport.addresses = [old for old in transport.addresses if old == current]
        if transport.old_credentials is not None and self._loop.time() >= transport.old_until:
            self._by_ufrag.pop(transport.old_credentials.ufrag, None)
            transport.old_credentials = None

    # -- receiving ---------------------------------------------------------------------

    def _readable(self) -> None:
        """Take a bounded batch of datagrams. Whatever they are, nothing is raised."""
        assert self._socket is not None, "a closed data plane is not read"
        receive, inbox, time = self._socket.recvfrom_into, self._inbox, self._loop.time
        for _ in range(_BATCH):
            try:
                length, address = receive(inbox)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error of an earlier datagram; it costs one read
                self.count("socket_error")
                continue
            self._sort(length, address, time())

    def _sort(self, length: int, address: Address, now: float) -> None:
        """Take the datagram in the inbox."""
        transport = self._by_address.get(address)
        try:
            if length and 127 < self._inbox[0] < 192:
                self._receive_media(transport, length, address, now)
            else:
                self._receive_control(transport, length, address, now)
        except Exception as error:  # a bug of ours costs this packet, not the node
            self._failed(transport, error)

    def _failed(self, transport: Transport | None, error: Exception) -> None:
        if transport is None:
            self.count("errors")
            log.error("A datagram from a stranger met an error.", exc_info=error)
        else:
            transport.owner.failed(error)

    def counters(self) -> dict[str, int]:
        """Return the counters of the whole node."""
        return dict(self.counts)

    def count(self, name: str) -> None:
        """Add one to a counter of the node."""
        self.counts[name] = self.counts.get(name, 0) + 1

    def _receive_control(
        self, transport: Transport | None, length: int, address: Address, now: float
    ) -> None:
        """Sort what is not media by its first byte (RFC 7983 section 7)."""
        first = self._inbox[0] if length else 255
        if first < 4:
            self._receive_stun(length, address, now)
        elif 19 < first < 64 and transport is not None:
            transport.receive_dtls(bytes(self._inbox_view[:length]))
        elif transport is not None or self._strangers.allows(address[0], now):
            self.count("unknown_datagram")

    def _receive_stun(self, length: int, address: Address, now: float) -> None:
        is_stranger = address not in self._by_address
        if is_stranger and not self._may_ask(length, address, now):
            self.count("stun_refused")
            return
        if self._answer_check(bytes(self._inbox_view[:length]), address, now) and is_stranger:
            self._strangers.vouch(address[0])

    def _answer_check(self, datagram: bytes, address: Address, now: float) -> bool:
        """Answer a connectivity check; return whether it authenticated."""
        try:
            request = parse_request(datagram)
        except MalformedStun:
            self.count("malformed_stun")
            return False
        transport = self._by_ufrag.get(request.local_ufrag)
        if transport is None:
            self.count("stun_unknown_ufrag")
            return False
        response = transport.receive_check(request, address, now)
        if response is None or len(response) > request.length:
            self.count("stun_unauthenticated")
            return False
        if transport.address == address:
            self._learn(transport, address)
        self.send_datagram(response, address)
        return True

    # -- streams -----------------------------------------------------------------------

    def receive_check(self, frame: bytes, address: StreamAddress) -> bool:
        """See FrameTaker: a stranger has one attempt, so its source needs no other limit."""
        try:
            return self._answer_check(frame, address, self._loop.time())
        except Exception:  # a bug of ours ends this stream
            self.count("errors")
            log.exception("A check in a stream met an error.")
            return False

    def receive_frame(self, frame: memoryview, address: StreamAddress) -> None:
        """See FrameTaker. From here on it is a datagram like any other."""
        length = len(frame)
        self._inbox[:length] = frame
        self._sort(length, address, self._loop.time())

    def stream_closed(self, address: StreamAddress) -> None:
        """See FrameTaker."""
        transport = self._by_address.pop(address, None)
        if transport is not None and transport.address == address:
            transport.expire_consent()
            # Not now: this may be in the middle of a fan-out, and a packet's audience is fixed.
            self._loop.call_soon(transport.owner.transport_cut)

    def send_on_stream(self, transport: Transport, sealed: bytes | memoryview) -> None:
        """Send what is protected already to a transport whose address is a stream.

        The one place where media leaves by TCP, whichever plane has protected it.
        """
        assert isinstance(transport.address, StreamAddress), "asked of streams only"
        owner = transport.owner
        if not self._streams.send(transport.address, sealed, owner):
            self._loop.call_soon(owner.pictures_dropped)

    def resume_pictures(self, transport: Transport) -> bool:
        """Let pictures go to the transport's address again, if it has read what it was sent."""
        address = transport.address
        return not isinstance(address, StreamAddress) or self._streams.resume_pictures(address)

    def _may_ask(self, length: int, address: Address, now: float) -> bool:
        """Return whether a stranger's check is looked at.

        A flood with forged sources must not shut out a newcomer or a peer behind a new NAT
        binding: it names a connection of ours, which the flood cannot guess.
        """
        if self._strangers.allows(address[0], now):
            return True
        named = claimed_ufrag(self._inbox_view[:length])
        return named in self._by_ufrag and self._named_checks.take(1, now)

    def _receive_media(
        self, transport: Transport | None, length: int, address: Address, now: float
    ) -> None:
        is_rtcp = 192 <= self._inbox[1] < 224 if length > 1 else False
        if transport is None:
            transport = self._find_moved(length, address, now, is_rtcp=is_rtcp)
            if transport is None:
                return
        elif transport.receive_session is None:
            transport.owner.count("media_before_keys")
            return
        else:
            unprotect = srtp_unprotect_rtcp if is_rtcp else srtp_unprotect
            self._length[0] = length
            status = unprotect(transport.receive_session, self._inbox_c, self._length)
            if status != SRTP_OK:
                replayed = status in SRTP_REPLAYED
                transport.owner.count("replayed" if replayed else "srtp_auth_failed")
                return
        transport.last_heard = now
        length = self._length[0]
        if is_rtcp:
            transport.owner.receive_rtcp(bytes(self._inbox_view[:length]), now)
            return
        try:
            header = rtp.parse(self._inbox, length)
            if transport.owner.is_within_rate(length, now):
                transport.owner.receive_rtp(header, self._inbox, length, now)
        except MalformedPacket:
            transport.owner.count("malformed_rtp")

    def _find_moved(
        self, length: int, address: Address, now: float, *, is_rtcp: bool
    ) -> Transport | None:
        """Find whose packet comes from an unknown address, by whose keys it authenticates.

        After a NAT rebinding this is seconds sooner than the next connectivity check. A packet
        is shown to so many transports at most, those it was not shown to come first with the
        next: what one costs does not grow with the room.
        """
        if length < 12 or not self._lost_media.allows(address[0], now):
            self.count("unknown_address")
            return None
        datagram = bytes(self._inbox_view[:length])
        for _ in range(min(len(self._turns), _MAX_MOVED_CANDIDATES)):
            transport = next(iter(self._turns))
            self._turns.move_to_end(transport)
            is_quiet = now - transport.last_heard >= _MOVED_QUIET_S
            if not transport.is_connected or transport.address is None or not is_quiet:
                continue
            if not self._keys_tried.take(1, now):
                self._turns.move_to_end(transport, last=False)
                break
            if self._authenticates(transport, datagram, now, is_rtcp=is_rtcp):
                self._lost_media.vouch(address[0])
                self._learn(transport, address)
                transport.move_to(address)
                return transport
        self.count("unknown_address")
        return None

    def _authenticates(
        self,
        transport: Transport,
        datagram: bytes,
        now: float,  # noqa: ARG002 # for a plane that must say when it came
        *,
        is_rtcp: bool,
    ) -> bool:
        """Return whether a datagram is of this peer; if so it lies decrypted in the inbox."""
        unprotect = srtp_unprotect_rtcp if is_rtcp else srtp_unprotect
        length = len(datagram)
        self._inbox[:length] = datagram  # a failed attempt may have decrypted in place
        self._length[0] = length
        is_theirs: bool = (
            unprotect(transport.receive_session, self._inbox_c, self._length) == SRTP_OK
        )
        return is_theirs

    # -- sending -----------------------------------------------------------------------

    def fan_out(self, audience: Audience, header: ParsedRtp, now: float) -> None:
        """Send the packet in the inbox to everybody it flows to."""
        assert self._socket is not None, "a closed data plane sends nothing"
        payload = bytes(self._inbox_view[header[5] : header[6]])
        self._fan_out.send(self._socket.fileno(), audience, header, payload, now)

    def send_packet(self, transport: Transport, packet: bytes) -> None:
        """Protect and send one finished RTP or RTCP packet (told apart as RFC 5761 does)."""
        if transport.address is None or transport.send_session is None:
            return
        is_rtcp = 192 <= packet[1] < 224
        protect = srtp_protect_rtcp if is_rtcp else srtp_protect
        if not is_rtcp and transport.history is not None and transport.history.element:
            size = self._number(transport.history, packet)
        else:
            size = len(packet)
            self._outbox_view[:size] = packet
        self._length[0] = size
        if protect(transport.send_session, self._outbox_c, self._length) != SRTP_OK:
            transport.owner.count("protect_failed")
            return
        sealed = self._outbox_view[: self._length[0]]
        if isinstance(transport.address, StreamAddress):
            self.send_on_stream(transport, sealed)
        else:
            self.send_datagram(sealed, transport.address)

    def _number(self, history: SendHistory, packet: bytes) -> int:
        """Write a finished packet into the outbox with its transport-wide number; return its size.

        The core makes packets with a bare header of twelve bytes.
        """
        number = history.sent(
            len(packet) + _EXTENSION.size,
            self._loop.time(),
            ssrc=int.from_bytes(packet[8:12], "big"),
            seq=int.from_bytes(packet[2:4], "big"),
        )
        view, size = self._outbox_view, len(packet) + _EXTENSION.size
        view[:12] = packet[:12]
        view[0] = packet[0] | 0x10
        _EXTENSION.pack_into(self._outbox, 12, ONE_WORD, history.element, number)
        view[NUMBERED_BYTES:size] = packet[12:]
        return size

    def send_datagram(self, datagram: bytes | memoryview, address: Address) -> None:
        """Send something that needs no protection: answers to checks, and handshakes."""
        assert self._socket is not None, "a closed data plane sends nothing"
        if isinstance(address, StreamAddress):
            self._streams.send(address, datagram, _UNPROTECTED)
            return
        try:
            self._socket.sendto(datagram, address)
        except OSError as error:
            self._not_sent(error)

    def _not_sent(self, error: OSError) -> None:
        """Count a datagram the kernel did not take: to the peer it is lost on the way."""
        self.count("send_blocked" if isinstance(error, BlockingIOError) else "send_failed")
