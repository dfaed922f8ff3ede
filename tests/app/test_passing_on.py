"""一点带多点: a site passes on what it receives. Who may, what it takes up, what counts."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from app.attendance.models import AttendanceRecord, Session
from app.calendars.days import local_day
from app.database import Database, uuid7
from app.lessons.chains import MOST_PASSES, Link, require_passable
from app.lessons.errors import Misfit, SiteUnfit
from app.lessons.models import Lesson, LessonSite, OfferingSite, SiteMode
from app.planning.asking import ThingKind
from app.planning.conflicts import ConflictCode
from tests.app.alliance_steps import JSON, found, made, move, pairing, run
from tests.app.conftest import OpenBrowser, TestBrowser
from tests.app.planning_worlds import MONDAY, Days, ask, offering, site
from tests.app.planning_worlds import school as planned_school
from tests.app.test_planning_solver import answer, lessons
from tests.app.timetable_steps import (
    HOUR,
    Timetabled,
    at,
    make_bells,
    make_term,
    offering_of,
    plan_one,
    tag,
)
from tests.factories import NOON, County, make_classroom, make_person

HUB = uuid7()
ROOMS = [uuid7() for _ in range(5)]
SCHOOLS = [HUB, *(uuid7() for _ in range(4))]


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: who passes on to whom is read by statements."""
    return either_url


@st.composite
def chains(draw: st.DrawFn) -> list[Link]:
    """Draw classrooms that receive from the hub or from any other, sense or none."""
    rooms = ROOMS[: draw(st.integers(1, len(ROOMS)))]
    givers = st.sampled_from([None, None, *rooms, uuid7()])
    modes = st.sampled_from([SiteMode.LIVE, SiteMode.LIVE, SiteMode.LIVE, SiteMode.OBSERVE])
    schools = st.sampled_from(SCHOOLS)
    return [Link(room, draw(schools), draw(givers), draw(modes)) for room in rooms]


def is_a_chain(links: list[Link]) -> bool:
    """The plain rule: whoever is reached is reached step by step from the hub."""
    ways: dict[UUID, tuple[UUID, ...]] = {
        each.classroom_id: (HUB, each.school_id) for each in links if each.through_id is None
    }
    modes = {each.classroom_id: each.mode for each in links}
    for _ in range(MOST_PASSES):
        ways |= {
            each.classroom_id: (*ways[each.through_id], each.school_id)
            for each in links
            if each.through_id in ways and modes[each.through_id] is SiteMode.LIVE
        }
    passed = {each.classroom_id for each in links if each.through_id is not None}
    return ways.keys() == modes.keys() and all(
        len(set(ways[room])) == len(ways[room]) for room in passed
    )


@given(chains())
def test_a_lesson_comes_to_each_classroom_once_from_the_hub_or_is_refused(
    links: list[Link],
) -> None:
    if is_a_chain(links):
        require_passable(links, hub_school_id=HUB)
        return
    with pytest.raises(SiteUnfit) as refused:
        require_passable(links, hub_school_id=HUB)
    assert refused.value.detail
    assert isinstance(refused.value.extra["reason"], Misfit)


@given(st.integers(1, 4), st.booleans())
def test_a_ring_is_refused_however_long_and_a_row_when_it_is_too_long(
    length: int, is_ring: bool
) -> None:
    rooms = ROOMS[:length]
    first = rooms[-1] if is_ring else None
    links = [
        Link(room, SCHOOLS[n + 1], first if n == 0 else rooms[n - 1])
        for n, room in enumerate(rooms)
    ]
    if not is_ring and length - 1 <= MOST_PASSES:
        require_passable(links, hub_school_id=HUB)
        return
    with pytest.raises(SiteUnfit) as refused:
        require_passable(links, hub_school_id=HUB)
    assert refused.value.extra["reason"] is (Misfit.CIRCLE if is_ring else Misfit.TOO_FAR)


def chain(school: Timetabled, **last: object) -> list[JSON]:
    """The hub's lesson comes to the first point, which passes it on to the second."""
    middle, end = (str(room.id) for room in school.county.classrooms)
    return [{"classroom_id": middle}, {"classroom_id": end, "through_id": middle} | last]


