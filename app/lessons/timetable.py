"""Writing lessons of offerings: what a planner decided becomes rows, as often as it is said."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, false, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified

from app.codes import service as codes
from app.codes.models import CodeKind
from app.errors import WrongState
from app.lessons.clashes import Claim, require_free
from app.lessons.models import (
    NEXT_OFFERING_STATE,
    CourseOffering,
    Lesson,
    LessonSite,
    LessonState,
    OfferingSite,
    OfferingState,
    SiteMode,
)
from app.lessons.offering_schemas import SiteIn
from app.lessons.service import move

# Nobody has come to these: their time and their sites may still change.
CHANGEABLE = frozenset({LessonState.PLANNED, LessonState.PUBLISHED, LessonState.READY})


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A classroom that is to receive a lesson, its pupils, who helps, how, for which pairing.

    `through_id`: the classroom that passes it on to this one; None: the hub's.
    """

    classroom_id: UUID
    class_id: UUID | None = None
    assistant_id: UUID | None = None
    mode: SiteMode = SiteMode.LIVE
    pairing_id: UUID | None = None
    through_id: UUID | None = None

    @classmethod
    def of(cls, row: OfferingSite | LessonSite | SiteIn) -> "SitePlan":
        """Return what a row, or a page, says."""
        return cls(
            row.classroom_id,
            row.class_id,
            row.assistant_id,
            row.mode,
            row.pairing_id,
            row.through_id,
        )


@dataclass(frozen=True, slots=True)
class LessonPlan:
    """One lesson. `slot` is its name in its offering, at most 40 characters, kept when it moves.

    What is left out is as the offering says: its name, lecturer, classroom and sites.
    """

    slot: str
    starts_at: datetime
    ends_at: datetime
    title: str = ""
    lecturer_id: UUID | None = None
    hub_classroom_id: UUID | None = None
    sites: tuple[SitePlan, ...] | None = None


@dataclass(frozen=True, slots=True)
class OfferingPlan:
    """The lessons of one offering. The offering has its sites loaded."""

    offering: CourseOffering
    lessons: Sequence[LessonPlan]


@dataclass(slots=True)
class Written:
    """What writing did. `kept`: begun, over or given up, so left as they are."""

    created: list[Lesson] = field(default_factory=list)
    changed: list[Lesson] = field(default_factory=list)
    unchanged: list[Lesson] = field(default_factory=list)
    kept: list[Lesson] = field(default_factory=list)
    removed: int = 0


async def write_lessons(
    db: AsyncSession,
    plans: Sequence[OfferingPlan],
    *,
    publish: bool = False,
    only_these_from: datetime | None = None,
) -> Written:
    """Write the lessons of some offerings with their sites, all or none; said twice, once is done.

    A slot that is there is moved, keeping its lesson; one that has begun, is over or was given up
    is left alone. `publish`: the classrooms and teachers see them; else they are drafts.
    `only_these_from`: drafts of these offerings from that moment on that are not among `plans`
    are taken away. The number of statements to decide does not grow with the lessons.

    Raise LessonClash; WrongState for an offering that has ended.
    """
    await hold_offerings(db, [plan.offering.id for plan in plans])
    there = await _there(db, [plan.offering.id for plan in plans])
    written = Written()
    written.removed = await _remove_drafts(db, plans, there, only_these_from)
    await _require_free(db, plans, there)
    labels = await _labels(db, plans)
    for plan in plans:
        for row in plan.lessons:
            lesson = there.get((plan.offering.id, row.slot))
            if lesson is not None and lesson.state not in CHANGEABLE:
                written.kept.append(lesson)
            elif lesson is not None:
                is_changed = _change(plan.offering, row, lesson, labels=labels, publish=publish)
                (written.changed if is_changed else written.unchanged).append(lesson)
            else:
                lesson = Lesson(
                    offering_id=plan.offering.id,
                    slot=row.slot,
                    lecturer_id=plan.offering.lecturer_id,
                    state=LessonState.PLANNED,
                    sites=[],
                )
                _change(plan.offering, row, lesson, labels=labels, publish=publish)
                db.add(lesson)
                written.created.append(lesson)
        if publish and plan.offering.state is OfferingState.DRAFT:
            move_offering(plan.offering, OfferingState.ACTIVE)
    await db.flush()
    return written


