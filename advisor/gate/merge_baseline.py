"""What becomes of a baseline when plans are accepted: it keeps what nobody asked to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from advisor.errors import UsageError
from advisor.gate.baseline import AcceptedQuery, Baseline
from advisor.gate.planned.plans import Sent, Statements
from advisor.twin.statement import BoundStatement


def chosen(ids: Sequence[str], known: Iterable[str]) -> frozenset[str]:
    """Return the query ids that these beginnings mean; raises `UsageError` for one that means none or several."""
    listed = sorted(known)
    found = set()
    for wanted in ids:
        meant = [one for one in listed if one == wanted] or [one for one in listed if one.startswith(wanted)]
        if len(meant) != 1:
            what = "is no query of the baseline or the inputs" if not meant else f"means {len(meant)} queries"
            raise UsageError(f"query {wanted} {what}", do="give the id as the check prints it")
        found.add(meant[0])
    return frozenset(found)


def with_known(statements: Statements, accepted: Baseline | None, moved: Sent = lambda key, bound: bound) -> Statements:
    """Return the statements, each query with the ways it was bound when it was accepted before those of today.

    `moved` returns a way of then as it means the same today.
    """
    known = accepted.queries if accepted else {}

    def ways(key: str, bound: tuple[BoundStatement, ...]) -> tuple[BoundStatement, ...]:
        old = tuple(plan.statement for plan in known[key].plans)
        there = {sent(one) for one in old}
        return distinct((*(moved(key, one) for one in old), *(one for one in bound if sent(one) not in there)))

    return {key: (text, ways(key, bound) if key in known else bound) for key, (text, bound) in statements.items()}


def distinct(bound: Iterable[BoundStatement]) -> tuple[BoundStatement, ...]:
    """Return the first of the statements that are sent alike."""
    found: dict[object, BoundStatement] = {}
    for one in bound:
        found.setdefault(sent(one), one)
    return tuple(found.values())


def sent(one: BoundStatement) -> object:
    """Return what makes two statements the same for the server."""
    return one.text, one.parameters, one.role, one.search_path, one.settings


def merged(
    accepted: Baseline | None, recorded: Baseline, *, only: frozenset[str] = frozenset(), prune: bool = False
) -> Baseline:
    """Return `recorded` with the accepted queries that it does not hold, unless `prune` is asked for.

    With `only`, nothing but these queries changes.
    """
    if accepted is None:
        return recorded
    taken = {key: query for key, query in recorded.queries.items() if not only or key in only}
    kept: Mapping[str, AcceptedQuery] = {} if prune and not only else accepted.queries
    return replace(recorded, queries=dict(sorted({**kept, **taken}.items())))


def with_reason(baseline: Baseline, only: frozenset[str], reason: str) -> Baseline:
    """Return the baseline with the reason why these queries' plans were accepted."""
    queries = {key: replace(one, reason=reason) if key in only else one for key, one in baseline.queries.items()}
    return replace(baseline, queries=queries)
