"""Statistics of the expressions of candidate indexes, as the first ANALYZE after their build would find them."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.catalog.derived_statistics import derived
from advisor.catalog.index import IndexDefinition
from advisor.catalog.statistics import ColumnStatistics, Statistics
from advisor.twin.contents.loading import load_columns
from advisor.twin.servers.rights import Sessions

_NAMES = """
SELECT n.nspname, c.relname, a.attnum, a.attname
FROM unnest(%s::text[], %s::text[]) AS named (schema, name)
JOIN pg_namespace n ON n.nspname = named.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = named.name
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
"""


def load_derived(sessions: Sessions, created: Mapping[IndexDefinition, str], statistics: Statistics) -> None:
    """Give indexes on expressions of one column the statistics that follow from the column's; others get none."""
    found: dict[tuple[str, str, int], ColumnStatistics] = {}
    for definition, name in created.items():
        for number, key in enumerate(definition.keys, 1):
            if key.column is None and (known := _of(definition, key.expression, statistics)):
                found[definition.schema, name, number] = known
    if not found:
        return
    places = sorted({place[:2] for place in found})
    rows = sessions.superuser.execute(_NAMES, ([place[0] for place in places], [place[1] for place in places]))
    columns = {
        (schema, name, attribute): found[schema, name, number]
        for schema, name, number, attribute in rows.fetchall()
        if (schema, name, number) in found
    }
    load_columns(sessions, Statistics(columns=columns))


def _of(definition: IndexDefinition, expression: str, statistics: Statistics) -> ColumnStatistics | None:
    def column(name: str) -> ColumnStatistics | None:
        key = definition.schema, definition.table, name
        return statistics.columns.get(key) or statistics.inherited.get(key)

    return derived(expression, column)
