"""Candidates for a whole workload: what every pass suggests for every query, merged, existing indexes respected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from advisor.analysis.shape import QueryShape
from advisor.catalog.index import IndexDefinition
from advisor.catalog.schema import Schema, Table
from advisor.catalog.statistics import Statistics
from advisor.indexes.candidates.candidate import EQUALITY, Context, Need, Suggestion
from advisor.indexes.candidates.guarded_keys import guarded
from advisor.indexes.candidates.value_length import too_long
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.passes import suggestions
from advisor.indexes.replacing.redundancy import served_by_existing
from advisor.workload.model import Query, Workload

INDEXABLE = frozenset({"table", "partitioned", "matview"})


@dataclass(frozen=True, slots=True)
class Candidates:
    """Everything worth costing, and for whom."""

    suggestions: tuple[Suggestion, ...]
    """Distinct, in a stable order; queries refer to them by position."""
    relevant: Mapping[str, tuple[int, ...]]
    """Per query id: the positions of the candidates that could serve it."""
    refused: Mapping[str, tuple[str, ...]]
    """Per query id: why some were not admitted (`too-small TABLE`, `already-served INDEX`, `too-long COLUMN`,
    `small-share`)."""


def gather(
    workload: Workload,
    shapes: Mapping[str, QueryShape],
    schema: Schema,
    statistics: Statistics,
    options: AdviseOptions,
) -> Candidates:
    """Return the candidates for the workload's queries."""
    context = Context(
        schema, statistics, options, _sharing(workload, shapes), children_of(schema), _updated(workload, shapes)
    )
    pool: dict[IndexDefinition, Suggestion] = {}
    wanted: dict[str, list[IndexDefinition]] = {}
    refused: dict[str, list[str]] = defaultdict(list)
    for query in workload.queries:
        shape = shapes.get(query.id)
        wanted[query.id] = []
        for need in needs(context, query, shape, refused[query.id]) if shape else ():
            for suggestion in (guarded(need, one) for one in suggestions(need)):
                if need.one_row and suggestion.definition.table == need.table.name:
                    continue
                if _admitted(suggestion, context, refused[query.id]):
                    pool.setdefault(suggestion.definition, suggestion)
                    wanted[query.id].append(suggestion.definition)
    _prune(pool, wanted, refused, workload, options)
    return _number(pool, wanted, refused)


def _prune(
    pool: dict[IndexDefinition, Suggestion],
    wanted: dict[str, list[IndexDefinition]],
    refused: Mapping[str, list[str]],
    workload: Workload,
    options: AdviseOptions,
) -> None:
    """Drop what cannot earn its keep: all queries that want it together take less time than an index must save."""
    potential: dict[IndexDefinition, float] = defaultdict(float)
    for query in workload.queries:
        for definition in set(wanted[query.id]):
            potential[definition] += query.total_ms
    least = options.min_share * sum(query.total_ms for query in workload.queries)
    hopeless = {definition for definition, time in potential.items() if time < least}
    for query in workload.queries:
        kept = [definition for definition in wanted[query.id] if definition not in hopeless]
        if len(kept) < len(wanted[query.id]):
            refused[query.id].append("small-share")
        wanted[query.id] = kept
    for definition in hopeless:
        del pool[definition]


def needs(context: Context, query: Query, shape: QueryShape, refused: list[str]) -> Iterator[Need]:
    """Yield the query's needs of tables that may get an index; note in `refused` why the others may not."""
    for occurrence in shape.tables:
        table = context.schema.tables.get((occurrence.schema, occurrence.table))
        if table is None or table.kind not in INDEXABLE or occurrence.role == "insert":
            continue
        if small(table, context) and occurrence.role != "delete":
            refused.append(f"too-small {table.name}")
            continue
        yield Need(context, query, shape, occurrence, table)


def small(table: Table, context: Context) -> bool:
    """Return whether a table is too small for any index to pay."""
    rows, pages = context.extent(table)
    return rows < context.options.min_table_rows or pages < context.options.min_table_pages


def children_of(schema: Schema) -> Mapping[tuple[str, str], tuple[tuple[Table, tuple[str, ...]], ...]]:
    """Return, per referenced table, the tables with a foreign key to it and that key's columns."""
    children: dict[tuple[str, str], list[tuple[Table, tuple[str, ...]]]] = defaultdict(list)
    for _, table in sorted(schema.tables.items()):
        for constraint in table.constraints:
            if constraint.kind == "foreign" and constraint.references:
                children[constraint.references].append((table, constraint.columns))
    return {parent: tuple(found) for parent, found in children.items()}


def _sharing(workload: Workload, shapes: Mapping[str, QueryShape]) -> Mapping[tuple[str, str], Mapping[str, float]]:
    """Return, per table, the share of its queries' time that pins each term to one value."""
    total: dict[tuple[str, str], float] = defaultdict(float)
    pinned: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for query in workload.queries:
        for occurrence in shapes[query.id].tables if query.id in shapes else ():
            place = (occurrence.schema, occurrence.table)
            total[place] += query.total_ms
            terms = {p.term.expression for p in occurrence.predicates if p.kind in EQUALITY}
            for expression in sorted(terms | {edge.term.expression for edge in occurrence.joins}):
                pinned[place][expression] += query.total_ms
    return {
        place: {term: time / total[place] for term, time in terms.items() if total[place]}
        for place, terms in pinned.items()
    }


def _updated(workload: Workload, shapes: Mapping[str, QueryShape]) -> Mapping[tuple[str, str], frozenset[str]]:
    """Return, per table, the columns that some captured statement updates."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for query in workload.queries:
        for occurrence in shapes[query.id].tables if query.id in shapes else ():
            if occurrence.role in {"update", "merge"}:
                place = (occurrence.schema, occurrence.table)
                found[place] = found.get(place, frozenset()) | occurrence.written
    return found


def _admitted(suggestion: Suggestion, context: Context, refused: list[str]) -> bool:
    """Return whether a suggestion may become a candidate; note in `refused` the existing index that serves it."""
    definition = suggestion.definition
    table = context.schema.tables[(definition.schema, definition.table)]
    if small(table, context):
        return False
    if found := served_by_existing(definition, table.indexes, table.types):
        refused.append(f"already-served {found.name}")
        return False
    if column := too_long(definition, table, context.statistics):
        refused.append(f"too-long {table.name}.{column}")
        return False
    return True


def _number(
    pool: Mapping[IndexDefinition, Suggestion],
    wanted: Mapping[str, list[IndexDefinition]],
    refused: Mapping[str, list[str]],
) -> Candidates:
    order = sorted(pool, key=lambda d: (d.schema, d.table, len(d.keys) + len(d.include), d.body))
    places = {definition: place for place, definition in enumerate(order)}
    relevant = {query: tuple(sorted({places[d] for d in found})) for query, found in wanted.items()}
    notes = {query: tuple(dict.fromkeys(found)) for query, found in refused.items() if found}
    return Candidates(tuple(pool[definition] for definition in order), relevant, notes)
