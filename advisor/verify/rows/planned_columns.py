"""The pool of every column of every table, each made once: what points at another column follows from its pool."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import psycopg

from advisor.catalog.index import mentions
from advisor.catalog.schema import Column, Constraint, Schema, Table
from advisor.catalog.statistics import ColumnStatistics, Statistics
from advisor.verify.rows.column_pool import Wanted, column_pool
from advisor.verify.rows.references import reference_pool
from advisor.verify.rows.row_counts import Key, ancestors, leaves
from advisor.verify.rows.typed_server import TypedServer
from advisor.verify.rows.value_pool import Codes, Numbers, Pool, Values, balanced, texts, unescaped

_CHECK = re.compile(r"\s*CHECK\s*\((.*)\)\s*(?:NOT VALID|NO INHERIT)?\s*", re.IGNORECASE | re.DOTALL)
_WIDTH = {"bool": 1, "int2": 2, "int4": 4, "int8": 8, "uuid": 16}
_UNKNOWN_WIDTH = 12
"""Bytes of a value of variable length of which nothing is known."""


@dataclass(eq=False)
class PlannedColumns:
    """What all columns will hold."""

    schema: Schema
    statistics: Statistics
    counts: Mapping[Key, int]
    server: TypedServer
    seed: int
    notes: list[str] = field(default_factory=list)
    present: dict[tuple[Key, str], Values] = field(default_factory=dict)
    """The values that are left of the columns of tables that lost rows."""
    _pools: dict[tuple[Key, str], Pool] = field(default_factory=dict)
    _open: set[tuple[Key, str]] = field(default_factory=set)
    """Pools that are being made: who points at one of these points in a circle."""

    def random(self, *names: str) -> np.random.Generator:
        """Return a generator for one purpose, the same for the same seed and names."""
        return np.random.default_rng([self.seed, zlib.crc32("\0".join(names).encode())])

    def pool(self, table: Table, column: Column) -> Pool:
        """Return the pool of a column of a table that is filled."""
        key = (table.schema, table.name), column.name
        if key not in self._pools:
            self._open.add(key)
            pool = self._conditioned(table, column, self._made(table, column))
            self._pools[key] = balanced(pool, self.counts[key[0]])
            self._open.discard(key)
        return self._pools[key]

    def statistics_of(self, table: Table, column: str) -> ColumnStatistics:
        """Return a column's statistics: the table's own, those of the tree it is part of, or a guess."""
        own = (self.statistics.inherited if table.kind == "partitioned" else self.statistics.columns).get(
            (table.schema, table.name, column)
        )
        above = (self.statistics.inherited.get((one.schema, one.name, column)) for one in ancestors(self.schema, table))
        found = own or next((one for one in above if one), None)
        if found and table.kind == "partitioned":
            found = replace(found, correlation=self._order_within(table, column))
        base = next((one.base_type for one in table.columns if one.name == column), "")
        return found or ColumnStatistics(0.0, _WIDTH.get(base, _UNKNOWN_WIDTH), -1.0)

    def _order_within(self, table: Table, column: str) -> float | None:
        """Return the correlation within the partitions: that of the whole tree is about their order, too."""
        known = (self.statistics.columns.get((one.schema, one.name, column)) for one in leaves(self.schema, table))
        return next((one.correlation for one in known if one), None)

    def _made(self, table: Table, column: Column) -> Pool:
        rows = self.counts[table.schema, table.name]
        labels = tuple(self.server.labels.get(column.base_type, ()))
        wanted = Wanted(
            column, self.statistics_of(table, column.name), rows, column.name in unique_columns(table),
            self._forced.get(((table.schema, table.name), column.name), ()), labels,
        )  # fmt: skip
        reference = single_reference(table, column.name) or self._leads(table, column.name)
        if reference and reference.references:
            place = reference.columns.index(column.name)
            target = self._target(reference.references, reference.referenced_columns[place])
            if target is not None:
                return reference_pool(wanted, target)
        return column_pool(wanted, self.server.order, self.random(table.schema, table.name, column.name, "values"))

    def _leads(self, table: Table, column: str) -> Constraint | None:
        """Return the foreign key of several columns that is followed by this one of them."""
        several = (one for one in table.constraints if one.kind == "foreign" and len(one.columns) > 1)
        return next((one for one in several if leading_column(self, table, one) == column), None)

    def _target(self, key: Key, name: str) -> Values | None:
        """Return the values of a column that is pointed at; `None` in a circle, and for a table that is not there."""
        table = self.schema.tables.get(key)
        column = table.column(name) if table else None
        if table is None or column is None or (key, name) in self._open:
            return None
        if key in self.counts:
            return self._held(table, column)
        parts = [self._held(leaf, found) for leaf in leaves(self.schema, table)
                 if (leaf.schema, leaf.name) in self.counts and (found := leaf.column(name))]  # fmt: skip
        return _joined(parts) if parts else None

    def _held(self, table: Table, column: Column) -> Values:
        """Return the values that some row of a table has."""
        known = self.present.get(((table.schema, table.name), column.name))
        if known is not None:
            return known
        pool = self.pool(table, column)
        return held(pool.values, np.flatnonzero(pool.counts))

    @cached_property
    def _forced(self) -> Mapping[tuple[Key, str], tuple[str, ...]]:
        """Return the values that statistics of pointing columns name, by the column that they point at."""
        found: dict[tuple[Key, str], dict[str, None]] = defaultdict(dict)
        for table in (self.schema.tables[key] for key in sorted(self.counts)):
            for one in table.constraints:
                if one.kind == "foreign" and one.references and len(one.columns) == 1:
                    statistics = self.statistics_of(table, one.columns[0])
                    known = (*(statistics.most_common_vals or ()), *(statistics.histogram_bounds or ()))
                    found[one.references, one.referenced_columns[0]] |= dict.fromkeys(known)
        return {key: tuple(values) for key, values in found.items()}

    def _conditioned(self, table: Table, column: Column, pool: Pool) -> Pool:
        """Return the pool without the values that conditions on this column alone refuse; others get their rows."""
        if not self.server.fits(column, pool.values):
            pool = self._known_only(table, column, pool)
        for condition in self.conditions(table):
            if condition.columns != (column.name,):
                continue
            refused = self.server.refused(column, pool.values, condition.text)
            if refused is None:
                self.notes.append(f"{table.schema}.{table.name}: the condition {condition.name} could not be asked")
            elif len(refused):
                pool = _without(pool, refused)
        return pool

    def _known_only(self, table: Table, column: Column, pool: Pool) -> Pool:
        """Return a pool of the statistics' own values, for a type that refuses others."""
        statistics = self.statistics_of(table, column.name)
        known = list(dict.fromkeys([*(statistics.most_common_vals or ()), *(statistics.histogram_bounds or ())]))
        self.notes.append(
            f"{table.schema}.{table.name}.{column.name}: its type refuses made values; {len(known)} known ones"
        )
        ordered = list(self.server.order(column, known))
        filled = int(pool.counts.sum())
        counts = np.diff(np.arange(len(ordered) + 1, dtype=np.int64) * filled // max(len(ordered), 1))
        return Pool(texts(ordered), counts[: len(ordered)], pool.nulls + filled - int(counts[: len(ordered)].sum()))

    def conditions(self, table: Table) -> Iterator[Condition]:
        """Yield what rows of a table must fulfil: its checks, and the bounds of the partition it is."""
        for one in table.constraints:
            if one.kind == "check" and (match := _CHECK.fullmatch(one.definition)):
                yield Condition(one.name, match[1], tuple(sorted(set(one.columns))) or _mentioned(table, match[1]))
        bound = self._bounds.get((table.schema, table.name))
        if bound and table.kind != "partitioned":
            yield Condition("of its partition", bound, _mentioned(table, bound))

    @cached_property
    def _bounds(self) -> Mapping[Key, str]:
        try:
            return {
                (schema, name): bound
                for schema, name, bound in self.server.connection.execute(_PARTITION_BOUNDS).fetchall()
            }
        except psycopg.Error:
            return {}


_PARTITION_BOUNDS = """
SELECT n.nspname, c.relname, pg_catalog.pg_get_partition_constraintdef(c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relispartition AND c.relkind = 'r' AND pg_catalog.pg_get_partition_constraintdef(c.oid) IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on the rows of a table, as the server prints it."""

    name: str
    text: str
    columns: tuple[str, ...]


def _mentioned(table: Table, text: str) -> tuple[str, ...]:
    return tuple(sorted(column.name for column in table.columns if mentions(text, column.name)))


def unique_columns(table: Table) -> frozenset[str]:
    """Return the columns of which no value may come twice by themselves."""
    return frozenset(key[0] for key in unique_keys(table) if len(key) == 1)


def unique_keys(table: Table) -> list[tuple[str, ...]]:
    """Return the keys of plain columns that the table keeps unique, each once."""
    keys = [one.columns for one in table.constraints if one.kind in ("primary", "unique")]
    for index in table.indexes:
        definition = index.definition
        if definition.unique and index.valid and not definition.where:
            named = [(key.column,) if key.column else _mentioned(table, key.expression) for key in definition.keys]
            if all(len(one) == 1 for one in named):  # `lower(mail)` is unique if `mail` is, and as made texts are
                keys.append(tuple(one[0] for one in named))
    return list(dict.fromkeys(keys))


def single_reference(table: Table, column: str) -> Constraint | None:
    """Return the foreign key of this column alone, `None` where there is none."""
    return next((one for one in table.constraints if one.kind == "foreign" and one.columns == (column,)), None)


def leading_column(planned: PlannedColumns, table: Table, constraint: Constraint) -> str:
    """Return the column by which a foreign key of several finds its row: the one with most values."""
    rows = max(planned.counts.get((table.schema, table.name), 0), 1)
    return max(constraint.columns, key=lambda name: planned.statistics_of(table, name).distinct(rows))


def held(values: Values, codes: Codes) -> Values:
    """Return those of the values that the codes of some rows mean, in their order."""
    used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(values)))
    if len(used) == len(values):
        return values
    if isinstance(values, Numbers):
        return Numbers(values.ticks[used], values.family)
    return texts(unescaped(one) for one in values.written[used].tolist())


def _joined(parts: list[Values]) -> Values:
    """Return the values of several partitions as one."""
    if all(isinstance(one, Numbers) for one in parts):
        ticks = np.unique(np.concatenate([one.ticks for one in parts if isinstance(one, Numbers)]))
        return Numbers(ticks, parts[0].family) if isinstance(parts[0], Numbers) else parts[0]
    found: dict[str, None] = {}
    for one in parts:
        codes = np.arange(len(one), dtype=np.int64)
        found |= dict.fromkeys(unescaped(written) for written in one.take(codes))
    return texts(found)


def _without(pool: Pool, refused: Codes) -> Pool:
    """Return the pool without rows for some values: others that it has get these rows; without any they are NULL."""
    counts = pool.counts.copy()
    lost = int(counts[refused].sum())
    counts[refused] = 0
    used = np.flatnonzero(counts)
    if not len(used) or int(counts.max()) == 1:
        return Pool(pool.values, counts, pool.nulls + lost)
    total = int(counts.sum())
    edges = np.rint(np.concatenate([[0], np.cumsum(counts[used])]) * (lost / total)).astype(np.int64)
    counts[used] += np.diff(edges)
    return Pool(pool.values, counts, pool.nulls + lost - int(edges[-1]))
