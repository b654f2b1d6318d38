"""The files of a snapshot folder as types: what `snapshot.json` and each record of `statistics.jsonl` may hold.

Both come from psql as well (`sql/export`), so what an export may leave out or write as null is optional here. Keys and
kinds of record that are not known are left alone: a later version may write them.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from advisor.catalog.snapshot_model import Extension, Override

Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""What a `bigint` holds."""
Number = Annotated[float, msgspec.Meta(ge=-1e300, le=1e300)]
"""A number that is one: neither infinite nor NaN."""
Settings = dict[str, str]
"""`settings.json`: every planner setting as `SHOW` prints it."""


class MembershipItem(msgspec.Struct):
    """One of `roles[].member_of[]`."""

    role: str
    inherit: bool | None = True
    set: bool | None = True


class RoleItem(msgspec.Struct):
    """One of `roles[]`."""

    name: str
    bypass_row_security: bool
    member_of: tuple[MembershipItem, ...]


class TablespaceItem(msgspec.Struct):
    """One of `tablespaces[]`."""

    name: str
    settings: dict[str, str]
    relations: tuple[tuple[str, str], ...]
    database_default: bool


class SnapshotFile(msgspec.Struct):
    """`snapshot.json`."""

    format: int
    server_version: Annotated[int, msgspec.Meta(ge=90_000, le=10_000_000)]
    database: str | None
    encoding: str
    collation: str
    ctype: str
    locale_provider: str
    locale: str | None
    captured: str | None
    search_path: tuple[str, ...]
    extensions: tuple[Extension, ...] | None
    overrides: tuple[Override, ...]
    configuration: dict[str, str]
    alembic_version: tuple[str, ...]
    roles: tuple[RoleItem, ...] | None = ()
    owner: str | None = None
    owners: dict[str, tuple[tuple[str, str], ...]] | None = msgspec.field(default_factory=dict)
    tablespaces: tuple[TablespaceItem, ...] | None = ()
    redacted: bool | None = False
    notes: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    settings_of_role: tuple[str, ...] | None = None
    statements_refused: str | None = None
    unreadable_tables: Whole | tuple[str, ...] | None = None
    unreadable_expressions: Whole | None = None
    tables_behind_policies: Whole | tuple[str, ...] | None = None


class _Sizes(msgspec.Struct):
    schema: str
    name: str
    rows: Number
    pages: Whole
    all_visible: Whole | None = None
    recorded_pages: Whole | None = None
    table: str | None = None
    height: Whole | None = None
    oid: Whole | None = None


class RelationRecord(_Sizes):
    """A table or index, as a saved snapshot holds it."""

    gin: tuple[Whole, Whole, Whole, Whole, Whole] | None = None
    brin_revmap_pages: Whole | None = None


class IndexRecord(_Sizes, kw_only=True):
    """An index, as an export writes it."""

    method: str
    key_width: Number | None = None
    invalid_ddl: str | None = None
    scans: Whole | None = None
    rows_read: Whole | None = None
    last_scan: str | None = None


class MetapageRecord(msgspec.Struct):
    """What an index's first page says."""

    schema: str
    name: str
    from_file: bool | None = None
    height: Whole | None = None
    gin: tuple[Whole, Whole, Whole, Whole, Whole] | None = None
    brin_revmap_pages: Whole | None = None


class _Values(msgspec.Struct, kw_only=True):
    null_frac: Number
    avg_width: Whole
    n_distinct: Number
    most_common_vals: tuple[str, ...] | None = None
    most_common_freqs: tuple[Number, ...] | None = None
    histogram_bounds: tuple[str, ...] | None = None
    correlation: Number | None = None
    most_common_elems: tuple[str, ...] | None = None
    most_common_elem_freqs: tuple[Number, ...] | None = None
    elem_count_histogram: tuple[Number, ...] | None = None
    range_length_histogram: tuple[str, ...] | None = None
    range_empty_frac: Number | None = None
    range_bounds_histogram: tuple[str, ...] | None = None
    low: str | None = None
    high: str | None = None


class ColumnRecord(_Values, kw_only=True):
    """A row of `pg_stats`."""

    schema: str
    table: str
    column: str
    inherited: bool
    type: str | None = None


class ExpressionRecord(_Values, kw_only=True):
    """A row of `pg_stats_ext_exprs`."""

    schema: str
    name: str
    inherited: bool
    number: Annotated[int, msgspec.Meta(ge=1, le=64)]


class RangeRecord(msgspec.Struct):
    """Histograms of a range column."""

    schema: str
    table: str
    column: str
    inherited: bool
    range_length_histogram: tuple[str, ...] | None
    range_empty_frac: Number | None
    range_bounds_histogram: tuple[str, ...] | None


class EndsRecord(msgspec.Struct):
    """A column's real minimum and maximum."""

    schema: str
    table: str
    column: str
    low: str | None
    high: str | None


class InvalidIndexRecord(msgspec.Struct):
    """An index that a cut-off build left behind."""

    schema: str
    name: str
    ddl: str


class CountRecord(msgspec.Struct):
    """How many columns' ends could not be looked up."""

    count: Whole


class ExtendedRecord(msgspec.Struct):
    """A row of `pg_stats_ext`."""

    schema: str
    name: str
    inherited: bool
    attributes: tuple[str, ...]
    numbers: tuple[Whole, ...]
    expression_count: Annotated[int, msgspec.Meta(ge=0, le=64)] | None = None
    expressions: tuple[_Values | None, ...] | None = None
    n_distinct: str | None = None
    dependencies: str | None = None
    most_common_vals: tuple[tuple[str | None, ...], ...] | None = None
    most_common_freqs: tuple[Number, ...] | None = None
    most_common_base_freqs: tuple[Number, ...] | None = None
    oid: Whole | None = None


class ActivityRecord(msgspec.Struct):
    """A row of `pg_stat_user_tables`."""

    schema: str
    table: str
    seq_scans: Whole | None = None
    seq_rows: Whole | None = None
    index_scans: Whole | None = None
    inserts: Whole | None = None
    updates: Whole | None = None
    deletes: Whole | None = None
    hot_updates: Whole | None = None
    live_rows: Whole | None = None
    dead_rows: Whole | None = None
    modified_since_analyze: Whole | None = None
    last_vacuum: str | None = None
    last_analyze: str | None = None


class IndexActivityRecord(msgspec.Struct):
    """A row of `pg_stat_user_indexes`."""

    schema: str
    name: str
    scans: Whole
    rows_read: Whole
    last_scan: str | None = None


class EndRecord(msgspec.Struct):
    """The last record."""

    captured: str | None = None
    since: str | None = None
    scans_since: str | None = None
    standby: bool | None = None
    streaming: Whole | None = None
    standbys: Whole | None = None
    redacted: bool | None = None


class UnknownRecord(msgspec.Struct):
    """A record of a later version."""

    kind: str


RECORDS: dict[str, type[msgspec.Struct]] = {
    "relation": RelationRecord,
    "index": IndexRecord,
    "metapage": MetapageRecord,
    "column": ColumnRecord,
    "expression": ExpressionRecord,
    "range": RangeRecord,
    "ends": EndsRecord,
    "invalid_index": InvalidIndexRecord,
    "unread_ends": CountRecord,
    "unscanned_ends": CountRecord,
    "extended": ExtendedRecord,
    "activity": ActivityRecord,
    "index_activity": IndexActivityRecord,
    "end": EndRecord,
}
"""Type of each kind of record."""
