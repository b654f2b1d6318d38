"""What is said per day, and which indexes are called unused, by how long the capture and the counters span."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisor.indexes.index_options import AdviseOptions
from advisor.output.render import render
from advisor.output.report import Report
from advisor.workload.model import Query, Workload
from tests.indexes.small import BEGIN, advised, make

CASES = tomllib.loads((Path(__file__).parent / "windows.toml").read_text())["case"]
TABLE = """
CREATE TABLE lamp (id int PRIMARY KEY, room int NOT NULL, hue int NOT NULL, body text);
INSERT INTO lamp SELECT i, i % 3000, i % 9, repeat('x', 60) FROM generate_series(1, 30000) AS i;
CREATE INDEX lamp_hue ON lamp (hue)
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_short_windows_are_said_to_be_so(connection: psycopg.Connection, case: dict[str, Any]) -> None:
    make(connection, TABLE)
    least, days = case.get("least"), case.get("days")
    options = AdviseOptions() if least is None else AdviseOptions(least_days=least, unused_days=least)
    text = "SELECT * FROM lamp WHERE room = 7"
    advice = advised(connection, {"q": (text, 6000.0)}, days=days, counted=case["counted"], options=options)
    assert [p.name for p in advice.proposals if p.action == "drop"] == ["lamp_hue"] * case["drops"]
    begin = BEGIN.timestamp()
    workload = Workload((Query("q", None, text, 100, 6000.0, 60.0),), begin=begin, end=begin + (days or 0) * 86_400)
    printed = render(Report(workload, advice), "text")
    assert ("a day at the captured rate" in printed) is case["rates"]
    assert ("of the 6.0 s captured" in printed) is not case["rates"]
    assert ("--least-window" in printed) is (days is not None and not case["rates"])
