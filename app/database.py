"""One way to the database: models' base, column types, the session and the unit of work."""

import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any, ClassVar, cast
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    CursorResult,
    DateTime,
    Enum,
    Integer,
    MetaData,
    Result,
    Row,
    Select,
    Table,
    event,
    false,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

from app.clock import utc_now
from app.events import EventBus, deliver_after_commit


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite forgets the zone; this column remembers it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """Say what a value is, as the columns of SQLAlchemy's own types do."""
        return datetime

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Refuse a naive datetime; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A datetime without a zone reached the database.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Return an aware UTC datetime whatever the driver gave."""
        if value is None or value.tzinfo is UTC:  # as asyncpg gives it
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _words(states: type[StrEnum]) -> list[str]:
    """Return what is stored for each member."""
    return [state.value for state in states]


class Base(DeclarativeBase):
    """Base of all models; constraint names are fixed so that migrations can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        # Stored as the word itself and read back as the member; the words are checked here and
        # not by a constraint, so that a new one needs no migration.
        StrEnum: Enum(StrEnum, native_enum=False, length=24, values_callable=_words),
    }


def uuid7(now: datetime | None = None) -> UUID:
    """Return a time-ordered UUID (RFC 9562 section 5.7)."""
    milliseconds = int((now or utc_now()).timestamp() * 1000)
    random = secrets.randbits(74)
    return UUID(
        int=(milliseconds & (2**48 - 1)) << 80
        | 0x7 << 76
        | (random >> 62) << 64
        | 0b10 << 62
        | random & (2**62 - 1)
    )


Id = Annotated[UUID, mapped_column(primary_key=True, default=uuid7)]
#: Milliseconds of a lesson, which may be left open: 32 bits hold 24 days. SQLite's have 64 anyhow.
ClockMs = Annotated[int, mapped_column(BigInteger().with_variant(Integer(), "sqlite"))]

# The pattern of any text from outside: PostgreSQL keeps no NUL, and cannot even be asked for one.
WITHOUT_NUL = r"^[^\x00]*$"
# The same of a text that says something. (A NUL is no white space: `\S` would take one.)
SAYS_SOMETHING = r"^[^\x00]*[^\x00\s][^\x00]*$"


# SQLSTATE classes that say nothing about the statement: connection, conflict with another
# transaction, resources, operator intervention (PostgreSQL, appendix A).
_PASSING = frozenset({"08", "40", "53", "57"})


def is_unavailable(error: BaseException) -> bool:
    """Return whether an error says that the database cannot be used now, whatever was asked."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout | OSError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    # The driver's own error, when it failed before SQLAlchemy could wrap it.
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(cause, "sqlstate", None) or "")[:2] in _PASSING


async def hold_row(db: AsyncSession, table: type[Base], row_id: UUID) -> None:
    """Have whoever else holds this row wait until this transaction ends.

    Called before a rule is asked of other rows that no constraint keeps (no two terms of a region
    overlap): the second who asks then sees what the first wrote.
    """
    rows = cast("Table", table.__table__)
    # SQLite locks no rows: an update, even of none, makes this the one transaction that writes.
    await db.execute(update(rows).where(false()).values(id=rows.c.id))
    await db.execute(select(rows.c.id).where(rows.c.id == row_id).with_for_update(key_share=True))


def is_one(changed: Result[Any]) -> bool:
    """Return whether a statement changed one row: so those who race for it learn who was first."""
    return count_of(changed) == 1


def count_of(changed: Result[Any]) -> int:
    """Return how many rows a statement changed."""
    assert isinstance(changed, CursorResult)
    return changed.rowcount


# Of every connection to PostgreSQL, which else plans for few long statements and disks that turn.
_POSTGRES = {
    "server_settings": {
        # For the values asked for: a plan for any cannot know how many schools a list names.
        "plan_cache_mode": "force_custom_plan",
        # Compiling a plan takes longer than most statements here.
        "jit": "off",
        # One core a request: the others have requests of their own, and lessons.
        "max_parallel_workers_per_gather": "0",
        "random_page_cost": "1.1",
        # A month's sessions of a province are sorted in memory.
        "work_mem": "16MB",
    }
}

#: Rows that are read or made into objects at a time: some 10 ms of the event loop, which
#: lessons share.
PORTION = 200
#: A row costs more to write than to read: `make bench-data` prints for how long an import holds
#: the loop.
WRITTEN_AT_ONCE = 100


async def insert_many(db: AsyncSession, model: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows of one table, in portions, without the bookkeeping of single objects.

    Columns that are left out get their defaults. With SQLite the one writer is held from here on.
    """
    left = iter(rows)
    while portion := list(islice(left, WRITTEN_AT_ONCE)):
        await db.execute(insert(model), portion)


async def analyze(db: AsyncSession, model: type[Base]) -> None:
    """Have PostgreSQL count a table anew, in the transaction that changed much of it.

    By itself it does so a minute later, and plans until then for the rows there were before.
    SQLite decides by no counts.
    """
    engine = db.get_bind()
    if engine.dialect.name == "postgresql":
        name = engine.dialect.identifier_preparer.format_table(cast(Table, model.__table__))
        await db.execute(text(f"ANALYZE {name}"))


async def in_portions(
    db: AsyncSession, statement: Select[*tuple[Any, ...]]
) -> AsyncIterator[Row[*tuple[Any, ...]]]:
    """Give all rows of a long answer, read and made into objects portion by portion."""
    result = await db.stream(statement.execution_options(yield_per=PORTION))
    async for rows in result.partitions():
        for row in rows:
            yield row


class Database:
    """An engine and the sessions made on it. SQLite and PostgreSQL serve alike."""

    def __init__(self, url: str, events: EventBus) -> None:
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_pre_ping=not url.startswith("sqlite"),
            connect_args={} if url.startswith("sqlite") else _POSTGRES,
            # A statement that fails is logged: without the names and the chat it was to write.
            hide_parameters=True,
        )
        self.events = events
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine.sync_engine, "connect", _configure_sqlite)
            event.listen(self.engine.sync_engine, "savepoint", _begin_before_savepoint)
            event.listen(self.engine.sync_engine, "invalidate", _roll_back)

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[AsyncSession]:
        """Give a session; commit when the block ends, roll back when it raises.

        Events emitted in the block are delivered after the commit, in order.
        """
        async with self._sessions() as session:
            async with session.begin():
                yield session
            await deliver_after_commit(session, self.events)

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


def _configure_sqlite(connection: Any, _record: object) -> None:
    """WAL so that readers never wait; wait for a writer rather than fail; keep foreign keys."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_before_savepoint(connection: Connection, _name: str) -> None:
    """Begin a transaction for a savepoint that would be one itself.

    Python's driver begins before a row is written and not before a savepoint, whose release
    would then be a commit. At once for writing, which is what savepoints are used for: a
    transaction that reads first could no longer wait for another's end.
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _roll_back(connection: Any, _record: object, _error: BaseException | None) -> None:
    """Let go of what a task had locked that was cancelled while it waited for the database.

    Its connection is closed, but SQLite keeps one open, and the database locked, for as long as
    there is a cursor that has not been read to its end; and the task's traceback has that cursor.
    """
    connection.rollback()


async def _request_session(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.database
    async with database.unit_of_work() as session:
        yield session


# scope="function": with FastAPI's default the commit comes after the client has read "200 OK",
# so a failed commit would be reported as success. `tests/app/test_database.py` keeps this.
Db = Annotated[AsyncSession, Depends(_request_session, scope="function")]
