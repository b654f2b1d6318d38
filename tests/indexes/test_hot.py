"""Updates that write no index: how many are HOT after all that is proposed, on real rows with real counters."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisor.catalog.index import IndexDefinition, IndexKey
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.indexes.choice.reason import key_list
from advisor.indexes.choice.write_cost import TableWrites, columns_read, with_parents
from advisor.indexes.chosen_rules import with_rules
from advisor.indexes.index_options import AdviseOptions
from tests.indexes.small import advised, make

CASES = tomllib.loads((Path(__file__).parent / "hot.toml").read_text())["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_updates_are_told_as_they_are_after_the_proposals(connection: psycopg.Connection, case: dict[str, Any]) -> None:
    make(connection, case["schema"] + "; SELECT pg_stat_force_next_flush()")
    queries = {f"q{number}": (text, float(ms)) for number, (text, ms) in enumerate(case["queries"])}
    advice = advised(connection, queries)
    made = [p.definition for p in advice.proposals if p.action != "drop"]
    assert [f"{one.table} {key_list(one)}" for one in made] == case["built"], advice.why_not
    assert [p.name for p in advice.proposals if p.action == "drop"] == case["dropped"]
    told = [one.after / one.updates_per_day for one in advice.hot_updates]
    assert told == ([pytest.approx(case["hot"])] if "hot" in case else [])


def test_an_index_that_would_end_updates_freed_by_a_drop_is_charged_for_them(connection: psycopg.Connection) -> None:
    case = CASES[0]
    make(connection, case["schema"] + "; SELECT pg_stat_force_next_flush()")
    text = "SELECT id FROM visit WHERE person_id = 7 AND seen_at > '2024-01-02'"
    queries = {"q": (text, 7800.0), "u": (case["queries"][1][0], 1200.0)}
    weighed = with_rules(AdviseOptions(), ["write_weight=100000"])
    made = [p for p in advised(connection, queries, options=weighed).proposals if p.action != "drop"]
    assert not [p for p in made if "seen_at" in key_list(p.definition)]


def test_block_ranges_end_no_hot_update() -> None:
    brin = IndexDefinition("public", "t", (IndexKey.of("at"),), method="brin")
    tree = IndexDefinition("public", "t", (IndexKey("lower(name)"),), ("size",), where="state = 'at'")
    assert columns_read(brin, ("at", "name")) == frozenset()
    assert columns_read(tree, ("at", "name", "size", "state")) == {"name", "size", "state"}


def test_a_partitioned_table_has_the_counters_of_its_leaves(connection: psycopg.Connection) -> None:
    make(
        connection,
        """CREATE TABLE ride (id int, at date) PARTITION BY RANGE (at);
        CREATE TABLE ride_old PARTITION OF ride FOR VALUES FROM (MINVALUE) TO ('2024-01-01') PARTITION BY LIST (id);
        CREATE TABLE ride_old_1 PARTITION OF ride_old DEFAULT;
        CREATE TABLE ride_new PARTITION OF ride FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);
        INSERT INTO ride SELECT i, date '2023-12-01' + i % 62 FROM generate_series(1, 620) AS i;
        UPDATE ride SET id = id WHERE id <= 100;
        SELECT pg_stat_force_next_flush()""",
    )
    found = with_parents(read_statistics(connection), read_schema(connection)).activity["public", "ride"]
    assert (found.inserts, found.updates) == (620, 100)


def test_writes_without_captured_statements_say_nothing_of_hot_updates() -> None:
    assert TableWrites(1.0, 2.0).statements == ()
