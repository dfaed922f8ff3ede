"""What the media plane reports, handed to the rooms it is about; each call returns at once."""

from media.core.ids import PeerId, RoomId, Source, TrackKey
from media.interface import (
    Direction,
    LinkReport,
    OfferedTrack,
    RecordingStatus,
    SfuListener,
)
from signaling.effects import Effects
from signaling.room import Room
from signaling.runner import RoomRunner, Work


class MediaListener(SfuListener):
    """The rooms that are open here, as the media plane knows them."""

    def __init__(self) -> None:
        self._rooms: dict[str, RoomRunner] = {}

    def subscriber_offer(
        self,
        room_id: RoomId,
        peer_id: PeerId,
        *,
        revision: int,
        sdp: str,
        tracks: tuple[OfferedTrack, ...],
    ) -> None:
        """Pass an offer to the seat, if the connection that asked for it still holds it."""
        runner = self._rooms.get(room_id)
        if runner is None:
            return

        def work(room: Room, now: float) -> Effects:
            if not runner.is_subscribed(peer_id):
                return ()
            return room.subscriber_offer(
                peer_id, revision=revision, sdp=sdp, tracks=tracks, now=now
            )

        runner.post(work)

    def peer_connected(self, room_id: RoomId, peer_id: PeerId, direction: Direction) -> None:
        """A connection that carries media is a connection that is heard."""
        self.peer_heard(room_id, peer_id, direction)

    def peer_silent(self, room_id: RoomId, peer_id: PeerId, direction: Direction) -> None:
        """Show the line as weak at once."""
        self._post(
            room_id,
            lambda room, now: room.peer_silence(peer_id, direction, is_silent=True, now=now),
        )

    def peer_heard(self, room_id: RoomId, peer_id: PeerId, direction: Direction) -> None:
        """Let the reports judge the line again."""
        self._post(
            room_id,
            lambda room, now: room.peer_silence(peer_id, direction, is_silent=False, now=now),
        )

    def track_started(self, room_id: RoomId, track: TrackKey) -> None:
        """Say that a source is on the air."""
        peer_id, source = track
        self._post(room_id, lambda room, now: room.track_started(peer_id, source, now=now))

    def track_stalled(self, room_id: RoomId, track: TrackKey) -> None:
        """Note a track that went still."""
        peer_id, source = track
        self._post(
            room_id, lambda room, now: room.track_flow(peer_id, source, is_stalled=True, now=now)
        )

    def track_resumed(self, room_id: RoomId, track: TrackKey) -> None:
        """Note a track that flows again."""
        peer_id, source = track
        self._post(
            room_id, lambda room, now: room.track_flow(peer_id, source, is_stalled=False, now=now)
        )

    def layers_wanted(
        self, room_id: RoomId, peer_id: PeerId, source: Source, rids: frozenset[str]
    ) -> None:
        """Tell a seat which of its encodings anybody wants."""
        self._post(room_id, lambda room, now: room.layers_wanted(peer_id, source, rids, now=now))

    def echo_detected(self, room_id: RoomId, peer_id: PeerId) -> None:
        """Show the lecturer which classroom sends their voice back."""
        self._post(room_id, lambda room, now: room.echo(peer_id, is_echoing=True, now=now))

    def echo_cleared(self, room_id: RoomId, peer_id: PeerId) -> None:
        """Take that back."""
        self._post(room_id, lambda room, now: room.echo(peer_id, is_echoing=False, now=now))

    def link_report(self, room_id: RoomId, peer_id: PeerId, report: LinkReport) -> None:
        """Judge a line. Under a backlog this is what is dropped first."""
        self._post(
            room_id,
            lambda room, now: room.link_report(peer_id, report, now=now),
            is_expendable=True,
        )

    def recording_status(self, room_id: RoomId, status: RecordingStatus) -> None:
        """Show how far the recording has got."""
        self._post(room_id, lambda room, now: room.recording_status(status, now=now))

    def _post(self, room_id: RoomId, work: Work, *, is_expendable: bool = False) -> None:
        # A room that is closing still has peers to report on; nobody is left to be told.
        if runner := self._rooms.get(room_id):
            runner.post(work, is_expendable=is_expendable)
