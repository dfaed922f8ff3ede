"""`make drill`: lessons with real media in which something breaks, a row for each fault.

    python -m bench.drill [--rows server,recorder] [--results var/drill]

Prints for each row the seconds of lesson and of recording, the largest gap, how soon it went on
and played, and the rows of attendance that are right; PASS or FAIL against the targets in
`bench.drill.verdict`. Exit code 1: a target was missed, or a row could not be shown here.
"""

import argparse
import asyncio
import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from bench.drill import kill_rows
from bench.drill.lesson import DrillFailed
from bench.drill.verdict import HEADING, Outcome
from bench.impair.server import ServerFailed
from bench.measure import machine

RESULTS = Path("var/drill")
RowOf = Callable[[Path], Awaitable[Outcome]]
ROWS: Mapping[str, RowOf] = {
    "server": kill_rows.server,
    "recorder": kill_rows.recorder,
}


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; an unknown row is an error that names the known ones."""
    parser = argparse.ArgumentParser(
        prog="make drill", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--rows", default="", help="rows, with commas between; else all")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the figures")
    parsed = parser.parse_args(arguments)
    parsed.rows = [row for row in parsed.rows.split(",") if row] or list(ROWS)
    if unknown := [row for row in parsed.rows if row not in ROWS]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    return parsed


class NotShown(Exception):
    """This machine or user cannot show a row; the message says what is missing."""


async def drill(rows: Sequence[str]) -> tuple[list[Outcome], dict[str, str]]:
    """Run rows one after the other; return what came of them, and why some were not shown."""
    outcomes: list[Outcome] = []
    not_shown: dict[str, str] = {}
    print(HEADING, flush=True)
    for row in rows:
        with tempfile.TemporaryDirectory(prefix="drill-") as folder:
            try:
                outcome = await ROWS[row](Path(folder))
                outcomes.append(outcome)
                print(outcome.line(), flush=True)
                for failure in outcome.failures():
                    print(f"      {row}: {failure}", flush=True)
            except* (NotShown, DrillFailed, ServerFailed) as group:
                not_shown[row] = str(_first_of(group))
                print(f"----  {row:16} not shown: {not_shown[row]}", flush=True)
    return outcomes, not_shown


def _first_of(group: BaseExceptionGroup[Exception]) -> Exception:
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for, keep the figures, and return the exit code."""
    options = parse_arguments(arguments)
    print(machine())
    began = time.monotonic()
    outcomes, not_shown = asyncio.run(drill(options.rows))
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