async def hold_offerings(db: AsyncSession, offering_ids: Collection[UUID]) -> None:
    """Have whoever else plans lessons of these offerings, or ends one, wait for this transaction.

    Raise WrongState: one has ended.
    """
    # SQLite locks no rows: an update, even of none, makes this the one transaction that writes.
    await db.execute(update(CourseOffering).where(false()).values(textbook=""))
    rows = await db.execute(
        select(CourseOffering.name, CourseOffering.state)
        .where(CourseOffering.id.in_(offering_ids))
        .order_by(CourseOffering.id)
        .with_for_update(key_share=True)
    )
    for name, state in rows:
        if state is OfferingState.ENDED:
            raise WrongState(
                f"The offering {name} has ended. Open another one.", state=state, possible=[]
            )


def move_offering(offering: CourseOffering, state: OfferingState) -> None:
    """Change an offering's state along its table. Raise WrongState."""
    if state not in NEXT_OFFERING_STATE[offering.state]:
        raise WrongState(
            f"The offering is {offering.state}.",
            state=offering.state,
            possible=sorted(NEXT_OFFERING_STATE[offering.state]),
        )
    offering.state = state


async def _there(
    db: AsyncSession, offering_ids: Collection[UUID]
) -> dict[tuple[UUID, str], Lesson]:
    rows = await db.scalars(
        select(Lesson)
        .where(Lesson.offering_id.in_(offering_ids), Lesson.slot.is_not(None))
        .options(selectinload(Lesson.sites))
        .execution_options(populate_existing=True)
    )
    return {(row.offering_id, row.slot): row for row in rows if row.offering_id and row.slot}


async def _remove_drafts(
    db: AsyncSession,
    plans: Iterable[OfferingPlan],
    there: dict[tuple[UUID, str], Lesson],
    since: datetime | None,
) -> int:
    if since is None:
        return 0
    wanted = {(plan.offering.id, row.slot) for plan in plans for row in plan.lessons}
    gone = [
        key
        for key, lesson in there.items()
        if key not in wanted
        and lesson.state is LessonState.PLANNED
        and lesson.planned_start >= since
    ]
    # Locked, and looked at again: what somebody publishes or cancels in this very moment stays.
    still = await db.scalars(
        select(Lesson.id)
        .where(
            Lesson.id.in_([there.pop(key).id for key in gone]),
            Lesson.state == LessonState.PLANNED,
        )
        .order_by(Lesson.id)
        .with_for_update()
    )
    ids = still.all()
    await db.execute(delete(LessonSite).where(LessonSite.lesson_id.in_(ids)))
    await db.execute(delete(Lesson).where(Lesson.id.in_(ids)))
    return len(ids)


async def _require_free(
    db: AsyncSession,
    plans: Iterable[OfferingPlan],
    there: Mapping[tuple[UUID, str], Lesson],
) -> None:
    claims = []
    for plan in plans:
        for row in plan.lessons:
            lesson = there.get((plan.offering.id, row.slot))
            if lesson is None or lesson.state in CHANGEABLE:
                claims.append(_claim(plan.offering, row, lesson))
    replaced = {claim.lesson_id for claim in claims if claim.lesson_id is not None}
    await require_free(db, claims, instead_of=replaced)


def _sites(offering: CourseOffering, row: LessonPlan) -> tuple[SitePlan, ...]:
    if row.sites is not None:
        return row.sites
    return tuple(SitePlan.of(site) for site in offering.sites)


