"""One track on its way to one subscriber: a row of the forwarding table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.core import rtp
from media.core.codecs import Codec, rewrite_picture
from media.core.ids import PeerId, TrackKey
from media.core.packet_cache import CachedPacket
from media.core.rewriter import RtpRewriter
from media.core.stream_clock import StreamClock

if TYPE_CHECKING:  # an up-track's table holds down-tracks
    from media.core.uptrack import UpTrack

#: The highest layer a track may have; as a preference: the highest it has.
TOP_LAYER = 2

# No browser asks for more than it was sent: 4 Mbit/s are 420 packets a second. More than 500
# resent, or 2000 looked for, is somebody using small NACKs to make us work and send much.
_RESEND_BUDGET_PER_S = 2000
_RESENT_COSTS = 4
_MISSED_COSTS = 1
_RTT_MEMORY = 8

#: The most padding a packet may have: its last byte counts it.
PADDING_BYTES = 255


@dataclass(frozen=True, slots=True)
class PayloadTypes:
    """Under which numbers a subscriber takes a codec.

    `rtx` None: resent as they were. `red` None: it takes nothing twice (RFC 2198).
    """

    media: int
    rtx: int | None
    red: int | None = None


class DownTrack:
    """What a data plane needs to send one track to one subscriber, and what we know of it.

    A data plane reads `link`, `ssrc`, `payload_type` and the constants of `rewriter`; they
    change only while the down-track is in no `Audience`. The rest is for
    reports. `link` is the shell's own: the core passes it back unread.

    It flows in at most one encoding of its track, and waits for the keyframe of at most one
    other; `media.core.layers` decides in which.
    """

    __slots__ = (
        "_earlier_octets",
        "_earlier_packets",
        "_octets_at_start",
        "_packets_at_start",
        "_reported_highest",
        "_reported_lost",
        "_resend_budget",
        "_resend_second",
        "_sent_reports",
        "accepted",
        "flows_in",
        "interval_expected",
        "interval_lost",
        "is_answered",
        "last_clock",
        "link",
        "mid",
        "payload_type",
        "preferred_layer",
        "red_payload_type",
        "redundancy",
        "refused",
        "rewriter",
        "rtx_payload_type",
        "rtx_seq",
        "rtx_ssrc",
        "sent_ext",
        "ssrc",
        "subscriber_id",
        "told_packets",
        "track",
        "waits_in",
    )

    def __init__(  # noqa: PLR0915 # a row has many columns
        self,
        track: TrackKey,
        subscriber_id: PeerId,
        link: object,
        *,
        mid: str,
        ssrc: int,
        rtx_ssrc: int,
        rewriter: RtpRewriter,
        rtx_seq: int,
    ) -> None:
        self.track = track
        self.subscriber_id = subscriber_id
        self.link = link
        self.mid = mid
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.rewriter = rewriter
        self.payload_type = 0
        self.rtx_payload_type: int | None = None
        self.red_payload_type: int | None = None
        #: How many earlier packets each packet carries again; the router sets it.
        self.redundancy = 0
        #: By codec name, what the subscriber's answer took; empty until it has answered.
        self.accepted: dict[str, PayloadTypes] = {}
        self.is_answered = False
        #: The codec its answer did not take, if the track was in it; reported once.
        self.refused: str | None = None
        #: The layer it may have at most; None: it is held back, and sent nothing.
        self.preferred_layer: int | None = TOP_LAYER
        self.flows_in: UpTrack | None = None
        self.waits_in: UpTrack | None = None
        #: The RTP clock of the last run: the same again means timestamps that go on.
        self.last_clock: StreamClock | None = None
        #: How far the last run got, where the plane was ahead of the core.
        self.sent_ext: int | None = None
        self.interval_expected = 0
        self.interval_lost = 0
        self.rtx_seq = rtx_seq
        #: What was sent, when it was last told as evidence.
        self.told_packets = 0
        self._earlier_packets = 0
        self._earlier_octets = 0
        self._packets_at_start = 0
        self._octets_at_start = 0
        self._reported_highest: int | None = None
        self._reported_lost = 0
        self._resend_second = 0
        self._resend_budget = _RESEND_BUDGET_PER_S
        self._sent_reports: dict[int, float] = {}

    def use_codec(self, codec: Codec) -> bool:
        """Take the payload types of `codec`; False if the subscriber did not accept it."""
        payload_types = self.accepted.get(codec.name)
        if payload_types is None:
            return False
        self.payload_type = payload_types.media
        self.rtx_payload_type = payload_types.rtx
        self.red_payload_type = payload_types.red
        return True

    def count_from(self, packets: int, octets: int) -> None:
        """Note the up-track's totals when this down-track begins to flow."""
        self._packets_at_start = packets
        self._octets_at_start = octets

    def count_to(self, packets: int, octets: int) -> None:
        """Add what the up-track's totals grew by since `count_from`."""
        self._earlier_packets += packets - self._packets_at_start
        self._earlier_octets += octets - self._octets_at_start
        self.count_from(packets, octets)

    def count_one(self, octets: int) -> None:
        """Add one packet that was sent to this subscriber apart from the others."""
        self._earlier_packets += 1
        self._earlier_octets += octets

    def sent(self) -> tuple[int, int]:
        """Return packets and payload octets sent, as of the last `count_to`."""
        return self._earlier_packets, self._earlier_octets

    def packet(self, ext_seq: int, cached: CachedPacket) -> bytes:
        """Return the packet as this subscriber gets it, under its own numbers."""
        rewriter = self.rewriter
        payload = cached[2]
        if rewriter.picture_shift or rewriter.tl0_shift:
            shifted = bytearray(payload)
            rewrite_picture(memoryview(shifted), rewriter.picture_shift, rewriter.tl0_shift)
            payload = bytes(shifted)
        return self.numbered(ext_seq, cached, payload, self.payload_type)

    def numbered(
        self, ext_seq: int, cached: CachedPacket, payload: bytes, payload_type: int
    ) -> bytes:
        """Return `payload` as the packet `ext_seq`, under this subscriber's numbers."""
        rewriter = self.rewriter
        timestamp, marker, _, _ = cached
        return rtp.build(
            payload,
            payload_type=payload_type,
            marker=marker,
            seq=ext_seq + rewriter.seq_shift,
            timestamp=timestamp + rewriter.timestamp_shift,
            ssrc=self.ssrc,
        )

    def has_had(self, clock: StreamClock, ext_seq: int) -> bool:
        """Return whether a run of this stream that the plane was ahead in has sent this packet."""
        return self.last_clock is clock and self.sent_ext is not None and ext_seq <= self.sent_ext

    def may_resend(self, now: float) -> bool:
        """Return whether one more packet may be looked for this second, to be sent again."""
        second = int(now)
        if second != self._resend_second:
            self._resend_second = second
            self._resend_budget = _RESEND_BUDGET_PER_S
        return self._resend_budget > 0

    def resend_missed(self) -> None:
        """Note that a packet was looked for in vain."""
        self._resend_budget -= _MISSED_COSTS

    def retransmission(self, ext_seq: int, cached: CachedPacket) -> bytes:
        """Return the packet once more, as RTX where agreed."""
        self._resend_budget -= _RESENT_COSTS
        packet = self.packet(ext_seq, cached)
        if self.rtx_payload_type is None:
            return packet
        self.rtx_seq += 1
        return rtp.build_rtx(
            packet, payload_type=self.rtx_payload_type, seq=self.rtx_seq, ssrc=self.rtx_ssrc
        )

    def padding(self) -> bytes:
        """Return a packet of nothing but padding in the retransmission stream (RFC 3550 5.1).

        A receiver reports its arrival and throws it away (RFC 4588 section 4 needs at least
        two bytes of payload), so it disturbs no picture.
        """
        assert self.rtx_payload_type is not None, "only who takes retransmissions is probed"
        self.rtx_seq += 1
        return rtp.build_padding(
            PADDING_BYTES, payload_type=self.rtx_payload_type, seq=self.rtx_seq, ssrc=self.rtx_ssrc
        )

    def report_sent(self, ntp_time: int, now: float) -> None:
        """Remember when a sender report left, to know the round trip when it is echoed."""
        self._sent_reports[(ntp_time >> 16) & 0xFFFFFFFF] = now
        if len(self._sent_reports) > _RTT_MEMORY:
            del self._sent_reports[next(iter(self._sent_reports))]

    def report_received(
        self,
        *,
        highest_seq: int,
        cumulative_lost: int,
        last_sr: int,
        delay_since_last_sr: int,
        now: float,
    ) -> float | None:
        """Take a report block about this down-track; return the round trip in seconds, if told.

        RFC 3550 section 6.4.1: losses over an interval are the difference of two reports.
        """
        if self._reported_highest is not None:
            expected = (highest_seq - self._reported_highest) & 0xFFFFFFFF
            if expected < 0x8000:
                self.interval_expected += expected
                self.interval_lost += min(max(0, cumulative_lost - self._reported_lost), expected)
        self._reported_highest = highest_seq
        self._reported_lost = cumulative_lost
        sent_at = self._sent_reports.get(last_sr) if last_sr else None
        if sent_at is None:
            return None
        return max(0.0, now - sent_at - delay_since_last_sr / 65536)


class Audience(list[DownTrack]):
    """Whom an encoding's packets flow to: its forwarding table.

    Never changed but replaced: so a data plane may keep in `prepared` what it has made of it.
    """

    __slots__ = ("prepared",)

    def __init__(self, downs: Iterable[DownTrack] = ()) -> None:
        super().__init__(downs)
        self.prepared: object = None

    def with_one(self, down: DownTrack) -> "Audience":
        """Return the audience with one more."""
        return Audience((*self, down))

    def without(self, down: DownTrack) -> "Audience":
        """Return the audience without this one, if it is there."""
        return Audience(other for other in self if other is not down)


#: No packet flows to anybody by this.
NOBODY = Audience()
