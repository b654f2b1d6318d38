"""What lies ahead of production: each statement of the pending migrations beside its tables' sizes and traffic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from advisor.analysis.deeds import Deed, deeds
from advisor.catalog.schema import Schema, Table
from advisor.catalog.statistics import Statistics
from advisor.gate.migrations.duration import Work, seconds
from advisor.gate.relation_names import label
from advisor.verify.running.effects import Effect, Step

GRAVE_ROWS, GRAVE_SECONDS = 100_000.0, 1.0
"""Rows of a table, and seconds that others wait, from which a lock fails the check."""
SMALL_ROWS = 1_000.0
"""Rows below which a lock is over before anybody notices."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A statement that the application runs."""

    id: str
    text: str


@dataclass(frozen=True)
class Ahead:
    """Everything a migration rule looks at."""

    steps: Sequence[Step]
    before: Schema
    """The schema before the migrations."""
    after: Schema
    statistics: Statistics
    """Production's, by the names that tables have there."""
    readings: Sequence[Reading] = ()
    patient: bool = False
    """Whether the environment sets `lock_timeout` itself."""

    def deeds(self, step: Step) -> tuple[Deed, ...]:
        """Return what a step's text says that it does."""
        return deeds(step.text)

    def pairs(self, step: Step, *kinds: str) -> Iterator[tuple[Deed, Effect]]:
        """Yield the step's deeds of these kinds with what became of their tables, for tables that production has."""
        for deed in self.deeds(step):
            if deed.kind in kinds and deed.table:
                effect = next((one for one in step.effects if one.called == deed.table[1] and one.known), None)
                if effect is not None:
                    yield deed, effect

    def table(self, effect: Effect) -> Table | None:
        """Return a table as production has it."""
        return self.before.tables.get((effect.schema, effect.name))

    def leaves(self, effect: Effect) -> list[tuple[str, str]]:
        """Return the tables that hold the rows: itself, or its partitions."""
        found: list[tuple[str, str]] = []
        names = [(effect.schema, effect.name)]
        while names:
            children = [key for one in names for key, table in self.before.tables.items() if table.parent == one]
            found += [one for one in names if not any(table.parent == one for table in self.before.tables.values())]
            names = sorted(children)
        return found

    def rows(self, effect: Effect) -> float | None:
        """Return the rows of a table, `None` where it was never vacuumed or analysed."""
        known = [self.statistics.relations.get(key) for key in self.leaves(effect)]
        if any(one is None or one.rows < 0 for one in known):
            return None
        return sum(one.rows for one in known if one)

    def writes(self, effect: Effect) -> float | None:
        """Return the rows written in a second, `None` where the snapshot does not tell since when it counts."""
        return self._rate(effect, "inserts", "updates", "deletes")

    def reads(self, effect: Effect) -> float | None:
        """Return the scans begun in a second, `None` where that is not known."""
        return self._rate(effect, "seq_scans", "index_scans")

    def _rate(self, effect: Effect, *counters: str) -> float | None:
        if not self.statistics.since or not self.statistics.captured or self.statistics.standby:
            return None
        span = _seconds_between(self.statistics.since, self.statistics.captured)
        found = [self.statistics.activity.get(key) for key in self.leaves(effect)]
        if not span or not any(found):
            return None
        total: float = sum(getattr(one, name) for one in found if one for name in counters)
        return total / span

    def seconds(self, step: Step, effect: Effect) -> float | None:
        """Return how long a step works on one table, roughly, `None` where its size is not known."""
        total = 0.0
        for key in self.leaves(effect):
            relation = self.statistics.relations.get(key)
            if relation is None or relation.rows < 0:
                return None
            work = Work(relation.rows, relation.pages, rewritten=effect.rewritten and not self._emptied(step),
                        scanned=effect.scanned or self._referenced(step, effect))  # fmt: skip
            total += seconds(work, [self._width(key, name) for name in self._built(effect, key)])
        return total

    def _emptied(self, step: Step) -> bool:
        return any(deed.kind == "TruncateStmt" for deed in self.deeds(step))

    def _referenced(self, step: Step, effect: Effect) -> bool:
        """Return whether a foreign key's check looks up a table that was empty here and is not there."""
        foreign = any(deed.kind == "add constraint" and deed.to == "foreign key" for deed in self.deeds(step))
        return foreign and any(one.scanned for one in step.effects if one.name != effect.name)

    def _built(self, effect: Effect, key: tuple[str, str]) -> list[str]:
        table = self.before.tables.get(key)
        if (effect.schema, effect.name) == key or table is None:
            return list(effect.indexes)
        return [one for one in effect.indexes if one in {index.name for index in table.indexes}] or (
            list(effect.indexes)[:1]
        )

    def _width(self, key: tuple[str, str], index: str) -> float:
        """Return how dear an index's first key is to compare: 1 for a number, more for text."""
        for schema in (self.after, self.before):
            for table in schema.tables.values():
                for one in table.indexes:
                    if one.name == index:
                        return _DEAR.get(table.types.get(one.definition.keys[0].column or "", "text"), 1.0)
        return 1.0

    def told(self, effect: Effect) -> str:
        """Return a table with its size and traffic: `orders (350 k rows, 40 writes/s)`."""
        rows, writes = self.rows(effect), self.writes(effect)
        words = [amount(rows) + " rows" if rows is not None else "size unknown"]
        if writes is not None:
            words.append(f"{_rate(writes)} writes/s")
        return f"{label(effect.schema, effect.name)} ({', '.join(words)})"

    def readers(self, *words: str) -> list[Reading]:
        """Return the application's statements in which all these names stand."""
        patterns = [re.compile(rf"(?<![\w$]){re.escape(word)}(?![\w$])", re.IGNORECASE) for word in words if word]
        return [one for one in self.readings if all(pattern.search(one.text) for pattern in patterns)]


_DEAR = {"text": 4.0, "varchar": 4.0, "bpchar": 4.0, "citext": 6.0, "numeric": 1.5, "jsonb": 6.0, "uuid": 1.2}
"""How many times as long as a number a type takes to be sorted."""


def _seconds_between(begin: str, end: str) -> float | None:
    try:
        span = (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
    except (ValueError, TypeError):
        return None
    return span if span > 0 else None


def amount(number: float) -> str:
    """Return a number of rows as people say it: `812`, `350 k`, `2.1 M`."""
    if number < 10_000:
        return f"{number:.0f}"
    return f"{number / 1e3:.0f} k" if number < 1e6 else f"{number / 1e6:.1f} M"


def _rate(number: float) -> str:
    return f"{number:.0f}" if number >= 10 or number == 0 else f"{number:.1f}" if number >= 0.1 else "<0.1"


def lasting(found: float | None) -> str:
    """Return a duration as people say it: `about 12 s`, `for how long is unknown`."""
    if found is None:
        return "for how long is unknown"
    if found < 0.1:
        return "for less than 0.1 s"
    if found < 100:
        return f"about {found:.1f} s" if found < 10 else f"about {found:.0f} s"
    return f"about {found / 60:.0f} min"
