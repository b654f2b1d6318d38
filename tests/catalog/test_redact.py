"""No production value leaves in a redacted snapshot, and what does not depend on values stays exact."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from advisor.catalog.redaction.redact_snapshot import redacted_statistics
from advisor.catalog.redaction.redact_statements import redacted_text
from advisor.catalog.snapshot import Snapshot, load_snapshot, redacted, save_snapshot, take_snapshot
from advisor.catalog.statistics import ColumnStatistics, Statistics
from advisor.twin.servers.server import Server
from advisor.twin.start import start_twin

SECRETS = re.compile(
    r"secret|person\d|77777777|203\.0\.113|\b1951-|QXZ|QWV|QKJ|7654\d{3}|2024-03-01 14:11:56|2024-04-16 00|13:07"
    r"|\\x006f52|hunter2|1\.37"
)


@pytest.fixture(scope="module")
def snapshot(shop: Server) -> Snapshot:
    with shop.connect("shop") as connection:
        if connection.execute("SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements'").fetchone():
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        connection.execute("DROP ROLE IF EXISTS guest; CREATE ROLE guest PASSWORD 'hunter2'")
        connection.execute("SELECT count(*) FROM crm.customers WHERE name = 'x' /* user='secret' */ ORDER BY 1")
    return take_snapshot(shop.url("shop"))


def test_no_file_of_a_redacted_snapshot_holds_a_value(snapshot: Snapshot, tmp_path: Path) -> None:
    save_snapshot(snapshot, tmp_path / "plain")
    save_snapshot(redacted(snapshot), tmp_path / "redacted")
    plain = "".join(file.read_text() for file in (tmp_path / "plain").iterdir())
    assert len(set(SECRETS.findall(plain))) > 15
    for file in (tmp_path / "redacted").iterdir():
        assert not SECRETS.findall(file.read_text()), file.name


def test_what_is_no_value_stays_exact_and_every_value_loads_in_its_order(snapshot: Snapshot, shop: Server) -> None:
    before, after = snapshot.statistics, redacted(snapshot).statistics
    assert (after.relations, after.activity) == (before.relations, before.activity)
    assert after.columns.keys() == before.columns.keys()
    with shop.connect("shop") as connection:
        for key, entry in (*after.columns.items(), *after.inherited.items()):
            original = (before.inherited if entry.inherited else before.columns)[key]
            assert _shape(entry) == _shape(original), key
            if bounds := entry.histogram_bounds:
                kind = before.types[key].replace("enum", "crm.stage")
                text = sql.SQL("SELECT {} = (SELECT array_agg(b ORDER BY b) FROM unnest({}) b)").format(
                    *[sql.SQL("{}::" + kind + "[]").format(list(bounds))] * 2
                )
                assert connection.execute(text).fetchone() == (True,), key


def _shape(entry: ColumnStatistics) -> tuple[object, ...]:
    counts = (entry.most_common_vals, entry.histogram_bounds, entry.most_common_elems)
    return (
        entry.null_frac, entry.avg_width, entry.n_distinct, entry.correlation, entry.most_common_freqs,
        entry.most_common_elem_freqs, entry.elem_count_histogram,
        *(values and (len(values), len(set(values))) for values in counts),
    )  # fmt: skip


def test_what_the_schema_says_anyway_stays(snapshot: Snapshot) -> None:
    before, after = snapshot.statistics, redacted(snapshot).statistics
    for column in ("stage", "active"):
        assert after.columns["crm", "customers", column] == before.columns["crm", "customers", column]
    checked = replace(snapshot, schema_sql="CHECK (name = ANY (ARRAY['Secret Name 7', 'it''s']))")
    common = redacted(checked).statistics.columns["crm", "customers", "name"].most_common_vals
    assert common and [value for value in common if "Secret" in value] == ["Secret Name 7"]


def test_redaction_says_what_it_costs_and_is_written_down(snapshot: Snapshot, tmp_path: Path) -> None:
    changed = redacted(snapshot)
    notes = "\n".join(changed.notes)
    assert (
        "hold surrogates" in notes
        and "costs precision" in notes
        and "crm.customers.initials (33% of the rows)" in notes
    )
    assert "crm.customers.visits" in notes
    save_snapshot(changed, tmp_path)
    assert load_snapshot(tmp_path) == changed and changed.redacted and changed.statistics.redacted
    assert redacted(changed) == changed


def test_a_twin_takes_every_surrogate_and_joins_as_before(snapshot: Snapshot) -> None:
    join = (
        'SELECT c.stage, count(*) FROM crm.customers c JOIN crm."Order Lines" l ON l.customer_id = c.id'
        " WHERE l.placed > '2025-06-01' AND c.score IS NULL GROUP BY c.stage"
    )
    costs = []
    for each in (snapshot, redacted(snapshot)):
        with start_twin(each) as twin, twin.connect() as connection:
            assert not [note for note in twin.notes if "not used" in note or "violates" in note]
            row = connection.execute(f"EXPLAIN (FORMAT JSON) {join}".encode()).fetchone()
            assert row
            costs.append(row[0][0]["Plan"]["Total Cost"])
    assert costs[1] == pytest.approx(costs[0], rel=0.01)


def test_a_column_of_unknown_type_keeps_no_value() -> None:
    entry = ColumnStatistics(0.1, 8, 5.0, ("POINT(1 2)",), (0.5,), ("a", "b"), 0.3, low="a", high="b")
    found, notes = redacted_statistics(
        Statistics(columns={("s", "t", "c"): entry}, types={("s", "t", "c"): "geometry"})
    )
    assert found.columns["s", "t", "c"] == ColumnStatistics(0.1, 8, 5.0, correlation=0.3)
    assert "s.t.c" in notes[-1]


_TYPES = {
    "integer": st.integers(-(2**31), 2**31 - 1).map(str),
    "bigint": st.integers(-(2**63), 2**63 - 1).map(str),
    "numeric(6,2)": st.integers(-999999, 999999).map(lambda n: f"{n / 100:.2f}"),
    "text": st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6),
    "uuid": st.uuids().map(str),
    "date": st.dates().map(str),
    "timestamp with time zone": st.datetimes().map(lambda when: when.isoformat(" ").ljust(19) + "+00"),
}


@given(st.data())
def test_order_equality_and_counts_survive_for_any_values(data: st.DataObject) -> None:
    type_name = data.draw(st.sampled_from(sorted(_TYPES)))
    numeric = type_name in ("integer", "bigint", "numeric(6,2)")
    values = sorted(
        data.draw(st.sets(_TYPES[type_name], min_size=2, max_size=30)), key=Decimal if numeric else str.encode
    )
    key = ("s", "t", "c")
    entry = ColumnStatistics(0, 4, -1, tuple(values[::2]), tuple(0.01 for _ in values[::2]), tuple(values))
    found = redacted_statistics(Statistics(columns={key: entry}, types={key: type_name}))[0].columns[key]
    assert found.histogram_bounds and len(set(found.histogram_bounds)) == len(values)
    assert found.most_common_vals == found.histogram_bounds[::2]
    assert not set(found.histogram_bounds) & set(values) or type_name not in ("text", "timestamp with time zone")
    ordered = sorted(found.histogram_bounds, key=Decimal if numeric else str.encode)
    assert list(found.histogram_bounds) == ordered


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "SELECT $1 FROM t WHERE a = 'x''y' AND b = $2 ORDER BY 1",
            "SELECT $1 FROM t WHERE a = $3 AND b = $2 ORDER BY 1",
        ),
        ("ALTER ROLE x PASSWORD 'p'", "ALTER ROLE x PASSWORD $1"),
        ("SELECT /* who='me' */ 1 -- and 'you'", "SELECT  1 "),
        ("SELECT 'ü', $$body$$, E'\\n', 12345, varchar(40) 'ü' -- ü", "SELECT $1, $2, $3, $4, varchar(40) $5 "),
        ("SELECT 'open", None),
    ],
)
def test_constants_and_comments_leave_statement_texts(text: str, expected: str | None) -> None:
    assert redacted_text(text) == expected
