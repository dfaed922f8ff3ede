"""`make bench-data` on a province of two counties: every request is answered and counted."""

import os
import subprocess
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from sqlalchemy import func, select

from app import migrations
from app.alliances.models import Need
from app.attendance.models import AttendanceRecord, AttendanceState
from app.database import Database
from app.events import EventBus
from app.lessons.models import Lesson, LessonSite
from app.planning.solver import Answer
from app.recordings.models import Recording, RecordingView
from app.recordings.publishing import RecordingPublication
from app.schools.models import Region
from bench import planning
from bench.data import __main__ as program
from bench.data import postgres, verdicts
from bench.data.asking import Answered, Exported, NotAnswered, ask, export
from bench.data.imports import Imported
from bench.data.people import People
from bench.data.province import PROVINCE, Province, Size
from bench.data.questions import Question
from bench.data.recorded import Recorded
from bench.data.rows import NotFilled, Rows, connected, copy, numbered
from bench.data.taught import Taught
from bench.targets import Verdict
from tests.factories import NOON

TINY = Size(counties=2, points=20, alliances=2, hub_rooms=3)
TODAY = date(2026, 3, 2)
LOOPBACK = "127.0.0.1"
AN_EMPTY_PAGE = len('{"items":[],"next_cursor":null}') + 20
#: These find nothing where there are no recordings, or no locked rows.
FINDS = ("published lessons searched", "recording views of a school", "hours by teacher")
EXPORTED = Exported(rows=100, seconds=1.0, before_kb=1, highest_kb=2)
IMPORTED = Imported(10, 1.0, 1.0, held_ms=5.0)


def answered(statements: set[int]) -> Answered:
    question = Question("a page", "county", lambda _: "/api/me")
    return Answered(question, [1.0], frozenset(statements), 10)


def rows_of(tables: Iterator[Rows], model: type[Any]) -> int:
    return sum(1 for rows in tables if rows.model is model for _ in rows.rows)


def test_a_province_is_as_large_as_it_is_said_to_be() -> None:
    province = Province(PROVINCE, TODAY)
    assert len(province.counties) == 88
    assert sum(len(county.points) for county in province.counties) == 10_000
    assert rows_of(Taught(province, NOON).tables(), Lesson) == 201_600
    assert rows_of(Taught(province, NOON).tables(), LessonSite) == 1_209_600


def test_what_was_taught_was_recorded_and_some_of_it_shown() -> None:
    taught = Taught(Province(TINY, TODAY), NOON)
    over = {given.session_id for given in taught.over()}
    found = {rows.model: list(rows.rows) for rows in Recorded(taught).tables()}
    assert over == {session_id for _, session_id, *_ in found[Recording]}
    published = [row[0] for row in found[Recording] if "PUBLISHED" in row]
    assert published == [recording_id for _, recording_id, *_ in found[RecordingPublication]]
    assert len(over) / 4 < len(published) < len(over) / 2
    assert all(at <= NOON for *_, at in found[RecordingPublication])
    for _, _, person_id, classroom_id, at, *_ in found[RecordingView]:
        assert (person_id is None) is not (classroom_id is None)
        assert at <= NOON
    for rows in found.values():
        assert len({row[0] for row in rows}) == len(rows)


def test_what_lies_far_back_is_locked_and_nothing_else_is() -> None:
    taught = Taught(Province(TINY, TODAY), NOON)
    ends = {given.session_id: given.ends for given in taught.over()}
    (records,) = (rows for rows in taught.tables() if rows.model is AttendanceRecord)
    session, state, locked_by = map(records.columns.index, ("session_id", "state", "locked_by_id"))
    locked = 0
    for row in records.rows:
        is_far = NOON - ends[row[session]] >= timedelta(weeks=8)
        assert (row[state] == AttendanceState.LOCKED.value) is is_far
        assert (row[locked_by] is not None) is is_far
        locked += is_far
    assert locked


def test_the_same_day_gives_the_same_rows() -> None:
    def written() -> list[list[Any]]:
        return [list(rows.rows) for rows in Province(TINY, TODAY).tables()]

    assert written() == written()


