"""Loops and look-alikes in styles the detector was not made with: what it has learned from them must stay learned."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.twin.servers.server import Server, embedded_binaries
from tests.nplus1_corpus.evaluate import HELD_OUT, findings, load, score


@pytest.fixture(scope="module")
def catalog() -> Iterator[tuple[Schema, Statistics]]:
    with Server(embedded_binaries()) as server, server.connect() as connection:
        yield load(connection, HELD_OUT)


def test_there_are_enough_of_both_kinds() -> None:
    positives = sum(1 for case in HELD_OUT.labels() if case["labels"])
    assert positives >= 6 and len(HELD_OUT.labels()) - positives >= 6


@pytest.mark.parametrize("log", [*HELD_OUT.same_run, HELD_OUT.default])
def test_loops_are_found_and_lookalikes_are_not(log: str, catalog: tuple[Schema, Statistics]) -> None:
    result = score(findings(log, *catalog), corpus=HELD_OUT)
    assert result.precision >= 0.98, result.false
    assert result.recall >= 0.95, result.missed
    assert result.parent_accuracy >= 0.9, result.wrong_parent
