"""What a shape says a table is asked for, PostgreSQL's planner does at the scan of that table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import Constant, Parameter, QueryShape, SortKey, TableShape
from advisor.catalog.schema import Schema
from tests.analysis.by_file import by_file
from tests.analysis.test_cases import ALL, Case

CONDITIONS = ("Filter", "Index Cond", "Recheck Cond", "TID Cond", "Order By", "Join Filter")
VALID = [case for case in ALL if not case.invalid and case.title != "column aliases of a table"]
"""The planner shows the aliases that a statement gives to a table's columns, where a shape has their names."""
OFF = ("enable_hashjoin", "enable_mergejoin", "enable_seqscan", "enable_material", "enable_memoize", "enable_sort")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every node of a plan."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def plan_of(
    connection: psycopg.Connection, case: Case, *off: str, index: sql.Composable | None = None
) -> dict[str, Any]:
    """Return the plan of a case's statement, with some planner methods off and perhaps an index more."""
    path = ", ".join(case.search_path) if case.search_path else "public"
    with connection.transaction(force_rollback=True):
        if index is not None:
            connection.execute(index)
        for setting in off:
            connection.execute(sql.SQL("SET LOCAL {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT set_config('search_path', %s, true)", (path,))
        row = connection.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {case.sql}".encode()).fetchone()
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    return plan


def shape_of(case: Case, schema: Schema) -> QueryShape:
    """Return the shape of a case."""
    shape = analyse(case.sql, schema, case.search_path)
    assert isinstance(shape, QueryShape)
    return shape


def words(node: dict[str, Any]) -> set[str]:
    """Return the names in the conditions of a plan node."""
    text = " ".join(str(node.get(name, "")) for name in CONDITIONS)
    text = re.sub(r"'[^']*'", "", text)
    return set(re.findall(r'"([^"]+)"', text)) | set(re.findall(r"\w+", re.sub(r'"[^"]*"', "", text)))


def scans(plan: dict[str, Any], table: TableShape, schema: Schema) -> list[dict[str, Any]]:
    """Return the nodes that scan a table, or a member of its tree, under this alias."""
    family = {
        table.table,
        *(name for (_, name), one in schema.tables.items() if one.parent == (table.schema, table.table)),
    }
    alias = re.compile(re.escape(table.alias) + r"(_\d+)?\Z")
    scanned = [
        node for node in nodes(plan) if node["Node Type"] != "ModifyTable" and node.get("Relation Name") in family
    ]
    found = [node for node in scanned if alias.match(node.get("Alias", ""))]
    below = [child for node in found for child in nodes(node)]
    return found + [node for node in below if node not in found]


@by_file(VALID)
def test_every_predicate_is_applied_where_its_table_is_scanned(
    case: Case, schema: Schema, cases_connection: psycopg.Connection
) -> None:
    plan = plan_of(cases_connection, case)
    for table in shape_of(case, schema).tables:
        applied = {word for node in scans(plan, table, schema) for word in words(node)}
        for predicate in table.predicates:
            if not all(isinstance(value, Constant | Parameter) for value in predicate.operands):
                continue  # compared with another table: a join condition, applied wherever the planner likes
            assert set(predicate.term.columns) <= applied, (predicate, plan)


@by_file(VALID)
def test_every_column_a_scan_filters_by_is_in_the_shape(
    case: Case, schema: Schema, cases_connection: psycopg.Connection
) -> None:
    plan = plan_of(cases_connection, case)
    for table in shape_of(case, schema).tables:
        columns = {column.name for column in schema.tables[table.schema, table.table].columns}
        for node in scans(plan, table, schema):
            if "Filter" in node and not any(other.alias != table.alias for other in shape_of(case, schema).tables):
                assert words(node) & columns <= table.needed | {"id"}, (table, node)


ONE_TABLE_ORDERS = [case for case in VALID if "ORDER BY" in case.sql or "DISTINCT ON" in case.sql]


@by_file(ONE_TABLE_ORDERS)
def test_an_index_on_the_sort_keys_gives_the_order(
    case: Case, schema: Schema, cases_connection: psycopg.Connection
) -> None:
    shape = shape_of(case, schema)
    table = shape.tables[0]
    ordinary = all(key.term.immutable and "<->" not in key.term.expression for key in table.sort)
    if len(shape.tables) > 1 or not table.sort or not ordinary or "window" in shape.features:
        return
    index = sql.SQL("CREATE INDEX probe ON {} ({})").format(
        sql.Identifier(table.schema, table.table), sql.SQL(", ".join(key_sql(key) for key in table.sort))
    )
    plan = plan_of(cases_connection, case, *OFF, index=index)
    kinds = [node["Node Type"] for node in nodes(plan)]
    assert "Sort" not in kinds, (table.sort, kinds)


def key_sql(key: SortKey) -> str:
    """Return a sort key as it stands in CREATE INDEX."""
    collation = f" COLLATE {key.term.collation}" if key.term.collation else ""
    direction = " DESC" if key.descending else ""
    return f"{key.term.expression}{collation}{direction} NULLS {'FIRST' if key.nulls_first else 'LAST'}"


@by_file(VALID)
def test_an_index_on_a_join_term_lets_the_other_table_drive(
    case: Case, schema: Schema, cases_connection: psycopg.Connection
) -> None:
    shape = shape_of(case, schema)
    for table in shape.tables if len(shape.tables) == 2 else ():
        for edge in table.joins:
            if edge.kind not in ("inner", "right", "correlated") or not edge.term.immutable or table.predicates:
                continue
            index = sql.SQL("CREATE INDEX probe ON {} ({})").format(
                sql.Identifier(table.schema, table.table), sql.SQL(edge.term.expression)
            )
            plan = plan_of(cases_connection, case, *OFF[:-1], index=index)
            if "hashed SubPlan" in str(plan):
                continue  # the planner reads the whole inner table once, and no setting forbids it
            found = [node for node in nodes(plan) if "Index Cond" in node]
            assert any(set(edge.term.columns) & words({"Index Cond": node["Index Cond"]}) for node in found), (
                edge,
                plan,
            )
