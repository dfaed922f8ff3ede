"""What is taken and answered about how long recordings are kept, and that they are gone."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.database import WITHOUT_NUL
from app.recordings.models import RecordingPurpose, RecordingState
from app.recordings.retention import DeletionReason
from app.recordings.retention_rules import RetentionRule


class PurposeIn(BaseModel):
    """What a recording is kept for."""

    model_config = ConfigDict(extra="forbid")

    purpose: RecordingPurpose


class HoldIn(BaseModel):
    """Why a recording is to stay."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=WITHOUT_NUL)]


class HoldOut(BaseModel):
    """A hold. `placed_by`, `lifted_by` are names, null: from the server's command line.

    `is_of_office`: it was placed from above the school. `may_lift`: the caller may lift it now.
    """

    id: UUID
    reason: str
    placed_at: datetime
    placed_by: str | None
    is_of_office: bool
    lifted_at: datetime | None
    lifted_by: str | None
    may_lift: bool


class RetentionRuleNamed(BaseModel):
    """By which rule (`app.recordings.retention_rules`).

    `keep_days`: counted from the lesson, null: until it is withdrawn. `grace_days`: from being
    shown to nobody to being removed.
    """

    number: int
    valid_from: date
    keep_days: int | None
    grace_days: int


def rule_named(rule: RetentionRule) -> RetentionRuleNamed:
    """Return which rule it is."""
    return RetentionRuleNamed(
        number=rule.number,
        valid_from=rule.valid_from,
        keep_days=rule.keep_days,
        grace_days=rule.grace_days,
    )


class CertificateOut(BaseModel):
    """That every copy of a recording was removed (`app.recordings.retention`).

    `rule`: by which it expired, null: it was withdrawn.
    `hub` is a school's name; `store` the object store's address, null: there was none.
    `replaced_files`, `replaced_bytes`: what was removed before: replaced by another, or deleted.
    """

    id: UUID
    session_id: UUID
    title: str
    hub: str
    planned_start: datetime
    reason: DeletionReason
    rule: RetentionRuleNamed | None
    note: str
    asked_at: datetime
    removed_at: datetime
    files: int
    bytes: int
    replaced_files: int
    replaced_bytes: int
    files_sha256: str
    manifest_sha256: str | None
    store: str | None


class PurposeOut(BaseModel):
    """A purpose, when the recording expires if it is for that, and by which rule.

    `kept_until` null: not by itself.
    """

    purpose: RecordingPurpose
    kept_until: datetime | None
    rule: RetentionRuleNamed


class KeptOut(BaseModel):
    """How long a recording is kept, why, and who keeps it longer.

    `kept_until`: when it expires, null: not by itself, or it is hidden already; `rule`: by which,
    as they stand now, rules to come included, or by which it expired; null: it was withdrawn.
    `hidden_at`, `hidden_note`: since when nobody is shown it, and what was said then;
    `removed_after`: its copies are removed from then on, unless it is held. `may_change`: the
    caller administers the school that gave the lesson. `certificate`: that its copies were removed.
    """

    state: RecordingState
    purpose: RecordingPurpose
    kept_until: datetime | None
    rule: RetentionRuleNamed | None
    purposes: list[PurposeOut]
    hidden_at: datetime | None
    hidden_note: str | None
    removed_after: datetime | None
    holds: list[HoldOut]
    certificate: CertificateOut | None
    may_change: bool
