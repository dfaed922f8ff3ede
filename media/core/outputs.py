"""What the tracks of a room have for the shell: packets to send, packets to record."""

from media.core.ids import TrackKey


class Outputs:
    """What the tracks of one room share: where finished packets go."""

    def __init__(self) -> None:
        #: (link, RTP or RTCP packet) to send, oldest first; the shell empties it.
        self.outbox: list[tuple[object, bytes]] = []
        #: (track, RTP packet, arrival_s) to record; the shell empties it.
        self.tape: list[tuple[TrackKey, bytes, float]] = []
