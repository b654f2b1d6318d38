"""The b-trees we write are b-trees: PostgreSQL's own checker finds no fault, and reads the planted ends from them."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from advisor.catalog.snapshot import Snapshot
from advisor.catalog.statistics import ColumnStatistics, RelationStatistics, Statistics
from advisor.twin.contents.sizing import recorded_rows
from advisor.twin.start import start_twin
from benchmarks.twin_fidelity import VERSIONS

SCHEMA = """
CREATE DOMAIN code AS text;
CREATE TABLE t (i int, b bigint, n numeric, x text, c code, d date, z timestamptz, u uuid, f float8, k bool, note text);
CREATE INDEX ON t (i); CREATE INDEX ON t (b DESC) INCLUDE (x); CREATE INDEX ON t (n, i); CREATE INDEX ON t (x, d, u);
CREATE INDEX ON t (c); CREATE INDEX ON t (d DESC NULLS LAST, i); CREATE INDEX ON t (z); CREATE INDEX ON t (u, k);
CREATE INDEX ON t (f); CREATE INDEX ON t (k, b); CREATE INDEX ON t (note);
"""
ENDS = {
    "i": ("-5", "2147483647"), "b": ("1", "9000000000000"), "n": ("-12.50", "1e40"), "x": ("", "é" * 90),
    "c": ("A-1", "Z-9"), "d": ("1999-12-31", "infinity"), "z": ("2024-01-01 00:00:00+00", "2025-06-30 23:59:59.5+00"),
    "u": ("00000000-0000-0000-0000-000000000001", "ffffffff-ffff-ffff-ffff-ffffffffffff"), "f": ("-0.5", "1e300"),
    "k": ("f", "t"), "note": ("a", "z" * 5000),
}  # fmt: skip
TYPES = {
    "i": "int", "b": "bigint", "n": "numeric", "x": "text", "c": "text", "d": "date", "z": "timestamptz", "u": "uuid",
    "f": "float8", "k": "bool",
}  # fmt: skip
HEIGHTS = {"i": 0, "b": 1, "n": 2, "x": 3, "c": 4}


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    columns = {
        ("public", "t", name): ColumnStatistics(0.0, 8, -1.0, low=low, high=high) for name, (low, high) in ENDS.items()
    }
    relations = {("public", "t"): RelationStatistics(1e6, 10_000, 10_000)}
    for name in ENDS:
        suffix = {"b": "b_x", "n": "n_i", "x": "x_d_u", "d": "d_i", "u": "u_k", "k": "k_b"}.get(name, name)
        relations["public", f"t_{suffix}_idx"] = RelationStatistics(1e6, 3_000, height=HEIGHTS.get(name, 2))
    return Snapshot(SCHEMA, Statistics(relations, columns), {}, 180000)


@pytest.mark.parametrize("major", [major for major in sorted(VERSIONS) if major != 16])  # whose wheel has no amcheck
def test_the_checker_finds_no_fault_and_the_ends_can_be_read(snapshot: Snapshot, major: int) -> None:
    with (
        start_twin(replace(snapshot, server_version=major * 10_000)) as twin,
        psycopg.connect(twin.superuser, autocommit=True) as connection,
    ):
        assert twin.notes == ()
        connection.execute("CREATE EXTENSION amcheck; CREATE EXTENSION pageinspect; SET enable_seqscan = off")
        indexes = connection.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 't'::regclass"
        ).fetchall()
        assert len(indexes) == len(ENDS)
        for (index,) in indexes:
            connection.execute("SELECT bt_index_check(%s::regclass)", [index])
        for name, (low, high) in ENDS.items():
            if name != "note":  # too long to be planted
                assert ends(connection, name) == canonical(connection, name, low, high)
        levels = connection.execute("SELECT level FROM bt_metap('t_x_d_u_idx')").fetchone()
        assert levels == (3,)


def ends(connection: psycopg.Connection, name: str) -> tuple[str, str]:
    """Read both ends from the index alone: the table has no row to look at."""
    order = f"SELECT {name}::text FROM (SELECT {name} FROM t WHERE {name} IS NOT NULL ORDER BY {name}"
    low = connection.execute(f"{order} LIMIT 1) s".encode()).fetchone()
    high = connection.execute(f"{order} DESC LIMIT 1) s".encode()).fetchone()
    assert low is not None and high is not None, name
    return low[0], high[0]


def canonical(connection: psycopg.Connection, name: str, *values: str) -> tuple[str, ...]:
    row = connection.execute(f"SELECT %s::{TYPES[name]}::text, %s::{TYPES[name]}::text".encode(), values).fetchone()
    assert row is not None
    return tuple(row)


def test_a_table_never_analysed_is_recorded_as_its_version_does() -> None:
    assert [recorded_rows(rows, 130022) for rows in (-1.0, 0.0, 7.0)] == [0.0, 0.0, 7.0]
    assert [recorded_rows(rows, 180006) for rows in (-1.0, 0.0, 7.0)] == [-1.0, 0.0, 7.0]
