"""The native data plane's C library: where it is, what its functions and layouts are.

`make native` builds media/native/plane.c. The library has no link-time dependency: libsrtp's
functions are those inside pylibsrtp's wheel, handed over as pointers. Every call releases the
interpreter lock (ctypes.CDLL does).
"""

import ctypes
from ctypes import (
    POINTER,
    Structure,
    c_char_p,
    c_double,
    c_int,
    c_int32,
    c_int64,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)
from ipaddress import ip_address
from pathlib import Path
from socket import AF_INET, AF_INET6, inet_ntop
from struct import Struct
from typing import Any

from media.core.arrival_digest import Digest, Probed
from media.core.delay_trend import LineUse
from media.transport import srtp_pointers

LIBRARY = Path(__file__).parent / "native" / "build" / "plane.so"

#: As `plane_version` of plane.c: a library built from other sources is not loaded.
VERSION = 4

#: What `recvfrom` returns and `sendto` takes.
UdpAddress = tuple[str, int] | tuple[str, int, int, int]

#: `struct message`: size, kind, flags, length, transport, stream, spare, ext_seq, packets,
#: octets, now, and the address: family, port, 16 bytes of host, scope.
MESSAGE = Struct("=IBBHIIQqQQdHH16sI")
DATAGRAM, RTCP, RTP, HEARD, SEALED, DIGEST = 1, 2, 3, 4, 5, 6
FLAG_TAKEN, FLAG_SENT = 1, 2

#: `struct digest`: newest, count, lost, bytes, sent, arrived, queue, feedbacks, received, use,
#: is_after_cut; and what was probed: watched_from, bytes, four times, count, first and last bytes.
DIGEST_OUT = Struct("=qQqQdddIIIIqQddddIIIxxxx")
_USES = (LineUse.NORMAL, LineUse.OVERUSED, LineUse.UNDERUSED)

ROOM_COUNTERS = (
    "srtp_auth_failed",
    "replayed",
    "media_before_keys",
    "malformed_rtp",
    "protect_failed",
    "rtcp_refused",
    "rtp_over_rate",
    "dropped_not_granted",
    "nack_answered",
    "nack_missed",
    "resend_limited",
    "rtx_out",
    "rtx_unasked",
)
PLANE_COUNTERS = (
    "send_blocked",
    "send_failed",
    "socket_error",
    "control_lost",
    "media_lost",
    "inbox_lost",
    "packets_sent",
    "send_calls",
    "gso_messages",
    "wake_ups",
)


class NativeUnavailable(Exception):
    """There is no native library, or one of another version; the text says what to do."""


class SrtpApi(Structure):
    """`struct srtp_api`: libsrtp's four functions."""

    _fields_ = (
        ("protect", c_void_p),
        ("unprotect", c_void_p),
        ("protect_rtcp", c_void_p),
        ("unprotect_rtcp", c_void_p),
    )


class Place(Structure):
    """`struct place`: an address; IPv4 lies in the first four bytes of `host`."""

    _fields_ = (
        ("family", c_uint16),
        ("port", c_uint16),
        ("host", c_uint8 * 16),
        ("scope", c_uint32),
    )


class RowTerms(Structure):
    """`struct row_terms`: the constants of a row, and from where it begins."""

    _fields_ = (
        ("after_ext", c_int64),
        ("first_ext", c_int64),
        ("seq_shift", c_int64),
        ("ssrc", c_uint32),
        ("rtx_ssrc", c_uint32),
        ("timestamp_shift", c_uint32),
        ("rtx_seq", c_uint32),
        ("rtx_payload_type", c_int32),
        ("picture_shift", c_uint16),
        ("payload_type", c_uint8),
        ("tl0_shift", c_uint8),
    )


class ProgressOut(Structure):
    """`struct progress`: where an encoding stands when a row of it ends."""

    _fields_ = (
        ("ext_seq", c_int64),
        ("packets", c_uint64),
        ("octets", c_uint64),
        ("last_arrival", c_double),
        ("timestamp", c_uint32),
        ("rtx_seq", c_uint32),
        ("has_any", c_uint32),
        ("picture_bytes", c_uint32),
        ("picture", c_uint8 * 16),
    )


class TakenOut(Structure):
    """`struct taken`: what became of one packet."""

    _fields_ = (
        ("ext_seq", c_int64),
        ("packets", c_uint64),
        ("octets", c_uint64),
        ("flags", c_uint32),
    )


_PLACE, _OUT = POINTER(Place), POINTER(c_uint64)

