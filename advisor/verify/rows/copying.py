"""Rows to the server, by COPY in blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from advisor.verify.rows.value_pool import Codes, Values

_BLOCK = 20_000
"""Rows that are written as one piece."""


def copy_rows(
    connection: psycopg.Connection[Any],
    table: sql.Identifier,
    values: Mapping[str, Values],
    codes: Mapping[str, Codes],
    numbers: Codes | None = None,
) -> None:
    """Copy rows, given by the code of each column; `numbers`, where given, become a first column `pgadvisor_row`.

    Raises `psycopg.Error` for what the table refuses.
    """
    names = [*(["pgadvisor_row"] if numbers is not None else []), *values]
    count = len(numbers) if numbers is not None else len(next(iter(codes.values())))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(table, sql.SQL(", ").join(map(sql.Identifier, names)))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, count, _BLOCK):
            columns = [found.take(codes[name][start : start + _BLOCK]) for name, found in values.items()]
            if numbers is not None:
                columns.insert(0, [str(one) for one in numbers[start : start + _BLOCK].tolist()])
            copy.write("\n".join(map("\t".join, zip(*columns, strict=True))) + "\n")
