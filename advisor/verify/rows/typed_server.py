"""What only the server can say of values: their order, the labels of enumerations, and whether a condition holds.

Everything is asked as the owner of the schema, who has no other right: conditions run the dump's own functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import psycopg

from advisor.catalog.index import quote_identifier
from advisor.catalog.schema import Column
from advisor.verify.rows.value_pool import Codes, Values, unescaped

_LABELS = """
SELECT t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid GROUP BY t.typname
"""
_DOMAINS = "SELECT pg_catalog.format_type(oid, NULL) FROM pg_catalog.pg_type WHERE typtype = 'd'"
_TRIED = 4_000
"""Values of one column that are tried against a condition; of more than that, so many evenly."""


@dataclass(frozen=True)
class TypedServer:
    """A connection of the owner to a database that has production's types."""

    connection: psycopg.Connection[Any]

    @cached_property
    def labels(self) -> dict[str, list[str]]:
        """Return the labels of each enumeration, by the name of the type."""
        return dict(self.connection.execute(_LABELS).fetchall())

    @cached_property
    def domains(self) -> frozenset[str]:
        """Return the types that are domains, as a column's type is written."""
        return frozenset(name for (name,) in self.connection.execute(_DOMAINS).fetchall())

    def order(self, column: Column, values: Sequence[str]) -> Sequence[str]:
        """Return the values in the order of the column's type; as they are where it has none."""
        collate = f" COLLATE {quote_identifier(column.collation)}" if column.collation else ""
        query = f"SELECT v FROM unnest(%s::text[]) WITH ORDINALITY AS p(v, n) ORDER BY v::{column.type}{collate}, n"  # noqa: S608 - printed by the server
        try:
            return [value for (value,) in self.connection.execute(query.encode(), [list(values)]).fetchall()]
        except psycopg.Error:
            return values

    def refused(self, column: Column, values: Values, condition: str) -> Codes | None:
        """Return the codes of values for which a condition on this column alone is false; `None` if it cannot be asked.

        Of very many values some are tried: the bounds of a range are where the others are as well.
        """
        count = len(values)
        codes = np.arange(count, dtype=np.int64)
        if count > _TRIED:
            codes = np.unique(np.concatenate([codes[:: max(1, count // _TRIED)], codes[-1:]]))
        tried = [unescaped(one) for one in values.take(codes)]
        name = quote_identifier(column.name)
        source = f"unnest(%s::text[]) WITH ORDINALITY AS p(v, n), LATERAL (SELECT v::{column.type} AS {name}) t"
        query = f"SELECT n FROM {source} WHERE ({condition}) IS FALSE ORDER BY n"  # noqa: S608 - printed by the server
        try:
            found = self.connection.execute(query.encode(), [tried]).fetchall()
        except psycopg.Error:
            return None
        return codes[np.array([number - 1 for (number,) in found], dtype=np.int64)]

    def fits(self, column: Column, values: Values) -> bool:
        """Return whether the column's type takes a sample of the values: a domain refuses some of its base type's."""
        if column.type not in self.domains:
            return True
        count = len(values)
        codes = np.arange(0, count, max(1, count // _TRIED), dtype=np.int64)
        tried = [unescaped(one) for one in values.take(codes)]
        query = f"SELECT count(v::{column.type}) FROM unnest(%s::text[]) AS p(v)"  # noqa: S608 - printed by the server
        try:
            self.connection.execute(query.encode(), [tried])
        except psycopg.Error:
            return False
        return True
