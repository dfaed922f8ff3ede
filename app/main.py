"""The composition root: `create_app(settings)` puts the slices and planes together.

What a request finds in `request.app.state`: `settings`, `database`, `passwords`, `rate_limits`,
`authenticator`, `metrics`, `events`, `signer`, and what slices put there when they are installed.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address, ip_network

import structlog
from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app import errors, openapi
from app.accounts import correction_routes, grant_routes, staff_routes
from app.accounts import routes as account_routes
from app.accounts import service as accounts
from app.accounts.passwords import Passwords
from app.alliances import need_routes, pairing_routes, taught_routes, track_routes
from app.alliances import routes as alliance_routes
from app.attendance.records import SessionRecords
from app.attendance.taught import AttendedLessons
from app.calendars import bell_routes
from app.calendars import routes as calendar_routes
from app.clock import utc_now
from app.codes import routes as code_routes
from app.coverage import curriculum_routes, definition_routes, sheet_routes
from app.coverage import routes as coverage_routes
from app.database import Database
from app.errors import RETRY_AFTER_S, NotFound, Problem
from app.events import EventBus
from app.files import HANDED_IN, FileStore
from app.jobs import routes as job_routes
from app.jobs.attending import QueueWatch
from app.jobs.files import JobFiles
from app.jobs.models import Queue
from app.lessons import feed_routes, lesson_routes, offering_routes, week_routes
from app.lessons import routes as day_routes
from app.live.metrics import RoomCollector
from app.live.plane import LivePlane
from app.planning import routes as planning_routes
from app.ratelimits import RateLimits
from app.recordings.reading import Shelf
from app.schools import (
    class_routes,
    import_jobs,
    region_routes,
    room_tests,
    roster_routes,
)
from app.schools import routes as school_routes
from app.schools import school_routes as registered_schools
from app.schools import service as schools
from app.security import (
    DeviceCaller,
    NobodyKnown,
    PersonCaller,
    client_address,
    routes_without_policy,
)
from app.settings import Settings, read_settings
from app.signing import KEYS, load_signer
from app.watchdog import Watchdog
from app.web import CanonicalClient, Edge, Pages
from app.workers import IMPORT_KINDS, IN_SERVER, PERIODIC, make_worker, open_store

log = structlog.get_logger(__name__)

# Routes that check the caller by other means than a policy.
EXEMPT_ROUTES = frozenset(
    {
        "/api/openapi.json",  # describes; holds nothing
        "/api/live",  # a WebSocket: a single-use ticket and the Origin (signaling.endpoint)
    }
)


READY_WITHIN_S = 2.0
ROUTERS = (
    job_routes.router,
    code_routes.router,
    school_routes.router,
    school_routes.codes_router,
    class_routes.router,
    region_routes.router,
    registered_schools.router,
    roster_routes.router,
    import_jobs.router,
    room_tests.router,
    account_routes.router,
    staff_routes.router,
    grant_routes.router,
    correction_routes.router,
    calendar_routes.router,
    bell_routes.router,
    alliance_routes.router,
    pairing_routes.router,
    track_routes.router,
    taught_routes.router,
    need_routes.router,
    day_routes.router,
    offering_routes.router,
    lesson_routes.router,
    planning_routes.router,
    week_routes.router,
    feed_routes.router,
    curriculum_routes.router,
    definition_routes.router,
    coverage_routes.router,
    sheet_routes.router,
)


class NotReady(Problem):
    """A part that lessons need does not answer."""

    status, type, title = 503, "not-ready", "Not ready"


@dataclass(frozen=True, slots=True)
class CookieAuthenticator:
    """Asks the slices who holds a cookie. Implements `app.security.Authenticator`."""

    idle: timedelta

    async def person(self, db: AsyncSession, *, token: str, now: datetime) -> PersonCaller | None:
        """Return who is signed in with this token."""
        return await accounts.authenticate(db, token=token, now=now, idle=self.idle)

    async def device(self, db: AsyncSession, *, token: str, now: datetime) -> DeviceCaller | None:
        """Return the classroom's device that holds this credential."""
        return await schools.authenticate_device(db, token=token, now=now)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Put the application together; nothing is opened before its lifespan begins."""
    settings = settings or read_settings()
    app = FastAPI(
        title="Three Classrooms",
        openapi_url="/api/openapi.json",
        docs_url=None,  # the documentation pages load scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=openapi.operation_id,
    )
    metrics = CollectorRegistry()
    ProcessCollector(registry=metrics)
    PlatformCollector(registry=metrics)
    events = EventBus()
    app.state.settings, app.state.metrics, app.state.events = settings, metrics, events
    app.state.database = Database(settings.database_url, events)
    app.state.passwords = Passwords(
        memory_kib=settings.password_memory_kib, rounds=settings.password_rounds
    )
    app.state.signer = cache(lambda: load_signer(settings.var_dir / KEYS))
    app.state.rate_limits = RateLimits(settings.redis_url)
    app.state.authenticator = CookieAuthenticator(
        idle=timedelta(minutes=settings.session_idle_minutes)
    )
    app.state.lesson_records = SessionRecords()
    app.state.taught_lessons = AttendedLessons()
    app.state.files = FileStore(settings.files_dir / HANDED_IN)
    app.state.live = LivePlane(settings, app.state.database, events)
    metrics.register(_room_metrics(app.state.live))
    app.state.watchdog = Watchdog(app.state.live.hub.current, metrics)
    app.state.import_kinds = IMPORT_KINDS
    app.state.job_files = JobFiles(settings.files_dir)
    _add_keeping(app, settings, events)
    errors.install(app)
    openapi.install(app)
    _add_routes(app)
    _add_probes(app)
    _add_pages(app)
    if lacking := routes_without_policy(app.routes, exempt=EXEMPT_ROUTES):
        raise RuntimeError(f"Routes without exactly one policy: {', '.join(lacking)}")
    _wrap(app, settings, metrics)
    return app


def _add_keeping(app: FastAPI, settings: Settings, events: EventBus) -> None:
    """Put in what keeps recordings and what works for them and for others."""
    app.state.store = open_store(settings)
    app.state.shelf = Shelf(settings.recordings_dir.absolute(), app.state.store)
    app.state.worker = make_worker(
        settings,
        app.state.database,
        events,
        queues=frozenset(map(Queue, settings.jobs_in_server)),
        store=app.state.store,
        second=app.state.live.second_place,
        name=IN_SERVER,
        is_only_one=True,
    )
    app.state.queue_watch = QueueWatch(
        app.state.database, kinds=app.state.worker.kinds, periodic=PERIODIC, clock=utc_now
    )


def _room_metrics(live: LivePlane) -> RoomCollector:
    return RoomCollector(live.room_counters, lambda: live.data_plane, live.room_for_recordings)


def _add_routes(app: FastAPI) -> None:
    for slice_router in ROUTERS:
        app.include_router(slice_router)
    for router in app.state.live.routers():
        app.include_router(router)


def _wrap(app: FastAPI, settings: Settings, metrics: CollectorRegistry) -> None:
    """Put around the application what every request goes through, the innermost first."""
    app.add_middleware(Edge, registry=metrics)
    if settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))
    app.add_middleware(CanonicalClient)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold open what the application needs while it serves."""
    database: Database = app.state.database
    live: LivePlane = app.state.live
    watchdog: Watchdog = app.state.watchdog
    settings: Settings = app.state.settings
    try:
        async with AsyncExitStack() as stack:
            if settings.watchdog:
                await stack.enter_async_context(watchdog.running())
            await stack.enter_async_context(app.state.worker.running())
            await stack.enter_async_context(app.state.queue_watch.running())
            await stack.enter_async_context(live.running())
            yield
    finally:
        if app.state.store is not None:
            await app.state.store.close()
        await database.close()


