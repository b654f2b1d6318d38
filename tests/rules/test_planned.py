"""Every statement that a finding offers is one that the twin can plan."""

from __future__ import annotations

from advisor.catalog.snapshot import take_snapshot
from advisor.rules.planned import plan_rewritten
from advisor.rules.run import find
from advisor.twin.server import Server
from advisor.twin.start import start_twin
from advisor.workload.collect import collect
from tests.nplus1_corpus.evaluate import DATA, context


def test_rewritten_statements_are_planned_on_the_twin(server: Server, corpus_database: str) -> None:
    with start_twin(take_snapshot(server.url(corpus_database))) as twin:
        seen = context(collect([str(DATA / "corpus.log.gz")]), twin.schema, twin.statistics)
        findings = plan_rewritten(find(seen), seen, twin.what_if)
    offered = [finding for finding in findings if finding.evidence.get("rewritten")]
    assert len(offered) >= 40
    for finding in offered:
        planned = finding.evidence["planned"]
        assert "refused" not in planned, (finding.evidence["rewritten"], planned)
        assert planned["cost"] > 0
    looped = [finding for finding in offered if finding.name == "n-plus-one" and finding.evidence["kind"] == "rows"]
    assert looped
    assert all(
        finding.evidence["planned"]["indexes"] or finding.evidence["planned"]["cost"] < 100 for finding in looped
    )
