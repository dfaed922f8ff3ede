"""The media plane as signalling sees it; `media.sfu.Sfu` is the one implementation.

It is narrow enough to move into another process: ids, SDP text, one declarative
plan per room, and facts coming back through `SfuListener`. Nothing here decides
who may do what; `signaling.room` decides and this plane enforces.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from media.config import RecordingTarget, SfuConfig
from media.core.allocation import LinkBudget, PlannedTrack, Priority
from media.core.ids import PeerId, RoomId, Source, TrackKey
from media.core.subscriber import ReceivedTrack


class Direction(StrEnum):
    """Which of a peer's two connections is meant, seen from the peer."""

    PUBLISH = "publish"
    SUBSCRIBE = "subscribe"


@dataclass(frozen=True, slots=True)
class ForwardingPlan:
    """The whole of what may flow in a room: everything not named here is dropped.

    `audience` says which peers receive a track; `recorded` which tracks are written.
    A track with neither is refused at the router: its packets are counted and dropped.
    `priority` is what gives way last on a narrow line; a track not in it is `OTHER`. It also
    says whose voice an echo is: that of `HUB_AUDIO`, in a microphone of `STAGE_AUDIO`.
    """

    audience: Mapping[TrackKey, frozenset[PeerId]] = field(default_factory=dict)
    recorded: frozenset[TrackKey] = frozenset()
    priority: Mapping[TrackKey, Priority] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfferedTrack:
    """Which track a media section (`mid`) of a subscriber's offer carries."""

    mid: str
    track: TrackKey


@dataclass(frozen=True, slots=True)
class LinkReport:
    """One peer's line over the last few seconds, measured at the server.

    Losses are fractions 0..1: `loss_up` of what the peer sent, before repair;
    `loss_down` of what it reports missing (RFC 3550 section 6.4.1). None: not known yet.
    `estimate_down_kbps` is what the line seems to carry, `budget_down_kbps` what it was
    declared to; `plan` is what the peer is sent within them, the most important first.
    `received` says what became of the hub's sound and pictures since the report before: one row
    for each of its tracks that is offered to this peer.
    """

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
class RecordingStatus:
    """How far a room's recording has got: the recording light is made of this.

    `stored_s`: seconds of the lesson that have reached the disk (fdatasync returned);
    `is_healthy` is False when bytes were due and none reached the disk for 5 s, or a
    writer failed; `problem` then says why, in a short code (`disk_full`, `io_error`,
    `overloaded`, `no_media`).
    """

    stored_s: float
    bytes_stored: int
    is_healthy: bool
    problem: str | None = None


class SfuListener(Protocol):
    """What the media plane reports. Called on the event loop; must return at once."""

    def subscriber_offer(
        self,
        room_id: RoomId,
        peer_id: PeerId,
        *,
        revision: int,
        sdp: str,
        tracks: tuple[OfferedTrack, ...],
    ) -> None:
        """The peer must answer this offer; `revision` comes back with the answer."""

    def peer_connected(self, room_id: RoomId, peer_id: PeerId, direction: Direction) -> None:
        """ICE and DTLS are done: media can flow."""

    def peer_silent(self, room_id: RoomId, peer_id: PeerId, direction: Direction) -> None:
        """Nothing that authenticates has come for `silence_after_s`, or the peer hung up.

        Where no media was flowing it takes 6 s: a browser checks an idle pair every 2.5 s.
        """

    def peer_heard(self, room_id: RoomId, peer_id: PeerId, direction: Direction) -> None:
        """A silent peer is back."""

    def track_started(self, room_id: RoomId, track: TrackKey) -> None:
        """The first RTP of a published track has come."""

    def track_stalled(self, room_id: RoomId, track: TrackKey) -> None:
        """A published track has sent nothing for `silence_after_s` (it may be muted)."""

    def track_resumed(self, room_id: RoomId, track: TrackKey) -> None:
        """A stalled track sends again."""

    def layers_wanted(
        self, room_id: RoomId, peer_id: PeerId, source: Source, rids: frozenset[str]
    ) -> None:
        """Of the encodings of a peer's track, anybody wants these now; it may pause the others.

        Comes for tracks of several encodings only: with all of them when they are published
        anew, then whenever it changes; more at once, less after two seconds.
        """

    def echo_detected(self, room_id: RoomId, peer_id: PeerId) -> None:
        """The peer's microphone sends the hub's voice back (`media.core.echo`)."""

    def echo_cleared(self, room_id: RoomId, peer_id: PeerId) -> None:
        """It does so no more, or may no longer be heard."""

    def link_report(self, room_id: RoomId, peer_id: PeerId, report: LinkReport) -> None:
        """Come every `link_report_interval_s` for every connected peer."""

    def recording_status(self, room_id: RoomId, status: RecordingStatus) -> None:
        """Come about once a second while a room records, and at once on a fault."""


