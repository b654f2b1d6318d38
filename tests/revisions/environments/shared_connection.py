# The connection-sharing recipe of Alembic's cookbook, with a fallback: works.
# finds: ENV004 ENV005
from alembic import context
from sqlalchemy import create_engine, pool

URL = context.get_x_argument(as_dictionary=True)["url"]


def run_migrations_offline() -> None:
    context.configure(url=URL, target_metadata=None, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    connectable = context.config.attributes.get("connection", None)
    if connectable is None:
        connectable = create_engine(URL, poolclass=pool.NullPool)
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=None)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
