"""`make bench`: what forwarding costs, and how that compares with Janus in the same run.

    python -m bench.forward [--peer janus] [--subscribers 10 50] [--plane native] [--check]
    python -m bench.forward --recording off on slow --plane native reference --subscribers 50

The server runs in a process of its own, pinned to one CPU; this process is the load, on the
others. Both run before all other programs where the kernel permits it, but for an event loop that
is made busy beside lanes. Only ratios of one run mean anything: on a shared machine the same
command gives other microseconds an hour later. Each of our planes, idle and beside other work of
the event loop, and the peer take turns (A, B, C, A, B, C); the ratio is of CPU over packets summed
over all rounds. `--recording`: all that is forwarded is recorded too, or recorded on a disk that
lets itself be waited for; these take turns with the plain server. With a peer everything runs in a
network namespace made for it (`bench.private_network`). Results go to `var/bench/`, and each target
the runs say something of is judged (`bench.targets`). Exit code 1: `--check` and a target is
missed; 2: the peer is not installed, the namespace cannot be made, or no compiler is there for the
slow disk.
"""

import argparse
import asyncio
import dataclasses
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from bench.drill.faults import NotShown, Shim
from bench.janus_server import JanusUnavailable, janus_server, require_janus
from bench.load import measure
from bench.measure import Run, machine
from bench.private_network import (
    ADDRESS,
    OUTSIDE_OPTION,
    NetworkUnavailable,
    furnish,
    reexecute_inside,
)
from bench.servers import LOOPBACK, OwnServer, ServerUnderTest, own_server
from bench.targets import (
    JANUS,
    NATIVE,
    OFF,
    OWN,
    RECORDINGS,
    REFERENCE,
    SLOW,
    label,
    ratios,
    verdicts,
)
from media.native_library import LIBRARY

RESULTS = Path("var/bench")
MOST_READ_WHOLE, SAMPLING = 100, 16
#: How much longer each wait for a slow disk takes: there are several a second.
SLOW_MS = 200
_REPORTED = (
    "subscribers",
    "seconds",
    "rounds",
    "peer",
    "codec",
    "bursts",
    "check",
    "plane",
    "busy",
    "recording",
)


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--subscribers", type=int, nargs="+", default=[10, 50], metavar="N")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each measured window")
    parser.add_argument("--rounds", type=int, default=2, help="windows per server and N")
    parser.add_argument(
        "--peer", choices=["", "janus"], default="", help="compare with this server"
    )
    parser.add_argument("--codec", choices=["h264", "vp8"], default="h264")
    parser.add_argument(
        "--bursts", action="store_true", help="send the packets of a frame at once, not evenly"
    )
    parser.add_argument(
        "--plane",
        choices=[REFERENCE, NATIVE],
        nargs="+",
        default=[NATIVE if LIBRARY.exists() else REFERENCE],
        help="our data planes; by default the one that would serve",
    )
    parser.add_argument(
        "--busy",
        type=float,
        nargs="+",
        default=[0.0],
        help="shares of time our event loop does other work",
    )
    parser.add_argument(
        "--recording",
        choices=RECORDINGS,
        nargs="+",
        default=[OFF],
        help="whether our server records what it forwards, and on which disk",
    )
    parser.add_argument("--check", action="store_true", help="fail when a target is missed")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the figures")
    # Given by this program to itself: the network namespace it came from.
    parser.add_argument(OUTSIDE_OPTION, help=argparse.SUPPRESS)
    parsed = parser.parse_args(arguments)
    if not all(0 <= share <= 0.95 for share in parsed.busy):
        parser.error("busy must lie between 0 and 0.95")
    if min(parsed.subscribers) < 1 or parsed.seconds <= 0 or parsed.rounds < 1:
        parser.error("subscribers, seconds and rounds must be positive")
    return parsed


