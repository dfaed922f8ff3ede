"""Events between slices."""

import structlog

from app.events import EventBus


async def test_handlers_hear_their_type_only_and_in_order() -> None:
    bus, told = EventBus(), []

    async def one(event: str) -> None:
        told.append(("one", event))

    async def two(event: str) -> None:
        told.append(("two", event))

    async def number(event: int) -> None:
        told.append(("number", str(event)))

    bus.on(str, one)
    bus.on(str, two)
    bus.on(int, number)
    await bus.deliver("x")
    assert told == [("one", "x"), ("two", "x")]


async def test_event_nobody_wants_is_no_fault() -> None:
    await EventBus().deliver("x")


async def test_failing_handler_is_logged_and_the_rest_still_hear() -> None:
    bus, told = EventBus(), []

    async def fails(_event: str) -> None:
        raise RuntimeError("bang")

    async def hears(event: str) -> None:
        told.append(event)

    bus.on(str, fails)
    bus.on(str, hears)
    with structlog.testing.capture_logs() as logs:
        await bus.deliver("x")
    assert told == ["x"]
    assert [(entry["event"], entry["event_type"]) for entry in logs] == [
        ("event_handler_failed", "str")
    ]
