"""The statement offered instead of a loop does what the loop did: same rows, same changes, on real data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.rules.npo.evidence import joined_sql
from advisor.rules.npo.gather import Problem, problems
from advisor.rules.npo.rewrite import Rewritten, rewrite
from advisor.rules.run import RuleContext
from advisor.twin.server import Server
from advisor.workload.collect import collect
from tests.nplus1_corpus.evaluate import DATA, context

ROUNDS = 6


@pytest.fixture
def corpus(corpus_catalog: tuple[Schema, Statistics]) -> RuleContext:
    return context(collect([str(DATA / "corpus.log.gz")]), *corpus_catalog)


@pytest.fixture
def connection(server: Server, corpus_database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the shared tables: whatever a test changes is rolled back."""
    with server.connect(corpus_database) as opened:
        yield opened


def test_every_rewritten_statement_does_what_its_loop_did(
    connection: psycopg.Connection[Any], corpus: RuleContext
) -> None:
    forms: Counter[str] = Counter()
    for problem in problems(corpus):
        rewritten = rewrite(corpus.queries[problem.query].text, problem.child)
        if rewritten is None:
            continue
        rounds = _rounds(connection, problem, corpus, rewritten)
        same = _same_changes if rewritten.form in ("insert", "update", "delete") else _same_rows
        same(connection, corpus.queries[problem.query].text, rewritten, rounds, problem)
        forms[rewritten.form] += 1
    assert sum(forms.values()) >= 30
    assert set(forms) == {"any", "aggregate", "lateral", "tuples", "insert", "update", "delete"}


def _rounds(
    connection: psycopg.Connection[Any], problem: Problem, corpus: RuleContext, rewritten: Rewritten
) -> list[list[str | None]]:
    """Return the values of some rounds: those seen in the log, with keys that exist."""
    slots = corpus.queries[problem.query].slots
    values: list[str | None] = [slot.common[0][0] for slot in slots]
    columns = ", ".join(problem.child.key)
    keys = connection.execute(f"SELECT DISTINCT {columns} FROM {problem.child.table.name} LIMIT {ROUNDS}").fetchall()
    rounds = []
    for number in range(ROUNDS):
        mine = list(values)
        for position, slot in enumerate(rewritten.numbers[number - 1] for number in rewritten.arrays):
            if rewritten.form == "insert":
                mine[slot - 1] = _other(values[slot - 1], number)
            elif position < len(problem.child.key):
                mine[slot - 1] = str(keys[number][position])
        rounds.append(mine)
    return rounds


def _other(value: str | None, number: int) -> str | None:
    return str(int(value) + 90_000 + number) if value and value.isdigit() and len(value) > 4 else value


def _run(connection: psycopg.Connection[Any], text: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with psycopg.RawCursor(connection) as cursor:
        cursor.execute(text.encode(), values)
        return cursor.fetchall() if cursor.description else []


def _arrays(rewritten: Rewritten, rounds: list[list[str | None]]) -> list[Any]:
    values: list[Any] = [rounds[0][number - 1] for number in rewritten.numbers]
    for number in rewritten.arrays:
        old = rewritten.numbers[number - 1]
        values[number - 1] = [values_of[old - 1] for values_of in rounds]
    return values


def _same_rows(
    connection: psycopg.Connection[Any],
    text: str,
    rewritten: Rewritten,
    rounds: list[list[str | None]],
    problem: Problem,
) -> None:
    looped = [row for values in rounds for row in _run(connection, text, values)]
    width = len(looped[0])
    at_once = _run(connection, rewritten.text, _arrays(rewritten, rounds))
    if rewritten.form == "lateral":
        at_once = [row[-width:] for row in at_once]
    if rewritten.form == "aggregate":
        looped = [row for row in looped if row[0]]
    assert Counter(looped) == Counter(row[:width] for row in at_once), (problem.application, rewritten.text)
    assert looped


def _same_changes(
    connection: psycopg.Connection[Any],
    text: str,
    rewritten: Rewritten,
    rounds: list[list[str | None]],
    problem: Problem,
) -> None:
    table, states = problem.child.table.name, []
    own = [
        column.name for column in problem.child.table.columns if not (rewritten.form == "insert" and column.identity)
    ]
    whole = f"SELECT {', '.join(own)} FROM {table} ORDER BY {', '.join(own)}"
    before = connection.execute(whole).fetchall()
    for way in (lambda: [_run(connection, text, values) for values in rounds],
                lambda: _run(connection, rewritten.text, _arrays(rewritten, rounds))):  # fmt: skip
        with connection.transaction(force_rollback=True):
            way()
            states.append(connection.execute(whole).fetchall())
    assert states[0] == states[1], (problem.application, rewritten.text)
    assert states[0] != before


def test_the_join_returns_what_the_loop_returned_for_each_row_of_the_parent(
    connection: psycopg.Connection[Any], corpus: RuleContext
) -> None:
    tried = 0
    for problem in problems(corpus):
        both = joined_sql(problem, corpus)
        if both is None or problem.parent is None or problem.parent.query is None:
            continue
        slots = corpus.queries[problem.parent.query].slots
        values = [slot.common[0][0] for slot in slots]
        column = problem.parent.relation.parent_columns[0]
        with psycopg.RawCursor(connection) as cursor:
            parents = cursor.execute(corpus.queries[problem.parent.query].text.encode(), values).fetchall()
            place = [part.name for part in cursor.description or []].index(column)
        wanted: Counter[tuple[Any, ...]] = Counter()
        for parent in parents:
            own = connection.execute(
                f"SELECT * FROM {problem.child.table.name} WHERE {problem.child.key[0]} = %s", [parent[place]]
            ).fetchall()
            wanted.update([(*parent, *own[0])])
        assert Counter(_run(connection, both, values)) == wanted, both
        assert wanted
        tried += 1
    assert tried >= 4
