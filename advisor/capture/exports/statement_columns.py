"""Names statement statistics go by, in every version and exporter, and the newest name of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

ALIASES: Mapping[str, tuple[str, ...]] = {
    "text": ("query", "query_text", "query_sql_text", "statement", "sql", "sql_text", "normalized_query"),
    "calls": ("calls", "executions", "exec_count"),
    "total_ms": ("total_exec_time", "total_time", "total_exec_time_ms", "total_ms", "total_time_ms"),
    "mean_ms": ("mean_exec_time", "mean_time", "avg_time", "average_time", "mean_ms"),
    "min_ms": ("min_exec_time", "min_time"),
    "max_ms": ("max_exec_time", "max_time"),
    "stddev_ms": ("stddev_exec_time", "stddev_time"),
    "rows": ("rows", "rows_retrieved"),
    "query_id": ("queryid", "query_id", "pgsm_query_id", "queryhash", "query_hash"),
    "user": ("usename", "rolname", "username", "user_name", "user", "user_id", "userid"),
    "database": ("datname", "database", "dbname", "database_name", "db", "db_id", "dbid"),
    "application": ("application_name", "application"),
    "top_level": ("toplevel", "top_level"),
    "plans": ("plans", "plans_calls"),
    "plan_ms": ("total_plan_time",),
    "stats_since": ("stats_since",),
}
"""Field of a `StatementRow` to the columns it may come from; the first one present wins."""

READING: Mapping[str, tuple[str, ...]] = {
    "captured": ("captured_at", "captured", "snapshot_time", "collected_at", "capture_time", "exported_at", "now"),
    "reset": ("stats_reset",),
    "evictions": ("dealloc",),
}
"""What a column may tell about the whole reading, the same in each of its rows."""

RENAMED: Mapping[str, str] = {
    "blk_read_time": "shared_blk_read_time",
    "blk_write_time": "shared_blk_write_time",
    "rows_sent": "rows",
}
"""Counters that changed their name in 1.11, and under which name we keep them."""

COUNTERS = frozenset(
    {
        "shared_blks_hit",
        "shared_blks_read",
        "shared_blks_dirtied",
        "shared_blks_written",
        "local_blks_hit",
        "local_blks_read",
        "local_blks_dirtied",
        "local_blks_written",
        "temp_blks_read",
        "temp_blks_written",
        "shared_blk_read_time",
        "shared_blk_write_time",
        "local_blk_read_time",
        "local_blk_write_time",
        "temp_blk_read_time",
        "temp_blk_write_time",
        "wal_records",
        "wal_fpi",
        "wal_bytes",
        "wal_buffers_full",
        "jit_functions",
        "jit_generation_time",
        "jit_inlining_count",
        "jit_inlining_time",
        "jit_optimization_count",
        "jit_optimization_time",
        "jit_emission_count",
        "jit_emission_time",
        "jit_deform_count",
        "jit_deform_time",
        "parallel_workers_to_launch",
        "parallel_workers_launched",
        "generic_plan_calls",
        "custom_plan_calls",
    }
)
"""Counters kept in `StatementRow.counters`."""

KNOWN_BUT_UNUSED = frozenset(
    {"min_plan_time", "max_plan_time", "mean_plan_time", "stddev_plan_time", "minmax_stats_since", "server_version"}
)
"""Columns that are understood and left out."""

FEATURES: Sequence[tuple[str, str, int]] = (
    ("generic_plan_calls", "1.13", 54),
    ("parallel_workers_launched", "1.12", 52),
    ("stats_since", "1.11", 49),
    ("jit_functions", "1.10", 43),
    ("toplevel", "1.9", 33),
    ("total_exec_time", "1.8", 32),
    ("min_time", "1.3–1.7", 23),
    ("total_time", "1.2", 19),
)
"""A column that came with each version of the extension, newest first, and how many columns that version has."""

EXTENSION_COLUMNS = frozenset(
    {
        *COUNTERS,
        *RENAMED,
        *KNOWN_BUT_UNUSED,
        *("userid", "dbid", "toplevel", "queryid", "query", "calls", "rows", "plans", "total_plan_time", "stats_since"),
        *(f"{kind}_{suffix}" for kind in ("total", "min", "max", "mean", "stddev") for suffix in ("time", "exec_time")),
    }
) - {"server_version", "rows_sent"}
"""Every column that some version of pg_stat_statements has."""


def column_of(field: str, columns: Sequence[str]) -> str | None:
    """Return the column that holds a field, `None` when the export has none."""
    return next((name for name in ALIASES[field] if name in columns), None)


def version_of(columns: Sequence[str]) -> str | None:
    """Return the extension version whose layout the columns are, `None` for a selection of columns."""
    present = len(EXTENSION_COLUMNS & set(columns))
    feature = next(((version, count) for name, version, count in FEATURES if name in columns), None)
    return feature[0] if feature and feature[1] == present else None


def is_known(column: str) -> bool:
    """Return whether some reader of ours understands the column."""
    named = {name for names in (*ALIASES.values(), *READING.values()) for name in names}
    return column in named or column in EXTENSION_COLUMNS or column in KNOWN_BUT_UNUSED
