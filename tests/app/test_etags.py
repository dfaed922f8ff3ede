"""Lost updates are refused, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI, Response
from pydantic import BaseModel, Field
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app import errors
from app.database import Database, Db, Id
from app.errors import NotFound
from app.etags import IfMatch, Versioned, tag


class _Tables(DeclarativeBase):
    pass


class Plan(Versioned, _Tables):
    __tablename__ = "plans"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(20))


class PlanIn(BaseModel):
    name: Annotated[str, Field(max_length=20)]


class PlanOut(PlanIn):
    id: UUID


@pytest.fixture
async def client(either_database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    """A service of plans that can be read and edited; `slow` edits wait for each other."""
    app = FastAPI()
    errors.install(app)
    app.state.database = either_database
    both_have_read = asyncio.Barrier(2)
    async with either_database.engine.begin() as connection:
        await connection.run_sync(_Tables.metadata.create_all)

    async def found(db: Db, plan_id: UUID) -> Plan:
        plan = await db.get(Plan, plan_id)
        if plan is None:
            raise NotFound
        return plan

    @app.get("/plans/{plan_id}")
    async def read(plan_id: UUID, db: Db, response: Response) -> PlanOut:
        plan = await found(db, plan_id)
        tag(response, plan)
        return PlanOut(id=plan.id, name=plan.name)

    @app.patch("/plans/{plan_id}")
    async def edit(
        plan_id: UUID, body: PlanIn, db: Db, expected: IfMatch, response: Response
    ) -> PlanOut:
        plan = await found(db, plan_id)
        expected.require(plan, current=PlanOut(id=plan.id, name=plan.name))
        if body.name.startswith("slow"):
            async with asyncio.timeout(10):
                await both_have_read.wait()
        plan.name = body.name
        await db.flush()
        tag(response, plan)
        return PlanOut(id=plan.id, name=plan.name)

    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://t.test") as client:
        yield client


@pytest.fixture
async def path(either_database: Database, client: httpx2.AsyncClient) -> str:
    async with either_database.unit_of_work() as db:
        plan = Plan(name="第一版")
        db.add(plan)
    return f"/plans/{plan.id}"


async def test_edit_of_what_was_read_is_made_and_gives_the_next_version(
    client: httpx2.AsyncClient, path: str
) -> None:
    etag = (await client.get(path)).headers["etag"]
    answer = await client.patch(path, json={"name": "第二版"}, headers={"If-Match": etag})
    assert answer.status_code == 200
    after = await client.get(path)
    assert after.json()["name"] == "第二版"
    assert after.headers["etag"] == answer.headers["etag"] != etag


async def test_edit_of_an_older_version_is_refused_with_what_it_is_now(
    client: httpx2.AsyncClient, path: str
) -> None:
    etag = (await client.get(path)).headers["etag"]
    await client.patch(path, json={"name": "第二版"}, headers={"If-Match": etag})
    answer = await client.patch(path, json={"name": "另一版"}, headers={"If-Match": etag})
    body = answer.json()
    assert (answer.status_code, body["type"]) == (412, "changed-meanwhile")
    assert body["current"]["name"] == "第二版"
    again = await client.patch(path, json={"name": "另一版"}, headers={"If-Match": body["etag"]})
    assert again.status_code == 200


async def test_of_two_edits_at_once_one_is_refused_and_changes_nothing(
    client: httpx2.AsyncClient, path: str
) -> None:
    etag = (await client.get(path)).headers["etag"]
    answers = await asyncio.gather(
        *(
            client.patch(path, json={"name": name}, headers={"If-Match": etag})
            for name in ("slow 1", "slow 2")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    refused = next(answer for answer in answers if answer.status_code == 412)
    assert refused.json()["type"] == "changed-meanwhile"
    made = next(answer for answer in answers if answer.status_code == 200)
    assert (await client.get(path)).json() == made.json()


@pytest.mark.parametrize("given", [None, "", "*", "1", "nonsense", "'1'"])
async def test_edit_that_names_no_version_is_refused(
    client: httpx2.AsyncClient, path: str, given: str | None
) -> None:
    headers = {} if given is None else {"If-Match": given}
    answer = await client.patch(path, json={"name": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (428, "precondition-required")


@pytest.mark.parametrize(
    ("given", "status"),
    [('W/"1"', 412), ('"2"', 412), ('"2", "1"', 200), ('"2","3"', 412), ('"1"', 200)],
)
async def test_if_match_is_a_list_and_compares_strongly(
    client: httpx2.AsyncClient, path: str, given: str, status: int
) -> None:
    answer = await client.patch(path, json={"name": "x"}, headers={"If-Match": given})
    assert answer.status_code == status
