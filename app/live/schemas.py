"""What the live slice takes and answers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.attendance.minutes import Minute
from app.attendance.models import AttendanceState, NotCounted
from app.attendance.row_schemas import AmendmentOut
from app.attendance.schemas import LineFigures
from app.attendance.seats import SeatRole
from app.jobs.models import JobState
from app.lessons.models import LessonKind, LessonState
from app.lessons.schemas import LessonCard
from app.live.rebuilding import RebuildWait
from app.recordings.models import RecordingState
from app.schools.models import Road
from app.schools.schemas import LineCheckOut
from media.core.ids import Source
from signaling.messages import WITHOUT_NUL


class StartedOut(BaseModel):
    """A lesson that is live now."""

    lesson: LessonCard
    session_id: UUID


class TicketIn(BaseModel):
    """As what the caller wants to enter, and the ticket it has drawn (256 random bits), if any."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    role: Annotated[SeatRole, Field(alias="as")]
    ticket: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_-]{43,64}$")] = None


class IceServerOut(BaseModel):
    """A relay, as browsers take it (RTCIceServer)."""

    urls: list[str]
    username: str
    credential: str


class TicketOut(BaseModel):
    """A ticket and where to go with it."""

    ticket: str
    session_id: UUID
    websocket: str
    protocol: str
    expires_in_s: int
    ice_servers: list[IceServerOut]


class RoadsOut(BaseModel):
    """What a device check tries: the media port, over UDP and TCP, and the relay."""

    port: int
    hosts: list[str]
    ice_servers: list[IceServerOut]


class CheckMediaIn(BaseModel):
    """An offer to the throw-away room of a device check; each road is tried in one of its own."""

    model_config = ConfigDict(extra="forbid")

    road: Literal[Road.UDP, Road.TCP, Road.TURN] = Road.UDP
    sdp: Annotated[str, Field(min_length=1, max_length=65_536)]
    sources: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=16)], Source], Field(max_length=4)
    ]


class CheckResultIn(BaseModel):
    """What a page found of its line. Null: not measured; for the relay: there is none."""

    model_config = ConfigDict(extra="forbid")

    is_udp_open: bool
    is_tcp_open: bool
    is_turn_open: bool | None
    rtt_ms: Annotated[int, Field(ge=0, le=60_000)] | None
    down_kbps: Annotated[int, Field(ge=0, le=100_000_000)] | None
    up_kbps: Annotated[int, Field(ge=0, le=100_000_000)] | None


class TeacherCheckOut(BaseModel):
    """What a teacher's computer last found of its line. `school` is a name."""

    name: str
    school: str
    checked: LineCheckOut


class CheckMediaOut(BaseModel):
    """The answer."""

    sdp: str


class UploadedOut(BaseModel):
    """How much arrived."""

    bytes: int


class EndIn(BaseModel):
    """Why an administrator ends a lesson; it is written down."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=WITHOUT_NUL)]


class WithdrawIn(BaseModel):
    """Why a recording is taken from everybody; the certificate of its removal says it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=WITHOUT_NUL)]


class SessionItem(BaseModel):
    """A session as the list shows it."""

    id: UUID
    lesson_id: UUID
    title: str
    kind: LessonKind
    subject: str
    grade: str
    hub_school: str
    lecturer: str
    planned_start: datetime
    planned_end: datetime
    started_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    lesson_state: LessonState
    sites_total: int
    sites_attended: int
    headcount_total: int | None
    recording_state: RecordingState | None
    is_live: bool


class SessionHead(SessionItem):
    """A session as its own page shows it. `epoch`: how often its room was opened."""

    epoch: int
    interruptions: int


class BarOut(BaseModel):
    """A stretch of a site's line on the time line."""

    from_ms: int
    to_ms: int
    kind: Literal["connected"] = "connected"


class PortionOut(BaseModel):
    """A stretch of the lesson, and what it was at the site."""

    model_config = ConfigDict(from_attributes=True)

    from_ms: int
    to_ms: int
    minute: Minute
    is_visible: bool


class AttendanceOut(BaseModel):
    """One row of the attendance table.

    `audible_ms` and those after it are null, and `portions` empty, where the lesson was closed
    before what a seat received was kept. `agrees`: what was closed follows from the events.
    Of `amendments` the last one is what holds, instead of `is_counted` and `headcount`.
    `headcount_by`: by `headcount_source` the administrator who entered the latter, or of the
    classroom that did the assistant its lesson names; null: not known, or of a school not the
    caller's.
    """

    record_id: UUID
    site_id: UUID
    classroom: str
    school: str
    planned_ms: int
    connected_ms: int
    first_joined_ms: int | None
    last_left_ms: int | None
    interruptions: int
    headcount: int | None
    headcount_source: str | None
    headcount_by: str | None
    state: AttendanceState
    audible_ms: int | None
    degraded_ms: int | None
    lost_ms: int | None
    offline_ms: int | None
    visible_ms: int | None
    is_counted: bool | None
    not_counted_reason: NotCounted | None
    objection: str | None
    amendments: list[AmendmentOut]
    agrees: bool
    bars: list[BarOut]
    portions: list[PortionOut]


class StageOut(BaseModel):
    """Who was on stage, from when until when."""

    seat_id: str
    name: str
    from_ms: int
    to_ms: int


class SpanOut(BaseModel):
    """From when until when."""

    from_ms: int
    to_ms: int


class MissingOut(BaseModel):
    """What was recorded and cannot be read: picture or sound of a seat. `name` is the seat's."""

    name: str
    group: str
    kind: Literal["audio", "video"]
    from_ms: int
    to_ms: int


class RebuildWaitsOut(BaseModel):
    """What making a replay again waits for; if for lessons, `until` when they are over."""

    waits_for: RebuildWait
    until: datetime | None


class RecordingOut(BaseModel):
    """How a recording stands.

    `missing`: what of it cannot be read; `rebuild`: how it stands with making it again for that,
    null: it was never asked for. `rebuild_waits`: it waits for more than its turn; it is looked
    for every ten minutes. `refusing`: it is published, and these schools took their
    consent back: only who gave the lesson is shown it.
    """

    id: UUID
    state: RecordingState
    duration_ms: int
    bytes: int
    problem: str | None
    missing: list[MissingOut]
    rebuild: JobState | None
    rebuild_waits: RebuildWaitsOut | None
    refusing: list[str]


class IncidentOut(BaseModel):
    """A lesson shut down, ended from outside, or troubled by the server."""

    clock_ms: int
    at: datetime
    action: str
    actor: str | None
    actor_name: str | None
    reason: str


class SeatOut(BaseModel):
    """A seat of the lesson."""

    seat_id: str
    name: str
    role: SeatRole
    school: str


class ChainOut(BaseModel):
    """Whether the events are all there and unchanged."""

    events: int
    is_intact: bool
    broken_at: int | None


class LiveOut(BaseModel):
    """What is going on in the open room."""

    present: list[str]
    is_paused: bool


class SeatLineOut(BaseModel):
    """What a seat's line was in this lesson, beside what it is declared to carry today."""

    seat_id: str
    measured: LineFigures
    budget_down_kbps: int | None
    budget_up_kbps: int | None


class SessionDetail(BaseModel):
    """Everything on a session's page."""

    session: SessionHead
    lesson: LessonCard
    duration_ms: int
    planned_ms: int
    attendance: list[AttendanceOut]
    stage: list[StageOut]
    pauses: list[SpanOut]
    recording: RecordingOut | None
    incidents: list[IncidentOut]
    seats: list[SeatOut]
    lines: list[SeatLineOut]
    chain: ChainOut
    live: LiveOut | None
