"""Index builds that run now, as `pg_stat_progress_create_index` shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

_BUILDS = """
SELECT p.pid, p.command, p.relid::regclass::text, coalesce(i.relname, ''), p.phase,
       p.blocks_done, p.blocks_total, p.tuples_done, p.tuples_total, p.lockers_done, p.lockers_total, p.partitions_done,
       p.partitions_total, p.current_locker_pid, coalesce(l.application_name, ''), coalesce(l.state, ''),
       extract(epoch FROM clock_timestamp() - l.xact_start)::float8,
       extract(epoch FROM clock_timestamp() - a.query_start)::float8
  FROM pg_catalog.pg_stat_progress_create_index p
  JOIN pg_catalog.pg_stat_activity a ON a.pid = p.pid
  LEFT JOIN pg_catalog.pg_class i ON i.oid = p.index_relid
  LEFT JOIN pg_catalog.pg_stat_activity l ON l.pid = nullif(p.current_locker_pid, 0)
 WHERE p.datname = current_database() ORDER BY p.pid
"""


@dataclass(frozen=True, slots=True)
class Build:
    """One build as it stands."""

    pid: int
    command: str
    """`CREATE INDEX CONCURRENTLY`, `REINDEX` …"""
    table: str
    index: str
    """Its name, empty before the catalog shows it to others."""
    phase: str
    blocks_done: int
    blocks_total: int
    tuples_done: int
    tuples_total: int
    lockers_done: int
    lockers_total: int
    partitions_done: int
    partitions_total: int
    locker: int
    """Process id of the session it waits for now, 0 when for none."""
    locker_application: str
    locker_state: str
    locker_seconds: float | None
    """Age of that session's transaction."""
    seconds: float
    """Since the statement began."""

    @property
    def share(self) -> float | None:
        """Return how much of its phase is done, 0 to 1; `None` where the server does not tell."""
        for done, total in ((self.blocks_done, self.blocks_total), (self.tuples_done, self.tuples_total)):
            if total and not self.locker:
                return min(done / total, 1.0)
        return None


def builds(connection: psycopg.Connection[Any]) -> list[Build]:
    """Return the builds that run in this database."""
    return [Build(*row) for row in connection.execute(_BUILDS.encode()).fetchall()]
