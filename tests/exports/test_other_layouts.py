"""Monitors' exports of a server's real statistics give the statements pg_stat_statements gives."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from advisor.capture.detect import detect
from advisor.capture.exports import read_export
from advisor.capture.exports.export import StatementExport
from advisor.capture.files.source import Source
from advisor.workload.exports.export_rows import workload_of
from tests.exports.conftest import Exporter, read

NAMES = "JOIN pg_database d ON d.oid = s.dbid JOIN pg_roles r ON r.oid = s.userid"
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()
HOUR = 3600.0


def detected(data: bytes, name: str = "export") -> tuple[str, StatementExport]:
    """Return the layout that was recognised, and the export."""
    source = Source(name, lambda: io.BytesIO(data))
    found = detect(source.head(), name)
    (export,) = read_export(source, found)
    return found.reader.NAME, export


def rows(exporter: Exporter) -> list[dict[str, Any]]:
    """Return the server's statistics of our databases as JSON objects."""
    query = exporter.select("s.*, d.datname, r.rolname", NAMES)
    return json.loads(exporter.psql(f"SELECT json_agg(s) FROM ({query}) s", "-At"))


def calls(export: StatementExport) -> dict[tuple[str, str | None], tuple[float, float]]:
    """Return calls and rounded time of each query."""
    return {(q.id, q.database): (round(q.calls, 3), round(q.total_ms, 3)) for q in workload_of([export]).queries}


@pytest.fixture
def expected(exporter: Exporter) -> dict[tuple[str, str | None], tuple[float, float]]:
    return calls(read(exporter.copy(exporter.select("s.*, d.datname, r.rolname", NAMES))))


# pg_stat_monitor ------------------------------------------------------------------------------------------------------

MONITOR = """
    0 AS bucket, timestamptz '2026-03-01 12:00+00' + (row_number() OVER (ORDER BY queryid) % 3) * interval '60 s'
        AS bucket_start_time,
    userid, r.rolname AS username, dbid, d.datname, '127.0.0.1'::inet AS client_ip, queryid AS pgsm_query_id, queryid,
    toplevel, NULL AS top_queryid, query, NULL AS comments, NULL AS planid, NULL AS query_plan, NULL AS top_query,
    'shop' AS application_name, '{}'::text[] AS relations, 1 AS cmd_type, 'SELECT' AS cmd_type_text, 0 AS elevel,
    NULL AS sqlcode, NULL AS message, calls, total_exec_time, min_exec_time, max_exec_time, mean_exec_time,
    stddev_exec_time, rows, shared_blks_hit, shared_blks_read, '{1,0}'::text[] AS resp_calls, 0.1 AS cpu_user_time,
    true AS bucket_done
"""


def test_pg_stat_monitor_buckets_add_up(exporter: Exporter, expected: dict[Any, Any]) -> None:
    name, export = detected(exporter.copy(exporter.select(MONITOR, NAMES)))
    assert name == "pg_stat_monitor"
    assert calls(export) == expected
    assert export.interval == (BEGIN, BEGIN + 180)
    assert "unknown columns (kept)" not in export.coverage.settings


def test_pg_stat_monitor_errors_are_left_out_and_counted(exporter: Exporter) -> None:
    failing = MONITOR.replace("0 AS elevel", "CASE WHEN calls = 7 THEN 21 ELSE 0 END AS elevel")
    _, export = detected(exporter.copy(exporter.select(failing, NAMES)))
    assert export.coverage.skipped["ended in an error"].count == sum(row["calls"] == 7 for row in rows(exporter)) > 0


# Azure Query Store and PgHero -----------------------------------------------------------------------------------------

QUERY_STORE = """
    row_number() OVER (ORDER BY queryid) AS runtime_stats_entry_id, userid AS user_id, dbid AS db_id,
    queryid AS query_id, query AS query_sql_text, 1 AS plan_id,
    timestamptz '2026-03-01 12:00+00' AS start_time, timestamptz '2026-03-01 12:15+00' AS end_time,
    calls, total_exec_time AS total_time, min_exec_time AS min_time, max_exec_time AS max_time,
    mean_exec_time AS mean_time, stddev_exec_time AS stddev_time, rows, shared_blks_hit, shared_blks_read,
    calls = 7 AS is_system_query, 'select' AS query_type
"""


def test_the_windows_of_azures_query_store(exporter: Exporter) -> None:
    name, export = detected(exporter.copy(exporter.select(QUERY_STORE)))
    whole = read(exporter.copy(exporter.select()))
    assert name == "Azure Query Store"
    left_out = export.coverage.skipped["statement of the service itself"].count
    assert left_out > 0 and len(export.rows) + left_out == len(whole.rows)
    assert export.interval == (BEGIN, BEGIN + 900)


PGHERO = """
    row_number() OVER (ORDER BY queryid) AS id, d.datname AS database, r.rolname AS "user", query,
    queryid AS query_hash, total_exec_time AS total_time, calls,
    timestamp '2026-03-01 12:00' + (row_number() OVER (ORDER BY queryid) % 2) * interval '5 minutes' AS captured_at
"""


