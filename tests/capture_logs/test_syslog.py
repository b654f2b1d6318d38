"""Syslog files of a real server give the workload that its csvlog gives.

`syslog/` holds what PostgreSQL 18 sent to /dev/log (`log_destination = 'syslog,csvlog'`) while the session mix ran with
a rich prefix and with one that has neither time nor pid, in the two layouts a syslog daemon writes.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.workload.collect import collect
from advisor.workload.engines import blocks
from advisor.workload.model import Query, Workload

FOLDER = Path(__file__).parent / "syslog"


def comparable(workload: Workload) -> dict[str, Query]:
    return {query.id: replace(query, inputs=(), users=(), applications=(), database=None) for query in workload.queries}


def looped(workload: Workload) -> Counter[str]:
    found: Counter[str] = Counter()
    for loop in workload.loops:
        found[loop.child] += loop.executions
    return found


@pytest.mark.parametrize("layout", ["traditional", "iso"])
@pytest.mark.parametrize("prefix", ["rich", "bare"])
def test_syslog_and_csvlog_say_the_same(prefix: str, layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = collect([str(FOLDER / f"{prefix}.csv.gz")], jobs=1)
    log = str(FOLDER / f"{prefix}.{layout}.gz")
    workload = collect([log], jobs=1)
    assert workload.inputs[0].kind == "syslog" and not workload.inputs[0].skipped
    assert comparable(workload) == comparable(expected)
    assert looped(workload) == looped(expected)
    monkeypatch.setattr(blocks, "SIZE", 5000)
    assert comparable(collect([log], jobs=1)) == comparable(expected)


def test_lines_without_sequence_numbers_are_joined_all_the_same(tmp_path: Path) -> None:
    text = gzip.decompress((FOLDER / "rich.iso.gz").read_bytes())
    log = tmp_path / "unnumbered.log"
    log.write_bytes(re.sub(rb"\]: \[\d+-\d+\] ", b"]: ", text))
    expected = collect([str(FOLDER / "rich.csv.gz")], jobs=1)
    assert comparable(collect([str(log)], jobs=1)) == comparable(expected)
