"""IP packets as a router sees them: whose they are, and how to give them another address.

IPv4 (RFC 791) and IPv6 without extension headers (RFC 8200), with UDP, TCP or ICMP inside.
Checksums are corrected by difference (RFC 1624), so a packet that was broken stays broken.
"""

import struct
from ipaddress import ip_address
from typing import NamedTuple

TCP, UDP = 6, 17
_CHECKSUM_AT = {TCP: 16, UDP: 6}


class Endpoint(NamedTuple):
    """An address, packed as on the wire, and a port (0 where the protocol has none)."""

    address: bytes
    port: int

    def __str__(self) -> str:
        return f"{ip_address(self.address)} port {self.port}"


class Flow(NamedTuple):
    """What is read of a packet's headers."""

    protocol: int
    source: Endpoint
    destination: Endpoint


def packed(address: str) -> bytes:
    """Return an IPv4 or IPv6 literal as on the wire. Raise ValueError."""
    return ip_address(address).packed


def read_flow(packet: bytes) -> Flow | None:
    """Read the headers; None for what is no IP packet, a fragment, or cut short."""
    if len(packet) < 20:
        return None
    version = packet[0] >> 4
    if version == 4:
        if int.from_bytes(packet[6:8], "big") & 0x3FFF:
            return None
        header, protocol = (packet[0] & 0x0F) * 4, packet[9]
        addresses = packet[12:16], packet[16:20]
    elif version == 6 and len(packet) >= 40:
        header, protocol = 40, packet[6]
        addresses = packet[8:24], packet[24:40]
    else:
        return None
    ports = (0, 0)
    if protocol in _CHECKSUM_AT:
        if len(packet) < header + _CHECKSUM_AT[protocol] + 2:
            return None
        ports = struct.unpack_from("!HH", packet, header)
    source, destination = map(Endpoint, addresses, ports)
    return Flow(protocol, source, destination)


def corrected(checksum: int, old: bytes, new: bytes) -> int:
    """Return an Internet checksum after `old` became `new` (RFC 1624 equation 3).

    Both are whole 16-bit words.
    """
    total = ~checksum & 0xFFFF
    for (before,), (after,) in zip(
        struct.iter_unpack("!H", old), struct.iter_unpack("!H", new), strict=True
    ):
        total += (~before & 0xFFFF) + after
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def readdressed(
    packet: bytes,
    flow: Flow,
    *,
    source: Endpoint | None = None,
    destination: Endpoint | None = None,
) -> bytes:
    """Return the packet with another source or destination of the same family."""
    is_v4 = packet[0] >> 4 == 4
    header, length, first_at = ((packet[0] & 0x0F) * 4, 4, 12) if is_v4 else (40, 16, 8)
    new = bytearray(packet)
    changes = ((flow.source, source, 0), (flow.destination, destination, 1))
    for old_end, new_end, place in changes:
        if new_end is None:
            continue
        at = first_at + place * length
        new[at : at + length] = new_end.address
        old_words, new_words = old_end.address, new_end.address
        if is_v4:
            _correct(new, 10, old_words, new_words)
        if flow.protocol in _CHECKSUM_AT:
            struct.pack_into("!H", new, header + 2 * place, new_end.port)
            old_words += old_end.port.to_bytes(2, "big")
            new_words += new_end.port.to_bytes(2, "big")
            checksum_at = header + _CHECKSUM_AT[flow.protocol]
            # UDP over IPv4 may go without a checksum, written as 0 (RFC 768).
            if flow.protocol == TCP or any(new[checksum_at : checksum_at + 2]):
                _correct(new, checksum_at, old_words, new_words)
    return bytes(new)


def _correct(packet: bytearray, at: int, old: bytes, new: bytes) -> None:
    (checksum,) = struct.unpack_from("!H", packet, at)
    struct.pack_into("!H", packet, at, corrected(checksum, old, new))
