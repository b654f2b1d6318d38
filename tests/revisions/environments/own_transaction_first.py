# A transaction that ends before configure(), and another connection altogether: works.
# finds:
from alembic import context
from sqlalchemy import create_engine, pool, text

URL = context.get_x_argument(as_dictionary=True)["url"]


def wait_for_database(url: str) -> None:
    with create_engine(url, poolclass=pool.NullPool).connect() as probe:
        probe.execute(text("SELECT 1"))


def run_migrations_online() -> None:
    wait_for_database(URL)
    engine = create_engine(URL, poolclass=pool.NullPool)
    with engine.connect() as connection:
        with connection.begin():
            connection.execute(text("CREATE SCHEMA IF NOT EXISTS app"))
        context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
