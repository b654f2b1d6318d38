"""The truth: a server runs both forms on rows, and what it says is compared here; nothing of the prover is used."""

from __future__ import annotations

import contextlib
import random
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg

from advisor.rewrites.rewrite import Rewrite
from benchmarks.rewrites.schemas import TYPES, Table, rows, too_much
from benchmarks.rewrites.statements import Statement

Answer = tuple[str, Any]
"""`("rows", lines of each statement)` with the tables, or `("error", sqlstate)`."""


_NUMERIC = re.compile(rb"-?[0-9]+\.[0-9]+")


def _worth(line: tuple[bytes | None, ...]) -> tuple[bytes | None, ...]:
    """Return a row with `1.00` as `1`: which of two equal numerics max() gives depends on the order of the rows.

    Each round on its own is compared with the original as it is spelled.
    """
    return tuple(one.rstrip(b"0").rstrip(b".") if one and _NUMERIC.fullmatch(one) else one for one in line)


class Truth:
    """One database with rows of its own."""

    def __init__(self, connection: psycopg.Connection[Any], tables: list[Table], rng: random.Random) -> None:
        self.connection, self.tables, self.rng = connection, tables, rng
        self.rows: dict[str, list[dict[str, str | None]]] = {}

    def fill(self) -> None:
        self.connection.execute(f"TRUNCATE {', '.join(table.sql for table in self.tables)}")
        for table in self.tables:
            made = rows(table, self.rng, self.rows)
            try:
                with self.connection.transaction():
                    self._insert(table, made)
            except psycopg.Error:
                for row in made:
                    with contextlib.suppress(psycopg.Error), self.connection.transaction():
                        self._insert(table, [row])
            names = [column.name for column in table.columns]
            listed = ", ".join(f"{column.sql}::text" for column in table.columns)
            taken = self.connection.execute(f"SELECT {listed} FROM {table.sql} ORDER BY {listed}").fetchall()
            self.rows[table.name] = [dict(zip(names, line, strict=True)) for line in taken]
        self.connection.commit()

    def _insert(self, table: Table, made: list[dict[str, str | None]]) -> None:
        if made:
            one = f"({', '.join(['%s'] * len(made[0]))})"
            text = f"INSERT INTO {table.sql} VALUES {', '.join([one] * len(made))} ON CONFLICT DO NOTHING"
            self.connection.execute(text, [value for row in made for value in row.values()])

    def differs(self, statement: Statement, rewrite: Rewrite) -> str | None:
        for _ in range(4):
            self.fill()
            for _ in range(3):
                self.connection.rollback()
                if said := getattr(self, f"_{rewrite.claim}")(statement, rewrite):
                    return str(said)
        return None

    def vector(self, statement: Statement) -> list[str | None]:
        focus: dict[str, dict[str, str | None]] = {}
        found: list[str | None] = []
        for place in statement.places:
            roll = self.rng.random()
            if place.kind == "size":
                found.append("2")
            elif place.table is None or place.column is None:
                found.append(None)
            else:
                there = self.rows[place.table.name]
                row = focus.setdefault(place.table.name, self.rng.choice(there)) if there else {}
                pool = TYPES[place.column.kind]
                if place.kind == "stored":
                    found.append(self._stored(place.table, place.column.name, pool, roll))
                else:
                    known = row.get(place.column.name)
                    found.append(
                        known if known is not None and roll < 0.8 else None if roll > 0.97 else self.rng.choice(pool)
                    )
        return found

    def _stored(self, table: Table, name: str, pool: Sequence[str], roll: float) -> str | None:
        column = table.column(name)
        if name in table.references:
            its = [row["id"] for row in self.rows[table.references[name].name]]
            return self.rng.choice(its) if its else None
        if (name in table.key or name == table.unique) and roll < 0.7:
            number = self.rng.randrange(100, 9999)
            return (
                {"uuid": f"33333333-0000-4000-8000-{number:012d}", "smallint": str(number)}.get(
                    column.kind, str(number)
                )
                if column.kind in ("uuid", "text", "bigint", "integer", "smallint")
                else self.rng.choice(pool)
            )
        if roll > 0.98 and (excess := too_much(column)):
            return excess
        return None if column.null and roll > 0.9 else self.rng.choice(pool)

    def run(self, text: str, vectors: Sequence[Sequence[str | None]], writes: bool) -> Answer:
        try:
            with self.connection.transaction(force_rollback=True):
                answers = [self._lines(text, vector) for vector in vectors]
                tables = None
                if writes:
                    tables = {
                        table.name: Counter(self._lines(f"SELECT ({table.sql}.*)::text FROM {table.sql}", ()))
                        for table in self.tables
                    }
                return "rows", (answers, tables)
        except psycopg.Error as error:
            return "error", error.sqlstate

    def _lines(self, text: str, vector: Sequence[str | None]) -> list[tuple[bytes | None, ...]]:
        with psycopg.RawCursor(self.connection) as cursor:
            cursor.execute(text.encode(), list(vector))
            result = cursor.pgresult
            if result is None or cursor.description is None:
                return []
            return [tuple(result.get_value(r, c) for c in range(result.nfields)) for r in range(result.ntuples)]

    def _alike(self, statement: Statement, one: list[Any], two: list[Any], vector: Sequence[str | None]) -> str | None:
        """Compare rows of one statement with those of another, order and LIMIT heeded as far as ties allow."""
        if one == two:
            return None
        if len(one) != len(two):
            return f"{len(two)} rows instead of {len(one)}"
        if not statement.limited and Counter(one) != Counter(two):
            return "other rows"
        if statement.keyed:
            said = self.run(statement.keyed, [vector[: _most(statement.keyed)]], False)
            if said[0] == "rows":
                keyed = said[1][0][0]
                if statement.limited and not Counter(two) <= Counter(line[statement.keys :] for line in keyed):
                    return "rows that are not there"
                keys: dict[Any, set[Any]] = {}
                for line in keyed:
                    keys.setdefault(line[statement.keys :], set()).add(line[: statement.keys])
                for mine, its in zip(one, two, strict=True):
                    if not keys.get(mine, set()) & keys.get(its, set()):
                        return "another order"
        return None

    def _same(self, statement: Statement, rewrite: Rewrite) -> str | None:
        vector = self.vector(statement)
        one, two = (self.run(text, [vector], statement.writes) for text in (rewrite.original, rewrite.text))
        if one[0] == "error" or two[0] == "error":
            return (
                None
                if one == two
                else f"{two[0]} {two[1] if two[0] == 'error' else ''} instead of {one[0]} {one[1] if one[0] == 'error' else ''}"
            )
        if one[1][1] != two[1][1]:
            return "other rows written"
        return self._alike(statement, one[1][0][0], two[1][0][0], vector)

    def _rounds(self, statement: Statement, rewrite: Rewrite) -> str | None:
        first = self.vector(statement)
        rounds = []
        for _ in range(9):
            other = self.vector(statement)
            rounds.append([other[i] if i + 1 in statement.varying else value for i, value in enumerate(first)])
        if not statement.writes:
            return self._reads(statement, rewrite, rounds)
        alike = [self._same_write(rewrite, [vector]) for vector in rounds]
        if said := next(filter(None, alike), None):
            return said
        once = self._unlike(rewrite, rounds, rewrite.keys or statement.varying)
        if said := self._same_write(rewrite, once):
            return said
        twice = [*rounds, *[list(vector) for vector in rounds[:3]]]
        for vector in twice[-3:]:
            other = self.vector(statement)
            for number in statement.varying:
                if number not in rewrite.keys:
                    vector[number - 1] = other[number - 1]
        self.rng.shuffle(twice)
        return self._same_write(rewrite, twice, twice=True)

    def _same_write(self, rewrite: Rewrite, some: Sequence[Sequence[str | None]], *, twice: bool = False) -> str | None:
        one, two = self.run(rewrite.original, some, True), self.run(rewrite.text, [_given(rewrite, some)], True)
        if two == ("error", "21000") and rewrite.once and twice:
            return None
        if one[0] == "error" and two[0] == "error":
            return None
        if one[0] == "error" and (twice or len(some) > 1):
            return None  # a value too long fails the loop even where a later round overwrites it or no row is found
        if one[0] == "error":
            nothing = self.run("SELECT 1", [()], True)
            return None if two[1][1] == nothing[1][1] else f"rows written where the loop fails with {one[1]}"
        if two[0] == "error":
            return f"error {two[1]}"
        if one[1][1] != two[1][1]:
            return "other rows written"
        if not twice and Counter(line for answer in one[1][0] for line in answer) != Counter(two[1][0][0]):
            return "other rows returned"
        return None

    def _reads(self, statement: Statement, rewrite: Rewrite, rounds: list[list[str | None]]) -> str | None:
        good, wanted = [], []
        for vector in rounds:
            one = self.run(rewrite.original, [vector], False)
            two = self.run(rewrite.text, [_given(rewrite, [vector])], False)
            if "error" in (one[0], two[0]):
                if one != two:
                    return f"{two[0]} instead of {one[0]}"
                continue
            bare = [line[rewrite.keys_first : len(line) - rewrite.keys_last] for line in two[1][0][0]]
            if said := self._alike(statement, one[1][0][0], bare, vector):
                return said
            good.append(vector)
            wanted.append(one[1][0][0])
        if not good:
            return None
        whole = self.run(rewrite.text, [_given(rewrite, [*good, *good[:2]])], False)
        if whole[0] == "error":
            return f"error {whole[1]}"
        at_once = Counter(_worth(line[rewrite.keys_first : len(line) - rewrite.keys_last]) for line in whole[1][0][0])
        separate: Counter[Any] = Counter()
        for vector in self._unlike(rewrite, good, [rewrite.numbers[number - 1] for number in rewrite.arrays]):
            said = self.run(rewrite.text, [_given(rewrite, [vector])], False)
            separate.update(_worth(line[rewrite.keys_first : len(line) - rewrite.keys_last]) for line in said[1][0][0])
        if statement.limited:
            return None if sum(at_once.values()) == sum(separate.values()) else "another number of rows for all keys"
        return None if at_once == separate else "other rows for all keys at once"

    def _unlike(
        self, rewrite: Rewrite, vectors: list[list[str | None]], numbers: Sequence[int]
    ) -> list[list[str | None]]:
        """Leave out vectors whose values of these parameters the server finds equal to those of an earlier one."""
        kept: list[list[str | None]] = []
        types = self._types(rewrite.original)
        tests = [_alike_test(place, types[number - 1]) for place, number in enumerate(numbers)]
        for vector in vectors:
            both = [[value for n in numbers for value in (vector[n - 1], other[n - 1])] for other in kept]
            if not any(self._lines(f"SELECT {' AND '.join(tests)}", values)[0][0] == b"t" for values in both):
                kept.append(vector)
        return kept

    def _types(self, text: str) -> list[str]:
        with self.connection.transaction(force_rollback=True):
            self.connection.execute(f"PREPARE asked AS {text}".encode())
            row = self.connection.execute(
                "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'asked'"
            ).fetchone()
            self.connection.execute("DEALLOCATE asked")
            return [{"character": "bpchar"}.get(kind, kind) for kind in row[0]] if row else []

    def _pages(self, statement: Statement, rewrite: Rewrite) -> str | None:
        vector = self.vector(statement)
        assert statement.keyed and rewrite.first
        said = self.run(statement.keyed, [vector[: _most(statement.keyed)]], False)
        if said[0] == "error":
            return None
        keyed = said[1][0][0]
        own = [vector[number - 1] for number in rewrite.numbers]
        listed: list[Any] = []
        answer = self.run(rewrite.first, [own], False)
        while answer[0] == "rows" and answer[1][0][0] and len(listed) <= len(keyed):
            listed += answer[1][0][0]
            last = answer[1][0][0][-1]
            after = [None if last[p] is None else last[p].decode() for p in rewrite.page["places"]]
            answer = self.run(rewrite.text, [[*own, *after]], False)
        if answer[0] == "error":
            return f"error {answer[1]}"
        width = len(keyed[0]) - statement.keys if keyed else 0
        mine, its = [line[statement.keys :] for line in keyed], [line[:width] for line in listed]
        if Counter(mine) != Counter(its):
            return f"{len(its)} rows of {len(mine)}"
        keys: dict[Any, set[Any]] = {}
        for line in keyed:
            keys.setdefault(line[statement.keys :], set()).add(line[: statement.keys])
        wrong = any(not keys[a] & keys[b] for a, b in zip(mine, its, strict=True))
        return "another order" if wrong else None


def _alike_test(place: int, kind: str) -> str:
    """Return the test whether the place-th two values are one to the server; json knows no equality, so its text."""
    shown = "text" if kind == "json" else kind
    return f"(${2 * place + 1}::{shown} IS NOT DISTINCT FROM ${2 * place + 2}::{shown})"


def _most(text: str) -> int:
    import re

    return max(map(int, re.findall(r"\$(\d+)", text)), default=0)


def _given(rewrite: Rewrite, rounds: Sequence[Sequence[str | None]]) -> list[Any]:
    values: list[Any] = []
    for place, number in enumerate(rewrite.numbers, 1):
        mine = [vector[number - 1] for vector in rounds]
        values.append(mine if place in rewrite.arrays else mine[0])
    return values
