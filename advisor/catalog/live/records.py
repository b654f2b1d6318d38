"""Between the records that the export queries write (`statistics.jsonl`) and `Statistics`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from typing import Any

from advisor.catalog.live.export_queries import Record
from advisor.catalog.live.height import btree_height
from advisor.catalog.statistics import (
    Activity,
    ColumnStatistics,
    ExtendedData,
    IndexActivity,
    RelationStatistics,
    Statistics,
)
from advisor.errors import SnapshotError

_COLUMN_FIELDS = tuple(field.name for field in fields(ColumnStatistics))
_ACTIVITY_FIELDS = tuple(field.name for field in fields(Activity))
_ROOT_IS_LEAF = 2
"""Pages of a b-tree whose root is its only leaf: the metapage and the root."""
_EXTENDED_FIELDS = tuple(field.name for field in fields(ExtendedData))
_RANGE_FIELDS = ("range_length_histogram", "range_empty_frac", "range_bounds_histogram")


def statistics_from_records(records: Iterable[Record]) -> Statistics:
    """Return the statistics that export records hold; raises `SnapshotError` for a record that makes no sense."""
    builder = _Builder()
    for number, record in enumerate(records, 1):
        try:
            builder.take(record)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SnapshotError(
                f"statistics record {number} is not one an export writes: {type(error).__name__} {error}",
                do="export the statistics again",
            ) from error
    return builder.statistics()


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class _Builder:
    """Collects records by kind; later kinds (ranges, metapages) complete earlier ones."""

    def __init__(self) -> None:
        self.relations: dict[tuple[str, str], RelationStatistics] = {}
        self.columns: dict[tuple[str, str, str, bool], ColumnStatistics] = {}
        self.extended: dict[tuple[str, str, bool], ExtendedData] = {}
        self.activity: dict[tuple[str, str], Activity] = {}
        self.index_activity: dict[tuple[str, str], IndexActivity] = {}
        self.types: dict[tuple[str, str, str], str] = {}
        self.invalid_indexes: dict[tuple[str, str], str] = {}
        self.unread_ends = 0
        self.unscanned_ends = 0
        self.end: Record = {}

    def take(self, record: Record) -> None:
        """Add one record; kinds of a later format are left alone."""
        if handler := getattr(self, f"_take_{record['kind']}", None):
            handler(record)

    def statistics(self) -> Statistics:
        """Return what was collected."""
        return Statistics(
            relations=self.relations,
            columns={key[:3]: value for key, value in self.columns.items() if not key[3]},
            inherited={key[:3]: value for key, value in self.columns.items() if key[3]},
            activity=self.activity,
            index_activity=self.index_activity,
            extended={key: data for key, data in self.extended.items() if _is_known(data)},
            types=self.types,
            invalid_indexes=self.invalid_indexes,
            unread_ends=self.unread_ends,
            unscanned_ends=self.unscanned_ends,
            since=self.end.get("since"),
            scans_since=self.end.get("scans_since") or self.end.get("since"),
            standby=bool(self.end.get("standby", False)),
            streaming=self.end.get("streaming"),
            standbys=self.end.get("standbys") or 0,
            captured=self.end.get("captured"),
            redacted=bool(self.end.get("redacted", False)),
        )

    def _take_relation(self, record: Record) -> None:
        known = _relation(record, record.get("height"))
        self.relations[record["schema"], record["name"]] = replace(known, **_metapage(record))

    def _take_index(self, record: Record) -> None:
        key = record["schema"], record["name"]
        height = record.get("height")
        if height is None and record["method"] == "btree":
            height = btree_height(record["pages"], record.get("key_width") or 16, record["rows"])
        self.relations[key] = _relation(record, height)
        if record.get("invalid_ddl"):
            self.invalid_indexes[key] = record["invalid_ddl"]
        if record.get("scans") is not None:
            self._take_index_activity(record)

    def _take_metapage(self, record: Record) -> None:
        key = record["schema"], record["name"]
        if (known := self.relations.get(key)) and (not record.get("from_file") or _is_plausible(record, known)):
            self.relations[key] = replace(known, **_metapage(record))

    def _take_column(self, record: Record) -> None:
        key = (record["schema"], record["table"], record["column"], bool(record["inherited"]))
        self.columns[key] = _column(record)
        if record.get("type"):
            self.types[key[:3]] = record["type"]

    def _take_range(self, record: Record) -> None:
        key = (record["schema"], record["table"], record["column"], bool(record["inherited"]))
        if key in self.columns:
            known = {name: _tuples(record[name]) for name in _RANGE_FIELDS}
            self.columns[key] = replace(self.columns[key], **known)

    def _take_ends(self, record: Record) -> None:
        key = (record["schema"], record["table"], record["column"], False)
        if key in self.columns:
            self.columns[key] = replace(self.columns[key], low=record["low"], high=record["high"])

    def _take_invalid_index(self, record: Record) -> None:
        self.invalid_indexes[record["schema"], record["name"]] = record["ddl"]

    def _take_unread_ends(self, record: Record) -> None:
        self.unread_ends = record["count"]

    def _take_unscanned_ends(self, record: Record) -> None:
        self.unscanned_ends = record["count"]

    def _take_extended(self, record: Record) -> None:
        rows = record.get("most_common_vals")
        known = {name: _tuples(record[name]) for name in _EXTENDED_FIELDS if record.get(name) is not None}
        known["expressions"] = tuple(found and _column(found) for found in record.get("expressions") or ())
        if rows is not None:
            known["most_common_vals"] = tuple(tuple(row) for row in rows)
        self.extended[record["schema"], record["name"], bool(record["inherited"])] = ExtendedData(**known)

    def _take_expression(self, record: Record) -> None:
        key = record["schema"], record["name"], bool(record["inherited"])
        if known := self.extended.get(key):
            found = list(known.expressions) or [None] * known.expression_count
            found[record["number"] - 1] = _column(record)
            self.extended[key] = replace(known, expressions=tuple(found))

    def _take_activity(self, record: Record) -> None:
        known = {name: record[name] for name in _ACTIVITY_FIELDS if record.get(name) is not None}
        self.activity[record["schema"], record["table"]] = Activity(**known)

    def _take_index_activity(self, record: Record) -> None:
        self.index_activity[record["schema"], record["name"]] = IndexActivity(
            record["scans"], record.get("rows_read") or 0,
            record.get("last_scan"), record.get("tablespace"), record.get("comment"),
        )  # fmt: skip

    def _take_end(self, record: Record) -> None:
        self.end = record


def _is_known(data: ExtendedData) -> bool:
    return any((data.n_distinct, data.dependencies, data.most_common_vals, *data.expressions))


def _column(record: Record) -> ColumnStatistics:
    return ColumnStatistics(**{name: _tuples(record[name]) for name in _COLUMN_FIELDS if name in record})


def _relation(record: Record, height: int | None) -> RelationStatistics:
    return RelationStatistics(
        rows=float(record["rows"]),
        pages=int(record["pages"]),
        all_visible=int(record.get("all_visible") or 0),
        recorded_pages=record.get("recorded_pages"),
        table=record.get("table"),
        height=height,
        oid=record.get("oid"),
    )


def _is_plausible(record: Record, known: RelationStatistics) -> bool:
    """Return whether a metapage read from a file, which can be as old as the last checkpoint, fits the index's size."""
    if record.get("height") is not None:
        return abs(record["height"] - (known.height or 0)) <= 1 and (
            record["height"] > 0 or known.pages <= _ROOT_IS_LEAF
        )
    gin = record.get("gin")
    return not gin or gin[0] + gin[-1] > 0 or known.rows <= 0


