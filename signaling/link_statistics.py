"""What a seat's line was over a lesson: a few figures of thousands of reports."""

from typing import Final

from pydantic import JsonValue

from media.interface import LinkReport

#: A lesson of forty minutes has 2 400 reports; a quarter of them tell the same.
KEPT: Final = 600


class Samples:
    """A bounded, even choice of all values seen: when it is full, every other one goes."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._stride = 1
        self._skipped = 0

    def add(self, value: float) -> None:
        """Take a value, or pass over it."""
        self._skipped += 1
        if self._skipped < self._stride:
            return
        self._skipped = 0
        self._values.append(value)
        if len(self._values) > KEPT:
            del self._values[::2]
            self._stride *= 2

    def at(self, share: float) -> float | None:
        """Return the value that `share` (0..1) of all lie at or below; None before the first."""
        if not self._values:
            return None
        ordered = sorted(self._values)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class LinkStatistics:
    """All reports of one seat, over its connections, in this opening of the room."""

    def __init__(self) -> None:
        self._reports = 0
        self._series = {
            name: Samples()
            for name in ("estimate_down", "down", "up", "rtt", "loss_down", "loss_up")
        }

    def add(self, report: LinkReport) -> None:
        """Take one report; what it could not measure is not counted."""
        self._reports += 1
        measured = {
            "estimate_down": report.estimate_down_kbps,
            "down": report.kbps_down,
            "up": report.kbps_up,
            "rtt": report.rtt_ms,
            "loss_down": report.loss_down,
            "loss_up": report.loss_up,
        }
        for name, value in measured.items():
            if value is not None:
                self._series[name].add(value)

    def summary(self) -> dict[str, JsonValue] | None:
        """Return the middle of each figure and its worse end; None before the first report.

        Of what is used the worse end is the most that was, of the estimate the tenth that was
        least; losses in thousandths.
        """
        if self._reports == 0:
            return None
        return {
            "reports": self._reports,
            "estimate_down_kbps": self._whole("estimate_down", 0.5),
            "estimate_down_low_kbps": self._whole("estimate_down", 0.1),
            "down_kbps": self._whole("down", 0.5),
            "down_high_kbps": self._whole("down", 0.95),
            "up_kbps": self._whole("up", 0.5),
            "up_high_kbps": self._whole("up", 0.95),
            "rtt_ms": self._whole("rtt", 0.5),
            "rtt_high_ms": self._whole("rtt", 0.95),
            "loss_down_permille": self._permille("loss_down", 0.5),
            "loss_down_high_permille": self._permille("loss_down", 0.95),
            "loss_up_permille": self._permille("loss_up", 0.5),
            "loss_up_high_permille": self._permille("loss_up", 0.95),
        }

    def _whole(self, name: str, share: float) -> int | None:
        value = self._series[name].at(share)
        return None if value is None else round(value)

    def _permille(self, name: str, share: float) -> int | None:
        value = self._series[name].at(share)
        return None if value is None else round(value * 1000)
