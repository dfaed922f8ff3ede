"""One subscribing connection: its sections, what it reports, and what it is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import floor

from media.core import rtcp
from media.core.downtrack import DownTrack, PayloadTypes
from media.core.ids import Kind, PeerId, TrackKey
from media.core.redundancy import RedundancyRule
from media.core.rewriter import RtpRewriter
from media.core.steering import DEFAULT_START_BPS, Steering
from media.core.uptrack import UpTrack

REPORT_INTERVAL_S = 1.0

# Reports of all subscribers fall due at the same few moments of a second: whoever looks for
# those that are due looks at everybody.
_REPORT_MOMENTS_PER_S = 10

#: Offers are held back this long, so that tracks gained together come in one.
OFFER_DELAY_S = 0.02

#: More sections than this are never offered: a browser takes 200 ms for 120 of them.
MAX_SECTIONS = 120

# A compound of this many sender reports with their cnames stays below 1 200 bytes.
_REPORTS_PER_PACKET = 12
_MAX_CNAME = 60
_MAX_SOURCES = 31  # the five bits of an RTCP header's count

RandomBits = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class ReceivedTrack:
    """What became of one track at one subscriber, since the last time this was asked.

    `packets_sent` counts first transmissions. `packets_expected` and `packets_lost` are what the
    subscriber's own reports that came meanwhile say, before repair (RFC 3550 section 6.4.1): a
    browser reports on sound every few seconds only, so they are about earlier packets too, and
    nothing expected means that it did not report. Each packet carries `redundancy` earlier ones.
    `has_come`: the publisher's packets reached the server.
    """

    track: TrackKey
    has_come: bool
    packets_sent: int
    packets_expected: int
    packets_lost: int
    redundancy: int = 0


class Subscriber:
    """Keep the media sections of a subscriber: one per track, never given to another.

    One offer at a time: what changes while one is unanswered goes into the next.
    """

    def __init__(
        self,
        peer_id: PeerId,
        link: object,
        *,
        random_bits: RandomBits,
        now: float,
        start_bps: float = DEFAULT_START_BPS,
    ) -> None:
        self.peer_id = peer_id
        self.link = link
        self.sections: list[DownTrack] = []
        self.by_track: dict[TrackKey, DownTrack] = {}
        self.by_ssrc: dict[int, DownTrack] = {}
        self.is_connected = False
        #: A slow reader of a TCP stream: sound only, until the shell says otherwise.
        self.are_pictures_held = False
        self.rtt_s: float | None = None
        self.redundancy = RedundancyRule()
        self.steering = Steering(start_bps=start_bps)
        self.reported_octets = 0
        self.offered_revision = 0
        self._offered_sections = 0
        self._is_unanswered = False
        self._offer_at: float | None = None
        self._random_bits = random_bits
        self._report_at = _report_moment(now + REPORT_INTERVAL_S)

    def add_section(self, track: TrackKey, now: float) -> DownTrack | None:
        """Add a section for a track that has none; None if there is no room for more."""
        if len(self.sections) >= MAX_SECTIONS:
            return None
        rewriter = RtpRewriter(
            clock_rate=48_000 if track.source.kind is Kind.AUDIO else 90_000,
            first_seq=self._random_bits(15),
        )
        down = DownTrack(
            track,
            self.peer_id,
            self.link,
            mid=str(len(self.sections)),
            ssrc=self._unused_ssrc(),
            rtx_ssrc=0,
            rewriter=rewriter,
            rtx_seq=self._random_bits(15),
        )
        self.by_ssrc[down.ssrc] = down
        down.rtx_ssrc = self._unused_ssrc()
        self.by_ssrc[down.rtx_ssrc] = down
        self.sections.append(down)
        self.by_track[track] = down
        self._offer_at = now + OFFER_DELAY_S
        return down

    def _unused_ssrc(self) -> int:
        while True:
            ssrc = self._random_bits(32)
            if ssrc and ssrc not in self.by_ssrc:
                return ssrc

    # -- offers ----------------------------------------------------------------

    def offer_at_once(self, now: float) -> None:
        """Hold nothing back: all the tracks there are have their sections already."""
        if self.sections:
            self._offer_at = now

    def offer_again(self, now: float) -> None:
        """Make an offer now; the answer to one still unanswered is not waited for any more."""
        self._is_unanswered = False
        self.offer_at_once(now)

    def is_offer_due(self, now: float) -> bool:
        """Return whether an offer should be made now."""
        return self._offer_at is not None and not self._is_unanswered and now >= self._offer_at

    def offer_announced(self) -> None:
        """Note that the shell has been told to make the offer that is due."""
        self._offer_at = None

    def offer_made(self, revision: int) -> None:
        """Note that an offer of all sections is made, under a number never used before."""
        self._offer_at = None
        self._is_unanswered = True
        self._offered_sections = len(self.sections)
        self.offered_revision = revision

    def is_answerable(self, revision: int) -> bool:
        """Return whether an answer to this revision is awaited."""
        return self._is_unanswered and revision == self.offered_revision

    def answered(self, accepted: Mapping[str, Mapping[str, PayloadTypes]]) -> list[DownTrack]:
        """Take the answer: by mid, the codecs taken. Return the sections whose codecs changed.

        The others flow on untouched: a track more must not be seen in those there are.
        """
        self._is_unanswered = False
        changed: list[DownTrack] = []
        for down in self.sections[: self._offered_sections]:
            codecs = dict(accepted.get(down.mid, {}))
            if not down.is_answered or down.accepted != codecs:
                changed.append(down)
            down.accepted = codecs
            down.is_answered = True
        return changed

    # -- reports ---------------------------------------------------------------

    def deadline(self) -> float:
        """Return when this subscriber next needs something."""
        if self._offer_at is None or self._is_unanswered:  # the answer comes first
            return self._report_at
        return min(self._report_at, self._offer_at)

    def reports(self, now: float) -> list[bytes]:
        """Return the compound packets due now: sender reports of what flows, with cnames.

        Without them a browser cannot bring sound and picture into step.
        """
        if now < self._report_at:
            return []
        self._report_at = _report_moment(now + REPORT_INTERVAL_S)
        reports: list[tuple[DownTrack, rtcp.SenderReport]] = []
        for down in self.sections:
            if down.flows_in is not None:
                report = _sender_report(down, down.flows_in, now)
                if report is not None:
                    reports.append((down, report))
        return [
            _compound(reports[at : at + _REPORTS_PER_PACKET])
            for at in range(0, len(reports), _REPORTS_PER_PACKET)
        ]

    def farewell(self) -> bytes:
        """Return the goodbye to a subscriber's sections (RFC 3550 section 6.6)."""
        ssrcs = tuple(down.ssrc for down in self.sections[:_MAX_SOURCES])
        return rtcp.compound(rtcp.ReceiverReport(ssrcs[0], ()), rtcp.Bye(ssrcs))

    def report_received(self, block: rtcp.ReportBlock, now: float) -> None:
        """Take what the subscriber reports about one of its sections."""
        down = self.by_ssrc.get(block.ssrc)
        if down is None or block.ssrc != down.ssrc:
            return
        expected, lost = down.interval_expected, down.interval_lost
        rtt_s = down.report_received(
            highest_seq=block.highest_seq,
            cumulative_lost=block.cumulative_lost,
            last_sr=block.last_sr,
            delay_since_last_sr=block.delay_since_last_sr,
            now=now,
        )
        if rtt_s is not None:
            self.rtt_s = rtt_s
            self.steering.repairs.measured(rtt_s, now)
        self.redundancy.report(
            expected=down.interval_expected - expected, lost=down.interval_lost - lost, now=now
        )

    def octets_sent(self) -> int:
        """Return how many payload octets this subscriber has been sent, first time only."""
        total = 0
        for down in self.sections:
            if down.flows_in is not None:
                down.flows_in.count_up(down)
            total += down.sent()[1]
        return total

    def take_received(self, tracks: Mapping[TrackKey, bool]) -> tuple[ReceivedTrack, ...]:
        """Return what became of these tracks since the last call; of each, whether it has come.

        Call it after `octets_sent`, which counts, and before `take_loss`, which forgets.
        """
        received: list[ReceivedTrack] = []
        for track, has_come in tracks.items():
            down = self.by_track.get(track)
            if down is None:
                continue
            packets, _ = down.sent()
            row = ReceivedTrack(
                track,
                has_come,
                packets - down.told_packets,
                down.interval_expected,
                down.interval_lost,
                down.redundancy,
            )
            down.told_packets = packets
            received.append(row)
        return tuple(received)

    def take_loss(self) -> float | None:
        """Return the fraction the subscriber missed since the last call, before repair."""
        expected = sum(down.interval_expected for down in self.sections)
        lost = sum(down.interval_lost for down in self.sections)
        for down in self.sections:
            down.interval_expected = down.interval_lost = 0
        return lost / expected if expected else None


