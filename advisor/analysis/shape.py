"""The shape of a query: what it asks of each table it reads, free of text and of parse nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from advisor.catalog.index import quote_identifier


@dataclass(frozen=True, slots=True)
class Term:
    """What an index could hold: a column of the table, or an expression over its columns."""

    expression: str
    """SQL as it would stand in `CREATE INDEX`: a quoted column, or an expression in parentheses."""
    columns: tuple[str, ...]
    """Columns of the table it is made of, in the order of their first mention."""
    immutable: bool = True
    """Whether an index on it is allowed: every function in it is IMMUTABLE."""
    collation: str | None = None
    """Collation the text asks for, as SQL, where it is not the column's own: what an index key must name."""
    slots: tuple[int, ...] = field(default=(), compare=False)
    """Slots of the literals in it: an index on `similarity(name, 'jon')` serves only while that value stays."""

    @property
    def column(self) -> str | None:
        """Return the column's bare name when the term is a plain column."""
        plain = len(self.columns) == 1 and self.expression == quote_identifier(self.columns[0])
        return self.columns[0] if plain else None


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal in the text."""

    sql: str
    """As SQL, with its cast when the text gave one."""
    value: str | None
    """The bare value as text; `None` for NULL."""
    slot: int | None = None
    """Its slot among the query's literals and parameters (0 is `$1` of the normalised text)."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A `$n`."""

    number: int
    slot: int | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A column or expression of another table occurrence."""

    occurrence: int
    term: Term


@dataclass(frozen=True, slots=True)
class Computed:
    """Anything else that is fixed during one scan: `now()`, a subquery, an expression over parameters."""

    sql: str


Operand = Constant | Parameter | Reference | Computed

PredicateKind = Literal[
    "equality", "list", "range", "null", "not-null", "boolean", "inequality",
    "prefix", "infix", "pattern", "regex", "similarity",
    "containment", "existence", "overlap", "path", "search", "spatial", "other",
]  # fmt: skip
"""`equality` `=`; `list` IN (one operand an element) and = ANY (operator `= ANY`, one array operand); `range` < <= > >=
(BETWEEN is two of them); `boolean` a boolean column as condition, or compared with TRUE or FALSE;
`inequality` <>, NOT IN, NOT LIKE; `other` a condition that compares nothing: the term is the whole condition;
`prefix`/`infix` LIKE 'x%' / '%x%' (ILIKE is never `prefix`); `pattern` LIKE with an unknown value;
`containment` @> <@; `existence` ? ?| ?&; `search` @@; `similarity` % and <->."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition on one term that is ANDed at the level of its table occurrence.

    The term is always what an index must hold to serve the condition: a cast stands inside it.
    """

    term: Term
    operator: str
    """PostgreSQL operator name as it applies with the term on the left (`=`, `<`, `~~`, `@>`, …)."""
    kind: PredicateKind
    operands: tuple[Operand, ...] = ()
    type: str | None = None
    """Base type of the term (`int4`, `text`, `jsonb`), where known."""
    cast: str | None = None
    """Type to which the term is cast implicitly or explicitly before the comparison, when it is not its own."""
    implicit_cast: bool = False
    """Whether the server adds that cast, because the types differ."""
    disjunction: int | None = None
    """Number of the OR list it stands in; predicates of one number are alternatives."""
    arm: int | None = None
    """Which arm of that OR list it belongs to; predicates of one arm are ANDed."""
    sql: str = ""
    """The condition as SQL without the table alias, usable in an index predicate; empty when it is not.

    Every predicate of one OR carries its own part of it only.
    """
    policy: bool = False
    """Whether a policy of row security asks it, not the statement."""
    behind_policy: bool = False
    """Whether it is checked on rows that policies let through only, so that it can be no index condition."""
    row: tuple[Term, ...] = ()
    """Terms of the row comparison that this begins: `(a, b) > (x, y)` is a range on `a` with the row (a, b)."""


@dataclass(frozen=True, slots=True)
class JoinEdge:
    """An equality between a term of this occurrence and one of another, direct or through an equivalence class."""

    term: Term
    other: int
    """Number of the other occurrence."""
    other_term: Term
    operator: str = "="
    """Always `=`; a comparison of another kind between tables is a predicate with a `Reference`."""
    kind: Literal["inner", "left", "right", "full", "semi", "anti", "correlated"] = "inner"
    """As seen from this occurrence: `left` when its rows are preserved, `right` when it is the nullable side;
    `correlated` when the other one belongs to a query around this one."""


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of an ordering."""

    term: Term
    descending: bool = False
    nulls_first: bool = False
    distance: tuple[str, Term] | None = None
    """For `ORDER BY column <-> value`: the operator and the column; GiST (or hnsw) gives that order, no b-tree does."""


