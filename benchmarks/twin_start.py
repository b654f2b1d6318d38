"""Cost of a large schema: CPU seconds until the twin of 2 000 tables, 6 000 indexes and 12 000 columns answers.

Counted are this process and the twin's server, all of its processes: what a machine spends, however many cores it has.
Run: `python -m benchmarks.twin_start [--tables 2000]`. Exit status 1 when the full size takes more than 5 CPU seconds.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sys
import time

from advisor.catalog.snapshot import Snapshot
from advisor.catalog.statistics import RelationStatistics, Statistics
from advisor.twin.start import start_twin
from benchmarks.scale import column_statistics

FULL, SECONDS = 2000, 5.0
COLUMNS = {
    "id": "bigint", "owner_id": "bigint", "status": "text", "flag": "boolean", "title": "text", "created_at": "timestamptz",
}  # fmt: skip


def snapshot(tables: int, chance: random.Random) -> Snapshot:
    """Return a made-up database: each table has six columns, a primary key and two indexes, as pg_dump writes them."""
    ddl, relations, columns = [], {}, {}
    for number in range(tables):
        name = f"t{number:04}"
        body = ",\n".join(f"    {column} {kind} NOT NULL" for column, kind in COLUMNS.items())
        ddl.append(f"CREATE TABLE public.{name} (\n{body}\n)")
        rows = int(10 ** chance.uniform(4, 6.3))
        relations["public", name] = RelationStatistics(float(rows), rows // 80 + 1, rows // 82)
        for index in ("pkey", "by_owner", "by_time"):
            relations["public", f"{name}_{index}"] = RelationStatistics(float(rows), rows // 365 + 2, height=1)
        for column in COLUMNS:
            columns["public", name, column] = column_statistics(column, rows, chance)
    for number in range(tables):
        name = f"t{number:04}"
        ddl.append(f"ALTER TABLE ONLY public.{name}\n    ADD CONSTRAINT {name}_pkey PRIMARY KEY (id)")
    for number in range(tables):
        name = f"t{number:04}"
        ddl.append(f"CREATE INDEX {name}_by_owner ON public.{name} USING btree (owner_id, status)")
        ddl.append(f"CREATE INDEX {name}_by_time ON public.{name} USING btree (created_at DESC)")
    return Snapshot(";\n".join(ddl) + ";\n", Statistics(relations=relations, columns=columns), {}, 180000)


def spent() -> float:
    """Return the CPU seconds of this process and of the children it waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=FULL)
    given = parser.parse_args()
    made = snapshot(given.tables, random.Random(given.tables))
    with start_twin(Snapshot("", Statistics(), {}, 180000)):
        pass  # fills the cache of empty clusters, and imports
    before, begin = spent(), time.perf_counter()
    with start_twin(made) as twin:
        ready = time.perf_counter()
        tables = len(twin.schema.tables)
        assert tables == given.tables and not twin.notes, twin.notes[:3]
    seconds = spent() - before  # the server was waited for, and its processes by it
    print(
        f"{tables} tables, {3 * tables} indexes, {len(COLUMNS) * tables} columns: {seconds:.1f} CPU s"
        f" ({ready - begin:.1f} s on {os.cpu_count()} cores)"
    )
    return int(given.tables >= FULL and seconds > SECONDS)


if __name__ == "__main__":
    sys.exit(main())
