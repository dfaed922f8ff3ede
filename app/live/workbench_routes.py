"""Routes of the county's workbench: the county at a glance, and its teaching points."""

from collections import defaultdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from app.clock import Now
from app.database import WITHOUT_NUL, Db
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.jobs.attending import QueueWatch
from app.lessons.queries import day_of
from app.lessons.readiness import look_at
from app.lessons.routes import Records
from app.live import hands, points, wall
from app.live.hands import UNATTENDED, Hand, Server
from app.live.points import POINT_ORDER, PointLight
from app.live.room_watch import RoomWatch
from app.live.wall import WallSite
from app.live.workbench_schemas import HandOut, PointOut, Workbench, lesson_out
from app.paging import Fetched, Page, PageQuery, fetch_page
from app.security import CurrentInspector
from app.settings import Settings

router = APIRouter(prefix="/api/admin", tags=["workbench"])

LIGHT_WORDS = {PointLight.READY: "在线", PointLight.OFFLINE: "离线", PointLight.NEVER: "从未上线"}
_POINT_COLUMNS = (
    Column("行政区划", lambda row: row.region),
    Column("学校", lambda row: row.school),
    Column("教室", lambda row: row.classroom),
    Column("状态", lambda row: LIGHT_WORDS[PointLight(row.light)]),
    Column("最后在线", lambda row: row.last_seen_at),
    Column("最近一次计入的课", lambda row: row.last_lesson_at),
)


@router.get("/workbench")
async def read_workbench(
    request: Request, db: Db, now: Now, person: CurrentInspector, records: Records
) -> Workbench:
    """Return today's lessons as they stand, the teaching points' lights, and what needs a hand."""
    lessons = await wall.lessons_of(db, person, now)
    sites: dict[UUID, list[WallSite]] = defaultdict(list)
    for site in await wall.sites_of(db, person, [each.lesson.id for each in lessons]):
        sites[site.lesson_id].append(site)
    looked = await look_at(db, records, lessons=[each.lesson for each in lessons], now=now)
    return Workbench(
        now=now,
        date=day_of(now),
        lessons=await wall.counts_of(db, person, now),
        points=await points.count_points(db, person, now),
        hands=[
            HandOut(hand=each.hand, count=each.count)
            for each in await hands.wanted(db, person, _server(request), now=now)
        ],
        wall=[
            lesson_out(each, sites[each.lesson.id], looked.get(each.lesson.id), now)
            for each in lessons
        ],
    )


def _server(request: Request) -> Server:
    """Return what is known of the server the request came to."""
    settings: Settings = request.app.state.settings
    watch: RoomWatch = request.app.state.live.room_watch
    queues: QueueWatch = request.app.state.queue_watch
    away = {} if watch.second_away_since is None else {Hand.SECOND_PLACE: watch.second_away_since}
    away |= {UNATTENDED[queue]: since for queue, since in queues.found.items()}
    return Server(settings.var_dir, watch.left.get("first"), away)


def _filter(
    light: PointLight | None = None,
    school_id: Annotated[UUID | None, Query()] = None,
    q: Annotated[str, Query(max_length=120, pattern=WITHOUT_NUL)] = "",
) -> dict[str, Any]:
    return {"light": light, "school_id": school_id, "text": q}


Wanted = Annotated[dict[str, Any], Depends(_filter)]


@router.get("/points")
async def list_points(
    db: Db, now: Now, person: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[PointOut]:
    """List the classrooms of teaching points in scope, those longest silent first."""
    statement = points.points_seen(person, now, **wanted)
    found: Fetched[Any] = await fetch_page(db, statement, order=POINT_ORDER, page=page)
    return found.page(PointOut.of)


@router.get("/points/export", **EXPORT_ROUTE)
async def export_points(
    request: Request,
    now: Now,
    person: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the classrooms of teaching points, all pages of them."""
    return stream(
        request.app.state.database,
        points.points_seen(person, now, **wanted).order_by(*POINT_ORDER),
        columns=_POINT_COLUMNS,
        name="points",
        export_format=export_format,
    )
