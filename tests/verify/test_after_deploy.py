"""After the deploy: verdicts hold against noise, and OpenMetrics text is OpenMetrics text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from advisor.catalog.statistics import IndexActivity, Statistics
from advisor.cli.compare_command import command
from advisor.indexes.proposal import QueryBenefit
from advisor.output.compared.deployed import deployed_text
from advisor.output.compared.openmetrics import openmetrics
from advisor.verify.after_deploy import after_deploy
from advisor.workload.compare_captures import compare
from advisor.workload.model import Query, Workload
from tests.revisions.builders import definition, proposal

PROPOSAL = replace(
    proposal(definition("events", "kind")), queries=(QueryBenefit("q1", 100.0, 10.0, 1e6, "logged"),)
)  # fmt: skip
DROP = proposal(definition("events", "note"), "drop")


def workload(**means):
    """Return a capture of queries with these means and calls."""
    return Workload(tuple(
        Query(name, name, f"SELECT * FROM events WHERE {name} = $1", calls, calls * mean, mean)
        for name, (mean, calls) in means.items()
    ))  # fmt: skip


def verdict(before, after, proposals=(PROPOSAL,), statistics=None):
    return after_deploy(compare(workload(**before), workload(**after)), proposals, {}, statistics)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ((1.0, 10_000), "saved as promised"),
        ((6.0, 10_000), "saved less"),
        ((9.9, 10_000), "no effect"),
        ((20.0, 10_000), "slower"),
        ((13.0, 20), "no effect"),  # twenty calls: the mean alone may be off by that much
    ],
)
def test_a_verdict_holds_against_the_noise(after, expected):
    (found,) = verdict({"q1": (10.0, 10_000)}, {"q1": after})
    assert found.verdict == expected
    assert (found.revert is not None) == (expected == "slower")


def test_what_is_not_in_both_captures_is_not_judged():
    (found,) = verdict({"q1": (10.0, 100)}, {"q2": (1.0, 100)})
    assert found.verdict == "not seen"


def test_an_index_that_nobody_scans_is_named_with_what_drops_it():
    activity = {("public", PROPOSAL.name): IndexActivity(scans=0)}
    (found,) = verdict({"q1": (10.0, 9000)}, {"q1": (10.0, 9000)}, statistics=Statistics(index_activity=activity))
    assert (found.verdict, found.scans) == ("unused", 0)
    assert f"revert: DROP INDEX CONCURRENTLY IF EXISTS public.{PROPOSAL.name};" in deployed_text([found])


def test_a_dropped_index_that_a_query_misses_is_to_be_built_again():
    found = verdict({"note": (1.0, 9000)}, {"note": (50.0, 9000)}, (DROP,))[0]
    assert found.verdict == "slower" and found.revert.startswith("CREATE INDEX CONCURRENTLY")
    assert verdict({"note": (1.0, 9000)}, {"note": (1.0, 9000)}, (DROP,))[0].verdict == "saved as promised"


LABELS = r'\{[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*")*\}'
NAME = r"[a-zA-Z_:][\w:]*"
NUMBER = r"[+-]?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)"
FAMILY = re.compile(
    rf"# TYPE (?P<name>{NAME}) gauge\n(?:# UNIT (?P=name) (?P<unit>\w+)\n)?# HELP (?P=name) [^\n]*\n"
    rf"(?P<samples>(?:(?P=name){LABELS} {NUMBER}\n)+)"
)
"""A gauge's metric family by the ABNF of OpenMetrics 1.0, descriptors in the order that it recommends."""


def test_openmetrics_follows_the_grammar():
    comparison = compare(workload(q1=(10.0, 10), odd=(1.5, 7)), workload(q1=(1.0, 10)))
    odd = replace(PROPOSAL, name='ix "odd"\\\n')
    text = openmetrics(comparison, after_deploy(comparison, [PROPOSAL, odd], {}))
    assert text.endswith("# EOF\n")
    families, place = [], 0
    while match := FAMILY.match(text, place):
        families.append(match["name"])
        assert not match["unit"] or match["name"].endswith(f"_{match['unit']}")
        samples = match["samples"].splitlines()
        assert len({line.rpartition(" ")[0] for line in samples}) == len(samples)
        place = match.end()
    assert text[place:] == "# EOF\n"
    assert len(families) == len(set(families)) >= 5
    assert 'pgadvisor_query_mean_seconds{query="q1",database="",side="before"} 0.01\n' in text


def test_the_command_reads_a_report_and_fails_for_what_got_slower(tmp_path):
    from advisor.indexes.proposal import Advice
    from advisor.output.render import render
    from advisor.output.report import Report
    from advisor.workload.store import save

    files = [str(tmp_path / "before.json"), str(tmp_path / "after.json")]
    for path, mean in zip(files, (10.0, 30.0), strict=True):
        save(workload(q1=(mean, 5000)), Path(path))
    (query,) = workload(q1=(10.0, 5000)).queries
    benefit = QueryBenefit("q1", 100.0, 10.0, 1e6, "logged")
    report = tmp_path / "report.json"
    report.write_text(render(Report(Workload((query,)), Advice((replace(PROPOSAL, queries=(benefit,)),))), "json"))
    found = CliRunner().invoke(command, [*files, "--report", str(report)])
    assert found.exit_code == 1 and "slower" in found.stdout and "revert: DROP INDEX" in found.stdout, found.output
    found = CliRunner().invoke(command, [*files, "--report", str(report), "--format", "json"])
    assert json.loads(found.stdout)["deployed"][0]["verdict"] == "slower"
    assert CliRunner().invoke(command, [*files, "--format", "openmetrics"]).stdout.endswith("# EOF\n")
