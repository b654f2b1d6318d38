"""Whatever the logging settings write about a statement, an execution is counted once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from advisor.twin.servers.server import Server, embedded_binaries
from advisor.workload.collect import collect
from advisor.workload.counting.fingerprints import identify
from advisor.workload.engines import blocks
from tests.capture_logs.session_mix import DATABASE, play, prepare
from tests.capture_logs.test_formats import unprepared

EXPLAIN = {"auto_explain.log_min_duration": "0", "auto_explain.log_analyze": "on"}

VARIATIONS: Mapping[str, Mapping[str, str]] = {
    "log_statement and log_duration": {"log_statement": "all", "log_duration": "on"},
    "log_statement and threshold 0": {"log_statement": "all", "log_min_duration_statement": "0"},
    "log_statement alone": {"log_statement": "all"},
    "threshold 0 and text plans": {"log_min_duration_statement": "0", **EXPLAIN},
    "threshold 0 and json plans": {"log_min_duration_statement": "0", **EXPLAIN, "auto_explain.log_format": "json"},
    "threshold 0 and xml plans": {"log_min_duration_statement": "0", **EXPLAIN, "auto_explain.log_format": "xml"},
    "threshold 0 and yaml plans": {"log_min_duration_statement": "0", **EXPLAIN, "auto_explain.log_format": "yaml"},
    "log_statement and plans": {"log_statement": "all", **EXPLAIN},
    "verbose": {"log_min_duration_statement": "0", "log_error_verbosity": "verbose"},
}

RESET = ("log_statement", "log_duration", "log_min_duration_statement", "log_error_verbosity",
         "auto_explain.log_min_duration", "auto_explain.log_analyze", "auto_explain.log_format")  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    settings = {
        "shared_preload_libraries": "pg_stat_statements,auto_explain",
        "logging_collector": "on",
        "log_destination": "stderr,csvlog,jsonlog",
        "log_directory": "log",
        "log_filename": "pg.log",
        "log_rotation_age": "0",
        "log_line_prefix": "%m [%p] %q%u@%d %c %v ",
    }
    with Server(embedded_binaries(), settings) as running:
        prepare(running)
        yield running


def played(server: Server, settings: Mapping[str, str], folder: Path) -> tuple[list[Path], Counter[str]]:
    """Play the mix under the settings; return the logs and pg_stat_statements' calls."""
    quiet = (
        "-c log_min_duration_statement=-1 -c log_statement=none -c log_duration=off -c auto_explain.log_min_duration=-1"
    )
    with psycopg.connect(server.conninfo(DATABASE), autocommit=True, options=quiet) as admin:
        for name in RESET:
            value = sql.SQL("ALTER SYSTEM SET {} = {}") if name in settings else sql.SQL("ALTER SYSTEM RESET {}")
            admin.execute(
                value.format(*[sql.Identifier(*name.split(".")), settings.get(name)][: 2 if name in settings else 1])
            )
        admin.execute("SELECT pg_reload_conf()")
        time.sleep(0.15)
        admin.execute("SELECT pg_stat_statements_reset()")
        logs = [server.data / "log" / f"pg.{ending}" for ending in ("log", "csv", "json")]
        begins = [log.stat().st_size for log in logs]
        play(server)
        rows = admin.execute(
            "SELECT query, calls::int FROM pg_stat_statements s JOIN pg_roles r ON r.oid = userid"
            " WHERE rolname <> 'postgres' AND toplevel"
        ).fetchall()
        admin.execute("DO $$ BEGIN RAISE LOG 'the end of it'; END $$")
    for _ in range(300):
        if all(b"the end of it" in log.read_bytes()[-3000:] for log in logs):
            break
        time.sleep(0.02)
    copies = []
    for log, begin in zip(logs, begins, strict=True):
        copies.append(folder / log.name)
        copies[-1].write_bytes(log.read_bytes()[begin:])
    calls: Counter[str] = Counter()
    for query, number in rows:
        calls[identify(unprepared(query).encode(), query.encode()).id] += number
    return copies, calls


@pytest.mark.parametrize("name", VARIATIONS)
def test_every_execution_counts_once(
    name: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs, calls = played(server, VARIATIONS[name], tmp_path)
    workloads = [collect([str(log)], jobs=1) for log in logs]
    for workload in workloads:
        prepares = {query.id for query in workload.queries if query.text.startswith("PREPARE")}
        counted = {query.id: query.calls for query in workload.queries if query.calls and query.id not in prepares}
        assert counted == {identity: number for identity, number in calls.items() if number}
        assert bool(any(query.plan for query in workload.queries)) == ("plans" in name)
    if "plans" in name:  # a cursor's plan may stand far behind its statement
        return
    monkeypatch.setattr(blocks, "SIZE", 3000)
    cut = collect([str(logs[0])], jobs=1)
    assert replace(cut, reuses=()) == replace(workloads[0], reuses=())


@pytest.mark.parametrize("form", ["text", "json", "xml", "yaml"])
def test_plans_alone_still_show_what_was_executed(form: str, server: Server, tmp_path: Path) -> None:
    logs, calls = played(server, {**EXPLAIN, "auto_explain.log_format": form}, tmp_path)
    for log in logs:
        workload = collect([str(log)], jobs=1)
        counted = {query.id: query.calls for query in workload.queries if query.calls}
        assert len(counted) >= 8 and sum(counted.values()) >= 200
        assert counted == {identity: number for identity, number in calls.items() if identity in counted}
        assert all(query.total_ms > 0 and query.plan for query in workload.queries if query.calls)
