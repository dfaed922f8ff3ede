"""Corrections of regions, their labels and authorities, each written down as it is made."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.schools import registry
from app.schools.errors import NameTaken, RegionCodeUsed
from app.schools.models import (
    Authority,
    AuthorityLevel,
    Corrected,
    Region,
    RegionLabel,
    RegistryCorrection,
    School,
)
from app.schools.roster_models import RosterEntry
from app.schools.service import region_code


@dataclass(frozen=True, slots=True)
class Corrector:
    """Who corrects something, and when."""

    person_id: UUID | None
    now: datetime


async def correct_region(
    db: AsyncSession, region: Region, *, code: str, name: str, by: Corrector
) -> None:
    """Give a region another name, or another code where nothing refers to it.

    Raise BadRegionCode, NameTaken, RegionCodeUsed.
    """
    before = f"{region.code} {region.name}"
    code = region_code(code)
    try:
        async with db.begin_nested():
            if code != region.code:
                # Who adds a region below holds this one as well (`registry.add_region`).
                await db.execute(select(Region.id).where(Region.id == region.id).with_for_update())
                await _require_unused(db, region)
                region.path = f"{region.path.removesuffix(f'{region.code}/')}{code}/"
                region.code = code
            region.name = name
            _note(db, Corrected.REGION, region.id, (before, f"{code} {name}"), by)
    except IntegrityError as error:
        raise NameTaken(f"There is a region {code} already.") from error


def rename_region(db: AsyncSession, region: Region, name: str, *, by: Corrector) -> None:
    """Give a region another name, as a table says."""
    before = f"{region.code} {region.name}"
    region.name = name
    _note(db, Corrected.REGION, region.id, (before, f"{region.code} {name}"), by)


async def _require_unused(db: AsyncSession, region: Region) -> None:
    """Raise RegionCodeUsed where others' paths or a roster hold the code of a region."""
    users = {
        "REGIONS": select(Region.id).where(Region.parent_id == region.id),
        "SCHOOLS": select(School.id).where(School.region_id == region.id),
        "ROSTERS": select(RosterEntry.id).where(RosterEntry.region_code == region.code),
    }
    words = {
        "REGIONS": "Regions lie below it, whose paths hold its code.",
        "SCHOOLS": "Schools lie in it, which are found by its code.",
        "ROSTERS": "Rosters were taken that name its code, and they stay as they are.",
    }
    for used_by, found in users.items():
        if await db.scalar(select(exists(found))):
            raise RegionCodeUsed(
                f"{words[used_by]} Correct its name, or add another region with the right code.",
                used_by=used_by,
            )


async def correct_label(
    db: AsyncSession,
    label: RegionLabel,
    *,
    code_id: UUID,
    valid_from: date | None,
    valid_to: date | None,
    by: Corrector,
) -> None:
    """Change which label it is, or its days: it ends with the last. Raise as `label_region`."""
    async with db.begin_nested():
        word = await registry.require_label(
            db,
            label.region_id,
            code_id=code_id,
            valid_from=valid_from,
            valid_to=valid_to,
            except_id=label.id,
        )
        was = await registry.label_word(db, label.code_id)
        before = f"{was} {label.valid_from or ''}/{label.valid_to or ''}"
        label.code_id, label.valid_from, label.valid_to = code_id, valid_from, valid_to
        after = f"{word} {valid_from or ''}/{valid_to or ''}"
        _note(db, Corrected.LABEL, label.id, (before, after), by)


async def correct_authority(
    db: AsyncSession, authority: Authority, *, name: str, level: AuthorityLevel, by: Corrector
) -> None:
    """Give an authority another name or level. Raise NameTaken."""
    before = f"{authority.name} {authority.level}"
    try:
        async with db.begin_nested():
            authority.name, authority.level = name, level
            _note(db, Corrected.AUTHORITY, authority.id, (before, f"{name} {level}"), by)
    except IntegrityError as error:
        raise NameTaken("The region has an authority of this name already.") from error


def _note(
    db: AsyncSession, thing: Corrected, thing_id: UUID, words: tuple[str, str], by: Corrector
) -> None:
    """Write a correction down, unless nothing became another. `words`: before and after."""
    before, after = words
    if before != after:
        db.add(
            RegistryCorrection(
                thing=thing,
                thing_id=thing_id,
                before=before,
                after=after,
                noted_at=by.now,
                noted_by=by.person_id,
            )
        )
