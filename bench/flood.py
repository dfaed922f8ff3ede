"""What a flood from strangers does to a lesson: `make bench-flood`.

    python -m bench.flood [--rate 10000] [--subscribers 10] [--seconds 5]

A quiet window first, then one for each kind of flood, on a server of its own each time: checks
that name nobody, ClientHellos, RTP and RTCP with no keys, each from 250 source addresses (all of
127.0.0.0/8 is this machine), begun before the first subscriber joins. Printed: forward p50 and
p99 beside those of the quiet window, server CPU, what was delivered. Exit code 1 if packets of
the lesson were lost or p99 passed the bound of reliability: 50 ms and ten times the quiet one.
"""

import argparse
import asyncio
import dataclasses
import json
import os
import random
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aioice import stun

from bench.forward import RESULTS, pin_to_spare_cpus, precedence_line, run_first
from bench.load import measure
from bench.measure import Run, machine
from bench.servers import LOOPBACK, OwnServer, own_server, start_process, stop_process
from bench.targets import LEAST_DELIVERED
from media.core import rtcp, rtp

SOURCES = 250
#: reliability: "flood tests with live room asserting p99 forwarding delay < 50 ms".
MOST_P99_MS = 50.0
MOST_TIMES_QUIET = 10.0
_DATAGRAMS = 500
_STEP_S = 0.005


def _check(dice: random.Random) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{dice.getrandbits(32):08x}:theirs"
    message.attributes["PRIORITY"] = 1
    message.add_message_integrity(b"guess")
    message.add_fingerprint()
    return bytes(message)


def _hello(dice: random.Random) -> bytes:
    body = bytes([1]) + dice.randbytes(180)
    return bytes([22, 254, 253]) + bytes(8) + struct.pack("!H", len(body)) + body


def _media(dice: random.Random) -> bytes:
    return rtp.build(
        dice.randbytes(1000),
        payload_type=96,
        marker=0,
        seq=dice.getrandbits(16),
        timestamp=dice.getrandbits(32),
        ssrc=dice.getrandbits(32),
    )


def _control(dice: random.Random) -> bytes:
    return rtcp.ReceiverReport(dice.getrandbits(32), ()).to_bytes() + dice.randbytes(14)


KINDS: dict[str, Callable[[random.Random], bytes]] = {
    "stun": _check,
    "dtls": _hello,
    "rtp": _media,
    "rtcp": _control,
}


@contextmanager
def sources(port: int) -> Iterator[list[socket.socket]]:
    """Sockets at as many addresses of this machine, connected to the media port."""
    opened = []
    try:
        for number in range(SOURCES):
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            opened.append(one)
            one.bind((f"127.77.{number // 250}.{number % 250 + 1}", 0))
            one.connect((LOOPBACK, port))
            one.setblocking(False)
        yield opened
    finally:
        for one in opened:
            one.close()


def flood(kind: str, port: int, rate: int, seconds: float) -> int:
    """Send `rate` datagrams a second for at most `seconds`; return how many were taken."""
    dice = random.Random(kind)
    datagrams = [KINDS[kind](dice) for _ in range(_DATAGRAMS)]
    sent = refused = 0
    with sources(port) as opened:
        began = time.monotonic()
        while (elapsed := time.monotonic() - began) < seconds:
            while sent + refused < rate * elapsed:
                number = sent + refused
                try:
                    opened[number % SOURCES].send(datagrams[number % _DATAGRAMS])
                    sent += 1
                except OSError:  # the queue is full: to the server it makes no difference
                    refused += 1
            time.sleep(_STEP_S)
    return sent


async def _run(options: argparse.Namespace, kind: str | None, cpu: int | None) -> Run:
    async with own_server(cpu) as server:
        flooder = None
        if kind is not None:
            flooder = await _start_flooder(server, kind, options)
        try:
            return await measure(
                server,
                subscribers=options.subscribers,
                seconds=options.seconds,
                codec="h264",
                bursts=False,
            )
        finally:
            if flooder is not None:
                await stop_process(flooder)


async def _start_flooder(
    server: OwnServer, kind: str, options: argparse.Namespace
) -> asyncio.subprocess.Process:
    # Bounded by itself: joins, the settling, the window, and some more.
    seconds = options.seconds + 30
    words = ["--flooder", kind, str(server.media_port), str(options.rate), str(seconds)]
    return await start_process(sys.executable, "-m", "bench.flood", *words, cpu=None)


def describe(name: str, run: Run, quiet: Run | None) -> str:
    """Return one printed line of a window."""
    times = "" if quiet is None else f" ({run.delay_p99_ms / quiet.delay_p99_ms:4.1f} x quiet)"
    return (
        f"{name:6} p50 {run.delay_p50_ms:6.2f} p99 {run.delay_p99_ms:6.2f} ms{times}   "
        f"server {100 * run.cpu_s / run.seconds:4.0f} % of a core   "
        f"delivered {100 * run.delivery_ratio:.2f} %   others {100 * run.others_load:.0f} %"
    )


def is_held(run: Run, quiet: Run) -> bool:
    """Return whether the lesson went on: nothing lost, and no packet late for it."""
    most_ms = min(MOST_P99_MS, MOST_TIMES_QUIET * max(1.0, quiet.delay_p99_ms))
    return run.delivery_ratio >= LEAST_DELIVERED and run.delay_p99_ms <= most_ms


async def run_all(options: argparse.Namespace, cpu: int | None) -> dict[str, Run]:
    """Run the quiet window and every flood, printing each as it comes."""
    quiet = await _run(options, None, cpu)
    print(describe("quiet", quiet, None), flush=True)
    runs = {"quiet": quiet}
    for kind in KINDS:
        runs[kind] = await _run(options, kind, cpu)
        verdict = "PASS" if is_held(runs[kind], quiet) else "FAIL"
        print(f"{describe(kind, runs[kind], quiet)}   {verdict}", flush=True)
    return runs


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(prog="make bench-flood", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rate", type=int, default=10_000, help="datagrams a second")
    parser.add_argument("--subscribers", type=int, default=10, metavar="N")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--flooder", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.flooder:
        kind, port, rate, seconds = options.flooder
        flood(kind, int(port), int(rate), float(seconds))
        return 0
    if options.rate < 1 or options.subscribers < 1 or options.seconds <= 0:
        parser.error("rate, subscribers and seconds must be positive")
    print(f"{machine()}; floods of {options.rate} datagrams/s from {SOURCES} addresses")
    print(precedence_line(is_first=run_first()))
    runs = asyncio.run(run_all(options, pin_to_spare_cpus()))
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / f"flood-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.json"
    figures = {name: dataclasses.asdict(run) for name, run in runs.items()}
    path.write_text(json.dumps(figures, indent=2) + "\n")
    print(f"written to {path}")
    return 0 if all(is_held(run, runs["quiet"]) for run in runs.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
