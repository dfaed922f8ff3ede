"""A creation asked for twice happens once, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, Header, Response
from pydantic import BaseModel
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped

from app import errors, idempotency
from app.clock import utc_now
from app.database import Database, Db, Id
from app.errors import Problem
from app.idempotency import IdempotencyKey, IdempotentRoute
from app.security import CSRF_HEADER, PERSON_COOKIE, CurrentPerson, DeviceCaller, PersonCaller
from tests.app.conftest import Clock


class _Tables(DeclarativeBase):
    pass


class Need(_Tables):
    __tablename__ = "needs_of_a_test"

    id: Mapped[Id]
    subject: Mapped[str]


class NeedIn(BaseModel):
    subject: str


class NeedOut(NeedIn):
    id: UUID


class Refused(Problem):
    status, type, title = 409, "refused", "Refused"


class Names:
    """An authenticator: the token of each person is her number."""

    async def person(self, db: AsyncSession, *, token: str, now: datetime) -> PersonCaller:
        return PersonCaller(
            person_id=UUID(int=int(token)),
            account_id=UUID(int=1),
            session_id=UUID(int=1),
            name="",
            school_id=None,
            csrf_token=f"csrf-{token}",
            is_restricted=False,
            grants=(),
        )

    async def device(self, db: AsyncSession, *, token: str, now: datetime) -> DeviceCaller | None:
        return None


class Service:
    """A service of needs. `hold`: makes requests wait after their effect, before their answer."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.app = FastAPI()
        self.app.state.database = database
        self.app.state.authenticator = Names()
        self.app.dependency_overrides[utc_now] = clock
        errors.install(self.app)
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()
        self.go_on.set()
        self.is_refusing = False
        router = APIRouter(route_class=IdempotentRoute)

        @router.post("/needs", status_code=201)
        async def post_need(
            body: NeedIn,
            db: Db,
            caller: CurrentPerson,
            response: Response,
            x_other: Annotated[str, Header()] = "",
        ) -> NeedOut:
            if self.is_refusing:
                db.add(Need(subject="half of it"))
                await db.flush()
                raise Refused("Not now.")
            self.begun.set()
            async with asyncio.timeout(10):
                await self.go_on.wait()
            need = Need(subject=body.subject)
            db.add(need)
            await db.flush()
            response.headers["Location"] = f"/needs/{need.id}"
            response.headers["X-Other"] = x_other
            return NeedOut(id=need.id, subject=need.subject)

        self.app.include_router(router)
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.app), base_url="http://t.test"
        )

    async def post(
        self,
        key: str | None = "k",
        *,
        person: int = 7,
        subject: str = "音乐",
        csrf: str = "",
        seen: str | None = None,
    ) -> httpx2.Response:
        headers = {
            "Cookie": f"{PERSON_COOKIE}={person}",
            CSRF_HEADER: csrf or f"csrf-{person}",
        }
        if key is not None:
            headers["Idempotency-Key"] = key
        if seen is not None:
            headers["If-Match"] = seen
        return await self.client.post("/needs", json={"subject": subject}, headers=headers)


@pytest.fixture
async def service(either_database: Database, clock: Clock) -> AsyncIterator[Service]:
    async with either_database.engine.begin() as connection:
        await connection.run_sync(_Tables.metadata.create_all)
    service = Service(either_database, clock)
    async with service.client:
        yield service


async def needs(database: Database) -> int:
    async with database.unit_of_work() as db:
        return await db.scalar(select(func.count(Need.id))) or 0


async def test_same_request_with_the_same_key_gets_the_same_answer_and_makes_nothing(
    service: Service, either_database: Database
) -> None:
    first, second = await service.post(), await service.post()
    assert first.status_code == second.status_code == 201
    assert second.json() == first.json()
    assert second.headers["location"] == first.headers["location"]
    assert second.headers["content-type"] == "application/json"
    assert await needs(either_database) == 1


async def test_without_a_key_every_request_makes_something(
    service: Service, either_database: Database
) -> None:
    assert (await service.post(None)).json() != (await service.post(None)).json()
    assert await needs(either_database) == 2


