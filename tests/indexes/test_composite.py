"""Joins on several columns are held to be along a composite key, others are left to the planner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.indexes.costing.composite_joins import Relation, parallel_divisor, underestimate
from advisor.twin.plan import PlanNode, plan_node

LINES = Relation(6_000_000, ())
SUPPLIES = Relation(800_000, ())
TABLES = {"l": LINES, "s": SUPPLIES}
BOTH = "((l.supplier = s.supplier) AND (l.part = s.part))"


def joined(kind: str, rows: float, outer: float, inner: float, condition: str, **scan: str) -> PlanNode:
    """A join that the planner takes to yield so many rows, of sides that yield so many each."""
    base = {"Startup Cost": 0.0, "Total Cost": 1.0, "Plan Width": 8}
    condition_of_join = {"Hash Cond": condition} if kind == "Hash Join" else {}
    found = {"Index Cond": condition, **scan} if kind == "Nested Loop" else {}
    children = [
        {**base, "Node Type": "Seq Scan", "Relation Name": "supplies", "Alias": "s", "Plan Rows": outer},
        {**base, "Node Type": "Index Scan", "Relation Name": "lines", "Alias": "l", "Plan Rows": inner, **found},
    ]
    return plan_node({**base, "Node Type": kind, "Plan Rows": rows, **condition_of_join, "Plans": children})


@pytest.mark.parametrize("condition", [BOTH, BOTH.replace("l.supplier = s.supplier", '"l".supplier = "s".supplier')])
def test_each_row_of_the_larger_table_has_its_partner_in_the_smaller(condition: str) -> None:
    plan = joined("Hash Join", 100, 800_000, 6_000_000, condition)
    assert underestimate(plan, TABLES) == pytest.approx(6_000_000 / 100)


def test_a_loop_finds_as_many_rows_as_a_hash_join() -> None:
    looked_up = "((supplier = s.supplier) AND (part = s.part))"
    assert underestimate(joined("Nested Loop", 100, 8_000, 1, looked_up), TABLES) == pytest.approx(60_000 / 100)


def test_a_hash_table_that_processes_fill_together_holds_the_rows_of_all() -> None:
    plan = joined("Hash Join", 100, 800_000, 6_000_000, BOTH)
    outer, inner = plan.children
    shared = replace(plan, children=(outer, replace(inner, node_type="Hash", detail={"Parallel Aware": True})))
    gather = replace(plan, node_type="Gather", children=(shared,), detail={"Workers Planned": 2})
    assert parallel_divisor(gather) == pytest.approx(2.4)
    assert parallel_divisor(plan) == 1.0
    assert underestimate(shared, TABLES, 2.4) == pytest.approx(2.4 * underestimate(plan, TABLES))


def test_the_key_is_where_a_unique_index_is_even_on_the_larger_side() -> None:
    keyed = {**TABLES, "l": Relation(6_000_000, (frozenset({"supplier", "part"}),))}
    plan = joined("Hash Join", 100, 800_000, 6_000_000, BOTH)
    assert underestimate(plan, keyed) == pytest.approx(800_000 / 100)


@pytest.mark.parametrize(
    "plan",
    [
        joined("Hash Join", 100, 800_000, 6_000_000, "(l.part = s.part)"),
        joined("Hash Join", 9_000_000, 800_000, 6_000_000, BOTH),
        joined("Hash Join", 100, 800_000, 6_000_000, "((l.part = s.part) AND (l.supplier = x.supplier))"),
        joined("Nested Loop", 100, 8_000, 1, "((supplier = s.supplier) AND (part = s.part))", Filter="(day > 3)"),
    ],
    ids=["one column", "the planner expects more", "another table", "a filter takes some"],
)
def test_the_planner_is_believed_where(plan: PlanNode) -> None:
    assert underestimate(plan, TABLES) == 1.0
