"""Schemathesis against a running server: no request, however made, breaks it or its description.

As each kind of caller: every 5xx, every status that is not described, and every body that is not
as described fails.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.database import Database
from app.security import CSRF_HEADER
from tests.app.api_walk import open_as
from tests.app.conftest import Clock, OpenBrowser
from tests.app.whole_county import Whole, make_whole_county

pytestmark = pytest.mark.timeout(600)
# How often each operation is asked by whom, rightly and wrongly, and on which database. Whoever
# may all of it asks on both: each driver refuses values that the other takes.
CALLERS = [
    ("administrator", "sqlite", 3),
    ("administrator", "postgresql", 3),
    ("principal", "postgresql", 2),
    ("supervisor", "sqlite", 2),
    ("teacher", "sqlite", 2),
    ("device", "sqlite", 2),
    ("nobody", "sqlite", 2),
]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# These end the caller's own session: they come last.
ENDS = ("sign_out", "forget_device")


@dataclass(frozen=True)
class Caller:
    """What a browser sends with every request."""

    cookies: dict[str, str]
    headers: dict[str, str]


@pytest.fixture
def database_url(either_url: str) -> str:
    """Either database: the one a caller is to ask."""
    return either_url


@pytest.fixture
async def whole(open_browser: OpenBrowser, database: Database, clock: Clock) -> Whole:
    return await make_whole_county(open_browser, database, clock, mark="甲甲县")


@pytest.fixture
async def address(app: FastAPI, whole: Whole) -> AsyncIterator[str]:
    """The application behind a real server on a port of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, lifespan="off", log_config=None, ws="none")
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True


async def caller_of(open_browser: OpenBrowser, whole: Whole, who: str, address: str) -> Caller:
    browser = await open_as(open_browser, whole, who)
    me = (await browser.me())["device" if who == "device" else "person"]
    headers = {"Origin": address} | ({CSRF_HEADER: me["csrf_token"]} if me else {})
    return Caller(dict(browser.client.cookies), headers)


def fuzz(app: FastAPI, whole: Whole, caller: Caller, address: str, *, examples: int) -> list[str]:
    """Send requests to every operation; return what was wrong with the answers."""
    schema = schemathesis.openapi.from_dict(app.openapi())
    found: list[Any] = [each.ok() for each in schema.get_all_operations()]  # type: ignore[union-attr]  # an invalid one raises
    found.sort(key=lambda each: each.definition.raw["operationId"] in ENDS)
    wrong: dict[str, str] = {}
    for operation in found:
        for mode in GenerationMode:
            try:
                _fuzz_one(operation, mode, whole, caller, address, examples)
            except Unsatisfiable:
                # Only what takes nothing cannot be asked wrongly.
                assert mode is GenerationMode.NEGATIVE, operation.label
            except FailureGroup as failures:
                wrong[operation.label] = "\n".join(
                    f"{operation.label} ({mode}): {failure}" for failure in failures.exceptions
                )
    return list(wrong.values())


def _fuzz_one(
    operation: Any,
    mode: GenerationMode,
    whole: Whole,
    caller: Caller,
    address: str,
    examples: int,
) -> None:
    count = 0

    @settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        nonlocal count
        count += 1
        if count % 2:  # every other request is about something that is there
            for name in case.path_parameters or {}:
                if name in whole.ids:
                    case.path_parameters[name] = str(whole.ids[name])
            case.headers = {**(case.headers or {}), "If-Match": '"1"'}
        answer = case.call(
            base_url=address, headers=caller.headers, cookies=caller.cookies, timeout=20
        )
        case.validate_response(answer, checks=CHECKS)

    send()


@pytest.mark.parametrize(
    ("who", "either_url", "examples"),
    [
        pytest.param(*each, marks=pytest.mark.postgres if each[1] == "postgresql" else ())
        for each in CALLERS
    ],
    indirect=["either_url"],
)
async def test_no_request_breaks_the_server_or_its_description(
    *,
    who: str,
    examples: int,
    app: FastAPI,
    whole: Whole,
    address: str,
    open_browser: OpenBrowser,
) -> None:
    caller = await caller_of(open_browser, whole, who, address)
    wrong = await asyncio.to_thread(fuzz, app, whole, caller, address, examples=examples)
    assert not wrong, "\n\n".join(wrong)
