"""One seat of a room: what it is, what it may do, and what it keeps while it is away."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from media.interface import LinkBudget
from signaling.config import RoomConfig
from signaling.link_judge import Verdict
from signaling.link_statistics import LinkStatistics
from signaling.links import LinkMeter, Trouble
from signaling.messages import (
    NAME_LENGTH,
    LayersWanted,
    Leg,
    Link,
    LinkCause,
    MediaSource,
    Permissions,
    Role,
    Seat,
)
from signaling.ports import Admission
from signaling.rates import TokenBucket
from signaling.reception import Reception

ALL_PERMISSIONS: Final = Permissions(
    video=True, audio=True, annotate=True, screen=True, file=True, text=True
)
NO_PERMISSIONS: Final = Permissions(
    video=False, audio=False, annotate=False, screen=False, file=False, text=False
)
DEFAULT_PERMISSIONS: Final = Permissions(
    video=True, audio=True, annotate=False, screen=False, file=False, text=True
)
UNDECLARED: Final = LinkBudget(down_kbps=None, up_kbps=None)


class SeatState(StrEnum):
    """Where a seat is in its life in the room."""

    EXPECTED = "expected"
    PRESENT = "present"
    AWAY = "away"
    BLOCKED = "blocked"


class SeatMove(StrEnum):
    """What can happen to a seat."""

    ENTER = "enter"
    LEAVE = "leave"
    BLOCK = "block"
    UNBLOCK = "unblock"


NEXT: Final = {
    (SeatState.EXPECTED, SeatMove.ENTER): SeatState.PRESENT,
    (SeatState.EXPECTED, SeatMove.BLOCK): SeatState.BLOCKED,
    (SeatState.PRESENT, SeatMove.LEAVE): SeatState.AWAY,
    (SeatState.AWAY, SeatMove.ENTER): SeatState.PRESENT,
    (SeatState.AWAY, SeatMove.BLOCK): SeatState.BLOCKED,
    (SeatState.BLOCKED, SeatMove.BLOCK): SeatState.BLOCKED,
    (SeatState.BLOCKED, SeatMove.UNBLOCK): SeatState.AWAY,
}


class SeatRates:
    """How often one seat may do what costs others something."""

    def __init__(self, config: RoomConfig) -> None:
        self.say = TokenBucket(config.say)
        self.quick_message = TokenBucket(config.quick_message)
        self.action = TokenBucket(config.classroom_action)
        self.negotiation = TokenBucket(config.negotiation)
        self.link_measured = TokenBucket(config.link_measured)


@dataclass(slots=True)
class Participant:
    """A seat. It stays in the room when it is away, and comes back as it left.

    `override` is what the lecturer gave this seat in place of the class default.
    `media_until`: when the media of a seat that left is removed (monotonic seconds).
    `page`: what the page that came last calls itself; only that page finds its media again.
    `number`: which of all connections it came with, in the order in which they were opened.
    """

    seat_id: str
    role: Role
    name: str
    school: str
    rates: SeatRates
    may_record_video: bool = False
    state: SeatState = SeatState.EXPECTED
    account_id: str | None = None
    device_id: str | None = None
    page: str | None = None
    number: int = 0
    away_since_ms: int | None = None
    override: Permissions | None = None
    hand_raised_at_ms: int | None = None
    headcount: int | None = None
    is_saving: bool = False
    muted: set[MediaSource] = field(default_factory=set)
    publishing: set[MediaSource] = field(default_factory=set)
    stalled: set[MediaSource] = field(default_factory=set)
    #: What the seat was told of its tracks that have several encodings.
    layers_wanted: dict[MediaSource, LayersWanted] = field(default_factory=dict)
    meter: LinkMeter = field(default_factory=LinkMeter)
    verdict: Verdict = field(default_factory=Verdict)
    statistics: LinkStatistics = field(default_factory=LinkStatistics)
    #: What of the hub reached it; kept of classrooms only.
    reception: Reception = field(default_factory=Reception)
    is_echoing: bool = False
    budget: LinkBudget = UNDECLARED
    has_media: bool = False
    #: Its page has negotiated this media: it was told that it starts anew, if it did.
    is_media_known: bool = False
    media_until: float | None = None
    #: It did not leave: its connection broke, or nothing was heard over it.
    is_line_broken: bool = False

    @property
    def is_present(self) -> bool:
        """Return whether a connection holds this seat now."""
        return self.state is SeatState.PRESENT

    @property
    def is_receiving(self) -> bool:
        """Return whether media is sent to this seat: also to one whose line may be back soon."""
        return self.is_present or (self.is_line_broken and self.media_until is not None)

    @property
    def is_blocked(self) -> bool:
        """Return whether the lecturer put this seat out for the rest of the lesson."""
        return self.state is SeatState.BLOCKED

    def move(self, move: SeatMove) -> None:
        """Go to the next state; a move that is not in the table is a bug of ours."""
        self.state = NEXT[self.state, move]

    def come(self, admission: Admission, *, page: str | None, number: int) -> None:
        """Take the seat for the holder of this admission; what the seat kept stays."""
        self.move(SeatMove.ENTER)
        self.page, self.number = page, number
        self.call(admission.name, admission.school)
        self.account_id, self.device_id = admission.account_id, admission.device_id
        self.budget = LinkBudget(admission.budget_down_kbps, admission.budget_up_kbps)
        self.away_since_ms = None
        self.media_until = None
        self.is_line_broken = False

    def call(self, name: str, school: str) -> None:
        """Take these names, cut to what a message may carry: a long one must not end a lesson."""
        self.name, self.school = name[:NAME_LENGTH], school[:NAME_LENGTH]

    def is_resumed_by(self, page: str | None) -> bool:
        """Return whether the seat's media is this page's own, from an earlier connection.

        A socket may take the seat and break before its page hears a word. What was begun then
        is not the page's: it still holds what it had before, and would go on with that.
        """
        return self.has_media and self.is_media_known and page is not None and page == self.page

    def negotiate(self) -> None:
        """Note that the page speaks of its media, and so knows how it entered."""
        self.has_media = self.is_media_known = True

    def go(self, *, clock_ms: int) -> None:
        """Leave the seat. Its line is measured anew when it comes back."""
        self.move(SeatMove.LEAVE)
        self.away_since_ms = clock_ms
        self.meter, self.verdict = LinkMeter(), Verdict()

    def drop_media(self) -> tuple[MediaSource, ...]:
        """Forget what was published and return it, in a fixed order."""
        stopped = tuple(sorted(self.publishing))
        self.publishing.clear()
        self.stalled.clear()
        self.layers_wanted.clear()
        self.has_media = self.is_media_known = False
        self.media_until = None
        return stopped

    def permissions(self, class_permissions: Permissions, *, is_paused: bool) -> Permissions:
        """Return what this seat may do at this moment."""
        if self.role is Role.LECTURER:
            return ALL_PERMISSIONS
        if self.role is Role.SUPERVISOR or is_paused:
            return NO_PERMISSIONS
        return self.override or class_permissions

    @property
    def link(self) -> Link:
        """Return the badge: away, or what is measured, or that only its sound comes."""
        if not self.is_present:
            return Link.AWAY
        return Link.SOUND_ONLY if self._sends_sound_only else self.meter.link

    @property
    def trouble(self) -> Trouble | None:
        """Return what is wrong with the line, by what comes over it."""
        measured = self.meter.trouble
        if self._sends_sound_only and (measured is None or measured.leg is not Leg.UP):
            return Trouble(LinkCause.NARROW_UP, Leg.UP)
        return measured

    @property
    def _sends_sound_only(self) -> bool:
        is_picture_missing = (
            MediaSource.CAMERA in self.stalled and MediaSource.CAMERA not in self.muted
        )
        is_sound_coming = (
            MediaSource.MICROPHONE in self.publishing and MediaSource.MICROPHONE not in self.stalled
        )
        return is_picture_missing and is_sound_coming

    def view(self, permissions: Permissions, *, is_on_stage: bool) -> Seat:
        """Return the seat as a page sees it."""
        return Seat(
            seat_id=self.seat_id,
            role=self.role,
            name=self.name,
            school=self.school,
            is_present=self.is_present,
            away_since_ms=self.away_since_ms,
            permissions=permissions,
            is_on_stage=is_on_stage,
            hand_raised_at_ms=self.hand_raised_at_ms,
            headcount=self.headcount,
            muted=tuple(sorted(self.muted)),
            publishing=tuple(sorted(self.publishing)),
            stalled=tuple(sorted(self.stalled & self.publishing)),
            link=self.link,
            is_echoing=self.is_echoing,
            is_blocked=self.is_blocked,
            is_saving=self.is_saving,
        )
