"""Index sessions (user_id, created_at DESC)

equality on user_id; order by created_at DESC; serves 1 query, the first from cost 2821 to 47

planner cost: 16,344,875 before, 275,018 after (-98.3 %), weighted by calls per day
time saved:   16,069,857 ms per day, estimated
size:         1,872 kB, estimated
write cost:   2,159 ms per day for 359,870 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- e1997295283cb5ab: cost 2,821 -> 47.47
  SELECT sessions.id, sessions.boardroom_id, sessions.user_id, sessions.title, sessions.summary, ...

For the model's __table_args__:

    sa.Index(
        "ix_sessions_user_id_created_at_7f6f0c46",
        "user_id",
        sa.text("created_at DESC"),
    )

Proposal create-c94abef80c of pgadvisor.

Revision ID: 45a991867534
Revises: 719fadba96bb
Create Date: 2026-12-01 20:07:54
"""

import pathlib
import runpy
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "45a991867534"
down_revision: str | Sequence[str] | None = "719fadba96bb"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "sessions")
    with table.building("ix_sessions_user_id_created_at_7f6f0c46"):
        op.create_index(
            op.f("ix_sessions_user_id_created_at_7f6f0c46"),
            "sessions",
            ["user_id", sa.text("created_at DESC")],
            schema=table.schema,
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "sessions")
    with table.dropping():
        op.drop_index(
            op.f("ix_sessions_user_id_created_at_7f6f0c46"),
            table_name="sessions",
            schema=table.schema,
            postgresql_concurrently=True,
            if_exists=True,
        )
    table.name_leftovers()
