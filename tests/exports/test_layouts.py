"""Every version's export gives the same workload, whatever columns and order it comes in."""

from __future__ import annotations

import random

import pytest

from advisor.capture.exports.export import StatementExport
from advisor.workload.exports.export_rows import workload_of
from tests.exports.conftest import VERSIONS, Exporter, read

COLUMNS = {"1.4": 23, "1.5": 23, "1.6": 23, "1.7": 23, "1.8": 32, "1.9": 33, "1.10": 43, "1.11": 49, "1.12": 52}


def numbers(export: StatementExport) -> list[tuple[object, ...]]:
    """Return what every version tells about each row."""
    return sorted(
        (row.query_id, row.database, row.user, row.text, row.calls, row.rows, round(row.total_ms, 6))
        for row in export.rows
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_gives_the_same_rows(exporter: Exporter, version: str) -> None:
    export = read(exporter.copy(exporter.select(), version=version))
    newest = read(exporter.copy(exporter.select()))
    assert export.coverage.settings["columns"] == str(COLUMNS[version])
    assert version in export.coverage.kind or "1.3–1.7" in export.coverage.kind
    if version in ("1.9", "1.10", "1.11", "1.12"):
        assert numbers(export) == numbers(newest)
    assert {row[0] for row in numbers(export)} == {row[0] for row in numbers(newest)}
    assert export.coverage.executions == newest.coverage.executions > 0
    assert not export.coverage.skipped


@pytest.mark.parametrize(("function", "version", "columns"), [("1_2", "1.2", 19), ("1_3", "1.3–1.7", 23)])
def test_layouts_older_than_any_script_the_server_ships(
    exporter: Exporter, function: str, version: str, columns: int
) -> None:
    timing = "OUT min_time float8, OUT max_time float8, OUT mean_time float8, OUT stddev_time float8," * (columns > 19)
    blocks = ", ".join(
        f"OUT {kind}_blks_{what} int8" for kind in ("shared", "local") for what in ("hit", "read", "dirtied", "written")
    )
    with exporter.server.connect(exporter.databases["empty"]) as connection:
        connection.execute("SET pg_stat_statements.track = 'none'")
        connection.execute(f"""
            CREATE FUNCTION statements_{function} (IN showtext boolean, OUT userid oid, OUT dbid oid,
                OUT queryid bigint, OUT query text, OUT calls int8, OUT total_time float8, {timing} OUT rows int8,
                {blocks}, OUT temp_blks_read int8, OUT temp_blks_written int8,
                OUT blk_read_time float8, OUT blk_write_time float8)
            RETURNS SETOF record AS '$libdir/pg_stat_statements', 'pg_stat_statements_{function}'
            LANGUAGE c STRICT VOLATILE
        """)
    query = f"SELECT * FROM statements_{function}(true) s WHERE {exporter.oids}"
    export = read(exporter.copy(query, version="empty"))
    assert export.coverage.kind == f"pg_stat_statements {version} (CSV)"
    assert export.coverage.settings["columns"] == str(columns)
    assert export.coverage.executions == read(exporter.copy(exporter.select())).coverage.executions


def test_columns_of_version_1_13_are_understood(exporter: Exporter) -> None:
    export = read(exporter.copy(exporter.select("s.*, calls AS generic_plan_calls, 0 AS custom_plan_calls")))
    assert export.coverage.kind == "pg_stat_statements 1.13 (CSV)"
    assert all(row.counters["generic_plan_calls"] == row.calls for row in export.rows)


def test_old_names_of_block_times_are_kept_under_the_new_ones(exporter: Exporter) -> None:
    for version in ("1.4", "1.10", "1.12"):
        export = read(exporter.copy(exporter.select(), version=version))
        assert all("shared_blk_read_time" in row.counters for row in export.rows)
        assert not any("blk_read_time" in row.counters for row in export.rows)


def test_the_order_of_columns_plays_no_part(exporter: Exporter) -> None:
    whole = read(exporter.copy(exporter.select()))
    names = ["userid", "dbid", "toplevel", "queryid", "query", "calls", "total_exec_time", "rows", "mean_exec_time"]
    for seed in range(5):
        random.Random(seed).shuffle(names)
        export = read(exporter.copy(exporter.select(", ".join(names))))
        assert numbers(export) == numbers(whole)
        assert export.coverage.kind == "pg_stat_statements columns (CSV)"


def test_unknown_columns_are_kept_and_named(exporter: Exporter) -> None:
    export = read(exporter.copy(exporter.select("s.*, 'blue' AS cluster, 7 AS \"Ticket No\"")))
    assert all(row.extra == {"cluster": "blue", "ticket_no": "7"} for row in export.rows)
    assert export.coverage.settings["unknown columns (kept)"] == "cluster, ticket_no"
    assert any("cluster, ticket_no" in note for note in export.notes)


def test_mean_times_calls_stands_in_for_a_missing_total(exporter: Exporter) -> None:
    export = read(exporter.copy(exporter.select("query, calls, mean_exec_time, queryid")))
    whole = read(exporter.copy(exporter.select()))
    assert sum(row.total_ms for row in export.rows) == pytest.approx(sum(row.total_ms for row in whole.rows))


def test_other_users_statements_are_counted_and_named(exporter: Exporter) -> None:
    query = f"SELECT * FROM pg_stat_statements WHERE {exporter.oids}"
    export = read(exporter.psql(query, "--csv", user="clerk"))
    whole = read(exporter.copy(exporter.select()))
    (reason,) = export.coverage.skipped
    assert "<insufficient privilege>" in reason
    assert export.coverage.skipped[reason].count == len(whole.rows) - len(export.rows) > 0
    assert any("pg_read_all_stats" in note for note in export.notes)


def test_users_are_summed_and_databases_kept_apart(exporter: Exporter) -> None:
    names = "JOIN pg_database d ON d.oid = s.dbid JOIN pg_roles r ON r.oid = s.userid"
    export = read(exporter.copy(exporter.select("d.datname, r.rolname, s.*", names)))
    queries = [q for q in workload_of([export]).queries if q.text.startswith("SELECT * FROM invoice WHERE id = ")]
    assert {query.database: (query.calls, query.users) for query in queries} == {
        exporter.databases["shop"]: (14, ("auditor", "clerk")),
        exporter.databases["billing"]: (7, ("clerk",)),
    }
    assert len({query.id for query in queries}) == 2


def test_statements_inside_functions_and_checks_are_kept_apart(exporter: Exporter) -> None:
    workload = workload_of([read(exporter.copy(exporter.select()))])
    (check,) = [query for query in workload.queries if "FOR KEY SHARE" in query.text]
    assert not check.top_level
    assert check.calls == 5
    assert check.id.endswith(".nested")
    assert any("inside functions" in note for note in workload.notes)


def test_when_and_since_when_it_counted_is_read_from_the_export(exporter: Exporter) -> None:
    information = "CROSS JOIN pg_stat_statements_info i"
    export = read(exporter.copy(exporter.select("now() AS captured_at, i.dealloc, i.stats_reset, s.*", information)))
    workload = workload_of([export])
    assert export.captured is not None and export.reset is not None and export.evictions == 0
    assert workload.begin == export.reset and workload.end == export.captured
    assert workload.days and workload.days > 0


def test_an_export_that_does_not_tell_when_says_so(exporter: Exporter) -> None:
    workload = workload_of([read(exporter.copy(exporter.select(), version="1.8"))])
    assert workload.days is None
    assert any("over which time" in note for note in workload.notes)
