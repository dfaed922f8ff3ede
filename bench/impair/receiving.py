"""What comes to a seat of a lesson, over one receiving connection after another."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from bench.impair.media import read_stamp, red_blocks
from bench.impair.trace import Trace, wall_s
from bench.peer import LightPeer, ReceivedPacket

_MEDIA_SILENT_AFTER_S = 4.0
_HANDSHAKE_S = 12.0

SeatTrack = tuple[str, str]
"""Seat and source."""


class Receiving:
    """One receiving connection at a time; the traces of the tracks outlive them all.

    `last_media_s` (wall time) is when something came last, or might first have come.
    """

    def __init__(self, host: str, counts: Counter[str]) -> None:
        self._host = host
        self._counts = counts
        self.peer: LightPeer | None = None
        self.last_media_s = 0.0
        self._traces: dict[SeatTrack, Trace] = {}
        self._mids: dict[str, SeatTrack] = {}
        self._run = 0

    @property
    def is_connected(self) -> bool:
        """Return True while media may come."""
        return self.peer is not None and self.peer.is_connected

    @property
    def is_silent(self) -> bool:
        """Return True when nothing of what was offered has come for too long."""
        if self.peer is None or not self._mids:
            return False
        # A handshake is given longer than media that has stopped.
        patience_s = _MEDIA_SILENT_AFTER_S if self.peer.is_connected else _HANDSHAKE_S
        return wall_s() - self.last_media_s > patience_s

    def trace(self, track: SeatTrack) -> Trace:
        """Return what came of a track, also before anything did."""
        return self._traces.setdefault(track, Trace())

    def begin(self) -> None:
        """Have a new connection, in place of one there may be."""
        if self.peer is not None:
            self.peer.vanish()
        self._run += 1
        self.peer = LightPeer(host=self._host, repairs_loss=True, on_rtp=self._on_rtp)
        self.last_media_s = wall_s()

    def expect(self, tracks: Iterable[Mapping[str, Any]]) -> None:
        """Take from an offer whose track each section is."""
        self._mids = {track["mid"]: (track["seat_id"], track["source"]) for track in tracks}

    def drop(self) -> None:
        """Let go of the connection, without a word."""
        if self.peer is not None:
            self.peer.vanish()
        self.peer = None
        self._mids = {}

    def _on_rtp(self, packet: ReceivedPacket) -> None:
        self.last_media_s = packet.arrival_ns / 1e9
        track = self._mids.get(packet.mid)
        assert self.peer is not None
        is_red = self.peer.codec_names.get((packet.mid, packet.payload_type)) == "red"
        for payload in red_blocks(packet.payload) if is_red else [packet.payload]:
            stamp = read_stamp(payload)
            if stamp is None or track is None:
                self._counts["unstamped"] += 1
                continue
            self.trace(track).note(
                at_s=self.last_media_s,
                run=self._run << 32 | packet.ssrc,
                sequence=packet.sequence,
                size=len(payload),
                stamp=stamp,
            )
