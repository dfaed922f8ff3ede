"""The `classrooms` command: serve, migrate, make accounts and codes, run the demonstration.

Past 400 lines: each command with its options stands here, and does its work elsewhere.
"""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app import (
    addresses,
    coturn,
    demo,
    demo_alliances,
    demo_coverage,
    demo_timetable,
    job_commands,
    memory,
    migrations,
    recording_commands,
    serving,
)
from app import logging as app_logging
from app.accounts import queries as accounts_queries
from app.accounts import service as accounts
from app.accounts.models import Account, AccountState, LinkPurpose
from app.accounts.passwords import fold
from app.attendance import rewording
from app.calendars.days import local_day
from app.clock import utc_now
from app.codes import service as codes
from app.codes.tables import read_tables
from app.coverage import code_holders, definitions
from app.database import Database
from app.errors import Problem
from app.events import EventBus
from app.files import HANDED_IN, FileStore
from app.jobs import service as jobs
from app.jobs.models import Queue
from app.listening import CannotListen, listening_on, with_port
from app.main import create_app
from app.opening import CannotDo, opened
from app.recordings import reconciling
from app.schools import queries as schools_queries
from app.schools import service as schools
from app.security import Role
from app.settings import Settings, SettingsInvalid, read_settings
from app.signing import KEYS, load_signer

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Three Classrooms / 三个课堂. Settings come from CLASSROOMS_*; see docs/operations.md.",
)
admin = typer.Typer(no_args_is_help=True, help="Accounts: make, shut out, let in again.")
cli.add_typer(admin, name="admin")
code_sets = typer.Typer(no_args_is_help=True, help="Code sets: load tables, choose what is shown.")
cli.add_typer(code_sets, name="codes")
definition_versions = typer.Typer(no_args_is_help=True, help="How figures are counted.")
cli.add_typer(definition_versions, name="definitions")
cli.add_typer(recording_commands.recordings, name="recordings")

Answer = TypeVar("Answer")


# What a command refuses with a sentence of its own.
REFUSALS = (
    CannotDo,
    CannotListen,
    SettingsInvalid,
    coturn.NotInstalled,
    demo.NotADemonstration,
)


def main() -> None:
    """Run the command; say what was wrong in a sentence and exit with 2."""
    memory.share_arenas()
    try:
        cli()
    except REFUSALS as problem:
        typer.echo(str(problem), err=True)
        raise SystemExit(2) from None
    except Problem as problem:
        typer.echo(problem.detail or problem.title, err=True)
        raise SystemExit(2) from None


@cli.command()
def serve() -> None:
    """Serve the platform. A local SQLite database is brought up to date first."""
    settings = read_settings()
    app_logging.configure(settings)

    async def prepare() -> None:
        async with opened(settings) as database, database.unit_of_work() as db:
            # Whatever happened to the disk, the database or the store meanwhile is found now.
            await jobs.enqueue(
                db,
                kind=reconciling.KIND,
                payload={},
                owner=None,
                dedup_key="periodic",
                queue=Queue.KEEPING,
                now=utc_now(),
            )

    with listening_on(settings) as listening:
        asyncio.run(prepare())
        base = _base_url(settings, listening[0])
        serving.run(
            settings,
            create_app(settings),
            listening,
            lambda: typer.echo(f"Three Classrooms serves on {base}"),
        )


