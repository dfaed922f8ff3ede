"""Have FastAPI analyse each route once a process, not once an application.

`create_app` includes some 300 routes; for each, FastAPI reads the endpoint's signature and builds
its validators. That is two thirds of a second of processor, and thousands of tests make an
application each. What comes of it depends on the route and on what it is included with, which is
the same each time. What belongs to one application (whose `dependency_overrides` are looked at)
is put in anew.
"""

from copy import copy
from dataclasses import replace
from typing import Any

from fastapi import routing
from fastapi._body_limit import wrap_app_with_body_limit

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
