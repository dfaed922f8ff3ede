"""Course offerings: what hubs give through a term, and to which classrooms."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.alliances.errors import TermForeign
from app.alliances.shared import kept, seen
from app.clock import Now
from app.codes import service as codes
from app.codes.errors import CodeUnknown
from app.codes.models import CodeKind
from app.database import Db
from app.errors import NotFound, WrongState, refuses
from app.etags import IfMatch, tag
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.lessons import changes, offerings
from app.lessons import offering_queries as queries
from app.lessons.errors import SiteUnfit
from app.lessons.models import CourseOffering, OfferingState
from app.lessons.offering_queries import OfferingFilter
from app.lessons.offering_schemas import OfferingIn, OfferingOut, PublishedOut
from app.lessons.words import KIND, OFFERING_STATE, receivers
from app.paging import Page, PageQuery, fetch_page
from app.schools import queries as schools
from app.security import CurrentAdministrator, CurrentInspector, PersonCaller

router = APIRouter(prefix="/api", tags=["timetable"], route_class=IdempotentRoute)
ORDER = (CourseOffering.name.asc(), CourseOffering.id.asc())


async def _filter(
    db: Db,
    school_id: Annotated[UUID | None, Query(description="The hub, or a site's school.")] = None,
    term_id: UUID | None = None,
    subject: Annotated[str | None, Query(max_length=24, pattern=r"^[0-9A-Za-z_-]+$")] = None,
    state: OfferingState | None = None,
) -> OfferingFilter:
    words = await codes.catalogue(db)
    subject_id = None if subject is None else words.stored(CodeKind.SUBJECT, subject).id
    return OfferingFilter(school_id, term_id, subject_id, state)


Wanted = Annotated[OfferingFilter, Depends(_filter)]


async def _described(
    db: AsyncSession, caller: PersonCaller, found: Sequence[CourseOffering]
) -> list[OfferingOut]:
    """Describe offerings; the statements do not grow with their number."""
    at = {row.hub_school_id for row in found}
    at |= {site.classroom.school_id for row in found for site in row.sites}
    own = await schools.ids_within(db, kept(caller), at)
    counts = await queries.lesson_counts(db, [row.id for row in found])
    words = await codes.catalogue(db)
    return [
        OfferingOut.of(row, words, lessons=counts.get(row.id, (0, 0)), own=own) for row in found
    ]


async def _answer(
    db: AsyncSession, caller: PersonCaller, response: Response, offering_id: UUID
) -> OfferingOut:
    row = await queries.offering_seen(db, seen(caller), offering_id)
    tag(response, row)
    return (await _described(db, caller, [row]))[0]


@router.get("/course-offerings")
@refuses(CodeUnknown)
async def list_offerings(
    db: Db, caller: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[OfferingOut]:
    """List the offerings given or received in scope, by name."""
    found = await fetch_page(
        db, queries.offerings_seen(seen(caller), wanted), order=ORDER, page=page
    )
    rows = await _described(db, caller, list(found.items))
    return Page(items=rows, next_cursor=found.next_cursor)


@router.get("/course-offerings/export", **EXPORT_ROUTE)
@refuses(CodeUnknown)
async def export_offerings(
    *,
    request: Request,
    db: Db,
    caller: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it."""
    words = await codes.catalogue(db)
    return stream(
        request.app.state.database,
        queries.offerings_seen(seen(caller), wanted).order_by(*ORDER),
        columns=[
            Column("课程", lambda row: row[0].name),
            Column("课堂类型", lambda row: KIND[row[0].kind]),
            Column("学科", lambda row: words.label(row[0].subject_id)),
            Column("年级", lambda row: words.said(CodeKind.GRADE, row[0].grade_no)),
            Column("教材", lambda row: row[0].textbook),
            Column("语言", lambda row: words.said(CodeKind.LANGUAGE, row[0].language)),
            Column("主讲学校", lambda row: row[0].hub_school.name),
            Column("主讲教师", lambda row: row[0].lecturer.name),
            Column("学期", lambda row: row[0].term.name),
            Column("每周节数", lambda row: row[0].periods_a_week),
            Column("每节分钟", lambda row: row[0].minutes),
            Column("课后服务", lambda row: "是" if row[0].is_after_school else "否"),
            Column("听课教室", lambda row: receivers(row[0].sites)),
            Column("状态", lambda row: OFFERING_STATE[row[0].state]),
        ],
        name="course-offerings",
        export_format=export_format,
    )


@router.post("/course-offerings", status_code=201)
@refuses(NotFound, CodeUnknown, TermForeign, SiteUnfit)
async def open_offering(
    body: OfferingIn, response: Response, db: Db, now: Now, caller: CurrentAdministrator
) -> OfferingOut:
    """Open an offering of a hub school one administers."""
    made = offerings.new()
    await offerings.save(db, made, body, kept(caller), now=now)
    return await _answer(db, caller, response, made.id)


@router.get("/course-offerings/{offering_id}")
async def read_offering(
    offering_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> OfferingOut:
    """Describe an offering."""
    return await _answer(db, caller, response, offering_id)


@router.put("/course-offerings/{offering_id}")
@refuses(WrongState, CodeUnknown, TermForeign, SiteUnfit)
async def change_offering(
    *,
    offering_id: UUID,
    body: OfferingIn,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> OfferingOut:
    """Change an offering. Lessons planned already stay; those to come are after school as it is."""
    row = await queries.offering_kept(db, kept(caller), offering_id)
    expected.require(row, current=(await _described(db, caller, [row]))[0])
    await offerings.save(db, row, body, kept(caller), now=now)
    return await _answer(db, caller, response, offering_id)


@router.post("/course-offerings/{offering_id}/publish")
@refuses(WrongState)
async def publish_offering(
    offering_id: UUID, db: Db, now: Now, caller: CurrentAdministrator, expected: IfMatch
) -> PublishedOut:
    """Publish all drafts of an offering that lie ahead."""
    row = await queries.offering_kept(db, kept(caller), offering_id)
    expected.require(row, current=(await _described(db, caller, [row]))[0])
    return PublishedOut(published=await changes.publish_drafts(db, row, now))


@router.post("/course-offerings/{offering_id}/end")
@refuses(WrongState)
async def end_offering(
    *,
    offering_id: UUID,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> OfferingOut:
    """End an offering of which no lesson lies ahead."""
    row = await queries.offering_kept(db, kept(caller), offering_id)
    expected.require(row, current=(await _described(db, caller, [row]))[0])
    await changes.end_offering(db, row, now)
    return await _answer(db, caller, response, offering_id)
