"""What a run shows of the matrix: the table of versions and properties, and why cells are missing from it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import pytest
from tabulate import tabulate

_CELL = re.compile(r"tests/matrix/test_matrix\.py::test_(\w+)\[(\d+)\]")
_WORDS = {"passed": "ok", "failed": "FAILED", "error": "FAILED", "skipped": "skipped"}
PROPERTIES = ("fidelity", "advise", "emission", "heal", "partition", "offline", "verify", "check", "downgrade")

Stats = Mapping[str, Iterable[object]]
"""Reports by their outcome, as the terminal reporter keeps them."""


def table(stats: Stats) -> str:
    """Return the table, empty when no cell ran."""
    found: dict[tuple[int, str], str] = {}
    for outcome, word in _WORDS.items():
        for report in _reports(stats, outcome):
            if match := _CELL.match(report.nodeid):
                found[int(match[2]), match[1]] = word
    versions = sorted({version for version, _ in found})
    rows = [[version, *(found.get((version, name), "") for name in PROPERTIES)] for version in versions]
    return tabulate(rows, ("version", *PROPERTIES)) if rows else ""


def skipped(stats: Stats) -> str:
    """Return one line on the container tests that were skipped and why, empty when none was."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in _reports(stats, "skipped")
        if "container" in report.keywords and isinstance(report.longrepr, tuple)
    )
    told = "; ".join(f"{reason} ({count})" for reason, count in sorted(reasons.items()))
    return f"container tests skipped: {told}" if told else ""


def _reports(stats: Stats, outcome: str) -> Iterable[pytest.TestReport]:
    return [report for report in stats.get(outcome, ()) if isinstance(report, pytest.TestReport)]
