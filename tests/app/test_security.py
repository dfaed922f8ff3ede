"""What holds for every route: a policy, the headers, proxies, the pages, the probes.

Past 400 lines: one application, and all that is around its routes.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import httpx2
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.routing import iter_route_contexts
from sqlalchemy import text

from app import addresses
from app.main import EXEMPT_ROUTES, create_app
from app.security import (
    CurrentPerson,
    CurrentTeacher,
    client_address,
    routes_without_policy,
)
from app.settings import Settings, read_settings
from tests.app.conftest import BASE_URL, OpenBrowser
from tests.factories import County

PUBLIC = {
    ("GET", "/api/me"),
    ("POST", "/api/sign-in"),
    ("POST", "/api/links/redeem"),
    ("POST", "/api/links/set-password"),
    ("POST", "/api/devices/enrol"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/api/{path:path}"),
    ("GET", "/{path:path}"),
    ("HEAD", "/{path:path}"),
}

# Whoever has the address may have what it names: one that was never given out names nothing.
_FILLER = "/api/recordings/00000000-0000-0000-0000-000000000007/filler/audio.mp4?until=1&key=none"
ADDRESSED = {
    ("GET", "/api/calendars/{token}.ics"): (f"/api/calendars/{'a' * 43}.ics", 404),
    ("GET", "/api/recordings/{recording_id}/filler/{filler_file}"): (_FILLER, 403),
}


def every_route(app: FastAPI) -> list[tuple[str, str]]:
    return [
        (method, str(context.path))
        for context in iter_route_contexts(app.routes)
        for method in sorted(context.methods or ())
        if context.path not in EXEMPT_ROUTES
    ]


def filled(path: str) -> str:
    """Return the path with an id for every parameter."""
    return re.sub(r"\{[^}]*\}", str(UUID(int=7)), path)


def test_route_without_a_policy_is_found() -> None:
    router = APIRouter()

    async def through(caller: CurrentPerson) -> str:
        return caller.name

    @router.get("/open")
    async def forgotten() -> None: ...

    @router.get("/closed")
    async def closed(caller: CurrentPerson) -> None: ...

    @router.get("/below")
    async def below(caller: Annotated[str, Depends(through)]) -> None: ...

    @router.get("/twice")
    async def twice(one: CurrentPerson, two: CurrentTeacher) -> None: ...

    app = FastAPI(openapi_url=None)
    app.include_router(router, prefix="/api")
    assert "/api/open" in routes_without_policy(app.routes)
    assert "/api/twice" in routes_without_policy(app.routes)
    assert "/api/closed" not in routes_without_policy(app.routes)
    assert "/api/below" not in routes_without_policy(app.routes)
    assert "/api/open" not in routes_without_policy(app.routes, exempt=frozenset({"/api/open"}))


def test_application_with_such_a_route_does_not_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    router = APIRouter()

    @router.get("/api/forgotten")
    async def forgotten() -> None: ...

    monkeypatch.setattr("app.main.ROUTERS", (router,))
    with pytest.raises(RuntimeError, match="/api/forgotten"):
        create_app(settings)


async def test_every_route_but_the_public_ones_refuses_a_stranger(
    app: FastAPI, open_browser: OpenBrowser
) -> None:
    """A new route is closed to strangers, or is added here by hand."""
    browser = await open_browser()
    routes = [route for route in every_route(app) if route not in PUBLIC | ADDRESSED.keys()]
    assert len(routes) > 20
    for method, path in routes:
        answer = await browser.client.request(
            method, filled(path), headers={"Origin": BASE_URL}, json={}
        )
        assert answer.status_code == 401, (method, path, answer.status_code)


async def test_an_address_nobody_was_given_opens_nothing(
    app: FastAPI, open_browser: OpenBrowser
) -> None:
    browser = await open_browser()
    assert ADDRESSED.keys() <= set(every_route(app))
    for (method, _), (address, status) in ADDRESSED.items():
        answer = await browser.client.request(method, address, headers={"Origin": BASE_URL})
        assert answer.status_code == status, (method, address, answer.status_code)


async def test_every_change_needs_the_token_of_the_session(
    app: FastAPI, open_browser: OpenBrowser, county: County
) -> None:
    browser = await open_browser(county.administrator, device=county.credentials[0])
    changes = [route for route in every_route(app) if route[0] not in {"GET", "HEAD"}]
    for method, path in changes:
        if (method, path) in PUBLIC:
            continue
        answer = await browser.client.request(
            method, filled(path), headers={"Origin": BASE_URL}, json={}
        )
        assert answer.status_code == 403, (method, path, answer.status_code)
        assert answer.json()["type"] == "csrf-refused"


@pytest.mark.parametrize("path", ["/", "/api/me", "/api/nothing", "/healthz", "/teach", "/x.js"])
async def test_every_answer_carries_the_headers(
    open_browser: OpenBrowser, built_pages: Path, path: str
) -> None:
    answer = await (await open_browser()).get(path)
    headers = answer.headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http:" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert (
        "camera=(self), microphone=(self), display-capture=(self)"
        in (headers["permissions-policy"])
    )
    assert "strict-transport-security" not in headers  # not over http
    assert "server" not in headers


async def test_answers_of_the_api_are_stored_nowhere(open_browser: OpenBrowser) -> None:
    answer = await (await open_browser()).get("/api/me")
    assert answer.headers["cache-control"] == "no-store"


async def test_forwarded_headers_count_from_trusted_proxies_only(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"trusted_proxies": ("10.0.0.0/8",)}))
    seen: list[tuple[str, str]] = []

    async def note(request: Request) -> None:
        seen.append((client_address(request), request.url.scheme))

    app.add_api_route("/seen", note)
    app.router.routes.insert(0, app.router.routes.pop())  # before the page of every path
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    for proxy in ("10.1.2.3", "192.0.2.1"):
        transport = httpx2.ASGITransport(app, client=(proxy, 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://t.test") as client:
            await client.get("/seen", headers=forwarded)
    await app.state.database.close()
    assert seen == [("203.0.113.9", "https"), ("192.0.2.1", "http")]


async def test_pages_are_served_for_every_path_of_the_application(
    built_pages: Path, open_browser: OpenBrowser
) -> None:
    browser = await open_browser()
    index = (built_pages / "index.html").read_bytes()
    for path in ("/", "/teach", "/admin/sessions/1", "/index.html"):
        answer = await browser.get(path)
        assert answer.status_code == 200
        assert answer.content == index
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
    script = await browser.get("/assets/app-1a2b3c.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-encoding"] == "gzip"
    plain = await browser.get("/assets/app-1a2b3c.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == script.content
    again = await browser.get("/favicon.svg", headers={"If-None-Match": '"x"'})
    assert again.status_code == 200
    cached = await browser.get("/favicon.svg", headers={"If-None-Match": again.headers["etag"]})
    assert cached.status_code == 304
    assert cached.content == b""
    head = await browser.client.head("/")
    assert head.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../classrooms.db",
        "/%2e%2e/classrooms.db",
        "/assets/..%2f..%2fclassrooms.db",
        "/assets/missing.js",
        "//etc/passwd.txt",
    ],
)
async def test_no_path_leads_out_of_the_pages(
    built_pages: Path, open_browser: OpenBrowser, path: str
) -> None:
    answer = await (await open_browser()).get(path)
    assert answer.status_code == 404


async def test_pages_that_are_not_built_say_how_to_build_them(open_browser: OpenBrowser) -> None:
    answer = await (await open_browser()).get("/")
    assert answer.status_code == 503
    assert "make run" in answer.text


async def test_unknown_endpoint_is_a_problem_and_not_a_page(
    built_pages: Path, open_browser: OpenBrowser
) -> None:
    answer = await (await open_browser()).get("/api/nothing/here")
    assert answer.status_code == 404
    assert answer.json()["type"] == "not-found"


async def test_api_describes_itself_and_loads_no_documentation_page(
    open_browser: OpenBrowser,
) -> None:
    browser = await open_browser()
    described = (await browser.get("/api/openapi.json")).json()
    assert "/api/sign-in" in described["paths"]
    assert (await browser.get("/docs")).status_code == 503  # a page of the application, not built
    assert "swagger" not in (await browser.get("/docs")).text


async def test_probes_answer(open_browser: OpenBrowser, app: FastAPI) -> None:
    browser = await open_browser()
    assert app.state.live.data_plane in {"native", "reference"}
    assert (await browser.get("/healthz")).json() == {
        "status": "alive",
        "data_plane": app.state.live.data_plane,
        "loop_standstills": 0,
        "longest_standstill_s": 0.0,
        "unattended_queues": "",
    }
    assert (await browser.get("/readyz")).json() == {"status": "ready"}


async def test_lost_database_is_not_ready_but_alive(
    app: FastAPI, open_browser: OpenBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise OSError("no database")

    monkeypatch.setattr(app.state.database, "unit_of_work", lost)
    browser = await open_browser()
    assert (await browser.get("/healthz")).status_code == 200
    answer = await browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["type"] == "not-ready"
    assert answer.headers["retry-after"]


async def test_database_that_never_answers_is_not_ready(
    app: FastAPI, open_browser: OpenBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def never(*_: object) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield

    monkeypatch.setattr("app.main.READY_WITHIN_S", 0.01)
    monkeypatch.setattr(app.state.database, "unit_of_work", never)
    async with asyncio.timeout(5):
        answer = await (await open_browser()).get("/readyz")
    assert answer.status_code == 503


async def test_request_without_a_database_is_told_to_come_back(
    app: FastAPI, open_browser: OpenBrowser, county: County
) -> None:
    browser = await open_browser(county.teacher)
    async with app.state.database.unit_of_work() as db:
        await db.execute(text("ALTER TABLE accounts RENAME TO mislaid"))
    answer = await browser.get("/api/me")
    async with app.state.database.unit_of_work() as db:
        await db.execute(text("ALTER TABLE mislaid RENAME TO accounts"))
    assert (answer.status_code, answer.json()["type"]) == (503, "unavailable")
    assert answer.headers["retry-after"]


async def test_figures_are_given_to_this_machine_only(open_browser: OpenBrowser) -> None:
    here = await open_browser()
    await here.get("/api/me")
    figures = await here.get("/metrics")
    assert 'classrooms_http_requests_total{method="GET",status="200"}' in figures.text
    for address in ("203.0.113.9", "unknown"):
        there = await open_browser(address=address)
        assert (await there.get("/metrics")).status_code == 404


def test_addresses_announced_are_the_outer_ones_and_loopback_last() -> None:
    found = [
        ("lo", "127.0.0.1"),
        ("eth0", "192.168.1.20"),
        ("docker0", "172.17.0.1"),
        ("br-0a1b", "172.18.0.1"),
        ("wlan0", "10.0.0.7"),
        ("eth1", "169.254.3.4"),
    ]
    assert addresses.choose(found) == ("192.168.1.20", "10.0.0.7", "127.0.0.1")
    assert addresses.choose([("lo", "127.0.0.1")]) == ("127.0.0.1",)
    many = [(f"eth{n}", f"10.0.0.{n}") for n in range(1, 20)]
    assert len(addresses.choose(many)) == addresses.MOST + 1


def test_addresses_of_both_families_are_announced_in_turn() -> None:
    found = [
        ("lo", "127.0.0.1"),
        ("lo", "::1"),
        ("eth0", "192.168.1.20"),
        ("eth0", "2001:DB8:0:0::20"),
        ("eth0", "fe80::1"),
        ("eth0", "fec0::1"),
        ("docker0", "fd00::1"),
        ("wlan0", "fd12:3456::7"),
    ]
    assert addresses.choose(found) == (
        *("2001:db8::20", "192.168.1.20", "fd12:3456::7"),
        *("::1", "127.0.0.1"),
    )
    only_v6 = [("eth0", f"2001:db8::{n}") for n in range(1, 20)]
    assert addresses.choose(only_v6)[: addresses.MOST] == (
        *("2001:db8::1", "2001:db8::2", "2001:db8::3"),
    )


@pytest.mark.parametrize(
    ("told", "stored"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:c000:0201", "192.0.2.1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("unknown", "unknown"),
        ("testclient", "testclient"),
    ],
)
def test_an_address_is_written_one_way(told: str, stored: str) -> None:
    assert addresses.canonical(told) == stored


def test_a_limit_counts_an_ipv6_network_as_one() -> None:
    assert addresses.source_of("2001:db8::1") == addresses.source_of("2001:db8::ffff:2")
    assert addresses.source_of("2001:db8::1") != addresses.source_of("2001:db8:0:1::1")
    assert addresses.source_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert addresses.source_of("unknown") == "unknown"


def test_what_is_announced_is_what_is_listened_on() -> None:
    announced = addresses.announced
    assert announced(media_hosts=("203.0.113.5",), bind_setting="all") == ("203.0.113.5",)
    assert announced(media_hosts=(), bind_setting="10.0.0.5") == ("10.0.0.5",)
    assert not any(":" in each for each in announced(media_hosts=(), bind_setting="0.0.0.0"))
    assert announced(media_hosts=(), bind_setting="all")[-1] == "127.0.0.1"


async def test_a_caller_over_a_socket_of_both_families_is_known_by_its_ipv4_address(
    open_browser: OpenBrowser,
) -> None:
    here = await open_browser(address="::ffff:127.0.0.1")
    assert (await here.get("/metrics")).status_code == 200
    there = await open_browser(address="::ffff:203.0.113.9")
    assert (await there.get("/metrics")).status_code == 404


def test_this_machines_addresses_end_with_loopback() -> None:
    assert addresses.local_addresses()[-1] == "127.0.0.1"
    assert read_settings({}).media_hosts == ()
