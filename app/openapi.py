"""The description of the API: complete, because it is derived from what the routes depend on.

A policy, a page, an `If-Match`, an `Idempotency-Key`, a rate limit, a path parameter: each brings
its refusals with it. What a use case refuses beyond that, its route names with `@refuses`.

Each body has an example (`app.examples`). Each thing is said once: refusals are
`components/responses`, and a parameter that several operations take is one of
`components/parameters`.

`python -m app.openapi` (`make api`) writes the front end's types; `--check` fails when they differ.
"""

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from app.errors import (
    ChangedMeanwhile,
    MalformedInput,
    NotFound,
    Problem,
    Unavailable,
)
from app.etags import PreconditionRequired, expected_versions
from app.examples import add_examples, bodies
from app.files import FileTooLarge
from app.idempotency import IdempotentRoute, KeyReused, StillRunning
from app.paging import BadCursor, page_request
from app.ratelimits import RateLimit, TooManyRequests
from app.security import CSRF_HEADER, PERSON_COOKIE, SAFE_METHODS, Policy
from app.settings import HOME, read_settings

PROBLEM = {"$ref": "#/components/schemas/Problem"}
PROBLEM_SCHEMA = {
    "title": "Problem",
    "description": "A refusal (RFC 9457). `type` is a stable name; `detail` says what to do.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["not-found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
    "additionalProperties": True,
}
DESCRIPTION = f"""Three Classrooms (三个课堂). Requests come from a signed-in person (cookie
`{PERSON_COOKIE}`) or a classroom's device; a change carries the caller's `{CSRF_HEADER}` (from
`GET /api/me`). Refusals are problem details; lists come in pages by cursor; an edit names the
version it was made from (`If-Match`); a creation may be sent again with its `Idempotency-Key`."""
TYPES = Path("frontend/src/openapi.ts")


