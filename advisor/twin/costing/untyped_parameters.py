"""Types of parameters that no server can infer: `$1 AS depth … depth + $2` in a recursive query.

A normalised text has lost the type of each constant: the server takes one it knows nothing of for text, and then misses
`text + integer`. Types are declared until it is content: the first that lets it read further, parameter by parameter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import psycopg

Attempt = Callable[[Sequence[str]], psycopg.Error | None]
"""Tries a statement with these declared types (`unknown` leaves one open) and returns the server's refusal, if any."""

Forms = tuple[frozenset[str], ...]
"""For each parameter the types that its value can be of."""
TYPES = (
    "integer", "numeric", "text", "timestamptz", "date", "interval", "boolean", "integer[]", "text[]", "uuid", "jsonb",
    "double precision", "bigint[]", "uuid[]",
)  # fmt: skip
"""In the order in which they are tried."""
_OPEN = "unknown"
_ATTEMPTS = 200
_PARAMETERS = 40
"""Parameters whose types are tried, at most."""
_OF_TYPES = frozenset({"42883", "42725", "42804", "42846", "42P08", "42P18"})
"""Refusals that another type can cure: no or no single such function or operator, mismatch, no cast, indeterminate."""
_NUMBER = re.compile(r"parameter \$(\d+)")
_END = 1 << 40
"""How far the server has read when it only lacks a parameter's type."""


_FORMS = {
    "integer": r"[-+]?\d{1,10}",
    "numeric": r"[-+]?[\d.]+(e[-+]?\d+)?",
    "double precision": r"[-+]?[\d.]+(e[-+]?\d+)?",
    "timestamptz": r"\d{4}-\d\d-\d\d.*",
    "date": r"\d{4}-\d\d-\d\d",
    "interval": r".*\d.*[a-z:].*",
    "boolean": r"t|f|true|false",
    "uuid": r"[\da-f]{8}-[\da-f-]{27}",
    "jsonb": r"[\[{\"tfn\d-].*",
}
"""What a value of a type looks like."""


def forms(values: Sequence[str | None]) -> Forms:
    """Return the types that each value can be of."""
    return tuple(frozenset(name for name in TYPES if _can_be(value, name)) for value in values)


def _can_be(value: str | None, type_name: str) -> bool:
    if value is None or type_name == "text":
        return True
    form = r"\{.*\}" if type_name.endswith("[]") else _FORMS[type_name]
    return re.fullmatch(form, value, re.IGNORECASE | re.DOTALL) is not None


def infer(attempt: Attempt, count: int, known: Sequence[frozenset[str]] = ()) -> psycopg.Error | None:
    """Try types for `count` parameters; return the server's first refusal when none of the tries is taken.

    The last try is the one that was taken. `known` limits the types of each parameter whose value is known.
    """
    if (first := attempt([])) is None:
        return None
    types, error, left = [_OPEN] * min(count, _PARAMETERS), first, _ATTEMPTS
    while error.sqlstate in _OF_TYPES:
        for tried in _tries(types, error):
            if any(name not in {_OPEN, *allowed} for name, allowed in zip(tried, known, strict=False)):
                continue
            left -= 1
            refusal = attempt(tried)
            if refusal is None:
                return None
            if refusal.sqlstate in _OF_TYPES and _reach(refusal) > _reach(error):
                types, error = tried, refusal
                break
            if left <= 0:
                return first
        else:
            return first
    return first


def _tries(types: Sequence[str], error: psycopg.Error) -> Iterator[list[str]]:
    """Yield the declarations to try next: each has one parameter's type changed."""
    named = _NUMBER.search(error.diag.message_primary or "") if error.sqlstate == "42P18" else None
    if named and 0 < int(named[1]) <= len(types):
        yield _with(types, int(named[1]) - 1, "text")
    for type_name in TYPES:
        for place, known in enumerate(types):
            if known != type_name:
                yield _with(types, place, type_name)


def _with(types: Sequence[str], place: int, type_name: str) -> list[str]:
    return [*types[:place], type_name, *types[place + 1 :]]


def _reach(error: psycopg.Error) -> tuple[int, int]:
    """Return how far the server read: the error's place, or for lack of a type the end and the parameter's number."""
    if error.sqlstate == "42P18":
        named = _NUMBER.search(error.diag.message_primary or "")
        return _END, int(named[1]) if named else 0
    return int(error.diag.statement_position or 0), 0
