"""Session pages and replays, put together from attendance and recordings."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import names_of
from app.attendance import links, queries
from app.attendance.listing import ListedSession
from app.attendance.models import ClassEvent, Session
from app.attendance.names import NamedSeat, seats_of
from app.attendance.row_schemas import AmendmentOut
from app.attendance.schemas import LineFigures
from app.attendance.seats import site_seat
from app.attendance.standing import Standing, duration_ms, standings
from app.attendance.timeline import Happening, Span, pause_spans, stage_spans
from app.jobs.models import Job
from app.lessons.schemas import LessonCard
from app.live import rebuilding
from app.live.chapters import ChapterKind, chapters_of, shown_in_clips, shown_in_parts
from app.live.queries import replay_ms
from app.live.replay_schemas import CaptionsTrackOut, ChapterOut, ClipOut, ReplayOut
from app.live.schemas import (
    AttendanceOut,
    BarOut,
    ChainOut,
    IncidentOut,
    LiveOut,
    MissingOut,
    PortionOut,
    RebuildWaitsOut,
    RecordingOut,
    SeatLineOut,
    SeatOut,
    SessionDetail,
    SessionHead,
    SessionItem,
    SpanOut,
    StageOut,
)
from app.recordings import captions, publishing
from app.recordings.models import Recording
from app.recordings.reserved import reserved_until
from media.recorder.playlists import Lane
from signaling.ports import RoomSummary

TIMELINE_TYPES = ("stage_granted", "stage_released", "paused_all", "restored_all")


def item(listed: ListedSession, recording: Recording | None) -> SessionItem:
    """Return a session as the list shows it."""
    session, lesson = listed.session, listed.lesson
    return SessionItem(
        id=session.id,
        lesson_id=lesson.id,
        title=lesson.title,
        kind=lesson.kind,
        subject=lesson.subject,
        grade=lesson.grade,
        hub_school=listed.hub_school,
        lecturer=listed.lecturer,
        planned_start=lesson.planned_start,
        planned_end=lesson.planned_end,
        started_at=session.started_at,
        ended_at=session.ended_at,
        end_reason=session.end_reason,
        lesson_state=lesson.state,
        sites_total=listed.sites_total,
        sites_attended=listed.sites_attended,
        headcount_total=listed.headcount_total,
        recording_state=recording.state if recording else None,
        is_live=session.ended_at is None,
    )


async def detail(
    db: AsyncSession,
    listed: ListedSession,
    *,
    card: LessonCard,
    recording: Recording | None,
    room: RoomSummary | None,
    sight: Collection[str] | None,
    reporters: Mapping[UUID, str],
    now: datetime,
) -> SessionDetail:
    """Return everything on a session's page. `sight`: the seats to be shown; None: all.

    `reporters`: who reported a row's head count, of those the caller is told.
    """
    session = listed.session
    incidents = await queries.incidents(db, session.id)
    actors = {incident.actor for incident in incidents if incident.actor}
    everybody = await seats_of(db, session.lesson_id, session.id, others=actors)
    seats = {key: seat for key, seat in everybody.items() if sight is None or key in sight}
    length_ms = duration_ms(session, now=now)
    happenings = await happenings_of(db, session.id)
    check = await queries.check_chain(db, session)
    rows = await standings(db, session, now=now)
    amendments = await _amendments(db, session)
    attendance = _attendance(rows, seats, amendments, reporters)
    stages = [
        span
        for span in stage_spans(happenings, end_ms=length_ms)
        if sight is None or span.seat_id in sight
    ]
    return SessionDetail(
        session=SessionHead(
            **item(listed, recording).model_dump(),
            epoch=session.epoch,
            interruptions=sum(row.interruptions for row in attendance),
        ),
        lesson=card,
        duration_ms=length_ms,
        planned_ms=round((card.planned_end - card.planned_start).total_seconds() * 1000),
        attendance=attendance,
        stage=_stage(stages, seats),
        pauses=_pauses(pause_spans(happenings, end_ms=length_ms)),
        recording=await _recording_out(db, recording, seats, now=now) if recording else None,
        incidents=[
            IncidentOut(
                clock_ms=incident.clock_ms,
                at=incident.at,
                action=incident.action,
                actor=incident.actor,
                actor_name=_label(everybody, incident.actor),
                reason=incident.reason,
            )
            for incident in incidents
        ],
        seats=[
            SeatOut(seat_id=seat.seat_id, name=seat.name, role=seat.role, school=seat.school)
            for seat in seats.values()
        ],
        lines=await _lines(db, session, seats),
        chain=ChainOut(events=check.events, is_intact=check.is_intact, broken_at=check.broken_at),
        live=_live(room, sight) if room and session.ended_at is None else None,
    )


async def replay(
    db: AsyncSession, session: Session, recording: Recording, *, now: datetime
) -> ReplayOut:
    """Return a lesson to watch again: its clips, and what the time line beside them shows."""
    seats = await seats_of(db, session.lesson_id, session.id)
    length_ms = replay_ms(session, recording, now=now)
    happenings = await happenings_of(db, session.id)
    came = await queries.stays_by_site(db, session.id)
    clips = sorted(recording.clips, key=lambda clip: (clip.start_ms, clip.seat_id, clip.group))
    stage = stage_spans(happenings, end_ms=length_ms)
    pauses = pause_spans(happenings, end_ms=length_ms)
    names = {seat.seat_id: seat.label for seat in seats.values()}
    return ReplayOut(
        session_id=session.id,
        title=session.lesson.title,
        state=recording.state,
        duration_ms=length_ms,
        clips=[
            ClipOut(
                id=clip.id,
                seat_id=clip.seat_id,
                name=_label(seats, clip.seat_id) or clip.seat_id,
                group=clip.group,
                mime=clip.mime,
                start_ms=clip.start_ms,
                duration_ms=clip.duration_ms,
                has_audio=clip.has_audio,
                has_video=clip.has_video,
                url=f"/api/recordings/clips/{clip.id}",
            )
            for clip in clips
        ],
        captions=[
            CaptionsTrackOut(
                id=each.id,
                language=each.language,
                label=each.label,
                url=captions.url_of(each),
            )
            for each in await captions.of_recording(db, recording.id)
        ],
        stage=_stage(stage, seats),
        pauses=_pauses(pauses),
        chapters=[
            ChapterOut.model_validate(one)
            for one in chapters_of(
                shown_in_clips(clips), stage, pauses, names=names, length_ms=length_ms
            )
        ],
        missing=_missing(recording, seats),
        attended=len(came),
    )


async def chapters_so_far(
    db: AsyncSession,
    session_id: UUID,
    lanes: Sequence[Lane],
    seats: Mapping[str, NamedSeat],
    *,
    until_ms: int,
    is_over: bool,
) -> list[ChapterOut]:
    """Return the chapters of what there is of a recording up to `until_ms`.

    Where the teacher is not seen yet at its end, the next part may show them, unless it `is_over`.
    """
    happenings = await happenings_of(db, session_id)
    found = chapters_of(
        shown_in_parts(lanes),
        stage_spans(happenings, end_ms=until_ms),
        pause_spans(happenings, end_ms=until_ms),
        names={seat.seat_id: seat.label for seat in seats.values()},
        length_ms=until_ms,
    )
    return [
        ChapterOut.model_validate(one)
        for one in found
        if is_over or one.kind is not ChapterKind.HOLE or one.to_ms < until_ms
    ]


async def _lines(db: AsyncSession, session: Session, seats: Collection[str]) -> list[SeatLineOut]:
    declared = await links.declared_of(db, session.lesson_id)
    found = []
    for link in await links.of_session(db, session.id, seats=seats):
        site = link.lesson_site_id
        down, up = declared.get(site, (None, None)) if site is not None else (None, None)
        found.append(
            SeatLineOut(
                seat_id=link.seat_id,
                measured=LineFigures.model_validate(link),
                budget_down_kbps=down,
                budget_up_kbps=up,
            )
        )
    return found


async def happenings_of(db: AsyncSession, session_id: UUID) -> list[Happening]:
    """Return the events of a lesson that a time line shows."""
    rows: Sequence[ClassEvent] = await queries.events_of_types(db, session_id, TIMELINE_TYPES)
    return [Happening(row.type, row.clock_ms, row.seat_id) for row in rows]


async def _amendments(db: AsyncSession, session: Session) -> dict[UUID, list[AmendmentOut]]:
    found = await queries.amendments_of_session(db, session.id)
    names = await names_of(db, {each.person_id for some in found.values() for each in some})
    return {key: [AmendmentOut.of(each, names) for each in some] for key, some in found.items()}


def _attendance(
    rows: Sequence[Standing],
    seats: Mapping[str, NamedSeat],
    amendments: Mapping[UUID, list[AmendmentOut]],
    reporters: Mapping[UUID, str],
) -> list[AttendanceOut]:
    order = {seat_id: place for place, seat_id in enumerate(seats)}
    shown = [row for row in rows if site_seat(row.record.lesson_site_id) in seats]
    ranked = sorted(shown, key=lambda row: order[site_seat(row.record.lesson_site_id)])
    return [
        _attendance_row(
            row,
            seats[site_seat(row.record.lesson_site_id)],
            amendments.get(row.record.id, []),
            reporters.get(row.record.id),
        )
        for row in ranked
    ]


def _attendance_row(
    row: Standing, seat: NamedSeat, amendments: list[AmendmentOut], headcount_by: str | None
) -> AttendanceOut:
    record, evidence, minutes = row.record, row.evidence, row.minutes
    return AttendanceOut(
        record_id=record.id,
        site_id=record.lesson_site_id,
        classroom=seat.name,
        school=seat.school,
        planned_ms=record.planned_ms,
        connected_ms=evidence.connected_ms,
        first_joined_ms=evidence.first_joined_ms,
        last_left_ms=evidence.last_left_ms,
        interruptions=evidence.interruptions,
        headcount=record.headcount,
        headcount_source=record.headcount_source,
        headcount_by=headcount_by,
        state=record.state,
        audible_ms=minutes.audible_ms if row.is_measured else None,
        degraded_ms=minutes.degraded_ms if row.is_measured else None,
        lost_ms=minutes.lost_ms if row.is_measured else None,
        offline_ms=minutes.offline_ms if row.is_measured else None,
        visible_ms=minutes.visible_ms if row.is_measured else None,
        is_counted=record.is_counted,
        not_counted_reason=record.not_counted_reason,
        objection=record.objection,
        amendments=amendments,
        agrees=row.agrees,
        bars=[BarOut(from_ms=stay.from_ms, to_ms=stay.to_ms) for stay in evidence.stays],
        portions=[PortionOut.model_validate(each) for each in row.portions if row.is_measured],
    )


def _label(seats: Mapping[str, NamedSeat], seat_id: str | None) -> str | None:
    seat = seats.get(seat_id or "")
    return seat.label if seat else None


def _stage(spans: Sequence[Span], seats: Mapping[str, NamedSeat]) -> list[StageOut]:
    return [
        StageOut(
            seat_id=span.seat_id,
            name=_label(seats, span.seat_id) or span.seat_id,
            from_ms=span.from_ms,
            to_ms=span.to_ms,
        )
        for span in spans
        if span.seat_id is not None
    ]


def _pauses(spans: Sequence[Span]) -> list[SpanOut]:
    return [SpanOut(from_ms=span.from_ms, to_ms=span.to_ms) for span in spans]


async def recording_out(db: AsyncSession, recording: Recording, *, now: datetime) -> RecordingOut:
    """Say how a recording stands."""
    seats = await seats_of(db, recording.lesson_id, recording.session_id)
    return await _recording_out(db, recording, seats, now=now)


async def _recording_out(
    db: AsyncSession, recording: Recording, seats: Mapping[str, NamedSeat], *, now: datetime
) -> RecordingOut:
    again = await rebuilding.last_of(db, recording.id) if recording.missing else None
    return RecordingOut(
        id=recording.id,
        state=recording.state,
        duration_ms=recording.duration_ms,
        bytes=recording.bytes,
        problem=recording.problem,
        missing=_missing(recording, seats),
        rebuild=again.state if again else None,
        rebuild_waits=await _waits(db, again, now=now) if again else None,
        refusing=await publishing.refusing(db, recording),
    )


async def _waits(db: AsyncSession, again: Job, *, now: datetime) -> RebuildWaitsOut | None:
    waits_for = rebuilding.waits_for(again)
    if waits_for is None:
        return None
    is_for_lessons = waits_for is rebuilding.RebuildWait.LESSONS
    until = await reserved_until(db, now=now) if is_for_lessons else None
    return RebuildWaitsOut(waits_for=waits_for, until=until)


def _missing(recording: Recording, seats: Mapping[str, NamedSeat]) -> list[MissingOut]:
    """Say what of these seats cannot be read."""
    return [
        MissingOut(
            name=seats[each["seat_id"]].label,
            group=each["group"],
            kind=each["kind"],
            from_ms=each["start_ms"],
            to_ms=each["end_ms"],
        )
        for each in recording.missing
        if each["seat_id"] in seats
    ]


def _live(room: RoomSummary, sight: Collection[str] | None) -> LiveOut:
    present = [
        seat.seat_id
        for seat in room.seats
        if seat.is_present and (sight is None or seat.seat_id in sight)
    ]
    return LiveOut(present=present, is_paused=room.is_paused)