def _claim(offering: CourseOffering, row: LessonPlan, lesson: Lesson | None) -> Claim:
    sites = _sites(offering, row)
    hub = row.hub_classroom_id or offering.hub_classroom_id
    helping = {site.assistant_id for site in sites if site.assistant_id is not None}
    return Claim(
        title=row.title or offering.name,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        people=frozenset({_lecturer(offering, row, lesson)} | helping),
        classrooms=frozenset(
            {site.classroom_id for site in sites} | ({hub} if hub is not None else set())
        ),
        lesson_id=None if lesson is None else lesson.id,
        chain_id=None if lesson is None else lesson.origin_id,
        classes=frozenset(site.class_id for site in sites if site.class_id is not None),
        lines=frozenset({offering.hub_school_id}),
        passing=frozenset(site.through_id for site in sites if site.through_id is not None),
        offering_id=offering.id,
    )


def _lecturer(offering: CourseOffering, row: LessonPlan, lesson: Lesson | None) -> UUID:
    """Whoever stands in goes on standing in when the lesson is moved."""
    if row.lecturer_id is not None:
        return row.lecturer_id
    return offering.lecturer_id if lesson is None else lesson.lecturer_id


async def _labels(db: AsyncSession, plans: Iterable[OfferingPlan]) -> dict[UUID, tuple[str, str]]:
    """Return the subject and the grade of each offering as its lessons show them."""
    words = await codes.catalogue(db)
    return {
        plan.offering.id: (
            words.label(plan.offering.subject_id),
            words.label(words.stored(CodeKind.GRADE, str(plan.offering.grade_no)).id),
        )
        for plan in plans
    }


def _change(
    offering: CourseOffering,
    row: LessonPlan,
    lesson: Lesson,
    *,
    labels: Mapping[UUID, tuple[str, str]],
    publish: bool,
) -> bool:
    """Make the lesson what is planned; return whether anything changed."""
    subject, grade = labels[offering.id]
    values = {
        "title": row.title or offering.name,
        "kind": offering.kind,
        "subject": subject,
        "grade": grade,
        "hub_school_id": offering.hub_school_id,
        "hub_classroom_id": row.hub_classroom_id or offering.hub_classroom_id,
        "lecturer_id": _lecturer(offering, row, lesson),
        "planned_start": row.starts_at,
        "planned_end": row.ends_at,
        "is_after_school": offering.is_after_school,
    }
    note_move(lesson, row.starts_at)
    changed = [name for name, value in values.items() if getattr(lesson, name) != value]
    for name in changed:
        setattr(lesson, name, values[name])
    is_changed = bool(changed)
    if invite(lesson, _sites(offering, row)):
        is_changed = True
        touch(lesson)
    if publish and lesson.state is LessonState.PLANNED:
        move(lesson, LessonState.PUBLISHED)
        return True
    return is_changed


def note_move(lesson: Lesson, starts_at: datetime) -> None:
    """Remember where a lesson stood that teachers and classrooms have seen, before it is moved.

    Moved back to where it was published, it was not moved.
    """
    if lesson.state is LessonState.PLANNED or starts_at == lesson.planned_start:
        return
    published_at = lesson.moved_from or lesson.planned_start
    lesson.moved_from = None if starts_at == published_at else published_at


def touch(row: CourseOffering | Lesson) -> None:
    """Have the row's version count a change that is in its sites only."""
    flag_modified(row, "state")


def invite(lesson: Lesson, sites: Iterable[SitePlan]) -> bool:
    """Make the lesson's sites these; return whether anything changed.

    A classroom that stays keeps its row, which its seat and its attendance hang on.
    """
    wanted = {site.classroom_id: site for site in sites}
    now = {site.classroom_id: site for site in lesson.sites}
    for classroom_id, site in now.items():
        if classroom_id not in wanted:
            lesson.sites.remove(site)
    changed = wanted.keys() != now.keys()
    for classroom_id, plan in wanted.items():
        row = now.get(classroom_id)
        if row is None:
            lesson.sites.append(LessonSite(classroom_id=classroom_id))
            row = lesson.sites[-1]
        elif SitePlan.of(row) != plan:
            changed = True
        row.class_id, row.assistant_id = plan.class_id, plan.assistant_id
        row.mode, row.pairing_id = plan.mode, plan.pairing_id
        row.through_id = plan.through_id
    return changed
