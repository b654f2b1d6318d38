"""What the advisor proposes for one query each: the expected index, and no candidate that would have been much better."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from psycopg import sql

from advisor.catalog.snapshot import take_snapshot
from advisor.twin.servers.server import Server
from advisor.twin.start import Twin, start_twin
from tests.indexes.built import BuiltWhatIf
from tests.indexes.conformance import FOLDER, Case, Verdict, cases, judge, meets

NEAR = 1.1
"""How much costlier than the best of all candidates the proposed indexes may be, on real rows."""
GAIN = 0.98
"""Or the share of that best one's gain that they must bring: bytes that buy less are not to be built."""
_numbers = itertools.count()


@pytest.fixture(scope="module")
def systems(server: Server) -> Iterator[tuple[Twin, BuiltWhatIf]]:
    """A twin of the cases' database, and the database itself."""
    name = f"conformance_{next(_numbers)}"
    with server.connect() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    done = server.run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", name, "-f", str(FOLDER / "schema.sql"))
    assert done.returncode == 0, done.stderr
    with server.connect(name) as connection, start_twin(take_snapshot(server.url(name))) as twin:
        yield twin, BuiltWhatIf(connection)
    with server.connect() as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.file}: {case.name}")
def test_the_expected_index_is_proposed_and_nothing_else_is_much_better(
    case: Case, systems: tuple[Twin, BuiltWhatIf]
) -> None:
    verdict = judge(case, *systems)
    assert any(_is(verdict, wanted) for wanted in case.expected), (
        f"proposed {[f'{d.table} {d.body}' for d in verdict.created]}, expected {case.expected}: {case.reason}"
    )
    near = verdict.proposed <= NEAR * verdict.best
    gained = verdict.none - verdict.proposed >= GAIN * (verdict.none - verdict.best)
    assert near or gained, (verdict.none, verdict.proposed, verdict.best)
    if not verdict.created:
        assert [why.query for why in verdict.advice.why_not] == ["q"], "no proposal, and no word on why"


def _is(verdict: Verdict, wanted: str) -> bool:
    if wanted == "none":
        return not verdict.created
    return any(meets(definition, wanted) for definition in verdict.created)


def test_there_are_at_least_120_cases_and_no_two_of_a_name() -> None:
    names = [(case.file, case.name) for case in cases()]
    assert len(names) >= 120
    assert len(set(names)) == len(names)
