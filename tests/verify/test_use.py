"""Whether claimed queries use an index is asked of the twin; a claim that does not hold fails the proof."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.catalog.index import IndexKey
from advisor.catalog.snapshots.take import take_snapshot
from advisor.indexes.proposal import Advice, QueryBenefit
from advisor.revisions.write import write_revisions
from advisor.twin.start import start_twin
from advisor.twin.statement import BoundStatement
from advisor.verify.prove import prove_report
from advisor.verify.running.upgrade import History
from tests.revisions.builders import definition, environment, proposal

ROWS = """
CREATE TABLE events (id bigint PRIMARY KEY, kind integer, at date);
INSERT INTO events SELECT n, n % 5000, date '2024-01-01' + n % 365 FROM generate_series(1, 100000) n;
CREATE INDEX ix_kind ON events (kind);
CREATE TABLE alembic_version (version_num character varying(32) PRIMARY KEY);
"""

STATEMENTS = {
    "recent": (
        BoundStatement("SELECT * FROM events WHERE kind = $1 ORDER BY at DESC LIMIT 10", ("7",), "logged"),
        BoundStatement("SELECT * FROM events WHERE kind = $1 ORDER BY at DESC LIMIT 10", ("8",), "logged"),
    ),
    "everything": (BoundStatement("SELECT count(*) FROM events", None, "logged"),),
}


@pytest.fixture
def twin(server, database, connection):
    for statement in ROWS.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    connection.execute("VACUUM ANALYZE events")
    with start_twin(take_snapshot(server.url(database))) as running:
        yield running


@pytest.fixture
def proven(twin, tmp_path):
    """Return a function that writes and proves proposals that claim to serve these queries."""

    def run(*proposals, statements=STATEMENTS):
        ini = environment(tmp_path)
        revisions = write_revisions(proposals, ini, schema=twin.schema)
        return prove_report(revisions, Advice(proposals), twin, History.open(ini), statements)

    return run


def claiming(wanted, *queries, **rest):
    claims = tuple(QueryBenefit(query, 100.0, 1.0, 10.0, "logged") for query in queries)
    return proposal(wanted, queries=claims, **rest)


def steps(proof, index):
    return {step.name: step for one in proof.revisions if one.index == index for step in one.steps}


GOOD = definition("events", "kind", IndexKey.of("at", descending=True))


def test_a_claim_that_holds_is_proven(proven):
    proof = proven(claiming(GOOD, "recent"))
    assert proof.passed and proof.basis == "twin" and proof.server.endswith("(embedded)")
    assert steps(proof, GOOD.name)["used"].detail == "1 of 1 claimed queries are planned with it"


def test_a_claim_that_does_not_hold_fails_and_names_the_query(proven):
    proof = proven(claiming(GOOD, "recent", "everything"))
    used = steps(proof, GOOD.name)["used"]
    assert not proof.passed and not used.passed
    assert used.detail == "1 of 2 claimed queries are planned with it, not: everything"


def test_a_better_proposal_beside_it_takes_the_query_away(proven):
    worse = definition("events", "at", "kind")
    proof = proven(claiming(GOOD, "recent"), claiming(worse, "recent", id="worse"))
    assert steps(proof, GOOD.name)["used"].passed
    assert not steps(proof, worse.name)["used"].passed


def test_it_is_planned_without_what_is_replaced(proven):
    kind_only = definition("events", "kind", include=("at",))
    proof = proven(replace(claiming(kind_only, "recent"), action="replace", replaces=("ix_kind",)))
    assert proof.passed, [step for one in proof.revisions for step in one.steps if not step.passed]


def test_without_statements_it_says_that_use_was_not_checked(proven):
    proof = proven(claiming(GOOD, "recent"), statements=None)
    assert "used" not in steps(proof, GOOD.name)
    assert any("whether queries use the indexes was not checked" in note for note in proof.notes)


def test_nothing_of_the_scratch_database_is_left(proven, twin):
    proven(claiming(GOOD, "recent"))
    with twin.connect() as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'advisor_scratch%'").fetchall()
    assert found == []