def _metapage(record: Record) -> dict[str, Any]:
    names = ("height", "gin", "brin_revmap_pages")
    return {name: _tuples(record[name]) for name in names if record.get(name) is not None}


def records_from_statistics(statistics: Statistics) -> Iterator[Record]:
    """Yield the records that `statistics_from_records` turns back into the same value: sorted, the end mark last."""
    for (schema, name), relation in sorted(statistics.relations.items()):
        yield {"kind": "relation", "schema": schema, "name": name, **_plain(relation)}
    for (schema, table, column), entry in sorted((*statistics.columns.items(), *statistics.inherited.items()),
                                                 key=lambda item: (item[0], item[1].inherited)):  # fmt: skip
        yield {"kind": "column", "schema": schema, "table": table, "column": column,
               **_known({"type": statistics.types.get((schema, table, column))}), **_plain(entry)}  # fmt: skip
    for (schema, name, inherited), data in sorted(statistics.extended.items()):
        expressions = [entry and _plain(entry) for entry in data.expressions]
        yield {"kind": "extended", "schema": schema, "name": name, "inherited": inherited, **_plain(data),
               "expressions": expressions}  # fmt: skip
    for (schema, table), counters in sorted(statistics.activity.items()):
        yield {"kind": "activity", "schema": schema, "table": table, **_plain(counters)}
    for (schema, name), use in sorted(statistics.index_activity.items()):
        yield {"kind": "index_activity", "schema": schema, "name": name, **_plain(use)}
    for (schema, name), ddl in sorted(statistics.invalid_indexes.items()):
        yield {"kind": "invalid_index", "schema": schema, "name": name, "ddl": ddl}
    if statistics.unread_ends:
        yield {"kind": "unread_ends", "count": statistics.unread_ends}
    if statistics.unscanned_ends:
        yield {"kind": "unscanned_ends", "count": statistics.unscanned_ends}
    said = ("captured", "since", "scans_since", "standby", "streaming", "standbys", "redacted")
    yield _known({"kind": "end", **{name: getattr(statistics, name) for name in said}})


def _plain(value: RelationStatistics | ColumnStatistics | ExtendedData | Activity | IndexActivity) -> Record:
    """Return the fields that are known; `dataclasses.asdict` would copy every value."""
    return {name: found for name in value.__slots__ if (found := getattr(value, name)) is not None}


def _known(record: Record) -> Record:
    return {name: value for name, value in record.items() if value is not None}
