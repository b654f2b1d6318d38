"""What binding a statement builds up: relations, the domains their conditions hold in, and query levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from advisor.analysis.binding.lookup import Lookup, lookup
from advisor.analysis.expression import Expression, Field
from advisor.analysis.parse import Node
from advisor.analysis.row_security import Asker
from advisor.catalog.schema import Column, Schema, Table

FOLDED = b"/*, ... */"
"""What normalising (PostgreSQL 18, and our capture) leaves of the rest of a list."""
DomainKind = Literal["inner", "left", "full", "semi", "anti", "correlated"]
Role = Literal["read", "update", "delete", "insert", "merge"]


@dataclass(slots=True, eq=False)
class Domain:
    """A set of relations whose conditions filter together.

    The nullable side of an outer join, the inside of EXISTS and every subquery that stays one are domains of their
    own: seen from there, the columns of the domains above are given from outside.
    """

    kind: DomainKind
    parent: Domain | None = None
    conditions: list[Expression] = field(default_factory=list)
    joined: list[Expression] = field(default_factory=list)
    """Conditions of a FULL JOIN: they pair rows, and filter neither side."""
    relations: list[int] = field(default_factory=list)
    partner: Domain | None = None
    """The other side of a FULL JOIN."""
    inside: list[Domain] = field(default_factory=list)
    """Domains of outer, semi and anti joins directly within this one."""

    def within(self, kind: DomainKind) -> Domain:
        """Return a new domain inside this one."""
        domain = Domain(kind, self)
        self.inside.append(domain)
        return domain

    def all_relations(self) -> set[int]:
        """Return the relations of this domain and of every join domain inside it."""
        found = set(self.relations)
        for domain in self.inside:
            found |= domain.all_relations()
        return found


class Target(NamedTuple):
    """One output column of a query level."""

    name: str
    expression: Expression
    star: bool = False
    """Whether it came from a `*`."""


class Ordering(NamedTuple):
    """One ORDER BY item."""

    expression: Expression
    descending: bool
    nulls_first: bool


@dataclass(slots=True, eq=False)
class Level:
    """One query level: a SELECT (or the body of UPDATE, DELETE, INSERT, MERGE) that is planned as one."""

    number: int
    depth: int
    domain: Domain
    targets: list[Target] = field(default_factory=list)
    sort: list[Ordering] = field(default_factory=list)
    group: list[Expression] = field(default_factory=list)
    distinct: list[Expression] = field(default_factory=list)
    distinct_on: bool = False
    windows: list[tuple[list[Expression], list[Ordering]]] = field(default_factory=list)
    aggregates: list[tuple[str, Expression]] = field(default_factory=list)
    aggregated: bool = False
    limit: Expression | None = None
    offset: Expression | None = None
    arms: tuple[Level, ...] = ()
    """The two sides of a set operation."""
    operation: str = ""
    """`union`, `union-all`, `intersect` or `except`."""
    locking: bool = False
    extra: list[Expression] = field(default_factory=list)
    """What else is computed with: HAVING, assigned values."""
    needed: bool = True
    """Whether its output columns are read (those of EXISTS are not)."""

    @property
    def leaves(self) -> list[Level]:
        """Return the levels without set operation that make up this one."""
        return [leaf for arm in self.arms for leaf in arm.leaves] if self.arms else [self]


@dataclass(slots=True, eq=False)
class Relation:
    """An occurrence of a table, or of a subquery, CTE or function that stands as a relation of its own."""

    number: int
    alias: str
    depth: int
    domain: Domain
    table: Table | None = None
    role: Role = "read"
    level: Level | None = None
    """The query level behind a subquery."""
    definitions: tuple[Mapping[str, Expression], ...] = ()
    """Output columns of the subquery behind it, in terms of its relations; one mapping per arm of a set operation."""
    pushable: frozenset[str] = frozenset()
    """Columns of the subquery on which a condition may be moved inside."""
    guarded: bool = False
    """Whether policies apply to who asks it."""
    output: set[str] = field(default_factory=set)
    whole_row: bool = False
    written: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class State:
    """Everything found so far in one statement."""

    schema: Schema
    search_path: tuple[str, ...]
    text: bytes = b""
    """The statement, to which the places in its tree refer."""
    slots: Mapping[int, int] = field(default_factory=dict)
    values: Mapping[int, tuple[str | None, ...]] = field(default_factory=dict)
    """Values that parameters are known to have had, by slot."""
    references: Mapping[str, int] = field(default_factory=dict)
    """How often each unqualified relation name is mentioned."""
    relations: list[Relation] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    unresolved: dict[str, None] = field(default_factory=dict)
    absent: dict[str, None] = field(default_factory=dict)
    """Relations that there are none of, and why."""
    features: set[str] = field(default_factory=set)
    values_rows: int = 0
    """Rows of the VALUES list of an INSERT."""
    views: tuple[tuple[str, str], ...] = ()
    """Views and policies being expanded, against definitions that mention themselves."""
    asker: Asker | None = None
    """Who asks the tables that are being bound; `None` where no policy can apply."""
    target: Role = "read"
    """What the next table is bound for."""
    policy_conditions: list[Expression] = field(default_factory=list)
    """Conditions that policies added."""

    lookup: Lookup = field(init=False)

    def __post_init__(self) -> None:
        self.lookup = lookup(self.schema)

    def column(self, column: Field) -> Column | None:
        """Return the table's column that a bound column is, `None` for one of a subquery or of the system."""
        table = self.relations[column.occurrence].table
        return self.lookup.columns(table).get(column.name) if table is not None else None

    def level(self, depth: int, domain: Domain) -> Level:
        """Return a new query level over `domain`."""
        level = Level(len(self.levels), depth, domain)
        self.levels.append(level)
        return level

    def relation(self, alias: str, depth: int, domain: Domain, table: Table | None = None) -> Relation:
        """Return a new relation in `domain`."""
        relation = Relation(len(self.relations), alias, depth, domain, table)
        self.relations.append(relation)
        domain.relations.append(relation.number)
        return relation

    def table(self, name: str, schema: str | None) -> Table | None:
        """Return the table a name means under the statement's search path."""
        tables = self.schema.tables
        if schema is not None:
            return tables.get((schema, name))
        for candidate in self.search_path:
            if found := tables.get((candidate, name)):
                return found
        return tables.get(("pg_catalog", name))

    def missing(self, what: str, reason: str) -> None:
        """Note a name that could not be bound."""
        self.unresolved.setdefault(f"{what}: {reason}")

    def folded(self, start: int, end: int) -> bool:
        """Whether a list in the text between two places was folded when it was normalised."""
        return FOLDED in self.text and FOLDED in self.text[start:end]

    def slot(self, node: Node) -> int | None:
        """Return the slot of a literal."""
        return self.slots.get(node.get("location", 0))


def underlying(state: State, column: Field) -> Field | None:
    """Return the table column behind a column, through subqueries; `None` when it is computed."""
    current: Expression = column
    for _ in range(len(state.relations) + 1):
        if not isinstance(current, Field):
            return None
        relation = state.relations[current.occurrence]
        if relation.table is not None:
            return current
        if len(relation.definitions) != 1 or current.name not in relation.definitions[0]:
            return None
        current = relation.definitions[0][current.name]
    return None
