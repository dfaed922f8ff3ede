"""When a lesson counts at a site: rule sets as data, each in force from a day."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance.minutes import Minutes
from app.attendance.models import AttendanceRule, NotCounted
from app.lessons.models import SiteMode


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
        .order_by(AttendanceRule.valid_from.desc(), AttendanceRule.number.desc())
        .limit(1)
    )
    assert rule is not None, "the first rule set comes with the table"
    return rule
