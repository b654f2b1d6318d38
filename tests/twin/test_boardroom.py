"""Every query of the boardroom application costs the same on the twin as on the loaded server."""

from __future__ import annotations

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import QueryShape
from advisor.catalog.snapshot import Snapshot, take_snapshot
from advisor.twin.binding.parameter_values import bind
from advisor.twin.costing.planner import Planner, Switch
from advisor.twin.plan import PlanNode
from advisor.twin.servers.server import Server
from advisor.twin.start import Twin, start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask
from advisor.workload.model import Query
from benchmarks.twin_fidelity import VERSIONS, Comparison, unfaithful
from tests.systems.test_boardroom import SYSTEM, load_driver

QUERIES = """
SELECT query FROM pg_stat_statements
WHERE query ~* '^(SELECT|INSERT|UPDATE|DELETE)' AND query !~ 'pg_' AND query !~ 'current_schema' ORDER BY query
"""


def load(server: Server) -> None:
    scripts = [word for name in ("schema.sql", "seed.sql") for word in ("-f", str(SYSTEM / name))]
    done = server.run("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", "postgres", *scripts)
    assert done.returncode == 0, done.stderr


def captured_texts(server: Server) -> list[str]:
    """Run the application on the server and return its normalised statements."""
    with server.connect() as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements; SELECT pg_stat_statements_reset()")
        load_driver(SYSTEM).run(server.url(driver="postgresql+psycopg"), 60, 1)
        return [text for (text,) in connection.execute(QUERIES)]


def bound(twin: Twin, text: str) -> tuple[BoundStatement, ...]:
    query = Query("q", "q", text, calls=1.0, total_ms=1.0, mean_ms=1.0, rows=5.0)
    shape = analyse(text, twin.schema)
    assert isinstance(shape, QueryShape), shape
    return (
        *bind(query, shape, twin.statistics, twin.schema, twin.parameter_types),
        BoundStatement(text, None, "generic"),
    )


def compared(server: Server, snapshot: Snapshot, texts: list[str]) -> list[Comparison]:
    with start_twin(snapshot) as twin, server.connect() as connection:
        assert twin.notes == ()
        statements = [statement for text in texts for statement in bound(twin, text)]
        planned = twin.what_if.plan([Ask(statement) for statement in statements])
        real = Planner(connection).plan(statements, Switch())
    comparisons = []
    for statement, loaded, answer in zip(statements, real, planned, strict=True):
        assert isinstance(loaded, PlanNode), (statement, loaded)
        comparisons.append(Comparison(f"{statement.text} {statement.parameters}", loaded, answer))
    return comparisons


def test_boardrooms_queries_on_every_version_that_is_here() -> None:
    texts: list[str] = []
    differing = []
    assert {16, 18} <= set(VERSIONS)
    for major in sorted(VERSIONS, reverse=True):
        with Server(
            VERSIONS[major], {"shared_preload_libraries": "pg_stat_statements"} if major >= 18 else {}
        ) as server:
            load(server)
            texts = texts or captured_texts(server)
            with server.connect() as connection:
                connection.execute("CHECKPOINT")
            comparisons = compared(server, take_snapshot(server.url()), texts)
            assert len(comparisons) > 2 * len(texts) > 20
            differing += [f"{major}: {line}" for line in unfaithful(comparisons)]
    assert differing == []
