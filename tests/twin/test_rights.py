"""Nothing the twin plans or restores runs with rights: sessions log in, and cannot climb back."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from advisor.catalog.roles import Role
from advisor.catalog.snapshot import Snapshot
from advisor.catalog.statistics import Statistics
from advisor.twin.plan import PlanNode
from advisor.twin.start import Twin, start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused
from benchmarks.twin_fidelity import VERSIONS

SCHEMA = """
CREATE TABLE t (id int PRIMARY KEY, who text);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (who = 'me');
CREATE SCHEMA other;
CREATE TABLE other.t (id int);
"""
EMPTY = Snapshot(SCHEMA, Statistics(), {}, 180000)


def plan(twin: Twin, statement: BoundStatement) -> PlanNode | Refused:
    (answer,) = twin.what_if.plan([Ask(statement)])
    return answer


@pytest.mark.parametrize("major", sorted(VERSIONS))
def test_the_twins_own_session_has_no_right_and_cannot_take_one(major: int) -> None:
    with start_twin(replace(EMPTY, server_version=major * 10_000)) as twin, twin.connect() as connection:
        row = connection.execute(
            "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication,"
            " (SELECT count(*) FROM pg_roles g WHERE g.rolname LIKE 'pg\\_%%' AND pg_has_role(r.oid, g.oid, 'USAGE')"
            "  AND g.rolname <> 'pg_database_owner'), session_user = current_user"
            " FROM pg_roles r WHERE rolname = session_user"
        ).fetchone()
        assert row == (False, 0, True)
        for attempt in (
            "SET ROLE pgadvisor", "SET SESSION AUTHORIZATION pgadvisor", "UPDATE pg_index SET indisvalid = false",
            "COPY t TO PROGRAM 'true'", "SELECT pg_read_file('PG_VERSION')", "CREATE EXTENSION file_fdw",
            "ALTER SYSTEM SET work_mem = '1GB'", "ALTER DATABASE {} SET search_path = evil", "SELECT lo_export(1, '/x')",
        ):  # fmt: skip
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)):
                connection.execute(attempt.format(connection.info.dbname).encode())
        connection.execute("SELECT pg_catalog.pgadvisor_switch('{}', array[2663])")
        assert connection.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 2663").fetchone() == (True,)


def test_a_statement_is_planned_as_its_role_and_under_its_settings() -> None:
    with start_twin(replace(EMPTY, roles=(Role("app"),))) as twin:
        text = BoundStatement("SELECT * FROM t", None, "logged")
        owner, app = plan(twin, text), plan(twin, replace(text, role="app"))
        assert isinstance(owner, PlanNode) and "Filter" not in owner.detail
        assert isinstance(app, PlanNode) and app.detail["Filter"] == "(who = 'me'::text)"
        elsewhere = plan(twin, replace(text, search_path=("other",)))
        assert isinstance(elsewhere, PlanNode) and elsewhere.detail.keys().isdisjoint({"Filter"})
        assert elsewhere.width == 4
        costly = plan(twin, replace(text, settings=(("seq_page_cost", "100"),)))
        assert isinstance(costly, PlanNode) and costly.total_cost > owner.total_cost
        assert plan(twin, text) == owner
        prepared = BoundStatement("SELECT * FROM t WHERE $1::date > '01/02/2020'", ("05/01/2020",), "logged")
        american, german = (
            plan(twin, replace(prepared, settings=(("DateStyle", style),))) for style in ("ISO, MDY", "ISO, DMY")
        )
        assert isinstance(american, PlanNode) and isinstance(german, PlanNode)
        assert american.node_type == "Seq Scan" and german.node_type == "Result"
        unknown = plan(twin, replace(text, role="nobody at all"))
        assert isinstance(unknown, Refused) and "nobody at all" in unknown.reason
        wrong = plan(twin, replace(text, settings=(("work_mem", "much"),)))
        assert isinstance(wrong, Refused) and "work_mem" in wrong.reason
