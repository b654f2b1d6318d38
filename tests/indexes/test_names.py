"""Two schemas with equal names of tables and indexes: each is judged by its own rows, sizes and queries."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisor.catalog.index import Index, IndexDefinition, IndexKey, IndexSize
from advisor.catalog.schema import Schema, Table
from advisor.catalog.statistics import RelationStatistics, Statistics
from advisor.indexes.choice.reason import key_list
from advisor.indexes.costing.heaps import Heaps
from tests.indexes.small import advised, make

CASES = tomllib.loads((Path(__file__).parent / "names.toml").read_text())["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_equal_names_share_nothing(connection: psycopg.Connection, case: dict[str, Any]) -> None:
    make(connection, case["schema"])
    queries = {f"q{number}": (text, float(ms)) for number, (text, ms) in enumerate(case["queries"])}
    found = advised(connection, queries).proposals
    built = [p for p in found if p.action != "drop"]
    assert [f"{p.definition.schema}.{p.definition.table} {key_list(p.definition)}" for p in built] == case["built"]
    gone = [p.full_name for p in found if p.action == "drop"]
    gone += [f"{p.definition.schema}.{name}" for p in built for name in p.replaces]
    assert sorted(gone) == sorted(case["dropped"])


def test_sizes_of_equal_names_are_not_mixed() -> None:
    tables = {}
    for schema in "ab":
        stands = Index("stock_item", IndexDefinition(schema, "stock", (IndexKey.of("item"),)), IndexSize(100, 2, 0))
        tables[schema, "stock"] = Table(schema, "stock", "table", (), indexes=(stands,))
    relations = {("a", "stock"): RelationStatistics(100.0, 10), ("b", "stock"): RelationStatistics(1e6, 90_000)}
    heaps = Heaps(Schema(tables, 180000), Statistics(relations))
    for schema, rows in (("a", 100.0), ("b", 1e6)):
        own = heaps.within(frozenset({schema}))
        assert (heap := own.behind("stock_item")) and heap.rows == rows
        assert (relation := own.relation("stock")) and relation.rows == rows
