"""The `classrooms` command: what it prints, refuses, serves, and how it stops.

Commands that end run in this process, where importing costs nothing; those that serve, and the
log, which belongs to the whole process, run in one of their own.
Past 400 lines: one command, its words and its ends.
"""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx2
import pytest

from app.addresses import local_addresses
from app.calendars.days import local_day
from app.cli import main
from app.database import Database
from app.events import EventBus
from app.listening import listening_on
from app.recordings.models import Recording, RecordingState
from app.recordings.retention import DeletionCertificate, DeletionReason
from app.settings import HOME, read_settings
from media.recorder.places import is_marked
from tests.app.conftest import Clock
from tests.app.store.keeping import Keeping
from tests.factories import NOON

LINK = re.compile(r"http://(?:localhost|[a-z0-9-]+\.localhost):\d+(/(?:enter|enrol))#(\S+)")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],  # noqa: TID251 - the environment of a process of ours
        "CLASSROOMS_VAR_DIR": str(tmp_path),
        "CLASSROOMS_HTTP_PORT": "0",
        "CLASSROOMS_MEDIA_PORT": "0",
        "CLASSROOMS_MEDIA_BIND_HOST": "127.0.0.1",
        "CLASSROOMS_MEDIA_HOSTS": "127.0.0.1",
        "CLASSROOMS_SHUTDOWN_TIMEOUT_S": "2",
        "CLASSROOMS_PASSWORD_MEMORY_KIB": "8",
        "CLASSROOMS_FRONTEND_DIR": str(tmp_path / "dist"),
    }


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run a command to its end: `run("migrate", CLASSROOMS_HTTP_PORT="80")`."""
    monkeypatch.setattr("app.logging.configure", lambda _settings: None)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run_it(*arguments: str, **more: str) -> Done:
        with monkeypatch.context() as patch:
            for name, value in more.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["classrooms", *arguments])
            with pytest.raises(SystemExit) as ended:
                main()
        out, err = capsys.readouterr()
        return Done(int(ended.value.code or 0), out, err)

    return run_it


@contextmanager
def serving(
    environment: dict[str, str], command: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a command that serves; give the process and what it printed until it served."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", command],
        env=environment,
        cwd=HOME,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    printed = ""
    try:
        for line in process.stdout:  # ends when the process does
            printed += line
            if "serves on" in line or "Ctrl-C" in line:
                break
        else:
            pytest.fail(f"{command} did not serve: {process.communicate()[1]}")
        yield process, printed
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_no_command_shows_help(run: Run) -> None:
    shown = run()
    for command in ("serve", "demo", "migrate", "enrol-code", "admin"):
        assert command in shown.stdout + shown.stderr


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CLASSROOMS_MEDIAPORT", "1", "CLASSROOMS_MEDIAPORT is not a setting"),
        ("CLASSROOMS_HTTP_PORT", "x", "CLASSROOMS_HTTP_PORT"),
    ],
)
def test_wrong_setting_is_a_sentence_and_exit_code_two(
    run: Run, name: str, value: str, says: str
) -> None:
    done = run("migrate", **{name: value})
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_administrator_is_made_with_a_link_that_sets_the_password(
    run: Run, environment: dict[str, str]
) -> None:
    arguments = ("admin", "create", "--name", "李明", "--username", "liming", "--region", "511900")
    refused = run(*arguments)
    assert refused.returncode == 2
    assert "--region-name" in refused.stderr
    made = run(*arguments, "--region-name", "某市")
    assert made.returncode == 0, made.stderr
    (page, token) = LINK.findall(made.stdout)[0]
    assert page == "/enter"
    assert token not in made.stderr
    again = run(*arguments)
    assert again.returncode == 2
    assert "liming" in again.stderr
    other = run("admin", "link", "--username", "LiMing")
    assert LINK.findall(other.stdout)[0][1] != token
    nobody = run("admin", "link", "--username", "nobody")
    assert nobody.returncode == 2

    with serving(environment, "serve") as (_, printed):
        base = printed.split("serves on ")[1].strip()
        with httpx2.Client(base_url=base, headers={"Origin": base}) as browser:
            answer = browser.post(
                "/api/links/set-password", json={"token": token, "password": "白鹅 and 小桥 2026"}
            )
            assert answer.status_code == 200, answer.text
            assert answer.json()["person"]["roles"] == [
                {"role": "ADMINISTRATOR", "scope_name": "某市"}
            ]


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--name", "李" * 81, "81 characters; 80"),
        ("--name", " ", "empty"),
        ("--username", "x" * 65, "65 characters; 64"),
        # Folding may make a name longer: what is stored is what counts.
        ("--username", "\ufdfa" * 4, "characters; 64"),
        ("--region", "5" * 13, "13 characters; 12"),
        ("--region-name", "市" * 81, "81 characters; 80"),
    ],
)
def test_what_no_column_takes_is_a_sentence(run: Run, option: str, value: str, says: str) -> None:
    words = {
        "--name": "李明",
        "--username": "liming",
        "--region": "511900",
        "--region-name": "某市",
    }
    words[option] = value
    done = run("admin", "create", *(part for pair in words.items() for part in pair))
    assert done.returncode == 2
    assert option in done.stderr
    assert says in done.stderr


def test_an_account_is_shut_out_and_let_in_again(run: Run) -> None:
    run(
        *("admin", "create", "--name", "李明", "--username", "liming"),
        *("--region", "511900", "--region-name", "某市"),
    )
    for command, then in (("disable", "disabled already"), ("enable", "not disabled")):
        done = run("admin", command, "--username", "LiMing")
        assert done.returncode == 0, done.stderr
        again = run("admin", command, "--username", "liming")
        assert again.returncode == 2
        assert then in again.stderr
        assert run("admin", command, "--username", "nobody").returncode == 2


def test_demonstration_prints_links_that_work_and_stops_when_told(
    environment: dict[str, str],
) -> None:
    with serving(environment, "demo") as (process, printed):
        port = re.search(r"http://localhost:(\d+)", printed)
        assert port is not None
        base = f"http://127.0.0.1:{port[1]}"
        found = LINK.findall(printed)
        assert [page for page, _ in found] == [
            "/enter",
            "/enrol",
            "/enrol",
            "/enrol",
            "/enter",
            "/enter",
        ]
        with httpx2.Client(base_url=base, headers={"Origin": base}) as browser:
            answer = browser.post("/api/links/redeem", json={"token": found[0][1]})
            assert answer.json() == {"purpose": "DEMONSTRATION", "home": "/teach"}
            assert browser.get("/api/me").json()["demo"] is True
            answer = browser.post("/api/devices/enrol", json={"code": found[1][1]})
            assert answer.status_code == 200
            assert browser.get("/readyz").status_code == 200
        with socket.create_connection(("127.0.0.1", int(port[1]))) as waiting:
            waiting.sendall(b"GET /api/me HTTP/1.1\r\nHost: localhost\r\n")  # and never the rest
            process.send_signal(signal.SIGTERM)
            _, log = process.communicate(timeout=30)  # raises when it does not stop
    assert "Application shutdown complete" in log
    assert "Traceback" not in log
    assert not [secret for _, secret in found if secret in log]


def test_port_in_use_is_a_sentence(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run("serve", CLASSROOMS_HTTP_PORT=port)
    assert done.returncode == 2
    assert "CLASSROOMS_HTTP_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_listening_socket_says_that_it_is_tcp() -> None:
    # asyncio sets TCP_NODELAY on connections accepted from such a socket only.
    with listening_on(read_settings({}, http_port=0)) as listening:
        assert {each.proto for each in listening} == {socket.IPPROTO_TCP}


def _reaches(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as caller:
        return caller.connect_ex((host, port)) == 0


@pytest.mark.parametrize(
    ("setting", "reached"),
    [
        ("localhost", {"127.0.0.1", "::1"}),
        ("all", {"127.0.0.1", "127.0.0.2", "::1"}),
        ("::", {"127.0.0.1", "127.0.0.2", "::1"}),
        ("0.0.0.0", {"127.0.0.1", "127.0.0.2"}),
        ("127.0.0.2", {"127.0.0.2"}),
        ("::1", {"::1"}),
    ],
)
def test_it_listens_on_both_families(setting: str, reached: set[str]) -> None:
    if "::1" not in local_addresses():
        pytest.skip("this machine has no IPv6")
    with listening_on(read_settings({}, http_port=0, http_host=setting)) as listening:
        for each in listening:
            each.listen()
        port = listening[0].getsockname()[1]
        assert {host for host in ("127.0.0.1", "127.0.0.2", "::1") if _reaches(host, port)} == (
            reached
        )


def test_demonstration_refuses_a_database_with_other_accounts(run: Run) -> None:
    run(
        *("admin", "create", "--name", "李明", "--username", "liming"),
        *("--region", "511900", "--region-name", "某市"),
    )
    done = run("demo", "--links-only")
    assert done.returncode == 2
    assert "accounts" in done.stderr


def test_classroom_gets_a_code_by_the_names_people_know(run: Run) -> None:
    assert run("demo", "--links-only").returncode == 0
    named = ("enrol-code", "--school", "示范一村小", "--classroom")
    done = run(*named, "多媒体教室")
    assert re.match(r"[0-9A-Z]{4}-[0-9A-Z]{4} ", done.stdout)
    unknown = run(*named, "没有的教室")
    assert unknown.returncode == 2
    assert "没有的教室" in unknown.stderr


def test_code_sets_are_loaded_and_shown(run: Run, tmp_path: Path) -> None:
    sets = "key,kind,is_stored,is_shown,label_zh,label_en,source,valid_from,valid_to\n"
    (tmp_path / "sets.csv").write_text(sets + "LOCAL,SUBJECT,no,no,本地,Local,,,\n")
    done = run("codes", "load", str(tmp_path))
    assert done.returncode == 0
    assert done.stdout.endswith("1 rows are new or changed.\n")
    done = run("codes", "show", "LOCAL")
    assert (done.returncode, done.stdout) == (0, "SUBJECT: LOCAL 本地 is shown.\n")
    done = run("codes", "show", "NONE")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("There is no code set 'NONE'; there are BCP47, ")
    (tmp_path / "sets.csv").write_text(sets + "LOCAL,SUBJECT,no,?,本地,Local,,,\n")
    done = run("codes", "load", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "sets.csv, line 2, column is_shown: write yes or no, not '?'.\n"


def test_versions_of_definitions_are_added(run: Run, tmp_path: Path) -> None:
    heads = "indicator,valid_from,permille,kinds,title_zh,title_en,rule_zh,rule_en\n"
    (tmp_path / "own.csv").write_text(
        heads + "COV_REACHED,2199-09-01,,DELIVERY,到达率,Reached,新,New\n"
    )
    done = run("definitions", "add", str(tmp_path / "own.csv"))
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["1 versions are added."])
    done = run("definitions", "add", str(tmp_path / "own.csv"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Line 2, column valid_from: must be after 2199-09-01")


def test_outdated_database_is_refused_when_it_is_not_ours_to_migrate(run: Run) -> None:
    done = run("serve", CLASSROOMS_MIGRATE_ON_START="false")
    assert done.returncode == 2
    assert "classrooms migrate" in done.stderr
    assert run("migrate").returncode == 0
    after = run("demo", "--links-only", CLASSROOMS_MIGRATE_ON_START="false")
    assert after.returncode == 0


def test_log_is_one_json_object_a_line_when_asked(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "migrate"],
        env=environment | {"CLASSROOMS_LOG_JSON": "true"},
        cwd=HOME,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert any(line["event"] == "database_migrated" for line in lines)
    assert all({"event", "level", "timestamp"} <= set(line) for line in lines)


FAILING = """
import sys
from app import logging
from app.settings import read_settings
import structlog

