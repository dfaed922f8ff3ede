"""What happens to a school: it opens, closes, reopens, changes category, name, parent, region.

Each is written down as a SchoolChange beside the change itself, in one transaction. The ministry's
rules of codes are kept here (《学校(机构)代码管理办法》): a rename keeps the code; closing or
changing category voids it; a void code is given to nobody else; a reopened school regains its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import DISPLAY_ZONE
from app.codes import service as codes
from app.codes.models import CodeKind
from app.errors import WrongState
from app.schools.errors import (
    SchoolCodeMalformed,
    SchoolCodeTaken,
    WrongDay,
    WrongParent,
)
from app.schools.models import (
    ChangeKind,
    Region,
    School,
    SchoolChange,
    SchoolCode,
    VoidReason,
)

# What moves a school between open and closed, or between categories.
STANDING = frozenset(
    {ChangeKind.OPENED, ChangeKind.CLOSED, ChangeKind.REOPENED, ChangeKind.CATEGORY_CHANGED}
)


@dataclass(frozen=True, slots=True)
class Noting:
    """When and by whom something is written down, and from which day it holds."""

    on: date
    now: datetime
    by: UUID | None = None

    @property
    def noted_on(self) -> date:
        """Return the day on which it is written down, in the schools' zone."""
        return self.now.astimezone(DISPLAY_ZONE).date()

    @classmethod
    def today(cls, now: datetime, by: UUID | None = None) -> "Noting":
        """Return what holds from today on, in the schools' zone."""
        return cls(now.astimezone(DISPLAY_ZONE).date(), now, by)


def note(
    db: AsyncSession,
    school_id: UUID,
    kind: ChangeKind,
    noting: Noting,
    *,
    before: str = "",
    after: str = "",
) -> None:
    """Write down that something happened."""
    db.add(change(school_id, kind, noting, before=before, after=after))


def change(
    school_id: UUID, kind: ChangeKind, noting: Noting, *, before: str = "", after: str = ""
) -> SchoolChange:
    """Return what is to be written down."""
    return SchoolChange(
        school_id=school_id,
        happened_on=noting.on,
        kind=kind,
        before=before[:120],
        after=after[:120],
        noted_at=noting.now,
        noted_by=noting.by,
    )


def checked_code(text: str, category: str) -> str:
    """Return a ministry's code: ten digits, the first two those of its category.

    Raise SchoolCodeMalformed.
    """
    code = text.strip()
    if len(code) != 10 or not (code.isascii() and code.isdigit()):
        raise SchoolCodeMalformed(f"{text!r} is no code of a school: it has ten digits.")
    if code[:2] != category[:2]:
        raise SchoolCodeMalformed(
            f"The code of a school of category {category} begins with {category[:2]}, "
            f"not with {code[:2]}."
        )
    return code


async def give_code(db: AsyncSession, school: School, code: str, noting: Noting) -> None:
    """Give an open school a code; one it had is replaced. Raise SchoolCodeMalformed, ..Taken."""
    code = checked_code(code, school.category)
    if school.moe_code == code:
        return
    if school.closed_on is not None:
        raise WrongState("A closed school has no code in force: reopen it first.")
    known = await db.scalar(select(SchoolCode).where(SchoolCode.moe_code == code))
    if known is not None:
        whose = "this school's, and is void" if known.school_id == school.id else "another school's"
        raise SchoolCodeTaken(f"{code} is {whose}. A code is never given twice.")
    await void_code(db, school, VoidReason.REPLACED, noting)
    await db.flush()
    db.add(SchoolCode(moe_code=code, school_id=school.id, given_on=noting.on))
    school.moe_code = code
    note(db, school.id, ChangeKind.CODE_GIVEN, noting, after=code)
    try:
        await db.flush()
    except IntegrityError as error:
        raise SchoolCodeTaken(
            f"{code} was given to another school this moment. A code is never given twice."
        ) from error


