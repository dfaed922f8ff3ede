"""One published track: what arrives, what of it flows on, and to whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from media.core import redundancy, rtp
from media.core.codecs import Codec
from media.core.downtrack import DownTrack
from media.core.ids import Kind, TrackKey
from media.core.jitter import ReceptionStats
from media.core.keyframes import KeyframeRequester
from media.core.nack import NackGenerator
from media.core.outputs import Outputs
from media.core.packet_cache import CachedPacket, PacketCache
from media.core.rtp import Buffer, ParsedRtp
from media.core.seqnum import Unwrapper16

NOBODY: Sequence[DownTrack] = ()

# Two seconds of 4 Mbit/s, doubled: a screen full of text comes in bursts.
_CACHE_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PublishedTrack:
    """How a publisher sends one track, as negotiated; SSRCs are None where not told in SDP."""

    mid: str
    track: TrackKey
    codec: Codec
    payload_type: int
    rtx_payload_type: int | None = None
    red_payload_type: int | None = None
    ssrc: int | None = None
    rtx_ssrc: int | None = None
    has_nack: bool = False
    has_pli: bool = False
    has_fir: bool = False


class UpTrack:
    """Receive one track and say, per packet, to whom it flows on.

    `flowing` is the forwarding table of this track: an in-order packet goes to everybody in
    it, with constants added (`DownTrack.rewriter`). Whatever is not that simple (late packets,
    the start of a run, all that goes to `redundant`) is put into `Outputs.outbox` as finished
    packets, to be sent first.

    It outlives its publisher's connections: subscribers see one stream, whose numbers go on.
    """

    def __init__(self, published: PublishedTrack, *, outputs: Outputs, cache_s: float) -> None:
        self.track = published.track
        self._outputs = outputs
        self._cache_s = cache_s
        self.flowing: list[DownTrack] = []
        self.waiting: list[DownTrack] = []
        #: In a run as those in `flowing`, but each packet carries earlier ones again.
        self.redundant: list[DownTrack] = []
        self.is_recorded = False
        self.has_started = False
        #: Nothing has come yet, or not for some time: the next packet is news.
        self.is_quiet = True
        #: Packets handed to subscribers, of all of them together.
        self.forwarded = 0
        #: Those of them that carried earlier packets again.
        self.composed = 0
        self.duplicates = 0
        self.last_arrival = 0.0
        self.keyframe_refresh_at = 0.0
        self._begin_stream(published)

    def restart(self, published: PublishedTrack) -> None:
        """Begin with a new stream: another connection or another SSRC of the publisher.

        Nothing that came before may be mixed with what comes now.
        """
        for down in (*self.flowing, *self.redundant):
            self._end_run(down)
        self.waiting = self.waiting + self.flowing + self.redundant
        self.flowing = []
        self.redundant = []
        self._begin_stream(published)
        if self.waiting and self.needs_keyframes:
            self.keyframes.request()

    def _begin_stream(self, published: PublishedTrack) -> None:
        self.published = published
        self.codec = published.codec
        self.ssrc = published.ssrc
        self._stream = self._outputs.next_stream()
        self.highest_ext = -1
        self.highest_timestamp = 0
        self.packets = 0
        self.octets = 0
        self.sender_report: tuple[int, int, float] | None = None
        self.stats = ReceptionStats(self.codec.clock_rate)
        self.reported = (0, 0)
        self.keyframes = KeyframeRequester()
        self.cache = PacketCache(max_age_s=self._cache_s, max_bytes=_CACHE_BYTES)
        self._unwrapper = Unwrapper16()
        self.nack = NackGenerator() if published.has_nack else None

    @property
    def is_wanted(self) -> bool:
        """Return whether anybody may have this track now."""
        return bool(self.flowing or self.redundant or self.waiting or self.is_recorded)

    def flows_to(self, down: DownTrack) -> bool:
        """Return whether `down` is in a run now."""
        return down in self.flowing or down in self.redundant

    @property
    def needs_keyframes(self) -> bool:
        """Return whether a viewer can start only at a keyframe."""
        return self.codec.kind is Kind.VIDEO

    # -- the forwarding table --------------------------------------------------

    def connect(self, down: DownTrack) -> bool:
        """Let the track flow to `down` from the next place where decoding can start.

        False if the subscriber cannot take the codec.
        """
        if self.flows_to(down) or down in self.waiting:
            return True
        if not down.use_codec(self.codec):
            return False
        self.waiting = [*self.waiting, down]
        if self.needs_keyframes:
            self.keyframes.request()
        return True

    def disconnect(self, down: DownTrack) -> None:
        """Stop the flow to `down` at once; no packet of it is sent after this."""
        if self.flows_to(down):
            self._end_run(down)
            self.flowing = [other for other in self.flowing if other is not down]
            self.redundant = [other for other in self.redundant if other is not down]
        elif down in self.waiting:
            self.waiting = [other for other in self.waiting if other is not down]
        if not self.is_wanted:
            self.forget()

    def set_redundancy(self, down: DownTrack, level: int) -> None:
        """Let every packet to `down` carry `level` earlier ones again, if it takes that.

        The run goes on, with its numbers: only the payload and its type change.
        """
        down.redundancy = level if down.red_payload_type is not None else 0
        if down.redundancy and down in self.flowing:
            down.count_to(self.packets, self.octets)
            self.flowing = [other for other in self.flowing if other is not down]
            self.redundant = [*self.redundant, down]
        elif not down.redundancy and down in self.redundant:
            down.count_from(self.packets, self.octets)
            self.redundant = [other for other in self.redundant if other is not down]
            self.flowing = [*self.flowing, down]

    def forget(self) -> None:
        """Drop what was kept while the track was wanted: it may not be sent any more."""
        self.cache.clear()
        self.highest_ext = -1
        self._unwrapper = Unwrapper16()
        self.nack = NackGenerator() if self.published.has_nack else None
        self.keyframes.keyframe_arrived()

    # -- per packet ------------------------------------------------------------

    def receive(self, header: ParsedRtp, buffer: Buffer, now: float) -> Sequence[DownTrack]:
        """Take one packet of a wanted track; return to whom it goes with constants added."""
        _, marker, seq, timestamp, _, start, end, _ = header
        if self.nack is not None and not self.nack.received(seq, now):
            self.duplicates += 1
            return NOBODY
        ext_seq = self._unwrapper.unwrap(seq)
        if self.nack is None and self.cache.get(ext_seq) is not None:
            self.duplicates += 1
            return NOBODY
        payload = bytes(buffer[start:end])
        cached = (timestamp, marker, payload, now)
        self.cache.insert(ext_seq, cached)
        if self.is_recorded:
            self._outputs.tape.append((self.track, normalized(header, payload), now))
        if (self.waiting or self.keyframes.is_pending) and self.codec.starts_anew(payload):
            self.keyframes.keyframe_arrived()
            self._start_waiting(ext_seq, now)
        if ext_seq <= self.highest_ext:
            self._forward_late(ext_seq, cached)
            return NOBODY
        self.highest_ext = ext_seq
        self.highest_timestamp = timestamp
        if self.redundant:
            redundancy.send(
                self.redundant, ext_seq, cached, cache=self.cache, outputs=self._outputs
            )
            self.forwarded += len(self.redundant)
            self.composed += len(self.redundant)
        flowing = self.flowing
        if flowing:
            self.packets += 1
            self.octets += end - start
            self.forwarded += len(flowing)
        return flowing

    def _forward_late(self, ext_seq: int, cached: CachedPacket) -> None:
        """Send a late packet to those whose run it belongs to."""
        for down in (*self.flowing, *self.redundant):
            if ext_seq >= down.rewriter.first_ext:
                self._send(down, ext_seq, cached)

    def _start_waiting(self, ext_seq: int, now: float) -> None:
        """Begin the runs of those who wait, at the start of the frame of `ext_seq`.

        Packets between there and the newest that came are sent from the cache: the
        keyframe's first packet may have come late, and parameter sets before it.
        """
        if not self.waiting:
            return
        first = self.cache.first_of_frame(ext_seq)
        start = self.cache.get(first)
        assert start is not None, "a packet just cached is there"
        picture = self.codec.picture(start[2])
        newly, self.waiting = self.waiting, []
        for down in newly:
            is_same_clock = down.last_stream == self._stream
            down.rewriter.begin(first, start[0], now=now, same_clock=is_same_clock, picture=picture)
            down.last_stream = self._stream
            down.count_from(self.packets, self.octets)
            for earlier in range(first, max(ext_seq, self.highest_ext + 1)):
                cached = self.cache.get(earlier)
                if cached is not None and earlier != ext_seq:
                    self._send(down, earlier, cached)
        self.flowing = self.flowing + [down for down in newly if not down.redundancy]
        self.redundant = self.redundant + [down for down in newly if down.redundancy]

    def _send(self, down: DownTrack, ext_seq: int, cached: CachedPacket) -> None:
        self._outputs.outbox.append((down.link, down.packet(ext_seq, cached)))
        down.count_one(len(cached[2]))
        self.forwarded += 1

    def _end_run(self, down: DownTrack) -> None:
        newest = self.cache.get(self.highest_ext)
        picture = self.codec.picture(newest[2]) if newest is not None else None
        down.rewriter.end(
            self.highest_ext, self.highest_timestamp, at=self.last_arrival, picture=picture
        )
        self.count_up(down)

    # -- reports ---------------------------------------------------------------

    def resend(self, down: DownTrack, lost: Iterable[int], now: float) -> list[bytes]:
        """Return, of the packets a subscriber misses, those that may and can be sent again.

        Only packets of the run that flows now: what lies before a pause was another picture.
        """
        if not self.flows_to(down):
            return []
        packets: list[bytes] = []
        newest_out = self.highest_ext + down.rewriter.seq_shift
        for seq in lost:
            if not down.may_resend(now):
                break
            ext_seq = self.highest_ext - ((newest_out - seq) & 0xFFFF)
            cached = self.cache.get(ext_seq)
            if cached is None or ext_seq < down.rewriter.first_ext:
                down.resend_missed()
            else:
                packets.append(down.retransmission(ext_seq, cached))
        return packets

    def count_up(self, down: DownTrack) -> None:
        """Bring what `down` knows it was sent up to this moment; what is composed counts itself."""
        if down in self.flowing:
            down.count_to(self.packets, self.octets)

    def clock_at(self, now: float) -> tuple[int, int] | None:
        """Return the publisher's (64-bit NTP time, RTP timestamp) of this moment, or None.

        Its last sender report, moved on by the time that passed: subscribers see the
        publisher's own NTP clock, so its tracks stay in step (RFC 3550 section 6.4.1).
        """
        if self.sender_report is None:
            return None
        ntp_time, rtp_time, at = self.sender_report
        elapsed_s = now - at
        return (
            (ntp_time + int(elapsed_s * (1 << 32))) & 0xFFFF_FFFF_FFFF_FFFF,
            rtp_time + round(elapsed_s * self.codec.clock_rate),
        )

    def take_loss(self) -> tuple[int, int]:
        """Return packets (expected, lost) on the way here since the last call."""
        expected, received = self.stats.expected, self.stats.packets_received
        before = self.reported
        self.reported = (expected, received)
        due = max(0, expected - before[0])
        return due, min(due, max(0, due - (received - before[1])))


def normalized(header: ParsedRtp, payload: bytes) -> bytes:
    """Return the packet with a bare header: no extensions, contributing sources or padding."""
    payload_type, marker, seq, timestamp, ssrc, _, _, _ = header
    return rtp.build(
        payload,
        payload_type=payload_type,
        marker=marker,
        seq=seq,
        timestamp=timestamp,
        ssrc=ssrc,
    )
