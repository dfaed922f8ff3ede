"""Credentials of the relay: who is given which, until when, and what is never shown."""

import base64
import hmac
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app import coturn
from app.lessons.models import Lesson
from app.live.turn import GRACE, TurnRelay
from app.settings import Settings, SettingsInvalid, read_settings
from tests.app.conftest import Clock, OpenBrowser
from tests.app.test_cli import Run, environment, run  # noqa: F401 - fixtures
from tests.factories import County

URLS = "turn:relay.example:3478?transport=udp,turns:relay.example:443?transport=tcp"
SECRET = "s" * 64


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return read_settings({}, **settings.model_dump() | {"turn_urls": URLS, "turn_secret": SECRET})


def password_of(username: str) -> str:
    """Compute what coturn computes (its `use-auth-secret`)."""
    digest = hmac.digest(SECRET.encode(), username.encode(), "sha1")
    return base64.b64encode(digest).decode()


async def test_a_ticket_brings_credentials_that_end_soon_after_the_lesson(
    lesson: Lesson, county: County, open_browser: OpenBrowser, clock: Clock
) -> None:
    teacher = await open_browser(county.teacher)
    await teacher.post(f"/api/lessons/{lesson.id}/start")
    path = f"/api/lessons/{lesson.id}/tickets"
    given = (await teacher.post(path, {"as": "lecturer"})).json()
    [server] = given["ice_servers"]
    assert server["urls"] == URLS.split(",")
    until, holder, room = server["username"].split(":")
    assert int(until) == int((lesson.planned_end + GRACE).timestamp())
    assert (holder, room) == (str(county.teacher.id), given["session_id"])
    assert server["credential"] == password_of(server["username"])

    classroom = await open_browser(device=county.credentials[0])
    given = (await classroom.post(path, {"as": "classroom"}, acting_as="device")).json()
    assert given["ice_servers"][0]["username"].split(":")[1] == str(county.devices[0].id)

    clock.advance(seconds=(lesson.planned_end - clock()).total_seconds() + 300)
    again = (await teacher.post(path, {"as": "lecturer"})).json()
    until = again["ice_servers"][0]["username"].partition(":")[0]
    assert int(until) == int((clock() + GRACE).timestamp())


async def test_a_check_is_told_the_roads_and_gets_credentials_for_minutes(
    county: County, open_browser: OpenBrowser, clock: Clock
) -> None:
    device = await open_browser(device=county.credentials[0])
    roads = (await device.get("/api/check/roads")).json()
    assert roads["port"] > 0
    assert roads["hosts"] == ["127.0.0.1"]
    [server] = roads["ice_servers"]
    until, holder, room = server["username"].split(":")
    assert (holder, room) == (str(county.devices[0].id), "check")
    assert int(until) == int((clock() + GRACE).timestamp())
    stranger = await open_browser()
    assert (await stranger.get("/api/check/roads")).status_code == 401


def test_without_a_relay_nothing_is_given() -> None:
    now = datetime.fromisoformat("2026-11-26T08:00:00+08:00")
    assert TurnRelay((), "").servers(holder="a", room="b", ends_at=now) == []


def test_neither_holder_nor_time_can_be_changed() -> None:
    relay = TurnRelay(("turn:relay.example",), SECRET)
    now = datetime.fromisoformat("2026-11-26T08:00:00+08:00")
    passwords = {
        relay.servers(holder=holder, room=room, ends_at=now + timedelta(minutes=minutes))[
            0
        ].credential
        for holder, room, minutes in (("a", "b", 0), ("a", "c", 0), ("b", "b", 0), ("a", "b", 1))
    }
    assert len(passwords) == 4


@pytest.mark.parametrize(
    "given",
    [
        {"turn_urls": URLS},
        {"turn_secret": SECRET},
        {"turn_urls": URLS, "turn_secret": "short-secret-1234"},
        {"turn_urls": "stun:relay.example", "turn_secret": SECRET},
        {"turn_urls": "turn://relay.example", "turn_secret": SECRET},
        {"turn_urls": "turn:2001:db8::1:3478", "turn_secret": SECRET},
        {"turn_urls": "turn:relay.example?transport=sctp", "turn_secret": SECRET},
    ],
)
def test_half_a_relay_is_refused_and_its_secret_is_not_shown(given: dict[str, str]) -> None:
    with pytest.raises(SettingsInvalid, match="CLASSROOMS_TURN") as refused:
        read_settings({}, **given)
    assert given.get("turn_secret", "?") not in str(refused.value)


def test_a_relay_may_be_an_ipv6_address() -> None:
    settings = read_settings(
        {}, turn_urls="turn:[2001:db8::1]:3478?transport=udp", turn_secret=SECRET
    )
    assert SECRET not in repr(settings)


def test_the_printed_configuration_lets_media_through_and_nothing_else(
    run: Run,  # noqa: F811 - the fixture
) -> None:
    done = run(
        "coturn",
        "--print",
        CLASSROOMS_TURN_URLS=URLS,
        CLASSROOMS_TURN_SECRET=SECRET,
        CLASSROOMS_MEDIA_HOSTS="203.0.113.5,2001:db8::5,127.0.0.1",
    )
    lines = done.stdout.splitlines()
    allowed = [line for line in lines if line.startswith("allowed-peer-ip")]
    assert allowed == ["allowed-peer-ip=203.0.113.5", "allowed-peer-ip=2001:db8::5"]
    assert f"static-auth-secret={SECRET}" in lines
    assert "denied-peer-ip=0.0.0.0-255.255.255.255" in lines
    assert "allow-loopback-peers" not in lines


def test_without_settings_or_coturn_the_command_says_what_to_do(
    run: Run,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    printed = run("coturn", "--print")
    assert printed.returncode == 2
    assert "CLASSROOMS_TURN_URLS" in printed.stderr
    done = run("coturn", PATH=str(tmp_path))
    assert done.returncode == 2
    assert "coturn" in done.stderr


def test_a_trial_keeps_its_secret_to_itself_and_over_restarts(tmp_path: Path) -> None:
    now = datetime.fromisoformat("2026-11-26T08:00:00+08:00")
    first = coturn.for_trial(tmp_path / "turn", ["192.0.2.5"], now=now)
    again = coturn.for_trial(tmp_path / "turn", ["192.0.2.5"], now=now)
    assert first.secret == again.secret
    assert len(first.secret) == 64
    for file in (tmp_path / "turn").iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
