"""N+1 detection on what real libraries did to a real server: the bars, in every format the server writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.rules.evidence import Facts
from advisor.rules.finding import Finding
from advisor.rules.run import find
from advisor.workload.collect import collect
from tests.nplus1_corpus.evaluate import DATA, DEFAULT_PREFIX, SAME_RUN, context, findings, labels, score

Catalog = tuple[Schema, Statistics]


@pytest.fixture(scope="module")
def found(corpus_catalog: Catalog) -> dict[str, tuple[Finding, ...]]:
    """Findings by log."""
    return {log: findings(log, *corpus_catalog) for log in (*SAME_RUN, DEFAULT_PREFIX)}


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    cases = labels()
    assert sum(1 for case in cases if case["labels"]) >= 25
    assert sum(1 for case in cases if not case["labels"]) >= 25


@pytest.mark.parametrize("log", SAME_RUN)
def test_loops_are_found_with_their_parent_and_lookalikes_are_not(
    found: dict[str, tuple[Finding, ...]], log: str
) -> None:
    result = score(found[log])
    assert result.precision >= 0.98, result.false
    assert result.recall >= 0.95, result.missed
    assert result.parent_accuracy >= 0.95, result.wrong_parent


def test_under_the_default_prefix_precision_holds(found: dict[str, tuple[Finding, ...]]) -> None:
    result = score(found[DEFAULT_PREFIX])
    assert result.precision >= 0.98, result.false
    assert result.recall >= 0.90, result.missed


def test_the_three_formats_give_identical_findings(found: dict[str, tuple[Finding, ...]]) -> None:
    stderr, csv, json = ([_comparable(finding) for finding in found[log]] for log in SAME_RUN)
    assert stderr == csv == json


def _comparable(finding: Finding) -> Finding:
    """Leave out what the formats print with different precision: pauses, from time stamps."""
    inexact = {"turnaround_ms", "saved_ms", "seen"}
    return replace(finding, evidence=Facts({key: value for key, value in finding.facts.items() if key not in inexact}))


def test_every_finding_carries_the_evidence_that_the_json_contract_names(
    found: dict[str, tuple[Finding, ...]],
) -> None:
    contract = {"application", "parent_table", "child_table", "key_columns", "executions", "loops", "per_loop"}
    for finding in found["corpus.log"]:
        assert contract <= finding.facts.keys()
        assert finding.facts["per_loop"].keys() == {"median", "p95", "max"}
        assert finding.fix


def test_the_library_is_guessed_from_its_sql(found: dict[str, tuple[Finding, ...]]) -> None:
    """Plain asyncpg and psycopg look alike; ORMs do not."""
    families = {table: case["case"] for case in labels() for table in case["tables"]}
    expected = {"sa": "SQLAlchemy", "dj": "Django", "pg": "raw SQL"}
    for finding in found["corpus.log"]:
        case = families[finding.facts["child_table"]]
        if case.split("-")[0] in expected:
            assert finding.facts["stack"] == expected[case.split("-")[0]], case


def test_the_other_rules_see_paging_and_repetition_and_cry_no_wolf(corpus_catalog: Catalog) -> None:
    """A hundred small applications, most of them healthy: what else is said must be true of the case it is said of."""
    seen = context(collect([str(DATA / "corpus.log.gz")]), *corpus_catalog)
    said = {
        (finding.code, (finding.table or "").rpartition(".")[2])
        for finding in find(seen, ["SQL", "CAC", "CON", "STA", "IDX"])
    }
    paged = {"article_tags", "authors", "fish", "magazines", "stores", "trees"}
    repeated = {
        "invoices",
        "trades",
        "owners",
        "feature_flags",
        "readers",
        "listings",
        "bookmarks",
        "cart_lines",
        "doors",
    }
    assert {("SQL001", table) for table in paged} <= said
    assert ("CAC003", "gardens") in said
    assert said <= {*(("SQL001", table) for table in paged), *(("CAC001", table) for table in repeated),
                    ("CAC003", "gardens")}  # fmt: skip
