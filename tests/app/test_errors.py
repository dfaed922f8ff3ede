"""Every refusal is a problem (RFC 9457); a bug tells the caller nothing."""

from collections.abc import AsyncIterator

import httpx2
import pytest
import structlog
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry

from app import errors
from app.errors import Forbidden, NotFound, NotSignedIn, Problem
from app.web import Edge


class Busy(Problem):
    """A refusal with all that a refusal can have."""

    status, type, title = 503, "busy", "Busy"


@pytest.fixture
def failing() -> FastAPI:
    """An application whose routes fail in every way."""
    app = FastAPI()
    errors.install(app)
    app.add_middleware(Edge, registry=CollectorRegistry())
    failures: dict[str, Exception] = {
        "missing": NotFound(),
        "stranger": NotSignedIn("Sign in first."),
        "forbidden": Forbidden(),
        "busy": Busy("Come back.", retry_after_s=7, queue=3),
        "bug": RuntimeError("the password is hunter2"),
    }

    @app.get("/{how}")
    async def fail(how: str) -> None:
        raise failures[how]

    @app.get("/number/{number}")
    async def take(number: int) -> int:
        return number

    return app


async def get(app: FastAPI, path: str, method: str = "GET") -> httpx2.Response:
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://t.test") as client:
        return await client.request(method, path)


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/missing", 404, "not-found"),
        ("/stranger", 401, "not-signed-in"),
        ("/forbidden", 403, "forbidden"),
        ("/number/x", 422, "malformed-input"),
        ("/no/such/path", 404, "not-found"),
        ("/bug", 500, "internal-error"),
    ],
)
async def test_refusal_is_a_problem(failing: FastAPI, path: str, status: int, kind: str) -> None:
    answer = await get(failing, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["type"], body["status"]) == (kind, status)
    assert body["title"]


async def test_wrong_method_is_a_problem_that_says_which_are_right(failing: FastAPI) -> None:
    answer = await get(failing, "/busy", "DELETE")
    assert answer.status_code == 405
    assert answer.json()["type"] == "method-not-allowed"
    assert answer.headers["allow"] == "GET"


async def test_refusal_carries_its_details_and_when_to_come_back(failing: FastAPI) -> None:
    answer = await get(failing, "/busy")
    assert answer.headers["retry-after"] == "7"
    assert answer.json() == {
        "type": "busy",
        "title": "Busy",
        "status": 503,
        "detail": "Come back.",
        "queue": 3,
    }


async def test_bug_is_logged_with_its_traceback_and_told_to_nobody(failing: FastAPI) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await get(failing, "/bug")
    assert "hunter2" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    (entry,) = [entry for entry in logs if entry["event"] == "request_failed"]
    assert isinstance(entry["exc_info"], RuntimeError)


async def test_bug_in_the_middle_of_an_answer_breaks_it_off(failing: FastAPI) -> None:
    @failing.get("/half/way")
    async def half() -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            yield b"half"
            raise RuntimeError("bang")

        return StreamingResponse(body())

    with pytest.raises(RuntimeError, match="bang"):
        await get(failing, "/half/way")
