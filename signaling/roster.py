"""The seats of a room, who may take them, and what each may do."""

from collections.abc import Iterable, Iterator, Sequence

from signaling.config import RoomConfig
from signaling.errors import ErrorCode, SignalError
from signaling.messages import MediaSource, Permissions, Role, Seat
from signaling.participant import DEFAULT_PERMISSIONS, Participant, SeatRates, SeatState
from signaling.plan import PlannedSeat
from signaling.ports import Admission, Holders, RoomSeed
from signaling.saved_state import SavedRoom, SavedSeat


class Roster:
    """All seats in the order they were first known, with the class default and the pause."""

    def __init__(self, seed: RoomSeed, saved: SavedRoom | None, config: RoomConfig) -> None:
        self._config = config
        self._seats: dict[str, Participant] = {}
        self.is_paused = saved.is_paused if saved else False
        seeded = seed.class_permissions or DEFAULT_PERMISSIONS
        self.class_permissions = saved.class_permissions if saved else seeded
        for seat in saved.seats if saved else ():
            self._restore(seat, opened_at_ms=round(seed.elapsed_s * 1000))
        for expected in seed.seats:
            known = self._seats.get(expected.seat_id)
            if known is None:
                known = self._add(expected.seat_id, expected.role)
            known.call(expected.name, expected.school)
            known.may_record_video = expected.may_record_video

    def __iter__(self) -> Iterator[Participant]:
        return iter(self._seats.values())

    def __getitem__(self, seat_id: str) -> Participant:
        """Return a seat. Raise SignalError `no_such_seat`."""
        if seat_id not in self._seats:
            raise SignalError(ErrorCode.NO_SUCH_SEAT, "There is no such seat in this room.")
        return self._seats[seat_id]

    def __contains__(self, seat_id: str) -> bool:
        return seat_id in self._seats

    def is_present(self, seat_id: str) -> bool:
        """Return whether a seat is known and held by a connection."""
        return seat_id in self._seats and self._seats[seat_id].is_present

    def admit(self, admission: Admission) -> Participant:
        """Return the seat this admission is for. Raise SignalError `blocked`, `not_invited`.

        A seat is blocked with the account and the device that held it: none of the three
        comes back in another combination.
        """
        if any(_is_blocked_with(seat, admission) for seat in self):
            raise SignalError(
                ErrorCode.BLOCKED, "The lecturer has put this seat out of the lesson."
            )
        seat = self._seats.get(admission.seat_id)
        if seat is None:
            return self._add(admission.seat_id, admission.role)
        if seat.role is not admission.role:
            raise SignalError(ErrorCode.NOT_INVITED, "This seat has another role in this room.")
        return seat

    def present(self, roles: Iterable[Role] = tuple(Role)) -> tuple[str, ...]:
        """Return the seats of these roles that are here."""
        wanted = frozenset(roles)
        return tuple(p.seat_id for p in self if p.is_present and p.role in wanted)

    def is_sound_due(self) -> bool:
        """Return whether the lecturer's sound comes: whoever is here should hear it."""
        microphone = MediaSource.MICROPHONE
        return any(
            microphone in seat.publishing - seat.stalled - seat.muted
            for seat in self
            if seat.role is Role.LECTURER
        )

    def holders(self) -> Holders:
        """Return with whom the seats are held that are here, or whose media lives on."""
        held = [seat for seat in self if seat.is_present or seat.has_media]
        return Holders(
            frozenset(seat.account_id for seat in held if seat.account_id is not None),
            frozenset(seat.device_id for seat in held if seat.device_id is not None),
        )

    def permissions(self, seat: Participant) -> Permissions:
        """Return what a seat may do at this moment."""
        return seat.permissions(self.class_permissions, is_paused=self.is_paused)

    def view(self, seat: Participant, stage: Sequence[str]) -> Seat:
        """Return a seat as a page sees it."""
        return seat.view(self.permissions(seat), is_on_stage=seat.seat_id in stage)

    def planned(self, stage: Sequence[str]) -> list[PlannedSeat]:
        """Return what the forwarding plan is made of."""
        return [
            PlannedSeat(
                seat_id=seat.seat_id,
                role=seat.role,
                is_present=seat.is_present,
                is_receiving=seat.is_receiving,
                is_on_stage=seat.seat_id in stage,
                permissions=self.permissions(seat),
                may_record_video=seat.may_record_video,
                is_saving=seat.is_saving,
            )
            for seat in self
        ]

    def saved(self) -> tuple[SavedSeat, ...]:
        """Return what the seats keep across a restart."""
        return tuple(
            SavedSeat(
                seat_id=seat.seat_id,
                role=seat.role,
                name=seat.name,
                school=seat.school,
                may_record_video=seat.may_record_video,
                has_come=seat.state is not SeatState.EXPECTED,
                is_blocked=seat.is_blocked,
                account_id=seat.account_id,
                device_id=seat.device_id,
                away_since_ms=seat.away_since_ms,
                override=seat.override,
                hand_raised_at_ms=seat.hand_raised_at_ms,
                headcount=seat.headcount,
                muted=tuple(sorted(seat.muted)),
                is_saving=seat.is_saving,
            )
            for seat in self
        )

    def _add(self, seat_id: str, role: Role) -> Participant:
        # A seat the lesson did not list has no consent on file: its picture is not recorded.
        seat = Participant(
            seat_id=seat_id, role=role, name="", school="", rates=SeatRates(self._config)
        )
        self._seats[seat_id] = seat
        return seat

    def _restore(self, saved: SavedSeat, *, opened_at_ms: int) -> None:
        seat = self._add(saved.seat_id, saved.role)
        seat.call(saved.name, saved.school)
        seat.may_record_video = saved.may_record_video
        if saved.is_blocked:
            seat.state = SeatState.BLOCKED
        elif saved.has_come:
            seat.state = SeatState.AWAY
            seat.away_since_ms = opened_at_ms
        seat.account_id, seat.device_id = saved.account_id, saved.device_id
        # Whoever was here when the server stopped has been away since the room reopened.
        if saved.away_since_ms is not None:
            seat.away_since_ms = saved.away_since_ms
        seat.override = saved.override
        seat.hand_raised_at_ms = saved.hand_raised_at_ms
        seat.headcount = saved.headcount
        seat.is_saving = saved.is_saving
        seat.muted = set(saved.muted)


def _is_blocked_with(seat: Participant, admission: Admission) -> bool:
    return seat.is_blocked and (
        seat.seat_id == admission.seat_id
        or (seat.account_id is not None and seat.account_id == admission.account_id)
        or (seat.device_id is not None and seat.device_id == admission.device_id)
    )
