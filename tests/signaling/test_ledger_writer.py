"""A ledger that is slow or out of order costs patience, never order, and never silently."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from signaling import ledger_writer
from signaling.ledger_writer import LedgerWriter
from signaling.messages import EndReason
from signaling.ports import EventType, LedgerAway, RoomEvent
from tests.signaling.live_server import Notebook


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_writer, "FIRST_RETRY_S", 0.001)


def make(ledger: Notebook, *, queue_events: int = 1000) -> LedgerWriter:
    return LedgerWriter("room", ledger, queue_events=queue_events, retry_max_s=0.005)


def event(number: int) -> RoomEvent:
    return RoomEvent(EventType.HEADCOUNT, number)


@asynccontextmanager
async def written(writer: LedgerWriter):  # type: ignore[no-untyped-def]  # a generator for `async with`
    """Run the writer; on leaving, everything given has been written."""
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(writer.run())
        await asyncio.sleep(0)
        yield
        writer.finish()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


async def test_everything_is_written_in_order_and_the_end_last() -> None:
    ledger = Notebook()
    writer = make(ledger)
    async with written(writer):
        writer.end(EndReason.ENDED_BY_LECTURER, 2000, "hub")
        for number in range(1000):
            writer.add(event(number))
        writer.save({"version": 1})
        writer.report_presence(("hub",), 1999)
    assert [e.clock_ms for e in ledger.events["room"]] == list(range(1000))
    assert ledger.saved["room"] == {"version": 1}
    assert ledger.present["room"] == (("hub",), 1999)
    assert ledger.ended["room"] == (EndReason.ENDED_BY_LECTURER, "hub", 1000)


async def test_an_outage_is_logged_once_and_costs_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ledger = Notebook()
    writer = make(ledger)
    async with written(writer):
        writer.add(event(0))
        await until(lambda: ledger.events)
        ledger.fault = OSError("no disk")
        for number in range(1, 10):
            writer.add(event(number))
        await until(lambda: ledger.refused > 4)
        ledger.fault = None
    assert [e.clock_ms for e in ledger.events["room"]] == list(range(10))
    assert len(caplog.records) == 1


async def test_only_the_latest_state_and_presence_are_written() -> None:
    ledger = Notebook()
    ledger.fault = OSError("no disk")
    writer = make(ledger)
    async with written(writer):
        for number in range(50):
            writer.save({"version": number})
            writer.report_presence(("hub",), number)
        await until(lambda: ledger.refused)
        ledger.fault = None
    assert ledger.saved["room"] == {"version": 49}
    assert ledger.present["room"] == (("hub",), 49)


async def test_what_comes_while_a_write_is_under_way_is_not_forgotten() -> None:
    class Slow(Notebook):
        during: Callable[[], Awaitable[None] | None] = staticmethod(lambda: None)

        async def save_state(self, room_id, state):  # type: ignore[no-untyped-def]  # as the port
            self.during()
            await asyncio.sleep(0.001)
            await super().save_state(room_id, state)

        async def still_present(self, room_id, seat_ids, clock_ms):  # type: ignore[no-untyped-def]  # as the port
            self.during()
            await asyncio.sleep(0.001)
            await super().still_present(room_id, seat_ids, clock_ms)

    ledger = Slow()
    writer = make(ledger)
    news = iter(range(3))

    def during() -> None:
        if (number := next(news, None)) is not None:
            writer.save({"version": 10 + number})
            writer.report_presence(("hub",), 10 + number)

    ledger.during = during
    async with written(writer):
        writer.save({"version": 1})
        writer.report_presence(("hub",), 1)
    assert ledger.saved["room"] == {"version": 12}
    assert ledger.present["room"] == (("hub",), 12)


async def test_lost_events_are_owned_up_to_as_an_incident() -> None:
    ledger = Notebook()
    ledger.fault = OSError("no disk")
    writer = make(ledger, queue_events=3)
    async with written(writer):
        for number in range(8):
            writer.add(event(number))
        await until(lambda: ledger.refused)
        ledger.fault = None
    assert [e.clock_ms for e in ledger.events["room"][:3]] == [0, 1, 2]
    (incident,) = ledger.events["room"][3:]
    assert incident.type is EventType.INCIDENT
    assert incident.payload == {"action": "failure", "reason": "events_lost", "count": 5}


async def test_giving_up_is_bounded_and_says_how_much_was_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ledger = Notebook()
    ledger.fault = OSError("no disk")
    writer = make(ledger)
    async with written(writer):
        writer.add(event(0))
        writer.add(event(1))
        await until(lambda: ledger.refused)
        writer.give_up_after(0.01)
    (record,) = [r for r in caplog.records if "rest" in r.message]
    assert record.__dict__["events"] == 2
    writer.give_up_after(1.0)


class Picky(Notebook):
    """Refuses whatever holds certain events, as a column that is too narrow would."""

    def __init__(self, *poison: int, refuses_incidents: bool = False) -> None:
        super().__init__()
        self.poison = set(poison)
        self.refuses_incidents = refuses_incidents
        self.tries: list[list[int]] = []

    async def record(self, room_id: str, events: Sequence[RoomEvent]) -> None:
        self._check()
        self.tries.append([event.clock_ms for event in events])
        for each in events:
            is_incident = each.type is EventType.INCIDENT
            if self.refuses_incidents if is_incident else each.clock_ms in self.poison:
                raise ValueError("value too long")
        await super().record(room_id, events)


def lost_of(ledger: Notebook) -> list[object]:
    return [
        each.payload["count"] for each in ledger.events["room"] if each.type is EventType.INCIDENT
    ]


async def test_an_event_that_cannot_be_written_keeps_no_other_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ledger = Picky(3, 7)
    writer = make(ledger)
    async with written(writer):
        for number in range(10):
            writer.add(event(number))
        writer.end(EndReason.ENDED_BY_LECTURER, 2000, "hub")
    written_ones = [e.clock_ms for e in ledger.events["room"] if e.type is EventType.HEADCOUNT]
    assert written_ones == [0, 1, 2, 4, 5, 6, 8, 9]
    assert lost_of(ledger) == [1, 1]
    assert ledger.ended["room"][2] == 10
    left_out = [r.__dict__["clock_ms"] for r in caplog.records if "lost" in r.message]
    assert left_out == [3, 7]
    # In batches again once the bad batch is through.
    assert ledger.tries.count(list(range(10))) == ledger_writer.TRIES
    assert ledger.tries[-1] == [3, 7]


@pytest.mark.parametrize("fault", [LedgerAway("no database"), OSError("no disk")])
async def test_an_outage_however_long_leaves_nothing_out(fault: Exception) -> None:
    ledger = Notebook()
    ledger.fault = fault
    writer = make(ledger)
    async with written(writer):
        for number in range(3):
            writer.add(event(number))
        await until(lambda: ledger.refused > 3 * ledger_writer.TRIES)
        ledger.fault = None
    assert [e.clock_ms for e in ledger.events["room"]] == [0, 1, 2]


async def test_a_ledger_that_refuses_even_the_incident_is_told_with_the_next_event() -> None:
    ledger = Picky(0, refuses_incidents=True)
    writer = make(ledger)
    async with written(writer):
        writer.add(event(0))
        await until(lambda: len(ledger.tries) == 2 * ledger_writer.TRIES)
        ledger.refuses_incidents = False
        writer.add(event(1))
    assert [e.clock_ms for e in ledger.events["room"]] == [1, 1]
    assert lost_of(ledger) == [1]


async def test_an_outage_is_logged_again_while_it_lasts(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ledger_writer, "REMIND_S", 0.0)
    ledger = Notebook()
    ledger.fault = OSError("no disk")
    writer = make(ledger)
    async with written(writer):
        writer.add(event(0))
        await until(lambda: ledger.refused > 3)
        ledger.fault = None
    assert len(caplog.records) > 3
