"""Extended statistics travel: correlated columns are estimated on the twin as on the loaded server."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.catalog.redaction.redact_snapshot import redacted
from advisor.catalog.snapshot import load_snapshot, save_snapshot, take_snapshot
from advisor.twin.costing.planner import Planner
from advisor.twin.plan import PlanNode
from advisor.twin.servers.server import Server
from advisor.twin.start import start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask
from benchmarks.twin_fidelity import VERSIONS

SCHEMA = """
CREATE TABLE t (a int, gone int, b text, c date, d bigint, n numeric, u uuid, f boolean, p point);
ALTER TABLE t DROP COLUMN gone;
INSERT INTO t
SELECT n % 10, 'village ' || n % 10 * 7, CASE WHEN n % 5 = 0 THEN NULL ELSE date '2020-01-01' + n % 20 END, n % 100,
       n % 7 * 0.5, ('00000000-0000-0000-0000-00000000000' || n % 7)::uuid, n % 7 = 3
FROM generate_series(1, 10000) n;
CREATE STATISTICS all_kinds ON a, b, c FROM t;
CREATE STATISTICS combinations (mcv) ON n, u, f FROM t;
CREATE STATISTICS counts (ndistinct, dependencies) ON d, a FROM t;
CREATE TABLE whole (a int, b int) PARTITION BY LIST (a);
CREATE TABLE part_1 PARTITION OF whole FOR VALUES IN (1, 2, 3);
CREATE TABLE part_2 PARTITION OF whole DEFAULT;
INSERT INTO whole SELECT n % 6, n % 6 FROM generate_series(1, 6000) n;
CREATE STATISTICS partitioned ON a, b FROM whole;
CREATE DOMAIN positive AS integer CHECK (VALUE >= 0);
CREATE TABLE e (a int, b text, at timestamp, p positive, s text COLLATE "C");
INSERT INTO e
SELECT n % 40, 'Village ' || n % 9, CASE WHEN n % 9 > 0 THEN timestamp '2024-01-01' + n % 9 * interval '40 days' END, n % 3, 's' || n % 3
FROM generate_series(1, 8000) n;
CREATE STATISTICS lone ON (lower(b)) FROM e;
CREATE STATISTICS two ON (date_trunc('month', at)), (lower(b)) FROM e;
CREATE STATISTICS mixed_kinds ON a, p, (lower(s)), (a % 9) FROM e;
CREATE STATISTICS elements (mcv) ON (string_to_array(b, ' ')), a FROM e;
CREATE STATISTICS of_tree ON (a % 3), b FROM whole;
VACUUM ANALYZE;
"""
QUERIES = [
    "SELECT * FROM t WHERE a = 3 AND b = 'village 21'",
    "SELECT * FROM t WHERE a = 3 AND b = 'village 28'",
    "SELECT a, b, c, count(*) FROM t GROUP BY 1, 2, 3",
    "SELECT * FROM t WHERE a = 5 AND c IS NULL",
    "SELECT * FROM t WHERE a < 3 AND b > 'village 21' AND c = '2020-01-05'",
    "SELECT * FROM t WHERE n = 1.5 AND u = '00000000-0000-0000-0000-000000000003' AND f",
    "SELECT a, d FROM t GROUP BY 1, 2",
    "SELECT * FROM t WHERE d = 42 AND a = 2",
    "SELECT a, b FROM whole GROUP BY 1, 2",
    "SELECT * FROM whole WHERE a = 2 AND b = 2",
    "SELECT * FROM e WHERE lower(b) = 'village 3'",
    "SELECT * FROM e WHERE lower(b) > 'village 6' AND date_trunc('month', at) < '2024-05-05'",
    "SELECT date_trunc('month', at), lower(b), count(*) FROM e GROUP BY 1, 2",
    "SELECT * FROM e WHERE a % 9 = 4 AND p = 1",
    "SELECT a, p, lower(s), a % 9 FROM e GROUP BY 1, 2, 3, 4",
    "SELECT * FROM e WHERE lower(s) = 's1' AND p = 1 AND a % 9 = 4",
    "SELECT * FROM e WHERE string_to_array(b, ' ') @> ARRAY['3']",
    "SELECT * FROM e WHERE date_trunc('month', at) IS NULL",
    "SELECT a % 3, count(*) FROM whole GROUP BY 1",
]
STATEMENTS = [BoundStatement(text, None, "logged") for text in QUERIES]


@pytest.mark.parametrize("major", sorted(VERSIONS))
def test_correlated_columns_are_estimated_alike(major: int, tmp_path: Path) -> None:
    with Server(VERSIONS[major]) as server:
        done = server.run("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", "postgres", stdin=SCHEMA)
        assert done.returncode == 0, done.stderr
        with server.connect() as connection:
            real = Planner(connection).plan(STATEMENTS)
            connection.execute("CHECKPOINT")
        save_snapshot(take_snapshot(server.url()), tmp_path)
    snapshot = load_snapshot(tmp_path)
    assert not any("extended" in note for note in snapshot.notes) and len(snapshot.statistics.extended) >= 4
    with start_twin(snapshot) as twin:
        assert twin.notes == ()
        planned = twin.what_if.plan([Ask(statement) for statement in STATEMENTS])
    assert all(isinstance(answer, PlanNode) for answer in planned)
    assert planned == real
    assert "illage" not in repr(redacted(snapshot).statistics.extended)
    with start_twin(redacted(snapshot)) as twin:
        (grouped,) = twin.what_if.plan([Ask(STATEMENTS[2])])
        assert isinstance(grouped, PlanNode) and isinstance(real[2], PlanNode) and grouped.rows == real[2].rows
