"""`advisor snapshot`: export schema, statistics, settings and statements of a live server, read-only."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.capture.conninfo import connection_parameters, is_conninfo, password_in, place
from advisor.catalog.redaction.redact_snapshot import redacted
from advisor.catalog.snapshot import (
    Snapshot,
    load_snapshot,
    read_standby,
    save_snapshot,
    take_snapshot,
    with_standbys,
)
from advisor.catalog.statistics import Statistics
from advisor.cli.options.shared_options import check_folder
from advisor.errors import UsageError
from advisor.progress import Progress


@click.command("snapshot")
@click.argument("source", metavar="URL", required=False)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--standby", "standbys", multiple=True, metavar="URL",
    help="Also count the index scans of this standby (URL or snapshot folder); once for each.",
)  # fmt: skip
@click.option("--redact", is_flag=True, help="Put surrogates in place of production's values.")
@click.option("-q", "--quiet", is_flag=True, help="Print warnings only.")
def command(source: str | None, output: Path, standbys: tuple[str, ...], redact: bool, quiet: bool) -> None:
    """Export schema, planner statistics, settings and statements of a live server.

    URL is a connection URL, or an existing snapshot folder (to redact it); without it, DATABASE_URL is used. The
    session is read-only and gives up rather than wait for locks. Keep the password out of the command line: PGPASSWORD,
    ~/.pgpass and DATABASE_URL are understood.

    Each server counts its own index scans: with --standby, those of the standbys are added, so that an index that only
    they use is not called unused.
    """
    check_folder(output)
    progress = Progress(quiet=quiet)
    snapshot = _read(source, progress)
    if standbys:
        snapshot = with_standbys(snapshot, [_standby(name, progress) for name in dict.fromkeys(standbys)])
    if redact:
        snapshot = redacted(snapshot)
    save_snapshot(snapshot, output)
    _report(snapshot, output, progress)


def _read(source: str | None, progress: Progress) -> Snapshot:
    if source and Path(source).is_dir():
        return load_snapshot(Path(source))
    url = source or _environment()
    _place(url, progress, typed=bool(source))
    with progress.step("catalog and schema read"):
        return take_snapshot(url)


def _standby(source: str, progress: Progress) -> tuple[str, Statistics]:
    """Return the name of a standby, for messages, and its counters."""
    if Path(source).is_dir():
        return source, load_snapshot(Path(source)).statistics
    name = _place(source, progress, typed=True)
    with progress.step(f"index scans of {name} read"):
        return name, read_standby(source)


def _place(url: str, progress: Progress, *, typed: bool) -> str:
    """Return where a URL leads; raises `UsageError` when it is none, and warns of a password typed with the command."""
    if not is_conninfo(url):
        raise UsageError("this is neither a connection URL nor an existing snapshot folder",
                         do="write a URL as postgresql://user@host:5432/database")  # fmt: skip
    parameters = connection_parameters(url)
    if typed and password_in(parameters):
        progress.warn("a password on the command line is visible to others; use PGPASSWORD, ~/.pgpass or DATABASE_URL")
    return place(parameters)


def _environment() -> str:
    import os

    if url := os.environ.get("DATABASE_URL"):
        return url
    raise UsageError("no server given", do="give a URL, or set DATABASE_URL")


def _report(snapshot: Snapshot, output: Path, progress: Progress) -> None:
    """Say on stderr what was written, what is missing and what to do with it."""
    statistics = snapshot.statistics
    statements = snapshot.statements.count("\n") if snapshot.statements else 0
    indexes = sum(1 for relation in statistics.relations.values() if relation.table)
    progress.note(
        f"PostgreSQL {snapshot.major}, database {snapshot.database}: {len(statistics.relations) - indexes} tables,"
        f" {indexes} indexes,"
        f" statistics of {len(statistics.columns) + len(statistics.inherited)} columns"
    )
    progress.notes(snapshot.notes)
    if invalid := [".".join(name) for name in sorted(statistics.invalid_indexes)]:
        progress.warn(f"INVALID, left by index builds that were cut off: {', '.join(invalid)}")
    progress.note(f"written to {output}: schema.sql, statistics.jsonl, settings.json, snapshot.json"
                  + (", statements.csv" if statements else ""))  # fmt: skip
    workload = output / "statements.csv" if statements else "LOG-OR-EXPORT"
    progress.note(f"next: advisor advise {workload} --snapshot {output}")
