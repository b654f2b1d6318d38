"""Kinds of changes of statements: joins, sorts, sub-selects and locks around the same conditions."""

from __future__ import annotations

from benchmarks.gate.kinds.statements import Rewrite, statement_kind

_WORSE: dict[str, tuple[tuple[str, ...], Rewrite]] = {
    "order by random": (("key",), lambda s, t: (f"SELECT id FROM {t.name} ORDER BY random() LIMIT 5", ())),
    "order by an expression": (
        ("list",),
        lambda s, t: (f"SELECT id, {t.arrived} FROM {t.name} ORDER BY abs(total - 500) LIMIT 10", ()),
    ),
    "distinct over all": (("key",), lambda s, t: (f"SELECT DISTINCT total, note FROM {t.name} LIMIT 100000", ())),
    "join on columns without index": (
        ("key",),
        lambda s, t: (
            f"SELECT a.id, b.id FROM {t.name} a JOIN {t.name} b ON b.total = a.total AND b.number > a.number"
            " WHERE a.id BETWEEN 1 AND 20",
            (),
        ),
    ),
    "window over all": (
        ("key",),
        lambda s, t: (
            f"SELECT * FROM (SELECT id, row_number() OVER (ORDER BY total, id) AS n FROM {t.name}) s WHERE n < 10",
            (),
        ),
    ),
    "group over all": (
        ("key",),
        lambda s, t: (f"SELECT note, count(*), max(total) FROM {t.name} GROUP BY note ORDER BY 2 DESC LIMIT 5", ()),
    ),
    "union that sorts": (
        ("key",),
        lambda s, t: (f"SELECT total FROM {t.name} UNION SELECT number FROM {t.name} LIMIT 100000", ()),
    ),
    "join condition forgotten": (
        ("key",),
        lambda s, t: (f"SELECT count(*) FROM {t.name} a, {t.name} b WHERE a.id < 30 AND b.total > a.total", ()),
    ),
    "page by offset": (
        ("key",),
        lambda s, t: (f"SELECT id, total FROM {t.name} ORDER BY total, id LIMIT 10 OFFSET 5000", ()),
    ),
}
_SAME: dict[str, tuple[tuple[str, ...], Rewrite]] = {
    "common table expression": (
        ("key", "number"),
        lambda s, t: f"WITH found AS ({s.text}) SELECT * FROM found",
    ),
    "exists by key": (("key",), lambda s, t: f"SELECT EXISTS (SELECT FROM {t.name} WHERE id = $1)"),
    "returning": (("update",), lambda s, t: f"{s.text} RETURNING id, total"),
    "one more column updated": (("update",), lambda s, t: s.text.replace("SET note", "SET total = total + 1, note")),
    "locked for update": (("key",), lambda s, t: f"{s.text} FOR UPDATE"),
    "limit added": (("key", "number", "code"), lambda s, t: f"{s.text} LIMIT 1"),
    "greatest key": (("key",), lambda s, t: (f"SELECT max(id) FROM {t.name}", ())),
    "two keys united": (
        ("key",),
        lambda s, t: f"SELECT total FROM {t.name} WHERE id = $1 UNION ALL SELECT total FROM {t.name} WHERE id = $1 + 1",
    ),
    "joined by key": (
        ("key",),
        lambda s, t: f"SELECT a.total, b.note FROM {t.name} a JOIN {t.name} b ON b.id = a.id WHERE a.id = $1",
    ),
    "case in the columns": (
        ("key",),
        lambda s, t: s.text.replace("SELECT total", "SELECT CASE WHEN total > 10 THEN 'much' ELSE 'little' END"),
    ),
}

for _name, (_kinds, _rewrite) in _WORSE.items():
    statement_kind(_name, "regression", _kinds, _rewrite, new=True)
for _name, (_kinds, _rewrite) in _SAME.items():
    statement_kind(_name, "harmless", _kinds, _rewrite, new=_name in ("exists by key", "greatest key", "joined by key"))
