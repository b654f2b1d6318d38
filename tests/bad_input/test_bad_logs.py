"""Logs that hold nothing we can use end with one clear line and status 2, never with a report of zero queries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from advisor.twin.servers.server import Server, embedded_binaries
from tests.bad_input.conftest import Run

Save = Callable[[str, bytes], Path]


@pytest.fixture(scope="module")
def log() -> Iterator[bytes]:
    """A log with durations of ten statements."""
    with Server(embedded_binaries(), {"log_min_duration_statement": "0"}) as server:
        with server.connect() as connection:
            for number in range(10):
                connection.execute(f"SELECT {number} AS number")
        yield server.log.read_bytes()


def test_a_log_in_a_language_without_a_catalogue_is_an_error(run: Run, save: Save, log: bytes) -> None:
    foreign = log.replace(b"LOG:", b"LOGI:").replace(b"duration:", b"kestus:").replace(b"statement:", b"lause:")
    outcome = run("capture", "-q", save("postgresql.log", foreign))
    assert outcome.status == 2 and outcome.out == ""
    assert outcome.err.startswith("error: ") and len(outcome.err.splitlines()) <= 2


def test_a_log_without_durations_or_statements_says_so(run: Run, save: Save, log: bytes) -> None:
    quiet = b"".join(line for line in log.splitlines(keepends=True) if b"duration:" not in line)
    outcome = run("capture", "-q", save("postgresql.log", quiet))
    assert outcome.status == 2
    assert "log_min_duration_statement" in outcome.err


def test_a_log_without_statements_beside_another_is_named(run: Run, save: Save, log: bytes) -> None:
    quiet = b"".join(line for line in log.splitlines(keepends=True) if b"duration:" not in line)
    outcome = run("capture", "-q", save("quiet.log", quiet), save("postgresql.log", log))
    assert outcome.status == 0
    assert "quiet.log: holds no statement" in outcome.out


def test_a_wrong_prefix_is_named(run: Run, save: Save, log: bytes) -> None:
    outcome = run("capture", "-q", "--log-line-prefix", "%t %u@%d <%c> ", save("postgresql.log", log))
    assert outcome.status == 2 and "prefix" in outcome.err


def test_a_log_cut_off_within_a_record_keeps_the_others(run: Run, save: Save, log: bytes) -> None:
    outcome = run("capture", "-q", "--format", "json", save("postgresql.log", log[: log.rindex(b"duration:") + 12]))
    assert outcome.status == 0
    assert json.loads(outcome.out)["coverage"]["calls"] == 9
