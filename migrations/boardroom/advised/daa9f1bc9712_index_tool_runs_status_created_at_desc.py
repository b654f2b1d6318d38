"""Index tool_runs (status, created_at DESC)

equality on status; order by created_at DESC; serves 2 queries, the first from cost 6050 to 12

planner cost: 2,292,176 before, 8,012 after (-99.7 %), weighted by calls per day
time saved:   2,284,163 ms per day, estimated
size:         5,344 kB, estimated
write cost:   1,039 ms per day for 173,102 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- 3b1b3ed01499ea21: cost 6,050 -> 12.06
  SELECT tool_runs.id, tool_runs.message_id, tool_runs.tool_name, tool_runs.status, ...
- 4533f3602492e98d: cost 6,095 -> 32.91
  SELECT tool_runs.id, tool_runs.message_id, tool_runs.tool_name, tool_runs.status, ...

For the model's __table_args__:

    sa.Index(
        "ix_tool_runs_status_created_at_e3cf7d7d",
        "status",
        sa.text("created_at DESC"),
    )

Proposal create-e22cb38f77 of pgadvisor.

Revision ID: daa9f1bc9712
Revises: b79c28e0c6dc
Create Date: 2026-11-20 07:25:58
"""

import contextlib
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "daa9f1bc9712"
down_revision: str | Sequence[str] | None = "b79c28e0c6dc"
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
            "table": "tool_runs",
            "name": "ix_tool_runs_status_created_at_e3cf7d7d",
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
                    "ix_tool_runs_status_created_at_e3cf7d7d",
                    table_name="tool_runs",
                    schema="public",
                    postgresql_concurrently=True,
                    if_exists=True,
                )
            op.create_index(
                "ix_tool_runs_status_created_at_e3cf7d7d",
                "tool_runs",
                ["status", sa.text("created_at DESC")],
                schema="public",
                postgresql_concurrently=True,
                if_not_exists=True,
            )
            if not context.as_sql and not is_valid():
                raise RuntimeError(
                    "ix_tool_runs_status_created_at_e3cf7d7d is INVALID: upgrade again",
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
                "ix_tool_runs_status_created_at_e3cf7d7d",
                table_name="tool_runs",
                schema="public",
                postgresql_concurrently=True,
                if_exists=True,
            )
        finally:
            restore_timeouts()
