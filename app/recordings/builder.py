"""What this slice asks of whoever makes playable files out of a recording's folder.

`app.live` implements it with the media plane's recorder; this slice knows only files.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class BuiltClip:
    """One playable file. `file` is a plain name within the replay folder; times in ms."""

    seat_id: str
    group: str
    file: str
    mime: str
    start_ms: int
    duration_ms: int
    has_audio: bool
    has_video: bool
    bytes: int


@dataclass(frozen=True, slots=True)
class Missing:
    """What was recorded and cannot be read: sound or picture of a seat. Times in ms."""

    seat_id: str
    group: str
    kind: Literal["audio", "video"]
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class ReplayIndex:
    """All playable files of a recording, on the lesson clock, and what is not in them."""

    clips: tuple[BuiltClip, ...]
    duration_ms: int
    missing: tuple[Missing, ...] = ()


class ReplayFailed(Exception):
    """The files could not be made. `problem` is a sentence or a code for administrators."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class NoRoomNow(Exception):
    """What is left of the disk is kept for the lessons of today: try again when they are over."""


class ReplayBuilder(Protocol):
    """Makes playable files. Both steps may be repeated at any time and give the same."""

    async def recover(self, folder: Path) -> None:
        """Bring files cut off by a crash back to their last whole fragment. Raise ReplayFailed."""

    async def build(self, folder: Path, out: Path) -> ReplayIndex:
        """Write playable files into `out`, without re-encoding. Raise ReplayFailed."""
