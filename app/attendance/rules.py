"""When a lesson counts at a site: rule sets as data, each in force from a day.

One set holds at a time, everywhere: figures of two counties are compared. So whoever adds one
administers all there is.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.accounts.models import Person
from app.attendance.errors import RuleTooEarly
from app.attendance.minutes import Minutes
from app.attendance.models import AttendanceRule, NotCounted
from app.calendars.days import local_day
from app.dated_rules import replaced_from
from app.errors import WrongState
from app.lessons.models import SiteMode

LATEST_FIRST = (AttendanceRule.valid_from.desc(), AttendanceRule.number.desc())


class Rule(Protocol):
    """What a rule set demands."""

    @property
    def min_audible_permille(self) -> int:
        """Return how much of the plan must have been audible, in thousandths."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a lesson counts at a site; if not, why."""

    is_counted: bool
    reason: NotCounted | None = None


def judge(minutes: Minutes, *, planned_ms: int, rule: Rule, mode: SiteMode) -> Verdict:
    """Return whether this counts by this rule. Exact: no minute is rounded.

    Of whoever only observes nothing counts; other modes are no matter (docs/adr/0013).
    """
    if mode is SiteMode.OBSERVE:
        return Verdict(is_counted=False, reason=NotCounted.OBSERVED)
    if minutes.audible_ms * 1000 >= planned_ms * rule.min_audible_permille:
        return Verdict(is_counted=True)
    if not minutes.audible_ms + minutes.degraded_ms + minutes.lost_ms:
        return Verdict(is_counted=False, reason=NotCounted.NEVER_CAME)
    return Verdict(is_counted=False, reason=NotCounted.TOO_LITTLE_AUDIBLE)


async def in_force(db: AsyncSession, day: date) -> AttendanceRule:
    """Return the rule set in force on a day; the first has always been."""
    rule = await db.scalar(
        select(AttendanceRule)
        .where(AttendanceRule.valid_from <= day)
        .order_by(*LATEST_FIRST)
        .limit(1)
    )
    assert rule is not None, "the first rule set comes with the table"
    return rule


def listed() -> Select[AttendanceRule, str | None, date | None]:
    """Return all rule sets: each with who added it, and from which day another is in its place."""
    later = aliased(AttendanceRule)
    replaced = replaced_from(AttendanceRule, later)
    return select(AttendanceRule, Person.name, replaced).outerjoin(
        Person, AttendanceRule.added_by_id == Person.id
    )


async def add(
    db: AsyncSession,
    *,
    valid_from: date,
    min_audible_permille: int,
    note: str,
    person_id: UUID,
    now: datetime,
) -> AttendanceRule:
    """Add a rule set that holds from a day to come.

    Raise RuleTooEarly, or WrongState when somebody else added one this moment.
    """
    if valid_from <= local_day(now):
        raise RuleTooEarly("Lessons of that day may be judged already: choose a day to come.")
    rule = AttendanceRule(
        number=(await db.scalar(select(func.max(AttendanceRule.number))) or 0) + 1,
        valid_from=valid_from,
        min_audible_permille=min_audible_permille,
        note=note,
        added_by_id=person_id,
        added_at=now,
    )
    try:
        async with db.begin_nested():
            db.add(rule)
    except IntegrityError:
        raise WrongState("Somebody added a rule set this moment. Look at it first.") from None
    return rule
