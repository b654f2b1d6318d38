"""Merged candidates: one index that does what two queries want of two, so that one is built and written instead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from advisor.catalog.index import IndexDefinition, IndexKey
from advisor.indexes.candidates.candidate import Suggestion
from advisor.indexes.candidates.value_length import too_long
from advisor.indexes.costing.pool import Pool
from advisor.indexes.costing.weighted import Weighted
from advisor.indexes.index_options import AdviseOptions

LENT = 12
"""Candidates of other queries that one query is shown besides its own."""
PER_TABLE = 8
"""Merged candidates per table, those for the heaviest queries first."""


def merged(
    pool: Pool, users: Mapping[int, Mapping[str, float]], options: AdviseOptions
) -> list[tuple[Suggestion, tuple[str, ...]]]:
    """Return merged candidates, each with the queries it is for.

    `users` holds, per candidate some plan used, the queries whose plan that was, with their time.
    """
    tables: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number in sorted(users):
        definition = pool.definitions[number]
        tables[definition.schema, definition.table].append(number)
    known = set(pool.definitions)
    found: list[tuple[Suggestion, tuple[str, ...]]] = []
    for _, numbers in sorted(tables.items()):
        pairs = sorted(_pairs(pool, numbers, users, options), key=lambda pair: (-pair[0], pair[1].body))
        fresh = {
            definition: queries
            for _, definition, queries in pairs
            if definition not in known and not _too_long(definition, pool)
        }
        best = list(fresh.items())[:PER_TABLE]
        found += [(Suggestion(definition, "merged"), queries) for definition, queries in best]
    return found


def _too_long(definition: IndexDefinition, pool: Pool) -> bool:
    table = pool.schema.tables[definition.schema, definition.table]
    return too_long(definition, table, pool.statistics) is not None


def lent(pool: Pool, users: Mapping[int, Mapping[str, float]], weighted: Sequence[Weighted]) -> dict[str, set[int]]:
    """Return, per query, candidates that served others and start with the same key as one of its own."""
    starts: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for number in sorted(users):
        starts[_start(pool.definitions[number])].append(number)
    found: dict[str, set[int]] = {}
    for one in weighted:
        own = {_start(pool.definitions[number]) for number in one.field.shown}
        extra = {number for start in own for number in starts.get(start, ())} - one.field.shown
        if extra:
            found[one.field.query] = set(sorted(extra, key=lambda n: (-sum(users[n].values()), n))[:LENT])
    return found


def _start(definition: IndexDefinition) -> tuple[str, str, str]:
    return definition.schema, definition.table, definition.keys[0].expression


def _pairs(
    pool: Pool, numbers: Sequence[int], users: Mapping[int, Mapping[str, float]], options: AdviseOptions
) -> Iterator[tuple[float, IndexDefinition, tuple[str, ...]]]:
    for long in numbers:
        for short in numbers:
            if long == short or users[long].keys() == users[short].keys():
                continue
            both = {**users[long], **users[short]}
            for definition in combine(pool.definitions[long], pool.definitions[short], options):
                yield sum(both.values()), definition, tuple(sorted(both))


def combine(long: IndexDefinition, short: IndexDefinition, options: AdviseOptions) -> Iterator[IndexDefinition]:
    """Yield the index with the keys of `long` that also holds what `short` does, if there is one.

    The keys of `short` must be the first keys of `long`, whatever their directions; what it has more becomes payload.
    """
    if (long.method, long.where, short.method, short.where) != ("btree", short.where, "btree", long.where):
        return
    if len(short.keys) > len(long.keys) or not _leads(short.keys, long.keys):
        return
    columns = {key.column for key in long.keys}
    include = tuple(sorted({*long.include, *short.include} - columns))
    if len(include) <= options.include_columns and include != long.include:
        yield replace(long, include=include)


def _leads(short: tuple[IndexKey, ...], long: tuple[IndexKey, ...]) -> bool:
    return all((a.expression, a.opclass) == (b.expression, b.opclass) for a, b in zip(short, long, strict=False))
