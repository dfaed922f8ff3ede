"""`make impair`: the promises of docs/media.md, measured through an impaired path.

    python -m bench.impair [--rows loss-5,step] [--quick] [--results var/impair]

Prints a line for each measure, with its target and PASS or FAIL, and says what carries the
packets. Exit code 1: a target is missed, or a row that was named not measured; 2: there is no
such row, or something is not installed.
"""

import argparse
import asyncio
import functools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bench.impair.broadcast import Broadcast
from bench.impair.findings import Findings, summary
from bench.impair.lesson import HUB, Lesson, lesson_by_proxy, lesson_over
from bench.impair.light_rows import GROUPS as LIGHT_GROUPS
from bench.impair.light_rows import Group
from bench.impair.line import Conditions
from bench.impair.namespaces import require_tun
from bench.impair.proxy import ProxyRoad
from bench.impair.road import NAMESPACES, namespace_road, put_first
from bench.impair.round_trip_rows import ROWS as ROUND_TRIP_ROWS
from bench.impair.round_trip_rows import round_trips
from bench.impair.web_rows import ROWS as WEB_ROWS
from bench.impair.web_rows import web
from bench.measure import machine
from bench.private_network import (
    OUTSIDE_OPTION,
    NetworkUnavailable,
    namespace,
    reexecute_inside,
)
from tests.chromium import chromium
from tests.e2e import samples

RESULTS = Path("var/impair")
_NICENESS = -10
_NAMESPACES_ONLY = ("ipv6", "web")
# Groups whose rows are measured one after the other, or need not be: only those that were named.
_BY_ROW = ("outages", "web")
GROUPS: Mapping[str, tuple[Group, Sequence[str]]] = {
    **LIGHT_GROUPS,
    "round-trips": (round_trips, ROUND_TRIP_ROWS),
    "web": (web, WEB_ROWS),
}


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; an unknown row is an error that names the known ones."""
    parser = argparse.ArgumentParser(
        prog="make impair", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--rows", default="", help="rows or groups, with commas between")
    parser.add_argument("--quick", action="store_true", help="shorter windows, no cut of 120 s")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the figures")
    parser.add_argument(
        "--road", choices=["auto", "proxy"], default="auto", help="proxy: even with namespaces"
    )
    parser.add_argument("--seed", type=int, default=1, help="of every draw of the lines")
    # Given by this program to itself: the network namespace it came from.
    parser.add_argument(OUTSIDE_OPTION, help=argparse.SUPPRESS)
    parsed = parser.parse_args(arguments)
    known = {*GROUPS, *(row for _, rows in GROUPS.values() for row in rows)}
    parsed.rows = [row for row in parsed.rows.split(",") if row]
    unknown = [row for row in parsed.rows if row not in known]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return parsed


def groups_of(rows: Sequence[str]) -> list[str]:
    """Return the groups that measure these rows; all of them when none is named."""
    return [
        name
        for name, (_, measured) in GROUPS.items()
        if not rows or name in rows or set(rows) & set(measured)
    ]


@asynccontextmanager
async def _in_namespaces(
    sites: Sequence[str],
    *,
    seed: int,
    lines: Mapping[str, Conditions],
    behind_nat: Sequence[str] = (),
    is_v6: bool = False,
    pages: Sequence[str] = (),
    hub: Broadcast | None = None,
) -> AsyncIterator[Lesson]:
    with tempfile.TemporaryDirectory(prefix="impair-") as folder:
        async with (
            namespace_road(
                [HUB, *sites, *pages], behind_nat=behind_nat, apart=pages, seed=seed
            ) as road,
            lesson_over(
                road, sites, folder=Path(folder), lines=lines, is_v6=is_v6, pages=pages, hub=hub
            ) as lesson,
        ):
            yield lesson


@asynccontextmanager
async def _by_proxy(
    sites: Sequence[str],
    *,
    seed: int,
    lines: Mapping[str, Conditions],
    behind_nat: Sequence[str] = (),  # noqa: ARG001 - the proxy is a NAT for everybody
) -> AsyncIterator[Lesson]:
    with tempfile.TemporaryDirectory(prefix="impair-") as folder:
        async with lesson_by_proxy(sites, folder=Path(folder), lines=lines, seed=seed) as lesson:
            yield lesson


async def run(options: argparse.Namespace, findings: Findings, *, in_namespaces: bool) -> None:
    """Measure group after group; say which ones this road cannot measure."""
    open_lesson = functools.partial(
        _in_namespaces if in_namespaces else _by_proxy, seed=options.seed
    )
    for name in groups_of(options.rows):
        if not in_namespaces and name in _NAMESPACES_ONLY:
            findings.note(f"{name}: not measured by a proxy")
            continue
        began = time.monotonic()
        print(f"-- {name}", flush=True)
        group, measured = GROUPS[name]
        named = [] if name in options.rows else [row for row in measured if row in options.rows]
        if name in _BY_ROW and named:
            group = functools.partial(group, rows=named)
        await group(open_lesson, findings, is_quick=options.quick)
        findings.note(f"{name}: {time.monotonic() - began:.0f} s")


def _enter_namespace(options: argparse.Namespace, arguments: Sequence[str]) -> bool:
    """Start this program again in a namespace of its own; False, and why, where there is none."""
    if options.road == "proxy":
        return False
    try:
        require_tun()
        if options.outside_network is None:
            reexecute_inside("bench.impair", arguments)
    except NetworkUnavailable as reason:
        print(f"No network namespaces here: {reason}")
        return False
    if namespace() == options.outside_network:
        raise SystemExit(f"{OUTSIDE_OPTION} is for the command itself, do not give it.")
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and return the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parse_arguments(arguments)
    if "web" in groups_of(options.rows):
        try:
            chromium()
            samples.speech()  # inside the namespace there is no way to fetch it
        except FileNotFoundError as reason:
            print(reason, file=sys.stderr)
            return 2
        except subprocess.CalledProcessError:
            print(
                "The speech that is sent could not be fetched: connect this machine to a package"
                " index and try again, or name rows of other groups (--rows).",
                file=sys.stderr,
            )
            return 2
    in_namespaces = _enter_namespace(options, arguments)
    road = NAMESPACES if in_namespaces else ProxyRoad.kind
    print(f"{machine()}; through {road}")
    put_first(os.getpid(), _NICENESS)  # the server inherits it
    findings = Findings()
    began = time.monotonic()
    asyncio.run(run(options, findings, in_namespaces=in_namespaces))
    rows = {row for _, measured in GROUPS.values() for row in measured}
    asked_for = [row for row in options.rows if row in rows]
    print(summary(findings, asked_for))
    about = {
        "machine": machine(),
        "road": road,
        "rows": options.rows,
        "quick": options.quick,
        "seconds": round(time.monotonic() - began),
        "load_average": os.getloadavg(),
    }
    print(f"written to {findings.write(options.results, about=about)}")
    return 1 if findings.failed_rows() or findings.unmeasured(asked_for) else 0


if __name__ == "__main__":
    sys.exit(main())
