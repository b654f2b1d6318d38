"""Files made to keep the advisor busy, or damaged by a power cut: the right answer, or one line, and soon."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bad_input.conftest import Run

FILES = Path(__file__).parent / "hostile"

CALLS = {"blanks.log": 43, "long_statements.log": 500, "nul.json": 1}
"""Executions in each file, counted by hand."""


@pytest.mark.parametrize("name", CALLS)
def test_it_is_read(name: str, run: Run) -> None:
    outcome = run("capture", "-q", "--format", "json", FILES / name)
    assert outcome.status == 0
    assert json.loads(outcome.out)["coverage"]["calls"] == CALLS[name]


def test_a_log_that_was_cut_to_pieces_is_one_line(run: Run) -> None:
    outcome = run("capture", "-q", FILES / "stop.log")
    assert outcome.status == 2 and len(outcome.err.splitlines()) <= 2
