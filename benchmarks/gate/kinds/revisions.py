"""Kinds of revisions: what is dropped, redefined, added, moved."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from benchmarks.gate.change import Change, Sort, kind
from benchmarks.gate.shop import COMMON, RARE, Index, Shop, Table


def _index(
    rng: random.Random, shop: Shop, wanted: Callable[[Index], object] = bool, least: int = 10_000
) -> Index | None:
    found = [one for one in shop.indexes if wanted(one) and shop.table(one.table).rows >= least]
    return rng.choice(found) if found else None


def _table(rng: random.Random, shop: Shop, least: int = 10_000) -> Table:
    return rng.choice([one for one in shop.tables if one.rows >= least])


def on_index(
    name: str,
    sort: Sort,
    using: Callable[[Index, Table], str] | None,
    wanted: Callable[[Index], object] = bool,
    least: int = 10_000,
) -> None:
    """Register a kind that drops an index and, with `using`, makes another of the same name."""

    @kind(name, sort)
    def make(rng: random.Random, shop: Shop) -> Change | None:
        index = _index(rng, shop, wanted, least)
        if index is None:
            return None
        again = using and Index(index.name, index.table, using(index, shop.table(index.table)))
        made = (again.ddl,) if again else ()
        return Change(name, sort, (f"DROP INDEX {index.name}", *made), cause=(index.name,))


def ends(*whats: str) -> Callable[[Index], object]:
    return lambda index: index.name.endswith(tuple(f"_{what}" for what in whats))


on_index("index dropped", "regression", None)
on_index("index of a small table dropped", "regression", None, lambda one: True, 2_000)
on_index("columns swapped", "regression", lambda i, t: f"btree ({t.arrived} DESC, {t.key})", ends("parent"))
on_index(
    "another column first",
    "regression",
    lambda i, t: re.sub(r"\(", "(total, ", i.using, count=1),
    ends("number", "code"),
)
on_index("lower() put around it", "regression", lambda i, t: f"btree (lower({t.code}))", ends("code"))
on_index("lower() taken away", "regression", lambda i, t: "btree (email)", ends("mail"))
on_index(
    "made partial",
    "regression",
    lambda i, t: i.using + f" WHERE {t.state} = '{RARE}'",
    ends("number", "code", "mail", "parent"),
)
on_index("predicate changed", "regression", lambda i, t: i.using.replace(RARE, "lost"), ends("state"))
on_index("hash instead of btree", "regression", lambda i, t: f"hash ({t.arrived})", ends("at"))
on_index("brin instead of btree", "regression", lambda i, t: i.using.replace("btree", "brin"), ends("number", "code"))
on_index("other operator class", "regression", lambda i, t: f"gin (to_tsvector('simple', {t.code}))", ends("code"))
on_index("column added at the end", "harmless", lambda i, t: re.sub(r"\)$", ", id)", i.using), ends("number", "parent"))
on_index("same definition again", "harmless", lambda i, t: i.using)
on_index("predicate dropped", "harmless", lambda i, t: f"btree ({t.state}, {t.arrived})", ends("state"))


@kind("index renamed", "harmless")
def _renamed(rng: random.Random, shop: Shop) -> Change | None:
    index = _index(rng, shop)
    if index is None:
        return None
    return Change("index renamed", "harmless", (f"ALTER INDEX {index.name} RENAME TO {index.name}_new",))


@kind("replaced under another name", "harmless")
def _replaced(rng: random.Random, shop: Shop) -> Change | None:
    index = _index(rng, shop)
    if index is None:
        return None
    again = Index(f"{index.name}_v2", index.table, index.using)
    return Change("replaced under another name", "harmless", (again.ddl, f"DROP INDEX {index.name}"))


def on_table(
    name: str,
    sort: Sort,
    statements: Callable[[Table, Shop], Sequence[str]],
    cause: Callable[[Table], tuple[str, ...]] = lambda table: (table.name,),
    least: int = 10_000,
) -> None:
    """Register a kind that is the same for any table."""

    @kind(name, sort)
    def make(rng: random.Random, shop: Shop) -> Change | None:
        table = _table(rng, shop, least)
        return Change(name, sort, tuple(statements(table, shop)), cause=cause(table))


def indexes(shop: Shop, table: Table) -> list[str]:
    return [one.ddl for one in shop.indexes if one.table == table.name]


def partitioned(table: Table) -> list[str]:
    name = table.name
    return [
        f"ALTER TABLE {name} RENAME TO {name}_old",
        f"CREATE TABLE {name} (LIKE {name}_old) PARTITION BY RANGE ({table.arrived})",
        f"CREATE TABLE {name}_a PARTITION OF {name} FOR VALUES FROM ('2024-01-01') TO ('2025-10-01')",
        f"CREATE TABLE {name}_b PARTITION OF {name} FOR VALUES FROM ('2025-10-01') TO ('2027-01-01')",
        f"INSERT INTO {name} SELECT * FROM {name}_old",
        f"DROP TABLE {name}_old CASCADE",
    ]


def copied(table: Table) -> list[str]:
    name = table.name
    return [
        f"CREATE TABLE {name}_new (LIKE {name} INCLUDING DEFAULTS)",
        f"INSERT INTO {name}_new SELECT * FROM {name}",
        f"DROP TABLE {name} CASCADE",
        f"ALTER TABLE {name}_new RENAME TO {name}",
    ]


def child(table: Table, shop: Shop) -> str:
    return next(one.name for one in reversed(shop.tables) if one.name != table.name)


def for_database(setting: str) -> str:
    return f"DO $x$ BEGIN EXECUTE format('ALTER DATABASE %I SET {setting}', current_database()); END $x$"


on_table(
    "primary key dropped",
    "regression",
    lambda t, s: [f"ALTER TABLE {t.name} DROP CONSTRAINT {t.name}_pkey CASCADE"],
    lambda t: (f"{t.name}_pkey",),
)
on_table(
    "int to text",
    "regression",
    lambda t, s: [f"ALTER TABLE {t.name} ALTER number TYPE text USING number::text"],
    lambda t: ("text", "number"),
)
on_table(
    "time to text",
    "regression",
    lambda t, s: [f"ALTER TABLE {t.name} ALTER {t.arrived} TYPE text USING {t.arrived}::text"],
    lambda t: ("text", t.arrived),
)
on_table(
    "column renamed", "regression", lambda t, s: [f"ALTER TABLE {t.name} RENAME total TO amount"], lambda t: ("total",)
)
on_table("column dropped", "regression", lambda t, s: [f"ALTER TABLE {t.name} DROP note"], lambda t: ("note",))
on_table("table partitioned without indexes", "regression", lambda t, s: partitioned(t), lambda t: (t.name, "index"))
on_table("table copied without indexes", "regression", lambda t, s: copied(t), lambda t: (t.name, "index"))
on_table(
    "foreign key without index",
    "regression",
    lambda t, s: [f"ALTER TABLE {child(t, s)} ADD COLUMN payer_id bigint REFERENCES {t.name}"],
    lambda t: ("payer_id", "foreign key"),
    2_000,
)
on_table("row security with a sub-select", "regression", lambda t, s: [
    f"ALTER TABLE {t.name} ENABLE ROW LEVEL SECURITY", f"ALTER TABLE {t.name} FORCE ROW LEVEL SECURITY",
    f"CREATE POLICY p ON {t.name} USING (id IN (SELECT id FROM {child(t, s)} WHERE note <> current_setting('app.u', true)))",
], lambda t: (t.name, "row security"))  # fmt: skip


def _set_for_database(name: str, *others: str) -> None:
    settings = [for_database(one) for one in (name, *others)]
    on_table(f"ALTER DATABASE SET {name}", "regression", lambda t, s: settings, lambda t: (name.split()[0],))


_set_for_database("enable_indexscan = off", "enable_bitmapscan = off", "enable_indexonlyscan = off")
_set_for_database("random_page_cost = 900")
_set_for_database("enable_nestloop = off")
on_table(
    "index on the sort column alone",
    "regression",
    lambda t, s: [
        f"CREATE INDEX ix_{t.name}_sorted ON {t.name} ({t.arrived})",
        *(f"DROP INDEX {one.name}" for one in s.indexes if one.name == f"ix_{t.name}_parent"),
    ],
    lambda t: (f"ix_{t.name}_parent",),
)

on_table("column added", "harmless", lambda t, s: [f"ALTER TABLE {t.name} ADD COLUMN extra int"])
on_table(
    "column with default added",
    "harmless",
    lambda t, s: [f"ALTER TABLE {t.name} ADD COLUMN extra text DEFAULT 'x' NOT NULL"],
)
on_table("index added", "harmless", lambda t, s: [f"CREATE INDEX ON {t.name} (total, note)"])
on_table("int to bigint", "harmless", lambda t, s: [f"ALTER TABLE {t.name} ALTER number TYPE bigint"])
on_table("check added", "harmless", lambda t, s: [f"ALTER TABLE {t.name} ADD CHECK (total >= 0)"])
on_table("comment", "harmless", lambda t, s: [f"COMMENT ON TABLE {t.name} IS 'x'"])
on_table("grant to an unknown role", "harmless", lambda t, s: [f"GRANT SELECT ON {t.name} TO reporting"])
on_table(
    "new table",
    "harmless",
    lambda t, s: [
        f"CREATE TABLE extras (id bigint PRIMARY KEY, {t.name}_id bigint REFERENCES {t.name})",
        f"CREATE INDEX ON extras ({t.name}_id)",
    ],
)
on_table(
    "foreign key with index",
    "harmless",
    lambda t, s: [
        f"ALTER TABLE {child(t, s)} ADD COLUMN payer_id bigint REFERENCES {t.name}",
        f"CREATE INDEX ON {child(t, s)} (payer_id)",
    ],
)
on_table(
    "renamed with a view in its place",
    "harmless",
    lambda t, s: [
        f"ALTER TABLE {t.name} RENAME TO {t.name}_base",
        f"CREATE VIEW {t.name} AS SELECT * FROM {t.name}_base",
    ],
)
on_table(
    "table copied with its indexes",
    "harmless",
    lambda t, s: [*copied(t), f"ALTER TABLE {t.name} ADD PRIMARY KEY (id)", *indexes(s, t)],
)
on_table(
    "moved to another schema",
    "harmless",
    lambda t, s: [
        "CREATE SCHEMA sales",
        f"ALTER TABLE {t.name} SET SCHEMA sales",
        for_database("search_path = public, sales"),
    ],
)
on_table("fillfactor", "harmless", lambda t, s: [f"ALTER TABLE {t.name} SET (fillfactor = 90)"])
on_table(
    "data migration that reads rows", "harmless", lambda t, s: [f"UPDATE {t.name} SET note = '' WHERE note IS NULL"]
)
on_table("extended statistics", "harmless", lambda t, s: [f"CREATE STATISTICS st ON {t.state}, number FROM {t.name}"])
on_table(
    "generated column",
    "harmless",
    lambda t, s: [f"ALTER TABLE {t.name} ADD COLUMN twice numeric GENERATED ALWAYS AS (total * 2) STORED"],
)
on_table(
    "view over it", "harmless", lambda t, s: [f"CREATE VIEW v AS SELECT id FROM {t.name} WHERE {t.state} = '{COMMON}'"]
)
on_table(
    "row security for other roles",
    "harmless",
    lambda t, s: [f"ALTER TABLE {t.name} ENABLE ROW LEVEL SECURITY", f"CREATE POLICY p ON {t.name} USING (total < 0)"],
)
on_table("ALTER DATABASE SET of no matter", "harmless", lambda t, s: [for_database("work_mem = ''64MB''")])
on_table("nothing", "harmless", lambda t, s: [])
