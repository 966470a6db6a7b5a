"""``fracas import`` and ``fracas export``: the same import as on the page, for long files and for scripts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from fracas.core.errors import Invalid
from fracas.exchange import exporting, importing, reports, writing
from fracas.exchange.fields import KINDS
from fracas.exchange.mapping import ImportMap, read_map, shipped_maps
from fracas.exchange.tables import Table

REFUSED = 2
SHOWN_ROWS = 20
LARGEST_MB = 500


@click.command(
    "import", help="Import FILE (CSV or XLSX) as KIND: " + ", ".join(KINDS) + ". All rows or none."
)
@click.argument("kind")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False, allow_dash=False))
@click.option(
    "--map", "map_name", metavar="MAP", help="A TOML file, or the name of a map that comes with the program."
)
@click.option("--dry-run", is_flag=True, help="Do everything, report, and take it back.")
@click.option("--accept-good-rows", is_flag=True, help="Write the good rows although others are bad.")
@click.option(
    "--rejected",
    type=click.Path(path_type=Path),
    help="Where the bad rows go; left out: NAME.rejected.csv in this folder.",
)
@click.option(
    "--template",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="Write an empty table for KIND to OUT (.csv, .xlsx).",
)
@click.option(
    "--time-zone",
    metavar="ZONE",
    help="Of times without an offset, such as Asia/Shanghai; the map's is stronger.",
)
@click.option("--organisation", metavar="CODE", help="Needed where there are several.")
@click.option(
    "--as", "email", metavar="EMAIL", help="Import as this person, with their permissions and sites."
)
@click.pass_obj
def import_(
    console: Any,
    kind: str,
    file: Path | None,
    map_name: str | None,
    dry_run: bool,
    accept_good_rows: bool,
    rejected: Path | None,
    template: Path | None,
    time_zone: str | None,
    organisation: str | None,
    email: str | None,
) -> None:
    wanted = importing.kind_of(kind)
    if template is not None:
        template.write_bytes(writing.template(wanted, writing.ending(template.name)))
        click.echo(f"{template}: a table of {kind} to fill in")
        return
    if file is None:
        raise click.UsageError("Name the FILE to import, or --template OUT.")
    mapping = _map(map_name)
    table = importing.read_table(_content(file), mapping)
    with console.session() as session:
        report = importing.import_table(
            session, console.actor(session, organisation=organisation, email=email), wanted, table, mapping,
            file_name=file.name, is_trial=dry_run, accept_good_rows=accept_good_rows,
            time_zone=time_zone, progress=_progress,
        )  # fmt: skip
    _tell(report)
    if report.bad:
        path = rejected or Path(f"{file.stem}.rejected{'.xlsx' if table.is_workbook else '.csv'}")
        path.write_bytes(_rejected(table, report, path))
        click.echo(f"The refused rows are in {path}: mend them and import that file.", err=True)
    if report.bad and not accept_good_rows:
        raise click.exceptions.Exit(REFUSED)


def _content(file: Path) -> bytes:
    if file.stat().st_size > LARGEST_MB * 1_000_000:
        raise Invalid("The file is larger than %(most)s MB; split it.", field="file", most=LARGEST_MB)
    return file.read_bytes()


def _map(name: str | None) -> ImportMap:
    """A map by its path or, where there is no such file, by the name of one that is shipped."""
    if name is None:
        return ImportMap()
    path, shipped = Path(name), shipped_maps()
    if path.is_file():
        return read_map(path.read_bytes())
    if name.removesuffix(".toml") in shipped:
        return read_map(shipped[name.removesuffix(".toml")])
    raise Invalid(
        "There is no map “%(name)s”: neither a file nor one of %(maps)s.",
        field="map",
        name=name,
        maps=", ".join(shipped),
    )


def _rejected(table: Table, report: reports.Report, path: Path) -> bytes:
    write = reports.rejected_workbook if writing.ending(path.name) == "xlsx" else reports.rejected_csv
    return write(table, report)


def _progress(done: int, total: int) -> None:
    """On a terminal one line that counts; in a log a line now and then."""
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {total} rows", err=True, nl=done == total)
    elif done % 5000 == 0:
        click.echo(f"{done} of {total} rows", err=True)


def _tell(report: reports.Report) -> None:
    for row in report.bad[:SHOWN_ROWS]:
        click.echo(f"line {row.line}: {reports.reason(row, report.headers)}", err=True)
    if len(report.bad) > SHOWN_ROWS:
        click.echo(f"... and {len(report.bad) - SHOWN_ROWS} more", err=True)
    for note in report.closing_notes():
        click.echo(f"note: {note}")
    click.echo(str(report.summary()))
    click.echo(str(report.verdict()))


@click.command(
    "export",
    help="Export KIND to FILE (.csv, .xlsx): " + ", ".join([*exporting.EXPORTS, exporting.LIFE_DATA]) + ".",
)
@click.argument("kind")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--part-type", metavar="NUMBER", help="For life-data: of which part type.")
@click.option(
    "--metric", help="For life-data: in which metric; else that in which the part type's life is counted."
)
@click.option("--organisation", metavar="CODE", help="Needed where there are several.")
@click.option("--as", "email", metavar="EMAIL", help="Export what this person may see.")
@click.pass_obj
def export_(
    console: Any,
    kind: str,
    file: Path,
    part_type: str | None,
    metric: str | None,
    organisation: str | None,
    email: str | None,
) -> None:
    form = writing.ending(file.name)

    def content(session: Session) -> bytes:
        actor = console.actor(session, organisation=organisation, email=email)
        return writing.write(exporting.export(session, actor, kind, part_type=part_type, metric=metric), form)

    with console.session() as session:
        written = content(session)
    file.write_bytes(written)
    click.echo(f"{file}: {kind}")
