"""Index proposals and findings for an analysed workload."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import Advice, IndexProposal
from advisor.output.report import Report
from advisor.pipeline.straight_line import ASSUMED, Analysed, advise_on, advised, findings_on, unsure
from advisor.progress import Progress
from advisor.rules.context import RuleOptions
from advisor.rules.finding import Finding
from advisor.twin.start import Twin

_SILENT = Progress(quiet=True)


def advise(analysed: Analysed, twin: Twin, options: AdviseOptions | None = None) -> Advice:
    """Return index proposals for the whole workload, and for every heavy query without one the reason.

    On a twin whose sizes are assumed take `report`, which calls every proposal unsure then.
    """
    return advised(analysed, twin, options or AdviseOptions())


def find(
    analysed: Analysed,
    twin: Twin,
    *,
    proposals: Sequence[IndexProposal] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    rule_options: RuleOptions | None = None,
) -> tuple[Finding, ...]:
    """Return what the rules find; findings name the proposal of `proposals` that serves them.

    `select` and `ignore` are codes, families (`NPO`) or names of rules. Raises `UsageError` for a word that means none.
    """
    return findings_on(analysed, twin, tuple(proposals), _SILENT, select, ignore, None, rule_options)


def report(
    analysed: Analysed,
    twin: Twin,
    options: AdviseOptions | None = None,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    rule_options: RuleOptions | None = None,
) -> Report:
    """Return proposals and findings as one report, which `render` prints and `write_revisions` writes."""
    chosen = options or AdviseOptions()
    made = advise_on(analysed, twin, chosen, _SILENT, select, ignore, None, rule_options)
    return unsure(made) if ASSUMED in twin.notes else made
