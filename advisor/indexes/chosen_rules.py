"""The rules of selection that a user may set: `max_regression=0.02` and the like, by the names of `AdviseOptions`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from advisor.config import refuse_unknown
from advisor.errors import UsageError
from advisor.indexes.index_options import AdviseOptions

WHOLE = frozenset({"max_per_table", "width", "include_columns", "include_width", "min_table_pages"})
"""Rules that are counts."""
RULES = WHOLE | {
    "include_share", "min_table_rows", "min_gain", "min_effect", "min_share", "max_regression", "storage_price", "tail",
    "write_weight",
}  # fmt: skip


def with_rules(options: AdviseOptions, given: Sequence[str]) -> AdviseOptions:
    """Return the options with rules set by `NAME=VALUE`; raises `UsageError` for an unknown name or no such number."""
    for entry in given:
        name, _, value = entry.partition("=")
        refuse_unknown(name, name, RULES, "--selection")
        chosen: dict[str, Any] = {name: _number(name, value)}
        options = replace(options, **chosen)
    return options


def _number(name: str, value: str) -> float | int:
    try:
        number = int(value) if name in WHOLE else float(value)
    except ValueError:
        number = -1
    if not 0 <= number < math.inf:
        kind = "a whole number" if name in WHOLE else "a number"
        raise UsageError(f"{name}={value} is not {kind} of 0 or more", where="--selection", do=f"write {name}=NUMBER")
    return number
