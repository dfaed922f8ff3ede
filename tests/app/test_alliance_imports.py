"""Alliances from a table: 43 of them, each whole or not at all, and again without a change.

Past 400 lines: one table, and all that its columns may say of one alliance.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple
from datetime import date

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.accounts.service import grant
from app.alliances.imports import ALLIANCES, REQUIRED
from app.alliances.models import Alliance, AllianceMember, MemberRole, TermPlan
from app.alliances.tables import (
    ALLIANCE,
    ENDS,
    HEADINGS,
    JOINED,
    LEFT,
    LESSONS,
    PLACE,
    PLAN,
    PREPARATIONS,
    PURPOSE,
    ROLE,
    STARTS,
    TERM,
    TERM_STARTS,
)
from app.calendars.models import Term
from app.database import Database
from app.schools.cells import Report
from app.schools.histories import Noting
from app.schools.models import School, SchoolCode
from app.schools.school_finder import PARENT, SCHOOL
from app.security import Role, Scope
from app.sheets import read_table
from tests.app.alliance_steps import JSON, found, join, made, make_alliance, statements
from tests.app.conftest import OpenBrowser
from tests.app.test_importing import send, upload
from tests.factories import NOON, County, make_school

AUTUMN = "2026年秋季学期"
Cells = dict[str, str]


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: what is held, read and written is theirs."""
    return either_url


@pytest.fixture
async def term(database: Database, county: County) -> Term:
    async with database.unit_of_work() as db:
        term = Term(
            region_id=county.region.id,
            name=AUTUMN,
            starts_on=date(2026, 9, 1),
            ends_on=date(2027, 1, 22),
        )
        db.add(term)
    return term


def as_csv(rows: Sequence[Cells], headings: Sequence[str] = HEADINGS) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(
        [headings, *([row.get(each, "") for each in headings] for row in rows)]
    )
    return out.getvalue().encode()


def alliance_of(county: County, name: str = "城东教学联盟") -> list[Cells]:
    """A hub with the plan of a term, a member and an observer."""
    both = {ALLIANCE: name, PLACE: county.region.code}
    facts = {STARTS: "2026-02-24", PURPOSE: "音乐专递课堂"}
    plan = {TERM: AUTUMN, PLAN: "每周一次", PREPARATIONS: "8", LESSONS: "120"}
    return [
        both | facts | plan | {SCHOOL: county.hub.name, ROLE: "主讲学校"},
        both | {SCHOOL: county.points[0].name, ROLE: "成员", JOINED: "2026/3/2"},
        both | {SCHOOL: county.points[1].name, ROLE: "OBSERVER", LEFT: "2026-12-31"},
    ]


def other(rows: list[Cells], place: int, **cells: str) -> list[Cells]:
    """The rows with other cells in one of them."""
    return [row | cells if number == place else row for number, row in enumerate(rows)]


async def run(
    database: Database,
    county: County,
    rows: Sequence[Cells],
    *,
    headings: Sequence[str] = HEADINGS,
    **options: bool,
) -> Report:
    async with database.unit_of_work() as db:
        return await ALLIANCES.run(
            db,
            read_table(as_csv(rows, headings)),
            scope=Scope(region_ids=frozenset({county.region.id})),
            noting=Noting.today(NOON),
            is_dry=options.get("is_dry", False),
            leaves_out=options.get("leaves_out", False),
        )


def figures(report: Report) -> tuple[int, int, int, int]:
    return report.created, report.changed, report.unchanged, report.left_out


async def counted(database: Database) -> tuple[int, int, int]:
    async with database.unit_of_work() as db:
        return tuple(  # type: ignore[return-value]  # three of them
            [
                await db.scalar(select(func.count()).select_from(table))
                for table in (Alliance, AllianceMember, TermPlan)
            ]
        )


