"""Whose line is at fault: a seat's own, the hub's uplink, or the server's. Sans-IO.

A loss on the hub's way to the server is missing at every classroom, and is reported by each
as a loss of its own; so is whatever the server's own line loses. Named is what is true, once
for each seat: a teacher who blames a village for her own uplink repairs the wrong thing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite
from typing import Final

from signaling.links import GOOD_LOSS, LinkMeter, Trouble
from signaling.messages import Leg, LinkCause, Role

#: Troubles that begin within this time of the one before have begun together.
TOGETHER_S: Final = 4.0
#: A common cause is not taken back while it ends at one site after the other.
HOLD_S: Final = 10.0
#: How much more than the hub a site may lose and still have lost nothing by itself.
MARGIN: Final = 0.05
_COMMON: Final = frozenset({LinkCause.HUB_UP, LinkCause.SERVER})


@dataclass(frozen=True, slots=True)
class Line:
    """A present seat's line."""

    role: Role
    meter: LinkMeter


class Verdict:
    """What is said of one seat's line."""

    def __init__(self) -> None:
        self.trouble: Trouble | None = None
        self._common_until = -inf

    def judge(
        self, own: Trouble | None, seat_id: str, lines: Mapping[str, Line], *, now: float
    ) -> bool:
        """Weigh a seat's own trouble against everybody's lines; return whether it is news.

        `lines` are those of everybody present, this seat among them; without a trouble of
        its own nobody's matter.
        """
        before = self.trouble
        blamed = own if own is None else blame(own, seat_id, lines)
        if blamed is not None and blamed.cause in _COMMON:
            self._common_until = now + HOLD_S
        elif (
            blamed is not None
            and before is not None
            and before.cause in _COMMON
            and now < self._common_until
        ):
            blamed = before
        self.trouble = blamed
        return blamed != before


def blame(own: Trouble, seat_id: str, lines: Mapping[str, Line]) -> Trouble:
    """Return the true cause of what a seat's own figures show."""
    if own.cause is LinkCause.DECLARED_DOWN:
        return own
    if own.cause is LinkCause.LOSS_DOWN and _is_of_hub(lines[seat_id], lines):
        return Trouble(LinkCause.HUB_UP)
    # A line that is cut both ways is compared by the leg that everybody has.
    leg = Leg.DOWN if own.cause is LinkCause.SILENT and own.leg is None else own.leg
    if _is_common(leg, seat_id, lines):
        return Trouble(LinkCause.SERVER)
    return own


def _is_of_hub(line: Line, lines: Mapping[str, Line]) -> bool:
    """Return whether what a site lost was lost before it reached the server.

    The hub itself is watched by nobody who could tell, and one classroom that loses nothing
    shows that what the others lose is their own.
    """
    if line.role is Role.LECTURER:
        return False
    hub = next((one.meter for one in lines.values() if one.role is Role.LECTURER), None)
    if hub is None or hub.loss_up is None or hub.first_sign(Leg.UP) is None:
        return False
    losses = [one.meter.loss_down for one in lines.values() if one.role is Role.CLASSROOM]
    is_everybodys = all(loss is None or loss > GOOD_LOSS for loss in losses)
    return is_everybodys and (line.meter.loss_down or 0.0) <= hub.loss_up + MARGIN


def _is_common(leg: Leg | None, seat_id: str, lines: Mapping[str, Line]) -> bool:
    """Return whether a seat's trouble began at every classroom at the same time.

    Classrooms that were in trouble before count as nothing new; one that is well, or came
    into trouble later by itself, shows that the line they share is well. Of what a line is
    by nature nothing follows for the others: satellites are nobody's fault.
    """
    began = lines[seat_id].meter.first_sign(leg)
    if began is None:
        return False
    signs: list[float] = []
    for line in lines.values():
        if line.role is Role.CLASSROOM and line.meter.is_measured:
            sign = line.meter.first_sign(leg)
            if sign is None or (leg is Leg.DOWN and _is_of_hub(line, lines)):
                return False
            if isfinite(sign):
                signs.append(sign)
    last = _last_together(sorted(signs))
    is_among_them = last[0] - TOGETHER_S <= began <= last[-1] + TOGETHER_S if last else False
    return is_among_them and len(last) > 1 and 2 * len(last) >= len(signs)


def _last_together(signs: list[float]) -> list[float]:
    """Return the latest of these moments, and those that hang together with it."""
    begin = 0
    for index, (earlier, later) in enumerate(pairwise(signs), start=1):
        if later - earlier > TOGETHER_S:
            begin = index
    return signs[begin:]
