"""Use cases of needs: post one, rank the hubs that could answer it, accept one of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from fastapi.encoders import jsonable_encoder
from sqlalchemy import CursorResult, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.alliances import need_queries, pairing_queries, queries
from app.alliances.errors import OfferUnfit, SchoolNotOpen
from app.alliances.models import (
    NEXT_NEED_STATE,
    HubOffer,
    Match,
    Need,
    NeedState,
    Pairing,
    PairingKind,
)
from app.alliances.need_schemas import NeedIn, OfferIn, OfferOut
from app.alliances.pairing_schemas import PairingIn, PartyIn
from app.alliances.pairings import Actor, new, propose, require_codes, save_draft
from app.alliances.scoring import Candidate, NeedFacts, OfferFacts, judge, rank
from app.calendars import queries as calendars
from app.calendars.days import Bells, Span, local_day, shared_windows
from app.calendars.schemas import minutes_of
from app.errors import ChangedMeanwhile, WrongState
from app.etags import etag_of
from app.schools import queries as schools
from app.schools.models import School

MOST_CANDIDATES = 100
LEAST_WINDOW_MINUTES = 35  # a lesson of a primary school less five minutes to change rooms


async def save_offer(db: AsyncSession, offer: HubOffer, body: OfferIn) -> None:
    """Make a new offer, or an old one, what `body` says. Raise CodeUnknown."""
    await require_codes(
        db,
        days=(body.valid_from, body.valid_to),
        subjects=[body.subject],
        language=body.language,
        grades=(body.grade_from, body.grade_to),
    )
    for name, value in body.model_dump().items():
        setattr(offer, name, value)
    db.add(offer)
    await db.flush()


async def post(db: AsyncSession, body: NeedIn, *, person_id: UUID, now: datetime) -> Need:
    """Post a need of a school. Raise CodeUnknown, SchoolNotOpen."""
    await _require_codes(db, body)
    await _require_open(db, body, now)
    need = Need(**_columns(body), state=NeedState.OPEN, posted_at=now, posted_by=person_id)
    db.add(need)
    await db.flush()
    return need


async def change(db: AsyncSession, need: Need, body: NeedIn, *, now: datetime) -> None:
    """Change an open need: a matched one is what the pairing was made for.

    Raise WrongState, CodeUnknown, SchoolNotOpen.
    """
    if need.state is not NeedState.OPEN:
        raise _not_now(need)
    await _require_codes(db, body)
    await _require_open(db, body, now)
    for name, value in _columns(body).items():
        setattr(need, name, value)
    await db.flush()


async def _require_codes(db: AsyncSession, body: NeedIn) -> None:
    await require_codes(
        db,
        days=(body.starts_on, body.ends_on),
        subjects=[body.subject],
        language=body.language,
        grades=(body.grade_no,),
    )


async def _require_open(db: AsyncSession, body: NeedIn, now: datetime) -> None:
    """Raise SchoolNotOpen unless the school is there on the first day it can still be taught."""
    school = await db.get_one(School, body.school_id)
    day = max(body.starts_on, local_day(now))
    if not school.is_open_on(day):
        raise SchoolNotOpen(
            f"Not open on {day}: {school.name}. Name another school or other days.",
            schools=[school.name],
        )


async def withdraw(db: AsyncSession, need: Need) -> None:
    """Take a need back that nobody answers. Raise WrongState."""
    if NeedState.WITHDRAWN not in NEXT_NEED_STATE[need.state]:
        raise _not_now(need)
    need.state = NeedState.WITHDRAWN
    await db.flush()


def _columns(body: NeedIn) -> dict[str, Any]:
    values = body.model_dump(exclude={"weekdays", "earliest", "latest"})
    return values | {
        "weekdays": "".join(str(day) for day in sorted(set(body.weekdays))),
        "earliest_minute": minutes_of(body.earliest),
        "latest_minute": minutes_of(body.latest),
    }


def _not_now(need: Need) -> WrongState:
    return WrongState(
        f"The need is {need.state}.",
        state=need.state,
        possible=sorted(NEXT_NEED_STATE[need.state]),
    )


async def candidates(
    db: AsyncSession, need: Need, *, today: date, has_all: bool = False
) -> tuple[list[tuple[Candidate, HubOffer]], bool]:
    """Return the offers that could answer a need, best first, with the reasons.

    And whether there are more than are ranked; `has_all`: there are not. The number of statements
    does not depend on how many there are.
    """
    school = await schools.get_school(db, need.school_id)
    most = None if has_all else MOST_CANDIDATES
    offers = await need_queries.offers_for(
        db, need, school.region, today=today, most=most and most + 1
    )
    offers, is_cut = offers[:most], most is not None and len(offers) > most
    facts = await _facts(db, need, offers, today=today)
    by_id = {offer.id: offer for offer in offers}
    ranked = rank(_asked(need, school), facts)
    return [(each, by_id[each.offer.offer_id]) for each in ranked], is_cut


async def accept(
    db: AsyncSession,
    need: Need,
    offer: HubOffer,
    actor: Actor,
    *,
    offer_version: int,
    is_own_offer: bool,
) -> Pairing:
    """Have one of the two schools accept an offer: the pairing is made and proposed for it.

    `need` is as it was read, of the offer `offer_version` was; `is_own_offer`: the caller
    administers its school, which is told with an offer that is another now. Raise ChangedMeanwhile
    (one of them is another now), WrongState (the need is not open, or somebody was quicker),
    OfferUnfit, and what `propose` raises.
    """
    await _claim(db, need)
    await _hold(db, offer, offer_version, is_own=is_own_offer)
    _require_fit(need, offer, today=actor.today)
    school = await schools.get_school(db, need.school_id)
    facts = await _facts(db, need, [offer], today=actor.today)
    judged = judge(_asked(need, school), facts[0])
    first_day = max(need.starts_on, actor.today)
    body = PairingIn(
        alliance_id=await queries.shared_alliance(
            db, offer.school_id, need.school_id, day=first_day
        ),
        kind=PairingKind.DELIVERY,
        name=f"{offer.school.name} — {school.name}"[:120],
        hub=PartyIn(school_id=offer.school_id),
        partners=[PartyIn(school_id=need.school_id)],
        subjects=[need.subject],
        periods_a_week=need.periods_a_week,
        starts_on=first_day,
        ends_on=need.ends_on,
    )
    pairing = await save_draft(db, new(), body)
    await propose(db, pairing, actor)
    db.add(
        Match(
            need_id=need.id,
            offer_id=offer.id,
            pairing_id=pairing.id,
            score=judged.score,
            reasons={
                reason.kind: {
                    "points": reason.points,
                    "says": reason.says,
                    "values": reason.values,
                }
                for reason in judged.reasons
            },
            made_at=actor.now,
            made_by=actor.person_id,
        )
    )
    await db.flush()
    return pairing


async def _claim(db: AsyncSession, need: Need) -> None:
    """Take the need, as it was read, for one pairing. One statement decides between two at once."""
    version = need.version
    taken = cast(
        "CursorResult[Any]",
        await db.execute(
            update(Need)
            .where(Need.id == need.id, Need.state == NeedState.OPEN, Need.version == version)
            .values(state=NeedState.MATCHED, version=Need.version + 1)
            .execution_options(synchronize_session=False)
        ),
    )
    await db.refresh(need, ["state", "version"])
    if taken.rowcount != 1:
        raise (
            _not_now(need)
            if need.state is not NeedState.OPEN
            else ChangedMeanwhile(
                "The need was changed this moment. Look at it as it is now.",
                etag=etag_of(need),
                current=None,
            )
        )


async def _hold(db: AsyncSession, offer: HubOffer, version: int, *, is_own: bool) -> None:
    """Let nobody change the offer until the end. Raise ChangedMeanwhile: it was changed before."""
    await db.refresh(offer, with_for_update={"read": True})  # SQLite has one writer: this one
    await db.refresh(offer, ["school"])
    if offer.version != version:
        raise ChangedMeanwhile(
            "The offer was changed after you had read it. Look at it as it is now.",
            etag=etag_of(offer),
            current=jsonable_encoder(OfferOut.of(offer, is_own=is_own)),
        )


def _require_fit(need: Need, offer: HubOffer, *, today: date) -> None:
    first_day = max(need.starts_on, today)
    if first_day > need.ends_on:
        raise OfferUnfit(f"The need was over on {need.ends_on}: give it another last day.")
    is_in_time = offer.valid_from <= need.ends_on and (
        offer.valid_to is None or offer.valid_to >= first_day
    )
    if offer.subject != need.subject or offer.school_id == need.school_id or not is_in_time:
        raise OfferUnfit("Choose one of the offers in the need's list.")


def _asked(need: Need, school: School) -> NeedFacts:
    return NeedFacts(need.grade_no, need.language, need.periods_a_week, _place(school))


def _place(school: School) -> tuple[float, float] | None:
    if school.latitude is None or school.longitude is None:
        return None
    return school.latitude, school.longitude


async def _facts(
    db: AsyncSession, need: Need, offers: Sequence[HubOffer], *, today: date
) -> list[OfferFacts]:
    hubs = list({offer.school_id for offer in offers})
    bells = await calendars.bells_of(db, [need.school_id, *hubs])
    day = max(need.starts_on, today)
    promised = await pairing_queries.promised_periods(
        db, hubs, need.subject, days=Span(day, need.ends_on)
    )
    return [
        OfferFacts(
            offer_id=offer.id,
            school_id=offer.school_id,
            name=offer.school.name,
            grade_from=offer.grade_from,
            grade_to=offer.grade_to,
            language=offer.language,
            periods_a_week=offer.periods_a_week,
            committed=promised.get(offer.school_id, 0),
            windows_a_week=windows_a_week(need, bells, offer.school_id, day=day),
            place=_place(offer.school),
        )
        for offer in offers
    ]


def windows_a_week(
    need: Need, bells: Mapping[UUID, Sequence[Bells]], hub_id: UUID, *, day: date
) -> int | None:
    """Return in how many of the site's periods a week, within its window, the hub has a lesson too.

    None when one of the two has no bells that day.
    """
    site = next((each for each in bells[need.school_id] if each.is_in_force(day)), None)
    hub = next((each for each in bells[hub_id] if each.is_in_force(day)), None)
    if site is None or hub is None:
        return None
    shared = shared_windows(site.periods, hub.periods, least_minutes=LEAST_WINDOW_MINUTES)
    periods = {
        window.one_number
        for window in shared
        if need.earliest_minute <= window.starts_minute and window.ends_minute <= need.latest_minute
    }
    return len(periods) * len(need.weekdays)
