"""Logs in the eleven languages that ship with the server say the same as the English one.

The logs in `translated/` were written by PostgreSQL 15 started with `LANGUAGE=<code>` and `lc_messages = C.UTF-8`, each
running the same statements: bound, literal, failing, prepared, under log_statement with log_duration.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.workload.collect import collect
from advisor.workload.model import Workload

LOGS = sorted((Path(__file__).parent / "translated").glob("*.log"))


def counted(workload: Workload) -> dict[str, tuple[float, float, int]]:
    return {query.text: (query.calls, query.failed, len(query.samples)) for query in workload.queries}


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.stem)
def test_the_language_makes_no_difference(log: Path) -> None:
    english = collect([str(log.with_name("en.log"))], jobs=1)
    workload = collect([str(log)], jobs=1)
    assert counted(workload) == counted(english)
    assert not workload.inputs[0].skipped
    bound = next(query for query in workload.queries if query.text == "select * from t where a=$1")
    assert {sample.parameters for sample in bound.samples} == {(str(number),) for number in range(5)}


def test_all_languages_are_there() -> None:
    assert len(LOGS) == 12
