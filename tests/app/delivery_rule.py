"""The plain rule of deliveries when a school passes on what it receives (一点带多点).

The reference `app.attendance.taught`, which counts within the database, is held against.

A middle point M receives a lesson of A and broadcasts it to B and C in a lesson of its own. That
lesson keeps the *origin*, the lesson at the beginning of the chain (`Lesson.origin_id`). The rule:
**a site counts once per origin**. A's lesson reached M, B and C: three, not four lessons' worth;
and B, invited by both A and M, is still one. The school that gave the origin is never a site of it.

Of several pairings between two schools a lesson is one's (`owner`): that of the pairing it was
received for, where somebody named one about its subject, else that of the first it fits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
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


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a pairing is about. `place`: where it stands among those a lesson may fit.

    `subjects`, `class_ids` empty: whatever; `lecturer_id` None: whoever.
    """

    pairing_id: UUID
    place: tuple[int, date, UUID]
    hub_id: UUID
    site_ids: frozenset[UUID]
    days: frozenset[date]
    subjects: frozenset[str]
    lecturer_id: UUID | None
    class_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Received:
    """A site that a lesson reached. `named`: the pairing it was received for, if any was named.

    `hub_id`: the school it had it from: the lesson's, or the one that passed it on to it.
    `subjects`: the code of the lesson's subject and those it is among.
    """

    record_id: UUID
    delivery: Delivery
    hub_id: UUID
    day: date
    subjects: frozenset[str]
    lecturer_id: UUID
    class_id: UUID | None
    named: UUID | None


def is_agreed(row: Received, agreed: Agreed) -> bool:
    """Return whether it was between the schools, on a day that counts, in a subject."""
    return (
        row.hub_id == agreed.hub_id
        and row.delivery.school_id in agreed.site_ids
        and row.day in agreed.days
        and (not agreed.subjects or bool(row.subjects & agreed.subjects))
    )


def is_misnamed(row: Received, pairings: Iterable[Agreed]) -> bool:
    """Return whether the pairing named is about subjects, and the lesson's, known, is another."""
    (named,) = (each for each in pairings if each.pairing_id == row.named)
    return bool(named.subjects and row.subjects) and not named.subjects & row.subjects


def owner(row: Received, pairings: Iterable[Agreed]) -> UUID | None:
    """Return the one pairing whose lesson this was: the one named, or the first it fits."""
    pairings = list(pairings)
    fitting = [each for each in pairings if is_agreed(row, each)]
    if row.named is not None and not is_misnamed(row, pairings):
        return row.named if row.named in {each.pairing_id for each in fitting} else None
    of_people = [
        each
        for each in fitting
        if each.lecturer_id in {None, row.lecturer_id}
        and (not each.class_ids or row.class_id is None or row.class_id in each.class_ids)
    ]
    first = min(of_people, key=lambda each: each.place, default=None)
    return None if first is None else first.pairing_id
