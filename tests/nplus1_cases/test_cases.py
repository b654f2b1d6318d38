"""Each small log gives just the loops that `cases.toml` names: their table, key, rounds, parent and fix."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.rewrites.rewrite import Rewrite
from advisor.rules.finding import Finding
from advisor.rules.run import find
from advisor.twin.servers.server import Server
from advisor.workload.collect import collect
from tests.nplus1_corpus.evaluate import catalog as catalog_of
from tests.nplus1_corpus.evaluate import context

HERE = Path(__file__).parent
CASES: dict[str, list[dict[str, Any]]] = tomllib.loads((HERE / "cases.toml").read_text())

Catalog = tuple[Schema, Statistics]


@pytest.fixture(scope="module")
def catalog(server: Server) -> Iterator[Catalog]:
    with server.connect() as connection:
        connection.execute("CREATE DATABASE nplus1_cases")
    with server.connect("nplus1_cases") as connection:
        connection.execute((HERE / "logs" / "schema.sql").read_bytes())
        yield catalog_of(connection)
    with server.connect() as connection:
        connection.execute("DROP DATABASE nplus1_cases WITH (FORCE)")


def described(finding: Finding, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return a finding in the words of the case."""
    statements = [offer.rewrite.text for offer in finding.offers if isinstance(offer.rewrite, Rewrite)]
    evidence, fix = finding.facts, "\n".join([finding.fix or "", *statements])
    said = {
        "rule": finding.code, "application": evidence["application"], "child": evidence["child_table"],
        "key": evidence["key_columns"], "executions": evidence["executions"], "parent": evidence["parent_table"],
        "fix": [text for text in wanted.get("fix", ()) if text in fix],
        "not_fix": [text for text in wanted.get("not_fix", ()) if text not in fix],
    }  # fmt: skip
    return {name: said[name] for name in wanted}


def who(rule: str, application: str | None, child: str) -> tuple[str, str, str]:
    return rule, application or "", child


@pytest.mark.parametrize("name", sorted(CASES))
def test_each_log_gives_its_loops_and_no_other(name: str, catalog: Catalog) -> None:
    workload = collect([str(HERE / "logs" / f"{name}.log")])
    found = find(context(workload, *catalog), ["NPO001", "BAT"])
    said = {who(one.code, one.facts["application"], one.facts["child_table"]): one for one in found}
    wanted = {who(case["rule"], case["application"], case["child"]): case for case in CASES[name]}
    assert sorted(said) == sorted(wanted)
    assert len(found) == len(said)
    for key, case in wanted.items():
        assert described(said[key], case) == case
