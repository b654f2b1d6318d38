"""Redaction: a snapshot without production's values that still plans like production where values do not matter.

Frequencies, counts, widths, null fractions, correlations and orders stay. What the schema says anyway stays
too: booleans, labels of enumerations, and common values that stand as literals in `schema.sql` (checks, defaults, index
predicates).
What a type's surrogates look like is in `surrogates.py`, what happens to statement texts in `redact_statements.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from advisor.catalog.redaction.redact_notes import KEPT, redaction_notes
from advisor.catalog.redaction.redact_statements import redacted_statements
from advisor.catalog.redaction.surrogates import Family, family_of, moved_times, split_type
from advisor.catalog.snapshot_model import Snapshot
from advisor.catalog.statistics import ColumnStatistics, ExtendedData, Statistics

_BYTE_ORDER = frozenset({"C", "POSIX", "C.UTF-8", "C.utf8"})
_DOMAIN = re.compile(
    r"^CREATE DOMAIN .*?;$|^ALTER DOMAIN [^;]* ADD CONSTRAINT [^;]* CHECK .*?;$", re.MULTILINE | re.DOTALL
)
_DOMAIN_CHECK = re.compile(r"\n\tCONSTRAINT (?:\"[^\"]*\"|\w+) CHECK \(.*?\)(?=\n\tCONSTRAINT |;\Z)", re.DOTALL)
_LITERAL = re.compile(r"'((?:[^'\n]|'')*)'")
_Key = tuple[str, str, str]
_GroupName = tuple[str, ...]


@dataclass(slots=True)
class _Group:
    """Columns whose values are ranked together."""

    type_name: str
    """Type of the values, with modifier, not an array."""
    as_array: bool
    """Whether the values are whole arrays of that type."""
    values: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Mapped:
    """The ranks of a group's values and the surrogate of each rank."""

    ranks: Mapping[str, int]
    codes: Sequence[str]
    kept: frozenset[str] = frozenset()
    """Values that may stay where order does not matter."""

    def ordered(self, values: Sequence[str]) -> tuple[str, ...]:
        """Return surrogates of values that the server sorted, in their own order."""
        return tuple(self.codes[rank] for rank in sorted(self.ranks[value] for value in values))

    def each(self, values: Sequence[str]) -> tuple[str, ...]:
        """Return the surrogate of each value, or the value itself where it may stay."""
        return tuple(value if value in self.kept else self.codes[self.ranks[value]] for value in values)


