"""Drop index ix_users_email of users

redundant: users_email_key serves every scan it could

basis:        logged: values seen in a log
confidence:   high

Proposal drop-1e1cbfa70a of pgadvisor.

Revision ID: e55413a48bf8
Revises: d42a49dd3fbb
Create Date: 2026-12-01 20:07:54
"""

import pathlib
import runpy
from collections.abc import Sequence

from alembic import op

revision: str = "e55413a48bf8"
down_revision: str | Sequence[str] | None = "d42a49dd3fbb"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "users")
    with table.dropping():
        op.drop_index(
            op.f("ix_users_email"),
            table_name="users",
            schema=table.schema,
            postgresql_concurrently=True,
            if_exists=True,
        )


def downgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "users")
    with table.building("ix_users_email"):
        op.create_index(
            op.f("ix_users_email"),
            "users",
            ["email"],
            schema=table.schema,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
    table.name_leftovers()
