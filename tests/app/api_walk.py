"""Walks over every operation of the description, as callers of two counties."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
from fastapi import FastAPI
from sqlalchemy import Uuid, select

from app.database import Database
from app.security import CSRF_HEADER
from app.tables import METADATA
from tests.app.conftest import BASE_URL, Clock, OpenBrowser, TestBrowser
from tests.app.whole_county import Whole, make_whole_county

Operation = tuple[str, str, dict[str, Any]]
MARK_A, MARK_B = "甲甲县", "乙乙县"
ENDS = {"sign_out", "forget_device"}  # they end the caller's own session


async def make_two(
    open_browser: OpenBrowser, database: Database, clock: Clock
) -> tuple[Whole, Whole]:
    """Two whole counties in one database."""
    return (
        await make_whole_county(open_browser, database, clock, mark=MARK_A),
        await make_whole_county(open_browser, database, clock, mark=MARK_B),
    )


async def ids_in(database: Database) -> set[str]:
    """Every id there is."""
    found: set[str] = set()
    async with database.unit_of_work() as db:
        for table in METADATA.sorted_tables:
            columns = [column for column in table.columns if isinstance(column.type, Uuid)]
            if columns:
                for row in await db.execute(select(*columns)):
                    found |= {str(value) for value in row if value is not None}
    return found


@dataclass(frozen=True)
class Asker:
    """One of a county's callers, and what the page she has open sends with each request."""

    browser: TestBrowser
    headers: dict[str, str]

    async def ask(self, method: str, path: str, **sent: Any) -> httpx2.Response:
        """Ask as a page would that has read the thing as it is."""
        return await self.browser.client.request(method, path, headers=self.headers, **sent)


async def asker(open_browser: OpenBrowser, county: Whole, role: str) -> Asker:
    """Sign one of the county's callers in."""
    browser = await open_as(open_browser, county, role)
    who = (await browser.me())["device" if role == "device" else "person"]
    headers = {"Origin": BASE_URL, "If-Match": ", ".join(f'"{version}"' for version in range(9))}
    return Asker(browser, headers if who is None else headers | {CSRF_HEADER: who["csrf_token"]})


async def open_as(open_browser: OpenBrowser, county: Whole, role: str) -> TestBrowser:
    """Open the browser of one of the county's callers; "nobody": of none."""
    if role == "nobody":
        return await open_browser()
    if role == "device":
        return await open_browser(device=county.county.credentials[0])
    return await open_browser(county.accounts[role])


def operations(app: FastAPI) -> Iterator[Operation]:
    """Every operation that leaves the caller signed in, its shared parameters in their places."""
    schema = app.openapi()
    shared = schema["components"]["parameters"]
    for path, methods in sorted(schema["paths"].items()):
        for method, operation in methods.items():
            if operation["operationId"] not in ENDS:
                parameters = [
                    shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
                    for each in operation.get("parameters", ())
                ]
                yield method.upper(), path, operation | {"parameters": parameters}


def path_names(operation: dict[str, Any]) -> list[str]:
    """Return the names of the parameters in its path."""
    return [each["name"] for each in operation["parameters"] if each["in"] == "path"]
