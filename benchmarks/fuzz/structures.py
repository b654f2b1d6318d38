"""Mutations that know a format: values of another type in JSON, cells in tables, tokens in SQL."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pglast import parser

VALUES: Sequence[Any] = (
    None, True, False, 0, -1, 1.5, 1e308, -(2**63), 2**63, 2**70, "", "x", "\0", "\ud800", "a\nb\x1b[31m‮", "1", "1e400",
    "9" * 400, "2026-13-45", [], [[]], [None], ["x"], {}, {"x": None}, {"": {"": []}}, [1, "a", {}], "(" * 200, "$1", "'",
)  # fmt: skip

TOKENS: Sequence[str] = (
    "(", ")", "((((", "))))", ",", ".", "*", "=", "<>", "NOT", "AND", "OR", "IN (1, 2)", "IN ()", "NULL", "$1", "$2", "$0",
    "$4294967296", "'x'", "''", "E'\\'", "$$x$$", "U&'\\0041'", "B'1'", "1", "-1", "1e400", "::int", "::text[]", "[1]", "[:]",
    "SELECT", "SELECT 1", "FROM", "WHERE", "GROUP BY", "GROUP BY ()", "ORDER BY 1", "LIMIT", "OFFSET $1", "UNION", "WITH x AS",
    "LATERAL", "JOIN", "USING (id)", "NATURAL", "OVER ()", "FILTER (WHERE true)", "CASE WHEN", "END", "EXISTS", "ANY", "ARRAY[]",
    "ROW()", "CAST(", "AS", "RECURSIVE", "RETURNING *", "ON CONFLICT", "DO NOTHING", "VALUES", "FOR UPDATE", ";", "; SELECT 2",
    "INTERVAL", "DATE", "AT TIME ZONE", "COLLATE", "IS DISTINCT FROM", "BETWEEN", "SIMILAR TO", "~", "@>", "->>", "?", "?|", "%s",
    "%(x)s", ":x", "book", "author", "public.book", "\"book\"", "b.*", "author_id", "information_schema.tables", "now()", "twice(1)",
    "count(*)", "count(DISTINCT x)", "grouping sets ((), (1))", "TABLESAMPLE system (1)", "generate_series(1, 2)", "XMLTABLE",
    "JSON_TABLE", "MERGE INTO", "INSERT INTO", "UPDATE", "DELETE FROM", "SET", "DEFAULT", "-- x\n", "/* x */", "/*", "\0", "é", "ſ",
)  # fmt: skip


def json_changed(rng: random.Random, data: bytes) -> bytes:
    """Return a JSON document (or JSON lines) with one to four values, keys or lists changed; other texts as they are."""
    try:
        document = json.loads(data)
    except ValueError:
        return _json_line(rng, data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        document = _changed(rng, document)
    return json.dumps(document).encode("utf-8", "surrogatepass")


def _json_line(rng: random.Random, data: bytes) -> bytes:
    rows = data.split(b"\n")
    place = rng.randrange(len(rows))
    try:
        document = json.loads(rows[place])
    except ValueError:
        return data
    rows[place] = json.dumps(_changed(rng, document)).encode("utf-8", "surrogatepass")
    return b"\n".join(rows)


def _changed(rng: random.Random, value: Any) -> Any:
    """Return the value with something within it changed; the deeper, the likelier."""
    if isinstance(value, Mapping) and value and rng.random() < 0.93:
        return _changed_object(rng, dict(value))
    if isinstance(value, list) and value and rng.random() < 0.93:
        return _changed_list(rng, list(value))
    return rng.choice(VALUES)


def _changed_object(rng: random.Random, value: dict[str, Any]) -> dict[str, Any]:
    key = rng.choice(list(value))
    what = rng.random()
    if what < 0.12:
        del value[key]
    elif what < 0.18:
        value[rng.choice(("x", "", "\0", key + " ", key.upper(), "‮"))] = value[key]
    elif what < 0.24:
        value[key] = value[rng.choice(list(value))]
    else:
        value[key] = _changed(rng, value[key])
    return value


def _changed_list(rng: random.Random, value: list[Any]) -> list[Any]:
    place = rng.randrange(len(value))
    what = rng.random()
    if what < 0.12:
        del value[place]
    elif what < 0.2:
        value *= rng.choice((2, 3, 50))
    elif what < 0.28:
        value.insert(place, rng.choice(VALUES))
    else:
        value[place] = _changed(rng, value[place])
    return value


def cells_changed(rng: random.Random, data: bytes) -> bytes:
    """Return a table with a few cells of its lines swapped, emptied or overwritten."""
    rows = data.split(b"\n")
    for _ in range(rng.choice((1, 2, 8))):
        place = rng.randrange(len(rows))
        separator = max((b",", b"\t", b";", b"|"), key=rows[place].count)
        cells = rows[place].split(separator)
        cell = rng.randrange(len(cells))
        drawn = str(rng.choice(VALUES)).encode("utf-8", "replace")
        cells[cell] = rng.choice((b"", rng.choice(cells), drawn, b'"' + drawn, b'"' + drawn + b'"', b"-" + cells[cell]))
        rows[place] = separator.join(cells)
    return b"\n".join(rows)


def tokens_changed(rng: random.Random, data: bytes) -> bytes:
    """Return SQL with a few of its tokens dropped, doubled, swapped or replaced."""
    text = data.decode("utf-8", "replace")
    try:
        spans = [(token.start, token.end + 1) for token in parser.scan(text)]
    except Exception:  # no SQL any more: words will do
        spans = []
    parts = [text[begin:end] for begin, end in spans] or text.split(" ")
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        place, other = rng.randrange(len(parts)), rng.randrange(len(parts))
        what = rng.randrange(6)
        if what == 0 and len(parts) > 1:
            del parts[place]
        elif what == 1:
            parts[place], parts[other] = parts[other], parts[place]
        elif what == 2:
            parts.insert(place, parts[other])
        elif what == 3:
            parts[place:place] = parts[min(place, other) : max(place, other)] * rng.choice((1, 2, 40))
        else:
            parts[place : place + rng.randrange(2)] = [rng.choice(TOKENS)]
        parts = parts[:20_000]
    return " ".join(parts).encode("utf-8", "replace")


Change = Callable[[random.Random, bytes], bytes]
