"""What a repeated query asks for each time: the child's table, its key, and why some repetitions are no N+1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from advisor.analysis.shape import Computed, Constant, Operand, Parameter, Predicate, QueryShape, TableShape
from advisor.catalog.schema import Table
from advisor.rules.context import RuleContext
from advisor.rules.loops.relation import points_somewhere
from advisor.workload.model import Loop, Query

Kind = Literal["row", "rows", "aggregate", "polymorphic", "composite", "insert", "update", "delete"]
"""`row` by primary or unique key; `rows` by another column, mostly a foreign key; `aggregate` count, exists or sum of
such rows; `polymorphic` constant type and varying id; `composite` by several columns; the rest write one row each."""

WRITES = frozenset({"insert", "update", "delete"})
CATALOGS = frozenset({"pg_catalog", "information_schema", "pg_toast"})
TRIGGER_QUERY = re.compile(r"\s*SELECT 1 FROM ONLY .* FOR KEY SHARE OF x", re.DOTALL)
"""What PostgreSQL itself runs to check a foreign key, with `pg_stat_statements.track = all`."""


MANY_ROWS = re.compile(r"\b(unnest|jsonb?_to_recordset|jsonb?_populate_recordset|generate_series)\s*\(", re.I)
"""What an INSERT takes many rows from."""

FOLDED = re.compile(r"\$(\d+)\s*/\*, \.\.\. \*/")
"""A list that pg_stat_statements (18) and our capture fold into its first element."""


ONE_BY_ONE = 0.9
"""Share of loops whose lists held a few values each from which on a list is a key like any other."""


@dataclass(frozen=True, slots=True)
class Child:
    """A repeated query, understood: what it looks up, by which columns."""

    kind: Kind
    shape: TableShape
    table: Table
    key: tuple[str, ...]
    """Columns whose values vary from one execution to the next."""
    constants: tuple[str, ...] = ()
    """Columns compared with the same value throughout: a tenant, a type."""
    unique: bool = False
    """Whether the key finds at most one row."""


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A repetition that is no N+1, and why."""

    reason: str
    """Kebab-case: `offset-paging`, `keyset-paging`, `batched`, `same-values`, `queue`, `polling`…"""


def classify(query: Query, shape: QueryShape, loop: Loop, context: RuleContext) -> Child | Lookalike:
    """Return what the repeated query looks up, or what it merely looks like."""
    if reason := _innocent(query, shape, loop, context):
        return Lookalike(reason)
    if shape.kind == "insert":
        return _insert(query.text, shape, context)
    found = next(_keyed(shape, loop, context), None)
    if found is None:
        return Lookalike(_without_key(shape, loop))
    occurrence, table, predicates = found
    key = tuple(sorted({predicate.term.columns[0] for predicate in predicates}))
    constants = _constants(occurrence, loop, key)
    unique = any(set(columns) <= {*key, *constants} for columns in unique_keys(table))
    tied = points_somewhere(context.schema, table, key) or _type_column(key, constants) or _leads(table, key)
    if not unique and not tied:
        return Lookalike("no-key")
    return Child(_kind(shape, occurrence, key, constants, unique), occurrence, table, key, constants, unique)


def unique_keys(table: Table) -> tuple[tuple[str, ...], ...]:
    """Return the column sets of which the table holds each combination at most once."""
    declared = [constraint.columns for constraint in table.constraints if constraint.kind in ("primary", "unique")]
    for index in table.indexes:
        columns = tuple(key.column for key in index.definition.keys if key.column)
        if index.definition.unique and not index.definition.where and len(columns) == len(index.definition.keys):
            declared.append(columns)
    return tuple(dict.fromkeys(declared))


def _leads(table: Table, key: tuple[str, ...]) -> bool:
    """Return whether these columns are the first ones of a unique key, as a document's number is of its lines'."""
    return any(set(columns[: len(key)]) == set(key) for columns in unique_keys(table))


def keyed_by(shape: QueryShape, table: Table, key: tuple[str, ...]) -> bool:
    """Return whether a statement finds the rows of this table by these columns."""
    return any(
        (occurrence.schema, occurrence.table) == (table.schema, table.name) and set(key) <= _compared(occurrence)
        for occurrence in shape.tables
    )


def _compared(occurrence: TableShape) -> set[str]:
    return {
        predicate.term.columns[0]
        for predicate in occurrence.predicates
        if predicate.kind == "equality" and len(predicate.term.columns) == 1
    }


