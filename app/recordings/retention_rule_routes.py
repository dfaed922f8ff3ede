"""Routes of the rules for how long recordings are kept: the list, what one would do, one more.

They hold everywhere: who administers or supervises anything reads them, who administers all there
is adds them.
"""

from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from app.calendars.days import local_day
from app.clock import Day, Now
from app.database import Db
from app.dated_rules import RuleStanding, standing
from app.errors import Forbidden, WrongState, refuses
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.paging import Fetched, Page, PageQuery, fetch_page
from app.recordings import retention_effect, retention_rules
from app.recordings.errors import RetentionTooEarly
from app.recordings.keeping_schemas import RetentionRuleNamed, rule_named
from app.recordings.models import RecordingPurpose
from app.recordings.retention_effect import Effect
from app.recordings.retention_rules import (
    MOST_GRACE_DAYS,
    MOST_KEEP_DAYS,
    NOTICE_DAYS,
    Draft,
    RetentionRule,
)
from app.schools.everything import Everything
from app.schools.registry_schemas import Incoming, Text
from app.security import CurrentInspector

router = APIRouter(
    prefix="/api/admin/retention-rules", tags=["recordings"], route_class=IdempotentRoute
)

#: The users' words for what recordings are kept for.
PURPOSE: Final = {
    RecordingPurpose.LESSON: "课后回看",
    RecordingPurpose.RESEARCH: "教研",
    RecordingPurpose.RESOURCE: "教学资源",
}
_UNTIL_WITHDRAWN = "直到撤回"
_EXPORT = (
    Column("规则号", lambda row: row[0].number),
    Column("用途", lambda row: PURPOSE[row[0].purpose]),
    Column("生效日期", lambda row: row[0].valid_from),
    Column("由后一规则取代", lambda row: row[2]),
    Column("保留天数", lambda row: row[0].keep_days or _UNTIL_WITHDRAWN),
    Column("停止展示后几天销毁", lambda row: row[0].grace_days),
    Column("说明", lambda row: row[0].note),
    Column("添加人", lambda row: row[1]),
    Column("添加时间", lambda row: row[0].made_at),
)


class RetentionRuleIn(Incoming):
    """保留规则: how long recordings of a purpose are kept, from a day to come.

    `keep_days`: counted from the lesson, null: until it is withdrawn. `grace_days`: from being
    shown to nobody to being removed.
    """

    purpose: RecordingPurpose
    keep_days: Annotated[int, Field(ge=1, le=MOST_KEEP_DAYS)] | None
    grace_days: Annotated[int, Field(ge=1, le=MOST_GRACE_DAYS)]
    valid_from: Day
    note: Annotated[Text, Field(min_length=1, max_length=200, description="Why, and by whom.")]


class RetentionRuleOut(RetentionRuleNamed):
    """A rule. `replaced_from`: the day from which another is in its place; null: none is.

    `made_by` null: it came with the software.
    """

    purpose: RecordingPurpose
    replaced_from: date | None
    standing: RuleStanding
    note: str
    made_by: str | None
    made_at: datetime | None


class RetentionEffectOut(BaseModel):
    """What a rule would do if it held from `valid_from`: the day asked for, or the first possible.

    One by which anything would go sooner gives `notice_days` of notice. `instead_of`: what holds
    then without it. Of the `recordings` of its purpose that are hidden from nobody so many expire
    `sooner` (of these `at_once` when it begins, and `held` by somebody, who keeps them) or `later`.
    """

    valid_from: date
    notice_days: int
    instead_of: RetentionRuleNamed
    recordings: int
    sooner: int
    at_once: int
    held: int
    later: int


def _out(
    rule: RetentionRule, by: str | None, replaced_from: date | None, *, today: date
) -> RetentionRuleOut:
    """Describe a row of `retention_rules.listed`."""
    return RetentionRuleOut(
        **rule_named(rule).model_dump(),
        purpose=rule.purpose,
        replaced_from=replaced_from,
        standing=standing(rule.valid_from, replaced_from, today=today),
        note=rule.note,
        made_by=by,
        made_at=rule.made_at,
    )


def _effect(effect: Effect) -> RetentionEffectOut:
    return RetentionEffectOut(
        valid_from=effect.valid_from,
        notice_days=NOTICE_DAYS,
        instead_of=rule_named(effect.instead_of),
        recordings=effect.recordings,
        sooner=effect.sooner,
        at_once=effect.at_once,
        held=effect.held,
        later=effect.later,
    )


@router.get("")
async def list_retention_rules(
    db: Db, now: Now, _person: CurrentInspector, page: PageQuery
) -> Page[RetentionRuleOut]:
    """List the rules of all purposes, the one of the latest day first."""
    found: Fetched[Any] = await fetch_page(
        db, retention_rules.listed(), order=retention_rules.LATEST_FIRST, page=page
    )
    today = local_day(now)
    return found.page(lambda row: _out(*row, today=today))


@router.get("/export", **EXPORT_ROUTE)
async def export_retention_rules(
    request: Request, _person: CurrentInspector, export_format: ExportQuery = ExportFormat.CSV
) -> ExportResponse:
    """Give the rules as a file."""
    return stream(
        request.app.state.database,
        retention_rules.listed().order_by(*retention_rules.LATEST_FIRST),
        columns=_EXPORT,
        name="retention-rules",
        export_format=export_format,
    )


@router.get("/preview")
@refuses(Forbidden)
async def preview_retention_rule(
    *,
    db: Db,
    now: Now,
    _person: Everything,
    purpose: RecordingPurpose,
    keep_days: Annotated[
        int | None,
        Query(ge=1, le=MOST_KEEP_DAYS, description="Left out: until it is withdrawn."),
    ] = None,
    grace_days: Annotated[int, Query(ge=1, le=MOST_GRACE_DAYS)],
    valid_from: Annotated[Day, Query(description="The day it is to begin.")],
) -> RetentionEffectOut:
    """Say what a rule would do to the recordings there are. Nothing is saved."""
    draft = Draft(purpose, keep_days, grace_days, valid_from)
    return _effect(await retention_effect.effect_of(db, draft, now=now))


@router.post("", status_code=201)
@refuses(Forbidden, RetentionTooEarly, WrongState)
async def add_retention_rule(
    body: RetentionRuleIn, db: Db, now: Now, person: Everything
) -> RetentionRuleOut:
    """Add a rule for all recordings of a purpose, from a day to come.

    What has expired by then goes by the rule it expired by.
    """
    draft = Draft(body.purpose, body.keep_days, body.grace_days, body.valid_from)
    rule = await retention_rules.add(db, draft, note=body.note, person_id=person.person_id, now=now)
    added = retention_rules.listed().where(RetentionRule.id == rule.id)
    return _out(*(await db.execute(added)).one(), today=local_day(now))
