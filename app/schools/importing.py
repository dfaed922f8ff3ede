"""Schools and teaching points from a table: looked at as a whole, then written or not at all.

`import_schools` reads what there is in as many statements for ten thousand rows as for ten, says
of each row what is wrong with it (row, column, value, reason), and writes only when nothing is,
unless told to leave faulty rows out. The same file a second time changes nothing.

A row is the school with its code; without a code, the one of that name in that region, and for a
teaching point of that parent. Longer than a module should be: a column is read, compared and
written in one place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.codes import service as codes
from app.codes.catalogue import Catalogue
from app.codes.models import CodeKind
from app.database import PORTION, in_portions, insert_many, uuid7
from app.errors import Problem
from app.schools import cells as cells_of
from app.schools import histories, registry
from app.schools.cells import Refused, Report
from app.schools.errors import BadRegionCode, SchoolCodeMalformed
from app.schools.histories import Noting
from app.schools.models import ChangeKind, Region, School, SchoolChange, SchoolCode
from app.schools.queries import regions_within, schools_within
from app.schools.service import region_code
from app.schools.table_import import Kind, lacks_columns, let_others_run
from app.security import Scope
from app.sheets import Line, Table

NAME, CATEGORY, REGION, CODE = "学校名称", "办学类型代码", "行政区划代码", "学校标识码"
PARENT, SUFFIX, URBAN, OPENED = "所属学校", "校内编号", "城乡分类代码", "开办日期"
LATITUDE, LONGITUDE, ALTITUDE, ROAD = "纬度", "经度", "海拔", "道路说明"
CLOSED = "停办日期"
HEADINGS = (
    *(NAME, CATEGORY, REGION, CODE, PARENT, SUFFIX, URBAN, OPENED, CLOSED),
    *(LATITUDE, LONGITUDE, ALTITUDE, ROAD),
)
REQUIRED = (NAME, CATEGORY, REGION)
# What is changed of a school without touching anything else.
PLAIN = frozenset(
    {"name", "urban_rural", "opened_on", "latitude", "longitude", "altitude_m", "road_note"}
)
EXAMPLES = (
    ("示范中心小学", "211", "990121", "2199000001", "", "", "121", "1985-09-01", *[""] * 5),
    ("示范一村小", "218", "990121", "", "2199000001", "01", "220", "1992-09-01", *[""] * 5),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be understood. Columns that are not in the file are not in `given`."""

    line: Line
    name: str
    category: str
    region: Region
    moe_code: str | None
    parent: str
    given: dict[str, Any]
    closed_on: date | None


@dataclass(slots=True)
class _Known:
    """What there is already, by what rows name it by."""

    sets: Catalogue
    scope_region_by_code: dict[str, Region]
    codes: dict[str, UUID]
    schools: dict[UUID, School]
    by_name: dict[tuple[UUID, str, UUID | None], School] = field(default_factory=dict)
    by_bare_name: dict[str, list[School]] = field(default_factory=dict)
    suffixes: dict[tuple[UUID, str], UUID] = field(default_factory=dict)

    def add(self, school: School) -> None:
        self.schools[school.id] = school
        parent = school.parent_id if self.sets.is_point(school.category) else None
        self.by_name[school.region_id, school.name, parent] = school
        self.by_bare_name.setdefault(school.name, []).append(school)
        if school.moe_code is not None:
            self.codes[school.moe_code] = school.id
        if school.parent_id is not None and school.local_suffix is not None:
            self.suffixes[school.parent_id, school.local_suffix] = school.id


async def _known(db: AsyncSession, scope: Scope, sets: Catalogue) -> _Known:
    known = _Known(sets, {}, {}, {})
    regions = select(Region).where(Region.id.in_(regions_within(scope)))
    async for (region,) in in_portions(db, regions):
        known.scope_region_by_code[region.code] = region
    # Of codes all there ever were, whosesoever: none is given twice.
    async for code, school_id in in_portions(db, select(SchoolCode.moe_code, SchoolCode.school_id)):
        known.codes[code] = school_id
    schools = select(School).where(School.id.in_(schools_within(scope))).order_by(School.id)
    async for (school,) in in_portions(db, schools):
        known.add(school)
    return known


