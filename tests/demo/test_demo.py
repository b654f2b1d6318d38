"""One command shows the whole line: files in, proven migrations out, faster data, a gate that holds."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from advisor.output.terminal.screen import on_screen
from tests.demo.conftest import Demo

TOP = {
    "schema_version",
    "inputs",
    "coverage",
    "queries",
    "findings",
    "proposals",
    "proof",
    "plans",
    "explained",
    "failed",
    "fail_level",
}
PROPOSAL = {
    "id", "action", "schema", "table", "name", "ddl", "method", "columns", "keys", "include", "where", "unique", "storage",
    "size_bytes", "size", "benefit", "write_cost", "queries", "basis", "confidence", "reason", "replaces", "requires", "revision", "printed_keys",
    "accepted",
}  # fmt: skip
FINDING = {
    "id",
    "code",
    "name",
    "title",
    "level",
    "confidence",
    "table",
    "query",
    "evidence",
    "proposal",
    "fix",
    "cost",
    "silence",
    "statistics",
}
NPLUS1 = {"application", "parent_table", "child_table", "key_columns", "executions", "loops", "per_loop"}


def test_it_ends_well_and_without_a_traceback(demo: Demo) -> None:
    assert demo.status == 0, demo.stdout[-2000:] + demo.stderr[-4000:]
    assert "Traceback" not in demo.stderr


def test_every_revision_is_proven(demo: Demo) -> None:
    proof = demo.report["proof"]
    assert proof["passed"], [one for one in proof["revisions"] if not one["passed"]]
    creating = [one for one in demo.report["proposals"] if one["action"] != "drop"]
    assert len(creating) >= 5
    assert all(one["revision"] for one in demo.report["proposals"])


PLAN = {
    ("user_id", "created_at"): "sessions",
    ("session_id", "thread_type", "status"): "threads",
    ("boardroom_id", "is_active", "created_at"): "sessions",
}
"""The composites of the performance plan the system was modelled on."""

AS_PARTIAL = {("boardroom_id", "is_active", "created_at"): (("boardroom_id", "created_at"), "is_active")}
"""The same as a partial index, which serves as well (sql/systems/boardroom/expected.toml): its columns and predicate."""


def test_the_composites_of_the_performance_plan_are_proposed(demo: Demo) -> None:
    proposed = [
        (tuple(key["column"] for key in one["keys"]), one["table"], one["where"])
        for one in demo.report["proposals"]
        if one["action"] != "drop"
    ]
    for columns, table in PLAN.items():
        whole = any(keys[: len(columns)] == columns and on == table for keys, on, _ in proposed)
        fewer, predicate = AS_PARTIAL.get(columns, (columns, None))
        partial = any(keys[: len(fewer)] == fewer and (on, where) == (table, predicate) for keys, on, where in proposed)
        assert whole or partial, (columns, proposed)


def test_the_loop_over_sessions_threads_and_messages_is_found_with_parent_and_child(demo: Demo) -> None:
    loops = {
        (one["evidence"]["parent_table"], one["evidence"]["child_table"])
        for one in demo.report["findings"]
        if one["name"] == "n-plus-one"
    }
    assert {("sessions", "threads"), ("threads", "messages")} <= loops


def test_at_least_one_partial_and_one_covering_index_are_proposed(demo: Demo) -> None:
    creating = [one for one in demo.report["proposals"] if one["action"] != "drop"]
    assert any(one["where"] for one in creating)
    assert any(one["include"] for one in creating)


def test_database_time_falls_by_sixty_percent_or_more(demo: Demo) -> None:
    [total] = re.findall(r"^total .*\(([-+]\d+)%\)$", demo.stdout, re.MULTILINE)
    assert int(total) <= -60


def test_the_gate_passes_on_accepted_plans_and_names_the_query_and_the_index_that_was_lost(demo: Demo) -> None:
    accepted, lost = demo.stdout.split("7. Somebody's migration loses an index")
    assert "passed:" in accepted
    dropped = re.search(r"DROP INDEX (\S+);", lost)
    assert dropped
    assert re.search(rf"error PLN001 index-lost query \w+: index {dropped[1]} is gone", lost)
    assert "exit status 1" in lost


def test_it_leaves_no_process_behind(demo: Demo) -> None:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    [server] = set(re.findall(r"host=(\S*pgadvisor-\w+)&", demo.stdout))
    assert server not in listed
    assert not Path(server).exists()


def test_the_report_has_exactly_the_keys_of_the_contract(demo: Demo) -> None:
    report = demo.report
    assert set(report) == TOP
    assert report["schema_version"] == "1.1"
    assert all(set(proposal) == PROPOSAL for proposal in report["proposals"])
    assert all(set(finding) == FINDING for finding in report["findings"])


def test_both_plans_of_every_query_that_is_served_are_in_the_report(demo: Demo) -> None:
    plans = {one["query"]: one for one in demo.report["plans"]}
    served: dict[str, list[str]] = {}
    for proposal in demo.report["proposals"]:
        for one in proposal["queries"]:
            served.setdefault(one["query"], []).append(proposal["name"])
    assert set(served) == set(plans)
    for query, names in served.items():
        assert any(name in json.dumps(plans[query]["after"]) for name in names)
        assert not any(name in json.dumps(plans[query]["before"]) for name in names)


def test_nplus1_evidence_has_the_keys_of_the_contract(demo: Demo) -> None:
    loops = [finding["evidence"] for finding in report_findings(demo) if finding["name"] == "n-plus-one"]
    assert loops
    assert all(set(evidence) >= NPLUS1 for evidence in loops)
    assert all(set(evidence["per_loop"]) == {"median", "p95", "max"} for evidence in loops)


def test_what_refers_to_something_refers_to_something_that_is_there(demo: Demo) -> None:
    report = demo.report
    queries = {query["id"] for query in report["queries"]}
    proposals = {proposal["id"] for proposal in report["proposals"]}
    for proposal in report["proposals"]:
        assert {served["query"] for served in proposal["queries"]} <= queries
    for finding in report["findings"]:
        assert finding["query"] is None or finding["query"] in queries
        assert finding["proposal"] is None or finding["proposal"] in proposals


def test_the_heaviest_query_comes_first_and_percentiles_rise(demo: Demo) -> None:
    queries = demo.report["queries"]
    assert [query["total_ms"] for query in queries] == sorted((query["total_ms"] for query in queries), reverse=True)
    for query in queries:
        if query["p50_ms"] is not None:
            assert query["p50_ms"] <= query["p95_ms"] <= query["p99_ms"] <= query["max_ms"]


def report_findings(demo: Demo) -> list[dict]:
    return demo.report["findings"]


def test_without_full_no_line_is_wider_than_the_terminal(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the demo printed wide, as a terminal of 80 columns has it."""
    monkeypatch.setenv("COLUMNS", "80")
    said = on_screen(demo.stdout)
    assert max(map(len, said.splitlines())) <= 80
    assert "evidence" in said and "{'" not in demo.stdout and "['" not in demo.stdout


def test_it_leaves_a_page(demo: Demo) -> None:
    assert "</html>" in (demo.folder / "report.html").read_text()
