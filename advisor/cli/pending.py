"""The pending revisions of a checkout, applied to the twin before statistics are loaded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.catalog.introspect import read_schema
from advisor.catalog.snapshot import Snapshot
from advisor.errors import ProofError
from advisor.gate.baseline import Baseline
from advisor.gate.references import references
from advisor.gate.typed import typed
from advisor.progress import Progress
from advisor.twin.environment import connect
from advisor.twin.planner import Planner, settings_of
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Refused
from advisor.verify.upgrade import upgrade

if TYPE_CHECKING:
    from advisor.verify.runner import RunOptions


@dataclass
class Pending:
    """Brings the empty twin from production's revision to the heads of a checkout."""

    alembic: Path
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

    def prepare(self, url: str, superuser: str) -> None:
        """Apply the revisions to the database at `url`; those that fail are passed over, said, and noted."""
        self._look(url)
        ours = None if "://" in self.provider else superuser
        done = upgrade(self.alembic, url, start=self.snapshot.alembic_version, options=self.running, superuser=ours)
        self.progress.note(
            f"applied {len(done.applied)} pending revisions to the twin: {', '.join(done.applied) or 'none'}"
        )
        for made in done.made:
            self.progress.warn(f"{made} is not in the snapshot: made on the twin for the revisions")
        for error in done.failed:
            self.failed.append(error)
            self.progress.warn(f"{error}\n  the plans below are those without it")

    def _look(self, url: str) -> None:
        """Note what the revisions may change: foreign keys, and the types that the application binds."""
        with connect(url, autocommit=True) as connection:
            self.references = references(read_schema(connection))
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
