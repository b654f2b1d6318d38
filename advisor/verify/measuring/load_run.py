"""A workload's mix by many clients at once, with pgbench: run times, statements a second, WAL."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from advisor.capture.conninfo import connection_parameters
from advisor.errors import ProofError
from advisor.twin.servers.environment import scrubbed
from advisor.twin.servers.server import embedded_binaries
from advisor.twin.statement import BoundStatement
from advisor.verify.proof import LoadSide
from advisor.verify.running.scratch import plain_url

_HEAVIEST = 1000
"""Weight of the most frequent statement: pgbench takes whole numbers."""
_GRACE_SECONDS = 180
_TRIAL_MS = 30_000
_SCRIPTS = 128
"""Scripts that pgbench takes."""
_SPARE = 8
"""Connections of a server that are left for others."""


@dataclass(frozen=True, slots=True)
class Script:
    """One statement as pgbench runs it."""

    query: str
    text: str
    weight: float
    """Executions of it, in any unit."""


def scripts_of(
    url: str, statements: Mapping[str, Sequence[BoundStatement]], calls: Mapping[str, float]
) -> tuple[list[Script], dict[str, str]]:
    """Return the statements that can be run, weighted by the calls of their queries, and why others cannot.

    Each is tried once, in a transaction that is rolled back. Raises `ProofError` when the server cannot be reached.
    """
    found: list[Script] = []
    refused: dict[str, str] = {}
    with _session(url) as connection:
        connection.execute("SELECT set_config('statement_timeout', %s, false)", [str(_TRIAL_MS)])
        for query, bounds in statements.items():
            for bound in bounds:
                text = literal_text(connection, bound)
                try:
                    with connection.transaction(force_rollback=True):
                        reads = _reads(connection, text)
                except psycopg.Error as error:
                    refused[query] = error.diag.message_primary or str(error)
                else:
                    whole = f"{text};" if reads else f"BEGIN \\; {text} \\; ROLLBACK;"
                    found.append(Script(query, whole, calls.get(query, 1.0) * bound.weight))
    return fewer(found), refused


def fewer(scripts: Sequence[Script], most: int = _SCRIPTS) -> list[Script]:
    """Return `most` scripts at most: every query keeps its weight, and of its statements the most frequent ones.

    Of more queries than that, the most frequent ones are left.
    """
    by_query: dict[str, list[Script]] = {}
    for script in scripts:
        by_query.setdefault(script.query, []).append(script)
    heaviest = sorted(by_query.values(), key=lambda one: -sum(script.weight for script in one))[:most]
    each = max(1, most // max(len(heaviest), 1))
    kept: list[Script] = []
    for group in heaviest:
        chosen = sorted(group, key=lambda script: -script.weight)[:each]
        share = sum(script.weight for script in group) / (sum(script.weight for script in chosen) or 1.0)
        kept += [replace(script, weight=script.weight * share) for script in chosen]
    return kept


def _reads(connection: psycopg.Connection[Any], text: str) -> bool:
    """Run a statement and return whether it left no trace: then it needs no rollback of its own."""
    connection.execute(text.encode())
    row = connection.execute("SELECT pg_current_xact_id_if_assigned() IS NULL").fetchone()
    return bool(row and row[0])


def literal_text(connection: psycopg.Connection[Any], bound: BoundStatement) -> str:
    """Return the statement with its values in the place of `$1`…: pgbench sends text alone."""
    import pglast

    pieces: list[str] = []
    start = 0
    for token in pglast.parser.scan(bound.text) if bound.parameters else ():
        if token.name == "PARAM":
            value = (bound.parameters or ())[int(bound.text[token.start + 1 : token.end + 1]) - 1]
            pieces += [bound.text[start : token.start], sql.Literal(value).as_string(connection)]
            start = token.end + 1
    return "".join([*pieces, bound.text[start:]]).strip().rstrip(";")


def run_load(url: str, scripts: Sequence[Script], *, clients: int, seconds: float, seed: int = 1) -> LoadSide:
    """Return what so many clients saw who ran the mix as fast as they could.

    Raises `ProofError` when pgbench cannot run, or none of it goes through.
    """
    with tempfile.TemporaryDirectory(prefix="pgadvisor-load-") as name, _session(url) as watch:
        folder = Path(name)
        heaviest = max(script.weight for script in scripts)
        files = []
        for number, script in enumerate(scripts):
            path = folder / f"{number}.sql"
            path.write_text(script.text + "\n")
            files += ["-f", f"{path}@{max(1, round(_HEAVIEST * script.weight / heaviest))}"]
        before = _wal(watch)
        done = _pgbench(
            url, folder, [*files, "-c", str(clients), "-T", str(max(1, round(seconds))), f"--random-seed={seed}"]
        )
        wal = _wal(watch) - before
        times = np.array(sorted(_latencies(folder)), dtype=np.float64)
    if not len(times):
        raise ProofError(f"the load did not run: {done.stderr.strip().splitlines()[-1:]}", do="lower --clients")
    cuts = np.percentile(times, [50, 95, 99])
    return LoadSide(
        clients, len(times), (float(cuts[0]), float(cuts[1]), float(cuts[2])), float(times.mean()),
        len(times) / max(1, round(seconds)), wal / len(times), done.stderr.count("aborted in"),
    )  # fmt: skip


def possible_clients(url: str, wanted: int) -> int:
    """Return how many clients the server has room for, `wanted` at most."""
    with _session(url) as connection:
        row = connection.execute(
            "SELECT current_setting('max_connections')::int - (SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend')"
        ).fetchone()
    return max(1, min(wanted, (row[0] if row else wanted) - _SPARE))


def _pgbench(url: str, folder: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    parameters = connection_parameters(url)
    named = (
        ("host", "PGHOST"),
        ("port", "PGPORT"),
        ("user", "PGUSER"),
        ("password", "PGPASSWORD"),
        ("dbname", "PGDATABASE"),
    )
    where = {variable: str(parameters[name]) for name, variable in named if parameters.get(name)}
    program = str(embedded_binaries() / "pgbench")
    command = [program, "-n", "-j", "2", "-l", f"--log-prefix={folder / 'log'}", *arguments]
    seconds = float(arguments[arguments.index("-T") + 1]) + _GRACE_SECONDS
    try:
        return subprocess.run(
            command, env=scrubbed(**where), capture_output=True, text=True, timeout=seconds, cwd=folder, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProofError(f"pgbench did not run through: {error}") from None


def _latencies(folder: Path) -> Iterator[float]:
    """Yield the milliseconds of each statement that went through, from pgbench's log files."""
    for path in sorted(folder.glob("log.*")):
        for line in path.read_text().splitlines():
            words = line.split()
            if len(words) >= 3 and words[2].isdigit():
                yield int(words[2]) / 1000


