"""One encoding of a published track: what arrives, what of it flows on, and to whom.

Longer than 400 lines because the beginning, the middle and the end of a run keep the same
numbers; a run taken apart would be a run that nobody can follow.
"""

from dataclasses import dataclass
from math import inf

from media.core import redundancy, rtp
from media.core.codecs import Codec
from media.core.downtrack import NOBODY, Audience, DownTrack
from media.core.ids import Kind, TrackKey
from media.core.jitter import ReceptionStats
from media.core.keyframes import KeyframeRequester, RequestPace
from media.core.nack import NackGenerator
from media.core.outputs import Outputs
from media.core.packet_cache import CachedPacket, PacketCache
from media.core.rates import RateMeter
from media.core.rewriter import Picture
from media.core.rtp import Buffer, ParsedRtp
from media.core.runs import Progress, Seen
from media.core.seqnum import Unwrapper16
from media.core.sound_numbers import SoundNumbers
from media.core.stream_clock import StreamClock

# Two seconds of 4 Mbit/s, doubled: a screen full of text comes in bursts.
_CACHE_BYTES = 2 * 1024 * 1024

# A browser probes with a handful of packets of padding, one after another.
_PICTURE_SEARCH = 64


@dataclass(frozen=True, slots=True)
class PublishedTrack:
    """How a publisher sends one encoding of a track, as negotiated.

    A track that is sent once has one, without a `rid`; otherwise each has its own (RFC 8851),
    and `layer` counts from 0, the smallest. SSRCs are None where not told in SDP.
    """

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
    rid: str = ""
    layer: int = 0


