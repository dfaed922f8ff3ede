"""Staff posts: who works at the schools in scope, as what, which subjects they teach; edited."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased, selectinload

from app.accounts import posts, staff_imports
from app.accounts.models import Person, PostKind, StaffPost
from app.clock import Day
from app.codes import service as codes
from app.codes.errors import CodeUnknown
from app.database import WITHOUT_NUL, Db
from app.errors import WrongState, refuses
from app.etags import IfMatch, tag
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.paging import Page, PageQuery, fetch_page
from app.pinyin import is_named
from app.schools.errors import NameTaken, WrongDay
from app.schools.models import Region, School
from app.schools.queries import school_within, schools_within
from app.schools.registry_schemas import Incoming, ShortName, Text
from app.schools.schemas import Named
from app.schools.school_finder import school_columns
from app.security import INSPECTING, CurrentAdministrator, CurrentInspector, Role, Scope

router = APIRouter(prefix="/api/staff-posts", tags=["accounts"], route_class=IdempotentRoute)

_ORDER = (School.name.asc(), StaffPost.staff_no.asc(), StaffPost.id.asc())
_DAYS = frozenset({"from_on", "until_on"})


@dataclass(frozen=True, slots=True)
class StaffFilter:
    """Which posts; None: whatever. `text`: in the person's name."""

    school_id: UUID | None = None
    kind: PostKind | None = None
    text: str = ""


def _filter(
    school_id: UUID | None = None,
    kind: PostKind | None = None,
    q: Annotated[str, Query(max_length=80, pattern=WITHOUT_NUL)] = "",
) -> StaffFilter:
    return StaffFilter(school_id, kind, q.strip())


Wanted = Annotated[StaffFilter, Depends(_filter)]


StaffNo = Annotated[Text, Field(min_length=1, max_length=32)]
Subjects = Annotated[frozenset[UUID], Field(max_length=20)]


class StaffPostIn(Incoming):
    """Somebody new at a school. `subjects`: ids of codes; the post ends before `until_on`."""

    school_id: UUID
    name: ShortName
    staff_no: StaffNo
    kind: PostKind
    subjects: Subjects = frozenset()
    from_on: Day | None = None
    until_on: Day | None = None


class StaffPostEdit(Incoming):
    """What changes of a post; what is left out stays. Only the days may become null: not known."""

    name: ShortName | None = None
    staff_no: StaffNo | None = None
    kind: PostKind | None = None
    subjects: Subjects | None = None
    from_on: Day | None = None
    until_on: Day | None = None


class StaffPostOut(BaseModel):
    """A post. `subjects`: the ids of codes of kind SUBJECT; until the day before `until_on`."""

    id: UUID
    person: Named
    school: Named
    staff_no: str
    kind: PostKind
    subjects: list[UUID]
    from_on: date | None
    until_on: date | None
    version: int


def staff(scope: Scope, wanted: StaffFilter) -> Select[StaffPost, School, Region, School, Person]:
    """Return the posts at the schools in scope with person, school, region and parent."""
    parent = aliased(School)
    query = (
        select(StaffPost, School, Region, parent, Person)
        .join(School, School.id == StaffPost.school_id)
        .join(Region, Region.id == School.region_id)
        .join(Person, Person.id == StaffPost.person_id)
        .outerjoin(parent, parent.id == School.parent_id)
        .where(StaffPost.school_id.in_(schools_within(scope)))
        .options(selectinload(StaffPost.subjects))
    )
    if wanted.school_id is not None:
        query = query.where(StaffPost.school_id == wanted.school_id)
    if wanted.kind is not None:
        query = query.where(StaffPost.kind == wanted.kind)
    if wanted.text:
        query = query.where(is_named(Person, wanted.text))
    return query


def _out(row: Any) -> StaffPostOut:
    post, school, _region, _parent, person = row
    return StaffPostOut(
        id=post.id,
        person=Named(id=person.id, name=person.name),
        school=Named(id=school.id, name=school.name),
        staff_no=post.staff_no,
        kind=post.kind,
        subjects=[each.subject_id for each in post.subjects],
        from_on=post.from_on,
        until_on=post.until_on,
        version=post.version,
    )


@router.get("")
async def list_staff(
    db: Db, caller: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[StaffPostOut]:
    """List the staff of the schools in scope, school by school."""
    found = await fetch_page(db, staff(caller.scope(*INSPECTING), wanted), order=_ORDER, page=page)
    return found.page(_out)


@router.get("/export", **EXPORT_ROUTE)
async def export_staff(
    request: Request,
    db: Db,
    caller: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it; the file can be imported again."""
    known = await codes.catalogue(db)

    def subjects(row: Any) -> str:
        return ";".join(known.get(each.subject_id).label_zh for each in row[0].subjects)

    return stream(
        request.app.state.database,
        staff(caller.scope(*INSPECTING), wanted).order_by(*_ORDER),
        columns=(
            *school_columns(1),
            Column(staff_imports.NUMBER, lambda row: row[0].staff_no),
            Column(staff_imports.NAME, lambda row: row[4].name),
            Column(staff_imports.POST, lambda row: staff_imports.POST_WORDS[row[0].kind]),
            Column(staff_imports.SUBJECTS, subjects),
            Column(staff_imports.FROM, lambda row: row[0].from_on),
            Column(staff_imports.UNTIL, lambda row: row[0].until_on),
        ),
        name="staff",
        export_format=export_format,
    )


async def _read(db: Db, scope: Scope, post_id: UUID, response: Response) -> StaffPostOut:
    query = staff(scope, StaffFilter()).where(StaffPost.id == post_id)
    row = (await db.execute(query)).one()
    tag(response, row[0])
    return _out(row)


@router.post("", status_code=201)
@refuses(CodeUnknown, NameTaken, WrongDay, WrongState)
async def add_staff_post(
    body: StaffPostIn, response: Response, db: Db, caller: CurrentAdministrator
) -> StaffPostOut:
    """Have somebody new begin at an open school the caller administers."""
    scope = caller.scope(Role.ADMINISTRATOR)
    school = await school_within(db, scope, body.school_id)
    facts = posts.PostFacts(**body.model_dump(exclude={"school_id"}))
    post = await posts.begin(db, school, facts)
    return await _read(db, scope, post.id, response)


@router.get("/{post_id}")
async def read_staff_post(
    post_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> StaffPostOut:
    """Return a post."""
    scope = caller.scope(*INSPECTING)
    await posts.post_within(db, scope, post_id)
    return await _read(db, scope, post_id, response)


@router.patch("/{post_id}")
@refuses(CodeUnknown, NameTaken, WrongDay, WrongState)
async def edit_staff_post(
    *,
    post_id: UUID,
    body: StaffPostEdit,
    response: Response,
    db: Db,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> StaffPostOut:
    """Change what is said of a post, or end it by the day from which it is over."""
    scope = caller.scope(Role.ADMINISTRATOR)
    post = await posts.post_within(db, scope, post_id)
    expected.require(post, current=await _read(db, scope, post_id, response))
    said = body.model_dump(exclude_unset=True)
    changes = {key: value for key, value in said.items() if value is not None or key in _DAYS}
    await posts.change(db, post, changes)
    return await _read(db, scope, post_id, response)
