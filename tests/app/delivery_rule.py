"""The plain rule of deliveries when a school passes on what it receives (一点带多点).

The reference `app.attendance.taught`, which counts within the database, is held against.

A middle point M receives a lesson of A and broadcasts it to B and C in a lesson of its own. That
lesson keeps the *origin*, the lesson at the beginning of the chain (`Lesson.origin_id`). The rule:
**a site counts once per origin**. A's lesson reached M, B and C: three, not four lessons' worth;
and B, invited by both A and M, is still one. The school that gave the origin is never a site of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Delivery:
    """An origin that reached a site, by whatever lesson. `giver_id`: the school of the origin."""

    origin_id: UUID
    giver_id: UUID
    school_id: UUID


def counted(deliveries: Iterable[Delivery]) -> set[tuple[UUID, UUID]]:
    """Return the (origin, site's school) pairs that count; their number is the deliveries'."""
    return {
        (delivery.origin_id, delivery.school_id)
        for delivery in deliveries
        if delivery.school_id != delivery.giver_id
    }
