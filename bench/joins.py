"""Arrivals and departures: what a school bell does to the server.

    python -m bench.joins [--joins 100] [--within 5] [--cycles 200]

First `--joins` subscribers arrive evenly within `--within` seconds while one publisher
sends; then one subscriber at a time joins and leaves, `--cycles` times. Prints the time
to first video, how often the publisher was asked for a keyframe, and what memory stayed.
These are the targets of 100 joins in 5 s and of 200 join/leave cycles. All peers
handshake in this process, so on two cores the times are upper bounds.
"""

import argparse
import asyncio
import dataclasses
import json
import sys
import time
from collections.abc import Sequence

from bench.forward import RESULTS, pin_to_spare_cpus
from bench.load import VIDEO_MID, Publisher, Subscriber, Window
from bench.measure import machine, percentile, resident_kb
from bench.servers import OwnServer, own_server

_FIRST_VIDEO_S = 10.0


@dataclasses.dataclass(frozen=True, slots=True)
class Arrivals:
    """How the joins went; times from the wish to subscribe to the first video packet."""

    joins: int
    seconds: float
    first_video_p50_ms: float
    first_video_p95_ms: float
    keyframe_requests_per_s: float


@dataclasses.dataclass(frozen=True, slots=True)
class Cycles:
    """Resident memory before and after the join/leave cycles, the first ones not counted."""

    cycles: int
    rss_before_kb: int
    rss_after_kb: int

    @property
    def growth_kb_per_cycle(self) -> float:
        """Return what one join and leave left behind."""
        return (self.rss_after_kb - self.rss_before_kb) / self.cycles


async def _arrive(server: OwnServer, number: int, *, first: str) -> Subscriber:
    """Join and wait for `first`: the `Subscriber` field that notes the first packet."""
    seat = Subscriber(number, window=Window(), server=server)
    await seat.join(server)
    await seat.peer.until(lambda: getattr(seat, first) is not None, _FIRST_VIDEO_S)
    return seat


async def _leave(server: OwnServer, seat: Subscriber) -> None:
    await seat.peer.close()
    await server.remove(seat.number)


async def measure_arrivals(
    server: OwnServer, publisher: Publisher, *, joins: int, within_s: float
) -> Arrivals:
    """Let `joins` subscribers arrive evenly within `within_s`, and leave again."""
    before = publisher.peer.keyframe_requests[VIDEO_MID]
    started = time.monotonic()

    async def arrive_at(number: int) -> Subscriber:
        await asyncio.sleep(number * within_s / joins)
        return await _arrive(server, number, first="first_video_ns")

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(arrive_at(number)) for number in range(joins)]
    elapsed = time.monotonic() - started
    requests = publisher.peer.keyframe_requests[VIDEO_MID] - before
    seats = [task.result() for task in tasks]
    times_ms = [((seat.first_video_ns or 0) - seat.join_started_ns) / 1e6 for seat in seats]
    for seat in seats:
        await _leave(server, seat)
    return Arrivals(
        joins=joins,
        seconds=elapsed,
        first_video_p50_ms=percentile(times_ms, 0.50),
        first_video_p95_ms=percentile(times_ms, 0.95),
        keyframe_requests_per_s=requests / elapsed,
    )


async def measure_cycles(
    server: OwnServer, *, cycles: int, first_number: int, warm_up: int = 20
) -> Cycles:
    """Join and leave one after another; `warm_up` cycles before fill the allocator's pools."""
    number = first_number

    async def turn_over(times: int) -> None:
        nonlocal number
        for _ in range(times):
            # Any packet will do: waiting half a second for each keyframe teaches nothing.
            await _leave(server, await _arrive(server, number, first="first_media_ns"))
            number += 1

    await turn_over(warm_up)
    before = resident_kb(server.pid)
    await turn_over(cycles)
    return Cycles(cycles=cycles, rss_before_kb=before, rss_after_kb=resident_kb(server.pid))


async def run(*, joins: int, within_s: float, cycles: int) -> tuple[Arrivals, Cycles]:
    """Start our server, one publisher, and do both measurements."""
    async with own_server(pin_to_spare_cpus()) as server:
        publisher = Publisher(window=Window(), host=server.host, codec="h264", bursts=True)
        try:
            await publisher.connect(server)
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(publisher.run())
                arrivals = await measure_arrivals(server, publisher, joins=joins, within_s=within_s)
                turnover = await measure_cycles(server, cycles=cycles, first_number=joins)
                sending.cancel()
        finally:
            await publisher.peer.close()
    return arrivals, turnover


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both measurements, print them, and keep them as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--joins", type=int, default=100)
    parser.add_argument("--within", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--cycles", type=int, default=200)
    options = parser.parse_args(arguments)
    print(machine())
    arrivals, turnover = asyncio.run(
        run(joins=options.joins, within_s=options.within, cycles=options.cycles)
    )
    print(
        f"{arrivals.joins} joins in {arrivals.seconds:.1f} s: first video "
        f"p50 {arrivals.first_video_p50_ms:.0f} p95 {arrivals.first_video_p95_ms:.0f} ms, "
        f"{arrivals.keyframe_requests_per_s:.1f} keyframe requests/s to the publisher"
    )
    print(
        f"{turnover.cycles} join/leave cycles: RSS {turnover.rss_before_kb} -> "
        f"{turnover.rss_after_kb} KB, {turnover.growth_kb_per_cycle:+.1f} KB a cycle"
    )
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"joins-{time.strftime('%Y%m%dT%H%M%S')}.json"
    content = {
        "machine": machine(),
        "arrivals": dataclasses.asdict(arrivals),
        "cycles": dataclasses.asdict(turnover),
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
    print(f"written to {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
