"""A whole measured run, small, on each server: processes, handshakes and counts are real."""

import shutil
from pathlib import Path

import pytest

from bench.janus_server import janus_server
from bench.load import measure
from bench.servers import ServerFailed, own_server


@pytest.mark.parametrize("codec", ["h264", "vp8"])
async def test_a_run_on_our_server_delivers_everything_and_agrees_with_its_counters(
    codec: str,
) -> None:
    async with own_server(cpu=None) as server:
        run = await measure(
            server, subscribers=3, seconds=0.5, codec=codec, bursts=True, settle_s=0.1
        )
    assert run.delivered == run.expected > 3 * 100
    assert run.delay_p50_ms > 0
    assert run.counters["packets_out"] >= run.delivered
    assert run.counters["forwarded_from:publisher"] == run.counters["packets_out"]
    refused = ("malformed_rtp", "malformed_rtcp", "srtp_auth_failed", "errors")
    assert [run.counters[name] for name in refused] == [0, 0, 0, 0]


async def test_a_refusal_of_our_server_reaches_the_caller() -> None:
    async with own_server(cpu=None) as server:
        with pytest.raises(ServerFailed, match="sdp_malformed"):
            await server.publish("v=0\r\n")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("janus") is None, reason="Debian's janus is not installed")
async def test_a_run_on_janus_delivers_everything(tmp_path: Path) -> None:
    async with janus_server(cpu=None, folder=tmp_path, codec="h264") as server:
        run = await measure(
            server, subscribers=3, seconds=0.5, codec="h264", bursts=False, settle_s=0.1
        )
    assert run.delivered == run.expected > 3 * 100
    assert run.server == "janus"
