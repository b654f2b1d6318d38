"""Kinds of revisions: indexes of another definition, statistics and settings that a revision gives."""

from __future__ import annotations

from benchmarks.gate.kinds.revisions import ends, for_database, indexes, on_index, on_table
from benchmarks.gate.shop import Shop, Table

on_index("another collation", "regression", lambda i, t: f'btree ({t.code} COLLATE "C")', ends("code"))
on_index("on another column", "regression", lambda i, t: "btree (total)", ends("number", "code", "mail"))
on_index("on arithmetic", "regression", lambda i, t: "btree ((number + 1))", ends("number"))
on_index("upper instead of lower", "regression", lambda i, t: "btree (upper(email))", ends("mail"))
on_index(
    "predicate on another column",
    "regression",
    lambda i, t: i.using.split(" WHERE")[0] + " WHERE total < 10",
    ends("state", "number", "parent"),
)
on_index("include dropped", "harmless", lambda i, t: f"btree ({t.arrived})", ends("at"))
on_index("pattern operator class", "harmless", lambda i, t: f"btree ({t.code} text_pattern_ops)", ends("code"))
on_index("spgist instead of btree", "harmless", lambda i, t: f"spgist ({t.code})", ends("code"))
on_index("other direction", "harmless", lambda i, t: "btree (number DESC)", ends("number"))
on_index("hash for equality", "harmless", lambda i, t: i.using.replace("btree", "hash"), ends("number", "code", "mail"))
on_index(
    "deduplication off", "harmless", lambda i, t: f"{i.using} WITH (deduplicate_items = off)", ends("number", "code")
)


def _lookup(table: Table, shop: Shop) -> str:
    """Return the column that an index of the table serves for equality."""
    found = [one.name for one in shop.indexes if one.table == table.name]
    served = {"number": "number", "code": table.code, "rare": table.state, "parent": table.key}
    return next((served[what] for what in served if f"ix_{table.name}_{what}" in found), "id")


on_table(
    "n_distinct far too small",
    "regression",
    lambda t, s: [
        f"ALTER TABLE {t.name} ALTER {_lookup(t, s)} SET (n_distinct = 2)",
        f"ANALYZE {t.name}",
    ],
    lambda t: ("n_distinct", t.name),
)
on_table(
    "n_distinct as it is",
    "harmless",
    lambda t, s: [f"ALTER TABLE {t.name} ALTER id SET (n_distinct = -1)", f"ANALYZE {t.name}"],
)
on_table("more statistics", "harmless", lambda t, s: [f"ALTER TABLE {t.name} ALTER {t.state} SET STATISTICS 1000"])


def _for_role(*settings: str) -> list[str]:
    return [f"ALTER ROLE app SET {one}" for one in settings]


def _for_role_here(setting: str) -> str:
    return f"DO $x$ BEGIN EXECUTE format('ALTER ROLE app IN DATABASE %I SET {setting}', current_database()); END $x$"


on_table(
    "ALTER ROLE SET enable_indexscan = off",
    "regression",
    lambda t, s: _for_role("enable_indexscan = off", "enable_bitmapscan = off", "enable_indexonlyscan = off"),
    lambda t: ("enable_indexscan",),
)
on_table(
    "ALTER ROLE IN DATABASE SET random_page_cost",
    "regression",
    lambda t, s: [_for_role_here("random_page_cost = 900")],
    lambda t: ("random_page_cost",),
)
on_table("ALTER ROLE SET of no matter", "harmless", lambda t, s: _for_role("work_mem = '64MB'"))
on_table("ALTER DATABASE SET statement_timeout", "harmless", lambda t, s: [for_database("statement_timeout = ''60s''")])
on_table(
    "primary key begins with another column",
    "regression",
    lambda t, s: [
        f"ALTER TABLE {t.name} DROP CONSTRAINT {t.name}_pkey CASCADE",
        f"ALTER TABLE {t.name} ADD PRIMARY KEY (number, id)",
    ],
    lambda t: (f"{t.name}_pkey",),
)
on_table(
    "primary key made anew",
    "harmless",
    lambda t, s: [
        f"ALTER TABLE {t.name} DROP CONSTRAINT {t.name}_pkey CASCADE",
        f"ALTER TABLE {t.name} ADD PRIMARY KEY (id)",
    ],
)
on_table(
    "all indexes built anew",
    "harmless",
    lambda t, s: [
        line
        for one in s.indexes
        if one.table == t.name
        for line in (f"DROP INDEX {one.name}", one.ddl)
    ] or indexes(s, t),
)  # fmt: skip
