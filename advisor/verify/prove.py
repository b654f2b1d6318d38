"""Proves revisions on a throw-away server: they do what they say, can be undone, fail loudly and heal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from advisor.catalog.index import IndexDefinition
from advisor.errors import AdvisorError
from advisor.indexes.proposal import Advice, IndexProposal
from advisor.progress import tick
from advisor.revisions.revision import Revision
from advisor.twin.statement import BoundStatement
from advisor.verify.lint import lint, without_version_table
from advisor.verify.proof import Proof, RevisionProof, Step
from advisor.verify.proof_steps import create_steps, drop_steps, extension_steps
from advisor.verify.proving import Proving
from advisor.verify.running.scratch import Scratch, copied_scratch, scratch_database
from advisor.verify.running.upgrade import History
from advisor.verify.statistics_proof import statistics_steps
from advisor.verify.use import PlanCheck, use_on_twin

if TYPE_CHECKING:
    from advisor.twin.start import Twin


def prove(
    revisions: Sequence[Revision],
    *,
    url: str,
    history: History,
    proposals: Sequence[IndexProposal] = (),
    schema_sql: str | None = None,
    settings: Mapping[str, str] | None = None,
    start: Sequence[str] | None = None,
    plan_check: PlanCheck | None = None,
    server: str = "",
    rows: Scratch | None = None,
) -> Proof:
    """Return the proof of `revisions`, each on its own, in the order given.

    `url` is a throw-away server on which a scratch database is made and dropped again. It has `settings`, is restored
    from `schema_sql`, the dump of a database that stands at the revisions `start` (none: at base), and is upgraded from
    there to just below each revision. When `start` is not known, the dump is taken to stand there already. Without a
    dump all revisions below are run. With `rows`, a database with rows that stands where the dump does, the scratch
    database is a copy of it: indexes are built, broken and healed on rows. The team's `env.py` is never run.
    `plan_check` answers for `proposals` which queries use the index. What fails is a failed `Step`, not an exception;
    raises `ProofError` only when the server cannot be used.
    """
    made = copied_scratch(url, rows, settings) if rows else scratch_database(url, schema_sql, settings)
    with made as scratch:
        if start is not None:
            history.stamp(scratch.url, start)
        known = start is not None or schema_sql is None
        with scratch.login() as watch:
            by_id = {proposal.id: proposal for proposal in proposals}
            case = _Case(history, scratch, watch, by_id, plan_check, known)
            proofs = tuple(_counted(case, revisions))
            version = f"PostgreSQL {watch.info.parameter_status('server_version')}"
        return Proof(server or version, "twin", proofs, (), (*scratch.notes, *_notes(proofs, plan_check)))


def _counted(case: _Case, revisions: Sequence[Revision]) -> Iterator[RevisionProof]:
    """Yield the proofs, and say how many there are."""
    for number, revision in enumerate(revisions):
        tick("revisions proven", number, len(revisions))
        yield case.prove(revision)


def prove_report(
    revisions: Sequence[Revision],
    advice: Advice,
    twin: Twin,
    history: History,
    statements: Mapping[str, Sequence[BoundStatement]] | None = None,
) -> Proof:
    """Return the proof of the revisions of one run of the advisor: structure on the twin's server, use on the twin."""
    check = use_on_twin(twin.what_if, statements, advice.proposals) if statements else None
    return prove(
        revisions,
        url=twin.superuser_url,
        history=history,
        proposals=advice.proposals,
        schema_sql=twin.snapshot.restorable_sql,
        settings=twin.snapshot.settings_of_database,
        start=twin.snapshot.alembic_version or None,
        plan_check=check,
        server=twin.description,
    )


def _notes(proofs: Sequence[RevisionProof], plan_check: PlanCheck | None) -> Iterator[str]:
    if plan_check is None:
        yield "no statements were given: whether queries use the indexes was not checked"
    if not any(step.name == "lint" for proof in proofs for step in proof.steps) and proofs:
        yield "squawk is not installed: offline SQL was not linted (pip install squawk-cli)"


_FAILURES = (AdvisorError, psycopg.Error, SQLAlchemyError)


def _reason(error: Exception) -> str:
    return error.what if isinstance(error, AdvisorError) else str(error).strip().split("\n")[0]


@dataclass(frozen=True)
class _Case:
    """One scratch database on which revisions are proven one after the other."""

    history: History
    scratch: Scratch
    watch: psycopg.Connection
    proposals: Mapping[str, IndexProposal]
    plan_check: PlanCheck | None
    known: bool
    """Whether the version table says where the database stands."""

    def prove(self, revision: Revision) -> RevisionProof:
        """Return the proof; the revision stays applied for the next one."""
        steps = tuple(self._steps(revision))
        return RevisionProof(revision.revision, revision.proposal, revision.index, steps)

    def _steps(self, revision: Revision) -> Iterator[Step]:
        doing = "revisions-below"
        try:
            down = self._reach(revision)
            doing = "upgrade"
            if revision.statistics is not None:
                yield from statistics_steps(self.history, self.scratch, revision, down, revision.statistics)
            elif revision.definition is None:
                yield from extension_steps(self.history, self.scratch, revision)
            else:
                yield from self._index_steps(revision, revision.definition, down)
            doing = "lint"
            yield from self._lint(revision, down)
        except _FAILURES as error:
            yield Step(doing, False, _reason(error))

    def _index_steps(self, revision: Revision, definition: IndexDefinition, down: str) -> Iterator[Step]:
        case = Proving(self.history, self.scratch, revision, down, definition, self.watch)
        try:
            yield from (create_steps if revision.kind == "create" else drop_steps)(case)
        except _FAILURES as error:
            yield Step(case.step, False, _reason(error))
        yield from self._used(revision)

    def _used(self, revision: Revision) -> Iterator[Step]:
        proposal = self.proposals.get(revision.proposal)
        if self.plan_check is None or proposal is None or revision.kind != "create":
            return
        uses = self.plan_check(proposal)
        missing = [use.query for use in uses if not use.used]
        detail = f"{len(uses) - len(missing)} of {len(uses)} claimed queries are planned with it"
        yield Step("used", bool(uses) and not missing, detail + (f", not: {', '.join(missing)}" if missing else ""))

    def _reach(self, revision: Revision) -> str:
        """Bring the database to just below the revision and return where that is."""
        down = self.history.scripts.get_revision(revision.revision).down_revision
        below = (down,) if isinstance(down, str) else tuple(down or ())
        if self.known and not set(below) <= self.history.applied(self.scratch.url):
            for target in below:
                self.history.upgrade(self.scratch.url, target)
        self.history.stamp(self.scratch.url, below)
        return below[0] if below else "base"

    def _lint(self, revision: Revision, down: str) -> Iterator[Step]:
        text = without_version_table(self.history.offline_sql(down, revision.revision))
        try:
            found = lint(text)
        except FileNotFoundError:
            return
        yield Step("lint", not found, "; ".join(found) or "squawk finds nothing in the --sql output")
