"""Have what tests make by the thousand be worked out once a process: routes and statements.

`create_app` includes some 300 routes; for each, FastAPI reads the endpoint's signature and builds
its validators. That is two thirds of a second of processor, and thousands of tests make an
application each. What comes of it depends on the route and on what it is included with, which is
the same each time. What belongs to one application (whose `dependency_overrides` are looked at)
is put in anew.

SQLAlchemy keeps what it compiled of a statement for one engine, by the engine's dialect. Engines
of one kind compile alike here: it is kept for all of a kind, which halves what a request costs.
"""

from copy import copy
from dataclasses import replace
from typing import Any

from fastapi import routing
from fastapi._body_limit import wrap_app_with_body_limit
from sqlalchemy import Dialect, Engine
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.util import LRUCache

_analyse = routing._EffectiveRouteContext.from_api_route
# By the route's id; the route itself is held, so that no other one gets its id.
_analysed: dict[int, tuple[routing.APIRoute, Any, Any]] = {}


def _analyse_once(*, original_route: routing.APIRoute, include_context: Any) -> Any:
    """Return what FastAPI makes of a route as it is included, for the application of this test."""
    included = replace(include_context, dependency_overrides_provider=None)
    _, known_included, known = _analysed.get(id(original_route), (None, None, None))
    if known is None or known_included != included:
        known = _analyse(original_route=original_route, include_context=include_context)
        kept = copy(known)
        kept.app = kept.dependency_overrides_provider = None  # what holds on to an application
        _analysed[id(original_route)] = original_route, included, kept
        return known
    context = copy(known)
    context.dependency_overrides_provider = include_context.dependency_overrides_provider
    chosen = routing._effective_route_context_var.set(context)
    try:
        handler = routing.request_response(original_route.get_route_handler())
        context.app = wrap_app_with_body_limit(handler, context.max_body_size)
    finally:
        routing._effective_route_context_var.reset(chosen)
    return context


def analyse_routes_once() -> None:
    """Have every application of this process share what is analysed."""
    routing._EffectiveRouteContext.from_api_route = _analyse_once  # type: ignore[method-assign]


_compiled: dict[type[Dialect], LRUCache[Any, Any]] = {}
_KEPT = 5_000


def _shared(engine: Engine) -> LRUCache[Any, Any]:
    return _compiled.setdefault(type(engine.dialect), LRUCache(_KEPT))


def _keep_none_of_its_own(engine: Engine, cache: object) -> None:
    """Let an engine that is made leave its own cache."""


def _are_alike(one: Dialect, other: object) -> bool:
    return type(one) is type(other)


def _by_kind(dialect: Dialect) -> int:
    return hash(type(dialect))


def compile_statements_once() -> None:
    """Have all engines of a kind share what is compiled. SQLAlchemy's key names the dialect."""
    Engine._compiled_cache = property(_shared, _keep_none_of_its_own)  # type: ignore[assignment]
    for kind in (SQLiteDialect_aiosqlite, PGDialect_asyncpg):
        kind.__eq__ = _are_alike  # type: ignore[method-assign, assignment]
        kind.__hash__ = _by_kind  # type: ignore[method-assign, assignment]
