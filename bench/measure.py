"""What is measured about a server process, and the arithmetic on it. Linux: /proc."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def percentile(values: Sequence[float], fraction: float) -> float:
    """Return the nearest-rank percentile of `values`; `fraction` is 0..1. NaN when empty."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]


def cpu_seconds(pid: int) -> float:
    """Return user and system time of the whole process, all its threads, in seconds."""
    # The command name may hold spaces and parentheses: fields begin after the last one.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def resident_kb(pid: int) -> int:
    """Return the resident set of the process in KiB."""
    return _status_kb(pid, "VmRSS")


def own_kb(pid: int) -> int:
    """Return the memory that is the process's own and no file's, in RAM or swap, in KiB.

    Pages of mapped files come and go as the kernel needs their room; these do not.
    """
    return _status_kb(pid, "RssAnon") + _status_kb(pid, "VmSwap")


def _status_kb(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise ProcessLookupError(pid)


def machine_seconds() -> tuple[float, float]:
    """Return the CPU time this machine has spent busy, and had stolen by other guests."""
    first_line = Path("/proc/stat").read_text().split("\n", 1)[0]
    user, nice, system, _idle, _wait, irq, softirq, steal = map(int, first_line.split()[1:9])
    busy = user + nice + system + irq + softirq
    return busy / _TICKS_PER_SECOND, steal / _TICKS_PER_SECOND


def machine() -> str:
    """Describe the processor, the CPUs of this process (ask before pinning), and the kernel."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        os.uname().machine,
    )
    return f"{model}, {len(os.sched_getaffinity(0))} CPUs, Linux {os.uname().release}"


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run of one server with `subscribers` subscribers.

    Loads are in cores: `generator_load` is this process, `others_load` everything that is
    neither it nor the server, which is what makes one run differ from the next.
    """

    server: str
    subscribers: int
    seconds: float
    cpu_s: float
    delivered: int
    expected: int
    delay_p50_ms: float
    delay_p99_ms: float
    rss_per_subscriber_kb: float
    join_p50_ms: float
    join_p95_ms: float
    first_video_p50_ms: float
    first_video_p95_ms: float
    generator_load: float
    others_load: float
    stolen_s: float
    keyframes: int
    counters: dict[str, int]
    #: Of our own server: which plane forwarded, and the share of other work on its event loop.
    plane: str = ""
    busy: float = 0.0
    #: Whether it recorded what it forwarded, on which disk, and what of that reached the disk.
    recording: str = "off"
    stored_s: float = 0.0
    problem: str | None = None

    @property
    def us_per_packet(self) -> float:
        """Return server CPU per RTP packet that reached a subscriber, in microseconds."""
        return self.cpu_s * 1e6 / self.delivered if self.delivered else math.nan

    @property
    def delivery_ratio(self) -> float:
        """Return delivered over expected packets."""
        return self.delivered / self.expected if self.expected else math.nan


def pooled_us_per_packet(runs: Sequence[Run]) -> float:
    """Return the CPU per packet over several runs: all CPU over all packets."""
    delivered = sum(run.delivered for run in runs)
    return sum(run.cpu_s for run in runs) * 1e6 / delivered if delivered else math.nan
