"""`python -m benchmarks.rewrites --cases 2000 [--seed N] [--minutes N]`: differences, refusals and the printed share per rule."""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import time
from collections import Counter

import psycopg

from advisor.catalog.snapshot_model import Snapshot
from advisor.catalog.statistics import Statistics
from advisor.rewrites.arms import arms
from advisor.rewrites.days import as_range
from advisor.rewrites.keyset import keyset
from advisor.rewrites.not_in import NotIn, not_exists
from advisor.rewrites.proof.prover import Prover
from advisor.rewrites.proof.proving_database import proof_database
from advisor.rewrites.repeated_reads import read_at_once
from advisor.rewrites.repeated_writes import write_at_once
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.rounds import Repeated
from advisor.twin.servers.server import Server, embedded_binaries
from benchmarks.rewrites.schemas import ddl, schema
from benchmarks.rewrites.statements import MAKERS, Maker, Statement
from benchmarks.rewrites.truth import Truth

PER_SCHEMA = 20


def offered(statement: Statement, prover: Prover) -> list[Rewrite] | Refusal:
    known = prover.database.schema
    if statement.rule.startswith("SQL006"):
        both = not_exists(statement.text, known)
        return [one for one in (both.exact, both.choice) if one] if isinstance(both, NotIn) else both
    if statement.rule.startswith("SQL005"):
        found = arms(statement.text, statement.columns, known)
    elif statement.rule.startswith("SQL001"):
        found = keyset(statement.text, known)
    elif statement.rule.startswith("SQL003"):
        found = as_range(statement.text, next(iter(statement.columns)), known)
    else:
        try:
            types = prover.parameter_types(statement.text)
        except psycopg.Error as error:
            return Refusal(f"server: {error}")
        loop = Repeated(statement.text, frozenset(statement.varying), types, known, statement.unique)
        found = write_at_once(loop) if statement.writes else read_at_once(loop)
    return found if isinstance(found, Refusal) else [found]


def valid(statement: Statement, prover: Prover) -> bool:
    """Return whether the server takes the statement at all."""
    try:
        prover.parameter_types(statement.text)
    except psycopg.Error:
        return False
    return True


class Tally:
    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.printed: Counter[str] = Counter()
        self.beyond: Counter[str] = Counter()
        self.beyond_printed: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.refused: list[str] = []
        self.caught = 0

    def report(self) -> str:
        lines = ["rule            right exists   printed    share   one step beyond   printed"]
        for rule in sorted(self.right | self.beyond):
            share = self.printed[rule] / self.right[rule] if self.right[rule] else 0.0
            lines.append(
                f"{rule:16}{self.right[rule]:12}{self.printed[rule]:10}{share:9.1%}{self.beyond[rule]:18}{self.beyond_printed[rule]:10}"
            )
        lines += ["", f"differences: {len(self.wrong)}", f"refused by the server: {len(self.refused)}",
                  f"not printed because rows told the two apart: {self.caught}", "", "why not printed, where a right rewrite exists:"]  # fmt: skip
        lines += [f"{count:5} {reason}" for reason, count in self.reasons.most_common(15)]
        return "\n".join([*lines, "", *self.wrong, *self.refused])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rewrites")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument(
        "--minutes", type=float, default=24 * 60, help="start no schema after so many; the cases until then are told"
    )
    options = parser.parse_args()
    seed = secrets.randbelow(10**9) if options.seed is None else options.seed
    print(f"seed {seed}")
    rng, tally, done, end = random.Random(seed), Tally(), 0, time.monotonic() + 60 * options.minutes
    with Server(embedded_binaries()) as server:
        while done < options.cases and time.monotonic() < end:
            tables = schema(rng)
            text = ddl(tables)
            done += _one_schema(server, tables, text, min(PER_SCHEMA, options.cases - done), rng, tally)
            shown = sum(tally.printed.values()) + sum(tally.beyond_printed.values())
            print(f"{done} cases, {shown} printed, {len(tally.wrong)} differ", file=sys.stderr, flush=True)
    print(f"{done} cases of {options.cases}\n{tally.report()}")
    short = [rule for rule in tally.right if tally.printed[rule] < 0.85 * tally.right[rule]]
    return 1 if tally.wrong or tally.refused or short else 0


def _one_schema(server: Server, tables: list, text: str, cases: int, rng: random.Random, tally: Tally) -> int:
    name = f"truth_{secrets.token_hex(4)}"
    with server.connect() as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        version = admin.info.server_version
    try:
        with server.connect(name) as making:
            making.execute(text.encode())
        snapshot = Snapshot(text, Statistics(), {}, version)
        with (
            server.connect(name, autocommit=False) as connection,
            proof_database(server.conninfo(), snapshot) as database,
        ):
            truth, prover, done = Truth(connection, tables, random.Random(rng.random())), Prover(database), 0
            while done < cases:
                statement = rng.choice(MAKERS)(Maker(tables, rng))
                if valid(statement, prover):
                    _case(statement, truth, prover, tally, text)
                    done += 1
            return done
    finally:
        with server.connect() as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _case(statement: Statement, truth: Truth, prover: Prover, tally: Tally, text: str) -> None:
    rule = statement.rule
    (tally.right if statement.right else tally.beyond)[rule] += 1
    found = offered(statement, prover)
    reason = found.reason if isinstance(found, Refusal) else None
    for number, rewrite in enumerate([] if isinstance(found, Refusal) else found):
        refusal = prover.prove(rewrite)
        if refusal:
            tally.caught += "did something else" in refusal.reason
            reason = reason or refusal.reason
            continue
        if number == 0:
            (tally.printed if statement.right else tally.beyond_printed)[rule] += 1
        said = truth.differs(statement, rewrite)
        truth.connection.rollback()
        if said:
            kept = tally.refused if said.startswith("error") else tally.wrong
            kept.append(f"-- {rule}: {said}\n{text}\n{statement.text}\n->\n{rewrite.text}\n")
            print(kept[-1], file=sys.stderr, flush=True)
    if reason and statement.right:
        tally.reasons[f"{rule}: {reason}"] += 1
        if "did something else" in reason or "refuses it" in reason:
            print(f"-- NOT PRINTED {rule}: {reason}\n{statement.text}\n", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
