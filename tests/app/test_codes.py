"""Code sets: loaded once, looked up in any words, shown in another set without a rewrite."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import migrations
from app.attendance import rewording
from app.codes import queries, service
from app.codes.catalogue import Catalogue
from app.codes.errors import CodeTableMalformed, CodeUnknown
from app.codes.models import Code, CodeKind, CodeSet
from app.codes.tables import OWN, read_tables
from app.coverage.code_holders import holders
from app.database import Database, uuid7
from app.events import EventBus
from app.schools.registry import check_class_codes

Read = Callable[[AsyncSession], Awaitable[Any]]

LOCAL = {
    "sets.csv": "key,kind,is_stored,is_shown,label_zh,label_en,source,valid_from,valid_to\n"
    "LOCAL,SUBJECT,no,yes,本省学科代码,Subjects of a province,a province's platform,,\n",
    "codes.csv": "set,code,label_zh,label_en,label_bo,aliases,valid_from,valid_to,is_point\n"
    "LOCAL,01,语文,Chinese,,国文,2018-09-01,2026-07-31\n"
    "LOCAL,91,乡土,Homeland,,,,\n",
    "maps.csv": "from_set,from_code,to_set,to_code,is_exact\nLOCAL,01,CURR2022,chinese,yes\n",
}


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: sets are loaded, shown and read by statements."""
    return either_url


def write(folder: Path, **changes: str) -> Path:
    for name, text in LOCAL.items():
        (folder / name).write_text(changes.get(name.removesuffix(".csv"), text), encoding="utf-8")
    return folder


@pytest.fixture
async def known(database: Database) -> Catalogue:
    async with database.unit_of_work() as db:
        return await service.catalogue(db)


def subject(known: Catalogue, text: str) -> str:
    found = known.find(CodeKind.SUBJECT, text)
    assert found is not None, text
    return f"{found.set.key}/{found.code}"


def test_every_kind_has_one_stored_set_which_is_shown_at_first(known: Catalogue) -> None:
    for kind in CodeKind:
        assert known.stored_set(kind) is known.shown_set(kind)
        assert known.of_kind(kind)


def test_subject_is_found_by_code_label_and_other_words(known: Catalogue) -> None:
    for text in ("chinese", "语文", " Chinese ", "13"):
        assert subject(known, text) == "CURR2022/chinese"
    assert subject(known, "体育") == "CURR2022/pe"
    # Two old subjects are one today, so the old code does not say which half is meant ...
    assert subject(known, "12") == "JYT1004_ZXXKC/12"
    # ... and a subject of the upper forms has no counterpart.
    assert subject(known, "通用技术") == "JYT1004_ZXXKC/27"
    assert known.find(CodeKind.SUBJECT, "炼金术") is None


def test_translation_is_exact_both_ways_only_where_it_is_one_to_one(known: Catalogue) -> None:
    maths = known.of_set("CURR2022", "maths")
    there = known.translate(maths.id, "JYT1004_ZXXKC")
    assert there is not None
    assert (there.code.code, there.is_exact) == ("14", True)
    back = known.translate(there.code.id, "CURR2022")
    assert back is not None
    assert back.code is maths
    morality = known.translate(known.of_set("JYT1004_ZXXKC", "11").id, "CURR2022")
    assert morality is not None
    assert (morality.code.code, morality.is_exact) == ("morality", False)
    film = known.of_set("CURR2022", "film")
    assert known.translate(film.id, "JYT1004_ZXXKC") is None
    assert [code.code for code in known.wider(film.id)] == ["arts"]


def test_stages_of_a_category_and_of_a_grade(known: Catalogue) -> None:
    def stages(kind: CodeKind, code: str) -> list[str]:
        found = known.related(known.stored(kind, code).id, CodeKind.STAGE)
        return sorted(stage.code for stage in found)

    assert stages(CodeKind.SCHOOL_CATEGORY, "218") == ["2"]
    assert stages(CodeKind.SCHOOL_CATEGORY, "312") == ["2", "3"]
    assert stages(CodeKind.GRADE, "9") == ["3"]


async def test_loading_again_changes_nothing(database: Database) -> None:
    assert await service.load_own(database, follow=rewording.follow, holders=holders) == 0
    async with database.unit_of_work() as db:
        assert await db.scalar(select(func.count(Code.id))) == 99


