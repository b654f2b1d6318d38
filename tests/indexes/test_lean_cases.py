"""The exact indexes for a statement or a few, on real rows: no byte that buys nothing, no walk that is a gamble."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisor.indexes.choice.reason import key_list
from advisor.indexes.proposal import Advice
from tests.indexes.small import advised, make

CASES = tomllib.loads((Path(__file__).parent / "lean.toml").read_text())["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_exactly_these_indexes_are_built(connection: psycopg.Connection, case: dict[str, Any]) -> None:
    make(connection, case["schema"])
    queries = {f"q{number}": (text, float(ms)) for number, (text, ms) in enumerate(case["queries"])}
    advice = advised(connection, queries, stable=case.get("stable", ()))
    made = [p for p in advice.proposals if p.action != "drop"]
    found = [f"{p.definition.table} {_method(p.definition.method)}{key_list(p.definition)}" for p in made]
    assert sorted(found) == sorted(case["built"]), advice.why_not
    assert all(0 <= p.benefit.percent <= 100 for p in made)
    _assert_nothing_is_saved_twice(advice, queries)
    if not made:
        assert advice.why_not
    if "reasons" in case:
        assert [why.reason for why in advice.why_not] == case["reasons"], advice.why_not


def _assert_nothing_is_saved_twice(advice: Advice, queries: dict[str, tuple[str, float]]) -> None:
    credited = dict.fromkeys(queries, 0.0)
    for benefit in (benefit for p in advice.proposals for benefit in p.queries):
        credited[benefit.query] += benefit.time_saved_ms_per_day
    assert all(credited[query] <= ms * 1.000001 for query, (_, ms) in queries.items()), credited
    assert sum(credited.values()) <= advice.time_saved_ms_per_day * 1.000001 <= sum(ms for _, ms in queries.values())


def _method(method: str) -> str:
    return "" if method == "btree" else f"USING {method} "
