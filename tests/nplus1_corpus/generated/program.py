"""One random program: its connection or pool, its pace, and the count of what it looped over."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.nplus1_corpus.generated.domain import Domain, Role
from tests.nplus1_corpus.generated.stacks import drivers, orms

Frame = Literal["transaction", "autocommit", "commit-each", "pipeline"]
Pool = Literal["one", "hop", "pooler", "gather", "fresh"]
Rule = Literal["NPO001", "BAT001", "BAT002", "BAT003"]

STACKS: dict[str, Any] = {
    "sqlalchemy": orms.SqlAlchemy, "django": orms.Django, "peewee": orms.Peewee, "psycopg": drivers.Psycopg,
    "psycopg-literal": drivers.PsycopgLiteral, "psycopg2": drivers.Psycopg2, "asyncpg": drivers.Asyncpg,
    "pg8000": drivers.Pg8000,
}  # fmt: skip
SHARED = ("psycopg", "psycopg-literal", "psycopg2", "pg8000")
"""Libraries whose connections threads may hand to each other."""
SPEEDS: dict[str, tuple[float, float]] = {
    "fast": (0.0, 0.0), "1-5 ms": (0.001, 0.005), "5-20 ms": (0.005, 0.02), "20-60 ms": (0.02, 0.06),
    "60-200 ms": (0.06, 0.2),
}  # fmt: skip
"""Seconds a client works between two rounds."""


@dataclass(frozen=True)
class Fact:
    """One loop that a program ran, by its own count."""

    program: str
    rule: Rule
    child: str
    parents: tuple[str, ...]
    """Tables any of which is right for the parent; none: whatever is named."""
    rounds: tuple[int, ...]
    """Of each time it ran."""
    shape: str
    frame: Frame
    pool: Pool
    speed: str
    stack: str
    certain: bool
    """Whether it is long enough that it must be found: shorter ones may be."""


@dataclass(frozen=True)
class Plan:
    """What a program is to do, drawn beforehand."""

    name: str
    domain: Domain
    stack: str
    frame: Frame
    pool: Pool
    speed: str
    shape: str
    """Name of a loop's shape, or of a look-alike."""
    seed: str


@dataclass
class Clock:
    """Waits that a program did not really spend: the log's times are shifted by them afterwards."""

    shifts: list[tuple[int, float]] = field(default_factory=list)
    """Milliseconds since the epoch, and the seconds that everything later is to be late by."""
    total: float = 0.0

    def wait(self, seconds: float) -> None:
        """Let time pass for the log's readers: what ends in a later millisecond than now is late by as much."""
        if seconds <= 0:
            return
        self.total += seconds
        self.shifts.append((int(time.time() * 1000), self.total))
        time.sleep(0.0012)


class Program:
    """What shapes and look-alikes run on."""

    def __init__(self, plan: Plan, host: str, database: str) -> None:
        self.plan, self.host, self.database = plan, host, database
        self.domain = plan.domain
        self.chance = random.Random(plan.seed)
        self.clock = Clock()
        self.style = self.chance.random()
        self.counts: Counter[tuple[Rule, str]] = Counter()
        self.parents: dict[tuple[Rule, str], tuple[str, ...]] = {}
        self.rounds: dict[tuple[Rule, str], list[int]] = {}
        self.lock = threading.Lock()
        self.stacks: list[Any] = []
        self.low, self.high = SPEEDS[plan.speed]

    def open(self, *, autocommit: bool | None = None) -> Any:
        """Return a new connection; all of a program write SQL alike."""
        automatic = self.plan.frame in ("autocommit", "pipeline") if autocommit is None else autocommit
        made = STACKS[self.plan.stack](
            self.host, self.database, self.plan.name, random.Random(f"style {self.style}"), automatic
        )
        with self.lock:
            self.stacks.append(made)
        return made

    def close(self) -> None:
        """Close all connections."""
        for stack in self.stacks:
            stack.close()
        self.stacks.clear()

    def ran(self, rule: Rule, role: Role, *parents: Role) -> None:
        """Count one round of a loop over a table."""
        key = rule, self.domain[role].name
        with self.lock:
            self.counts[key] += 1
            self.parents[key] = tuple(self.domain[parent].name for parent in parents)

    def done(self) -> None:
        """Take what was counted since the last time as one loop each."""
        with self.lock:
            for key, count in self.counts.items():
                self.rounds.setdefault(key, []).append(count)
            self.counts.clear()

    def pace(self) -> float:
        """Return the seconds this client works before the next round."""
        return self.chance.uniform(self.low, self.high) if self.high else 0.0

    def work(self) -> None:
        """Work between two rounds."""
        self.clock.wait(self.pace())

    def pause(self, low: float = 0.05, high: float = 3.0) -> None:
        """Wait between two requests: visitors come at moments of their own."""
        self.clock.wait(low + min(high, self.chance.expovariate(2 / high)))

    def facts(self) -> list[Fact]:
        """Return the loops that were counted."""
        plan = self.plan
        least = 10 if plan.pool != "one" else 3
        made = []
        for (rule, child), rounds in self.rounds.items():
            parents = self.parents[rule, child]
            at_once = plan.pool in ("pooler", "gather", "fresh")
            enough = max(least, 8 if plan.frame != "transaction" else 5) if not parents else least
            if max(rounds) >= 3:
                made.append(
                    Fact(plan.name, rule, child, parents, tuple(rounds), plan.shape, plan.frame, plan.pool, plan.speed,
                         plan.stack, max(rounds) >= enough and (bool(parents) or not at_once))
                )  # fmt: skip
        return made


Body = Callable[[Any, Any], None]
"""What is done for one row, on one connection."""


def rounds(chance: random.Random) -> int:
    """Return the length of a loop."""
    share = chance.random()
    if share < 0.25:
        return chance.randint(3, 6)
    if share < 0.70:
        return chance.randint(7, 25)
    if share < 0.94:
        return chance.randint(25, 100)
    return chance.randint(100, 500)
