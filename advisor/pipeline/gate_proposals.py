"""Indexes for new queries of a merge, as `advisor advise` finds them, kept for `advisor migrate`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote

from advisor.gate.unaccepted import Saving
from advisor.indexes.proposal import Advice, IndexProposal
from advisor.output.render import render
from advisor.output.report import Report
from advisor.pipeline.straight_line import Analysed
from advisor.twin.start import Twin
from advisor.whole_file import write_whole

HALF = 0.5
"""Share of a new query's cost that may be left by an index that is proposed for it."""


@dataclass
class Proposing:
    """Finds indexes for some queries of the inputs, as `advisor advise` would for these alone."""

    analysed: Analysed | None
    twin: Twin
    file: Path | None = None
    """Where the proposals go, for `advisor migrate`."""
    _found: Report | None = field(default=None, init=False)

    def __call__(self, queries: frozenset[str]) -> dict[str, Saving]:
        """Return by query the index that leaves at most half of its cost, where there is one."""
        from advisor.indexes.advise_indexes import advise
        from advisor.indexes.index_options import AdviseOptions

        assert self.analysed
        some = tuple(query for query in self.analysed.workload.queries if query.id in queries)
        workload = replace(self.analysed.workload, queries=some, loops=())
        shapes = {key: shape for key, shape in self.analysed.shapes.items() if key in queries}
        statements = {key: bound for key, bound in self.analysed.statements.items() if key in queries}
        options = AdviseOptions(drops=False, min_share=0.0, time_limit=20)
        known = (self.twin.schema, self.twin.statistics, self.twin.what_if, options)
        advice = advise(workload, shapes, statements, *known)
        self._found = Report(workload, advice, notes=self.twin.notes, server=self.twin.description)
        return dict(self._savings(advice.proposals))

    def _savings(self, proposals: tuple[IndexProposal, ...]) -> Iterator[tuple[str, Saving]]:
        for proposal in proposals:
            for one in proposal.queries if proposal.action != "drop" else ():
                if one.cost_after <= HALF * one.cost_before:
                    ddl = proposal.definition.ddl(proposal.name, concurrently=True)
                    yield one.query, Saving(f"{ddl}; {self._revision(proposal.name)}", one.cost_before, one.cost_after)

    def _revision(self, name: str) -> str:
        """Return how it becomes a revision."""
        if self.file is None:
            return "as a revision: give --proposals FILE, then advisor migrate FILE"
        return f"as a revision: advisor migrate {quote(str(self.file))} --only {name}"

    def write(self) -> None:
        """Write what was found to the file, where one was asked for; a report without proposals where nothing was."""
        if self.file is not None:
            found = self._found
            if found is None and self.analysed:
                found = Report(replace(self.analysed.workload, queries=(), loops=()), Advice(()))
            if found is not None:
                write_whole(self.file, render(found, "json").encode())
