"""Files written when a query's id was pg_query's fingerprint are read under today's ids, and nothing in them is lost."""

from __future__ import annotations

import json
from math import isclose
from pathlib import Path

import pytest

from advisor.gate.baseline import VERSION, load_baseline, save_baseline
from advisor.workload.counting.identity import identify
from advisor.workload.store import decode
from benchmarks.fuzz.target import SEEDS


@pytest.mark.parametrize("name", ["log.json", "statements.json"])
def test_an_older_workload_file_holds_what_a_capture_of_today_would(name: str) -> None:
    path = SEEDS / "workload" / name
    written = json.loads(path.read_bytes())["workload"]
    workload = decode(path.read_bytes(), name)
    ids = {query.id for query in workload.queries}
    assert ids.isdisjoint(query["id"] for query in written["queries"] if query["fingerprint"])
    assert all(query.id.startswith(identify(query.text, query.top_level).id) for query in workload.queries)
    assert isclose(sum(query.calls for query in workload.queries), sum(query["calls"] for query in written["queries"]))
    assert len(workload.loops) == len(written["loops"])
    assert {loop.child for loop in workload.loops} | {p.query for loop in workload.loops for p in loop.parents} <= ids


def test_an_older_baseline_knows_the_queries_of_today(tmp_path: Path) -> None:
    older = SEEDS / "baseline" / "plans.json"
    written = json.loads(older.read_bytes())
    assert written["schema_version"] != VERSION, "this file is to be an older one"
    baseline = load_baseline(older)
    assert len(baseline.queries) == len(written["queries"])
    assert all(name == query.id == identify(query.text).id for name, query in baseline.queries.items())
    save_baseline(baseline, tmp_path / "plans.json")
    assert load_baseline(tmp_path / "plans.json").queries == baseline.queries
