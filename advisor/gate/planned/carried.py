"""Statistics that follow what revisions do: a table renamed, moved, copied or partitioned holds the rows that it held.

By object ids, a table or index under another name or in another schema is the same. A new table that stands where an
old one stood, or has nearly all columns of one that is gone, is its copy; a partition of such a copy has the rows
within its bounds. A new index on an expression that an index had before has its statistics.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.catalog.database_objects import Objects
from advisor.catalog.schema import Schema, Table
from advisor.catalog.statistics import ColumnStatistics, RelationStatistics, Statistics
from advisor.gate.relation_names import body, label

ASSUMED, ROWS_A_PAGE = 10_000.0, 80
"""Rows of a table that a revision makes and nothing is known of, and of one of its pages."""
ALIKE = 0.8
"""Share of a lost table's columns that another must have to be its copy."""
_BOUND = re.compile(r"FOR VALUES FROM \((.*?)\) TO \((.*?)\)")
Key = tuple[str, str]
"""Schema and name."""


@dataclass(frozen=True, slots=True)
class Around:
    """A database before and after its revisions."""

    before: Schema
    after: Schema
    objects_before: Objects
    objects_after: Objects


@dataclass(frozen=True, slots=True)
class Carried:
    """Statistics of a database after its revisions."""

    statistics: Statistics
    notes: tuple[str, ...]
    """One for each table that is taken for another, or whose size is assumed."""
    assumed: Mapping[str, float]
    """Rows of the tables whose size is assumed, by their names in a baseline."""


def carried(statistics: Statistics, around: Around) -> Carried:
    """Return the statistics of the database after its revisions."""
    moved = _renamed(statistics, dict(_moves(around)))
    fresh = _without_redefined(moved, around)
    notes = []
    sources: dict[str, str] = {}
    for key, source in sorted(_copies(around).items()):
        sources |= {name: source[1] for _, name in (key, *_leaves(around.after, key))}
        fresh = _copied(fresh, statistics, around, key, source)
        notes.append(f"{key[0]}.{key[1]} is taken to hold the rows of {source[0]}.{source[1]}: a revision made it anew")
    told = _with_distinct(_with_expressions(fresh, statistics, around, sources), around)
    sizes = dict(_unknown(told, statistics, around))
    notes += [
        f"{key[0]}.{key[1]} is assumed to hold {rows:,.0f} rows: a revision makes it" for key, rows in sizes.items()
    ]
    assumed = {label(*key): rows for key, rows in sizes.items() if rows}
    relations = {key: RelationStatistics(rows, math.ceil(rows / ROWS_A_PAGE)) for key, rows in sizes.items()}
    return Carried(replace(told, relations={**told.relations, **relations}), tuple(notes), assumed)


def _unknown(statistics: Statistics, known: Statistics, around: Around) -> Iterator[tuple[Key, float]]:
    """Yield the tables that revisions made and nothing tells the size of, with the rows that they are taken to hold.

    One that stands where another one stood is taken to hold as many; a new partition or child of an old table is empty.
    """
    for key, one in sorted(around.objects_after.items()):
        name = one.schema or "", one.name
        table = around.after.tables.get(name)
        made = key[0] == "table" and key not in around.objects_before and name not in statistics.relations
        if made and table is not None and table.kind == "table":
            before = known.relations.get(name)
            extends = table.parent in around.before.tables
            yield name, 0.0 if extends else before.rows if before and before.rows > 0 else ASSUMED


def _with_distinct(statistics: Statistics, around: Around) -> Statistics:
    """Return the statistics with the numbers of distinct values that revisions declare: ANALYZE takes them over."""
    columns, inherited = dict(statistics.columns), dict(statistics.inherited)
    for key, one in around.objects_after.items():
        old = around.objects_before.get(key)
        if key[0] != "column" or not one.table or (old and old.definition == one.definition):
            continue
        for found, option in ((columns, "n_distinct"), (inherited, "n_distinct_inherited")):
            place = (*one.table, one.name)
            declared = re.search(rf"[{{,]{option}=(-?[\d.]+)", one.definition)
            if declared and place in found:
                found[place] = replace(found[place], n_distinct=float(declared[1]))
    return replace(statistics, columns=columns, inherited=inherited)


