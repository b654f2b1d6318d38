"""The coverage report says what the logging settings were and what they hide."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from advisor.twin.servers.server import Server, embedded_binaries
from advisor.workload.collect import collect
from advisor.workload.model import Workload

PREFIX = "%m [%p] %c %v "


def logged(tmp_path: Path, **settings: str) -> Workload:
    """Run the same statements under logging settings, put in force by a reload as a DBA would."""
    with Server(embedded_binaries(), {"log_line_prefix": PREFIX}) as server:
        with server.connect() as connection:
            for name, value in settings.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")
            time.sleep(0.2)
        for _ in range(4):
            with server.connect() as connection:
                for number in range(60):
                    with connection.transaction():
                        connection.execute(f"SELECT /* route='home',n='{number}' */ {number} AS n")
                connection.execute("SELECT pg_sleep(0.02)")
        time.sleep(0.1)
        log = tmp_path / "server.log"
        log.write_bytes(server.log.read_bytes())
    return collect([str(log)], jobs=1)


def test_a_complete_log_hides_nothing(tmp_path: Path) -> None:
    workload = logged(tmp_path, log_min_duration_statement="0")
    assert "threshold" not in workload.inputs[0].settings and "sampling" not in workload.inputs[0].settings
    assert workload.inputs[0].hides == ()
    assert workload.inputs[0].settings["log_line_prefix"] == PREFIX
    route = next(query for query in workload.queries if query.tags)
    assert route.calls == 240 and route.tags == {"route": ("home",)}


def test_an_announced_threshold_is_reported_with_what_it_hides(tmp_path: Path) -> None:
    coverage = logged(tmp_path, log_min_duration_statement="10").inputs[0]
    assert coverage.settings["threshold"] == "10 ms"
    assert "faster than about 10 ms" in coverage.hides[0]


def test_a_sampled_log_is_scaled_up(tmp_path: Path) -> None:
    workload = logged(tmp_path, log_transaction_sample_rate="0.5")
    assert workload.inputs[0].settings["sampling"].startswith("0.5 of all transactions")
    route = next(query for query in workload.queries if query.tags)
    assert route.calls == pytest.approx(240, rel=0.35)
    assert route.calls == 2 * sum(count for _, count in route.durations)


def test_a_threshold_shows_in_the_durations_alone(tmp_path: Path) -> None:
    lines = []
    for number in range(400):
        milliseconds = 0.2 + (number * 7919 % 400) / 400
        lines.append(
            f"2026-01-01 00:00:{number % 60:02}.000 UTC [7] LOG:  duration: {milliseconds:.3f} ms  statement: SELECT {number}"
        )
    log = tmp_path / "server.log"
    log.write_text("\n".join(lines) + "\n")
    assert collect([str(log)], jobs=1).inputs[0].settings["threshold"] == "0.2 ms"
