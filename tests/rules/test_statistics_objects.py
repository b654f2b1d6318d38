"""Columns that go together on real data: found from a log and an export alone, and put right by what is proposed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.catalog.snapshot import Snapshot, take_snapshot
from advisor.cli.pipeline import analyse_workload, plans_of
from advisor.rules.finding import Finding
from advisor.rules.planned import plan_counted
from advisor.rules.run import RuleContext, find
from advisor.twin.server import Server, embedded_binaries
from advisor.twin.start import Twin, start_twin
from advisor.workload.collect import collect
from advisor.workload.model import Workload

SCHEMA = Path(__file__).with_name("places.sql")
PREFIX = "%m [%p] %q%u@%d/%a "
CALLS = 24

CITY_ZIP = "SELECT id FROM addresses WHERE city = 'City {city}' AND zip = 'Z{zip}'"
QUERIES = (
    CITY_ZIP,
    "SELECT id, zip FROM addresses WHERE country = 'Country {country}' AND city = 'City {city}' ORDER BY id",
    "SELECT id FROM addresses WHERE country = 'Country {country}' AND city = 'City {city}' AND shade <> 'none'",
    "SELECT id FROM addresses WHERE kind = {kind} AND channel = {kind}",
    "SELECT city, zip, count(*) FROM addresses GROUP BY city, zip",
    "SELECT id FROM addresses WHERE status = 'status {low}' AND shade = 'shade {low}'",
    "SELECT DISTINCT status, shade FROM addresses",
    "SELECT id FROM cars WHERE brand = 'Brand {city}' AND model = 'Model {city}' LIMIT 1500",
    "SELECT id FROM cars JOIN owners ON car = id WHERE brand = 'Brand {city}' AND model = 'Model {city}'",
    "SELECT id FROM known WHERE city = 'City {city}' AND zip = 'Z{zip}'",
    "SELECT DISTINCT city, zip FROM known",
)
"""Every one is asked with matching values; only the first five are about columns that go together unbeknown."""


@pytest.fixture(scope="module")
def places() -> Iterator[Server]:
    """A server of its own whose log holds every statement, with the rows of places.sql."""
    settings = {"shared_preload_libraries": "pg_stat_statements", "log_line_prefix": PREFIX}
    with Server(embedded_binaries(), settings) as running:
        done = running.run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-f", str(SCHEMA))
        assert done.returncode == 0, done.stderr
        with running.connect() as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")
            connection.execute("SELECT pg_stat_statements_reset()")
            connection.execute("SET log_min_duration_statement = 0")
            for number in range(CALLS):
                for query in QUERIES:
                    connection.execute(query.format(**matching(number)).encode()).fetchall()
        yield running


def matching(number: int) -> dict[str, int]:
    """Return values that occur together."""
    zip_ = number * 7 % 120
    return {"zip": zip_, "city": zip_ // 5, "country": zip_ // 15, "kind": number % 40, "low": number % 8}


@pytest.fixture(scope="module")
def snapshot(places: Server) -> Snapshot:
    return take_snapshot(places.url())


@pytest.fixture(scope="module")
def twin(snapshot: Snapshot) -> Iterator[Twin]:
    with start_twin(snapshot) as running:
        yield running


@pytest.fixture(scope="module")
def files(places: Server, snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The server's log, and what pg_stat_statements counted."""
    folder = tmp_path_factory.mktemp("places")
    log, export = folder / "postgresql.log", folder / "statements.csv"
    log.write_bytes(places.log.read_bytes())
    export.write_text(snapshot.statements or "")
    return log, export


def findings(twin: Twin, workload: Workload) -> tuple[Finding, ...]:
    analysed = analyse_workload(workload, twin)
    context = RuleContext(
        workload, analysed.shapes, twin.schema, twin.statistics, plans=plans_of(analysed.statements, twin.what_if)
    )
    return find(plan_counted(context, analysed.statements, twin.what_if), ["STA002", "STA003"])


@pytest.fixture(scope="module")
def found(twin: Twin, files: tuple[Path, Path]) -> tuple[Finding, ...]:
    return findings(twin, collect([str(path) for path in files], log_line_prefix=PREFIX))


def test_only_columns_that_go_together_are_reported_each_with_the_kinds_that_help(found: tuple[Finding, ...]) -> None:
    told = {(one.code, *one.statistics.columns): one.statistics.kinds for one in found if one.statistics}
    for one in found:
        print(one.title, one.evidence, one.fix, one.cost)
    assert told == {
        ("STA002", "city", "zip"): ("dependencies",),
        ("STA002", "city", "country"): ("dependencies", "mcv"),
        ("STA002", "channel", "kind"): ("mcv",),
        ("STA003", "city", "zip"): ("ndistinct",),
    }
    assert {one.table for one in found} == {"public.addresses"}
