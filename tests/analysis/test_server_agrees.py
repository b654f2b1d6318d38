"""What a shape says of terms and conditions, PostgreSQL itself confirms."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
from psycopg import sql

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import Constant, Parameter, Predicate, QueryShape, TableShape, Term
from advisor.catalog.schema import Schema
from tests.analysis.by_file import by_file
from tests.analysis.test_cases import ALL, Case

VALID = [case for case in ALL if not case.invalid]
SERVED = ("equality", "list", "range", "null", "not-null", "boolean")
NO_BTREE = ("jsonb", "json", "point", "box", "xml", "tsquery")


def tables(case: Case, schema: Schema) -> tuple[TableShape, ...]:
    """Return the table occurrences of a case."""
    shape = analyse(case.sql, schema, case.search_path)
    return shape.tables if isinstance(shape, QueryShape) else ()


def terms(table: TableShape) -> Iterator[Term]:
    """Yield every term of an occurrence."""
    for one in table.predicates:
        yield one.term
        yield from one.row
    yield from (edge.term for edge in table.joins)
    yield from (key.term for key in table.sort)
    yield from table.group
    yield from (term for _, term in table.aggregates)


@by_file(VALID)
def test_terms_are_immutable_exactly_when_the_server_says_so(
    case: Case, schema: Schema, cases_connection: psycopg.Connection
) -> None:
    for table in tables(case, schema):
        for term in dict.fromkeys(terms(table)):
            if "$" in term.expression:
                continue
            accepted = refusal(cases_connection, table, f"({term.expression}) IS NOT NULL")
            assert (accepted is None) == term.immutable, (term, accepted)


@by_file(VALID)
def test_conditions_stand_in_partial_indexes_as_they_are(
    case: Case, schema: Schema, cases_connection: psycopg.Connection
) -> None:
    for table in tables(case, schema):
        for predicate in table.predicates:
            if predicate.sql:
                assert refusal(cases_connection, table, predicate.sql) is None, predicate


def refusal(connection: psycopg.Connection, table: TableShape, condition: str) -> str | None:
    """Return why the server refuses a partial index with this condition, `None` when it does not."""
    statement = sql.SQL("CREATE INDEX ON {} ((1)) WHERE ").format(sql.Identifier(table.schema, table.table))
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement + sql.SQL(condition))
    except psycopg.errors.InvalidObjectDefinition as error:
        return str(error)
    return None


@by_file(VALID)
def test_an_index_on_the_term_serves_the_condition(
    case: Case, schema: Schema, cases_connection: psycopg.Connection
) -> None:
    for table in tables(case, schema):
        for predicate in table.predicates:
            if asks_for_btree(predicate, table, schema):
                assert index_condition(cases_connection, table, predicate), predicate


def asks_for_btree(predicate: Predicate, table: TableShape, schema: Schema) -> bool:
    """Whether a b-tree on the term should serve the predicate by itself."""
    found = schema.tables[table.schema, table.table]
    column = found.column(predicate.term.column or "")
    return bool(
        predicate.kind in SERVED
        and predicate.sql
        and predicate.disjunction is None
        and predicate.term.immutable
        and found.kind != "matview"
        and not (column and column.base_type in NO_BTREE)
    )


def index_condition(connection: psycopg.Connection, table: TableShape, predicate: Predicate) -> bool:
    """Whether the planner turns the predicate into a condition of an index on its term."""
    name = sql.Identifier(table.schema, table.table)
    collation = sql.SQL(f" COLLATE {predicate.term.collation}" if predicate.term.collation else "")
    index = sql.SQL("CREATE INDEX probe ON {} ({}{})").format(name, sql.SQL(predicate.term.expression), collation)
    query = sql.SQL("EXPLAIN SELECT 1 FROM {} WHERE ").format(name) + sql.SQL(predicate.sql)
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL enable_seqscan = off")
        connection.execute(index)
        plan = "\n".join(row[0] for row in connection.execute(query).fetchall())
    return "Index Cond" in plan or "Recheck Cond" in plan


def literal_only(case: Case) -> bool:
    """Whether a case's text can be run, and holds all of its values (LIMIT ALL is a NULL to the server)."""
    return "$" not in case.sql and "LIMIT ALL" not in case.sql and not case.values_decide


@by_file([case for case in VALID if literal_only(case)], "running_connection")
def test_slots_are_numbered_as_pg_stat_statements_does(
    case: Case, schema: Schema, running_connection: psycopg.Connection
) -> None:
    text = normalised(running_connection, case)
    literal, folded = analyse(case.sql, schema, case.search_path), analyse(text, schema, case.search_path)
    assert isinstance(literal, QueryShape) and isinstance(folded, QueryShape)
    assert slots(literal) == slots(folded), text


def normalised(connection: psycopg.Connection, case: Case) -> str:
    """Return the statement's text as the server's pg_stat_statements normalises it."""
    path = ", ".join(case.search_path) if case.search_path else "public"
    with connection.transaction(force_rollback=True):
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        connection.execute("SELECT pg_stat_statements_reset()")
        connection.execute("SET LOCAL session_replication_role = replica")  # foreign keys ask for no rows
        connection.execute("SELECT set_config('search_path', %s, true)", (path,))
        connection.execute(case.sql.encode())
        rows = connection.execute(
            "SELECT query FROM public.pg_stat_statements WHERE query !~* '^SELECT (set_config|pg_stat)'"
            " AND toplevel ORDER BY length(query) DESC"
        ).fetchall()
    return next(row[0] for row in rows if head(row[0]) == head(case.sql))


def head(text: str) -> list[str]:
    """Return the first words of a statement that hold no value."""
    return re.findall(r"[a-z_]+", text.lower().split("$")[0].split("'")[0])[:2]


def slots(shape: QueryShape) -> list[tuple[int, tuple[str, ...], int]]:
    """Return where each slot stands: occurrence, columns, slot."""
    found = [
        (table.occurrence, predicate.term.columns, operand.slot)
        for table in shape.tables
        for predicate in table.predicates
        for operand in predicate.operands
        if isinstance(operand, Constant | Parameter) and operand.slot is not None
    ]
    limits = [(-1, (), bound.slot) for bound in (shape.limit, shape.offset)
              if isinstance(bound, Constant | Parameter) and bound.slot is not None]  # fmt: skip
    return sorted(set(found)) + limits
