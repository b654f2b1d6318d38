"""Drop index ix_users_email of users

redundant: users_email_key serves every scan it could

basis:        logged: values seen in a log
confidence:   high

Proposal drop-1e1cbfa70a of pgadvisor.

Revision ID: b464df3423bb
Revises: 7b9df0855766
Create Date: 2026-11-20 07:25:58
"""

import contextlib
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b464df3423bb"
down_revision: str | Sequence[str] | None = "7b9df0855766"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
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
                "ix_users_email",
                table_name="users",
                schema="public",
                postgresql_concurrently=True,
                if_exists=True,
            )
        finally:
            restore_timeouts()


def downgrade() -> None:
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
        names = {"schema": "public", "table": "users", "name": "ix_users_email"}
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
                    "ix_users_email",
                    table_name="users",
                    schema="public",
                    postgresql_concurrently=True,
                    if_exists=True,
                )
            op.create_index(
                "ix_users_email",
                "users",
                ["email"],
                schema="public",
                postgresql_concurrently=True,
                if_not_exists=True,
            )
            if not context.as_sql and not is_valid():
                raise RuntimeError(
                    "ix_users_email is INVALID: upgrade again",
                )
        finally:
            restore_timeouts()
