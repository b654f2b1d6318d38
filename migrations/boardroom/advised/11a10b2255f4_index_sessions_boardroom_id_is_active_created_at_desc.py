"""Index sessions (boardroom_id, is_active, created_at DESC)

equality on boardroom_id, is_active; order by created_at DESC; serves 1 query, the first from cost
2096 to 76

planner cost: 964,107 before, 34,977 after (-96.4 %), weighted by calls per day
time saved:   176,893 ms per day, estimated
size:         2,400 kB, estimated
write cost:   385 ms per day for 64,215 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- 45dcd56fbb5370d7: cost 2,096 -> 76.03
  SELECT sessions.id, sessions.boardroom_id, sessions.user_id, sessions.title, sessions.summary, ...

For the model's __table_args__:

    sa.Index(
        "ix_sessions_boardroom_id_is_active_created_at_eea12ca2",
        "boardroom_id",
        "is_active",
        sa.text("created_at DESC"),
    )

Proposal create-f9e0568f6a of pgadvisor.

Revision ID: 11a10b2255f4
Revises: 3ea436c8e484
Create Date: 2026-11-20 07:25:58
"""

import contextlib
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "11a10b2255f4"
down_revision: str | Sequence[str] | None = "3ea436c8e484"
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
            "table": "sessions",
            "name": "ix_sessions_boardroom_id_is_active_created_at_eea12ca2",
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
                    "ix_sessions_boardroom_id_is_active_created_at_eea12ca2",
                    table_name="sessions",
                    schema="public",
                    postgresql_concurrently=True,
                    if_exists=True,
                )
            op.create_index(
                "ix_sessions_boardroom_id_is_active_created_at_eea12ca2",
                "sessions",
                ["boardroom_id", "is_active", sa.text("created_at DESC")],
                schema="public",
                postgresql_concurrently=True,
                if_not_exists=True,
            )
            if not context.as_sql and not is_valid():
                raise RuntimeError(
                    "ix_sessions_boardroom_id_is_active_created_at_eea12ca2 is INVALID: upgrade again",
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
                "ix_sessions_boardroom_id_is_active_created_at_eea12ca2",
                table_name="sessions",
                schema="public",
                postgresql_concurrently=True,
                if_exists=True,
            )
        finally:
            restore_timeouts()
