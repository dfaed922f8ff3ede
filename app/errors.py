"""HTTP errors: one `Problem` class per case, rendered once as RFC 9457 problem+json."""

from collections.abc import Callable
from http import HTTPStatus
from socket import gaierror
from typing import ClassVar, TypeVar

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from app.database import is_unavailable

RETRY_AFTER_S = 5

log = structlog.get_logger(__name__)


class Problem(Exception):
    """Something the caller can be told. `detail` says what to do, in the caller's words.

    `type` is a stable name the page translates; `extra` are further members of the body.
    """

    status: ClassVar[int] = 400
    type: ClassVar[str] = "about:blank"
    title: ClassVar[str] = "Bad request"

    def __init__(
        self, detail: str = "", *, retry_after_s: int | None = None, **extra: object
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.extra = extra


class NotFound(Problem):
    """It is not there, or not for this caller: the two are told apart by nobody."""

    status, type, title = 404, "not-found", "Not found"


class NotSignedIn(Problem):
    """The request carries no valid session."""

    status, type, title = 401, "not-signed-in", "Not signed in"


class Forbidden(Problem):
    """The caller is known and may see the thing, but may not do this to it."""

    status, type, title = 403, "forbidden", "Not allowed"


class WrongState(Problem):
    """The thing is in a state from which this step does not lead on.

    `detail` says what is possible now; where there is a table of states, so does `possible`.
    """

    status, type, title = 409, "wrong-state", "This is not possible now"


class ChangedMeanwhile(Problem):
    """Somebody else has changed the thing; `current` is what it is now, if it could be read."""

    status, type, title = 412, "changed-meanwhile", "It was changed meanwhile"


EndpointT = TypeVar("EndpointT", bound=Callable[..., object])


def refuses(*problems: type[Problem]) -> Callable[[EndpointT], EndpointT]:
    """Say what a route's use case refuses, beyond what its dependencies do (`app.openapi`).

    The decorator nearest to the function. `tests/app/test_refusals.py` holds it against what the
    function and all it names can raise.
    """

    def note(endpoint: EndpointT) -> EndpointT:
        endpoint.refusals = problems  # type: ignore[attr-defined]  # read by app.openapi
        return endpoint

    return note


def render_problem(_request: Request, problem: Exception) -> JSONResponse:
    """Turn a Problem into its response."""
    assert isinstance(problem, Problem)
    headers = {} if problem.retry_after_s is None else {"Retry-After": str(problem.retry_after_s)}
    body = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        **problem.extra,
    }
    return JSONResponse(
        body, problem.status, headers=headers, media_type="application/problem+json"
    )


class MalformedInput(Problem):
    """The request does not have the shape the route asks for; `fields` says where."""

    status, type, title = 422, "malformed-input", "Malformed input"


def render_malformed(request: Request, error: Exception) -> JSONResponse:
    """Say which fields are wrong and why; never repeat what was sent, it may be a secret."""
    assert isinstance(error, RequestValidationError)
    fields = [
        {"field": ".".join(str(part) for part in fault["loc"]), "problem": fault["msg"]}
        for fault in error.errors()
    ]
    return render_problem(request, MalformedInput(fields=fields))


def render_http_exception(request: Request, error: Exception) -> JSONResponse:
    """Turn what the framework refuses (no such path, no such method) into a problem.

    400 is what it answers to a body that is no form; to one that is no JSON it answers 422.
    Both are malformed input.
    """
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return render_problem(request, MalformedInput("The body cannot be read. Send it again."))
    phrase = HTTPStatus(error.status_code).phrase
    body = {
        "type": phrase.lower().replace(" ", "-"),
        "title": phrase,
        "status": error.status_code,
        "detail": "",
    }
    return JSONResponse(
        body, error.status_code, headers=error.headers, media_type="application/problem+json"
    )


def render_bug(path: str, error: Exception) -> JSONResponse:
    """Tell the caller nothing but that it failed; the traceback goes to the log.

    Called by the edge (`app.web.Edge`), outside of which no header would be added.
    """
    log.error("request_failed", path=path, exc_info=error)
    body = {
        "type": "internal-error",
        "title": "Something went wrong on the server",
        "status": 500,
        "detail": "It has been written to the server's log.",
    }
    return JSONResponse(body, 500, media_type="application/problem+json")


class Unavailable(Problem):
    """The database does not answer; what was asked may be asked again."""

    status, type, title = 503, "unavailable", "The service is not available"


def render_database_error(request: Request, error: Exception) -> JSONResponse:
    """Say that the database is away. What is a bug of ours is left to `render_bug`."""
    if not is_unavailable(error):
        raise error
    log.error("database_unavailable", path=request.url.path, error=type(error).__name__)
    problem = Unavailable("The database does not answer.", retry_after_s=RETRY_AFTER_S)
    return render_problem(request, problem)


def render_lost_race(request: Request, error: Exception) -> JSONResponse:
    """Answer the second of two edits at once: its UPDATE found no row of the version it read."""
    assert isinstance(error, StaleDataError)
    problem = ChangedMeanwhile("Somebody changed it this moment. Read it again.", current=None)
    return render_problem(request, problem)


def install(app: FastAPI) -> None:
    """Have every refusal rendered here."""
    for error_type in (DBAPIError, PoolTimeout, ConnectionError, TimeoutError, gaierror):
        app.add_exception_handler(error_type, render_database_error)
    app.add_exception_handler(StaleDataError, render_lost_race)
    app.add_exception_handler(Problem, render_problem)
    app.add_exception_handler(RequestValidationError, render_malformed)
    app.add_exception_handler(HTTPException, render_http_exception)
