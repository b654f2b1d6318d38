"""Kinds of changes of statements: what a merge does to the SQL it sends."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.gate.change import Change, Sort, kind
from benchmarks.gate.shop import COMMON, Shop, Statement, Table, rewritten

Rewrite = Callable[[Statement, Table], str | tuple[str, tuple[str, ...]]]


def statement_kind(name: str, sort: Sort, kinds: tuple[str, ...], rewrite: Rewrite, *, new: bool = False) -> None:
    @kind(name, sort)
    def make(rng: random.Random, shop: Shop) -> Change | None:
        found = [one for one in shop.statements if one.kind in kinds and shop.table(one.table).rows >= 15_000]
        if not found:
            return None
        before = rng.choice(found)
        made = rewrite(before, shop.table(before.table))
        text, values = (made, before.values) if isinstance(made, str) else made
        after = rewritten(before, text, values)
        return Change(name, sort, statements=((None if new else before, after),), cause=(before.table,))


statement_kind(
    "cast on the column",
    "regression",
    ("range",),
    lambda s, t: (f"SELECT sum(total) FROM {t.name} WHERE {t.arrived}::date = $1", ("'2025-05-05'",)),
)
statement_kind(
    "function on the column",
    "regression",
    ("code",),
    lambda s, t: f"SELECT id FROM {t.name} WHERE lower({t.code}) = lower($1)",
)
statement_kind(
    "function taken away", "regression", ("mail",), lambda s, t: f"SELECT id, email FROM {t.name} WHERE email ILIKE $1"
)
statement_kind(
    "arithmetic on the column",
    "regression",
    ("number",),
    lambda s, t: f"SELECT id, total FROM {t.name} WHERE number + 0 = $1",
)
statement_kind(
    "key as text", "regression", ("key", "update"), lambda s, t: s.text.replace("WHERE id =", "WHERE id::text =")
)
statement_kind(
    "leading wildcard",
    "regression",
    ("code",),
    lambda s, t: (f"SELECT id FROM {t.name} WHERE {t.code} LIKE $1", ("'%ABC12'",)),
)
statement_kind(
    "limit taken away",
    "regression",
    ("partial",),
    lambda s, t: f"SELECT id, {t.arrived} FROM {t.name} ORDER BY {t.arrived} DESC",
)
statement_kind("or over columns", "regression", ("number", "code", "key"), lambda s, t: f"{s.text} OR total = 77.77")
statement_kind(
    "condition lost",
    "regression",
    ("list",),
    lambda s, t: f"SELECT id, {t.arrived} FROM {t.name} ORDER BY total LIMIT 10",
)
statement_kind(
    "deep offset",
    "regression",
    ("list",),
    lambda s, t: (f"SELECT id, {t.arrived} FROM {t.name} ORDER BY id LIMIT 10 OFFSET {t.rows - 100}", ()),
)
statement_kind(
    "common value",
    "regression",
    ("rare",),
    lambda s, t: (f"SELECT id, total FROM {t.name} WHERE {t.state} = $1", (f"'{COMMON}'",)),
)
statement_kind(
    "new query without index",
    "regression",
    ("key",),
    lambda s, t: (f"SELECT id FROM {t.name} WHERE total = $1", ("12.34",)),
    new=True,
)
statement_kind(
    "new query that sorts all",
    "regression",
    ("key",),
    lambda s, t: (f"SELECT * FROM {t.name} ORDER BY note, total LIMIT 10", ()),
    new=True,
)
statement_kind(
    "sub-select per row",
    "regression",
    ("key",),
    lambda s, t: (
        f"SELECT a.id FROM {t.name} a WHERE a.id < 60 AND EXISTS (SELECT FROM {t.name} b WHERE b.total = a.total AND b.id <> a.id)"
        f" AND (SELECT count(*) FROM {t.name} c WHERE c.total = a.total) > 5",
        (),
    ),
    new=True,
)
statement_kind("wide range", "regression", ("range",), lambda s, t: (s.text, ("'2025-01-01'", "'2026-12-01'")))

statement_kind("alias", "harmless", ("key",), lambda s, t: f"SELECT t.total, t.note FROM {t.name} t WHERE t.id = $1")
statement_kind(
    "one more column", "harmless", ("key", "number"), lambda s, t: s.text.replace("SELECT ", "SELECT email, ")
)
statement_kind("one more condition", "harmless", ("key", "number", "code"), lambda s, t: f"{s.text} AND total >= 0")
statement_kind("comment in it", "harmless", ("key", "list", "range", "code"), lambda s, t: f"/* app */ {s.text}")
statement_kind("another value", "harmless", ("key", "update", "number"), lambda s, t: (s.text, ("4321",)))
statement_kind("another day", "harmless", ("range",), lambda s, t: (s.text, ("'2025-06-06'", "'2025-06-07'")))
statement_kind(
    "list of values",
    "harmless",
    ("key",),
    lambda s, t: (f"SELECT total FROM {t.name} WHERE id IN ($1, $2, $3)", ("5", "77", "900")),
)
statement_kind("smaller limit", "harmless", ("list",), lambda s, t: s.text.replace("LIMIT 10", "LIMIT 5"))
statement_kind(
    "new query by key",
    "harmless",
    ("key",),
    lambda s, t: (f"SELECT email FROM {t.name} WHERE id = $1", ("99",)),
    new=True,
)
statement_kind(
    "new insert",
    "harmless",
    ("key",),
    lambda s, t: (f"SELECT id, note FROM {t.name} WHERE id BETWEEN $1 AND $2", ("9", "15")),
    new=True,
)
statement_kind(
    "rare value of its own", "harmless", ("rare",), lambda s, t: f"SELECT id, email FROM {t.name} WHERE {t.state} = $1"
)