class NegotiationRefused(Exception):
    """An SDP, or the moment it came at, is not acceptable; `code` is for the client.

    Codes: `sdp_malformed`, `sdp_too_large`, `too_many_media`, `data_channel_refused`,
    `source_unknown`, `codec_unsupported`, `no_such_peer`, `stale_answer`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class SfuPort(Protocol):
    """What signalling asks of the media plane. `media.sfu.Sfu` is the one implementation."""

    def open_room(self, room_id: RoomId) -> None:
        """Make an empty room whose plan forwards nothing. Opening twice is an error."""

    async def close_room(self, room_id: RoomId) -> None:
        """Stop recording, close every peer (DTLS close_notify) and forget the room."""

    def set_plan(self, room_id: RoomId, plan: ForwardingPlan) -> None:
        """Make `plan` the truth before returning: no packet it forbids is sent after this.

        Tracks may be named before they are published, and peers before they subscribe.
        A peer that gains a track is sent a new offer, or an existing section resumes.
        """

    def set_budget(self, room_id: RoomId, peer_id: PeerId, budget: LinkBudget) -> None:
        """Say what a peer's line is declared to carry.

        It may come before the peer connects, and is kept over its connections until the room
        is closed or another one is set.
        """

    async def publish(
        self, room_id: RoomId, peer_id: PeerId, *, offer: str, sources: Mapping[str, Source]
    ) -> str:
        """Accept a publisher's offer and return the answer. `sources` names each mid's source.

        Called again with the same ICE ufrag it renegotiates (a track was added or removed);
        with a new DTLS fingerprint or o= session id it replaces the earlier connection; with a
        new ufrag only it is an ICE restart. Raise NegotiationRefused.
        """

    def subscribe(self, room_id: RoomId, peer_id: PeerId) -> None:
        """(Re)create the peer's subscribing connection; its offers come by `subscriber_offer`."""

    def restart_subscription(self, room_id: RoomId, peer_id: PeerId) -> None:
        """Restart ICE on the subscribing connection: an offer with new credentials follows.

        Keys, sections and streams stay, and so does the o= session id by which a peer knows
        its connection; an offer still unanswered need not be answered any more. Where there
        is no connection, or it has ended, this is `subscribe`.
        """

    async def accept_answer(
        self, room_id: RoomId, peer_id: PeerId, *, revision: int, answer: str
    ) -> None:
        """Take the answer to the offer of `revision`. Raise NegotiationRefused."""

    async def remove_peer(self, room_id: RoomId, peer_id: PeerId) -> None:
        """Close both of the peer's connections and forget its tracks."""

    def start_recording(self, room_id: RoomId, target: RecordingTarget) -> None:
        """Record every track in the plan's `recorded`, as it comes, from now on."""

    async def stop_recording(self, room_id: RoomId) -> None:
        """Write what is still queued, close the files, complete the manifest."""

    def counters(self, room_id: RoomId) -> dict[str, int]:
        """Return the room's counters, for tests, the status page and metrics."""


__all__ = [
    "Direction",
    "ForwardingPlan",
    "LinkBudget",
    "LinkReport",
    "NegotiationRefused",
    "OfferedTrack",
    "PlannedTrack",
    "Priority",
    "ReceivedTrack",
    "RecordingStatus",
    "SfuConfig",
    "SfuListener",
    "SfuPort",
]