def _read(line: Line, known: _Known, sets: Catalogue, noting: Noting) -> Row:
    """Understand a row by itself. Raise Refused."""
    cells = line.cells
    for column in REQUIRED:
        if not cells.get(column):
            raise Refused(column, "required")
    for column, most in ((NAME, 120), (ROAD, 200)):
        if len(cells.get(column, "")) > most:
            raise Refused(column, "too-long")
    category = cells_of.code(sets, CodeKind.SCHOOL_CATEGORY, cells[CATEGORY], CATEGORY)
    region = _region(cells[REGION], known)
    code = _moe_code(cells.get(CODE, ""), category.code)
    parent = cells.get(PARENT, "")
    if category.is_point != bool(parent):
        raise Refused(PARENT, "needs-parent" if not parent else "only-points-have-parents")
    given = _given(cells, sets, is_point=category.is_point)
    closed_on = cells_of.day(cells.get(CLOSED, ""), CLOSED)
    for column, day in ((OPENED, given.get("opened_on")), (CLOSED, closed_on)):
        if day is not None and day > noting.on:
            raise Refused(column, "in-the-future")
    return Row(line, cells[NAME], category.code, region, code, parent, given, closed_on)


def _region(text: str, known: _Known) -> Region:
    try:
        region = known.scope_region_by_code.get(region_code(text))
    except BadRegionCode:
        raise Refused(REGION, "malformed-code") from None
    if region is None:
        raise Refused(REGION, "not-your-region")
    return region


def _moe_code(text: str, category: str) -> str | None:
    try:
        return histories.checked_code(text, category) if text else None
    except SchoolCodeMalformed:
        raise Refused(CODE, "malformed-code") from None


def _given(cells: dict[str, str], sets: Catalogue, *, is_point: bool) -> dict[str, Any]:
    """Return the columns of a school that are in the file. Raise Refused."""
    given: dict[str, Any] = {}
    if SUFFIX in cells:
        suffix = cells[SUFFIX] or None
        if suffix is not None and not is_point:
            raise Refused(SUFFIX, "only-points-have-parents")
        if suffix is not None and not (suffix.isascii() and suffix.isalnum() and len(suffix) <= 10):
            raise Refused(SUFFIX, "malformed-code")
        given["local_suffix"] = suffix
    if URBAN in cells:
        is_said = bool(cells[URBAN])
        urban = cells_of.code(sets, CodeKind.URBAN_RURAL, cells[URBAN], URBAN) if is_said else None
        given["urban_rural"] = None if urban is None else urban.code
    if OPENED in cells:
        given["opened_on"] = cells_of.day(cells[OPENED], OPENED)
    for column, key, least, most in (
        (LATITUDE, "latitude", -90, 90),
        (LONGITUDE, "longitude", -180, 180),
        (ALTITUDE, "altitude_m", -500, 9000),
    ):
        if column in cells:
            value = cells_of.number(cells[column], column, least, most)
            given[key] = value if column != ALTITUDE or value is None else round(value)
    if ROAD in cells:
        given["road_note"] = cells[ROAD]
    return given


