"""The time model: a plan is priced by the pages it goes to, and no advice makes a query slower by that price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import QueryShape
from advisor.catalog.index import IndexDefinition, IndexKey, IndexSize
from advisor.catalog.schema import Schema
from advisor.catalog.snapshot import take_snapshot
from advisor.catalog.statistics import ColumnStatistics, RelationStatistics, Statistics
from advisor.indexes.advise_indexes import advise
from advisor.indexes.costing.heaps import Heaps
from advisor.indexes.costing.pricing import VISIT, estimated_time
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import Advice
from advisor.twin.plan import PlanNode, plan_node
from advisor.twin.servers.server import Server
from advisor.twin.start import start_twin
from advisor.twin.statement import BoundStatement
from advisor.workload.model import Query, Workload

ROWS, PAGES = 10_000_000.0, 200_000
KEYS = 100_000


def heaps(correlation: float = 0.0, pages: int = PAGES) -> Heaps:
    """A table `facts` with an index `ix` on its column `key`."""
    relations = {("public", "facts"): RelationStatistics(ROWS, pages)}
    columns = {("public", "facts", "key"): ColumnStatistics(0.0, 4, KEYS, correlation=correlation)}
    found = Heaps(Schema({}, 180000), Statistics(relations, columns))
    found.add("ix", IndexDefinition("public", "facts", (IndexKey.of("key"),)), IndexSize(ROWS, 20_000, 2))
    return found


def node(kind: str, cost: float, rows: float, *children: dict[str, object], **more: object) -> dict[str, object]:
    detail = {name.replace("_", " "): value for name, value in more.items()}
    base = {"Node Type": kind, "Startup Cost": 0.0, "Total Cost": cost, "Plan Rows": rows, "Plan Width": 8}
    return {**base, **detail, "Plans": list(children)}


def scan(cost: float, rows: float, kind: str = "Index Scan", **more: object) -> dict[str, object]:
    detail = {"Index_Cond": "(key = d.id)", "Relation_Name": "facts", **more}
    return node(kind, cost, rows, Index_Name="ix", Parent_Relationship="Inner", **detail)


def loop(inner: dict[str, object], times: float = 1000.0) -> PlanNode:
    outer = node("Seq Scan", 100.0, times, Relation_Name="dims", Alias="d", Parent_Relationship="Outer")
    return plan_node(node("Nested Loop", 100.0 + times * float(str(inner["Total Cost"])), times, outer, inner))


def extra(plan: PlanNode, behind: Heaps | None) -> float:
    return estimated_time(plan, behind) - plan.total_cost


def test_every_row_that_a_loop_fetches_from_elsewhere_is_paid_for() -> None:
    assert estimated_time(loop(scan(10.0, 100)), heaps()) == pytest.approx(1000 * 100 * VISIT, rel=0.1)


def test_rows_that_a_filter_throws_away_were_fetched_too() -> None:
    filtered = loop(scan(10.0, 1, Filter="(day > 3)"))
    assert extra(filtered, heaps()) == pytest.approx(extra(loop(scan(10.0, ROWS / KEYS)), heaps()), rel=0.01)


@pytest.mark.parametrize(
    ("plan", "behind"),
    [
        (loop(scan(10.0, 100)), heaps(correlation=1.0)),
        (loop(scan(10.0, 100)), heaps(pages=100)),
        (loop(scan(10.0, 100, "Index Only Scan")), heaps()),
        (loop(scan(100.0, 100)), heaps()),
        (loop(scan(10.0, 100)), None),
    ],
    ids=["rows lie together", "the table is small", "the heap is not needed", "the planner paid", "nothing is known"],
)
def test_the_planner_is_believed_where(plan: PlanNode, behind: Heaps | None) -> None:
    assert extra(plan, behind) == pytest.approx(0.0, abs=0.05 * plan.total_cost)


def test_what_is_remembered_is_not_fetched_again() -> None:
    remembered = node("Memoize", 10.0, 100, scan(10.0, 100), Parent_Relationship="Inner")
    outer = node("Seq Scan", 100.0, 1000, Relation_Name="dims", Alias="d", Parent_Relationship="Outer")
    plan = plan_node(node("Nested Loop", 100.0 + 20 * 10.0, 1000, outer, remembered))
    assert extra(plan, heaps()) == pytest.approx(extra(loop(scan(10.0, 100)), heaps()) / 50, rel=0.01)


def test_a_limit_pays_for_its_part() -> None:
    whole = loop(scan(10.0, 100))
    below = node("Nested Loop", whole.total_cost, 1000, *[_properties(child) for child in whole.children])
    limited = plan_node(node("Limit", whole.total_cost / 10, 100, below))
    assert extra(limited, heaps()) == pytest.approx(extra(whole, heaps()) / 10, rel=0.01)


def test_a_join_that_drops_most_rows_is_a_gamble_under_a_limit() -> None:
    inner = node("Seq Scan", 1.0, 1, Relation_Name="dims", Parent_Relationship="Inner")
    outer = node("Seq Scan", 1000.0, 10_000, Relation_Name="facts", Parent_Relationship="Outer")
    plans = [node("Nested Loop", 100_000.0, rows, outer, inner) for rows in (10_000, 100)]
    sure, gamble = (plan_node(node("Limit", 1000.0, 1, below)) for below in plans)
    assert estimated_time(sure, None) == 1000.0
    assert estimated_time(gamble, None) == pytest.approx(99_010.0)


def _properties(plan: PlanNode) -> dict[str, object]:
    names = {"Relation Name": plan.relation, "Index Name": plan.index, "Alias": plan.alias}
    own = {name: value for name, value in names.items() if value is not None}
    return {**node(plan.node_type, plan.total_cost, plan.rows), **own, **plan.detail}


TABLES = """
SELECT setseed(0.4);
CREATE TABLE regions (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO regions SELECT i, 'Region ' || i FROM generate_series(0, 9) i;
CREATE TABLE dims (id int PRIMARY KEY, region int NOT NULL);
INSERT INTO dims SELECT i, i % 10 FROM generate_series(1, 1000) i;
CREATE TABLE facts (id int, dim int NOT NULL, day int NOT NULL, amount int NOT NULL, note text NOT NULL);
INSERT INTO facts SELECT i, 1 + random() * 999, i % 1000, i % 77, repeat('x', 90) FROM generate_series(1, 50000) i;
"""
SCALE = 100
LURED = (
    "SELECT sum(f.amount), max(f.note) FROM regions r JOIN dims d ON d.region = r.id JOIN facts f ON f.dim = d.id"
    " WHERE r.name = 'Region 7' AND f.day < 500"
)
HELPED = "SELECT sum(amount), max(note) FROM facts WHERE day = 7"


@pytest.fixture(scope="module")
def url(server: Server) -> Iterator[str]:
    with server.connect() as connection:
        connection.execute("CREATE DATABASE lured")
    with server.connect("lured") as connection:
        connection.execute(TABLES)
        connection.execute("VACUUM ANALYZE")
    yield server.url("lured")
    with server.connect() as connection:
        connection.execute("DROP DATABASE lured WITH (FORCE)")


def advised(url: str, **options: object) -> Advice:
    """Return the advice for both queries, on a twin of tables a hundred times as large."""
    snapshot = take_snapshot(url)
    statistics = snapshot.statistics
    facts = statistics.relations["public", "facts"]
    pages = facts.pages * SCALE
    grown = replace(facts, rows=facts.rows * SCALE, pages=pages, all_visible=pages, recorded_pages=pages)
    relations = {**statistics.relations, ("public", "facts"): grown}
    with start_twin(replace(snapshot, statistics=replace(statistics, relations=relations))) as twin:
        texts = {"lured": LURED, "helped": HELPED}
        shapes = {
            name: found for name, text in texts.items() if isinstance(found := analyse(text, twin.schema), QueryShape)
        }
        statements = {name: (BoundStatement(text, None, "logged"),) for name, text in texts.items()}
        workload = Workload(tuple(Query(name, None, text, 10, 1000.0, 100.0) for name, text in texts.items()))
        chosen = AdviseOptions(include_columns=0, partial=False, **options)  # type: ignore[arg-type]
        return advise(workload, shapes, statements, twin.schema, twin.statistics, twin.what_if, chosen)


def test_an_index_is_not_advised_for_a_plan_that_costs_less_and_takes_longer(url: str) -> None:
    by_cost, by_time = advised(url, aim="cost"), advised(url)
    assert {p.definition.keys[0].column for p in by_cost.proposals} == {"dim", "day"}
    assert {p.definition.keys[0].column for p in by_time.proposals} == {"day"}
    assert {why.query: why.reason for why in by_time.why_not} == {"lured": "slower"}