def install(app: FastAPI) -> None:
    """Have the application describe itself so; made once, when it is first asked for."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it


def operation_id(route: APIRoute) -> str:
    """Return the name of a route's function: clients are generated from it."""
    return route.name


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description with every refusal a route can answer with."""
    schema = get_openapi(title=app.title, version="1", description=DESCRIPTION, routes=app.routes)
    _drop_titles([schema["paths"], schema["components"]])
    schema["components"]["responses"] = {}
    for context in iter_route_contexts(list(app.routes)):
        path = context.path_format
        if path not in schema["paths"]:
            continue
        for method in context.methods or ():
            operation = schema["paths"][path].get(method.lower())
            if operation is not None:
                del operation["summary"]  # the function's name; the description says more
                _describe_refusals(operation, method, context, schema)
    components = schema["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    add_examples(schema)
    components["Problem"] = PROBLEM_SCHEMA
    _refuse_twins(schema)
    _share_parameters(schema)
    return schema


def _drop_titles(schema: Any) -> None:
    """Drop the titles that were made of names: they say each name over again."""
    if isinstance(schema, dict):
        if isinstance(schema.get("title"), str):
            del schema["title"]
        for each in schema.values():
            _drop_titles(each)
    elif isinstance(schema, list):
        for each in schema:
            _drop_titles(each)


def _share_parameters(schema: dict[str, Any]) -> None:
    """Say a parameter that several operations take once; of two with one name, the commoner."""
    operations = [each for methods in schema["paths"].values() for each in methods.values()]
    counted = Counter(
        json.dumps(parameter, sort_keys=True)
        for operation in operations
        for parameter in operation.get("parameters", ())
    )
    shared: dict[str, dict[str, Any]] = {}
    for text, count in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        if count > 1:
            parameter = json.loads(text)
            shared.setdefault(_parameter_name(parameter), parameter)
    for operation in operations:
        parameters = operation.get("parameters", [])
        parameters[:] = [
            {"$ref": f"#/components/parameters/{_parameter_name(each)}"}
            if shared.get(_parameter_name(each)) == each
            else each
            for each in parameters
        ]
    schema["components"]["parameters"] = shared


def _parameter_name(parameter: dict[str, Any]) -> str:
    return f"{parameter['in']}.{parameter['name']}"


def names_things(operation: dict[str, Any], schema: dict[str, Any]) -> bool:
    """Return whether a request must name things by their ids: they may not be there."""
    needed = [each for each in operation.get("parameters", ()) if each["required"]]
    pending, seen = json.dumps([needed, operation.get("requestBody")]), set[str]()
    while True:
        names = set(re.findall(r"#/components/schemas/(\w+)", pending)) - seen
        if not names:
            return '"format": "uuid"' in pending
        seen |= names
        pending += json.dumps([schema["components"]["schemas"][name] for name in names])


def _describe_refusals(
    operation: dict[str, Any], method: str, route: Any, schema: dict[str, Any]
) -> None:
    responses = operation["responses"]
    derived = list(_derived(route, method, has_input="422" in responses))
    if names_things(operation, schema):
        derived.append(NotFound)
    responses.pop("422", None)
    by_status: dict[int, list[type[Problem]]] = {}
    for problem in [*derived, *getattr(route.endpoint, "refusals", ())]:
        by_status.setdefault(problem.status, []).append(problem)
    shared = schema["components"]["responses"]
    for status, problems in sorted(by_status.items()):
        unique = {each.type: each for each in sorted(problems, key=lambda each: each.type)}
        name = ".".join(unique)
        response = _response(status, unique)
        if shared.setdefault(name, response) != response:
            raise RuntimeError(f"Two refusals are called {name!r}, with other titles or statuses.")
        responses[str(status)] = {"$ref": f"#/components/responses/{name}"}


def _response(status: int, unique: dict[str, type[Problem]]) -> dict[str, Any]:
    return {
        "description": "; ".join(f"`{kind}`: {each.title}" for kind, each in unique.items()),
        "content": {
            "application/problem+json": {
                "schema": PROBLEM,
                "examples": {
                    kind: {
                        "value": {
                            "type": kind,
                            "title": each.title,
                            "status": status,
                            "detail": "",
                        }
                    }
                    for kind, each in unique.items()
                },
            }
        },
    }


def _derived(route: Any, method: str, *, has_input: bool) -> Iterator[type[Problem]]:
    yield Unavailable
    if has_input:
        yield MalformedInput
    if isinstance(route.original_route, IdempotentRoute) and method == "POST":
        yield from (StillRunning, KeyReused, FileTooLarge)
    for call in dependencies(route.dependant):
        if isinstance(call, Policy):
            yield from call.refuses(is_unsafe=method not in SAFE_METHODS)
        elif isinstance(call, RateLimit):
            yield TooManyRequests
        elif call is page_request:
            yield BadCursor
        elif call is expected_versions:
            yield from (PreconditionRequired, ChangedMeanwhile)


def dependencies(dependant: Dependant) -> Iterable[Any]:
    """Yield all a route depends on, and what that depends on."""
    for below in dependant.dependencies:
        yield below.call
        yield from dependencies(below)


def _refuse_twins(schema: dict[str, Any]) -> None:
    """Raise when two operations have one name: a client could not tell them apart."""
    seen: set[str] = set()
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            name = operation["operationId"]
            if name in seen:
                raise RuntimeError(f"Another route's function is called {name!r} too: {path}")
            seen.add(name)


def _types() -> str:
    """Return the description as TypeScript (`frontend/api-types.js`)."""
    from app.main import create_app  # noqa: PLC0415 - app.main installs this module

    schema = create_app(read_settings({}, watchdog=False)).openapi()
    for content in bodies(schema):
        del content["example"]  # A type has none: as comments they are as long as all types.
    return subprocess.run(
        ["node", "api-types.js"],  # noqa: S607 - PATH has node
        cwd=HOME / "frontend",
        input=json.dumps(schema, ensure_ascii=False, sort_keys=True),
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the front end's types; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m app.openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    is_check = parser.parse_args(arguments).check
    types = _types()
    target = HOME / TYPES
    is_current = target.is_file() and target.read_text(encoding="utf-8") == types
    if is_check:
        if not is_current:
            sys.stdout.write(f"{TYPES}: differs from the API, run `make api`\n")
        return 0 if is_current else 1
    target.write_text(types, encoding="utf-8")
    sys.stdout.write(f"{TYPES}: written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