@dataclass(slots=True)
class _Import:
    """One run over a table."""

    db: AsyncSession
    known: _Known
    noting: Noting
    report: Report
    new: list[School] = field(default_factory=list)
    # Columns of rows to come: kept as objects, ten thousand weigh on the garbage collector.
    changes: list[dict[str, Any]] = field(default_factory=list)
    codes: list[dict[str, Any]] = field(default_factory=list)
    seen: set[UUID] = field(default_factory=set)
    edits: list[tuple[School, Row, dict[str, Any]]] = field(default_factory=list)

    def parent_of(self, row: Row) -> School | None:
        """Return the school a point belongs to. Raise Refused."""
        if not row.parent:
            return None
        by_code = self.known.codes.get(row.parent)
        named = self.known.by_bare_name.get(row.parent, [])
        found = (
            [self.known.schools[by_code]]
            if by_code in self.known.schools
            else [school for school in named if not self.known.sets.is_point(school.category)]
        )
        if len(found) > 1:  # of the same region, if that is one
            found = [school for school in found if school.region_id == row.region.id]
        if len(found) != 1:
            raise Refused(PARENT, "ambiguous-parent" if found else "no-such-parent")
        if self.known.sets.is_point(found[0].category) or found[0].closed_on is not None:
            raise Refused(PARENT, "no-such-parent")
        return found[0]

    def take(self, row: Row) -> None:
        """Decide what becomes of a row. Raise Refused."""
        parent = self.parent_of(row)
        parent_id = None if parent is None else parent.id
        owner = self.known.codes.get(row.moe_code) if row.moe_code is not None else None
        if owner is not None and owner not in self.known.schools:
            raise Refused(CODE, "code-of-another")
        there = (
            self.known.schools[owner]
            if owner is not None
            else self.known.by_name.get((row.region.id, row.name, parent_id))
        )
        if there is not None and there.id in self.seen:
            raise Refused(CODE if owner is not None else NAME, "twice-in-file")
        self._require_suffix(row, parent_id, there)
        if there is None:
            self._create(row, parent_id)
        else:
            self._compare(there, row, parent_id)

    def _require_suffix(self, row: Row, parent_id: UUID | None, there: School | None) -> None:
        suffix = row.given.get("local_suffix")
        if suffix is None or parent_id is None:
            return
        holder = self.known.suffixes.get((parent_id, suffix))
        if holder is not None and (there is None or holder != there.id):
            raise Refused(SUFFIX, "suffix-taken")

    def _create(self, row: Row, parent_id: UUID | None) -> None:
        if row.closed_on is not None:
            raise Refused(CLOSED, "new-and-closed")
        for kind, code, column in (
            (CodeKind.SCHOOL_CATEGORY, row.category, CATEGORY),
            (CodeKind.URBAN_RURAL, row.given.get("urban_rural"), URBAN),
        ):
            cells_of.require_holding(self.known.sets, kind, code, column, self.noting.on)
        school = School(
            id=uuid7(),
            name=row.name,
            category=row.category,
            region_id=row.region.id,
            parent_id=parent_id,
            moe_code=row.moe_code,
            may_record_pupils=True,
            may_publish_pupils=False,
            **row.given,
        )
        school.road_note = school.road_note or ""
        noting = Noting(school.opened_on or self.noting.on, self.noting.now, self.noting.by)
        self.new.append(school)
        opened = histories.change(school.id, ChangeKind.OPENED, noting, after=school.name)
        self.changes.append(_columns_of(opened))
        if row.moe_code is not None:
            self.codes.append(
                {"moe_code": row.moe_code, "school_id": school.id, "given_on": noting.on}
            )
            given = histories.change(school.id, ChangeKind.CODE_GIVEN, noting, after=row.moe_code)
            self.changes.append(_columns_of(given))
        self.known.add(school)
        self.seen.add(school.id)
        self.report.created += 1

    def _compare(self, there: School, row: Row, parent_id: UUID | None) -> None:
        if there.category != row.category:
            word = self.known.sets.said(CodeKind.SCHOOL_CATEGORY, row.category)
            raise Refused(CATEGORY, "category-differs", word=word)
        if row.moe_code is not None and there.moe_code != row.moe_code:
            if row.moe_code in self.known.codes or there.closed_on is not None:
                raise Refused(CODE, "code-is-void")
            self.known.codes[row.moe_code] = there.id
        wanted = row.given | {"name": row.name, "parent_id": parent_id}
        if row.moe_code is not None:
            wanted["moe_code"] = row.moe_code
        changes = {key: value for key, value in wanted.items() if getattr(there, key) != value}
        closes = row.closed_on is not None and there.closed_on is None
        if row.closed_on is not None and there.closed_on not in {None, row.closed_on}:
            raise Refused(CLOSED, "closed-on-another-day")
        self.seen.add(there.id)
        if not changes and not closes and there.region_id == row.region.id:
            self.report.unchanged += 1
            return
        if there.parent_id is not None and there.local_suffix is not None:
            self.known.suffixes.pop((there.parent_id, there.local_suffix), None)
        if parent_id is not None and (suffix := wanted.get("local_suffix", there.local_suffix)):
            self.known.suffixes[parent_id, suffix] = there.id
        self.edits.append((there, row, changes))
        self.report.changed += 1

    async def write(self) -> None:
        """Write down what was decided: first what is new, for edits may refer to it."""
        await insert_many(self.db, School, map(_columns_of, self.new))
        await insert_many(self.db, SchoolCode, self.codes)
        await insert_many(self.db, SchoolChange, self.changes)
        for number, (school, row, changes) in enumerate(self.edits):
            if number % PORTION == 0:
                await self.db.flush()
            try:
                await self._edit(school, row, changes)
            except Problem as problem:
                problem.detail = f"Row {row.line.number}: {problem.detail or problem.title}"
                raise
        await self.db.flush()

    async def _edit(self, school: School, row: Row, changes: dict[str, Any]) -> None:
        region = row.region if school.region_id != row.region.id else None
        closes = row.closed_on is not None and school.closed_on is None
        if region is None and not closes and changes.keys() <= PLAIN:
            # Checked when it was read: written with all others at the end, not one by one.
            await histories.rename(self.db, school, changes.pop("name", school.name), self.noting)
            for field_, value in changes.items():
                setattr(school, field_, value)
            return
        await registry.edit_school(self.db, school, changes, self.noting, region=region)
        if closes:
            assert row.closed_on is not None
            noting = Noting(row.closed_on, self.noting.now, self.noting.by)
            await histories.close(self.db, school, noting)


