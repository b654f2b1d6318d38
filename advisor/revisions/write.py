"""Writes one Alembic revision per index, through Alembic's own script directory.

The team's template, file naming, post-write hooks and heads are honoured; `env.py` is read, never run.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.catalog.schema import Schema
from advisor.errors import RevisionError
from advisor.indexes.proposal import IndexProposal
from advisor.revisions.body import Body, plain_body
from advisor.revisions.change import Change, changes
from advisor.revisions.configuration import open_config, open_scripts, readable
from advisor.revisions.environment import refuse_unsafe
from advisor.revisions.existing import written_changes
from advisor.revisions.message import docstring, evidence, title
from advisor.revisions.model import model_snippet
from advisor.revisions.partitions import partitioned_body
from advisor.revisions.plain_sql import plain_sql
from advisor.revisions.revision import Revision

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory


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
) -> tuple[Revision, ...]:
    """Write the revisions that carry out `proposals` and return them in the order in which they run.

    `config` is an alembic.ini or pyproject.toml; `head` names the revision to stand on where there are several;
    `queries` gives the text of each query id for the docstrings; `schema` tells partitioned tables and the definitions
    of indexes to be dropped. A change that the history already holds is returned with `existing` and written no second
    time. `date` becomes the Create Date (else SOURCE_DATE_EPOCH, else now): the only thing in a file that does not
    follow from the input. With `dry_run` nothing is written; the paths and texts are those that would be.

    Raises `RevisionError` when the environment would break the migration (unless `force`), on several heads, and when
    a template does not place the body; files written by the failing call are removed again.
    """
    alembic = open_config(config, section)
    with contextlib.ExitStack() as stack:
        trial = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pgadvisor-"))) if dry_run else None
        scripts = open_scripts(alembic, date=date or _given_date(), extra=trial)
        if not force:
            refuse_unsafe(Path(scripts.dir) / "env.py")
            refuse_corrupting(schema)
        writer = _Writer(scripts, config, version_path, trial, queries or {})
        return writer.write(changes(proposals, schema), head)


@dataclass
class _Writer:
    """One run: where to write, and what has been written."""

    scripts: ScriptDirectory
    config: Path
    version_path: str | None
    trial: Path | None
    queries: Mapping[str, str]

    def write(self, wanted: Sequence[Change], head: str | None) -> tuple[Revision, ...]:
        down = self._head(head)
        done = written_changes(self.scripts, frozenset(change.name for change in wanted))
        revisions: list[Revision] = []
        try:
            for change in wanted:
                if script := done.get((change.kind, change.name)):
                    revisions.append(self._revision(change, script, existing=True))
                else:
                    revisions.append(self._one(change, down))
                    down = revisions[-1].revision
        except BaseException:
            for revision in revisions:
                if not revision.existing:
                    revision.path.unlink(missing_ok=True)
            raise
        return tuple(revisions)

    def _head(self, head: str | None) -> str | None:
        """Return the revision to stand on, `None` for an empty history; raises when it is not one."""
        with readable(self.config):
            heads = self.scripts.get_heads()
            if head is not None:
                return str(self.scripts.as_revision_number(head))
        if len(heads) > 1:
            listed = ", ".join(sorted(heads))
            raise RevisionError(f"there are {len(heads)} heads: {listed}", where=str(self.config), do="choose --head")
        return heads[0] if heads else None

    def _one(self, change: Change, down: str | None) -> Revision:
        body = partitioned_body(change) if change.partitioned else plain_body(change)
        snippet = _snippet(change)
        details = evidence(change, self.queries, snippet)
        in_docstring = _template_has_docstring(Path(self.scripts.dir) / "script.py.mako")
        message = docstring(f"{title(change)}\n\n{details}") if in_docstring else title(change).replace('"', "")
        with readable(self.config), contextlib.redirect_stdout(sys.stderr):
            script = self.scripts.generate_revision(
                change.revision_id(down),
                message,
                head=down or "base",
                version_path=str(self.trial) if self.trial else self._place(down),
                upgrades=_indented(body.upgrade, "" if in_docstring else details),
                downgrades=_indented(body.downgrade, ""),
                imports=body.imports,
            )
        assert script is not None
        self._check(script, body)
        return self._revision(change, script)

    def _place(self, down: str | None) -> str | None:
        """Return the version folder: the one given, else that of the revision it stands on (Alembic's own rule)."""
        return str(Path(self.version_path).absolute()) if self.version_path else None

    def _check(self, script: Script, body: Body) -> None:
        """Raise when the template lost the body, and remove the file."""
        path = Path(script.path)
        functions = {
            node.name: node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)
        }
        wanted = {"upgrade": body.upgrade, "downgrade": body.downgrade}
        for name, source in wanted.items():
            calls = [ast.dump(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
            function = functions.get(name)
            held = {ast.dump(node) for node in ast.walk(function)} if function else set()
            if not function or not held.issuperset(calls):
                path.unlink()
                template = str(Path(self.scripts.dir) / "script.py.mako")
                what = f"the template does not place ${{{name}s}} into {name}()"
                raise RevisionError(what, where=template, do="use Alembic's generic script.py.mako for this folder")

    def _revision(self, change: Change, script: Script, *, existing: bool = False) -> Revision:
        path = Path(script.path)
        down = script.down_revision
        return Revision(
            revision=script.revision,
            down_revision=down if down is None or isinstance(down, str) else ", ".join(down),
            path=self._final(path, script) if not existing else path,
            proposal=change.proposal.id,
            index=change.name,
            model_snippet=_snippet(change),
            sql=plain_sql(change),
            kind=change.kind,
            definition=change.definition,
            source=path.read_text(encoding=self.scripts.output_encoding),
            existing=existing,
        )

    def _final(self, path: Path, script: Script) -> Path:
        """Return where a file is, or in a dry run would be."""
        if not self.trial:
            return path
        folders = [folder for folder in self.scripts._version_locations if folder != self.trial]
        below = script.down_revision
        parent = self.scripts.get_revision(below).path if isinstance(below, str) else None
        chosen = Path(self.version_path) if self.version_path else Path(parent).parent if parent else folders[0]
        return (folders[0] if chosen == self.trial else chosen) / path.relative_to(self.trial)


def refuse_corrupting(schema: Schema | None) -> None:
    """Raise `RevisionError` for the servers whose concurrent builds could miss rows: 14.0 to 14.3."""
    if schema and 140_000 <= schema.server_version < 140_004:
        minor = schema.server_version % 10_000
        what = f"PostgreSQL 14.{minor} can build a corrupt index concurrently"
        raise RevisionError(what, do="update the server to 14.4 or later first")


def _snippet(change: Change) -> str:
    if change.kind != "create" or change.definition is None or not change.modelled:
        return ""
    return model_snippet(change.name, change.definition)


def _template_has_docstring(template: Path) -> bool:
    """Whether `${message}` opens the module's docstring, so that it may run over several lines."""
    try:
        return bool(re.match(r'\s*(?:#[^\n]*\n\s*)*r?"""\s*\$\{message', template.read_text()))
    except OSError as error:
        what = f"the revision template cannot be read: {error.strerror}"
        raise RevisionError(what, where=str(template), do="restore script.py.mako") from error


def _indented(source: str, comment: str) -> str:
    """Return the source as the template takes it: first line bare, the others indented by four."""
    lines = [*(f"# {line}".rstrip() for line in comment.splitlines()), *source.rstrip().splitlines()]
    return "\n".join([lines[0], *(f"    {line}" if line else "" for line in lines[1:])])


def _given_date() -> datetime | None:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else None
