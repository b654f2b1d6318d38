"""The pending revisions and SQL migrations of a checkout, applied to the twin before statistics are loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.catalog.database_objects import read_objects
from advisor.catalog.live.introspect import read_schema
from advisor.catalog.snapshot import Snapshot
from advisor.catalog.snapshot_model import Override
from advisor.errors import ProofError
from advisor.gate.baseline import Baseline, as_altered
from advisor.gate.blame import Touch, touches
from advisor.gate.migrations.ahead import Ahead, Reading
from advisor.gate.planned.carried import Around, carried
from advisor.gate.planned.driver_types import typed
from advisor.gate.planned.foreign_key_searches import references
from advisor.progress import Progress
from advisor.revisions.project.judge_environment import environment_of
from advisor.twin.costing.planner import Planner, settings_of
from advisor.twin.servers.environment import connect
from advisor.twin.start import Prepared
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Refused
from advisor.verify.running.effects import steps
from advisor.verify.running.look import LOOK, Looked
from advisor.verify.running.ownership import Given, owned
from advisor.verify.running.plain import run_file
from advisor.verify.running.upgrade import History

if TYPE_CHECKING:
    from advisor.verify.running.runner import RunOptions


@dataclass
class Pending:
    """Brings the empty twin from production's revision to the heads of a checkout."""

    alembic: Path | None
    files: tuple[Path, ...]
    """Plain SQL migrations, which run after the revisions."""
    snapshot: Snapshot
    running: RunOptions
    provider: str
    progress: Progress
    accepted: Baseline | None
    """The baseline; afterwards its statements have the types that their parameters had before."""
    failed: list[ProofError] = field(default_factory=list)
    """Revisions that were passed over."""
    references: frozenset[str] = frozenset()
    """Foreign keys that were there before."""
    touched: list[Touch] = field(default_factory=list)
    """What each revision changed, in order."""
    given: Given = field(default_factory=Given)
    """Planner settings that revisions gave the database and its roles."""
    assumed: Mapping[str, float] = field(default_factory=dict)
    """Rows of the tables that revisions made and whose size is assumed."""
    looked: list[Looked] = field(default_factory=list)
    """What was seen after each statement."""

    def ahead(self, readings: Sequence[Reading]) -> Ahead:
        """Return the statements that ran, beside production's sizes and what the application runs."""
        ran = tuple(replace(one, file=_relative(Path(one.file))) for one in steps(self.looked))
        return Ahead(ran, self.schema, self.after, self.snapshot.statistics, readings, _patient(self.alembic))

    def prepare(self, url: str, superuser: str) -> Prepared:
        """Apply the revisions to the database at `url`, one by one; those that fail are passed over, said, and noted.

        Returns the planner settings that they gave the database, and the statistics of its tables as they are now.
        """
        self._look(url)
        ours = None if "://" in self.provider else superuser
        with ExitStack() as stack:
            if self.alembic:
                history = stack.enter_context(History.open(self.alembic, options=self.running, superuser=ours))
                history = replace(history, look=LOOK)
                if self.snapshot.alembic_version:
                    history.stamp(url, self.snapshot.alembic_version)
            if ours:
                self.given = stack.enter_context(owned(url, ours, self.snapshot.database))
            if self.alembic:
                self._apply(history, url)
            self._run_files(url)
        around = self._around(url)
        self.after = around.after
        found = carried(self.snapshot.statistics, around)
        self.assumed = found.assumed
        overrides = self._overrides()
        self.accepted = as_altered(self.accepted, self.snapshot.owner, self.given.roles)
        return Prepared(self.given.database, found.statistics, found.notes, overrides)

    @property
    def settings(self) -> dict[str, str]:
        """Return the planner settings that revisions gave the database, and roles that are known."""
        roles = {one.name: one.value for one in self.given.roles if self.snapshot.role(one.role)}
        return {**self.given.database, **roles}

    def _overrides(self) -> tuple[Override, ...]:
        """Return the settings of roles as they are after the revisions."""
        new = {(one.database is not None, one.role, one.name.lower()): one for one in self.given.roles}
        old = (one for one in self.snapshot.overrides
               if (one.database is not None, one.role, one.name.lower()) not in new)  # fmt: skip
        return (*old, *new.values())

    def _around(self, url: str) -> Around:
        with connect(url, autocommit=True) as connection:
            return Around(self.schema, read_schema(connection), self.objects, read_objects(connection))

    def _run_files(self, url: str) -> None:
        """Run the SQL files; a statement that fails is passed over, said and noted."""
        for path in self.files:
            with connect(url, autocommit=True) as watching, connect(url, autocommit=True) as connection:
                connection.execute("SELECT set_config('statement_timeout', %s, false)", [f"{self.running.seconds:g}s"])
                before = read_objects(watching)
                failed: list[ProofError] = []
                self.looked += run_file(connection, path, _relative(path), failed)
                for error in failed:
                    self.progress.warn(f"{error}\n  the plans below are those without it")
                self.failed += failed
                self.touched += touches(before, read_objects(watching), path.name, _relative(path), _text(path))
        if self.files:
            self.progress.note(f"ran {len(self.files)} SQL migrations on the twin")

    def _apply(self, history: History, url: str) -> None:
        applied: list[str] = []
        made: tuple[str, ...] = ()
        stood_in: tuple[str, ...] = ()
        with connect(url, autocommit=True) as connection:
            before = read_objects(connection)
            for revision, path in history.pending(url):
                done = history.upgrade_all(url, revision)
                applied += done.applied
                made, stood_in = done.made, done.stood_in
                for error in done.failed:
                    self.failed.append(error)
                    self.progress.warn(f"{error}\n  the plans below are those without it")
                after = read_objects(connection)
                self.touched += touches(before, after, revision, _relative(path), _text(path))
                before = after
        self.looked += history.looked
        self.progress.note(f"applied {len(applied)} pending revisions to the twin: {', '.join(applied) or 'none'}")
        for one in made:
            if one == f"database {self.snapshot.database}" or one.startswith("right"):
                continue  # it is the twin's own, and what the role that runs migrations may do
            self.progress.warn(f"{one} is not in the snapshot: made on the twin for the revisions")
        if stood_in:
            self.progress.warn(f"revisions read rows of {', '.join(stood_in)}: one row stood in for production's")

    def _look(self, url: str) -> None:
        """Note what the revisions may change: foreign keys, and the types that the application binds."""
        with connect(url, autocommit=True) as connection:
            self.schema, self.objects = read_schema(connection), read_objects(connection)
            self.references = references(self.schema)
            if self.accepted is None:
                return
            planner = Planner(connection)

            def types(text: str, path: tuple[str, ...] | None) -> tuple[str, ...]:
                name = planner.prepare(text, settings_of(BoundStatement(text, None, "generic", search_path=path)))
                return () if isinstance(name, Refused) else tuple(planner.parameter_types(name))

            queries = {}
            for key, query in self.accepted.queries.items():
                known = typed([plan.statement for plan in query.plans], types)
                plans = tuple(replace(plan, statement=one) for plan, one in zip(query.plans, known, strict=True))
                queries[key] = replace(query, plans=plans)
            self.accepted = replace(self.accepted, queries=queries)


def _patient(alembic: Path | None) -> bool:
    """Return whether the environment's `env.py` sets `lock_timeout` for all revisions."""
    environment = environment_of(alembic) if alembic and alembic.is_file() else None
    return environment is not None and "lock_timeout" in _text(environment)


def _relative(path: Path) -> str:
    """Return a path as somebody in this folder would write it."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(path)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