async def test_another_set_is_shown_and_no_row_is_rewritten(
    database: Database, tmp_path: Path
) -> None:
    async with database.unit_of_work() as db:
        chinese = (await service.catalogue(db)).of_set("CURR2022", "chinese").id
        assert (
            await service.load(
                db,
                read_tables(write(tmp_path)),
                follow=rewording.follow,
                holders=holders,
            )
            == 4
        )
    async with database.unit_of_work() as db:
        known = await service.catalogue(db)
        # A set is not shown because a file says so: somebody shows another one already.
        assert known.shown(chinese).code == "chinese"
        await service.show(db, "LOCAL", follow=rewording.follow)
    codes = []
    for key in ("LOCAL", "JYT1004_ZXXKC", "CURR2022"):
        async with database.unit_of_work() as db:
            await service.show(db, key, follow=rewording.follow)
        async with database.unit_of_work() as db:
            known = await service.catalogue(db)
            codes.append(known.shown(chinese).code)
            assert known.find(CodeKind.SUBJECT, "国文") is known.get(chinese)
            assert known.label(chinese, "en") == "Chinese"
    assert codes == ["01", "13", "chinese"]
    async with database.unit_of_work() as db:
        with pytest.raises(CodeUnknown, match="LOCAL"):
            await service.show(db, "NONE", follow=rewording.follow)


async def test_what_the_shown_set_lacks_is_shown_as_it_is_stored(database: Database) -> None:
    async with database.unit_of_work() as db:
        await service.show(db, "JYT1004_ZXXKC", follow=rewording.follow)
        known = await service.catalogue(db)
        film = known.of_set("CURR2022", "film")
        assert known.shown(film.id) is film
        # Wider is not the same: 道德与法治 is neither 品德与生活 nor 思想品德.
        assert known.label(known.of_set("CURR2022", "morality").id) == "道德与法治"


async def test_validity_has_a_first_and_a_last_day(database: Database, tmp_path: Path) -> None:
    async with database.unit_of_work() as db:
        await service.load(
            db, read_tables(write(tmp_path)), follow=rewording.follow, holders=holders
        )
    async with database.unit_of_work() as db:
        code = (await service.catalogue(db)).of_set("LOCAL", "01")
    days = [date(2018, 8, 31), date(2018, 9, 1), date(2026, 7, 31), date(2026, 8, 1)]
    assert [code.is_valid_on(day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        ("sets", "LOCAL,SUBJECTS,no,no,a,b,,,", "sets.csv, line 2, column kind"),
        ("sets", "LOCAL,SUBJECT,ja,no,a,b,,,", "column is_stored: write yes or no"),
        ("sets", "LOCAL,SUBJECT,yes,no,a,b,,,", "LOCAL cannot be stored"),
        ("sets", "CURR2022,STAGE,no,no,a,b,,,", "CURR2022 is of kind SUBJECT already"),
        ("sets", "LOCAL,SUBJECT,no,no,a,b,,2022-13-01,", "column valid_from"),
        ("sets", "LOCAL,SUBJECT", "column is_stored: there is no such column"),
        ("codes", "LOCAL,0 1,a,b,,,,", "codes.csv, line 2, column code"),
        ("codes", "OTHER,01,a,b,,,,", "there is no set OTHER"),
        ("codes", "LOCAL,01,a,b,,,,\nLOCAL,01,c,d,,,,", "('LOCAL', '01') is there twice"),
        ("codes", "LOCAL,01,,b,,,,", "column label_zh: 1 to 80 characters, not 0"),
        ("codes", "LOCAL,01,a,b,,,,,ja", "column is_point: write yes or no"),
        ("maps", "LOCAL,07,CURR2022,maths,yes", "there is no code LOCAL/07"),
    ],
)
async def test_malformed_table_is_refused_with_its_place(
    database: Database, tmp_path: Path, file: str, line: str, complaint: str
) -> None:
    heading = LOCAL[f"{file}.csv"].partition("\n")[0]
    folder = write(tmp_path, **{file: f"{heading}\n{line}\n"})
    with pytest.raises(CodeTableMalformed) as refused:
        async with database.unit_of_work() as db:
            await service.load(db, read_tables(folder), follow=rewording.follow, holders=holders)
    assert complaint in refused.value.detail


