"""Reads of what was corrected in the registry."""

from dataclasses import dataclass

from sqlalchemy import Select, or_, select, union_all

from app.pinyin import is_named
from app.schools.models import Authority, Corrected, Region, RegionLabel, RegistryCorrection
from app.schools.queries import regions_within
from app.security import Scope


@dataclass(frozen=True, slots=True)
class CorrectionFilter:
    """Which corrections. `text`: words of the region's name, or of what was or became."""

    text: str = ""
    thing: Corrected | None = None


def corrections(scope: Scope, wanted: CorrectionFilter) -> Select[RegistryCorrection, Region]:
    """Return the corrections of the regions in scope, of their labels and their authorities."""
    within = regions_within(scope)
    places = union_all(
        *(
            select(thing.label("thing_id"), place.label("region_id")).where(place.in_(within))
            for thing, place in (
                (Region.id, Region.id),
                (RegionLabel.id, RegionLabel.region_id),
                (Authority.id, Authority.region_id),
            )
        )
    ).subquery("places")
    query = (
        select(RegistryCorrection, Region)
        .select_from(RegistryCorrection)
        .join(places, places.c.thing_id == RegistryCorrection.thing_id)
        .join(Region, Region.id == places.c.region_id)
    )
    for word in wanted.text.split():
        said = (RegistryCorrection.before, RegistryCorrection.after)
        query = query.where(
            or_(is_named(Region, word), *(each.icontains(word, autoescape=True) for each in said))
        )
    return query if wanted.thing is None else query.where(RegistryCorrection.thing == wanted.thing)
