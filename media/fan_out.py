"""One packet to everybody it flows to, and one call of the kernel for many of them.

An audience is the same from packet to packet. What does not change with the packet (keys,
constants, where to, the kernel's list of messages) is prepared once, and anew when the audience
is another or a transport in it has moved. Left per packet and subscriber is: number it, write its
header, protect it. `sendmmsg` of the C library then takes all of them (by ctypes: nothing is
compiled for it). Linux only, as its layouts are.
"""

import ctypes
import socket
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator
from ctypes import Structure, c_int, c_size_t, c_uint, c_uint32, c_void_p
from errno import EAGAIN, ENOBUFS
from functools import cache
from ipaddress import ip_address
from struct import Struct
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from media.core.codecs import rewrite_picture
from media.core.downtrack import Audience, DownTrack
from media.core.rtp import ParsedRtp
from media.core.send_history import MASK, NAMED_MASK
from media.ice import StreamAddress
from media.transport import SRTP_TRAILER_BYTES, Transport, c_buffer, c_length, srtp_protect

#: So many packets lie protected before the kernel is called: the first of them waits for the
#: last, and all of them should fit a processor's nearest cache.
_SLOTS = 64

#: A datagram as it came, the header extension with its number, and SRTP's trailer.
_SLOT_BYTES = 2048 + 8 + SRTP_TRAILER_BYTES + 4 & ~7

_HEADER_BYTES = 12
#: The same with one header extension, the transport-wide sequence number (RFC 8285 section 4.2):
#: profile 0xBEDE and one word; element, number, padding (media.core.send_history).
NUMBERED_BYTES = 20
ONE_WORD = 0xBEDE_0001

# First byte of the header: version 2, and whether an extension follows.
_BARE, _NUMBERED = 0x8000, 0x9000

#: What a subscriber's packets are made of: arrays of its `SendHistory` (None: no numbers) and
#: what it names them by, what is added to sequence number and timestamp, the first two bytes
#: without marker, the bytes between timestamp and number; libsrtp's session, where to write, for
#: libsrtp and for Python, and which length to set; what is added to a VP8 picture's numbers.
_Row = tuple[
    "array[int] | None", "array[float] | None", "array[int] | None", "array[int] | None", int,
    int, int, int, bytes, Any, Any, int, int, tuple[int, int] | None,
]  # fmt: skip


class _MessageHeader(Structure):
    """`struct msghdr` of sendmsg(2)."""

    _fields_ = (
        ("name", c_void_p),
        ("name_length", c_uint32),
        ("pieces", c_void_p),
        ("piece_count", c_size_t),
        ("control", c_void_p),
        ("control_length", c_size_t),
        ("flags", c_int),
    )


class _Message(Structure):
    """`struct mmsghdr` of sendmmsg(2)."""

    _fields_ = (("header", _MessageHeader), ("sent", c_uint))


_MESSAGE_BYTES = ctypes.sizeof(_Message)
_PIECE_BYTES = 2 * ctypes.sizeof(c_size_t)  # `struct iovec`: where, and how many bytes

_sendmmsg = ctypes.CDLL(None, use_errno=True).sendmmsg
_sendmmsg.argtypes = (c_int, c_void_p, c_uint, c_int)
_sendmmsg.restype = c_int


@cache
def _bare(payload_bytes: int) -> Struct:
    return Struct(f"!HHI4s{payload_bytes}s")


@cache
def _numbered(payload_bytes: int) -> Struct:
    return Struct(f"!HHI9sHx{payload_bytes}s")


def _kernel_address(address: tuple[str, int] | tuple[str, int, int, int]) -> bytes:
    """Return `struct sockaddr_in` or `sockaddr_in6` of an address as `recvfrom` returns it."""
    host = ip_address(address[0].partition("%")[0])
    port = address[1].to_bytes(2, "big")
    if host.version == 4:
        return socket.AF_INET.to_bytes(2, sys.byteorder) + port + host.packed + bytes(8)
    flow, scope = address[2:] if len(address) == 4 else (0, 0)
    family = socket.AF_INET6.to_bytes(2, sys.byteorder)
    scope_id = scope.to_bytes(4, sys.byteorder)
    return family + port + flow.to_bytes(4, "big") + host.packed + scope_id


