"""Classes of pupils, and classrooms with what they are fitted out with."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import Now
from app.codes import service as codes
from app.codes.catalogue import Catalogue
from app.codes.errors import CodeUnknown
from app.codes.models import CodeKind
from app.database import WITHOUT_NUL, Db
from app.errors import refuses
from app.etags import IfMatch, tag
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.paging import Page, PageQuery, fetch_page
from app.schools import class_imports, registry
from app.schools import queries as school_queries
from app.schools import registry_queries as queries
from app.schools.errors import NameTaken
from app.schools.histories import Noting
from app.schools.models import Classroom, Device, School, SchoolClass
from app.schools.registry_queries import ClassFilter, ClassroomFilter
from app.schools.registry_schemas import (
    MOST_GRADE_NO,
    ClassroomEdit,
    ClassroomIn,
    SchoolClassEdit,
    SchoolClassIn,
    SchoolClassOut,
)
from app.schools.room_tests import newest_tests
from app.schools.schemas import ClassroomOut, Named
from app.schools.school_finder import school_columns
from app.security import INSPECTING, CurrentAdministrator, CurrentInspector, Role, Scope

router = APIRouter(prefix="/api", tags=["registry"], route_class=IdempotentRoute)

_CLASS_ORDER = (
    School.name.asc(),
    School.id.asc(),
    SchoolClass.grade_no.asc(),
    SchoolClass.name.asc(),
    SchoolClass.id.asc(),
)
_ROOM_ORDER = (School.name.asc(), Classroom.name.asc(), Classroom.id.asc())
Word = Annotated[str | None, Query(max_length=24, pattern=r"^[A-Za-z0-9_.-]+$")]


def _class_filter(
    school_id: UUID | None = None,
    stage: Word = None,
    grade_no: Annotated[int | None, Query(ge=0, le=MOST_GRADE_NO)] = None,
    *,
    is_open: bool | None = None,
) -> ClassFilter:
    return ClassFilter(school_id, stage, grade_no, is_open)


WantedClasses = Annotated[ClassFilter, Depends(_class_filter)]


def _class_out(found: SchoolClass, school: School) -> SchoolClassOut:
    return SchoolClassOut(
        id=found.id,
        school=Named(id=school.id, name=school.name),
        name=found.name,
        stage=found.stage,
        grade_no=found.grade_no,
        entry_year=found.entry_year,
        pupil_count=found.pupil_count,
        language_of_instruction=found.language_of_instruction,
        closed_on=found.closed_on,
        version=found.version,
    )


@router.get("/school-classes")
async def list_classes(
    db: Db, caller: CurrentInspector, wanted: WantedClasses, page: PageQuery
) -> Page[SchoolClassOut]:
    """List the classes of the schools in scope, school by school."""
    found = await fetch_page(
        db, queries.classes(caller.scope(*INSPECTING), wanted), order=_CLASS_ORDER, page=page
    )
    return found.page(lambda row: _class_out(*row))


@router.get("/school-classes/export", **EXPORT_ROUTE)
async def export_classes(
    request: Request,
    db: Db,
    caller: CurrentInspector,
    wanted: WantedClasses,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it."""
    return stream(
        request.app.state.database,
        queries.exported_classes(caller.scope(*INSPECTING), wanted).order_by(*_CLASS_ORDER),
        columns=class_columns(await codes.catalogue(db)),
        name="classes",
        export_format=export_format,
    )


@router.post("/school-classes", status_code=201)
@refuses(CodeUnknown, NameTaken)
async def add_class(
    body: SchoolClassIn, response: Response, db: Db, now: Now, caller: CurrentAdministrator
) -> SchoolClassOut:
    """Add a class to a school the caller administers."""
    scope = caller.scope(Role.ADMINISTRATOR)
    school = await school_queries.school_within(db, scope, body.school_id)
    facts = body.model_dump(exclude={"school_id"})
    added = await registry.add_class(db, school, today=Noting.today(now).on, **facts)
    tag(response, added)
    return _class_out(added, school)


