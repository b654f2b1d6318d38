"""Fixtures: an Alembic environment, and the straight way from index definitions to a proof."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.catalog.live.introspect import read_schema
from advisor.revisions.write import write_revisions
from advisor.verify.prove import prove
from advisor.verify.running.upgrade import History
from tests.revisions.builders import environment


@pytest.fixture
def ini(tmp_path):
    return environment(tmp_path)


@pytest.fixture
def prove_on(ini, server):
    """Return a function that writes revisions for proposals on a schema, and proves them."""

    def run(schema_sql, *proposals, where=server, **options):
        with where.connect() as admin:
            admin.execute("CREATE DATABASE given TEMPLATE template0")
            try:
                with where.connect("given") as connection:
                    connection.execute(schema_sql)
                    schema = read_schema(connection)
            finally:
                admin.execute("DROP DATABASE given WITH (FORCE)")
        numbered = [replace(proposal, id=f"p{number}") for number, proposal in enumerate(proposals)]
        revisions = write_revisions(numbered, ini, schema=schema)
        return prove(
            revisions, url=where.url(), history=History.open(ini), proposals=numbered, schema_sql=schema_sql, **options
        )

    return run
