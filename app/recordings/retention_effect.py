"""What a rule of how long recordings are kept would do to those there are, said before it is saved.

Asked of the database by bounds on when the lessons began: which recordings end sooner, and which
later, than they would without the rule. `Schedule.end_of` says the same of a single one.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.calendars.days import local_day
from app.recordings.models import HIDDEN, Recording
from app.recordings.retention import is_held
from app.recordings.retention_rules import (
    Draft,
    RetentionRule,
    Schedule,
    begins,
    earliest,
    schedules,
)

_Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a rule would do if it held from `valid_from`, the first day that is possible.

    `instead_of`: what holds then without it. Counted are recordings of its purpose that are
    hidden from nobody yet: all, those that expire `sooner` (of them `at_once` when it begins, and
    `held` by somebody, who keeps them) and those that expire `later`, or not at all.
    """

    valid_from: date
    instead_of: RetentionRule
    recordings: int
    sooner: int
    at_once: int
    held: int
    later: int


async def effect_of(db: AsyncSession, draft: Draft, *, now: datetime) -> Effect:
    """Return what a rule would do to the recordings there are; it is not added."""
    schedule = (await schedules(db, now))[draft.purpose]
    day = max(draft.valid_from, earliest(draft, schedule, today=local_day(now)))
    sooner, at_once, later = _changed(draft.keep_days, schedule, day)
    counts = select(
        func.count(),
        func.count().filter(sooner),
        func.count().filter(and_(sooner, at_once)),
        func.count().filter(and_(sooner, is_held())),
        func.count().filter(later),
    ).select_from(Recording)
    of_purpose = counts.where(Recording.purpose == draft.purpose, Recording.state.not_in(HIDDEN))
    return Effect(day, schedule.on(day).rule, *(await db.execute(of_purpose)).one())


def _changed(
    keep_days: int | None, schedule: Schedule, day: date
) -> tuple[_Condition, _Condition, _Condition]:
    """Return the conditions that a recording ends sooner, at once if sooner, and later.

    The rule would hold from `day` on instead of another, until the next one there is.
    """
    begun, instead_of, at = Recording.started_at, schedule.on(day), begins(day)
    # Of those it would find: no rule before it has ended them.
    found: _Condition = true()
    for step in schedule.steps:
        if step.since < at and step.rule.keep_days is not None:
            until = at if step.until is None else min(step.until, at)
            found = and_(found, begun >= until - timedelta(days=step.rule.keep_days))
    old, new = instead_of.rule.keep_days, keep_days
    if old == new:
        return false(), false(), false()
    if new is not None and (old is None or new < old):
        sooner = found
        if old is not None:
            sooner = and_(sooner, begun > at - timedelta(days=old))
        if instead_of.until is not None:
            sooner = and_(sooner, begun < instead_of.until - timedelta(days=new))
        return sooner, begun <= at - timedelta(days=new), false()
    assert old is not None, "nothing is kept longer than until it is withdrawn"
    later = found
    if new is not None:
        later = and_(later, begun > at - timedelta(days=new))
    if instead_of.until is not None:
        later = and_(later, begun < instead_of.until - timedelta(days=old))
    return false(), false(), later
