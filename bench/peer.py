"""A light WebRTC client: real ICE, DTLS and SRTP, no codecs. For tests and benchmarks.

It stands for a browser at the far end of a wire: it shares no code with the media
plane except the RTCP classes, keeps its own counts, and hundreds fit in one process.

    publisher = LightPeer()
    answer = await sfu.publish(room, peer_id, offer=await publisher.publish_offer([...]), ...)
    await publisher.accept_publish_answer(answer)
    await publisher.connected()
    publisher.send_rtp("0", payload, marker=True, timestamp_increment=3000)

    subscriber = LightPeer()
    await sfu.accept_answer(room, peer_id, revision=1, answer=await subscriber.answer(offer))
    await subscriber.connected()

Longer than 400 lines: what stands alone (wire, SDP, streams, counting) is in modules of its
own; the rest is one object that publishes or subscribes, with what tests set and read.
"""

import asyncio
import random
import struct
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from aiortc.rtcdtlstransport import RTCCertificate, SRTPProtectionProfile

from bench.arrivals import ArrivalReport
from bench.feedback_ledger import FeedbackLedger
from bench.framed_stream import FramedStream
from bench.ice_client import Address, IceClient
from bench.outgoing import OutgoingStream
from bench.reception import Reception
from bench.session_description import (
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    TRANSPORT_CC_URI,
    Codec,
    Description,
    LocalTransport,
    MediaSection,
    OfferedSection,
    UnusableDescription,
    parse_description,
    write_answer,
    write_offer,
)
from bench.srtp import BUFFER_BYTES
from bench.wire import AES_128_GCM_FIRST, PeerFailed, Wire
from media.core import rtcp
from media.core.errors import MalformedPacket

__all__ = ["AES_128_GCM_FIRST", "ALL_CODECS", "LightPeer", "PeerFailed", "ReceivedPacket"]

ALL_CODECS = ("opus", "h264", "vp8")

_REPORT_INTERVAL_S = 1.0
_NACK_INTERVAL_S = 0.04
#: As browsers do, what is missing is looked at so often.
_NACK_PAUSE_S = 0.02
_ARRIVALS_INTERVAL_S = 0.05
_MAX_NACKS_PER_PACKET = 10
_RTP_HEADER = struct.Struct("!BBHII")
_NTP_EPOCH_S = 2_208_988_800


class ReceivedPacket(NamedTuple):
    """One RTP packet as delivered, after SRTP and, for a repair, after RTX.

    `payload` is a view of the receive buffer: copy it to keep it. `arrival_ns` is the
    kernel's CLOCK_REALTIME when the datagram reached the socket.
    """

    mid: str
    ssrc: int
    payload_type: int
    sequence: int
    timestamp: int
    marker: bool
    payload: memoryview
    arrival_ns: int
    is_repair: bool


def read_extension(view: memoryview, extension_id: int) -> bytes | None:
    """Return a one-byte header extension of a plain packet (RFC 8285 section 4.2), or None."""
    position = 12 + 4 * (view[0] & 0x0F)
    if not view[0] & 0x10 or bytes(view[position : position + 2]) != b"\xbe\xde":
        return None
    stop = position + 4 + 4 * (view[position + 2] << 8 | view[position + 3])
    position += 4
    while position < stop:
        number, length = view[position] >> 4, (view[position] & 0x0F) + 1
        if number == extension_id:
            return bytes(view[position + 1 : position + 1 + length])
        position += 1 if view[position] == 0 else 1 + length
    return None


def _ntp_now() -> int:
    seconds, nanoseconds = divmod(time.clock_gettime_ns(time.CLOCK_REALTIME), 1_000_000_000)
    return (seconds + _NTP_EPOCH_S) << 32 | (nanoseconds << 32) // 1_000_000_000


