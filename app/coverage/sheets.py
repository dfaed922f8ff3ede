"""指标核定: figures are computed, checked against the rows, signed off, and amended beside.

A sheet rests on locked rows alone. What it holds can be computed again as of the moment it was
made: rows, corrections, locks, and what curricula and timetables say are all kept with their
times; whatever else it rests on (`app.coverage.inputs`) it keeps itself. Checking does so, from
the rows themselves and not from the facts it was computed by.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, false, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import locking
from app.attendance.delivered import counted_rows
from app.attendance.models import AttendanceRecord, AttendanceState
from app.codes import service as codes
from app.coverage import inputs, queries
from app.coverage.errors import (
    FiguresDiffer,
    InputsNotKept,
    RowsOpen,
    SignedAlready,
    TermBeingLocked,
)
from app.coverage.figures import figures
from app.coverage.inputs import NEED_COLUMNS, Frozen, standing_needs
from app.coverage.models import (
    NEXT_SHEET_STATE,
    Basis,
    FigureSheet,
    Indicator,
    IndicatorDefinition,
    IndicatorValue,
    SheetNeed,
    SheetState,
    SheetStep,
)
from app.coverage.sites import Basics, Question, basics_of, school_ids_of
from app.coverage.weeks import Period
from app.database import uuid7
from app.errors import WrongState
from app.lessons.models import Lesson, LessonSite
from app.lessons.queries import bounds_of
from app.schools.models import Classroom
from app.schools.roster_models import RosterSnapshot

ROWS_AT_ONCE = 5000
Values = dict[tuple[str, Indicator], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Signer:
    """Who does something to a sheet, and when."""

    person_id: UUID | None
    name: str
    at: datetime
    note: str = ""


async def move(db: AsyncSession, sheet: FigureSheet, state: SheetState, by: Signer) -> None:
    """Bring a sheet to its next state and write down who did. Raise WrongState.

    Raise StaleDataError, which is answered as ChangedMeanwhile: another took this step at the
    same moment. The sheet is written before the step, so that its version decides who was first.
    """
    possible = NEXT_SHEET_STATE[sheet.state]
    if state not in possible:
        raise WrongState(
            f"The sheet is {sheet.state}. From there it can become "
            f"{', '.join(sorted(possible)) or 'nothing else'}.",
            possible=sorted(possible),
        )
    sheet.state = state
    await db.flush()
    await db.refresh(sheet, ["keeps_inputs"])  # what the database works out is lost by writing
    _note(db, sheet, by)


def _note(db: AsyncSession, sheet: FigureSheet, by: Signer) -> None:
    db.add(
        SheetStep(
            sheet_id=sheet.id,
            state=sheet.state,
            person_id=by.person_id,
            person_name=by.name,
            at=by.at,
            note=by.note,
        )
    )


async def evidence(
    db: AsyncSession, roster_id: UUID, period: Period, *, as_of: datetime
) -> tuple[int, str]:
    """Return how many rows count, and the SHA-256 over them in the order of their ids.

    Of each row: its id, the number of the correction that holds (0: none), school and origin.
    """
    rows = counted_rows(
        period.first, period.last, schools=school_ids_of(roster_id), as_of=as_of
    ).subquery()
    c = rows.c
    statement = (
        select(c.record_id, c.amendment, c.school_id, c.origin_id)
        .where(c.locked == 1)
        .order_by(c.record_id)
    )
    digest, count = hashlib.sha256(), 0
    found = await db.stream(statement.execution_options(yield_per=ROWS_AT_ONCE))
    async for row in found:
        digest.update(f"{row[0]} {row[1]} {row[2]} {row[3]}\n".encode())
        count += 1
    return count, digest.hexdigest()


async def open_rows(db: AsyncSession, roster_id: UUID, period: Period) -> int:
    """Return how many rows of the period at the roster's sites are not locked."""
    start, _ = bounds_of(period.first)
    _, end = bounds_of(period.last)
    found = await db.scalar(
        select(func.count())
        .select_from(AttendanceRecord)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .join(Classroom, LessonSite.classroom_id == Classroom.id)
        .where(
            AttendanceRecord.state != AttendanceState.LOCKED,
            Lesson.planned_start >= start,
            Lesson.planned_start < end,
            Classroom.school_id.in_(school_ids_of(roster_id)),
        )
    )
    return found or 0


