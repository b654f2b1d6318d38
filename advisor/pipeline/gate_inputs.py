"""What `advisor check` is given: the statements of its inputs, of any database name, and what is accepted of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from advisor.gate.baseline import Baseline
from advisor.gate.check_plans import Statements
from advisor.gate.merge_baseline import chosen, merged, with_reason
from advisor.gate.migrations.ahead import Reading
from advisor.gate.planned.driver_types import typed
from advisor.pipeline.straight_line import Analysed, analyse_workload, of_database
from advisor.twin.start import Twin
from advisor.workload.collect import collect
from advisor.workload.filtering.capture_filters import EVERYTHING, Filters
from advisor.workload.model import SOURCE_TAGS, Workload


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How the inputs are read, and what of them counts."""

    log_line_prefix: str | None = None
    filters: Filters = EVERYTHING


def analysed_inputs(inputs: tuple[str, ...], reading: ReadOptions, twin: Twin, role: str | None) -> Analysed:
    """Return the workload of the inputs, analysed on the twin."""
    workload = collect(inputs, log_line_prefix=reading.log_line_prefix, filters=reading.filters)
    return analyse_workload(_of_any_database(workload, twin.snapshot.database), twin, role)


def _of_any_database(workload: Workload, database: str | None) -> Workload:
    """Return the queries of the snapshot's database; where there are none, those of whatever database there is.

    The log of a test suite names its own, and so does a snapshot that was restored under another name.
    """
    ours = of_database(workload, database)
    if ours.queries or not workload.queries:
        return ours
    names = sorted({query.database for query in workload.queries if query.database})
    note = f"the snapshot is of database {database}, the inputs of {', '.join(names)}: taken for the same"
    return replace(workload, notes=(*workload.notes, note))


def statements_of(analysed: Analysed | None, accepted: Baseline | None, twin: Twin) -> Statements:
    """Return the statements of the workload, or those of the baseline when there is none."""
    if analysed is None:
        queries = accepted.queries if accepted else {}
        return {key: (one.text, tuple(plan.statement for plan in one.plans)) for key, one in queries.items()}
    texts = {query.id: query.text for query in analysed.workload.queries}
    return {
        key: (texts[key], typed(bound, twin.parameter_types))
        for key, bound in analysed.statements.items()
        if analysed.shapes[key].tables and key not in analysed.unanalysed
    }


def calls_a_day(analysed: Analysed | None, accepted: Baseline | None) -> dict[str, float]:
    """Return the executions a day of each query, where a log or an export of known length tells."""
    known = {key: one.calls for key, one in (accepted.queries if accepted else {}).items() if one.calls}
    days = analysed.workload.days if analysed else None
    if not analysed or not days:
        return known
    told = {one.id: round(one.calls / days, 1) for one in analysed.workload.queries if one.measured != "nominal"}
    return {**known, **told}


def accepted_baseline(
    accepted: Baseline | None, recorded: Baseline, ids: tuple[str, ...], reason: str | None, *, prune: bool
) -> Baseline:
    """Return what is to be written: what was recorded, and of the accepted what nobody asked to change."""
    only = chosen(ids, {*recorded.queries, *(accepted.queries if accepted else ())})
    made = merged(accepted, recorded, only=only, prune=prune)
    return with_reason(made, only, reason) if reason else made


def readings_of(accepted: Baseline | None, analysed: Analysed | None) -> tuple[Reading, ...]:
    """Return what the application runs: the baseline's statements, or those of the inputs where there is none."""
    if accepted and accepted.queries:
        return tuple(Reading(key, one.text) for key, one in accepted.queries.items())
    return tuple(Reading(query.id, query.text) for query in analysed.workload.queries) if analysed else ()


def empty_baseline(twin: Twin) -> Baseline:
    """Return a baseline without any query: all that the inputs hold is new."""
    return Baseline(twin.schema.major)


def sites_of(analysed: Analysed | None) -> dict[str, tuple[str, ...]]:
    """Return where the application sends each query from, `file:line`, as tags in comments or the test suite say."""
    queries = analysed.workload.queries if analysed else ()
    found = {one.id: tuple(site for tag in SOURCE_TAGS for site in one.tags.get(tag, ())) for one in queries}
    return {key: sites for key, sites in found.items() if sites}
