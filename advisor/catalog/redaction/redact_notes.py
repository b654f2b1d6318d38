"""What redaction costs, in words and in the columns it costs most."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.redaction.surrogates import split_type
from advisor.catalog.statistics import ColumnStatistics, Statistics

KEPT = frozenset({"boolean", "enum"})
"""Types whose values the schema names, and which therefore stay."""
_WORST = 3
_Key = tuple[str, str, str]


def redaction_notes(before: Statistics, after: Statistics) -> list[str]:
    """Return notes on what was replaced, what was left out, and what that costs in precision."""
    with_values = {key for key, entry in _entries(before) if _has_values(entry)}
    dropped = sorted({key for key, entry in _entries(after) if key in with_values and not _has_values(entry)})
    kept = {key for key in with_values if split_type(before.types.get(key, ""))[0] in KEPT}
    notes = [
        f"redacted: {len(with_values) - len(dropped) - len(kept)} columns hold surrogates in place of their values, "
        f"{len(kept)} (booleans, enumerations) what the schema says anyway; schema.sql keeps the constants of defaults,"
        " checks, partition bounds and index predicates (common values that are such constants stay, too) and loses the"
        " checks of domains, which no surrogate would pass",
        "redaction costs precision: no other literal in a query equals a surrogate, so an equality with a common value"
        " is planned like one with a rare value and a range over literals is a guess; joins, sorts, NULL tests, values"
        " sampled from the statistics and ranges of time stamps keep their estimates",
    ]
    if worst := _worst(before, after):
        notes.append(f"redaction costs most where a single value is frequent: {', '.join(worst)}")
    if dropped:
        notes.append(
            f"redaction left out the values of {len(dropped)} columns, as their type has no surrogate or is not known;"
            f" the planner's defaults stand in: {', '.join('.'.join(key) for key in dropped)}"
        )
    return notes


def _entries(statistics: Statistics) -> Iterator[tuple[_Key, ColumnStatistics]]:
    yield from statistics.columns.items()
    yield from statistics.inherited.items()


def _has_values(entry: ColumnStatistics) -> bool:
    values = (entry.most_common_vals, entry.histogram_bounds, entry.most_common_elems, entry.range_bounds_histogram)
    return any(values)


def _worst(before: Statistics, after: Statistics) -> list[str]:
    """Return the columns whose most common value changed, most frequent first, with its share of the rows."""
    found = []
    for key, entry in before.columns.items():
        redacted = after.columns[key]
        if entry.most_common_freqs and entry.most_common_vals and entry.most_common_vals != redacted.most_common_vals:
            found.append((-entry.most_common_freqs[0], ".".join(key)))
    return [f"{name} ({-share:.0%} of the rows)" for share, name in sorted(found)[:_WORST]]
