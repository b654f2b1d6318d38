"""Planner statistics and activity counters, as `pg_class`, `pg_stats` and `pg_stat_user_tables` hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ColumnStatistics:
    """One row of `pg_stats` (or one expression of an index), values as text in their type's output form."""

    null_frac: float
    avg_width: int
    """Bytes."""
    n_distinct: float
    """Positive: distinct values; negative: minus the ratio of distinct values to rows."""
    most_common_vals: tuple[str, ...] | None = None
    most_common_freqs: tuple[float, ...] | None = None
    histogram_bounds: tuple[str, ...] | None = None
    correlation: float | None = None
    most_common_elems: tuple[str, ...] | None = None
    most_common_elem_freqs: tuple[float, ...] | None = None
    elem_count_histogram: tuple[float, ...] | None = None
    range_length_histogram: tuple[str, ...] | None = None
    range_empty_frac: float | None = None
    range_bounds_histogram: tuple[str, ...] | None = None
    inherited: bool = False
    low: str | None = None
    high: str | None = None
    """The column's real minimum and maximum, where it leads a b-tree: the planner looks them up in the index."""

    def distinct(self, rows: float) -> float:
        """Return the number of distinct values among `rows` rows."""
        return -self.n_distinct * rows if self.n_distinct < 0 else self.n_distinct


@dataclass(frozen=True, slots=True)
class Activity:
    """Counters of `pg_stat_user_tables` since their reset."""

    seq_scans: int = 0
    seq_rows: int = 0
    index_scans: int = 0
    inserts: int = 0
    updates: int = 0
    deletes: int = 0
    hot_updates: int = 0
    live_rows: int = 0
    dead_rows: int = 0
    modified_since_analyze: int = 0
    last_vacuum: str | None = None
    last_analyze: str | None = None
    """The later of manual and automatic, ISO 8601."""


@dataclass(frozen=True, slots=True)
class RelationStatistics:
    """Planner inputs of one table or index: `pg_class` plus the file's real size."""

    rows: float
    """`reltuples`; -1 when never vacuumed or analysed."""
    pages: int
    """Pages of the main fork as the file system has it (the planner reads this, not `relpages`)."""
    all_visible: int = 0
    """`relallvisible`, pages."""
    recorded_pages: int | None = None
    """`relpages`."""
    table: str | None = None
    """Name of its table, for an index; `None` for tables and where the source does not say."""
    height: int | None = None
    """Levels below the root of a b-tree (`level` of its metapage), read or computed; `None` for all else."""
    gin: tuple[int, int, int, int, int] | None = None
    """Pending, total, entry and data pages and entries, as a GIN index's metapage notes them; `None` when unread."""
    brin_revmap_pages: int | None = None
    """Pages of a BRIN index's range map; `None` when unread."""
    oid: int | None = None
    """Object id in production: indexes and children are planned in its order; `None` where the source lacks it."""


@dataclass(frozen=True, slots=True)
class IndexActivity:
    """Counters of `pg_stat_user_indexes` since their reset."""

    scans: int = 0
    rows_read: int = 0
    last_scan: str | None = None
    """`last_idx_scan` (16+), ISO 8601."""
    tablespace: str | None = None
    """Where the index stands, when not in the database's default tablespace; the schema dump does not say it."""
    comment: str | None = None
    """Its comment, which the schema dump does not hold either."""


@dataclass(frozen=True, slots=True)
class ExtendedData:
    """What ANALYZE found for one extended statistics object, as `pg_stats_ext` and `pg_stats_ext_exprs` show it."""

    attributes: tuple[str, ...]
    """Plain columns."""
    numbers: tuple[int, ...]
    """Production's attribute numbers of `attributes`, by which the texts below name them; expressions are -1, -2 …"""
    expression_count: int = 0
    expressions: tuple[ColumnStatistics | None, ...] = ()
    """Statistics of each expression; `None` for one without, nothing where none has any."""
    n_distinct: str | None = None
    """Text form of `pg_ndistinct`."""
    dependencies: str | None = None
    """Text form of `pg_dependencies`."""
    most_common_vals: tuple[tuple[str | None, ...], ...] | None = None
    """Combinations of values, in the order of `attributes` and then of the expressions."""
    most_common_freqs: tuple[float, ...] | None = None
    most_common_base_freqs: tuple[float, ...] | None = None
    oid: int | None = None
    """Object id in production, which orders the objects of a table."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of a whole database."""

    relations: Mapping[tuple[str, str], RelationStatistics] = field(default_factory=dict)
    """Tables and indexes, by schema and name."""
    columns: Mapping[tuple[str, str, str], ColumnStatistics] = field(default_factory=dict)
    """By schema, table (or index, for expressions) and column name."""
    inherited: Mapping[tuple[str, str, str], ColumnStatistics] = field(default_factory=dict)
    """Statistics over a partitioned or inherited tree (`stainherit`)."""
    extended: Mapping[tuple[str, str, bool], ExtendedData] = field(default_factory=dict)
    """By schema and name of the object, and whether it is of the whole inheritance tree."""
    activity: Mapping[tuple[str, str], Activity] = field(default_factory=dict)
    index_activity: Mapping[tuple[str, str], IndexActivity] = field(default_factory=dict)
    """By schema and index name."""
    types: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    """Type of each column with statistics: `format_type` below domains, `enum` for an enumeration, `enum[]` for arrays
    of one; empty where the source does not say."""
    invalid_indexes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By schema and name: `pg_get_indexdef` of what cut-off concurrent builds left behind; pg_dump leaves them out."""
    unread_ends: int = 0
    """Indexed columns whose real minimum and maximum could not be looked up in time."""
    unscanned_ends: int = 0
    """Indexed columns whose ends were not looked up, so that their indexes still show as never scanned."""
    since: str | None = None
    """When the activity counters were reset, ISO 8601; `None` when they never were (15+) or it is not known."""
    scans_since: str | None = None
    """Since when `index_activity` counts, without a gap and on every server it is of, ISO 8601."""
    standby: bool = False
    """Whether the server was a standby: its counters tell of the reads there, and of no write."""
    streaming: int | None = None
    """Standbys that streamed from the server; `None` where the source does not say."""
    standbys: int = 0
    """Standbys whose scans `index_activity` includes."""
    captured: str | None = None
    redacted: bool = False

    @property
    def uncounted(self) -> int:
        """Return how many servers are known to read the indexes without their scans being in `index_activity`."""
        return max((self.streaming or 0) - self.standbys, int(self.standby))

    def column(self, schema: str, table: str, column: str) -> ColumnStatistics | None:
        """Return a column's statistics, `None` when it was never analysed."""
        return self.columns.get((schema, table, column))

    def rows(self, schema: str, table: str) -> float:
        """Return a table's estimated rows, 0 when unknown."""
        relation = self.relations.get((schema, table))
        return max(relation.rows, 0.0) if relation else 0.0
