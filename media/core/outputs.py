"""What the tracks of a room have for the shell: packets to send, packets to record."""

from media.core.ids import TrackKey
from media.core.runs import Runs


class Outputs:
    """What the tracks of one room share: where finished packets go, and stream numbers.

    `runs` is the plane's side of the forwarding table, where it forwards by itself.
    """

    def __init__(self, runs: Runs | None = None) -> None:
        self.runs = runs
        self._streams = 0
        #: (link, RTP or RTCP packet) to send, oldest first; the shell empties it.
        self.outbox: list[tuple[object, bytes]] = []
        #: (track, RTP packet, arrival_s) to record; the shell empties it.
        self.tape: list[tuple[TrackKey, bytes, float]] = []

    def next_stream(self) -> int:
        """Return a number no other stream of this room has."""
        self._streams += 1
        return self._streams
