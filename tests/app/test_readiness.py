"""就绪: what a lesson lacks before the bell, who is told, and the state that follows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, SignInSession
from app.attendance.models import SeatPresence
from app.attendance.records import SessionRecords
from app.attendance.seats import HUB as HUB_SEAT
from app.database import Database
from app.jobs import service as jobs
from app.jobs.files import JobFiles
from app.jobs.models import Job
from app.lessons import readiness
from app.lessons.models import Lesson, LessonSite, LessonState, SiteMode
from app.lessons.queries import get_lesson
from app.lessons.readiness import Lack, Readiness, Seen, lacks_of
from app.live.service import start_lesson
from app.schools.models import Device, DeviceState, LineCheck, Road, School
from app.workers import PERIODIC, job_handlers
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.held_lessons import run_jobs
from tests.factories import (
    NOON,
    County,
    make_classroom,
    make_county,
    make_device,
    make_lesson,
    sign_in,
)

BELL = NOON + timedelta(minutes=9)
WITHIN = timedelta(seconds=20)


def check(road: Road = Road.UDP, **holder: UUID) -> LineCheck:
    return LineCheck(
        checked_at=NOON - timedelta(days=2),
        address="192.0.2.7",
        road=road.value,
        is_udp_open=road is Road.UDP,
        is_tcp_open=False,
        **holder,
    )


@dataclass(frozen=True, slots=True)
class Scene:
    """A lesson nine minutes from its bell of which nothing lacks, and a job that looks at it."""

    database: Database
    clock: Clock
    folder: Path
    county: County
    lesson_id: UUID

    async def looked(self) -> dict[str, int]:
        """Have the server look; return what its job says."""
        async with self.database.unit_of_work() as db:
            job = await jobs.enqueue(
                db, kind=readiness.KIND, payload={}, owner=None, now=self.clock.now
            )
        await run_jobs(self.database, self.clock, JobFiles(self.folder))
        async with self.database.unit_of_work() as db:
            done = await db.get_one(Job, job.id)
        assert done.result is not None, done.problem
        return done.result

    async def state(self) -> LessonState:
        async with self.database.unit_of_work() as db:
            return (await get_lesson(db, self.lesson_id)).state

    async def everybody_is_heard(self) -> None:
        """Pages ask: the lecturer's, and those of the classrooms."""
        async with self.database.unit_of_work() as db:
            await db.execute(update(SignInSession).values(last_seen_at=self.clock.now))
            await db.execute(update(Device).values(last_seen_at=self.clock.now))


async def all_there(db: AsyncSession) -> tuple[County, Lesson]:
    county = await make_county(db)
    await sign_in(db, county.teacher)
    for device in county.devices:
        device.last_seen_at = NOON
    db.add_all(check(device_id=device.id) for device in county.devices)
    db.add(check(account_id=county.teacher.id))
    lesson = await make_lesson(
        db,
        lecturer=county.teacher,
        hub=county.hub,
        classrooms=county.classrooms,
        planned_start=BELL,
    )
    return county, lesson


@pytest.fixture
async def scene(either_database: Database, clock: Clock, tmp_path: Path) -> Scene:
    async with either_database.unit_of_work() as db:
        county, lesson = await all_there(db)
    return Scene(either_database, clock, tmp_path, county, lesson.id)


async def looked_at(db: AsyncSession, lesson: Lesson, now: datetime) -> dict[UUID, Readiness]:
    return await readiness.look_at(db, SessionRecords(), lessons=[lesson], now=now)


# -- what makes a lesson lack something, each with what it is called and who lacks it ----------

HUB = "hub"
Harm = Callable[[AsyncSession, Scene], Awaitable[dict[str | UUID, set[Lack]]]]


async def the_lecturer_signed_out(db: AsyncSession, scene: Scene) -> dict[str | UUID, set[Lack]]:
    await db.execute(update(SignInSession).values(revoked_at=scene.clock.now))
    return {HUB: {Lack.AWAY}}