def _report_moment(at: float) -> float:
    return floor(at * _REPORT_MOMENTS_PER_S) / _REPORT_MOMENTS_PER_S


def _sender_report(down: DownTrack, up: UpTrack, now: float) -> rtcp.SenderReport | None:
    clock = up.clock.at(now)
    if clock is None:
        return None
    ntp_time, rtp_time = clock
    up.count_up(down)
    packets, octets = down.sent()
    down.report_sent(ntp_time, now)
    return rtcp.SenderReport(
        ssrc=down.ssrc,
        ntp_time=ntp_time,
        rtp_time=(rtp_time + down.rewriter.timestamp_shift) & 0xFFFFFFFF,
        packet_count=packets & 0xFFFFFFFF,
        octet_count=octets & 0xFFFFFFFF,
    )


def cname_of(track: TrackKey) -> str:
    """Return the canonical name that ties one peer's tracks together (RFC 3550 section 6.5.1)."""
    return track.peer_id[:_MAX_CNAME]


def _compound(reports: list[tuple[DownTrack, rtcp.SenderReport]]) -> bytes:
    """Pack sender reports and whose they are."""
    names = tuple((report.ssrc, cname_of(down.track)) for down, report in reports)
    return rtcp.compound(*(report for _, report in reports), rtcp.SourceDescription(names))
