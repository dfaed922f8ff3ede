"""An id of another county is none, in every place of a request that takes one.

Made from OpenAPI: each UUID of a path that names several things, of a query and of a body is
replaced in turn, in a request that is otherwise about one's own. The answer must be word for word
the one to an id that nothing has. That one's own is answered otherwise shows that it is looked at.
"""

import copy
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto
from itertools import product
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.examples import example_of
from app.tables import METADATA
from tests.app.alliance_steps import JSON
from tests.app.api_walk import MARK_A, MARK_B, Asker, asker, ids_in, operations
from tests.app.conftest import Clock, OpenBrowser
from tests.app.named_things import CODES, things
from tests.app.needs.market import need
from tests.app.test_calendars import bells
from tests.app.whole_county import PLAIN, Whole, make_whole_county

pytestmark = pytest.mark.timeout(600)
UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Steps = tuple[str | int, ...]

# What a place takes whose name says it not by itself; the longest end of its name decides.
NAMED = {
    "accept_match:school_id": "point_id",
    "add_region:parent_id": "region_id",
    "list_regions:parent_id": "region_id",
    "export_regions:parent_id": "region_id",
    "amends_id": "sheet_id",
    "hub_class_id": "class_id",
    "hub_school_id": "school_id",
    "lecturer_id": "person_id",
    "offering_ids": "offering_id",
    "one": "school_id",
    "other": "point_id",
    "parent_id": "school_id",
    "partners.class_id": "point_class_id",
    "partners.person_id": "point_person_id",
    "partners.school_id": "point_id",
    "sites.assistant_id": "point_person_id",
    "sites.class_id": "point_class_id",
    "sites.through_id": "other_classroom_id",
}
# What a place may take besides: in a list of one of them there is something.
ALSO = {"school_id": ("point_id", "city_id"), "region_id": ("city_id",)}
# Two sides make a pairing (双选): one may name any school there is, which agrees or does not.
SHARED = {
    ("add_pairing", "hub.school_id"),
    ("add_pairing", "partners.school_id"),
    ("change_pairing", "hub.school_id"),
    ("change_pairing", "partners.school_id"),
}
# Where one's own is answered as nothing too: who passes a lesson on must be one of the sites sent,
# whatever else there is, and of the others a whole county has no row to be found.
ALIKE = {
    *((name, "amends_id") for name in ("list_sheets", "export_sheets")),
    *(
        (name, "school_id")
        for name in (
            "list_gaps",
            "export_gaps",
            "sum_gaps",
            "list_delivered_lessons",
            "export_delivered_lessons",
            "list_service_hours",
            "export_service_hours",
            "teacher_checks",
            "export_teacher_checks",
            "list_lessons",
            "export_alliance_lessons",
            "list_pairing_lessons",
            "export_pairing_lessons",
        )
    ),
    ("open_offering", "sites.through_id"),
    ("change_offering", "sites.through_id"),
    ("change_lesson", "sites.through_id"),
}
# Queries that must be given, beside the ids.
QUERIES = {
    "date": "2026-03-02",
    "from": "2026-03-02",
    "to": "2026-03-08",
    "purpose": "LESSON",
    "grace_days": "7",
    "valid_from": "2026-06-01",
}
# Of requests with rules that a schema cannot say: one about the caller's own county.
TEMPLATES: dict[str, Callable[[Whole], JSON]] = {
    "compute_sheet": lambda whole: {
        "roster_id": str(whole.ids["roster_id"]),
        "first": "2026-03-02",
        "last": "2026-03-08",
        "amends_id": str(whole.ids["sheet_id"]),
        "reason": "补记",
    },
    "change_bells": lambda whole: bells(whole.county.hub.id),
    "change_need": lambda whole: need(whole.county.points[0]),
}


@dataclass(frozen=True)
class Place:
    """Where an id stands: in the path or the query by its name, or step by step in the body."""

    where: str
    steps: Steps
    may_lack: bool = False

    @property
    def called(self) -> str:
        """Return its name, without the numbers of items."""
        return ".".join(step for step in self.steps if isinstance(step, str))


