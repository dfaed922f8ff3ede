"""One room's part of the native plane's table, kept as the core says."""

import ctypes
from collections.abc import Callable
from ctypes import CDLL, byref, c_uint8, c_uint64
from dataclasses import dataclass, field

from media.core.arrival_digest import Digest
from media.core.downtrack import DownTrack
from media.core.packet_cache import CachedPacket
from media.core.publisher import Publisher
from media.core.rtcp import TransportFeedback
from media.core.rtp import Buffer, ParsedRtp
from media.core.runs import Progress, Seen
from media.core.uptrack import UpTrack
from media.native_library import (
    DIGEST_OUT,
    FLAG_SENT,
    ROOM_COUNTERS,
    ProgressOut,
    RowTerms,
    TakenOut,
    digest_of,
)
from media.transport import Transport

#: What an SSRC is bound to: the up-track, whether as its retransmissions, and in which stream.
_Bound = tuple[UpTrack, bool, int]


@dataclass(slots=True)
class _Encoding:
    """An up-track's place in the table, and what the plane was told of it last."""

    handle: int
    terms: tuple[int, int, int] = (-1, -1, -1)
    wishes: tuple[bool, bool, float] = (False, False, 0.0)
    rows: dict[DownTrack, int] = field(default_factory=dict)


class NativeRoom:
    """The rows of one room. Implements `media.dataplane.PlaneRoom`.

    Handles are pointers of the C library; each is used until it is given back, here. Raise
    MemoryError where it has no memory left.
    """

    def __init__(
        self,
        library: CDLL,
        plane: int,
        *,
        lane: int,
        flush: Callable[[], None],
        on_close: Callable[[], None],
    ) -> None:
        self._library = library
        self._flush = flush
        self._on_close = on_close
        self.handle = _allocated(library.room_open(plane, lane))
        self._transports: dict[Transport, int] = {}
        self._bound: dict[Transport, dict[int, _Bound]] = {}
        self._encodings: dict[UpTrack, _Encoding] = {}
        #: What retransmissions to a subscriber may take, as the plane was told last.
        self._resends: dict[Transport, tuple[float, float] | None] = {}
        #: How long repairs to a subscriber are under way, likewise.
        self._repairs: dict[Transport, float] = {}
        self._is_closed = False

    # -- transports, which the plane adds and removes -------------------------------------

    def add(self, transport: Transport, number: int) -> int:
        """Return the handle of a new transport; messages name it by `number`."""
        limits = transport.owner.limits
        handle = _allocated(
            self._library.transport_add(
                self.handle, number, limits.rtcp_packets_per_s, limits.rtcp_bytes_per_s
            )
        )
        self._transports[transport] = handle
        return handle

    def remove(self, transport: Transport) -> None:
        """Give back a transport. Its rows have ended: its peer was removed from the router."""
        rows = (down for one in self._encodings.values() for down in one.rows)
        assert not any(down.link is transport for down in rows), "the plane would use it after"
        self._bound.pop(transport, None)
        self._resends.pop(transport, None)
        self._repairs.pop(transport, None)
        self._library.transport_remove(self._transports.pop(transport))
        self._free_if_done()

    def close(self) -> None:
        """See PlaneRoom."""
        self._is_closed = True
        self._free_if_done()

    def _free_if_done(self) -> None:
        if self._is_closed and not self._transports and self.handle:
            for up in list(self._encodings):
                self.forgotten(up)
            self._library.room_close(self.handle)
            self.handle = 0
            self._flush = _nothing_to_flush  # the room's own, which would keep the room
            self._on_close()

    def counters(self) -> dict[str, int]:
        """See PlaneRoom."""
        values = (c_uint64 * len(ROOM_COUNTERS))()
        if self.handle:
            self._library.room_counters(self.handle, values)
        return dict(zip(ROOM_COUNTERS, values, strict=True))

    # -- Runs ------------------------------------------------------------------------------

    def changed(self, up: UpTrack) -> None:
        """See Runs."""
        encoding = self._encodings.get(up)
        if encoding is None:
            handle = _allocated(self._library.encoding_add(self.handle))
            encoding = self._encodings[up] = _Encoding(handle)
        published = up.published
        rtx = published.rtx_payload_type
        # Sound in RED is numbered by the core: the plane takes none of it by itself.
        media = published.payload_type if published.red_payload_type is None else -1
        terms = (up.stream, media, -1 if rtx is None else rtx)
        if terms != encoding.terms:
            encoding.terms = terms
            self._library.encoding_restart(encoding.handle, *terms)
        wishes = (up.is_wanted, bool(up.waiting), up.cache.max_age_s)
        if wishes != encoding.wishes:
            encoding.wishes = wishes
            self._library.encoding_want(encoding.handle, *wishes)

    def limit_resends(self, link: object, limit: tuple[float, float] | None) -> None:
        """See Runs."""
        assert isinstance(link, Transport), "links are what this shell gave"
        if self._resends.get(link) == limit:
            return
        self._resends[link] = limit
        bytes_per_s, burst = (-1.0, 0.0) if limit is None else limit
        self._library.transport_resends(self._transports[link], bytes_per_s, burst)

    def use_repairs(self, link: object, under_way_s: float) -> None:
        """See Runs."""
        assert isinstance(link, Transport), "links are what this shell gave"
        if self._repairs.get(link, 0.0) == under_way_s:
            return
        self._repairs[link] = under_way_s
        self._library.transport_repairs(self._transports[link], under_way_s)

    def digest(self, link: object, feedback: TransportFeedback, now: float) -> Digest | None:
        """See Runs."""
        assert isinstance(link, Transport), "links are what this shell gave"
        packet = feedback.to_bytes()
        out = bytearray(DIGEST_OUT.size)
        into = (c_uint8 * len(out)).from_buffer(out)
        is_due = self._library.transport_digest(
            self._transports[link], packet, len(packet), now, into
        )
        return digest_of(out) if is_due else None

    def bound(self, publisher: Publisher) -> None:
        """See Runs."""
        transport = publisher.link
        assert isinstance(transport, Transport), "links are what this shell gave"
        handle = self._transports[transport]
        told = self._bound.setdefault(transport, {})
        now: dict[int, _Bound] = {
            ssrc: (up, is_repair, up.stream)
            for ssrc, (up, is_repair) in publisher.streams().items()
        }
        for ssrc in [ssrc for ssrc, bound in told.items() if now.get(ssrc) != bound]:
            self._library.binding_remove(handle, ssrc)
            del told[ssrc]
        for ssrc, bound in now.items():
            if ssrc not in told:
                encoding = self._encodings[bound[0]]
                _allocated(self._library.binding_add(handle, ssrc, encoding.handle, bound[1]))
                told[ssrc] = bound

    def forgotten(self, up: UpTrack) -> None:
        """See Runs."""
        for transport, told in self._bound.items():
            for ssrc in [ssrc for ssrc, bound in told.items() if bound[0] is up]:
                self._library.binding_remove(self._transports[transport], ssrc)
                del told[ssrc]
        self._library.encoding_remove(self._encodings.pop(up).handle)

    def take(self, up: UpTrack, header: ParsedRtp, buffer: Buffer, now: float) -> Seen:
        """See Runs."""
        _, marker, seq, timestamp, _, start, end, _ = header
        taken = TakenOut()
        self._library.encoding_take(
            self._encodings[up].handle,
            seq,
            timestamp,
            marker,
            bytes(buffer[start:end]),
            end - start,
            now,
            byref(taken),
        )
        if taken.flags & FLAG_SENT:
            return Seen(up.stream, taken.ext_seq, taken.packets, taken.octets, is_sent=True)
        # The plane may be ahead of the core here: what it has counted is not yet the core's.
        return Seen(up.stream, taken.ext_seq, up.packets, up.octets, is_sent=False)

    def keep(self, up: UpTrack, ext_seq: int, packet: CachedPacket) -> None:
        """See Runs."""
        timestamp, marker, payload, now = packet
        self._library.encoding_keep(
            self._encodings[up].handle, ext_seq, timestamp, marker, payload, len(payload), now
        )

    def begin(self, up: UpTrack, down: DownTrack, after_ext: int) -> None:
        """See Runs. What the core has finished for the row goes first."""
        self._flush()
        encoding, rewriter, rtx = self._encodings[up], down.rewriter, down.rtx_payload_type
        assert isinstance(down.link, Transport), "links are what this shell gave"
        terms = RowTerms(
            after_ext=after_ext,
            first_ext=rewriter.first_ext,
            seq_shift=rewriter.seq_shift,
            ssrc=down.ssrc,
            rtx_ssrc=down.rtx_ssrc,
            timestamp_shift=rewriter.timestamp_shift & 0xFFFFFFFF,
            rtx_seq=down.rtx_seq & 0xFFFFFFFF,
            rtx_payload_type=-1 if rtx is None else rtx,
            picture_shift=rewriter.picture_shift,
            payload_type=down.payload_type,
            tl0_shift=rewriter.tl0_shift,
        )
        encoding.rows[down] = _allocated(
            self._library.row_begin(encoding.handle, self._transports[down.link], byref(terms))
        )

    def end(self, up: UpTrack, down: DownTrack) -> Progress | None:
        """See Runs."""
        row = self._encodings[up].rows.pop(down, None)
        if row is None:
            return None
        out = ProgressOut()
        self._library.row_end(row, byref(out))
        if not out.has_any:
            return None
        newest = ctypes.string_at(out.picture, out.picture_bytes)
        return Progress(
            out.ext_seq,
            out.timestamp,
            out.last_arrival,
            out.packets,
            out.octets,
            newest,
            out.rtx_seq,
        )


def _nothing_to_flush() -> None:
    """Do nothing: the room is closed, and has no rows to begin."""


def _allocated(handle: int | None) -> int:
    if not handle:
        raise MemoryError("the native data plane has no memory left")
    return handle
