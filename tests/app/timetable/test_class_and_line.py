"""A class sits in one lesson at a time, and a school's line carries so many, by hand too."""

from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.schools.models import Classroom, School, SchoolClass
from tests.app.alliance_steps import found, made
from tests.app.conftest import TestBrowser
from tests.app.timetable_steps import HOUR, JSON, Timetabled, act, at, offering_of, plan_one, tag
from tests.factories import NOON, make_classroom, make_person

WHEN = NOON + HOUR


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: what is taken is found by statements."""
    return either_url


async def make_class(db: AsyncSession, school: School, name: str) -> SchoolClass:
    made_class = SchoolClass(
        school_id=school.id,
        name=name,
        stage="2",
        grade_no=3,
        entry_year=2023,
        pupil_count=20,
        language_of_instruction="zh",
    )
    db.add(made_class)
    await db.flush()
    return made_class


@dataclass
class Second:
    """Another course of the hub, with rooms and a teacher of its own, and a class of a point."""

    offering: JSON
    class_id: str
    room_id: str


@pytest.fixture
async def second(keeper: TestBrowser, database: Database, school: Timetabled) -> Second:
    county = school.county
    async with database.unit_of_work() as db:
        hub_room = await make_classroom(db, county.hub, name="二号教室")
        room = await make_classroom(db, county.points[0], name="二号教室")
        school_class = await make_class(db, county.points[0], "三 (1) 班")
    body = offering_of(
        school,
        name="四年级美术",
        lecturer_id=school.other_teacher_id,
        hub_classroom_id=str(hub_room.id),
        sites=[{"classroom_id": str(room.id)}],
    )
    opened = await made(keeper, "/api/course-offerings", body)
    return Second(opened, str(school_class.id), str(room.id))


async def seat(keeper: TestBrowser, lesson: JSON, class_id: str, classroom_id: str) -> int:
    """Let a class sit in a classroom of a lesson."""
    now = await found(keeper, f"/api/lessons/{lesson['id']}")
    body = {
        "title": now["title"],
        "hub_classroom_id": now["hub_classroom"]["id"],
        "starts_at": now["planned_start"],
        "ends_at": now["planned_end"],
        "sites": [{"classroom_id": classroom_id, "class_id": class_id}],
    }
    answer = await keeper.send("PUT", f"/api/lessons/{now['id']}", etag=tag(now), json=body)
    if answer.status_code == 409:
        (clash,) = answer.json()["clashes"]
        assert (answer.json()["type"], clash["kind"]) == ("lesson-clash", "CLASS")
        assert "三 (1) 班 has the lesson 《三年级音乐》 on 2026-03-02" in answer.json()["detail"]
    return answer.status_code


async def test_a_class_sits_in_one_lesson_at_a_time(
    keeper: TestBrowser, school: Timetabled, lesson: JSON, second: Second
) -> None:
    own_room = str(school.county.classrooms[0].id)
    assert await seat(keeper, lesson, second.class_id, own_room) == 200
    beside = await plan_one(keeper, second.offering, WHEN)
    assert await seat(keeper, beside, second.class_id, second.room_id) == 409
    later = await plan_one(keeper, second.offering, WHEN + HOUR)
    assert await seat(keeper, later, second.class_id, second.room_id) == 200


async def test_the_hubs_own_class_sits_in_its_lessons(
    keeper: TestBrowser, database: Database, school: Timetabled, second: Second
) -> None:
    county = school.county
    async with database.unit_of_work() as db:
        own = await make_class(db, county.hub, "三 (2) 班")
        room = await make_classroom(db, county.points[1], name="三号教室")
        third = await make_person(db, school=county.hub, name="第三位老师")
    first = await made(
        keeper, "/api/course-offerings", offering_of(school, hub_class_id=str(own.id))
    )
    await plan_one(keeper, first, WHEN)
    async with database.unit_of_work() as db:
        hub_room = await make_classroom(db, county.hub, name="三号教室")
    body = offering_of(
        school,
        name="同一个班",
        hub_class_id=str(own.id),
        lecturer_id=str(third.person_id),
        hub_classroom_id=str(hub_room.id),
        sites=[{"classroom_id": str(room.id)}],
    )
    other = await made(keeper, "/api/course-offerings", body)
    answer = await keeper.post("/api/lessons", at(WHEN, offering_id=other["id"]))
    assert [clash["kind"] for clash in answer.json()["clashes"]] == ["CLASS"]
    await plan_one(keeper, other, WHEN + HOUR)


async def declare(database: Database, room_id: str | None, kbps: int | None) -> None:
    async with database.unit_of_work() as db:
        rooms = await db.scalars(select(Classroom))
        for room in rooms:
            if str(room.id) == room_id:
                room.budget_up_kbps = kbps


@pytest.mark.parametrize(("kbps", "carries"), [(4999, 1), (2000, 1), (5000, 2), (None, 2)])
async def test_a_hub_gives_as_many_lessons_at_once_as_its_line_carries(
    *,
    keeper: TestBrowser,
    database: Database,
    school: Timetabled,
    lesson: JSON,
    second: Second,
    kbps: int | None,
    carries: int,
) -> None:
    await declare(database, school.hub_classroom_id, kbps)
    answer = await keeper.post("/api/lessons", at(WHEN, offering_id=second.offering["id"]))
    if carries == 2:
        assert answer.status_code == 201, answer.text
        return
    assert (answer.status_code, answer.json()["type"]) == (409, "lesson-clash")
    (clash,) = answer.json()["clashes"]
    hub = school.county.hub.name
    assert (clash["kind"], clash["name"], clash["at_once"]) == ("LINE", hub, 1)
    assert clash["title"] == lesson["title"]
    says = (
        f"The line of {hub} carries so many lessons at once, 1, and has the lesson 《三年级音乐》"
    )
    assert says in answer.json()["detail"]
    await plan_one(keeper, second.offering, WHEN + HOUR)


async def test_a_lesson_is_not_moved_onto_a_full_line_but_stays_where_it_stood(
    keeper: TestBrowser,
    database: Database,
    school: Timetabled,
    lesson: JSON,
    second: Second,
) -> None:
    later = await plan_one(keeper, second.offering, WHEN + 2 * HOUR)
    path = f"/api/lessons/{later['id']}"
    body = at(
        WHEN + HOUR / 2,
        title=later["title"],
        hub_classroom_id=later["hub_classroom"]["id"],
        sites=[{"classroom_id": second.room_id}],
    )
    await declare(database, school.hub_classroom_id, 2500)
    answer = await keeper.send("PUT", path, etag=tag(later), json=body)
    assert [clash["kind"] for clash in answer.json()["clashes"]] == ["LINE"]
    assert await found(keeper, path) == later
    await declare(database, school.hub_classroom_id, 5000)
    moved = await keeper.send("PUT", path, etag=tag(later), json=body)
    assert moved.status_code == 200, moved.text
    await declare(database, school.hub_classroom_id, 2500)
    renamed = body | {"title": "新名字"}
    answer = await keeper.send("PUT", path, etag=tag(moved.json()), json=renamed)
    assert (answer.status_code, answer.json()["title"]) == (200, "新名字")
    async with database.unit_of_work() as db:
        stand_in = await make_person(db, school=school.county.hub, name="再一位老师")
    by = {"person_id": str(stand_in.person_id), "reason": "病假"}
    assert (await act(keeper, answer.json(), "substitute", by))["lecturer"]["name"] == "再一位老师"


async def test_who_passes_a_lesson_on_uses_its_line(
    keeper: TestBrowser, database: Database, school: Timetabled, second: Second
) -> None:
    """The point passes the one on from each of its two classrooms, and its line carries one."""
    county = school.county
    middle, end = county.classrooms[0], county.classrooms[1]
    await declare(database, school.hub_classroom_id, 9000)
    await declare(database, str(middle.id), 2500)
    async with database.unit_of_work() as db:
        other_end = await make_classroom(db, county.points[1], name="另一间")

    def chain(through: str, to: str) -> list[JSON]:
        return [{"classroom_id": through}, {"classroom_id": to, "through_id": through}]

    body = offering_of(school, sites=chain(str(middle.id), str(end.id)))
    first = await made(keeper, "/api/course-offerings", body)
    await plan_one(keeper, first, WHEN)
    body = offering_of(
        school,
        name="也转播",
        lecturer_id=school.other_teacher_id,
        hub_classroom_id=second.offering["hub_classroom"]["id"],
        sites=chain(second.room_id, str(other_end.id)),
    )
    passed_on = await made(keeper, "/api/course-offerings", body)
    answer = await keeper.post("/api/lessons", at(WHEN, offering_id=passed_on["id"]))
    assert answer.status_code == 409, answer.text
    (clash,) = answer.json()["clashes"]
    assert (clash["kind"], clash["name"]) == ("LINE", county.points[0].name)
    await plan_one(keeper, second.offering, WHEN)  # received there alone, it needs no line