def ids_of(
    schema: JSON, components: JSON, at: Steps = (), *, may_lack: bool = False
) -> Iterator[Place]:
    """Yield where a value of a schema holds ids."""
    if "$ref" in schema:
        yield from ids_of(components[schema["$ref"].rpartition("/")[2]], components, at)
    for each in schema.get("anyOf", ()):
        yield from ids_of(each, components, at, may_lack=may_lack)
    for name, below in schema.get("properties", {}).items():
        is_asked_for = name in schema.get("required", ())
        yield from ids_of(below, components, (*at, name), may_lack=not is_asked_for)
    if schema.get("type") == "array":
        yield from ids_of(schema["items"], components, (*at, 0))
    if schema.get("format") == "uuid":
        yield Place("body", at, may_lack)


def body_of(operation: JSON) -> JSON | None:
    """Return the schema of its JSON body."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    found: JSON | None = None if content is None else content["schema"]
    return found


def places(operation: JSON, components: JSON) -> list[Place]:
    """Return where a request takes ids of things; those of a path only among others."""
    found = [
        Place(each["in"], (each["name"], *place.steps))
        for each in operation["parameters"]
        if each["in"] in {"path", "query"}
        for place in ids_of(each["schema"], components)
    ]
    if (schema := body_of(operation)) is not None:
        found += ids_of(schema, components)
    found = [each for each in found if not CODES.intersection(each.called.split("."))]
    if any(each["name"] == "key" for each in operation["parameters"]):
        return []  # a link, which is made for what it names: tests/app/test_api_matrix.py
    is_addressed = len(found) == 1 and found[0].where == "path"  # tests/app/test_api_matrix.py
    return [] if is_addressed else found


def thing(called: str, operation: str) -> str:
    """Return which thing a place of this name takes."""
    ends = [f"{operation}:{called}"]
    names = called.split(".")
    ends += [".".join(names[first:]) for first in range(len(names))]
    return next((NAMED[end] for end in ends if end in NAMED), names[-1])


class More(Enum):
    """Which ids are sent that may be left out."""

    NONE = auto()
    AS_IT_IS = auto()  # those of the example
    ALL = auto()


@dataclass(frozen=True)
class Form:
    """An operation, and how to ask it about one's own county but for one place."""

    method: str
    path: str
    operation: JSON
    components: JSON
    own: dict[str, str]
    template: JSON | None

    def sent(self, place: Place, value: str, more: More) -> tuple[str, JSON]:
        """Return the path to ask and what to send."""
        called, path, query = self.operation["operationId"], {}, {}
        for each in self.operation["parameters"]:
            name = each["name"]
            if each["in"] == "path":
                path[name] = self.own.get(name) or PLAIN[name]
            elif each["in"] == "query" and each.get("required"):
                query[name] = QUERIES.get(name) or self.own[thing(name, called)]
        sent: JSON = {"params": query}
        if (schema := body_of(self.operation)) is not None:
            made = self.template or example_of(schema, self.components)
            sent["json"] = copy.deepcopy(made)
            for each in ids_of(schema, self.components):
                if more is More.NONE and each.may_lack:
                    _put(sent["json"], each.steps, None)
                elif more is not More.AS_IT_IS or _has(sent["json"], each.steps):
                    _put(sent["json"], each.steps, self.own[thing(each.called, called)])
        if place.where == "body":
            _put(sent["json"], place.steps, value)
        else:
            (path if place.where == "path" else query)[place.called] = value
        return self.path.format(**path), sent


def _has(body: Any, steps: Steps) -> bool:
    """Return whether something stands in a place of a body."""
    for step in steps:
        if isinstance(body, dict) and step not in body:
            return False
        body = body[step]
    return True


def _put(body: Any, steps: Steps, value: str | None) -> None:
    """Set what stands in a place of a body; None: take it out, if it is there."""
    *around, last = steps
    for step in around:
        body = body[step]
    if value is not None:
        body[last] = value
    elif isinstance(body, dict):
        body.pop(last, None)


