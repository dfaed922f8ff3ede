"""Keep what each subscriber is sent within what its line carries: a room's side of it.

`media.core.steering` knows one line; here its plan meets the tracks: what each layer costs,
who is aimed where, and the padding that finds out whether a line carries more.
"""

from collections.abc import Callable, Mapping
from math import floor, inf
from weakref import WeakMethod

from media.core.allocation import Priority, Wish
from media.core.congestion import WIRE_OVERHEAD_BYTES
from media.core.downtrack import PADDING_BYTES, DownTrack
from media.core.ids import Kind, PeerId, Source, TrackKey
from media.core.layers import LayeredTrack
from media.core.steering import (
    INTERVAL_S,
    MIN_INTERVAL_S,
    MIN_URGENT_INTERVAL_S,
    PROBE_STEP_S,
)
from media.core.subscriber import Subscriber
from media.core.tables import RouterTimes, Tables

# What an encoding costs until it has been measured, in kbit/s: the best one, and what each
# layer below is smaller by. A publisher that adapts to its line soon shows what is true.
_NOMINAL_KBPS: Mapping[Source, tuple[float, float]] = {
    Source.MICROPHONE: (60.0, 1.0),
    Source.CAMERA: (1700.0, 3.4),
    Source.SECOND_CAMERA: (1700.0, 3.4),
    Source.SCREEN: (1500.0, 5.0),
}

_TRIED_KBPS = 300.0

# An earlier packet repeated (RFC 2198) costs its payload and four bytes, but none of the headers;
# there are fifty a second (docs/adr/0006-sound.md).
_NOT_REPEATED_KBPS = (WIRE_OVERHEAD_BYTES + 12 - 4) * 8 * 50 / 1000

# Packets are kept for three round trips of the farthest subscriber, up to this: a second
# retransmission still finds them. What is older no player waits for.
_CACHE_ROUND_TRIPS = 3
_MAX_CACHE_S = 6.0

# An RTP packet of nothing but padding, with its transport-wide number.
_PROBE_BYTES = 12 + 8 + PADDING_BYTES

SetTarget = Callable[[PeerId, TrackKey, int | None, float], None]


