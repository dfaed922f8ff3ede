"""The native data plane: the reference's front, with the packets' way through C threads.

Handshakes, checks and strangers are the reference's own, here and there. Media never comes by
here: `plane.c` has the socket, forwards by its table, and leaves behind in two rings per lane
what Python must hear of. `media.native_room` edits the table. docs/adr/0002 and 0009.
"""

import os
import socket
from collections.abc import Callable
from ctypes import byref, c_uint8, c_uint64
from functools import partial
from typing import Any, ClassVar

from media.config import SfuConfig
from media.core import rtp
from media.core.downtrack import Audience
from media.core.errors import MalformedPacket
from media.core.rtp import ParsedRtp
from media.core.runs import Seen
from media.dataplane import DataPlane, PlaneRoom
from media.ice import Address, StreamAddress
from media.lane_watch import LOOK_EVERY_S, LaneWatch
from media.native_library import (
    DATAGRAM,
    DIGEST,
    FLAG_SENT,
    FLAG_TAKEN,
    HEARD,
    LIBRARY,
    MESSAGE,
    PLANE_COUNTERS,
    RTCP,
    RTP,
    SEALED,
    address_of,
    digest_of,
    load,
    place_of,
    srtp_api,
)
from media.native_room import NativeRoom
from media.transport import Transport, session_pointer

# One wake-up handles at most this many messages of a ring, so that other work of the loop is
# not starved by a flood.
_BATCH = 128
_BUFFER_BYTES = 2048
_KIND_AT, _SKIP = 4, 0
_CONTROL, _MEDIA = 0, 1
_MAX_LANES = 64


