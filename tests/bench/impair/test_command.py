"""The command: which rows it takes, what it says of them, and one row for real."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.impair import __main__ as command
from bench.impair.__main__ import GROUPS, groups_of, parse_arguments
from bench.impair.findings import Findings, summary
from bench.impair.namespaces import require_tun
from bench.private_network import NetworkUnavailable, require_private_network
from tests.e2e import samples

CHECKOUT = Path(__file__).resolve().parents[3]


def test_without_rows_every_group_is_measured() -> None:
    assert groups_of([]) == list(GROUPS)
    assert groups_of(["step", "ipv6"]) == ["capacity", "ipv6"]
    assert groups_of(["losses"]) == ["losses"]


def test_an_unknown_row_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        parse_arguments(["--rows", "loss-5,lost"])
    assert refused.value.code == 2
    said = capsys.readouterr().err
    assert "no such row: lost;" in said
    assert "loss-5" in said


def test_a_row_belongs_to_one_group() -> None:
    rows = [row for _, measured in GROUPS.values() for row in measured]
    assert len(rows) == len(set(rows))


def test_speech_is_fetched_before_the_network_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fresh machine has none, and the namespace the rows are measured in has no way out."""

    def cannot() -> Path:
        raise subprocess.CalledProcessError(1, "pip download")

    monkeypatch.setattr(command, "chromium", lambda: Path("chrome"))
    monkeypatch.setattr(samples, "speech", cannot)
    monkeypatch.setattr(command, "_enter_namespace", lambda *_: pytest.fail("measured without"))
    assert command.main(["--rows", "web"]) == 2
    assert "connect this machine" in capsys.readouterr().err


class TestFindings:
    def test_a_target_met_passes_and_one_missed_fails(self, tmp_path: Path) -> None:
        findings = Findings()
        findings.at_most("cut-5", "back after", 0.9, 1.0, "s")
        findings.at_most("cut-30", "back after", 3.1, 3.0, "s")
        findings.at_least("loss-5", "heard", 79.9, 80, "%")
        assert [finding.is_met for finding in findings.found] == [True, False, False]
        assert findings.failed_rows() == ["cut-30", "loss-5"]
        assert summary(findings, ()) == "1 of 3 rows meet every target; missed: cut-30, loss-5"
        assert summary(findings, ["loss-5", "web-nat"]) == (
            "1 of 4 rows meet every target; missed: cut-30, loss-5; not measured: web-nat"
        )

    @pytest.mark.parametrize("value", [math.nan, math.inf])
    def test_what_never_came_meets_no_target(self, value: float) -> None:
        findings = Findings()
        findings.at_most("row", "what", value, 1e9, "s")
        assert findings.failed_rows() == ["row"]

    def test_what_was_not_measured_is_not_enough(self) -> None:
        findings = Findings()
        findings.at_least("row", "what", math.nan, 0, "%")
        assert findings.failed_rows() == ["row"]

    def test_the_figures_are_kept(self, tmp_path: Path) -> None:
        findings = Findings()
        findings.at_most("row", "what", math.inf, 1, "s")
        content = json.loads(findings.write(tmp_path, about={"road": "x"}).read_text())
        assert content["road"] == "x"
        [finding] = content["findings"]
        assert finding["value"] is None
        assert finding["measured"] == "never"
        assert not finding["is_met"]


def test_a_row_that_this_road_cannot_measure_is_not_met(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.impair", "--rows", "ipv6", "--road", "proxy",
         "--results", str(tmp_path)],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "0 of 1 rows meet every target; not measured: ipv6" in done.stdout


@pytest.mark.slow
def test_a_lesson_over_ipv6_meets_its_targets(tmp_path: Path) -> None:
    try:
        require_private_network()
        require_tun()
    except NetworkUnavailable as reason:
        pytest.skip(str(reason))
    done = subprocess.run(
        [sys.executable, "-m", "bench.impair", "--rows", "ipv6", "--quick",
         "--results", str(tmp_path)],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    lines = [line for line in done.stdout.splitlines() if re.match(r"(PASS|FAIL)  ipv6 ", line)]
    assert len(lines) == 4, done.stdout
    # What a busy machine makes of the targets is not this test's business; that media came is.
    assert not any("never" in line or "not measured" in line for line in lines)
    [written] = tmp_path.glob("impair-*.json")
    assert len(json.loads(written.read_text())["findings"]) == 4