def pin_to_spare_cpus() -> int | None:
    """Keep this process off one CPU and return that CPU; None when there is only one."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        return None
    os.sched_setaffinity(0, set(cpus[1:]))
    return cpus[0]


def run_first() -> bool:
    """Let this process and the servers it starts run before other programs; False: it may not.

    What is measured is a server, not its neighbours on the machine. All servers alike.
    """
    try:
        os.sched_setscheduler(
            0, os.SCHED_RR, os.sched_param(os.sched_get_priority_min(os.SCHED_RR))
        )
    except PermissionError:
        return False
    return True


def precedence_line(*, is_first: bool) -> str:
    """Say who runs before whom."""
    if is_first:
        return "Load and servers run before all other programs (SCHED_RR), busy event loops do not."
    return "Servers and load may not run before other programs: their delays are in the figures."


def sampling_for(subscribers: int) -> int:
    """Return of how many packets each subscriber reads one: all of 100 keep one core busy."""
    return 1 if subscribers <= MOST_READ_WHOLE else SAMPLING


class Row(NamedTuple):
    """One server to measure: its name; of ours the plane, the share of other work, the disk."""

    server: str
    plane: str = ""
    busy: float = 0.0
    recording: str = OFF


def rows(options: argparse.Namespace) -> list[Row]:
    """Return what takes turns for each number of subscribers."""
    own = [
        Row(OWN, plane, busy, recording)
        for busy in options.busy
        for plane in options.plane
        for recording in options.recording
    ]
    return [*own, Row(JANUS)] if options.peer else own


@asynccontextmanager
async def _start(
    row: Row, cpu: int | None, options: argparse.Namespace
) -> AsyncIterator[ServerUnderTest]:
    if row.server != OWN:
        folder = options.results / "janus"
        async with janus_server(cpu, host=ADDRESS, folder=folder, codec=options.codec) as peer:
            yield peer
        return
    options.results.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.results) as place:
        recorded = Path(place).resolve() / "recorded"
        environment: Mapping[str, str] = {}
        if row.recording == SLOW:
            shim = Shim(Path(place), below=recorded)
            shim.slow(SLOW_MS)
            environment = shim.settings
        async with own_server(
            cpu,
            host=ADDRESS if options.peer else LOOPBACK,
            plane=row.plane,
            busy=row.busy,
            recording=None if row.recording == OFF else recorded,
            environment=environment,
        ) as server:
            yield server


def describe(run: Run) -> str:
    """Return one printed line of a run."""
    return (
        f"{label(run):24} N={run.subscribers:<4} {run.us_per_packet:6.2f} us/packet   "
        f"delay p50 {run.delay_p50_ms:5.2f} p99 {run.delay_p99_ms:6.2f} ms   "
        f"RSS {run.rss_per_subscriber_kb:5.0f} KB/subscriber   "
        f"join p50 {run.join_p50_ms:4.0f} p95 {run.join_p95_ms:4.0f} ms   "
        f"first video p50 {run.first_video_p50_ms:4.0f} p95 {run.first_video_p95_ms:4.0f} ms   "
        f"delivered {100 * run.delivery_ratio:.2f} %   "
        f"(load {100 * run.generator_load:.0f} %, others {100 * run.others_load:.0f} % of a core, "
        f"stolen {run.stolen_s:.1f} s)"
    )


async def run_all(options: argparse.Namespace, cpu: int | None) -> list[Run]:
    """Run every N and round, the servers in turn, printing each result as it comes."""
    runs = []
    for subscribers in options.subscribers:
        for _ in range(options.rounds):
            for row in rows(options):
                async with _start(row, cpu, options) as server:
                    run = await measure(
                        server,
                        subscribers=subscribers,
                        seconds=options.seconds,
                        codec=options.codec,
                        bursts=options.bursts,
                        sampling=sampling_for(subscribers),
                    )
                    run = dataclasses.replace(run, plane=row.plane, busy=row.busy)
                    if isinstance(server, OwnServer):
                        run = dataclasses.replace(
                            run,
                            recording=row.recording,
                            stored_s=server.stored_s,
                            problem=server.problem,
                        )
                runs.append(run)
                print(describe(runs[-1]), flush=True)
    return runs


def write_results(options: argparse.Namespace, runs: Sequence[Run], folder: Path) -> Path:
    """Write everything as JSON and return the file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"forward-{time.strftime('%Y%m%dT%H%M%S')}.json"
    content = {
        "machine": machine(),
        "options": {name: value for name, value in vars(options).items() if name in _REPORTED},
        "ratio_to_janus": {f"{plane} N={n}": ratio for (plane, n), ratio in ratios(runs).items()},
        "verdicts": [str(verdict) for verdict in verdicts(runs)],
        "runs": [{**dataclasses.asdict(r), "us_per_packet": r.us_per_packet} for r in runs],
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parse_arguments(arguments)
    if options.peer:
        try:
            require_janus()
            if options.outside_network is None:
                reexecute_inside("bench.forward", arguments)
            furnish(options.outside_network)
        except (JanusUnavailable, NetworkUnavailable) as reason:
            print(reason, file=sys.stderr)
            return 2
    print(f"{machine()}; 210 video packets/s of 1200 B ({options.codec}) + 50 audio packets/s")
    cpu = pin_to_spare_cpus()
    print(precedence_line(is_first=run_first()))
    if cpu is None:
        print("Only one CPU: server and load share it, so the delays are too long.")
    try:
        runs = asyncio.run(run_all(options, cpu))
    except NotShown as reason:
        print(f"A slow disk cannot be shown: {reason}.", file=sys.stderr)
        return 2
    judged = verdicts(runs)
    for verdict in judged:
        print(verdict)
    print(f"written to {write_results(options, runs, options.results)}")
    is_missed = any(verdict.is_met is False for verdict in judged)
    return 1 if options.check and is_missed else 0


if __name__ == "__main__":
    sys.exit(main())
