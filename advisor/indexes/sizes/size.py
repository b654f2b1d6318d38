"""How large an index would be: a model of what `CREATE INDEX` writes, from statistics alone.

The b-tree part follows `nbtsort.c` and `nbtdedup.c`: leaf pages break at the fill factor, the last tuple of a full page
becomes its high key, duplicates are merged into posting lists of at most a tenth of a page (13+, not with INCLUDE, not
for types whose equal values may differ in their bytes). `benchmarks/size_model.py` measures its error on real builds.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from advisor.catalog.index import IndexDefinition, IndexKey, IndexSize
from advisor.catalog.schema import Table
from advisor.catalog.statistics import Statistics
from advisor.indexes.sizes.composite_references import Combinations
from advisor.indexes.sizes.predicate_share import predicate_selectivity
from advisor.indexes.sizes.size_gin import gin_size
from advisor.indexes.sizes.size_methods import brin_size, gist_size, hash_size
from advisor.indexes.sizes.width import Floats, Part, part_of, tuple_sizes

PAGE = 8192
SPACE = 8148
"""Bytes for items on a b-tree page: page header, special space and the line pointer of the high key taken off."""
LINE_POINTER = 4
TID = 6
POSTING = 808
"""Bytes of the largest posting list tuple (a tenth of a page, less its line pointer, aligned down)."""
DEDUPLICATION = 13
"""Major version from which b-trees merge duplicates."""


def estimate_size(
    definition: IndexDefinition,
    table: Table,
    statistics: Statistics,
    major: int,
    *,
    rows: float | None = None,
    selectivity: float | None = None,
    known: dict[object, Part] | None = None,
    together: Combinations | None = None,
) -> IndexSize:
    """Return the size the index would have right after `CREATE INDEX`.

    `rows` overrides the table's row count (partitioned tables); `selectivity` is the share of rows that satisfy the
    predicate of a partial index, judged from the statistics when not given; `known` keeps what was worked out about
    columns from one call to the next with the same statistics; `together` says of columns that belong together how
    many combinations of their values there are at most.
    """
    total = statistics.rows(table.schema, table.name) if rows is None else rows
    share = 1.0 if definition.where is None else selectivity
    if share is None:
        share = predicate_selectivity(definition.where or "", table, statistics)
    kept = total * share
    stored: tuple[IndexKey | str, ...] = (*definition.keys, *definition.include)
    parts = tuple(_part(key, table, statistics, total, {} if known is None else known) for key in stored)
    if definition.method == "btree":
        return _btree(definition, parts, total, share, major, together or {})
    relation = statistics.relations.get((table.schema, table.name))
    pages = relation.pages if relation else 0
    match definition.method:
        case "hash":
            return hash_size(kept)
        case "brin":
            return brin_size(definition, parts, pages)
        case "gin":
            return gin_size(definition, table, statistics, kept, pages)
    types = tuple((found.base_type if (found := table.column(key.column or "")) else "") for key in definition.keys)
    return gist_size(parts, kept, types, major)


def _part(key: IndexKey | str, table: Table, statistics: Statistics, rows: float, known: dict[object, Part]) -> Part:
    name = key if isinstance(key, str) else key.column or key.expression
    place = (table.schema, table.name, name, rows)
    if place not in known:
        known[place] = part_of(key, table, statistics, rows)
    return known[place]


def _btree(
    definition: IndexDefinition, parts: tuple[Part, ...], rows: float, share: float, major: int, together: Combinations
) -> IndexSize:
    kept = rows * share
    if kept < 1:
        return IndexSize(max(kept, 0.0), 1, 0)
    keys = parts[: len(definition.keys)]
    sizes = tuple_sizes(parts)
    merging = major >= DEDUPLICATION and not definition.include and all(part.deduplicates for part in keys)
    merging = merging and dict(definition.storage).get("deduplicate_items", "on") not in {"off", "false"}
    companions, weights = _companions(_classes(definition, keys, together), rows, share)
    fill = int(dict(definition.storage).get("fillfactor", "90"))
    leaves = _leaves(sizes, companions, weights, kept, merging, fill)
    pivot = float(tuple_sizes(_distinguishing(keys, rows * share)).mean()) + LINE_POINTER
    if float((weights * np.minimum(companions, 1.0)).sum()) > 0.5:
        pivot += 8
    return IndexSize(kept, *_with_levels(leaves, pivot))


def _with_levels(leaves: int, pivot: float) -> tuple[int, int]:
    """Return pages (metapage included) and height of a tree over so many leaves."""
    fan_out = max(math.floor((SPACE - 0.3 * PAGE) / pivot), 2)
    pages, level, height = leaves, leaves, 0
    while level > 1:
        level = math.ceil(level / fan_out)
        pages += level
        height += 1
    return pages + 1, height


def _distinguishing(keys: tuple[Part, ...], rows: float) -> tuple[Part, ...]:
    """Return the leading keys that tell neighbouring tuples apart: what suffix truncation leaves of a pivot."""
    companions = rows
    for count, part in enumerate(keys, 1):
        companions *= sum(s * f for s, f in zip(part.shares, part.frequencies, strict=True))
        if companions < 0.1:
            return keys[:count]
    return keys


Classes = tuple[tuple[float, ...], tuple[float, ...]]
"""Of one column, or several as one: share of rows in each class of values, and frequency of one value of each."""


def _classes(definition: IndexDefinition, keys: tuple[Part, ...], together: Combinations) -> list[Classes]:
    """Return the classes of each key; columns whose combinations are known to be few count as one."""
    columns = [key.column or "" for key in definition.keys]
    left = dict(zip(columns, keys, strict=False)) if len(set(columns)) == len(keys) else {}
    found: list[Classes] = []
    for group, most in sorted(together.items(), key=lambda one: (-len(one[0]), one[1], sorted(one[0]))):
        if group <= left.keys() and most < math.prod(_values(left[name]) for name in group):
            found.append(((1.0,), (1 / max(most, 1.0),)))
            left = {name: part for name, part in left.items() if name not in group}
    rest = left.values() if found else keys
    return [*found, *((part.shares, part.frequencies) for part in rest)]


def _values(part: Part) -> float:
    """Return the distinct values of a column."""
    return sum(share / frequency for share, frequency in zip(part.shares, part.frequencies, strict=True) if frequency)


def _companions(keys: Sequence[Classes], rows: float, share: float) -> tuple[Floats, Floats]:
    """Return, per combination of value classes, how many other index tuples share a tuple's key, and its weight.

    The column with the rarest value sets the group; the others split it as if independent.
    """
    weights = np.ones(1)
    rarest, product = np.full(1, np.inf), np.ones(1)
    for shares, frequencies in keys:
        values = np.array(frequencies)
        weights = np.multiply.outer(weights, np.array(shares)).ravel()
        rarest = np.minimum.outer(rarest, values).ravel()
        product = np.multiply.outer(product, values).ravel()
        weights, rarest, product = _thinned(weights, rarest, product)
    others = _rate(rows * rarest) * share
    return others * np.minimum(product / rarest, 1.0), weights / weights.sum()


def _thinned(weights: Floats, rarest: Floats, product: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the combinations that matter, lest many keys with many classes multiply."""
    if len(weights) <= 4096:
        return weights, rarest, product
    kept = np.argsort(-weights, kind="stable")[:2048]
    return weights[kept], rarest[kept], product[kept]


