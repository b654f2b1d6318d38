"""Budgets, sampling and unknown parents change what is said and how sure it is."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from advisor.capture.coverage import InputCoverage
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.rules.finding import Finding
from advisor.rules.run import RuleContext, RuleOptions, find
from advisor.twin.servers.server import Server
from advisor.workload.collect import collect
from tests.nplus1_corpus.evaluate import DATA, context


@pytest.fixture
def corpus(corpus_catalog: tuple[Schema, Statistics]) -> RuleContext:
    return context(collect([str(DATA / "corpus.csv.gz")]), *corpus_catalog)


def by_application(found: tuple[Finding, ...]) -> dict[str, list[Finding]]:
    applications: dict[str, list[Finding]] = {}
    for finding in found:
        applications.setdefault(finding.facts["application"], []).append(finding)
    return applications


def test_thresholds_and_confidence(corpus: RuleContext) -> None:
    """One capture, several questions: reading the corpus is the slow part."""
    plain = by_application(find(corpus, ["NPO001", "BAT"]))

    budget = replace(corpus, options=RuleOptions(budgets={"sa-lazy-many": 50, "sa-lazy-one": 5}))
    allowed = by_application(find(budget, ["NPO001"]))
    assert "sa-lazy-many" in plain and "sa-lazy-many" not in allowed, "a job may loop as long as its budget"
    assert "sa-lazy-one" in allowed, "its loops of fifteen are above the budget of five"

    part = InputCoverage("a.log", "stderr log", 1, 1, 1, 1.0, settings={"threshold": "100 ms"})
    sampled = find(replace(corpus, workload=replace(corpus.workload, inputs=(part,))), ["NPO001", "BAT"])
    assert {finding.confidence for finding in sampled} == {"low"}, "with statements missing nothing is sure"

    assert {finding.confidence for finding in plain["async-gather"]} == {"medium"}, "a loop over pooled connections"
    assert {finding.confidence for finding in plain["sa-lazy-many"]} == {"high"}, "transaction, foreign key and LIMIT"
    assert {finding.confidence for finding in plain["pg-undeclared-key"]} <= {"high", "medium"}
    assert plain["pg-update-autocommit"][0].facts["autocommit"] is True
    assert plain["sa-insert-loop"][0].facts["autocommit"] is False


SCRIPT = """
import sys
import psycopg
from advisor.rules.run import find
from advisor.workload.collect import collect
from tests.nplus1_corpus.evaluate import DATA, catalog, context
with psycopg.connect(sys.argv[1]) as connection:
    found = catalog(connection)
for finding in find(context(collect([str(DATA / "corpus.csv.gz")]), *found), ["NPO", "BAT"]):
    print(finding)
"""


def test_the_findings_are_the_same_whatever_the_hash_seed(server: Server, corpus_database: str) -> None:
    printed = []
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT, server.conninfo(corpus_database)],
            env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        printed.append(run.stdout)
    assert printed[0] == printed[1]
    assert printed[0].count("\n") >= 40
