"""A read whose result hangs on the session is never one to keep: another tenant would get the first one's rows."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import QueryShape
from advisor.catalog.live.introspect import read_schema
from advisor.catalog.statistics import Statistics
from advisor.rules.run import RuleContext, find
from advisor.workload.model import Loop, Query, Workload
from advisor.workload.observed import CacheRate, Reuse

TABLES = """
CREATE TABLE plans (id int PRIMARY KEY, name text, tenant_id int);
CREATE TABLE notes (id int PRIMARY KEY, tenant_id int, body text);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE SCHEMA tenant_1; CREATE SCHEMA tenant_2;
CREATE TABLE tenant_1.prices (id int PRIMARY KEY, amount int);
CREATE TABLE tenant_2.prices (id int PRIMARY KEY, amount int);
CREATE VIEW my_plans AS SELECT * FROM plans WHERE tenant_id = current_setting('app.tenant')::int;
CREATE FUNCTION my_tenant() RETURNS int LANGUAGE sql STABLE AS $$ SELECT current_setting('app.tenant')::int $$;
SET search_path = public, tenant_1;
"""
KEPT = ["SELECT name FROM plans WHERE id = $1", "SELECT amount FROM tenant_2.prices WHERE id = $1"]
HANGING = [
    "SELECT name FROM plans WHERE tenant_id = current_setting('app.tenant')::int",
    "SELECT name FROM plans WHERE name = current_user",
    "SELECT name FROM plans WHERE name = session_user AND id = $1",
    "SELECT name FROM my_plans WHERE id = $1",
    "SELECT name FROM plans WHERE tenant_id = my_tenant()",
    "SELECT body FROM notes WHERE id = $1",
    "SELECT name FROM plans p WHERE EXISTS (SELECT 1 FROM notes n WHERE n.tenant_id = p.tenant_id)",
    "SELECT amount FROM prices WHERE id = $1",
    "SELECT name FROM plans WHERE now() > '2024-01-01' AND id = $1",
    "SELECT name FROM plans WHERE current_date > '2024-01-01'",
    "SELECT name FROM chosen JOIN plans USING (id)",
]


def found(connection: psycopg.Connection[Any], text: str, unit: str = "session") -> set[str]:
    connection.execute(TABLES)
    schema = read_schema(connection)
    shape = analyse(text, schema)
    assert isinstance(shape, QueryShape)
    reuse = Reuse("q", 5000, 40, (CacheRate(1000, 60.0, 0.99),))
    loop = Loop("q", (), 9, 900, 100, 100, 100, (), (0,), 0.01, 0.0, 0.1, 9.0, unit, "web")  # type: ignore[arg-type]
    query = Query("q", "q", text, 5000, 50_000.0, 10.0)
    context = RuleContext(Workload((query,), (loop,), reuses=(reuse,)), {"q": shape}, schema, Statistics())
    return {finding.code for finding in find(context, ["CAC"])}


@pytest.mark.parametrize("text", KEPT)
def test_a_read_of_rows_that_are_the_same_for_all_is_worth_keeping(
    connection: psycopg.Connection[Any], text: str
) -> None:
    assert {"CAC001", "CAC003"} <= found(connection, text)


@pytest.mark.parametrize("text", HANGING)
def test_a_read_that_hangs_on_the_session_is_not(connection: psycopg.Connection[Any], text: str) -> None:
    assert found(connection, text) == set()


def test_within_one_transaction_the_session_is_one(connection: psycopg.Connection[Any]) -> None:
    assert found(connection, HANGING[1], "transaction") == {"CAC003"}
