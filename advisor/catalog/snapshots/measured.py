"""Joins statistics with a schema that was read from the twin: each knows what the other lacks."""

from __future__ import annotations

from dataclasses import replace

from advisor.catalog.index import Index, IndexSize
from advisor.catalog.live.height import btree_height
from advisor.catalog.schema import Schema, Table
from advisor.catalog.snapshots.dump_statistics import unnamed
from advisor.catalog.statistics import RelationStatistics, Statistics

_UNKNOWN_WIDTH = 16
"""Bytes assumed for a key of variable length without statistics."""


def measured(schema: Schema, statistics: Statistics) -> Schema:
    """Return the schema with the index sizes, heights and scans of `statistics`; indexes it does not know stay.

    A twin's own sizes mean nothing, and it never ran a query.
    """
    tables = {key: _measured_table(table, statistics) for key, table in schema.tables.items()}
    return replace(schema, tables=tables)


def completed(statistics: Statistics, schema: Schema) -> Statistics:
    """Return the statistics with what only the schema tells, for those that come from a dump: b-tree heights and the
    names of index expressions.
    """
    relations, columns = dict(statistics.relations), dict(statistics.columns)
    for table in schema.tables.values():
        for index in table.indexes:
            key = table.schema, index.name
            for number, name in enumerate(index.attributes, 1):
                if (found := columns.pop((*key, unnamed(number)), None)) is not None:
                    columns[(*key, name)] = found
            relation = relations.get(key)
            if relation and relation.height is None and index.definition.method == "btree":
                relations[key] = _with_height(relation, index, table, replace(statistics, columns=columns))
    return replace(statistics, relations=relations, columns=columns)


def _with_height(
    relation: RelationStatistics, index: Index, table: Table, statistics: Statistics
) -> RelationStatistics:
    width = sum(_width(index, number, table, statistics) for number in range(len(index.definition.keys)))
    return replace(relation, height=btree_height(relation.pages, width, relation.rows))


def _width(index: Index, number: int, table: Table, statistics: Statistics) -> int:
    key = index.definition.keys[number]
    if key.column is None:
        found = statistics.column(table.schema, index.name, index.attributes[number])
        return found.avg_width if found else _UNKNOWN_WIDTH
    column = table.column(key.column)
    if column and column.length > 0:
        return column.length
    found = statistics.column(table.schema, table.name, key.column)
    return found.avg_width if found else _UNKNOWN_WIDTH


def _measured_table(table: Table, statistics: Statistics) -> Table:
    return replace(table, indexes=tuple(_measured_index(index, statistics) for index in table.indexes))


def _measured_index(index: Index, statistics: Statistics) -> Index:
    key = index.definition.schema, index.name
    if relation := statistics.relations.get(key):
        index = replace(index, size=IndexSize(relation.rows, relation.pages, relation.height or 0))
    if use := statistics.index_activity.get(key):
        index = replace(index, scans=use.scans, last_scan=use.last_scan)
        index = replace(index, tablespace=use.tablespace, comment=use.comment)
    return index
