"""One room at the event loop: the only place where the forwarding core meets it.

Longer than 400 lines because it is that one place: after each thing that can happen to a room the
same must follow (send, record, report, set the timer). What a connection does is in `connection`.
"""

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from media.config import RecordingTarget, SfuConfig
from media.connection import Connection, PublishConnection, SubscribeConnection
from media.core.events import Event, OfferDue, SenderClock
from media.core.ids import PeerId, RoomId, Source
from media.core.router import Router
from media.core.tables import RouterTimes
from media.dataplane import DataPlane
from media.facts import Facts
from media.interface import (
    ForwardingPlan,
    LinkBudget,
    NegotiationRefused,
    OfferedTrack,
    Priority,
    SfuListener,
)
from media.negotiation import (
    Publication,
    accept_publication,
    accepted_codecs,
    accepted_transport_cc,
)
from media.recording import RoomRecording
from media.remote_description import RemoteDescription, parse_answer, parse_offer
from media.sdp_text import LocalParameters, publish_answer, subscriber_offer
from media.transport import Certificate, Transport

log = logging.getLogger(__name__)

_HOUSEKEEPING_S = 0.25

Spawn = Callable[[Coroutine[Any, Any, None]], None]


class RoomDriver:
    """Run one room: connections in, facts out, packets and time to the router.

    After every call into the router: send, record, report, re-arm one timer.
    """

    def __init__(
        self,
        room_id: RoomId,
        *,
        config: SfuConfig,
        listener: SfuListener,
        plane: DataPlane,
        certificate: Certificate,
        spawn: Spawn,
    ) -> None:
        self._room_id = room_id
        self._config = config
        self._listener = listener
        self._facts = Facts(room_id, listener)
        self._certificate = certificate
        self._spawn = spawn
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._housekeeping_at = self._loop.time() + _HOUSEKEEPING_S
        self._publishing: dict[PeerId, PublishConnection] = {}
        self._subscribing: dict[PeerId, SubscribeConnection] = {}
        self._session_id = secrets.randbits(62)
        self._answers = 0
        self._revisions: dict[PeerId, int] = {}
        self._errors = 0
        self._is_closed = False
        self._recording: RoomRecording | None = None
        self.plane = plane
        self._plane_room = plane.open_room(self.flush)
        self.router = Router(
            RouterTimes(
                cache_s=config.cache_s,
                silence_after_s=config.silence_after_s,
                link_report_interval_s=config.link_report_interval_s,
                start_bps=config.start_bitrate_kbps * 1000.0,
                recording_keyframe_s=config.recording_keyframe_s,
            ),
            random_bits=secrets.randbits,
            now=self._loop.time(),
            runs=self._plane_room,
        )
        self._arm()

    # -- what signalling asks ----------------------------------------------------------

    def set_plan(self, plan: ForwardingPlan) -> None:
        """See SfuPort."""
        now = self._loop.time()
        self.router.set_plan(plan.audience, plan.recorded, now, priority=plan.priority)
        hub = next((t for t, rank in plan.priority.items() if rank is Priority.HUB_AUDIO), None)
        stage = [t for t, rank in plan.priority.items() if rank is Priority.STAGE_AUDIO]
        self.router.watch_echo(hub, stage, now)
        self._tracks_changed()

    def set_budget(self, peer_id: PeerId, budget: LinkBudget) -> None:
        """See SfuPort."""
        self.router.set_budget(peer_id, budget)

    def publish(self, peer_id: PeerId, offer: str, sources: Mapping[str, Source]) -> str:
        """See SfuPort. What is refused leaves everything as it was."""
        remote = parse_offer(offer, self._config)
        publication = accept_publication(remote, sources, peer_id, self._config)
        now = self._loop.time()
        connection = self._publishing.get(peer_id)
        if connection is None or not _continues(connection, remote):
            connection = self._new_publishing(peer_id, remote, now)
        elif connection.ufrag != remote.ufrag:
            connection.ufrag = remote.ufrag
            connection.transport.restart_ice(now)
            self.plane.add(connection.transport)
        connection.agree(publication.max_kbps)
        self.router.configure_publisher(connection.publisher, publication.spec, now)
        self._tracks_changed()
        return self._answer(connection, publication, remote)

    def _new_publishing(
        self, peer_id: PeerId, remote: RemoteDescription, now: float
    ) -> PublishConnection:
        earlier = self._publishing.pop(peer_id, None)
        if earlier is not None:
            self._drop(earlier)
        connection = PublishConnection(self, peer_id, ufrag=remote.ufrag)
        connection.transport = self._new_transport(connection)
        connection.identity = remote.identity
        connection.publisher = self.router.add_publisher(peer_id, connection.transport, now)
        self._publishing[peer_id] = connection
        self._connect(connection, remote)
        return connection

    def _answer(
        self, connection: PublishConnection, publication: Publication, remote: RemoteDescription
    ) -> str:
        self._answers += 1
        return publish_answer(
            publication.sections,
            self._local(connection.transport),
            setup="active" if remote.setup == "passive" else "passive",
            start_bitrate_kbps=self._config.start_bitrate_kbps,
            session_id=self._session_id,
            version=self._answers,
        )

    def subscribe(self, peer_id: PeerId) -> None:
        """See SfuPort."""
        earlier = self._subscribing.pop(peer_id, None)
        if earlier is not None:
            self._drop(earlier)
        connection = SubscribeConnection(self, peer_id, session_id=secrets.randbits(62))
        connection.transport = self._new_transport(connection)
        self._subscribing[peer_id] = connection
        connection.subscriber = self.router.add_subscriber(
            peer_id, connection.transport, self._loop.time()
        )
        connection.transport.history = connection.subscriber.steering.history
        self.settle()

    def restart_subscription(self, peer_id: PeerId) -> None:
        """See SfuPort."""
        connection = self._subscribing.get(peer_id)
        if connection is None or connection.transport.has_ended:
            self.subscribe(peer_id)
            return
        now = self._loop.time()
        connection.transport.restart_ice(now)
        self.plane.add(connection.transport)
        self.router.offer_again(connection.subscriber, now)
        self.settle()

    def accept_answer(self, peer_id: PeerId, revision: int, answer: str) -> None:
        """See SfuPort. After a refusal the same offer may be answered again."""
        connection = self._subscribing.get(peer_id)
        if connection is None:
            raise NegotiationRefused("no_such_peer", "the peer does not subscribe")
        if not connection.subscriber.is_answerable(revision):
            raise NegotiationRefused("stale_answer", f"no answer to {revision} is awaited")
        remote = parse_answer(answer)
        if remote.setup == "actpass":
            raise NegotiationRefused("sdp_malformed", "an answer must choose its DTLS role")
        if not connection.identity:
            connection.identity = remote.identity
            self._connect(connection, remote)
        elif connection.identity != remote.identity:
            raise NegotiationRefused("sdp_malformed", "another connection has answered")
        history = connection.subscriber.steering.history
        history.use_extension(accepted_transport_cc(remote))
        connection.transport.on_change(connection.transport)
        self.router.accept_answer(connection.subscriber, accepted_codecs(remote), self._loop.time())
        self.settle()

    async def remove_peer(self, peer_id: PeerId) -> None:
        """See SfuPort."""
        connections = [
            connection
            for connection in (
                self._publishing.pop(peer_id, None),
                self._subscribing.pop(peer_id, None),
            )
            if connection is not None
        ]
        self.router.remove_publisher(peer_id)
        self.router.remove_subscriber(peer_id)
        self._tracks_changed()
        for connection in connections:
            await self._farewell(connection)

    async def close(self) -> None:
        """Close every connection, then wait for the recorder; a slow disk keeps nobody here."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        for peer_id in self._publishing.keys() | self._subscribing.keys():
            await self.remove_peer(peer_id)
        if self._plane_room is not None:
            self._plane_room.close()
        await self.stop_recording()

    def start_recording(self, target: RecordingTarget) -> None:
        """See SfuPort."""
        if self._recording is not None:
            raise ValueError("the room is being recorded already")
        self._recording = RoomRecording(target, on_status=self._facts.recording_status)
        self.router.set_recording(self._loop.time(), is_recording=True)
        self._recording.follow(self.router.tracks)
        self.settle()

    async def stop_recording(self) -> None:
        """See SfuPort."""
        recording, self._recording = self._recording, None
        if recording is not None:
            self.router.set_recording(self._loop.time(), is_recording=False)
            await recording.close()

    def counters(self) -> dict[str, int]:
        """See SfuPort; includes what the node could not attribute to a room."""
        counted = Counter(self.router.counters())
        if self._plane_room is not None:
            counted.update(self._plane_room.counters())
        return {**self.plane.counters(), **counted, "errors": self._errors}

    # -- connections ---------------------------------------------------------------------

    def _new_transport(self, connection: PublishConnection | SubscribeConnection) -> Transport:
        transport = Transport(
            connection,
            certificate=self._certificate,
            config=self._config,
            send=self.plane.send_datagram,
            now=self._loop.time(),
        )
        self.plane.add(transport, self._plane_room)
        return transport

    def _local(self, transport: Transport) -> LocalParameters:
        return LocalParameters(
            ufrag=transport.credentials.ufrag,
            password=transport.credentials.password,
            fingerprint=self._certificate.fingerprint,
            hosts=self._config.announced_hosts,
            port=self.plane.port,
        )

    def _connect(self, connection: Connection, remote: RemoteDescription) -> None:
        self._spawn(
            connection.transport.connect(
                fingerprints=remote.fingerprints, is_client=remote.setup == "passive"
            )
        )

    def _drop(self, connection: Connection) -> None:
        """Close a replaced connection; its successor is already being made."""
        self._spawn(self._farewell(connection))

    async def _farewell(self, connection: Connection) -> None:
        await connection.transport.close()
        self.plane.remove(connection.transport)
        connection.transport.forget_owner()

    def connection_up(self, connection: Connection) -> None:
        """See Home."""
        if isinstance(connection, SubscribeConnection):
            self._set_connected(connection)
        connection.is_reported = True
        self._listener.peer_connected(self._room_id, connection.peer_id, connection.direction)
        self.settle()

    def connection_down(self, connection: Connection) -> None:
        """See Home."""
        if isinstance(connection, SubscribeConnection):
            self._set_connected(connection)
        self._report_silence(connection)
        self.settle()

    def connection_cut(self, connection: Connection) -> None:
        """See Home."""
        if isinstance(connection, SubscribeConnection):
            self._set_connected(connection)
        self.settle()

    def now(self) -> float:
        """See Home."""
        return self._loop.time()

    def _set_connected(self, connection: SubscribeConnection) -> None:
        transport, subscriber = connection.transport, connection.subscriber
        if self.router.subscribers.get(connection.peer_id) is not subscriber:
            return
        is_connected = transport.is_connected and transport.address is not None
        if is_connected != subscriber.is_connected:
            now = self._loop.time()
            self.router.set_connected(subscriber, is_connected=is_connected, now=now)

    def _report_silence(self, connection: Connection) -> None:
        if connection.is_reported:
            connection.is_reported = False
            self._listener.peer_silent(self._room_id, connection.peer_id, connection.direction)

    def _keep_house(self, now: float) -> None:
        """Look after consent and silence (RFC 7675 section 5.1)."""
        connections: list[Connection] = [*self._publishing.values(), *self._subscribing.values()]
        for connection in connections:
            transport = connection.transport
            if transport.address and now - transport.last_consent > self._config.consent_timeout_s:
                transport.expire_consent()
            self.plane.expire(transport)
            if isinstance(connection, SubscribeConnection):
                self._set_connected(connection)
                connection.keep_house(now)
            if connection.is_silent(now, self._config.silence_after_s):
                self._report_silence(connection)
            elif not connection.is_reported:
                connection.is_reported = True
                self._listener.peer_heard(self._room_id, connection.peer_id, connection.direction)

    def _tracks_changed(self) -> None:
        if self._recording is not None:
            self._recording.follow(self.router.tracks)
        self.settle()

    # -- the core --------------------------------------------------------------------------

    def flush(self) -> None:
        """Send what is finished, and hand the recorder its share."""
        outputs = self.router.outputs
        if outputs.outbox:
            packets, outputs.outbox = outputs.outbox, []
            for link, packet in packets:
                assert isinstance(link, Transport), "links are what this shell gave"
                self.plane.send_packet(link, packet)
        if outputs.tape:
            tape, outputs.tape = outputs.tape, []
            if self._recording is not None:
                self._recording.write(tape)

    def settle(self) -> None:
        """Send what is finished, tell what happened, and set the timer."""
        self.flush()
        router = self.router
        while (event := router.next_event()) is not None:
            self._take(event)
        if router.wake_at < router.armed_at:
            self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._is_closed:
            at = min(self.router.wake_at, self._housekeeping_at)
            self.router.armed_at = at
            self._timer = self._loop.call_at(at, self._tick)

    def _tick(self) -> None:
        now = self._loop.time()
        try:
            if now >= self._housekeeping_at:
                self._housekeeping_at = now + _HOUSEKEEPING_S
                self._keep_house(now)
            if now >= self.router.wake_at:
                self.router.handle_timer(now)
            self.settle()
        except Exception as error:
            self.failed(error)
        finally:
            self._arm()

    def _take(self, event: Event) -> None:
        match event:
            case OfferDue():
                self._offer(event.peer_id)
            case SenderClock() if self._recording is not None:
                self._recording.sender_report(event)
            case _:
                self._facts.report(event)

    def _offer(self, peer_id: PeerId) -> None:
        connection = self._subscribing.get(peer_id)
        if connection is None:
            return
        subscriber = connection.subscriber
        # Counted on when the peer subscribes anew: an answer to the connection before must
        # not be taken for one to this.
        revision = self._revisions.get(peer_id, 0) + 1
        self._revisions[peer_id] = revision
        subscriber.offer_made(revision)
        self._listener.subscriber_offer(
            self._room_id,
            peer_id,
            revision=revision,
            sdp=subscriber_offer(
                subscriber.sections,
                self._local(connection.transport),
                session_id=connection.session_id,
                version=revision,
            ),
            tracks=tuple(OfferedTrack(down.mid, down.track) for down in subscriber.sections),
        )

    def failed(self, error: Exception) -> None:
        """Note a bug of ours: its packet is lost, the room and the others go on."""
        self._errors += 1
        if self._errors == 1:
            log.error("A room met an error.", exc_info=error, extra={"room_id": self._room_id})


def _continues(connection: PublishConnection, remote: RemoteDescription) -> bool:
    """Return whether an offer is about this connection, not one that replaces it."""
    return not connection.transport.has_ended and connection.identity == remote.identity
