"""The rows of one table: columns placed, those that go together joined, keys unique, conditions fulfilled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import psycopg
from numpy.typing import NDArray

from advisor.catalog.schema import Constraint, Table
from advisor.catalog.statistics import ExtendedData
from advisor.verify.rows.correlated import Group, combined, group_of
from advisor.verify.rows.placing import placed, places
from advisor.verify.rows.planned_columns import (
    PlannedColumns,
    leading_column,
    single_reference,
    unique_columns,
    unique_keys,
)
from advisor.verify.rows.row_checks import broken, mend
from advisor.verify.rows.row_counts import leaves
from advisor.verify.rows.unique_keys import dealt, mended, repeats
from advisor.verify.rows.value_pool import Codes, Numbers, Pool, Values, concatenated, places_in, unescaped

_FEW = 0.002
"""Share of rows that repeat a key up to which single values are exchanged, so that columns keep their order."""


@dataclass(frozen=True, slots=True)
class MadeTable:
    """The rows of a table, as codes into the values of each column."""

    table: Table
    values: Mapping[str, Values]
    codes: Mapping[str, Codes]
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Return how many rows there are."""
        return len(next(iter(self.codes.values()))) if self.codes else 0


Parents = Mapping[tuple[str, str], MadeTable]
"""Tables made before, by schema and name."""


def made_table(table: Table, planned: PlannedColumns, parents: Parents) -> MadeTable:
    """Return the rows of a table."""
    columns = [column for column in table.columns if not column.generated]
    pools = {column.name: planned.pool(table, column) for column in columns}
    making = _Making(table, planned, pools)
    for group in making.groups():
        making.join(group)
    for column in columns:
        if column.name not in making.codes:
            making.place(column.name)
    for constraint in table.constraints:
        if constraint.kind == "foreign" and len(constraint.columns) > 1:
            making.point(constraint, parents)
    making.fulfil()
    for key in unique_keys(table):
        making.make_unique(key)
    return making.done()