def _columns_of(row: School | SchoolChange) -> dict[str, Any]:
    """Return the columns that were given to a row not yet in the database."""
    return {key: value for key, value in vars(row).items() if not key.startswith("_")}


async def import_schools(
    db: AsyncSession,
    table: Table,
    *,
    scope: Scope,
    noting: Noting,
    is_dry: bool,
    leaves_out: bool = False,
) -> Report:
    """Import a table within `scope`; with `is_dry` only say what would be done.

    `leaves_out`: write the rows nothing is wrong with although others are faulty.
    """
    report = Report(rows=len(table.lines))
    if lacks_columns(report, table, REQUIRED):
        return report
    sets = await codes.catalogue(db)
    known = await _known(db, scope, sets)
    run = _Import(db, known, noting, report)
    rows: list[Row] = []
    for line in table.lines:
        await let_others_run(line.number)
        try:
            rows.append(_read(line, known, sets, noting))
        except Refused as refused:
            report.fault(line, refused)
    # Schools first: points of the same file may belong to them.
    for row in _schools_first(rows, sets):
        await let_others_run(row.line.number)
        try:
            run.take(row)
        except Refused as refused:
            report.fault(row.line, refused)
    report.faults.sort(key=lambda fault: fault.row)
    if is_dry or (report.faults and not leaves_out):
        return report
    await run.write()
    report.is_written = True
    return report


def _schools_first(rows: Sequence[Row], sets: Catalogue) -> list[Row]:
    return sorted(rows, key=lambda row: sets.is_point(row.category))


SCHOOLS = Kind(HEADINGS, REQUIRED, EXAMPLES, import_schools)