@pytest.fixture(name="school")
async def make_timetabled(database: Database, county: County) -> Timetabled:
    async with database.unit_of_work() as db:
        term = await make_term(db, county)
        await make_bells(db, county)
        room = await make_classroom(db, county.hub)
        other = await make_person(db, school=county.hub, name="代课老师")
    return Timetabled(county, str(term.id), str(room.id), str(other.person_id))


async def pairs(keeper: TestBrowser, county: County) -> tuple[JSON, JSON]:
    """The hub with the middle point, and the middle point with the last one."""
    middle, last = county.points
    first = await made(keeper, "/api/pairings", pairing(county.hub, middle))
    second = await made(keeper, "/api/pairings", pairing(middle, last))
    await run(keeper, first, county.hub, middle)
    await run(keeper, second, middle, last)
    return first, second


async def give(database: Database, lesson_id: str) -> None:
    """The lesson was given, and all its sites count."""
    async with database.unit_of_work() as db:
        lesson = await db.get_one(Lesson, UUID(lesson_id))
        session = Session(lesson_id=lesson.id, started_at=NOON)
        db.add(session)
        await db.flush()
        for row in await db.scalars(select(LessonSite).where(LessonSite.lesson_id == lesson.id)):
            db.add(
                AttendanceRecord.of(
                    lesson,
                    row,
                    session_id=session.id,
                    planned_ms=2_400_000,
                    connected_ms=2_300_000,
                    is_counted=True,
                )
            )


async def test_what_a_point_passes_on_is_one_lesson_and_each_site_counts_once(
    keeper: TestBrowser, school: Timetabled, database: Database
) -> None:
    county = school.county
    middle, last = county.points
    first, second = await pairs(keeper, county)
    opened = await made(
        keeper,
        "/api/course-offerings",
        offering_of(school, sites=chain(school, pairing_id=second["id"])),
    )
    middle_room = str(county.classrooms[0].id)
    assert {each["through_id"] for each in opened["sites"]} == {None, middle_room}
    lesson = await plan_one(keeper, opened)
    assert {each["school"]["name"]: each["through_id"] for each in lesson["sites"]} == {
        middle.name: None,
        last.name: middle_room,
    }
    await give(database, lesson["id"])
    for one, point, passer in ((first, middle, None), (second, last, middle.name)):
        counts = (await found(keeper, f"/api/pairings/{one['id']}/tracks"))["counts"]
        assert (counts["lessons"], counts["deliveries"]) == (1, 1)
        (row,) = (await found(keeper, f"/api/pairings/{one['id']}/lessons"))["items"]
        assert (row["hub"]["name"], row["site"]["name"]) == (county.hub.name, point.name)
        assert (row["passed_on_by"] or {}).get("name") == passer
    async with database.unit_of_work() as db:
        assert await db.scalar(select(func.count()).select_from(Lesson)) == 1
    by_whom = f"(由 {middle.name} {county.classrooms[0].name} 转播)"
    for path in ("/api/course-offerings/export", "/api/lessons/export"):
        assert f"{last.name} {county.classrooms[1].name} {by_whom}" in (await keeper.get(path)).text


@pytest.mark.parametrize(
    ("wrong", "why", "who"),
    [
        ("ring", Misfit.CIRCLE, 0),
        ("itself", Misfit.CIRCLE, 0),
        ("stranger", Misfit.NOT_A_SITE, 1),
        ("observer", Misfit.NOT_LIVE, 0),
        ("other pairing", Misfit.OTHER_PAIRING, 1),
        ("recording", Misfit.NOT_SERVED, 1),
        ("parts", Misfit.NOT_SERVED, 1),
    ],
)
async def test_what_is_no_chain_is_refused_in_one_sentence(
    keeper: TestBrowser, school: Timetabled, wrong: str, why: Misfit, who: int
) -> None:
    first, _ = await pairs(keeper, school.county)
    middle, end = chain(school)
    middle_id, end_id = middle["classroom_id"], end["classroom_id"]
    sites = {
        "ring": [middle | {"through_id": end_id}, end],
        "itself": [middle | {"through_id": middle_id}],
        "stranger": [end],
        "observer": [middle | {"mode": "OBSERVE"}, end],
        "other pairing": [middle, end | {"pairing_id": first["id"]}],
        "recording": [middle, end | {"mode": "RECORDED"}],
        "parts": [middle, end | {"mode": "EMBEDDED"}],
    }[wrong]
    refused = await keeper.post("/api/course-offerings", offering_of(school, sites=sites))
    assert (refused.status_code, refused.json()["type"]) == (409, "site-unfit"), refused.text
    assert (refused.json()["reason"], refused.json()["classroom_id"]) == (
        why,
        (middle_id, end_id)[who],
    )
    opened = await made(keeper, "/api/course-offerings", offering_of(school, sites=chain(school)))
    lesson = await plan_one(keeper, opened)
    body = at(NOON + HOUR, title="音乐", hub_classroom_id=None, sites=sites)
    refused = await keeper.send("PUT", f"/api/lessons/{lesson['id']}", etag=tag(lesson), json=body)
    assert (refused.status_code, refused.json()["type"]) == (409, "site-unfit"), refused.text