class Pilot:
    """Steer all subscribers of a room: on feedback, when tracks change, and twice a second."""

    def __init__(
        self, tables: Tables, times: RouterTimes, set_target: SetTarget, *, now: float
    ) -> None:
        self._tables = tables
        self._times = times
        # The router's own: held strongly, the two would keep each other when their room is closed.
        self._set_target = WeakMethod(set_target)
        self._measure_at = now
        #: When somebody is next to be planned for, and since when plans are of what was before.
        self._next_at = now
        self._changed_at = now
        self._has_changed = True
        self._probing: set[PeerId] = set()
        self.priority: Mapping[TrackKey, Priority] = {}

    def recheck_everybody(self) -> None:
        """Plan anew for all: tracks, their ranks or who is there have changed."""
        self._has_changed = True
        self._next_at = -inf

    def heard(self, subscriber: Subscriber, now: float) -> float:
        """Take that feedback has come; return when `handle_timer` must be called for it.

        A line that has become too narrow is acted on at once; one that carries more, soon; one
        that carries everything, at the next of the two times a second.
        """
        steering = subscriber.steering
        since_s = now - steering.steered_at
        is_urgent = since_s >= MIN_URGENT_INTERVAL_S and steering.has_narrowed(now)
        if is_urgent or (since_s >= MIN_INTERVAL_S and not steering.is_complete):
            self._steer(subscriber, now)
        return now if subscriber.peer_id in self._probing else inf

    def replan(self, subscriber: Subscriber, now: float) -> None:
        """Plan anew for one subscriber at once: what it needs has changed."""
        self._steer(subscriber, now)

    def handle_timer(self, now: float) -> float:
        """Do what is due; return when this is next worth calling."""
        if now >= self._measure_at:
            self._measure_at = now + INTERVAL_S
            self._measure(now)
        if now >= self._next_at:
            self._steer_those_due(now)
        for peer_id in list(self._probing):
            self._probe(peer_id, now)
        probe_at = now + PROBE_STEP_S if self._probing else inf
        return min(self._measure_at, self._next_at, probe_at)

    def _steer_those_due(self, now: float) -> None:
        if self._has_changed:
            self._changed_at = now
        next_at = inf
        for subscriber in list(self._tables.subscribers.values()):
            if now >= self._due_at(subscriber):
                self._steer(subscriber, now)
            next_at = min(next_at, self._due_at(subscriber))
        # Last: what was changed here is no cause to do it again.
        self._next_at, self._has_changed = next_at, False

    def _due_at(self, subscriber: Subscriber) -> float:
        """Return when a subscriber is planned for next: soon if its plan is of what was before.

        Otherwise at one of a few moments, so that one call serves many.
        """
        steered_at = subscriber.steering.steered_at
        if steered_at < self._changed_at:
            return steered_at + MIN_INTERVAL_S
        return floor((steered_at + INTERVAL_S) / MIN_INTERVAL_S) * MIN_INTERVAL_S

    # -- what there is ---------------------------------------------------------------

    def _measure(self, now: float) -> None:
        """Measure what encodings take, and keep packets for as long as round trips want."""
        farthest_s = max(
            (one.rtt_s or 0.0 for one in self._tables.subscribers.values()), default=0.0
        )
        cache_s = max(self._times.cache_s, min(_CACHE_ROUND_TRIPS * farthest_s, _MAX_CACHE_S))
        for track in self._tables.tracks.values():
            track.keep_packets(cache_s)
            for up in track.up_tracks:
                up.rate.sample(up.bytes_in, up.stats.packets_received, now)

    def _costs_kbps(self, track: LayeredTrack) -> tuple[float, ...]:
        best_kbps, ratio = _NOMINAL_KBPS[track.track.source]
        return tuple(
            best_kbps / ratio ** (track.top_layer - up.layer)
            if up.rate.kbps is None
            else up.rate.kbps
            for up in track.up_tracks
        )

    def _wishes(self, subscriber: Subscriber, now: float) -> list[Wish]:
        """Return what the subscriber may have of what comes, or is about to begin.

        What has fallen silent costs nothing, and comes back in its smallest layer. A picture
        that comes in one size only is tried on a line of which nothing is known: to hold it
        back for a guess would leave a screen black that need not be.
        """
        is_guess = subscriber.steering.control.is_guess(now)
        wishes = []
        for down in subscriber.sections:
            track = self._tables.tracks.get(down.track)
            if track is None or not track.has(down):
                continue
            if track.is_quiet and track.has_started:
                self._rest(subscriber, down, now)
            else:
                rank = self.priority.get(down.track, Priority.OTHER)
                costs = self._costs_kbps(track)
                if is_guess and not track.top_layer:
                    costs = (min(_TRIED_KBPS, costs[0]),)
                wishes.append(self._wish(subscriber, down, rank, costs))
        return wishes

    def _wish(
        self, subscriber: Subscriber, down: DownTrack, rank: Priority, costs: tuple[float, ...]
    ) -> Wish:
        if down.red_payload_type is None:
            return Wish(down.track, rank, costs)
        return Wish(
            down.track,
            rank,
            costs,
            redundancy=subscriber.redundancy.level,
            redundancy_kbps=max(1.0, costs[0] - _NOT_REPEATED_KBPS),
        )

    # -- what is sent ----------------------------------------------------------------

    def _steer(self, subscriber: Subscriber, now: float) -> None:
        steering = subscriber.steering
        probes_before = steering.control.probes_sent
        wishes = self._wishes(subscriber, now)
        can_probe = subscriber.is_connected and self._padded(subscriber) is not None
        for allotment in steering.steer(wishes, now, can_probe=can_probe):
            down = subscriber.by_track[allotment.track]
            if allotment.redundancy != down.redundancy:
                self._tables.tracks[down.track].set_redundancy(down, allotment.redundancy)
            if not steering.has_limits or allotment.layer == self._target(down):
                continue
            if allotment.layer is None:
                self._tables.count("held_back")
            elif down.flows_in is not None:
                self._tables.count("layers_switched")
            self._aim(subscriber.peer_id, allotment.track, allotment.layer, now)
        runs = self._tables.outputs.runs
        if runs is not None:
            runs.limit_resends(subscriber.link, steering.resend_limit())
            runs.use_repairs(subscriber.link, steering.repairs.under_way_s)
        if steering.control.probes_sent != probes_before:
            self._tables.count("probes_sent")
            self._probing.add(subscriber.peer_id)

    def _aim(self, peer_id: PeerId, track: TrackKey, layer: int | None, now: float) -> None:
        set_target = self._set_target()
        assert set_target is not None, "the pilot is called by its router"
        set_target(peer_id, track, layer, now)

    def _rest(self, subscriber: Subscriber, down: DownTrack, now: float) -> None:
        if subscriber.steering.has_limits and self._target(down):
            self._aim(subscriber.peer_id, down.track, 0, now)

    def _target(self, down: DownTrack) -> int | None:
        """Return the layer a down-track is aimed at now."""
        if down.preferred_layer is None:
            return None
        return min(down.preferred_layer, self._tables.tracks[down.track].top_layer)

    def _padded(self, subscriber: Subscriber) -> DownTrack | None:
        """Return whose retransmission stream may carry padding: a picture's, never sound's."""
        for down in subscriber.sections:
            if down.track.source.kind is Kind.VIDEO and down.rtx_payload_type is not None:
                return down
        return None

    def _probe(self, peer_id: PeerId, now: float) -> None:
        """Send what is due of a burst of padding."""
        subscriber = self._tables.subscribers.get(peer_id)
        down = None if subscriber is None else self._padded(subscriber)
        if subscriber is None or down is None or not subscriber.steering.control.is_probing:
            self._probing.discard(peer_id)
            return
        number = subscriber.steering.control.probe_packets(now, _PROBE_BYTES + WIRE_OVERHEAD_BYTES)
        outbox = self._tables.outputs.outbox
        outbox.extend((down.link, down.padding()) for _ in range(number))
