"""Rosters: what happens to schools later changes none of them, and a changed row is noticed."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from app.database import Database
from app.errors import Problem
from app.schools import histories, registry, rosters
from app.schools.histories import Noting
from app.schools.models import School
from app.schools.registry import SchoolFacts
from app.schools.roster_models import RosterEntry, RosterSnapshot
from app.security import Role
from app.signing import Signer, is_signed, load_signer
from tests.app.conftest import OpenBrowser, TestBrowser
from tests.factories import NOON, TEACHING_POINT, County, make_person, make_region

TODAY = date(2026, 3, 2)
POINTS, DAYS = 4, 30
DEEDS = ("close", "reopen", "to_school", "to_point", "rename", "move", "parent", "code", "new")
deeds = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.integers(0, POINTS - 1), st.integers(0, DAYS)),
    max_size=12,
)


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return load_signer(tmp_path / "keys")


class World:
    """A region with a hub and points, to which things happen."""

    def __init__(self, db: AsyncSession, signer: Signer) -> None:
        self.db, self.signer = db, signer
        self.serial = 0

    async def begin(self) -> None:
        self.region = await make_region(self.db)
        self.below = await make_region(self.db, parent=self.region)
        self.hubs = [await self.register("211") for _ in range(2)]
        self.points = [await self.register(TEACHING_POINT, self.hubs[0]) for _ in range(POINTS)]

    async def register(self, category: str, parent: School | None = None) -> School:
        self.serial += 1
        facts = SchoolFacts(
            name=f"{self.serial}",
            category=category,
            region=self.region,
            parent_id=parent.id if parent else None,
            opened_on=TODAY - timedelta(days=DAYS + 1),
        )
        return await registry.register_school(self.db, facts, Noting(TODAY, NOON))

    async def do(self, deed: str, which: int, days_ago: int) -> bool:
        """Do something to a point; return whether the rules let it."""
        point, db = self.points[which], self.db
        noting = Noting(TODAY - timedelta(days=days_ago), NOON)
        self.serial += 1
        try:
            match deed:
                case "close":
                    await histories.close(db, point, noting)
                case "reopen":
                    await histories.reopen(db, point, noting)
                case "to_school":
                    await histories.change_category(
                        db, point, noting, category="211", parent_id=None
                    )
                case "to_point":
                    await histories.change_category(
                        db, point, noting, category="218", parent_id=self.hubs[0].id
                    )
                case "rename":
                    await histories.rename(db, point, f"改名{self.serial}", noting)
                case "move":
                    await histories.move(db, point, self.below, noting)
                case "parent":
                    await histories.change_parent(db, point, self.hubs[1].id, noting)
                case "code":
                    await histories.give_code(db, point, f"2199{self.serial:06d}", noting)
                case "new":
                    self.points.append(await self.register(TEACHING_POINT, self.hubs[1]))
        except Problem:
            return False
        await db.flush()
        return True

    async def take(self, on: date) -> RosterSnapshot:
        return await rosters.take(
            self.db,
            region=self.region,
            name="名册",
            on=on,
            by=None,
            signer=self.signer,
            now=NOON,
        )


def frozen(entries: object) -> list[tuple[object, ...]]:
    columns = [column.key for column in RosterEntry.__table__.columns]
    assert isinstance(entries, list)
    return [tuple(getattr(entry, name) for name in columns) for entry in entries]


async def in_a_world(url: str, signer: Signer, story: Callable[[World], Awaitable[None]]) -> None:
    """Have something happen in a world of its own, and take it all back."""
    engine = create_async_engine(url)
    try:
        async with async_sessionmaker(engine, expire_on_commit=False)() as db:
            world = World(db, signer)
            await world.begin()
            await story(world)
    finally:
        await engine.dispose()


def test_what_happens_later_changes_no_roster(either_url: str, signer: Signer) -> None:
    """domain.md F9, item 6: closing a school never alters past denominators."""

    @settings(max_examples=15)
    @given(before=deeds, after=deeds, days_ago=st.integers(0, DAYS), is_past_left=st.booleans())
    def holds(
        before: list[tuple[str, int, int]],
        after: list[tuple[str, int, int]],
        days_ago: int,
        *,
        is_past_left: bool,
    ) -> None:
        if is_past_left and days_ago > 0:
            after = [(deed, which, ago % days_ago) for deed, which, ago in after if deed != "new"]

        async def story(world: World) -> None:
            for deed in before:
                await world.do(*deed)
            day = TODAY - timedelta(days=days_ago)
            snapshot = await world.take(day)
            was = frozen(list(await rosters.entries_of(world.db, snapshot.id)))
            done = [await world.do(*deed) for deed in after]
            for point in world.points:
                await world.do("close", world.points.index(point), 0)
            assert frozen(list(await rosters.entries_of(world.db, snapshot.id))) == was
            assert snapshot.size == len(was)
            assert (await rosters.verify(world.db, snapshot)).is_intact
            # Taken again today for that day it counts the same, unless the past was written.
            past = [deed for deed, did in zip(after, done, strict=True) if did]
            if days_ago > 0 and all(ago < days_ago and deed != "new" for deed, _, ago in past):
                again = await world.take(day)
                entries = await rosters.entries_of(world.db, again.id)
                assert {entry.school_id for entry in entries} == {row[2] for row in was}

        asyncio.run(in_a_world(either_url, signer, story))

    holds()


@pytest.mark.parametrize("deed", ["rename_entry", "leave_out", "add", "resign", "redate"])
async def test_changed_row_is_noticed(either_database: Database, signer: Signer, deed: str) -> None:
    async with either_database.unit_of_work() as db:
        world = World(db, signer)
        await world.begin()
        snapshot = await world.take(TODAY)
        assert snapshot.size == POINTS
    async with either_database.unit_of_work() as db:
        kept = await db.get_one(RosterSnapshot, snapshot.id)
        assert (await rosters.verify(db, kept)).is_intact
        first = (await rosters.entries_of(db, kept.id))[0]
        match deed:
            case "rename_entry":
                await db.execute(
                    update(RosterEntry).where(RosterEntry.id == first.id).values(name="别名")
                )
            case "leave_out":
                await db.execute(delete(RosterEntry).where(RosterEntry.id == first.id))
            case "add":
                values = {
                    column.key: getattr(first, column.key)
                    for column in RosterEntry.__table__.columns
                    if column.key != "id"
                }
                values |= {"position": 99, "school_id": world.hubs[0].id}
                db.add(RosterEntry(**values))
            case "resign":
                kept.signature = signer.sign(b"something else").hex()
            case "redate":
                kept.taken_on = TODAY - timedelta(days=1)
        await db.flush()
        db.expire_all()
        kept = await db.get_one(RosterSnapshot, snapshot.id)
        assert not (await rosters.verify(db, kept)).is_intact


@pytest.mark.parametrize(
    "either_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
async def test_the_database_knows_a_rosters_size_as_soon_as_it_is_taken(
    either_database: Database, signer: Signer
) -> None:
    """Else the figures that are asked for next are planned for no sites at all."""
    rows_known = text("SELECT reltuples FROM pg_class WHERE relname = 'roster_entries'")
    async with either_database.unit_of_work() as db:
        world = World(db, signer)
        await world.begin()
        assert await db.scalar(rows_known) != POINTS
        await world.take(TODAY)
    async with either_database.unit_of_work() as db:
        assert await db.scalar(rows_known) == POINTS
        columns = await db.scalar(
            text("SELECT count(*) FROM pg_stats WHERE tablename = 'roster_entries'")
        )
        assert columns == len(RosterEntry.__table__.columns)


def test_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first, second = load_signer(tmp_path / "k"), load_signer(tmp_path / "k")
    assert first.key_id == second.key_id
    (file,) = (tmp_path / "k").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_signer(tmp_path / "other").key_id != first.key_id


async def test_roster_over_http(
    open_browser: OpenBrowser, county: County, other_county: County
) -> None:
    office = await open_browser(county.administrator)
    body = {"region_id": str(county.region.id), "name": "春季", "taken_on": "2026-03-02"}
    made = await office.post("/api/rosters", body)
    assert (made.status_code, made.json()["size"]) == (201, 2)
    path = f"/api/rosters/{made.json()['id']}"
    shown = (await office.get(path)).json()
    assert shown["is_intact"] is True
    names = {point.name for point in county.points}
    entries = (await office.get(f"{path}/entries")).json()["items"]
    assert {entry["name"] for entry in entries} == names
    exported = (await office.get(f"{path}/entries/export")).text
    assert all(name in exported for name in names)
    point = (await office.get(f"/api/schools/{county.points[0].id}")).json()
    closing = f"/api/schools/{point['id']}/close"
    closed = await office.act(closing, {}, etag=f'"{point["version"]}"')
    assert closed.status_code == 200
    again = (await office.get(path)).json()
    assert (again["size"], again["is_intact"]) == (2, True)
    later = await office.post("/api/rosters", body | {"name": "停办后"})
    assert later.json()["size"] == 1
    assert [item["name"] for item in (await office.get("/api/rosters")).json()["items"]] == [
        "停办后",
        "春季",
    ]
    tomorrow = await office.post("/api/rosters", body | {"taken_on": "2026-03-03"})
    assert (tomorrow.status_code, tomorrow.json()["type"]) == (422, "wrong-day")
    theirs = await office.post("/api/rosters", body | {"region_id": str(other_county.region.id)})
    assert theirs.status_code == 404
    stranger = await open_browser(other_county.administrator)
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get(f"{path}/entries")).status_code == 404
    supervisor = await open_browser(county.supervisor)
    assert (await supervisor.get(path)).status_code == 200
    assert (await supervisor.post("/api/rosters", body)).status_code == 403


async def test_rosters_are_found_by_words_and_told_from_those_only_seen(
    open_browser: OpenBrowser, county: County, database: Database
) -> None:
    office = await open_browser(county.administrator)
    for name in ("春季", "秋季"):
        body = {"region_id": str(county.region.id), "name": name, "taken_on": "2026-03-02"}
        assert (await office.post("/api/rosters", body)).status_code == 201
    async with database.unit_of_work() as db:
        principal = await make_person(db, role=Role.ADMINISTRATOR, school=county.hub)
    school = await open_browser(principal)

    async def names(browser: TestBrowser, query: str) -> list[str]:
        listed = (await browser.get(f"/api/rosters?{query}")).json()["items"]
        return sorted(item["name"] for item in listed)

    assert await names(office, f"q={county.region.name} 春&is_own=true") == ["春季"]
    assert await names(office, f"q={county.region.name} 冬") == []
    assert await names(office, "q=xian 春&is_own=true") == ["春季"]  # as 县 is read
    assert await names(school, "") == ["春季", "秋季"]
    assert await names(school, "is_own=true") == []


async def test_signed_list_is_checked_without_the_server(
    open_browser: OpenBrowser, county: County, other_county: County
) -> None:
    office = await open_browser(county.administrator)
    body = {"region_id": str(county.region.id), "name": "春季", "taken_on": "2026-03-02"}
    path = f"/api/rosters/{(await office.post('/api/rosters', body)).json()['id']}/signed"
    answer = await office.get(path)
    assert "attachment" in answer.headers["Content-Disposition"]
    kept = answer.json()
    content, key = kept["content"].encode(), bytes.fromhex(kept["public_key"])
    signature = bytes.fromhex(kept["signature"])
    assert is_signed(content, signature=signature, public_key=key)
    assert not is_signed(content + b" ", signature=signature, public_key=key)
    assert hashlib.sha256(content).hexdigest() == kept["digest"]
    names = {entry[2] for entry in json.loads(content)["entries"]}
    assert names == {point.name for point in county.points}
    stranger = await open_browser(other_county.administrator)
    assert (await stranger.get(path)).status_code == 404