@dataclass(frozen=True, slots=True)
class TableShape:
    """What a query asks of one occurrence of a table."""

    occurrence: int
    schema: str
    table: str
    alias: str
    role: Literal["read", "update", "delete", "insert", "merge"] = "read"
    predicates: tuple[Predicate, ...] = ()
    joins: tuple[JoinEdge, ...] = ()
    sort: tuple[SortKey, ...] = ()
    """ORDER BY (or window, DISTINCT ON order) when all of its keys are this table's."""
    group: tuple[Term, ...] = ()
    """GROUP BY or DISTINCT terms when all of them are this table's."""
    aggregates: tuple[tuple[str, Term], ...] = ()
    """`min`/`max`/`count` over a single term, candidates for an index edge."""
    output: frozenset[str] = frozenset()
    """Columns the query needs to return or compute with, conditions not counted."""
    whole_row: bool = False
    """`SELECT *`, a whole-row reference, FOR UPDATE, or joined with the target of an UPDATE, DELETE or MERGE: an
    index-only scan is impossible or pointless."""
    level: int = 0
    """Depth of the subquery it stands in, 0 for the top."""
    limit: Operand | None = None
    """LIMIT of the query level it stands in."""
    written: frozenset[str] = frozenset()
    """Columns that the statement assigns (UPDATE, INSERT)."""
    guarded: bool = False
    """Whether policies of row security apply to the role that asks."""

    @property
    def needed(self) -> frozenset[str]:
        """Return every column of this occurrence the query mentions."""
        mentioned = set(self.output)
        for predicate in self.predicates:
            for term in (predicate.term, *predicate.row):
                mentioned.update(term.columns)
        for edge in self.joins:
            mentioned.update(edge.term.columns)
        for key in self.sort:
            mentioned.update(key.term.columns)
        for term in self.group:
            mentioned.update(term.columns)
        return frozenset(mentioned)


@dataclass(frozen=True, slots=True)
class QueryShape:
    """What a whole statement asks of the database."""

    kind: Literal["select", "insert", "update", "delete", "merge", "utility"]
    tables: tuple[TableShape, ...]
    unresolved: tuple[str, ...] = ()
    """Names that could not be bound, each with the reason."""
    absent: tuple[str, ...] = ()
    """Why each relation that is neither a table nor a view of the schema could not be found."""
    limit: Operand | None = None
    offset: Operand | None = None
    features: frozenset[str] = frozenset()
    """Kebab-case facts rules ask for: `offset`, `not-in-subquery`, `select-star`, `for-update`, `skip-locked`,
    `multi-row-values`, `on-conflict`, `aggregate`, `distinct`, `group-by`, `window`, `cte`, `union`, `limit`…

    `advisor.analysis.shaping.features.FEATURES` has all of them, with their meaning.
    """
    values_rows: int = 0
    """Rows of the VALUES list of an INSERT; 0 when it has none."""
    sort_spans_tables: bool = False
    """Whether an ORDER BY mixes tables, so that no single index serves it."""


@dataclass(frozen=True, slots=True)
class Unanalysable:
    """Why a statement has no shape."""

    reason: str
