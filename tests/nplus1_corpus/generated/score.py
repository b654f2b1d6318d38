"""Compares what is found in a form of the log with what the programs counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import QueryShape
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.rules.context import RuleContext
from advisor.rules.finding import Finding
from advisor.rules.run import find
from advisor.workload.collect import collect
from tests.nplus1_corpus.generated.program import Fact

Key = tuple[str, str, str]
"""Program (empty where the log names none), rule, child table."""


@dataclass(frozen=True)
class Score:
    """How well findings and counts agree."""

    found: tuple[Fact, ...]
    missed: tuple[Fact, ...]
    false: tuple[tuple[Key, Finding], ...]
    wrong: tuple[tuple[Fact, str | None], ...]
    """Facts found of which another parent was named, and which."""
    named: int

    @property
    def figures(self) -> tuple[float, float, float]:
        """Return precision, recall, and the share of parents named right."""
        hits, false = len(self.found), len(self.false)
        return (
            hits / max(hits + false, 1),
            hits / max(hits + len(self.missed), 1),
            1 - len(self.wrong) / max(self.named, 1),
        )


def contexts(path: Path, catalog: tuple[Schema, Statistics]) -> RuleContext:
    """Return what the rules see of one log or export."""
    workload = collect([str(path)])
    schema, statistics = catalog

    shapes = {query.id: _analysed(query.text, id(schema), schema) for query in workload.queries}
    known = {name: shape for name, shape in shapes.items() if isinstance(shape, QueryShape)}
    return RuleContext(workload, known, schema, statistics)


_known: dict[tuple[str, int], Any] = {}


def _analysed(text: str, number: int, schema: Schema) -> Any:
    if (text, number) not in _known:
        _known[text, number] = analyse(text, schema)
    return _known[text, number]


def findings(seen: RuleContext, rules: Sequence[str] = ("NPO001", "BAT")) -> tuple[Finding, ...]:
    """Return what the rules say of loops."""
    return find(seen, list(rules))


def score(found: Iterable[Finding], facts: Sequence[Fact], *, applications: bool) -> Score:
    """Return how findings agree with facts; where the log names no application, tables alone tell them apart."""
    said: dict[Key, list[Finding]] = defaultdict(list)
    for finding in found:
        program = finding.facts["application"] or "" if applications else ""
        said[program, finding.code, finding.facts["child_table"]].append(finding)
    wanted: dict[Key, list[Fact]] = defaultdict(list)
    for fact in facts:
        wanted[fact.program if applications else "", fact.rule, fact.child].append(fact)
    hits, missed, wrong, named = [], [], [], 0
    for key, group in wanted.items():
        certain = [fact for fact in group if fact.certain]
        if not certain:
            continue
        if key not in said:
            missed += certain[:1]
            continue
        hits.append(certain[0])
        right = {parent for fact in group for parent in fact.parents}
        if right and all(fact.parents for fact in group):
            named += 1
            others = [one.facts["parent_table"] for one in said[key] if one.facts["parent_table"] not in right]
            wrong += [(certain[0], other) for other in others[:1]]
    false = tuple((key, said[key][0]) for key in sorted(said) if key not in wanted)
    return Score(tuple(hits), tuple(missed), false, tuple(wrong), named)


def cells(
    result: Score, names: Sequence[str] = ("frame", "pool", "shape", "speed", "stack")
) -> Iterator[tuple[str, str, int, int]]:
    """Yield each value of each dimension with loops found and loops in all."""
    for name in names:
        total: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for fact, hit in (*((one, 1) for one in result.found), *((one, 0) for one in result.missed)):
            total[getattr(fact, name)][0] += hit
            total[getattr(fact, name)][1] += 1
        yield from ((name, value, hit, all_) for value, (hit, all_) in sorted(total.items()))
