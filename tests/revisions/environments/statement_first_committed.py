# The same, committed: works.
# finds:
from alembic import context
from sqlalchemy import create_engine, pool, text

URL = context.get_x_argument(as_dictionary=True)["url"]


def run_migrations_online() -> None:
    engine = create_engine(URL, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SET search_path TO public"))
        connection.commit()
        context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
