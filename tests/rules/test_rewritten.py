"""The statement offered instead of a loop does what the loop did: same rows, same changes, on rows made to break it."""

from __future__ import annotations

from collections import Counter

from advisor.catalog.snapshot import take_snapshot
from advisor.rewrites.proof.prover import Prover
from advisor.rewrites.proof.proving_database import proof_database
from advisor.rewrites.rewrite import Rewrite
from advisor.rules.planned import plan_offers
from advisor.rules.printed import print_proven
from advisor.rules.run import find
from advisor.twin.servers.server import Server
from advisor.twin.start import start_twin
from advisor.workload.collect import collect
from tests.nplus1_corpus.evaluate import DATA, context


def test_every_statement_printed_for_the_corpus_was_planned_and_proven(server: Server, corpus_database: str) -> None:
    with start_twin(take_snapshot(server.url(corpus_database))) as twin:
        seen = context(collect([str(DATA / "corpus.log.gz")]), twin.schema, twin.statistics, twin.parameter_types)
        findings = plan_offers(find(seen), seen, {}, twin.what_if)
        offered = [offer for finding in findings for offer in finding.offers]
        forms = Counter(offer.rewrite.form for offer in offered if isinstance(offer.rewrite, Rewrite))
        with proof_database(twin.superuser, twin.snapshot) as database:
            printed = print_proven(findings, Prover(database).prove)
    assert set(forms) >= {"any", "aggregate", "lateral", "tuples", "insert", "update", "delete", "joined", "keyset"}
    shown = [finding for finding in printed if finding.facts.get("rewritten")]
    withheld = {finding.title: finding.facts["withheld"] for finding in printed if finding.facts.get("withheld")}
    assert len(shown) >= 40, withheld
    assert len([finding for finding in printed if finding.facts.get("joined")]) >= 4, withheld
    for finding in shown:
        assert finding.facts["rewritten"] in finding.fix
        assert finding.facts["planned"]["cost"] > 0
    looped = [finding for finding in shown if finding.name == "n-plus-one" and finding.facts["kind"] == "rows"]
    assert looped
    assert all(finding.facts["planned"]["indexes"] or finding.facts["planned"]["cost"] < 100 for finding in looped)
    assert all("did something else" not in reason for reasons in withheld.values() for reason in reasons.values())
