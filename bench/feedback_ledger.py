"""A sender's account of transport-wide feedback: what was sent against what was reported."""

from collections import OrderedDict
from dataclasses import dataclass, field

from media.core.rtcp import TransportFeedback

_REMEMBERED = 16384


@dataclass(slots=True)
class FeedbackLedger:
    """Checks every report of draft-holmer-rmcat-transport-wide-cc-extensions-01.

    `false_acknowledgements` counts packets reported as arrived that never left:
    a sender that believed them would overrun the line.
    """

    reports: int = 0
    acknowledged: int = 0
    reported_lost: int = 0
    false_acknowledgements: int = 0
    _was_dropped: OrderedDict[int, bool] = field(default_factory=OrderedDict)

    def sent(self, transport_sequence: int, *, was_dropped: bool) -> None:
        """Note that a number was used, and whether the packet was dropped on the way."""
        self._was_dropped.pop(transport_sequence, None)
        self._was_dropped[transport_sequence] = was_dropped
        if len(self._was_dropped) > _REMEMBERED:
            self._was_dropped.popitem(last=False)

    def received(self, report: TransportFeedback) -> None:
        """Compare a report with what was sent."""
        self.reports += 1
        for offset, delta in enumerate(report.deltas):
            if delta is None:
                self.reported_lost += 1
                continue
            self.acknowledged += 1
            if self._was_dropped.get((report.base_seq + offset) & 0xFFFF, True):
                self.false_acknowledgements += 1
