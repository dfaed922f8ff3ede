"""A whole measured run, small, on each server: processes, handshakes and counts are real."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.drill.faults import NotShown, Shim
from bench.janus_server import JanusUnavailable, require_janus
from bench.load import measure
from bench.private_network import NetworkUnavailable, require_private_network
from bench.servers import ServerFailed, own_server

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("codec", ["h264", "vp8"])
async def test_a_run_on_our_server_delivers_everything_and_agrees_with_its_counters(
    codec: str,
) -> None:
    # A machine that stands still for a moment looks like a queue, and a picture is held back for
    # it, as it should be: another run then shows that nothing else is kept from anybody.
    for _ in range(3):
        async with own_server(cpu=None) as server:
            run = await measure(
                server, subscribers=3, seconds=0.5, codec=codec, bursts=True, settle_s=1.0
            )
        if run.delivered == run.expected or not run.counters["held_back"]:
            break
    assert run.delivered == run.expected > 3 * 30
    assert run.delay_p50_ms > 0
    assert run.counters["packets_out"] >= run.delivered
    assert run.counters["forwarded_from:publisher"] == run.counters["packets_out"]
    refused = ("malformed_rtp", "malformed_rtcp", "srtp_auth_failed", "errors")
    assert [run.counters[name] for name in refused] == [0, 0, 0, 0]


async def test_what_is_recorded_of_a_run_reaches_the_disk_however_slow_it_is(
    tmp_path: Path,
) -> None:
    recorded = tmp_path / "recorded"
    try:
        shim = Shim(tmp_path, below=recorded)
    except NotShown as reason:
        pytest.skip(str(reason))
    shim.slow(20)
    async with own_server(cpu=None, recording=recorded, environment=shim.settings) as server:
        run = await measure(server, subscribers=1, seconds=0.5, codec="h264", bursts=True)
        async with asyncio.timeout(20):
            while server.stored_s < 1:
                await asyncio.sleep(0.05)
        assert server.problem is None
    assert run.counters["errors"] == 0
    assert shim.waited > 0
    assert len(list(recorded.glob("*.mp4*"))) == 2


async def test_a_refusal_of_our_server_reaches_the_caller() -> None:
    async with own_server(cpu=None) as server:
        with pytest.raises(ServerFailed, match="sdp_malformed"):
            await server.publish("v=0\r\n")


@pytest.mark.slow
def test_a_comparison_with_janus_delivers_everything_on_both(tmp_path: Path) -> None:
    try:
        require_janus()
        require_private_network()
    except (JanusUnavailable, NetworkUnavailable) as reason:
        pytest.skip(str(reason))
    load = ["--subscribers", "3", "--seconds", "0.5", "--rounds", "1", "--results", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.forward", "--peer", "janus", *load],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (results,) = tmp_path.glob("forward-*.json")
    runs = json.loads(results.read_text())["runs"]
    assert [run["server"] for run in runs] == ["three-classrooms", "janus"]
    for run in runs:
        assert run["delivered"] == run["expected"] > 3 * 30
