"""Writes one Alembic revision per index, through Alembic's own script directory.

The team's template, file naming, post-write hooks and heads are honoured; `env.py` and the revisions are read, never
run.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.catalog.schema import Schema
from advisor.errors import RevisionError
from advisor.indexes.proposal import IndexProposal
from advisor.revisions.change import changes
from advisor.revisions.project.configuration import open_config, open_scripts
from advisor.revisions.project.harmless_templates import refuse_program
from advisor.revisions.project.judge_environment import refuse_unsafe
from advisor.revisions.redact_revisions import redacted_change, redacted_texts
from advisor.revisions.revision import Revision
from advisor.revisions.statistics_revision import statistics_changes
from advisor.revisions.writer import Writer, refuse_other_history
from advisor.rules.finding import Finding

if TYPE_CHECKING:
    pass


def write_revisions(
    proposals: Sequence[IndexProposal],
    config: Path,
    *,
    head: str | None = None,
    version_path: str | None = None,
    queries: Mapping[str, str] | None = None,
    schema: Schema | None = None,
    dry_run: bool = False,
    force: bool = False,
    date: datetime | None = None,
    section: str = "alembic",
    findings: Sequence[Finding] = (),
    redact: bool = False,
    stamped: Sequence[str] = (),
) -> tuple[Revision, ...]:
    """Write the revisions that carry out `proposals` and return them in the order in which they run.

    After them come those that make the statistics objects which `findings` propose.

    `config` is an alembic.ini or pyproject.toml; `head` names the revision to stand on where there are several;
    `queries` gives the text of each query id for the docstrings; `schema` tells partitioned tables and the definitions
    of indexes to be dropped. A change that the history already holds is returned with `existing` and written no second
    time. `date` becomes the Create Date (else SOURCE_DATE_EPOCH, else now): the only thing in a file that does not
    follow from the input. With `redact` the evidence holds no value of production; what the index itself needs stays,
    and the docstring says so. With `dry_run` nothing is written and nothing of the checkout runs, no hook either; the
    paths and texts are those that would be before the hooks. `stamped` is where production stands (the snapshot's
    `alembic_version`); a history that holds none of it is another one.

    Raises `RevisionError` when the environment would break the migration (unless `force`), on several heads, and when
    a template does not place the body; files written by the failing call are removed again.
    """
    alembic = open_config(config, section)
    with contextlib.ExitStack() as stack:
        trial = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pgadvisor-"))) if dry_run else None
        scripts = open_scripts(alembic, date=date or _given_date(), extra=trial, hooks=not dry_run)
        if dry_run:
            refuse_program(Path(scripts.dir) / "script.py.mako")
        if not force:
            refuse_unsafe(Path(scripts.dir) / "env.py")
            refuse_corrupting(schema)
            refuse_other_history(scripts, config, stamped)
        texts = redacted_texts(queries or {}) if redact else queries or {}
        wanted = changes(proposals, schema)
        wanted = tuple(map(redacted_change, wanted)) if redact else wanted
        writer = Writer(scripts, config, version_path, trial, texts)
        return writer.write((*wanted, *statistics_changes(findings)), head)


def refuse_corrupting(schema: Schema | None) -> None:
    """Raise `RevisionError` for the servers whose concurrent builds could miss rows: 14.0 to 14.3."""
    if schema and 140_000 <= schema.server_version < 140_004:
        minor = schema.server_version % 10_000
        what = f"PostgreSQL 14.{minor} can build a corrupt index concurrently"
        raise RevisionError(what, do="update the server to 14.4 or later first")


def _given_date() -> datetime | None:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else None
