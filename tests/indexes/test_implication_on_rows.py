"""Implication asked of a server: where it is said to hold, no row satisfies the premise and not the conclusion.

Predicates are drawn at random over columns of types whose comparisons differ (blanks, case, NULL), in our spelling and
in the one that PostgreSQL prints; conclusions are drawn close to their premises, so that many pairs are called true.
"""

from __future__ import annotations

import os
import random

import psycopg
import pytest

from advisor.catalog.live.introspect import read_schema
from advisor.indexes.replacing.implication import implies

TABLE = """
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TYPE kind AS ENUM ('a', 'b', 'ab');
CREATE TABLE t (v varchar(4), t text, c char(4), i citext, k kind, n bigint, s smallint, f float8, b bool, d bool);
INSERT INTO t (v, t, c, i, n, s, f, b, d, k)
SELECT x, x, x, x, n, n, n + CASE WHEN b THEN 0 ELSE 0.4 END, b, d, nullif(lower(btrim(x)), '')::kind
  FROM unnest(ARRAY[NULL, 'a', 'A', 'a ', 'b', 'ab', '']) x, unnest(ARRAY[NULL, 1, 2, 5]) n,
       unnest(ARRAY[NULL, true, false]) b, unnest(ARRAY[NULL, true, false]) d;
"""
STRINGS = (
    "'a'",
    "'A'",
    "'a '",
    "'b'",
    "'ab'",
    "'a'::text",
    "'a '::text",
    "'a '::bpchar",
    "'ab'::varchar(1)",
    "'a'::varchar",
)
NUMBERS = ("1", "2", "5", "'1'", "'2'::bigint", "2::numeric", "(2)::double precision", "1.6::int", "2.4")
CASES = int(os.environ.get("ADVISOR_IMPLICATIONS", "400"))


def leaf(random_: random.Random) -> str:
    """Return a condition of one column."""
    name = random_.choice("vtcinsfbdk")
    if name in "bd":
        return random_.choice(
            [name, f"NOT {name}", f"{name} IS TRUE", f"{name} IS FALSE", f"{name} IS NOT TRUE", f"{name} = true"]
        )
    test = random_.random()
    if test < 0.15:
        return f"{name} IS {random_.choice(['', 'NOT '])}NULL"
    if name == "k":
        literal = random_.choice(["'a'", "'b'", "'a'::kind"])
        return f"{random_.choice(['k', 'k'])} {random_.choice(['=', '<>', '<'])} {literal}"
    values = NUMBERS if name in "nsf" else STRINGS
    column = (
        name
        if name in "nsf"
        else random_.choice([name, f"{name}::text", f"{name}::varchar(1)", f"lower({name})", name])
    )
    if test < 0.4:
        listed = ", ".join(random_.choices(values[:4], k=random_.randint(1, 3)))
        form = random_.choice(["{} IN ({})", "{} NOT IN ({})", "{} = ANY (ARRAY[{}])", "{} <> ALL (ARRAY[{}])"])
        return form.format(column, listed)
    return f"{column} {random_.choice(['=', '<>', '<', '>='])} {random_.choice(values)}"


def predicate(random_: random.Random, depth: int = 2) -> str:
    """Return a random condition."""
    if depth == 0 or random_.random() < 0.3:
        return leaf(random_)
    parts = [predicate(random_, depth - 1) for _ in range(random_.randint(2, 3))]
    joined = f" {random_.choice(['AND', 'OR'])} ".join(f"({part})" for part in parts)
    return random_.choice(
        [joined, joined, f"NOT ({joined})", f"CASE WHEN {parts[0]} THEN {parts[1]} ELSE {parts[-1]} END"]
    )


def near(random_: random.Random, premise: str) -> str:
    """Return a condition that may follow from the premise: a part of it, it and more, or it said otherwise."""
    other = predicate(random_, 1)
    parts = [part.strip("()") for part in premise.replace(") OR (", ") AND (").split(") AND (")]
    changes = {"::text": "", "::varchar": "", "'a '": "'a'", "::bigint": "", "NOT ": "", "AND": "OR", "lower": ""}
    before, after = random_.choice(list(changes.items()))
    return random_.choice([
        f"({premise}) OR ({other})", f"NOT NOT ({premise})", f"({premise}) IS TRUE", random_.choice(parts),
        premise.replace(before, after, 1), premise.replace(before, after), f"({random_.choice(parts)}) OR ({other})",
    ])  # fmt: skip


@pytest.fixture
def rows(connection: psycopg.Connection) -> psycopg.Connection:
    """The table with a row for each combination of values."""
    connection.execute(TABLE)
    return connection


def printed(rows: psycopg.Connection, text: str) -> str | None:
    """Return the predicate as PostgreSQL prints it, `None` when it is none."""
    try:
        with rows.transaction(force_rollback=True):
            rows.execute(f"CREATE INDEX i ON t (n) WHERE {text}".encode())
            (found,) = rows.execute(
                "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = 'i'::regclass"
            ).fetchone() or ("",)
            return str(found)
    except psycopg.Error:
        return None


def test_no_row_satisfies_the_premise_and_not_the_conclusion(rows: psycopg.Connection) -> None:
    seed = int(os.environ.get("ADVISOR_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"seed {seed}")
    random_ = random.Random(seed)
    types = read_schema(rows).tables["public", "t"].types
    assert types["v"] == "varchar" and types["c"] == "bpchar"
    called = held = 0
    for _ in range(CASES):
        premise = predicate(random_)
        conclusion = near(random_, premise)
        shown = [printed(rows, text) for text in (premise, conclusion)]
        if None in shown:
            continue
        pairs = {
            (premise, conclusion),
            (conclusion, premise),
            (shown[0], shown[1]),
            (shown[0], conclusion),
            (premise, shown[1]),
            (premise, shown[0]),
        }
        for given, wanted in sorted(pairs, key=str):
            for known in (types, None):
                if not implies(given, wanted, known):
                    continue
                called += 1
                wrong = rows.execute(
                    f"SELECT count(*) FROM t WHERE ({given}) AND ({wanted}) IS NOT TRUE".encode()
                ).fetchone()
                assert wrong == (0,), f"seed {seed}: {given}  does not imply  {wanted}"
        held += 1
    assert held > CASES / 3 and called > held, (seed, held, called)
