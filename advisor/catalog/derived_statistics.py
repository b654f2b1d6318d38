"""Statistics of an expression that nobody has analysed, told from its one column: what ANALYZE will find of an index.

`lower(mail)` keeps nearly every two mails apart, `code::text` all codes; without statistics the planner takes any
expression to match a two-hundredth of the rows. Only functions that keep apart what their argument keeps apart count.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from advisor.catalog.statistics import ColumnStatistics

_COLUMN = r'\(?(?P<{0}>"(?:[^"]|"")+"|[^\W\d][\w$]*)\)?(?:::(?:text|character varying|varchar))?'
_CALL = re.compile(
    r"\(*(?P<function>lower|upper|btrim|ltrim|rtrim|md5|reverse|initcap|unaccent)\("
    + _COLUMN.format("argument")
    + r"\)\)*",
    re.IGNORECASE,
)
_CAST = re.compile(
    r"\(*" + _COLUMN.format("cast") + r"(?:::(?:text|citext|numeric|bigint|integer|uuid|character varying|varchar))\)*",
    re.IGNORECASE,
)
_FOLDED: dict[str, Callable[[str], str]] = {"lower": str.lower, "upper": str.upper}


def derived(expression: str, column: Callable[[str], ColumnStatistics | None]) -> ColumnStatistics | None:
    """Return what statistics of the expression's column say of the expression, `None` where they say nothing.

    `column` gives a column's statistics by its bare name. Order and histogram are not known of an expression.
    """
    call = _CALL.fullmatch(expression.strip())
    match = call or _CAST.fullmatch(expression.strip())
    name = (match["argument"] if call else match["cast"]) if match else ""
    found = column(name[1:-1].replace('""', '"') if name.startswith('"') else name) if match else None
    if found is None or not found.n_distinct:
        return None
    fold = _FOLDED.get(call["function"].lower()) if call else str
    common = _folded(found, fold) if fold else {}
    return replace(
        found,
        most_common_vals=tuple(common) or None,
        most_common_freqs=tuple(common.values()) or None,
        histogram_bounds=None,
        correlation=None,
        low=None,
        high=None,
    )


def _folded(found: ColumnStatistics, fold: Callable[[str], str]) -> dict[str, float]:
    """Return the common values as the function leaves them, with their shares, the most common first."""
    shares: dict[str, float] = {}
    for value, share in zip(found.most_common_vals or (), found.most_common_freqs or (), strict=False):
        shares[fold(value)] = shares.get(fold(value), 0.0) + share
    return dict(sorted(shares.items(), key=lambda pair: (-pair[1], pair[0])))
