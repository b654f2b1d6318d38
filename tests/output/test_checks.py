"""Every format of the gate's result says the same: what failed, why, and how it ended."""

from __future__ import annotations

import json
import re

import pytest

from advisor.gate.verdict import CheckResult, Verdict
from advisor.output.verdicts import render_check, verdict_formats

LOST = Verdict(
    code="PLN001",
    name="index-lost",
    level="fail",
    query="6c5b62329039a1b2",
    text="SELECT *\nFROM orders WHERE note LIKE '50%' AND a < b",
    cause="index ix_orders is gone; the plan now costs 12.0 times as much",
    fix="keep or recreate it: CREATE INDEX ix_orders ON orders (note)",
    index="ix_orders",
    cost_before=8.5,
    cost_after=102.0,
)
GROWN = Verdict("PLN004", "growth", "warn", "aaaa", "SELECT 1", "orders grew from 10 to 20 rows")
RESULT = CheckResult((LOST, GROWN), checked=7, new=("bbbb",))
PASSED = CheckResult((), checked=7)


@pytest.mark.parametrize("form", verdict_formats())
def test_a_failure_names_the_query_the_cause_and_the_index(form: str) -> None:
    rendered = render_check(RESULT, form)
    for wanted in ("PLN001", "ix_orders", "12.0 times", "orders WHERE note"):
        assert wanted in rendered


@pytest.mark.parametrize("form", ["github", "junit", "markdown", "text"])
def test_the_summary_counts(form: str) -> None:
    assert "FAILED: 7 queries checked, 1 failed, 1 warned, 1 new without a baseline (bbbb)" in render_check(
        RESULT, form
    )
    assert "passed: 7 queries checked, 0 failed, 0 warned" in render_check(PASSED, form)


def test_json_holds_every_field_of_a_verdict() -> None:
    document = json.loads(render_check(RESULT, "json"))
    assert document["failed"] is True
    assert document["verdicts"][0]["cost_after"] == 102.0
    assert document["new"] == ["bbbb"]


def test_github_commands_are_one_line_each_and_escaped() -> None:
    lines = render_check(RESULT, "github").splitlines()
    assert lines[0].startswith("::error title=PLN001 index-lost::index ix_orders is gone")
    assert "%0A" in lines[0]
    assert "'50%25'" in lines[0]
    assert lines[1].startswith("::warning ")


def test_github_shows_at_most_ten_of_a_level_and_still_counts_all() -> None:
    rendered = render_check(CheckResult((LOST,) * 14, checked=14), "github")
    assert len(re.findall(r"^::error", rendered, re.MULTILINE)) == 10
    assert "14 failed" in rendered