class LightPeer:
    """One connection of one participant: it publishes or it subscribes.

    `over_tcp` uses the server's TCP candidates and no other. With `repairs_loss` holes are
    asked for again by NACK where that was offered. `on_rtp` is called for every packet that
    is not a duplicate. `counts` is an account of everything by name. Where transport-cc is
    negotiated, a subscriber answers it every 50 ms.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        rng: random.Random | None = None,
        certificate: RTCCertificate | None = None,
        srtp_profiles: Sequence[SRTPProtectionProfile] = AES_128_GCM_FIRST,
        dtls_setup: str = "active",
        consent_interval_s: float = 2.5,
        transport_cc: bool = True,
        over_tcp: bool = False,
        repairs_loss: bool = False,
        on_rtp: Callable[[ReceivedPacket], None] | None = None,
        on_keyframe_request: Callable[[str], None] | None = None,
    ) -> None:
        self.rng = rng or random.Random()
        self.repairs_loss = repairs_loss
        self.answers_nack = True
        self.on_rtp = on_rtp
        self.on_keyframe_request = on_keyframe_request
        self.streams: dict[str, OutgoingStream] = {}
        self.rejected_mids: set[str] = set()
        self.receptions: dict[int, Reception] = {}
        self.rtcp_received: deque[rtcp.RtcpPacket] = deque(maxlen=2000)
        self.keyframe_requests: Counter[str] = Counter()
        self.sender_reports: dict[int, rtcp.SenderReport] = {}
        self.reports_about: dict[int, rtcp.ReportBlock] = {}
        self.transport_feedback = FeedbackLedger()
        self.remb_bps: int | None = None
        self.counts: Counter[str] = Counter()
        self.ssrc = self.rng.getrandbits(32)
        self._cname = f"light-{self.ssrc:08x}"
        self._dtls_setup = dtls_setup
        self._transport_cc = transport_cc
        self._loop = asyncio.get_running_loop()
        self._session_id = self.rng.getrandbits(48)
        self._offered: list[OfferedSection] = []
        self._mid_of: dict[int, str] = {}
        self.codec_names: dict[tuple[str, int], str] = {}
        self._clock_rates: dict[tuple[str, int], int] = {}
        self._repair_of: dict[int, int] = {}
        self._rtx_payload_types: set[tuple[str, int]] = set()
        self._mid_extension_ids: set[int] = set()
        self._repairable_mids: set[str] = set()
        self._transport_cc_id: int | None = None
        self._arrivals: ArrivalReport | None = None
        self._remote: Description | None = None
        self._transport_sequence = 0
        self._sampling = 1
        self._timer: asyncio.TimerHandle | None = None
        self._next_report_s: float | None = None
        self._next_nack_s: float | None = None
        self._nack_not_before_s = 0.0
        self._next_arrivals_s: float | None = None
        self._plain = memoryview(bytearray(BUFFER_BYTES))
        self._wire = Wire(
            self,
            host=host,
            rng=self.rng,
            certificate=certificate,
            srtp_profiles=srtp_profiles,
            consent_interval_s=consent_interval_s,
            counts=self.counts,
            over_tcp=over_tcp,
        )

    # Negotiation

    async def publish_offer(
        self,
        sections: Iterable[tuple[str, Sequence[str]]],
        *,
        restart_ice: bool = False,
        rids: Mapping[str, Sequence[str]] | None = None,
    ) -> str:
        """Return an offer that publishes `sections`: pairs of mid and codecs by preference.

        Codecs are `opus`, `h264`, `vp8`. Call again with more sections to renegotiate:
        the sections already offered must come first and keep their SSRCs. `rids` names
        the encodings of a mid, smallest first: they are the streams `mid/rid` once the
        answer has taken them; otherwise there is the one stream `mid`.
        """
        if restart_ice:
            self.ice.renew_credentials()
        known = {section.mid: section for section in self._offered}
        self._offered = [
            known.get(mid)
            or OfferedSection(
                mid,
                tuple(codecs),
                self.rng.getrandbits(32),
                self.rng.getrandbits(32),
                rids=tuple((rids or {}).get(mid, ())),
            )
            for mid, codecs in sections
        ]
        return write_offer(
            self._local(),
            self._offered,
            session_id=self._session_id,
            transport_cc=self._transport_cc,
        )

    async def accept_publish_answer(self, answer: str) -> None:
        """Take the server's answer; raise UnusableDescription when a browser could not."""
        remote = parse_description(answer)
        if remote.setup not in ("active", "passive"):
            raise UnusableDescription(f"an answer cannot say setup:{remote.setup}")
        for offered in self._offered:
            self._take_answered(offered, remote)
        self._connect_to(remote, we_offered=True, setup=remote.setup)

    async def answer(self, offer: str, *, codecs: Sequence[str] = ALL_CODECS) -> str:
        """Take the server's offer (the first or a later one) and return our answer."""
        remote = parse_description(offer)
        if remote.setup not in ("actpass", "active", "passive"):
            raise UnusableDescription(f"an offer cannot say setup:{remote.setup}")
        if self._remote is not None and remote.ufrag != self._remote.ufrag:
            self.ice.renew_credentials()
        for section in remote.sections:
            for codec in section.codecs:
                self.codec_names[section.mid, codec.payload_type] = codec.name
                self._clock_rates[section.mid, codec.payload_type] = codec.clock_rate
                if codec.apt is not None:
                    self._rtx_payload_types.add((section.mid, codec.payload_type))
                if "nack" in codec.feedback:
                    self._repairable_mids.add(section.mid)
            for ssrc in section.ssrcs:
                self._mid_of[ssrc] = section.mid
            self._repair_of.update(section.repair_of)
            if MID_URI in section.extensions:
                self._mid_extension_ids.add(section.extensions[MID_URI])
            if self._transport_cc and TRANSPORT_CC_URI in section.extensions:
                self._answer_transport_cc(section.extensions[TRANSPORT_CC_URI])
        setup = self._dtls_setup
        if remote.setup != "actpass":
            setup = "passive" if remote.setup == "active" else "active"
        text = write_answer(
            self._local(),
            remote,
            session_id=self._session_id,
            setup=setup,
            codecs=codecs,
            transport_cc=self._transport_cc,
        )
        self._connect_to(
            remote, we_offered=False, setup="passive" if setup == "active" else "active"
        )
        return text

    def _local(self) -> LocalTransport:
        return self._wire.local_transport(self._cname)

    def _take_answered(self, offered: OfferedSection, remote: Description) -> None:
        section = remote.section(offered.mid)
        codec = section.codec(offered.codecs)
        if section.port == 0 or codec is None or "recv" not in section.direction:
            self.rejected_mids.add(offered.mid)
            return
        taken = [rid for rid in offered.rids if rid in section.received_rids]
        for rid in taken or [""]:
            self._take_stream(offered, section, codec, rid)

    def _take_stream(
        self, offered: OfferedSection, section: MediaSection, codec: Codec, rid: str
    ) -> None:
        rtx = section.rtx_of(codec.payload_type)
        name = f"{offered.mid}/{rid}" if rid else offered.mid
        stream = self.streams.get(name)
        if stream is None:
            # RFC 3550 section 5.1 wants random starts; below 2**15 for SRTP's roll-over counter.
            stream = self.streams[name] = OutgoingStream(
                mid=offered.mid,
                codec=codec.name,
                clock_rate=codec.clock_rate,
                ssrc=self.rng.getrandbits(32) if rid else offered.ssrc,
                payload_type=codec.payload_type,
                sequence=self.rng.randrange(0x8000),
                timestamp=self.rng.getrandbits(32),
                rtx_ssrc=self.rng.getrandbits(32) if rid else offered.rtx_ssrc,
                rtx_sequence=self.rng.randrange(0x8000),
                rid=rid,
            )
        stream.rtx_payload_type = rtx.payload_type if rtx else None
        stream.mid_extension_id = section.extensions.get(MID_URI)
        stream.transport_cc_id = section.extensions.get(TRANSPORT_CC_URI)
        stream.rid_extension_id = section.extensions.get(RID_URI)
        stream.repaired_rid_extension_id = section.extensions.get(REPAIRED_RID_URI)

    def _answer_transport_cc(self, extension_id: int) -> None:
        self._transport_cc_id = extension_id
        if self._arrivals is None:
            self._arrivals = ArrivalReport(self.ssrc)

    def _connect_to(self, remote: Description, *, we_offered: bool, setup: str) -> None:
        self._remote = remote
        self._wire.start(remote, we_offered=we_offered, remote_setup=setup)

    async def connected(self, timeout_s: float = 10.0) -> None:
        """Do the ICE and DTLS handshakes; return at once if they are done. Raise PeerFailed."""
        await self._wire.connected(timeout_s)
        if self._next_report_s is None:
            self._next_report_s = self._loop.time() + self.rng.uniform(0.1, _REPORT_INTERVAL_S)
            self._arm_timer()

    @property
    def ice(self) -> IceClient:
        """Return the peer's ICE: its ufrag, its selected address, what was answered."""
        return self._wire.ice

    @property
    def is_connected(self) -> bool:
        """Return True from the end of the handshake until either side closes it."""
        return self._wire.is_connected

    @property
    def dtls_state(self) -> str:
        """Return aiortc's word: new, connecting, connected, closed or failed."""
        return self._wire.dtls_state

    @property
    def send_loss(self) -> float:
        """Share (0..1) of media datagrams dropped, by the seeded `rng`, before they leave."""
        return self._wire.send_loss

    @send_loss.setter
    def send_loss(self, share: float) -> None:
        self._wire.send_loss = share

    @property
    def receive_loss(self) -> float:
        """Share (0..1) of media datagrams dropped, by the seeded `rng`, after they arrive."""
        return self._wire.receive_loss

    @receive_loss.setter
    def receive_loss(self, share: float) -> None:
        self._wire.receive_loss = share

    @property
    def answers_checks(self) -> bool:
        """Whether STUN is taken at all; False plays dead while media still flows."""
        return self._wire.answers_checks

    @answers_checks.setter
    def answers_checks(self, answers: bool) -> None:
        self._wire.answers_checks = answers

    # Sending

    def send_rtp(
        self, mid: str, payload: bytes, *, marker: bool = False, timestamp_increment: int = 0
    ) -> int:
        """Send the next packet of a stream and return its sequence number.

        `mid` is the section's, or `mid/rid` for one of its encodings. The media time
        advances by `timestamp_increment` before this packet.
        """
        stream = self.streams[mid]
        sequence = stream.sequence
        length = stream.write(
            self._plain,
            payload,
            marker=marker,
            timestamp_increment=timestamp_increment,
            transport_sequence=self._transport_sequence,
        )
        stream.last_sent_s = self._loop.time()
        self._send_plain_rtp(length)
        return sequence

    def _send_plain_rtp(self, length: int) -> None:
        is_lost = self._wire.loses_next()
        self.transport_feedback.sent(self._transport_sequence, was_dropped=is_lost)
        self._transport_sequence = (self._transport_sequence + 1) & 0xFFFF
        if not is_lost:
            self._send_datagram(self._wire.protect(self._plain[:length], is_rtcp=False))

    def send_rtcp(self, *packets: rtcp.RtcpPacket) -> None:
        """Send one compound packet, encrypted."""
        self.send_plain_rtcp(rtcp.compound(*packets))

    def send_plain_rtcp(self, data: bytes) -> None:
        """Encrypt and send bytes as SRTCP, well formed or not."""
        if not self._wire.loses_next():
            self._send_datagram(self._wire.protect(data, is_rtcp=True))

    def send_plain_rtp(self, data: bytes) -> None:
        """Encrypt and send bytes as SRTP as they are: a header of the caller's own making."""
        self._plain[: len(data)] = data
        self._send_plain_rtp(len(data))

    def send_raw(self, data: bytes) -> None:
        """Send a datagram as it is to the address ICE chose: for what no honest peer sends."""
        self._send_datagram(data)

    def send_nack(self, ssrc: int, sequences: Sequence[int]) -> None:
        """Ask for `sequences` (16 bits each) of a received stream again."""
        self.counts["nacks_sent"] += 1
        self.send_rtcp(rtcp.Nack(self.ssrc, ssrc, tuple(sequences)))

    def send_pli(self, ssrc: int) -> None:
        """Ask for a keyframe of a received stream."""
        self.send_rtcp(rtcp.Pli(self.ssrc, ssrc))

    def sample(self, every: int) -> None:
        """Read one RTP packet of `every` (a power of two) from now on, as if it were all.

        Reports and feedback tell the packets between two samples as received.
        """
        self._sampling = every
        self._wire.sample(every)
        for reception in self.receptions.values():
            reception.sampling = every
        if self._arrivals is not None:
            self._arrivals.sampling = every

    def _send_datagram(self, data: bytes | memoryview) -> None:
        self._wire.send_datagram(data)

    # Receiving

    def on_plain_rtp(self, view: memoryview, end: int, arrival_ns: int, now: float) -> None:
        """Count a packet and hand it on (called by the wire)."""
        if self._arrivals is not None:
            self._note_arrival(view, arrival_ns, now)
        first, second, sequence, timestamp, ssrc = _RTP_HEADER.unpack_from(view)
        payload_type = second & 0x7F
        start = 12 + 4 * (first & 0x0F)
        if first & 0x10:
            start += 4 + 4 * (view[start + 2] << 8 | view[start + 3])
        if first & 0x20:
            end -= view[end - 1]
        mid = self._mid_of.get(ssrc)
        if mid is None:
            mid = self._learn_mid(view, ssrc)
            if mid is None:
                self.counts["rtp_of_unknown_ssrc"] += 1
                return
        is_repair = (mid, payload_type) in self._rtx_payload_types
        if is_repair:
            self.counts["rtx_received"] += 1
            original = self._repair_of.get(ssrc)
            if original is None or end - start < 2:
                self.counts["rtx_padding"] += 1
                return
            ssrc, sequence = original, view[start] << 8 | view[start + 1]
            start += 2
        self.counts["rtp_received"] += 1
        reception = self.receptions.get(ssrc)
        if reception is None:
            rate = self._clock_rates.get((mid, payload_type), 90000)
            reception = self.receptions[ssrc] = Reception(
                mid, ssrc, rate, now, sequence, sequence, sampling=self._sampling
            )
        if is_repair:
            is_new = reception.repair(sequence, end - start)
        else:
            is_new = reception.received(sequence, timestamp, end - start, now)
        if is_new and self.on_rtp is not None:
            marker = bool(second & 0x80)
            self.on_rtp(
                ReceivedPacket(
                    mid, ssrc, payload_type, sequence, timestamp, marker,
                    view[start:end], arrival_ns, is_repair,
                )
            )  # fmt: skip
        is_repairable = self.repairs_loss and mid in self._repairable_mids
        if is_repairable and reception.has_news:
            # A new loss waits for no answer to those before.
            reception.has_news = False
            self._next_nack_s = max(now, self._nack_not_before_s)
            self._on_timer()

    def _learn_mid(self, view: memoryview, ssrc: int) -> str | None:
        """Read the mid from a header extension, and keep it."""
        for extension_id in self._mid_extension_ids:
            value = read_extension(view, extension_id)
            if value is not None:
                self._mid_of[ssrc] = value.decode()
                return self._mid_of[ssrc]
        return None

    def _note_arrival(self, view: memoryview, arrival_ns: int, now: float) -> None:
        assert self._arrivals is not None
        assert self._transport_cc_id is not None
        number = read_extension(view, self._transport_cc_id)
        if number is None or len(number) != 2:
            self.counts["without_transport_cc"] += 1
            return
        self._arrivals.arrived(int.from_bytes(number, "big"), arrival_ns)
        if self._next_arrivals_s is None:
            self._next_arrivals_s = now + _ARRIVALS_INTERVAL_S
            self._arm_timer()

    def on_plain_rtcp(self, data: bytes, now: float) -> None:
        """Take RTCP (called by the wire)."""
        try:
            packets = rtcp.parse(data)
        except MalformedPacket:
            self.counts["rtcp_malformed"] += 1
            return
        self.counts["rtcp_received"] += 1
        self.rtcp_received.extend(packets)
        for packet in packets:
            self.counts[type(packet).__name__] += 1
            self._take_control(packet, now)

    def _take_control(self, packet: rtcp.RtcpPacket, now: float) -> None:
        match packet:
            case rtcp.SenderReport():
                self.sender_reports[packet.ssrc] = packet
                if packet.ssrc in self.receptions:
                    self.receptions[packet.ssrc].sender_report(packet.ntp_time, now)
                self.reports_about.update({block.ssrc: block for block in packet.reports})
            case rtcp.ReceiverReport():
                self.reports_about.update({block.ssrc: block for block in packet.reports})
            case rtcp.Nack():
                if self.answers_nack:
                    self._retransmit(packet)
            case rtcp.Pli():
                self._keyframe_wanted(packet.media_ssrc)
            case rtcp.Fir():
                for ssrc, _ in packet.requests:
                    self._keyframe_wanted(ssrc)
            case rtcp.TransportFeedback():
                self.transport_feedback.received(packet)
            case rtcp.Remb():
                self.remb_bps = packet.bitrate_bps

    def _keyframe_wanted(self, ssrc: int) -> None:
        for name, stream in self.streams.items():
            if stream.ssrc == ssrc:
                self.keyframe_requests[name] += 1
                if self.on_keyframe_request is not None:
                    self.on_keyframe_request(name)

    def _retransmit(self, nack: rtcp.Nack) -> None:
        stream = next((s for s in self.streams.values() if s.ssrc == nack.media_ssrc), None)
        if stream is None:
            self.counts["nack_of_unknown_ssrc"] += 1
            return
        for sequence in nack.lost:
            length = stream.write_again(
                self._plain, sequence, transport_sequence=self._transport_sequence
            )
            if length is None:
                self.counts["nack_too_late"] += 1
            else:
                self._send_plain_rtp(length)

    # Time

    def _on_timer(self) -> None:
        now = self._loop.time()
        if self._next_report_s is not None and now >= self._next_report_s:
            self._next_report_s = now + _REPORT_INTERVAL_S
            self._send_reports(now)
        if self._next_nack_s is not None and now >= self._next_nack_s:
            self._ask_again(now)
        if self._next_arrivals_s is not None and now >= self._next_arrivals_s:
            self._report_arrivals()
        self._arm_timer()

    def _arm_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        times = (self._next_report_s, self._next_nack_s, self._next_arrivals_s)
        due = [at for at in times if at is not None]
        if due and not self._wire.is_closed:
            self._timer = self._loop.call_at(min(due), self._on_timer)

    def _send_reports(self, now: float) -> None:
        blocks = [reception.report_block(now) for reception in self.receptions.values()]
        name = rtcp.SourceDescription(((self.ssrc, self._cname),))
        for start in range(0, len(blocks), 31):  # five bits count them (RFC 3550 section 6.4.2)
            self.send_rtcp(rtcp.ReceiverReport(self.ssrc, tuple(blocks[start : start + 31])), name)
        for stream in self.streams.values():
            if stream.packets:
                elapsed = int((now - stream.last_sent_s) * stream.clock_rate)
                report = rtcp.SenderReport(
                    ssrc=stream.ssrc,
                    ntp_time=_ntp_now(),
                    rtp_time=(stream.timestamp + elapsed) & 0xFFFFFFFF,
                    packet_count=stream.packets & 0xFFFFFFFF,
                    octet_count=stream.octets & 0xFFFFFFFF,
                )
                self.send_rtcp(report, name)

    def _report_arrivals(self) -> None:
        self._next_arrivals_s = None
        assert self._arrivals is not None
        feedback = self._arrivals.take(next(iter(self.receptions), 0))
        if feedback is not None:
            self.counts["transport_feedback_sent"] += 1
            self.send_rtcp(feedback)

    def _ask_again(self, now: float) -> None:
        # Sooner than a round trip the answer cannot have come.
        again_after_s = max(_NACK_INTERVAL_S, self.ice.rtt_s or 0.0)
        due = []
        for reception in self.receptions.values():
            if reception.mid not in self._repairable_mids:
                continue
            wanted = reception.ask(now, again_after_s=again_after_s, most=_MAX_NACKS_PER_PACKET)
            for start in range(0, len(wanted), 200):
                self.send_nack(reception.ssrc, wanted[start : start + 200])
            if (ask_at := reception.ask_at()) is not None:
                due.append(ask_at)
        self._nack_not_before_s = now + _NACK_PAUSE_S
        self._next_nack_s = max(min(due), self._nack_not_before_s) if due else None

    # What was received

    def reception_of(self, mid: str) -> Reception | None:
        """Return what came on the section `mid` (the latest SSRC), None if nothing did."""
        found = [reception for reception in self.receptions.values() if reception.mid == mid]
        return found[-1] if found else None

    async def until(self, condition: Callable[[], Any], timeout_s: float = 5.0) -> None:
        """Wait for `condition()` to be true; raise TimeoutError after `timeout_s`."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                await asyncio.sleep(0.005)

    # Ends and changes

    def take_udp(self) -> None:
        """Go over from TCP to UDP."""
        self._wire.take_udp()

    @property
    def tcp_streams(self) -> list[FramedStream]:
        """Return the connections of a peer that is `over_tcp`."""
        return list(self._wire.streams.values())

    def rebind(self) -> Address:
        """Move to a new local port as a NAT does, silently; return the new address."""
        return self._wire.rebind()

    async def close(self) -> None:
        """Say goodbye (RTCP BYE, DTLS close_notify) and free the socket."""
        if self.is_connected and not self._wire.is_closed:
            sources = tuple(stream.ssrc for stream in self.streams.values()) or (self.ssrc,)
            self.send_rtcp(rtcp.ReceiverReport(self.ssrc, ()), rtcp.Bye(sources))
        await self._wire.close()
        self.vanish()

    def vanish(self) -> None:
        """Free the socket without a word, as a closed tab or a power cut does."""
        self._wire.vanish()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