@pytest.mark.usefixtures("term")
async def test_an_alliance_is_made_once_found_again_and_changed(
    database: Database, county: County
) -> None:
    rows = alliance_of(county)
    dry = await run(database, county, rows, is_dry=True)
    assert (figures(dry), dry.faults, dry.is_written) == ((3, 0, 0, 0), [], False)
    assert await counted(database) == (0, 0, 0)
    report = await run(database, county, rows)
    assert (figures(report), report.faults, report.is_written) == ((3, 0, 0, 0), [], True)
    async with database.unit_of_work() as db:
        one = (await db.scalars(select(Alliance))).one()
        assert (one.name, one.purpose, one.starts_on, one.ends_on) == (
            "城东教学联盟",
            "音乐专递课堂",
            date(2026, 2, 24),
            None,
        )
        stays = await db.execute(
            select(AllianceMember.school_id, AllianceMember.role, AllianceMember.from_on,
                   AllianceMember.to_on)
        )  # fmt: skip
        begun = date(2026, 2, 24)
        assert set(map(tuple, stays)) == {
            (county.hub.id, MemberRole.HUB, begun, None),
            (county.points[0].id, MemberRole.MEMBER, date(2026, 3, 2), None),
            (county.points[1].id, MemberRole.OBSERVER, begun, date(2026, 12, 31)),
        }
        plan = (await db.scalars(select(TermPlan))).one()
        assert (plan.text, plan.preparations, plan.lessons, plan.resources) == (
            "每周一次", 8, 120, 0,
        )  # fmt: skip
    assert figures(await run(database, county, rows)) == (0, 0, 3, 0)

    changed = other(rows, 0, **{PURPOSE: "美术", LESSONS: "130"})
    changed = other(changed, 1, **{LEFT: "2026-11-30"})
    changed.append(changed[1] | {JOINED: "2026-12-01", LEFT: "", ROLE: "主讲学校"})
    assert figures(await run(database, county, changed)) == (1, 2, 1, 0)
    assert figures(await run(database, county, changed)) == (0, 0, 4, 0)
    async with database.unit_of_work() as db:
        assert (await db.scalars(select(Alliance))).one().purpose == "美术"
        plan = (await db.scalars(select(TermPlan))).one()
        assert (plan.lessons, plan.preparations) == (130, 8)
    assert await counted(database) == (1, 4, 1)


@pytest.mark.usefixtures("term")
async def test_columns_that_are_left_away_leave_what_is_there(
    database: Database, county: County
) -> None:
    rows = other(alliance_of(county), 0, **{ENDS: "2027-07-10"})
    await run(database, county, rows)
    for headings in (REQUIRED, (*REQUIRED, JOINED)):
        report = await run(database, county, rows, headings=headings)
        # The point joined later than the alliance began: without the day it would be there twice.
        is_said = JOINED in headings
        assert [f.reason for f in report.faults if f.reason != "goes-with-others"] == (
            [] if is_said else ["membership-overlaps"]
        )
        assert report.unchanged == (3 if is_said else 0)
    async with database.unit_of_work() as db:
        assert (await db.scalars(select(Alliance))).one().ends_on == date(2027, 7, 10)


ONE_CELL = [
    (0, STARTS, "开学", "not-a-date"),
    (0, STARTS, "", "required"),
    (0, ENDS, "2026-02-23", "ends-before-it-begins"),
    (0, PURPOSE, "长" * 1001, "too-long"),
    (1, PURPOSE, "别的宗旨", "differs-in-table"),
    (1, SCHOOL, "", "required"),
    (1, SCHOOL, "无此校", "no-such-school"),
    (1, SCHOOL, "2199999999", "no-such-school"),
    (1, SCHOOL, "2199000077", "code-is-void"),
    (1, ROLE, "", "required"),
    (1, ROLE, "盟主", "unknown-role"),
    (1, JOINED, "去年", "not-a-date"),
    (1, JOINED, "2026-02-23", "outside-alliance"),
    (1, LEFT, "2026-03-01", "ends-before-it-begins"),
    (0, ROLE, "成员", "no-hub"),
    (0, LEFT, "2026-03-01", "no-hub"),
    (1, ROLE, "观察员", "no-member"),
    (0, TERM, "", "required"),
    (0, TERM, "2031年秋季学期", "no-such-term-there"),
    (0, TERM_STARTS, "2026-09-02", "no-such-term-there"),
    (0, LESSONS, "-1", "out-of-range"),
    (0, LESSONS, "许多", "not-a-number"),
    (0, PLAN, "长" * 4001, "too-long"),
]


