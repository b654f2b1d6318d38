"""Values out of planner statistics: what a parameter that is compared with a column may have been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.analysis.shape import PredicateKind
from advisor.catalog.statistics import ColumnStatistics

Variant = Literal["common", "rare"]
"""Two ways to choose: what most executions ask for, and what few do."""

_LIST = 3
"""Elements of an array parameter whose length nobody knows."""
_STEM = 4
"""Characters of a value that a LIKE pattern keeps."""
_QUANTILES = {"common": 0.1, "rare": 0.01}
"""Share of the rows that an open range covers."""


_FAMILIES = {
    "number": ("int2", "int4", "int8", "float4", "float8", "numeric", "smallint", "integer", "bigint", "real",
               "double precision"),
    "time": ("date", "timestamp", "timestamptz", "timestamp without time zone", "timestamp with time zone"),
    "text": ("text", "varchar", "bpchar", "char", "name", "character varying", "character", "citext"),
    "interval": ("interval",),
    "truth": ("bool", "boolean"),
}  # fmt: skip
_PLAUSIBLE = {
    "number": ("1", "2"), "time": ("2020-01-01", "2024-01-01"), "text": ("x", "y"),
    "interval": ("7 days", "1 day"), "truth": ("true", "false"),
}  # fmt: skip
"""Common and rare value by family, for parameters that are compared with nothing that has statistics."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a parameter is compared with, and how."""

    column: ColumnStatistics
    kind: PredicateKind
    operator: str
    element: int = 0
    """Place within an IN list."""
    two_sided: bool = False
    """Whether the same term has a bound on the other side as well (BETWEEN)."""
    array: bool = False
    """Whether the parameter is a whole array (`= ANY($1)`)."""


def value(comparison: Comparison, variant: Variant) -> str | None:
    """Return a value as text, `None` where the statistics offer none for this kind of comparison."""
    column = comparison.column
    if comparison.kind == "range":
        return _range(comparison, variant)
    if comparison.kind in ("prefix", "infix", "pattern"):
        return _pattern(_scalar(column, variant, 0), comparison, variant)
    if comparison.kind in ("containment", "existence", "overlap"):
        return _element(column, comparison)
    if comparison.kind in ("equality", "list", "inequality", "boolean", "similarity", "regex"):
        return _equal(comparison, variant)
    return None


def family(type_name: str) -> str | None:
    """Return the family of a type under its catalog name or its SQL name; `None` for all others."""
    return next((name for name, members in _FAMILIES.items() if type_name in members), None)


def plausible(type_name: str, variant: Variant) -> str | None:
    """Return a value of this type (SQL name) that is as good as any, `None` for types we know none of."""
    bare = type_name.removesuffix("[]")
    pair = _PLAUSIBLE.get(family(bare) or "")
    if pair is None:
        return None
    chosen = pair[0 if variant == "common" else 1]
    return _array([chosen]) if bare != type_name else chosen


def _equal(comparison: Comparison, variant: Variant) -> str | None:
    if not comparison.array:
        return _scalar(comparison.column, variant, comparison.element)
    found = [_scalar(comparison.column, variant, number) for number in range(_LIST)]
    known = list(dict.fromkeys(entry for entry in found if entry is not None))
    return _array(known) if known else None


def _scalar(column: ColumnStatistics, variant: Variant, number: int) -> str | None:
    """Return the `number`th value of this kind: common ones by frequency, rare ones spread over the histogram."""
    common = column.most_common_vals or ()
    spread = column.histogram_bounds or ()
    if variant == "common" and common:
        return common[number % len(common)]
    if spread:
        return spread[(len(spread) // 2 + number * 7) % len(spread)]
    return common[-1 - number % len(common)] if common else None


def _range(comparison: Comparison, variant: Variant) -> str | None:
    ordered = comparison.column.histogram_bounds or _sorted(comparison.column.most_common_vals)
    if not ordered:
        return None
    share = _QUANTILES[variant]
    above = comparison.operator in (">", ">=")
    if comparison.two_sided:
        centre = 0.5 if variant == "common" else 0.9
        return _quantile(ordered, centre - share / 2 if above else centre + share / 2)
    return _quantile(ordered, 1 - share if above else share)


def _quantile(ordered: Sequence[str], share: float) -> str:
    return ordered[min(len(ordered) - 1, max(0, round(share * (len(ordered) - 1))))]


def _sorted(values: Sequence[str] | None) -> Sequence[str]:
    """Return most common values in order: as numbers where all are, else as text, which suits ISO dates."""
    try:
        return sorted(values or (), key=float)
    except ValueError:
        return sorted(values or ())


def _pattern(whole: str | None, comparison: Comparison, variant: Variant) -> str | None:
    if not whole:
        return None
    stem = whole[:_STEM].replace("\\", "").replace("%", "").replace("_", "")
    if not stem:
        return None
    infix = comparison.kind == "infix" or (comparison.kind == "pattern" and variant == "common")
    return f"%{stem}%" if infix else f"{stem}%"


def _element(column: ColumnStatistics, comparison: Comparison) -> str | None:
    elements = column.most_common_elems
    if not elements:
        return None
    chosen = elements[len(elements) // 2]
    return chosen if comparison.kind == "existence" else _array([chosen])


def _array(values: Sequence[str]) -> str:
    quoted = ('"' + entry.replace("\\", "\\\\").replace('"', '\\"') + '"' for entry in values)
    return "{" + ",".join(quoted) + "}"