async def test_key_of_another_request_is_refused(
    service: Service, either_database: Database
) -> None:
    await service.post()
    answer = await service.post(subject="美术")
    assert (answer.status_code, answer.json()["type"]) == (422, "idempotency-key-reused")
    assert await needs(either_database) == 1


async def test_key_of_a_step_from_another_version_is_refused_not_answered(
    service: Service, either_database: Database
) -> None:
    """The same words about what was read later are another request, with another answer."""
    first = await service.post(seen='"1"')
    assert (await service.post(seen='"1"')).json() == first.json()
    for seen in ('"3"', None):
        answer = await service.post(seen=seen)
        assert (answer.status_code, answer.json()["type"]) == (422, "idempotency-key-reused")
    assert (await service.post("another", seen='"3"')).status_code == 201
    assert await needs(either_database) == 2


async def test_keys_of_two_people_are_two_keys(service: Service, either_database: Database) -> None:
    first, second = await service.post(person=7), await service.post(person=8)
    assert first.json() != second.json()
    assert await needs(either_database) == 2


async def test_the_same_request_at_once_is_told_to_wait_and_then_gets_the_answer(
    service: Service, either_database: Database
) -> None:
    service.go_on.clear()
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(service.post())
        await service.begun.wait()
        waiting = await service.post()
        service.go_on.set()
    assert (waiting.status_code, waiting.json()["type"]) == (409, "still-running")
    assert int(waiting.headers["retry-after"]) > 0
    assert (await service.post()).json() == first.result().json()
    assert await needs(either_database) == 1


async def test_many_at_once_make_one_thing(service: Service, either_database: Database) -> None:
    answers = await asyncio.gather(*(service.post() for _ in range(8)))
    made = [answer for answer in answers if answer.status_code == 201]
    assert made
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in made}) == 1
    assert await needs(either_database) == 1


async def test_refused_request_gives_its_key_back(
    service: Service, either_database: Database
) -> None:
    service.is_refusing = True
    assert (await service.post()).json()["type"] == "refused"
    service.is_refusing = False
    assert (await service.post(subject="美术")).status_code == 201
    assert await needs(either_database) == 1


async def test_key_is_not_even_claimed_by_a_request_from_elsewhere(
    service: Service, either_database: Database
) -> None:
    assert (await service.post(csrf="wrong")).status_code == 403
    async with either_database.unit_of_work() as db:
        assert await db.scalar(select(func.count(IdempotencyKey.id))) == 0


async def test_request_that_never_answered_is_replaced_and_cannot_answer_any_more(
    service: Service, either_database: Database, clock: Clock
) -> None:
    service.go_on.clear()
    async with asyncio.TaskGroup() as tasks:
        slow = tasks.create_task(service.post())
        await service.begun.wait()
        # Another server takes the key over while the first still hangs.
        clock.advance(seconds=61)
        async with either_database.unit_of_work() as db:
            await db.execute(update(IdempotencyKey).values(attempt=UUID(int=5)))
        service.go_on.set()
    assert slow.result().json()["type"] == "still-running"
    assert await needs(either_database) == 0
    assert (await service.post()).status_code == 201
    assert await needs(either_database) == 1


async def test_after_a_day_a_key_is_forgotten(
    service: Service, either_database: Database, clock: Clock
) -> None:
    await service.post()
    clock.advance(hours=24)
    assert (await service.post(subject="美术")).status_code == 201
    clock.now += timedelta(hours=23)
    async with either_database.unit_of_work() as db:
        await idempotency.forget_old(db, now=clock.now)
        assert await db.scalar(select(func.count(IdempotencyKey.id))) == 1
        await idempotency.forget_old(db, now=clock.now + timedelta(hours=1))
        assert await db.scalar(select(func.count(IdempotencyKey.id))) == 0


@pytest.mark.parametrize("key", ["", "k" * 81, "two words"])
async def test_key_that_is_none_is_malformed(service: Service, key: str) -> None:
    answer = await service.post(key)
    assert (answer.status_code, answer.json()["type"]) == (422, "malformed-input")
