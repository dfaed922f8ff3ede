"""The wire: `classroom.v1`, one frozen class per message.

Client messages are imperatives, server messages are facts. A fact carries `seq`, which
grows by one per fact sent to this connection; a client that finds a gap sends
`get_room_state`. An answer or an `error` carries the `ref` of the message that caused
it and no `seq`. Unknown fields are refused, every string and list is bounded.
`docs/protocol.md` explains sequence and meaning; `make protocol` writes the JSON Schema
and `frontend/src/protocol.ts` from this module.
Longer than a module should be: the whole wire in one place is what a reader looks for.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

PROTOCOL = "classroom.v1"
PING_INTERVAL_S = 2.0
SILENT_AFTER_S = 6.0
MAX_FRAME_BYTES = 65_536

SeatId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_:-]+$")]
Ref = Annotated[int, Field(ge=0, le=2**31 - 1)]
Seq = Annotated[int, Field(ge=0)]
ClockMs = Annotated[int, Field(description="Milliseconds on the lesson clock, 0 at 开课.")]
# Not stripped as other strings are: an SDP's last line, too, ends with CRLF (RFC 8866 section 5),
# and Chromium refuses the whole description without it.
AsWritten = StringConstraints(strip_whitespace=False)
Sdp = Annotated[str, Field(min_length=1, max_length=65_536), AsWritten]
ServerSdp = Annotated[str, AsWritten]
Mid = Annotated[str, Field(min_length=1, max_length=16)]
Rid = Annotated[str, Field(min_length=1, max_length=16)]
# PostgreSQL keeps no text with a NUL: one in an incident's reason would hold up the whole ledger.
WITHOUT_NUL = r"^[^\x00]*$"
NAME_LENGTH = 120
Name = Annotated[str, Field(max_length=NAME_LENGTH)]


class Role(StrEnum):
    """What a seat may be in a room."""

    LECTURER = "lecturer"
    CLASSROOM = "classroom"
    SUPERVISOR = "supervisor"


class MediaSource(StrEnum):
    """Where a published track comes from; the same words as `media.core.ids.Source`."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    SCREEN = "screen"
    SECOND_CAMERA = "second_camera"


class Link(StrEnum):
    """How a seat's line is, in five words; the page's badge."""

    GOOD = "good"
    WEAK = "weak"
    SOUND_ONLY = "sound_only"
    AWAY = "away"
    UNKNOWN = "unknown"


class Leg(StrEnum):
    """One way of a seat's line, seen from the seat."""

    DOWN = "down"
    UP = "up"


class LinkCause(StrEnum):
    """What is wrong with a seat's line; one at a time, the true one."""

    SILENT = "silent"
    LOSS_DOWN = "loss_down"
    LOSS_UP = "loss_up"
    NARROW_DOWN = "narrow_down"
    DECLARED_DOWN = "declared_down"
    NARROW_UP = "narrow_up"
    DELAY = "delay"
    HUB_UP = "hub_up"
    SERVER = "server"


class QuickMessageKind(StrEnum):
    """The assistant's one-touch messages to the hub."""

    CANNOT_HEAR = "cannot_hear"
    CANNOT_SEE = "cannot_see"
    SLOWER = "slower"
    PUPIL_WANTS_TO_ANSWER = "pupil_wants_to_answer"
    NEED_HELP = "need_help"


class EndReason(StrEnum):
    """Why a lesson is over."""

    ENDED_BY_LECTURER = "ended_by_lecturer"
    SHUT_DOWN = "shut_down"
    LECTURER_ABSENT = "lecturer_absent"
    ENDED_BY_ADMINISTRATOR = "ended_by_administrator"


