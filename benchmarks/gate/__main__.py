"""How right the gate is: seeded changes judged by `advisor check` and by a loaded server.

Run: `python -m benchmarks.gate [--cases 60] [--seed N] [--kind NAME …] [--scale 1]` from the project's root.

Each world is a random shop on a loaded server; each case a copy of it with one change made in earnest, among pending
revisions that do nothing. What a change is, the server says: every statement is run before and after. A case is caught
when the check fails on a statement that really got worse, named when a failure names the guilty revision, explained
when it names the index, table or setting. Cases that are neither clearly worse nor clearly the same are not counted.
Exit status 1 when a bar of issue 16 is missed.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from tabulate import tabulate

from advisor.catalog.snapshot import take_snapshot
from advisor.twin.servers.server import Server, embedded_binaries
from benchmarks.gate import kinds, truth
from benchmarks.gate.change import KINDS, Change
from benchmarks.gate.gated import Said, Team
from benchmarks.gate.shop import Shop, Statement, load, make_shop

__all__ = ["kinds", "main"]
PER_WORLD = 20
SETTINGS = {"random_page_cost": "1.1", "shared_buffers": "256MB", "maintenance_work_mem": "128MB"}
FILLERS = ("COMMENT ON SCHEMA public IS 'n'", "CREATE TABLE extra_{} (id int)", "CREATE SEQUENCE extra_{}")
BARS = {"caught": 0.97, "false": 0.01, "named": 0.95, "explained": 0.95}


@dataclass(frozen=True)
class Outcome:
    """One case: what it is, and what the gate said."""

    seed: int
    kind: str
    truth: truth.Truth
    caught: bool = False
    failed: bool = False
    named: bool | None = None
    """`None` where no revision is to blame."""
    explained: bool = False
    detail: str = ""


class World:
    """A loaded shop, and its team's checkout."""

    def __init__(self, server: Server, folder: Path, seed: int, scale: float) -> None:
        rng = random.Random(seed)
        self.server, self.seed = server, seed
        self.name = f"shop_{seed}"
        self.shop: Shop = make_shop(rng, scale)
        self.bound = rng.random() < 0.5
        with server.connect() as admin:
            admin.execute(f"CREATE DATABASE {self.name} OWNER {truth.OWNER}".encode())
        with server.connect(self.name) as connection:
            connection.execute(f"SET SESSION AUTHORIZATION {truth.OWNER}".encode())
            connection.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
            load(connection, self.shop, seed)
            self.types = truth.types_of(connection, self.shop.statements)
            self.before = {one: self.run(connection, one) for one in self.shop.statements}
        self.team = Team(folder, take_snapshot(server.url(self.name)), self.shop.statements, bound=self.bound)

    def run(self, connection: psycopg.Connection, statement: Statement) -> truth.Run:
        """Run one statement."""
        return truth.run(connection, statement, self.types, bound=self.bound)

    def outcome(self, change: Change, rng: random.Random, seed: int) -> Outcome:
        """Make a change in earnest and let the gate judge it."""
        pending = _pending(change, rng)
        copy = f"{self.name}_case"
        with self.server.connect() as admin:
            admin.execute(f"CREATE DATABASE {copy} TEMPLATE {self.name} OWNER {truth.OWNER}".encode())
        try:
            with self.server.connect(copy) as connection:
                truth.make(connection, change, [made for _, made in pending])
            with self.server.connect(copy) as connection:
                for name, value in change.settings.items():
                    connection.execute("SELECT set_config(%s, %s, false)", [name, value])
                truth.become_owner(connection)
                found = self._truth(connection, change)
            snapshot = take_snapshot(self.server.url(copy)) if change.data else None
        finally:
            with self.server.connect() as admin:
                admin.execute(f"DROP DATABASE {copy} WITH (FORCE)".encode())
                admin.execute(f"ALTER ROLE {truth.OWNER} RESET ALL".encode())
        said = self.team.judged(change, pending, snapshot)
        return self._scored(change, seed, found, said)

    def _truth(self, connection: psycopg.Connection, change: Change) -> dict[Statement, truth.Truth]:
        if change.statements:
            return {
                after: truth.judge(self.before[before] if before else None, self.run(connection, after))
                for before, after in change.statements
            }
        return {one: truth.judge(self.before[one], self.run(connection, one)) for one in self.shop.statements}

    def _scored(self, change: Change, seed: int, found: dict[Statement, truth.Truth], said: Said) -> Outcome:
        what = truth.overall({one.literal: kind for one, kind in found.items()})
        worse = {self.team.id(one) for one, kind in found.items() if kind == "regression"}
        right = said.failing if change.statements else [one for one in said.failing if one["query"] in worse]
        told = " ".join(f"{one['code']} {one['cause']} {one['fix']}" for one in right)
        slow = "; ".join([one.literal[:110] for one, kind in found.items() if kind == "regression"][:2])
        words = (
            "; ".join(
                f"{one['code']} {one['cause'][:300]} ({one['cost_before']} to {one['cost_after']})"
                for one in said.verdicts[:3]
            )
            or said.gist
        )
        return Outcome(
            seed, change.kind, what, bool(right), not said.silent,
            any("guilty" in f"{one.get('revision')}" for one in right) if change.revision else None,
            bool(right) and (not change.cause or any(word in told for word in change.cause)),
            f"{slow}\n    status {said.status}: {words}",
        )  # fmt: skip