class _Making:
    """One table's rows in the making."""

    def __init__(self, table: Table, planned: PlannedColumns, pools: Mapping[str, Pool]) -> None:
        self.table, self.planned, self.pools = table, planned, pools
        self.values: dict[str, Values] = {name: pool.values for name, pool in pools.items()}
        self.codes: dict[str, Codes] = {}
        self.notes: list[str] = []
        self._fixed: set[str] = set()
        """Columns that follow from a row of another table."""

    def random(self, *names: str) -> np.random.Generator:
        """Return a generator for one purpose."""
        return self.planned.random(self.table.schema, self.table.name, *names)

    def groups(self) -> Iterator[Group]:
        """Yield the groups of columns that extended statistics know, largest first; no column is in two."""
        found = [group for data in self._extended() if (group := group_of(data)) and {*group.columns} <= {*self.pools}]
        taken: set[str] = set()
        for group in sorted(found, key=lambda one: (-len(one.columns), -len(one.combinations), one.columns)):
            if not taken & {*group.columns}:
                taken |= {*group.columns}
                yield group

    def _extended(self) -> Iterator[ExtendedData]:
        inherited = self.table.kind == "partitioned"
        for one in self.table.extended_statistics:
            if data := self.planned.statistics.extended.get((one.schema, one.name, inherited)):
                yield data

    def place(self, name: str) -> None:
        """Place a column by itself."""
        statistics = self.planned.statistics_of(self.table, name)
        self.codes[name] = placed(self.pools[name], statistics.correlation, self.random(name, "places"))

    def join(self, group: Group) -> None:
        """Place the columns of a group together, the one that follows the order of rows best in its own order."""
        rows = self.planned.counts[self.table.schema, self.table.name]
        random = self.random(*group.columns, "together")
        index = {name: self._index(name, group) for name in group.columns}
        columns = combined(group, self.pools, index, rows, random)
        correlations = [self.planned.statistics_of(self.table, name).correlation or 0.0 for name in group.columns]
        lead = max(range(len(columns)), key=lambda place: abs(correlations[place]))
        shuffled = random.permutation(rows)
        order = shuffled[np.argsort(columns[lead][shuffled], kind="stable")]  # NULLs first
        nulls = int((columns[lead] < 0).sum())
        counts = np.bincount(columns[lead][columns[lead] >= 0], minlength=len(self.pools[group.columns[lead]].counts))
        spots = places(Pool(self.values[group.columns[lead]], counts, nulls), correlations[lead], random)
        null = np.ones(rows, dtype=bool)
        null[spots] = False
        where = np.concatenate([np.flatnonzero(null), spots])
        for name, column in zip(group.columns, columns, strict=True):
            self.codes[name] = np.empty(rows, dtype=np.int64)
            self.codes[name][where] = column[order]

    def _index(self, name: str, group: Group) -> dict[str, int]:
        """Return the codes of the values that the group's combinations name."""
        place = group.columns.index(name)
        wanted = {value for one in group.combinations if (value := one[place]) is not None}
        values = self.values[name]
        if isinstance(values, Numbers):
            listed = sorted(wanted)
            ticks = values.family.of(listed)
            if ticks is None or not len(values):
                return {}
            near = np.clip(np.searchsorted(values.ticks, ticks), 0, len(values) - 1)
            return dict(zip(listed, near.tolist(), strict=True))
        found = {unescaped(one): code for code, one in enumerate(values.written[:-1].tolist())}
        return {value: found[value] for value in wanted if value in found}

    def point(self, constraint: Constraint, parents: Parents) -> None:
        """Give the columns of a foreign key of several the values of one row that it points at, or all of them NULL."""
        parts = self._parts(constraint, parents)
        mine = leading_column(self.planned, self.table, constraint)
        if not parts or mine not in self.codes:
            return
        pairs = dict(zip(constraint.columns, constraint.referenced_columns, strict=True))
        theirs = {
            name: concatenated([(part.values[its], part.codes[its]) for part in parts]) for name, its in pairs.items()
        }
        values, codes = theirs[mine]
        keys = places_in(self.values[mine], values)[codes]
        by_key = np.argsort(keys, kind="stable")
        wanted = np.clip(self.codes[mine], 0, None)
        low = np.searchsorted(keys[by_key], wanted, side="left")
        high = np.searchsorted(keys[by_key], wanted, side="right")
        among = self.random(*constraint.columns, "points").random(len(low)) * np.maximum(high - low, 1)
        rows = by_key[np.minimum(low + among.astype(np.int64), len(by_key) - 1)]
        null = np.any([self.codes[name] < 0 for name in pairs], axis=0)
        for name, (found, code) in theirs.items():
            self.values[name] = found
            self.codes[name] = np.where(null, -1, code[rows])
            self._fixed.add(name)

    def _parts(self, constraint: Constraint, parents: Parents) -> list[MadeTable]:
        """Return the table that is pointed at, or its partitions, as far as they have rows."""
        table = self.planned.schema.tables.get(constraint.references) if constraint.references else None
        if table is None:
            return []
        every = [table, *leaves(self.planned.schema, table)]
        found = (parents.get((one.schema, one.name)) for one in every)
        return [one for one in found if one and one.rows]

    def fulfil(self) -> None:
        """Mend rows that break a condition over several columns."""
        for condition in self.planned.conditions(self.table):
            names = [name for name in condition.columns if name in self.codes]
            if len(names) < 2 or len(names) != len(condition.columns):
                continue
            try:
                mend(self.planned.server.connection, self.table, condition.text, names, self.values, self.codes,
                     self.random(condition.name, "mending"))  # fmt: skip
            except psycopg.Error as error:
                self.notes.append(f"the condition {condition.name} could not be asked: {error.diag.message_primary}")

    def make_unique(self, key: tuple[str, ...]) -> None:
        """Exchange values of one column of a key until no combination comes twice."""
        if {*key} & unique_columns(self.table) or not {*key} <= {*self.codes}:
            return
        again = repeats([self.codes[name] for name in key])
        last = self._dealable(key) if len(again) else None
        if last is None:
            return
        others = [self.codes[name] for name in key if name != last]
        random = self.random(*key, "unique")
        column = self.codes[last]
        if len(again) > _FEW * len(column) and others:
            column = dealt(others, column, random)
        self.codes[last] = mended(others, column, len(self.values[last]), random)

    def _dealable(self, key: tuple[str, ...]) -> str | None:
        """Return the column of a key that loses least when its values change places."""
        free = [name for name in key if name not in self._fixed and len(self.values[name])]
        correlation = {name: abs(self.planned.statistics_of(self.table, name).correlation or 0.0) for name in free}
        return min(
            free, key=lambda name: (correlation[name], single_reference(self.table, name) is not None), default=None
        )

    def _repoint(self, keep: NDArray[np.bool_]) -> None:
        """Let what pointed at a lost row of the table itself point at nothing, or at the first row."""
        for one in self.table.constraints:
            if (
                one.kind == "foreign"
                and one.references == (self.table.schema, self.table.name)
                and len(one.columns) == 1
            ):
                mine, its = one.columns[0], one.referenced_columns[0]
                column = self.table.column(mine)
                if mine not in self.codes or self.values[mine] is not self.values[its] or column is None:
                    continue
                left = np.unique(self.codes[its][keep])
                astray = (self.codes[mine] >= 0) & ~np.isin(self.codes[mine], left)
                self.codes[mine][astray] = left[0] if column.not_null and len(left) else -1

    def done(self) -> MadeTable:
        """Return the rows without those that the table would refuse, and say how many these are."""
        count = len(next(iter(self.codes.values()))) if self.codes else 0
        keep = np.ones(count, dtype=bool)
        for column in self.table.columns:
            if column.not_null and column.name in self.codes:
                keep &= self.codes[column.name] >= 0
        for key in unique_keys(self.table):
            if {*key} <= {*self.codes}:
                keep[repeats([self.codes[name] for name in key])] = False
        for condition in self.planned.conditions(self.table):
            if condition.columns and {*condition.columns} <= {*self.codes} and len(condition.columns) > 1 and count:
                rows = np.flatnonzero(keep)
                try:
                    keep[
                        broken(
                            self.planned.server.connection,
                            self.table,
                            condition.text,
                            condition.columns,
                            self.values,
                            self.codes,
                            rows,
                        )
                    ] = False
                except psycopg.Error:
                    continue
        if lost := count - int(keep.sum()):
            self.notes.append(
                f"{self.table.schema}.{self.table.name}: {lost} of {count} rows left out, a key or check refuses them"
            )
            self._repoint(keep)
        codes = {name: column[keep] for name, column in self.codes.items()} if lost else self.codes
        return MadeTable(self.table, self.values, codes, tuple(self.notes))
