"""Whom a transport tells what happened to it, and what it may be sent."""

import logging
from dataclasses import dataclass
from typing import Protocol

from media.core.arrival_digest import Digest
from media.core.rtp import Buffer, ParsedRtp
from media.core.runs import Seen

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a peer may send on one connection; what is above it is dropped and counted."""

    rtp_bytes_per_s: float
    rtp_burst_bytes: float
    rtcp_bytes_per_s: float
    rtcp_packets_per_s: int


class TransportOwner(Protocol):
    """Whom a transport tells what happened to it."""

    limits: Limits

    def transport_connected(self) -> None:
        """Keys are agreed: packets can flow."""

    def transport_ended(self) -> None:
        """The handshake failed, or the peer closed the connection."""

    def transport_moved(self) -> None:
        """The peer goes on from another address: some of its packets were lost."""

    def transport_cut(self) -> None:
        """The stream to the peer's address has closed: there is nobody to send to."""

    def is_picture(self, datagram: bytes | memoryview) -> bool:
        """Return whether a protected datagram to the peer is a piece of a picture."""

    def may_have(self, datagram: bytes | memoryview) -> bool:
        """Return whether a protected datagram that has waited may still go to the peer."""

    def pictures_dropped(self) -> None:
        """The peer reads its stream too slowly; no picture goes there until it is resumed."""

    def is_within_rate(self, length: int, now: float) -> bool:
        """Return whether a packet is within the agreed rate (`limits`); count it if it is not.

        What is above is dropped unread and not acknowledged either: to its sender it is lost, so
        one that adapts slows down. Asked by a plane that does not judge by `limits` itself.
        """

    def receive_rtp(
        self, header: ParsedRtp, buffer: Buffer, length: int, now: float, seen: Seen | None = None
    ) -> None:
        """Take an RTP packet that authenticated; `buffer` is the data plane's own.

        `seen`: what a plane that forwards by itself did with it. Raise MalformedPacket.
        """

    def receive_rtcp(self, packet: bytes, now: float) -> None:
        """Take an RTCP packet that authenticated."""

    def receive_digest(self, digest: Digest, now: float) -> None:
        """Take what a peer's feedback says, from a plane that digests it itself."""

    def count(self, name: str) -> None:
        """Add one to a counter."""

    def failed(self, error: Exception) -> None:
        """Take an error of ours: the room cannot go on, others do."""


class Nobody:
    """Owns what is closed: what still happens to it concerns nobody. Implements TransportOwner."""

    limits = Limits(0.0, 0.0, 0.0, 0)

    def transport_connected(self) -> None:
        """See TransportOwner."""

    def transport_ended(self) -> None:
        """See TransportOwner."""

    def transport_moved(self) -> None:
        """See TransportOwner."""

    def transport_cut(self) -> None:
        """See TransportOwner."""

    def is_picture(self, datagram: bytes | memoryview) -> bool:  # noqa: ARG002 - the protocol's
        """See TransportOwner."""
        return False

    def may_have(self, datagram: bytes | memoryview) -> bool:  # noqa: ARG002 - the protocol's
        """See TransportOwner."""
        return False

    def pictures_dropped(self) -> None:
        """See TransportOwner."""

    def is_within_rate(self, length: int, now: float) -> bool:  # noqa: ARG002 - the protocol's
        """See TransportOwner."""
        return False

    def receive_rtp(self, *_: object) -> None:
        """See TransportOwner."""

    def receive_rtcp(self, packet: bytes, now: float) -> None:
        """See TransportOwner."""

    def receive_digest(self, digest: Digest, now: float) -> None:
        """See TransportOwner."""

    def count(self, name: str) -> None:
        """See TransportOwner."""

    def failed(self, error: Exception) -> None:
        """See TransportOwner. A bug is a bug, whoever is left to be troubled by it."""
        log.error("A closed connection met an error.", exc_info=error)
