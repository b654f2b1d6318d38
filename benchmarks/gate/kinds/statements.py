"""Kinds of changes of statements: what a merge does to the SQL it sends."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.gate.change import Change, Sort, kind
from benchmarks.gate.shop import COMMON, Shop, Statement, Table, rewritten

Rewrite = Callable[[Statement, Table], str | tuple[str, tuple[str, ...]]]


def _of(name: str, sort: Sort, kinds: tuple[str, ...], rewrite: Rewrite, *, new: bool = False) -> None:
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


_of(
    "cast on the column",
    "regression",
    ("range",),
    lambda s, t: (f"SELECT sum(total) FROM {t.name} WHERE {t.arrived}::date = $1", ("'2025-05-05'",)),
)
_of(
    "function on the column",
    "regression",
    ("code",),
    lambda s, t: f"SELECT id FROM {t.name} WHERE lower({t.code}) = lower($1)",
)
_of("function taken away", "regression", ("mail",), lambda s, t: f"SELECT id, email FROM {t.name} WHERE email ILIKE $1")
_of(
    "arithmetic on the column",
    "regression",
    ("number",),
    lambda s, t: f"SELECT id, total FROM {t.name} WHERE number + 0 = $1",
)
_of("key as text", "regression", ("key", "update"), lambda s, t: s.text.replace("WHERE id =", "WHERE id::text ="))
_of(
    "leading wildcard",
    "regression",
    ("code",),
    lambda s, t: (f"SELECT id FROM {t.name} WHERE {t.code} LIKE $1", ("'%ABC12'",)),
)
_of(
    "limit taken away",
    "regression",
    ("partial",),
    lambda s, t: f"SELECT id, {t.arrived} FROM {t.name} ORDER BY {t.arrived} DESC",
)
_of("or over columns", "regression", ("number", "code", "key"), lambda s, t: f"{s.text} OR total = 77.77")
_of(
    "condition lost",
    "regression",
    ("list",),
    lambda s, t: f"SELECT id, {t.arrived} FROM {t.name} ORDER BY total LIMIT 10",
)
_of(
    "deep offset",
    "regression",
    ("list",),
    lambda s, t: (f"SELECT id, {t.arrived} FROM {t.name} ORDER BY id LIMIT 10 OFFSET {t.rows - 100}", ()),
)
_of(
    "common value",
    "regression",
    ("rare",),
    lambda s, t: (f"SELECT id, total FROM {t.name} WHERE {t.state} = $1", (f"'{COMMON}'",)),
)
_of(
    "new query without index",
    "regression",
    ("key",),
    lambda s, t: (f"SELECT id FROM {t.name} WHERE total = $1", ("12.34",)),
    new=True,
)
_of(
    "new query that sorts all",
    "regression",
    ("key",),
    lambda s, t: (f"SELECT * FROM {t.name} ORDER BY note, total LIMIT 10", ()),
    new=True,
)
_of(
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
_of("wide range", "regression", ("range",), lambda s, t: (s.text, ("'2025-01-01'", "'2026-12-01'")))

_of("alias", "harmless", ("key",), lambda s, t: f"SELECT t.total, t.note FROM {t.name} t WHERE t.id = $1")
_of("one more column", "harmless", ("key", "number"), lambda s, t: s.text.replace("SELECT ", "SELECT email, "))
_of("one more condition", "harmless", ("key", "number", "code"), lambda s, t: f"{s.text} AND total >= 0")
_of("comment in it", "harmless", ("key", "list", "range", "code"), lambda s, t: f"/* app */ {s.text}")
_of("another value", "harmless", ("key", "update", "number"), lambda s, t: (s.text, ("4321",)))
_of("another day", "harmless", ("range",), lambda s, t: (s.text, ("'2025-06-06'", "'2025-06-07'")))
_of(
    "list of values",
    "harmless",
    ("key",),
    lambda s, t: (f"SELECT total FROM {t.name} WHERE id IN ($1, $2, $3)", ("5", "77", "900")),
)
_of("smaller limit", "harmless", ("list",), lambda s, t: s.text.replace("LIMIT 10", "LIMIT 5"))
_of(
    "new query by key",
    "harmless",
    ("key",),
    lambda s, t: (f"SELECT email FROM {t.name} WHERE id = $1", ("99",)),
    new=True,
)
_of(
    "new insert",
    "harmless",
    ("key",),
    lambda s, t: (f"SELECT id, note FROM {t.name} WHERE id BETWEEN $1 AND $2", ("9", "15")),
    new=True,
)
_of("rare value of its own", "harmless", ("rare",), lambda s, t: f"SELECT id, email FROM {t.name} WHERE {t.state} = $1")
