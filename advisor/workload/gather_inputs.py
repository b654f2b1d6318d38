"""Inputs of any kind, sorted by kind and read: what they amount to together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from advisor.capture.coverage import InputCoverage
from advisor.capture.detect import detect
from advisor.capture.exports import read_export
from advisor.capture.exports.export import StatementExport
from advisor.capture.files.source import Source, expand, names_database
from advisor.errors import InputError
from advisor.workload.engines.engine import Engine
from advisor.workload.engines.log_end import logs_end
from advisor.workload.engines.logs import Log, LogRun, Progress, log_of
from advisor.workload.engines.workers import Workers
from advisor.workload.exports.export_rows import workload_of
from advisor.workload.filtering.capture_filters import EVERYTHING, Filters
from advisor.workload.filtering.filter_workload import filtered_file, of_tables
from advisor.workload.merging.merge_workloads import merge
from advisor.workload.merging.own_reading import without_own_reading
from advisor.workload.model import Workload
from advisor.workload.store import load_workload, sniff


def gather(
    inputs: Sequence[str],
    prefix: str | None,
    progress: Progress | None,
    scheduler: str | None,
    workers: Workers,
    filters: Filters = EVERYTHING,
) -> Workload:
    """Return what the inputs amount to together; `collect` says what may be given and what is raised."""
    found = Found()
    for name in inputs:
        if names_database(name):
            from advisor.capture.exports.live import read_live

            found.exports.extend(read_live(name))
        else:
            _sort_all(expand([name]), prefix, found)
    filters = filters.settled(_end(found) if filters.relative else None)
    workloads = [filtered_file(one, filters) for one in found.workloads] if filters.by_execution else found.workloads
    if found.exports:
        workloads.append(workload_of(found.exports, filters))
    if found.logs and scheduler is None:
        workloads.append(LogRun(Engine(workers), progress, filters).workload(found.logs))
    if found.logs and scheduler is not None:
        from advisor.workload.engines.dask_engine import DaskEngine

        with DaskEngine(scheduler) as cluster:
            workloads.append(LogRun(cluster, progress, filters).workload(found.logs))
    workload = without_own_reading(workloads[0] if len(workloads) == 1 else merge(workloads))
    workload = _filled(replace(workload, notes=(*workload.notes, *found.notes)) if found.notes else workload, filters)
    return of_tables(workload, filters.tables) if filters.tables else workload


def _end(found: Found) -> float | None:
    """Return the latest moment that any of the inputs tells of, seconds since the epoch."""
    ends = [logs_end(found.logs), *(export.captured for export in found.exports), *(w.end for w in found.workloads)]
    return max((end for end in ends if end is not None), default=None)


@dataclass
class Found:
    """The inputs by kind, and what was left out of folders, globs and archives."""

    logs: list[Log] = field(default_factory=list)
    exports: list[StatementExport] = field(default_factory=list)
    workloads: list[Workload] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _sort_all(sources: Sequence[Source], prefix: str | None, found: Found) -> None:
    """Put the sources that one name leads to where they belong.

    A file of a folder, glob or archive that nobody understands is left out with a note; raises `InputError` when that
    leaves none, or when the name stands for one file.
    """
    refused = []
    for source in sources:
        try:
            _sort(source, prefix, found)
        except InputError as error:
            refused.append(error)
    if refused and len(refused) == len(sources):
        raise refused[0]
    found.notes.extend(f"left out: {error.where}: {error.what}" for error in refused)


def _filled(workload: Workload, filters: Filters) -> Workload:
    """Return the workload with a note on each input without a statement; raises `InputError` when none has any."""
    if not workload.queries and filters.by_execution:
        raise InputError("the filters leave nothing of it", where=_named(workload.inputs), do=_told(workload))
    silent = [one.name for one in workload.inputs if not one.executions and not one.filtered]
    do = "let the server log them: log_min_duration_statement = 0 for a while, or for one role (see docs/logging.md)"
    if not workload.queries and not silent:
        names = ", ".join(coverage.name for coverage in workload.inputs)
        raise InputError("nothing ran between the readings", where=names, do="export again after some work was done")
    if not workload.queries:
        raise InputError("it was read, but holds no statement", where=", ".join(silent), do=do)
    notes = (f"{name}: holds no statement: {do}" for name in silent)
    return replace(workload, notes=tuple(dict.fromkeys((*workload.notes, *notes)))) if silent else workload


def _named(inputs: Sequence[InputCoverage]) -> str:
    return ", ".join(coverage.name for coverage in inputs)


def _told(workload: Workload) -> str:
    """Return what filters left out, and whom to ask for instead."""
    counts: Counter[str] = Counter()
    names: dict[str, set[str]] = {}
    for reason, skip in (pair for coverage in workload.inputs for pair in coverage.filtered.items()):
        counts[reason] += skip.count
        names.setdefault(reason, set()).update(skip.examples)
    parts = [
        f"{counts[reason]} executions {reason}" + (f" ({', '.join(sorted(names[reason]))})" if names[reason] else "")
        for reason in sorted(counts)
    ]
    left = [note for note in workload.notes if "left out" in note]
    return f"leave less out: {'; '.join([*parts, *left]) or 'see --begin, --end, --user and --application'}"


def _sort(source: Source, prefix: str | None, found: Found) -> None:
    """Put one source where its kind belongs."""
    head = source.head()
    if sniff(head):
        found.workloads.append(load_workload(source))
        return
    detected = detect(head, source.name)
    if detected.export:
        found.exports.extend(read_export(source, detected))
    else:
        found.logs.append(log_of(source, detected, prefix))