def _moves(around: Around) -> Iterator[tuple[Key, Key]]:
    """Yield what tables and indexes were called and are called now."""
    for key, old in around.objects_before.items():
        new = around.objects_after.get(key)
        if new and key[0] in ("table", "index") and old.schema and new.schema:
            former, latter = (old.schema, old.name), (new.schema, new.name)
            if former != latter:
                yield former, latter


def _renamed(statistics: Statistics, moves: Mapping[Key, Key]) -> Statistics:
    """Return the statistics under today's names; what another object is called now is left to it."""

    def relations() -> dict[Key, RelationStatistics]:
        kept = {key: one for key, one in statistics.relations.items() if key not in moves}
        return {**kept, **{new: statistics.relations[old] for old, new in moves.items() if old in statistics.relations}}

    def columns(found: Mapping[tuple[str, str, str], ColumnStatistics]) -> dict[tuple[str, str, str], ColumnStatistics]:
        return {
            (*moves.get((schema, table), (schema, table)), name): one for (schema, table, name), one in found.items()
        }

    if not moves:
        return statistics
    return replace(
        statistics,
        relations=relations(),
        columns=columns(statistics.columns),
        inherited=columns(statistics.inherited),
        types={(*moves.get((s, t), (s, t)), name): kind for (s, t, name), kind in statistics.types.items()},
    )


def _without_redefined(statistics: Statistics, around: Around) -> Statistics:
    """Return the statistics without those of indexes that are other ones of the same name."""
    old, new = _bodies(around.before), _bodies(around.after)
    other = {key for key in old.keys() & new.keys() if old[key] != new[key]}
    if not other:
        return statistics
    return replace(
        statistics,
        relations={key: one for key, one in statistics.relations.items() if key not in other},
        columns={key: one for key, one in statistics.columns.items() if key[:2] not in other},
    )


def _bodies(schema: Schema) -> dict[Key, str]:
    return {
        (index.definition.schema, index.name): body(index.ddl)
        for table in schema.tables.values()
        for index in table.indexes
    }


def _copies(around: Around) -> dict[Key, Key]:
    """Return the new tables that are copies, with the tables of before that they are copies of."""
    made = {(one.schema or "", one.name) for key, one in around.objects_after.items()
            if key[0] == "table" and key not in around.objects_before}  # fmt: skip
    gone = {(one.schema or "", one.name) for key, one in around.objects_before.items()
            if key[0] == "table" and key not in around.objects_after}  # fmt: skip
    found: dict[Key, Key] = {}
    for key in sorted(made & around.after.tables.keys()):
        table = around.after.tables[key]
        if table.parent is None and table.kind in ("table", "partitioned"):
            sources = [key] if key in around.before.tables else sorted(gone & around.before.tables.keys())
            source = next((one for one in sources if _alike(around.before.tables[one], table)), None)
            if source:
                found[key] = source
    return found


def _alike(old: Table, new: Table) -> bool:
    names, others = {column.name for column in old.columns}, {column.name for column in new.columns}
    return bool(names) and len(names & others) >= ALIKE * len(names)


def _copied(statistics: Statistics, known: Statistics, around: Around, key: Key, source: Key) -> Statistics:
    """Return the statistics with those of a copy and of its partitions."""
    relation = known.relations.get(source)
    if relation is None:
        return statistics
    parts = _leaves(around.after, key)
    names = {name: one for (schema, table, name), one in known.columns.items() if (schema, table) == source}
    relations, columns = dict(statistics.relations), dict(statistics.columns)
    inherited = dict(statistics.inherited)
    plain = replace(relation, oid=None)
    if not parts and around.after.tables[key].kind == "table":
        relations[key] = plain
        columns.update({(*key, name): one for name, one in names.items()})
    else:
        relations[key] = replace(plain, pages=0, all_visible=0, recorded_pages=None)
        inherited.update(
            {(*key, name): replace(one, inherited=True, low=None, high=None) for name, one in names.items()}
        )
    for part, bounds in _bounded(around, parts):
        share, clipped = _share(names, bounds, len(parts))
        relations[part] = _shrunk(plain, share)
        columns.update({(*part, name): clipped.get(name, one) for name, one in names.items()})
    types = {**statistics.types}
    for place in (key, *parts):
        types.update({(*place, name): one for (s, t, name), one in known.types.items() if (s, t) == source})
    return replace(statistics, relations=relations, columns=columns, inherited=inherited, types=types)


