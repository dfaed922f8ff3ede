"""Routes of the rule sets by which a lesson counts at a site: the list, and one more."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from app.attendance import rules
from app.attendance.errors import RuleTooEarly
from app.attendance.models import AttendanceRule
from app.calendars.days import local_day
from app.clock import Day, Now
from app.database import Db
from app.dated_rules import RuleStanding, standing
from app.errors import Forbidden, WrongState, refuses
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.paging import Fetched, Page, PageQuery, fetch_page
from app.schools.queries import covers_everything
from app.schools.registry_schemas import Incoming, Text
from app.security import CurrentAdministrator, CurrentInspector, Role

router = APIRouter(
    prefix="/api/admin/attendance-rules", tags=["attendance"], route_class=IdempotentRoute
)

_EXPORT = (
    Column("规则号", lambda row: row[0].number),
    Column("生效日期", lambda row: row[0].valid_from),
    Column("至少听到, 千分比", lambda row: row[0].min_audible_permille),
    Column("说明", lambda row: row[0].note),
    Column("添加人", lambda row: row[1]),
    Column("添加时间", lambda row: row[0].added_at),
)


class AttendanceRuleIn(Incoming):
    """计入规则: how much of the plan must be audible at a site, from a day to come."""

    valid_from: Day
    min_audible_permille: Annotated[int, Field(ge=1, le=1000, description="In thousandths.")]
    note: Annotated[Text, Field(min_length=1, max_length=200, description="Why, and by whom.")]


class AttendanceRuleOut(BaseModel):
    """A rule set. `replaced_from`: the day from which another is in its place; null: none is.

    `added_by` null: it came with the software.
    """

    number: int
    valid_from: date
    replaced_from: date | None
    standing: RuleStanding
    min_audible_permille: int
    note: str
    added_by: str | None
    added_at: datetime | None

    @classmethod
    def of(
        cls, rule: AttendanceRule, by: str | None, replaced_from: date | None, *, today: date
    ) -> "AttendanceRuleOut":
        """Describe a row of `rules.listed`."""
        return cls(
            number=rule.number,
            valid_from=rule.valid_from,
            replaced_from=replaced_from,
            standing=standing(rule.valid_from, replaced_from, today=today),
            min_audible_permille=rule.min_audible_permille,
            note=rule.note,
            added_by=by,
            added_at=rule.added_at,
        )


class AttendanceRules(Page[AttendanceRuleOut]):
    """A page of rule sets. `may_add`: the caller administers all there is."""

    may_add: bool


@router.get("")
async def list_attendance_rules(
    db: Db, now: Now, caller: CurrentInspector, page: PageQuery
) -> AttendanceRules:
    """List the rule sets, the one of the latest day first."""
    found: Fetched[Any] = await fetch_page(db, rules.listed(), order=rules.LATEST_FIRST, page=page)
    today = local_day(now)
    return AttendanceRules(
        items=[AttendanceRuleOut.of(*row, today=today) for row in found.items],
        next_cursor=found.next_cursor,
        may_add=await covers_everything(db, caller.scope(Role.ADMINISTRATOR)),
    )


@router.get("/export", **EXPORT_ROUTE)
async def export_attendance_rules(
    request: Request, _caller: CurrentInspector, export_format: ExportQuery = ExportFormat.CSV
) -> ExportResponse:
    """Give the rule sets as a file."""
    return stream(
        request.app.state.database,
        rules.listed().order_by(*rules.LATEST_FIRST),
        columns=_EXPORT,
        name="attendance-rules",
        export_format=export_format,
    )


@router.post("", status_code=201)
@refuses(Forbidden, RuleTooEarly, WrongState)
async def add_attendance_rule(
    body: AttendanceRuleIn, db: Db, now: Now, caller: CurrentAdministrator
) -> AttendanceRuleOut:
    """Add a rule set for all lessons from a day to come. What was judged stays as it is."""
    if not await covers_everything(db, caller.scope(Role.ADMINISTRATOR)):
        raise Forbidden("A rule set holds everywhere: it is added by who administers all there is.")
    rule = await rules.add(db, **body.model_dump(), person_id=caller.person_id, now=now)
    return AttendanceRuleOut.of(rule, caller.name, None, today=local_day(now))
