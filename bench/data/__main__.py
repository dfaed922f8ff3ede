"""`make bench-data`: a province's term in PostgreSQL, and what named requests cost through HTTP.

    python -m bench.data [--times 40] [--quick]

Two databases: the province (88 counties, 10 000 points, about 200 000 lessons at 1 200 000 sites)
and a corner of it. The same requests go to both, one after the other on one connection; statements
must be as many in both. At last a county's timetable is planned. Exit code 1 when a target is
missed. `--quick` leaves the province out: it shows that all requests are answered, and no more.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from app import migrations
from app.alliances.models import Need, PairingParty
from app.attendance import recounting, rewording
from app.attendance.delivered import PERIODS
from app.attendance.recounting import Recount
from app.calendars.days import local_day
from app.clock import utc_now
from app.codes import service as codes
from app.codes.models import CodeKind
from app.coverage import code_holders
from app.coverage import seeds as coverage_seeds
from app.database import Database
from app.events import EventBus
from app.jobs import service as jobs
from app.jobs.files import JobFiles
from app.jobs.models import UNFINISHED, Job, JobState, Queue
from app.jobs.worker import Worker
from app.recordings import reconciling
from app.schools.models import School
from bench import planning
from bench.data import asking, imports, people, postgres, verdicts
from bench.data.covered import Covered, take_rosters
from bench.data.province import CORNER, PROVINCE, Province, Size
from bench.data.questions import month_export, questions
from bench.data.recorded import Recorded
from bench.data.rows import connected, copy
from bench.data.taught import Taught
from bench.impair.lesson import free_port
from bench.impair.server import LessonServer
from bench.measure import machine

_HOST = "127.0.0.1"
_SOME = 20
_COMPARED_WITHIN_S, _LOOKS_S = 600.0, 0.2


async def fill(url: str, province: Province) -> dict[str, int]:
    """Make the tables and everything in them; return how many rows each table got."""
    database = Database(url, EventBus())
    try:
        await migrations.upgrade(database.engine)
        await codes.load_own(database, follow=rewording.follow, holders=code_holders.holders)
        subjects = await _subjects(database)
    finally:
        await database.close()
    written = {}
    taught = Taught(province, utc_now())
    async with connected(url) as connection:
        for rows in (
            *province.tables(),
            *taught.tables(),
            *Recorded(taught).tables(),
            *Covered(province, subjects).tables(),
        ):
            written[rows.model.__tablename__] = await copy(connection, rows)
        await connection.execute("ANALYZE")
        await _facts(url)
        await connection.execute("VACUUM (ANALYZE)")  # as PostgreSQL does by itself in time
    return written


async def _subjects(database: Database) -> dict[str, UUID]:
    async with database.unit_of_work() as db:
        sets = await codes.catalogue(db)
    return {each.code: each.id for each in sets.of_kind(CodeKind.SUBJECT)}


async def _facts(url: str) -> None:
    """Have the platform count figures' facts, as after an upgrade that asks for it."""
    database = Database(url, EventBus())
    began = time.perf_counter()
    try:
        await coverage_seeds.load_own(database)
        async with database.unit_of_work() as db:
            db.add(Recount(what=PERIODS.name))
            await jobs.enqueue(
                db,
                kind=recounting.KIND,
                payload={},
                owner=None,
                queue=Queue.HEAVY,
                now=utc_now(),
            )
        worker = Worker(
            database,
            database.events,
            handlers={recounting.KIND: recounting.recount},
            periodic={},
            files=JobFiles(Path(tempfile.gettempdir())),
            queues=frozenset({Queue.HEAVY}),
            clock=utc_now,
        )
        assert await worker.run_due() == 1
        async with database.unit_of_work() as db:
            await recounting.require_counted(db)
    finally:
        await database.close()
    print(f"facts of coverage in {time.perf_counter() - began:.1f} s", flush=True)


