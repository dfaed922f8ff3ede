"""What no text may hold: a NUL, which PostgreSQL neither keeps nor can be asked for."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi import FastAPI

from tests.app.alliance_steps import JSON, make_alliance, pairing
from tests.app.conftest import TestBrowser
from tests.app.needs.market import need
from tests.app.test_calendars import bells, term
from tests.factories import County

# Every one has a NUL, and is otherwise what some field asks for.
PROBES = ("\0", "a\0", "a\0b", "12345678\0", "https://\0", "\0" * 10)
PLAIN = {"format", "enum", "const"}
#: Texts that no statement ever has: what becomes of each before.
TURNED = {
    "cursor": "decoded, and then looked at (app.paging)",
    "agreement: name": "a file's, tidied (app.files.tidy_name)",
    "evidence: name": "a file's, tidied (app.files.tidy_name)",
    "code": "digits or letters are asked of it one by one",
    "token": "hashed",
    "password": "hashed",
    "sdp": "parsed, and never kept",
}


@pytest.fixture
def database_url(either_url: str) -> str:
    return either_url


def texts(schema: JSON, found: JSON, name: str, seen: frozenset[str]) -> Iterator[tuple[str, JSON]]:
    """Return the texts of a schema with the names of their fields; `found`: what it refers to."""
    if "$ref" in schema:
        called = schema["$ref"].rpartition("/")[2]
        if called not in seen:
            yield from texts(found[called], found, name, seen | {called})
        return
    for key in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(key, ()):
            yield from texts(each, found, name, seen)
    for key, each in schema.get("properties", {}).items():
        yield from texts(each, found, key, seen)
    if "items" in schema:
        yield from texts(schema["items"], found, name, seen)
    if schema.get("type") == "string" and not PLAIN & schema.keys():
        yield name, schema


def asked(operation: JSON, parts: Mapping[str, Any]) -> Iterator[tuple[str, JSON]]:
    """Return the texts a request takes in its address and in a body of JSON."""
    for each in operation.get("parameters", ()):
        parameter = each
        if "$ref" in each:
            parameter = parts["parameters"][each["$ref"].rpartition("/")[2]]
        if parameter["in"] == "query":
            yield from texts(parameter["schema"], parts["schemas"], parameter["name"], frozenset())
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        yield from texts(body["schema"], parts["schemas"], "body", frozenset())


def test_every_text_from_outside_refuses_a_nul_or_is_named_here_with_its_reason(
    app: FastAPI,
) -> None:
    description = app.openapi()
    parts = description["components"]
    taking = {
        f"{path.rpartition('/')[2]}: {name}" if name == "name" else name
        for path, operations in description["paths"].items()
        for operation in operations.values()
        for name, schema in asked(operation, parts)
        if any(re.search(schema.get("pattern", ""), probe) for probe in PROBES)
    }
    assert taking == TURNED.keys()


async def test_a_nul_is_refused_in_whatever_people_write(
    keeper: TestBrowser, county: County
) -> None:
    alliance = await make_alliance(keeper, county)
    named = {"region_id": str(county.region.id), "starts_on": "2026-03-02"}
    paired = pairing(county.hub, county.points[0], alliance_id=alliance["id"])
    for path, body in (
        ("/api/alliances", named | {"name": "联盟\0"}),
        ("/api/alliances", named | {"name": "联盟", "purpose": "\0"}),
        ("/api/pairings", paired | {"name": "\0"}),
        ("/api/needs", need(county.points[0]) | {"note": "a\0"}),
        ("/api/terms", term(county, name="学期\0")),
        ("/api/bell-schedules", bells(county.hub.id, name="\0")),
    ):
        answer = await keeper.post(path, body)
        assert (answer.status_code, answer.json()["type"]) == (422, "malformed-input"), path
        (field,) = answer.json()["fields"]
        assert "pattern" in field["problem"], path