def _add_probes(app: FastAPI) -> None:
    @app.get("/healthz", include_in_schema=False, dependencies=[NobodyKnown])
    async def healthz(request: Request) -> dict[str, str | int | float]:
        """Say that the process lives and its loop turns, and which queues nobody works for."""
        watchdog: Watchdog = request.app.state.watchdog
        return {
            "status": "alive",
            "data_plane": request.app.state.live.data_plane,
            "loop_standstills": watchdog.standstills,
            "longest_standstill_s": round(watchdog.longest_s, 1),
            "unattended_queues": ",".join(sorted(request.app.state.queue_watch.found)),
        }

    @app.get("/readyz", include_in_schema=False, dependencies=[NobodyKnown])
    async def readyz(request: Request) -> dict[str, str]:
        """Say that lessons can be served: the database answers."""
        try:
            async with (
                asyncio.timeout(READY_WITHIN_S),
                request.app.state.database.unit_of_work() as db,
            ):
                await db.execute(text("SELECT 1"))
        except Exception as error:
            log.exception("database_not_ready")
            raise NotReady("The database does not answer.", retry_after_s=RETRY_AFTER_S) from error
        return {"status": "ready"}

    @app.get("/metrics", include_in_schema=False, dependencies=[NobodyKnown])
    async def metrics(request: Request) -> Response:
        """Give Prometheus the figures; only to the networks configured."""
        settings: Settings = request.app.state.settings
        if not _is_within(client_address(request), settings.metrics_from):
            raise NotFound
        return Response(generate_latest(request.app.state.metrics), media_type=CONTENT_TYPE_LATEST)


def _is_within(address: str, networks: tuple[str, ...]) -> bool:
    try:
        caller = ip_address(address)
    except ValueError:
        return False
    return any(caller in ip_network(network) for network in networks)


def _add_pages(app: FastAPI) -> None:
    pages = Pages(app.state.settings.frontend_dir)

    @app.get("/api/{path:path}", include_in_schema=False, dependencies=[NobodyKnown])
    async def no_such_endpoint(path: str) -> None:
        """Answer a mistyped endpoint with a problem, not with a page."""
        raise NotFound(f"There is no /api/{path}.")

    @app.api_route(
        "/{path:path}",
        methods=["GET", "HEAD"],
        include_in_schema=False,
        dependencies=[NobodyKnown],
    )
    async def page(path: str, request: Request) -> Response:  # noqa: ARG001 - the route's shape
        """Give a file of the single-page application, or its page."""
        return pages.answer(request)
