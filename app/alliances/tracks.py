"""The four tracks of a pair (四同步): facts in tables of their own, counted on days that count."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.accounts.models import Person
from app.alliances import pairing_queries
from app.alliances.active_days import within
from app.alliances.errors import NotYet
from app.alliances.models import (
    JointPreparation,
    JointTraining,
    Pairing,
    PairingKind,
    PairingState,
    SharedResource,
    Track,
)
from app.alliances.pairings import days_that_count, hub_of, partners_of
from app.alliances.ports import Lane, TaughtLessons
from app.alliances.schemas import TrackCounts
from app.alliances.track_schemas import TrackEventIn
from app.calendars.days import Span, local_day
from app.errors import NotFound, WrongState
from app.files import StoredFile

TrackTable = type[JointPreparation] | type[SharedResource] | type[JointTraining]
TABLES: Mapping[Track, TrackTable] = {
    Track.PREPARATION: JointPreparation,
    Track.RESOURCE: SharedResource,
    Track.TRAINING: JointTraining,
}
Spans = Mapping[UUID, Sequence[Span]]


def table_of(track: Track) -> TrackTable:
    """Return the table an entered track is kept in. Raise NotFound for 授课: nobody enters it."""
    if track not in TABLES:
        raise NotFound("Lessons are not entered: they count when they are taught.")
    return TABLES[track]


async def enter(
    db: AsyncSession,
    pairing: Pairing,
    track: Track,
    body: TrackEventIn,
    *,
    person_id: UUID,
    now: datetime,
) -> UUID:
    """Write an event down. Raise NotYet, WrongState (the pairing is not agreed yet), NotFound.

    A file that is its evidence is one this person handed in.
    """
    table = table_of(track)
    if body.held_on > local_day(now):
        raise NotYet("Enter it when it has taken place.")
    if pairing.state in {PairingState.DRAFT, PairingState.PROPOSED}:
        raise WrongState(
            f"The pairing is {pairing.state}: enter events when the schools have agreed.",
            state=pairing.state,
            possible=[],
        )
    if body.file_id is not None:
        file = await db.get(StoredFile, body.file_id)
        if file is None or file.stored_by != person_id:
            raise NotFound("Hand the file in first.")
    event = table(
        pairing_id=pairing.id,
        **body.model_dump(),
        entered_at=now,
        entered_by=person_id,
    )
    db.add(event)
    await db.flush()
    return event.id


async def withdraw(
    db: AsyncSession,
    pairing: Pairing,
    track: Track,
    event_id: UUID,
    *,
    reason: str,
    person_id: UUID,
    now: datetime,
) -> None:
    """Take an event back by a row beside it. Raise NotFound, WrongState (it was already)."""
    table = table_of(track)
    held_on = await db.scalar(
        select(table.held_on).where(
            table.id == event_id, table.pairing_id == pairing.id, table.withdraws_id.is_(None)
        )
    )
    if held_on is None:
        raise NotFound
    back = table(
        pairing_id=pairing.id,
        held_on=held_on,
        title=reason,
        entered_at=now,
        entered_by=person_id,
        withdraws_id=event_id,
    )
    try:
        async with db.begin_nested():
            db.add(back)
    except IntegrityError:
        raise WrongState("It was taken back already.", state="WITHDRAWN", possible=[]) from None


def events_of(pairing_id: UUID, track: Track) -> Select[*tuple[Any, ...]]:
    """Return a query of a track's events: the row, who entered it, its file, why withdrawn."""
    table = table_of(track)
    back = aliased(table)
    return (
        select(table, Person.name, StoredFile.name, back.title)
        .join(Person, table.entered_by == Person.id)
        .outerjoin(StoredFile, table.file_id == StoredFile.id)
        .outerjoin(back, back.withdraws_id == table.id)
        .where(table.pairing_id == pairing_id, table.withdraws_id.is_(None))
    )


async def file_of(db: AsyncSession, pairing: Pairing, track: Track, event_id: UUID) -> StoredFile:
    """Return the file that is an event's evidence. Raise NotFound."""
    table = table_of(track)
    file = await db.scalar(
        select(StoredFile)
        .join(table, table.file_id == StoredFile.id)
        .where(table.id == event_id, table.pairing_id == pairing.id)
    )
    if file is None:
        raise NotFound("This event has no file.")
    return file


