"""Run migrations on the database of the settings, online and asynchronously.

`classrooms migrate` and the tests hand a connection over in `config.attributes["connection"]`;
the `alembic` command makes its own.
"""

import asyncio
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, text
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


def migrate(connection: Connection) -> None:
    """Run what was asked on this connection."""
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_item=render_item,
        render_as_batch=True,  # SQLite cannot alter a column: the table is copied
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


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
