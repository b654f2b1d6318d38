# run_migrations() on its own: dies.
# finds: ENV003 ENV004
from alembic import context
from sqlalchemy import create_engine, pool

URL = context.get_x_argument(as_dictionary=True)["url"]


def run_migrations_online() -> None:
    engine = create_engine(URL, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=None)
        context.run_migrations()


run_migrations_online()
