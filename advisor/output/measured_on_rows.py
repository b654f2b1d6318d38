"""What measuring on rows said, for a person: a verdict a revision, and the queries that could not be measured."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.output.number_units import one_line
from advisor.verify.proof import Proof

_NAMED = 10
"""Queries that failed which are named; all are counted."""


def measured_lines(proof: Proof) -> Iterator[str]:
    """Yield the lines below the table of run times; none when nothing was measured."""
    if proof.verdicts:
        yield from ("", "Verdicts on rows", "")
        for one in proof.verdicts:
            yield f"  {one.verdict:<9} {one.revision}  {one.why}"
    if proof.failures:
        count = len(proof.failures)
        yield from ("", f"{count} {'query' if count == 1 else 'queries'} could not be measured")
        for failure in proof.failures[:_NAMED]:
            yield f"  {failure.query[:12]}  {failure.reason}  ({one_line(failure.text, 60)})"
        if count > _NAMED:
            yield f"  and {count - _NAMED} more"
