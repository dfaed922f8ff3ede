"""One connection of a peer: its address (ICE-lite), its handshake (DTLS), its keys (SRTP).

aiortc's RTCDtlsTransport does the handshake over an object of ours; then its two SRTP
sessions are taken over and called in place on our own buffers, which costs half of what
their Python wrapper does. This module holds every private name of aiortc and pylibsrtp
that is used; `tests/media/test_contract_aiortc.py` says they exist.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)
from pylibsrtp._binding import ffi, lib

from media.config import SfuConfig
from media.core.send_history import SendHistory
from media.ice import Address, BindingRequest, Credentials, answer, refuse
from media.transport_owner import Nobody, TransportOwner

log = logging.getLogger(__name__)

# GCM is the cheapest where the processor has AES, and as DTLS server our order decides.
_PROFILES = [SRTP_AEAD_AES_128_GCM, SRTP_AEAD_AES_256_GCM, SRTP_AES128_CM_SHA1_80]

#: `srtp_protect(session, buffer, length *)` and its three sisters work in place; 0 is success.
srtp_protect: Callable[[Any, Any, Any], int] = lib.srtp_protect
srtp_unprotect: Callable[[Any, Any, Any], int] = lib.srtp_unprotect
srtp_protect_rtcp: Callable[[Any, Any, Any], int] = lib.srtp_protect_rtcp
srtp_unprotect_rtcp: Callable[[Any, Any, Any], int] = lib.srtp_unprotect_rtcp
SRTP_OK: int = lib.srtp_err_status_ok
#: srtp_err_status_replay_fail and _replay_old of libsrtp's srtp.h.
SRTP_REPLAYED = (9, 10)
#: What protecting may add: SRTP's tag, or SRTCP's index and tag (libsrtp's maximum).
SRTP_TRAILER_BYTES = 4 + 16 + 128

# A handshake is a few flights; a peer that sends more unread datagrams than this is flooding.
_MAX_QUEUED_DTLS = 32
_MAX_FLIGHT_RESENDS = 20

# OpenSSL waits a second before it repeats a flight. A handshake is all that keeps a picture from
# being shown, so we repeat ours after this, then twice that, four times: RFC 9147 section 5.8.2
# lets an application choose, and browsers begin with as little. What follows is OpenSSL's.
_FIRST_RESEND_S = 0.05
_UNASKED_RESENDS = 4
_DTLS_HANDSHAKE = 22
_CLIENT_HELLO = 1

# Browsers check from every local address, so a check moves us only if it nominates; unless
# the address we have has gone quiet: the selected one is checked every 2.5 s.
_ADDRESS_QUIET_S = 5.0

# A restarted connection's old checks may still be on the way.
OLD_UFRAG_S = 10.0

# STUN signs a check but does not number it (RFC 8489 section 14.5): whoever recorded one could
# send it again from elsewhere. A browser checks every 2.5 s, so these are forty minutes of it.
_REMEMBERED_CHECKS = 1024


def c_buffer(buffer: bytearray) -> Any:  # Any: cffi's pointer into the buffer
    """Return a pointer to `buffer` for the functions above; the buffer must not be resized."""
    return ffi.from_buffer(buffer)


def c_length() -> Any:  # Any: cffi's `int *`
    """Return an `int *` for the functions above."""
    return ffi.new("int *")


def srtp_pointers() -> tuple[int, int, int, int]:
    """Return where protect, unprotect and the two for RTCP lie, for a plane in C."""
    names = ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp")
    first, second, third, fourth = (_pointer(ffi.addressof(lib, name)) for name in names)
    return first, second, third, fourth


def session_pointer(session: Any) -> int | None:  # Any: cffi's srtp_t, or None
    """Return where a libsrtp session lies, for a plane in C."""
    return None if session is None else _pointer(session)


def _pointer(value: Any) -> int:  # Any: cffi's data
    return int(ffi.cast("uintptr_t", value))


class Certificate:
    """The certificate of one run of the server: made at start, never stored."""

    def __init__(self) -> None:
        self._certificate = RTCCertificate.generateCertificate()
        fingerprint = next(
            f for f in self._certificate.getFingerprints() if f.algorithm == "sha-256"
        )
        self.fingerprint = f"{fingerprint.algorithm} {fingerprint.value}"

    def dtls(self, link: "_DtlsLink") -> RTCDtlsTransport:
        """Return a DTLS transport over `link` with this certificate and our profiles."""
        # aiortc asks of its transport only what `_DtlsLink` has; the contract test checks.
        dtls = RTCDtlsTransport(link, [self._certificate])  # type: ignore[arg-type] # see above
        dtls._srtp_profiles = _PROFILES
        return dtls


def ignore_change(_: "Transport") -> None:
    """Do nothing: no data plane has taken the transport yet."""


def _send_nowhere(_: bytes) -> None:
    """Do nothing: what a handshake would still say is said to nobody."""


class _DtlsLink:
    """What RTCDtlsTransport takes for its ICE transport."""

    role = "controlled"
    state = "completed"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send_now = send
        self._arrived: asyncio.Queue[bytes | None] = asyncio.Queue(_MAX_QUEUED_DTLS)
        self._hellos: set[bytes] = set()
        self._flight = b""
        self._resends_left = _MAX_FLIGHT_RESENDS
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def _recv(self) -> bytes:
        datagram = await self._arrived.get()
        if datagram is None:
            raise ConnectionError("the transport is closed")
        return datagram

    async def _send(self, datagram: bytes) -> None:
        self._send_now(datagram)
        if not self._is_closed:
            self._flight = datagram
            self._resend_after(_FIRST_RESEND_S)

    def settle(self) -> None:
        """Repeat nothing more: something that came says that the flight has arrived."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _resend_after(self, delay_s: float) -> None:
        """Repeat the flight as it is: to a peer that has it, it is a replay and nothing more."""
        self.settle()
        if delay_s < _FIRST_RESEND_S * 2**_UNASKED_RESENDS:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(delay_s, self._resend, delay_s)

    def _resend(self, delay_s: float) -> None:
        self._repeat()
        self._resend_after(2 * delay_s)

    def _repeat(self) -> None:
        if self._flight and self._resends_left:
            self._resends_left -= 1
            self._send_now(self._flight)

    def receive(self, datagram: bytes) -> None:
        """Queue a datagram for the handshake, or answer at once a hello that comes again.

        If our first flight was lost OpenSSL would wait a second before resending it; the
        peer's repeated ClientHello says so 50 ms after it was lost.
        """
        hello = _hello_of(datagram)
        if hello is not None and hello in self._hellos:
            self._repeat()
            return
        self.settle()
        if not self._arrived.full():
            self._arrived.put_nowait(datagram)
            if hello is not None and len(self._hellos) < _MAX_QUEUED_DTLS:
                self._hellos.add(hello)

    def close(self) -> None:
        """Let the reader end, whatever is queued."""
        self._is_closed = True
        self.settle()
        self._send_now = _send_nowhere
        while not self._arrived.empty():
            self._arrived.get_nowait()
        self._arrived.put_nowait(None)


