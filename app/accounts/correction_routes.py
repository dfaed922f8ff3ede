"""Corrections of the registry over HTTP: what was what before, who corrected it, and when.

They are kept by schools, which know no people (docs/architecture.md); here each has its name.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from sqlalchemy import Select

from app.accounts.models import Person
from app.database import WITHOUT_NUL, Db
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.paging import Fetched, Page, PageQuery, fetch_page
from app.schools import correction_queries
from app.schools.correction_queries import CorrectionFilter
from app.schools.models import AuthorityLevel, Corrected, RegistryCorrection
from app.schools.schemas import Named
from app.schools.words import AUTHORITY_LEVEL
from app.security import INSPECTING, CurrentInspector, Scope

router = APIRouter(prefix="/api", tags=["registry"])

_LATEST = (RegistryCorrection.noted_at.desc(), RegistryCorrection.id.desc())
_THINGS = {
    Corrected.REGION: "行政区划",
    Corrected.LABEL: "区划标签",
    Corrected.AUTHORITY: "主管部门",
}


class CorrectionOut(BaseModel):
    """What a thing was and became. `region`: it, the one its label is of, or its authority's.

    `before`, `after`: code and name; a label's word and `first day/last day`; an authority's name
    and level. `noted_by`: null where nobody signed in did it.
    """

    id: UUID
    thing: Corrected
    region: Named
    before: str
    after: str
    noted_at: datetime
    noted_by: str | None


def _filter(
    thing: Annotated[Corrected | None, Query(description="Only of this.")] = None,
    q: Annotated[
        str,
        Query(
            max_length=120,
            pattern=WITHOUT_NUL,
            description="Words of the region's name, or of what it was or became.",
        ),
    ] = "",
) -> CorrectionFilter:
    return CorrectionFilter(q, thing)


Wanted = Annotated[CorrectionFilter, Depends(_filter)]


def _corrections(scope: Scope, wanted: CorrectionFilter) -> Select[*tuple[Any, ...]]:
    query = correction_queries.corrections(scope, wanted)
    return query.outerjoin(Person, Person.id == RegistryCorrection.noted_by).add_columns(
        Person.name.label("by")
    )


@router.get("/registry-corrections")
async def list_corrections(
    db: Db, caller: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[CorrectionOut]:
    """List what was corrected of regions in scope, their labels and authorities, latest first."""
    found: Fetched[Any] = await fetch_page(
        db, _corrections(caller.scope(*INSPECTING), wanted), order=_LATEST, page=page
    )
    return found.page(_out)


@router.get("/registry-corrections/export", **EXPORT_ROUTE)
async def export_corrections(
    request: Request,
    caller: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it."""
    return stream(
        request.app.state.database,
        _corrections(caller.scope(*INSPECTING), wanted).order_by(*_LATEST),
        columns=(
            Column("时间", lambda row: row[0].noted_at),
            Column("对象", lambda row: _THINGS[row[0].thing]),
            Column("行政区划", lambda row: row[1].name),
            Column("更正前", lambda row: _as_read(row[0].thing, row[0].before)),
            Column("更正后", lambda row: _as_read(row[0].thing, row[0].after)),
            Column("更正人", lambda row: row.by),
        ),
        name="registry-corrections",
        export_format=export_format,
    )


def _as_read(thing: Corrected, said: str) -> str:
    """Return what is kept of a thing, with the word for an authority's level."""
    if thing is not Corrected.AUTHORITY:
        return said
    name, _, level = said.rpartition(" ")
    return f"{name} ({AUTHORITY_LEVEL[AuthorityLevel(level)]})"


def _out(row: Any) -> CorrectionOut:
    correction, region, by = row
    return CorrectionOut(
        id=correction.id,
        thing=correction.thing,
        region=Named(id=region.id, name=region.name),
        before=correction.before,
        after=correction.after,
        noted_at=correction.noted_at,
        noted_by=by,
    )
