"""Outputs: the columns a query returns or computes with, followed through subqueries to the tables."""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.analysis.binding.state import Level, State
from advisor.analysis.expression import Expression, Field, WholeRow, walk


@dataclass(slots=True, eq=False)
class Outputs:
    """Marks columns as read, each once."""

    state: State
    seen: set[Field] = field(default_factory=set)

    def mark(self, expression: Expression, *, star: bool = False) -> None:
        """Mark every column an expression reads; `star` when a `*` brought it."""
        for part in walk(expression):
            if isinstance(part, Field):
                self._column(part, star=star)
            elif isinstance(part, WholeRow):
                self._whole_row(part.occurrence)

    def level(self, level: Level) -> None:
        """Mark what a level returns and computes with."""
        for target in level.targets if level.needed else ():
            self.mark(target.expression, star=target.star)
        for expression in level.extra:
            self.mark(expression)

    def _column(self, column: Field, *, star: bool) -> None:
        relation = self.state.relations[column.occurrence]
        if relation.table is not None:
            if self.state.column(column):
                relation.output.add(column.name)
            relation.whole_row |= star
        elif column not in self.seen:
            self.seen.add(column)
            for definition in relation.definitions:
                if column.name in definition:
                    self.mark(definition[column.name], star=star)

    def _whole_row(self, number: int) -> None:
        relation = self.state.relations[number]
        if relation.table is not None:
            relation.whole_row = True
            relation.output.update(column.name for column in relation.table.columns)
        for definition in relation.definitions:
            for expression in definition.values():
                self.mark(expression)
