"""A whole lesson in real browsers where there is no IPv4 at all."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e import ipv6_inside, samples
from tests.e2e.platform_process import ROOT
from tests.needs import need_programs, private_network


@pytest.mark.browser
@pytest.mark.timeout(320)
def test_a_lesson_is_seen_and_heard_without_ipv4(tmp_path: Path) -> None:
    need_programs(nft="nftables")
    inside = private_network()
    samples.prepare()  # nothing can be fetched from inside
    done = subprocess.run(
        [*inside, sys.executable, "-m", "tests.e2e.ipv6_inside", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-4000:]
    found = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(found, ensure_ascii=False, indent=1))

    assert found["pages"] == ["[::1]"]
    assert found["roads"] == [["udp", "udp"]] * 3
    for where in ("hub at class-1", "hub at class-2", "class-1 at teacher"):
        assert found[where]["frames"] >= ipv6_inside.FRAMES, found
        assert found[where]["energy"] > 1e-5, found
    assert found["errors"] == []
