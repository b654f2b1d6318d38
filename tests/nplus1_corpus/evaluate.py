"""Compares what the rules find in the corpus with its labels."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import QueryShape
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.rules.finding import Finding
from advisor.rules.run import RuleContext, find
from advisor.workload.collect import collect
from advisor.workload.model import Workload

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Corpus:
    """The files of one corpus."""

    name: str
    default: str
    """A run of its own under `%m [%p] `."""
    statements: str
    schema: Path
    labelled: Path
    folder: Path = DATA

    def elsewhere(self, folder: Path) -> Corpus:
        """Return the same corpus with all its files in another folder."""
        schema, labelled = folder / f"{self.name}.sql", folder / f"{self.name}.json"
        return replace(self, schema=schema, labelled=labelled, folder=folder)

    @property
    def same_run(self) -> tuple[str, str, str]:
        """Return the names of one run's logs, in the three formats the server wrote at once."""
        return f"{self.name}.log", f"{self.name}.csv", f"{self.name}.json"

    def path(self, name: str) -> Path:
        """Return where a log or the statements are."""
        return self.folder / f"{name}.gz"

    def labels(self) -> list[dict[str, Any]]:
        """Return the cases with their labels."""
        found: list[dict[str, Any]] = json.loads(self.labelled.read_text())
        return found


CORPUS = Corpus("corpus", "default.log", "statements.csv", DATA / "schema.sql", DATA / "labels.json")
HELD_OUT = Corpus(
    "held_out",
    "held_out_default.log",
    "held_out_statements.csv",
    Path(__file__).parent / "held_out.sql",
    DATA / "held_out_labels.json",
)
SAME_RUN = CORPUS.same_run
DEFAULT_PREFIX = CORPUS.default

Key = tuple[str, str]
"""Rule and child table."""


@dataclass(frozen=True)
class Score:
    """How well findings and labels agree."""

    found: tuple[Key, ...]
    missed: tuple[Key, ...]
    false: tuple[Key, ...]
    wrong_parent: tuple[Key, ...]
    named: int
    """Labels found of which the parent is known."""

    @property
    def precision(self) -> float:
        """Return the share of findings that a label asks for."""
        return len(self.found) / max(len(self.found) + len(self.false), 1)

    @property
    def recall(self) -> float:
        """Return the share of labels that were found."""
        return len(self.found) / max(len(self.found) + len(self.missed), 1)

    @property
    def parent_accuracy(self) -> float:
        """Return the share of found labels with a known parent whose parent was named right."""
        return 1 - len(self.wrong_parent) / max(self.named, 1)


def labels() -> list[dict[str, Any]]:
    """Return the cases of the corpus with their labels."""
    return CORPUS.labels()


def load(connection: psycopg.Connection[Any], corpus: Corpus = CORPUS) -> tuple[Schema, Statistics]:
    """Make a corpus' tables in an empty database and return its catalog."""
    connection.execute(corpus.schema.read_bytes())
    return catalog(connection)


def catalog(connection: psycopg.Connection[Any]) -> tuple[Schema, Statistics]:
    """Return a database's catalog."""
    return read_schema(connection), read_statistics(connection)


def context(
    workload: Workload, schema: Schema, statistics: Statistics, types: Callable[[str], Sequence[str]] = lambda text: ()
) -> RuleContext:
    """Return what the rules see of a workload; `types` tells a statement's parameter types."""
    shapes = {query.id: analyse(query.text, schema) for query in workload.queries}
    known = {name: shape for name, shape in shapes.items() if isinstance(shape, QueryShape)}
    return RuleContext(workload, known, schema, statistics, parameter_types=types)


def findings(log: str, schema: Schema, statistics: Statistics, corpus: Corpus = CORPUS) -> tuple[Finding, ...]:
    """Return what the N+1 and row-by-row rules find in one log of the corpus."""
    return find(context(collect([str(corpus.path(log))]), schema, statistics), ["NPO001", "BAT"])


def score(found: Sequence[Finding], passing_over: Container[str] = (), corpus: Corpus = CORPUS) -> Score:
    """Return how these findings agree with the labels; loops of some groups may be found or not."""
    cases = corpus.labels()
    wanted, optional = (
        {
            (label["rule"], label["child"]): label["parent"]
            for case in cases
            for label in case["labels"]
            if (case["group"] in passing_over) is passed
        }
        for passed in (False, True)
    )
    parents: dict[Key, set[str | None]] = {}
    for finding in found:
        key = finding.name, finding.facts["child_table"]
        if key not in optional:
            parents.setdefault(key, set()).add(finding.facts["parent_table"])
    hit = [key for key in wanted if key in parents]
    named = [key for key in hit if wanted[key]]
    return Score(
        found=tuple(hit),
        missed=tuple(key for key in wanted if key not in parents),
        false=tuple(sorted(key for key in parents if key not in wanted)),
        wrong_parent=tuple(key for key in named if parents[key] != {wanted[key]}),
        named=len(named),
    )
