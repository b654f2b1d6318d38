"""What EXPLAIN leaves out of a DELETE: the search for rows that refer to those that go, foreign key by foreign key."""

from __future__ import annotations

import re
from collections.abc import Iterator

from psycopg import sql

from advisor.catalog.schema import Constraint, Schema, Table
from advisor.gate.relation_names import label
from advisor.twin.plan import PlanNode
from advisor.twin.statement import BoundStatement

_ASSIGNED = re.compile(r"\bSET\b(.*?)(\bWHERE\b|\bFROM\b|$)", re.IGNORECASE | re.DOTALL)


def references(schema: Schema) -> frozenset[str]:
    """Return the names of all foreign keys: `table(column, …)`."""
    return frozenset(
        name(table, one) for table in schema.tables.values() for one in table.constraints if one.kind == "foreign"
    )


def name(table: Table, constraint: Constraint) -> str:
    """Return a foreign key's name here: the referring table and its columns."""
    return f"{label(table.schema, table.name)}({', '.join(constraint.columns)})"


def lookups(plan: PlanNode, statement: BoundStatement, schema: Schema) -> dict[str, BoundStatement]:
    """Return by foreign key the statement that looks up what refers to one row, for the rows that a plan removes."""
    found = {}
    for target, changed in _targets(plan, statement):
        for table, constraint in _referring(schema, target):
            if changed is None or changed & set(constraint.referenced_columns):
                found[name(table, constraint)] = BoundStatement(_lookup(table, constraint), None, "generic")
    return found


def _targets(plan: PlanNode, statement: BoundStatement) -> Iterator[tuple[str, frozenset[str] | None]]:
    """Yield the tables whose rows go, or whose named columns change."""
    for node in plan.walk():
        if node.node_type == "ModifyTable" and node.relation:
            operation = node.detail.get("Operation")
            if operation == "Delete":
                yield node.relation, None
            elif operation == "Update" and (assigned := _ASSIGNED.search(statement.text)):
                yield node.relation, frozenset(re.findall(r"([\w$]+)\"?\s*=", assigned[1]))


def _referring(schema: Schema, target: str) -> Iterator[tuple[Table, Constraint]]:
    for key, table in sorted(schema.tables.items()):
        for constraint in table.constraints:
            if constraint.kind == "foreign" and constraint.references and constraint.references[1] == target:
                yield schema.tables[key], constraint


def _lookup(table: Table, constraint: Constraint) -> str:
    only = "" if table.kind == "partitioned" else "ONLY "
    equal = [
        sql.SQL("{} OPERATOR(pg_catalog.=) {}").format(sql.Identifier(column), sql.SQL(f"${number}"))
        for number, column in enumerate(constraint.columns, 1)
    ]
    name = sql.Identifier(table.schema, table.name)
    statement = sql.SQL("SELECT 1 FROM {}{} WHERE {}").format(sql.SQL(only), name, sql.SQL(" AND ").join(equal))
    return statement.as_string()
