"""The pages of one county in one lesson, and what they send."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from app.attendance.seats import site_seat
from app.lessons.models import Lesson
from app.security import DEVICE_COOKIE
from tests.factories import County
from tests.integration.seat import Page, Seat, seated
from tests.integration.server import BOUND_S, Server


class School:
    """The pages of one county and its lesson."""

    def __init__(self, county: County, lesson: Lesson) -> None:
        self.county = county
        self.lesson = lesson
        order = {site.classroom_id: site_seat(site.id) for site in lesson.sites}
        self.sites = [order[classroom.id] for classroom in county.classrooms]
        self.teacher: Page
        self.administrator: Page
        self.supervisor: Page
        self.classrooms: list[Page]

    @asynccontextmanager
    async def open_pages(self, server: Server) -> AsyncIterator[None]:
        self.teacher = Page(server, await server.signed_in(self.county.teacher))
        self.administrator = Page(server, await server.signed_in(self.county.administrator))
        self.supervisor = Page(server, await server.signed_in(self.county.supervisor))
        self.classrooms = [Page(server, {DEVICE_COOKIE: c}) for c in self.county.credentials]
        pages = [self.teacher, self.administrator, self.supervisor, *self.classrooms]
        try:
            yield
        finally:
            for page in pages:
                await page.client.aclose()

    async def start(self) -> str:
        answer = await self.teacher.post(f"/api/lessons/{self.lesson.id}/start")
        assert answer.status_code == 200, answer.text
        session: str = answer.json()["session_id"]
        return session

    async def enter(
        self, stack: AsyncExitStack, page: Page, role: str, *, name: str | None = None
    ) -> Seat:
        ticket = await page.ticket(self.lesson.id, role)
        seat = await stack.enter_async_context(seated(page, ticket, name=name))
        await seat.until(lambda m: m["type"] == "room_state")
        return seat

    async def session(self, session_id: str) -> dict[str, Any]:
        answer = await self.administrator.get(f"/api/admin/sessions/{session_id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def ready_session(self, session_id: str) -> dict[str, Any]:
        async with asyncio.timeout(BOUND_S):
            while True:
                body = await self.session(session_id)
                if body["recording"]["state"] in {"READY", "BROKEN"}:
                    return body
                await asyncio.sleep(0.1)

    async def replay(self, session_id: str) -> dict[str, Any]:
        answer = await self.teacher.get(f"/api/sessions/{session_id}/replay")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


@asynccontextmanager
async def streaming(*seats: Seat) -> AsyncIterator[None]:
    """Have seats send real media while the block runs."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(seat.stream()) for seat in seats]
        try:
            yield
        finally:
            for task in running:
                task.cancel()
