"""`make drill`: lessons with real media in which something breaks, a row for each fault.

    python -m bench.drill [--rows server,recorder] [--results var/drill]

Prints for each row the seconds of lesson and of recording, the largest gap, how soon it went on
and played, the rows of attendance that are right, and how many processors other programs kept
busy; PASS or FAIL against the targets in `bench.drill.verdict`. Exit code 1: a target was missed,
or a row could not be shown here.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from bench.drill import kill_rows, machine_rows, store_rows, workers
from bench.drill.faults import NotShown, enter_mount_namespace
from bench.drill.lesson import DrillFailed
from bench.drill.processes import Beside
from bench.drill.verdict import HEADING, Outcome
from bench.impair.server import ServerFailed
from bench.measure import machine

RESULTS = Path("var/drill")
RowOf = Callable[[Path], Awaitable[Outcome]]
ROWS: Mapping[str, RowOf] = {
    "server": kill_rows.server,
    "server-lessons": kill_rows.server_lessons,
    "recorder": kill_rows.recorder,
    "server-after-bell": kill_rows.server_after_bell,
    "power": machine_rows.power,
    "disk-full": machine_rows.disk_full,
    "disk-full-alone": machine_rows.disk_full_alone,
    "disk-errors": machine_rows.disk_errors,
    "clock": machine_rows.clock,
    "clock-restart": machine_rows.clock_restart,
    "worker": store_rows.worker,
    "composer": workers.composer,
    "database": store_rows.database,
    "store-away": store_rows.store_away,
    "store-slow": store_rows.store_slow,
    "store-refuses": store_rows.store_refuses,
    "store-truncates": store_rows.store_truncates,
}


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; an unknown row is an error that names the known ones."""
    parser = argparse.ArgumentParser(
        prog="make drill", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--rows", default="", help="rows, with commas between; else all")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the figures")
    parser.add_argument("--at-once", type=int, default=2, help="so many rows beside each other")
    parsed = parser.parse_args(arguments)
    parsed.rows = [row for row in parsed.rows.split(",") if row] or list(ROWS)
    if unknown := [row for row in parsed.rows if row not in ROWS]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    return parsed


async def drill(rows: Sequence[str], *, at_once: int) -> tuple[list[Outcome], dict[str, str]]:
    """Run rows, some at once; return what came of them, and why some were not shown."""
    outcomes: list[Outcome] = []
    not_shown: dict[str, str] = {}
    print(HEADING, flush=True)
    lanes = asyncio.Semaphore(at_once)

    async def run(row: str) -> None:
        async with lanes:
            await one(row)

    async def one(row: str) -> None:
        with tempfile.TemporaryDirectory(prefix="drill-") as folder:
            beside = Beside()
            try:
                outcome = await ROWS[row](Path(folder))
                outcome.beside_cores = beside.cores()
                outcomes.append(outcome)
                print(outcome.line(), flush=True)
                for failure in outcome.failures():
                    print(f"      {row}: {failure}", flush=True)
            except* (NotShown, DrillFailed, ServerFailed, OSError) as group:
                not_shown[row] = str(_first_of(group))
                print(f"----  {row:16} not shown: {not_shown[row]}", flush=True)

    async with asyncio.TaskGroup() as group:
        for row in rows:
            group.create_task(run(row))
    return outcomes, not_shown


def _first_of(group: BaseExceptionGroup[Exception]) -> Exception:
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for, keep the figures, and return the exit code."""
    options = parse_arguments(arguments)
    print(machine())
    with contextlib.suppress(NotShown):  # then the rows that mount something say so
        enter_mount_namespace()
    began = time.monotonic()
    outcomes, not_shown = asyncio.run(drill(options.rows, at_once=options.at_once))
    failed = [outcome.row for outcome in outcomes if outcome.failures()]
    seconds = time.monotonic() - began
    print(
        f"{len(outcomes)} of {len(options.rows)} rows shown in {seconds:.0f} s, "
        f"{len(failed)} failed" + (f": {', '.join(failed)}" if failed else "")
    )
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / f"drill-{time.strftime('%Y%m%dT%H%M%S')}.json"
    content = {
        "machine": machine(),
        "seconds": round(seconds),
        "rows": [
            {**dataclasses.asdict(outcome), "failures": outcome.failures()} for outcome in outcomes
        ],
        "not_shown": not_shown,
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    print(f"written to {path}")
    return 1 if failed or not_shown else 0


if __name__ == "__main__":
    sys.exit(main())
