"""The container provider, where an engine runs and has an image of a version that is at hand for comparison."""

from __future__ import annotations

import pytest
from testcontainers.core.docker_client import DockerClient

from advisor.catalog.snapshot import take_snapshot
from advisor.twin.costing.planner import Planner
from advisor.twin.plan import PlanNode
from advisor.twin.providers import container
from advisor.twin.servers.owner import LABEL, owner
from advisor.twin.servers.server import Server
from advisor.twin.start import start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask
from benchmarks.twin_fidelity import VERSIONS


def images() -> list[int]:
    """Return the versions that can be compared without pulling anything."""
    if not container.majors():
        return []
    tags = {tag for image in DockerClient().client.images.list("postgres") for tag in image.tags}
    return [major for major in sorted(VERSIONS) if f"postgres:{major}" in tags]


@pytest.mark.container
@pytest.mark.skipif(not images(), reason="no container engine with a postgres image")
def test_a_twin_in_a_container_plans_as_the_server_and_is_removed() -> None:
    major = images()[-1]
    texts = [
        "SELECT * FROM t WHERE id < 500",
        "SELECT * FROM t WHERE x = 3 ORDER BY id DESC LIMIT 5",
        "SELECT count(*) FROM t",
    ]
    statements = [BoundStatement(text, None, "logged") for text in texts]
    with Server(VERSIONS[major]) as server, server.connect() as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, x int)")
        connection.execute("INSERT INTO t SELECT n, n % 1000 FROM generate_series(1, 50000) n")
        connection.execute("CREATE INDEX ON t (x, id)")
        connection.execute("VACUUM ANALYZE t")
        real = Planner(connection).plan(statements)
        connection.execute("CHECKPOINT")
        connection.close()  # sends its counters: what the planner looked up has been scanned
        snapshot = take_snapshot(server.url())
    with start_twin(snapshot, "container") as twin:
        assert twin.description == f"PostgreSQL {major} (container)"
        planned = twin.what_if.plan([Ask(statement) for statement in statements])
    assert all(isinstance(answer, PlanNode) for answer in planned)
    assert planned == real
    assert DockerClient().client.containers.list(all=True, filters={"label": f"{LABEL}={owner()}"}) == []
