"""Statements one by one, and which of the SQL rules speak up: the matrix of sql.toml, on the catalog of sql.sql."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from advisor.analysis.analyse import analyse_query
from advisor.analysis.shape import QueryShape
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import ColumnStatistics, RelationStatistics, Statistics
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rules.finding import Finding
from advisor.rules.printed import print_proven
from advisor.rules.run import RuleContext, find
from advisor.twin.servers.server import Server
from advisor.workload.model import Loop, Query, Slot, Workload

FOLDER = Path(__file__).parent
STATEMENTS = tomllib.loads((FOLDER / "sql.toml").read_text())["statement"]
ROWS = {"users": 20_000, "messages": 500_000, "small": 100, "folk": 50_000}
WIDTHS = {"bio": 200, "name": 199, "settings": 30}
DAY = 86_400.0
LOOP = Loop("q", (), 9, 90, 10.0, 10.0, 10, (), (), 1.0, 0.0, 1.0, 5.0, "transaction")


@dataclass(frozen=True)
class Catalog:
    """What the rules are asked on."""

    schema: Schema
    statistics: Statistics


@pytest.fixture(scope="module")
def catalog(server: Server) -> Catalog:
    with server.connect() as admin:
        admin.execute("CREATE DATABASE rules_sql")
    with server.connect("rules_sql") as connection:
        connection.execute((FOLDER / "sql.sql").read_bytes())
        schema, statistics = read_schema(connection), read_statistics(connection)
    with server.connect() as admin:
        admin.execute("DROP DATABASE rules_sql WITH (FORCE)")
    relations = {("public", name): RelationStatistics(rows, rows // 50) for name, rows in ROWS.items()}
    columns = {("public", "users", name): ColumnStatistics(0.0, width, -1) for name, width in WIDTHS.items()}
    return Catalog(schema, replace(statistics, relations=relations, columns=columns))


def queries(case: Mapping[str, Any]) -> tuple[Query, ...]:
    calls, mean = float(case.get("calls", 1000)), float(case.get("mean_ms", 10))
    slots = tuple(Slot(tuple((one, calls) for one in values), len(values), calls) for values in case.get("slots", ()))
    rows = case["rows"] * calls if "rows" in case else None
    asked = Query("q", "q", case["text"], calls, calls * mean, mean, rows=rows, slots=slots)
    beside = (Query("beside", "beside", case["beside"], 1000, 1e4, 10.0, rows=1000.0),) if "beside" in case else ()
    return (asked, *beside, Query("rest", "rest", "SELECT 1", 1000, 200_000.0, 200.0, rows=1000.0))


def found(case: Mapping[str, Any], catalog: Catalog) -> tuple[Finding, ...]:
    """Return what the SQL rules say of a case's statement, its rewrites taken at their word."""
    given = queries(case)
    shapes = {one.id: shape for one in given if isinstance(shape := analyse_query(one, catalog.schema), QueryShape)}
    loops = tuple(replace(LOOP, varying=(*case["looped"],)) for _ in range("looped" in case))
    times = {"begin": 0.0, "end": DAY * case.get("days", 1)} if case.get("days", 1) else {}
    context = RuleContext(Workload(given, loops=loops, **times), shapes, catalog.schema, catalog.statistics)
    return tuple(one for one in print_proven(find(context, ["SQL"]), _believe) if one.query == "q")


def _believe(rewrite: Rewrite) -> Refusal | None:
    return None


@pytest.mark.parametrize("case", STATEMENTS, ids=lambda case: case["text"][:70])
def test_the_rules_speak_up_where_they_should_and_nowhere_else(case: Mapping[str, Any], catalog: Catalog) -> None:
    findings = found(case, catalog)
    wanted = case.get("finds", {})
    assert sorted(one.code for one in findings) == sorted(wanted), case.get("why", "")
    for one in findings:
        said = "\n".join([one.title, one.confidence, one.fix])
        assert [text for text in wanted[one.code] if text not in said] == [], said
        assert [text for text in case.get("never", ()) if text in said] == [], said
