"""ICE-lite (RFC 8445 section 2.5): STUN binding requests answered, never asked.

A lite agent sends no checks, so a path with a long round trip cannot make it give up; it
stops sending when the peer has not asked for a while (RFC 7675).
"""

import hmac
import ipaddress
import secrets
from binascii import crc32
from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple


class StreamAddress(NamedTuple):
    """The far end of a TCP connection; `number` is the connection's own, never used again.

    Never equal to an address of UDP: a host may send both from the same port.
    """

    host: str
    port: int
    number: int


#: What `recvfrom` returns and `sendto` takes, (host, port) or IPv6's four items; or a stream.
Address = tuple[str, int] | tuple[str, int, int, int] | StreamAddress

_COOKIE = 0x2112A442
_HEADER = Struct("!HHI12s")
_ATTRIBUTE = Struct("!HH")
_BINDING_REQUEST = 0x0001
_BINDING_SUCCESS = 0x0101
_BINDING_ERROR = 0x0111
_USERNAME = 0x0006
_MESSAGE_INTEGRITY = 0x0008
_ERROR_CODE = 0x0009
_UNKNOWN_ATTRIBUTES = 0x000A
_XOR_MAPPED_ADDRESS = 0x0020
_PRIORITY = 0x0024
_USE_CANDIDATE = 0x0025
_FINGERPRINT = 0x8028
_ICE_CONTROLLED = 0x8029
_FINGERPRINT_XOR = 0x5354554E
_UNDERSTOOD = frozenset({_USERNAME, _MESSAGE_INTEGRITY, _PRIORITY, _USE_CANDIDATE})
_INTEGRITY_BYTES = 24
_FINGERPRINT_BYTES = 8

# A binding request has fewer than ten attributes; a datagram of them is somebody else's. One
# may be long: browsers begin to carry handshake flights in optional attributes.
_MAX_ATTRIBUTES = 32
_MAX_REQUEST_BYTES = 1472