@asynccontextmanager
async def nothing_kept(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Have requests do what they do, and take it back at their end."""

    @asynccontextmanager
    async def taken_back() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(database.engine, expire_on_commit=False) as session:
            yield session
            await session.flush()
            await session.rollback()

    with monkeypatch.context() as patch:
        patch.setattr(database, "unit_of_work", taken_back)
        yield


async def rows_of(database: Database, ids: set[str]) -> dict[str, set[str]]:
    """Return, by table, every row that holds one of these ids anywhere, as text."""
    found: dict[str, set[str]] = {}
    async with database.unit_of_work() as db:
        for table in METADATA.sorted_tables:
            rows = {str(tuple(map(str, row))) for row in await db.execute(select(table))}
            found[table.name] = {row for row in rows if ids.intersection(UUIDS.findall(row))}
    return found


@dataclass(frozen=True)
class World:
    """Two counties with all that may be named, and the first one's administrator."""

    ours: Whole
    own: dict[str, str]
    theirs: dict[str, str]
    foreign: set[str]
    asker: Asker


@pytest.fixture
def database_url(either_url: str) -> str:
    return either_url


@pytest.fixture
async def world(open_browser: OpenBrowser, database: Database, clock: Clock) -> World:
    ours = await make_whole_county(open_browser, database, clock, mark=MARK_A)
    own = await things(database, ours, clock, MARK_A)
    before = await ids_in(database)
    whole = await make_whole_county(open_browser, database, clock, mark=MARK_B)
    theirs = await things(database, whole, clock, MARK_B)
    foreign = await ids_in(database) - before
    return World(ours, own, theirs, foreign, await asker(open_browser, ours, "administrator"))


async def test_an_id_of_another_county_is_none_wherever_it_is_named(
    app: FastAPI, world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await rows_of(database, world.foreign)
    components = app.openapi()["components"]["schemas"]
    wrong: list[str] = []
    count = 0
    for method, path, operation in operations(app):
        called = operation["operationId"]
        template = TEMPLATES.get(called)
        form = Form(
            method, path, operation, components, world.own, template and template(world.ours)
        )
        for place in places(operation, components):
            count += 1
            fault = await fault_of(form, place, world, database, monkeypatch)
            if fault is not None:
                wrong.append(f"{called}: {place.where} {place.called}: {fault}")
    assert not wrong, "\n".join(wrong)
    assert count > 150
    assert await rows_of(database, world.foreign) == before


async def fault_of(
    form: Form,
    place: Place,
    world: World,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> str | None:
    """Name one's own, nothing and another's in a place; return what was wrong with the answers."""
    called = form.operation["operationId"]
    name, nothing = thing(place.called, called), str(uuid4())
    is_shared = (called, place.called) in SHARED
    for each, more in product((name, *ALSO.get(name, ())), More):
        theirs = world.theirs[each]
        async with nothing_kept(database, monkeypatch):
            own = await answer_to(form, place, world.own[each], world, more)
            none = await answer_to(form, place, nothing, world, more)
            foreign = await answer_to(form, place, theirs, world, more) if is_shared else None
        foreign = foreign or await answer_to(form, place, theirs, world, more)
        text = foreign.text.replace(theirs, "")
        if world.foreign.intersection(UUIDS.findall(text)):
            return f"holds ids of another county: {text[:300]}"
        if is_shared:
            is_right = none.status_code == 404 and foreign.status_code == own.status_code
            is_one_name = text.count(MARK_B) <= 1  # the school's, and nothing else
            return None if is_right and is_one_name else f"{foreign.status_code} {text[:300]}"
        if MARK_B in text:
            return f"names another county: {text[:300]}"
        if said(foreign, theirs) != said(none, nothing):
            return f"{said(foreign, theirs)}, and nothing: {said(none, nothing)}"
        if said(own, world.own[each]) != said(none, nothing) or (called, place.called) in ALIKE:
            return None
    return f"one's own is answered as nothing: {own.status_code} {own.text[:300]}"


async def answer_to(
    form: Form, place: Place, value: str, world: World, more: More
) -> httpx2.Response:
    path, sent = form.sent(place, value, more)
    return await world.asker.ask(form.method, path, **sent)


def said(answer: httpx2.Response, asked: str) -> tuple[int, str]:
    """Return an answer without the id it was asked about."""
    return answer.status_code, answer.text.replace(asked, "")[:1000]
