"""Run migrations on the database of the settings, online and asynchronously.

`classrooms migrate` and the tests hand a connection over in `config.attributes["connection"]`;
the `alembic` command makes its own.
"""

import asyncio
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.database import UtcDateTime
from app.settings import read_settings
from app.tables import METADATA

# A migration that cannot have its lock soon gives up, rather than queue every reader behind it.
LOCK_TIMEOUT = "5s"


def render_item(kind: str, item: Any, _autogen_context: Any) -> str | Literal[False]:
    """Write our column types as what they are to the database: migrations outlive our classes."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and type(item).__name__ == "Enum":
        return f"sa.String(length={item.length})"
    return False


def _keep_foreign_keys(connection: Connection, whether: Literal["ON", "OFF"]) -> None:
    """Switch SQLite's foreign keys; within a transaction the pragma would do nothing."""
    connection.exec_driver_sql(f"PRAGMA foreign_keys={whether}")
    connection.commit()


def _begin_on_sqlite(connection: Connection) -> None:
    """Begin in earnest: Python's driver does so for rows only, and half a migration would stay."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def migrate(connection: Connection) -> None:
    """Run what was asked on this connection."""
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        # A table that is copied is dropped, which must not count as deleting its rows.
        _keep_foreign_keys(connection, "OFF")
        event.listen(connection, "begin", _begin_on_sqlite)
    else:
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_item=render_item,
        render_as_batch=True,  # SQLite cannot alter a column: the table is copied
        compare_server_default=True,
        transaction_per_migration=True,
        transactional_ddl=True,
    )
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        if is_sqlite:
            event.remove(connection, "begin", _begin_on_sqlite)
            _keep_foreign_keys(connection, "ON")


async def connect_and_migrate() -> None:
    """Open the database of the settings and migrate it."""
    engine = create_async_engine(read_settings().database_url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    asyncio.run(connect_and_migrate())