class MalformedStun(ValueError):
    """A datagram that looked like STUN and is no binding request we could answer."""


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """A binding request, not yet authenticated."""

    transaction_id: bytes
    username: str
    is_nominating: bool
    claims_controlled: bool
    unknown_attributes: tuple[int, ...]
    signed: bytes
    signature: bytes
    length: int

    @property
    def local_ufrag(self) -> str:
        """Return whose request this is: the part of USERNAME that we chose."""
        return self.username.partition(":")[0]

    def is_signed_with(self, password: str) -> bool:
        """Check MESSAGE-INTEGRITY (RFC 8489 section 14.5)."""
        expected = hmac.digest(password.encode(), self.signed, "sha1")
        return hmac.compare_digest(expected, self.signature)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Our user fragment and password of one connection (RFC 8445 section 5.3)."""

    ufrag: str
    password: str

    @classmethod
    def generate(cls) -> "Credentials":
        """Draw credentials with more than the 24 and 128 bits of randomness asked for."""
        return cls(ufrag=secrets.token_hex(4), password=secrets.token_hex(16))


def parse_request(datagram: bytes) -> BindingRequest:
    """Parse a binding request; raise MalformedStun. FINGERPRINT must be there and right."""
    if not _HEADER.size <= len(datagram) <= _MAX_REQUEST_BYTES:
        raise MalformedStun("not the length of a binding request")
    kind, length, cookie, transaction_id = _HEADER.unpack_from(datagram)
    if kind != _BINDING_REQUEST or cookie != _COOKIE or length != len(datagram) - _HEADER.size:
        raise MalformedStun("not a binding request")
    attributes = _attributes(datagram)
    username = attributes.get(_USERNAME)
    integrity = attributes.get(_MESSAGE_INTEGRITY)
    fingerprint = attributes.get(_FINGERPRINT)
    if username is None or integrity is None or fingerprint is None:
        raise MalformedStun("an attribute of a connectivity check is missing")
    _check_fingerprint(datagram, fingerprint)
    at, signature = integrity
    if len(signature) != 20:
        raise MalformedStun("MESSAGE-INTEGRITY of a wrong length")
    try:
        name = username[1].decode("ascii")
    except UnicodeDecodeError:
        raise MalformedStun("USERNAME is not ASCII") from None
    signed_length = at + _INTEGRITY_BYTES - _HEADER.size
    return BindingRequest(
        transaction_id=transaction_id,
        username=name,
        is_nominating=_USE_CANDIDATE in attributes,
        claims_controlled=_ICE_CONTROLLED in attributes,
        unknown_attributes=tuple(
            kind for kind in attributes if kind < 0x8000 and kind not in _UNDERSTOOD
        ),
        signed=_HEADER.pack(_BINDING_REQUEST, signed_length, _COOKIE, transaction_id)
        + datagram[_HEADER.size : at],
        signature=signature,
        length=len(datagram),
    )


def claimed_ufrag(datagram: bytes | memoryview) -> str | None:
    """Return whom a STUN message claims to be for, if it says so first; nothing is checked.

    A look at one attribute: browsers put USERNAME first. None if something else is there.
    """
    if len(datagram) < _HEADER.size + _ATTRIBUTE.size:
        return None
    kind, length = _ATTRIBUTE.unpack_from(datagram, _HEADER.size)
    start = _HEADER.size + _ATTRIBUTE.size
    if kind != _USERNAME or start + length > len(datagram):
        return None
    name = bytes(datagram[start : start + length]).partition(b":")[0]
    return name.decode("ascii") if name.isascii() else None


def _attributes(datagram: bytes) -> Mapping[int, tuple[int, bytes]]:
    """Return by type (offset, value); what follows MESSAGE-INTEGRITY does not count.

    Only FINGERPRINT may follow it (RFC 8489 section 14.5).
    """
    found: dict[int, tuple[int, bytes]] = {}
    at = _HEADER.size
    for _ in range(_MAX_ATTRIBUTES):
        if at == len(datagram):
            return found
        if at + 4 > len(datagram):
            break
        kind, length = _ATTRIBUTE.unpack_from(datagram, at)
        if at + 4 + length > len(datagram):
            break
        if _MESSAGE_INTEGRITY not in found or kind == _FINGERPRINT:
            found.setdefault(kind, (at, datagram[at + 4 : at + 4 + length]))
        at = min(len(datagram), at + 4 + length + (-length & 3))
    raise MalformedStun("attributes do not fit the message")


def _check_fingerprint(datagram: bytes, fingerprint: tuple[int, bytes]) -> None:
    at, value = fingerprint
    if len(value) != 4 or at + _FINGERPRINT_BYTES != len(datagram):
        raise MalformedStun("FINGERPRINT is not the last attribute")
    if int.from_bytes(value) != crc32(datagram[:at]) ^ _FINGERPRINT_XOR:
        raise MalformedStun("FINGERPRINT does not match")


def refuse(request: BindingRequest, password: str) -> bytes:
    """Return the answer to an authenticated request for a connection that has ended: 403.

    A browser gives up its pair on such an answer, so its page learns within one check what
    silence would tell it after 15 s, or never while its handshake waits for ours.
    """
    body = _attribute(_ERROR_CODE, b"\0\0\x04\x03Forbidden")
    return _signed(_BINDING_ERROR, request.transaction_id, body, password)


def answer(request: BindingRequest, password: str, address: Address) -> bytes:
    """Return the answer to an authenticated request: where it came from, or an error.

    A lite agent is always the controlled one, so a peer that says it is controlled is told
    of the conflict (RFC 8445 section 7.3.1.1).
    """
    if request.unknown_attributes:
        unknown = b"".join(kind.to_bytes(2) for kind in request.unknown_attributes)
        body = _attribute(_ERROR_CODE, b"\0\0\x04\x14") + _attribute(_UNKNOWN_ATTRIBUTES, unknown)
        return _signed(_BINDING_ERROR, request.transaction_id, body, password)
    if request.claims_controlled:
        body = _attribute(_ERROR_CODE, b"\0\0\x04\x57Role Conflict")
        return _signed(_BINDING_ERROR, request.transaction_id, body, password)
    mapped = _xor_address(address, request.transaction_id)
    body = _attribute(_XOR_MAPPED_ADDRESS, mapped)
    return _signed(_BINDING_SUCCESS, request.transaction_id, body, password)


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) & 3)


def _xor_address(address: Address, transaction_id: bytes) -> bytes:
    """Encode XOR-MAPPED-ADDRESS (RFC 8489 section 14.2); IPv4 within IPv6 is told as IPv4."""
    ip = ipaddress.ip_address(address[0].partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    family = 1 if ip.version == 4 else 2
    mask = (_COOKIE.to_bytes(4) + transaction_id)[: len(ip.packed)]
    masked = bytes(left ^ right for left, right in zip(ip.packed, mask, strict=True))
    return bytes((0, family)) + (address[1] ^ (_COOKIE >> 16)).to_bytes(2) + masked


def _signed(kind: int, transaction_id: bytes, body: bytes, password: str) -> bytes:
    """Close a message with MESSAGE-INTEGRITY and FINGERPRINT.

    Each is computed over a header that already counts it (RFC 8489 sections 14.5, 14.7).
    """
    header = _HEADER.pack(kind, len(body) + _INTEGRITY_BYTES, _COOKIE, transaction_id)
    body += _attribute(_MESSAGE_INTEGRITY, hmac.digest(password.encode(), header + body, "sha1"))
    header = _HEADER.pack(kind, len(body) + _FINGERPRINT_BYTES, _COOKIE, transaction_id)
    checksum = crc32(header + body) ^ _FINGERPRINT_XOR
    return header + body + _attribute(_FINGERPRINT, checksum.to_bytes(4))


def source_of(host: str) -> str:
    """Return whom limits count as one: an IPv4 address, or the /64 of an IPv6 one.

    Whoever has one IPv6 address has 2**64 of them (RFC 4291 section 2.5.4).
    """
    if ":" not in host or host.startswith("::ffff:"):
        return host
    packed = ipaddress.IPv6Address(host.partition("%")[0]).packed
    return packed[:8].hex()


class StrangerLimit:
    """Bound the work for datagrams nobody has vouched for: so many a second and source.

    The table is bounded too; when it is full of this second's sources, all further ones
    are strangers too many.
    """

    def __init__(self, *, per_second: int = 50, max_sources: int = 1024) -> None:
        self._per_second = per_second
        self._max_sources = max_sources
        self._second = 0
        self._seen: dict[str, int] = {}

    def allows(self, host: str, now: float) -> bool:
        """Count one datagram from `host`; False if it should be dropped unread."""
        if int(now) != self._second:
            self._second = int(now)
            self._seen.clear()
        host = source_of(host)
        seen = self._seen.get(host, 0)
        if seen >= self._per_second or (not seen and len(self._seen) >= self._max_sources):
            return False
        self._seen[host] = seen + 1
        return True

    def vouch(self, host: str) -> None:
        """Take back one datagram that was counted: it has authenticated."""
        host = source_of(host)
        if self._seen.get(host, 0):
            self._seen[host] -= 1
