"""One end of the wire, as a browser has it: UDP socket (or TCP streams), ICE, DTLS, SRTP.

Datagrams come out as plain RTP and RTCP. Arrival times are the kernel's (Linux), so a
busy process here does not look like a slow server there. No task of its own: aiortc keeps
one for DTLS, everything else happens in the socket's reader and one timer.
"""

import asyncio
import random
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from OpenSSL import SSL

from bench.framed_stream import FramedStream
from bench.ice_client import Address, IceClient
from bench.sampling import attach
from bench.session_description import Candidate, Description, LocalTransport
from bench.srtp import BUFFER_BYTES, InPlaceSrtp

AES_128_GCM_FIRST = (SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80)

_SO_TIMESTAMPNS = getattr(socket, "SO_TIMESTAMPNS", 35)  # missing from socket until 3.14
_ANCILLARY_BYTES = 64
_MAX_DATAGRAMS_PER_WAKE = 128
_TIMESPEC = struct.Struct("qq")
_SHARED_CERTIFICATE: list[RTCCertificate] = []


class PeerFailed(Exception):
    """The handshake with the server did not complete; the message says how far it got."""


class WireUser(Protocol):
    """What the wire tells whoever uses it. Times `now` are the loop's clock."""

    def on_plain_rtp(self, view: memoryview, end: int, arrival_ns: int, now: float) -> None:
        """An RTP packet lies in `view[:end]`, valid during the call only."""

    def on_plain_rtcp(self, data: bytes, now: float) -> None:
        """A compound or reduced-size RTCP packet has come."""


class _DatagramPipe:
    """What `RTCDtlsTransport` asks of an ICE transport: `_recv`, `_send`, `role`, `state`."""

    state = "completed"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.role = "controlling"
        self.incoming: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=64)
        self._write = send

    async def _recv(self) -> bytes:
        data = await self.incoming.get()
        if data is None:
            raise ConnectionError("the peer is closed")
        return data

    async def _send(self, data: bytes) -> None:
        self._write(data)


def _certificate() -> RTCCertificate:
    # One for the whole process: a certificate for each of 200 peers costs half a second.
    if not _SHARED_CERTIFICATE:
        _SHARED_CERTIFICATE.append(RTCCertificate.generateCertificate())
    return _SHARED_CERTIFICATE[0]


