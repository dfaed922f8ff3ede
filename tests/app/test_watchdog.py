"""A thread sees the loop stand still, says so, and ends what is lost."""

import asyncio
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from app.watchdog import EXIT_CODE, Standstill, Verdict, Watchdog, WatchdogConfig
from signaling.current_work import CurrentWork
from signaling.room import Room
from tests.signaling.live_server import running_server

ROOT = Path(__file__).parents[2]
CONFIG = WatchdogConfig()
QUICK = WatchdogConfig(beat_s=0.02, notice_after_s=0.1, break_off_after_s=0.2, end_after_s=30.0)


def must_not_end(code: int) -> None:
    raise AssertionError(f"The process was to end with {code}.")


def looks(standstill: Standstill, *, seconds: float, from_s: float) -> list[tuple[float, Verdict]]:
    """Look four times a second while the loop does not beat."""
    found = []
    for step in range(1, round(seconds * 4) + 1):
        now = from_s + step / 4
        if (verdict := standstill.look(0, now)) is not None:
            found.append((now, verdict))
    return found


def test_a_standstill_is_noticed_broken_off_and_ended_once_each() -> None:
    standstill = Standstill(CONFIG, now=0.0)
    assert looks(standstill, seconds=20, from_s=0.0) == [
        (2.0, Verdict.NOTICED),
        (3.0, Verdict.BREAK_OFF),
        (10.0, Verdict.END),
    ]


def test_a_loop_that_goes_on_is_said_to_and_watched_anew() -> None:
    standstill = Standstill(CONFIG, now=0.0)
    looks(standstill, seconds=5, from_s=0.0)
    assert standstill.look(1, 5.25) is Verdict.OVER
    assert (standstill.lasted_s, standstill.stood_s) == (0.0, 5.0)
    assert standstill.look(2, 5.5) is None
    assert standstill.look(2, 5.75) is None
    assert standstill.lasted_s == 0.25


def test_a_process_that_stood_still_as_a_whole_blames_nobody() -> None:
    standstill = Standstill(CONFIG, now=0.0)
    assert standstill.look(0, 600.0) is None
    assert standstill.lasted_s == 0.5


async def test_what_holds_the_loop_up_is_named_and_counted() -> None:
    registry = CollectorRegistry()
    watchdog = Watchdog(CurrentWork(), registry, config=QUICK, end=must_not_end)

    def a_long_piece_of_work() -> None:
        time.sleep(0.4)

    with capture_logs() as logs:
        async with watchdog.running():
            await asyncio.sleep(0.1)
            a_long_piece_of_work()
            while watchdog.standstills == 0 or len(logs) < 2:
                await asyncio.sleep(0.01)
    noticed, over = logs
    assert noticed["event"] == "loop_stands_still"
    assert "a_long_piece_of_work" in noticed["stack"]
    assert over["event"] == "loop_goes_on"
    assert registry.get_sample_value("classrooms_loop_standstills_total") == 1
    longest = registry.get_sample_value("classrooms_loop_longest_standstill_seconds")
    assert longest is not None
    assert longest >= QUICK.notice_after_s


async def test_a_loop_at_work_is_left_alone() -> None:
    watchdog = Watchdog(CurrentWork(), CollectorRegistry(), config=QUICK, end=must_not_end)
    async with watchdog.running():
        for _ in range(50):
            await asyncio.sleep(0.01)
    assert watchdog.standstills == 0


async def test_a_room_that_spins_is_broken_off_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its people are sent away and may come again; the room beside it never misses a word."""
    receive = Room.receive
    is_spinning = True

    def spin(room: Room, seat_id: str, command: object, *, now: float) -> object:
        while is_spinning and seat_id == "b":
            pass
        return receive(room, seat_id, command, now=now)  # type: ignore[arg-type] # passed on

    monkeypatch.setattr(Room, "receive", spin)
    async with running_server() as server:
        watchdog = Watchdog(server.hub.current, CollectorRegistry(), config=QUICK, end=must_not_end)
        async with (
            watchdog.running(),
            server.client("a", room="well") as well,
            server.client("b", room="stuck") as stuck,
        ):
            await stuck.send("ping", ref=1)
            assert await stuck.until_closed() == (1011, "room_failed")
            await well.send("ping", ref=1)
            await well.until("pong", ref=1)
            is_spinning = False
            async with server.client("b", room="stuck") as again:
                await again.send("ping", ref=1)
                await again.until("pong", ref=1)
    assert watchdog.standstills == 1
    incidents = [e for e in server.ledger.events["stuck"] if e.type == "incident"]
    assert [incident.payload["reason"] for incident in incidents] == ["room_failed"]


PROGRAM = """
import asyncio, re, sys, time
from prometheus_client import CollectorRegistry
from app.watchdog import Watchdog, WatchdogConfig
from signaling.current_work import CurrentWork

def a_wait_without_end():
    {wait}

async def main():
    config = WatchdogConfig(
        beat_s=0.05, notice_after_s=0.2, break_off_after_s=0.3, end_after_s=0.6,
        end_without_turn_after_s=2,
    )
    async with Watchdog(CurrentWork(), CollectorRegistry(), config=config).running():
        await asyncio.sleep(0.2)
        a_wait_without_end()

asyncio.run(main())
"""


def run(wait: str) -> "subprocess.CompletedProcess[str]":
    program = textwrap.dedent(PROGRAM.format(wait=wait))
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("wait", ["time.sleep(60)", "\n    while True: pass"])
def test_a_process_whose_loop_is_dead_ends_with_a_code_of_its_own(wait: str) -> None:
    ended = run(wait)
    assert ended.returncode == EXIT_CODE
    said = ended.stdout + ended.stderr
    assert re.search(r"loop_stands_still.*a_wait_without_end", said, re.DOTALL)
    assert "loop_is_dead" in said


def test_a_process_in_which_no_thread_gets_a_turn_is_ended_all_the_same() -> None:
    """A regular expression that backtracks for ever never lets go of the interpreter."""
    ended = run('re.match(r"(a|aa)+$", "a" * 200 + "b")')
    assert ended.returncode == 1
    assert "a_wait_without_end" in ended.stderr
