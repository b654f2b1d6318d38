# A transaction-scoped advisory lock after configure(): works, but the lock ends at the first build.
# finds: ENV006
from alembic import context
from sqlalchemy import create_engine, pool, text

URL = context.get_x_argument(as_dictionary=True)["url"]


def run_migrations_online() -> None:
    engine = create_engine(URL, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(4711)"))
            context.run_migrations()


run_migrations_online()
