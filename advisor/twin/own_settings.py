"""Settings of the application's own (`app.tenant`) that policies read: which plans depend on, and values for them.

An expression over `current_setting('app.tenant')` that stands in no sub-select is evaluated when a query is planned: it
fails where the setting is unknown. What no session in the log has set gets a value from the statistics of the column
that the policy compares with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import orjson

from advisor.analysis.shape import QueryShape
from advisor.catalog.schema import Schema, Table
from advisor.catalog.statistics import Statistics
from advisor.twin.values import Comparison, value

_READ = re.compile(r"current_setting\(\(*\s*'([\w]+(?:\.[\w$]+)+)'")
_KEY = re.compile(r"->>\s*\(*'(\w+)'")
_COMPARED = re.compile(r"(?<![\w.])\"?(?P<column>[\w$]+)\"?\)*(?:::[\w ]+)?\s*=\s*(?P<rest>[^=]*)")
_ANY = re.compile(r"(?P<rest>.*)=\s*ANY", re.DOTALL)
_CAST = re.compile(r"\)::(\w+)")
_BY_TYPE = {"uuid": "00000000-0000-0000-0000-000000000000", "boolean": "true", "bool": "true", "date": "2024-01-01"}
_NUMBERS = ("int", "bigint", "smallint", "numeric", "real", "double", "float")


def settings_read(shape: QueryShape, schema: Schema, text: str) -> tuple[str, ...]:
    """Return the application's own settings that a query reads: itself, or by the policies of its tables."""
    texts = [text, *(using for table in _tables(shape, schema) for using in _conditions(table))]
    found = {name for one in texts for name in _read(one, schema)}
    return tuple(sorted(found))


def assumed_values(names: Iterable[str], schema: Schema, statistics: Statistics) -> dict[str, str]:
    """Return a plausible value of each setting: a common one of the column that a policy compares with it."""
    return {name: _assumed(name, schema, statistics) for name in names}


def _tables(shape: QueryShape, schema: Schema) -> Iterator[Table]:
    for one in shape.tables:
        table = schema.tables.get((one.schema, one.table))
        if table is not None and table.row_security:
            yield table


def _conditions(table: Table) -> Iterator[str]:
    yield from (policy.using for policy in table.policies if policy.using)


def _read(text: str, schema: Schema) -> Iterator[str]:
    """Yield the settings that an expression reads, by itself or in a function that it calls."""
    yield from _READ.findall(text)
    for function, body in schema.settings_functions.items():
        if re.search(rf"(?<![\w$]){re.escape(function)}\"?\(", text):
            yield from _READ.findall(body)


def _assumed(name: str, schema: Schema, statistics: Statistics) -> str:
    keys: dict[str, str] = {}
    plain = _plausible(name, "", schema)
    for table in (table for _, table in sorted(schema.tables.items()) if table.row_security):
        for using in _conditions(table):
            for found in _COMPARED.finditer(using):
                rest = found["rest"]
                if name not in set(_read(rest, schema)):
                    continue
                column = statistics.column(table.schema, table.name, found["column"])
                chosen = value(Comparison(column, "equality", "="), "common") if column else None
                chosen = chosen or _plausible(name, rest, schema)
                inside = _KEY.findall(rest) or [key for one in _bodies(rest, schema) for key in _KEY.findall(one)]
                if not inside:
                    return chosen
                keys.setdefault(inside[0], chosen)
                plain = orjson.dumps(keys).decode()
    return plain


def _bodies(text: str, schema: Schema) -> Iterator[str]:
    for function, body in schema.settings_functions.items():
        if re.search(rf"(?<![\w$]){re.escape(function)}\"?\(", text):
            yield body


def _plausible(name: str, text: str, schema: Schema) -> str:
    """Return a value of the type that the setting is cast to, or that its function gives."""
    kinds = _CAST.findall(text) or [kind for one in _bodies(text, schema) for kind in _CAST.findall(one)]
    for kind in kinds:
        if kind in _BY_TYPE:
            return _BY_TYPE[kind]
        if kind.startswith(_NUMBERS):
            return "1"
    return "x"


def told(given: Mapping[str, str]) -> list[str]:
    """Return the note on settings that no session is known to have set."""
    if not given:
        return []
    names = ", ".join(sorted(given))
    return [
        f"policies read {names}, which no captured session of some queries set: common values of the columns compared"
        " stand in (a log with the application's SET statements tells the real ones)"
    ]
