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
from advisor.twin.binding.statistics_values import Comparison, value

_READ = re.compile(r"current_setting\(\(*\s*'([\w]+(?:\.[\w$]+)+)'")
_KEY = re.compile(r"->>\s*\(*'(\w+)'")
_CLAUSE = re.compile(r"\s(?:AND|OR)\s")
_LAST_NAME = re.compile(r"([\w$]+)\"?\)*(?:::[\w ]+)?\)*\s*$")
_FIRST_NAME = re.compile(r"^\s*\(*(?:\"?[\w$]+\"?\.)*\"?([\w$]+)\"?")
_CAST = re.compile(r"\)::(\w+)")
_BY_TYPE = {"uuid": "00000000-0000-0000-0000-000000000000", "boolean": "true", "bool": "true", "date": "2024-01-01"}
_NUMBERS = frozenset(
    {"int", "integer", "bigint", "smallint", "int2", "int4", "int8", "numeric", "real", "double", "float4", "float8"}
)


def settings_read(shape: QueryShape, schema: Schema, text: str) -> tuple[str, ...]:
    """Return the application's own settings that a query reads: itself, or by the policies of its tables."""
    texts = [text, *(using for table in _tables(shape, schema) for using in _conditions(table))]
    texts += [view.definition for view in _views(shape, schema) if view.definition]
    found = {name for one in texts for name in _read(one, schema)}
    return tuple(sorted(found))


def assumed_values(names: Iterable[str], schema: Schema, statistics: Statistics) -> dict[str, str]:
    """Return a plausible value of each setting: a common one of the column that a policy compares with it.

    Where nothing is known that could be right, there is none.
    """
    found = {name: _assumed(name, schema, statistics) for name in names}
    return {name: chosen for name, chosen in found.items() if chosen is not None}


def _tables(shape: QueryShape, schema: Schema) -> Iterator[Table]:
    for one in shape.tables:
        table = schema.tables.get((one.schema, one.table))
        if table is not None and table.row_security:
            yield table


def _views(shape: QueryShape, schema: Schema) -> Iterator[Table]:
    """Yield the views of a schema whose definition reads a setting, where the query reads any view."""
    if "view" in shape.features:
        yield from (
            one for one in schema.tables.values() if one.kind == "view" and "current_setting" in (one.definition or "")
        )


def _conditions(table: Table) -> Iterator[str]:
    yield from (policy.using for policy in table.policies if policy.using)


def _read(text: str, schema: Schema) -> Iterator[str]:
    """Yield the settings that an expression reads, by itself or in a function that it calls."""
    yield from _READ.findall(text)
    for function, body in schema.settings_functions.items():
        if re.search(rf"(?<![\w$]){re.escape(function)}\"?\(", text):
            yield from _READ.findall(body)


def _assumed(name: str, schema: Schema, statistics: Statistics) -> str | None:
    claims: dict[str, str] = {}
    texts: list[str] = []
    for table in (table for _, table in sorted(schema.tables.items()) if table.row_security):
        for using in _conditions(table):
            for column, text in _comparisons(using, name, schema):
                found = statistics.column(table.schema, table.name, column)
                chosen = value(Comparison(found, "equality", "="), "common") if found else None
                chosen = chosen or _plausible(name, text, schema)
                key = _claim(name, text, schema)
                if chosen is not None and key is None:
                    return chosen
                if chosen is not None and key is not None:
                    claims.setdefault(key, chosen)
            texts += [using] if name in set(_read(using, schema)) else []
    if claims:
        return orjson.dumps(claims).decode()
    return next((known for text in texts if (known := _plausible(name, text, schema))), None)


def _comparisons(using: str, name: str, schema: Schema) -> Iterator[tuple[str, str]]:
    """Yield the columns that a policy compares with a setting, each with the text that reads it."""
    for clause in _CLAUSE.split(using):
        left, equal, right = clause.partition(" = ")
        for text, other, pattern in ((right, left, _LAST_NAME), (left, right, _FIRST_NAME)):
            column = pattern.search(other)
            if equal and column and name in set(_read(text, schema)):
                yield column[1], text


def _mentions(name: str, text: str, schema: Schema) -> Iterator[str]:
    """Yield what stands behind each reading of a setting, up to the next one."""
    for one in (text, *_bodies(text, schema)):
        for part in one.split("current_setting(")[1:]:
            if part.lstrip("( ").startswith(f"'{name}'"):
                yield part


def _claim(name: str, text: str, schema: Schema) -> str | None:
    """Return which member is taken out of a setting that holds a JSON object."""
    found = (key for part in _mentions(name, text, schema) for key in _KEY.findall(part))
    return next(found, None)


def _bodies(text: str, schema: Schema) -> Iterator[str]:
    for function, body in schema.settings_functions.items():
        if re.search(rf"(?<![\w$]){re.escape(function)}\"?\(", text):
            yield body


def _plausible(name: str, text: str, schema: Schema) -> str | None:
    """Return a value of the type that a setting is cast to; any text where it is cast to none."""
    kinds = [kind for part in _mentions(name, text, schema) for kind in _CAST.findall(part)]
    for kind in kinds:
        if kind in _BY_TYPE:
            return _BY_TYPE[kind]
        if kind in _NUMBERS:
            return "1"
    return None if [kind for kind in kinds if kind != "text"] else "x"


def told(given: Mapping[str, str]) -> list[str]:
    """Return the note on settings that no session is known to have set."""
    if not given:
        return []
    names = ", ".join(sorted(given))
    return [
        f"policies read {names}, which no captured session of some queries set: common values of the columns compared"
        " stand in (a log with the application's SET statements tells the real ones)"
    ]
