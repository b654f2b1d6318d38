"""Index messages (created_at)

order by created_at; id, thread_id without a visit to the table; serves 1 query, the first from cost
18954 to 3; is_read IS FALSE stands in the statement itself

planner cost: 6,479,035 before, 1,022 after (-100.0 %), weighted by calls per day
time saved:   6,478,013 ms per day, estimated
size:         48 kB, estimated
write cost:   0.32 ms per day for 64.17 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- f33cf16785caa692: cost 18,954 -> 2.99
  SELECT messages.id, messages.thread_id, messages.created_at FROM messages WHERE messages.is_read ...

For the model's __table_args__:

    sa.Index(
        "ix_messages_created_at_5bcf7e25",
        "created_at",
        postgresql_include=["id", "thread_id"],
        postgresql_where=sa.text("is_read IS FALSE"),
    )

Proposal create-2cac3ded40 of pgadvisor.

Revision ID: b79c28e0c6dc
Revises: f4a532f85cb8
Create Date: 2026-11-20 07:25:58
"""

import contextlib
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b79c28e0c6dc"
down_revision: str | Sequence[str] | None = "f4a532f85cb8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    context = op.get_context()

    def is_valid():
        """Return pg_index.indisvalid of the index, None when there is no such index."""
        query = sa.text(
            "SELECT i.indisvalid FROM pg_index i"
            " JOIN pg_class c ON c.oid = i.indexrelid"
            " JOIN pg_class t ON t.oid = i.indrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = :schema AND t.relname = :table AND c.relname = :name"
        )
        names = {
            "schema": "public",
            "table": "messages",
            "name": "ix_messages_created_at_5bcf7e25",
        }
        return op.get_bind().execute(query, names).scalar()

    def keep_timeouts():
        """Note the session's timeouts on the server, so that it works offline, too."""
        for name in ("lock_timeout", "statement_timeout"):
            op.execute(f"SELECT set_config('advisor.{name}', current_setting('{name}'), false)")

    def restore_timeouts():
        """Put them back as they were; a lost connection must not hide why it was lost."""
        with contextlib.suppress(sa.exc.SQLAlchemyError):
            for name in ("lock_timeout", "statement_timeout"):
                op.execute(f"SELECT set_config('{name}', current_setting('advisor.{name}'), false)")

    with context.autocommit_block():
        keep_timeouts()
        op.execute("SET statement_timeout = 0")
        op.execute("SET lock_timeout = '5min'")
        try:
            # A build that was cut off leaves an INVALID index of this name behind.
            if not context.as_sql and is_valid() is False:
                op.drop_index(
                    "ix_messages_created_at_5bcf7e25",
                    table_name="messages",
                    schema="public",
                    postgresql_concurrently=True,
                    if_exists=True,
                )
            op.create_index(
                "ix_messages_created_at_5bcf7e25",
                "messages",
                ["created_at"],
                schema="public",
                postgresql_include=["id", "thread_id"],
                postgresql_where=sa.text("is_read IS FALSE"),
                postgresql_concurrently=True,
                if_not_exists=True,
            )
            if not context.as_sql and not is_valid():
                raise RuntimeError(
                    "ix_messages_created_at_5bcf7e25 is INVALID: upgrade again",
                )
        finally:
            restore_timeouts()


def downgrade() -> None:
    def keep_timeouts():
        """Note the session's timeouts on the server, so that it works offline, too."""
        for name in ("lock_timeout", "statement_timeout"):
            op.execute(f"SELECT set_config('advisor.{name}', current_setting('{name}'), false)")

    def restore_timeouts():
        """Put them back as they were; a lost connection must not hide why it was lost."""
        with contextlib.suppress(sa.exc.SQLAlchemyError):
            for name in ("lock_timeout", "statement_timeout"):
                op.execute(f"SELECT set_config('{name}', current_setting('advisor.{name}'), false)")

    with op.get_context().autocommit_block():
        keep_timeouts()
        op.execute("SET statement_timeout = 0")
        op.execute("SET lock_timeout = '5min'")
        try:
            op.drop_index(
                "ix_messages_created_at_5bcf7e25",
                table_name="messages",
                schema="public",
                postgresql_concurrently=True,
                if_exists=True,
            )
        finally:
            restore_timeouts()
