"""Random statements planned on the loaded server and on its twin, as each role; what differs is made small."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psycopg
from psycopg import sql

from advisor.catalog.live.export_queries import export_folder
from advisor.catalog.snapshot import Snapshot, load_snapshot, save_snapshot, take_snapshot
from advisor.twin.plan import PlanNode, plan_node
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.twin.start import Twin, start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused
from benchmarks.mixed.catalogue import read_relations
from benchmarks.mixed.load import ROLES, load
from benchmarks.mixed.statements import Maker, Statement

TOLERANCE = 0.01
"""Percent of cost."""
_GENERIC_SINCE = 160000
_SHRINKS = 60
"""Statements tried to make one that differs smaller, at most."""

Shape = tuple[str, str | None, str | None, str, tuple["Shape", ...]]


@dataclass(frozen=True)
class Outcome:
    """One statement planned on both as one role."""

    role: str
    statement: Statement
    real: PlanNode
    twin: PlanNode | Refused

    @property
    def same_shape(self) -> bool:
        return isinstance(self.twin, PlanNode) and shape(self.twin) == shape(self.real)

    @property
    def deviation(self) -> float:
        """The cost's deviation in percent."""
        if isinstance(self.twin, Refused):
            return float("inf")
        if self.twin.total_cost == self.real.total_cost:
            return 0.0
        return 100 * (self.twin.total_cost / self.real.total_cost - 1) if self.real.total_cost else float("inf")

    @property
    def faithful(self) -> bool:
        return self.same_shape and abs(self.deviation) <= TOLERANCE


def shape(node: PlanNode) -> Shape:
    """Return what makes two plans the same: kinds, relations, indexes and the way of each join, from the top."""
    way = (
        f"{node.detail.get('Join Type', '')} {node.detail.get('Strategy', '')} {node.detail.get('Scan Direction', '')}"
    )
    return node.node_type, node.relation, node.index, way, tuple(shape(child) for child in node.children)


class Pair:
    """A loaded server and its twin, each with a session a role."""

    def __init__(self, sessions: Mapping[str, psycopg.Connection], twin: Twin) -> None:
        self.sessions = sessions
        self.twin = twin

    def outcome(self, role: str, statement: Statement) -> Outcome | None:
        """Plan one statement on both; `None` when the loaded server refuses it."""
        real = self.real(role, statement)
        return real and Outcome(role, statement, real, self.planned(role, [statement])[0])

    def real(self, role: str, statement: Statement) -> PlanNode | None:
        """Return the loaded server's plan; `None` when it refuses the statement."""
        session = self.sessions[role]
        try:
            with session.transaction(force_rollback=True):
                row = session.execute(_explain(session, statement).encode()).fetchone()
        except psycopg.Error:
            return None
        return plan_node(row[0][0]["Plan"]) if row else None

    def planned(self, role: str, statements: Sequence[Statement]) -> list[PlanNode | Refused]:
        """Return the twin's plans."""
        bound = [BoundStatement(each.text, each.values, "logged", role=role) for each in statements]
        return self.twin.what_if.plan([Ask(statement) for statement in bound])

    def shrunk(self, outcome: Outcome) -> Outcome:
        """Return the smallest statement found that still differs."""
        left, changed = _SHRINKS, True
        while changed and left > 0:
            changed = False
            for smaller in outcome.statement.smaller():
                left -= 1
                found = self.outcome(outcome.role, smaller)
                if found and not found.faithful:
                    outcome, changed = found, True
                    break
        return outcome


def outcomes(
    server: Server, seed: int, count: int, *, share: float = 1.0, roles: Sequence[str] = ROLES, provider: str = "auto"
) -> list[Outcome]:
    """Load the mixture of this seed, and return the outcome of `count` statements as each role; differing ones small.

    The snapshot is taken by psql where the seed is odd, else by the command.
    """
    with ExitStack() as stack:
        database = f"mixed_{seed}"
        made = load(server, database, seed, share)
        snapshot = _snapshot(server, database, by_psql=seed % 2 == 1)
        sessions = {role: stack.enter_context(_session(server, database, role)) for role in roles}
        with server.connect(database) as connection:
            maker = Maker(Random(f"statements {seed}"), made, read_relations(connection))
        pair = Pair(sessions, stack.enter_context(start_twin(snapshot, provider)))
        for note in pair.twin.notes:
            print(f"  note: {note}")
        return list(_outcomes(pair, maker, count))


def _snapshot(server: Server, database: str, *, by_psql: bool) -> Snapshot:
    """Take a snapshot to a folder, and read it there."""
    with tempfile.TemporaryDirectory(prefix="mixed-") as folder:
        if not by_psql:
            save_snapshot(take_snapshot(server.url(database)), Path(folder))
            return load_snapshot(Path(folder))
        environment = {"PATH": f"{embedded_binaries()}:{os.defpath}", "PGHOST": str(server.folder), "PGPORT": "5432",
                       "PGUSER": "postgres", "PGDATABASE": database}  # fmt: skip
        command = ["psql", "-X", "-q", "-f", str(export_folder() / "snapshot.sql")]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        return load_snapshot(Path(folder))


def _outcomes(pair: Pair, maker: Maker, count: int) -> Iterator[Outcome]:
    statements: list[Statement] = []
    first = next(iter(pair.sessions))
    while len(statements) < count:
        if pair.real(first, statement := maker.make()) is not None:
            statements.append(statement)
    for role in pair.sessions:
        known = [(statement, plan) for statement in statements if (plan := pair.real(role, statement)) is not None]
        planned = pair.planned(role, [statement for statement, _ in known])
        for (statement, real), twin in zip(known, planned, strict=True):
            outcome = Outcome(role, statement, real, twin)
            yield outcome if outcome.faithful else pair.shrunk(outcome)


def _explain(session: psycopg.Connection, statement: Statement) -> str:
    """Return the command that asks for the plan; a prepared statement is made where values stand beside it."""
    if "$1" not in statement.text:
        return f"EXPLAIN (FORMAT JSON) {statement.text}"
    if statement.values is None and session.info.server_version >= _GENERIC_SINCE:
        return (
            f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {statement.text}"  # without pruning at its start, which EXECUTE does
        )
    session.execute("DEALLOCATE ALL")
    session.execute(f"PREPARE asked AS {statement.text}".encode())
    if statement.values is None:
        session.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    numbers = range(statement.text.count("$"))
    values = [sql.Literal(value).as_string() for value in statement.values or ()] or ["NULL" for _ in numbers]
    return f"EXPLAIN (FORMAT JSON) EXECUTE asked ({', '.join(values)})"


def _session(server: Server, database: str, role: str) -> psycopg.Connection:
    connection = psycopg.connect(server.conninfo(database), user=role, autocommit=True)
    connection.execute("SET plan_cache_mode = force_custom_plan")
    return connection
