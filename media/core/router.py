"""One room's router: who gets what, and all that must be said about it. Sans-IO.

Call one method that takes `now`; then send what `outputs.outbox` holds, write what `outputs.tape`
holds, drain `next_event()`, and call `handle_timer` no later than `wake_at`. Rare things
are events; an in-order packet costs no object per subscriber: `receive_rtp` returns the
down-tracks it goes to, and the data plane adds their constants.

Longer than 400 lines because each of its tables is edited by the plan, by who is there and by
packets: what may flow is decided in one place (`_settle`). What can be told apart is elsewhere:
steering in `pilot`, reports and time in `reporter`, encodings in `layers`.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from media.core import recovery, rtcp
from media.core.allocation import LinkBudget, Priority
from media.core.arrival_digest import Digest
from media.core.bandwidth import INTERVAL_S as TWCC_INTERVAL_S
from media.core.bandwidth import TwccRecorder
from media.core.codecs import OPUS
from media.core.downtrack import NOBODY, Audience, DownTrack, PayloadTypes
from media.core.events import (
    CodecRefused,
    EchoChanged,
    Event,
    SenderClock,
    TrackResumed,
    TrackStarted,
)
from media.core.ids import Kind, PeerId, TrackKey
from media.core.layers import LayeredTrack
from media.core.outputs import Outputs
from media.core.pilot import Pilot
from media.core.publisher import Publisher, PublisherSpec
from media.core.reporter import Reporter
from media.core.rtp import Buffer, ParsedRtp, extension_level, extension_u16, unwrap_rtx
from media.core.runs import Runs, Seen
from media.core.subscriber import RandomBits, Subscriber
from media.core.tables import COUNTERS, RouterTimes, Tables
from media.core.uptrack import PublishedTrack, UpTrack

NO_RANKS: Mapping[TrackKey, Priority] = MappingProxyType({})

# What a lesson is made of, for those who must prove that it came.
_WITNESSED = frozenset({Priority.HUB_AUDIO, Priority.SLIDES, Priority.HUB_VIDEO})


class Router:
    """Forward the tracks of one room as its plan says."""

    def __init__(
        self,
        times: RouterTimes,
        *,
        random_bits: RandomBits,
        now: float,
        runs: Runs | None = None,
    ) -> None:
        self._times = times
        self._runs = runs
        self._random_bits = random_bits
        self._tables = tables = Tables(Outputs(runs))
        self._reporter = Reporter(tables, times, now=now)
        self._pilot = Pilot(tables, times, self.set_layer_target, now=now)
        self.publishers = tables.publishers
        self.subscribers = tables.subscribers
        self.tracks = tables.tracks
        self.outputs = tables.outputs
        self._audience: Mapping[TrackKey, frozenset[PeerId]] = {}
        self._recorded: frozenset[TrackKey] = frozenset()
        self._is_recording = False
        self._forwarded_before: dict[PeerId, int] = {}
        self.packets_in = 0
        self.dropped_not_granted = 0
        #: When `handle_timer` must next be called, in the caller's seconds.
        self.wake_at = now
        #: When the shell's timer will call it; the shell keeps this.
        self.armed_at = float("inf")

    # -- what the shell drains ---------------------------------------------------

    def next_event(self) -> Event | None:
        """Return the oldest event not yet taken, or None."""
        return self._tables.events.popleft() if self._tables.events else None

    @property
    def has_news(self) -> bool:
        """Return whether an event waits, or the timer was set to an earlier time."""
        return bool(self._tables.events) or self.wake_at < self.armed_at

    def count(self, name: str, amount: int = 1) -> None:
        """Add to a counter of this room."""
        self._tables.count(name, amount)

    def counters(self) -> dict[str, int]:
        """Return all counters; `forwarded_from:<peer>` counts packets handed to subscribers."""
        forwarded = dict(self._forwarded_before)
        result = dict.fromkeys(COUNTERS, 0) | self._tables.counts
        for key, track in self.tracks.items():
            forwarded[key.peer_id] = forwarded.get(key.peer_id, 0) + track.forwarded
            result["duplicates"] += track.duplicates
            result["red_out"] += track.composed
        result["packets_in"] = self.packets_in
        result["packets_out"] = sum(forwarded.values())
        result["dropped_not_granted"] += self.dropped_not_granted
        for peer_id, number in forwarded.items():
            result[f"forwarded_from:{peer_id}"] = number
        return result

    # -- the plan ----------------------------------------------------------------

    def set_plan(
        self,
        audience: Mapping[TrackKey, frozenset[PeerId]],
        recorded: frozenset[TrackKey],
        now: float,
        *,
        priority: Mapping[TrackKey, Priority] = NO_RANKS,
    ) -> None:
        """Make this the truth: after the call nothing it forbids leaves the room.

        What it forbids stops first, of all tracks, before anything it allows begins: a seat
        that is moved from one group to another is at no moment in both.
        """
        self._pilot.priority = priority
        self._tables.witnessed = frozenset(
            track for track, rank in priority.items() if rank in _WITNESSED
        )
        self._audience = audience
        self._recorded = recorded
        for track in self.tracks.values():
            self._stop_forbidden(track)
        for track in self.tracks.values():
            self._settle_track(track, now)
        self._wake(now)

    def watch_echo(self, hub: TrackKey | None, seats: Iterable[TrackKey], now: float) -> None:
        """Say which microphone is the hub's, and which may send its voice back."""
        for track in self._tables.echo.follow(hub, seats):
            self._tables.events.append(EchoChanged(track, is_echoing=False))
        self._wake(now)

    def set_recording(self, now: float, *, is_recording: bool) -> None:
        """Begin or end handing the plan's recorded tracks to `outputs.tape`."""
        self._is_recording = is_recording
        for track in self.tracks.values():
            self._settle_recording(track)
        self._wake(now)

    def set_layer_target(
        self, peer_id: PeerId, track: TrackKey, layer: int | None, now: float
    ) -> None:
        """Let a peer have at most this layer of a track; None: hold it back, send nothing.

        It moves at the next keyframe of the layer, which is asked for; until somebody says
        otherwise it may have the highest. Nothing happens if it has no section for the track.
        """
        subscriber = self.subscribers.get(peer_id)
        down = None if subscriber is None else subscriber.by_track.get(track)
        if down is None or down.preferred_layer == layer:
            return
        layered = self.tracks.get(track)
        if layered is None:
            down.preferred_layer = layer
        else:
            layered.prefer(down, layer)
        self._wake(now)

    def _stop_forbidden(self, track: LayeredTrack) -> None:
        """Stop what the plan forbids of one track, and begin nothing."""
        track.keep_only(self._audience.get(track.track, frozenset()))
        if track.is_recorded and track.track not in self._recorded:
            track.record(is_recorded=False)

    def _settle_track(self, track: LayeredTrack, now: float) -> None:
        """Bring one track's flow in line with the plan and who is there."""
        allowed = self._audience.get(track.track, frozenset())
        for peer_id, subscriber in self.subscribers.items():
            down = subscriber.by_track.get(track.track)
            if peer_id in allowed and down is None:
                down = subscriber.add_section(track.track, now)
                if down is None:
                    self._tables.count("sections_exhausted")
            if down is not None:
                self._settle(subscriber, down, track, is_allowed=peer_id in allowed)
        self._settle_recording(track)

    def _settle(
        self, subscriber: Subscriber, down: DownTrack, track: LayeredTrack, *, is_allowed: bool
    ) -> None:
        codec = track.encodings[0].codec.name
        is_held = subscriber.are_pictures_held and down.track.source.kind is Kind.VIDEO
        if is_held or not (is_allowed and subscriber.is_connected and down.is_answered):
            track.disconnect(down)
        elif track.connect(down):
            wanted = subscriber.redundancy.level
            track.set_redundancy(down, subscriber.steering.redundancy(down.track, wanted))
        elif down.refused != codec:
            down.refused = codec
            self._tables.count("codec_refused")
            self._tables.events.append(CodecRefused(subscriber.peer_id, track.track))

    def _settle_recording(self, track: LayeredTrack) -> None:
        should = self._is_recording and track.track in self._recorded
        if should is not track.is_recorded:
            track.record(is_recorded=should)

    def set_budget(self, peer_id: PeerId, budget: LinkBudget) -> None:
        """Take what a peer's line is declared to carry, whether the peer is there or not."""
        self._tables.budgets[peer_id] = budget
        publisher = self.publishers.get(peer_id)
        if publisher is not None:
            publisher.limit(budget.up_kbps)
        subscriber = self.subscribers.get(peer_id)
        if subscriber is not None:
            subscriber.steering.declare(budget.down_kbps)
            self._pilot.recheck_everybody()

    # -- who is there ------------------------------------------------------------

    def add_publisher(self, peer_id: PeerId, link: object, now: float) -> Publisher:
        """Replace the peer's publishing connection; `configure_publisher` says what it sends."""
        self._retire(peer_id)
        self.publishers[peer_id] = publisher = Publisher(
            peer_id, link, local_ssrc=self._random_bits(32) | 1, now=now, runs=self._runs
        )
        budget = self._tables.budgets.get(peer_id)
        publisher.limit(None if budget is None else budget.up_kbps)
        return publisher

    def configure_publisher(self, publisher: Publisher, spec: PublisherSpec, now: float) -> None:
        """Take what was negotiated, first or again; tracks no longer there are forgotten."""
        by_mid: dict[str, LayeredTrack] = {}
        for encodings in _by_mid(spec):
            mid, key = encodings[0].mid, encodings[0].track
            track = self.tracks.get(key)
            if track is None:
                track = LayeredTrack(encodings, outputs=self.outputs, cache_s=self._times.cache_s)
                self.tracks[key] = track
            elif track.encodings != encodings or publisher.tracks.get(mid) is not track:
                track.restart(encodings)
            by_mid[mid] = track
        kept = {published.track for published in spec.tracks}
        for key in [key for key in self.tracks if key.peer_id == publisher.peer_id]:
            if key not in kept:
                self._forget_track(key)
        publisher.configure(spec, by_mid)
        for track in by_mid.values():
            self._settle_track(track, now)
        self._wake(now)

    def remove_publisher(self, peer_id: PeerId) -> None:
        """Forget a publishing connection and its tracks; subscribers keep their sections."""
        self._retire(peer_id)
        for key in [key for key in self.tracks if key.peer_id == peer_id]:
            self._forget_track(key)

    def _retire(self, peer_id: PeerId) -> None:
        earlier = self.publishers.pop(peer_id, None)
        if earlier is not None:
            earlier.retire()

    def _forget_track(self, key: TrackKey) -> None:
        track = self.tracks.pop(key)
        track.close()
        before = self._forwarded_before
        before[key.peer_id] = before.get(key.peer_id, 0) + track.forwarded
        self.count("duplicates", track.duplicates)
        self.count("red_out", track.composed)

    def add_subscriber(self, peer_id: PeerId, link: object, now: float) -> Subscriber:
        """Begin the peer's subscribing connection anew, with sections for all it may have."""
        self.remove_subscriber(peer_id)
        subscriber = Subscriber(
            peer_id,
            link,
            random_bits=self._random_bits,
            now=now,
            start_bps=self._times.start_bps,
        )
        budget = self._tables.budgets.get(peer_id)
        subscriber.steering.declare(None if budget is None else budget.down_kbps)
        self.subscribers[peer_id] = subscriber
        for track in self.tracks.values():
            self._settle_track(track, now)
        subscriber.offer_at_once(now)
        self._wake(now)
        return subscriber

    def offer_again(self, subscriber: Subscriber, now: float) -> None:
        """Offer anew what the subscriber has: its connection takes another road."""
        subscriber.offer_again(now)
        self._wake(now)

    def remove_subscriber(self, peer_id: PeerId) -> None:
        """Forget a subscribing connection: nothing is sent to it any more."""
        subscriber = self.subscribers.pop(peer_id, None)
        if subscriber is None:
            return
        if subscriber.is_connected and subscriber.sections:
            self.outputs.outbox.append((subscriber.link, subscriber.farewell()))
        subscriber.is_connected = False  # whatever its shell still says of it connects nothing
        for down in subscriber.sections:
            track = self.tracks.get(down.track)
            if track is not None:
                track.disconnect(down)

    def set_connected(self, subscriber: Subscriber, *, is_connected: bool, now: float) -> None:
        """Say whether packets can be sent to the subscriber (DTLS done, consent fresh)."""
        subscriber.is_connected = is_connected
        self._settle_subscriber(subscriber, now)

    def hold_pictures(self, subscriber: Subscriber, *, is_held: bool, now: float) -> None:
        """Send the subscriber sound only (its line is full), or pictures again, from keyframes."""
        subscriber.are_pictures_held = is_held
        self._settle_subscriber(subscriber, now)

    def accept_answer(
        self,
        subscriber: Subscriber,
        accepted: Mapping[str, Mapping[str, PayloadTypes]],
        now: float,
    ) -> None:
        """Take which codecs the subscriber's answer accepts, by mid."""
        for down in subscriber.answered(accepted):
            down.refused = None
            track = self.tracks.get(down.track)
            if track is not None:
                track.disconnect(down)
        self._settle_subscriber(subscriber, now)

    def _settle_subscriber(self, subscriber: Subscriber, now: float) -> None:
        for down in subscriber.sections:
            track = self.tracks.get(down.track)
            if track is not None:
                allowed = self._audience.get(down.track, frozenset())
                self._settle(subscriber, down, track, is_allowed=subscriber.peer_id in allowed)
        self._wake(now)

    # -- packets -----------------------------------------------------------------

    def open_sound(
        self, publisher: Publisher, header: ParsedRtp, buffer: Buffer, now: float
    ) -> ParsedRtp:
        """Return the header of the sound inside a packet, for `receive_rtp`; see `sound_types`.

        It is numbered as sound, without the padding in between. What RED carries of earlier
        packets is taken in first, where they have not come. Raise MalformedPacket. A packet
        of a track without RED is returned as it is.
        """
        found = publisher.find(header, buffer, now)
        if found is None or found[0].published.red_payload_type is None:
            return header
        up = found[0]
        plain, repeated = header, list[recovery.Repeated]()
        if header[0] == up.published.red_payload_type:
            plain, repeated = recovery.unwrap(
                header, buffer, payload_type=up.published.payload_type
            )
        _, _, seq, timestamp, _, start, end, _ = plain
        if start < end:
            number = up.numbers.number(seq, timestamp, bytes(buffer[start:end]))
            plain = (*plain[:2], number, *plain[3:])
        up.stats.received(seq, timestamp, now)
        if up.is_wanted:
            for missed in recovery.missed(up, plain, repeated):
                self._tables.count("red_recovered")
                self._take_apart(up, missed, buffer, now)
        return plain

    def receive_rtp(  # noqa: PLR0917 # per packet: positional costs less
        self,
        publisher: Publisher,
        header: ParsedRtp,
        buffer: Buffer,
        length: int,
        now: float,
        seen: Seen | None = None,
    ) -> Audience:
        """Take a packet that authenticated; return to whom it goes with constants added.

        Raise MalformedPacket. A track the plan names neither for an audience nor for
        recording gets no further than here. Its packets are acknowledged all the same: the
        line did carry them, and a sender told otherwise would start slowly when let in.

        `seen`: the plane has taken the packet, and those returned have it.
        """
        self.packets_in += 1
        publisher.bytes_in += length
        if publisher.twcc is not None:
            self._acknowledge(publisher, publisher.twcc, header, buffer, now)
        found = publisher.find(header, buffer, now)
        if found is None:
            self._tables.count("unknown_ssrc")
            return NOBODY
        # A new SSRC begins with asking for a keyframe.
        self.wake_at = min(self.wake_at, publisher.due_at)
        up, is_repair = found
        published = up.published
        if header[0] != (published.rtx_payload_type if is_repair else published.payload_type):
            self._tables.count("unexpected_payload_type")
            return NOBODY
        if is_repair:
            self._receive_repair(up, header, buffer, now, seen)
            return NOBODY
        up.arrived(header, length, now)
        if not up.is_live:
            self._heard(up, now)
        if not up.is_wanted or (seen is not None and seen.stream != up.stream):
            self._drop(up)
            return NOBODY
        if header[5] == header[6] and published.red_payload_type is not None:
            return NOBODY  # padding, which has no place among sound
        if self._tables.echo.is_listening and up.codec is OPUS:
            self._listen(publisher, up, header, buffer, now)
        flowing = up.receive(header, buffer, now, seen)
        if up.has_begun:
            self._begun(up, now)
        if up.nack is not None and (nack_at := up.nack.deadline()) is not None:
            self._wake_for(publisher, nack_at)
        return flowing

    def _acknowledge(
        self,
        publisher: Publisher,
        twcc: TwccRecorder,
        header: ParsedRtp,
        buffer: Buffer,
        now: float,
    ) -> None:
        number = extension_u16(buffer, header[7], publisher.spec.twcc_id)
        if number >= 0:
            twcc.received(number, now)
            self._wake_for(publisher, now + TWCC_INTERVAL_S)

    def _listen(
        self, publisher: Publisher, up: UpTrack, header: ParsedRtp, buffer: Buffer, now: float
    ) -> None:
        """Put the packet's level where it is compared, if anybody asks for it."""
        series = self._tables.echo.series(up.track)
        level = extension_level(buffer, header[7], publisher.spec.level_id)
        if series is not None and level >= 0:
            series.add(header[3], level, now)

    def _receive_repair(
        self,
        up: UpTrack,
        header: ParsedRtp,
        buffer: Buffer,
        now: float,
        seen: Seen | None,
    ) -> None:
        """Take a retransmission; browsers also send them unasked, to probe the line."""
        self._tables.count("rtx_in")
        is_outdated = seen is not None and seen.stream != up.stream
        if not up.is_wanted or up.ssrc is None or is_outdated:
            self._drop(up)
            return
        if header[6] == header[5]:  # nothing but padding: a probe
            return
        if up.highest_ext < 0:
            # A probe may repeat what came before anybody wanted this. Its neighbours were not
            # lost, so the sender keeps them no longer, and a run that began there could not go on.
            return
        original = unwrap_rtx(header, buffer, payload_type=up.published.payload_type, ssrc=up.ssrc)
        if up.nack is not None:
            up.nack.repaired(original[2], now)
        self._take_apart(up, original, buffer, now, seen)

    def _take_apart(
        self,
        up: UpTrack,
        header: ParsedRtp,
        buffer: Buffer,
        now: float,
        seen: Seen | None = None,
    ) -> None:
        """Take a packet that came inside another; the data plane cannot fan it out.

        One that forwards by itself has sent it on by the time `receive` returns.
        """
        flowing = up.receive(header, buffer, now, seen)
        for down in flowing if self._runs is None else NOBODY:
            cached = up.cache.get(up.highest_ext)
            assert cached is not None, "a packet just cached is there"
            self.outputs.outbox.append((down.link, down.packet(up.highest_ext, cached)))
        if up.has_begun:
            self._begun(up, now)

    def _drop(self, up: UpTrack) -> None:
        """Count a packet that nobody may have, or that nobody wants of those who may."""
        if self.tracks[up.track].is_granted:
            self._tables.count("dropped_unwanted_layer")
        else:
            self.dropped_not_granted += 1

    def _heard(self, up: UpTrack, now: float) -> None:
        track = self.tracks[up.track]
        if track.is_quiet:
            track.is_quiet = False
            self._tables.events.append(
                TrackResumed(up.track) if track.has_started else TrackStarted(up.track)
            )
            track.has_started = True
        track.heard(up)
        if track.top_layer or up.waiting:
            self._wake(now)

    def _begun(self, up: UpTrack, now: float) -> None:
        """Runs have begun at a keyframe: some subscribers may go on to a higher layer."""
        track = self.tracks[up.track]
        track.reconsider()
        if track.top_layer:
            report = up.clock.report
            if up.is_recorded and report is not None:
                self._tables.events.append(SenderClock(up.track, *report))
            self._wake(now)

    def _wake(self, now: float) -> None:
        self._reporter.recheck_everybody()
        self._pilot.recheck_everybody()
        self.wake_at = now

    def _wake_for(self, publisher: Publisher, at: float) -> None:
        publisher.due_at = min(publisher.due_at, at)
        self.wake_at = min(self.wake_at, at)

    def receive_publisher_rtcp(
        self, publisher: Publisher, packets: list[rtcp.RtcpPacket], now: float
    ) -> None:
        """Take RTCP of a publishing connection."""
        self._reporter.publisher_said(publisher, packets, now)

    def receive_subscriber_rtcp(
        self, subscriber: Subscriber, packets: list[rtcp.RtcpPacket], now: float
    ) -> None:
        """Take RTCP of a subscribing connection; answers to NACKs are in the outbox after."""
        level, cuts = subscriber.redundancy.level, subscriber.steering.control.cuts_ended
        for publisher in self._reporter.subscriber_said(subscriber, packets, now):
            self._wake_for(publisher, now)
        if subscriber.steering.control.cuts_ended != cuts:
            self.lost_everything(subscriber, now)
        if subscriber.redundancy.level != level:
            self._pilot.replan(subscriber, now)
        self.wake_at = min(self.wake_at, self._pilot.heard(subscriber, now))

    def receive_digest(self, subscriber: Subscriber, digest: Digest, now: float) -> None:
        """Take what a subscriber's feedback says, where the plane has digested it."""
        subscriber.steering.take(digest, now)
        if digest.is_after_cut:
            self.lost_everything(subscriber, now)
        self.wake_at = min(self.wake_at, self._pilot.heard(subscriber, now))

    def lost_everything(self, subscriber: Subscriber, now: float) -> None:
        """Note that nothing of a while reached a subscriber: it moved, or its line was cut.

        Its players are given keyframes without having to find out what they miss.
        """
        for down in subscriber.sections:
            if down.flows_in is not None and down.flows_in.needs_keyframes:
                down.flows_in.keyframes.request()
        self._wake(now)

    def handle_timer(self, now: float) -> None:
        """Do what is due, and set `wake_at` anew."""
        steered_at = self._pilot.handle_timer(now)
        self.wake_at = min(steered_at, self._reporter.handle_timer(now))


def _by_mid(spec: PublisherSpec) -> list[tuple[PublishedTrack, ...]]:
    """Return the encodings of each track, lowest first."""
    by_mid: dict[str, list[PublishedTrack]] = {}
    for published in spec.tracks:
        by_mid.setdefault(published.mid, []).append(published)
    return [tuple(sorted(each, key=lambda one: one.layer)) for each in by_mid.values()]
