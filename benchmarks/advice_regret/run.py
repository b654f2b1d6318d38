"""Runs statements on the loaded server: once as the application for its log and counters, then again and again for times."""

from __future__ import annotations

import itertools
import json
import random
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from advisor.twin.servers.server import Server, embedded_binaries
from benchmarks.advice_regret.statements import Statement, draw_statements
from benchmarks.advice_regret.system import Table, draw_tables, load

LOGGED = {"log_min_duration_statement": "0", "log_line_prefix": "%m [%p] %q%u@%d/%a "}
SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements", "shared_buffers": "512MB", "maintenance_work_mem": "256MB",
    "max_parallel_workers_per_gather": "0", "max_parallel_maintenance_workers": "0", "jit": "off", "max_wal_size": "4GB",
}  # fmt: skip
PASSES = 3
WRITE_PASSES = 10
CAP_MS = 3_000
SWITCH = """
WITH switched AS (
    UPDATE pg_index SET indisvalid = %(on)s, indisready = %(on)s, indislive = %(on)s
    WHERE indexrelid = ANY(%(names)s::regclass[]) RETURNING indrelid
)
UPDATE pg_class SET relname = relname WHERE oid IN (SELECT indrelid FROM switched)"""
"""Touching the table's own row makes sessions read its list of indexes anew."""
_new = itertools.count(1_000_000)


@dataclass(frozen=True)
class Loaded:
    """One random system that has served its workload."""

    server: Server
    chance: random.Random
    """Goes on where drawing and serving left it."""
    tables: tuple[Table, ...]
    statements: tuple[Statement, ...]
    log: Path
    export: Path
    """Counters, as CSV."""


@contextmanager
def loaded_system(seed: int) -> Iterator[Loaded]:
    """Draw a system, load it into a server of its own, serve its workload and vacuum it; gone when left."""
    chance = random.Random(seed)
    with Server(embedded_binaries(), SETTINGS) as server, tempfile.TemporaryDirectory() as folder:
        with server.connect() as connection:
            connection.execute("CREATE DATABASE app")
        with server.connect("app") as connection:
            tables = draw_tables(chance)
            load(connection, tables, seed)
            statements = tuple(draw_statements(chance, tables, connection))
        log, export = serve(server, statements, chance, Path(folder))
        with server.connect("app") as connection:
            connection.execute("VACUUM")
        yield Loaded(server, chance, tables, statements, log, export)


def serve(server: Server, statements: Sequence[Statement], chance: random.Random, folder: Path) -> tuple[Path, Path]:
    """Run the workload in a random order and return its log and its counters, an export as CSV."""
    with server.connect("app") as connection:
        for name, value in LOGGED.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute("SELECT pg_reload_conf(), pg_stat_statements_reset()")
    begin = server.log.stat().st_size
    order = [one for one in statements for _ in range(one.calls)]
    chance.shuffle(order)
    turns = dict.fromkeys((one.text for one in statements), 0)
    with psycopg.connect(server.url("app"), autocommit=True) as connection:
        connection.prepare_threshold = None
        for one in order:
            values = one.values[turns[one.text] % len(one.values)]
            turns[one.text] += 1
            connection.execute(one.text.encode(), values | {"new_id": next(_new)})
    log, export = folder / "app.log", folder / "counters.csv"
    log.write_bytes(server.log.read_bytes()[begin:])
    with server.connect("app") as connection:
        connection.execute("ALTER SYSTEM RESET ALL")
        connection.execute("SELECT pg_reload_conf()")
        query = "SELECT s.* FROM pg_stat_statements s JOIN pg_database d ON d.oid = dbid WHERE datname = 'app'"
        with connection.cursor().copy(f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)".encode()) as rows:
            export.write_bytes(b"".join(bytes(part) for part in rows))
    return log, export


class Bench:
    """Times of statements under sets of indexes, all of which are built; each plan is timed once."""

    def __init__(self, connection: psycopg.Connection, statements: Sequence[Statement]) -> None:
        self.connection = connection
        self.statements = statements
        self.shown: frozenset[str] = frozenset()
        self.every: set[str] = set()
        self.hidden: frozenset[str] = frozenset()
        self.timed: dict[tuple[str, int, str], float] = {}
        self.asked: dict[tuple[str, frozenset[str], frozenset[str]], float] = {}

    def add(self, names: Iterable[str]) -> None:
        """Note built indexes; they are switched off."""
        self.every |= set(names)
        self._switch(list(names), False)

    def show(self, names: frozenset[str], hidden: frozenset[str] = frozenset()) -> None:
        """Have exactly these of our indexes, and of the existing ones all but `hidden`."""
        self._switch(sorted(names - self.shown | self.hidden - hidden), True)
        self._switch(sorted(self.shown - names | hidden - self.hidden), False)
        self.shown, self.hidden = names, hidden

    def _switch(self, names: list[str], on: bool) -> None:
        if names:
            self.connection.execute(SWITCH, {"on": on, "names": names})

    def mean(self, one: Statement, names: frozenset[str], hidden: frozenset[str] = frozenset()) -> float:
        """Return the mean milliseconds of a statement over its values with these indexes."""
        key = one.text, names, hidden
        if key not in self.asked:
            self.show(names, hidden)
            self.asked[key] = sum(self._one(one, place) for place in range(len(one.values))) / len(one.values)
        return self.asked[key]

    def in_turn(
        self, one: Statement, some: tuple[frozenset[str], frozenset[str]], other: tuple[frozenset[str], frozenset[str]]
    ) -> tuple[float, float]:
        """Return the milliseconds with two sets of shown and hidden indexes, the lowest of passes taken in turn."""
        lowest: list[list[float]] = [[], []]
        for place in range(len(one.values)):
            sides: list[list[float]] = [[], []]
            for _ in range(PASSES):
                for side, (names, hidden) in enumerate((some, other)):
                    self.show(names, hidden)
                    sides[side].append(self._write(one, place) if one.writes else self.read(one, place))
            lowest[0].append(min(sides[0]))
            lowest[1].append(min(sides[1]))
        return sum(lowest[0]) / len(one.values), sum(lowest[1]) / len(one.values)

    def _one(self, one: Statement, place: int) -> float:
        if one.writes:
            return min(self._write(one, place) for _ in range(WRITE_PASSES))
        values = one.values[place]
        plan = self.connection.execute(f"EXPLAIN (FORMAT JSON, COSTS OFF) {one.text}".encode(), values).fetchone()
        assert plan
        key = one.text, place, json.dumps(plan[0])
        if key not in self.timed:
            self.timed[key] = self.read(one, place)
        return self.timed[key]

    def read(self, one: Statement, place: int) -> float:
        taken: list[float] = []
        while len(taken) < PASSES or (sum(taken) < 3 and len(taken) < 10):
            begin = time.perf_counter()
            self.connection.execute(one.text.encode(), one.values[place]).fetchall()
            taken.append((time.perf_counter() - begin) * 1000)
            if taken[-1] > CAP_MS:
                break
        return min(taken)

    def _write(self, one: Statement, place: int) -> float:
        with self.connection.transaction(force_rollback=True):
            self.connection.execute("SELECT 1")
            begin = time.perf_counter()
            self.connection.execute(one.text.encode(), one.values[place] | {"new_id": next(_new)})
            return (time.perf_counter() - begin) * 1000
