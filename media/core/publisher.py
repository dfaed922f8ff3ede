"""One publishing connection: whose packets these are, and what its sender is told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from media.core import rtcp, rtp
from media.core.bandwidth import TwccRecorder
from media.core.ids import PeerId
from media.core.layers import LayeredTrack
from media.core.rtp import Buffer, ParsedRtp
from media.core.runs import Runs
from media.core.uptrack import PublishedTrack, UpTrack

REPORT_INTERVAL_S = 1.0

# A section's sender may change its SSRC; one that does so all the time wants us to work.
_MIN_SSRC_CHANGE_S = 1.0

# Twenty sections of three encodings, with their retransmissions.
_MAX_LEARNED = 120

# Without transport-wide feedback the sender's rate is led by REMB: a little above what
# arrives, so it can grow, and below it when the line loses more than a tenth
# (draft-ietf-rmcat-gcc-02 section 6).
_REMB_GROWTH = 1.5
_REMB_LOSS = 0.1
_REMB_BACK_OFF = 0.85
_REMB_MAX_BPS = 4_000_000
_NO_LIMIT_BPS = 100_000_000


@dataclass(frozen=True, slots=True)
class PublisherSpec:
    """What was negotiated for a publishing connection; extension ids are 0 where absent.

    `tracks` has an item per encoding; those of one track share its mid.
    """

    tracks: tuple[PublishedTrack, ...]
    twcc_id: int = 0
    mid_id: int = 0
    rid_id: int = 0
    repaired_rid_id: int = 0
    level_id: int = 0
    has_remb: bool = False
    is_reduced_size: bool = True
    start_bitrate_bps: int = 1_000_000


class Publisher:
    """Sort a publishing connection's packets into its up-tracks, and report to its sender."""

    def __init__(
        self,
        peer_id: PeerId,
        link: object,
        *,
        local_ssrc: int,
        now: float,
        runs: Runs | None = None,
    ) -> None:
        self.peer_id = peer_id
        self._runs = runs
        self.link = link
        self.local_ssrc = local_ssrc
        self.spec = PublisherSpec(())
        self.tracks: dict[str, LayeredTrack] = {}
        #: Under which payload types sound comes that may be in RED (RFC 2198): wrapped or plain.
        self.sound_types: frozenset[int] = frozenset()
        self.bytes_in = 0
        self.reported_bytes = 0
        self.twcc: TwccRecorder | None = None
        #: When `reports` is next worth calling; whoever gives cause for it earlier says so here.
        self.due_at = -inf
        #: By SSRC: the up-track, and whether this is its retransmission stream.
        self._by_ssrc: dict[int, tuple[UpTrack, bool]] = {}
        #: By mid, rid and whether it is for retransmissions: the SSRC that was not told in SDP.
        self._learned: dict[tuple[str, str, bool], int] = {}
        self._bound_at: dict[tuple[str, int, bool], float] = {}
        self._report_at = now + REPORT_INTERVAL_S
        self._remb_bytes = 0
        self._fir_seq = 0
        self._limit_bps: float | None = None
        self._is_limited = False

    def configure(self, spec: PublisherSpec, tracks: dict[str, LayeredTrack]) -> None:
        """Take what was negotiated, first or again; `tracks` by mid."""
        if spec.twcc_id != self.spec.twcc_id:
            self.twcc = TwccRecorder(self.local_ssrc) if spec.twcc_id else None
        self.spec = spec
        self.tracks = tracks
        self.sound_types = frozenset(
            number
            for published in spec.tracks
            if published.red_payload_type is not None
            for number in (published.red_payload_type, published.payload_type)
        )
        self.due_at = -inf
        self._by_ssrc = {}
        self._bound_at = {slot: at for slot, at in self._bound_at.items() if slot[0] in tracks}
        for up in self._up_tracks():
            self._bind_what_is_known(up)
        if self._runs is not None:
            self._runs.bound(self)

    def retire(self) -> None:
        """Take nothing any more: what still comes of this connection is of no track.

        It may come until its farewell is said, and its tracks are another connection's by then,
        or gone.
        """
        self.tracks = {}
        self.sound_types = frozenset()
        self._by_ssrc = {}
        self.twcc = None

    def _bind_what_is_known(self, up: UpTrack) -> None:
        """Bind the SSRCs told in SDP, or else those learned before.

        Mid and rid ride on a stream's first packets only: a track that was left out of an offer
        and comes back may never say again which it is.
        """
        published = up.published
        for told, is_rtx in ((published.ssrc, False), (published.rtx_ssrc, True)):
            slot = (published.mid, published.rid, is_rtx)
            ssrc = self._learned.get(slot) if told is None else told
            if ssrc is None:
                continue
            self._by_ssrc[ssrc] = (up, is_rtx)
            if not is_rtx:
                up.ssrc = ssrc

    def streams(self) -> Mapping[int, tuple[UpTrack, bool]]:
        """Return, by SSRC, the up-track and whether it is its retransmission stream."""
        return self._by_ssrc

    def _up_tracks(self) -> Iterator[UpTrack]:
        return (up for track in self.tracks.values() for up in track.up_tracks)

    def find(self, header: ParsedRtp, buffer: Buffer, now: float) -> tuple[UpTrack, bool] | None:
        """Return the up-track a packet belongs to and whether it is a retransmission.

        An SSRC not told in SDP is known by its mid and rid extensions, which ride on the first
        packets only (RFC 8843 section 9.2, RFC 8852 section 3), or by its payload type if one
        section has it.
        """
        return self._by_ssrc.get(header[4]) or self._bind(header, buffer, now)

    def _bind(self, header: ParsedRtp, buffer: Buffer, now: float) -> tuple[UpTrack, bool] | None:
        payload_type, ssrc = header[0], header[4]
        mid = self._text(header, buffer, self.spec.mid_id)
        rid = self._text(header, buffer, self.spec.rid_id)
        repaired_rid = self._text(header, buffer, self.spec.repaired_rid_id)
        fitting: list[tuple[UpTrack, bool]] = []
        for up in self._up_tracks():
            published = up.published
            is_rtx = payload_type == published.rtx_payload_type
            if not is_rtx and payload_type not in (
                published.payload_type,
                published.red_payload_type,
            ):
                continue
            told = repaired_rid if is_rtx else rid
            if mid in (None, published.mid) and published.rid in ("", told):
                fitting.append((up, is_rtx))
        if len(fitting) != 1:
            return None
        up, is_rtx = fitting[0]
        slot = (up.published.mid, up.layer, is_rtx)
        if now < self._bound_at.get(slot, now - _MIN_SSRC_CHANGE_S) + _MIN_SSRC_CHANGE_S:
            return None
        self._bound_at[slot] = now
        if not is_rtx:
            if up.ssrc is not None:
                up.restart(up.published)
                self.due_at = now  # to ask for the keyframe the new stream begins with
            up.ssrc = ssrc
        replaced = [key for key, value in self._by_ssrc.items() if value == (up, is_rtx)]
        for key in replaced:
            del self._by_ssrc[key]
        self._by_ssrc[ssrc] = (up, is_rtx)
        self._learn(up, ssrc, is_rtx=is_rtx)
        if self._runs is not None:
            self._runs.bound(self)
        return up, is_rtx

    def _learn(self, up: UpTrack, ssrc: int, *, is_rtx: bool) -> None:
        """Remember an SSRC; of a peer that renames its sections without end, the latest."""
        slot = (up.published.mid, up.published.rid, is_rtx)
        self._learned.pop(slot, None)
        self._learned[slot] = ssrc
        if len(self._learned) > _MAX_LEARNED:
            del self._learned[next(iter(self._learned))]

    def _text(self, header: ParsedRtp, buffer: Buffer, extension_id: int) -> str | None:
        return rtp.extension_text(buffer, header[7], extension_id) if extension_id else None

    def by_media_ssrc(self, ssrc: int) -> UpTrack | None:
        """Return the up-track whose media stream has this SSRC."""
        found = self._by_ssrc.get(ssrc)
        return found[0] if found is not None and not found[1] else None

    # -- towards the sender ----------------------------------------------------

    def deadline(self) -> float:
        """Return when `reports` is next worth calling."""
        times: list[float | None] = [self._report_at]
        if self.twcc is not None:
            times.append(self.twcc.deadline())
        for up in self._up_tracks():
            if up.ssrc is None:  # not heard yet: there is nobody to ask
                continue
            times.append(up.keyframes.deadline())
            if up.nack is not None:
                times.append(up.nack.deadline())
        return min(time for time in times if time is not None)

    def reports(self, now: float) -> list[rtcp.RtcpPacket]:
        """Return what the sender must be told now; a periodic report comes first."""
        packets: list[rtcp.RtcpPacket] = []
        if now >= self._report_at:
            packets.extend(self._periodic(now))
        if self.twcc is not None:
            feedback = self.twcc.poll(now, self._any_ssrc())
            if feedback is not None:
                packets.append(feedback)
        # All encodings of a track share one pace: the one asked longest ago comes first.
        for up in sorted(self._up_tracks(), key=lambda up: up.keyframes.asked_at):
            packets.extend(self._repairs(up, now))
        return packets

    def _any_ssrc(self) -> int:
        return next(iter(self._by_ssrc), 0)

    def _repairs(self, up: UpTrack, now: float) -> Iterable[rtcp.RtcpPacket]:
        if up.ssrc is None:
            return
        if up.nack is not None:
            if up.nack.needs_keyframe:
                up.nack.needs_keyframe = False
                up.keyframes.request()
            lost = up.nack.poll(now)
            if lost:
                yield rtcp.Nack(self.local_ssrc, up.ssrc, tuple(lost))
        if up.keyframes.poll(now):
            if up.published.has_pli:
                yield rtcp.Pli(self.local_ssrc, up.ssrc)
            elif up.published.has_fir:
                self._fir_seq = (self._fir_seq + 1) & 0xFF
                yield rtcp.Fir(self.local_ssrc, ((up.ssrc, self._fir_seq),))

    def _periodic(self, now: float) -> Sequence[rtcp.RtcpPacket]:
        """Return receiver report, cname and, where it leads the rate, REMB."""
        elapsed_s = now - self._report_at + REPORT_INTERVAL_S
        self._report_at = now + REPORT_INTERVAL_S
        heard = [up for up in self._up_tracks() if up.stats.packets_received and up.ssrc]
        blocks = tuple(up.stats.report_block(up.ssrc or 0, now) for up in heard[:31])
        packets: list[rtcp.RtcpPacket] = [
            rtcp.ReceiverReport(self.local_ssrc, blocks),
            rtcp.SourceDescription(((self.local_ssrc, "classroom"),)),
        ]
        worst = max((block.fraction_lost for block in blocks), default=0) / 256
        allowed_bps = self._allowed_bps(worst, elapsed_s)
        if self.spec.has_remb and heard and allowed_bps is not None:
            ssrcs = tuple(up.ssrc for up in heard if up.ssrc is not None)
            packets.append(rtcp.Remb(self.local_ssrc, int(allowed_bps), ssrcs))
        self._remb_bytes = self.bytes_in
        return packets

    def limit(self, up_kbps: int | None) -> None:
        """Take what the peer's line is declared to carry: its browser sends no more than that."""
        self._limit_bps = None if up_kbps is None else up_kbps * 1000.0
        self._is_limited |= up_kbps is not None

    def _allowed_bps(self, loss: float, elapsed_s: float) -> float | None:
        """Return what REMB must say; None if transport-wide feedback says it all.

        A browser keeps the last REMB as a limit, beside what it finds out by feedback: so a
        declared line is told, and that it is not declared any more.
        """
        if self.twcc is not None:
            return (self._limit_bps or _NO_LIMIT_BPS) if self._is_limited else None
        limit_bps = min(self._limit_bps or _REMB_MAX_BPS, _REMB_MAX_BPS)
        rate_bps = (self.bytes_in - self._remb_bytes) * 8 / elapsed_s
        if loss > _REMB_LOSS:
            return min(rate_bps * _REMB_BACK_OFF, limit_bps)
        return min(max(rate_bps * _REMB_GROWTH, self.spec.start_bitrate_bps), limit_bps)