class Message(BaseModel):
    """What every message shares."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Permissions(Message):
    """The six interaction permissions, separately held (《直播类在线教学平台安全保障要求》)."""

    video: bool
    audio: bool
    annotate: bool
    screen: bool
    file: bool
    text: bool


# --- Client to server: imperatives ------------------------------------------------------


class Command(Message):
    """What every client message shares."""

    ref: Ref | None = None


class GetRoomState(Command):
    """Send the whole state again: a fact was missed."""

    type: Literal["get_room_state"] = "get_room_state"


class Publish(Command):
    """Accept this SDP offer; `sources` names what each media section (mid) carries."""

    type: Literal["publish"] = "publish"
    sdp: Sdp
    sources: Annotated[dict[Mid, MediaSource], Field(max_length=20)]


class Subscribe(Command):
    """Begin, or begin anew, to receive: a `subscribe_offer` follows.

    With `is_restart` the connection stays and only its road is sought anew (ICE restart).
    """

    type: Literal["subscribe"] = "subscribe"
    is_restart: bool = False


class SubscribeAnswer(Command):
    """The answer to the offer of this revision."""

    type: Literal["subscribe_answer"] = "subscribe_answer"
    revision: Annotated[int, Field(ge=0)]
    sdp: Sdp


class SetMuted(Command):
    """Say that one of my own tracks is muted or open; kept across reconnects."""

    type: Literal["set_muted"] = "set_muted"
    source: MediaSource
    is_muted: bool


class RaiseHand(Command):
    """A classroom asks for the floor."""

    type: Literal["raise_hand"] = "raise_hand"


class LowerHand(Command):
    """Take a hand down: my own, or (lecturer) that of `seat_id`."""

    type: Literal["lower_hand"] = "lower_hand"
    seat_id: SeatId | None = None


class InviteToStage(Command):
    """Lecturer: bring a classroom on stage."""

    type: Literal["invite_to_stage"] = "invite_to_stage"
    seat_id: SeatId


class LeaveStage(Command):
    """Take a classroom off stage: my own, or (lecturer) that of `seat_id`."""

    type: Literal["leave_stage"] = "leave_stage"
    seat_id: SeatId | None = None


class SetStageLimit(Command):
    """Lecturer: how many classrooms may be on stage at a time."""

    type: Literal["set_stage_limit"] = "set_stage_limit"
    limit: Annotated[int, Field(ge=1, le=3)]


class SetPermissions(Command):
    """Lecturer: the six permissions of one seat, or of the class when `seat_id` is null."""

    type: Literal["set_permissions"] = "set_permissions"
    seat_id: SeatId | None
    permissions: Permissions


class PauseAll(Command):
    """一键暂停: all six permissions off for everybody but the hub, until restored."""

    type: Literal["pause_all"] = "pause_all"


class RestoreAll(Command):
    """恢复: undo exactly what 一键暂停 did."""

    type: Literal["restore_all"] = "restore_all"


class EndLesson(Command):
    """下课: end the lesson for everybody."""

    type: Literal["end_lesson"] = "end_lesson"


class ShutDown(Command):
    """一键关停: end the lesson everywhere at once and write an incident."""

    type: Literal["shut_down"] = "shut_down"
    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=WITHOUT_NUL)]


class Eject(Command):
    """Lecturer: put a seat out; blocked, it may not come back into this lesson."""

    type: Literal["eject"] = "eject"
    seat_id: SeatId
    is_blocked: bool = False
    reason: Annotated[str, Field(max_length=200, pattern=WITHOUT_NUL)] = ""


class Unblock(Command):
    """Lecturer: let a blocked seat's account and device come back."""

    type: Literal["unblock"] = "unblock"
    seat_id: SeatId


class Say(Command):
    """Text for everybody in the room."""

    type: Literal["say"] = "say"
    text: Annotated[str, Field(min_length=1, max_length=500, pattern=WITHOUT_NUL)]


class SendQuickMessage(Command):
    """A classroom's one-touch message to the hub."""

    type: Literal["send_quick_message"] = "send_quick_message"
    kind: QuickMessageKind


class SetSaving(Command):
    """A classroom asks for less: sound and slides only, or everything again.

    Kept across reconnects. What the seat itself sends is not touched by it.
    """

    type: Literal["set_saving"] = "set_saving"
    is_saving: bool


class ReportHeadcount(Command):
    """The assistant's count of pupils in the classroom."""

    type: Literal["report_headcount"] = "report_headcount"
    count: Annotated[int, Field(ge=0, le=999)]


