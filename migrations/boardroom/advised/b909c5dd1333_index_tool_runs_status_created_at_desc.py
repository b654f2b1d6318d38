"""Index tool_runs (status, created_at DESC)

equality on status; order by created_at DESC; serves 2 queries, the first from cost 6049 to 12

planner cost: 6,115,037 before, 20,654 after (-99.7 %), weighted by calls per day
time saved:   6,094,383 ms per day, estimated
size:         5,344 kB, estimated
write cost:   7,180 ms per day for 1,079,609 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- 9b4b7b27c89ba5ef: cost 6,049 -> 12.17
  SELECT tool_runs.id, tool_runs.message_id, tool_runs.tool_name, tool_runs.status, ...
- ca2e997f1bd1f280: cost 6,096 -> 32.7
  SELECT tool_runs.id, tool_runs.message_id, tool_runs.tool_name, tool_runs.status, ...

For the model's __table_args__:

    sa.Index(
        "ix_tool_runs_status_created_at_e3cf7d7d",
        "status",
        sa.text("created_at DESC"),
    )

Proposal create-e22cb38f77 of pgadvisor.

Revision ID: b909c5dd1333
Revises: 45a991867534
Create Date: 2026-12-01 20:07:54
"""

import pathlib
import runpy
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b909c5dd1333"
down_revision: str | Sequence[str] | None = "45a991867534"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "tool_runs")
    with table.building("ix_tool_runs_status_created_at_e3cf7d7d"):
        op.create_index(
            op.f("ix_tool_runs_status_created_at_e3cf7d7d"),
            "tool_runs",
            ["status", sa.text("created_at DESC")],
            schema=table.schema,
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "tool_runs")
    with table.dropping():
        op.drop_index(
            op.f("ix_tool_runs_status_created_at_e3cf7d7d"),
            table_name="tool_runs",
            schema=table.schema,
            postgresql_concurrently=True,
            if_exists=True,
        )
    table.name_leftovers()
