"""Every refusal is a problem (RFC 9457); a bug tells the caller nothing."""

from collections.abc import AsyncIterator
from socket import gaierror

import httpx2
import pytest
import structlog
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import errors
from app.errors import Forbidden, NotFound, NotSignedIn, Problem
from app.web import Edge


class Busy(Problem):
    """A refusal with all that a refusal can have."""

    status, type, title = 503, "busy", "Busy"


class _Starting(Exception):
    """A driver's error with the code of a server that is starting (57P03)."""

    sqlstate = "57P03"


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
        "operational": OperationalError("SELECT 1", {}, Exception("locked")),
        "interface": InterfaceError("SELECT 1", {}, Exception("closed")),
        "pool": PoolTimeout(),
        "refused": ConnectionRefusedError(111, "refused"),
        "slow": TimeoutError(),
        "name": gaierror(-2, "Name or service not known"),
        "broken": DBAPIError("SELECT 1", {}, Exception(), connection_invalidated=True),
        "starting": DBAPIError("SELECT 1", {}, _Starting()),
        "wrong": DataError("INSERT", {}, Exception("hunter2 is too long")),
        "file": FileNotFoundError("hunter2"),
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


@pytest.mark.parametrize(
    "how",
    ["operational", "interface", "pool", "refused", "slow", "name", "broken", "starting"],
)
async def test_database_that_is_away_is_said_to_be_so(failing: FastAPI, how: str) -> None:
    answer = await get(failing, f"/{how}")
    assert (answer.status_code, answer.json()["type"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("how", ["wrong", "file"])
async def test_error_that_waiting_does_not_mend_stays_a_bug(failing: FastAPI, how: str) -> None:
    answer = await get(failing, f"/{how}")
    assert (answer.status_code, answer.json()["type"]) == (500, "internal-error")
    assert "hunter2" not in answer.text


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
