"""Two counties, every route of the description, every role: nothing of one reaches the other.

Made from OpenAPI: a new route is in it by itself; a new path parameter fails until
`whole_county` has a thing for it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode

from app.database import Database
from app.jobs import service as jobs
from app.live.shift_links import tag_of
from app.recordings.access import Viewer
from app.recordings.links import PURPOSE, Links
from tests.app.api_walk import (
    MARK_A,
    MARK_B,
    Asker,
    asker,
    ids_in,
    make_two,
    open_as,
    operations,
    path_names,
)
from tests.app.conftest import Clock, OpenBrowser
from tests.app.needs.market import need
from tests.app.test_calendars import bells, term
from tests.app.test_jobs_pages import caller
from tests.app.whole_county import PLAIN, Whole, make_whole_county
from tests.factories import County, make_person

pytestmark = pytest.mark.timeout(600)
UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# How many answers name one's own county at least: so many could have named the other.
SHOWN = {
    "administrator": 40,
    "supervisor": 40,
    "principal": 40,
    "city": 40,
    "ally": 5,
    "teacher": 3,
    "device": 2,
    "past": 0,
    "nobody": 0,
}
BLIND = {"past", "nobody"}  # of their own county they see nothing either
# The scopes that are statements of their own; the others are asked about on SQLite alone.
SCOPES = {"administrator", "principal", "ally", "teacher", "device"}


@pytest.fixture
def database_url(either_url: str) -> str:
    return either_url


@pytest.fixture
async def two(open_browser: OpenBrowser, database: Database, clock: Clock) -> tuple[Whole, Whole]:
    return await make_two(open_browser, database, clock)


_bodies: dict[tuple[str, str], list[dict[str, Any]]] = {}


def bodies(app: FastAPI, method: str, path: str) -> list[dict[str, Any]]:
    """Some valid requests but for their path, as the description has them; made once."""
    if (method, path) in _bodies:
        return _bodies[method, path]
    schema = schemathesis.openapi.from_dict(app.openapi())
    operation = schema[path][method]
    made: list[dict[str, Any]] = []

    @settings(
        max_examples=6,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def collect(case: Any) -> None:
        one: dict[str, Any] = {"params": dict(case.query or {})}
        if case.media_type == "application/json":
            one["json"] = case.body
        elif isinstance(case.body, bytes):
            one["content"] = case.body
        made.append(one)

    collect()
    _bodies[method, path] = made
    return made


LESSON = {"starts_at": "2026-03-03T02:00:00Z", "ends_at": "2026-03-03T02:40:00Z"}

# Of requests with rules that a schema cannot say: what a caller would send about her own county.
OWN_BODIES: dict[str, Callable[[County], dict[str, Any]]] = {
    "add_member": lambda county: {
        "role": "MEMBER",
        "from_on": "2026-02-24",
        "school_id": str(county.hub.id),
    },
    "change_bells": lambda county: bells(county.hub.id),
    "change_calendar_day": lambda county: {
        "region_id": str(county.region.id),
        "day": "2026-05-02",
        "kind": "HOLIDAY",
        "name": "休息",
    },
    "change_lesson": lambda _: (
        {"title": "小雨沙沙", "hub_classroom_id": None, "sites": []} | LESSON
    ),
    "make_up_lesson": lambda _: LESSON,
    "change_need": lambda county: need(county.points[0]),
    "change_term": term,
    "add_event": lambda _: {
        "title": "教研",
        "held_on": "2026-03-02",
        "link": "https://example.invalid/",
    },
}


CAPTIONS = "1\n00:00:00,100 --> 00:00:00,900\n字\n"
# Of requests that bring a file: what a page would send.
FORMS: dict[str, dict[str, Any]] = {
    "add_captions": {"data": {"language": "en", "label": "English"}},
    "replace_captions": {"data": {"label": "English"}},
}
# What a link to each is made for, and given to who asks: it is good, so that rights alone refuse.
LINKED = {
    "master": "{seat_id}/{group}",
    "media": "{seat_id}/{source}/media",
    "part": "{file}",
    "filling": "filler/{filler_file}",
    "captions_playlist": "{seat_id}/{group}/{captions_id}",
    "captions_segment": "{seat_id}/{group}/{captions_id}/{number}",
}


def link(
    app: FastAPI, called: str, values: Mapping[str, UUID | str], role: str, own: Whole
) -> dict[str, str]:
    links, viewer = Links(app.state.signer().secret(PURPOSE)), viewer_tag(role, own)
    name = LINKED[called].format(**values)
    given_to = {} if called == "filling" else {"viewer": viewer}
    named = f"{viewer}/{name}" if given_to else name
    return given_to | dict(parse_qsl(links.query(UUID(str(values["recording_id"])), named, 2**40)))


def viewer_tag(role: str, own: Whole) -> str:
    """Return how links name a caller of a county."""
    if role == "device":
        return tag_of(Viewer("", classroom_id=own.county.classrooms[0].id))
    person_id = UUID(int=7) if role == "nobody" else own.accounts[role].person_id
    return tag_of(Viewer("", person_id=person_id))


def roles_on(database: Database) -> list[str]:
    """Return who asks."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    return [role for role in SHOWN if is_sqlite or role in SCOPES]


