"""Use cases of course offerings: open one, change it, name the classrooms that receive it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import queries as accounts
from app.alliances import queries as alliances
from app.alliances.errors import TermForeign
from app.calendars import queries as calendars
from app.calendars.days import local_day
from app.codes import service as codes
from app.codes.models import CodeKind
from app.errors import NotFound, WrongState
from app.lessons import offering_queries as queries
from app.lessons.chains import Link, require_passable, unfit
from app.lessons.errors import Misfit
from app.lessons.models import (
    SERVED,
    STARTABLE,
    CourseOffering,
    Lesson,
    LessonSite,
    LessonState,
    OfferingSite,
    OfferingState,
)
from app.lessons.offering_schemas import OfferingIn, SiteIn
from app.lessons.timetable import SitePlan, touch
from app.schools import queries as schools
from app.schools.models import Classroom
from app.security import Scope

#: A cancelled one too: the lesson that makes it up is what it was.
NOT_BEGUN = STARTABLE | {LessonState.PLANNED, LessonState.CANCELLED}


async def save(
    db: AsyncSession, offering: CourseOffering, body: OfferingIn, scope: Scope, *, now: datetime
) -> None:
    """Make a new offering, or an old one, what `body` says. Its lessons stay as they are planned.

    Only whether they are after school follows, in those that are still to come.

    `scope`: what the caller administers. Raise NotFound, CodeUnknown, TermForeign, SiteUnfit,
    WrongState for one that has ended.
    """
    if offering.state is OfferingState.ENDED:
        raise WrongState("The offering has ended.", state=offering.state, possible=[])
    hub = await schools.school_within(db, scope, body.hub_school_id)
    term = await calendars.term_seen(db, scope, body.term_id)
    words = await codes.catalogue(db)
    days = (term.starts_on, term.ends_on)
    subject = words.holding(CodeKind.SUBJECT, body.subject, *days)
    language = (
        words.usual(CodeKind.LANGUAGE, local_day(now))
        if body.language is None
        else words.holding(CodeKind.LANGUAGE, body.language, *days)
    )
    words.holding(CodeKind.GRADE, str(body.grade_no), *days)
    if not await alliances.holds_in(db, term, hub.region):
        raise TermForeign("Choose a term of the hub school's region, or of one it lies in.")
    await accounts.require_person_of(db, body.lecturer_id, school_id=hub.id)
    if body.hub_class_id is not None:
        await schools.require_class_of(db, body.hub_class_id, school_id=hub.id)
    if body.hub_classroom_id is not None:
        await require_classroom_of(db, body.hub_classroom_id, school_id=hub.id)
    about = words.over(subject)
    shown = await require_fit(
        db,
        body.sites,
        hub_school_id=hub.id,
        subjects=about,
        scope=scope,
        known=_known(offering, body, subject.id),
    )
    for name, value in body.model_dump(exclude={"subject", "language", "sites"}).items():
        setattr(offering, name, value)
    offering.subject_id, offering.language = subject.id, language.code
    _name_sites(offering, with_assistants(body.sites, offering.sites, shown=shown))
    db.add(offering)
    touch(offering)
    await db.flush()
    await _follow_after_school(db, offering, now=now)


async def _follow_after_school(
    db: AsyncSession, offering: CourseOffering, *, now: datetime
) -> None:
    """Have the lessons to come be after school as their offering is; what was given stays."""
    to_come = await db.scalars(
        select(Lesson).where(
            Lesson.offering_id == offering.id,
            Lesson.planned_start > now,
            Lesson.state.in_(NOT_BEGUN),
            Lesson.is_after_school != offering.is_after_school,
        )
    )
    for lesson in to_come:
        lesson.is_after_school = offering.is_after_school
    await db.flush()


def new() -> CourseOffering:
    """Return an offering that nothing is said of yet."""
    return CourseOffering(state=OfferingState.DRAFT, sites=[])


async def require_classroom_of(db: AsyncSession, classroom_id: UUID, *, school_id: UUID) -> None:
    """Raise NotFound unless this classroom is the school's."""
    found = await db.scalar(
        select(Classroom.id).where(Classroom.id == classroom_id, Classroom.school_id == school_id)
    )
    if found is None:
        raise NotFound("This classroom does not belong to the hub school.")


