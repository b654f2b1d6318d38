"""Index sessions (id, created_at)

join on id; range on created_at; boardroom_id without a visit to the table; serves 1 query, the
first from cost 8527 to 7506

planner cost: 4,437,989 before, 3,906,865 after (-12.0 %), weighted by calls per day
time saved:   531,124 ms per day, estimated
size:         2,400 kB, estimated
write cost:   2,159 ms per day for 359,870 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- c6e8ff6a6c1b8710: cost 8,527 -> 7,506
  SELECT boardrooms.id, boardrooms.name, count(threads.id) AS threads FROM boardrooms JOIN ...

For the model's __table_args__:

    sa.Index(
        "ix_sessions_id_created_at_2167aebe",
        "id",
        "created_at",
        postgresql_include=["boardroom_id"],
    )

Proposal create-ef1c808f42 of pgadvisor.

Revision ID: d42a49dd3fbb
Revises: c4b2e1413684
Create Date: 2026-12-01 20:07:54
"""

import pathlib
import runpy
from collections.abc import Sequence

from alembic import op

revision: str = "d42a49dd3fbb"
down_revision: str | Sequence[str] | None = "c4b2e1413684"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "sessions")
    with table.building("ix_sessions_id_created_at_2167aebe"):
        op.create_index(
            op.f("ix_sessions_id_created_at_2167aebe"),
            "sessions",
            ["id", "created_at"],
            schema=table.schema,
            postgresql_include=["boardroom_id"],
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "sessions")
    with table.dropping():
        op.drop_index(
            op.f("ix_sessions_id_created_at_2167aebe"),
            table_name="sessions",
            schema=table.schema,
            postgresql_concurrently=True,
            if_exists=True,
        )
    table.name_leftovers()