def slot_of(operand: Operand) -> int | None:
    """Return the slot a value comes from, `None` when it is computed or another table's."""
    return operand.slot if isinstance(operand, Constant | Parameter) else None


def _innocent(query: Query, shape: QueryShape, loop: Loop, context: RuleContext) -> str | None:
    offset = slot_of(shape.offset) if shape.offset else None
    if TRIGGER_QUERY.match(query.text):
        return "foreign-key-trigger"
    if shape.tables and all(table.schema in CATALOGS for table in shape.tables):
        return "catalog"
    if shape.features & {"skip-locked", "advisory-lock", "nextval"}:
        return "queue"
    if "multi-row-values" in shape.features:
        return "batched"
    if offset is not None and offset in loop.varying:
        return "offset-paging"
    if loop.short_lists < ONE_BY_ONE and any(int(number) - 1 in loop.varying for number in FOLDED.findall(query.text)):
        return "batched"
    if not loop.varying:
        return "same-values"
    return None


def _keyed(
    shape: QueryShape, loop: Loop, context: RuleContext
) -> Iterator[tuple[TableShape, Table, tuple[Predicate, ...]]]:
    """Yield the occurrences that are looked up by a varying value, the outermost and first one first."""
    for occurrence in sorted(shape.tables, key=lambda table: (table.level, table.occurrence)):
        predicates = tuple(found for found in occurrence.predicates if _varies(found, loop))
        table = context.table(occurrence)
        if predicates and table and occurrence.schema not in CATALOGS:
            yield occurrence, table, predicates


def _varies(predicate: Predicate, loop: Loop) -> bool:
    looked_up = predicate.kind == "equality" or (predicate.kind == "list" and loop.short_lists >= ONE_BY_ONE)
    if not looked_up or predicate.disjunction is not None or len(predicate.term.columns) != 1:
        return False
    return any(_moves(operand, loop) for operand in predicate.operands)


def _moves(operand: Operand, loop: Loop) -> bool:
    if isinstance(operand, Computed):
        numbers = re.findall(r"\$(\d+)", operand.sql)
        return bool(numbers)
    return slot_of(operand) in loop.varying


def _constants(occurrence: TableShape, loop: Loop, key: tuple[str, ...]) -> tuple[str, ...]:
    fixed = {
        predicate.term.columns[0]
        for predicate in occurrence.predicates
        if predicate.kind in ("equality", "boolean") and len(predicate.term.columns) == 1
    }
    return tuple(sorted(fixed - set(key)))


def _kind(
    shape: QueryShape, occurrence: TableShape, key: tuple[str, ...], constants: tuple[str, ...], unique: bool
) -> Kind:
    if shape.kind == "update":
        return "update"
    if shape.kind == "delete":
        return "delete"
    if _type_column(key, constants):
        return "polymorphic"
    if len(key) > 1:
        return "composite"
    if unique:
        return "row"
    if "aggregate" in shape.features and "group-by" not in shape.features:
        return "aggregate"
    return "rows"


def _type_column(key: tuple[str, ...], constants: tuple[str, ...]) -> str | None:
    """Return the type column of a polymorphic pair: `owner_type` beside `owner_id`."""
    stems = {column[: -len("_id")] for column in key if column.endswith("_id")}
    return next((column for column in constants if column.endswith("_type") and column[: -len("_type")] in stems), None)


def _insert(text: str, shape: QueryShape, context: RuleContext) -> Child | Lookalike:
    target = next((table for table in shape.tables if table.role == "insert"), None)
    table = context.table(target) if target else None
    if target is None or table is None:
        return Lookalike("unknown-table")
    if len(shape.tables) > 1 or MANY_ROWS.search(text):
        return Lookalike("batched")
    keys = [constraint for constraint in table.constraints if constraint.kind == "foreign"]
    written = [column for constraint in keys for column in constraint.columns if column in target.written]
    return Child("insert", target, table, tuple(dict.fromkeys(written)))


def _without_key(shape: QueryShape, loop: Loop) -> str:
    moving = [
        (table, predicate)
        for table in shape.tables
        for predicate in table.predicates
        if any(slot_of(operand) in loop.varying for operand in predicate.operands)
    ]
    if any(predicate.kind == "list" for _, predicate in moving):
        return "batched"
    if any(predicate.kind == "range" and table.sort and table.limit is not None for table, predicate in moving):
        return "keyset-paging"
    return "no-key"
