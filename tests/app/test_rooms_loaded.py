"""What a room is loaded with: the seats of its lesson, its clock, its epoch."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.attendance.models import Session
from app.attendance.seats import read_seat, site_seat, supervisor_seat
from app.database import Database
from app.lessons.models import Lesson
from app.live.gate import DatabaseGate
from signaling.messages import Role
from signaling.ports import Refused
from tests.app.conftest import Clock, TestBrowser
from tests.factories import County


def test_seat_ids_are_read_back_and_others_are_none() -> None:
    of = UUID(int=5)
    assert read_seat(site_seat(of)).of == of
    assert read_seat(supervisor_seat(of)).of == of
    assert read_seat("hub").of is None
    for bad in ("", "site-", "site-xyz", "sup-1", "teacher"):
        with pytest.raises(ValueError, match=r"."):
            read_seat(bad)


@pytest.mark.usefixtures("teacher")
async def test_loading_a_room_says_what_it_is_made_of_and_begins_an_epoch(
    *,
    lesson: Lesson,
    county: County,
    gate: DatabaseGate,
    database: Database,
    clock: Clock,
    tmp_path: Path,
) -> None:
    async with database.unit_of_work() as db:
        room_id = str((await db.scalars(select(Session))).one().id)
    clock.advance(minutes=3)
    seed = await gate.load_room(room_id)
    assert (seed.epoch, seed.elapsed_s, seed.stage_limit) == (1, 180.0, 1)
    assert seed.recording_folder == tmp_path / "2026-03" / room_id
    assert seed.zero_at == clock.now - timedelta(seconds=180)
    assert [seat.role for seat in seed.seats] == [Role.LECTURER, Role.CLASSROOM, Role.CLASSROOM]
    assert seed.lesson.hub_school == county.hub.name
    assert (await gate.load_room(room_id)).epoch == 2


@pytest.mark.usefixtures("teacher")
async def test_the_lesson_clock_never_runs_backwards(
    gate: DatabaseGate, database: Database, clock: Clock
) -> None:
    async with database.unit_of_work() as db:
        session = (await db.scalars(select(Session))).one()
        session.last_alive_ms = 90_000
        room_id = str(session.id)
    clock.now -= timedelta(hours=1)
    seed = await gate.load_room(room_id)
    assert seed.elapsed_s == 90.0
    assert seed.zero_at == clock.now - timedelta(seconds=90)


@pytest.mark.usefixtures("teacher")
async def test_pupils_of_a_school_that_said_no_are_not_recorded(
    county: County, gate: DatabaseGate, database: Database
) -> None:
    async with database.unit_of_work() as db:
        (await db.merge(county.points[0])).may_record_pupils = False
        room_id = str((await db.scalars(select(Session))).one().id)
    seed = await gate.load_room(room_id)
    by_school = {seat.school: seat.may_record_video for seat in seed.seats}
    assert by_school[county.points[0].name] is False
    assert by_school[county.points[1].name] is True


@pytest.mark.parametrize("room_id", [str(UUID(int=9)), "nonsense"])
async def test_a_room_that_is_not_there_is_refused(gate: DatabaseGate, room_id: str) -> None:
    with pytest.raises(Refused) as refused:
        await gate.load_room(room_id)
    assert refused.value.code == "no_such_room"


async def test_the_room_of_a_lesson_that_is_over_is_refused_and_its_epoch_stays(
    teacher: TestBrowser, lesson: Lesson, gate: DatabaseGate, database: Database
) -> None:
    await teacher.post(f"/api/lessons/{lesson.id}/end")
    async with database.unit_of_work() as db:
        room_id = str((await db.scalars(select(Session))).one().id)
    with pytest.raises(Refused) as refused:
        await gate.load_room(room_id)
    assert refused.value.code == "lesson_over"
    async with database.unit_of_work() as db:
        assert (await db.scalars(select(Session))).one().epoch == 0