async def void_code(db: AsyncSession, school: School, reason: VoidReason, noting: Noting) -> None:
    """Void the code in force, if there is one."""
    if school.moe_code is None:
        return
    row = await db.scalar(select(SchoolCode).where(SchoolCode.moe_code == school.moe_code))
    assert row is not None, "a code in force is always on record"
    row.voided_on, row.void_reason = noting.on, reason
    note(db, school.id, ChangeKind.CODE_VOIDED, noting, before=school.moe_code)
    school.moe_code = None


async def _require_order(db: AsyncSession, school: School, noting: Noting) -> None:
    """Raise WrongDay unless the day is past or present, and not before what came last."""
    if noting.on > noting.noted_on:
        raise WrongDay(f"{noting.on} has not come yet: write it down when it has.")
    last = await db.scalar(
        select(func.max(SchoolChange.happened_on)).where(
            SchoolChange.school_id == school.id, SchoolChange.kind.in_(STANDING)
        )
    )
    floor = max((day for day in (last, school.opened_on) if day is not None), default=None)
    if floor is not None and noting.on < floor:
        raise WrongDay(f"Something happened to this school on {floor}: take a day not before it.")


async def close(db: AsyncSession, school: School, noting: Noting) -> None:
    """Close a school from a day on. Raise WrongState, WrongDay."""
    if school.closed_on is not None:
        raise WrongState("The school is closed already; it can be reopened.")
    points = await open_points(db, school.id)
    if points:
        raise WrongState(
            f"{len(points)} teaching points belong to it ({', '.join(points[:3])}): close them "
            "or give them another school first."
        )
    await _require_order(db, school, noting)
    school.closed_on = noting.on
    note(db, school.id, ChangeKind.CLOSED, noting)
    await void_code(db, school, VoidReason.CLOSED, noting)
    await db.flush()


async def open_points(db: AsyncSession, school_id: UUID) -> Sequence[str]:
    """Return the names of the open teaching points of a school."""
    names = select(School.name).where(School.parent_id == school_id, School.closed_on.is_(None))
    return (await db.scalars(names.order_by(School.name))).all()


async def reopen(db: AsyncSession, school: School, noting: Noting) -> None:
    """Open a closed school again; it regains the code it lost by closing.

    Raise WrongState, WrongDay, WrongParent.
    """
    if school.closed_on is None:
        raise WrongState("The school is open; it can be closed.")
    await _require_order(db, school, noting)
    await require_parent(db, category=school.category, parent_id=school.parent_id)
    lost = await db.scalar(
        select(SchoolCode).where(
            SchoolCode.school_id == school.id,
            SchoolCode.void_reason == VoidReason.CLOSED,
            SchoolCode.voided_on == school.closed_on,
        )
    )
    await _note_closing(db, school, noting)
    school.closed_on = None
    note(db, school.id, ChangeKind.REOPENED, noting)
    if lost is not None:
        lost.voided_on, lost.void_reason = None, None
        school.moe_code = lost.moe_code
        note(db, school.id, ChangeKind.CODE_REGAINED, noting, after=lost.moe_code)
    await db.flush()


async def _note_closing(db: AsyncSession, school: School, noting: Noting) -> None:
    """Write down a closing that is on the school only: its day is about to be forgotten."""
    assert school.closed_on is not None
    noted = await db.scalar(
        select(SchoolChange.id).where(
            SchoolChange.school_id == school.id,
            SchoolChange.kind == ChangeKind.CLOSED,
            SchoolChange.happened_on == school.closed_on,
        )
    )
    if noted is None:
        closed = Noting(school.closed_on, noting.now, noting.by)
        note(db, school.id, ChangeKind.CLOSED, closed)