async def test_things_of_another_county_are_not_found(
    app: FastAPI, two: tuple[Whole, Whole], open_browser: OpenBrowser, database: Database
) -> None:
    ours, theirs = two
    asked = {name for _, _, operation in operations(app) for name in path_names(operation)}
    assert asked <= {*ours.ids, *PLAIN}, "give whole_county a thing for each"
    wrong: list[str] = []
    for role in roles_on(database):
        one = await asker(open_browser, ours, role)
        for county in (theirs, ours) if role in BLIND else (theirs,):
            wrong += await reached(app, one, role, ours, county)
    assert not wrong, "\n".join(wrong)


async def reached(app: FastAPI, one: Asker, role: str, own: Whole, whole: Whole) -> list[str]:
    """Ask for everything of a county by its address; return what was not refused."""
    refused = {"nobody": {401}, "device": {401, 404}}.get(role, {401, 403, 404})
    wrong = []
    for method, path, operation in operations(app):
        names = path_names(operation)
        if set(names) <= set(PLAIN):  # nothing of a county is named
            continue
        values = {name: whole.ids.get(name) or PLAIN[name] for name in names}
        statuses, called = set(), operation["operationId"]
        of_own = OWN_BODIES.get(called)
        made = bodies(app, method, path) if of_own is None else [{"json": of_own(own.county)}]
        if called in FORMS:
            made = [FORMS[called] | {"files": {"file": ("字幕.srt", CAPTIONS.encode())}}]
        if called in LINKED:
            made = [{"params": link(app, called, values, role, own)}]
        # Whoever has its link has filler, in which there is nothing of a recording.
        allowed = {"filling": {200}}.get(called, refused)
        for sent in made:
            answer = await one.ask(method, path.format(**values), **sent)
            statuses.add(answer.status_code)
            if MARK_A in answer.text or MARK_B in answer.text:
                wrong.append(f"{role}: {method} {path}: says {answer.text[:200]}")
            if answer.status_code in allowed:
                break
            if answer.status_code not in {422, 428}:
                wrong.append(f"{role}: {method} {path}: {answer.status_code} {answer.text[:200]}")
        if not statuses & allowed:
            wrong.append(f"{role}: {method} {path}: only {statuses}")
    return wrong


async def test_no_answer_names_anything_of_another_county(
    *, app: FastAPI, open_browser: OpenBrowser, database: Database, clock: Clock
) -> None:
    """Every GET, lists and exports as well as single things, as each caller of the first county."""
    ours = await make_whole_county(open_browser, database, clock, mark=MARK_A)
    before = await ids_in(database)
    theirs = await make_whole_county(open_browser, database, clock, mark=MARK_B)
    foreign = await ids_in(database) - before
    assert {str(value) for value in theirs.ids.values()} <= foreign
    wrong, shown = [], dict.fromkeys(roles_on(database), 0)
    for role in roles_on(database):
        one = await asker(open_browser, ours, role)
        for method, path, operation in operations(app):
            if method != "GET":
                continue
            values = {name: ours.ids.get(name) or PLAIN[name] for name in path_names(operation)}
            for params in queries_of(operation, ours):
                answer = await one.ask(method, path.format(**values), params=params)
                text = answer.text
                shown[role] += MARK_A in text
                if MARK_B in text:
                    wrong.append(f"{role}: {path}: names {MARK_B}: {text[:300]}")
                if leaked := foreign.intersection(UUIDS.findall(text)):
                    wrong.append(f"{role}: {path}: holds {leaked}")
    assert not wrong, "\n".join(wrong)
    # That it could have leaked: the own county's names are in many answers.
    assert {role for role, count in shown.items() if count < SHOWN[role]} == set(), shown
    assert {role for role in BLIND if shown.get(role)} == set()


def queries_of(operation: dict[str, Any], county: Whole) -> list[dict[str, str]]:
    """Return what to ask: nothing more than is required; exports in the format that is text."""
    needed = {
        each["name"]: REQUIRED[each["name"]](county)
        for each in operation["parameters"]
        if each["in"] == "query" and each.get("required")
    }
    formats = ["csv"] if "text/csv" in str(operation["responses"].get("200")) else []
    return [needed | {"format": each} for each in formats] or [needed]


REQUIRED: dict[str, Any] = {
    "term_id": lambda county: str(county.ids["term_id"]),
    "bytes": lambda _: "10",
    "one": lambda county: str(county.county.hub.id),
    "other": lambda county: str(county.county.points[0].id),
    "date": lambda _: "2026-03-02",
    "roster_id": lambda county: str(county.ids["roster_id"]),
    "from": lambda _: "2026-03-02",
    "to": lambda _: "2026-03-08",
    "school_id": lambda county: str(county.county.hub.id),
    "schools": lambda county: str(county.county.hub.id),
    "until": lambda _: "1",
    "purpose": lambda _: "LESSON",
    "grace_days": lambda _: "7",
    "valid_from": lambda _: "2026-06-01",
    "key": lambda _: "not-a-link",
    "viewer": lambda _: f"person-{UUID(int=7)}",
}


async def test_another_persons_job_is_not_found_in_the_same_county(
    open_browser: OpenBrowser, database: Database, clock: Clock, two: tuple[Whole, Whole]
) -> None:
    ours, _ = two
    async with database.unit_of_work() as db:
        colleague = await make_person(db, school=ours.county.hub)
        job = await jobs.enqueue(
            db, kind="test.report", payload={}, owner=caller(colleague), now=clock.now
        )
    browser = await open_as(open_browser, ours, "administrator")
    assert (await browser.get(f"/api/jobs/{job.id}")).status_code == 404
    shown = (await browser.get("/api/jobs")).json()["items"]
    assert [each["id"] for each in shown] == [str(ours.ids["job_id"])]
