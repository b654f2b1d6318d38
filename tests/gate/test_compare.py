"""The gate fails on what costs production time, names the cause, and stays quiet about the rest: on real plans."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.rows import dict_row

from advisor.gate.baseline import AcceptedPlan, AcceptedQuery, Baseline, accesses, load_baseline, save_baseline
from advisor.gate.compare_plans import Comparison
from advisor.gate.planned.plan_shape import shape_lines
from advisor.gate.properties import compare
from advisor.gate.verdict import Verdict
from advisor.twin.plan import PlanNode, plan_node
from advisor.twin.statement import BoundStatement

ORDERS = """
CREATE TABLE customers (id int PRIMARY KEY, name text);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, placed timestamptz NOT NULL, total numeric);
INSERT INTO customers SELECT i, 'name ' || i FROM generate_series(1, 2000) i;
INSERT INTO orders SELECT i, i % 2000 + 1, '2026-01-01'::timestamptz + i * interval '1 minute', i % 97
FROM generate_series(1, 60000) i;
CREATE INDEX orders_customer_placed ON orders (customer_id, placed);
"""
RECENT = "SELECT * FROM orders o WHERE o.customer_id = 17 ORDER BY o.placed DESC LIMIT 5"
JOINED = "SELECT c.name, o.total FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id IN (3, 5, 8)"


@pytest.fixture
def shop(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute(ORDERS)
    connection.execute("ANALYZE")
    connection.execute("SET max_parallel_workers_per_gather = 0")
    return connection


def explain(connection: psycopg.Connection, statement: str) -> PlanNode:
    row = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}").fetchone()
    assert row
    return plan_node(row[0][0]["Plan"])


def accepted(connection: psycopg.Connection, statement: str) -> AcceptedPlan:
    plan = explain(connection, statement)
    bound = BoundStatement(statement, None, "logged")
    return AcceptedPlan(bound, plan.total_cost, shape_lines(plan), accesses(plan))


def surroundings(connection: psycopg.Connection) -> tuple[dict[str, float], dict[str, str]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        tables = cursor.execute("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND relname !~ '^pg_'")
        rows = {row["relname"]: row["reltuples"] for row in tables.fetchall()}
        indexes = cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        return rows, {row["indexname"]: row["indexdef"] for row in indexes.fetchall()}


def judged(connection: psycopg.Connection, statement: str, change: str) -> tuple[Verdict, ...]:
    """Accept the plan, apply `change`, and return what the gate says then."""
    before = accepted(connection, statement)
    tables, indexes = surroundings(connection)
    baseline = Baseline(18, {}, tables, indexes, {})
    connection.execute(change)
    after = accepted(connection, statement)
    tables, indexes = surroundings(connection)
    return compare(Comparison("q1", statement, before, after, baseline, tables, indexes))


def test_an_unchanged_plan_passes_in_silence(shop: psycopg.Connection) -> None:
    assert judged(shop, RECENT, "SELECT 1") == ()


def test_analyzing_again_passes_in_silence(shop: psycopg.Connection) -> None:
    assert judged(shop, JOINED, "ANALYZE") == ()


def test_a_dropped_index_fails_and_is_named_with_its_definition(shop: psycopg.Connection) -> None:
    [verdict] = judged(shop, RECENT, "DROP INDEX orders_customer_placed")
    assert (verdict.code, verdict.level, verdict.index) == ("PLN001", "fail", "orders_customer_placed")
    assert "orders_customer_placed is gone" in verdict.cause
    assert "CREATE INDEX orders_customer_placed ON public.orders USING btree (customer_id, placed)" in verdict.fix
    assert verdict.cost_before is not None and verdict.cost_after is not None
    assert verdict.cost_after > 10 * verdict.cost_before


def test_an_index_that_was_renamed_but_serves_as_well_is_only_mentioned(shop: psycopg.Connection) -> None:
    [verdict] = judged(shop, RECENT, "ALTER INDEX orders_customer_placed RENAME TO orders_by_customer")
    assert (verdict.code, verdict.level) == ("PLN001", "info")


def test_an_index_that_is_defined_otherwise_fails_with_both_definitions(shop: psycopg.Connection) -> None:
    verdicts = judged(
        shop,
        RECENT,
        "DROP INDEX orders_customer_placed; "
        "CREATE INDEX orders_customer_placed ON orders (customer_id, placed) WHERE total > 50; ANALYZE orders",
    )
    assert (verdicts[0].code, verdicts[0].level, verdicts[0].index) == ("PLN001", "fail", "orders_customer_placed")
    assert "WHERE (total > (50)::numeric)" in verdicts[0].cause
    assert "USING btree (customer_id, placed)" in verdicts[0].fix


def test_growth_of_a_table_warns_and_names_the_table(shop: psycopg.Connection) -> None:
    shop.execute("DROP INDEX orders_customer_placed")
    more = (
        "INSERT INTO orders SELECT i, i % 2000 + 1, '2026-03-01'::timestamptz, 1 FROM generate_series(60001, 240000) i;"
        " ANALYZE orders"
    )
    [verdict] = [one for one in judged(shop, "SELECT * FROM orders WHERE total = 96", more) if one.level != "info"]
    assert (verdict.code, verdict.level) == ("PLN004", "warn")
    assert "orders grew from 60,000 to 240,000 rows" in verdict.cause


def test_a_baseline_survives_its_file_byte_for_byte(shop: psycopg.Connection, tmp_path) -> None:
    tables, indexes = surroundings(shop)
    plans = (accepted(shop, RECENT),)
    baseline = Baseline(18, {"jit": "off"}, tables, indexes, {"q1": AcceptedQuery("q1", RECENT, plans)})
    save_baseline(baseline, tmp_path / "one.json")
    loaded = load_baseline(tmp_path / "one.json")
    save_baseline(loaded, tmp_path / "two.json")
    assert loaded == baseline
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_the_shape_is_free_of_aliases_and_parallelism(shop: psycopg.Connection) -> None:
    shop.execute("SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0")
    statement = "SELECT customer_id, count(*) FROM orders {} GROUP BY customer_id"
    serial = shape_lines(explain(shop, statement.format("a")))
    shop.execute("SET max_parallel_workers_per_gather = 2")
    parallel_plan = explain(shop, statement.format("b"))
    assert any(node.node_type.startswith("Gather") for node in parallel_plan.walk())
    assert [line.strip() for line in serial][-1] == [line.strip() for line in shape_lines(parallel_plan)][-1]
    assert not any("Gather" in line for line in shape_lines(parallel_plan))
