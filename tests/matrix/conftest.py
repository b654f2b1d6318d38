"""Fixtures: one server a version, which the shared fixtures `database` and `connection` then use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.matrix.servers import MAJORS, ContainerServer, Server, Subject, subject
from tests.revisions.builders import environment

ENV = """
from alembic import context
from sqlalchemy import create_engine

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(context.get_x_argument(as_dictionary=True)["url"]).connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
"""


@pytest.fixture(scope="module", params=MAJORS)
def version(request: pytest.FixtureRequest) -> Iterator[Subject]:
    with subject(request.param) as found:
        yield found


@pytest.fixture(scope="module")
def server(version: Subject) -> Server | ContainerServer:
    return version.server


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    """An environment whose env.py is a team's: online to the URL given with -x, offline as SQL."""
    made = environment(tmp_path)
    (tmp_path / "migrations" / "env.py").write_text(ENV)
    return made
