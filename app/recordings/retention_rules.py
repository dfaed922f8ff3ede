"""For how long recordings are kept: rules as rows, one in force for each purpose, from a day on.

A rule is added and never edited. It holds for all recordings of its purpose that are not hidden
when it begins, whenever their lessons were. So one by which anything would go sooner gives notice:
from the moment it is added each recording says its new end, and nothing ends by it before the
notice is over. What has expired goes by the rule it expired by (docs/adr/0030).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import (
    DDL,
    CheckConstraint,
    ForeignKey,
    Select,
    String,
    event,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from app.accounts.models import Person
from app.calendars.days import local_day
from app.database import Base, Id
from app.dated_rules import replaced_from
from app.errors import WrongState
from app.lessons.queries import bounds_of
from app.recordings.errors import RetentionTooEarly
from app.recordings.models import RecordingPurpose

#: Whole days between adding a rule by which anything goes sooner, and the day it begins.
NOTICE_DAYS: Final = 30
MOST_KEEP_DAYS: Final = 36_500
MOST_GRACE_DAYS: Final = 365


class RetentionRule(Base):
    """保留规则: how long recordings of one purpose are kept, from a day on. Never edited.

    `keep_days`: counted from the lesson; None: until somebody withdraws it. `grace_days`: from
    being shown to nobody to being removed. Of two for one purpose from the same day the later one
    is meant. `made_by_id`, `made_at` None: it came with the software.
    """

    __tablename__ = "retention_rules"
    __table_args__ = (
        CheckConstraint("keep_days > 0", name="keeps_a_day"),
        CheckConstraint("grace_days > 0", name="leaves_a_day"),
    )

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(unique=True)
    purpose: Mapped[RecordingPurpose]
    keep_days: Mapped[int | None]
    grace_days: Mapped[int]
    valid_from: Mapped[date]
    note: Mapped[str] = mapped_column(String(200))
    made_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime | None]


# The first rule of each purpose comes with the table, as the migration brings it.
event.listen(
    RetentionRule.__table__,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]  # not annotated by SQLAlchemy
        "INSERT INTO retention_rules"
        " (id, number, purpose, keep_days, grace_days, valid_from, note) VALUES"
        " ('019380000000700080000000000000b1', 1, 'LESSON', 180, 7, '2000-01-01', '默认规则'),"
        " ('019380000000700080000000000000b2', 2, 'RESEARCH', 1095, 7, '2000-01-01', '默认规则'),"
        " ('019380000000700080000000000000b3', 3, 'RESOURCE', NULL, 7, '2000-01-01', '默认规则')"
    ),
)

LATEST_FIRST = (RetentionRule.valid_from.desc(), RetentionRule.number.desc())


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule somebody thinks of; its fields are those of `RetentionRule`."""

    purpose: RecordingPurpose
    keep_days: int | None
    grace_days: int
    valid_from: date


@dataclass(frozen=True, slots=True)
class Step:
    """A rule, and when it holds. `until` None: no other is to follow."""

    rule: RetentionRule
    since: datetime
    until: datetime | None

    def end_of(self, started_at: datetime) -> datetime | None:
        """Return when a recording of a lesson expires by this rule; None: not by this one.

        What its predecessor would have kept longer expires with its first moment.
        """
        if self.rule.keep_days is None:
            return None
        end = max(started_at + timedelta(days=self.rule.keep_days), self.since)
        return end if self.until is None or end < self.until else None


@dataclass(frozen=True, slots=True)
class End:
    """When a recording expires, and by which rule. `at` None: not by itself."""

    at: datetime | None
    rule: RetentionRule


@dataclass(frozen=True, slots=True)
class Schedule:
    """The rules of one purpose: the one in force, then those to come. There is always one."""

    steps: tuple[Step, ...]

    @property
    def in_force(self) -> RetentionRule:
        """Return the rule that holds now."""
        return self.steps[0].rule

    def on(self, day: date) -> Step:
        """Return what will hold on a day; of days before, what holds now."""
        before = [step for step in self.steps if step.rule.valid_from <= day]
        return before[-1] if before else self.steps[0]

    def end_of(self, started_at: datetime) -> End:
        """Return when a recording expires whose lesson began at `started_at`, as things stand."""
        for step in self.steps:
            end = step.end_of(started_at)
            if end is not None:
                return End(end, step.rule)
        return End(None, self.steps[-1].rule)