def test_the_captures_of_pghero_add_up(exporter: Exporter, expected: dict[Any, Any]) -> None:
    name, export = detected(exporter.copy(exporter.select(PGHERO, NAMES)))
    assert name == "PgHero query stats"
    assert without_nesting(calls(export)) == without_nesting(expected)
    assert export.interval == (BEGIN - 300, BEGIN + 300)


# Prometheus -----------------------------------------------------------------------------------------------------------


def quoted(text: str) -> str:
    return '"' + text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") + '"'


def series(exporter: Exporter) -> list[tuple[str, dict[str, str], float]]:
    """Return the samples postgres_exporter would expose."""
    found = []
    for row in rows(exporter):
        labels = {"user": row["rolname"], "datname": row["datname"], "queryid": str(row["queryid"])}
        found.append(("pg_stat_statements_calls_total", labels, row["calls"]))
        found.append(("pg_stat_statements_seconds_total", labels, row["total_exec_time"] / 1000))
        found.append(("pg_stat_statements_rows_total", labels, row["rows"]))
        text = {"queryid": str(row["queryid"]), "query": row["query"]}
        found.append(("pg_stat_statements_query_id", text, 1))
    return found


def exposition(exporter: Exporter, *, texts: bool = True) -> bytes:
    lines = ["# HELP pg_up Whether the last scrape succeeded", "# TYPE pg_up gauge", "pg_up 1"]
    for metric, labels, value in series(exporter):
        if texts or "query" not in labels:
            inner = ",".join(f"{name}={quoted(label)}" for name, label in labels.items())
            lines.append(f"{metric}{{{inner}}} {value!r}")
    return "\n".join(lines).encode() + b"\n"


def without_nesting(numbers: dict[Any, Any]) -> dict[Any, Any]:
    return {(query.removesuffix(".nested"), database): found for (query, database), found in numbers.items()}


def test_a_scrape_of_postgres_exporter_is_read(exporter: Exporter, expected: dict[Any, Any]) -> None:
    name, export = detected(exposition(exporter))
    assert name == "Prometheus"
    assert without_nesting(calls(export)) == without_nesting(expected)
    assert export.cumulative


def test_a_scrape_without_texts_names_the_flag(exporter: Exporter) -> None:
    with pytest.raises(Exception, match="include_query"):
        detected(exposition(exporter, texts=False))


def answer(exporter: Exporter, times: list[float], factor: list[float]) -> bytes:
    result = [
        {"metric": {"__name__": metric, "instance": "db1:9187", **labels},
         "values": [[time, repr(value * times)] for time, times in zip(times, factor, strict=True)]}
        for metric, labels, value in series(exporter)
    ]  # fmt: skip
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}).encode()


def test_a_range_query_counts_what_was_gained(exporter: Exporter, expected: dict[Any, Any]) -> None:
    name, export = detected(answer(exporter, [BEGIN, BEGIN + 60, BEGIN + 120], [1, 2, 3]))
    assert name == "Prometheus"
    doubled = {query: (2 * number, pytest.approx(2 * total, abs=0.01)) for query, (number, total) in expected.items()}
    assert without_nesting(calls(export)) == without_nesting(doubled)
    assert export.interval == (BEGIN, BEGIN + 120) and not export.cumulative


def test_a_counter_reset_within_a_range_loses_nothing_after_it(exporter: Exporter) -> None:
    _, whole = detected(answer(exporter, [BEGIN, BEGIN + 60], [0, 3]))
    _, reset = detected(answer(exporter, [BEGIN, BEGIN + 60, BEGIN + 120], [0, 2, 1]))
    assert reset.coverage.executions == whole.coverage.executions


# Performance Insights -------------------------------------------------------------------------------------------------


def dimension_keys(exporter: Exporter) -> dict[str, Any]:
    """Return what `aws pi describe-dimension-keys` would answer for one hour."""
    return {
        "AlignedStartTime": BEGIN,
        "AlignedEndTime": BEGIN + HOUR,
        "Keys": [
            {
                "Dimensions": {
                    "db.sql_tokenized.id": f"pi-{row['queryid']}",
                    "db.sql_tokenized.statement": row["query"],
                },
                "Total": row["total_exec_time"] / 1000 / HOUR,
                "AdditionalMetrics": {
                    "db.sql_tokenized.stats.calls_per_sec.avg": row["calls"] / HOUR,
                    "db.sql_tokenized.stats.rows_per_sec.avg": row["rows"] / HOUR,
                    "db.sql_tokenized.stats.avg_latency_per_call.avg": row["mean_exec_time"],
                },
            }
            for row in rows(exporter)
            if row["datname"] == exporter.databases["billing"]
        ],
    }  # fmt: skip


def of_billing(exporter: Exporter, expected: dict[Any, Any]) -> dict[Any, Any]:
    billing = exporter.databases["billing"]
    return {
        (query.removesuffix(f"@{billing}"), None): (number, pytest.approx(total, abs=0.01))
        for (query, database), (number, total) in expected.items()
        if database == billing
    }


