"""The command line. Every command does its work through the same verbs as the pages, in one transaction."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from fracas import __version__
from fracas.config import Config, ConfigError, make_config
from fracas.core import clock, logs
from fracas.core.errors import FracasError, Refused
from fracas.core.permissions import Actor


class Trouble(click.ClickException):
    """Whatever was refused."""

    exit_code = 2


class Console:
    """What a command works with: the settings, a session, and somebody to act as."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @contextmanager
    def sessions(self) -> Iterator[sessionmaker[Session]]:
        """Sessions of the database, which must be up to date; the loop's rules are in force."""
        from fracas import loop
        from fracas.core import migrate
        from fracas.core.db import make_engine, session_factory

        if migrate.current(self.config.database_url) != migrate.head():
            raise Refused("The database is not up to date; run “fracas db upgrade” first.")
        loop.wire()
        engine = make_engine(self.config.database_url)
        try:
            yield session_factory(engine)
        finally:
            engine.dispose()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction: committed when the command is done, rolled back when it is refused."""
        with self.sessions() as sessions, sessions() as session:
            yield session
            session.commit()

    def actor(self, session: Session, *, organisation: str | None = None, email: str | None = None) -> Actor:
        """The person with ``email``, else the system itself in the named or only organisation."""
        from fracas.organisations import queries as organisations
        from fracas.users import queries as users

        if email is not None:
            person = users.user_by_email(session, email)
            if person is None or not person.is_active:
                raise Refused("There is no active user with the address %(email)s.", email=email)
            return users.actor_for(session, person)
        if organisation is not None:
            return Actor.system(organisations.organisation(session, organisation).id, "command line")
        found = organisations.organisations(session)
        if not found:
            raise Refused(
                "There is no organisation yet; make one with “fracas organisation create CODE --name NAME”."
            )
        if len(found) > 1:
            codes = ", ".join(row.code for row in found)
            raise Refused(
                "There are several organisations; choose one with --organisation: %(codes)s.", codes=codes
            )
        return Actor.system(found[0].id, "command line")


class Sentences(click.Group):
    """A refusal is one sentence and exit code 2; a person at a prompt is never shown a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if _wants_details(ctx):
                raise
            raise Trouble(_sentence(error)) from error


def _wants_details(ctx: click.Context) -> bool:
    return isinstance(ctx.obj, Console) and ctx.obj.config.log_level == "DEBUG"


def _sentence(error: Exception) -> str:
    if isinstance(error, FracasError):
        return "\n".join(
            [str(error), *(f"  {found}" for found in error.findings if str(found) != str(error))]
        )
    if isinstance(error, ConfigError):
        return str(error)
    if isinstance(error, DBAPIError):
        return "The database says: " + str(error.orig).strip().splitlines()[0]
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return f"{type(error).__name__}: {error} (FRACAS_LOG_LEVEL=DEBUG shows where)"


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """FRACAS: failures, problems, actions, and the proof that they worked. Settings: FRACAS_... (fracas/docs/operating.md)."""
    config = Config.from_env()
    logs.configure(config.log_level)
    ctx.obj = Console(config)


in_organisation = click.option("--organisation", metavar="CODE", help="Needed where there are several.")


# ------------------------------------------------------------------ serving


@main.command()
@click.option("--host", help="Address to listen on; FRACAS_HOST.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on, 0 for any free one; FRACAS_PORT."
)
@click.option("--threads", type=click.IntRange(1), default=8, show_default=True)
@click.option(
    "--jobs/--no-jobs", "with_jobs", default=True, help="Do waiting jobs and mail in this process too."
)
@click.pass_obj
def serve(console: Console, host: str | None, port: int | None, threads: int, with_jobs: bool) -> None:
    """Serve the pages and the API; the address is printed once the server listens."""
    from waitress.server import create_server

    from fracas.factory import create_app

    config = make_config(console.config, host=host, port=port)
    with Console(config).sessions() as sessions:
        app = create_app(config)
        server = create_server(
            app, host=config.host, port=config.port, threads=threads, ident=None,
            clear_untrusted_proxy_headers=False,  # nobody trusts them, and the demo must see that there is a proxy
        )  # fmt: skip
        signal.signal(signal.SIGTERM, _end)
        stop = threading.Event()
        worker = threading.Thread(
            target=_worker(config, sessions, app).run, args=(stop,), name="jobs", daemon=True
        )
        if with_jobs:
            worker.start()
        # Imported while nobody waits: it takes seconds, which the first page with a life curve would spend.
        threading.Thread(target=import_module, args=("lifelines",), daemon=True).start()
        here = make_config(config, port=getattr(server, "effective_port", config.port))
        click.echo(f"FRACAS {__version__}{' (demo)' if config.demo else ''} at {here.address}")
        try:
            server.run()
        finally:
            stop.set()
            if with_jobs:
                worker.join(timeout=5)


