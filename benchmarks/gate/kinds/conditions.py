"""Kinds of changes of statements: conditions that an index no longer serves, and ones that it serves as well."""

from __future__ import annotations

from benchmarks.gate.kinds.statements import Rewrite, statement_kind
from benchmarks.gate.shop import COMMON, MIDDLE

_WORSE: dict[str, tuple[tuple[str, ...], Rewrite]] = {
    "numeric literal for an int": (
        ("number",),
        lambda s, t: (f"SELECT id, total FROM {t.name} WHERE number = 77.0", ()),
    ),
    "not distinct from": (
        ("code",),
        lambda s, t: f"SELECT id FROM {t.name} WHERE {t.code} IS NOT DISTINCT FROM $1 AND note > ''",
    ),
    "coalesce on the column": (("code",), lambda s, t: f"SELECT id FROM {t.name} WHERE coalesce({t.code}, '') = $1"),
    "concatenated columns": (("code",), lambda s, t: f"SELECT id FROM {t.name} WHERE {t.code} || '' = $1"),
    "substring of the column": (
        ("code",),
        lambda s, t: (f"SELECT id FROM {t.name} WHERE substr({t.code}, 1, 12) = $1", ("'ABCDEF012345'",)),
    ),
    "regular expression without a beginning": (
        ("code",),
        lambda s, t: (f"SELECT id FROM {t.name} WHERE {t.code} ~ $1", ("'0A1B2C3D$'",)),
    ),
    "case left open": (
        ("code",),
        lambda s, t: (f"SELECT id FROM {t.name} WHERE {t.code} ILIKE $1", ("'abcdef012345%'",)),
    ),
    "day by date_trunc": (
        ("range",),
        lambda s, t: (f"SELECT sum(total) FROM {t.name} WHERE date_trunc('day', {t.arrived}) = $1", ("'2025-05-05'",)),
    ),
    "day by to_char": (
        ("range",),
        lambda s, t: (
            f"SELECT sum(total) FROM {t.name} WHERE to_char({t.arrived}, 'YYYY-MM-DD') = $1",
            ("'2025-05-05'",),
        ),
    ),
    "age of the column": (
        ("range",),
        lambda s, t: (f"SELECT sum(total) FROM {t.name} WHERE {t.arrived} + interval '1 day' < $1", ("'2025-01-04'",)),
    ),
    "all but one state": (
        ("rare",),
        lambda s, t: (f"SELECT id, total FROM {t.name} WHERE {t.state} <> $1", (f"'{MIDDLE}'",)),
    ),
    "several states": (
        ("rare",),
        lambda s, t: (f"SELECT id, total FROM {t.name} WHERE {t.state} IN ($1, $2)", (f"'{COMMON}'", f"'{MIDDLE}'")),
    ),
    "update by a column without index": (
        ("update",),
        lambda s, t: (f"UPDATE {t.name} SET note = 'x' WHERE total = $1", ("12.34",)),
    ),
    "delete by a column without index": (
        ("delete",),
        lambda s, t: (f"DELETE FROM {t.name} WHERE total = $1", ("-12.34",)),
    ),
    "key by arithmetic": (("key",), lambda s, t: f"SELECT total, note FROM {t.name} WHERE id - 1 = $1"),
    "key or note": (("key",), lambda s, t: f"SELECT total, note FROM {t.name} WHERE id = $1 OR note = 'none such'"),
    "year by extract": (
        ("range",),
        lambda s, t: (f"SELECT sum(total) FROM {t.name} WHERE extract(doy FROM {t.arrived}) = $1", ("33",)),
    ),
}
_SAME: dict[str, tuple[tuple[str, ...], Rewrite]] = {
    "cast on the value": (("key",), lambda s, t: f"SELECT total, note FROM {t.name} WHERE id = $1::bigint"),
    "function on the value": (
        ("code",),
        lambda s, t: f"SELECT id FROM {t.name} WHERE {t.code} = upper($1)",
    ),
    "between": (
        ("range",),
        lambda s, t: f"SELECT sum(total) FROM {t.name} WHERE {t.arrived} BETWEEN $1 AND $2",
    ),
    "array of values": (
        ("key",),
        lambda s, t: (f"SELECT total FROM {t.name} WHERE id = ANY ($1::bigint[])", ("'{5,77,900}'",)),
    ),
    "beginning of the text": (
        ("code",),
        lambda s, t: f"SELECT id FROM {t.name} WHERE {t.code} = $1 AND {t.code} LIKE '%'",
    ),
    "conditions swapped": (
        ("range",),
        lambda s, t: f"SELECT sum(total) FROM {t.name} WHERE {t.arrived} < $2 AND {t.arrived} >= $1",
    ),
    "value before the column": (("key",), lambda s, t: f"SELECT total, note FROM {t.name} WHERE $1 = id"),
    "not null asked for": (("number",), lambda s, t: f"{s.text} AND total IS NOT NULL"),
    "keywords in small letters": (
        ("key", "number", "code", "range"),
        lambda s, t: s.text.replace("SELECT", "select").replace("FROM", "from").replace("WHERE", "where"),
    ),
    "over several lines": (
        ("key", "number", "code", "range"),
        lambda s, t: s.text.replace(" FROM", "\n  FROM").replace(" WHERE", "\n WHERE"),
    ),
    "keyset page": (
        ("key",),
        lambda s, t: f"SELECT id, total FROM {t.name} WHERE id > $1 ORDER BY id LIMIT 10",
    ),
}

for _name, (_kinds, _rewrite) in _WORSE.items():
    statement_kind(_name, "regression", _kinds, _rewrite)
for _name, (_kinds, _rewrite) in _SAME.items():
    statement_kind(_name, "harmless", _kinds, _rewrite, new=_name == "keyset page")
