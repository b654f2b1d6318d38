"""Index sessions (created_at)

range on created_at; boardroom_id, id without a visit to the table; serves 2 queries, the first from
cost 8523 to 6071

planner cost: 9,407,464 before, 1,381,565 after (-85.3 %), weighted by calls per day
time saved:   540,872 ms per day, estimated
size:         2,400 kB, estimated
write cost:   385 ms per day for 64,215 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- 2387787ec79f8ae4: cost 8,523 -> 6,071
  SELECT boardrooms.id, boardrooms.name, count(threads.id) AS threads FROM boardrooms JOIN ...
- f629af582a799cf4: cost 2,820 -> 38.51
  SELECT sessions.id, sessions.boardroom_id, sessions.user_id, sessions.title, sessions.summary, ...

For the model's __table_args__:

    sa.Index(
        "ix_sessions_created_at_26ab7cee",
        "created_at",
        postgresql_include=["boardroom_id", "id"],
    )

Proposal create-52f7be3f6c of pgadvisor.

Revision ID: bec8ab18ad63
Revises: daa9f1bc9712
Create Date: 2026-11-20 07:25:58
"""

import contextlib
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "bec8ab18ad63"
down_revision: str | Sequence[str] | None = "daa9f1bc9712"
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
            "name": "ix_sessions_created_at_26ab7cee",
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
                    "ix_sessions_created_at_26ab7cee",
                    table_name="sessions",
                    schema="public",
                    postgresql_concurrently=True,
                    if_exists=True,
                )
            op.create_index(
                "ix_sessions_created_at_26ab7cee",
                "sessions",
                ["created_at"],
                schema="public",
                postgresql_include=["boardroom_id", "id"],
                postgresql_concurrently=True,
                if_not_exists=True,
            )
            if not context.as_sql and not is_valid():
                raise RuntimeError(
                    "ix_sessions_created_at_26ab7cee is INVALID: upgrade again",
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
                "ix_sessions_created_at_26ab7cee",
                table_name="sessions",
                schema="public",
                postgresql_concurrently=True,
                if_exists=True,
            )
        finally:
            restore_timeouts()
