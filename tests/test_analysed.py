"""Applications that share what FastAPI analysed of a route are as apart as ever."""

from typing import Annotated

import httpx2
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import iter_route_contexts


def _own() -> str:
    return "its own"


router = APIRouter()


@router.get("/said")
async def said(word: Annotated[str, Depends(_own)], times: int = 1) -> list[str]:
    return [word] * times


def _including(prefix: str = "") -> FastAPI:
    app = FastAPI()
    app.include_router(router, prefix=prefix)
    return app


async def _ask(app: FastAPI, path: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://here.test") as client:
        return await client.get(path)


async def test_each_application_looks_at_its_own_overrides() -> None:
    first, second = _including(), _including()
    second.dependency_overrides[_own] = lambda: "another"
    for app, expected in ((first, "its own"), (second, "another"), (first, "its own")):
        assert (await _ask(app, "/said?times=2")).json() == [expected] * 2
        assert (await _ask(app, "/said?times=many")).status_code == 422


async def test_a_route_included_otherwise_is_analysed_anew() -> None:
    for prefix in ("", "/below", ""):
        app = _including(prefix)
        assert (await _ask(app, f"{prefix}/said")).json() == ["its own"]
        assert (await _ask(app, "/elsewhere/said")).status_code == 404


def test_applications_that_are_alike_share_what_is_analysed() -> None:
    shared = [
        next(context for context in iter_route_contexts(app.routes) if context.path == "/said")
        for app in (_including(), _including())
    ]
    assert shared[0].dependant is shared[1].dependant
