"""Which pending revision made a plan worse: by what each of them changed of the tables that the query reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from advisor.catalog.database_objects import CatalogObject, Objects
from advisor.gate.baseline import Baseline
from advisor.gate.relation_names import label
from advisor.gate.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Touch:
    """One object that a revision made, changed or removed."""

    revision: str
    file: str
    line: int
    object: CatalogObject

    @property
    def table(self) -> str | None:
        """Return its table as a baseline names it."""
        return label(*self.object.table) if self.object.table else None


def touches(before: Objects, after: Objects, revision: str, file: str, source: str) -> list[Touch]:
    """Return what a revision changed, the objects as they were and as they are; `source` is the text of its file."""
    found = []
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old != new:
            sides = [one for one in (old, new) if one is not None]
            found += [Touch(revision, file, _line(source, one), one) for one in dict.fromkeys(sides)]
    return found


def blamed(verdicts: Iterable[Verdict], baseline: Baseline, changed: Sequence[Touch]) -> tuple[Verdict, ...]:
    """Return the verdicts, each with the revision that most likely is behind it, its file and line."""
    return tuple(_blamed(one, baseline, changed) for one in verdicts)


def _blamed(verdict: Verdict, baseline: Baseline, changed: Sequence[Touch]) -> Verdict:
    if verdict.level == "info" or not changed:
        return verdict
    tables = frozenset(_tables(verdict, baseline))
    scored = [(_score(verdict, touch, tables), -place, touch) for place, touch in enumerate(changed)]
    score, _, guilty = max(scored, key=lambda one: one[:2])
    if not score:
        return verdict
    cause = verdict.cause
    if guilty.object.kind == "policy" or _secured(guilty):
        cause += f"; row security of {guilty.table} was changed"
    elif any(_declares(one) and one.object.name == guilty.object.name for one in changed if one.table == guilty.table):
        cause += f"; n_distinct of {guilty.table}.{guilty.object.name} was set"
        if verdict.code == "PLN003" and _used(verdict.shape_before) == _used(verdict.shape_after):
            verdict = replace(verdict, level="warn")  # other rows are expected, as many are read
    return replace(verdict, cause=cause, revision=guilty.revision, file=guilty.file, line=guilty.line)


def _used(shape: Iterable[str]) -> frozenset[str]:
    """Return what a plan's lines read: indexes, and tables that are read whole."""
    found = (re.search(r"using (\S+)|Seq Scan (\S+)", line) for line in shape)
    return frozenset(one[1] or f"all of {one[2]}" for one in found if one)


def _declares(touch: Touch) -> bool:
    """Return whether a column's number of distinct values is declared."""
    return touch.object.kind == "column" and "n_distinct" in touch.object.definition


def _secured(touch: Touch) -> bool:
    """Return whether a table's row security is on, which its entry says behind its kind."""
    words = touch.object.definition.split()
    return touch.object.kind == "table" and len(words) > 4 and words[3] == "t"


def _tables(verdict: Verdict, baseline: Baseline) -> Iterator[str]:
    if verdict.table:
        yield verdict.table
    query = baseline.queries.get(verdict.query)
    for plan in query.plans if query else ():
        yield from (access.table for access in plan.accesses)
    yield from re.findall(r"\b(?:from|join|update|into)\s+([\w.]+)", verdict.text, re.IGNORECASE)


def _score(verdict: Verdict, touch: Touch, tables: frozenset[str]) -> int:
    """Return how likely a change is behind a verdict, 0 for not at all."""
    one = touch.object
    named = bool(re.search(rf"(?<!\w){re.escape(one.name)}(?!\w)", verdict.cause))
    if one.kind == "setting":
        return 9 if named and "setting" in verdict.cause else 1
    if verdict.index and one.kind == "index" and one.name == verdict.index:
        return 9
    on_table = touch.table in tables
    if one.kind == "function":
        return 4 if named or f"{one.name}(" in verdict.text else 1
    if not on_table:
        return 3 if named and one.kind == "table" else 0
    return (7 if named else 4) + (one.kind in _LIKELY.get(verdict.code, ()))


_LIKELY = {
    "PLN001": ("index", "constraint"),
    "PLN002": ("index", "column"),
    "PLN003": ("policy", "index", "column"),
    "PLN006": ("index",),
    "PLN008": ("column", "table"),
    "PLN010": ("index",),
    "PLN011": ("constraint", "index"),
}
"""Kinds of changes that are most often behind a code."""


def _line(source: str, one: CatalogObject) -> int:
    """Return the line of the file that names the object, else its table, else the upgrade."""
    lines = source.splitlines()
    wanted = [one.name, *(one.table or ())[1:]]
    begin = next((number for number, line in enumerate(lines, 1) if re.match(r"\s*def upgrade\b", line)), 1)
    for name in wanted:
        for number, line in enumerate(lines, 1):
            if number >= begin and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line):
                return number
    return begin
