"""Are two lists of rows the same? With multiplicity, in the order asked for, whatever ties leave open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advisor.rewrites.proof.outcome import Line


@dataclass(frozen=True, slots=True)
class Whole:
    """All rows of the original without its LIMIT: what a page may hold, and the sort keys of each row."""

    rows: Counter[Line]
    keys: Mapping[Line, Line]
    """The place in the order by row; rows that occur at several are missing."""


def whole(rows: Sequence[Line], keys: int) -> Whole:
    """Return it for rows whose last `keys` columns are the sort keys and, last, the rank that they give."""
    found: dict[Line, Line] = {}
    several: set[Line] = set()
    bare = []
    for row in rows:
        mine, key = (row[:-keys], row[-1:]) if keys else (row, ())
        bare.append(mine)
        if found.setdefault(mine, key) != key:
            several.add(mine)
    return Whole(Counter(bare), {row: key for row, key in found.items() if row not in several})


def differ(
    one: Sequence[Line], two: Sequence[Line], every: Whole | None, *, ordered: bool, limited: bool
) -> str | None:
    """Return in what two lists of rows differ, `None` when they are the same."""
    if list(one) == list(two):
        return None
    if len(one) != len(two):
        return f"{len(two)} rows instead of {len(one)}"
    if not limited:
        if Counter(one) != Counter(two):
            return "other rows"
    elif every is not None and not Counter(two) <= every.rows:
        return "rows that the original does not find"
    if ordered and every is not None:
        mine, its = ([every.keys.get(row) for row in rows] for rows in (one, two))
        if any(a != b for a, b in zip(mine, its, strict=True) if a is not None and b is not None):
            return "another order"
    return None