class UpTrack:
    """Receive one encoding and say, per packet, to whom it flows on.

    `flowing` is the forwarding table of this encoding: an in-order packet goes to everybody in
    it, with constants added (`DownTrack.rewriter`). Whatever is not that simple (late packets,
    the start of a run, all that goes to `redundant`) is put into `Outputs.outbox` as finished
    packets, to be sent first.

    A run of it to one subscriber begins in `_begin_run` and ends in `_end_run`, nowhere else.
    It outlives its publisher's connections: subscribers see one stream, whose numbers go on.
    """

    def __init__(
        self, published: PublishedTrack, *, outputs: Outputs, cache_s: float, pace: RequestPace
    ) -> None:
        self.track = published.track
        self.layer = published.layer
        self._outputs = outputs
        self._runs = outputs.runs
        self._cache_s = cache_s
        self._pace = pace
        self.flowing = Audience()
        self.waiting: list[DownTrack] = []
        #: In a run as those in `flowing`, but each packet carries earlier ones again.
        self.redundant: list[DownTrack] = []
        #: Packets go to the tape; or will, from the next keyframe on.
        self.is_recorded = False
        self.awaits_recording = False
        #: Packets come; a publisher may pause an encoding.
        self.is_live = False
        #: Runs have begun since `media.core.layers` last looked.
        self.has_begun = False
        #: Packets handed to subscribers, of all of them together.
        self.forwarded = 0
        #: Those of them that carried earlier packets again.
        self.composed = 0
        self.duplicates = 0
        self.bytes_in = 0
        self.rate = RateMeter()
        self.last_arrival = 0.0
        self._begin_stream(published)

    def restart(self, published: PublishedTrack) -> None:
        """Begin with a new stream: another connection or another SSRC of the publisher.

        Nothing that came before may be mixed with what comes now.
        """
        for down in (*self.flowing, *self.redundant):
            self._end_run(down)
            if down.waits_in is None:
                self._wait(down)
        self._begin_stream(published)
        if self.waiting and self.needs_keyframes:
            self.keyframes.request()

    def _begin_stream(self, published: PublishedTrack) -> None:
        self.published = published
        self.codec = published.codec
        self.ssrc = published.ssrc
        #: No other stream of this room has the same.
        self.stream = self._outputs.next_stream()
        self.clock = StreamClock(self.codec.clock_rate)
        self.highest_ext = -1
        self.highest_timestamp = 0
        self.packets = 0
        self.octets = 0
        self.stats = ReceptionStats(self.codec.clock_rate)
        self.reported = (0, 0)
        self.keyframes = KeyframeRequester(self._pace)
        #: When the newest keyframe came that somebody waited for, or that was recorded.
        self.keyframe_at = -inf
        self.cache = PacketCache(max_age_s=self._cache_s, max_bytes=_CACHE_BYTES)
        self._unwrapper = Unwrapper16()
        #: Of sound in RED, which is numbered by us.
        self.numbers = SoundNumbers()
        self.nack = NackGenerator() if published.has_nack else None
        self._tell_plane()

    def close(self) -> None:
        """Let a plane that forwards by itself forget this encoding; its runs have ended."""
        if self._runs is not None:
            self._runs.forgotten(self)

    def _tell_plane(self) -> None:
        """Let a plane that forwards by itself know what has changed here."""
        if self._runs is not None:
            self._runs.changed(self)

    @property
    def is_wanted(self) -> bool:
        """Return whether anybody may have this encoding now."""
        return bool(
            self.flowing
            or self.redundant
            or self.waiting
            or self.is_recorded
            or self.awaits_recording
        )

    @property
    def needs_keyframes(self) -> bool:
        """Return whether a viewer can start only at a keyframe."""
        return self.codec.kind is Kind.VIDEO

    # -- the forwarding table --------------------------------------------------

    def await_keyframe(self, down: DownTrack) -> None:
        """Let this flow to `down` from the next place where decoding can start.

        Until then it flows on in the encoding where it does, if it does.
        """
        self._wait(down)
        if self.needs_keyframes:
            self.keyframes.request()

    def _wait(self, down: DownTrack) -> None:
        down.waits_in = self
        self.waiting = [*self.waiting, down]
        self._tell_plane()

    def stop_waiting(self, down: DownTrack) -> None:
        """Give up waiting for the keyframe."""
        down.waits_in = None
        self.waiting = [other for other in self.waiting if other is not down]
        self._forget_if_unwanted()

    def stop_flowing(self, down: DownTrack) -> None:
        """Stop the flow to `down` at once; no packet of it is sent after this."""
        self._end_run(down)
        self._forget_if_unwanted()

    def set_redundancy(self, down: DownTrack, level: int) -> None:
        """Let every packet to `down` carry `level` earlier ones again, if it takes that.

        The run goes on, with its numbers: only the payload and its type change.
        """
        down.redundancy = level if down.red_payload_type is not None else 0
        if down.redundancy and down in self.flowing:
            self._leave_table(down)
            self.flowing = self.flowing.without(down)
            self.redundant = [*self.redundant, down]
        elif not down.redundancy and down in self.redundant:
            down.count_from(self.packets, self.octets)
            self.redundant = [other for other in self.redundant if other is not down]
            self.flowing = self.flowing.with_one(down)
            self._enter_table(down, self.highest_ext)

    def record(self, *, is_recorded: bool, awaits_recording: bool = False) -> None:
        """Hand the packets to the tape from now on, or from the next keyframe on, or no more."""
        if is_recorded and not self.is_recorded:
            self.keyframe_at = -inf  # what came before is not on the tape
        self.is_recorded = is_recorded
        self.awaits_recording = awaits_recording
        if awaits_recording:
            self.keyframes.request()
        self._forget_if_unwanted()

    def keep_packets(self, max_age_s: float) -> None:
        """Keep packets for this long, to answer NACKs from as far away as there are peers."""
        self._cache_s = self.cache.max_age_s = max_age_s
        self._tell_plane()

    def _forget_if_unwanted(self) -> None:
        """Drop what was kept while this was wanted: it may not be sent any more."""
        self._tell_plane()
        if self.is_wanted:
            return
        self.cache.clear()
        self.highest_ext = -1
        self._unwrapper = Unwrapper16()
        self.nack = NackGenerator() if self.published.has_nack else None
        self.keyframes.keyframe_arrived()

    # -- per packet ------------------------------------------------------------

    def arrived(self, header: ParsedRtp, length: int, now: float) -> None:
        """Count a packet of `length` bytes, wanted or not.

        Sound that may be in RED has been counted for reports under the number it came with.
        """
        self.bytes_in += length
        self.last_arrival = now
        if self.published.red_payload_type is None:
            self.stats.received(header[2], header[3], now)

    def receive(
        self, header: ParsedRtp, buffer: Buffer, now: float, seen: Seen | None = None
    ) -> Audience:
        """Take one packet of a wanted track; return to whom it goes with constants added.

        `seen`: where a plane that forwards by itself has put it; those returned have it then.
        """
        _, marker, seq, timestamp, _, start, end, _ = header
        if self.nack is not None and not self.nack.received(seq, now):
            self.duplicates += 1
            return NOBODY
        if self._runs is not None and seen is None:
            seen = self._runs.take(self, header, buffer, now)
        ext_seq = self._unwrapper.unwrap(seq) if seen is None else seen.ext_seq
        if self.nack is None and self.cache.get(ext_seq) is not None:
            self.duplicates += 1
            return NOBODY
        payload = bytes(buffer[start:end])
        cached = (timestamp, marker, payload, now)
        self.cache.insert(ext_seq, cached)
        is_sent = seen is None or self._is_sent(seen, cached)
        if self._watches_for_keyframe() and self.codec.starts_anew(payload):
            self.keyframe_at = now
            self.keyframes.keyframe_arrived()
            self._start_waiting(ext_seq, now)
        if self.is_recorded:
            self._outputs.tape.append((self.track, normalized(header, payload), now))
        if ext_seq > self.highest_ext:
            self.highest_ext, self.highest_timestamp = ext_seq, timestamp
        else:
            is_sent = False
        if not is_sent:
            self._forward_late(ext_seq, cached)
            return NOBODY
        return self._forwarded(ext_seq, cached)

    def _watches_for_keyframe(self) -> bool:
        if self.waiting or self.keyframes.is_pending:
            return True
        return self.is_recorded and self.needs_keyframes

    def _is_sent(self, seen: Seen, cached: CachedPacket) -> bool:
        """Take over what the plane counted; return whether it has sent the packet on."""
        self.packets, self.octets = seen.packets, seen.octets
        if not seen.is_sent and self._runs is not None:
            self._runs.keep(self, seen.ext_seq, cached)
        return seen.is_sent

    def _forwarded(self, ext_seq: int, cached: CachedPacket) -> Audience:
        """Return who gets a packet in order by the table; send it to those who get it otherwise."""
        if self.redundant:
            downs = [down for down in self.redundant if not down.has_had(self.clock, ext_seq)]
            redundancy.send(downs, ext_seq, cached, cache=self.cache, outputs=self._outputs)
            self.forwarded += len(downs)
            self.composed += len(downs)
        flowing = self.flowing
        if flowing:
            self.packets += 1
            self.octets += len(cached[2])
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
        if not (self.waiting or self.awaits_recording):
            return
        self.has_begun = True
        first = self.cache.first_of_frame(ext_seq)
        start = self.cache.get(first)
        assert start is not None, "a packet just cached is there"
        earlier = [
            (number, cached)
            for number in range(first, max(ext_seq, self.highest_ext + 1))
            if number != ext_seq and (cached := self.cache.get(number)) is not None
        ]
        # Whoever had its last packets from a plane ahead of us waits until we have come so far.
        newest = max(ext_seq, self.highest_ext + 1)
        newly = [down for down in self.waiting if not down.has_had(self.clock, newest)]
        for down in newly:
            self._begin_run(down, first, start, now)
            for number, cached in earlier:
                self._send(down, number, cached)
            if down in self.flowing:
                self._enter_table(down, newest - 1)
        self.waiting = [down for down in self.waiting if down not in newly]
        self._tell_plane()
        if self.awaits_recording:
            self.is_recorded, self.awaits_recording = True, False
            for number, cached in earlier:
                self._outputs.tape.append((self.track, self._as_it_came(number, cached), cached[3]))

    def _begin_run(self, down: DownTrack, first: int, start: CachedPacket, now: float) -> None:
        """Let this flow to `down` from the packet `first` on; what flowed before ends here."""
        earlier = down.flows_in
        if earlier is not None:
            earlier.stop_flowing(down)
        last_clock = down.last_clock
        down.rewriter.begin(
            first,
            start[0],
            now=now,
            ticks_to_last=None if last_clock is None else self.clock.ticks_to(last_clock),
            picture=self.codec.picture(start[2]),
        )
        down.last_clock = self.clock
        down.count_from(self.packets, self.octets)
        down.waits_in = None
        down.flows_in = self
        if down.redundancy:
            self.redundant = [*self.redundant, down]
        else:
            self.flowing = self.flowing.with_one(down)

    def _send(self, down: DownTrack, ext_seq: int, cached: CachedPacket) -> None:
        self._outputs.outbox.append((down.link, down.packet(ext_seq, cached)))
        down.count_one(len(cached[2]))
        self.forwarded += 1

    def _as_it_came(self, ext_seq: int, cached: CachedPacket) -> bytes:
        timestamp, marker, payload, _ = cached
        return rtp.build(
            payload,
            payload_type=self.published.payload_type,
            marker=marker,
            seq=ext_seq,
            timestamp=timestamp,
            ssrc=self.ssrc or 0,
        )

    def _end_run(self, down: DownTrack) -> None:
        ended = self._leave_table(down)
        picture = self._newest_picture() if ended is None else self.codec.picture(ended.newest)
        if ended is None:
            ended = self._progress(down)
        down.rewriter.end(ended.ext_seq, ended.timestamp, at=ended.at, picture=picture)
        down.flows_in = None
        self.flowing = self.flowing.without(down)
        self.redundant = [other for other in self.redundant if other is not down]

    def _enter_table(self, down: DownTrack, after_ext: int) -> None:
        """Give a row to a plane that forwards by itself, with what it has after `after_ext`."""
        if self._runs is not None:
            self._runs.begin(self, down, after_ext)

    def _leave_table(self, down: DownTrack) -> Progress | None:
        """Take a row out of the table, and count what was sent by it.

        Return how far a plane that forwards by itself was ahead with it, otherwise None.
        """
        ahead = None if self._runs is None else self._runs.end(self, down)
        if ahead is None:
            self.count_up(down)
            return None
        down.sent_ext, down.rtx_seq = ahead.ext_seq, ahead.rtx_seq
        self.forwarded += ahead.packets - self.packets
        down.count_to(ahead.packets, ahead.octets)
        return ahead

    def _progress(self, down: DownTrack) -> Progress:
        ahead = down.sent_ext if down.has_had(self.clock, self.highest_ext) else None
        return Progress(
            self.highest_ext if ahead is None else ahead,
            self.highest_timestamp,
            self.last_arrival,
            self.packets,
            self.octets,
            b"",
            down.rtx_seq,
        )

    def _newest_picture(self) -> Picture | None:
        """Return the picture of the newest packet that has one; padding has none."""
        for number in range(self.highest_ext, self.highest_ext - _PICTURE_SEARCH, -1):
            cached = self.cache.get(number)
            picture = None if cached is None else self.codec.picture(cached[2])
            if picture is not None:
                return picture
        return None

    # -- reports ---------------------------------------------------------------

    def find_sent(self, down: DownTrack, seq: int) -> tuple[int, CachedPacket] | None:
        """Return the packet a subscriber has or misses under this number, if it is kept.

        Only packets of the run that flows now: what lies before a pause was another picture.
        """
        newest_out = self.highest_ext + down.rewriter.seq_shift
        ext_seq = self.highest_ext - ((newest_out - seq) & 0xFFFF)
        cached = self.cache.get(ext_seq)
        return None if cached is None or ext_seq < down.rewriter.first_ext else (ext_seq, cached)

    def count_up(self, down: DownTrack) -> None:
        """Bring what `down` knows it was sent up to this moment; what is composed counts itself."""
        if down.flows_in is self and down not in self.redundant:
            down.count_to(self.packets, self.octets)

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
