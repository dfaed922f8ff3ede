"""HTTP errors: one `Problem` class per case, rendered once as RFC 9457 problem+json."""

from typing import ClassVar

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse


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


def install(app: FastAPI) -> None:
    """Have every Problem rendered here."""
    app.add_exception_handler(Problem, render_problem)