#: Whom a lesson that nobody named a pairing for is counted for, of several that it fits: the more
#: is agreed on, the earlier.
_FIRST = (
    PairingKind.TEACHER_MENTOR,
    PairingKind.INTERACTIVE_1N,
    PairingKind.DELIVERY,
    PairingKind.SCHOOL_AID,
)


def _place(pairing: Pairing) -> tuple[int, date, UUID]:
    return _FIRST.index(pairing.kind), pairing.starts_on, pairing.id


def _lane(pairing: Pairing, spans: Sequence[Span], before: Sequence[Lane] = ()) -> Lane:
    hub, partners = hub_of(pairing), partners_of(pairing)
    is_mentored = pairing.kind is PairingKind.TEACHER_MENTOR
    classes = partners if pairing.kind is PairingKind.INTERACTIVE_1N else []
    return Lane(
        pairing.id,
        hub.school_id,
        frozenset(party.school_id for party in partners),
        spans,
        subjects=frozenset(each.subject for each in pairing.subjects),
        lecturer_id=hub.person_id if is_mentored else None,
        class_ids=frozenset(each.class_id for each in classes if each.class_id is not None),
        before=before,
    )


async def lanes_of(
    db: AsyncSession, pairings: Sequence[Pairing], spans: Spans, *, today: date
) -> list[Lane]:
    """Return what these pairings agreed on, for what knows the lessons, on these days of each.

    Of these, what fits several is in several lanes; what is another's is in none.
    """
    rivals = await pairing_queries.rivals_of(db, pairings)
    theirs = await days_that_count(db, rivals, today=today)
    found = []
    for pairing in pairings:
        before = [
            _lane(rival, theirs[rival.id])
            for rival in rivals
            if theirs[rival.id]
            and _place(rival) < _place(pairing)
            and hub_of(rival).school_id == hub_of(pairing).school_id
        ]
        if spans[pairing.id]:
            found.append(_lane(pairing, spans[pairing.id], before))
    return found


async def count(
    db: AsyncSession,
    taught: TaughtLessons,
    pairings: Sequence[Pairing],
    *,
    days: Spans,
    limits: Sequence[Span],
    today: date,
) -> list[TrackCounts]:
    """Count the four tracks of these pairings within each of `limits`, closed spans.

    `days`: those that count of each pairing. The number of statements depends neither on the
    number of pairings nor on that of the limits.
    """
    if not limits:
        return []
    around = Span(min(each.first for each in limits), max(map(_end, limits)))
    spans = {pairing_id: within(each, around) for pairing_id, each in days.items()}
    entered = {
        track: await _count_entered(db, table, spans, limits) for track, table in TABLES.items()
    }
    lanes = await lanes_of(db, pairings, spans, today=today)
    given = await taught.count(db, lanes, limits=limits)
    return [
        TrackCounts(
            preparations=entered[Track.PREPARATION][n],
            lessons=lessons,
            deliveries=deliveries,
            resources=entered[Track.RESOURCE][n],
            trainings=entered[Track.TRAINING][n],
        )
        for n, (lessons, deliveries) in enumerate(given)
    ]


def _end(span: Span) -> date:
    assert span.last is not None
    return span.last


async def _count_entered(
    db: AsyncSession, table: TrackTable, spans: Spans, limits: Sequence[Span]
) -> list[int]:
    """Events less withdrawals: a row that takes one back carries the same day."""
    figures = [
        func.count().filter(is_in) - 2 * func.count(table.withdraws_id).filter(is_in)
        for is_in in (table.held_on.between(span.first, span.last) for span in limits)
    ]
    row = (await db.execute(select(*figures).where(_on_days(table, spans)))).one()
    return [int(figure) for figure in row]


def _on_days(table: TrackTable, spans: Spans) -> ColumnElement[bool]:
    wanted = [
        and_(table.pairing_id == pairing_id, table.held_on.between(span.first, span.last))
        for pairing_id, days in spans.items()
        for span in days
    ]
    return or_(false(), *wanted)
