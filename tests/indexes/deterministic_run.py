"""Advise on a small workload and print everything proposed: run under several hash seeds by `test_advise.py`."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import QueryShape
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.indexes.advise_indexes import advise
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import Advice
from advisor.twin.statement import BoundStatement
from advisor.workload.model import Query, Workload
from tests.indexes.built import BuiltWhatIf

QUERIES = {
    "a": ("SELECT * FROM orders WHERE customer_id = 7 ORDER BY created_at DESC LIMIT 5", 500.0),
    "b": ("SELECT sum(total) FROM orders WHERE customer_id = 7 AND status = 'open'", 300.0),
    "c": (
        "SELECT c.name FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.created_at > '2024-01-28'",
        200.0,
    ),
    "d": ("SELECT count(*) FROM orders WHERE status = 'open' AND created_at > '2024-01-20'", 100.0),
    "e": ("DELETE FROM customers WHERE id = 3", 80.0),
    "f": ("SELECT * FROM customers WHERE lower(name) = 'name 7'", 60.0),
    "g": ("SELECT * FROM orders", 50.0),
}


def run(connection: psycopg.Connection, days: int = 0, **options: object) -> Advice:
    """Return the advice for the workload, on the database itself, as if its counters spanned so many days."""
    schema, statistics = read_schema(connection), read_statistics(connection)
    if days:
        begin = datetime(2024, 1, 1, tzinfo=UTC)
        end = (begin + timedelta(days)).isoformat()
        statistics = replace(statistics, since=begin.isoformat(), scans_since=begin.isoformat(), captured=end)
    queries = tuple(Query(name, None, text, 10, total, total / 10) for name, (text, total) in QUERIES.items())
    shapes = {
        name: found for name, (text, _) in QUERIES.items() if isinstance(found := analyse(text, schema), QueryShape)
    }
    statements = {name: (BoundStatement(text, None, "logged"),) for name, (text, _) in QUERIES.items()}
    what_if = BuiltWhatIf(connection)
    try:
        return advise(Workload(queries), shapes, statements, schema, statistics, what_if, AdviseOptions(**options))
    finally:
        what_if.drop()


if __name__ == "__main__":
    with psycopg.connect(sys.argv[1], autocommit=True) as opened:
        print(run(opened))
