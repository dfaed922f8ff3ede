"""Rules that hold from a day on, until one of a later day, or added later, is in their place."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select


class RuleStanding(StrEnum):
    """Whether a rule holds on a day."""

    TO_COME = "TO_COME"
    HOLDS = "HOLDS"
    REPLACED = "REPLACED"


def standing(valid_from: date, replaced_from: date | None, *, today: date) -> RuleStanding:
    """Return how a rule stands; what was replaced before it held never does."""
    if replaced_from is not None and replaced_from <= max(today, valid_from):
        return RuleStanding.REPLACED
    return RuleStanding.TO_COME if valid_from > today else RuleStanding.HOLDS


def replaced_from(rule: Any, later: Any, *same: ColumnElement[bool]) -> ScalarSelect[date | None]:
    """Return the first day from which another rule is in a rule's place; null: none is.

    `rule` is a mapped class with `valid_from` and `number`, `later` an alias of it. `same`: what
    makes two rules speak of the same thing, on both.
    """
    is_later = or_(
        later.valid_from > rule.valid_from,
        and_(later.valid_from == rule.valid_from, later.number > rule.number),
    )
    return select(func.min(later.valid_from)).where(*same, is_later).scalar_subquery()
