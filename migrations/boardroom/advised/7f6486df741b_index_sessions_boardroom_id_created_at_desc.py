"""Index sessions (boardroom_id, created_at DESC)

equality on boardroom_id; order by created_at DESC; serves 1 query, the first from cost 2131 to 136;
87% of 87 captured executions compared is_active with 'true'

planner cost: 3,389,320 before, 215,874 after (-93.6 %), weighted by calls per day
time saved:   3,173,446 ms per day, estimated
size:         208 kB, estimated
write cost:   181 ms per day for 36,161 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- 3bd7cb59919c109d: cost 2,131 -> 136
  SELECT sessions.id, sessions.boardroom_id, sessions.user_id, sessions.title, sessions.summary, ...

For the model's __table_args__:

    sa.Index(
        "ix_sessions_boardroom_id_created_at_a4b5edba",
        "boardroom_id",
        sa.text("created_at DESC"),
        postgresql_where=sa.text("is_active"),
    )

Proposal create-e3c3c2626c of pgadvisor.

Revision ID: 7f6486df741b
Revises: b909c5dd1333
Create Date: 2026-12-01 20:07:54
"""

import pathlib
import runpy
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "7f6486df741b"
down_revision: str | Sequence[str] | None = "b909c5dd1333"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "sessions")
    with table.building("ix_sessions_boardroom_id_created_at_a4b5edba"):
        op.create_index(
            op.f("ix_sessions_boardroom_id_created_at_a4b5edba"),
            "sessions",
            ["boardroom_id", sa.text("created_at DESC")],
            schema=table.schema,
            postgresql_where=sa.text("is_active"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "sessions")
    with table.dropping():
        op.drop_index(
            op.f("ix_sessions_boardroom_id_created_at_a4b5edba"),
            table_name="sessions",
            schema=table.schema,
            postgresql_concurrently=True,
            if_exists=True,
        )
    table.name_leftovers()