async def test_a_site_that_was_planned_to_play_the_recording_may_stay_so(
    keeper: TestBrowser, school: Timetabled, database: Database
) -> None:
    first, second = chain(school)
    opened = await made(keeper, "/api/course-offerings", offering_of(school, sites=[first, second]))
    lesson = await plan_one(keeper, opened)
    async with database.unit_of_work() as db:
        for site in (OfferingSite, LessonSite):
            its = site.classroom_id == UUID(second["classroom_id"])
            await db.execute(update(site).where(its).values(mode=SiteMode.RECORDED))
    as_it_is = [first, second | {"mode": "RECORDED"}]
    course = offering_of(school, sites=as_it_is, name="三年级音乐欣赏")
    body = at(NOON + HOUR, title="小雨沙沙", hub_classroom_id=None, sites=as_it_is)
    for path, asked in (
        (f"/api/course-offerings/{opened['id']}", course),
        (f"/api/lessons/{lesson['id']}", body),
    ):
        etag = tag(await found(keeper, path))
        saved = await keeper.send("PUT", path, etag=etag, json=asked)
        assert saved.status_code == 200, saved.text
        modes = {each["mode"] for each in saved.json()["sites"]}
        assert modes == {"LIVE", "RECORDED"}
        other = asked | {"sites": [first, second | {"mode": "EMBEDDED"}]}
        refused = await keeper.send("PUT", path, etag=tag(saved.json()), json=other)
        assert (refused.status_code, refused.json()["reason"]) == (409, "NOT_SERVED")


async def test_a_school_of_another_county_receives_through_who_is_paired_with_it(
    *, keeper: TestBrowser, school: Timetabled, other_county: County, open_browser: OpenBrowser
) -> None:
    county = school.county
    far, far_room = other_county.points[0], str(other_county.classrooms[0].id)
    middle, _ = chain(school)
    sites = [middle, {"classroom_id": far_room, "through_id": middle["classroom_id"]}]
    body = offering_of(school, sites=sites)
    unseen = await keeper.post("/api/course-offerings", body)
    assert (unseen.status_code, unseen.json()["type"]) == (404, "not-found")
    one = await made(keeper, "/api/pairings", pairing(county.points[0], far))
    theirs = await open_browser(other_county.administrator)
    await keeper.send("POST", f"/api/pairings/{one['id']}/agreement?name=协议.pdf", content=PDF)
    for who, to, of in ((keeper, "PROPOSED", county.points[0]), (theirs, "ACCEPTED", far)):
        assert (await move(who, one, to, of)).status_code == 200
    opened = await made(keeper, "/api/course-offerings", body)
    path = f"/api/course-offerings/{opened['id']}"
    assert (await found(theirs, path))["is_own"] is False
    direct = [middle, {"classroom_id": far_room}]
    refused = await keeper.send("PUT", path, etag=tag(opened), json=body | {"sites": direct})
    assert (refused.status_code, refused.json()["type"]) == (409, "site-unfit")
    assert (refused.json()["reason"], refused.json()["classroom_id"]) == ("NOT_PAIRED", far_room)


