"""The plan gate: plans accepted into a baseline, and checked against it."""

from __future__ import annotations

from pathlib import Path

from advisor.api.inputs import StrPath
from advisor.errors import UsageError
from advisor.gate import baseline as baselines
from advisor.gate.baseline import Baseline
from advisor.gate.check_plans import check as checked
from advisor.gate.check_plans import record
from advisor.gate.verdict import CheckResult
from advisor.pipeline.gate_inputs import calls_a_day, statements_of
from advisor.pipeline.gate_proposals import Proposing
from advisor.pipeline.straight_line import Analysed
from advisor.twin.start import Twin


def accept(analysed: Analysed, twin: Twin) -> Baseline:
    """Return a baseline of the plans that the queries have on the twin today; open it with `serial=True`.

    A query that cannot be planned is not in it.
    """
    known = (twin.schema, twin.statistics, twin.what_if, twin.snapshot.settings, calls_a_day(analysed, None))
    return record(statements_of(analysed, None, twin), *known, twin.snapshot.captured)[0]


def load_baseline(path: StrPath) -> Baseline:
    """Return the baseline in a file; raises `InputError` for one that cannot be read."""
    return baselines.load_baseline(Path(path))


def save_baseline(baseline: Baseline, path: StrPath) -> None:
    """Write a baseline; the same bytes for the same plans."""
    baselines.save_baseline(baseline, Path(path))


def check(baseline: Baseline, twin: Twin, analysed: Analysed | None = None) -> CheckResult:
    """Compare today's plans with accepted ones; open the twin with `serial=True`.

    Queries of `analysed` that the baseline does not hold are judged by rules. Raises `UsageError` for a baseline that
    was accepted on another major version than the twin runs.
    """
    if baseline.server_major != twin.schema.major:
        what = f"the baseline was accepted on PostgreSQL {baseline.server_major}, the twin is {twin.schema.major}"
        raise UsageError(what, do="open a twin of that version, or accept anew")
    accepted = baseline if twin.snapshot.roles else baselines.as_owner(baseline)
    statements = statements_of(analysed, accepted, twin)
    known = (twin.schema, twin.statistics, twin.what_if)
    propose, captured = Proposing(analysed, twin), twin.snapshot.captured
    return checked(accepted, statements, *known, settings=twin.snapshot.settings, propose=propose, captured=captured)