async def the_lecturer_left(db: AsyncSession, scene: Scene) -> dict[str | UUID, set[Lack]]:
    ago = scene.clock.now - timedelta(minutes=4)
    await db.execute(update(SignInSession).values(last_seen_at=ago))
    return {HUB: {Lack.AWAY}}


async def the_lecturers_line_is_closed(
    db: AsyncSession, scene: Scene
) -> dict[str | UUID, set[Lack]]:
    its = LineCheck.account_id == scene.county.teacher.id
    await db.execute(update(LineCheck).where(its).values(road=Road.NONE.value))
    return {HUB: {Lack.NO_ROAD}}


async def a_classroom_is_silent(db: AsyncSession, scene: Scene) -> dict[str | UUID, set[Lack]]:
    device = scene.county.devices[1]
    ago = scene.clock.now - timedelta(minutes=1)
    await db.execute(update(Device).where(Device.id == device.id).values(last_seen_at=ago))
    return {device.classroom_id: {Lack.AWAY}}


async def its_device_is_revoked(db: AsyncSession, scene: Scene) -> dict[str | UUID, set[Lack]]:
    device = scene.county.devices[0]
    revoked = update(Device).where(Device.id == device.id).values(state=DeviceState.REVOKED)
    await db.execute(revoked)
    return {device.classroom_id: {Lack.AWAY, Lack.UNCHECKED}}


async def its_check_is_old(db: AsyncSession, scene: Scene) -> dict[str | UUID, set[Lack]]:
    device = scene.county.devices[0]
    ago = scene.clock.now - timedelta(days=31)
    its = LineCheck.device_id == device.id
    await db.execute(update(LineCheck).where(its).values(checked_at=ago))
    return {device.classroom_id: {Lack.UNCHECKED}}


HARMS: tuple[Harm, ...] = (
    the_lecturer_signed_out,
    the_lecturer_left,
    the_lecturers_line_is_closed,
    a_classroom_is_silent,
    its_device_is_revoked,
    its_check_is_old,
)


async def test_a_lesson_of_which_nothing_lacks_is_ready(scene: Scene) -> None:
    assert PERIODIC[readiness.KIND].every == readiness.EVERY
    assert readiness.KIND in job_handlers()
    version = (await lesson_of(scene)).version
    assert await scene.looked() == {"lessons_ready": 1, "lessons_no_longer_ready": 0}
    assert await scene.state() is LessonState.READY
    assert await scene.looked() == {"lessons_ready": 0, "lessons_no_longer_ready": 0}
    # Who edits it meanwhile has not been overtaken by anybody's edit.
    assert (await lesson_of(scene)).version == version


async def lesson_of(scene: Scene) -> Lesson:
    async with scene.database.unit_of_work() as db:
        return await get_lesson(db, scene.lesson_id)


@pytest.mark.parametrize("harm", HARMS)
async def test_what_lacks_is_named_and_takes_ready_back(scene: Scene, harm: Harm) -> None:
    await scene.looked()
    async with scene.database.unit_of_work() as db:
        lacking = await harm(db, scene)
    async with scene.database.unit_of_work() as db:
        lesson = await get_lesson(db, scene.lesson_id)
        found = (await looked_at(db, lesson, scene.clock.now))[lesson.id]
    rooms = {site.id: site.classroom_id for site in lesson.sites}
    named: dict[str | UUID, set[Lack]] = {rooms[k]: set(v) for k, v in found.sites.items() if v}
    if found.hub:
        named[HUB] = set(found.hub)
    assert named == lacking
    assert await scene.looked() == {"lessons_ready": 0, "lessons_no_longer_ready": 1}
    assert await scene.state() is LessonState.PUBLISHED


async def test_what_is_mended_makes_it_ready_again(scene: Scene) -> None:
    await scene.looked()
    scene.clock.advance(minutes=4)
    assert (await scene.looked())["lessons_no_longer_ready"] == 1
    await scene.everybody_is_heard()
    assert (await scene.looked())["lessons_ready"] == 1


