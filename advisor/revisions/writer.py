"""Writes changes as revision files, through Alembic's `ScriptDirectory`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.errors import RevisionError
from advisor.revisions.body import Body, plain_body
from advisor.revisions.change import Change
from advisor.revisions.helper import helper_of, remove, write_helper
from advisor.revisions.message import docstring, evidence, title
from advisor.revisions.model_line import model_snippet
from advisor.revisions.partitions import partitioned_body
from advisor.revisions.plain_sql import plain_sql
from advisor.revisions.project.configuration import readable
from advisor.revisions.project.existing import written_changes
from advisor.revisions.revision import Revision
from advisor.revisions.statistics_revision import (
    StatisticsChange,
    statistics_body,
    statistics_evidence,
    statistics_sql,
    statistics_title,
)
from advisor.revisions.template import check_placed, has_docstring, indented

if TYPE_CHECKING:
    from alembic.script import Script

    from advisor.revisions.project.scripts import ReadScripts


@dataclass
class Writer:
    """One run: where to write, and what has been written."""

    scripts: ReadScripts
    config: Path
    version_path: str | None
    trial: Path | None
    queries: Mapping[str, str]
    helpers: set[Path] = field(default_factory=set)
    """Those that this run has written, or in a dry run would have."""

    def write(self, wanted: Sequence[Change | StatisticsChange], head: str | None) -> tuple[Revision, ...]:
        """Write what the history does not hold yet, each on top of the other; on any error remove it all again."""
        down = standing_on(self.scripts, self.config, head)
        done = written_changes(self.scripts, frozenset(change.name for change in wanted))
        before = self._files()
        revisions: list[Revision] = []
        try:
            for change in wanted:
                if script := done.get((change.kind, change.name)):
                    revisions.append(self._revision(change, script, existing=True))
                else:
                    revisions.append(self._one(change, down))
                    down = revisions[-1].revision
        except BaseException:
            for path in self._files() - before:
                remove(path)
            raise
        return tuple(revisions)

    def _files(self) -> set[Path]:
        return {path for folder in self.scripts._version_locations for path in folder.rglob("*.py")}

    def _one(self, change: Change | StatisticsChange, down: str | None) -> Revision:
        body, heading, details = self._contents(change)
        template = Path(self.scripts.dir) / "script.py.mako"
        in_docstring = has_docstring(template)
        message = docstring(f"{heading}\n\n{details}") if in_docstring else heading.replace('"', "")
        with readable(self.config), contextlib.redirect_stdout(sys.stderr):
            script = self.scripts.write_revision(
                change.revision_id(down),
                message,
                head=down or "base",
                version_path=self._place(),
                upgrades=indented(body.upgrade, "" if in_docstring else details),
                downgrades=indented(body.downgrade, ""),
                imports=body.imports,
            )
        check_placed(Path(script.path), body, template)
        helper = helper_of(self._final(Path(script.path), script).parent)
        missing = not helper.exists() and helper not in self.helpers
        self.helpers.add(helper)
        if not self.trial:
            write_helper(helper)
        return replace(self._revision(change, script), helper=helper if missing else None)

    def _contents(self, change: Change | StatisticsChange) -> tuple[Body, str, str]:
        """Return what the functions do, the title and the evidence."""
        if isinstance(change, StatisticsChange):
            return statistics_body(change), statistics_title(change), statistics_evidence(change, self.queries)
        body = partitioned_body(change) if change.partitioned else plain_body(change)
        return body, title(change), evidence(change, self.queries, _snippet(change))

    def _place(self) -> Path | None:
        """Return the version folder to write to; `None` leaves the choice to Alembic."""
        return self.trial or (Path(self.version_path).absolute() if self.version_path else None)

    def _revision(self, change: Change | StatisticsChange, script: Script, *, existing: bool = False) -> Revision:
        path = Path(script.path)
        down = script.down_revision
        return Revision(
            revision=script.revision,
            down_revision=down if down is None or isinstance(down, str) else ", ".join(down),
            path=self._final(path, script) if not existing else path,
            proposal=change.proposal.id,
            index=change.name,
            model_snippet=_snippet(change),
            sql=statistics_sql(change) if isinstance(change, StatisticsChange) else plain_sql(change),
            kind=change.kind,
            definition=change.definition,
            statistics=change.statistics if isinstance(change, StatisticsChange) else None,
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


def refuse_other_history(scripts: ReadScripts, config: Path, stamped: Sequence[str]) -> None:
    """Raise `RevisionError` when production stands at revisions of which this history holds none."""
    known = {script.revision for script in scripts.walk_revisions()}
    if stamped and not known & set(stamped):
        what = f"production stands at {', '.join(sorted(stamped))}, which this history does not hold"
        do = f"name its folder in version_locations (read: {', '.join(map(str, scripts._version_locations))})"
        raise RevisionError(what, where=str(config), do=f"{do}, or update the checkout or the snapshot")


def standing_on(scripts: ReadScripts, config: Path, head: str | None) -> str | None:
    """Return the revision to stand on, `None` for an empty history; raises `RevisionError` when it is not one."""
    with readable(config):
        heads = scripts.get_heads()
        if head is not None:
            return scripts.get_revision(head).revision
    if len(heads) > 1:
        listed = ", ".join(sorted(heads))
        raise RevisionError(f"there are {len(heads)} heads: {listed}", where=str(config), do="choose --head")
    return heads[0] if heads else None


def _snippet(change: Change | StatisticsChange) -> str:
    if (
        isinstance(change, StatisticsChange)
        or change.kind != "create"
        or change.definition is None
        or not change.modelled
    ):
        return ""
    return model_snippet(change.name, change.definition, change.proposal.printed_keys)
