"""The one entry of capture: inputs of any kind in, one `Workload` out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from advisor.capture.detect import detect
from advisor.capture.exports import read_export
from advisor.capture.exports.export import StatementExport
from advisor.capture.source import DATABASE_URL, Source, expand
from advisor.errors import InputError
from advisor.workload.engine import Engine
from advisor.workload.logs import Log, LogRun, Progress, log_of
from advisor.workload.merge import merge
from advisor.workload.model import Workload
from advisor.workload.rows import workload_of
from advisor.workload.store import load_workload, sniff


def collect(
    inputs: Sequence[str],
    *,
    log_line_prefix: str | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Workload:
    """Return what logs, exports, workload files and database URLs, in any mixture, amount to together.

    `log_line_prefix` is the server's setting, inferred when not given; `jobs` the processes to use, all cores when
    not given. Raises `InputError`, naming the input, when one cannot be read or nothing in it was understood, and
    `ServerError` for a database that cannot be reached.
    """
    if not inputs:
        raise InputError("no input was given", do="name logs, exports, workload files or a database URL")
    exports: list[StatementExport] = []
    logs: list[Log] = []
    workloads: list[Workload] = []
    for name in inputs:
        if DATABASE_URL.match(name):
            from advisor.capture.exports.live import read_live

            exports.extend(read_live(name))
            continue
        for source in expand([name]):
            _sort(source, log_line_prefix, logs, exports, workloads)
    if exports:
        workloads.append(workload_of(exports))
    if logs:
        with Engine(jobs) as engine:
            workloads.append(LogRun(engine, progress).workload(logs))
    return _filled(workloads[0] if len(workloads) == 1 else merge(workloads))


def _filled(workload: Workload) -> Workload:
    """Return the workload with a note on each input without a statement; raises `InputError` when none has any."""
    silent = [coverage.name for coverage in workload.inputs if not coverage.executions]
    do = "let the server log them: log_min_duration_statement = 0 for a while, or for one role (see docs/logging.md)"
    if not workload.queries and not silent:
        names = ", ".join(coverage.name for coverage in workload.inputs)
        raise InputError("nothing ran between the readings", where=names, do="export again after some work was done")
    if not workload.queries:
        raise InputError("it was read, but holds no statement", where=", ".join(silent), do=do)
    notes = (f"{name}: holds no statement: {do}" for name in silent)
    return replace(workload, notes=tuple(dict.fromkeys((*workload.notes, *notes)))) if silent else workload


def _sort(
    source: Source,
    prefix: str | None,
    logs: list[Log],
    exports: list[StatementExport],
    workloads: list[Workload],
) -> None:
    """Put one source where its kind belongs."""
    head = source.head()
    if sniff(head):
        workloads.append(load_workload(source))
        return
    detected = detect(head, source.name)
    if detected.export:
        exports.extend(read_export(source, detected))
    else:
        logs.append(log_of(source, detected, prefix))