class Ping(Command):
    """Am I heard? Sent every second or two; a silent connection is closed after 6 s."""

    type: Literal["ping"] = "ping"


AnyClientMessage = (
    GetRoomState
    | Publish
    | Subscribe
    | SubscribeAnswer
    | SetMuted
    | RaiseHand
    | LowerHand
    | InviteToStage
    | LeaveStage
    | SetStageLimit
    | SetPermissions
    | PauseAll
    | RestoreAll
    | EndLesson
    | ShutDown
    | Eject
    | Unblock
    | Say
    | SendQuickMessage
    | SetSaving
    | ReportHeadcount
    | Ping
)
ClientMessage = Annotated[AnyClientMessage, Field(discriminator="type")]


# --- What facts are made of -------------------------------------------------------------


class LessonInfo(Message):
    """What the lesson is; it does not change while the room is open."""

    lesson_id: str
    session_id: str
    kind: Literal["DELIVERY", "MASTER", "ELITE"]
    title: Name
    subject: Name
    grade: Name
    hub_school: Name
    lecturer: Name
    planned_start: str
    planned_end: str
    is_recorded: bool


class Seat(Message):
    """Everything a page needs to know of one seat.

    `stalled`: sources of `publishing` of which nothing comes now, whether muted or cut off.
    """

    seat_id: SeatId
    role: Role
    name: Name
    school: Name
    is_present: bool
    away_since_ms: ClockMs | None = None
    permissions: Permissions
    is_on_stage: bool = False
    hand_raised_at_ms: ClockMs | None = None
    headcount: int | None = None
    muted: tuple[MediaSource, ...] = ()
    publishing: tuple[MediaSource, ...] = ()
    stalled: tuple[MediaSource, ...] = ()
    link: Link = Link.UNKNOWN
    is_echoing: bool = False
    is_blocked: bool = False
    is_saving: bool = False


class RecordingLight(Message):
    """The recording light. `problem` is a code of `media.interface.RecordingStatus`."""

    is_recording: bool
    is_healthy: bool
    stored_s: float
    problem: str | None = None


class ChatLine(Message):
    """One line of chat."""

    clock_ms: ClockMs
    seat_id: SeatId
    name: Name
    text: str


class QuickMessage(Message):
    """A one-touch message that was sent earlier."""

    seat_id: SeatId
    kind: QuickMessageKind
    clock_ms: ClockMs


class TrackRef(Message):
    """What a media section of a subscriber's offer carries."""

    mid: Mid
    seat_id: SeatId
    source: MediaSource


# --- Server to client -------------------------------------------------------------------


class Fact(Message):
    """What every fact shares."""

    seq: Seq


class RoomState(Fact):
    """Everything: sent on entering and on `get_room_state`.

    `is_resumed`, on entering only: the media this page had before lives on at the server, so
    it restarts ICE where it would otherwise begin anew.
    """

    type: Literal["room_state"] = "room_state"
    you: SeatId
    role: Role
    lesson: LessonInfo
    clock_ms: ClockMs
    is_paused: bool
    class_permissions: Permissions
    stage: tuple[SeatId, ...]
    stage_limit: int
    hands: tuple[SeatId, ...]
    seats: tuple[Seat, ...]
    chat: tuple[ChatLine, ...]
    quick_messages: tuple[QuickMessage, ...]
    recording: RecordingLight
    is_resumed: bool = False


class SeatChanged(Fact):
    """A seat is now like this: entered, left, hand, permissions, mute, link, headcount."""

    type: Literal["seat_changed"] = "seat_changed"
    seat: Seat


class HandsChanged(Fact):
    """The hand queue, first come first."""

    type: Literal["hands_changed"] = "hands_changed"
    hands: tuple[SeatId, ...]


class StageChanged(Fact):
    """Who is on stage now."""

    type: Literal["stage_changed"] = "stage_changed"
    stage: tuple[SeatId, ...]
    stage_limit: int


class ClassPermissionsChanged(Fact):
    """What a classroom may do unless its seat says otherwise."""

    type: Literal["class_permissions_changed"] = "class_permissions_changed"
    permissions: Permissions