def begins(day: date) -> datetime:
    """Return the first moment of a day at the schools."""
    return bounds_of(day)[0]


def schedule_of(rules: Sequence[RetentionRule], day: date) -> Schedule:
    """Return what holds on a day and after it, of the rules of one purpose.

    Ordered by day and number; the first holds on `day` or before.
    """
    chain = list({rule.valid_from: rule for rule in rules}.values())
    chain = [
        rule
        for rule, following in zip(chain, [*chain[1:], None], strict=True)
        if following is None or following.valid_from > day
    ]
    ends = [*(begins(rule.valid_from) for rule in chain[1:]), None]
    steps = tuple(
        Step(rule, begins(rule.valid_from), until) for rule, until in zip(chain, ends, strict=True)
    )
    return Schedule(steps)


async def all_rules(db: AsyncSession) -> Sequence[RetentionRule]:
    """Return all rules there are, by day and number."""
    ordered = select(RetentionRule).order_by(RetentionRule.valid_from, RetentionRule.number)
    return (await db.scalars(ordered)).all()


async def schedules(db: AsyncSession, now: datetime) -> Mapping[RecordingPurpose, Schedule]:
    """Return of each purpose the rule in force now, and those to come."""
    rules = await all_rules(db)
    return {
        purpose: schedule_of([rule for rule in rules if rule.purpose is purpose], local_day(now))
        for purpose in RecordingPurpose
    }


def goes_sooner(draft: Draft, than: RetentionRule) -> bool:
    """Return whether anything would be hidden, or removed after that, sooner than by a rule."""
    is_kept_less = draft.keep_days is not None and (
        than.keep_days is None or draft.keep_days < than.keep_days
    )
    return is_kept_less or draft.grace_days < than.grace_days


def earliest(draft: Draft, schedule: Schedule, *, today: date) -> date:
    """Return the first day from which a rule may hold that is added today."""
    tomorrow = today + timedelta(days=1)
    instead_of = schedule.on(max(draft.valid_from, tomorrow)).rule
    if goes_sooner(draft, instead_of):
        return tomorrow + timedelta(days=NOTICE_DAYS)
    return tomorrow


def listed() -> Select[RetentionRule, str | None, date | None]:
    """Return all rules: each with who added it, and from which day another is in its place."""
    later = aliased(RetentionRule)
    replaced = replaced_from(RetentionRule, later, later.purpose == RetentionRule.purpose)
    return select(RetentionRule, Person.name, replaced).outerjoin(
        Person, RetentionRule.made_by_id == Person.id
    )


async def add(
    db: AsyncSession, draft: Draft, *, note: str, person_id: UUID, now: datetime
) -> RetentionRule:
    """Add a rule that holds from a day to come.

    Raise RetentionTooEarly, or WrongState when somebody else added one this moment.
    """
    rules, today = await all_rules(db), local_day(now)
    schedule = schedule_of([rule for rule in rules if rule.purpose is draft.purpose], today)
    first = earliest(draft, schedule, today=today)
    if draft.valid_from < first:
        raise RetentionTooEarly(
            f"It may begin on {first} or later: a rule begins on a day to come, and one by which "
            f"recordings go sooner gives {NOTICE_DAYS} days' notice.",
            earliest=first.isoformat(),
        )
    rule = RetentionRule(
        # Of the rules it was judged against: whoever added another meanwhile has the number.
        number=max(each.number for each in rules) + 1,
        purpose=draft.purpose,
        keep_days=draft.keep_days,
        grace_days=draft.grace_days,
        valid_from=draft.valid_from,
        note=note,
        made_by_id=person_id,
        made_at=now,
    )
    try:
        async with db.begin_nested():
            db.add(rule)
    except IntegrityError:
        raise WrongState("Somebody added a rule this moment. Look at it first.") from None
    return rule
