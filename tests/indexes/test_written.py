"""Literals of the text: the code's choice, however rarely it was seen; captured from a log, as its client sent it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisor.catalog.snapshot import take_snapshot
from advisor.indexes.choice.reason import key_list
from advisor.indexes.index_options import AdviseOptions
from advisor.pipeline.straight_line import advise_on, analyse_workload
from advisor.progress import Progress
from advisor.twin.servers.server import Server
from advisor.twin.start import start_twin
from advisor.workload.collect import collect
from tests.indexes.small import make

CASES = tomllib.loads((Path(__file__).parent / "written.toml").read_text())["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_exactly_these_indexes_are_built(
    connection: psycopg.Connection, server: Server, database: str, tmp_path: Path, case: dict[str, Any]
) -> None:
    make(connection, case["schema"])
    log = tmp_path / "postgresql.log"
    log.write_text("".join(_lines(case["text"], number, values) for number, values in enumerate(case["seen"])))
    with start_twin(take_snapshot(server.url(database))) as twin:
        analysed = analyse_workload(collect([str(log)]), twin)
        advice = advise_on(analysed, twin, AdviseOptions(), Progress(quiet=True)).advice
    made = [p.definition for p in advice.proposals if p.action != "drop"]
    assert [f"{definition.table} {key_list(definition)}" for definition in made] == case["built"], advice.why_not


def _lines(text: str, number: int, values: list[str]) -> str:
    begin = f"2026-01-01 10:00:0{number}.000 UTC [12] "
    bound = ", ".join(f"${place} = '{value}'" for place, value in enumerate(values, 1))
    said = f"{begin}LOG:  duration: 35.5 ms  execute <unnamed>: {text}\n"
    return f"{said}{begin}DETAIL:  Parameters: {bound}\n"