async def test_a_folder_from_before_points_were_marked_leaves_them_as_they_are(
    database: Database, tmp_path: Path
) -> None:
    heading = LOCAL["codes.csv"].partition("\n")[0]
    point = "MOE_SCHOOL_CATEGORY,218,教学点,Point,,,,"
    for columns, line, is_point in (
        (heading.removesuffix(",is_point"), f"{point}\nLOCAL,01,语文,Chinese,,,,", True),
        (heading, f"{point},\nLOCAL,01,语文,Chinese,,,,,", False),
        (heading, f"{point},yes\nLOCAL,01,语文,Chinese,,,,,no", True),
    ):
        folder = write(tmp_path, codes=f"{columns}\n{line}\n")
        async with database.unit_of_work() as db:
            await service.load(db, read_tables(folder), follow=rewording.follow, holders=holders)
        async with database.unit_of_work() as db:
            known = await service.catalogue(db)
        assert known.stored(CodeKind.SCHOOL_CATEGORY, "218").label_zh == "教学点"
        assert known.is_point("218") is is_point, line
        assert known.of_set("LOCAL", "01").is_point is False


def test_folder_without_sets_and_files_in_another_encoding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CodeTableMalformed, match=r"sets\.csv is not there"):
        read_tables(tmp_path)
    (tmp_path / "sets.csv").write_bytes("key\n语文\n".encode("gb18030"))
    with pytest.raises(CodeTableMalformed, match="no CSV in UTF-8"):
        read_tables(tmp_path)


async def test_unknown_code_is_refused(database: Database, known: Catalogue) -> None:
    with pytest.raises(CodeUnknown):
        known.get(uuid7())
    async with database.unit_of_work() as db:
        await service.require(db, CodeKind.SCHOOL_CATEGORY, "218", on=date(2026, 3, 2))
        with pytest.raises(CodeUnknown):
            await service.require(db, CodeKind.SCHOOL_CATEGORY, "999", on=date(2026, 3, 2))


async def test_catalogue_is_read_again_only_after_a_change(database: Database) -> None:
    statements: list[str] = []
    engine = database.engine.sync_engine

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    async with database.unit_of_work() as db:
        first = await service.catalogue(db)
        statements.clear()
        assert await service.catalogue(db) is first
    assert len(statements) == 1
    async with database.unit_of_work() as db:
        await service.show(db, "JYT1004_ZXXKC", follow=rewording.follow)
        assert await service.catalogue(db) is not first
    event.remove(engine, "before_cursor_execute", count)


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    database = Database(postgres_url, EventBus())
    await migrations.upgrade(database.engine)
    yield database
    await database.close()


@pytest.mark.postgres
async def test_what_is_loaded_while_the_sets_are_being_read_breaks_no_reader(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the reader reads first, it has seen none of what another process commits then."""
    are_loaded = False

    def loading_after(read: Read) -> Read:
        async def found(db: AsyncSession) -> Any:
            nonlocal are_loaded
            rows = await read(db)
            if not are_loaded:
                are_loaded = True
                await service.load_own(postgres, follow=rewording.follow, holders=holders)
            return rows

        return found

    for name in ("all_sets", "all_codes", "all_maps"):
        monkeypatch.setattr(queries, name, loading_after(getattr(queries, name)))
    async with postgres.unit_of_work() as db:
        await service.catalogue(db)
    async with postgres.unit_of_work() as db:
        assert len((await service.catalogue(db)).sets) == len(read_tables(OWN).sets)


@pytest.mark.postgres
async def test_two_processes_that_start_at_once_load_once_on_postgresql(
    postgres: Database,
) -> None:
    await asyncio.gather(
        *(service.load_own(postgres, follow=rewording.follow, holders=holders) for _ in range(4))
    )
    async with postgres.unit_of_work() as db:
        assert await db.scalar(select(func.count(CodeSet.id))) == len(read_tables(OWN).sets)
        assert (
            await service.load(db, read_tables(OWN), follow=rewording.follow, holders=holders) == 0
        )


@pytest.mark.parametrize(
    ("category", "stage", "grade_no", "fits"),
    [
        ("211", "2", 6, True),
        ("211", "2", 7, False),
        ("211", "3", 7, False),
        ("311", "3", 7, True),
        # A school system of five and four years has its sixth form in the middle school.
        ("311", "3", 6, True),
        ("311", "3", 5, False),
        ("342", "4", 12, True),
        ("342", "3", 9, False),
        # Special education has any grade, at any school; a grade nobody knows it has not.
        ("211", "A", 9, True),
        ("211", "A", 13, False),
        ("211", "1", 0, False),
        ("111", "1", 0, True),
    ],
)
async def test_classes_are_of_the_grades_and_schools_that_the_maps_say(
    database: Database, category: str, stage: str, grade_no: int, *, fits: bool
) -> None:
    async with database.unit_of_work() as db:
        known = await service.catalogue(db)
    refusal: AbstractContextManager[object] = nullcontext() if fits else pytest.raises(CodeUnknown)
    with refusal:
        check_class_codes(known, category=category, stage=stage, grade_no=grade_no)