class _Part:
    """As many of an audience as are sent to at once, by one road: the kernel's, or streams."""

    __slots__ = ("_names", "at", "messages", "rows", "transports")

    def __init__(self, rows: list[_Row], transports: list[Transport], pieces: int) -> None:
        self.rows = rows
        self.transports = transports
        self.messages: ctypes.Array[_Message] | None = None
        self.at = 0
        self._names: list[ctypes.Array[ctypes.c_char]] = []
        if isinstance(transports[0].address, StreamAddress):
            return
        self.messages = (_Message * len(rows))()
        self.at = ctypes.addressof(self.messages)
        for number, transport in enumerate(transports):
            address = transport.address
            assert address is not None, "whoever cannot be sent to is left out"
            assert not isinstance(address, StreamAddress), "streams have parts of their own"
            name = ctypes.create_string_buffer(_kernel_address(address))
            self._names.append(name)
            self.messages[number].header = _MessageHeader(
                name=ctypes.addressof(name),
                name_length=len(name) - 1,
                pieces=pieces + number * _PIECE_BYTES,
                piece_count=1,
            )


class _Prepared:
    """An audience's parts; stale once a transport in it is not as it was."""

    def __init__(self, parts: list[_Part]) -> None:
        self.parts = parts
        self.is_stale = False


