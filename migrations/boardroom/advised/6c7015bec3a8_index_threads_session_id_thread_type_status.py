"""Index threads (session_id, thread_type, status)

equality on session_id, thread_type, status; serves 2 queries, the first from cost 4672 to 22

planner cost: 14,897,257 before, 163,800 after (-98.9 %), weighted by calls per day
time saved:   14,733,458 ms per day, estimated
size:         4,152 kB, estimated
write cost:   385 ms per day for 64,215 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- 6c5b62329039c811: cost 4,672 -> 21.93
  SELECT threads.id, threads.session_id, threads.thread_type, threads.status, threads.title, ...
- b21527f06c7bd091: cost 5,271 -> 116
  SELECT threads.id, threads.session_id, threads.thread_type, threads.status, threads.title, ...

For the model's __table_args__:

    sa.Index(
        "ix_threads_session_id_thread_type_status_c59b29b1",
        "session_id",
        "thread_type",
        "status",
    )

Proposal create-eac8db9c7b of pgadvisor.

Revision ID: 6c7015bec3a8
Revises: boardroom_0001
Create Date: 2026-11-20 07:25:58
"""

import contextlib
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "6c7015bec3a8"
down_revision: str | Sequence[str] | None = "boardroom_0001"
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
            "table": "threads",
            "name": "ix_threads_session_id_thread_type_status_c59b29b1",
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
                    "ix_threads_session_id_thread_type_status_c59b29b1",
                    table_name="threads",
                    schema="public",
                    postgresql_concurrently=True,
                    if_exists=True,
                )
            op.create_index(
                "ix_threads_session_id_thread_type_status_c59b29b1",
                "threads",
                ["session_id", "thread_type", "status"],
                schema="public",
                postgresql_concurrently=True,
                if_not_exists=True,
            )
            if not context.as_sql and not is_valid():
                raise RuntimeError(
                    "ix_threads_session_id_thread_type_status_c59b29b1 is INVALID: upgrade again",
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
                "ix_threads_session_id_thread_type_status_c59b29b1",
                table_name="threads",
                schema="public",
                postgresql_concurrently=True,
                if_exists=True,
            )
        finally:
            restore_timeouts()
