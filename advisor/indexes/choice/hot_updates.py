"""Which updates are HOT once the proposals are carried out: those that change no column which an index holds.

Counters tell which share of the updates is HOT today. What else could be is told by the captured statements: those that
only change columns which no index is left to hold. Of updates that an index alone kept from being HOT, `FITTING` are
taken to find room on their page; where the counters show how many of those that may be HOT are, that share is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from advisor.catalog.index import IndexDefinition
from advisor.catalog.schema import Schema, Table
from advisor.catalog.statistics import Statistics
from advisor.indexes.choice.drops import removals
from advisor.indexes.choice.write_cost import TableWrites, columns_read
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import HotUpdates, IndexProposal

FITTING = 0.7
"""Share of updates that find room on their page, where no counter tells: assumed, not measured."""
LEAST = 0.01
"""Share of a table's updates by which its HOT updates must change to be told."""

Places = Mapping[tuple[str, str], TableWrites]


def freed(writes: Places, schema: Schema, statistics: Statistics, options: AdviseOptions) -> Places:
    """Return the writes as they are once the indexes are gone that serve nothing: updates they keep from being HOT are.

    So a new index is charged for the HOT updates that it would end again.
    """
    going: dict[tuple[str, str], set[str]] = {}
    for removal in removals(schema, statistics, options, frozenset()):
        going.setdefault((removal.table.schema, removal.table.name), set()).add(removal.index.name)
    found = dict(writes)
    for place, names in sorted(going.items()):
        if place in writes and writes[place].statements:
            found[place] = _without(writes[place], schema.tables[place], names)
    return found


def _without(writes: TableWrites, table: Table, names: set[str]) -> TableWrites:
    every = [index.definition for index in table.indexes]
    left = [index.definition for index in table.indexes if index.name not in names]
    after = min(_hot(writes, every, left), writes.hot_updates + writes.cold_updates)
    gained = max(after - writes.hot_updates, 0.0)
    return replace(
        writes, cold_updates=writes.cold_updates - gained, hot_updates=writes.hot_updates + gained, freed=gained
    )


def hot_updates(proposals: Sequence[IndexProposal], writes: Places, schema: Schema) -> tuple[HotUpdates, ...]:
    """Return the tables whose HOT updates change with the proposals, all of them carried out."""
    found = []
    places = sorted({(one.definition.schema, one.definition.table) for one in proposals})
    for place in (place for place in places if place in writes and writes[place].statements):
        told, mine = writes[place], [p for p in proposals if (p.definition.schema, p.definition.table) == place]
        counted = replace(told, hot_updates=told.hot_updates - told.freed, cold_updates=told.cold_updates + told.freed)
        every = [index.definition for index in schema.tables[place].indexes]
        gone = {name for one in mine for name in (one.replaces if one.action != "drop" else (one.name,))}
        left = [index.definition for index in schema.tables[place].indexes if index.name not in gone]
        after = _hot(counted, every, [*left, *(one.definition for one in mine if one.action != "drop")])
        total = counted.hot_updates + counted.cold_updates
        if abs(after - counted.hot_updates) > LEAST * total:
            found.append(HotUpdates(*place, total, counted.hot_updates, after))
    return tuple(found)


def _hot(writes: TableWrites, today: Sequence[IndexDefinition], after: Sequence[IndexDefinition]) -> float:
    """Return the HOT updates per day with other indexes than today's."""
    total = writes.hot_updates + writes.cold_updates
    before, then = _possible(writes, today), _possible(writes, after)
    fitting = min(writes.hot_updates / (before * total), 1.0) if before * total > 0 and writes.hot_updates else FITTING
    if before == then:
        return writes.hot_updates
    return then * total * fitting


def _possible(writes: TableWrites, definitions: Sequence[IndexDefinition]) -> float:
    """Return the share of updates that change no column which one of the indexes holds."""
    return sum(
        share
        for columns, share in writes.statements
        if not any(columns_read(definition, columns) for definition in definitions)
    )