@router.get("/school-classes/{class_id}")
async def read_class(
    class_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> SchoolClassOut:
    """Return a class."""
    found = await queries.class_within(db, caller.scope(*INSPECTING), class_id)
    tag(response, found)
    return _class_out(found, found.school)


@router.patch("/school-classes/{class_id}")
@refuses(CodeUnknown, NameTaken)
async def edit_class(
    *,
    class_id: UUID,
    body: SchoolClassEdit,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> SchoolClassOut:
    """Change what is said of a class."""
    found = await queries.class_within(db, caller.scope(Role.ADMINISTRATOR), class_id)
    expected.require(found, current=_class_out(found, found.school))
    changes = body.model_dump(exclude_unset=True)
    await registry.edit_class(db, found, changes, today=Noting.today(now).on)
    tag(response, found)
    return _class_out(found, found.school)


def _room_filter(
    school_id: UUID | None = None,
    link_kind: Word = None,
    q: Annotated[str, Query(max_length=120, pattern=WITHOUT_NUL)] = "",
    *,
    may_broadcast: bool | None = None,
) -> ClassroomFilter:
    return ClassroomFilter(school_id, link_kind, may_broadcast, q.strip())


WantedRooms = Annotated[ClassroomFilter, Depends(_room_filter)]


async def _rooms_out(db: AsyncSession, rooms: Sequence[Classroom]) -> dict[UUID, ClassroomOut]:
    """Describe classrooms with devices, line and sound; one statement for each of these."""
    ids = [room.id for room in rooms]
    devices: dict[UUID, list[Device]] = defaultdict(list)
    for device in await school_queries.devices_of(db, ids, with_revoked=True):
        devices[device.classroom_id].append(device)
    checks = await school_queries.line_checks_of(db, ids)
    tests = await newest_tests(db, ids)
    return {
        room.id: ClassroomOut.of(room, devices[room.id], checks.get(room.id), tests.get(room.id))
        for room in rooms
    }


@router.get("/classrooms")
async def list_classrooms(
    db: Db, caller: CurrentInspector, wanted: WantedRooms, page: PageQuery
) -> Page[ClassroomOut]:
    """List the classrooms in scope with their devices, revoked ones included."""
    found = await fetch_page(
        db, queries.classrooms(caller.scope(*INSPECTING), wanted), order=_ROOM_ORDER, page=page
    )
    described = await _rooms_out(db, found.items)
    return found.page(lambda room: described[room.id])


@router.get("/classrooms/export", **EXPORT_ROUTE)
async def export_classrooms(
    request: Request,
    db: Db,
    caller: CurrentInspector,
    wanted: WantedRooms,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it."""
    return stream(
        request.app.state.database,
        queries.exported_classrooms(caller.scope(*INSPECTING), wanted).order_by(*_ROOM_ORDER),
        columns=classroom_columns(await codes.catalogue(db)),
        name="classrooms",
        export_format=export_format,
    )


async def _room_out(db: AsyncSession, response: Response, scope: Scope, id_: UUID) -> ClassroomOut:
    room = await queries.classroom_within(db, scope, id_)
    tag(response, room)
    return (await _rooms_out(db, [room]))[id_]


@router.post("/classrooms", status_code=201)
@refuses(CodeUnknown, NameTaken)
async def add_classroom(
    body: ClassroomIn, response: Response, db: Db, now: Now, caller: CurrentAdministrator
) -> ClassroomOut:
    """Add a classroom to a school the caller administers."""
    scope = caller.scope(Role.ADMINISTRATOR)
    school = await school_queries.school_within(db, scope, body.school_id)
    facts = body.model_dump(exclude={"school_id"})
    room = await registry.add_classroom(db, school, today=Noting.today(now).on, **facts)
    return await _room_out(db, response, scope, room.id)


@router.get("/classrooms/{classroom_id}")
async def read_classroom(
    classroom_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> ClassroomOut:
    """Return a classroom."""
    return await _room_out(db, response, caller.scope(*INSPECTING), classroom_id)


@router.patch("/classrooms/{classroom_id}")
@refuses(CodeUnknown, NameTaken)
async def edit_classroom(
    *,
    classroom_id: UUID,
    body: ClassroomEdit,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> ClassroomOut:
    """Change what is said of a classroom; its line is declared by a request of its own."""
    scope = caller.scope(Role.ADMINISTRATOR)
    room = await queries.classroom_within(db, scope, classroom_id)
    expected.require(room, current=await _room_out(db, response, scope, classroom_id))
    changes = body.model_dump(exclude_unset=True)
    await registry.edit_classroom(db, room, changes, today=Noting.today(now).on)
    return await _room_out(db, response, scope, classroom_id)


def class_columns(words: Catalogue) -> tuple[Column, ...]:
    """Return the columns of classes; the file can be imported again."""
    return (
        *school_columns(1),
        Column(class_imports.CLASS, lambda row: row[0].name),
        Column(class_imports.STAGE, lambda row: row[0].stage),  # its heading asks for the code
        Column(class_imports.GRADE, lambda row: words.said(CodeKind.GRADE, row[0].grade_no)),
        Column(class_imports.ENTRY, lambda row: row[0].entry_year),
        Column(class_imports.PUPILS, lambda row: row[0].pupil_count),
        Column(
            class_imports.LANGUAGE,
            lambda row: words.said(CodeKind.LANGUAGE, row[0].language_of_instruction),
        ),
        Column(class_imports.DISSOLVED, lambda row: row[0].closed_on),
    )


def classroom_columns(words: Catalogue) -> tuple[Column, ...]:
    """Return the columns of classrooms; the file can be imported again."""
    return (
        *school_columns(1),
        Column(class_imports.ROOM, lambda row: row[0].name),
        Column(class_imports.LINK, lambda row: words.said(CodeKind.LINK, row[0].link_kind)),
        Column(class_imports.DOWN, lambda row: row[0].budget_down_kbps),
        Column(class_imports.UP, lambda row: row[0].budget_up_kbps),
        Column(class_imports.SEATS, lambda row: row[0].seats),
        Column(class_imports.CAMERAS, lambda row: row[0].cameras),
        Column(class_imports.DISPLAYS, lambda row: row[0].displays),
        Column(
            class_imports.MICROPHONES, lambda row: "是" if row[0].has_microphone_array else "否"
        ),
        Column(class_imports.BROADCASTS, lambda row: "是" if row[0].may_broadcast else "否"),
    )
