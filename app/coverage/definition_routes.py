"""Routes of the indicators' definitions: which versions there are, and which of them hold."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.calendars.days import local_day
from app.clock import Now
from app.coverage import definitions
from app.coverage.exports import DEFINITION_COLUMNS
from app.coverage.models import Indicator
from app.coverage.schemas import DefinitionVersion
from app.database import Db
from app.exports import EXPORT_ROUTE, ExportFormat, ExportQuery, ExportResponse, stream
from app.paging import Page, PageQuery, fetch_page
from app.security import CurrentInspector

router = APIRouter(prefix="/api", tags=["coverage"])

OfIndicator = Annotated[Indicator | None, Query(description="Only of this indicator.")]


@router.get("/coverage/definitions")
async def list_definitions(
    db: Db, now: Now, _caller: CurrentInspector, page: PageQuery, indicator: OfIndicator = None
) -> Page[DefinitionVersion]:
    """List the versions of how each figure is counted, the latest of each first."""
    today = local_day(now)
    held = await definitions.held_on(db, today)
    found = await fetch_page(
        db, definitions.versions(indicator), order=definitions.ORDER, page=page
    )
    return found.page(lambda row: DefinitionVersion.standing(row, held=held, today=today))


@router.get("/coverage/definitions/export", **EXPORT_ROUTE)
async def export_definitions(
    request: Request,
    _caller: CurrentInspector,
    indicator: OfIndicator = None,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the versions, all pages of them."""
    return stream(
        request.app.state.database,
        definitions.versions(indicator).order_by(*definitions.ORDER),
        columns=DEFINITION_COLUMNS,
        name="definitions",
        export_format=export_format,
    )
