"""The Alembic environment of the example systems, and the model of a safe one.

What makes it safe for `CREATE INDEX CONCURRENTLY` (docs/migrations.md tells why):

- `connect()`, never `begin()`, and no statement before `context.configure()`: Alembic alone opens transactions, so
  `autocommit_block()` can end them;
- `transaction_per_migration`: a revision that fails leaves those before it applied and stamped;
- the URL comes from `-x url=…` or DATABASE_URL, never from a file;
- offline SQL (`--sql`) is written with named parameters, so that a percent sign stays single.
"""

from __future__ import annotations

import os
import re
from typing import Any

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Engine, NullPool, create_engine, make_url

target_metadata = None
"""The models' metadata: with it, `alembic check` compares models and database."""

ADVISED_INDEX = re.compile(r"^ix_.+_[0-9a-f]{8}$")
"""Names that pgadvisor gives to indexes: a new definition is always a new name."""


def include_object(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Return whether autogenerate looks at this object.

    An advised index that no model mentions stays where it is instead of being dropped by the next autogenerate. Teams
    that keep every index in their models leave this rule out.
    """
    only_in_database = kind == "index" and reflected and compare_to is None
    return not (only_in_database and ADVISED_INDEX.match(name or ""))


def database_url() -> str | None:
    """Return the URL given with `-x url=…`, else DATABASE_URL, with psycopg as the driver."""
    given = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("DATABASE_URL")
    if not given:
        return None
    url = make_url(given)
    plain = url.drivername in {"postgres", "postgresql"}
    return url.set(drivername="postgresql+psycopg" if plain else url.drivername).render_as_string(hide_password=False)


def engine_of(url: str | None) -> Engine:
    """Return an unpooled engine for the URL; tests hand in one of their own instead."""
    if url is None:
        raise CommandError("no database given: set DATABASE_URL, or use -x url=postgresql://…")
    return create_engine(url, poolclass=NullPool, connect_args={"application_name": "alembic"})


def run_migrations_offline() -> None:
    """Write the SQL to stdout; no database is needed."""
    context.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},
        literal_binds=True,
        target_metadata=target_metadata,
        include_object=include_object,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    """Run the migrations on the database, each in its own transaction."""
    engine = context.config.attributes.get("connection") or engine_of(database_url())
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            include_object=include_object,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