async def test_a_course_whose_pairing_has_ended_is_saved_and_no_classroom_joins_it(
    keeper: TestBrowser, school: Timetabled
) -> None:
    _, second = await pairs(keeper, school.county)
    sites = chain(school, pairing_id=second["id"])
    opened = await made(keeper, "/api/course-offerings", offering_of(school, sites=sites))
    assert (await move(keeper, second, "ENDED")).status_code == 200
    path = f"/api/course-offerings/{opened['id']}"
    body = offering_of(school, sites=sites, name="三年级音乐欣赏", periods_a_week=1)
    saved = await keeper.send("PUT", path, etag=tag(opened), json=body)
    assert saved.status_code == 200, saved.text
    assert saved.json()["name"] == "三年级音乐欣赏"
    assert {each["pairing_id"] for each in saved.json()["sites"]} == {None, second["id"]}
    moved = [sites[0] | {"pairing_id": second["id"]}, sites[1]]
    for changed in ({"sites": moved}, {"subject": "maths"}):
        refused = await keeper.send("PUT", path, etag=tag(saved.json()), json=body | changed)
        assert (refused.status_code, refused.json()["reason"]) == (409, "OTHER_PAIRING")


async def test_a_pairing_is_of_the_schools_whichever_classroom_passes_on(
    keeper: TestBrowser, school: Timetabled, database: Database
) -> None:
    county = school.county
    first, second = await pairs(keeper, county)
    async with database.unit_of_work() as db:
        beside = str((await make_classroom(db, county.points[0], name="音乐教室")).id)
    middle, end = chain(school, pairing_id=second["id"])
    sites = [middle, {"classroom_id": beside}, end]
    opened = await made(keeper, "/api/course-offerings", offering_of(school, sites=sites))
    assert (await move(keeper, second, "ENDED")).status_code == 200
    path = f"/api/course-offerings/{opened['id']}"
    other_room = [middle, {"classroom_id": beside}, end | {"through_id": beside}]
    body = offering_of(school, sites=other_room)
    saved = await keeper.send("PUT", path, etag=tag(opened), json=body)
    assert saved.status_code == 200, saved.text
    (last,) = [each for each in saved.json()["sites"] if each["through_id"] is not None]
    assert (last["through_id"], last["pairing_id"]) == (beside, second["id"])
    from_hub = [middle, {"classroom_id": beside}, end | {"through_id": None}]
    refused = await keeper.send(
        "PUT", path, etag=tag(saved.json()), json=body | {"sites": from_hub}
    )
    assert (refused.status_code, refused.json()["reason"]) == (409, "OTHER_PAIRING")
    about_music = [middle | {"pairing_id": first["id"]}, {"classroom_id": beside}, end]
    refused = await keeper.post(
        "/api/course-offerings", offering_of(school, subject="maths", sites=about_music[:1])
    )
    assert (refused.status_code, refused.json()["reason"]) == (409, "OTHER_SUBJECT")


PDF = b"%PDF-1.7\n" + b"agreement " * 100


def test_the_line_of_who_passes_on_carries_the_lesson_too() -> None:
    """The middle school gives a course itself, and its line carries one lesson at a time."""
    schools = [planned_school(key) for key in ("H", "M", "E", "X")]
    middle = replace(site("M"), passes_on=True)
    end = replace(site("E"), through=middle.key)
    passed = offering("A", "H", [middle, end], periods_a_week=8)
    own = offering("B", "M", [site("X")], periods_a_week=8)
    asked = ask([passed, own], schools)
    held = lessons(asked)
    spans = sorted((each.starts_at, each.ends_at) for each in held)
    assert len(spans) == 30  # fifteen periods a week, two weeks
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    (conflict,) = answer(asked).conflicts
    assert conflict.code is ConflictCode.CROWDED
    assert (conflict.values["kind"], conflict.values["name"]) == (ThingKind.LINE, "学校M")
    apart = ask([offering("A", "H", [site("M"), site("E")], periods_a_week=8), own], schools)
    assert len(lessons(apart)) == 32


def test_what_nobody_passes_on_that_day_its_end_misses() -> None:
    tuesday = MONDAY + timedelta(days=1)
    free = frozenset({tuesday, tuesday + timedelta(weeks=1)})
    schools = [
        planned_school("H"),
        planned_school("M", Days(free=free)),
        planned_school("E"),
        planned_school("F"),
    ]
    middle = replace(site("M"), passes_on=True)
    end = replace(site("E"), through=middle.key)
    asked = ask([offering("A", "H", [middle, end, site("F")], periods_a_week=15)], schools)
    for lesson in lessons(asked):
        is_free = local_day(lesson.starts_at) in free
        assert (middle.key in lesson.classrooms) == (not is_free)
        assert (end.key in lesson.classrooms) == (not is_free)
        assert site("F").key in lesson.classrooms