class NativePlane(DataPlane):
    """`DataPlane` whose packets are received and sent by threads in C.

    Raise NativeUnavailable where the library is not built.
    """

    name: ClassVar[str] = "native"

    def __init__(self, config: SfuConfig) -> None:
        super().__init__(config)
        self._library = load(LIBRARY)
        self._lanes = min(config.native_lanes or len(os.sched_getaffinity(0)), _MAX_LANES)
        self._pointer = 0
        self._by_number: dict[int, Transport] = {}
        self._handles: dict[Transport, tuple[NativeRoom, int, int]] = {}
        self._numbers = 0
        self._rings: list[tuple[memoryview, memoryview]] = []
        self._rooms_on: list[int] = [0] * self._lanes
        self._offset = c_uint64()
        self._copy = bytearray(_BUFFER_BYTES)
        self._copy_c = (c_uint8 * _BUFFER_BYTES).from_buffer(self._copy)

    # -- life ------------------------------------------------------------------------

    def _start_reading(self, udp: socket.socket) -> None:
        api = srtp_api()
        pointer = self._library.plane_open(udp.fileno(), self._lanes, byref(api))
        if not pointer:
            raise OSError("no memory or descriptors left for the native data plane")
        self._pointer = pointer
        for lane in range(self._lanes):
            self._rings.append((self._ring(lane, _CONTROL), self._ring(lane, _MEDIA)))
            self._loop.add_reader(
                self._library.plane_wake_fd(pointer, lane), partial(self._drain, lane)
            )
        self._watch = LaneWatch(
            self._library, pointer, self._lanes, count=self.count, now=self._loop.time()
        )
        self._look_again = self._loop.call_later(LOOK_EVERY_S, self._look)
        status = self._library.plane_start(pointer)
        if status:
            self._stop_reading(udp)
            raise OSError(status, "a thread of the native data plane could not be started")

    def _ring(self, lane: int, which: int) -> memoryview:
        size = c_uint64()
        at = self._library.plane_ring(self._pointer, lane, which, byref(size))
        return memoryview((c_uint8 * size.value).from_address(at)).cast("B")

    def _stop_reading(self, udp: socket.socket) -> None:  # noqa: ARG002
        if not self._pointer:  # it could not be opened, or its threads not be started
            return
        for lane in range(self._lanes):
            self._loop.remove_reader(self._library.plane_wake_fd(self._pointer, lane))
        self._look_again.cancel()
        for transport in list(self._handles):
            self.remove(transport)
        self._rings.clear()
        self._library.plane_close(self._pointer)
        self._pointer = 0

    def _look(self) -> None:
        self._watch.look(self._loop.time())
        self._look_again = self._loop.call_later(LOOK_EVERY_S, self._look)

    def counters(self) -> dict[str, int]:
        """See DataPlane."""
        values = (c_uint64 * len(PLANE_COUNTERS))()
        if self._pointer:
            self._library.plane_counters(self._pointer, values)
        counted = dict(zip(PLANE_COUNTERS, values, strict=True))
        for name, value in self.counts.items():
            counted[name] = counted.get(name, 0) + value
        return counted

    # -- the table of transports -------------------------------------------------------

    def open_room(self, flush: Callable[[], None]) -> PlaneRoom:
        """See DataPlane. The room goes to the lane that has had the fewest."""
        lane = self._rooms_on.index(min(self._rooms_on))
        self._rooms_on[lane] += 1
        return NativeRoom(
            self._library,
            self._pointer,
            lane=lane,
            flush=flush,
            on_close=partial(self._room_closed, lane),
        )

    def _room_closed(self, lane: int) -> None:
        self._rooms_on[lane] -= 1

    def add(self, transport: Transport, room: PlaneRoom | None = None) -> None:
        """See DataPlane."""
        super().add(transport, room)
        if room is None:
            return
        assert isinstance(room, NativeRoom), "rooms are what open_room returned"
        self._numbers += 1
        number = self._numbers
        self._handles[transport] = (room, room.add(transport, number), number)
        self._by_number[number] = transport

    def remove(self, transport: Transport) -> None:
        """See DataPlane."""
        super().remove(transport)
        found = self._handles.pop(transport, None)
        if found is not None:
            room, _, number = found
            del self._by_number[number]
            room.remove(transport)

    def _changed(self, transport: Transport) -> None:
        """Tell the plane where to send, with which keys, and what the peer may send."""
        _, handle, _ = self._handles[transport]
        library, limits = self._library, transport.owner.limits
        library.transport_limits(
            handle,
            limits.rtp_bytes_per_s,
            limits.rtp_burst_bytes,
            limits.rtcp_bytes_per_s,
        )
        library.transport_keys(
            handle,
            session_pointer(transport.send_session),
            session_pointer(transport.receive_session),
        )
        history = transport.history
        if history is not None:
            arrays = (
                history.sent_at_s,
                history.sizes,
                history.named,
                history.counter,
                history.attention,
            )
            at = [array.buffer_info()[0] for array in arrays]
            library.transport_number(handle, history.element, *at)
        address = transport.address
        if isinstance(address, StreamAddress):
            library.transport_place(handle, None, True)
        else:
            place = None if address is None else byref(place_of(address))
            library.transport_place(handle, place, False)

    def _learn(self, transport: Transport, address: Address) -> None:
        super()._learn(transport, address)
        if isinstance(address, StreamAddress):
            return
        if not self._library.address_learn(self._handles[transport][1], byref(place_of(address))):
            raise MemoryError("the native data plane has no memory left")

    def _forget(self, transport: Transport, addresses: list[Address]) -> None:
        for address in addresses:
            is_ours = self._by_address.get(address) is transport
            if is_ours and not isinstance(address, StreamAddress):
                self._library.address_forget(self._pointer, byref(place_of(address)))
        super()._forget(transport, addresses)

    # -- what the lanes left behind ------------------------------------------------------

    def _drain(self, lane: int) -> None:
        """Take a bounded batch of messages. Whatever they are, nothing is raised."""
        self._library.plane_awake(self._pointer, lane)
        has_more = self._drain_ring(lane, _CONTROL)
        has_more = self._drain_ring(lane, _MEDIA) or has_more
        if has_more and self._pointer:
            self._library.plane_read_on(self._pointer, lane)

    def _drain_ring(self, lane: int, which: int) -> bool:
        """Handle up to a batch of messages; return whether there may be more."""
        left = _BATCH
        while left > 0 and self._pointer:
            size = self._library.plane_messages(self._pointer, lane, which, byref(self._offset))
            if not size:
                return False
            first = at = self._offset.value
            ring = self._rings[lane][which]
            while at < first + size and left > 0 and self._pointer:
                if ring[at + _KIND_AT] == _SKIP:
                    at = first + size
                    break
                at += self._handle(ring, at)
                left -= 1
            if self._pointer:  # what a message led to may have closed the plane
                self._library.plane_read(self._pointer, lane, which, at - first)
        return True

    def _handle(self, ring: memoryview, at: int) -> int:
        """Handle the message at `at`; return its size."""
        message = MESSAGE.unpack_from(ring, at)
        length, number = message[3], message[4]
        start = at + MESSAGE.size
        packet = ring[start : start + length]
        transport = self._by_number.get(number)
        try:
            if message[1] == DATAGRAM:
                self._handle_datagram(transport, packet, message)
            elif transport is not None:
                self._handle_of_peer(transport, packet, message)
        except Exception as error:  # a bug of ours costs this packet, not the node
            self._failed(transport, error)
        return int(message[0])

    def _handle_of_peer(
        self, transport: Transport, packet: memoryview, message: tuple[Any, ...]
    ) -> None:
        """Handle what authenticated, or what was sealed for a peer reached another way."""
        _, kind, flags, length, _, stream, _, ext_seq, packets, octets, now, *_ = message
        if kind == SEALED:
            is_due = transport.owner.may_have(packet)
            if is_due and isinstance(transport.address, StreamAddress):
                self.send_on_stream(transport, bytes(packet))
            return
        transport.last_heard = now
        if kind == DIGEST:
            transport.owner.receive_digest(digest_of(packet), now)
        elif kind == RTP:
            seen = None
            if flags & FLAG_TAKEN:
                is_sent = bool(flags & FLAG_SENT)
                seen = Seen(stream, ext_seq, packets, octets, is_sent)
            try:
                transport.owner.receive_rtp(rtp.parse(packet, length), packet, length, now, seen)
            except MalformedPacket:
                transport.owner.count("malformed_rtp")
        elif kind == RTCP:
            transport.owner.receive_rtcp(bytes(packet), now)
        else:
            assert kind == HEARD, "the plane knows no other messages"

    def _handle_datagram(
        self, transport: Transport | None, packet: memoryview, message: tuple[Any, ...]
    ) -> None:
        """Handle what is not media, or came from an address the plane did not know."""
        length, now = message[3], message[10]
        family, port, host, scope = message[11:15]
        address = address_of(family, port, host, scope)
        transport = transport or self._by_address.get(address)
        self._inbox[:length] = packet
        if length and 127 < packet[0] < 192:
            self._receive_media(transport, length, address, now)
        else:
            self._receive_control(transport, length, address, now)

    def _receive_media(
        self, transport: Transport | None, length: int, address: Address, now: float
    ) -> None:
        """See DataPlane: media that reached us from an address not known to the lanes then."""
        if transport is not None:
            self._open(transport, bytes(self._inbox_view[:length]), now)
            return
        self._find_moved(length, address, now, is_rtcp=False)

    def _open(self, transport: Transport, datagram: bytes, now: float) -> bool:
        """Hand an authentic packet to the lane as if it had just come; False if it is not."""
        found = self._handles.get(transport)
        if found is None:
            return False
        self._copy[: len(datagram)] = datagram
        length = self._library.transport_open(found[1], self._copy_c, len(datagram))
        if length:
            self._library.transport_receive(found[1], self._copy_c, length, now)
        return bool(length)

    def _authenticates(
        self,
        transport: Transport,
        datagram: bytes,
        now: float,
        *,
        is_rtcp: bool,  # noqa: ARG002
    ) -> bool:
        """See DataPlane. It goes on to the lane at once."""
        return self._open(transport, datagram, now)

    # -- sending -----------------------------------------------------------------------

    def fan_out(self, audience: Audience, header: ParsedRtp, now: float) -> None:
        """See DataPlane: the lane has done it, before Python heard of the packet."""

    def send_packet(self, transport: Transport, packet: bytes) -> None:
        """See DataPlane."""
        found = self._handles.get(transport)
        if found is not None:
            self._library.transport_send(found[1], packet, len(packet))