async def test_only_who_is_to_listen_live_is_waited_for(scene: Scene) -> None:
    async with scene.database.unit_of_work() as db:
        await a_classroom_is_silent(db, scene)
        absent = LessonSite.classroom_id == scene.county.classrooms[1].id
        await db.execute(update(LessonSite).where(absent).values(mode=SiteMode.RECORDED))
    assert (await scene.looked())["lessons_ready"] == 1


async def test_a_check_at_the_hubs_own_classroom_is_the_lecturers(scene: Scene) -> None:
    async with scene.database.unit_of_work() as db:
        await the_lecturers_line_is_closed(db, scene)
        room = await make_classroom(db, scene.county.hub)
        device, _ = await make_device(db, room)
        newer = check(device_id=device.id)
        newer.checked_at = NOON
        db.add(newer)
        its = Lesson.id == scene.lesson_id
        await db.execute(update(Lesson).where(its).values(hub_classroom_id=room.id))
    assert (await scene.looked())["lessons_ready"] == 1


async def test_it_is_not_looked_at_earlier_nor_once_it_runs(scene: Scene) -> None:
    scene.clock.advance(minutes=-2)
    await scene.everybody_is_heard()
    assert (await scene.looked())["lessons_ready"] == 0
    async with scene.database.unit_of_work() as db:
        lesson = await get_lesson(db, scene.lesson_id)
        assert await looked_at(db, lesson, scene.clock.now) == {}
    scene.clock.advance(minutes=2)
    await scene.everybody_is_heard()
    assert (await scene.looked())["lessons_ready"] == 1
    async with scene.database.unit_of_work() as db:
        teacher = scene.county.teacher.person_id
        await start_lesson(db, lesson_id=scene.lesson_id, lecturer_id=teacher, now=scene.clock.now)
    scene.clock.advance(minutes=5)  # nobody has been heard of since
    assert (await scene.looked())["lessons_no_longer_ready"] == 0
    assert await scene.state() is LessonState.LIVE


async def test_a_ready_lesson_that_is_moved_away_is_ready_no_more(scene: Scene) -> None:
    await scene.looked()
    async with scene.database.unit_of_work() as db:
        lesson = await get_lesson(db, scene.lesson_id)
        lesson.planned_start += timedelta(hours=2)
        lesson.planned_end += timedelta(hours=2)
    assert (await scene.looked())["lessons_no_longer_ready"] == 1
    assert await scene.state() is LessonState.PUBLISHED


async def test_who_still_gives_another_lesson_is_not_away(scene: Scene) -> None:
    async with scene.database.unit_of_work() as db:
        await the_lecturer_left(db, scene)  # her page in the lesson asks for nothing
        teacher = await db.get_one(Account, scene.county.teacher.id)
        earlier = await make_lesson(
            db,
            lecturer=teacher,
            hub=await db.get_one(School, scene.county.hub.id),
            classrooms=[],
            planned_start=NOON - timedelta(minutes=35),
        )
        session = await start_lesson(
            db, lesson_id=earlier.id, lecturer_id=teacher.person_id, now=scene.clock.now
        )
    # She began it, and has not come in: a room that runs without her says nothing of her.
    assert (await scene.looked())["lessons_ready"] == 0
    async with scene.database.unit_of_work() as db:
        stay = {"session_id": session.id, "joined_ms": 0, "last_seen_ms": 0}
        db.add(SeatPresence(seat_id="site-1", role="classroom", **stay))
    assert (await scene.looked())["lessons_ready"] == 0
    async with scene.database.unit_of_work() as db:
        db.add(SeatPresence(seat_id=HUB_SEAT, role="hub", **stay))
    assert (await scene.looked())["lessons_ready"] == 1
    async with scene.database.unit_of_work() as db:
        left = update(SeatPresence).where(SeatPresence.seat_id == HUB_SEAT)
        await db.execute(left.values(left_ms=1000))
    assert (await scene.looked())["lessons_no_longer_ready"] == 1


