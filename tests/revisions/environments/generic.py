# Alembic's generic template: works.
# finds: ENV004
from alembic import context
from sqlalchemy import create_engine, pool

URL = context.get_x_argument(as_dictionary=True)["url"]


def run_migrations_online() -> None:
    connectable = create_engine(URL, poolclass=pool.NullPool)
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=None)
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
