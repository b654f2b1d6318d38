"""Index messages (created_at)

order by created_at; serves 1 query, the first from cost 18953 to 4; is_read IS FALSE stands in the
statement itself

planner cost: 21,958,653 before, 4,785 after (-100.0 %), weighted by calls per day
time saved:   21,953,868 ms per day, estimated
size:         32 kB, estimated
write cost:   1.71 ms per day for 342 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- 4f7b5e833e41db2f: cost 18,953 -> 4.13
  SELECT messages.id, messages.thread_id, messages.created_at FROM messages WHERE messages.is_read ...

For the model's __table_args__:

    sa.Index(
        "ix_messages_created_at_c9fe75fd",
        "created_at",
        postgresql_where=sa.text("is_read IS FALSE"),
    )

Proposal create-f311d361c8 of pgadvisor.

Revision ID: 44d5c52aba16
Revises: 6c7015bec3a8
Create Date: 2026-12-01 20:07:54
"""

import pathlib
import runpy
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "44d5c52aba16"
down_revision: str | Sequence[str] | None = "6c7015bec3a8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "messages")
    with table.building("ix_messages_created_at_c9fe75fd"):
        op.create_index(
            op.f("ix_messages_created_at_c9fe75fd"),
            "messages",
            ["created_at"],
            schema=table.schema,
            postgresql_where=sa.text("is_read IS FALSE"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "messages")
    with table.dropping():
        op.drop_index(
            op.f("ix_messages_created_at_c9fe75fd"),
            table_name="messages",
            schema=table.schema,
            postgresql_concurrently=True,
            if_exists=True,
        )
    table.name_leftovers()