#: name: (result, arguments)
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {  # ctypes' own types have no common one
    "plane_version": (c_uint32, ()),
    "plane_open": (c_void_p, (c_int, c_uint32, POINTER(SrtpApi))),
    "plane_start": (c_int, (c_void_p,)),
    "plane_close": (None, (c_void_p,)),
    "plane_revive": (c_int, (c_void_p, c_uint32)),
    "plane_wake_fd": (c_int, (c_void_p, c_uint32)),
    "plane_heartbeat": (c_uint64, (c_void_p, c_uint32)),
    "plane_thread_id": (c_int, (c_void_p, c_uint32)),
    "plane_counters": (None, (c_void_p, _OUT)),
    "plane_awake": (None, (c_void_p, c_uint32)),
    "plane_read_on": (None, (c_void_p, c_uint32)),
    "plane_ring": (c_void_p, (c_void_p, c_uint32, c_int, _OUT)),
    "plane_messages": (c_uint64, (c_void_p, c_uint32, c_int, _OUT)),
    "plane_read": (None, (c_void_p, c_uint32, c_int, c_uint64)),
    "room_open": (c_void_p, (c_void_p, c_uint32)),
    "room_close": (None, (c_void_p,)),
    "room_counters": (None, (c_void_p, _OUT)),
    "transport_add": (c_void_p, (c_void_p, c_uint32, c_uint32, c_double)),
    "transport_remove": (None, (c_void_p,)),
    "transport_keys": (None, (c_void_p, c_void_p, c_void_p)),
    "transport_place": (None, (c_void_p, _PLACE, c_int)),
    "transport_limits": (None, (c_void_p, c_double, c_double, c_double)),
    "transport_resends": (None, (c_void_p, c_double, c_double)),
    "transport_repairs": (None, (c_void_p, c_double)),
    "transport_number": (None, (c_void_p, c_uint8, *5 * (c_void_p,))),
    "transport_digest": (c_int, (c_void_p, c_char_p, c_uint32, c_double, c_void_p)),
    "transport_send": (c_int, (c_void_p, c_char_p, c_uint32)),
    "transport_open": (c_uint32, (c_void_p, c_void_p, c_uint32)),
    "transport_receive": (None, (c_void_p, c_void_p, c_uint32, c_double)),
    "address_learn": (c_int, (c_void_p, _PLACE)),
    "address_forget": (None, (c_void_p, _PLACE)),
    "encoding_add": (c_void_p, (c_void_p,)),
    "encoding_remove": (None, (c_void_p,)),
    "encoding_restart": (None, (c_void_p, c_uint32, c_int, c_int)),
    "encoding_want": (None, (c_void_p, c_int, c_int, c_double)),
    "encoding_take": (
        None,
        (c_void_p, c_uint16, c_uint32, c_uint8, c_char_p, c_uint32, c_double, POINTER(TakenOut)),
    ),
    "encoding_keep": (
        None,
        (c_void_p, c_int64, c_uint32, c_uint8, c_char_p, c_uint32, c_double),
    ),
    "binding_add": (c_int, (c_void_p, c_uint32, c_void_p, c_int)),
    "binding_remove": (None, (c_void_p, c_uint32)),
    "row_begin": (c_void_p, (c_void_p, c_void_p, POINTER(RowTerms))),
    "row_end": (None, (c_void_p, POINTER(ProgressOut))),
}


def load(path: Path = LIBRARY) -> ctypes.CDLL:
    """Return the library with its functions declared. Raise NativeUnavailable."""
    if not path.exists():
        raise NativeUnavailable("The native data plane is not built: run `make native`.")
    try:
        library = ctypes.CDLL(str(path))
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise NativeUnavailable(
            f"The native data plane cannot be loaded ({error}): run `make native`."
        ) from error
    if library.plane_version() != VERSION:
        raise NativeUnavailable("The native data plane is of another version: run `make native`.")
    return library


def srtp_api() -> SrtpApi:
    """Return the pointers to libsrtp's functions in pylibsrtp's wheel."""
    return SrtpApi(*srtp_pointers())


def digest_of(packet: bytes | bytearray | memoryview) -> Digest:
    """Return a digest as the core takes it."""
    (
        newest, count, lost, size_bytes, sent_s, arrived_s, queue_s,
        feedbacks, received, use, is_after_cut,
        watched_from, probed_bytes, first_sent_s, last_sent_s, first_arrived_s, last_arrived_s,
        probed_count, first_bytes, last_bytes,
    ) = DIGEST_OUT.unpack(packet)  # fmt: skip
    probed = None
    if probed_count:
        probed = Probed(
            watched_from, probed_count, probed_bytes, first_bytes, last_bytes,
            first_sent_s, last_sent_s, first_arrived_s, last_arrived_s,
        )  # fmt: skip
    return Digest(
        newest, count, feedbacks, received, lost, size_bytes,
        sent_s, arrived_s, queue_s, _USES[use], bool(is_after_cut), probed,
    )  # fmt: skip


def place_of(address: UdpAddress) -> Place:
    """Return an address of a datagram as the C library takes it."""
    host = ip_address(address[0].partition("%")[0])
    place = Place(family=AF_INET6 if host.version == 6 else AF_INET, port=address[1])
    ctypes.memmove(place.host, host.packed, len(host.packed))
    if len(address) == 4:
        place.scope = address[3]
    return place


def address_of(family: int, port: int, host: bytes, scope: int) -> UdpAddress:
    """Return the address of a message's `struct place`, as a socket of Python's gives it."""
    if family == AF_INET:
        return inet_ntop(AF_INET, host[:4]), port
    return inet_ntop(AF_INET6, host), port, 0, scope
