"""RTCP of one room, both ways, and everything that happens by the clock. Sans-IO."""

from collections.abc import Iterable, Mapping
from math import inf

from media.core import rtcp
from media.core.allocation import PlannedTrack
from media.core.events import (
    EchoChanged,
    LayersWanted,
    LinkMeasured,
    OfferDue,
    SenderClock,
    TrackStalled,
)
from media.core.ids import PeerId, TrackKey
from media.core.layers import LayeredTrack
from media.core.publisher import Publisher
from media.core.resending import answer_nack, repair
from media.core.subscriber import ReceivedTrack, Subscriber
from media.core.tables import RouterTimes, Tables
from media.core.uptrack import UpTrack

STALL_CHECK_S = 0.25
# Longer than the way to a publisher by satellite and back: one wish is one keyframe.
RECORDING_AGAIN_S = 1.0


class Reporter:
    """Answer, report and remind. What it wants sent goes to `tables.outputs.outbox`."""

    def __init__(self, tables: Tables, times: RouterTimes, *, now: float) -> None:
        self._tables = tables
        self._times = times
        self._link_report_at = now + times.link_report_interval_s
        self._stall_check_at = now + STALL_CHECK_S
        self._subscribers_at = now
        self._demand_at = inf

    # -- what peers say ------------------------------------------------------------

    def publisher_said(
        self, publisher: Publisher, packets: Iterable[rtcp.RtcpPacket], now: float
    ) -> None:
        """Take a publisher's sender reports; the rest does not concern a receiver."""
        for packet in packets:
            if not isinstance(packet, rtcp.SenderReport):
                continue
            up = publisher.by_media_ssrc(packet.ssrc)
            if up is None:
                continue
            up.clock.report = (packet.ntp_time, packet.rtp_time, now)
            up.stats.sender_report(packet.ntp_time, now)
            if up.is_recorded:
                self._tables.events.append(
                    SenderClock(up.track, packet.ntp_time, packet.rtp_time, now)
                )

    def subscriber_said(
        self, subscriber: Subscriber, packets: Iterable[rtcp.RtcpPacket], now: float
    ) -> list[Publisher]:
        """Take a subscriber's reports and requests; return the publishers that must be asked."""
        wished: set[int] = set()
        for packet in packets:
            match packet:
                case rtcp.ReceiverReport() | rtcp.SenderReport():
                    for block in packet.reports:
                        subscriber.report_received(block, now)
                    self._share_rtt(subscriber)
                case rtcp.Nack():
                    answer_nack(self._tables, subscriber, packet, now)
                case rtcp.Pli():
                    wished.add(packet.media_ssrc)
                case rtcp.Fir():
                    wished.update(ssrc for ssrc, _ in packet.requests)
                case rtcp.TransportFeedback():
                    self._take_feedback(subscriber, packet, now)
                case rtcp.Remb():
                    subscriber.steering.remb(packet.bitrate_bps, now)
                case _:
                    pass
        subscriber.steering.heard(now)
        asked = (self._wish_keyframe(subscriber, ssrc) for ssrc in wished)
        return [publisher for publisher in asked if publisher is not None]

    def _take_feedback(
        self, subscriber: Subscriber, feedback: rtcp.TransportFeedback, now: float
    ) -> None:
        """Digest what a subscriber says of arrivals, or let a plane that does it digest it."""
        runs, steering = self._tables.outputs.runs, subscriber.steering
        if not steering.history.element:
            return
        if runs is None:
            digest = steering.digests.take(feedback, now)
            repair(self._tables, subscriber, steering.digests.missed, now)
        else:
            digest = runs.digest(subscriber.link, feedback, now)
        if digest is not None:
            steering.take(digest, now)

    def _share_rtt(self, subscriber: Subscriber) -> None:
        """Pace our NACKs to the same peer by its round trip: it is the same line."""
        publisher = self._tables.publishers.get(subscriber.peer_id)
        if publisher is None or subscriber.rtt_s is None:
            return
        for track in publisher.tracks.values():
            for up in track.up_tracks:
                if up.nack is not None:
                    up.nack.set_rtt(subscriber.rtt_s)

    def _wish_keyframe(self, subscriber: Subscriber, ssrc: int) -> Publisher | None:
        down = subscriber.by_ssrc.get(ssrc)
        up = None if down is None else down.flows_in or down.waits_in
        if up is None or not up.needs_keyframes:
            return None
        up.keyframes.request()
        return self._tables.publishers.get(up.track.peer_id)

    def recheck_everybody(self) -> None:
        """Look at every peer at the next `handle_timer`: some have something new to do.

        Otherwise each is left alone until it is due: there may be hundreds, and feedback to
        each publisher is due twenty times a second.
        """
        self._subscribers_at = -inf
        self._demand_at = -inf
        for publisher in self._tables.publishers.values():
            publisher.due_at = -inf

    # -- by the clock ----------------------------------------------------------------

    def handle_timer(self, now: float) -> float:
        """Do what is due; return when this is next worth calling."""
        if now >= self._stall_check_at:
            self._stall_check_at = now + STALL_CHECK_S
            self._check_tracks(now)
            self._demand_at = now
        if now >= self._demand_at:
            self._demand_at = inf
            self._tell_demand(now)
        for publisher in self._tables.publishers.values():
            if now >= publisher.due_at:
                self._report_to_publisher(publisher, now)
                publisher.due_at = publisher.deadline()
        if now >= self._subscribers_at:
            for subscriber in self._tables.subscribers.values():
                self._report_to_subscriber(subscriber, now)
            self._subscribers_at = min(
                (subscriber.deadline() for subscriber in self._tables.subscribers.values()),
                default=inf,
            )
        if now >= self._link_report_at:
            elapsed_s = now - self._link_report_at + self._times.link_report_interval_s
            self._measure_links(elapsed_s, now)
            self._link_report_at = now + self._times.link_report_interval_s
        for track, is_echoing in self._tables.echo.poll(now):
            self._tables.events.append(EchoChanged(track, is_echoing))
        return self._deadline()

    def _deadline(self) -> float:
        wake_at = min(self._stall_check_at, self._link_report_at, self._subscribers_at)
        echo_at = self._tables.echo.deadline()
        if echo_at is not None:
            wake_at = min(wake_at, echo_at)
        for publisher in self._tables.publishers.values():
            wake_at = min(wake_at, publisher.due_at)
        return wake_at

    def _check_tracks(self, now: float) -> None:
        for track in self._tables.tracks.values():
            living = sum(up.is_live for up in track.up_tracks)
            if track.find_stalled(now, self._times.silence_after_s):
                self._tables.events.append(TrackStalled(track.track))
            if not track.is_quiet:
                self._tables.count(
                    "layers_stalled", living - sum(up.is_live for up in track.up_tracks)
                )
                self._remind(track, now)

    def _remind(self, track: LayeredTrack, now: float) -> None:
        """Wish again for a keyframe that did not come, or that a recording should have."""
        for up in track.up_tracks:
            is_awaited = (up.waiting or up.awaits_recording) and up.is_live
            if not up.needs_keyframes or up.keyframes.is_pending:
                continue
            if is_awaited:
                up.keyframes.request()
            elif self._is_recording_due(up, now):
                up.keyframes.request_once()
            else:
                continue
            self._tables.publishers[up.track.peer_id].due_at = -inf

    def _is_recording_due(self, up: UpTrack, now: float) -> bool:
        """Return whether a recording's next keyframe must be asked for.

        A recording is cut and sought at keyframes, and a damaged stretch ends there. What the
        publisher sends by itself counts. The answer takes its way: it is asked for early.
        """
        if not (up.is_recorded and up.is_live) or now - up.keyframes.asked_at < RECORDING_AGAIN_S:
            return False
        return now + STALL_CHECK_S - up.keyframe_at >= self._times.recording_keyframe_s

    def _tell_demand(self, now: float) -> None:
        for track in self._tables.tracks.values():
            rids = track.take_demand(now)
            if rids is not None:
                self._tables.events.append(LayersWanted(track.track, rids))

    def _report_to_publisher(self, publisher: Publisher, now: float) -> None:
        packets = publisher.reports(now)
        if not packets:
            return
        for packet in packets:
            if isinstance(packet, rtcp.Nack):
                self._tables.count("nack_sent", len(packet.lost))
            elif isinstance(packet, rtcp.Pli | rtcp.Fir):
                self._tables.count("keyframe_requests")
        outbox = self._tables.outputs.outbox
        if publisher.spec.is_reduced_size or isinstance(packets[0], rtcp.ReceiverReport):
            outbox.append((publisher.link, rtcp.compound(*packets)))
        else:  # every compound begins with a report (RFC 3550 section 6.1)
            empty = rtcp.ReceiverReport(publisher.local_ssrc, ())
            outbox.append((publisher.link, rtcp.compound(empty, *packets)))

    def _report_to_subscriber(self, subscriber: Subscriber, now: float) -> None:
        if subscriber.is_offer_due(now):
            self._tables.events.append(OfferDue(subscriber.peer_id))
            subscriber.offer_announced()
        for packet in subscriber.reports(now):
            if subscriber.is_connected:
                self._tables.outputs.outbox.append((subscriber.link, packet))

    def _measure_links(self, elapsed_s: float, now: float) -> None:
        tables = self._tables
        came = {
            track: any(up.last_arrival >= now - elapsed_s for up in tables.tracks[track].up_tracks)
            for track in sorted(tables.witnessed & tables.tracks.keys())
        }
        for peer_id in tables.publishers.keys() | tables.subscribers.keys():
            tables.events.append(self._measure_link(peer_id, came, elapsed_s, now))

    def _measure_link(
        self, peer_id: PeerId, came: Mapping[TrackKey, bool], elapsed_s: float, now: float
    ) -> LinkMeasured:
        publisher = self._tables.publishers.get(peer_id)
        subscriber = self._tables.subscribers.get(peer_id)
        expected = lost = bytes_up = octets_down = 0
        if publisher is not None:
            bytes_up = publisher.bytes_in - publisher.reported_bytes
            publisher.reported_bytes = publisher.bytes_in
            for track in publisher.tracks.values():
                for up in track.up_tracks:
                    due, missing = up.take_loss()
                    expected, lost = expected + due, lost + missing
        loss_down = rtt_s = estimate_bps = None
        plan: tuple[PlannedTrack, ...] = ()
        received: tuple[ReceivedTrack, ...] = ()
        if subscriber is not None:
            octets = subscriber.octets_sent()
            octets_down = octets - subscriber.reported_octets
            subscriber.reported_octets = octets
            received = subscriber.take_received(came)
            loss_down, rtt_s = subscriber.take_loss(), subscriber.rtt_s
            steering = subscriber.steering
            estimate_bps, plan = steering.estimate_bps(now), steering.planned
        budget = self._tables.budgets.get(peer_id)
        return LinkMeasured(
            peer_id=peer_id,
            rtt_ms=None if rtt_s is None else rtt_s * 1000,
            loss_up=lost / expected if expected else None,
            loss_down=loss_down,
            kbps_up=bytes_up * 8 / 1000 / elapsed_s,
            kbps_down=octets_down * 8 / 1000 / elapsed_s,
            estimate_down_kbps=None if estimate_bps is None else estimate_bps / 1000,
            budget_down_kbps=None if budget is None else budget.down_kbps,
            plan=plan,
            received=received,
        )
