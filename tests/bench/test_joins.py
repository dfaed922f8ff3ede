"""Arrivals and departures, small but real."""

import asyncio

from bench.joins import Cycles, measure_arrivals, measure_cycles
from bench.load import Publisher, Window
from bench.servers import own_server


def test_growth_is_per_cycle_and_may_be_negative() -> None:
    assert Cycles(cycles=200, rss_before_kb=1000, rss_after_kb=1500).growth_kb_per_cycle == 2.5
    assert Cycles(cycles=10, rss_before_kb=1000, rss_after_kb=990).growth_kb_per_cycle == -1.0


async def test_everybody_who_arrives_gets_video_and_nobody_is_left_behind() -> None:
    async with own_server(cpu=None) as server:
        publisher = Publisher(window=Window(), host=server.host, codec="h264", bursts=True)
        await publisher.connect(server)
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(publisher.run())
            arrivals = await measure_arrivals(server, publisher, joins=5, within_s=0.3)
            turnover = await measure_cycles(server, cycles=2, first_number=5, warm_up=1)
            before = await server.counters()
            sent = publisher.peer.counts["rtp_sent"]
            await publisher.peer.until(lambda: publisher.peer.counts["rtp_sent"] > sent + 20)
            after = await server.counters()
            sending.cancel()
        await publisher.peer.close()
    assert arrivals.joins == 5
    assert 0 < arrivals.first_video_p50_ms <= arrivals.first_video_p95_ms
    assert turnover.cycles == 2
    # With everybody gone nothing is forwarded any more, and what comes is counted as refused.
    assert after["packets_out"] == before["packets_out"]
    assert after["dropped_not_granted"] > before["dropped_not_granted"]
