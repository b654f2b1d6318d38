"""Prints the statements that findings offer: those that were proven on rows, and no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from msgspec import UNSET, structs

from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rules.evidence import OfferEvidence
from advisor.rules.finding import Finding

Prove = Callable[[Rewrite], Refusal | None]
"""Returns `None` for a rewrite that did what it claims on rows, else why not."""


def print_proven(findings: Sequence[Finding], prove: Prove) -> tuple[Finding, ...]:
    """Return the findings with the proven statements in their fix and evidence; of the others the reason stands there.

    A statement that two findings offer is proven once.
    """
    known: dict[str, Refusal | None] = {}

    def proven(rewrite: Rewrite) -> Refusal | None:
        key = f"{rewrite.original}\0{rewrite.text}"
        if key not in known:
            known[key] = prove(rewrite)
        return known[key]

    return tuple(_printed(finding, proven) for finding in findings)


def _printed(finding: Finding, prove: Prove) -> Finding:
    evidence = finding.evidence
    if not finding.offers or not isinstance(evidence, OfferEvidence):
        return finding
    fix, withheld = finding.fix, {}
    shown: dict[str, Any] = {}
    for offer in finding.offers:
        found = offer.rewrite
        refusal = found if isinstance(found, Refusal) else prove(found)
        if refusal is None and isinstance(found, Rewrite):
            shown[offer.name] = found.text
            if found.index:
                shown["index"] = found.index
            fix += f"\n{offer.lead}:\n{found.text}" + (f"\n{offer.after.strip()}" if offer.after else "")
        elif refusal is not None:
            shown.setdefault(offer.name, None)
            withheld[offer.name] = refusal.reason
    if withheld.get("rewritten"):
        fix += f"\n(no statement is shown for it: {withheld['rewritten']})"
        shown["planned"] = UNSET
    if withheld:
        shown["withheld"] = withheld
    return replace(finding, evidence=structs.replace(evidence, **shown), fix=fix, offers=())
