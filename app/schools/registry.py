"""Use cases of the registry: register and edit regions, authorities, schools, classes, rooms."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.codes import service as codes
from app.codes.catalogue import Catalogue
from app.codes.errors import CodeUnknown
from app.codes.models import CodeKind
from app.database import hold_row
from app.schools import histories
from app.schools.errors import NameTaken, WrongDay, WrongParent
from app.schools.histories import Noting
from app.schools.models import (
    Authority,
    AuthorityLevel,
    ChangeKind,
    Classroom,
    Region,
    RegionLabel,
    School,
    SchoolClass,
)
from app.schools.service import create_region


async def _add(db: AsyncSession, thing: object, complaint: str) -> None:
    """Add a row. Raise NameTaken with `complaint` when one of its kind is there already."""
    try:
        async with db.begin_nested():
            db.add(thing)
    except IntegrityError as error:
        raise NameTaken(complaint) from error


async def _keep(db: AsyncSession, complaint: str) -> None:
    """Write changes down. Raise NameTaken as above; the transaction is of no more use then."""
    try:
        await db.flush()
    except IntegrityError as error:
        raise NameTaken(complaint) from error


async def add_region(db: AsyncSession, *, code: str, name: str, parent: Region | None) -> Region:
    """Add a region. Raise BadRegionCode, NameTaken."""
    try:
        async with db.begin_nested():
            if parent is not None:  # its code is not corrected meanwhile: it is part of the path
                held = {"read": True, "key_share": True}
                await db.refresh(parent, ["path", "version"], with_for_update=held)
            return await create_region(db, code=code, name=name, parent=parent)
    except IntegrityError as error:
        raise NameTaken(f"There is a region {code} already.") from error


async def label_region(
    db: AsyncSession,
    region: Region,
    *,
    code_id: UUID,
    valid_from: date | None,
    valid_to: date | None,
) -> RegionLabel:
    """Say what a region counts as, from a day to a day. Raise CodeUnknown, WrongDay, NameTaken."""
    label = RegionLabel(
        region_id=region.id, code_id=code_id, valid_from=valid_from, valid_to=valid_to
    )
    async with db.begin_nested():
        await require_label(
            db, region.id, code_id=code_id, valid_from=valid_from, valid_to=valid_to, except_id=None
        )
        db.add(label)
    return label


async def label_word(db: AsyncSession, code_id: UUID) -> str:
    """Return the word of a label of regions. Raise CodeUnknown: it is none."""
    code = (await codes.catalogue(db)).get(code_id)
    if code.set.kind is not CodeKind.REGION_LABEL:
        raise CodeUnknown(f"{code.label_zh} is no label of a region.")
    return code.label_zh


async def require_label(
    db: AsyncSession,
    region_id: UUID,
    *,
    code_id: UUID,
    valid_from: date | None,
    valid_to: date | None,
    except_id: UUID | None,
) -> str:
    """Return the word of a label a region can have on these days, whatever `except_id` says now.

    In a savepoint: whoever labels the same region waits for this transaction from here on.
    Raise CodeUnknown, WrongDay, NameTaken: it has it on some of them.
    """
    word = await label_word(db, code_id)
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise WrongDay("The last day is before the first.")
    await db.execute(
        select(Region.id).where(Region.id == region_id).with_for_update(key_share=True)
    )
    for other in await db.scalars(
        select(RegionLabel).where(
            RegionLabel.region_id == region_id, RegionLabel.code_id == code_id
        )
    ):
        if other.id == except_id:
            continue
        if (other.valid_from or date.min) <= (valid_to or date.max) and (
            valid_from or date.min
        ) <= (other.valid_to or date.max):
            raise NameTaken("The region has this label on some of these days already.")
    return word


async def add_authority(
    db: AsyncSession, region: Region, *, name: str, level: AuthorityLevel
) -> Authority:
    """Add an education authority. Raise NameTaken."""
    authority = Authority(region_id=region.id, name=name, level=level)
    await _add(db, authority, f"{region.name} has an authority of this name already.")
    return authority


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """What is known of a school that is registered."""

    name: str
    category: str
    region: Region
    moe_code: str | None = None
    parent_id: UUID | None = None
    local_suffix: str | None = None
    authority_id: UUID | None = None
    urban_rural: str | None = None
    opened_on: date | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: int | None = None
    road_note: str = ""
    may_record_pupils: bool = True
    may_publish_pupils: bool = False


_SUFFIX_TAKEN = "Another teaching point of this school has the same local number."


async def register_school(db: AsyncSession, facts: SchoolFacts, noting: Noting) -> School:
    """Add a school. Raise CodeUnknown, SchoolCode.., WrongParent, WrongDay, NameTaken."""
    await codes.require(db, CodeKind.SCHOOL_CATEGORY, facts.category, on=noting.noted_on)
    if facts.urban_rural is not None:
        await codes.require(db, CodeKind.URBAN_RURAL, facts.urban_rural, on=noting.noted_on)
    await histories.require_parent(db, category=facts.category, parent_id=facts.parent_id)
    if facts.local_suffix is not None and not (await codes.catalogue(db)).is_point(facts.category):
        raise WrongParent("Only a teaching point has a local number.")
    if facts.opened_on is not None and facts.opened_on > noting.on:
        raise WrongDay(f"{facts.opened_on} has not come yet: register it when it has.")
    await hold_row(db, Region, facts.region.id)
    same_name = select(School.id).where(
        School.region_id == facts.region.id,
        School.name == facts.name,
        School.parent_id == facts.parent_id,
        School.closed_on.is_(None),
    )
    if await db.scalar(same_name.limit(1)) is not None:
        raise NameTaken(f"{facts.region.name} has an open school {facts.name} already.")
    values = {name: getattr(facts, name) for name in SchoolFacts.__slots__}
    region, code = values.pop("region"), values.pop("moe_code")
    school = School(region_id=region.id, **values)
    await _add(db, school, _SUFFIX_TAKEN)
    opened = Noting(facts.opened_on or noting.on, noting.now, noting.by)
    histories.note(db, school.id, ChangeKind.OPENED, opened, after=school.name)
    if code is not None:
        await histories.give_code(db, school, code, opened)
    return school


async def edit_school(
    db: AsyncSession,
    school: School,
    changes: dict[str, Any],
    noting: Noting,
    *,
    region: Region | None = None,
) -> None:
    """Change what is named in `changes`. Raise as `register_school`.

    `region`: where it lies from now on, when that changes.
    """
    if changes.get("urban_rural") is not None:
        urban = changes["urban_rural"]
        await codes.require(db, CodeKind.URBAN_RURAL, urban, on=noting.noted_on)
    if changes.get("local_suffix") is not None and not (await codes.catalogue(db)).is_point(
        school.category
    ):
        raise WrongParent("Only a teaching point has a local number.")
    if (name := changes.pop("name", None)) is not None:
        await histories.rename(db, school, name, noting)
    if region is not None:
        await histories.move(db, school, region, noting)
    if "parent_id" in changes:
        await histories.change_parent(db, school, changes.pop("parent_id"), noting)
    if (code := changes.pop("moe_code", None)) is not None:
        await histories.give_code(db, school, code, noting)
    for field, value in changes.items():
        setattr(school, field, value)
    await _keep(db, _SUFFIX_TAKEN)


async def require_class_codes(
    db: AsyncSession, school: School, *, stage: str, grade_no: int, language: str
) -> None:
    """Raise CodeUnknown unless stage, grade and language are codes, and fit each other."""
    known = await codes.catalogue(db)
    known.stored(CodeKind.LANGUAGE, language)
    check_class_codes(known, category=school.category, stage=stage, grade_no=grade_no)


def check_class_codes(known: Catalogue, *, category: str, stage: str, grade_no: int) -> None:
    """Raise CodeUnknown unless the grade is of the stage, and the stage of such a school.

    The maps of the code sets say both. A stage no grade is mapped to, as special education, has
    any; one no category is mapped to is taught anywhere.
    """
    stage_code = known.stored(CodeKind.STAGE, stage)
    if grade_no > 0:
        grade = known.stored(CodeKind.GRADE, str(grade_no))
        is_graded = known.related(stage_code.id, CodeKind.GRADE)
        if is_graded and stage_code not in known.related(grade.id, CodeKind.STAGE):
            raise CodeUnknown(f"{grade.label_zh} is not of the stage {stage_code.label_zh}.")
    taught = known.related(known.stored(CodeKind.SCHOOL_CATEGORY, category).id, CodeKind.STAGE)
    is_somebodys = known.related(stage_code.id, CodeKind.SCHOOL_CATEGORY)
    if taught and is_somebodys and stage_code not in taught:
        raise CodeUnknown(
            f"A school of category {category} has no classes of {stage_code.label_zh}."
        )


_CLASS_TAKEN = "The school has a class of this stage, entry year and name already."


async def add_class(db: AsyncSession, school: School, *, today: date, **facts: Any) -> SchoolClass:
    """Add a class of pupils; without a language, of the usual one. Raise CodeUnknown, NameTaken."""
    if facts["language_of_instruction"] is None:
        known = await codes.catalogue(db)
        facts["language_of_instruction"] = known.usual(CodeKind.LANGUAGE, today).code
    await require_class_codes(
        db,
        school,
        stage=facts["stage"],
        grade_no=facts["grade_no"],
        language=facts["language_of_instruction"],
    )
    await _require_holding(db, facts, today)
    added = SchoolClass(school_id=school.id, **facts)
    await _add(db, added, _CLASS_TAKEN)
    return added


_CLASS_CODES = {
    "stage": CodeKind.STAGE,
    "grade_no": CodeKind.GRADE,
    "language_of_instruction": CodeKind.LANGUAGE,
}


async def _require_holding(db: AsyncSession, facts: dict[str, Any], today: date) -> None:
    """Raise CodeUnknown when a code that a class is given does not hold today."""
    known = await codes.catalogue(db)
    for field, kind in _CLASS_CODES.items():
        if facts.get(field):  # grade 0 is no code
            known.holding(kind, str(facts[field]), today)


async def edit_class(
    db: AsyncSession, of: SchoolClass, changes: dict[str, Any], *, today: date
) -> None:
    """Change what is named in `changes`; `of.school` is loaded. Raise CodeUnknown, NameTaken."""
    await require_class_codes(
        db,
        of.school,
        stage=of.stage,
        grade_no=changes.get("grade_no", of.grade_no),
        language=changes.get("language_of_instruction", of.language_of_instruction),
    )
    changed = {field: each for field, each in changes.items() if each != getattr(of, field)}
    await _require_holding(db, changed, today)
    for field, value in changed.items():
        setattr(of, field, value)
    await _keep(db, _CLASS_TAKEN)


_ROOM_TAKEN = "The school has a classroom of this name already."


async def add_classroom(
    db: AsyncSession, school: School, *, today: date, **facts: Any
) -> Classroom:
    """Add a classroom. Raise CodeUnknown, NameTaken."""
    if facts.get("link_kind") is not None:
        await codes.require(db, CodeKind.LINK, facts["link_kind"], on=today)
    room = Classroom(school_id=school.id, **facts)
    await _add(db, room, _ROOM_TAKEN)
    return room


async def edit_classroom(
    db: AsyncSession, room: Classroom, changes: dict[str, Any], *, today: date
) -> None:
    """Change what is named in `changes`. Raise CodeUnknown, NameTaken."""
    if changes.get("link_kind") not in {None, room.link_kind}:
        await codes.require(db, CodeKind.LINK, changes["link_kind"], on=today)
    for field, value in changes.items():
        setattr(room, field, value)
    await _keep(db, _ROOM_TAKEN)
