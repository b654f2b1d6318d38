"""Index users ((lower(email)))

equality on (lower(email)); serves 1 query, the first from cost 375 to 134

planner cost: 237,936 before, 85,270 after (-64.2 %), weighted by calls per day
time saved:   152,667 ms per day, estimated
size:         496 kB, estimated
write cost:   698 ms per day for 139,598 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- bc95c439df30549d: cost 375 -> 134
  SELECT users.id, users.email, users.display_name, users.plan, users.preferences, users.is_admin, ...

For the model's __table_args__:

    sa.Index(
        "ix_users_expr_b85d0f79",
        sa.text("(lower(email))"),
    )

Proposal create-09d0c06584 of pgadvisor.

Revision ID: 7b9df0855766
Revises: 11a10b2255f4
Create Date: 2026-11-20 07:25:58
"""

import contextlib
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "7b9df0855766"
down_revision: str | Sequence[str] | None = "11a10b2255f4"
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
        names = {"schema": "public", "table": "users", "name": "ix_users_expr_b85d0f79"}
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
                    "ix_users_expr_b85d0f79",
                    table_name="users",
                    schema="public",
                    postgresql_concurrently=True,
                    if_exists=True,
                )
            op.create_index(
                "ix_users_expr_b85d0f79",
                "users",
                [sa.text("(lower(email))")],
                schema="public",
                postgresql_concurrently=True,
                if_not_exists=True,
            )
            # Until the next ANALYZE there are no statistics for an indexed expression.
            op.execute(sa.text("ANALYZE public.users"))
            if not context.as_sql and not is_valid():
                raise RuntimeError(
                    "ix_users_expr_b85d0f79 is INVALID: upgrade again",
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
                "ix_users_expr_b85d0f79",
                table_name="users",
                schema="public",
                postgresql_concurrently=True,
                if_exists=True,
            )
        finally:
            restore_timeouts()
