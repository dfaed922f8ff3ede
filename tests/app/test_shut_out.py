"""Whoever is shut out by another process loses a live seat; nobody else does."""

import asyncio
from dataclasses import dataclass, field

import pytest
from fastapi import FastAPI

from app.accounts import queries, service
from app.accounts.models import AccountState
from app.clock import utc_now
from app.database import Database
from app.events import EventBus
from app.live.plane import LivePlane
from app.schools import queries as schools_queries
from app.schools import service as schools
from app.settings import Settings
from signaling.errors import CloseCode
from tests.app.conftest import Clock, OpenBrowser
from tests.factories import County, make_lesson

BOUND_S = 10.0


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: who is shut out is a row."""
    return either_url


@dataclass
class Socket:
    """A connection that keeps how it was closed."""

    closed: asyncio.Future[tuple[CloseCode, str]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def send(self, text: str) -> None:
        """Take a message."""

    def send_fact(self, tail: str) -> None:
        """Take a fact."""

    def close(self, code: CloseCode, reason: str) -> None:
        if not self.closed.done():
            self.closed.set_result((code, reason))


async def test_whoever_another_process_shuts_out_loses_the_live_seat(
    *,
    app: FastAPI,
    settings: Settings,
    database: Database,
    county: County,
    open_browser: OpenBrowser,
    clock: Clock,
) -> None:
    clock.now = utc_now()  # the gate looks at the wall clock
    async with database.unit_of_work() as db:
        lesson = await make_lesson(
            db,
            lecturer=county.teacher,
            hub=county.hub,
            classrooms=county.classrooms,
            planned_start=clock.now,
        )
    teacher = await open_browser(county.teacher)
    assert (await teacher.post(f"/api/lessons/{lesson.id}/start")).status_code == 200
    plane: LivePlane = app.state.live
    sockets = [Socket(), Socket(), Socket()]
    devices = [await open_browser(device=credential) for credential in county.credentials]
    for browser, role, socket in zip(
        [teacher, *devices], ["lecturer", "classroom", "classroom"], sockets, strict=True
    ):
        answer = await browser.post(
            f"/api/lessons/{lesson.id}/tickets",
            {"as": role},
            acting_as="device" if role == "classroom" else "person",
        )
        await plane.hub.enter(answer.json()["ticket"], socket)
    assert plane.hub.holders().account_ids == {str(county.teacher.id)}
    assert plane.hub.holders().device_ids == {str(device.id) for device in county.devices}

    # As `classrooms admin disable` does: over a database of its own, whose events stay there.
    elsewhere = Database(settings.database_url, EventBus())
    async with elsewhere.unit_of_work() as db:
        account = await queries.get_account(db, county.teacher.id)
        await service.disable_account(db, account=account, now=utc_now())
        schools.revoke(db, device=await schools_queries.get_device(db, county.devices[0].id))
    await elsewhere.close()

    async with asyncio.timeout(BOUND_S):
        assert await sockets[0].closed == (CloseCode.NOT_ADMITTED, "revoked")
        assert await sockets[1].closed == (CloseCode.NOT_ADMITTED, "revoked")
    assert not sockets[2].closed.done()
    assert plane.hub.holders().account_ids == set()
    assert plane.hub.holders().device_ids == {str(county.devices[1].id)}


async def test_an_account_let_in_again_signs_in_with_a_new_session(
    database: Database, county: County, open_browser: OpenBrowser, clock: Clock
) -> None:
    before = await open_browser(county.teacher)
    async with database.unit_of_work() as db:
        account = await queries.get_account(db, county.teacher.id)
        await service.disable_account(db, account=account, now=clock.now)
    async with database.unit_of_work() as db:
        account = await queries.get_account(db, county.teacher.id)
        service.enable_account(account)
        assert account.state is AccountState.ACTIVE
    assert (await before.me())["person"] is None
    assert (await (await open_browser(county.teacher)).me())["person"] is not None
