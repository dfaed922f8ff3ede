"""What the router and the reporter of one room share: who is there, and what is to be told."""

from collections import deque
from dataclasses import dataclass, field

from media.core.allocation import LinkBudget
from media.core.echo import EchoWatch
from media.core.events import Event
from media.core.ids import PeerId, TrackKey
from media.core.layers import LayeredTrack
from media.core.outputs import Outputs
from media.core.publisher import Publisher
from media.core.steering import DEFAULT_START_BPS
from media.core.subscriber import Subscriber

#: Counters that are there from the start; further ones appear when first counted.
COUNTERS = (
    "packets_in",
    "packets_out",
    "dropped_not_granted",
    "dropped_unwanted_layer",
    "layers_stalled",
    "duplicates",
    "unknown_ssrc",
    "malformed_rtp",
    "malformed_rtcp",
    "srtp_auth_failed",
    "replayed",
    "nack_sent",
    "nack_answered",
    "nack_missed",
    "keyframe_requests",
    "red_recovered",
    "red_out",
    "rtx_in",
    "rtx_out",
    "rtx_unasked",
    "probes_sent",
    "layers_switched",
    "held_back",
    "resend_limited",
    "codec_refused",
    "sections_exhausted",
)


@dataclass(frozen=True, slots=True)
class RouterTimes:
    """What a router needs of `media.config.SfuConfig`: times in seconds, and a first rate."""

    cache_s: float = 2.0
    silence_after_s: float = 2.0
    link_report_interval_s: float = 1.0
    start_bps: float = DEFAULT_START_BPS
    recording_keyframe_s: float = 2.0


@dataclass(slots=True)
class Tables:
    """One room's tables. The router edits them, the reporter reads them."""

    outputs: Outputs
    publishers: dict[PeerId, Publisher] = field(default_factory=dict)
    subscribers: dict[PeerId, Subscriber] = field(default_factory=dict)
    tracks: dict[TrackKey, LayeredTrack] = field(default_factory=dict)
    #: What was declared of peers' lines, whether they are there or not yet.
    budgets: dict[PeerId, LinkBudget] = field(default_factory=dict)
    #: The hub's sound and pictures: what became of them at each peer is told.
    witnessed: frozenset[TrackKey] = frozenset()
    echo: EchoWatch = field(default_factory=EchoWatch)
    events: deque[Event] = field(default_factory=deque)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, amount: int = 1) -> None:
        """Add to a counter."""
        self.counts[name] = self.counts.get(name, 0) + amount
