"""Kinds of revisions: tables rebuilt, split, put behind views or row security."""

from __future__ import annotations

from benchmarks.gate.kinds.revisions import child, copied, indexes, on_table, partitioned
from benchmarks.gate.shop import Shop, Table


def _columns(table: Table) -> list[str]:
    key = [table.key] if table.parent else []
    return ["id", *key, table.state, table.arrived, table.code, "email", "number", "total", "note"]


def _behind(table: Table, *, expression: str, column: str) -> list[str]:
    """Return what puts a view in a table's place in which one column is computed."""
    listed = ", ".join(f"{expression} AS {column}" if one == column else one for one in _columns(table))
    base = f"{table.name}_base"
    return [f"ALTER TABLE {table.name} RENAME TO {base}", f"CREATE VIEW {table.name} AS SELECT {listed} FROM {base}"]


def _served(table: Table, shop: Shop) -> tuple[str, str]:
    """Return a column that an index serves, and an expression of the same values."""
    found = {one.name for one in shop.indexes}
    if f"ix_{table.name}_code" in found:
        return table.code, f"upper({table.code})"
    if f"ix_{table.name}_number" in found:
        return "number", "number + 0"
    return "id", "id + 0"


on_table(
    "view in its place computes a column",
    "regression",
    lambda t, s: _behind(t, column=_served(t, s)[0], expression=_served(t, s)[1]),
)
on_table(
    "view in its place numbers the rows",
    "regression",
    lambda t, s: [
        f"ALTER TABLE {t.name} RENAME TO {t.name}_base",
        f"CREATE VIEW {t.name} AS SELECT *, row_number() OVER (ORDER BY total) AS place FROM {t.name}_base",
    ],
)
on_table(
    "table made by CREATE TABLE AS",
    "regression",
    lambda t, s: [
        f"CREATE TABLE {t.name}_new AS SELECT * FROM {t.name}",
        f"DROP TABLE {t.name} CASCADE",
        f"ALTER TABLE {t.name}_new RENAME TO {t.name}",
    ],
    lambda t: (t.name, "index"),
)
on_table(
    "table copied with its key alone",
    "regression",
    lambda t, s: [*copied(t), f"ALTER TABLE {t.name} ADD PRIMARY KEY (id)"],
    lambda t: (t.name, "index"),
)
on_table(
    "filled copy without indexes attached",
    "regression",
    lambda t, s: [
        f"ALTER TABLE {t.name} RENAME TO {t.name}_old",
        f"CREATE TABLE {t.name}_all AS SELECT * FROM {t.name}_old",
        f"CREATE TABLE {t.name} (LIKE {t.name}_old) PARTITION BY RANGE ({t.arrived})",
        *(f"ALTER TABLE {t.name}_all ALTER {one} SET NOT NULL" for one in _columns(t)[:-1]),
        f"ALTER TABLE {t.name} ATTACH PARTITION {t.name}_all FOR VALUES FROM ('2024-01-01') TO ('2028-01-01')",
        f"DROP TABLE {t.name}_old CASCADE",
    ],
    lambda t: (t.name, "index"),
)
on_table(
    "itself attached as a partition",
    "harmless",
    lambda t, s: [
        f"ALTER TABLE {t.name} RENAME TO {t.name}_all",
        f"CREATE TABLE {t.name} (LIKE {t.name}_all) PARTITION BY RANGE ({t.arrived})",
        f"ALTER TABLE {t.name} ATTACH PARTITION {t.name}_all FOR VALUES FROM ('2024-01-01') TO ('2028-01-01')",
    ],
)
on_table(
    "table partitioned with indexes",
    "harmless",
    lambda t, s: [*partitioned(t), f"CREATE INDEX ON {t.name} (id)", *indexes(s, t)],
)
on_table(
    "row security before a function",
    "regression",
    lambda t, s: [
        f"ALTER TABLE {t.name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {t.name} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY p ON {t.name} USING (total >= 0)",
    ],
    lambda t: (t.name, "row security"),
)
on_table(
    "row security on two tables",
    "regression",
    lambda t, s: [
        line
        for one in (t.name, child(t, s))
        for line in (
            f"ALTER TABLE {one} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {one} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY p ON {one} USING (total >= (SELECT avg(total) - 100000 FROM {t.name} x))",
        )
    ][:3],
    lambda t: (t.name, "row security"),
)
on_table(
    "cascading foreign key without index",
    "regression",
    lambda t, s: [f"ALTER TABLE {child(t, s)} ADD COLUMN owner_id bigint REFERENCES {t.name} ON DELETE CASCADE"],
    lambda t: ("owner_id", "foreign key"),
    2_000,
)
on_table(
    "key's type changed under a join",
    "regression",
    lambda t, s: [
        f"ALTER TABLE {t.name} DROP CONSTRAINT {t.name}_pkey CASCADE",
        f"ALTER TABLE {t.name} ALTER id TYPE numeric",
        f"CREATE INDEX {t.name}_id ON {t.name} ((id::text))",
    ],
)
on_table("key to numeric", "regression", lambda t, s: [
    f"ALTER TABLE {t.name} DROP CONSTRAINT {t.name}_pkey CASCADE",
    f"ALTER TABLE {t.name} ALTER id TYPE numeric", f"ALTER TABLE {t.name} ADD PRIMARY KEY (id)",
])  # fmt: skip
on_table("text to varchar", "harmless", lambda t, s: [f"ALTER TABLE {t.name} ALTER {t.code} TYPE varchar(64)"])
on_table("time without zone", "harmless", lambda t, s: [
    f"ALTER TABLE {t.name} ALTER {t.arrived} TYPE timestamp USING {t.arrived} AT TIME ZONE 'UTC'"
])  # fmt: skip
on_table("wider numeric", "harmless", lambda t, s: [f"ALTER TABLE {t.name} ALTER total TYPE numeric(14,2)"])
on_table("default set", "harmless", lambda t, s: [f"ALTER TABLE {t.name} ALTER note SET DEFAULT ''"])
on_table("inherited by an empty table", "harmless", lambda t, s: [f"CREATE TABLE {t.name}_kept () INHERITS ({t.name})"])
on_table("autovacuum's settings", "harmless", lambda t, s: [
    f"ALTER TABLE {t.name} SET (autovacuum_vacuum_scale_factor = 0.05)"
])  # fmt: skip
on_table("materialised view over it", "harmless", lambda t, s: [
    f"CREATE MATERIALIZED VIEW mv AS SELECT {t.state}, count(*) FROM {t.name} GROUP BY 1"
])  # fmt: skip
on_table("trigger that does nothing", "harmless", lambda t, s: [
    "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
    f"CREATE TRIGGER nothing BEFORE INSERT ON {t.name} FOR EACH ROW EXECUTE FUNCTION nothing()",
])  # fmt: skip
on_table("new table filled from it", "harmless", lambda t, s: [
    f"CREATE TABLE archive AS SELECT * FROM {t.name} WHERE id < 100"
])  # fmt: skip
on_table("index on a new column", "harmless", lambda t, s: [
    f"ALTER TABLE {t.name} ADD COLUMN extra int DEFAULT 0", f"CREATE INDEX ON {t.name} (extra)"
])  # fmt: skip
