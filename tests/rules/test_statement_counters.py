"""From pg_stat_statements alone a loop is a suspicion: never more than `medium`, and never of what a log has shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.rules.run import RuleContext, RuleOptions, find
from advisor.workload.collect import collect
from tests.nplus1_corpus.evaluate import DATA, context, labels


@pytest.fixture
def counted(corpus_catalog: tuple[Schema, Statistics]) -> RuleContext:
    """The corpus' statement counters; its loops are short, so the least number of calls is lowered."""
    seen = context(collect([str(DATA / "statements.csv.gz")]), *corpus_catalog)
    return replace(seen, options=RuleOptions(calls_minimum=30))


def test_suspicions_are_never_above_medium_and_tell_how_to_confirm_them(counted: RuleContext) -> None:
    found = find(counted, ["NPO"])
    assert found
    assert {finding.code for finding in found} == {"NPO002"}
    assert {finding.confidence for finding in found} <= {"low", "medium"}
    assert all("log_min_duration_statement = 0" in finding.fix for finding in found)


def test_a_parent_whose_rows_agree_with_the_calls_is_the_right_one(counted: RuleContext) -> None:
    loops = {label["child"]: label["parent"] for case in labels() for label in case["labels"]}
    named = [finding for finding in find(counted, ["NPO002"]) if finding.facts["parent_table"]]
    right = [f for f in named if loops.get(f.facts["child_table"]) == f.facts["parent_table"]]
    assert len(right) >= 25
    assert len(right) / len(named) >= 0.95, [(f.facts["parent_table"], f.facts["child_table"]) for f in named]


def test_nothing_is_suspected_that_the_log_has_shown(corpus_catalog: tuple[Schema, Statistics]) -> None:
    both = collect([str(DATA / "statements.csv.gz"), str(DATA / "corpus.log.gz")])
    seen = replace(context(both, *corpus_catalog), options=RuleOptions(calls_minimum=40))
    shown = {finding.query for finding in find(seen, ["NPO001"])}
    assert shown
    assert not shown & {finding.query for finding in find(seen, ["NPO002"])}
