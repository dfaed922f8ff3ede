"""How well a hub's offer answers a need, in points out of 100, and why. Pure, same answer always.

Five reasons, each with the points it gives and the figures it was given for, so that a page can
say every one in a sentence. A hub that does not offer the subject is no candidate at all; whatever
else is missing costs points and is said.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from uuid import UUID

from pydantic import JsonValue

EARTH_KM = 6371.0
NEAR_KM, FAR_KM = 10.0, 300.0


class ReasonKind(StrEnum):
    """What speaks for a hub, or against it."""

    SUBJECT = "SUBJECT"
    LANGUAGE = "LANGUAGE"
    BELLS = "BELLS"
    DISTANCE = "DISTANCE"
    LOAD = "LOAD"


MOST_POINTS = {
    ReasonKind.SUBJECT: 30,
    ReasonKind.LANGUAGE: 15,
    ReasonKind.BELLS: 30,
    ReasonKind.DISTANCE: 10,
    ReasonKind.LOAD: 15,
}


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """What is asked for. `place`: degrees north and east, None: unknown."""

    grade_no: int
    language: str
    periods_a_week: int
    place: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What a hub offers in the subject, with what it has already promised.

    `windows_a_week`: shared windows of the two bells within the need's window, in a week.
    `committed`: periods a week of its pairings that are agreed or under way.
    """

    offer_id: UUID
    school_id: UUID
    name: str
    grade_from: int
    grade_to: int
    language: str
    periods_a_week: int
    committed: int
    windows_a_week: int | None
    place: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: `points` of `most`, and the figures its sentence needs."""

    kind: ReasonKind
    points: int
    most: int
    says: str
    values: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hub's offer with its points and its reasons."""

    offer: OfferFacts
    score: int
    reasons: tuple[Reason, ...]


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the way along a great circle between two places (the haversine formula)."""
    north, east = radians(one[0]), radians(one[1])
    north_2, east_2 = radians(other[0]), radians(other[1])
    half = (
        sin((north_2 - north) / 2) ** 2 + cos(north) * cos(north_2) * sin((east_2 - east) / 2) ** 2
    )
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))


def rank(need: NeedFacts, offers: Iterable[OfferFacts]) -> list[Candidate]:
    """Return the candidates, best first; equal ones by name and id, so that the order is one."""
    candidates = [judge(need, offer) for offer in offers]
    return sorted(
        candidates, key=lambda each: (-each.score, each.offer.name, str(each.offer.offer_id))
    )


def judge(need: NeedFacts, offer: OfferFacts) -> Candidate:
    """Return one offer with its points and reasons."""
    reasons = (
        _subject(need, offer),
        _language(need, offer),
        _bells(need, offer),
        _distance(need, offer),
        _load(need, offer),
    )
    return Candidate(offer, sum(reason.points for reason in reasons), reasons)


def _reason(kind: ReasonKind, share: float, says: str, **values: JsonValue) -> Reason:
    most = MOST_POINTS[kind]
    return Reason(kind, round(most * min(1.0, max(0.0, share))), most, says, values)


def _subject(need: NeedFacts, offer: OfferFacts) -> Reason:
    """All points for the very grade; a third less for each grade it is away."""
    away = max(offer.grade_from - need.grade_no, need.grade_no - offer.grade_to, 0)
    says = "grade_offered" if away == 0 else "grade_near" if away < 3 else "grade_far"
    return _reason(
        ReasonKind.SUBJECT,
        1 - away / 3,
        says,
        grade_from=offer.grade_from,
        grade_to=offer.grade_to,
        grade_no=need.grade_no,
    )


def _language(need: NeedFacts, offer: OfferFacts) -> Reason:
    is_same = need.language == offer.language
    return _reason(
        ReasonKind.LANGUAGE,
        1.0 if is_same else 0.0,
        "language_same" if is_same else "language_other",
        language=offer.language,
        wanted=need.language,
    )


def _bells(need: NeedFacts, offer: OfferFacts) -> Reason:
    """Points as the share of the wanted periods for which the two bells leave room."""
    windows = offer.windows_a_week
    if windows is None:
        return _reason(ReasonKind.BELLS, 0.0, "bells_unknown", needed=need.periods_a_week)
    share = windows / need.periods_a_week
    says = "bells_enough" if share >= 1 else "bells_few" if windows else "bells_none"
    return _reason(ReasonKind.BELLS, share, says, windows=windows, needed=need.periods_a_week)


def _distance(need: NeedFacts, offer: OfferFacts) -> Reason:
    """All points within 10 km, none beyond 300: the hub's teacher visits once a month."""
    if need.place is None or offer.place is None:
        return _reason(ReasonKind.DISTANCE, 0.0, "distance_unknown")
    km = distance_km(need.place, offer.place)
    share = (FAR_KM - km) / (FAR_KM - NEAR_KM)
    return _reason(ReasonKind.DISTANCE, share, "distance", km=round(km))


def _load(need: NeedFacts, offer: OfferFacts) -> Reason:
    """Points as the share of the wanted periods the hub still has teachers for."""
    free = max(0, offer.periods_a_week - offer.committed)
    share = free / need.periods_a_week
    says = "load_free" if share >= 1 else "load_little" if free else "load_full"
    return _reason(ReasonKind.LOAD, share, says, free=free, capacity=offer.periods_a_week)