def _hello_of(datagram: bytes) -> bytes | None:
    """Return what names a ClientHello fragment whatever its record number, else None.

    Message sequence and fragment offset (RFC 6347 section 4.2.2), for the first record.
    """
    if len(datagram) < 25 or datagram[0] != _DTLS_HANDSHAKE or datagram[13] != _CLIENT_HELLO:
        return None
    return datagram[17:22]


class Transport:
    """One connection of a peer, publishing or subscribing.

    Times are seconds on the loop's clock. `address` None: nobody to send to (yet, or
    consent has expired). `send_session` and `receive_session` are libsrtp's, None before
    the handshake is done.
    """

    def __init__(
        self,
        owner: TransportOwner,
        *,
        certificate: Certificate,
        config: SfuConfig,
        send: Callable[[bytes, Address], None],
        now: float,
    ) -> None:
        self.owner = owner
        self.credentials = Credentials.generate()
        self.old_credentials: Credentials | None = None
        self.old_until = 0.0
        self.address: Address | None = None
        self.is_connected = False
        #: Closed by either side, or never came about.
        self.has_ended = False
        self._is_closed = False
        #: Where authenticated datagrams of this peer have come from; the data plane's to keep.
        self.addresses: list[Address] = []
        #: What was sent, where packets carry transport-wide numbers: of subscribers only.
        self.history: SendHistory | None = None
        self.send_session: Any = None  # Any: cffi's srtp_t
        self.receive_session: Any = None  # Any: cffi's srtp_t
        self.last_heard = now
        self.last_consent = now
        #: Called when the address, the keys or the owner's limits are others; the data plane's.
        self.on_change: Callable[[Transport], None] = ignore_change
        self._config = config
        self._send = send
        self._link = _DtlsLink(self._send_dtls)
        self._dtls = certificate.dtls(self._link)
        self._reachable = asyncio.Event()
        #: Of recent authenticated checks, by transaction id: where each came from first.
        self._checks: dict[bytes, Address] = {}

    # -- ICE -----------------------------------------------------------------------

    def restart_ice(self, now: float) -> None:
        """Draw new credentials; the old ones stay valid for some seconds."""
        self.old_credentials, self.old_until = self.credentials, now + OLD_UFRAG_S
        self.credentials = Credentials.generate()

    def receive_check(self, request: BindingRequest, address: Address, now: float) -> bytes | None:
        """Answer a binding request that names us; None if it is not signed with our password.

        A check that was seen before is answered where it came from then (the answer may have
        been lost), and means nothing more: it neither moves us nor renews consent.
        """
        credentials = self._credentials_for(request, now)
        if credentials is None or not request.is_signed_with(credentials.password):
            return None
        if self.has_ended:
            return refuse(request, credentials.password)
        response = answer(request, credentials.password, address)
        if request.claims_controlled or request.unknown_attributes:
            return response
        first_from = self._checks.get(request.transaction_id)
        if first_from is not None:
            if first_from == address:
                return response
            self.owner.count("stun_replayed")
            return None
        self._remember(request.transaction_id, address)
        is_quiet = now - self.last_heard > _ADDRESS_QUIET_S
        self.last_heard = self.last_consent = now
        if self.address is None or (
            address != self.address and (request.is_nominating or is_quiet)
        ):
            self.move_to(address)
        return response

    def _remember(self, transaction_id: bytes, address: Address) -> None:
        if len(self._checks) >= _REMEMBERED_CHECKS:
            del self._checks[next(iter(self._checks))]
        known = self.address if address == self.address else None
        self._checks[transaction_id] = known or address  # one object for one address

    def _credentials_for(self, request: BindingRequest, now: float) -> Credentials | None:
        if request.local_ufrag == self.credentials.ufrag:
            return self.credentials
        old = self.old_credentials
        if old is not None and now < self.old_until and request.local_ufrag == old.ufrag:
            return old
        return None

    def move_to(self, address: Address) -> None:
        """Send to this address from now on: something that authenticated came from there."""
        has_moved = self.address is not None
        self.address = address
        self.on_change(self)
        self._reachable.set()
        if has_moved:
            self.owner.transport_moved()

    def expire_consent(self) -> None:
        """Stop sending (RFC 7675 section 5.1); a new authenticated check begins anew."""
        self.address = None
        self.on_change(self)

    # -- DTLS ------------------------------------------------------------------------

    def receive_dtls(self, datagram: bytes) -> None:
        """Take a datagram of the handshake, from an address that authenticated."""
        self._link.receive(datagram)

    def _send_dtls(self, datagram: bytes) -> None:
        if self.address is not None:
            self._send(datagram, self.address)

    async def connect(self, *, fingerprints: tuple[tuple[str, str], ...], is_client: bool) -> None:
        """Do the handshake with the holder of this certificate, and tell the owner how it went.

        The peer's fingerprint is checked; a handshake that does not end is given up, and the
        peer told so by the answers to its checks.
        """
        self._dtls._set_role("client" if is_client else "server")
        parameters = RTCDtlsParameters(
            fingerprints=[RTCDtlsFingerprint(algorithm=a, value=v) for a, v in fingerprints]
        )
        try:
            async with asyncio.timeout(self._config.consent_timeout_s):
                await self._reachable.wait()
            if self._is_closed:
                return
            async with asyncio.timeout(self._config.handshake_timeout_s):
                await self._dtls.start(parameters)
        except TimeoutError:
            self.owner.count("handshake_timeout")
            self._end()
            return
        except Exception:  # of OpenSSL after its last try, or of aiortc on what a peer sent
            log.exception("A handshake met an error.")
        if self._dtls.state != "connected":
            self.owner.count("handshake_failed")
            self._end()
            return
        # Kept in `_dtls`, which owns them: freed sessions would be used after.
        self.send_session = self._dtls._tx_srtp._srtp[0]
        self.receive_session = self._dtls._rx_srtp._srtp[0]
        self.is_connected = True
        self.on_change(self)
        self._dtls.on("statechange", self._state_changed)
        self.owner.transport_connected()

    def _state_changed(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self._end()

    def _end(self) -> None:
        self.is_connected = False
        self.has_ended = True
        if not self._is_closed:
            self.owner.transport_ended()

    async def close(self) -> None:
        """Say goodbye (DTLS close_notify) and forget the keys."""
        if self._is_closed:
            return
        self._is_closed = self.has_ended = True
        self.is_connected = False
        self._dtls.remove_all_listeners()
        await self._dtls.stop()
        self._link.close()
        self.address = None
        self.on_change(self)
        self._reachable.set()  # `connect` may still wait for somebody to come

    def forget_owner(self) -> None:
        """Let go of the room: the data plane has removed this transport.

        Transport and connection hold each other. Kept so, what OpenSSL and libsrtp have for
        them (200 KB) would stay until the garbage collector comes, lessons later.
        """
        self.owner = Nobody()