def _end(_signal: int, _frame: Any) -> None:
    raise SystemExit(0)


def _worker(config: Config, sessions: sessionmaker[Session], app: Any = None) -> Any:
    from fracas.core.jobs import Work, Worker
    from fracas.core.outbox import SEND, Postman
    from fracas.exchange.running import PASS, Importer
    from fracas.factory import create_app
    from fracas.reliability import planning

    # The words of a result are the reader's, which the app knows how to say.
    work: dict[str, Work] = {PASS: Importer(app or create_app(config)).run, planning.STEP: planning.step}
    if config.smtp_url:  # without a mail server the mail waits in the outbox until there is one
        work[SEND] = Postman(config.smtp_url, config.mail_from).send
    return Worker(sessions, work)


@main.group()
def jobs() -> None:
    """Work that is done behind the pages: mail, imports."""


@jobs.command("run")
@click.option("--once", is_flag=True, help="Do what is waiting and end.")
@click.pass_obj
def run_jobs(console: Console, once: bool) -> None:
    """Do waiting jobs until stopped; several workers may run at once."""
    with console.sessions() as sessions:
        worker = _worker(console.config, sessions)
        if once:
            click.echo(f"{worker.run_waiting()} jobs tried")
            return
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        signal.signal(signal.SIGINT, lambda *_: stop.set())
        worker.run(stop)


# ------------------------------------------------------------------ the database


@main.group()
def db() -> None:
    """The schema, and moving between its revisions."""


@db.command()
@click.argument("revision", default="head")
@click.pass_obj
def upgrade(console: Console, revision: str) -> None:
    """Bring the schema up to date; an empty database gets every table, a matrix the permissions it has not seen."""
    from fracas.core import migrate
    from fracas.organisations import queries as organisations
    from fracas.users import workflow as users

    migrate.upgrade(console.config.database_url, revision)
    if revision == "head":
        with console.session() as session:
            for one in organisations.organisations(session):
                users.grant_defaults(session, Actor.system(one.id, "upgrade"))


@db.command()
@click.argument("revision")
@click.confirmation_option(prompt="Columns and tables of newer revisions are dropped with their data. Go on?")
@click.pass_obj
def downgrade(console: Console, revision: str) -> None:
    """Take the schema back to REVISION; “base” leaves nothing."""
    from fracas.core import migrate

    migrate.downgrade(console.config.database_url, revision)


@db.command()
@click.pass_obj
def current(console: Console) -> None:
    """Print the revision of the database and the one this program needs."""
    from fracas.core import migrate

    click.echo(
        f"{migrate.current(console.config.database_url) or 'empty'} (this program needs {migrate.head()})"
    )


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def backup(console: Console, file: Path) -> None:
    """Write the whole database, attachments and history too, to FILE; the service may go on meanwhile."""
    from fracas.core.backup import backup as write

    done = write(console.config.database_url, file)
    click.echo(f"{done.rows} rows of {done.tables} tables written to {file}")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def restore(console: Console, file: Path) -> None:
    """Fill an empty database, SQLite or PostgreSQL, from a backup of either."""
    from fracas.core.backup import restore as read

    done = read(console.config.database_url, file)
    click.echo(f"{done.rows} rows of {done.tables} tables restored from {file}")


@main.command()
@in_organisation
@click.pass_obj
def check(console: Console, organisation: str | None) -> None:
    """Check the life data against the register; exit code 1 where something does not add up."""
    from fracas.reliability import check as reliability

    with console.session() as session:
        findings = list(reliability.unit_hours(session, console.actor(session, organisation=organisation)))
    for finding in findings:
        click.echo(str(finding))
    click.echo(f"{len(findings)} findings" if findings else "unit-hours agree with the register")
    if findings:
        raise click.exceptions.Exit(1)


# ------------------------------------------------------------------ organisation and people


@main.group()
def organisation() -> None:
    """The company whose FRACAS this is."""


@organisation.command("create")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--starter-codes/--no-starter-codes", default=True, help="Failure codes to begin with.")
@click.pass_obj
def create_organisation(console: Console, code: str, name: str, starter_codes: bool) -> None:
    """Make an organisation with the default roles x permissions."""
    from fracas.catalog import workflow as catalog
    from fracas.organisations import workflow as organisations
    from fracas.users import workflow as users

    with console.session() as session:
        actor = Actor.system(
            organisations.create_organisation(session, code=code, name=name).id, "command line"
        )
        users.grant_defaults(session, actor)
        if starter_codes:
            catalog.starter_codes(session, actor)
    click.echo(f"organisation {code} created; next: fracas user create EMAIL --name NAME --admin")