async def compute(
    db: AsyncSession,
    roster: RosterSnapshot,
    period: Period,
    *,
    by: Signer,
    amends: FigureSheet | None = None,
) -> FigureSheet:
    """Compute the figures of a roster and a period from locked rows and freeze them.

    What they are computed with is written down first, and is what they are computed with.
    Raise TermBeingLocked.
    """
    await require_no_locking(db, roster.id, period)
    await codes.hold(db)  # the facts are as the words mean
    found = await inputs.read(db, period)
    rows, rows_hash = await evidence(db, roster.id, period, as_of=by.at)
    sheet = FigureSheet(
        id=uuid7(by.at),
        roster_id=roster.id,
        roster=roster,
        first_on=period.first,
        last_on=period.last,
        weeks=len(period.teaching),
        basis=Basis.LOCKED,
        state=SheetState.COMPUTED,
        computed_at=by.at,
        rows=rows,
        rows_hash=rows_hash,
        open_rows=await open_rows(db, roster.id, period),
        inputs=found.stored(),
        amends_id=None if amends is None else amends.id,
        reason=by.note if amends is not None else "",
    )
    db.add(sheet)
    await db.flush()
    await _keep_needs(db, sheet, period)
    await _keep_figures(
        db,
        sheet,
        Question(
            period,
            Basis.LOCKED,
            roster_id=roster.id,
            roster_size=roster.size,
            frozen=Frozen(sheet.id, found),
        ),
    )
    _note(db, sheet, by)
    await db.flush()
    return sheet


async def require_no_locking(db: AsyncSession, roster_id: UUID, period: Period) -> None:
    """Raise TermBeingLocked while rows the figures rest on are being locked, or are to be.

    The figures would be of those that happen to be locked by then, and of no moment.
    """
    term = await locking.being_locked(
        db, first=period.first, last=period.last, schools=school_ids_of(roster_id)
    )
    if term is not None:
        raise TermBeingLocked(
            f"The attendance of {term.name} is being locked. Compute the sheet when that is done."
        )


async def _keep_needs(db: AsyncSession, sheet: FigureSheet, period: Period) -> None:
    standing = await standing_needs(db, period, school_ids_of(sheet.roster_id))
    needs = standing.subquery()
    columns = [needs.c[name] for name in NEED_COLUMNS]
    kept = select(literal(sheet.id, Uuid()).label("sheet_id"), *columns)
    await db.execute(insert(SheetNeed).from_select(["sheet_id", *NEED_COLUMNS], kept))


async def _keep_figures(db: AsyncSession, sheet: FigureSheet, asked: Question) -> None:
    basics = await basics_of(db, asked)
    whole, counties = await figures(db, basics)
    names = await queries.county_names(db, counties)
    for code, found in {"": whole, **counties}.items():
        db.add_all(
            IndicatorValue(
                sheet_id=sheet.id,
                definition_id=basics.definitions[indicator].id,
                region_code=code,
                region_name=names.get(code, ""),
                numerator=figure[0],
                denominator=figure[1],
            )
            for indicator, figure in found.figures.items()
        )


async def basics_as_of(db: AsyncSession, sheet: FigureSheet, *, region_code: str = "") -> Basics:
    """Return what a sheet was computed with: its rows as they were, its inputs and definitions.

    Raise InputsNotKept.
    """
    kept = await queries.inputs_of(db, sheet.id)
    if kept is None:
        raise InputsNotKept("It can only be taken as it is. Compute a new sheet.")
    definitions: dict[Indicator, IndicatorDefinition] = {
        definition.indicator: definition for _, definition in await queries.values_of(db, sheet.id)
    }
    asked = Question(
        Period(sheet.first_on, sheet.last_on, kept.teaching),
        sheet.basis,
        roster_id=sheet.roster_id,
        region_code=region_code,
        as_of=sheet.computed_at,
        frozen=Frozen(sheet.id, kept),
    )
    return await basics_of(db, asked, definitions=definitions)


