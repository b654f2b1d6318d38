"""The SQL that the anti-pattern rules offer gives the same rows as the statement it replaces, on real data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import QueryShape
from advisor.catalog.introspect import read_schema
from advisor.catalog.schema import Schema
from advisor.rules.sql.keyset import Keyset, keyset
from advisor.rules.sql.not_in_nullable import as_not_exists
from advisor.rules.sql.or_over_columns import _as_union

TABLES = """
CREATE TABLE authors (id int PRIMARY KEY, name text);
CREATE TABLE books (id int PRIMARY KEY, author_id int REFERENCES authors, editor_id int, year int NOT NULL, title text NOT NULL);
INSERT INTO authors SELECT i, 'author ' || i FROM generate_series(1, 40) AS i;
INSERT INTO books SELECT i, CASE WHEN i % 7 > 0 THEN 1 + i % 30 END, 1 + i % 11, 1990 + i % 9, 'book ' || i % 25
FROM generate_series(1, 400) AS i;
"""
PAGE = 30


@pytest.fixture
def schema(connection: psycopg.Connection[Any]) -> Schema:
    connection.execute(TABLES)
    return read_schema(connection)


def rows(connection: psycopg.Connection[Any], text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with psycopg.RawCursor(connection) as cursor:
        return cursor.execute(text.encode(), list(values)).fetchall()


def paged(text: str, schema: Schema) -> Keyset:
    shape = analyse(text, schema)
    assert isinstance(shape, QueryShape)
    table = next(table for table in shape.tables if table.sort)
    found = keyset(text, shape, table, schema.tables[table.schema, table.table])
    assert found
    return found


@pytest.mark.parametrize(
    ("select", "order", "sort_columns"),
    [
        ("SELECT id, title FROM books", "ORDER BY id", ["id"]),
        ("SELECT year, id, title FROM books", "ORDER BY year DESC", ["year", "id"]),
        ("SELECT title, year, id FROM books", "ORDER BY title, year DESC", ["title", "year", "id"]),
        ("SELECT b.year, b.id, a.name FROM books b LEFT JOIN authors a ON a.id = b.author_id", "ORDER BY b.year", ["year", "id"]),
        ("SELECT year, id FROM books WHERE editor_id = 3", "ORDER BY year DESC, id DESC", ["year", "id"]),
    ],
)  # fmt: skip
def test_keyset_pages_join_up_to_the_whole_list(
    connection: psycopg.Connection[Any], schema: Schema, select: str, order: str, sort_columns: list[str]
) -> None:
    found = paged(f"{select} {order} LIMIT {PAGE} OFFSET $1", schema)
    whole = Counter(rows(connection, select))
    names = [column.name for column in connection.execute(f"{select} LIMIT 1").description or []]
    without, _, rest = found.text.partition("ORDER BY")
    first = f"{select} ORDER BY {rest}"
    page = rows(connection, first)
    seen = Counter(page)
    for _ in range(len(whole)):
        if not page:
            break
        last = dict(zip(names, page[-1], strict=True))
        page = rows(connection, found.text, [last[name] for name in sort_columns])
        assert len(page) <= PAGE
        seen.update(page)
    assert seen == whole
    assert without


def test_not_exists_returns_what_not_in_returns_when_there_is_no_null(
    connection: psycopg.Connection[Any], schema: Schema
) -> None:
    text = "SELECT id FROM authors WHERE id NOT IN (SELECT author_id FROM books WHERE author_id IS NOT NULL AND year > 1995)"
    rewritten = as_not_exists(text)
    assert rewritten and "NOT IN" not in rewritten
    assert Counter(rows(connection, rewritten)) == Counter(rows(connection, text))
    assert rows(connection, rewritten)


def test_not_exists_finds_rows_where_a_null_hides_them_from_not_in(
    connection: psycopg.Connection[Any], schema: Schema
) -> None:
    text = "SELECT id FROM authors WHERE id NOT IN (SELECT author_id FROM books)"
    rewritten = as_not_exists(text)
    assert rewritten
    assert rows(connection, text) == []
    assert len(rows(connection, rewritten)) == 10


@pytest.mark.parametrize("order", ["", " ORDER BY id"])
def test_one_select_per_arm_returns_what_or_returns(
    connection: psycopg.Connection[Any], schema: Schema, order: str
) -> None:
    text = f"SELECT id, title FROM books WHERE author_id = 3 OR (editor_id = 4 AND year = 1993) OR editor_id = 7{order}"
    rewritten = _as_union(text, schema.tables["public", "books"])
    assert rewritten and rewritten.count("UNION") == 2
    found, wanted = rows(connection, rewritten), rows(connection, text)
    assert (found == wanted) if order else (Counter(found) == Counter(wanted))
    assert wanted
