"""Each example system, end to end: the advisor says what its plan asks for, unaided, and nothing it must not say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.output.report import Report
from tests.systems.observe import SYSTEMS, expected, proposes, report_on, reports

REQUESTS = 300
ALL = sorted(path.parent for path in SYSTEMS.glob("*/expected.toml"))


@pytest.fixture(scope="module", params=ALL, ids=lambda system: system.name)
def observed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Report]]:
    system: Path = request.param
    yield system, report_on(system, REQUESTS, tmp_path_factory.mktemp(system.name))


def test_the_indexes_of_the_plan_are_proposed_and_no_useless_ones(observed: tuple[Path, Report]) -> None:
    system, report = observed
    proposed = [proposal.definition.ddl(proposal.name) for proposal in report.advice.proposals]
    for entry in expected(system).indexes:
        found = any(proposes(proposal, entry) for proposal in report.advice.proposals)
        assert found == entry["appears"], (entry["why"], entry["forms"], proposed)


def test_the_findings_of_the_plan_are_reported_and_no_false_ones(observed: tuple[Path, Report]) -> None:
    system, report = observed
    said = [(finding.name, finding.table, finding.title) for finding in report.findings]
    for entry in expected(system).findings:
        found = any(reports(finding, entry) for finding in report.findings)
        assert found == entry["appears"], (entry, said)
