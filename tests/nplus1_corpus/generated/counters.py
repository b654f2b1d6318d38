"""Compares what pg_stat_statements alone lets suspect with what the programs counted: by rule's table only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from tests.nplus1_corpus.generated.program import Fact
from tests.nplus1_corpus.generated.score import Score, contexts, findings


def score(path: Path, catalog: tuple[Schema, Statistics], facts: Sequence[Fact]) -> Score:
    """Return how suspicions agree with facts: counters name no application, and no moment."""
    said = {finding.facts["child_table"]: finding for finding in findings(contexts(path, catalog), ["NPO002"])}
    wanted: dict[str, list[Fact]] = {}
    for fact in facts:
        wanted.setdefault(fact.child, []).append(fact)
    certain = {child: group for child, group in wanted.items() if any(fact.certain for fact in group)}
    return Score(
        tuple(group[0] for child, group in certain.items() if child in said),
        tuple(group[0] for child, group in certain.items() if child not in said),
        tuple((("", "NPO002", child), said[child]) for child in sorted(said) if child not in wanted),
        (),
        0,
    )