@pytest.mark.usefixtures("term")
@pytest.mark.parametrize(("place", "column", "cell", "reason"), ONE_CELL)
async def test_a_fault_is_named_and_its_alliance_waits_as_a_whole(
    *, database: Database, county: County, place: int, column: str, cell: str, reason: str
) -> None:
    async with database.unit_of_work() as db:
        void = SchoolCode(
            moe_code="2199000077", school_id=county.hub.id, voided_on=date(2020, 8, 31)
        )
        db.add(void)
    good = alliance_of(county, "城西教学联盟")
    rows = [*good, *other(alliance_of(county), place, **{column: cell})]
    report = await run(database, county, rows)
    named = [astuple(fault) for fault in report.faults if fault.reason != "goes-with-others"]
    # Of what its rows lack together, the first that fills the column in is named.
    row, where = {
        ("no-hub", LEFT): (5, ROLE),
        ("no-member", ROLE): (5, ROLE),
    }.get((reason, column), (5 + place, column))
    value = rows[row - 2].get(where, "")[:200]
    if reason == "no-such-term-there":
        where, value = TERM, rows[3][TERM]
    assert named == [(row, where, value, reason)]
    assert {fault.row for fault in report.faults} == {5, 6, 7}
    assert (report.left_out, report.is_written) == (3, False)
    assert await counted(database) == (0, 0, 0)
    rest = await run(database, county, rows, leaves_out=True)
    assert (figures(rest), rest.is_written, rest.faults) == ((3, 0, 0, 3), True, report.faults)
    assert await counted(database) == (1, 3, 1)


@pytest.mark.usefixtures("term")
@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        (ALLIANCE, "", "required"),
        (ALLIANCE, "长" * 121, "too-long"),
        (PLACE, "", "required"),
        (PLACE, "5119", "malformed-code"),
        (PLACE, "110000", "not-your-region"),
    ],
)
async def test_a_row_of_no_alliance_is_named(
    *, database: Database, county: County, column: str, cell: str, reason: str
) -> None:
    rows = [*alliance_of(county), alliance_of(county)[1] | {column: cell}]
    report = await run(database, county, rows, leaves_out=True)
    assert [astuple(fault) for fault in report.faults] == [(5, column, cell[:200], reason)]
    assert (figures(report), report.is_written) == ((3, 0, 0, 1), True)


@pytest.mark.usefixtures("term")
async def test_stays_that_share_days_are_refused_in_the_table_and_beside_it(
    database: Database, county: County
) -> None:
    rows = alliance_of(county)
    again = rows[1] | {JOINED: "2026-05-01"}
    for more, reason in (
        (again, "membership-overlaps"),
        (again | {ROLE: "主讲学校"}, "two-roles-at-once"),
        (rows[1], "twice-in-file"),
        (rows[1] | {ROLE: "观察员"}, "two-roles-at-once"),
    ):
        report = await run(database, county, [*rows, more])
        assert [(f.row, f.reason) for f in report.faults if f.reason != "goes-with-others"] == [
            (5, reason)
        ]
    assert (await run(database, county, rows)).is_written
    beside = await run(database, county, [rows[0], again])
    assert [f.reason for f in beside.faults if f.reason != "goes-with-others"] == [
        "membership-overlaps"
    ]
    # The last hub does not leave by a table, and another may come for it.
    leaves = other(rows, 0, **{LEFT: "2026-02-28"})
    assert (await run(database, county, leaves)).faults[0].reason == "no-hub"
    replaced = other(leaves, 2, **{LEFT: "2026-02-28"})
    replaced.append(rows[2] | {JOINED: "2026-03-01", LEFT: "", ROLE: "主讲学校"})
    assert figures(await run(database, county, replaced)) == (1, 2, 1, 0)