def _leaves(schema: Schema, key: Key) -> list[Key]:
    children = sorted(one for one, table in schema.tables.items() if table.parent == key)
    return [leaf for child in children for leaf in (_leaves(schema, child) or [child])]


def _bounded(around: Around, parts: Sequence[Key]) -> Iterator[tuple[Key, tuple[str, str, str] | None]]:
    """Yield the partitions, each with the column it is split by and its bounds where it is a range of one column."""
    definitions = {
        (one.schema, one.name): one.definition for key, one in around.objects_after.items() if key[0] == "table"
    }
    for part in parts:
        parent = around.after.tables[part].parent
        split = re.fullmatch(r"RANGE \(\"?([\w$]+)\"?\)", (parent and around.after.tables[parent].partition_key) or "")
        bound = _BOUND.search(definitions.get(part, ""))
        yield part, (split[1], bound[1].strip("'"), bound[2].strip("'")) if split and bound else None


def _share(
    columns: Mapping[str, ColumnStatistics], bounds: tuple[str, str, str] | None, parts: int
) -> tuple[float, dict[str, ColumnStatistics]]:
    """Return a partition's share of the rows, and the statistics of the column it is split by within its bounds."""
    column = columns.get(bounds[0]) if bounds else None
    histogram = column.histogram_bounds if column else None
    if not bounds or column is None or not histogram:
        return 1 / parts, {}
    inside = [value for value in histogram if _key(bounds[1]) <= _key(value) < _key(bounds[2])]
    share = len(inside) / len(histogram)
    clipped = tuple(inside) if len(inside) > 1 else None
    low, high = (inside[0], inside[-1]) if inside else (None, None)
    return share, {bounds[0]: replace(column, histogram_bounds=clipped, low=low, high=high)}


def _key(value: str) -> tuple[float, str]:
    """Return what values of a bound and a histogram are compared by: numbers as numbers, ISO times as text."""
    try:
        return float(value), ""
    except ValueError:
        return {"MINVALUE": float("-inf"), "MAXVALUE": float("inf")}.get(value, 0.0), value


def _shrunk(relation: RelationStatistics, share: float) -> RelationStatistics:
    pages = max(1, round(relation.pages * share))
    visible = min(pages, round(relation.all_visible * share))
    return replace(
        relation, rows=float(round(relation.rows * share)), pages=pages, all_visible=visible, recorded_pages=None
    )


def _with_expressions(
    statistics: Statistics, known: Statistics, around: Around, sources: Mapping[str, str]
) -> Statistics:
    """Return the statistics with those of new indexes' expressions that an index of the table or its source had."""
    old = _expressions(around.before)
    columns = dict(statistics.columns)
    for (table, expression), places in _expressions(around.after).items():
        source = next(
            (
                known.columns[one]
                for one in old.get((sources.get(table, table), expression), ())
                if one in known.columns
            ),
            None,
        )
        if source is not None:
            columns.update({place: source for place in places if place not in columns})
    return replace(statistics, columns=columns)


def _expressions(schema: Schema) -> dict[tuple[str, str], list[tuple[str, str, str]]]:
    """Return where the statistics of an index expression stand, by table name and expression."""
    found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for table in schema.tables.values():
        for index in table.indexes:
            for key, attribute in zip(index.definition.keys, index.attributes, strict=False):
                if key.column is None:
                    place = index.definition.schema, index.name, attribute
                    found.setdefault((table.name, key.expression), []).append(place)
    return found
