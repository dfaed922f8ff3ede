"""Media where there is no IPv4 at all."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.private_network import NetworkUnavailable, require_private_network


def test_a_lesson_needs_no_ipv4() -> None:
    if shutil.which("nft") is None:
        pytest.skip("There is no nft. On Debian or Ubuntu: sudo apt-get install nftables")
    try:
        inside = require_private_network()
    except NetworkUnavailable as reason:
        pytest.skip(str(reason))
    done = subprocess.run(
        [*inside, sys.executable, "-m", "tests.media.ipv6_only"],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    received = json.loads(done.stdout.splitlines()[-1])
    assert received["udp"] > 0
    assert received["tcp"] > 0