async def recompute(db: AsyncSession, sheet: FigureSheet) -> tuple[Values, str]:
    """Return what the rows, as they were then, make of a sheet by its definitions and inputs.

    Raise InputsNotKept.
    """
    basics = await basics_as_of(db, sheet)
    whole, counties = await figures(db, basics)
    values = {
        (code, indicator): figure
        for code, found in {"": whole, **counties}.items()
        for indicator, figure in found.figures.items()
    }
    period, as_of = basics.asked.period, sheet.computed_at
    _, rows_hash = await evidence(db, sheet.roster_id, period, as_of=as_of)
    return values, rows_hash


async def check(db: AsyncSession, sheet: FigureSheet, *, by: Signer) -> None:
    """Compute a sheet again from the rows, and hold it against that.

    Raise FiguresDiffer, InputsNotKept.
    """
    held: Values = {
        (value.region_code, definition.indicator): (value.numerator, value.denominator)
        for value, definition in await queries.values_of(db, sheet.id)
    }
    values, rows_hash = await recompute(db, sheet)
    if values != held or rows_hash != sheet.rows_hash:
        differing = sorted(
            f"{code or '*'} {indicator}"
            for code, indicator in values.keys() | held.keys()
            if values.get((code, indicator)) != held.get((code, indicator))
        )
        raise FiguresDiffer(
            "The rows give other figures than the sheet holds: compute a new sheet.",
            differing=differing[:20],
        )
    await move(db, sheet, SheetState.CHECKED, by)


async def sign_off(db: AsyncSession, sheet: FigureSheet, *, by: Signer) -> None:
    """Sign a checked sheet off; the one it amends is amended by that.

    Raise RowsOpen: a row is open, or was when the figures were computed, which then lack it;
    InputsNotKept: it was checked before sheets kept what they are computed with; SignedAlready:
    another one is in force, which it does not amend.
    """
    await _hold(db, sheet.roster_id)
    if sheet.state is SheetState.CHECKED and await queries.inputs_of(db, sheet.id) is None:
        raise InputsNotKept(
            "What it was computed with was not kept, so nobody can ever check it again. Compute a "
            "new sheet, check it and sign that."
        )
    period = Period(sheet.first_on, sheet.last_on, ())
    left = await open_rows(db, sheet.roster_id, period) or sheet.open_rows
    if left and sheet.state is SheetState.CHECKED:
        raise RowsOpen(
            f"{left} rows of this period are not locked, or were not when this was computed. "
            "Lock the term, compute the sheet anew.",
            open_rows=left,
        )
    in_force = await queries.in_force_id(db, sheet)
    if in_force not in {None, sheet.amends_id} and sheet.state is SheetState.CHECKED:
        raise SignedAlready(
            "Open the sheet that is signed, and amend it: what is computed then takes its place.",
            signed_id=str(in_force),
        )
    await move(db, sheet, SheetState.SIGNED_OFF, by)
    if sheet.amends_id is not None:
        await move(db, await queries.get_sheet(db, sheet.amends_id), SheetState.AMENDED, by)
    await db.flush()


async def _hold(db: AsyncSession, roster_id: UUID) -> None:
    """Have the next who signs a sheet of this roster wait for this transaction."""
    # SQLite locks no rows: an update, even of none, makes this the one transaction that writes.
    await db.execute(update(FigureSheet).where(false()).values(reason=""))
    await db.execute(
        select(RosterSnapshot.id)
        .where(RosterSnapshot.id == roster_id)
        .with_for_update(key_share=True)
    )


def require_amendable(sheet: FigureSheet, roster: RosterSnapshot, period: Period) -> None:
    """Raise WrongState unless figures of this roster and period can amend a sheet.

    It is signed off, and of the same: the old figures are printed beside the new ones.
    """
    of = (sheet.roster_id, sheet.first_on, sheet.last_on)
    if of != (roster.id, period.first, period.last):
        raise WrongState("The sheet is of another roster or other weeks. Amend it by its own.")
    if SheetState.AMENDED not in NEXT_SHEET_STATE[sheet.state]:
        raise WrongState(f"The sheet is {sheet.state}. Only what is signed off is amended.")
