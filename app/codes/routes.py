"""Code sets, their codes and mappings, for whoever is signed in."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from app.codes import queries
from app.codes.models import Code, CodeKind, CodeSet
from app.codes.queries import CodeFilter
from app.codes.words import KIND
from app.database import Db
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.paging import Page, PageQuery, fetch_page
from app.security import CurrentPerson

router = APIRouter(prefix="/api", tags=["codes"])


class CodeSetOut(BaseModel):
    """A code set; see `CodeSet`."""

    id: UUID
    key: str
    kind: CodeKind
    label_zh: str
    label_en: str
    source: str
    is_stored: bool
    is_shown: bool
    valid_from: date | None
    valid_to: date | None


class CodeOut(BaseModel):
    """A code with its words. `set`: the key of its set; `is_point`: see `Code`."""

    id: UUID
    set: str
    kind: CodeKind
    code: str
    label_zh: str
    label_en: str
    label_bo: str
    is_point: bool
    valid_from: date | None
    valid_to: date | None


class CodeEnd(BaseModel):
    """A code at one end of a mapping. `set`: the key of its set."""

    id: UUID
    set: str
    code: str
    label_zh: str
    label_en: str


class CodeMapOut(BaseModel):
    """A mapping between two codes. Not exact: one is wider; within a set the second."""

    from_code: CodeEnd
    to_code: CodeEnd
    is_exact: bool


def _filter(
    kind: CodeKind | None = None,
    set_key: Annotated[
        str | None, Query(alias="set", max_length=40, pattern="^[A-Z0-9_]+$")
    ] = None,
    *,
    is_shown: bool | None = None,
    is_stored: bool | None = None,
) -> CodeFilter:
    return CodeFilter(kind, set_key, is_shown=is_shown, is_stored=is_stored)


Wanted = Annotated[CodeFilter, Depends(_filter)]
_ORDER = (CodeSet.key.asc(), Code.position.asc(), Code.id.asc())


def _code_out(code: Code, of: CodeSet) -> CodeOut:
    return CodeOut(
        id=code.id,
        set=of.key,
        kind=of.kind,
        code=code.code,
        label_zh=code.label_zh,
        label_en=code.label_en,
        label_bo=code.label_bo,
        is_point=code.is_point,
        valid_from=code.valid_from,
        valid_to=code.valid_to,
    )


OfKind = Annotated[CodeKind | None, Query(description="Of this kind.")]


@router.get("/code-sets")
async def list_code_sets(
    db: Db, _caller: CurrentPerson, page: PageQuery, kind: OfKind = None
) -> Page[CodeSetOut]:
    """List the code sets."""
    order = (CodeSet.key.asc(), CodeSet.id.asc())
    found = await fetch_page(db, queries.sets(kind), order=order, page=page)
    return found.page(lambda row: CodeSetOut.model_validate(row, from_attributes=True))


@router.get("/code-sets/export", **EXPORT_ROUTE)
async def export_code_sets(
    request: Request,
    _caller: CurrentPerson,
    kind: OfKind = None,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the code sets."""
    return stream(
        request.app.state.database,
        queries.sets(kind).order_by(CodeSet.key, CodeSet.id),
        columns=(
            Column("代码集", lambda row: row[0].key),
            Column("类别", lambda row: KIND[row[0].kind]),
            Column("名称", lambda row: row[0].label_zh),
            Column("英文名称", lambda row: row[0].label_en),
            Column("来源", lambda row: row[0].source),
            Column("存储", lambda row: _yes(value=row[0].is_stored)),
            Column("显示", lambda row: _yes(value=row[0].is_shown)),
            Column("起始日期", lambda row: row[0].valid_from),
            Column("截止日期", lambda row: row[0].valid_to),
        ),
        name="code-sets",
        export_format=export_format,
    )


def _yes(*, value: bool) -> str:
    return "是" if value else "否"


@router.get("/codes")
async def list_codes(
    db: Db, _caller: CurrentPerson, wanted: Wanted, page: PageQuery
) -> Page[CodeOut]:
    """List codes, set by set, each in its own order."""
    found = await fetch_page(db, queries.codes(wanted), order=_ORDER, page=page)
    return found.page(lambda row: _code_out(*row))


@router.get("/codes/export", **EXPORT_ROUTE)
async def export_codes(
    request: Request,
    _caller: CurrentPerson,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it."""
    return stream(
        request.app.state.database,
        queries.codes(wanted).order_by(*_ORDER),
        columns=(
            Column("代码集", lambda row: row[1].key),
            Column("代码", lambda row: row[0].code),
            Column("名称", lambda row: row[0].label_zh),
            Column("英文名称", lambda row: row[0].label_en),
            Column("藏文名称", lambda row: row[0].label_bo),
            Column("别名", lambda row: row[0].aliases),
            Column("教学点", lambda row: _yes(value=row[0].is_point)),
            Column("起始日期", lambda row: row[0].valid_from),
            Column("截止日期", lambda row: row[0].valid_to),
        ),
        name="codes",
        export_format=export_format,
    )


def _end(code: Code, of: CodeSet) -> CodeEnd:
    return CodeEnd(
        id=code.id, set=of.key, code=code.code, label_zh=code.label_zh, label_en=code.label_en
    )


OfCode = Annotated[UUID | None, Query(description="From or to this code.")]
OfSet = Annotated[
    str | None,
    Query(
        alias="set",
        max_length=40,
        pattern="^[A-Z0-9_]+$",
        description="From or to a code of this set.",
    ),
]


@router.get("/code-maps")
async def list_code_maps(
    *,
    db: Db,
    _caller: CurrentPerson,
    page: PageQuery,
    code_id: OfCode = None,
    set_key: OfSet = None,
) -> Page[CodeMapOut]:
    """List the mappings, or those of one code or set, read in both directions."""
    query = queries.maps(code_id, set_key)
    found = await fetch_page(db, query, order=queries.MAP_ORDER, page=page)
    return found.page(
        lambda row: CodeMapOut(
            from_code=_end(row[1], row[2]), to_code=_end(row[3], row[4]), is_exact=row[0].is_exact
        )
    )


@router.get("/code-maps/export", **EXPORT_ROUTE)
async def export_code_maps(
    *,
    request: Request,
    _caller: CurrentPerson,
    code_id: OfCode = None,
    set_key: OfSet = None,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the mappings, all pages of them."""
    return stream(
        request.app.state.database,
        queries.maps(code_id, set_key).order_by(*queries.MAP_ORDER),
        columns=(
            Column("代码集", lambda row: row[2].key),
            Column("代码", lambda row: row[1].code),
            Column("名称", lambda row: row[1].label_zh),
            Column("对应代码集", lambda row: row[4].key),
            Column("对应代码", lambda row: row[3].code),
            Column("对应名称", lambda row: row[3].label_zh),
            Column("完全对应", lambda row: _yes(value=row[0].is_exact)),
        ),
        name="code-maps",
        export_format=export_format,
    )
