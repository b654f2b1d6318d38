# A version-table bootstrap in a function of its own: dies.
# finds: ENV002
from alembic import context
from sqlalchemy import create_engine, pool, text

URL = context.get_x_argument(as_dictionary=True)["url"]


def ensure_schema(connection) -> None:
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS app"))


def do_run_migrations(connection) -> None:
    context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    engine = create_engine(URL, poolclass=pool.NullPool)
    with engine.connect() as connection:
        ensure_schema(connection)
        do_run_migrations(connection)


run_migrations_online()