class PauseChanged(Fact):
    """一键暂停 was pressed, or undone."""

    type: Literal["pause_changed"] = "pause_changed"
    is_paused: bool


class RecordingChanged(Fact):
    """The recording light."""

    type: Literal["recording_changed"] = "recording_changed"
    recording: RecordingLight


class PlannedTrack(Message):
    """What a seat is sent of one track: layer 0 is the smallest; null: held back."""

    seat_id: SeatId
    source: MediaSource
    layer: int | None
    top_layer: int
    kbps: int


class LinkMeasured(Fact):
    """How a seat's line is, in figures. For the lecturer, supervisors and the seat itself.

    `cause` says what is wrong, `bad_leg` on which way; `plan` what the seat is sent, the most
    important first. Budgets are what was declared, the estimate what seems to get through.
    """

    type: Literal["link_measured"] = "link_measured"
    seat_id: SeatId
    link: Link
    rtt_ms: int | None
    loss_up_percent: float | None
    loss_down_percent: float | None
    kbps_up: int
    kbps_down: int
    estimate_down_kbps: int | None
    budget_down_kbps: int | None
    budget_up_kbps: int | None
    cause: LinkCause | None
    bad_leg: Leg | None
    plan: tuple[PlannedTrack, ...]


class LayersWanted(Fact):
    """Of the encodings you send of a source, these are wanted now; pause the others.

    For the seat that sends them. `rids` are those of its offer (`a=rid`, RFC 8851).
    """

    type: Literal["layers_wanted"] = "layers_wanted"
    source: MediaSource
    rids: Annotated[tuple[Rid, ...], Field(max_length=3)]


class ChatSaid(Fact):
    """Somebody said something."""

    type: Literal["chat_said"] = "chat_said"
    line: ChatLine


class QuickMessageSent(Fact):
    """A classroom's one-touch message. For the lecturer, supervisors and the sender."""

    type: Literal["quick_message_sent"] = "quick_message_sent"
    seat_id: SeatId
    kind: QuickMessageKind
    clock_ms: ClockMs


class LessonEnded(Fact):
    """The lesson is over; the connection is closed after this."""

    type: Literal["lesson_ended"] = "lesson_ended"
    reason: EndReason
    clock_ms: ClockMs


class PublishAnswer(Message):
    """The answer to `publish`."""

    type: Literal["publish_answer"] = "publish_answer"
    ref: Ref | None
    sdp: ServerSdp


class SubscribeOffer(Message):
    """Answer this with `subscribe_answer` of the same revision."""

    type: Literal["subscribe_offer"] = "subscribe_offer"
    revision: int
    sdp: ServerSdp
    tracks: tuple[TrackRef, ...]


class Done(Message):
    """The message `ref` was carried out (sent for every command that had a `ref`)."""

    type: Literal["done"] = "done"
    ref: Ref


class ReturnTicket(Message):
    """With this the page opens its next WebSocket, should the line break: see `return.`."""

    type: Literal["return_ticket"] = "return_ticket"
    ticket: Annotated[str, Field(max_length=256)]


class Pong(Message):
    """You are heard; `clock_ms` sets the page's lesson clock."""

    type: Literal["pong"] = "pong"
    ref: Ref | None
    clock_ms: ClockMs


class Error(Message):
    """The message `ref` was not carried out. `code` is of `signaling.errors.ErrorCode`."""

    type: Literal["error"] = "error"
    ref: Ref | None
    code: str
    detail: str


AnyServerMessage = (
    RoomState
    | SeatChanged
    | HandsChanged
    | StageChanged
    | ClassPermissionsChanged
    | PauseChanged
    | RecordingChanged
    | LinkMeasured
    | LayersWanted
    | ChatSaid
    | QuickMessageSent
    | LessonEnded
    | PublishAnswer
    | SubscribeOffer
    | ReturnTicket
    | Done
    | Pong
    | Error
)
ServerMessage = Annotated[AnyServerMessage, Field(discriminator="type")]

client_message_adapter: TypeAdapter[AnyClientMessage] = TypeAdapter(ClientMessage)
server_message_adapter: TypeAdapter[AnyServerMessage] = TypeAdapter(ServerMessage)
