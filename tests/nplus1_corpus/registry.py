"""Cases register here: a function that behaves like an application, and what a detector must say about it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from tests.nplus1_corpus.domain import Family

PAUSE = 0.12
"""Seconds between two requests of one client."""


@dataclass(frozen=True)
class Label:
    """One finding that must appear."""

    rule: str
    child: str
    parent: str | None = None
    """The parent's table; `None` where nobody could tell from the log."""


@dataclass
class Environment:
    """What a case runs on."""

    host: str
    database: str
    application: str
    chance: random.Random

    def url(self, driver: str) -> str:
        """Return a SQLAlchemy URL."""
        return f"{driver}://postgres@/{self.database}?host={self.host}&port=5432"

    @property
    def conninfo(self) -> str:
        """Return a libpq connection string."""
        return f"host={self.host} port=5432 user=postgres dbname={self.database} application_name={self.application}"

    def requests(self, count: int) -> range:
        """Return that many request numbers, to be iterated over with `pause` in between."""
        return range(count)

    def pause(self, seconds: float = PAUSE) -> None:
        """Wait as a client does between two requests."""
        time.sleep(seconds * self.chance.uniform(0.8, 1.3))


@dataclass(frozen=True)
class Case:
    """One labelled behaviour."""

    name: str
    family: Family
    labels: tuple[Label, ...]
    run: Callable[[Environment], None]
    why: str = ""
    group: str = ""
    """Name of the module it is in, without `_cases`."""


@dataclass
class Registry:
    """All cases, in the order in which they were declared."""

    cases: dict[str, Case] = field(default_factory=dict)

    def positive(
        self, family: Family, *labels: Label
    ) -> Callable[[Callable[[Environment, Family], None]], Callable[[Environment, Family], None]]:
        """Register a loop; without labels: an N+1 over the family's parent and child."""
        return self._add(family, labels or (Label("n-plus-one", family.child, family.parent),))

    def lookalike(
        self, family: Family
    ) -> Callable[[Callable[[Environment, Family], None]], Callable[[Environment, Family], None]]:
        """Register something that repeats but is no N+1."""
        return self._add(family, ())

    def _add(
        self, family: Family, labels: tuple[Label, ...]
    ) -> Callable[[Callable[[Environment, Family], None]], Callable[[Environment, Family], None]]:
        def register(function: Callable[[Environment, Family], None]) -> Callable[[Environment, Family], None]:
            name = function.__name__.replace("_", "-")
            assert name not in self.cases, name
            used = {table for case in self.cases.values() for table in case.family.tables}
            assert not used & set(family.tables), f"{name}: {used & set(family.tables)} belong to another case"
            why = (function.__doc__ or "").split("\n")[0]
            group = function.__module__.rpartition(".")[2].removesuffix("_cases")
            self.cases[name] = Case(name, family, labels, partial(function, family=family), why, group)
            return function

        return register


REGISTRY = Registry()