def _wal(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _session(url: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        connection = psycopg.connect(plain_url(url), autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        raise ProofError(f"the database with rows cannot be reached: {error}") from None
    with connection:
        yield connection


class Writer:
    """Writes to tables without a pause while a block runs, rolled back; keeps the longest time that a write took."""

    def __init__(self, url: str, tables: Sequence[tuple[str, str]]) -> None:
        self.longest_ms = 0.0
        self._url, self._tables = url, tables
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(table,), daemon=True) for table in tables]

    def __enter__(self) -> Writer:
        """Begin to write."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop writing."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _write(self, table: tuple[str, str]) -> None:
        name = sql.Identifier(*table)
        try:
            with _session(self._url) as connection:
                row = connection.execute(_FIRST_COLUMN, [name.as_string()]).fetchone()
                if row is None:
                    return
                column = sql.Identifier(row[0])
                statement = sql.SQL("UPDATE {} SET {} = {} WHERE ctid = (SELECT ctid FROM {} LIMIT 1)").format(
                    name, column, column, name
                )
                while not self._over.is_set():
                    begin = time.perf_counter()
                    with connection.transaction(force_rollback=True):
                        connection.execute(statement)
                    self.longest_ms = max(self.longest_ms, (time.perf_counter() - begin) * 1000)
        except (psycopg.Error, ProofError):
            return


_FIRST_COLUMN = """
SELECT attname FROM pg_catalog.pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity <> 'a'
ORDER BY attnum LIMIT 1
"""
