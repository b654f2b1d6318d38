"""Index users ((lower(email)))

equality on (lower(email)); serves 1 query, the first from cost 377 to 8

planner cost: 1,366,751 before, 30,105 after (-97.8 %), weighted by calls per day
time saved:   1,336,647 ms per day, estimated
size:         496 kB, estimated
write cost:   2,721 ms per day for 544,193 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- 0ebce7ba05176413: cost 377 -> 8.3
  SELECT users.id, users.email, users.display_name, users.plan, users.preferences, users.is_admin, ...

For the model's __table_args__:

    sa.Index(
        "ix_users_expr_b85d0f79",
        sa.text("lower(email::text)"),
    )

Proposal create-09d0c06584 of pgadvisor.

Revision ID: c4b2e1413684
Revises: 7f6486df741b
Create Date: 2026-12-01 20:07:54
"""

import pathlib
import runpy
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "c4b2e1413684"
down_revision: str | Sequence[str] | None = "7f6486df741b"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "users")
    with table.building("ix_users_expr_b85d0f79"):
        op.create_index(
            op.f("ix_users_expr_b85d0f79"),
            "users",
            [sa.text("(lower(email))")],
            schema=table.schema,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
        # Until the next ANALYZE there are no statistics for an indexed expression.
        op.execute(table.here("ANALYZE public.users"))


def downgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "users")
    with table.dropping():
        op.drop_index(
            op.f("ix_users_expr_b85d0f79"),
            table_name="users",
            schema=table.schema,
            postgresql_concurrently=True,
            if_exists=True,
        )
    table.name_leftovers()
