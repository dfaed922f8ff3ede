"""Two counties, every route of the description, every role: nothing of one reaches the other.

Made from OpenAPI: a new route is in it by itself; a new path parameter fails until
`whole_county` has a thing for it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import httpx2
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode
from sqlalchemy import Uuid, select

from app.database import Database
from app.jobs import service as jobs
from app.recordings.links import PURPOSE, Links
from app.security import CSRF_HEADER
from app.tables import METADATA
from tests.app.conftest import BASE_URL, Clock, OpenBrowser, TestBrowser
from tests.app.test_calendars import bells, term
from tests.app.test_jobs_pages import caller
from tests.app.test_needs import need
from tests.app.whole_county import PLAIN, Whole, make_whole_county
from tests.factories import County, make_person

pytestmark = pytest.mark.timeout(300)
Operation = tuple[str, str, dict[str, Any]]
ROLES = ("administrator", "supervisor", "teacher", "device", "nobody")
MARK_A, MARK_B = "甲甲县", "乙乙县"
ENDS = {"sign_out", "forget_device"}  # they end the caller's own session


@pytest.fixture
async def two(open_browser: OpenBrowser, database: Database, clock: Clock) -> tuple[Whole, Whole]:
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


async def open_as(open_browser: OpenBrowser, county: Whole, role: str) -> TestBrowser:
    if role == "nobody":
        return await open_browser()
    if role == "device":
        return await open_browser(device=county.county.credentials[0])
    return await open_browser(getattr(county.county, role))


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
    return [each["name"] for each in operation["parameters"] if each["in"] == "path"]


def test_every_path_parameter_is_known_to_the_matrix(
    app: FastAPI, two: tuple[Whole, Whole]
) -> None:
    known = set(two[0].ids) | set(PLAIN)
    unknown = {
        name
        for _, _, operation in operations(app)
        for name in path_names(operation)
        if name not in known
    }
    assert not unknown, "give whole_county a thing for each"


async def ask(
    browser: TestBrowser, method: str, path: str, role: str, **sent: Any
) -> httpx2.Response:
    headers = {"Origin": BASE_URL, "If-Match": '"1"'} | sent.pop("headers", {})
    me = await browser.me()
    who = me["device" if role == "device" else "person"]
    if who is not None:
        headers[CSRF_HEADER] = who["csrf_token"]
    return await browser.client.request(method, path, headers=headers, **sent)


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
# What a link to each is made for: it is good, so that rights alone refuse.
LINKED = {
    "master": "{seat_id}/{group}",
    "media": "{seat_id}/{source}/media",
    "part": "{file}",
    "captions_playlist": "{seat_id}/{group}/{captions_id}",
    "captions_segment": "{seat_id}/{group}/{captions_id}/{number}",
}


def link(app: FastAPI, called: str, values: Mapping[str, UUID | str]) -> dict[str, str]:
    links = Links(app.state.signer().secret(PURPOSE))
    name = LINKED[called].format(**values)
    return dict(parse_qsl(links.query(UUID(str(values["recording_id"])), name, 2**40)))


@pytest.mark.parametrize("role", ROLES)
async def test_things_of_another_county_are_not_found(
    role: str, app: FastAPI, two: tuple[Whole, Whole], open_browser: OpenBrowser
) -> None:
    ours, theirs = two
    browser = await open_as(open_browser, ours, role)
    refused = {"nobody": {401}, "device": {401, 404}}.get(role, {401, 403, 404})
    wrong, unreached = [], []
    for method, path, operation in operations(app):
        names = path_names(operation)
        if set(names) <= set(PLAIN):  # nothing of a county is named
            continue
        values = {name: theirs.ids.get(name) or PLAIN[name] for name in names}
        statuses, called = set(), operation["operationId"]
        own = OWN_BODIES.get(called)
        made = bodies(app, method, path) if own is None else [{"json": own(ours.county)}]
        if called in FORMS:
            made = [FORMS[called] | {"files": {"file": ("字幕.srt", CAPTIONS.encode())}}]
        if called in LINKED:
            made = [{"params": link(app, called, values)}]
        # Whoever has its link has a part (docs/adr/0020); of this one there is none.
        allowed = {404} if called == "part" else refused
        for sent in made:
            answer = await ask(browser, method, path.format(**values), role, **sent)
            statuses.add(answer.status_code)
            if MARK_B in answer.text:
                wrong.append(f"{method} {path}: says {answer.text[:200]}")
            if answer.status_code in allowed:
                break
            if answer.status_code not in {422, 428}:
                wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        if not statuses & allowed:
            unreached.append(f"{method} {path}: {statuses}")
    assert not wrong, "\n".join(wrong)
    assert not unreached, "\n".join(unreached)


@pytest.mark.parametrize("role", ROLES)
async def test_no_answer_names_anything_of_another_county(
    *,
    role: str,
    app: FastAPI,
    open_browser: OpenBrowser,
    database: Database,
    clock: Clock,
) -> None:
    """Every GET, lists and exports as well as single things, as a caller of the first county."""
    ours = await make_whole_county(open_browser, database, clock, mark=MARK_A)
    before = await ids_in(database)
    theirs = await make_whole_county(open_browser, database, clock, mark=MARK_B)
    foreign = await ids_in(database) - before
    assert {str(value) for value in theirs.ids.values()} <= foreign
    browser = await open_as(open_browser, ours, role)
    wrong, shown = [], 0
    for method, path, operation in operations(app):
        if method != "GET":
            continue
        values = {name: ours.ids.get(name) or PLAIN[name] for name in path_names(operation)}
        for params in queries_of(operation, ours):
            answer = await ask(browser, method, path.format(**values), role, params=params)
            text = answer.text
            shown += MARK_A in text
            if MARK_B in text:
                wrong.append(f"{path}: names {MARK_B}: {text[:300]}")
            if leaked := [each for each in foreign if each in text]:
                wrong.append(f"{path}: holds {leaked}")
    assert not wrong, "\n".join(wrong)
    # That it could have leaked: the own county's names are in many answers.
    assert shown >= {"administrator": 15, "supervisor": 15, "teacher": 1, "device": 1}.get(role, 0)


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
    "key": lambda _: "not-a-link",
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
