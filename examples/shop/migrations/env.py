"""Runs migrations online, each in a transaction of its own."""

import os

from alembic import context
from sqlalchemy import create_engine

engine = create_engine(os.environ["SHOP_URL"])
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
