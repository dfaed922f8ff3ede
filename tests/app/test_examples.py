"""The examples of the description: every body has one, and each is true."""

import json
from typing import Any

import jsonschema_rs
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter

from app.examples import FACTS, LEFT_OUT, NAMES, bodies, example_of
from app.main import create_app
from app.settings import read_settings

JSON = dict[str, Any]


@pytest.fixture(scope="module")
def described() -> tuple[FastAPI, JSON]:
    app = create_app(read_settings({}, watchdog=False))
    return app, app.openapi()


def faults(value: Any, schema: JSON, components: JSON) -> list[str]:
    validator = jsonschema_rs.Draft202012Validator(
        {**schema, "components": components}, validate_formats=True
    )
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]


def test_every_body_that_is_sent_or_answered_has_an_example_of_its_own_schema(
    described: tuple[FastAPI, JSON],
) -> None:
    _, schema = described
    found, wrong = 0, []
    for content in bodies(schema):
        found += 1
        problems = faults(content["example"], content["schema"], schema["components"])
        wrong += [f"{json.dumps(content['schema'])[:90]} {each}" for each in problems]
    assert not wrong, "\n".join(wrong)
    assert found > 150


def test_what_is_sent_keeps_also_the_rules_that_no_schema_says(
    described: tuple[FastAPI, JSON],
) -> None:
    app, schema = described
    checked = 0
    for context in iter_route_contexts(list(app.routes)):
        for method in context.methods or ():
            operation = schema["paths"].get(context.path_format, {}).get(method.lower(), {})
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is None:
                continue
            (body,) = context.dependant.body_params
            adapter: TypeAdapter[Any] = TypeAdapter(body.field_info.annotation)
            adapter.validate_json(json.dumps(content["example"]))
            checked += 1
    assert checked > 40


def test_a_broken_example_is_found(described: tuple[FastAPI, JSON]) -> None:
    _, schema = described
    components = schema["components"]
    ref = {"$ref": "#/components/schemas/AllianceIn"}
    whole = example_of(ref, components["schemas"])
    assert faults(whole, ref, components) == []
    for changed in ({"name": ""}, {"region_id": "x"}, {"starts_on": "soon"}, {"more": 1}):
        assert faults(whole | changed, ref, components), changed


def test_the_facts_are_of_fields_there_are_and_what_is_left_out_may_be(
    described: tuple[FastAPI, JSON],
) -> None:
    _, schema = described
    components = schema["components"]["schemas"]
    fields = {field for each in components.values() for field in each.get("properties", {})}
    for fact in [*FACTS, *LEFT_OUT]:
        owner, _, field = fact.rpartition(".")
        assert field in (components[owner]["properties"] if owner else fields), fact
    for left in LEFT_OUT:
        owner, _, field = left.rpartition(".")
        assert field not in components[owner].get("required", ()), left


def test_a_thing_has_one_id_wherever_it_is_named(described: tuple[FastAPI, JSON]) -> None:
    _, schema = described
    components = schema["components"]["schemas"]

    def of(name: str) -> JSON:
        made: JSON = example_of({"$ref": f"#/components/schemas/{name}"}, components)
        return made

    alliance, pairing, need = of("AllianceOut"), of("PairingOut"), of("NeedOut")
    assert pairing["alliance"] == {"id": alliance["id"], "name": alliance["name"]}
    assert need["pairing_id"] == pairing["id"]
    assert alliance["region"] == {"id": of("AllianceIn")["region_id"], "name": NAMES["region"]}
    row = of("AttendanceRowOut")
    parts = ("audible_ms", "degraded_ms", "lost_ms", "offline_ms")
    assert sum(row[part] for part in parts) == row["planned_ms"]
