"""What the router reports, drained with `Router.next_event`."""

from dataclasses import dataclass

from media.core.allocation import PlannedTrack
from media.core.ids import PeerId, TrackKey
from media.core.subscriber import ReceivedTrack


@dataclass(frozen=True, slots=True)
class OfferDue:
    """A subscriber gained tracks (or lost a codec): make it an offer now."""

    peer_id: PeerId


@dataclass(frozen=True, slots=True)
class TrackStarted:
    """The first packet of a published track has come."""

    track: TrackKey


@dataclass(frozen=True, slots=True)
class TrackStalled:
    """A published track has been silent for some time."""

    track: TrackKey


@dataclass(frozen=True, slots=True)
class TrackResumed:
    """A stalled track sends again."""

    track: TrackKey


@dataclass(frozen=True, slots=True)
class LinkMeasured:
    """One peer's line; fields as in `media.interface.LinkReport`."""

    peer_id: PeerId
    rtt_ms: float | None
    loss_up: float | None
    loss_down: float | None
    kbps_up: float
    kbps_down: float
    estimate_down_kbps: float | None = None
    budget_down_kbps: float | None = None
    plan: tuple[PlannedTrack, ...] = ()
    received: tuple[ReceivedTrack, ...] = ()


@dataclass(frozen=True, slots=True)
class CodecRefused:
    """A subscriber's answer has no codec of this track: it will not see it."""

    peer_id: PeerId
    track: TrackKey


@dataclass(frozen=True, slots=True)
class SenderClock:
    """A publisher said which NTP time (64 bit) an RTP timestamp of a recorded track had."""

    track: TrackKey
    ntp_time: int
    rtp_time: int
    at: float


@dataclass(frozen=True, slots=True)
class LayersWanted:
    """Of a track's encodings, these are of use to anybody now; the others may be paused."""

    track: TrackKey
    rids: frozenset[str]


@dataclass(frozen=True, slots=True)
class EchoChanged:
    """A microphone sends the hub's voice back now, or does no more."""

    track: TrackKey
    is_echoing: bool


Event = (
    OfferDue
    | TrackStarted
    | TrackStalled
    | TrackResumed
    | LinkMeasured
    | CodecRefused
    | SenderClock
    | LayersWanted
    | EchoChanged
)
