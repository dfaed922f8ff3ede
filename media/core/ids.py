"""The names of things in the media plane.

A peer is one seat's presence in a room; a track is one source of one peer. The
media plane knows no schools and no lessons: ids are opaque strings given to it.
"""

from enum import StrEnum
from typing import NamedTuple, NewType

RoomId = NewType("RoomId", str)
PeerId = NewType("PeerId", str)


class Kind(StrEnum):
    """What a track carries."""

    AUDIO = "audio"
    VIDEO = "video"


class Source(StrEnum):
    """Where a track comes from. A peer has at most one track of each source."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    SCREEN = "screen"
    SECOND_CAMERA = "second_camera"

    @property
    def kind(self) -> Kind:
        """Return what this source carries."""
        return Kind.AUDIO if self is Source.MICROPHONE else Kind.VIDEO


class TrackKey(NamedTuple):
    """One track of a room; stable across a publisher's reconnections."""

    peer_id: PeerId
    source: Source