async def test_all_lessons_of_a_bell_are_looked_at(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "AT_ONCE", 2)
    async with scene.database.unit_of_work() as db:
        for _ in range(4):
            await all_there(db)
    assert (await scene.looked())["lessons_ready"] == 5


# -- the rule by itself ------------------------------------------------------------------------

SPANS = st.none() | st.timedeltas(timedelta(0), timedelta(days=60))


@given(SPANS, SPANS, st.sampled_from(Road))
def test_each_fact_lacks_for_its_own_reason(
    silent: timedelta | None, unchecked: timedelta | None, road: Road
) -> None:
    seen = Seen(
        None if silent is None else NOON - silent,
        None if unchecked is None else NOON - unchecked,
        None if unchecked is None else road.value,
    )
    found = lacks_of(seen, now=NOON, within=WITHIN)
    assert (Lack.AWAY in found) == (silent is None or silent > WITHIN)
    assert (Lack.UNCHECKED in found) == (unchecked is None or unchecked > readiness.CHECK_HOLDS)
    assert (Lack.NO_ROAD in found) == (Lack.UNCHECKED not in found and road is Road.NONE)


SEEN = st.builds(
    lambda heard, checked, road: Seen(
        None if heard is None else NOON - heard,
        None if checked is None else NOON - checked,
        None if checked is None else road.value,
    ),
    SPANS,
    SPANS,
    st.sampled_from(Road),
)


@given(SEEN, SEEN)
def test_of_two_devices_the_later_fact_holds(one: Seen, other: Seen) -> None:
    both = one.with_later(other)
    heard = [each.heard_at for each in (one, other) if each.heard_at is not None]
    assert both.heard_at == max(heard, default=None)
    checked = {each.checked_at: each.road for each in (other, one) if each.checked_at is not None}
    newest = max(checked, default=None)
    assert both.checked_at == newest
    if one.checked_at != other.checked_at:
        assert both.road == (None if newest is None else checked[newest])


# -- through HTTP ------------------------------------------------------------------------------


async def test_the_teacher_the_classroom_and_the_county_are_told(
    database: Database, clock: Clock, tmp_path: Path, open_browser: OpenBrowser
) -> None:
    async with database.unit_of_work() as db:
        county, lesson = await all_there(db)
    scene = Scene(database, clock, tmp_path, county, lesson.id)
    async with database.unit_of_work() as db:
        await a_classroom_is_silent(db, scene)
        await the_lecturers_line_is_closed(db, scene)
    silent = county.classrooms[1].name
    [card] = (await read(await open_browser(county.teacher), "/api/teacher/lessons"))["lessons"]
    assert (card["state"], card["lacks"]) == ("PUBLISHED", ["NO_ROAD"])
    told = {site["classroom"]: site["lacks"] for site in card["sites"]}
    assert told == {county.classrooms[0].name: [], silent: ["AWAY"]}
    [shown] = (await read(await open_browser(county.administrator), "/api/admin/workbench"))["wall"]
    assert (shown["lacks"], shown["state"]) == (["NO_ROAD"], "PUBLISHED")
    assert {site["classroom"]: site["lacks"] for site in shown["sites"]} == told
    screen = await open_browser(device=county.credentials[0])
    coming = (await read(screen, "/api/classroom/today"))["next"]
    assert (coming["id"], coming["lacks"]) == (str(lesson.id), ["NO_ROAD"])
    clock.advance(minutes=-5)
    [early] = (await read(await open_browser(county.teacher), "/api/teacher/lessons"))["lessons"]
    assert early["lacks"] is None
    assert [site["lacks"] for site in early["sites"]] == [[], []]


async def read(browser: TestBrowser, path: str) -> Any:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()