def _rate(mean: Floats) -> Floats:
    """Return the Poisson rate whose zero-truncated mean is `mean`: 0 for a unique value, `mean` for a common one."""
    mean = np.maximum(mean, 1.0)
    rate = np.maximum(mean - 1.0, 0.0) * 2.0
    rate = np.minimum(rate, mean)
    for _ in range(12):
        rate = mean * -np.expm1(-rate)
    return rate


def _leaves(sizes: Floats, companions: Floats, weights: Floats, rows: float, merging: bool, fill: int) -> int:
    """Return the number of leaf pages."""
    if not merging:
        return _packed(rows, sizes + LINE_POINTER, np.zeros(1), fill)
    base = float(sizes.mean())
    items, item_bytes, square, extra = _posting_lists(base, companions)
    total_items = rows * float((weights * items).sum())
    total_bytes = rows * float((weights * item_bytes).sum())
    mean = total_bytes / total_items
    spread = rows * float((weights * square).sum()) / total_items - mean**2
    spread += float(sizes.var()) * (1 if extra.sum() < 1 else 0.5)
    trunc = float((weights * items * extra).sum() / (weights * items).sum())
    deviation = math.sqrt(max(spread, 0.0))
    sample = np.array([mean]) if deviation < 0.5 else np.array([mean - deviation, mean + deviation])
    return _packed(total_items, sample, np.array([trunc]), fill)


def _posting_lists(base: float, companions: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return per index tuple: leaf items, their bytes, their squared bytes, and posting list bytes per item."""
    limit = max(int((POSTING - base) // TID), 1)
    columns = [np.zeros(len(companions)) for _ in range(4)]
    for place, rate in enumerate(companions):
        for group, chance in _group_sizes(float(rate)):
            full, rest = divmod(group, limit)
            parts = [(full, limit)] if full else []
            parts += [(1, rest)] if rest else []
            for count, tids in parts:
                payload = TID * tids if tids > 1 else 0
                size = math.ceil((base + payload) / 8) * 8 if tids > 1 else base
                item = size + LINE_POINTER
                share = chance * count / group
                columns[0][place] += share
                columns[1][place] += share * item
                columns[2][place] += share * item * item
                columns[3][place] += share * payload
    columns[3] /= columns[0]
    return columns[0], columns[1], columns[2], columns[3]


def _group_sizes(rate: float) -> list[tuple[int, float]]:
    """Return sizes of a tuple's group of duplicates (itself included) with their chances."""
    if rate < 1e-4:
        return [(1, 1.0)]
    if rate > 40:
        return [(max(round(rate + shift * math.sqrt(rate)), 1), 0.25) for shift in (-1.15, -0.32, 0.32, 1.15)]
    chances, chance = [], math.exp(-rate)
    for others in itertools.count():
        chances.append((others + 1, chance))
        chance *= rate / (others + 1)
        if others > rate and chance < 1e-4:
            return chances
    return chances


def _packed(items: float, sample: Floats, trunc: Floats, fill: int) -> int:
    """Return the pages that such items fill: a page breaks at its fill factor, or when the next does not fit."""
    mean = float(sample.mean())
    slack = PAGE * (100 - fill) / 100 - float(trunc.mean())
    limit = SPACE - max(slack, mean + 8)
    square = float((sample**2).mean())
    constant = square - mean**2 < 0.25
    per_page = math.floor(limit / mean) if constant else (limit + square / (2 * mean)) / mean - 1
    return max(math.ceil(items / max(per_page, 1.0)), 1)
