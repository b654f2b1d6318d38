"""The types that a driver binds: a column whose type changes refuses them, as it will refuse the application's.

Only types that every driver sends by their own number are kept; text, enumerations and documents are sent untyped by
some, so the server may go on to infer them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from advisor.twin.statement import BoundStatement

Infer = Callable[[str, tuple[str, ...] | None], tuple[str, ...]]
"""Returns the types that the server infers for a text's parameters under a search path; nothing where it refuses it."""

_BOUND = frozenset({
    "smallint", "integer", "bigint", "real", "double precision", "numeric", "boolean", "date",
    "timestamp without time zone", "timestamp with time zone", "uuid",
})  # fmt: skip
_OPEN = "unknown"
_PARAMETER = re.compile(r"\$\d")


def typed(bindings: Sequence[BoundStatement], infer: Infer) -> tuple[BoundStatement, ...]:
    """Return the statements with the types that their parameters have today, where none are known yet."""
    return tuple(_typed(one, infer) for one in bindings)


def _typed(bound: BoundStatement, infer: Infer) -> BoundStatement:
    if bound.types or not bound.parameters or not _PARAMETER.search(bound.text):
        return bound
    types = tuple(name if name in _BOUND else _OPEN for name in infer(bound.text, bound.search_path))
    return replace(bound, types=types if set(types) - {_OPEN} else ())