logging.configure(read_settings({}, log_level="debug", log_json=sys.argv[1] == "json"))

def sign_in(password):
    raise RuntimeError("a bug of ours")

try:
    sign_in("not for the log")
except RuntimeError:
    structlog.get_logger().exception("request_failed")
logging.logging.getLogger("uvicorn.error").debug("< cookie: not for the log")
logging.logging.getLogger("uvicorn.error").info("Application startup complete.")
logging.logging.getLogger("signaling.runner").error("A room failed", extra={"room_id": "r-17"})
"""


@pytest.mark.parametrize("style", ["json", "console"])
def test_log_of_a_bug_says_where_and_no_secret(environment: dict[str, str], style: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILING, style],
        env=environment,
        cwd=HOME,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "a bug of ours" in done.stderr
    assert "in sign_in" in done.stderr
    assert "startup complete" in done.stderr
    assert "r-17" in done.stderr
    assert "not for the log" not in done.stderr


def test_recordings_are_held_withdrawn_and_accounted_for(run: Run, tmp_path: Path) -> None:
    assert run("migrate").returncode == 0

    async def record() -> str:
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'classrooms.db'}", EventBus())
        keeping = Keeping(database, Clock(), tmp_path / "recordings", None)
        recording = await keeping.recording()
        await database.close()
        return str(recording.session_id)

    session = asyncio.run(record())
    assert run("recordings", "kept").stdout == "No file of a recording was looked at yet.\n"
    until = local_day(NOON + timedelta(days=1095))
    kept = run("recordings", "purpose", session, "RESEARCH").stdout
    assert kept == f"Kept until {until}, by rule 2.\n"
    assert run("recordings", "hold", session, "--reason", "a dispute").returncode == 0
    refused = run("recordings", "withdraw", session, "--reason", "a guardian")
    assert (refused.returncode, "hold" in refused.stderr) == (2, True)
    assert run("recordings", "lift", session).stdout == "Holds lifted: 1.\n"
    assert "two hours" in run("recordings", "withdraw", session, "--reason", "x").stdout
    twice = run("recordings", "withdraw", session, "--reason", "x")
    assert (twice.returncode, twice.stderr) == (2, "The recording is WITHDRAWN.\n")
    none_yet = run("recordings", "certificate", session)
    assert (none_yet.returncode, "WITHDRAWN" in none_yet.stderr) == (2, True)


def test_a_certificate_is_printed_with_the_rule_by_which_the_recording_was_over(
    run: Run, tmp_path: Path
) -> None:
    assert run("migrate").returncode == 0

    async def remove() -> str:
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'classrooms.db'}", EventBus())
        keeping = Keeping(database, Clock(), tmp_path / "recordings", None)
        recording = await keeping.recording()
        async with database.unit_of_work() as db:
            row = await db.get_one(Recording, recording.id)
            row.state, row.hidden_at, row.rule_number = RecordingState.PURGED, NOON, 1
            db.add(
                DeletionCertificate(
                    recording_id=row.id,
                    reason=DeletionReason.EXPIRED,
                    rule_number=1,
                    note="",
                    asked_at=NOON,
                    removed_at=NOON + timedelta(days=7),
                    files=3,
                    bytes=17,
                    files_sha256="a" * 64,
                )
            )
        await database.close()
        return str(recording.session_id)

    printed = run("recordings", "certificate", asyncio.run(remove())).stdout.splitlines()
    assert {"reason: EXPIRED", "rule_number: 1", "files: 3"} <= set(printed)
    assert printed[-1] == (
        "rule 1, from 2000-01-01: kept 180 days, removed 7 days after it was shown to nobody"
    )


def test_what_lies_on_the_disk_alone_is_named_and_why_it_is_not_taken_in(
    run: Run, tmp_path: Path
) -> None:
    assert run("migrate").returncode == 0
    nothing = run("recordings", "adopt")
    assert (nothing.returncode, "knows all recordings" in nothing.stdout) == (0, True)
    folder = f"2026-11/{UUID(int=7)}"
    (tmp_path / "recordings" / folder).mkdir(parents=True)
    for arguments in ((), ("--dry-run",), (folder,)):
        done = run("recordings", "adopt", *arguments)
        assert done.stdout.startswith(f"{folder}: not taken in: nothing was recorded")
        assert (done.returncode, done.stderr) == (2, "1 of 1 folders cannot be taken in.\n")


def test_the_second_place_is_marked_where_it_is_meant_to_be(run: Run, tmp_path: Path) -> None:
    second = tmp_path / "second"
    none = run("recordings", "place")
    assert (none.returncode, "not set" in none.stderr) == (2, True)
    there = {"CLASSROOMS_RECORDINGS_SECOND_DIR": str(second)}
    missing = run("recordings", "place", **there)
    assert (missing.returncode, "Make the folder first" in missing.stderr) == (2, True)
    second.mkdir()
    is_systems = second.stat().st_dev == Path("/").stat().st_dev
    plain = run("recordings", "place", **there)
    assert plain.returncode == (2 if is_systems else 0)
    assert ("mount its own disk first" in plain.stderr) == is_systems == (not is_marked(second))
    assert run("recordings", "place", "--on-the-systems-disk", **there).returncode == 0
    assert is_marked(second)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("hold", str(UUID(int=0)), "--reason", "x"), "There is no recording of a session"),
        (("hold", str(UUID(int=0)), "--reason", " "), "Give a reason"),
        (("withdraw", str(UUID(int=0)), "--reason", "x" * 201), "Give a reason"),
    ],
)
def test_command_about_no_recording_or_without_reason_says_what_is_wrong(
    run: Run, arguments: tuple[str, ...], says: str
) -> None:
    done = run("recordings", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
