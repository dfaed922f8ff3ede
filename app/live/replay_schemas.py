"""What is answered of a lesson's recording: to play again, to play while it runs, to take along."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.live.chapters import ChapterKind
from app.live.schemas import MissingOut, SpanOut, StageOut
from app.recordings.models import DownloadForm, RecordingState


class ClipOut(BaseModel):
    """A file to play: from `start_ms` of the lesson on."""

    id: UUID
    seat_id: str
    name: str
    group: str
    mime: str
    start_ms: int
    duration_ms: int
    has_audio: bool
    has_video: bool
    url: str


class ChapterOut(BaseModel):
    """What went on for a while beside the lesson itself. `name`: who was on stage, where known."""

    model_config = ConfigDict(from_attributes=True)

    kind: ChapterKind
    from_ms: int
    to_ms: int
    name: str | None


class ShiftTrackOut(BaseModel):
    """A picture or a sound to play back from its parts: `url` is its playlist (HLS).

    `mimes`: what its parts are, the newest first; who left and came back may send another codec.
    """

    is_video: bool
    mimes: list[str]
    url: str


class ShiftLaneOut(BaseModel):
    """A seat's camera with its sound, or a screen.

    `zero_ms`: where on the lesson clock time 0 of its parts lies. `hls`: for players that know
    only that.
    """

    seat_id: str
    name: str
    group: str
    from_ms: int
    until_ms: int
    zero_ms: int
    hls: str | None
    tracks: list[ShiftTrackOut]


class TimeshiftOut(BaseModel):
    """What of a lesson can be played from its recording. `is_over`: no more will come.

    `chapters`: of what there is, as those of a replay.
    """

    session_id: UUID
    title: str
    is_over: bool
    until_ms: int
    lanes: list[ShiftLaneOut]
    chapters: list[ChapterOut]


class DownloadState(StrEnum):
    """NONE: nobody has asked for it. FAILED: it could not be made, and may be asked for again."""

    NONE = "NONE"
    WAITING = "WAITING"
    RUNNING = "RUNNING"
    READY = "READY"
    FAILED = "FAILED"


class DownloadOut(BaseModel):
    """One file of a whole lesson. `url`: for whoever asked, and for some hours.

    `step` is what is done now: `fetching`, `measuring` or `composing`; `done` of `total` of it.
    `speed`: how many seconds of the lesson were made in one. `lufs`: its loudness (EBU R 128).
    `problem`: why it could not be made; while it is WAITING, what it waits for beside its turn.
    `ahead`: so many others come before it.
    """

    form: DownloadForm
    state: DownloadState
    step: str = ""
    done: int = 0
    total: int | None = None
    ahead: int = 0
    problem: str | None = None
    bytes: int | None = None
    duration_ms: int | None = None
    speed: float | None = None
    lufs: float | None = None
    url: str | None = None


class DownloadsOut(BaseModel):
    """The files of a whole lesson, made or not."""

    items: list[DownloadOut]


class CaptionsTrackOut(BaseModel):
    """Captions to show over the replay. `language`: BCP 47; `url`: WebVTT."""

    id: UUID
    language: str
    label: str
    url: str


class ReplayOut(BaseModel):
    """A lesson to watch again. `attended`: how many classrooms came.

    `chapters`: in the order they begin in; they may lie over each other.
    """

    session_id: UUID
    title: str
    state: RecordingState
    duration_ms: int
    clips: list[ClipOut]
    captions: list[CaptionsTrackOut]
    stage: list[StageOut]
    pauses: list[SpanOut]
    chapters: list[ChapterOut]
    missing: list[MissingOut]
    attended: int
