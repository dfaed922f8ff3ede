"""What a row found: one line a measure, with its target and PASS or FAIL."""

import dataclasses
import json
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure of one row. `value` is the number judged, in the unit of the text."""

    row: str
    what: str
    measured: str
    target: str
    is_met: bool
    value: float = math.nan

    def line(self) -> str:
        """Return the finding as a line of the table."""
        verdict = "PASS" if self.is_met else "FAIL"
        return f"{verdict}  {self.row:18} {self.what:34} {self.measured:>22}   {self.target}"


@dataclass(slots=True)
class Findings:
    """The table as it grows; each line is printed as it is found."""

    found: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def at_most(self, row: str, what: str, value: float, limit: float, unit: str) -> None:
        """Judge a measure that must not be above the limit. NaN and infinity never pass."""
        target = f"<= {_text(limit, unit)}"
        self.add(row, what, _text(value, unit), target, is_met=value <= limit, value=value)

    def at_least(self, row: str, what: str, value: float, limit: float, unit: str) -> None:
        """Judge a measure that must not be below the limit. NaN never passes."""
        target = f">= {_text(limit, unit)}"
        self.add(row, what, _text(value, unit), target, is_met=value >= limit, value=value)

    def add(
        self,
        row: str,
        what: str,
        measured: str,
        target: str,
        *,
        is_met: bool,
        value: float = math.nan,
    ) -> None:
        """Keep a finding and print its line."""
        finding = Finding(row, what, measured, target, is_met, value)
        self.found.append(finding)
        print(finding.line(), flush=True)

    def note(self, text: str) -> None:
        """Print and keep what explains a figure and judges nothing."""
        self.notes.append(text)
        print(f"      {text}", flush=True)

    def failed_rows(self) -> list[str]:
        """Return the rows with a target missed, in order."""
        return list(dict.fromkeys(f.row for f in self.found if not f.is_met))

    def unmeasured(self, rows: Iterable[str]) -> list[str]:
        """Return which of these rows nothing was found of."""
        measured = {f.row for f in self.found}
        return [row for row in rows if row not in measured]

    def write(self, folder: Path, *, about: dict[str, Any]) -> Path:  # JSON
        """Write everything as JSON and return the file's path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"impair-{time.strftime('%Y%m%dT%H%M%S')}.json"
        rows = [_plain(dataclasses.asdict(finding)) for finding in self.found]
        content = {**about, "findings": rows, "notes": self.notes}
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        return path


def _plain(fields: dict[str, Any]) -> dict[str, Any]:  # JSON has neither NaN nor infinity
    value = fields["value"]
    return {**fields, "value": value if math.isfinite(value) else None}


def _text(value: float, unit: str) -> str:
    if math.isinf(value):
        return "never"
    if math.isnan(value):
        return "not measured"
    shown = f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"
    return f"{shown} {unit}".rstrip()


def summary(findings: Findings, asked_for: Iterable[str]) -> str:
    """Return the closing line; a row that was asked for and not measured meets nothing."""
    failed, unmeasured = findings.failed_rows(), findings.unmeasured(asked_for)
    count = len({f.row for f in findings.found}) + len(unmeasured)
    good = count - len(failed) - len(unmeasured)
    text = f"{good} of {count} rows meet every target"
    if failed:
        text += f"; missed: {', '.join(failed)}"
    return f"{text}; not measured: {', '.join(unmeasured)}" if unmeasured else text
