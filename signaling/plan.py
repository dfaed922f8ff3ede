"""Who receives what, as a pure function of the room: the heart of server-side permission."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from media.core.ids import PeerId, Source, TrackKey
from media.interface import ForwardingPlan, Priority
from signaling.messages import Permissions, Role

NOTHING: Final = ForwardingPlan()


@dataclass(frozen=True, slots=True)
class PlannedSeat:
    """What the plan needs to know of a seat. `permissions` are those of this moment.

    `is_receiving`: it is present, or its line broke just now and its media may be heard again at
    any moment. `is_saving`: it asked for sound and slides only.
    """

    seat_id: str
    role: Role
    is_present: bool
    is_receiving: bool
    is_on_stage: bool
    permissions: Permissions
    may_record_video: bool
    is_saving: bool = False


#: What a seat that saves is spared: faces. Sound and what is on a screen it gets.
_SPARED: Final = frozenset({Source.CAMERA, Source.SECOND_CAMERA})


def forwarding_plan(seats: Sequence[PlannedSeat], *, is_recorded: bool) -> ForwardingPlan:
    """Return everything that may flow; what is not in it is dropped at the router.

    The lecturer's tracks go to everybody present and are planned for as long as their media
    lives, so a WebSocket that breaks for a moment interrupts neither picture nor recording. Nor
    does it at the other end: a seat whose line broke receives until its media is given up, so
    that what comes over the line when it is back is the lesson, before anything is negotiated.
    A classroom's camera goes to the lecturer and the supervisors, and to everybody while on
    stage; its microphone and screen to everybody, on stage only. Nobody receives their own.
    Whoever saves receives no camera; what they send is as everybody's.
    """
    receiving = [seat for seat in seats if seat.is_receiving]
    everybody = frozenset(PeerId(seat.seat_id) for seat in receiving)
    saving = frozenset(PeerId(seat.seat_id) for seat in receiving if seat.is_saving)
    staff = frozenset(PeerId(seat.seat_id) for seat in receiving if seat.role is not Role.CLASSROOM)
    audience: dict[TrackKey, frozenset[PeerId]] = {}
    priority: dict[TrackKey, Priority] = {}
    recorded: set[TrackKey] = set()
    for seat in seats:
        peer_id = PeerId(seat.seat_id)
        for source in _sources(seat):
            track = TrackKey(peer_id, source)
            is_seen_by_all = seat.role is Role.LECTURER or seat.is_on_stage
            receivers = (everybody if is_seen_by_all else staff) - {peer_id}
            if source in _SPARED:
                receivers -= saving
            if receivers:
                audience[track] = receivers
                priority[track] = _priority(seat, source)
            if is_recorded and _is_recorded(seat, source):
                recorded.add(track)
    return ForwardingPlan(audience=audience, recorded=frozenset(recorded), priority=priority)


def _sources(seat: PlannedSeat) -> Iterable[Source]:
    """Return what may leave this seat."""
    if seat.role is Role.LECTURER:
        return tuple(Source)
    if seat.role is Role.SUPERVISOR or not seat.is_present:
        return ()
    granted = (
        (Source.CAMERA, seat.permissions.video),
        (Source.MICROPHONE, seat.is_on_stage and seat.permissions.audio),
        (Source.SCREEN, seat.is_on_stage and seat.permissions.screen),
    )
    return tuple(source for source, is_granted in granted if is_granted)


def _priority(seat: PlannedSeat, source: Source) -> Priority:
    """Return how long a track is protected on a line that is too narrow for all.

    Whoever shares a screen, it outranks every camera: a page is read, a face is seen.
    """
    is_hub = seat.role is Role.LECTURER
    match source:
        case Source.MICROPHONE:
            return Priority.HUB_AUDIO if is_hub else Priority.STAGE_AUDIO
        case Source.SCREEN:
            return Priority.SLIDES
        case Source.CAMERA | Source.SECOND_CAMERA:
            return Priority.HUB_VIDEO if is_hub else Priority.OTHER
        case _:
            assert_never(source)


def _is_recorded(seat: PlannedSeat, source: Source) -> bool:
    """Return whether a track that may flow is kept: the lecturer, and the stage with consent."""
    if seat.role is Role.LECTURER:
        return True
    return seat.is_on_stage and (source is not Source.CAMERA or seat.may_record_video)