def test_dimension_keys_of_performance_insights(exporter: Exporter, expected: dict[Any, Any]) -> None:
    name, export = detected(json.dumps(dimension_keys(exporter)).encode())
    assert name == "Performance Insights"
    assert calls(export) == of_billing(exporter, expected)
    assert workload_of([export]).days == 1 / 24


def test_load_stands_in_for_a_missing_latency(exporter: Exporter, expected: dict[Any, Any]) -> None:
    document = dimension_keys(exporter)
    for key in document["Keys"]:
        del key["AdditionalMetrics"]["db.sql_tokenized.stats.avg_latency_per_call.avg"]
    _, export = detected(json.dumps(document).encode())
    assert calls(export) == of_billing(exporter, expected)


def test_resource_metrics_of_performance_insights(exporter: Exporter, expected: dict[Any, Any]) -> None:
    document = dimension_keys(exporter)
    metrics = [
        {"Key": {"Metric": metric, "Dimensions": key["Dimensions"]},
         "DataPoints": [{"Timestamp": BEGIN + 60, "Value": value}, {"Timestamp": BEGIN + 120}]}
        for key in document.pop("Keys")
        for metric, value in key["AdditionalMetrics"].items()
    ]  # fmt: skip
    document["AlignedStartTime"] = "2026-03-01T12:00:00+00:00"
    document["AlignedEndTime"] = "2026-03-01T13:00:00+00:00"
    _, export = detected(json.dumps({**document, "Identifier": "db-X", "MetricList": metrics}).encode())
    assert calls(export) == of_billing(exporter, expected)


# Datadog --------------------------------------------------------------------------------------------------------------


def payloads(exporter: Exporter) -> list[dict[str, Any]]:
    """Return what the agent would send in two collections."""
    rows_ = [
        {**{name: row[name] for name in ("calls", "rows", "datname", "rolname", "queryid", "shared_blks_hit")},
         "total_exec_time": row["total_exec_time"], "query_signature": "0123456789abcdef",
         "query": re.sub(r"\$\d+", "?", row["query"]).replace("? /*, ... */", "?")}
        for row in rows(exporter)
        if row["toplevel"]
    ]  # fmt: skip
    common = {"host": "db1", "min_collection_interval": 10, "ddagentversion": "7.60.0"}
    return [
        {**common, "timestamp": (BEGIN + 10 * number) * 1000, "postgres_rows": rows_[number::2]} for number in range(2)
    ]


@pytest.mark.parametrize("lines", [False, True], ids=["array", "lines"])
def test_datadog_payloads_add_up_and_their_texts_parse(
    exporter: Exporter, expected: dict[Any, Any], lines: bool
) -> None:
    parts = payloads(exporter)
    data = "\n".join(map(json.dumps, parts)) if lines else json.dumps(parts)
    name, export = detected(data.encode())
    assert name == "Datadog DBM"
    assert not [query.text for query in workload_of([export]).queries if query.unparsed]
    assert calls(export) == {query: found for query, found in expected.items() if ".nested" not in query[0]}
    assert export.interval == (BEGIN - 10, BEGIN + 10)


# Plain SQL ------------------------------------------------------------------------------------------------------------

SQL = b"""-- what the reports page runs
\\timing on
SET search_path = public;
SELECT * FROM invoice WHERE customer = :customer AND at > :since;
WITH c AS (SELECT ';' AS semicolon) SELECT * FROM c;
UPDATE invoice SET note = %(note)s WHERE id = %s;
/* again */ SELECT * FROM invoice WHERE customer = 7 AND at > now();
DELETE FROM invoice WHERE id = ?
"""


def test_values_in_a_sql_file_become_samples_to_plan_with() -> None:
    text = b"SELECT * FROM invoice WHERE customer = 7 AND note = 'a';\nselect * from invoice where customer = 8 and note = 'b';"
    _, export = detected(text, "reports.sql")
    (query,) = workload_of([export]).queries
    assert query.calls == 2
    assert query.text.lower() == "select * from invoice where customer = $1 and note = $2"
    assert {sample.text.lower().partition(" and ")[0][-1] for sample in query.samples} == {"7", "8"}
    assert [sorted(value or "" for value, _ in slot.common) for slot in query.slots] == [["7", "8"], ["a", "b"]]


def test_a_plain_sql_file_weighs_its_statements_alike() -> None:
    name, export = detected(SQL, "reports.sql")
    workload = workload_of([export])
    assert name == "SQL file"
    assert len(workload.queries) == 5
    assert "customer = $1 AND at > $2" in "".join(query.text for query in workload.queries)
    assert {query.mean_ms for query in workload.queries} == {1.0}
    assert all(query.unparsed is None and query.measured == "nominal" for query in workload.queries)
    assert export.coverage.skipped["not a query"].count == 1
    assert any("weighs the same" in note for note in workload.notes)
    assert workload.days is None
