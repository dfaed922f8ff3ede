"""Use cases of course offerings: open one, change it, name the classrooms that receive it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import queries as accounts
from app.alliances import queries as alliances
from app.alliances.errors import TermForeign
from app.calendars import queries as calendars
from app.codes import service as codes
from app.codes.models import CodeKind
from app.errors import NotFound, WrongState
from app.lessons import offering_queries as queries
from app.lessons.errors import SiteUnfit
from app.lessons.models import CourseOffering, LessonSite, OfferingSite, OfferingState
from app.lessons.offering_schemas import OfferingIn, SiteIn
from app.lessons.timetable import touch
from app.schools import queries as schools
from app.schools.models import Classroom
from app.security import Scope


async def save(db: AsyncSession, offering: CourseOffering, body: OfferingIn, scope: Scope) -> None:
    """Make a new offering, or an old one, what `body` says. Its lessons stay as they are planned.

    `scope`: what the caller administers. Raise NotFound, CodeUnknown, TermForeign, SiteUnfit,
    WrongState for one that has ended.
    """
    if offering.state is OfferingState.ENDED:
        raise WrongState("The offering has ended.", state=offering.state, possible=[])
    hub = await schools.school_within(db, scope, body.hub_school_id)
    words = await codes.catalogue(db)
    subject = words.stored(CodeKind.SUBJECT, body.subject)
    words.stored(CodeKind.LANGUAGE, body.language)
    words.stored(CodeKind.GRADE, str(body.grade_no))
    term = await calendars.get_term(db, body.term_id)
    if not await alliances.holds_in(db, term, hub.region):
        raise TermForeign("Choose a term of the hub school's region, or of one it lies in.")
    await accounts.require_person_of(db, body.lecturer_id, school_id=hub.id)
    if body.hub_class_id is not None:
        await schools.require_class_of(db, body.hub_class_id, school_id=hub.id)
    if body.hub_classroom_id is not None:
        await require_classroom_of(db, body.hub_classroom_id, school_id=hub.id)
    about = words.over(subject)
    shown = await require_fit(db, body.sites, hub_school_id=hub.id, subjects=about, scope=scope)
    for name, value in body.model_dump(exclude={"subject", "sites"}).items():
        setattr(offering, name, value)
    offering.subject_id = subject.id
    _name_sites(offering, with_assistants(body.sites, offering.sites, shown=shown))
    db.add(offering)
    touch(offering)
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
    known: Mapping[UUID, UUID | None] = MappingProxyType({}),
) -> frozenset[UUID]:
    """Raise unless each of these classrooms may receive what the hub gives.

    Return those whose assistants are shown to the caller.

    It may when its school is the caller's own, a running pairing promises it, or it is among
    those `known` to receive already, each with the pairing it does so for. Another pairing that is
    named must be one of the hub with that school and about one of the `subjects`, if about any;
    class and assistant must be the school's. Raise NotFound, SiteUnfit.
    """
    at = await queries.schools_of_classrooms(db, {site.classroom_id for site in sites})
    own = await schools.ids_within(db, scope, set(at.values()))
    promised = await queries.promised_to(db, hub_school_id, set(at.values()))
    paired = {school_id for _, school_id in promised}
    about = await queries.about_one_of(db, {pairing_id for pairing_id, _ in promised}, subjects)
    for site in sites:
        school_id = at[site.classroom_id]
        if school_id not in own | paired and site.classroom_id not in known:
            raise NotFound("There is no such classroom for you.")
        if site.pairing_id is not None and known.get(site.classroom_id) != site.pairing_id:
            if (site.pairing_id, school_id) not in promised:
                raise _unfit(site, "is not one of the hub with its school, or does not run")
            if site.pairing_id not in about:
                raise _unfit(site, "is about other subjects")
        if site.class_id is not None:
            await schools.require_class_of(db, site.class_id, school_id=school_id)
        if site.assistant_id is not None:
            await accounts.require_person_of(db, site.assistant_id, school_id=school_id)
    return frozenset(room_id for room_id, school_id in at.items() if school_id in own)


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


def _unfit(site: SiteIn, why: str) -> SiteUnfit:
    return SiteUnfit(
        f"The pairing named for a classroom {why}. Name another, or none.",
        classroom_id=str(site.classroom_id),
    )


def _name_sites(offering: CourseOffering, sites: Sequence[SiteIn]) -> None:
    there = {row.classroom_id: row for row in offering.sites}
    offering.sites = [
        there.get(site.classroom_id) or OfferingSite(classroom_id=site.classroom_id)
        for site in sites
    ]
    for row, site in zip(offering.sites, sites, strict=True):
        row.class_id, row.assistant_id = site.class_id, site.assistant_id
        row.mode, row.pairing_id = site.mode, site.pairing_id
