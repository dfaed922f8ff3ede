"""Who gets a ticket, and what a ticket is worth."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from app.accounts.models import Account, AccountState
from app.attendance.models import Session
from app.attendance.seats import HUB, site_seat, supervisor_seat
from app.database import Database, uuid7
from app.events import EventBus
from app.lessons.models import Lesson
from app.live.gate import DatabaseGate
from app.live.models import EntryTicket
from app.live.tickets import TicketAccepted
from app.schools.models import Classroom, Device, DeviceState
from signaling.messages import Permissions, Role
from signaling.ports import Admission, Refused
from signaling.saved_state import SavedRoom, SavedSeat, to_json
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.factories import County, make_county, make_lesson

ALL = Permissions(video=True, audio=True, annotate=True, screen=True, file=True, text=True)


async def ticket_of(browser: TestBrowser, lesson: Lesson, role: str) -> str:
    acting_as = "device" if role == "classroom" else "person"
    answer = await browser.post(
        f"/api/lessons/{lesson.id}/tickets", {"as": role}, acting_as=acting_as
    )
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["websocket"] == "/api/live"
    assert body["protocol"] == "classroom.v1"
    assert body["expires_in_s"] == 30
    ticket: str = body["ticket"]
    return ticket


async def refusal_of(gate: DatabaseGate, ticket: str) -> str:
    with pytest.raises(Refused) as refused:
        await gate.redeem(ticket)
    return refused.value.code


async def test_a_ticket_admits_its_holder_to_its_seat(
    teacher: TestBrowser,
    lesson: Lesson,
    county: County,
    open_browser: OpenBrowser,
    gate: DatabaseGate,
) -> None:
    hub = await gate.redeem(await ticket_of(teacher, lesson, "lecturer"))
    assert (hub.seat_id, hub.role, hub.device_id) == ("hub", Role.LECTURER, None)
    assert (hub.account_id, hub.school) == (str(county.teacher.id), county.hub.name)

    classroom = await open_browser(device=county.credentials[0])
    seat = await gate.redeem(await ticket_of(classroom, lesson, "classroom"))
    site = next(s for s in lesson.sites if s.classroom_id == county.classrooms[0].id)
    assert (seat.seat_id, seat.role, seat.account_id) == (site_seat(site.id), Role.CLASSROOM, None)
    assert seat.device_id == str(county.devices[0].id)
    assert (seat.name, seat.school) == (county.classrooms[0].name, county.points[0].name)
    assert seat.room_id == hub.room_id

    inspector = await open_browser(county.supervisor)
    visit = await gate.redeem(await ticket_of(inspector, lesson, "supervisor"))
    assert visit.seat_id == supervisor_seat(county.supervisor.person_id)
    assert visit.role is Role.SUPERVISOR


async def test_a_ticket_is_used_once_even_by_two_at_the_same_moment(
    teacher: TestBrowser, lesson: Lesson, gate: DatabaseGate
) -> None:
    ticket = await ticket_of(teacher, lesson, "lecturer")
    outcomes = await asyncio.gather(
        *(gate.redeem(ticket) for _ in range(5)), return_exceptions=True
    )
    refused = [each for each in outcomes if isinstance(each, Refused)]
    assert len(refused) == 4
    assert {each.code for each in refused} == {"ticket_used"}


async def test_a_ticket_is_worth_nothing_after_thirty_seconds(
    teacher: TestBrowser, lesson: Lesson, gate: DatabaseGate, clock: Clock
) -> None:
    ticket = await ticket_of(teacher, lesson, "lecturer")
    other = await ticket_of(teacher, lesson, "lecturer")
    clock.advance(seconds=29.9)
    await gate.redeem(other)
    clock.advance(seconds=0.1)
    assert await refusal_of(gate, ticket) == "ticket_expired"


async def test_an_invented_ticket_is_unknown(gate: DatabaseGate) -> None:
    assert await refusal_of(gate, "x" * 43) == "ticket_invalid"


async def test_a_ticket_of_a_lesson_that_ended_meanwhile_is_refused_and_gone(
    teacher: TestBrowser, lesson: Lesson, gate: DatabaseGate
) -> None:
    ticket = await ticket_of(teacher, lesson, "lecturer")
    assert (await teacher.post(f"/api/lessons/{lesson.id}/end")).status_code == 200
    assert await refusal_of(gate, ticket) == "lesson_over"
    assert await refusal_of(gate, ticket) == "ticket_used"


async def test_a_ticket_dies_with_its_account_or_device(
    *,
    teacher: TestBrowser,
    lesson: Lesson,
    county: County,
    open_browser: OpenBrowser,
    gate: DatabaseGate,
    database: Database,
) -> None:
    mine = await ticket_of(teacher, lesson, "lecturer")
    classroom = await open_browser(device=county.credentials[0])
    theirs = await ticket_of(classroom, lesson, "classroom")
    async with database.unit_of_work() as db:
        (await db.get_one(Account, county.teacher.id)).state = AccountState.DISABLED
        (await db.get_one(Device, county.devices[0].id)).state = DeviceState.REVOKED
    assert await refusal_of(gate, mine) == "ticket_invalid"
    assert await refusal_of(gate, theirs) == "ticket_invalid"


async def test_who_returns_is_looked_at_again(
    *,
    teacher: TestBrowser,
    lesson: Lesson,
    county: County,
    open_browser: OpenBrowser,
    gate: DatabaseGate,
    database: Database,
) -> None:
    hub = await gate.redeem(await ticket_of(teacher, lesson, "lecturer"))
    classroom = await open_browser(device=county.credentials[0])
    site = await gate.redeem(await ticket_of(classroom, lesson, "classroom"))
    assert (await gate.readmit(hub), await gate.readmit(site)) == (hub, site)
    async with database.unit_of_work() as db:
        room = await db.get_one(Classroom, county.classrooms[0].id)
        room.budget_down_kbps = 700
        (await db.get_one(Account, county.teacher.id)).state = AccountState.DISABLED
    assert (await gate.readmit(site)).budget_down_kbps == 700
    async with database.unit_of_work() as db:
        (await db.get_one(Device, county.devices[0].id)).state = DeviceState.REVOKED
    for who in (hub, site):
        with pytest.raises(Refused) as caught:
            await gate.readmit(who)
        assert caught.value.code == "ticket_invalid"


async def test_nobody_returns_to_a_lesson_that_is_over(
    teacher: TestBrowser, lesson: Lesson, gate: DatabaseGate
) -> None:
    hub = await gate.redeem(await ticket_of(teacher, lesson, "lecturer"))
    await teacher.post(f"/api/lessons/{lesson.id}/end")
    with pytest.raises(Refused) as caught:
        await gate.readmit(hub)
    assert caught.value.code == "lesson_over"


async def test_a_ticket_that_the_page_has_drawn_is_good_once_and_only_if_it_is_new(
    teacher: TestBrowser, lesson: Lesson, gate: DatabaseGate, database: Database
) -> None:
    accepted: list[str] = []

    async def note(event: TicketAccepted) -> None:
        accepted.append(event.ticket)

    database.events.on(TicketAccepted, note)
    path, drawn = f"/api/lessons/{lesson.id}/tickets", "aB3_-" * 9
    assert await refusal_of(gate, drawn) == "ticket_invalid"
    answer = await teacher.post(path, {"as": "lecturer", "ticket": drawn})
    assert (answer.status_code, answer.json()["ticket"]) == (201, drawn)
    assert accepted == [drawn]
    again = await teacher.post(path, {"as": "lecturer", "ticket": drawn})
    assert (again.status_code, again.json()["type"]) == (409, "ticket-taken")
    assert (await gate.redeem(drawn)).seat_id == "hub"
    assert await refusal_of(gate, drawn) == "ticket_used"
    used = await teacher.post(path, {"as": "lecturer", "ticket": drawn})
    assert used.status_code == 409
    assert accepted == [drawn]


@pytest.mark.parametrize("drawn", ["", "x" * 42, "x" * 65, "x" * 42 + "é", "x" * 43 + "\n", 7])
async def test_a_ticket_that_is_no_256_bits_is_not_accepted(
    teacher: TestBrowser, lesson: Lesson, drawn: object
) -> None:
    answer = await teacher.post(
        f"/api/lessons/{lesson.id}/tickets", {"as": "lecturer", "ticket": drawn}
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "malformed-input")


async def test_only_the_hash_is_kept_and_old_tickets_are_forgotten(
    teacher: TestBrowser, lesson: Lesson, database: Database, clock: Clock
) -> None:
    ticket = await ticket_of(teacher, lesson, "lecturer")
    async with database.unit_of_work() as db:
        kept = (await db.scalars(select(EntryTicket))).one()
        assert ticket not in {str(value) for value in vars(kept).values()}
        assert len(kept.token_hash) == 64
    clock.advance(hours=1, seconds=31)
    await ticket_of(teacher, lesson, "lecturer")
    async with database.unit_of_work() as db:
        assert await db.scalar(select(func.count(EntryTicket.id))) == 1


async def test_no_ticket_before_the_lesson_begins_or_after_it_ended(
    lesson: Lesson, county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(county.teacher)
    path = f"/api/lessons/{lesson.id}/tickets"
    early = await browser.post(path, {"as": "lecturer"})
    assert (early.status_code, early.json()["type"]) == (409, "lesson-not-open")
    await browser.post(f"/api/lessons/{lesson.id}/start")
    await browser.post(f"/api/lessons/{lesson.id}/end")
    late = await browser.post(path, {"as": "lecturer"})
    assert (late.status_code, late.json()["type"]) == (409, "lesson-not-open")


@pytest.mark.usefixtures("teacher")
async def test_a_classroom_of_another_school_is_refused_with_the_reason(
    lesson: Lesson, other_county: County, open_browser: OpenBrowser
) -> None:
    classroom = await open_browser(device=other_county.credentials[0])
    path = f"/api/lessons/{lesson.id}/tickets"
    answer = await classroom.post(path, {"as": "classroom"}, acting_as="device")
    assert (answer.status_code, answer.json()["type"]) == (403, "not-invited")
    unknown = f"/api/lessons/{UUID(int=7)}/tickets"
    answer = await classroom.post(unknown, {"as": "classroom"}, acting_as="device")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("who", "role"),
    [
        ("administrator", "lecturer"),
        ("supervisor", "lecturer"),
        ("teacher", "supervisor"),
        ("teacher", "classroom"),
        ("device", "lecturer"),
        ("device", "supervisor"),
        ("other teacher", "lecturer"),
        ("other administrator", "supervisor"),
        ("other supervisor", "supervisor"),
    ],
)
@pytest.mark.usefixtures("teacher")
async def test_nobody_enters_as_what_they_are_not(
    *,
    who: str,
    role: str,
    lesson: Lesson,
    county: County,
    other_county: County,
    open_browser: OpenBrowser,
) -> None:
    place = other_county if who.startswith("other ") else county
    word = who.removeprefix("other ")
    if word == "device":
        browser = await open_browser(device=place.credentials[0])
    else:
        browser = await open_browser(getattr(place, word))
    answer = await browser.post(
        f"/api/lessons/{lesson.id}/tickets",
        {"as": role},
        acting_as="device" if word == "device" else "person",
    )
    assert answer.status_code == 404, answer.text


async def test_whoever_administers_an_invited_school_may_look_in(
    county: County, database: Database, open_browser: OpenBrowser
) -> None:
    async with database.unit_of_work() as db:
        far = await make_county(db)
        lesson = await make_lesson(
            db, lecturer=county.teacher, hub=county.hub, classrooms=far.classrooms
        )
    await (await open_browser(county.teacher)).post(f"/api/lessons/{lesson.id}/start")
    await ticket_of(await open_browser(far.supervisor), lesson, "supervisor")


async def test_a_restricted_person_gets_no_ticket(
    teacher: TestBrowser, lesson: Lesson, county: County, database: Database
) -> None:
    async with database.unit_of_work() as db:
        (await db.get_one(Account, county.teacher.id)).state = AccountState.RESTRICTED
    answer = await teacher.post(f"/api/lessons/{lesson.id}/tickets", {"as": "lecturer"})
    assert answer.status_code == 403


@pytest.mark.usefixtures("teacher")
async def test_a_blocked_device_gets_no_ticket_and_the_reason(
    lesson: Lesson,
    county: County,
    open_browser: OpenBrowser,
    database: Database,
) -> None:
    seat = SavedSeat(
        seat_id=site_seat(lesson.sites[0].id),
        role=Role.CLASSROOM,
        name="",
        school="",
        may_record_video=True,
        has_come=True,
        is_blocked=True,
        account_id=None,
        device_id=str(county.devices[0].id),
        away_since_ms=1,
        override=None,
        hand_raised_at_ms=None,
        headcount=None,
        muted=(),
    )
    room = SavedRoom(
        is_paused=False,
        class_permissions=ALL,
        stage=(),
        stage_limit=1,
        hands=(),
        seats=(seat,),
        chat=(),
    )
    async with database.unit_of_work() as db:
        session = (await db.scalars(select(Session))).one()
        session.saved_state = to_json(room)
    path = f"/api/lessons/{lesson.id}/tickets"
    blocked = await open_browser(device=county.credentials[0])
    answer = await blocked.post(path, {"as": "classroom"}, acting_as="device")
    assert (answer.status_code, answer.json()["type"]) == (403, "blocked")
    await ticket_of(await open_browser(device=county.credentials[1]), lesson, "classroom")


# SQLite fails as one that is locked does: OperationalError. Nobody listens at the port.
@pytest.mark.parametrize(
    "url",
    ["sqlite+aiosqlite:///{folder}/empty.db", "postgresql+asyncpg://nobody@127.0.0.1:1/none"],
)
async def test_a_database_that_is_away_lets_nobody_in_for_now_and_says_so_once(
    url: str, tmp_path: Path, clock: Clock
) -> None:
    away = Database(url.format(folder=tmp_path), EventBus())
    gate = DatabaseGate(away, recordings_dir=tmp_path, clock=clock)
    room_id = str(uuid7())
    returned = Admission(room_id, HUB, Role.LECTURER, "A", "B", str(uuid7()), None)
    try:
        for entry in (gate.redeem("x" * 43), gate.readmit(returned), gate.load_room(room_id)):
            with capture_logs() as said, pytest.raises(Refused) as refused:
                await entry
            assert refused.value.code == "unavailable"
            told = [(each["log_level"], each["event"]) for each in said]
            assert told == [("warning", "entry_without_database")]
            assert "exc_info" not in said[0]
    finally:
        await away.close()


async def test_a_bug_of_ours_is_no_database_that_is_away(
    gate: DatabaseGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stumble(*_: object, **__: object) -> None:
        raise LookupError

    monkeypatch.setattr("app.live.tickets.use_up", stumble)
    with pytest.raises(LookupError):
        await gate.redeem("x" * 43)
