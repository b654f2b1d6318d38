"""Scopes: which names a piece of SQL sees, and what each of them means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from advisor.analysis.binding.lookup import TableColumns
from advisor.analysis.binding.state import Domain, Level, Relation, State, Target
from advisor.analysis.expression import Expression, Field, Unknown, WholeRow
from advisor.analysis.parse import Node

SYSTEM_COLUMNS = frozenset({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"})


@dataclass(slots=True, eq=False)
class Source:
    """One item of FROM: an alias and the columns it gives."""

    alias: str
    columns: Mapping[str, Expression]
    schema: str | None = None
    occurrence: int | None = None
    complete: bool = True
    """Whether its columns are known; a name may hide in an incomplete one."""
    stars: frozenset[str] = frozenset()
    """Columns that a `*` inside it brought."""
    ambiguous: frozenset[str] = frozenset()
    hidden: bool = False
    """Reached by qualified names only (the alias of JOIN … USING)."""
    open: bool = False
    """A function whose columns are not listed: any name not found elsewhere is one of its columns."""


@dataclass(slots=True, eq=False)
class Cte:
    """A WITH query."""

    name: str
    node: Node
    scope: Scope
    columns: tuple[str, ...] = ()
    inline: bool = False
    level: Level | None = None
    """The query, once it is bound on its own."""
    targets: list[Target] | None = None
    added: tuple[str, ...] = ()
    """Columns that SEARCH and CYCLE add."""


@dataclass(slots=True, eq=False)
class Scope:
    """The names one query level sees, then those of the level around it."""

    domain: Domain
    depth: int
    parent: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    merged: dict[str, Expression] = field(default_factory=dict)
    """Columns of JOIN … USING, which stand for both sides."""
    ctes: dict[str, Cte | None] = field(default_factory=dict)
    outer: list[Expression] = field(default_factory=list)
    """Expressions of outer levels that were referenced from here."""
    level: Level | None = None
    defining: Cte | None = None
    """The recursive WITH query whose body this is."""

    def child(self, domain: Domain, depth: int) -> Scope:
        """Return the scope of a subquery."""
        return Scope(domain, depth, self)

    def without_sources(self) -> Scope:
        """Return a scope that sees the WITH queries and outer levels of this one, but not its tables."""
        return Scope(self.domain, self.depth, self.parent, ctes=self.ctes, outer=self.outer)

    def sibling(self, domain: Domain) -> Scope:
        """Return a scope that sees what this one sees, whose conditions hold in another domain."""
        copy = Scope(domain, self.depth, self.parent, list(self.sources), dict(self.merged), dict(self.ctes))
        copy.outer, copy.level = self.outer, self.level
        return copy

    def cte(self, name: str) -> Cte | None:
        """Return the WITH query of this name, the innermost first."""
        scope: Scope | None = self
        while scope:
            if name in scope.ctes:
                return scope.ctes[name]
            scope = scope.parent
        return None


def table_source(state: State, relation: Relation, names: tuple[str, ...] = ()) -> Source:
    """Return the source of a table occurrence; `names` are column aliases."""
    table = relation.table
    assert table is not None
    columns = TableColumns(relation.number, state.lookup.columns(table), names)
    schema = table.schema if relation.alias == table.name else None
    return Source(relation.alias, columns, schema, relation.number)


def target_source(alias: str, targets: list[Target], names: tuple[str, ...], occurrence: int | None) -> Source:
    """Return the source of a subquery from its output columns."""
    columns: dict[str, Expression] = {}
    twice: set[str] = set()
    stars: set[str] = set()
    for position, target in enumerate(targets):
        shown = names[position] if position < len(names) else target.name
        if shown in columns:
            twice.add(shown)
        columns.setdefault(shown, target.expression)
        if target.star:
            stars.add(shown)
    return Source(alias, columns, None, occurrence, True, frozenset(stars), frozenset(twice))


def resolve(state: State, scope: Scope, names: tuple[str, ...]) -> Expression:
    """Return what a column reference means; a name that cannot be bound is noted and gives `Unknown`."""
    crossed: list[Scope] = []
    current: Scope | None = scope
    while current:
        found = _qualified(current, names) if len(names) > 1 else _unqualified(current, names[0])
        if isinstance(found, str):
            state.missing(".".join(names), found)
            return Unknown(".".join(names))
        if found is not None:
            for inner in crossed:
                inner.outer.append(found)
            return found
        crossed.append(current)
        current = current.parent
    state.missing(".".join(names), _why_missing(scope, names))
    return Unknown(".".join(names))


def _why_missing(scope: Scope, names: tuple[str, ...]) -> str:
    current: Scope | None = scope
    while current:
        if any(not source.complete for source in current.sources):
            return "it belongs to a relation whose columns are not known"
        current = current.parent
    return "no such column" if len(names) == 1 else "no such table or column here"


def _unqualified(scope: Scope, name: str) -> Expression | str | None:
    """Return the column's meaning, a reason why it has none, or `None` when the name is not known here."""
    if name in scope.merged:
        return scope.merged[name]
    found = [source for source in scope.sources if name in source.columns and not source.hidden]
    if len(found) > 1 or (found and name in found[0].ambiguous):
        return "ambiguous"
    if found:
        return found[0].columns[name]
    if name in SYSTEM_COLUMNS and (numbers := [one.occurrence for one in scope.sources if one.occurrence is not None]):
        return Field(numbers[0], name, "tid" if name == "ctid" else None)
    row = next((source for source in scope.sources if source.alias == name), None)
    if row is not None:
        return WholeRow(row.occurrence) if row.occurrence is not None else Unknown(name)
    if any(not source.complete for source in scope.sources):
        return "it belongs to a relation whose columns are not known"
    unlisted = [source for source in scope.sources if source.open and source.occurrence is not None]
    return Field(unlisted[0].occurrence, name) if unlisted and unlisted[0].occurrence is not None else None


def _qualified(scope: Scope, names: tuple[str, ...]) -> Expression | str | None:
    """Return the meaning of `alias.column`, `schema.table.column` or `database.schema.table.column`."""
    *prefix, name = names
    for source in scope.sources:
        if not _named(source, prefix):
            continue
        if name in source.ambiguous:
            return "ambiguous"
        if name in source.columns:
            return source.columns[name]
        if name in SYSTEM_COLUMNS and source.occurrence is not None:
            return Field(source.occurrence, name, "tid" if name == "ctid" else None)
        if source.open and source.occurrence is not None:
            return Field(source.occurrence, name)
        return "no such column in that table" if source.complete else "the columns of that relation are not known"
    return None


def _named(source: Source, prefix: list[str]) -> bool:
    if source.alias != prefix[-1]:
        return False
    return len(prefix) == 1 or source.schema is None or source.schema == prefix[-2]
