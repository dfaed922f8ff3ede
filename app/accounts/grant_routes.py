"""Roles over HTTP: who holds which where, given and taken back by administrators; the people."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, Field, model_validator
from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from app.accounts import grants
from app.accounts.errors import GrantTooLong, OwnGrant
from app.accounts.grants import Reach
from app.accounts.models import (
    Account,
    AccountState,
    GrantChange,
    GrantChangeKind,
    Person,
    RoleGrant,
)
from app.accounts.queries import ALLIANCES, is_in_force
from app.accounts.schemas import Incoming
from app.accounts.words import ROLE
from app.clock import Now
from app.database import WITHOUT_NUL, Db
from app.errors import WrongState, refuses
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.paging import Fetched, Page, PageQuery, fetch_page
from app.pinyin import is_named
from app.schools.models import Authority, Region, School
from app.schools.schemas import Named
from app.security import INSPECTING, CurrentAdministrator, CurrentInspector, Role, Scope

router = APIRouter(prefix="/api", tags=["accounts"], route_class=IdempotentRoute)

Text = Annotated[str, Query(max_length=80, pattern=WITHOUT_NUL)]


class GrantIn(Incoming):
    """A role to give, within exactly one place; `until`: the moment it ends, null: no end."""

    person_id: UUID
    role: Role
    region_id: UUID | None = None
    school_id: UUID | None = None
    authority_id: UUID | None = None
    alliance_id: UUID | None = None
    until: AwareDatetime | None = None
    purpose: Annotated[str, Field(max_length=120, pattern=WITHOUT_NUL)] = ""

    @model_validator(mode="after")
    def _is_one_place(self) -> "GrantIn":
        places = (self.region_id, self.school_id, self.authority_id, self.alliance_id)
        if sum(place is not None for place in places) != 1:
            raise ValueError("Name exactly one region, school, authority or alliance.")
        return self

    @property
    def reach(self) -> Reach:
        """Return the place."""
        return Reach(self.region_id, self.school_id, self.authority_id, self.alliance_id)


class GrantEnd(Incoming):
    """When a role ends; null: now."""

    until: AwareDatetime | None = None


class GrantOut(BaseModel):
    """A role somebody holds or held. `place`: the name of where it holds."""

    id: UUID
    person: Named
    role: Role
    place: str
    purpose: str
    until: datetime | None
    is_in_force: bool


class GrantChangeOut(BaseModel):
    """One thing that happened to a grant, and who did it."""

    id: UUID
    grant_id: UUID
    person: str
    kind: GrantChangeKind
    role: Role
    place: str
    until: datetime | None
    made_at: datetime
    made_by_name: str


class PersonItem(BaseModel):
    """A person who may be given a role. `account` null: she cannot sign in."""

    id: UUID
    name: str
    school: str | None
    account: AccountState | None


def _with_place(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Add the name of where a grant holds."""
    authority_region = aliased(Authority)
    place = func.coalesce(Region.name, School.name, authority_region.name, ALLIANCES.c.name)
    return (
        query.add_columns(place.label("place"))
        .outerjoin(Region, Region.id == RoleGrant.region_id)
        .outerjoin(School, School.id == RoleGrant.school_id)
        .outerjoin(authority_region, authority_region.id == RoleGrant.authority_id)
        .outerjoin(ALLIANCES, ALLIANCES.c.id == RoleGrant.alliance_id)
    )


def listed(scope: Scope, *, q: str, role: Role | None, in_force: bool | None, now: datetime) -> Any:
    """Return the grants in scope with holder and place."""
    query = _with_place(grants.grants(scope))
    if q:
        query = query.where(is_named(Person, q))
    if role is not None:
        query = query.where(RoleGrant.role == role)
    if in_force is not None:
        query = query.where(is_in_force(now) if in_force else ~is_in_force(now))
    return query


def _out(row: Any, now: datetime) -> GrantOut:
    grant, person, place = row
    return GrantOut(
        id=grant.id,
        person=Named(id=person.id, name=person.name),
        role=grant.role,
        place=place,
        purpose=grant.purpose,
        until=grant.until,
        is_in_force=grant.until is None or grant.until > now,
    )


class GrantFilter:
    """Which grants; a dependency."""

    def __init__(
        self, q: Text = "", role: Role | None = None, *, in_force: bool | None = None
    ) -> None:
        self.q, self.role, self.in_force = q.strip(), role, in_force


Wanted = Annotated[GrantFilter, Depends(GrantFilter)]
_ORDER = (Person.name.asc(), RoleGrant.id.asc())


