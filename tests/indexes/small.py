"""A small database and a few statements with their times: what is advised on them, on the rows themselves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import Constant, QueryShape
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.indexes.advise_indexes import advise
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import Advice
from advisor.twin.statement import BoundStatement
from advisor.workload.model import Query, Slot, Workload
from tests.indexes.built import BuiltWhatIf

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def make(connection: psycopg.Connection, script: str) -> None:
    for statement in script.split(";"):
        if statement.strip():
            connection.execute(statement)
    connection.execute("VACUUM ANALYZE")
    connection.execute("SELECT pg_stat_force_next_flush()")  # else counters may wait for a second


def facts(connection: psycopg.Connection):
    """Return schema and statistics as after thirty days in which no index was scanned but those of `scanned`."""
    schema, statistics = read_schema(connection), read_statistics(connection)
    end = (BEGIN + timedelta(30)).isoformat()
    return schema, replace(statistics, since=BEGIN.isoformat(), scans_since=BEGIN.isoformat(), captured=end)


def advised(
    connection: psycopg.Connection,
    queries: dict[str, tuple[str, float]],
    *,
    same: bool = False,
    stable: Collection[str] = (),
    days: float | None = None,
    counted: float = 30,
    options: AdviseOptions | None = None,
) -> Advice:
    """Return the advice for statements with their time.

    `same`: every execution had the very literals of the text; `stable`: those literals only, the others vary. `days`
    is the length of the capture, `counted` that of the counters' window.
    """
    schema, statistics = facts(connection)
    statistics = replace(statistics, captured=(BEGIN + timedelta(counted)).isoformat())
    shapes = {n: shape for n, (text, _) in queries.items() if isinstance(shape := analyse(text, schema), QueryShape)}
    basis = {n: "generic" if "$" in text else "logged" for n, (text, _) in queries.items()}
    statements = {n: (BoundStatement(text, None, basis[n]),) for n, (text, _) in queries.items()}
    workload = Workload(
        tuple(
            Query(n, None, text, 100, ms, ms / 100, slots=_slots(shapes.get(n), None if same else stable))
            for n, (text, ms) in queries.items()
        ),
        begin=BEGIN.timestamp() if days else None,
        end=BEGIN.timestamp() + days * 86_400 if days else None,
    )
    what_if = BuiltWhatIf(connection)
    try:
        return advise(workload, shapes, statements, schema, statistics, what_if, options or AdviseOptions())
    finally:
        what_if.drop()


def _slots(shape: QueryShape | None, stable: Collection[str] | None) -> tuple[Slot, ...]:
    """Return the slots as if every execution had had the same literals, or the stable ones of them."""
    if stable is not None and not stable:
        return ()
    operands = [o for t in shape.tables for p in t.predicates for o in p.operands] if shape else []
    terms = [p.term for t in shape.tables for p in t.predicates] if shape else []
    values: dict[int, list[str | None]] = {}
    for one in operands:
        if isinstance(one, Constant) and one.slot is not None:
            values.setdefault(one.slot, []).append(one.value)
    last = max([*values, *(slot for term in terms for slot in term.slots)], default=-1)
    return tuple(_slot(values.get(number, [None]), stable) for number in range(last + 1))


def _slot(values: list[str | None], stable: Collection[str] | None) -> Slot:
    if stable is None or set(values) <= set(stable):
        return Slot(tuple((value, 100.0) for value in values), len(values), 100.0)
    return Slot(((values[0], 1.0),), 100, 100.0)
