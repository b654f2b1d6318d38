# engine.begin() around everything: dies.
# finds: ENV001
from alembic import context
from sqlalchemy import create_engine, pool

URL = context.get_x_argument(as_dictionary=True)["url"]

with create_engine(URL, poolclass=pool.NullPool).begin() as connection:
    context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
