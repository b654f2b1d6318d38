"""What measuring on rows said, for a person: a verdict a revision, and the queries that could not be measured."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.output.number_units import one_line
from advisor.verify.proof import Load, LoadSide, Proof

_NAMED = 10
"""Queries that failed which are named; all are counted."""


def load_lines(load: Load) -> Iterator[str]:
    """Yield the table of the load before and after, and what a writer met while the revisions ran."""
    if load.before and load.after:
        yield f"Load of {load.before.clients} clients, before → after"
        yield ""
        for name, unit, one, other in _rows(load.before, load.after):
            change = f" ({(other - one) / one:+.0%})" if one else ""
            yield f"  {name:<16} {one:,.2f} → {other:,.2f} {unit}{change}".rstrip()
        if load.before.aborted or load.after.aborted:
            yield f"  clients that gave up over an error: {load.before.aborted} → {load.after.aborted}"
    else:
        yield "No statement of the workload could be run as a load"
    if load.longest_wait_ms is not None:
        yield f"  a write took {load.longest_wait_ms:,.1f} ms at most while the revisions ran"
    if load.refused:
        query, reason = load.refused[0]
        yield f"  {len(load.refused)} queries are not part of it, {query[:12]} for instance: {reason}"


def _rows(before: LoadSide, after: LoadSide) -> Iterator[tuple[str, str, float, float]]:
    for place, name in enumerate(("p50", "p95", "p99")):
        yield name, "ms", before.percentiles[place], after.percentiles[place]
    yield "average", "ms", before.average, after.average
    yield "statements", "a second", before.per_second, after.per_second
    yield "WAL", "bytes a statement", before.wal_bytes, after.wal_bytes


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
    if proof.load:
        yield ""
        yield from load_lines(proof.load)