async def change_category(
    db: AsyncSession,
    school: School,
    noting: Noting,
    *,
    category: str,
    parent_id: UUID | None,
) -> None:
    """Make it a school of another category, which voids its code.

    Raise WrongState, WrongDay, WrongParent, CodeUnknown.
    """
    await codes.require(db, CodeKind.SCHOOL_CATEGORY, category, on=noting.noted_on)
    if school.closed_on is not None:
        raise WrongState("The school is closed: reopen it first.")
    if category == school.category:
        raise WrongState(f"It is of category {category} already.")
    is_point = (await codes.catalogue(db)).is_point(category)
    if is_point and await open_points(db, school.id):
        raise WrongState("A school other points belong to cannot become a teaching point.")
    await _require_order(db, school, noting)
    await require_parent(db, category=category, parent_id=parent_id, own_id=school.id)
    note(
        db,
        school.id,
        ChangeKind.CATEGORY_CHANGED,
        noting,
        before=school.category,
        after=category,
    )
    await void_code(db, school, VoidReason.CATEGORY_CHANGED, noting)
    school.category, school.parent_id = category, parent_id
    if not is_point:
        school.local_suffix = None
    await db.flush()


async def rename(db: AsyncSession, school: School, name: str, noting: Noting) -> None:
    """Give a school another name; its code stays."""
    if name == school.name:
        return
    note(db, school.id, ChangeKind.RENAMED, noting, before=school.name, after=name)
    school.name = name


async def change_parent(
    db: AsyncSession, school: School, parent_id: UUID | None, noting: Noting
) -> None:
    """Have a teaching point belong to another school. Raise WrongParent."""
    if parent_id == school.parent_id:
        return
    await require_parent(db, category=school.category, parent_id=parent_id, own_id=school.id)
    names = {
        row.id: row.name
        for row in await db.execute(
            select(School.id, School.name).where(School.id.in_([school.parent_id, parent_id]))
        )
    }
    before = names.get(school.parent_id, "") if school.parent_id else ""
    after = names.get(parent_id, "") if parent_id else ""
    note(db, school.id, ChangeKind.PARENT_CHANGED, noting, before=before, after=after)
    school.parent_id = parent_id


async def move(db: AsyncSession, school: School, region: Region, noting: Noting) -> None:
    """Have a school lie in another region: borders move, schools do."""
    if region.id == school.region_id:
        return
    before = await db.scalar(select(Region.code).where(Region.id == school.region_id))
    note(db, school.id, ChangeKind.REGION_CHANGED, noting, before=before or "", after=region.code)
    school.region_id = region.id


async def require_parent(
    db: AsyncSession, *, category: str, parent_id: UUID | None, own_id: UUID | None = None
) -> None:
    """Raise WrongParent unless a teaching point has an open school, and nothing else a parent."""
    sets = await codes.catalogue(db)
    if not sets.is_point(category):
        if parent_id is not None:
            raise WrongParent("Only a teaching point belongs to another school.")
        return
    parent = await db.get(School, parent_id) if parent_id is not None else None
    if parent is None or parent.id == own_id:
        raise WrongParent("A teaching point names the school it belongs to.")
    if sets.is_point(parent.category) or parent.closed_on is not None:
        raise WrongParent(f"{parent.name} is a teaching point itself, or closed.")


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a school was open on a day, and of which category."""

    is_open: bool
    category: str


def standing_on(school: School, changes: Iterable[SchoolChange], day: date) -> Standing:
    """Return how a school stood at the end of a day, by what was written down since.

    `changes`: its STANDING changes, oldest first. What happened before anything was written
    down is taken from the school's own dates.
    """
    category, is_open = school.category, school.is_open_on(day)
    later = [change for change in changes if change.happened_on > day]
    for change in reversed(later):
        if change.kind is ChangeKind.CATEGORY_CHANGED:
            category = change.before
    opened = school.opened_on is None or school.opened_on <= day
    switches = [c for c in changes if c.kind in {ChangeKind.CLOSED, ChangeKind.REOPENED}]
    if switches:
        past = [change for change in switches if change.happened_on <= day]
        # Before the first switch a school was what that switch ended.
        last_was_reopened = past[-1].kind is ChangeKind.REOPENED if past else None
        is_open = opened and (
            last_was_reopened
            if last_was_reopened is not None
            else switches[0].kind is ChangeKind.CLOSED
        )
    return Standing(is_open, category)
