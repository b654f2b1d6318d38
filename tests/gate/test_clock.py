"""An ageing baseline and snapshot flip no plan: the present and literals near it move with the statistics."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from advisor.catalog.snapshots.folder import load_snapshot, save_snapshot
from advisor.catalog.snapshots.take import take_snapshot
from advisor.cli.check_command import command
from advisor.gate.as_of_then import Clock, as_of
from advisor.twin.servers.server import Server
from advisor.twin.statement import BoundStatement

BEGIN, DAYS, LATER = date(2026, 4, 1), 60, 60
FILL = """
INSERT INTO events SELECT n, '{end}'::timestamptz - n * interval '20 seconds', n FROM generate_series(1, 60000) n
"""


@pytest.fixture(scope="module")
def aged(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two snapshots of a table whose rows are always of the last fortnight, taken 60 days from each other."""
    folder = tmp_path_factory.mktemp("aged")
    with server.connect() as admin:
        admin.execute("CREATE DATABASE ageing")
    with server.connect("ageing") as connection:
        connection.execute("CREATE TABLE events (id int PRIMARY KEY, at timestamptz, total int)")
        connection.execute("CREATE INDEX ix_at ON events (at)")
        for name, day in (("then", BEGIN), ("today", BEGIN + timedelta(days=LATER))):
            connection.execute("TRUNCATE events")
            connection.execute(FILL.format(end=day).encode())
            connection.execute("VACUUM ANALYZE events")
            taken = replace(take_snapshot(server.url("ageing")), captured=f"{day}T00:00:00+00:00")
            save_snapshot(taken, folder / name)
    lately = BEGIN - timedelta(days=1)
    (folder / "queries.sql").write_text(
        f"SELECT sum(total) FROM events WHERE at >= '{lately}';\n"
        "SELECT max(total) FROM events WHERE at > now() - interval '1 day';\n"
    )
    yield folder
    with server.connect() as admin:
        admin.execute("DROP DATABASE ageing WITH (FORCE)")


def check(aged: Path, name: str, *arguments: object) -> Result:
    given = ["--snapshot", aged / name, "--baseline", aged / "plans.json", *arguments, "-q"]
    return CliRunner().invoke(command, [str(one) for one in given])


def test_a_snapshot_sixty_days_newer_fails_nothing_and_its_age_is_said(aged: Path) -> None:
    assert check(aged, "then", aged / "queries.sql", "--update-baseline").exit_code == 0
    baseline = (aged / "plans.json").read_bytes()
    accepted = json.loads(baseline)
    assert accepted["captured"] == "2026-04-01"
    assert all("Index Scan" in plan["shape"][1] for one in accepted["queries"].values() for plan in one["plans"])
    lines = baseline.decode().splitlines()
    assert sum(line.startswith(f'    "{key}": {{') for key in accepted["queries"] for line in lines) == 2
    for name in ("then", "today"):
        done = check(aged, name)
        assert done.exit_code == 0 and "0 failed, 0 warned" in done.stdout and "PLN" not in done.stdout, done.output
    assert "note: the snapshot was taken on 2026-05-31, " in done.stdout, "half a year old at least"
    assert check(aged, "then", aged / "queries.sql", "--update-baseline").exit_code == 0
    assert (aged / "plans.json").read_bytes() == baseline, "the same bytes at another time of day"
    assert check(aged, "today", "--update-baseline", aged / "queries.sql").exit_code == 0
    moved = json.loads((aged / "plans.json").read_text())
    assert "2026-05-30" in json.dumps(moved["queries"]) and moved["captured"] == "2026-05-31"
    assert load_snapshot(aged / "today").captured


def test_only_the_present_and_literals_near_the_day_move() -> None:
    clock = Clock(date(2026, 10, 1), datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 1, 12, tzinfo=UTC))
    text = (
        "SELECT now, t.now, 'now()' AS now FROM \"né\" t WHERE at > now() AND d > '2026-09-28' AND c > '2020-01-01'"
        " AND e < '2026-10-02 10:00:00+00' AND f < CURRENT_DATE AND g = CURRENT_TIMESTAMP(3)"
    )
    one = BoundStatement(text, ("2026-09-30", "x", None), "logged")
    found = as_of(one, clock, accepted=True)
    assert found.parameters == ("2026-11-29", "x", None)
    assert found.text == (
        "SELECT now, t.now, 'now()' AS now FROM \"né\" t WHERE at > (now() - interval '129600 seconds') AND d >"
        " '2026-11-27' AND c > '2020-01-01' AND e < '2026-12-01 10:00:00+00' AND f < (CURRENT_DATE - 1) AND g ="
        " CURRENT_TIMESTAMP(3)"
    )
    assert as_of(one, clock, accepted=False).parameters == one.parameters, "the merge's own values are of today"