@pytest.mark.usefixtures("term")
async def test_schools_of_others_come_in_by_their_code_and_their_alliances_stay_theirs(
    database: Database, county: County, other_county: County
) -> None:
    async with database.unit_of_work() as db:
        theirs = await db.get_one(School, other_county.hub.id)
        theirs.moe_code = "2199000088"
        closed = await make_school(db, county.region, name="停办小学")
        closed.closed_on = date(2026, 2, 20)
    rows = alliance_of(county)
    # As by hand: of another county's a school is named by its code alone.
    by_name = [*rows, rows[1] | {SCHOOL: theirs.name}]
    assert [f.reason for f in (await run(database, county, by_name)).faults][-1] == "no-such-school"
    shut = [*rows, rows[1] | {SCHOOL: "停办小学"}]
    assert [f.reason for f in (await run(database, county, shut)).faults][-1] == "school-closed"
    by_code = [*rows, rows[1] | {SCHOOL: "2199000088"}]
    assert figures(await run(database, county, by_code)) == (4, 0, 0, 0)
    assert figures(await run(database, county, by_code)) == (0, 0, 4, 0)
    # Once it is a member its name will do for its stay, and for no other alliance.
    named = [*rows, rows[1] | {SCHOOL: theirs.name}]
    assert figures(await run(database, county, named)) == (0, 0, 4, 0)
    elsewhere = [row | {ALLIANCE: "城北教学联盟"} for row in named]
    assert "no-such-school" in [f.reason for f in (await run(database, county, elsewhere)).faults]

    foreign = await run(database, other_county, rows)
    assert {(f.column, f.reason) for f in foreign.faults} == {(PLACE, "not-your-region")}
    assert await counted(database) == (1, 4, 1)


@pytest.mark.usefixtures("term")
async def test_forty_three_alliances_of_a_file_with_no_more_statements_than_two(
    database: Database, county: County
) -> None:
    many = [row for n in range(43) for row in alliance_of(county, f"第{n + 1}教学联盟")]
    with statements(database) as few:
        assert (await run(database, county, many[:6], is_dry=True)).created == 6
    with statements(database) as more:
        assert (await run(database, county, many, is_dry=True)).created == 129
    assert len(more) == len(few)
    report = await run(database, county, many)
    assert (figures(report), report.faults) == ((129, 0, 0, 0), [])
    assert await counted(database) == (43, 129, 43)
    async with database.unit_of_work() as db:
        hubs = select(AllianceMember.alliance_id).where(AllianceMember.role == MemberRole.HUB)
        whole = select(func.count()).where(
            Alliance.id.in_(hubs),
            Alliance.id.in_(select(TermPlan.alliance_id)),
            Alliance.id.in_(
                select(AllianceMember.alliance_id).where(AllianceMember.role == MemberRole.MEMBER)
            ),
        )
        assert await db.scalar(whole) == 43
    assert figures(await run(database, county, many)) == (0, 0, 129, 0)


@pytest.mark.usefixtures("term")
async def test_two_of_one_name_are_not_told_apart(
    database: Database, county: County, open_browser: OpenBrowser
) -> None:
    keeper = await open_browser(county.administrator)
    for _ in range(2):
        await make_alliance(keeper, county)
    report = await run(database, county, alliance_of(county))
    assert {f.reason for f in report.faults} == {"ambiguous-alliance"}


