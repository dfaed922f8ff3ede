"""Open the database for a command, with the tables of this version, or say what is missing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from app import migrations
from app.attendance import rewording
from app.calendars import service as calendars
from app.codes import service as codes
from app.coverage import code_holders
from app.coverage import seeds as coverage
from app.database import Database
from app.events import EventBus
from app.settings import Settings


class CannotDo(Exception):
    """The command cannot do what it was asked; `str()` says why and what to do."""


@contextlib.asynccontextmanager
async def opened(settings: Settings, events: EventBus | None = None) -> AsyncIterator[Database]:
    """Open the database for one command, with the tables of this version."""
    database = Database(settings.database_url, events or EventBus())
    try:
        await _prepare_tables(settings, database)
        yield database
    finally:
        await database.close()


async def _prepare_tables(settings: Settings, database: Database) -> None:
    if settings.is_embedded:
        await asyncio.to_thread(settings.sqlite_file.parent.mkdir, parents=True, exist_ok=True)
    if settings.is_embedded and settings.migrate_on_start:
        await migrations.upgrade(database.engine, backups=settings.var_dir / "backups")
    elif not await migrations.is_current(database.engine):
        raise CannotDo(
            "The database does not have the tables of this version: run `classrooms migrate`."
        )
    await codes.load_own(database, follow=rewording.follow, holders=code_holders.holders)
    await coverage.load_own(database)
    await calendars.load_national_days(database)
