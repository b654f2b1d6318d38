"""Each rule on one case that fails it and one that passes: data files, on a real server's catalog.

A case holds a schema, optional table sizes, and under `[failing]` and `[passing]` the queries (and loops, reuses, …) of a
workload; `[failing.expect]` says what the finding must contain. To add a case, add a file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from advisor.analysis.analyse import analyse_query
from advisor.analysis.shape import QueryShape
from advisor.catalog.index import IndexSize
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Activity, ColumnStatistics, RelationStatistics, Statistics
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rules.context import Planned
from advisor.rules.discover import all_rules
from advisor.rules.finding import Finding
from advisor.rules.printed import print_proven
from advisor.rules.run import RuleContext, find
from advisor.twin.costing.planner import Planner
from advisor.twin.plan import PlanNode
from advisor.twin.statement import BoundStatement
from advisor.workload.model import Workload

FOLDER = Path(__file__).parent / "cases"
CASES = sorted(FOLDER.glob("*.toml"))


def test_every_rule_has_a_case() -> None:
    """A rule's further cases begin with its code, too."""
    named = {path.stem for path in CASES}
    assert {f"{rule.code}-{rule.name}" for rule in all_rules()} <= named
    assert {stem.split("-")[0] for stem in named} == {rule.code for rule in all_rules()}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_rule_reports_its_failing_case_and_not_its_passing_one(
    path: Path, connection: psycopg.Connection[Any]
) -> None:
    case = tomllib.loads(path.read_text())
    connection.execute(case["schema"].encode())
    schema, statistics = read_schema(connection), _sized(read_statistics(connection), case)
    code = path.stem.split("-")[0]
    types = _types(connection)
    failing = _findings(case["failing"], schema, statistics, code, types)
    assert len(failing) == case["failing"]["expect"].get("findings", 1), [finding.title for finding in failing]
    _agrees(failing[0], case["failing"]["expect"])
    assert _findings(case["passing"], schema, statistics, code, types) == ()


def _types(connection: psycopg.Connection[Any]) -> Callable[[str], Sequence[str]]:
    planner = Planner(connection)

    def types(text: str) -> Sequence[str]:
        name = planner.prepare(text)
        return planner.parameter_types(name) if isinstance(name, str) else ()

    return types


def _findings(
    part: Mapping[str, Any], schema: Schema, statistics: Statistics, code: str, types: Callable[[str], Sequence[str]]
) -> tuple[Finding, ...]:
    workload = _workload(part)
    shapes = {query.id: analyse_query(query, schema) for query in workload.queries}
    refused = [shape for shape in shapes.values() if not isinstance(shape, QueryShape)]
    assert not refused
    shown = {name: shape for name, shape in shapes.items() if isinstance(shape, QueryShape)}
    schema = replace(schema, tables={**schema.tables, **_without_indexes(schema, part)})
    measured = _sized(statistics, part)
    context = RuleContext(
        workload, shown, schema, measured, environment=part.get("environment"), every_plan=_every_plan(part),
        parameter_types=types,
    )  # fmt: skip
    return print_proven(find(context, [code]), _believe)


def _believe(rewrite: Rewrite) -> Refusal | None:
    """Take a rewrite's word: here the texts are looked at; tests/rewrites runs them."""
    return None


def _every_plan(part: Mapping[str, Any]) -> dict[str, tuple[Planned, ...]]:
    """Return, for each query that names the `planned` nodes from the top down, its plan with their expected rows."""
    found = {}
    for number, query in enumerate(part.get("query", [])):
        plan: PlanNode | None = None
        for node, rows in reversed(query.get("planned", [])):
            plan = PlanNode(node, 0.0, 0.0, rows, 8, children=(plan,) if plan else ())
        if plan:
            found[f"q{number}"] = (Planned(BoundStatement(query["text"], None, query.get("basis", "logged")), plan),)
    return found


def _without_indexes(schema: Schema, part: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """Return the tables without the indexes that this half of the case does not have, or with them changed."""
    changed = {}
    for name, changes in part.get("indexes", {}).items():
        for key, table in schema.tables.items():
            if any(index.name == name for index in table.indexes):
                new = {**changes, "size": IndexSize(**changes["size"])} if "size" in changes else changes
                indexes = [replace(index, **new) if index.name == name else index for index in table.indexes]
                changed[key] = replace(table, indexes=tuple(i for i in indexes if not (i.name == name and not changes)))
    return changed


def _workload(part: Mapping[str, Any]) -> Workload:
    queries = []
    for number, query in enumerate(part.get("query", [])):
        calls, mean = query.get("calls", 100.0), query.get("mean_ms", 1.0)
        slots = [
            {"common": [[value, calls / len(values)] for value in values], "distinct": len(values), "executions": calls}
            for values in query.get("slots", [])
        ]
        base = {
            "id": f"q{number}",
            "fingerprint": f"q{number}",
            "calls": calls,
            "mean_ms": mean,
            "total_ms": calls * mean,
        }
        queries.append({**base, **{key: value for key, value in query.items() if key != "slots"}, "slots": slots})
    rest = {
        key: part[key]
        for key in ("loops", "reuses", "connections", "incidents", "units", "inputs", "begin", "end")
        if key in part
    }
    return msgspec.convert({"queries": queries, **rest}, Workload)


def _sized(statistics: Statistics, part: Mapping[str, Any]) -> Statistics:
    """Return the statistics with the sizes, column figures and counters the case gives tables."""
    relations, columns, activity = dict(statistics.relations), dict(statistics.columns), dict(statistics.activity)
    for name, rows in part.get("rows", {}).items():
        relations["public", name] = RelationStatistics(rows, max(1, int(rows / 50)))
    for name, figures in part.get("columns", {}).items():
        table, column = name.split(".")
        columns["public", table, column] = ColumnStatistics(
            **{"null_frac": 0.0, "avg_width": 8, "n_distinct": -1, **figures}
        )
    for name, counters in part.get("activity", {}).items():
        activity["public", name] = Activity(**counters)
    return replace(
        statistics,
        relations=relations,
        columns=columns,
        activity=activity,
        since="2025-01-01T00:00:00Z",
        scans_since="2025-01-01T00:00:00Z",
    )


def _agrees(finding: Finding, expect: Mapping[str, Any]) -> None:
    assert finding.title and finding.fix and finding.facts
    for word in ("confidence", "title", "table"):
        if word in expect:
            assert getattr(finding, word) == expect[word]
    for text in expect.get("fix", []):
        assert text in finding.fix, finding.fix
    for key, value in expect.get("evidence", {}).items():
        assert finding.facts[key] == value, (key, finding.facts)
