"""What the router's events mean to the listener."""

import logging

from media.core.events import (
    CodecRefused,
    EchoChanged,
    Event,
    LayersWanted,
    LinkMeasured,
    TrackResumed,
    TrackStalled,
    TrackStarted,
)
from media.core.ids import RoomId
from media.interface import LinkReport, RecordingStatus, SfuListener

log = logging.getLogger(__name__)


class Facts:
    """Tell one room's listener what happened."""

    def __init__(self, room_id: RoomId, listener: SfuListener) -> None:
        self._room_id = room_id
        self._listener = listener

    def report(self, event: Event) -> None:
        """Tell an event that concerns the listener; others are left alone."""
        match event:
            case TrackStarted():
                self._listener.track_started(self._room_id, event.track)
            case TrackStalled():
                self._listener.track_stalled(self._room_id, event.track)
            case TrackResumed():
                self._listener.track_resumed(self._room_id, event.track)
            case LayersWanted():
                self._listener.layers_wanted(
                    self._room_id, event.track.peer_id, event.track.source, event.rids
                )
            case LinkMeasured():
                self._listener.link_report(self._room_id, event.peer_id, _link_report(event))
            case EchoChanged():
                tell = (
                    self._listener.echo_detected
                    if event.is_echoing
                    else self._listener.echo_cleared
                )
                tell(self._room_id, event.track.peer_id)
            case CodecRefused():
                log.warning(
                    "A subscriber takes no codec of a track.",
                    extra={"room_id": self._room_id, "peer_id": event.peer_id},
                )
            case _:
                pass

    def recording_status(self, status: RecordingStatus) -> None:
        """Tell how far the recording has got."""
        self._listener.recording_status(self._room_id, status)


def _link_report(measured: LinkMeasured) -> LinkReport:
    return LinkReport(
        rtt_ms=measured.rtt_ms,
        loss_up=measured.loss_up,
        loss_down=measured.loss_down,
        kbps_up=measured.kbps_up,
        kbps_down=measured.kbps_down,
        estimate_down_kbps=measured.estimate_down_kbps,
        budget_down_kbps=measured.budget_down_kbps,
        plan=measured.plan,
        received=measured.received,
    )
