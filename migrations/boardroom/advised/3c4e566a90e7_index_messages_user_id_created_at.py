"""Index messages (user_id, created_at)

equality on user_id; order by created_at; token_count without a visit to the table; serves 2
queries, the first from cost 16683 to 111; makes ix_messages_user_id redundant

planner cost: 8,914,693 before, 117,755 after (-98.7 %), weighted by calls per day
time saved:   8,796,938 ms per day, estimated
size:         24,272 kB, estimated
write cost:   385 ms per day for 64,215 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- ecc145e9cb89cef9: cost 16,683 -> 111
  SELECT messages.id, messages.thread_id, messages.user_id, messages.role, messages.content, ...
- ca34e9936ebe1184: cost 14,995 -> 349
  SELECT count(*) AS count_1, sum(messages.token_count) AS sum_1 FROM messages WHERE ...

For the model's __table_args__:

    sa.Index(
        "ix_messages_user_id_created_at_6a709350",
        "user_id",
        "created_at",
        postgresql_include=["token_count"],
    )

Proposal replace-0434288f44 of pgadvisor.

Revision ID: 3c4e566a90e7
Revises: 6c7015bec3a8
Create Date: 2026-11-20 07:25:58
"""

import contextlib
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "3c4e566a90e7"
down_revision: str | Sequence[str] | None = "6c7015bec3a8"
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
            "name": "ix_messages_user_id_created_at_6a709350",
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
                    "ix_messages_user_id_created_at_6a709350",
                    table_name="messages",
                    schema="public",
                    postgresql_concurrently=True,
                    if_exists=True,
                )
            op.create_index(
                "ix_messages_user_id_created_at_6a709350",
                "messages",
                ["user_id", "created_at"],
                schema="public",
                postgresql_include=["token_count"],
                postgresql_concurrently=True,
                if_not_exists=True,
            )
            if not context.as_sql and not is_valid():
                raise RuntimeError(
                    "ix_messages_user_id_created_at_6a709350 is INVALID: upgrade again",
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
                "ix_messages_user_id_created_at_6a709350",
                table_name="messages",
                schema="public",
                postgresql_concurrently=True,
                if_exists=True,
            )
        finally:
            restore_timeouts()
