"""Index threads (session_id, thread_type, status)

equality on session_id, thread_type, status; serves 2 queries, the first from cost 4672 to 22

planner cost: 44,229,992 before, 501,165 after (-98.9 %), weighted by calls per day
time saved:   43,728,827 ms per day, estimated
size:         4,136 kB, estimated
write cost:   2,370 ms per day for 394,979 writes
basis:        logged: values seen in a log
confidence:   high

Queries:
- 20afcc478241a413: cost 4,672 -> 22.03
  SELECT threads.id, threads.session_id, threads.thread_type, threads.status, threads.title, ...
- 2f9822158f5faee6: cost 5,271 -> 119
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
Create Date: 2026-12-01 20:07:54
"""

import pathlib
import runpy
from collections.abc import Sequence

from alembic import op

revision: str = "6c7015bec3a8"
down_revision: str | Sequence[str] | None = "boardroom_0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "threads")
    with table.building("ix_threads_session_id_thread_type_status_c59b29b1"):
        op.create_index(
            op.f("ix_threads_session_id_thread_type_status_c59b29b1"),
            "threads",
            ["session_id", "thread_type", "status"],
            schema=table.schema,
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    work = runpy.run_path(str(pathlib.Path(__file__).with_name("concurrently") / "__init__.py"))
    table = work["Table"](op, "public", "threads")
    with table.dropping():
        op.drop_index(
            op.f("ix_threads_session_id_thread_type_status_c59b29b1"),
            table_name="threads",
            schema=table.schema,
            postgresql_concurrently=True,
            if_exists=True,
        )
    table.name_leftovers()
