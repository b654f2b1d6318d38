"""The advisor from Python: what the commands do, as typed functions. `docs/api.md` walks through it.

Paths may be texts; every error is an `advisor.errors.AdvisorError`; nothing is printed. The names in `__all__` are
public, and so are the fields of what they return; every other module is internal.
"""

from __future__ import annotations

from advisor.api.advising import advise, find, report
from advisor.api.gating import accept, check, load_baseline, save_baseline
from advisor.api.inputs import (
    load_snapshot,
    read_workload,
    redacted,
    save_snapshot,
    save_workload,
    snapshot_of_dump,
    take_snapshot,
)
from advisor.api.migrating import verify, write_revisions
from advisor.api.planning import analyse, open_twin, plan
from advisor.api.rendering import compare, render
from advisor.catalog.snapshot import Snapshot
from advisor.errors import AdvisorError
from advisor.gate.baseline import Baseline
from advisor.gate.verdict import CheckResult
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import Advice, IndexProposal
from advisor.output.report import Report
from advisor.pipeline.straight_line import Analysed
from advisor.rules.context import RuleOptions
from advisor.rules.finding import Finding
from advisor.twin.plan import PlanNode
from advisor.twin.start import Twin
from advisor.verify.proof import Proof
from advisor.verify.running.runner import RunOptions
from advisor.workload.compare_captures import Comparison
from advisor.workload.filtering.capture_filters import Filters, moment
from advisor.workload.model import Workload

__all__ = [
    "Advice",
    "AdviseOptions",
    "AdvisorError",
    "Analysed",
    "Baseline",
    "CheckResult",
    "Comparison",
    "Filters",
    "Finding",
    "IndexProposal",
    "PlanNode",
    "Proof",
    "Report",
    "RuleOptions",
    "RunOptions",
    "Snapshot",
    "Twin",
    "Workload",
    "accept",
    "advise",
    "analyse",
    "check",
    "compare",
    "find",
    "load_baseline",
    "load_snapshot",
    "moment",
    "open_twin",
    "plan",
    "read_workload",
    "redacted",
    "render",
    "report",
    "save_baseline",
    "save_snapshot",
    "save_workload",
    "snapshot_of_dump",
    "take_snapshot",
    "verify",
    "write_revisions",
]