def redacted(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with surrogates for all values in statistics and statement texts; notes say what it costs."""
    if snapshot.redacted:
        return snapshot
    public = frozenset(literal.replace("''", "'") for literal in _LITERAL.findall(snapshot.schema_sql))
    statistics, notes = redacted_statistics(snapshot.statistics, public=public, by_bytes=_orders_by_bytes(snapshot))
    statements, more = redacted_statements(snapshot.statements)
    return replace(
        snapshot,
        schema_sql=without_domain_checks(snapshot.schema_sql),
        statistics=statistics,
        statements=statements,
        overrides=tuple(one for one in snapshot.overrides if "." not in one.name),  # the application's own values
        redacted=True,
        notes=(*snapshot.notes, *notes, *more),
    )


def _without_values(data: ExtendedData) -> ExtendedData:
    """Return extended statistics without common combinations and the values of expressions; counts hold no value."""
    expressions = tuple(entry and _with_values(_without_elements(entry), None) for entry in data.expressions)
    return replace(data, most_common_vals=None, most_common_freqs=None, most_common_base_freqs=None,
                   expressions=expressions)  # fmt: skip


def _without_elements(entry: ColumnStatistics) -> ColumnStatistics:
    return replace(entry, most_common_elems=None, most_common_elem_freqs=None)


def redacted_statistics(
    statistics: Statistics, *, public: frozenset[str] = frozenset(), by_bytes: bool = True
) -> tuple[Statistics, list[str]]:
    """Return the statistics with surrogates, and notes.

    `public` holds texts that may stay, `by_bytes` says whether text sorts by its bytes.
    """
    groups = _groups(statistics)
    mapped = {name: found for name, group in groups.items() if (found := _mapped(group, public, by_bytes))}
    columns = {key: _column(key, entry, statistics, mapped) for key, entry in statistics.columns.items()}
    inherited = {key: _column(key, entry, statistics, mapped) for key, entry in statistics.inherited.items()}
    extended = {key: _without_values(data) for key, data in statistics.extended.items()}
    activity = {
        key: replace(use, comment=None) for key, use in statistics.index_activity.items()
    }  # it may quote values
    changed = replace(
        statistics, columns=columns, inherited=inherited, extended=extended, index_activity=activity, redacted=True
    )
    return changed, redaction_notes(statistics, changed)


def without_domain_checks(schema_sql: str) -> str:
    """Return the schema without the checks of domains: no surrogate would pass them, and the planner ignores them."""
    return _DOMAIN.sub(
        lambda found: "" if found[0].startswith("ALTER") else _DOMAIN_CHECK.sub("", found[0]), schema_sql
    )


def _orders_by_bytes(snapshot: Snapshot) -> bool:
    return snapshot.locale_provider == "builtin" or snapshot.collation in _BYTE_ORDER


def _entries(statistics: Statistics) -> Iterator[tuple[_Key, ColumnStatistics]]:
    yield from statistics.columns.items()
    yield from statistics.inherited.items()


def _names(key: _Key, statistics: Statistics) -> tuple[_GroupName | None, _GroupName | None, str, bool]:
    """Return the groups of a column's values and of its elements, the type of either, and whether it is an array."""
    base, modifier, is_array = split_type(statistics.types.get(key, ""))
    if base == "tsvector":
        return None, ("element", key[2], "text"), "text", True
    family = family_of(base)
    if family is None:
        return None, None, base, is_array
    full = f"{base}({modifier})" if modifier else base
    if is_array:
        return ("array", key[2], full), ("element", key[2], full), full, True
    return (family.name,) if family.shared else (family.name, key[2], full), None, full, False


def _groups(statistics: Statistics) -> dict[_GroupName, _Group]:
    groups: dict[_GroupName, _Group] = {}
    for key, entry in _entries(statistics):
        whole, elements, type_name, is_array = _names(key, statistics)
        if whole:
            values = groups.setdefault(whole, _Group(type_name, is_array)).values
            values.update(entry.most_common_vals or (), entry.histogram_bounds or ())
            values.update(value for value in (entry.low, entry.high) if value is not None)
        if elements:
            groups.setdefault(elements, _Group(type_name, False)).values.update(entry.most_common_elems or ())
    return groups


def _mapped(group: _Group, public: frozenset[str], by_bytes: bool) -> _Mapped | None:
    """Return the surrogates of a group, `None` when its type has not enough of them."""
    base, modifier, _ = split_type(group.type_name)
    family = family_of(base)
    assert family
    plain_times = family.name == "timestamp" and not group.as_array and not modifier
    if plain_times and (moved := moved_times(sorted(group.values))) is not None:
        order = sorted(group.values, key=lambda value: (value != "-infinity", value == "infinity", moved[value]))
        return _Mapped({value: rank for rank, value in enumerate(order)}, [moved[value] for value in order])
    is_text = family.name == "text" and not group.as_array
    order = sorted(group.values, key=str.encode if is_text and by_bytes else lambda value: (family.key(value), value))
    kept = public & group.values if is_text else frozenset()
    codes = _codes(family, len(order), modifier, group.values if is_text else ())
    codes = codes or _codes(family, len(order), modifier, kept)
    if codes is None:
        return None
    ranks = {value: rank for rank, value in enumerate(order)}
    return _Mapped(ranks, [_as_array(code) for code in codes] if group.as_array else codes, frozenset(kept))


def _codes(family: Family, count: int, modifier: str, taken: Collection[str]) -> list[str] | None:
    """Return the surrogates of all ranks, none of them in `taken`, or `None`."""
    for room in (count, count * 100, count * 10_000):
        codes = [family.code(rank, room, modifier) for rank in range(count)]
        if not set(codes) & {None, *taken}:
            return [code for code in codes if code is not None]
    return None


def _as_array(code: str) -> str:
    return '{"' + code.replace("\\", "\\\\").replace('"', '\\"') + '"}'


def _column(
    key: _Key, entry: ColumnStatistics, statistics: Statistics, mapped: Mapping[_GroupName, _Mapped]
) -> ColumnStatistics:
    whole, elements, base, _ = _names(key, statistics)
    entry = replace(entry, range_length_histogram=None, range_bounds_histogram=None, range_empty_frac=None)
    if base not in KEPT:
        entry = _with_values(entry, mapped.get(whole) if whole else None)
    if base not in KEPT and entry.most_common_elems is not None:
        entry = _with_elements(entry, mapped.get(elements) if elements else None)
    return entry


def _with_values(entry: ColumnStatistics, group: _Mapped | None) -> ColumnStatistics:
    if group is None:
        return replace(entry, most_common_vals=None, most_common_freqs=None, histogram_bounds=None, low=None, high=None)
    return replace(
        entry,
        most_common_vals=entry.most_common_vals and group.each(entry.most_common_vals),
        histogram_bounds=entry.histogram_bounds and group.ordered(entry.histogram_bounds),
        low=None if entry.low is None else group.each([entry.low])[0],
        high=None if entry.high is None else group.each([entry.high])[0],
    )


def _with_elements(entry: ColumnStatistics, group: _Mapped | None) -> ColumnStatistics:
    if group is None or entry.most_common_elems is None:
        return _without_elements(entry)
    return replace(entry, most_common_elems=group.ordered(entry.most_common_elems))