def _pending(change: Change, rng: random.Random) -> list[tuple[str, Sequence[str]]]:
    """Return the guilty revision among ones that do nothing, in random order."""
    if not change.revision:
        return []
    fillers = rng.sample(FILLERS, rng.randrange(0, 3))
    made: list[tuple[str, Sequence[str]]] = [
        (f"idle{number}", [text.format(number)]) for number, text in enumerate(fillers)
    ]
    made.insert(rng.randrange(0, len(made) + 1), ("guilty", change.revision))
    return made


def outcomes(cases: int, seed: int, scale: float, names: Sequence[str]) -> Iterator[Outcome]:
    """Yield the outcome of each case, world after world."""
    rng = random.Random(seed)
    queue: list[str] = []
    with Server(embedded_binaries(), SETTINGS, room=8 << 30) as server, tempfile.TemporaryDirectory() as folder:
        with server.connect() as admin:
            admin.execute(f"CREATE ROLE {truth.OWNER} LOGIN; CREATE ROLE reporting".encode())
        done = 0
        while done < cases:
            world = World(server, Path(folder) / "team", rng.randrange(10**6), scale)
            for _ in range(min(PER_WORLD, cases - done)):
                queue = queue or rng.sample(list(names), len(names))
                change = KINDS[queue.pop()][1](rng, world.shop)
                done += 1
                if change is None:
                    continue
                try:
                    yield world.outcome(change, rng, world.seed)
                except psycopg.Error as error:
                    print(f"cannot be made: [{world.seed}] {change.kind}: {error}", flush=True)
            shutil.rmtree(Path(folder) / "team")
            with server.connect() as admin:
                admin.execute(f"DROP DATABASE {world.name} WITH (FORCE)".encode())


def wrong(one: Outcome) -> str | None:
    """Return what the gate got wrong, `None` when it was right."""
    if one.truth == "harmless":
        return "false" if one.failed else None
    if one.truth == "unclear" or not one.caught:
        return None if one.truth == "unclear" else "missed"
    words = [word for word, bad in (("unnamed", one.named is False), ("unexplained", not one.explained)) if bad]
    return " and ".join(words) or None


def told(outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """Yield the outcomes and print what went wrong at once."""
    for one in outcomes:
        if what := wrong(one):
            print(f"{what}: [{one.seed}] {one.kind}: {one.detail}", flush=True)
        yield one


def report(found: Sequence[Outcome]) -> dict[str, float]:
    """Print the table; return the shares that the bars are on."""
    real = [one for one in found if one.truth == "regression"]
    calm = [one for one in found if one.truth == "harmless"]
    caught = [one for one in real if one.caught]
    blamed = [one for one in caught if one.named is not None]
    counted = collections.Counter(one.kind for one in found if one.truth == "unclear")
    print(f"\nunclear: {sum(counted.values())} ({', '.join(f'{kind} {n}' for kind, n in counted.most_common())})\n")
    shares = {
        "caught": _share([one.caught for one in real]),
        "false": _share([one.failed for one in calm]),
        "named": _share([bool(one.named) for one in blamed]),
        "explained": _share([one.explained for one in caught]),
    }
    counts = {"caught": len(real), "false": len(calm), "named": len(blamed), "explained": len(caught)}
    rows = [(name, f"{shares[name]:.1%}", counts[name], f"{BARS[name]:.0%}") for name in shares]
    print(tabulate(rows, ("share", "reached", "of cases", "bar")))
    return shares


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--cases", type=int, default=120)
    parser.add_argument("--seed", type=int, default=None, help="a fresh one when not given")
    parser.add_argument("--scale", type=float, default=1.0, help="of the tables' rows")
    parser.add_argument("--minutes", type=float, default=1e6, help="after which no further case begins")
    parser.add_argument("--kind", nargs="*", default=list(KINDS))
    options = parser.parse_args()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    print(f"seed {seed}, {options.cases} cases of {len(options.kind)} kinds", flush=True)
    end = time.monotonic() + 60 * options.minutes
    made = itertools.takewhile(
        lambda _: time.monotonic() < end, outcomes(options.cases, seed, options.scale, options.kind)
    )
    shares = report(list(told(made)))
    missed = [name for name, bar in BARS.items() if (shares[name] > bar if name == "false" else shares[name] < bar)]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
