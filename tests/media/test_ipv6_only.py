"""Media where there is no IPv4 at all."""

import json
import subprocess
import sys
from pathlib import Path

from tests.needs import need_programs, private_network


def test_a_lesson_needs_no_ipv4() -> None:
    need_programs(nft="nftables")
    inside = private_network()
    done = subprocess.run(
        [*inside, sys.executable, "-m", "tests.media.ipv6_only"],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    received = json.loads(done.stdout.splitlines()[-1])
    assert received["udp"] > 0
    assert received["tcp"] > 0
