"""The index stage as a user meets it: useful, within the limits, explained, and the same every time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from advisor.indexes.proposal import Advice, IndexProposal
from advisor.twin.servers.server import Server
from tests.indexes.deterministic_run import run

SCHEMA = """
SET synchronous_commit = on;
SELECT setseed(0.3);
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, note text NOT NULL);
INSERT INTO customers SELECT i, 'Name ' || i, repeat('x', 60) FROM generate_series(1, 5000) AS i;
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers (id), status text NOT NULL,
                     total int NOT NULL, created_at timestamptz NOT NULL, note text NOT NULL);
INSERT INTO orders SELECT i, 1 + i * 7919 % 5000, CASE WHEN i % 50 = 0 THEN 'open' ELSE 'done' END, i % 997,
                          timestamptz '2024-01-01' + i * interval '1 minute', repeat('y', 80) FROM generate_series(1, 20000) AS i;
CREATE INDEX narrow ON orders (customer_id, id);
CREATE INDEX twin_of_key ON customers (id);
CREATE INDEX lonely ON orders (total);
"""


@pytest.fixture(scope="module")
def database(server: Server) -> Iterator[str]:
    """A database with a small shop, shared by the tests of this module: each leaves it as it was."""
    name = "index_advice"
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with server.connect(name) as connection:
        for statement in [part for part in SCHEMA.split(";\n") if part.strip()]:
            connection.execute(statement)
        connection.execute("VACUUM ANALYZE")
    yield name
    with server.connect() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def shop(server: Server, database: str) -> Iterator[psycopg.Connection]:
    with server.connect(database) as connection:
        yield connection


@pytest.fixture(scope="module")
def advice(shop: psycopg.Connection) -> Advice:
    """What is advised with default options."""
    return run(shop)


def actions(proposals: tuple[IndexProposal, ...], action: str) -> dict[str, IndexProposal]:
    return {proposal.name: proposal for proposal in proposals if proposal.action == action}


def test_every_proposal_earns_more_than_it_costs_and_names_the_queries_it_serves(advice: Advice) -> None:
    created = [proposal for proposal in advice.proposals if proposal.action != "drop"]
    assert created
    for proposal in created:
        assert proposal.queries, proposal.name
        assert proposal.benefit.time_saved_ms_per_day > proposal.write_cost.ms_per_day
        assert proposal.benefit.time_saved_alone_ms_per_day > 0
        assert all(benefit.cost_after < benefit.cost_before for benefit in proposal.queries)


def test_the_foreign_key_is_indexed_for_the_delete_of_its_parent(shop: psycopg.Connection) -> None:
    shop.execute("DROP INDEX narrow")
    served = {
        benefit.query
        for p in run(shop).proposals
        for benefit in p.queries
        if p.definition.keys[0].column == "customer_id"
    }
    assert "e" in served


def test_a_query_without_a_proposal_gets_a_reason(advice: Advice) -> None:
    served = {benefit.query for proposal in advice.proposals for benefit in proposal.queries}
    explained = {why.query: why.reason for why in advice.why_not}
    assert served | set(explained) == set("abcdefg")
    assert not served & set(explained)
    assert explained["g"] == "no-condition"


def test_a_duplicate_of_the_primary_key_goes_and_the_primary_key_stays(advice: Advice) -> None:
    dropped = actions(advice.proposals, "drop")
    assert "twin_of_key" in dropped
    assert "customers_pkey" not in dropped
    assert "customers_pkey serves" in dropped["twin_of_key"].reason


def test_an_index_nobody_scanned_goes_only_when_the_window_is_long_enough(shop: psycopg.Connection) -> None:
    assert "lonely" not in actions(run(shop, days=3).proposals, "drop")
    assert "3" in actions(run(shop, days=30).proposals, "drop")["lonely"].reason


def test_an_invalid_leftover_goes(shop: psycopg.Connection) -> None:
    shop.execute("CREATE INDEX broken ON orders (note)")
    shop.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass")
    dropped = actions(run(shop).proposals, "drop")
    shop.execute("DROP INDEX broken")
    assert "invalid" in dropped["broken"].reason


def test_drops_can_be_turned_off(shop: psycopg.Connection) -> None:
    assert not actions(run(shop, drops=False).proposals, "drop")


def test_an_index_that_queries_need_stays_although_nobody_was_seen_to_scan_it(shop: psycopg.Connection) -> None:
    dropped = actions(run(shop, days=30, budget=0).proposals, "drop")
    assert "lonely" in dropped
    assert not {"narrow", "orders_pkey", "customers_pkey"} & dropped.keys()


def test_the_budget_is_kept_and_a_larger_one_never_saves_less(shop: psycopg.Connection) -> None:
    saved = []
    for budget in (0, 400_000, 1_000_000, 100_000_000):
        advice = run(shop, budget=budget, drops=False)
        assert sum(proposal.size.bytes for proposal in advice.proposals) <= budget
        saved.append(advice.curve[-1][1] if advice.curve else 0.0)
    assert saved == sorted(saved)


def test_the_curve_rises_from_nothing(advice: Advice) -> None:
    curve = advice.curve
    assert curve[0] == (0, 0.0)
    assert [size for size, _ in curve] == sorted(size for size, _ in curve)
    assert [saved for _, saved in curve] == sorted(saved for _, saved in curve)


def test_a_time_limit_of_nothing_still_answers(shop: psycopg.Connection) -> None:
    advice = run(shop, time_limit=1e-9)
    assert any("time limit" in note for note in advice.notes)


def test_no_limit_of_width_or_per_table_is_exceeded(shop: psycopg.Connection) -> None:
    created = [p for p in run(shop, max_per_table=1, width=2, include_columns=0).proposals if p.action != "drop"]
    tables = [proposal.definition.table for proposal in created]
    assert len(set(tables)) == len(tables)
    assert all(len(proposal.definition.keys) <= 3 and not proposal.definition.include for proposal in created)


def test_the_same_input_gives_the_same_bytes_under_any_hash_seed(
    shop: psycopg.Connection, server: Server, database: str
) -> None:
    script = Path(__file__).parent / "deterministic_run.py"
    root = Path(__file__).parents[2]
    printed = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, str(script), server.conninfo(database)],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        printed.add(done.stdout)
    assert len(printed) == 1
    assert "IndexProposal" in printed.pop()