class Wire:
    """A transport with one server.

    `send_loss` and `receive_loss` (0..1) drop media datagrams before they leave or after
    they arrive, by the seeded `rng`. `answers_checks` False plays dead to STUN.
    """

    def __init__(
        self,
        user: WireUser,
        *,
        host: str,
        rng: random.Random,
        certificate: RTCCertificate | None,
        srtp_profiles: Sequence[SRTPProtectionProfile],
        consent_interval_s: float,
        counts: Counter[str],
        over_tcp: bool = False,
    ) -> None:
        self.over_tcp = over_tcp
        self.streams: dict[Address, FramedStream] = {}
        self.send_loss = 0.0
        self.receive_loss = 0.0
        self.answers_checks = True
        self._user = user
        self._host = host
        self._rng = rng
        self._counts = counts
        self._loop = asyncio.get_running_loop()
        self._certificate = certificate or _certificate()
        self._remote: Description | None = None
        self._srtp: InPlaceSrtp | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.is_closed = False
        self._connecting = asyncio.Lock()
        self._ice_selected = asyncio.Event()
        self._inbox = memoryview(bytearray(BUFFER_BYTES))
        self.ice = IceClient(rng=rng, send=self._send_to, consent_interval_s=consent_interval_s)
        self._pipe = _DatagramPipe(self.send_datagram)
        self._dtls = RTCDtlsTransport(
            self._pipe,  # type: ignore[arg-type]  # duck-typed: see _DatagramPipe
            [self._certificate],
        )
        self._dtls._srtp_profiles = list(srtp_profiles)
        self._socket = self._open_socket()

    # Handshakes

    def local_transport(self, cname: str) -> LocalTransport:
        """Return what our own SDP says of this transport."""
        host, port = self._socket.getsockname()[:2]
        fingerprint = next(
            f.value for f in self._certificate.getFingerprints() if f.algorithm == "sha-256"
        )
        return LocalTransport(
            ufrag=self.ice.ufrag,
            password=self.ice.password,
            fingerprint=fingerprint,
            candidate=Candidate(host, port),
            cname=cname,
        )

    def start(self, remote: Description, *, we_offered: bool, remote_setup: str) -> None:
        """Begin ICE with the other side's description; again after every renegotiation."""
        self._remote = remote
        self.ice.is_controlling = remote.is_lite or we_offered
        self._pipe.role = "controlling" if self.ice.is_controlling else "controlled"
        if self._dtls.state == "new":
            self._dtls._set_role("client" if remote_setup == "passive" else "server")
        self.ice.start(
            ufrag=remote.ufrag,
            password=remote.password,
            candidates=self._candidates_of(remote),
            now=self._loop.time(),
        )
        self._on_timer()

    def _candidates_of(self, remote: Description) -> list[Candidate]:
        is_v6 = self._socket.family == socket.AF_INET6
        return [
            candidate
            for candidate in remote.candidates
            if (":" in candidate.host) == is_v6
            and candidate.protocol == ("tcp" if self.over_tcp else "udp")
        ]

    async def connected(self, timeout_s: float) -> None:
        """Do the ICE and DTLS handshakes; return at once if they are done. Raise PeerFailed."""
        async with self._connecting:
            if self._srtp is not None:
                return
            assert self._remote is not None, "negotiate first"
            parameters = RTCDtlsParameters(
                fingerprints=[
                    RTCDtlsFingerprint(algorithm=algorithm, value=value)
                    for algorithm, value in self._remote.fingerprints
                ]
            )
            try:
                async with asyncio.timeout(timeout_s):
                    await self._ice_selected.wait()
                    await self._dtls.start(parameters)
            except TimeoutError:
                stage = "DTLS" if self._ice_selected.is_set() else "ICE"
                raise PeerFailed(f"{stage} did not complete in {timeout_s} s") from None
            except SSL.Error as error:  # aiortc lets it through when a flight goes unanswered
                raise PeerFailed(f"DTLS failed: {error!r}") from error
            if self._dtls.state != "connected":
                raise PeerFailed(f"DTLS ended in state {self._dtls.state}")
            self._srtp = InPlaceSrtp(receiving=self._dtls._rx_srtp, sending=self._dtls._tx_srtp)

    @property
    def is_connected(self) -> bool:
        """Return True from the end of the handshake until either side closes it."""
        return self._srtp is not None and self._dtls.state == "connected"

    @property
    def dtls_state(self) -> str:
        """Return aiortc's word: new, connecting, connected, closed or failed."""
        return self._dtls.state

    # Sending

    def loses_next(self) -> bool:
        """Draw whether the next media datagram is dropped on its way out, and count it."""
        is_lost = self.send_loss > 0 and self._rng.random() < self.send_loss
        self._counts["dropped_on_purpose_out"] += is_lost
        return is_lost

    def protect(self, data: bytes | memoryview, *, is_rtcp: bool) -> memoryview:
        """Return a plain packet encrypted: a view valid until the next call. Raise PeerFailed."""
        assert self._srtp is not None, "connect first"
        length = len(data)
        outbox = self._srtp.outbox
        outbox[:length] = data
        protect = self._srtp.protect_rtcp if is_rtcp else self._srtp.protect_rtp
        protected = protect(length)
        if protected < 0:
            raise PeerFailed(f"libsrtp status {-protected} while protecting")
        self._counts["rtcp_sent" if is_rtcp else "rtp_sent"] += 1
        return outbox[:protected]

    def send_datagram(self, data: bytes | memoryview) -> None:
        """Send a datagram as it is to the address ICE chose."""
        if self.ice.selected is not None:
            self._send_to(data, self.ice.selected)

    def _send_to(self, data: bytes | memoryview, address: Address) -> None:
        if self.is_closed:
            return
        if self.over_tcp:
            self._stream_to(address).send(data)
            return
        try:
            self._socket.sendto(data, address)
        except BlockingIOError:
            self._counts["send_buffer_full"] += 1
        except ConnectionRefusedError:
            # An ICMP answer to an earlier datagram: the server's port is closed.
            self._counts["send_refused"] += 1

    def _stream_to(self, address: Address) -> FramedStream:
        stream = self.streams.get(address)
        if stream is None or stream.is_closed:
            stream = self.streams[address] = FramedStream(
                self._host, address, lambda frame: self._on_frame(frame, address)
            )
        return stream

    # Receiving

    def _on_frame(self, frame: memoryview, address: Address) -> None:
        if self.is_closed or not len(frame):
            return
        view = self._inbox if self._srtp is None else self._srtp.inbox
        view[: len(frame)] = frame
        arrival_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
        self._sort(view, len(frame), arrival_ns, address, self._loop.time())

    def _open_socket(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_DGRAM)
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        opened.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        opened.bind((self._host, 0))
        self._loop.add_reader(opened.fileno(), self._on_readable)
        return opened

    def _on_readable(self) -> None:
        now = self._loop.time()
        for _ in range(_MAX_DATAGRAMS_PER_WAKE):
            view = self._inbox if self._srtp is None else self._srtp.inbox
            try:
                length, ancillary, _, address = self._socket.recvmsg_into([view], _ANCILLARY_BYTES)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                self._counts["send_refused"] += 1
                continue
            if length == 0:
                continue
            seconds, nanoseconds = _TIMESPEC.unpack(ancillary[0][2])
            arrival_ns = seconds * 1_000_000_000 + nanoseconds
            self._sort(view, length, arrival_ns, address[:2], now)
            if self.is_closed:
                return

    def _sort(
        self, view: memoryview, length: int, arrival_ns: int, address: Address, now: float
    ) -> None:
        first = view[0]  # RFC 7983 section 7
        if 128 <= first <= 191:
            self._on_media(length, arrival_ns, now)
        elif first <= 3:
            self._on_stun(bytes(view[:length]), address, now)
        elif 20 <= first <= 63:
            self._on_dtls(bytes(view[:length]))
        else:
            self._counts["unknown_datagrams"] += 1

    def _on_stun(self, data: bytes, address: Address, now: float) -> None:
        if not self.answers_checks:
            return
        if self.ice.handle_datagram(data, address, now):
            self._ice_selected.set()
        self._on_timer()

    def _on_dtls(self, data: bytes) -> None:
        if self._pipe.incoming.full():
            self._counts["dtls_overflow"] += 1
        else:
            self._pipe.incoming.put_nowait(data)

    def _on_media(self, length: int, arrival_ns: int, now: float) -> None:
        if self._srtp is None:
            self._counts["media_before_keys"] += 1
            return
        if self.receive_loss and self._rng.random() < self.receive_loss:
            self._counts["dropped_on_purpose_in"] += 1
            return
        view = self._srtp.inbox
        if 192 <= view[1] <= 223:  # RFC 5761 section 4
            plain = self._srtp.unprotect_rtcp(length)
            if plain < 0:
                self._counts["srtcp_refused"] += 1
            else:
                self._user.on_plain_rtcp(bytes(view[:plain]), now)
            return
        plain = self._srtp.unprotect_rtp(length)
        if plain < 12:
            self._counts["srtp_refused"] += 1
        else:
            self._user.on_plain_rtp(view, plain, arrival_ns, now)

    # Time, change and end

    def _on_timer(self) -> None:
        self.ice.handle_timer(self._loop.time())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self.ice.deadline()
        if deadline is not None and not self.is_closed:
            self._timer = self._loop.call_at(deadline, self._on_timer)

    def sample(self, every: int) -> None:
        """Receive one RTP packet of `every` from now on; the kernel drops the others."""
        if not self.is_closed:
            attach(self._socket, every)

    def take_udp(self) -> None:
        """Go over to UDP candidates, as a browser does to whom UDP has become possible."""
        assert self._remote is not None, "negotiate first"
        self.over_tcp = False
        self.ice.check_others(self._candidates_of(self._remote), self._loop.time())
        self._on_timer()

    def rebind(self) -> Address:
        """Move to a new local port as a NAT does, silently; return the new address."""
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        self._socket = self._open_socket()
        host, port = self._socket.getsockname()[:2]
        return host, port

    async def close(self) -> None:
        """Send DTLS close_notify and free the socket."""
        if not self.is_closed:
            await self._dtls.stop()
        self.vanish()

    def vanish(self) -> None:
        """Free the socket without a word, as a closed tab or a power cut does."""
        if self.is_closed:
            return
        self.is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        if not self._pipe.incoming.full():
            self._pipe.incoming.put_nowait(None)
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        for stream in self.streams.values():
            stream.close()
