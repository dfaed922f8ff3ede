"""What routes refuse is what their description says: read from the source of all they come to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from app.accounts import routes as accounts
from app.alliances import pairing_routes
from app.attendance import crediting, lines, settling
from app.attendance import service as attendance
from app.codes.catalogue import Catalogue
from app.codes.errors import CodeUnknown
from app.errors import Forbidden, NotFound, Problem, WrongState, render_problem
from app.lessons import offering_routes, timetable, week_routes
from app.lessons import routes as lessons
from app.main import create_app
from app.openapi import dependencies
from app.paging import BadCursor
from app.recordings import light
from app.recordings.errors import RecordingNotReady
from app.schools import school_routes
from app.schools import service as schools
from app.security import Policy
from app.settings import read_settings
from tests.app import refusing_samples as samples
from tests.app.raised import Refusals

#: What a function cannot refuse where a route comes to it, though it names what could.
NEVER: Mapping[Callable[..., Any], set[type[Problem]]] = {
    # Rows refer to codes that are there, and the own code sets are loaded before a server serves.
    Catalogue.get: {CodeUnknown},
    Catalogue._one: {CodeUnknown},
    timetable._labels: {CodeUnknown},
    # Who asks is there: the session was found a moment ago, in the same transaction.
    accounts._device_out: {NotFound},
    accounts.forget_device: {NotFound},
    schools.enrol: {NotFound},
    lessons.classroom_today: {NotFound},
    week_routes.my_week: {NotFound},
    # What is new is in its first state, and open.
    offering_routes.open_offering: {WrongState},
    pairing_routes.add_pairing: {WrongState},
    school_routes.register_school: {WrongState},
    # They look at the lesson's state first, under its lock.
    attendance.open_session: {WrongState},
    attendance._follow: {WrongState},
    settling._confirm: {WrongState},
    crediting.move_on: {WrongState},
    # It has published it by then, and what is published is played.
    light.publish: {RecordingNotReady},
    # The pages are its own, not the caller's.
    lines.pages_of_lines: {BadCursor},
    # It renders whatever it is given.
    render_problem: {Problem},
}


@dataclass(frozen=True)
class Route:
    """A route: what its description says it refuses, by type, and what its code does."""

    name: str
    described: frozenset[str]
    declared: frozenset[type[Problem]]
    raised: frozenset[type[Problem]]


def read_routes(never: Mapping[Callable[..., Any], set[type[Problem]]]) -> list[Route]:
    app = create_app(read_settings({}, watchdog=False))
    schema, refusals, found = app.openapi(), Refusals(never), []
    for route in iter_route_contexts(list(app.routes)):
        for method in route.methods or ():
            described = schema["paths"].get(route.path_format, {}).get(method.lower())
            if described is None:
                continue
            # What a policy refuses depends on the method, which it says itself.
            others = [
                each for each in dependencies(route.dependant) if not isinstance(each, Policy)
            ]
            names = [each["$ref"] for each in described["responses"].values() if "$ref" in each]
            found.append(
                Route(
                    described["operationId"],
                    frozenset(kind for name in names for kind in _types(name)),
                    frozenset(getattr(route.endpoint, "refusals", ())),
                    frozenset().union(*(refusals.of(each) for each in (route.endpoint, *others))),
                )
            )
    return found


def _types(reference: str) -> list[str]:
    return reference.rpartition("/")[2].split(".")


@pytest.fixture(scope="module")
def routes() -> list[Route]:
    found = read_routes(NEVER)
    assert len(found) > 150
    return found


def test_whatever_a_route_can_refuse_is_described(routes: list[Route]) -> None:
    forgotten = {
        route.name: sorted(each.__name__ for each in lacking)
        for route in routes
        if (lacking := {each for each in route.raised if each.type not in route.described})
    }
    assert not forgotten, f"Name these in @refuses: {forgotten}"


def test_no_route_names_a_refusal_that_nothing_raises(routes: list[Route]) -> None:
    idle = {
        route.name: sorted(each.__name__ for each in idle)
        for route in routes
        if (idle := route.declared - route.raised)
    }
    assert not idle, f"Take these out of @refuses: {idle}"


def test_each_exception_is_needed() -> None:
    """What is no longer named there would hide what is named anew."""
    without = Refusals({})
    for function, problems in NEVER.items():
        assert problems <= without.of(function), function


@pytest.mark.parametrize(
    ("function", "refused"),
    [
        (samples.quiet, set()),
        (samples.by_name, {NotFound}),
        (samples.by_table, {NotFound}),
        (samples.by_method, {Forbidden}),
        (samples.by_property, {WrongState}),
        (samples.by_what_is_returned, {Forbidden}),
        (samples.handled, {WrongState}),
        (samples.handled_too_late, {NotFound}),
        (samples.around, {NotFound}),
        (samples.own_name, set()),
        (samples.looked_at, set()),
    ],
)
def test_refusals_are_read_from_the_source(
    function: Callable[..., Any], refused: set[type[Problem]]
) -> None:
    assert Refusals({}).of(function) == refused


def test_a_named_exception_stops_what_comes_from_below() -> None:
    assert Refusals({samples.by_name: {NotFound}}).of(samples.around) == set()