async def _compared(database: Database) -> None:
    """Wait until the server has compared its recordings with its disk, as whenever it starts.

    Raise NotAnswered when that failed.
    """
    began = time.perf_counter()
    newest = (
        select(Job.state)
        .where(Job.kind == reconciling.KIND)
        .order_by(Job.created_at.desc(), Job.id.desc())
        .limit(1)
    )
    while True:
        async with database.unit_of_work() as db:
            state = await db.scalar(newest)
        took_s = time.perf_counter() - began
        if state is JobState.DONE:
            break
        if state not in UNFINISHED or took_s > _COMPARED_WITHIN_S:
            raise asking.NotAnswered(f"{reconciling.KIND}: {state} after {took_s:.0f} s")
        await asyncio.sleep(_LOOKS_S)
    print(f"recordings gone through at the start in {took_s:.1f} s", flush=True)


async def some_of(database: Database, province: Province) -> tuple[list[UUID], list[UUID]]:
    """Return some pairings and some needs of the first county."""
    here = select(School.id).where(School.region_id == province.counties[0].region_id)
    async with database.unit_of_work() as db:
        pairings = await db.scalars(
            select(PairingParty.pairing_id)
            .where(PairingParty.school_id.in_(here))
            .order_by(PairingParty.pairing_id)
            .distinct()
            .limit(_SOME)
        )
        needs = await db.scalars(
            select(Need.id).where(Need.school_id.in_(here)).order_by(Need.id).limit(_SOME)
        )
        return list(pairings), list(needs)


async def measure(url: str, size: Size, times: int) -> verdicts.Measured:
    """Fill a database, serve it, and ask everything."""
    province = Province(size, local_day(utc_now()))
    began = time.perf_counter()
    written = await fill(url, province)
    print(verdicts.filled(written, time.perf_counter() - began), flush=True)
    database = Database(url, EventBus())
    try:
        return await _served(url, size, times, province, database)
    finally:
        await database.close()


async def _served(
    url: str, size: Size, times: int, province: Province, database: Database
) -> verdicts.Measured:
    who = await people.sign_in(database, province)
    pairings, needs = await some_of(database, province)
    with tempfile.TemporaryDirectory() as folder:
        server = LessonServer(
            Path(folder), module="bench.data.counted",
            http_host=_HOST, http_port=free_port("tcp"), media_hosts=[_HOST], media_port=0,
            settings={"CLASSROOMS_DATABASE_URL": url, "CLASSROOMS_LOG_LEVEL": "warning"},
        )  # fmt: skip
        await server.start()
        try:
            await _compared(database)
            rosters = await take_rosters(server.url, who, province)
            answered = []
            for question in questions(province, pairings, needs, rosters):
                answered.append(await asking.ask(server.url, who, question, times))
                print(verdicts.asked(answered[-1]), flush=True)  # a run that is ended has said some
            exported = await asking.export(
                server.url, who.province, month_export(province.today), server.pid
            )
            imported = await imports.run(server.url, who.province)
        finally:
            await server.stop()
    return verdicts.Measured(size, answered, exported, imported)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="bench.data", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--times", type=int, default=40, help="how often each is asked")
    parser.add_argument("--quick", action="store_true", help="only a corner of the province")
    chosen = parser.parse_args(arguments)
    if chosen.times < 1:
        parser.error("--times must be at least 1")
    print(machine(), flush=True)
    measured = []
    with postgres.running() as server:
        for size in (CORNER,) if chosen.quick else (CORNER, PROVINCE):
            url = server.new_database(f"counties_{size.counties}")
            measured.append(asyncio.run(measure(url, size, chosen.times)))
    print(verdicts.table(measured))
    lines = list(verdicts.judge(measured))
    lines.append(verdicts.planned(asyncio.run(planning.run(planning.county_case()))))
    print("\n".join(str(line) for line in lines))
    return verdicts.exit_code(lines)


if __name__ == "__main__":
    sys.exit(main())
