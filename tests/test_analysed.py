"""Applications and engines that share what was worked out once are as apart as ever."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx2
import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import Column, Integer, MetaData, Table, select

from app.database import Database, UtcDateTime
from app.events import EventBus
from bench.data import postgres
from tests.conftest import next_database


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


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_engines_of_a_kind_share_what_is_compiled_and_no_rows(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    urls = [f"sqlite+aiosqlite:///{tmp_path / name}.db" for name in ("one", "another")]
    if kind == "postgresql":
        server: postgres.Server = request.getfixturevalue("postgres_server")
        urls = [server.new_database(next_database()) for _ in range(2)]
    things = Table(
        "things", MetaData(), Column("id", Integer, primary_key=True), Column("word", UtcDateTime())
    )
    moments = [datetime(2026, 11, day, 8, tzinfo=UTC) for day in (27, 28)]
    compiled = []
    for url, moment in zip(urls, moments, strict=True):
        database = Database(url, EventBus())
        async with database.engine.begin() as connection:
            await connection.run_sync(things.metadata.create_all)
            await connection.execute(things.insert().values(word=moment))
            found = await connection.execute(select(things.c.word))
            assert found.scalars().all() == [moment]
        compiled.append(database.engine.sync_engine._compiled_cache)
        await database.close()
    assert compiled[0] is compiled[1]
