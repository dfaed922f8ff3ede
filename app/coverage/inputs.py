"""What figures rest on beside the rows: teaching weeks, plans, terms, the meaning of words, needs.

None of these is of a moment: a calendar is edited, a plan is added from an earlier day, a need is
withdrawn. So a sheet keeps what it was computed with, and is computed again with that. What
would be another today is named and changes no sheet (`app.coverage.sheets`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.alliances.models import Need, NeedState
from app.attendance.delivered import Words, words_of
from app.calendars.models import Term
from app.codes import service as codes
from app.codes.models import CodeKind
from app.coverage.models import CurriculumPeriods, CurriculumPlan, SheetNeed
from app.coverage.weeks import Period
from app.schools.models import Region

Plan = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class Curricula:
    """The plans in force and the codes of their regions ("": the nation's), the widest first.

    `required`: the subjects they ask for; `folded`: which of those each subject is taken for.
    """

    plans: tuple[Plan, ...]
    required: frozenset[UUID]
    folded: Mapping[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a period's figures are computed with. `terms`: those whose timetables count."""

    teaching: tuple[date, ...]
    curricula: Curricula
    terms: tuple[UUID, ...]
    words: Words

    def stored(self) -> dict[str, Any]:
        """Return it as a sheet keeps it: plain JSON."""
        curricula = self.curricula
        return {
            "teaching": [day.isoformat() for day in self.teaching],
            "plans": [[str(plan_id), code] for plan_id, code in curricula.plans],
            "required": sorted(map(str, curricula.required)),
            "folded": {str(one): str(other) for one, other in curricula.folded.items()},
            "terms": [str(each) for each in self.terms],
            "subjects": {word: str(code_id) for word, code_id in self.words.subjects.items()},
            "grades": dict(self.words.grades),
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Inputs":
        """Return what `stored` gave."""
        return cls(
            tuple(map(date.fromisoformat, stored["teaching"])),
            Curricula(
                tuple((UUID(plan_id), code) for plan_id, code in stored["plans"]),
                frozenset(map(UUID, stored["required"])),
                {UUID(one): UUID(other) for one, other in stored["folded"].items()},
            ),
            tuple(map(UUID, stored["terms"])),
            Words(
                {word: UUID(code_id) for word, code_id in stored["subjects"].items()},
                stored["grades"],
            ),
        )


@dataclass(frozen=True, slots=True)
class Frozen:
    """The inputs a sheet keeps; by its id it keeps the needs (`SheetNeed`)."""

    sheet_id: UUID
    inputs: Inputs


def still_holds(saved: Any, replaced: Any, as_of: datetime | None) -> ColumnElement[bool]:
    """Return the condition that a row holds, now or as of a moment."""
    if as_of is None:
        return and_(replaced.is_(None))
    return and_(saved <= as_of, or_(replaced.is_(None), replaced > as_of))


async def read(db: AsyncSession, period: Period) -> Inputs:
    """Read what a period's figures are computed with now."""
    return Inputs(
        period.teaching,
        await curricula_on(db, period.middle),
        await terms_on(db, period.middle),
        await words_of(db, period.first, period.last),
    )


async def curricula_on(db: AsyncSession, day: date, *, as_of: datetime | None = None) -> Curricula:
    """Return what is required on a day, by what the plans said then or say now."""
    plans = await plans_on(db, day)
    required = frozenset(
        await db.scalars(
            select(CurriculumPeriods.subject_id)
            .where(
                CurriculumPeriods.plan_id.in_([plan_id for plan_id, _ in plans]),
                still_holds(CurriculumPeriods.saved_at, CurriculumPeriods.replaced_at, as_of),
            )
            .distinct()
        )
    )
    return Curricula(plans, required, await folded_into(db, required))


async def plans_on(db: AsyncSession, day: date) -> tuple[Plan, ...]:
    """Return the plans in force on a day and the codes of their regions, the widest first."""
    rows = await db.execute(
        select(CurriculumPlan.id, func.coalesce(Region.code, ""), func.coalesce(Region.path, ""))
        .outerjoin(Region, CurriculumPlan.region_id == Region.id)
        .where(CurriculumPlan.valid_from <= day)
        .order_by(CurriculumPlan.valid_from)
    )
    latest = {row[1]: (row[2], row[0]) for row in rows}
    nearest = sorted((len(path), code, plan_id) for code, (path, plan_id) in latest.items())
    return tuple((plan_id, code) for _, code, plan_id in nearest)


async def folded_into(db: AsyncSession, required: Collection[UUID]) -> dict[UUID, UUID]:
    """Return which required subject each subject is, or is among: English, a language."""
    sets = await codes.catalogue(db)
    folded = {subject: subject for subject in required}
    for code in sets.codes.values():
        if code.id in folded:
            continue
        wider = [each.id for each in sets.wider(code.id) if each.id in required]
        if wider:
            folded[code.id] = wider[0]
    return folded


def terms_that_hold(day: date) -> ColumnElement[bool]:
    """Return the condition that a Term is one a day lies in."""
    return and_(Term.starts_on <= day, Term.ends_on >= day)


async def terms_on(db: AsyncSession, day: date) -> tuple[UUID, ...]:
    """Return the terms a day lies in, of all regions."""
    return tuple(sorted(await db.scalars(select(Term.id).where(terms_that_hold(day)))))


#: What figures know of a need, in this order: of those that stand, and of those a sheet keeps.
NEED_COLUMNS = (
    *("need_id", "school_id", "subject_id", "grade_no", "periods_a_week"),
    *("starts_on", "ends_on"),
)


async def standing_needs(
    db: AsyncSession, period: Period, schools: Select[UUID]
) -> Select[*tuple[Any, ...]]:
    """Return a query of the needs of schools that ask for something in a period, as they are."""
    sets = await codes.catalogue(db)
    known = {each.code: literal(each.id, Uuid()) for each in sets.of_kind(CodeKind.SUBJECT)}
    return select(
        Need.id.label("need_id"),
        Need.school_id,
        case(known, value=Need.subject, else_=cast(null(), Uuid())).label("subject_id"),
        Need.grade_no,
        Need.periods_a_week,
        Need.starts_on,
        Need.ends_on,
    ).where(
        Need.state != NeedState.WITHDRAWN,
        Need.starts_on <= period.last,
        Need.ends_on >= period.first,
        Need.school_id.in_(schools),
    )


def kept_needs(sheet_id: UUID, schools: Select[UUID] | None = None) -> Select[*tuple[Any, ...]]:
    """Return a query of the needs a sheet keeps, with the columns of `standing_needs`."""
    columns: Sequence[ColumnElement[Any]] = [SheetNeed.__table__.c[name] for name in NEED_COLUMNS]
    query = select(*columns).where(SheetNeed.sheet_id == sheet_id)
    return query if schools is None else query.where(SheetNeed.school_id.in_(schools))
