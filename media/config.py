"""What the media plane is told when it starts: frozen, built in `app.main`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from media.core.ids import Source
from media.recorder.places import SecondPlace

#: What a publisher may send of each source, all layers, redundancy and repair together; it is
#: told so in the answer (b=AS, RFC 8866 section 5.8) and held to one and a half times of it.
MAX_PUBLISH_KBPS: Mapping[Source, int] = MappingProxyType(
    {
        Source.MICROPHONE: 256,
        Source.CAMERA: 3000,
        Source.SECOND_CAMERA: 1500,
        Source.SCREEN: 3000,
    }
)


class DataPlaneChoice(StrEnum):
    """Which data plane forwards: `auto` takes the native one where it is built."""

    AUTO = "auto"
    REFERENCE = "reference"
    NATIVE = "native"


@dataclass(frozen=True, slots=True)
class TcpLimits:
    """What connections over TCP may cost. A source is an IPv4 address or an IPv6 /64.

    A school behind one address has two connections per classroom, and a browser opens
    some more to choose from. `strangers` have not authenticated yet; `first_check_s` is the
    time they have for it, `consent_s` that between two checks after (RFC 7675 section 5.1).
    `queue_bytes` wait for a peer that reads slowly, at most, and it has `stuck_s` to read on.
    """

    streams: int = 1024
    streams_per_source: int = 256
    strangers: int = 128
    strangers_per_source: int = 32
    arrivals_per_source: int = 50
    first_check_s: float = 5.0
    consent_s: float = 30.0
    frame_bytes: int = 2048
    queue_bytes: int = 64 * 1024
    stuck_s: float = 5.0


@dataclass(frozen=True, slots=True)
class SfuConfig:
    """Addresses, limits and times of one media node.

    `announced_hosts` are the addresses written into ICE candidates, IPv4 or IPv6
    literals; a node behind NAT names its public ones (RFC 8839 section 5.1).
    A recorded picture has a keyframe at least every `recording_keyframe_s`: who sends them more
    rarely is asked.
    `native_lanes` is the number of the native plane's threads; 0: one per core.
    """

    bind_host: str = "0.0.0.0"
    port: int = 7882
    announced_hosts: tuple[str, ...] = ("127.0.0.1",)
    max_sdp_bytes: int = 64 * 1024
    max_media_sections: int = 20
    consent_timeout_s: float = 30.0
    handshake_timeout_s: float = 10.0
    silence_after_s: float = 2.0
    cache_s: float = 2.0
    start_bitrate_kbps: int = 1000
    link_report_interval_s: float = 1.0
    recording_keyframe_s: float = 2.0
    tcp: TcpLimits = field(default_factory=TcpLimits)
    data_plane: DataPlaneChoice = DataPlaneChoice.AUTO
    native_lanes: int = 1


@dataclass(frozen=True, slots=True)
class RecordingTarget:
    """Where one epoch of a room's recording goes.

    `folder` belongs to the lesson; every epoch (a run of the server) adds files of
    its own and never touches those of another. `offset_s` is the lesson clock, in
    seconds, at the moment recording is started, so all epochs share one clock. `zero_at` is
    what time it was when that clock stood at 0, where that is known. `second` is where parts
    go that the folder's disk does not take, if there is such a place.
    """

    folder: Path
    epoch: int
    offset_s: float
    zero_at: datetime | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    second: SecondPlace | None = None
