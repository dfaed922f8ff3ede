"""Who receives what: the plan, checked against the rules for any room."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from media.core.ids import PeerId, Source, TrackKey
from media.interface import Priority
from signaling.messages import Permissions, Role
from signaling.plan import PlannedSeat, forwarding_plan

ALL = Permissions(video=True, audio=True, annotate=True, screen=True, file=True, text=True)
permissions = st.builds(Permissions, **{name: st.booleans() for name in Permissions.model_fields})


@st.composite
def rooms(draw: st.DrawFn) -> list[PlannedSeat]:
    number = draw(st.integers(0, 6))
    roles = [Role.LECTURER] + [
        draw(st.sampled_from([Role.CLASSROOM, Role.SUPERVISOR])) for _ in range(number)
    ]
    present = [draw(st.booleans()) for _ in roles]
    return [
        PlannedSeat(
            seat_id=f"seat-{index}",
            role=role,
            is_present=present[index],
            is_receiving=present[index] or draw(st.booleans()),
            is_on_stage=role is Role.CLASSROOM and draw(st.booleans()),
            permissions=draw(permissions),
            may_record_video=draw(st.booleans()),
            is_saving=role is Role.CLASSROOM and draw(st.booleans()),
        )
        for index, role in enumerate(roles)
    ]


@given(rooms(), st.booleans())
def test_only_seats_here_or_coming_back_receive_and_nobody_receives_their_own(
    seats: list[PlannedSeat], is_recorded: bool
) -> None:
    present = {PeerId(seat.seat_id) for seat in seats if seat.is_receiving}
    for track, audience in forwarding_plan(seats, is_recorded=is_recorded).audience.items():
        assert audience
        assert audience <= present
        assert track.peer_id not in audience


@given(rooms(), st.booleans())
def test_every_planned_track_of_a_classroom_is_granted(
    seats: list[PlannedSeat], is_recorded: bool
) -> None:
    plan = forwarding_plan(seats, is_recorded=is_recorded)
    by_peer = {PeerId(seat.seat_id): seat for seat in seats}
    for peer_id, source in {*plan.audience, *plan.recorded}:
        seat = by_peer[peer_id]
        if seat.role is Role.LECTURER:
            continue
        assert seat.role is Role.CLASSROOM
        assert seat.is_present
        granted = {
            Source.CAMERA: seat.permissions.video,
            Source.MICROPHONE: seat.permissions.audio and seat.is_on_stage,
            Source.SCREEN: seat.permissions.screen and seat.is_on_stage,
            Source.SECOND_CAMERA: False,
        }
        assert granted[source]


@given(rooms())
def test_off_stage_only_staff_see_a_classroom(seats: list[PlannedSeat]) -> None:
    plan = forwarding_plan(seats, is_recorded=True)
    classrooms = {PeerId(s.seat_id) for s in seats if s.role is Role.CLASSROOM}
    off_stage = {PeerId(s.seat_id) for s in seats if s.role is Role.CLASSROOM and not s.is_on_stage}
    for track, audience in plan.audience.items():
        if track.peer_id in off_stage:
            assert track.source is Source.CAMERA
            assert not audience & classrooms
    assert not {track.peer_id for track in plan.recorded} & off_stage


@given(rooms())
def test_everybody_here_or_coming_back_receives_all_of_the_lecturer(
    seats: list[PlannedSeat],
) -> None:
    plan = forwarding_plan(seats, is_recorded=False)
    hub = PeerId("seat-0")
    others = frozenset(PeerId(s.seat_id) for s in seats[1:] if s.is_receiving)
    seeing = frozenset(PeerId(s.seat_id) for s in seats[1:] if s.is_receiving and not s.is_saving)
    for source in Source:
        is_face = source in {Source.CAMERA, Source.SECOND_CAMERA}
        expected = seeing if is_face else others
        assert plan.audience.get(TrackKey(hub, source), frozenset()) == expected
    assert plan.recorded == frozenset()


@given(rooms(), st.booleans())
def test_saving_takes_cameras_from_whoever_saves_and_changes_nothing_else(
    seats: list[PlannedSeat], is_recorded: bool
) -> None:
    plain = forwarding_plan([replace(s, is_saving=False) for s in seats], is_recorded=is_recorded)
    plan = forwarding_plan(seats, is_recorded=is_recorded)
    saving = {PeerId(seat.seat_id) for seat in seats if seat.is_saving}
    assert plan.recorded == plain.recorded
    for track, audience in plain.audience.items():
        is_face = track.source in {Source.CAMERA, Source.SECOND_CAMERA}
        spared = saving if is_face else set()
        assert plan.audience.get(track, frozenset()) == audience - spared


def seat(seat_id: str, role: Role = Role.CLASSROOM, **changes: bool) -> PlannedSeat:
    values = {"is_present": True, "is_on_stage": False, "may_record_video": True} | changes
    values.setdefault("is_receiving", values["is_present"])
    return PlannedSeat(seat_id=seat_id, role=role, permissions=ALL, **values)


def test_a_stage_seat_is_heard_and_seen_by_all_and_recorded() -> None:
    plan = forwarding_plan(
        [seat("hub", Role.LECTURER), seat("a", is_on_stage=True), seat("b")], is_recorded=True
    )
    on_stage = PeerId("a")
    for source in (Source.CAMERA, Source.MICROPHONE, Source.SCREEN):
        assert plan.audience[TrackKey(on_stage, source)] == {"hub", "b"}
        assert TrackKey(on_stage, source) in plan.recorded


def test_without_consent_a_stage_seat_is_recorded_without_its_picture() -> None:
    plan = forwarding_plan(
        [seat("hub", Role.LECTURER), seat("a", is_on_stage=True, may_record_video=False)],
        is_recorded=True,
    )
    recorded = {track.source for track in plan.recorded if track.peer_id == "a"}
    assert recorded == {Source.MICROPHONE, Source.SCREEN}
    assert TrackKey(PeerId("a"), Source.CAMERA) in plan.audience


def test_the_lecturers_media_is_planned_while_the_websocket_is_away() -> None:
    plan = forwarding_plan(
        [seat("hub", Role.LECTURER, is_present=False), seat("a")], is_recorded=True
    )
    assert plan.audience[TrackKey(PeerId("hub"), Source.CAMERA)] == {"a"}
    assert TrackKey(PeerId("hub"), Source.CAMERA) in plan.recorded


def test_a_seat_whose_line_broke_receives_and_is_not_forwarded() -> None:
    seats = [seat("hub", Role.LECTURER), seat("a", is_present=False, is_receiving=True)]
    plan = forwarding_plan(seats, is_recorded=True)
    assert plan.audience[TrackKey(PeerId("hub"), Source.CAMERA)] == {"a"}
    assert not [track for track in plan.audience if track.peer_id == "a"]


@given(rooms(), st.booleans())
def test_every_track_somebody_receives_has_its_rank_and_no_other(
    seats: list[PlannedSeat], is_recorded: bool
) -> None:
    plan = forwarding_plan(seats, is_recorded=is_recorded)
    assert plan.priority.keys() == plan.audience.keys()
    lecturers = {PeerId(seat.seat_id) for seat in seats if seat.role is Role.LECTURER}
    for track, priority in plan.priority.items():
        is_hub = track.peer_id in lecturers
        assert (
            priority
            is {
                Source.MICROPHONE: Priority.HUB_AUDIO if is_hub else Priority.STAGE_AUDIO,
                Source.SCREEN: Priority.SLIDES,
                Source.CAMERA: Priority.HUB_VIDEO if is_hub else Priority.OTHER,
                Source.SECOND_CAMERA: Priority.HUB_VIDEO,
            }[track.source]
        )
