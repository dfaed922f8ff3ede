"""Tables of codes that would break what rests on them are refused; what is said stays said.

Past 400 lines: each kind of row that holds a code, under one rule.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.accounts.models import PostKind
from app.accounts.posts import PostFacts, begin
from app.alliances.models import HubOffer
from app.alliances.need_schemas import NeedIn, OfferIn
from app.alliances.needs import post, save_offer
from app.alliances.pairing_schemas import PairingIn
from app.alliances.pairings import new as new_pairing
from app.alliances.pairings import save_draft
from app.attendance import rewording
from app.calendars.models import Term
from app.codes import service
from app.codes.errors import CodeInUse, CodeTableMalformed, CodeUnknown
from app.codes.models import CodeKind
from app.codes.tables import OWN, CodeRow, CodeTables, MapRow, SetRow, read_tables
from app.coverage.code_holders import holders
from app.coverage.curriculum import new_timetable
from app.coverage.models import CurriculumPeriods, CurriculumPlan, LocalPeriods
from app.database import Database, uuid7
from app.lessons.models import CourseOffering, LessonKind, OfferingState
from app.schools.class_imports import CLASSES, CLASSROOMS
from app.schools.histories import Noting, change_category
from app.schools.importing import import_schools
from app.schools.models import Classroom, RegionLabel, School, SchoolClass
from app.schools.registry import (
    SchoolFacts,
    add_class,
    add_classroom,
    edit_class,
    edit_classroom,
    edit_school,
    register_school,
)
from app.security import Scope
from app.sheets import read_table
from tests.app.alliance_steps import pairing
from tests.app.needs.market import need, offer
from tests.factories import NOON, County, make_class, make_classroom, make_county

TABLES = read_tables(OWN)
LOCAL = SetRow(
    *("LOCAL", CodeKind.SUBJECT), is_stored=False, is_shown=False,
    label_zh="本省学科代码", label_en="Subjects of a province", source="", valid_from=None,
    valid_to=None,
)  # fmt: skip


@pytest.fixture
def database_url(either_url: str) -> str:
    return either_url


def own(set_key: str, code: str) -> CodeRow:
    (row,) = (each for each in TABLES.codes if (each.set, each.code) == (set_key, code))
    return row


def new(set_key: str, code: str, label: str, **other: Any) -> CodeRow:
    return replace(CodeRow(set_key, code, label, f"{label} en", "", "", None, None), **other)


async def load(db: AsyncSession, tables: CodeTables) -> int:
    return await service.load(db, tables, follow=rewording.follow, holders=holders)


async def load_codes(database: Database, *rows: CodeRow) -> int:
    async with database.unit_of_work() as db:
        return await load(db, CodeTables((), rows, ()))


def told(
    *, sets: Iterable[SetRow] = (), codes: Iterable[CodeRow] = (), maps: Iterable[MapRow] = ()
) -> CodeTables:
    return CodeTables(tuple(sets), tuple(codes), tuple(maps))


GRADE_13 = new("GRADE_NO", "13", "十三年级")
SAME = (
    new("LOCAL", "01", "语文甲"),
    new("LOCAL", "02", "语文乙"),
)
BROKEN = {
    "GRADE_NO/13": told(codes=[GRADE_13]),
    "cannot hold 'K1'": told(codes=[new("GRADE_NO", "K1", "学前")]),
    "cannot hold '2189'": told(codes=[new("MOE_SCHOOL_CATEGORY", "2189", "教学点乙")]),
    "cannot hold 'zh-Hans-CN'": told(codes=[new("BCP47", "zh-Hans-CN", "规范汉语")]),
    "stays the stored set": told(
        sets=[replace(row, is_stored=False) for row in TABLES.sets if row.key == "LINK_KIND"]
    ),
    "'语文' is a word for CURR2022/chinese and for CURR2022/yw": told(
        codes=[new("CURR2022", "yw", "语文")]
    ),
    "'体育' is a word for": told(codes=[new("CURR2022", "sport", "运动", aliases="体育")]),
    "not mapped to itself": told(maps=[MapRow(("BCP47", "zh"), ("BCP47", "zh"), False)]),
    "SUBJECT and LANGUAGE": told(
        maps=[MapRow(("CURR2022", "english"), ("BCP47", "zh"), is_exact=False)]
    ),
    "write no under is_exact": told(
        maps=[MapRow(("GRADE_NO", "12"), ("JYT_RKXD", "Z"), is_exact=True)]
    ),
    "each among the other": told(
        maps=[MapRow(("CURR2022", "arts"), ("CURR2022", "music"), is_exact=False)]
    ),
    "CURR2022/chinese is exactly LOCAL/01 and exactly LOCAL/02": told(
        sets=[LOCAL],
        codes=SAME,
        maps=[MapRow(("LOCAL", each), ("CURR2022", "chinese"), True) for each in ("01", "02")],
    ),
}  # fmt: skip


async def test_a_table_that_breaks_what_rests_on_it_is_refused_and_changes_nothing(
    database: Database,
) -> None:
    async with database.unit_of_work() as db:
        before = await service.catalogue(db)
    for complaint, tables in BROKEN.items():
        with pytest.raises(CodeTableMalformed) as refused:
            async with database.unit_of_work() as db:
                await load(db, tables)
        assert complaint in refused.value.detail
    async with database.unit_of_work() as db:
        assert await service.catalogue(db) is before


async def test_words_and_mappings_of_codes_that_follow_each_other_are_taken(
    database: Database,
) -> None:
    """One ends before the other begins, so on no day does a word mean both."""
    ends, begins = date(2026, 7, 31), date(2026, 8, 1)
    first, second = (replace(each, label_zh="国文") for each in SAME)
    tables = told(
        sets=[LOCAL],
        codes=[replace(first, valid_to=ends), replace(second, valid_from=begins)],
        maps=[
            MapRow(("LOCAL", each), ("CURR2022", "chinese"), is_exact=True) for each in ("01", "02")
        ],
    )
    async with database.unit_of_work() as db:
        assert await load(db, tables) == 5
    grade = told(
        codes=[GRADE_13], maps=[MapRow(("GRADE_NO", "13"), ("JYT_RKXD", "4"), is_exact=False)]
    )
    async with database.unit_of_work() as db:
        assert await load(db, grade) == 2


@pytest.fixture
async def county(database: Database) -> County:
    async with database.unit_of_work() as db:
        return await make_county(db)


@asynccontextmanager
async def refused(database: Database, says: str) -> AsyncIterator[AsyncSession]:
    with pytest.raises(CodeInUse) as problem:
        async with database.unit_of_work() as db:
            yield db
    assert says in problem.value.detail


async def require_held(
    database: Database, row: CodeRow, last: date, says: str, *, later: date | None = None
) -> None:
    """It cannot end on a day that something goes on after; it can when that is over."""
    async with refused(database, says) as db:
        await load(db, told(codes=[replace(row, valid_to=last)]))
    if later is not None:
        assert await load_codes(database, replace(row, valid_to=later)) == 1
        assert await load_codes(database, replace(row, valid_to=None)) == 1


async def test_a_kind_of_school_ends_when_no_open_school_is_of_it(
    database: Database, county: County
) -> None:
    point = own("MOE_SCHOOL_CATEGORY", "218")
    await require_held(database, point, date(2030, 1, 1), "2030-01-01, and beyond that day 2 sch")
    async with refused(database, "218 is of 2 schools") as db:
        await load(db, told(codes=[replace(point, is_point=False)]))
    async with database.unit_of_work() as db:
        for each in county.points:
            (await db.get_one(School, each.id)).closed_on = date(2026, 2, 1)
    await require_held(database, point, date(2026, 1, 30), "2 schools", later=date(2026, 1, 31))
    # Its set ends all of its codes with itself.
    (kinds,) = (each for each in TABLES.sets if each.key == "MOE_SCHOOL_CATEGORY")
    async with refused(database, f"MOE_SCHOOL_CATEGORY/{county.hub.category}") as db:
        await load(db, told(sets=[replace(kinds, valid_to=date(2026, 6, 1))]))


async def test_what_classes_classrooms_and_regions_are_does_not_end_under_them(
    database: Database, county: County
) -> None:
    last = date(2026, 12, 31)
    async with database.unit_of_work() as db:
        pupils = await make_class(db, county.hub.id, grade_no=8)
        pupils.stage, pupils.language_of_instruction = "3", "bo"
        pupils.closed_on = date(2027, 1, 1)
        (await make_classroom(db, county.hub)).link_kind = "satellite"
        (await db.get_one(School, county.hub.id)).urban_rural = "121"
        known = await service.catalogue(db)
        ethnic = known.stored(CodeKind.REGION_LABEL, "ethnic")
        db.add(
            RegionLabel(
                region_id=county.region.id, code_id=ethnic.id, valid_from=None, valid_to=last
            )
        )
    for row, says in (
        (own("JYT_RKXD", "3"), "1 classes"),
        (own("BCP47", "bo"), "1 classes"),
        (own("REGION_LABEL", "ethnic"), "1 labels of regions"),
    ):
        await require_held(database, row, date(2026, 12, 30), says, later=last)
    await require_held(
        database, own("GRADE_NO", "8"), last, "1 curriculum plans"
    )  # the nation's, for good
    await require_held(database, own("GRADE_NO", "8"), date(2026, 12, 30), "1 classes")
    await require_held(database, own("LINK_KIND", "satellite"), last, "1 classrooms")
    await require_held(database, own("NBS_URBAN_RURAL", "121"), last, "1 schools")


async def test_what_is_offered_needed_taught_and_required_does_not_end_meanwhile(
    database: Database, county: County
) -> None:
    last = date(2026, 7, 10)
    async with database.unit_of_work() as db:
        hub = await db.get_one(School, county.hub.id)
        known = await service.catalogue(db)
        of = {code.code: code.id for code in known.of_kind(CodeKind.SUBJECT)}
        given = OfferIn.model_validate(offer(hub, subject="dance", valid_to="2026-07-10"))
        await save_offer(db, HubOffer(school=hub), given)
        asked = NeedIn.model_validate(need(county.points[0], subject="drama", grade_no=2))
        await post(db, asked, person_id=county.administrator.person_id, now=NOON)
        facts = PostFacts("王老师", "1", PostKind.TEACHER, frozenset({of["film"]}), None, None)
        teacher = await begin(db, hub, replace(facts, until_on=date(2026, 7, 11)))
        assert teacher.until_on is not None
        term = Term(
            region_id=county.region.id, name="春", starts_on=date(2026, 2, 24), ends_on=last
        )
        db.add(term)
        pupils = await make_class(db, hub.id, grade_no=5)
        await db.flush()
        timetable = new_timetable(pupils, term, now=NOON)
        db.add(timetable)
        await db.flush()
        db.add(
            LocalPeriods(
                timetable_id=timetable.id, subject_id=of["labour"], tenths_a_week=10, saved_at=NOON
            )
        )
        plans = [
            CurriculumPlan(
                id=uuid7(), region_id=county.region.id, name="县课程计划", valid_from=first
            )
            for first in (date(2026, 2, 1), date(2026, 7, 11))
        ]
        db.add_all(plans)
        await db.flush()
        db.add(
            CurriculumPeriods(
                plan_id=plans[0].id,
                grade_no=3,
                subject_id=of["japanese"],
                tenths_a_week=20,
                saved_at=NOON,
            )
        )
    for subject, says in (
        ("dance", "1 offers of hubs"),
        ("drama", "1 needs"),
        ("film", "1 posts of teachers"),
        ("labour", "1 timetables"),
        ("japanese", "1 curriculum plans"),
    ):
        row = own("CURR2022", subject)
        # The national plan requires labour for good.
        later = None if subject == "labour" else last
        await require_held(database, row, date(2026, 7, 9), says, later=later)


async def test_a_pairing_and_a_course_hold_their_codes(database: Database, county: County) -> None:
    last = date(2026, 7, 10)
    async with database.unit_of_work() as db:
        known = await service.catalogue(db)
        agreed = pairing(county.hub, county.points[0], subjects=["dance"], ends_on="2026-07-10")
        await save_draft(db, new_pairing(), PairingIn.model_validate(agreed))
        term = Term(
            region_id=county.region.id, name="春", starts_on=date(2026, 2, 24), ends_on=last
        )
        db.add(term)
        await db.flush()
        course = CourseOffering(
            name="课", kind=LessonKind.DELIVERY, hub_school_id=county.hub.id,
            lecturer_id=county.teacher.person_id, grade_no=11, language="ii", term_id=term.id,
            subject_id=known.stored(CodeKind.SUBJECT, "drama").id, periods_a_week=1,
        )  # fmt: skip
        db.add(course)
        await db.flush()
    for row, says in (
        (own("CURR2022", "dance"), "1 pairings"),
        (own("CURR2022", "drama"), "1 courses"),
        (own("GRADE_NO", "11"), "1 courses"),
        (own("BCP47", "ii"), "1 courses"),
    ):
        await require_held(database, row, date(2026, 7, 9), says, later=last)
    async with database.unit_of_work() as db:
        (await db.get_one(CourseOffering, course.id)).state = OfferingState.ENDED
    ended = replace(own("BCP47", "ii"), valid_to=date(2026, 7, 9))
    assert await load_codes(database, ended) == 1


async def test_what_an_authority_says_of_a_code_outlasts_the_next_start(
    database: Database,
) -> None:
    attached = own("MOE_SCHOOL_CATEGORY", "219")
    ended = replace(attached, valid_to=date(2026, 1, 31), label_zh="附设班")
    added = new("MOE_SCHOOL_CATEGORY", "229", "巡回点", is_point=True)
    tibetan = new("BCP47", "kham", "康巴藏语")
    assert await load_codes(database, ended, added, tibetan) == 3
    assert await service.load_own(database, follow=rewording.follow, holders=holders) == 0
    async with database.unit_of_work() as db:
        known = await service.catalogue(db)
    kept = known.of_set("MOE_SCHOOL_CATEGORY", "219")
    assert (kept.valid_to, kept.label_zh) == (date(2026, 1, 31), "附设班")
    order = [each.code for each in known.of_kind(CodeKind.SCHOOL_CATEGORY)]
    assert order == [*(row.code for row in TABLES.codes if row.set == attached.set), "229"]
    # What is the usual language no table that only adds one decides.
    assert known.usual(CodeKind.LANGUAGE, date(2026, 3, 2)).code == "zh"
    assert known.of_kind(CodeKind.LANGUAGE)[-1].code == "kham"
    # Nor is what it did not speak of its own: another label here comes with another version.
    assert await load_codes(database, own("MOE_SCHOOL_CATEGORY", "211")) == 0


async def test_what_holds_no_longer_or_not_yet_is_given_to_nothing_new(
    database: Database, county: County
) -> None:
    """Each before it ends, and from the next day on not."""
    last = date(2026, 3, 1)  # the day before NOON's
    async with database.unit_of_work() as db:
        pupils = await make_class(db, county.hub.id, name="旧班")
        room = await make_classroom(db, county.hub)
    assert await load_codes(
        database,
        replace(own("MOE_SCHOOL_CATEGORY", "219"), valid_to=last),
        replace(own("NBS_URBAN_RURAL", "123"), valid_to=last),
        replace(own("BCP47", "kk"), valid_to=last),
        replace(own("LINK_KIND", "5g"), valid_to=last),
        replace(own("CURR2022", "film"), valid_from=date(2026, 7, 10)),
        replace(own("GRADE_NO", "12"), valid_to=date(2026, 7, 9)),
    )
    noting = Noting.today(NOON)
    facts = SchoolFacts("新校", "211", county.region)
    entry = {"name": "新班", "stage": "2", "grade_no": 3, "entry_year": 2025, "pupil_count": 9}
    other = need(county.points[0])

    def offered(**said: Any) -> OfferIn:
        return OfferIn.model_validate(offer(county.hub, valid_to="2026-07-10", **said))

    def asked(**said: Any) -> NeedIn:
        return NeedIn.model_validate(other | said)

    by = county.administrator.person_id
    agreed = pairing(county.hub, county.points[0], subjects=["film"], ends_on="2026-07-10")
    tries: list[tuple[str, Callable[[AsyncSession, School], Awaitable[object]]]] = [
        ("附设小学班", lambda db, _: register_school(db, replace(facts, category="219"), noting)),
        ("特殊区域", lambda db, _: register_school(db, replace(facts, urban_rural="123"), noting)),
        ("特殊区域", lambda db, hub: edit_school(db, hub, {"urban_rural": "123"}, noting)),
        (
            "附设小学班",
            lambda db, hub: change_category(db, hub, noting, category="219", parent_id=None),
        ),
        (
            "哈萨克语",
            lambda db, hub: add_class(
                db, hub, today=noting.on, language_of_instruction="kk", **entry
            ),
        ),
        (
            "5G",
            lambda db, hub: add_classroom(db, hub, today=noting.on, name="新", link_kind="5g"),
        ),
        ("影视", lambda db, hub: save_offer(db, HubOffer(school=hub), offered(subject="film"))),
        (
            "高三年级",
            lambda db, hub: save_offer(db, HubOffer(school=hub), offered(grade_to=12)),
        ),
        ("影视", lambda db, _: post(db, asked(subject="film"), person_id=by, now=NOON)),
        ("哈萨克语", lambda db, _: post(db, asked(language="kk"), person_id=by, now=NOON)),
        ("影视", lambda db, _: save_draft(db, new_pairing(), PairingIn.model_validate(agreed))),
    ]
    for word, attempt in tries:
        with pytest.raises(CodeUnknown) as problem:
            async with database.unit_of_work() as db:
                await attempt(db, await db.get_one(School, county.hub.id))
        assert problem.value.detail.startswith(word), word
        assert "does not hold on 2026-0" in problem.value.detail
    async with database.unit_of_work() as db:
        its_school = joinedload(SchoolClass.school)
        held = await db.get_one(SchoolClass, pupils.id, options=[its_school])
        kept = await db.get_one(Classroom, room.id)
        with pytest.raises(CodeUnknown):
            await edit_class(db, held, {"language_of_instruction": "kk"}, today=noting.on)
        with pytest.raises(CodeUnknown):
            await edit_classroom(db, kept, {"link_kind": "5g"}, today=noting.on)
        place, of = "学校,行政区划代码,所属学校,", f"{county.hub.name},{county.region.code},,"
        tables = {
            CLASSES: f"{place}班级名称,学段代码,年级,入学年份,学生人数,教学语言\n"
            f"{of}新,2,3,2025,9,kk",
            CLASSROOMS: f"{place}教室名称,接入方式\n{of}新,5g",
        }
        for kind, text in tables.items():
            report = await kind.run(
                db,
                read_table(text.encode()),
                scope=Scope(region_ids=frozenset({county.region.id})),
                noting=noting,
                is_dry=True,
            )
            faults = [(fault.column, fault.reason) for fault in report.faults]
            assert faults == [(text.split("\n")[0].split(",")[-1], "code-over")]
        table = f"学校名称,办学类型代码,行政区划代码\n附设班,219,{county.region.code}\n".encode()
        report = await import_schools(
            db,
            read_table(table),
            scope=Scope(region_ids=frozenset({county.region.id})),
            noting=noting,
            is_dry=True,
        )
    assert [(fault.column, fault.reason) for fault in report.faults] == [
        ("办学类型代码", "code-over")
    ]