@router.get("/role-grants")
async def list_grants(
    db: Db, now: Now, caller: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[GrantOut]:
    """List the roles held within the caller's scope, ended ones too."""
    query = listed(caller.scope(*INSPECTING), now=now, **vars(wanted))
    found: Fetched[Any] = await fetch_page(db, query, order=_ORDER, page=page)
    return found.page(lambda row: _out(row, now))


@router.get("/role-grants/export", **EXPORT_ROUTE)
async def export_grants(
    request: Request,
    now: Now,
    caller: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it."""
    return stream(
        request.app.state.database,
        listed(caller.scope(*INSPECTING), now=now, **vars(wanted)).order_by(*_ORDER),
        columns=(
            Column("姓名", lambda row: row[1].name),
            Column("角色", lambda row: ROLE[row[0].role]),
            Column("范围", lambda row: row[2]),
            Column("事由", lambda row: row[0].purpose),
            Column("截止时间", lambda row: row[0].until),
        ),
        name="role-grants",
        export_format=export_format,
    )


async def _read(db: Db, scope: Scope, grant_id: UUID, now: datetime) -> GrantOut:
    query = _with_place(grants.grants(scope)).where(RoleGrant.id == grant_id)
    return _out((await db.execute(query)).one(), now)


@router.post("/role-grants", status_code=201)
@refuses(OwnGrant, GrantTooLong, WrongState)
async def give_role(body: GrantIn, db: Db, now: Now, caller: CurrentAdministrator) -> GrantOut:
    """Give somebody a role within what the caller administers, and no longer than she does."""
    given = await grants.give(
        db,
        by=caller,
        person_id=body.person_id,
        role=body.role,
        reach=body.reach,
        until=body.until,
        purpose=body.purpose.strip(),
        now=now,
    )
    return await _read(db, caller.scope(Role.ADMINISTRATOR), given.id, now)


@router.post("/role-grants/{grant_id}/end")
@refuses(OwnGrant, WrongState)
async def end_role(
    grant_id: UUID, body: GrantEnd, db: Db, now: Now, caller: CurrentAdministrator
) -> GrantOut:
    """Take a role back, at once or from a moment on; it is never prolonged by this."""
    scope = caller.scope(Role.ADMINISTRATOR)
    grant = await grants.grant_within(db, scope, grant_id)
    await grants.end(db, by=caller, grant=grant, until=body.until, now=now)
    return await _read(db, scope, grant_id, now)


_LATEST = (GrantChange.made_at.desc(), GrantChange.id.desc())


def _changes(scope: Scope) -> Select[*tuple[Any, ...]]:
    query = grants.grants(scope).join(GrantChange, GrantChange.grant_id == RoleGrant.id)
    return _with_place(query.add_columns(GrantChange))


@router.get("/role-grant-changes")
async def list_grant_changes(
    db: Db, caller: CurrentInspector, page: PageQuery
) -> Page[GrantChangeOut]:
    """List what happened to roles within the caller's scope, the latest first."""
    found: Fetched[Any] = await fetch_page(
        db, _changes(caller.scope(*INSPECTING)), order=_LATEST, page=page
    )
    return found.page(_change_out)


@router.get("/role-grant-changes/export", **EXPORT_ROUTE)
async def export_grant_changes(
    request: Request, caller: CurrentInspector, export_format: ExportQuery = ExportFormat.CSV
) -> ExportResponse:
    """Export the list, all pages of it."""
    return stream(
        request.app.state.database,
        _changes(caller.scope(*INSPECTING)).order_by(*_LATEST),
        columns=(
            Column("时间", lambda row: row[2].made_at),
            Column("操作", lambda row: "授予" if row[2].kind is GrantChangeKind.GIVEN else "收回"),
            Column("姓名", lambda row: row[1].name),
            Column("角色", lambda row: ROLE[row[2].role]),
            Column("范围", lambda row: row[3]),
            Column("截止时间", lambda row: row[2].until),
            Column("操作人", lambda row: row[2].made_by_name),
        ),
        name="role-grant-changes",
        export_format=export_format,
    )


def _change_out(row: Any) -> GrantChangeOut:
    grant, person, change, place = row
    return GrantChangeOut(
        id=change.id,
        grant_id=grant.id,
        person=person.name,
        kind=change.kind,
        role=change.role,
        place=place,
        until=change.until,
        made_at=change.made_at,
        made_by_name=change.made_by_name,
    )


_PEOPLE = (Person.name.asc(), Person.id.asc())


@router.get("/people")
async def list_people(
    db: Db, caller: CurrentAdministrator, page: PageQuery, q: Text = ""
) -> Page[PersonItem]:
    """List the people the caller may give roles to: of her schools, or with a role there."""
    query = (
        select(Person, School.name, Account.state)
        .outerjoin(School, School.id == Person.school_id)
        .outerjoin(Account, Account.person_id == Person.id)
        .where(Person.id.in_(grants.people(caller.scope(Role.ADMINISTRATOR))))
    )
    if q.strip():
        query = query.where(is_named(Person, q.strip()))
    found = await fetch_page(db, query, order=_PEOPLE, page=page)
    return found.page(
        lambda row: PersonItem(id=row[0].id, name=row[0].name, school=row[1], account=row[2])
    )
