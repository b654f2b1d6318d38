"""A budget is kept by what an index may really take, where ANALYZE is known to undercount."""

from __future__ import annotations

from advisor.catalog.index import IndexDefinition, IndexKey
from advisor.catalog.schema import Column, Table
from advisor.catalog.statistics import ColumnStatistics, RelationStatistics, Statistics
from advisor.indexes.costing.pool import recounted
from advisor.indexes.sizes.size import estimate_size

TABLE = Table("public", "lines", "table", (Column("order_id", "integer", 1, "int4", "N", 4, not_null=True),))


def statistics(n_distinct: float, correlation: float) -> Statistics:
    column = ColumnStatistics(0.0, 4, n_distinct, correlation=correlation)
    relations = {("public", "lines"): RelationStatistics(6_000_000, 100_000)}
    return Statistics(relations, {("public", "lines", "order_id"): column})


def pages(counted: Statistics) -> int:
    return estimate_size(IndexDefinition("public", "lines", (IndexKey.of("order_id"),)), TABLE, counted, 18).pages


def test_equal_neighbours_may_be_more_values_than_analyze_saw() -> None:
    seen = statistics(400_000, 1.0)
    assert pages(recounted(seen)) > pages(seen) * 1.2


def test_values_in_no_order_and_counted_by_their_share_are_believed() -> None:
    for seen in (statistics(400_000, 0.1), statistics(-0.25, 1.0)):
        assert pages(recounted(seen)) == pages(seen)
