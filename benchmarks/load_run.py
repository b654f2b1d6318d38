"""Boardroom at a hundred clients, before and after the proposals: `python -m benchmarks.load_run [--clients 100] [--seconds 20]`.

The system is loaded (10 000 rows and more in every table), its application's log is advised on, and the statements of the log
are run in their proportions by pgbench, as fast as so many clients can; then the proposed indexes are built, and the same again.
Database time is the mean time of a statement: the mix is the same. Bars: down by 60 % or more, average below 50 ms. The loops and pages of
the application stay in the mix. Exit status 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tabulate import tabulate

from advisor.catalog.snapshot import take_snapshot
from advisor.indexes.index_options import AdviseOptions
from advisor.pipeline.straight_line import advise_on, analyse_workload
from advisor.progress import Progress
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.twin.start import start_twin
from advisor.verify.measuring.load_run import possible_clients, run_load, scripts_of
from advisor.verify.measuring.timing import with_values
from advisor.workload.collect import collect
from tests.systems.observe import LOGGED, SYSTEMS, load_driver, seed

TABLES = ("users", "boardrooms", "sessions", "threads", "messages", "tool_runs")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--requests", type=int, default=600)
    options = parser.parse_args()
    settings = {"max_connections": "150", "shared_buffers": "512MB", "max_wal_size": "4GB"}
    with Server(embedded_binaries(), settings, room=4 << 30) as server, tempfile.TemporaryDirectory() as folder:
        with server.connect() as connection:
            connection.execute("CREATE DATABASE app")
        seed(server, "app", SYSTEMS / "boardroom")
        url = server.url("app")
        with server.connect("app") as connection:
            for name, value in LOGGED.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf(), pg_stat_reset()")
            rows = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}
        begin = server.log.stat().st_size
        load_driver(SYSTEMS / "boardroom").run(url, requests=options.requests, seed=1, connections=2)
        log = Path(folder) / "boardroom.log"
        log.write_bytes(server.log.read_bytes()[begin:])
        with server.connect("app") as connection:
            for name in LOGGED:
                connection.execute(f"ALTER SYSTEM RESET {name}")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("VACUUM ANALYZE")
        workload = collect([str(log)], log_line_prefix=LOGGED["log_line_prefix"])
        with start_twin(take_snapshot(url)) as twin:
            analysed = analyse_workload(workload, twin)
            report = advise_on(analysed, twin, AdviseOptions(), Progress(quiet=True))
        scripts, refused = scripts_of(
            url, with_values(analysed.statements), {one.id: one.calls for one in workload.queries}
        )
        clients = possible_clients(url, options.clients)
        before = run_load(url, scripts, clients=clients, seconds=options.seconds)
        with server.connect("app") as connection:
            for proposal in report.advice.proposals:
                if proposal.action == "drop":
                    connection.execute(f'DROP INDEX "{proposal.definition.schema}"."{proposal.name}"')
                else:
                    for old in proposal.replaces:
                        connection.execute(
                            f'DROP INDEX IF EXISTS "{proposal.definition.schema}"."{old.rpartition(".")[2]}"'
                        )
                    for extension in proposal.requires:
                        connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
                    connection.execute(proposal.definition.ddl(proposal.name))
            connection.execute("VACUUM ANALYZE")
        after = run_load(url, scripts, clients=clients, seconds=options.seconds)
    print(
        ", ".join(f"{table} {count:,}" for table, count in rows.items()),
        f"rows; {len(scripts)} statements, {len(refused)} left out",
    )
    for query, reason in sorted(refused.items()):
        print(f"  left out: {query[:12]} {reason}")
    table = [
        (
            name,
            side.clients,
            f"{side.per_second:,.0f}",
            f"{side.average:.1f}",
            *(f"{one:.1f}" for one in side.percentiles),
            f"{side.wal_bytes:.0f}",
        )
        for name, side in (("before", before), ("after", after))
    ]
    print(tabulate(table, ("", "clients", "statements/s", "average ms", "p50", "p95", "p99", "WAL bytes/statement")))
    down = 100 * (1 - after.average / before.average)
    print(f"database time down {down:.0f} % (bar 60 %), average {after.average:.1f} ms (bar 50 ms)")
    return 0 if down >= 60 and after.average < 50 else 1


if __name__ == "__main__":
    sys.exit(main())