async def test_over_http_what_was_made_by_hand_is_exported_and_imports_unchanged(
    *,
    open_browser: OpenBrowser,
    app: FastAPI,
    database: Database,
    county: County,
    other_county: County,
    term: Term,
) -> None:
    office = await open_browser(county.administrator)
    template = await office.get("/api/imports/alliances/template?format=csv")
    assert read_table(template.content).headings == HEADINGS
    alliance = await make_alliance(office, county)
    async with database.unit_of_work() as db:
        # Two points of one name, told apart by their parents; a guest from elsewhere.
        above = await make_school(db, county.region)
        twin = await make_school(db, county.region, parent=above, name=county.points[0].name)
        guest = await db.get_one(School, other_county.hub.id)
        guest.moe_code = "2199000089"
    await join(office, alliance, "OBSERVER", moe_code="2199000089")
    await join(office, alliance, "MEMBER", school_id=str(twin.id))
    plan: JSON = {"preparations": 3, "lessons": 40, "resources": 2, "trainings": 1, "text": "=计划"}
    path = f"/api/alliances/{alliance['id']}/term-plans/{term.id}"
    assert (await office.send("PUT", path, etag='"0"', json=plan)).status_code == 200
    await made(
        office,
        "/api/alliances",
        {"region_id": str(county.region.id), "name": "还没有学校", "starts_on": "2026-09-01"},
    )
    before = await found(office, f"/api/alliances/{alliance['id']}/members")
    for file in ("csv", "xlsx"):
        table = (await office.get(f"/api/alliances/export?format={file}")).content
        again = await send(office, app, table, "?dry_run=false", kind="alliances")
        result = again["result"]
        assert isinstance(result, dict)
        assert (result["faults"], result["created"], result["changed"]) == ([], 0, 0)
        assert (result["unchanged"], result["is_written"]) == (6, True)
    assert await found(office, f"/api/alliances/{alliance['id']}/members") == before

    rows = other(alliance_of(county, "新联盟"), 1, **{PARENT: county.hub.name})
    done = await send(office, app, as_csv(rows), "?dry_run=false", kind="alliances")
    assert isinstance(done["result"], dict)
    assert (done["result"]["created"], done["result"]["is_written"]) == (3, True)
    listed = (await found(office, "/api/alliances?q=新联盟"))["items"]
    assert [(one["members"], one["is_kept"]) for one in listed] == [(3, True)]


@pytest.mark.usefixtures("term")
async def test_who_may_not_make_alliances_imports_none(
    open_browser: OpenBrowser,
    app: FastAPI,
    database: Database,
    county: County,
    other_county: County,
) -> None:
    content = as_csv(alliance_of(county))
    supervisor = await open_browser(county.supervisor)
    assert (await upload(supervisor, content, kind="alliances")).status_code == 403
    stranger = await open_browser(other_county.administrator)
    done = await send(stranger, app, content, "?dry_run=false", kind="alliances")
    assert isinstance(done["result"], dict)
    assert {fault["reason"] for fault in done["result"]["faults"]} == {"not-your-region"}
    # Who holds an alliance changes it by a table, as by hand, and founds none.
    office = await open_browser(county.administrator)
    await send(office, app, content, "?dry_run=false", kind="alliances")
    async with database.unit_of_work() as db:
        one = (await db.scalars(select(Alliance))).one()
        await grant(
            db,
            person_id=other_county.administrator.person_id,
            role=Role.ADMINISTRATOR,
            alliance_id=one.id,
        )
    keeper = await open_browser(other_county.administrator)
    rows = other(alliance_of(county), 0, **{PURPOSE: "由秘书处改"})
    done = await send(keeper, app, as_csv(rows), "?dry_run=false", kind="alliances")
    assert isinstance(done["result"], dict)
    assert (done["result"]["changed"], done["result"]["faults"]) == (1, [])
    founded = await send(
        keeper, app, as_csv(alliance_of(county, "另一个")), "?dry_run=false", kind="alliances"
    )
    assert isinstance(founded["result"], dict)
    assert {fault["reason"] for fault in founded["result"]["faults"]} == {"not-your-region"}