@pytest.mark.postgres
def test_a_database_that_cannot_be_made_is_refused_with_what_psql_says(
    postgres_server: postgres.Server, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        postgres_server.new_database("no-name")
    assert 'syntax error at or near "-"' in capfd.readouterr().err


@pytest.mark.postgres
async def test_a_column_without_a_value_is_named_and_nothing_is_written(postgres_url: str) -> None:
    database = Database(postgres_url, EventBus())
    await migrations.upgrade(database.engine)
    async with connected(postgres_url) as connection:
        with pytest.raises(NotFilled, match=r"regions\.name is given no value"):
            await copy(connection, Rows(Region, ("id", "code"), [(numbered(0, 1), "990000")]))
    async with database.unit_of_work() as db:
        assert await db.scalar(select(func.count()).select_from(Region)) == 0
    await database.close()


@pytest.mark.postgres
async def test_everything_is_asked_of_a_real_server(postgres_url: str) -> None:
    measured = await program.measure(postgres_url, TINY, times=1)
    assert all(each.statements and each.bytes > 0 for each in measured.answered)
    bytes_of = {each.question.name: each.bytes for each in measured.answered}
    assert all(bytes_of[name] > AN_EMPTY_PAGE for name in FINDS)
    database = Database(postgres_url, EventBus())
    async with database.unit_of_work() as db:
        records = await db.scalar(select(func.count()).select_from(AttendanceRecord))
        assert records
        assert measured.exported.rows <= records
        assert await db.scalar(select(func.count()).select_from(Need))
    await database.close()
    printed = verdicts.table([measured])
    assert "session search by words" in printed
    assert all(isinstance(line, Verdict) for line in verdicts.judge([measured]))


class Busy(BaseHTTPRequestHandler):
    """Answers every request with 503."""

    def do_GET(self) -> None:
        self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def busy_url() -> Iterator[str]:
    with HTTPServer((LOOPBACK, 0), Busy) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://{LOOPBACK}:{server.server_port}"
        server.shutdown()
        thread.join()


async def test_a_request_that_is_refused_ends_the_run_and_is_named(busy_url: str) -> None:
    nobody = People({}, {}, {}, {})
    question = Question("a page", "county", lambda number: f"/api/page?{number}")
    with pytest.raises(NotAnswered, match=r"/api/page\?0: 503"):
        await ask(busy_url, nobody, question, times=1)


async def test_an_export_that_is_refused_ends_the_run_and_is_named(busy_url: str) -> None:
    with pytest.raises(NotAnswered, match="/api/export: 503"):
        await export(busy_url, {}, "/api/export", os.getpid())


def test_to_ask_less_than_once_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        program.main(["--times", "0"])
    assert refused.value.code == 2
    assert "--times must be at least 1" in capsys.readouterr().err


def test_what_grows_with_the_data_is_a_miss() -> None:
    small, large = (
        verdicts.Measured(TINY, [answered(statements)], EXPORTED, IMPORTED)
        for statements in ({6, 7}, {9})
    )
    lines = list(verdicts.judge([small, large]))
    assert [line.is_met for line in lines if "grow" in line.text] == [False]
    assert not [line for line in lines if "statements: as many" in line.text]
    lines = list(verdicts.judge([small, small]))
    assert not [line for line in lines if "grow" in line.text]
    (line,) = (each for each in lines if "statements: as many" in each.text)
    assert (line.is_met, line.text) == (
        True,
        "statements: as many of 20 and 20 points, for all 1 requests",
    )


def test_of_one_size_nothing_is_said_about_growth() -> None:
    measured = verdicts.Measured(TINY, [answered({3})], EXPORTED, IMPORTED)
    assert not [line for line in verdicts.judge([measured]) if "statements" in line.text]


@pytest.mark.parametrize(("held_ms", "is_met"), [(50.0, True), (51.0, False)])
def test_an_import_that_holds_the_event_loop_misses_its_target(
    *, held_ms: float, is_met: bool
) -> None:
    imported = Imported(10, 1.0, 1.0, held_ms)
    measured = verdicts.Measured(TINY, [answered({3})], EXPORTED, imported)
    (line,) = (each for each in verdicts.judge([measured]) if "event loop" in str(each))
    assert line.is_met is is_met


def test_a_county_for_which_no_plan_is_found_is_a_miss() -> None:
    measured = planning.Measured(10, 5, 0.5, (), Answer(plans=(), conflicts=()))
    line = verdicts.planned(measured)
    assert line.is_met is False
    assert "114 points, 8 hubs, 30 periods): 0 plans" in line.text


def test_one_target_that_is_missed_is_told_by_the_exit_code() -> None:
    met, told, missed = Verdict("met", True), Verdict("no target", None), Verdict("missed", False)
    assert verdicts.exit_code([met, told]) == 0
    assert verdicts.exit_code([met, missed, told]) == 1
