"""Conditions over several columns: rows that break them are told by the server, and get values of rows that do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from advisor.catalog.schema import Table
from advisor.verify.rows.copying import copy_rows
from advisor.verify.rows.value_pool import Codes, Values

_ROUNDS = 3
"""Times that the columns of rows that break a condition are dealt anew among them, before they copy other rows."""


def broken(
    connection: psycopg.Connection[Any],
    table: Table,
    condition: str,
    columns: Sequence[str],
    values: Mapping[str, Values],
    codes: Mapping[str, Codes],
    rows: Codes,
) -> Codes:
    """Return those of `rows` for which the condition is false. Raises `psycopg.Error` when it cannot be asked."""
    stage = sql.Identifier("pg_temp", "advisor_stage")
    types = [(name, found.type) for name in columns if (found := table.column(name))]
    with connection.transaction(force_rollback=True):
        listed = sql.SQL(", ").join(sql.SQL("{} ").format(sql.Identifier(name)) + _type(type) for name, type in types)
        connection.execute(sql.SQL("CREATE TEMPORARY TABLE advisor_stage (pgadvisor_row bigint, {})").format(listed))
        picked = {name: codes[name][rows] for name in columns}
        copy_rows(connection, stage, {name: values[name] for name in columns}, picked, numbers=rows)
        query = sql.SQL("SELECT pgadvisor_row FROM {} WHERE (").format(stage) + _type(condition)
        numbers = connection.execute(query + sql.SQL(") IS FALSE ORDER BY 1")).fetchall()
    return np.array([row for (row,) in numbers], dtype=np.int64)


def _type(written: str) -> sql.SQL:
    """Return what the server itself printed as part of a statement."""
    return sql.SQL(written)


def mend(
    connection: psycopg.Connection[Any],
    table: Table,
    condition: str,
    columns: Sequence[str],
    values: Mapping[str, Values],
    codes: dict[str, Codes],
    random: np.random.Generator,
) -> None:
    """Change the columns of the condition until it holds: first in step, then dealt anew, at last copied.

    Columns keep their counts as long as values only change places among the rows that break the condition.
    """
    every = np.arange(len(codes[columns[0]]), dtype=np.int64)
    rows = broken(connection, table, condition, columns, values, codes, every)
    bad = rows
    for turn in range(_ROUNDS):
        if not len(rows):
            return
        for name in columns[1:]:
            held = codes[name][rows]
            codes[name][rows] = _in_step(codes[columns[0]][rows], held) if turn == 0 else random.permutation(held)
        rows = broken(connection, table, condition, columns, values, codes, rows)
    good = np.setdiff1d(every, bad)
    if len(rows) and len(good):
        source = random.choice(good, len(rows))
        for name in columns:
            codes[name][rows] = codes[name][source]


def _in_step(first: Codes, held: Codes) -> Codes:
    found = np.empty_like(held)
    found[np.argsort(first, kind="stable")] = np.sort(held)
    return found
