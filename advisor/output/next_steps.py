"""What is left to do once revisions are written: lines of the models, and the commands that follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.revisions.revision import Revision


def next_steps(revisions: Sequence[Revision]) -> Iterator[str]:
    """Yield, for newly written revisions, what to put into a model, what to take out, and what to run."""
    written = [revision for revision in revisions if not revision.existing]
    for revision in written:
        table = revision.definition.qualified_table if revision.definition else ""
        if revision.model_snippet:
            yield f"model of {table}: add to __table_args__\n{revision.model_snippet}"
        elif revision.kind == "drop":
            yield f"model of {table}: take out the line of {revision.index}, or alembic check wants it back"
    if written:
        folders = sorted({str(revision.path.parent) for revision in written})
        yield "next: advisor verify, then alembic upgrade head, then alembic check"
        yield f"commit {', '.join(folders)} with the models"
