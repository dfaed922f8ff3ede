"""Bring a database to the tables this version needs, and say whether it has them."""

from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.settings import HOME

log = structlog.get_logger(__name__)


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, working on `connection` when one is given."""
    config = Config(HOME / "alembic.ini")
    config.attributes["connection"] = connection
    return config


def _head() -> str:
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None, "no migration was found beside the code"
    return head


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


async def is_current(engine: AsyncEngine) -> bool:
    """Return whether the database has exactly the tables of this version."""
    async with engine.connect() as connection:
        return await connection.run_sync(_current) == _head()


def _back_up(connection: Connection, folder: Path, revision: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"before-leaving-{revision}.db"
    if copy.exists():
        return
    # Under its name only when it is whole: half a copy would pass for one for ever after.
    partial = copy.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    connection.execute(text("VACUUM INTO :copy"), {"copy": str(partial)})
    partial.rename(copy)


async def upgrade(engine: AsyncEngine, *, backups: Path | None = None) -> None:
    """Run the migrations that are missing; first copy a SQLite file that has data to `backups`.

    The copy is made by SQLite itself and is whole even while others write.
    """
    async with engine.connect() as connection:
        revision = await connection.run_sync(_current)
    if revision == _head():
        return
    if revision is not None and backups is not None and engine.dialect.name == "sqlite":
        async with engine.connect() as connection:
            await connection.run_sync(_back_up, backups, revision)
    async with engine.connect() as connection:
        await connection.run_sync(lambda below: command.upgrade(alembic_config(below), "head"))
        await connection.commit()
    log.info("database_migrated", was=revision, now=_head())