def _base_url(settings: Settings, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    host = settings.http_host
    if host in {addresses.ALL, addresses.LOOPBACK, "0.0.0.0", addresses.LOOPBACK_V6, "::"}:
        host = addresses.THIS_MACHINE
    return f"http://{with_port(host, port)}"


@cli.command(name="demo")
def run_demo(
    *,
    is_served: Annotated[
        bool, typer.Option("--serve/--links-only", help="Serve, or only print fresh links.")
    ] = True,
) -> None:
    """Make or top up the demonstration county, print sign-in links, and serve it."""
    settings = read_settings(demo=True)
    app_logging.configure(settings)

    async def prepare() -> demo.DemoLinks:
        now, store = utc_now(), FileStore(settings.files_dir / HANDED_IN)
        async with opened(settings) as database, database.unit_of_work() as db:
            links = await demo.prepare(db, now=now)
            await demo_alliances.prepare(db, store, now=now)
            await demo_timetable.prepare(db, now=now)
            await demo_timetable.prepare_week(db, now=now)
            signer = load_signer(settings.var_dir / KEYS)
            await demo_coverage.prepare(db, signer, now=now)
            return links

    if not is_served:
        typer.echo(demo_text(asyncio.run(prepare()), settings.http_port))
        return
    with listening_on(settings) as listening:
        text = demo_text(asyncio.run(prepare()), listening[0].getsockname()[1])
        serving.run(settings, create_app(settings), listening, lambda: typer.echo(text))


def demo_text(links: demo.DemoLinks, port: int) -> str:
    """Return what `make run` prints: where the platform is, and a link for each browser."""
    lines = [
        "",
        f"Three Classrooms / 三个课堂 is running: http://localhost:{port}",
        "Open each link in a tab of its own; links last 12 hours.",
        "每个链接各开一个标签页; 链接 12 小时内有效.",
        "",
        *(f"  {who}\n    {url}" for who, url in demo.urls(links, port)),
        "",
        "Stop with Ctrl-C. 按 Ctrl-C 停止.",
        "",
    ]
    return "\n".join(lines)


@cli.command(name="coturn")
def run_coturn(
    *,
    is_printed: Annotated[
        bool,
        typer.Option("--print/--run", help="Print the configuration for this installation."),
    ] = False,
) -> None:
    """Run a TURN relay on this machine to try one out (`make turn`), or print a configuration."""
    settings = read_settings()
    if is_printed:
        typer.echo(coturn.for_installation(settings))
        return
    trial = coturn.for_trial(
        (settings.var_dir / "turn").absolute(), coturn.peers_of(settings), now=utc_now()
    )
    typer.echo(trial.text)
    sys.stdout.flush()
    trial.become()


@cli.command()
def migrate() -> None:
    """Bring the database to the tables of this version."""
    settings = read_settings()
    app_logging.configure(settings)

    async def run() -> None:
        database = Database(settings.database_url, EventBus())
        try:
            if settings.is_embedded:
                await asyncio.to_thread(
                    settings.sqlite_file.parent.mkdir, parents=True, exist_ok=True
                )
            await migrations.upgrade(database.engine, backups=settings.var_dir / "backups")
        finally:
            await database.close()

    asyncio.run(run())
    typer.echo("The database has the tables of this version.")


@code_sets.command(name="load")
def load_codes(
    folder: Annotated[Path, typer.Argument(help="With sets.csv, codes.csv and maps.csv.")],
) -> None:
    """Load an authority's own code sets. The platform's own are loaded at every start."""
    settings = read_settings()
    app_logging.configure(settings)

    async def run() -> int:
        tables = read_tables(folder)
        async with opened(settings) as database, database.unit_of_work() as db:
            return await codes.load(
                db, tables, follow=rewording.follow, holders=code_holders.holders
            )

    typer.echo(f"{asyncio.run(run())} rows are new or changed.")


@code_sets.command(name="show")
def show_codes(
    key: Annotated[str, typer.Argument(help="The code set, e.g. JYT1004_ZXXKC.")],
) -> None:
    """Have pages and exports speak in the codes of this set. No row is rewritten."""
    settings = read_settings()
    app_logging.configure(settings)

    async def run() -> str:
        async with opened(settings) as database, database.unit_of_work() as db:
            chosen = await codes.show(db, key, follow=rewording.follow)
            return f"{chosen.kind}: {chosen.key} {chosen.label_zh} is shown."

    typer.echo(asyncio.run(run()))


@definition_versions.command(name="add")
def add_definitions(
    file: Annotated[
        Path, typer.Argument(help="A CSV in UTF-8; docs/operations.md has its columns.")
    ],
) -> None:
    """Add versions of how figures are counted, each from a day to come. None is ever edited."""
    settings = read_settings()
    app_logging.configure(settings)

    async def run() -> int:
        rows = definitions.read_definitions(file)
        async with opened(settings) as database, database.unit_of_work() as db:
            return await definitions.add(db, rows, today=local_day(utc_now()))

    typer.echo(f"{asyncio.run(run())} versions are added.")


cli.command(name="worker")(job_commands.run_worker)
cli.command(name="jobs")(job_commands.dead_jobs)


@cli.command(name="enrol-code")
def enrol_code(
    school: Annotated[str, typer.Option(help="The school's name.")],
    classroom: Annotated[str, typer.Option(help="The classroom's name.")],
) -> None:
    """Print a one-time code that makes a browser the device of a classroom."""
    settings = read_settings()
    app_logging.configure(settings)

    async def run() -> tuple[str, str]:
        async with opened(settings) as database, database.unit_of_work() as db:
            found = await schools_queries.classroom_by_names(db, school, classroom)
            code, expires_at = await schools.issue_code(
                db,
                classroom_id=found.id,
                lifetime=timedelta(minutes=settings.enrolment_code_minutes),
                now=utc_now(),
            )
            return code, expires_at.isoformat(timespec="minutes")

    code, until = asyncio.run(run())
    typer.echo(f"{code[:4]}-{code[4:]}   (page /enrol, once, until {until})")


def _fitting(text: str, *, what: str, most: int) -> str:
    """Return the text without blanks around it. Raise CannotDo when no column would take it."""
    text = text.strip()
    if not text:
        raise CannotDo(f"{what} is empty.")
    if len(text) > most:
        raise CannotDo(f"{what} has {len(text)} characters; {most} are the most.")
    return text


@admin.command(name="create")
def create_administrator(
    name: Annotated[str, typer.Option(help="The person's name.")],
    username: Annotated[str, typer.Option(help="The name to sign in with.")],
    region: Annotated[str, typer.Option(help="The region's statistical code, e.g. 511900.")],
    region_name: Annotated[
        str | None, typer.Option(help="The region's name, when it is not there yet.")
    ] = None,
) -> None:
    """Add an administrator of a region and print a one-time link to set the password."""
    name = _fitting(name, what="--name", most=80)
    username = _fitting(fold(username), what="--username", most=64)
    region = _fitting(region, what="--region", most=12)
    if region_name is not None:
        region_name = _fitting(region_name, what="--region-name", most=80)
    settings = read_settings()
    app_logging.configure(settings)

    async def run() -> str:
        async with opened(settings) as database, database.unit_of_work() as db:
            found = await schools_queries.region_by_code(db, region)
            if found is None and region_name is None:
                raise CannotDo(
                    f"There is no region {region} yet: say what it is called with --region-name."
                )
            if found is None:
                assert region_name is not None
                found = await schools.create_region(db, code=region, name=region_name)
            account = await accounts.create_person(
                db, name=name, username=username, school_id=None, now=utc_now()
            )
            await accounts.grant(
                db, person_id=account.person_id, role=Role.ADMINISTRATOR, region_id=found.id
            )
            return await accounts.make_link(
                db,
                account_id=account.id,
                purpose=LinkPurpose.SET_PASSWORD,
                lifetime=timedelta(hours=settings.setup_link_hours),
                now=utc_now(),
            )

    _print_setup_link(settings, asyncio.run(run()))


@admin.command(name="disable")
def disable(
    username: Annotated[str, typer.Option(help="The name to sign in with.")],
) -> None:
    """Shut an account out: signed out everywhere, and out of live lessons within two seconds."""

    async def shut_out(db: AsyncSession, account: Account) -> None:
        if account.state is AccountState.DISABLED:
            raise CannotDo(f"{account.username!r} is disabled already.")
        await accounts.disable_account(db, account=account, now=utc_now())

    _with_account(username, shut_out)
    typer.echo(f"{username} is shut out.")


@admin.command(name="enable")
def enable(
    username: Annotated[str, typer.Option(help="The name to sign in with.")],
) -> None:
    """Let an account that was disabled in again."""

    async def let_in(_db: AsyncSession, account: Account) -> None:
        if account.state is not AccountState.DISABLED:
            raise CannotDo(f"{account.username!r} is not disabled.")
        accounts.enable_account(account)

    _with_account(username, let_in)
    typer.echo(f"{username} may sign in again.")


def _with_account(
    username: str, change: Callable[[AsyncSession, Account], Awaitable[Answer]]
) -> Answer:
    """Change one account in one transaction and return what the change returns."""
    settings = read_settings()
    app_logging.configure(settings)

    async def run() -> Answer:
        async with opened(settings) as database, database.unit_of_work() as db:
            account = await accounts_queries.account_by_username(db, fold(username))
            if account is None:
                raise CannotDo(f"Nobody signs in as {username!r}.")
            return await change(db, account)

    return asyncio.run(run())


@admin.command(name="link")
def new_setup_link(
    username: Annotated[str, typer.Option(help="The name to sign in with.")],
) -> None:
    """Print a new one-time link to set a password: the first was lost, or the password was."""
    settings = read_settings()

    async def make(db: AsyncSession, account: Account) -> str:
        return await accounts.make_link(
            db,
            account_id=account.id,
            purpose=LinkPurpose.SET_PASSWORD,
            lifetime=timedelta(hours=settings.setup_link_hours),
            now=utc_now(),
        )

    _print_setup_link(settings, _with_account(username, make))


def _print_setup_link(settings: Settings, token: str) -> None:
    base = (
        settings.public_origins[0]
        if settings.public_origins
        else f"http://localhost:{settings.http_port}"
    )
    typer.echo(
        f"Open this link once, within {settings.setup_link_hours} hours, and set a password:"
    )
    typer.echo(f"{base}/enter#{token}")
