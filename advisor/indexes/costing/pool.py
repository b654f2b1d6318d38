"""The candidates as they stand on the twin: sized, built, numbered; the pool can be extended while costing goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.indexes.candidates.candidate import Suggestion, table_rows
from advisor.indexes.costing.heaps import Heaps
from advisor.indexes.sizes.composite_references import Combinations
from advisor.indexes.sizes.size import estimate_size
from advisor.indexes.sizes.width import Part
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused, WhatIf

CLUSTERED = 0.9
"""Correlation from which on equal values lie side by side."""
UNDERCOUNTED = 4
"""How many times more distinct values there may be: ANALYZE finds TPC-H's orders in lineitem four times too few."""


@dataclass
class Pool:
    """Candidates by number, with their sizes and their names on the twin."""

    schema: Schema
    statistics: Statistics
    what_if: WhatIf
    together: Mapping[tuple[str, str], Combinations] = field(default_factory=dict)
    """Per table: columns that refer to a key of another together."""
    suggestions: list[Suggestion] = field(default_factory=list)
    definitions: list[IndexDefinition] = field(default_factory=list)
    sizes: list[IndexSize] = field(default_factory=list)
    at_most: list[int] = field(default_factory=list)
    """Bytes that each may really take: more than its size where its distinct values are likely undercounted."""
    names: dict[int, str] = field(default_factory=dict)
    """Names on the twin; candidates that it refused are missing."""
    refused: dict[int, str] = field(default_factory=dict)
    """Why the twin would not build a candidate."""
    heaps: Heaps = field(init=False)
    """The tables behind all indexes, the candidates' included."""
    _parts: dict[object, Part] = field(default_factory=dict)
    _cautious: Statistics = field(init=False)
    _cautious_parts: dict[object, Part] = field(default_factory=dict)
    _rows: dict[tuple[str, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.heaps = Heaps(self.schema, self.statistics)
        self._cautious = recounted(self.statistics)

    def extend(self, suggestions: Sequence[Suggestion]) -> range:
        """Size and build more candidates and return their numbers."""
        first = len(self.suggestions)
        definitions = [suggestion.definition for suggestion in suggestions]
        kept = self._kept(definitions)
        sizes = [self._size(definition, kept, self.statistics, self._parts) for definition in definitions]
        for definition, size in zip(definitions, sizes, strict=True):
            merges = not definition.include and definition.method == "btree"
            more = self._size(definition, kept, self._cautious, self._cautious_parts) if merges else size
            self.at_most.append(max(size.bytes, more.bytes))
        built = self.what_if.build(dict(zip(definitions, sizes, strict=True))) if definitions else {}
        for number, definition in enumerate(definitions, first):
            name = built[definition]
            if isinstance(name, Refused):
                self.refused[number] = name.reason
            else:
                self.names[number] = name
                self.heaps.add(name, definition, sizes[number - first])
        self.suggestions += suggestions
        self.definitions += definitions
        self.sizes += sizes
        return range(first, first + len(suggestions))

    def usable(self, numbers: Sequence[int]) -> frozenset[int]:
        """Return those of the candidates that exist on the twin."""
        return frozenset(number for number in numbers if number in self.names)

    def bare(self) -> dict[int, frozenset[int]]:
        """Return, per candidate with payload, the one that is the same without; none where that is no candidate."""
        numbers = {definition: number for number, definition in enumerate(self.definitions)}
        stripped = {number: replace(d, include=()) for number, d in enumerate(self.definitions) if d.include}
        return {
            number: frozenset({numbers[definition]}) if definition in numbers else frozenset()
            for number, definition in stripped.items()
        }

    def rows(self, definition: IndexDefinition) -> float:
        """Return the rows of the table an index is on."""
        place = definition.schema, definition.table
        if place not in self._rows:
            self._rows[place] = table_rows(self.schema.tables[place], self.schema, self.statistics)
        return self._rows[place]

    def _size(
        self,
        definition: IndexDefinition,
        kept: dict[tuple[str, str], float],
        statistics: Statistics,
        parts: dict[object, Part],
    ) -> IndexSize:
        table = self.schema.tables[definition.schema, definition.table]
        rows = self.rows(definition)
        found = kept.get((definition.qualified_table, definition.where or ""))
        share = None if found is None or rows <= 0 else min(found / rows, 1.0)
        major = self.schema.major
        together = self.together.get((definition.schema, definition.table))
        return estimate_size(
            definition, table, statistics, major, rows=rows, selectivity=share, known=parts, together=together
        )

    def _kept(self, definitions: Sequence[IndexDefinition]) -> dict[tuple[str, str], float]:
        """Return how many rows predicates keep, by table and predicate: the planner is asked."""
        wanted = sorted({(d.qualified_table, d.where) for d in definitions if d.where})
        probes = [
            Ask(BoundStatement(f"SELECT 1 FROM {table} WHERE {where}", None, "logged"))  # noqa: S608 (index predicate)
            for table, where in wanted
        ]
        answers = self.what_if.plan(probes) if probes else []
        return {key: plan.rows for key, plan in zip(wanted, answers, strict=True) if not isinstance(plan, Refused)}


def recounted(statistics: Statistics) -> Statistics:
    """Return the statistics with `UNDERCOUNTED` times the distinct values where equal ones are neighbours in the table.

    ANALYZE reads whole pages: there it sees equal values more often than they are, and takes them for fewer.
    """
    columns = {
        place: replace(found, n_distinct=found.n_distinct * UNDERCOUNTED)
        if found.n_distinct > 0 and abs(found.correlation or 0.0) >= CLUSTERED
        else found
        for place, found in statistics.columns.items()
    }
    return replace(statistics, columns=columns)