@main.group()
def user() -> None:
    """People."""


@user.command("create")
@click.argument("email")
@click.option("--name", help="Left out: what stands before the @.")
@click.option("--role", "roles", multiple=True, help="Give it again for several roles.")
@click.option("--admin", is_flag=True, help="The same as --role administrator.")
@click.option(
    "--site", "sites", multiple=True, metavar="CODE", help="Sites of a field engineer or service station."
)
@click.option("--customer", metavar="CODE", help="The customer whom a person with that role belongs to.")
@in_organisation
@click.pass_obj
def create_user(
    console: Console,
    email: str,
    name: str | None,
    roles: tuple[str, ...],
    admin: bool,
    sites: tuple[str, ...],
    customer: str | None,
    organisation: str | None,
) -> None:
    """Add a person and print the link by which they set their password, once, within 24 hours."""
    from fracas.users import workflow as users

    wanted = [*roles, *(["administrator"] if admin else [])]
    if not wanted:
        raise click.UsageError("Say what the person is: --role ROLE or --admin.")
    with console.session() as session:
        actor = console.actor(session, organisation=organisation)
        made = users.create_user(
            session, actor, email=email, name=name or email.partition("@")[0],
            roles=wanted, sites=sites, customer=customer,
        )  # fmt: skip
        link = users.send_password_link(session, actor, made)
    click.echo(f"{console.config.address}/password/{link}")


@user.command("password-link")
@click.argument("email")
@click.pass_obj
def password_link(console: Console, email: str) -> None:
    """Print a new link by which EMAIL sets a password, once, within 24 hours."""
    from fracas.users import queries
    from fracas.users import workflow as users

    with console.session() as session:
        person = queries.user_by_email(session, email)
        if person is None:
            raise Refused("There is no user with the address %(email)s.", email=email)
        link = users.send_password_link(session, Actor.system(person.organisation_id, "command line"), person)
    click.echo(f"{console.config.address}/password/{link}")


@main.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.argument("email")
@click.option("--name", required=True, help="What it is for, so that you know later which to revoke.")
@click.option("--days", type=click.FloatRange(min=0, min_open=True), help="Left out: it does not run out.")
@click.pass_obj
def create_token(console: Console, email: str, name: str, days: float | None) -> None:
    """Print an API token that may do what EMAIL may do. It is stored as a hash and cannot be shown again."""
    from fracas.users import account, queries

    expires_at = clock.now() + timedelta(days=days) if days is not None else None
    with console.session() as session:
        person = queries.user_by_email(session, email)
        if person is None:
            raise Refused("There is no user with the address %(email)s.", email=email)
        actor = Actor.system(person.organisation_id, "command line")
        made = account.create_token(session, actor, name=name, owner=person, expires_at=expires_at)
    click.echo(made)


# ------------------------------------------------------------------ demo, import, export


@main.group()
def demo() -> None:
    """The demo fleet."""


@demo.command("load")
@click.option("--seed", type=int, default=20, show_default=True, help="The same seed gives the same fleet.")
@click.option("--systems", type=click.IntRange(1), default=60, show_default=True, help="Vehicles.")
@click.option("--if-empty", is_flag=True, help="Do nothing, and say nothing, where there are data already.")
@click.pass_obj
def load_demo(console: Console, seed: int, systems: int, if_empty: bool) -> None:
    """Play three years of a rail fleet into an empty database."""
    from fracas.demo.load import load
    from fracas.organisations import queries as organisations

    with console.session() as session:
        if if_empty and organisations.organisations(session):
            return
        click.echo("playing three years of the demo fleet ...", err=True)
        loaded = load(session, seed=seed, vehicles=systems)
    click.echo(f"{loaded.vehicles} vehicles, {loaded.parts} parts, {loaded.failures} failure reports")


@demo.command("serve")
@click.pass_context
def serve_demo(ctx: click.Context) -> None:
    """Migrate, load the fleet into an empty database and serve it: what `make run` does, in one process."""
    ctx.invoke(upgrade)
    ctx.invoke(load_demo, if_empty=True)
    ctx.invoke(serve)


def _attach_exchange() -> None:
    """Import and export belong to their room; here they only get their place."""
    from importlib.util import find_spec

    if find_spec("fracas.exchange.commands") is not None:
        from fracas.exchange import commands

        main.add_command(commands.import_)
        main.add_command(commands.export_)


_attach_exchange()