async def require_fit(
    db: AsyncSession,
    sites: Sequence[SiteIn],
    *,
    hub_school_id: UUID,
    subjects: Collection[str],
    scope: Scope,
    known: Mapping[UUID, SitePlan] = MappingProxyType({}),
) -> frozenset[UUID]:
    """Raise unless each of these classrooms may receive what the hub gives, from whom is named.

    Return those whose assistants are shown to the caller.

    It may when a running pairing of who gives it (the hub, or the school that passes it on)
    promises it, when all of it is the caller's own, or when it is among those `known` to have it
    from that school already. Another pairing that is named must be one of who gives it with that
    school and about one of the `subjects`, if about any; class and assistant must be the school's.
    Raise NotFound, SiteUnfit.
    """
    passed = {plan.through_id for plan in known.values() if plan.through_id is not None}
    # Who passes it on is one of the sites, or refused as none: whether there is one is not told.
    at = await queries.schools_of_classrooms(db, {site.classroom_id for site in sites} | passed)
    own = await schools.ids_within(db, scope, set(at.values()))
    _require_chain(sites, at, hub_school_id)
    _require_served(sites, known)
    givers = {hub_school_id} | {at[each.through_id] for each in sites if each.through_id}
    promised = await queries.promised_to(db, givers, set(at.values()))
    about = await queries.about_one_of(db, {each.pairing_id for each in promised}, subjects)
    paired = {(each.giver_id, each.school_id) for each in promised}
    for site in sites:
        school_id = at[site.classroom_id]
        giver_id = hub_school_id if site.through_id is None else at[site.through_id]
        before = known.get(site.classroom_id)
        gave_id = at[before.through_id] if before and before.through_id else hub_school_id
        stays = before is not None and gave_id == giver_id
        if (giver_id, school_id) not in paired and not stays:
            if school_id not in own and before is None:
                raise NotFound("There is no such classroom for you.")
            if school_id not in own or giver_id not in own | {hub_school_id}:
                raise unfit(
                    site.classroom_id,
                    Misfit.NOT_PAIRED,
                    "Its school has no running pairing with the one this classroom is to receive "
                    "the lesson from. Agree on one, or name another that passes it on.",
                )
        is_named = site.pairing_id is not None
        if is_named and not (before and stays and before.pairing_id == site.pairing_id):
            if (site.pairing_id, giver_id, school_id) not in promised:
                raise unfit(
                    site.classroom_id,
                    Misfit.OTHER_PAIRING,
                    "The pairing named for a classroom is not one of who gives it with its school, "
                    "or does not run. Name another, or none.",
                )
            if site.pairing_id not in about:
                raise unfit(
                    site.classroom_id,
                    Misfit.OTHER_SUBJECT,
                    "The pairing named for a classroom is about other subjects. Name another, or "
                    "none.",
                )
        if site.class_id is not None:
            await schools.require_class_of(db, site.class_id, school_id=school_id)
        if site.assistant_id is not None:
            await accounts.require_person_of(db, site.assistant_id, school_id=school_id)
    return frozenset(site.classroom_id for site in sites if at[site.classroom_id] in own)


def _require_chain(sites: Iterable[SiteIn], at: Mapping[UUID, UUID], hub_school_id: UUID) -> None:
    links = [
        Link(site.classroom_id, at[site.classroom_id], site.through_id, site.mode) for site in sites
    ]
    require_passable(links, hub_school_id=hub_school_id)


def _require_served(sites: Iterable[SiteIn], known: Mapping[UUID, SitePlan]) -> None:
    for site in sites:
        before = known.get(site.classroom_id)
        if site.mode not in SERVED and (before is None or before.mode is not site.mode):
            raise unfit(
                site.classroom_id,
                Misfit.NOT_SERVED,
                "No classroom's screen plays a recording. Invite it to the lesson live, or to "
                "observe.",
            )


def with_assistants(
    sites: Iterable[SiteIn],
    there: Iterable[OfferingSite | LessonSite],
    *,
    shown: Collection[UUID],
) -> list[SiteIn]:
    """Return the sites, with the assistants there are where the caller is not shown any.

    Whoever does not see who helps in a classroom says nobody, and means nothing by it.
    """
    helping = {row.classroom_id: row.assistant_id for row in there}
    return [
        site.model_copy(update={"assistant_id": helping.get(site.classroom_id)})
        if site.assistant_id is None and site.classroom_id not in shown
        else site
        for site in sites
    ]


def _known(offering: CourseOffering, body: OfferingIn, subject_id: UUID) -> dict[UUID, SitePlan]:
    """Return the sites that stay as they are, also when their pairing has ended since.

    Of another hub's lessons nothing is known; in another subject each pairing is looked at again.
    """
    if offering.hub_school_id != body.hub_school_id:
        return {}
    known = {row.classroom_id: SitePlan.of(row) for row in offering.sites}
    if offering.subject_id == subject_id:
        return known
    return {room: replace(plan, pairing_id=None) for room, plan in known.items()}


def _name_sites(offering: CourseOffering, sites: Sequence[SiteIn]) -> None:
    there = {row.classroom_id: row for row in offering.sites}
    offering.sites = [
        there.get(site.classroom_id) or OfferingSite(classroom_id=site.classroom_id)
        for site in sites
    ]
    for row, site in zip(offering.sites, sites, strict=True):
        row.class_id, row.assistant_id = site.class_id, site.assistant_id
        row.mode, row.pairing_id = site.mode, site.pairing_id
        row.through_id = site.through_id
