"""Alembic's script directory with every revision read and none of them run."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from alembic.script import Script, ScriptDirectory
from alembic.script.write_hooks import _run_hooks
from alembic.util import CommandError

from advisor.errors import RevisionError
from advisor.revisions.project.reading import is_revision, read_heading

_DRAFT = ".draft"
"""Ends the name under which a new file is written: Alembic would run a finished one at once."""


class ReadScripts(ScriptDirectory):
    """A script directory whose revisions are read (`read_heading`), so that nothing of a checkout runs.

    `after_write` are the team's post-write hooks; they run on what `write_revision` wrote, and on nothing in a dry run.
    """

    after_write: list[Any]
    moment: datetime | None = None
    """Create Date of new revisions; now when not set."""

    def _load_revisions(self) -> Iterator[Script]:
        seen: set[Path] = set()
        for folder in self._version_locations:
            for path in Script._list_py_dir(self, folder) if folder.exists() else ():
                real = path.resolve()
                if real not in seen and is_revision(path):
                    seen.add(real)
                    yield script_of(real)

    def _generate_create_date(self) -> datetime:
        return self.moment or super()._generate_create_date()

    def _rev_path(self, path: Any, rev_id: str, message: str | None, create_date: datetime) -> Path:
        """Return where to write the draft: the file is named after the first line of the message, not the evidence."""
        chosen = super()._rev_path(path, rev_id, self._titled(message or ""), create_date)
        if chosen.exists():
            what = f"{chosen.name} exists already, and Alembic would overwrite it"
            raise RevisionError(what, where=str(path), do="put %(rev)s into file_template")
        return chosen.with_name(chosen.name + _DRAFT)

    def _titled(self, message: str) -> str:
        """Return the words of a message's first line that a file name has room for; Alembic would cut a name in two."""
        words = re.findall(r"\w+", message.split("\n", 1)[0])
        while len(words) > 1 and len("_".join(words)) > self.truncate_slug_length:
            words.pop()
        return " ".join(words)

    def write_revision(self, revid: str, message: str, **options: Any) -> Script:
        """Write a new revision file the team's way and return it; raises what Alembic raises."""
        drafts: list[Path] = []
        generate = cast(Callable[..., None], super()._generate_template)

        def noted(src: Path, dest: Path, **given: Any) -> None:
            drafts.append(Path(dest))
            generate(src, dest, **given)

        self._generate_template = noted  # type: ignore[method-assign]
        try:
            self.generate_revision(revid, message, **options)
            path = drafts[0].with_name(drafts[0].name.removesuffix(_DRAFT))
            drafts[0].replace(path)
        finally:
            del self._generate_template
            for draft in drafts:
                draft.unlink(missing_ok=True)
        if self.after_write:
            _run(path, self.after_write)
        script = script_of(path)
        self.revision_map.add_revision(script)
        return script


def _run(path: Path, hooks: list[Any]) -> None:
    """Run the team's post-write hooks; raises `RevisionError` when one is not installed here."""
    try:
        _run_hooks(path, hooks)
    except (CommandError, OSError) as error:
        do = f"install it where advisor runs ({sys.prefix}), or take it out of post_write_hooks"
        raise RevisionError(f"a post-write hook cannot run: {error}", where=str(path.name), do=do) from error


def script_of(path: Path) -> Script:
    """Return the revision in a file, as Alembic's own type; its functions are not there. Raises `RevisionError`."""
    found = read_heading(path)
    module = SimpleNamespace(
        revision=found.revision,
        down_revision=found.down_revision,
        branch_labels=found.branch_labels,
        depends_on=found.depends_on,
        __doc__=found.doc,
    )
    return Script(cast(Any, module), found.revision, path)