class FanOut:
    """Rewrite, number, protect and send packets to audiences.

    `count` counts what the kernel does not take. `send_on_stream` sends what is protected to a
    transport that is reached by TCP.
    """

    def __init__(
        self,
        *,
        count: Callable[[str], None],
        send_on_stream: Callable[[Transport, memoryview], None],
    ) -> None:
        self._count = count
        self._send_on_stream = send_on_stream
        self._outbox = bytearray(_SLOTS * _SLOT_BYTES)
        self._view = memoryview(self._outbox)
        self._outbox_c = c_buffer(self._outbox)
        self._length = c_length()
        outbox = ctypes.addressof((ctypes.c_char * len(self._outbox)).from_buffer(self._outbox))
        #: `struct iovec` of each slot: its address and, of the packet in it now, the length.
        self._pieces = array("L", (0,)) * (2 * _SLOTS)
        assert self._pieces.itemsize == ctypes.sizeof(c_size_t), "a long is as wide as a pointer"
        for slot in range(_SLOTS):
            self._pieces[2 * slot] = outbox + slot * _SLOT_BYTES
        self._prepared_with: WeakKeyDictionary[Transport, WeakSet[_Prepared]] = WeakKeyDictionary()

    def changed(self, transport: Transport) -> None:
        """Note that a transport's address, keys or numbers are not as they were."""
        for prepared in self._prepared_with.pop(transport, ()):
            prepared.is_stale = True

    def send(
        self, socket_number: int, audience: Audience, header: ParsedRtp, payload: bytes, now: float
    ) -> None:
        """Send a packet to everybody in the audience whose transport can be sent to."""
        prepared = audience.prepared
        if not isinstance(prepared, _Prepared) or prepared.is_stale:
            audience.prepared = prepared = self._prepare(audience)
        for part in prepared.parts:
            are_whole = self._seal(part, header, payload, now)
            if part.messages is None:
                self._send_on_streams(part)
            elif are_whole:
                self._hand_over(socket_number, part.at, len(part.rows))
            else:
                for first, number in self._stretches(len(part.rows)):
                    self._hand_over(socket_number, part.at + first * _MESSAGE_BYTES, number)

    # -- the loop that costs -----------------------------------------------------------

    def _seal(self, part: _Part, header: ParsedRtp, payload: bytes, now: float) -> bool:
        """Write and protect the packet of each row; return whether all could be protected.

        All in line: each call would be one per packet and subscriber.
        """
        _, marker, seq, timestamp, _, _, _, _ = header
        outbox, length, lengths, protect = self._outbox, self._length, self._pieces, srtp_protect
        bytes_in = len(payload)
        pack_bare, pack_numbered = _bare(bytes_in).pack_into, _numbered(bytes_in).pack_into
        bare_size, numbered_size = _HEADER_BYTES + bytes_in, NUMBERED_BYTES + bytes_in
        are_whole = True
        for (
            counter, sent_at_s, sizes, named, name, seq_shift, timestamp_shift, head, fixed,
            session, slot, at, length_at, shifts,
        ) in part.rows:  # fmt: skip
            seq_out = (seq + seq_shift) & 0xFFFF
            timestamp_out = (timestamp + timestamp_shift) & 0xFFFFFFFF
            if counter is None:
                size = bare_size
                pack_bare(outbox, at, head | marker, seq_out, timestamp_out, fixed, payload)
            else:  # media.core.send_history.SendHistory.sent
                size = numbered_size
                number = counter[0]
                counter[0] = number + 1
                sent_at_s[number & MASK] = now  # type: ignore[index] # the four come together
                sizes[number & MASK] = size  # type: ignore[index]
                named[number & NAMED_MASK] = name | seq_out  # type: ignore[index]
                pack_numbered(
                    outbox,
                    at,
                    head | marker,
                    seq_out,
                    timestamp_out,
                    fixed,
                    number & 0xFFFF,
                    payload,
                )
            if shifts is not None:
                rewrite_picture(self._view[at + size - bytes_in : at + size], *shifts)
            length[0] = size
            if protect(session, slot, length):
                self._not_protected(part, length_at)
                are_whole = False
            else:
                lengths[length_at] = length[0]
        return are_whole

    def _not_protected(self, part: _Part, length_at: int) -> None:
        self._pieces[length_at] = 0
        part.transports[length_at // 2].owner.count("protect_failed")

    def _stretches(self, number: int) -> Iterator[tuple[int, int]]:
        """Yield (first, how many) of the slots filled in a row, of the first `number`."""
        first = 0
        for slot in range(number + 1):
            if slot == number or not self._pieces[2 * slot + 1]:
                if slot > first:
                    yield first, slot - first
                first = slot + 1

    def _hand_over(self, socket_number: int, messages: int, number: int) -> None:
        """Let the kernel send; what it refuses is, to the peer, lost on the way."""
        while number > 0:
            sent = _sendmmsg(socket_number, messages, number, socket.MSG_DONTWAIT)
            if sent <= 0:
                is_full = ctypes.get_errno() in (EAGAIN, ENOBUFS)
                self._count("send_blocked" if is_full else "send_failed")
                sent = 1
            messages += sent * _MESSAGE_BYTES
            number -= sent

    def _send_on_streams(self, part: _Part) -> None:
        for slot, transport in enumerate(part.transports):
            size = self._pieces[2 * slot + 1]
            # Sending to one may have ended another's stream.
            if size and isinstance(transport.address, StreamAddress):
                at = slot * _SLOT_BYTES
                self._send_on_stream(transport, self._view[at : at + size])

    # -- what is the same from packet to packet ----------------------------------------

    def _prepare(self, audience: Audience) -> _Prepared:
        direct: list[DownTrack] = []
        streams: list[DownTrack] = []
        for down in audience:
            transport = _transport_of(down)
            if transport.address is not None and transport.send_session is not None:
                is_stream = isinstance(transport.address, StreamAddress)
                (streams if is_stream else direct).append(down)
        prepared = _Prepared([*self._parts(direct), *self._parts(streams)])
        for down in audience:
            self._prepared_with.setdefault(_transport_of(down), WeakSet()).add(prepared)
        return prepared

    def _parts(self, downs: list[DownTrack]) -> Iterable[_Part]:
        pieces, _ = self._pieces.buffer_info()
        for first in range(0, len(downs), _SLOTS):
            some = downs[first : first + _SLOTS]
            rows = [self._row(down, slot) for slot, down in enumerate(some)]
            yield _Part(rows, [_transport_of(down) for down in some], pieces)

    def _row(self, down: DownTrack, slot: int) -> _Row:
        transport, rewriter = _transport_of(down), down.rewriter
        history, at = transport.history, slot * _SLOT_BYTES
        fixed, head = down.ssrc.to_bytes(4, "big"), _BARE
        counter = sent_at_s = sizes = named = None
        if history is not None and history.element:
            counter, sent_at_s = history.counter, history.sent_at_s
            sizes, named = history.sizes, history.named
            fixed, head = fixed + ONE_WORD.to_bytes(4, "big") + bytes((history.element,)), _NUMBERED
        shifts = (rewriter.picture_shift, rewriter.tl0_shift)
        return (
            counter, sent_at_s, sizes, named, down.ssrc << 16,
            rewriter.seq_shift, rewriter.timestamp_shift, head | down.payload_type, fixed,
            transport.send_session, self._outbox_c + at, at, 2 * slot + 1,
            shifts if any(shifts) else None,
        )  # fmt: skip


def _transport_of(down: DownTrack) -> Transport:
    transport = down.link
    assert isinstance(transport, Transport), "links are what this shell gave"
    return transport
