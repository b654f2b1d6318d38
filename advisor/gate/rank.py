"""Verdicts in the order in which somebody should look at them: by level, then by what they cost a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from advisor.gate.verdict import LEVELS, Verdict


def ranked(
    verdicts: Iterable[Verdict], calls: Mapping[str, float], sites: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Verdict, ...]:
    """Return the verdicts with their queries' executions a day and call sites, the worst of each level first.

    Verdicts of equal weight stay in the order in which they come. A query of unknown rate counts as run once a day.
    """
    places = sites or {}
    known = [
        replace(verdict, calls=calls.get(verdict.query, verdict.calls), sites=places.get(verdict.query, ()))
        for verdict in verdicts
    ]
    return tuple(sorted(known, key=lambda one: (LEVELS.index(one.level), -one.weight)))
