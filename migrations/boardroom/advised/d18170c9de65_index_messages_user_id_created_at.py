"""Index messages (user_id, created_at)

equality on user_id; order by created_at; token_count without a visit to the table; serves 2
queries, the first from cost 16652 to 111; makes ix_messages_user_id redundant

planner cost: 21,737,438 before, 289,668 after (-98.7 %), weighted by calls per day
time saved:   21,447,770 ms per day, estimated
size:         24,272 kB, estimated
write cost:   2,370 ms per day for 394,979 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- cf5df11e4d0b45a4: cost 16,652 -> 111
  SELECT messages.id, messages.thread_id, messages.user_id, messages.role, messages.content, ...
- cb038658de134bd2: cost 14,972 -> 349
  SELECT count(*) AS count_1, sum(messages.token_count) AS sum_1 FROM messages WHERE ...

For the model's __table_args__:

    sa.Index(
        "ix_messages_user_id_created_at_6a709350",
        "user_id",
        "created_at",
        postgresql_include=["token_count"],
    )

Proposal create-8b048a3b31 of pgadvisor.

Revision ID: d18170c9de65
Revises: 44d5c52aba16
Create Date: 2026-12-01 20:07:54
"""

import pathlib
import runpy
from collections.abc import Sequence

from alembic import op

revision: str = "d18170c9de65"
down_revision: str | Sequence[str] | None = "44d5c52aba16"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "messages")
    with table.building("ix_messages_user_id_created_at_6a709350"):
        op.create_index(
            op.f("ix_messages_user_id_created_at_6a709350"),
            "messages",
            ["user_id", "created_at"],
            schema=table.schema,
            postgresql_include=["token_count"],
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "messages")
    with table.dropping():
        op.drop_index(
            op.f("ix_messages_user_id_created_at_6a709350"),
            table_name="messages",
            schema=table.schema,
            postgresql_concurrently=True,
            if_exists=True,
        )
    table.name_leftovers()
