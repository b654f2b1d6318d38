"""Objects are made in the order of production's object ids, so that of two equal plans the twin takes the same."""

from __future__ import annotations

import random
from pathlib import Path

import psycopg
import pytest

from advisor.catalog.snapshot import load_snapshot, take_snapshot
from advisor.twin.plan import PlanNode
from advisor.twin.restoring.object_order import in_order
from advisor.twin.servers.server import Server
from advisor.twin.start import start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask
from tests.catalog.test_export import export

TABLES = """
CREATE TABLE tie (a integer, b integer, c integer);
CREATE TABLE parent (id integer);
INSERT INTO tie SELECT n % 50, n % 50, n FROM generate_series(1, 3000) n;
CREATE TABLE item (id integer NOT NULL, code integer NOT NULL, PRIMARY KEY (id));
INSERT INTO item SELECT n, n FROM generate_series(1, 3000) n;
"""
STATEMENTS = (
    "SELECT a FROM tie WHERE a = 7",
    "SELECT * FROM tie WHERE a = 3 AND b = 3",
    "SELECT a, b FROM tie GROUP BY a, b",
    "SELECT id FROM item WHERE id = 9",
    "SELECT * FROM item WHERE id = 9 AND code = 9",
    "SELECT * FROM parent WHERE id = 1",
)


def made(names: list[str]) -> list[str]:
    """Return statements that make equal things under these names, in this order."""
    forms = ["CREATE INDEX {} ON tie (a)", "CREATE INDEX {} ON tie (a, c)", "CREATE INDEX {} ON tie (b, c)",
             "ALTER TABLE item ADD CONSTRAINT {} UNIQUE (id)", "CREATE UNIQUE INDEX {} ON item (code)",
             "CREATE STATISTICS {} (ndistinct) ON a, b FROM tie", "CREATE TABLE {} () INHERITS (parent)"]  # fmt: skip
    return [form.format(f"{name}{number}") for number, form in enumerate(forms) for name in names]


def chosen(connection: psycopg.Connection) -> list[list[str]]:
    """Return the relations and indexes of each plan, in order."""
    plans = [connection.execute(f"EXPLAIN {text}".encode()).fetchall() for text in STATEMENTS]
    return [[row[0].split("(")[0] for row in rows] for rows in plans]


@pytest.mark.parametrize("route", ["command", "psql"])
def test_of_equal_plans_the_twin_takes_the_same(server: Server, database: str, route: str, tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    statements = made(["beta", "alpha", "gamma"])
    random.Random(seed).shuffle(statements)
    with server.connect(database) as connection:
        for statement in [*TABLES.split(";\n"), *statements, "VACUUM ANALYZE"]:
            connection.execute(statement.encode() or b"SELECT")
        real = chosen(connection)
    if route == "psql":
        export(server, database, tmp_path)
    snapshot = take_snapshot(server.url(database)) if route == "command" else load_snapshot(tmp_path)
    with start_twin(snapshot) as twin, twin.connect() as connection:
        assert twin.notes == ()
        assert chosen(connection) == real
        (plan,) = twin.what_if.plan([Ask(BoundStatement(STATEMENTS[0], None, "logged"))])
        assert isinstance(plan, PlanNode) and plan.index and plan.index in real[0][0]


def test_what_is_in_order_and_what_nobody_ranked_stays_as_it_was() -> None:
    script = ["CREATE TABLE public.b (x int)", "CREATE INDEX i ON public.b (x)", "ALTER INDEX public.i RESET (fillfactor)",
              "CREATE INDEX h ON public.b (x)"]  # fmt: skip
    assert in_order(script, {}) == script
    assert in_order(script, {("public", "i"): 3, ("public", "h"): 9}) == script
    assert in_order(script, {("public", "h"): 3}) == script


def test_nothing_moves_before_what_it_may_need() -> None:
    script = ["CREATE TABLE public.b (x int)", "CREATE INDEX i ON public.b (x)", "ALTER TABLE public.b CLUSTER ON i",
              "CREATE VIEW public.v AS SELECT 1", "CREATE INDEX h ON public.b (x)", "CREATE INDEX g ON public.b (x)"]  # fmt: skip
    ranks = {("public", name): rank for rank, name in enumerate("ghi")}
    assert in_order(script, ranks) == [*script[:4], script[5], script[4]]
