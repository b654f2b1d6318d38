"""Drop index ix_messages_user_id of messages

Index ix_messages_user_id_created_at_6a709350, built by the revision before, serves every query that used it.

basis:        logged: values seen in a log
confidence:   high

Queries:
- cf5df11e4d0b45a4: cost 16,652 -> 111
  SELECT messages.id, messages.thread_id, messages.user_id, messages.role, messages.content, ...
- cb038658de134bd2: cost 14,972 -> 349
  SELECT count(*) AS count_1, sum(messages.token_count) AS sum_1 FROM messages WHERE ...

Proposal create-8b048a3b31 of pgadvisor.

Revision ID: 719fadba96bb
Revises: d18170c9de65
Create Date: 2026-12-01 20:07:54
"""

import pathlib
import runpy
from collections.abc import Sequence

from alembic import op

revision: str = "719fadba96bb"
down_revision: str | Sequence[str] | None = "d18170c9de65"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "messages")
    with table.dropping():
        op.drop_index(
            op.f("ix_messages_user_id"),
            table_name="messages",
            schema=table.schema,
            postgresql_concurrently=True,
            if_exists=True,
        )


def downgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "messages")
    with table.building("ix_messages_user_id"):
        op.create_index(
            op.f("ix_messages_user_id"),
            "messages",
            ["user_id"],
            schema=table.schema,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
    table.name_leftovers()
