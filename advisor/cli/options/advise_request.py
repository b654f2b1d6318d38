"""What `advisor advise` was asked for, as one object, and what of it cannot be done."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.cli.options.destinations import Destination, destinations
from advisor.cli.options.shared_options import check_connections, check_outputs, one_source
from advisor.errors import UsageError
from advisor.output.report import FailLevel

if TYPE_CHECKING:
    from advisor.indexes.index_options import AdviseOptions, Aim
    from advisor.verify.running.runner import RunOptions
    from advisor.workload.filtering.capture_filters import Filters


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviseRequest:
    """What was asked for, option by option, under the options' own names."""

    inputs: tuple[str, ...]
    snapshot: Path | None
    schema: Path | None
    statistics: Path | None
    url: str | None
    provider: str
    role: str | None
    database: str | None
    log_line_prefix: str | None
    write: bool
    redact: bool
    alembic: Path
    head: str | None
    verify: bool
    budget: int | None
    """Bytes."""
    aim: Aim
    least_window: float | None
    """Days."""
    selection: tuple[str, ...]
    write_weight: float | None
    explain: tuple[str, ...]
    time_limit: float | None
    """Seconds."""
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    forms: tuple[str, ...]
    """Formats, each perhaps with `=FILE`."""
    output_file: Path | None
    save: Path | None
    baseline: Path | None
    update_baseline: bool
    fail_level: FailLevel
    jobs: int | None
    quiet: bool
    running: RunOptions
    filters: Filters


def refuse_contradictions(request: AdviseRequest) -> list[Destination]:
    """Return the formats and where each goes; raise `UsageError` before any work for what cannot be done."""
    from advisor.output.render import formats
    from advisor.rules.discover import matching
    from advisor.rules.findings_baseline import read_accepted
    from advisor.verify.running.runner import refuse_impossible

    one_source(request.snapshot, request.schema, request.statistics, request.url)
    selection_of(request)
    check_connections(request.url, request.provider, *request.inputs)
    wanted = destinations(request.forms, formats(), request.output_file)
    if request.update_baseline and not request.baseline:
        raise UsageError("--update-baseline needs --baseline", do="name the file with --baseline")
    if request.verify and not request.write:
        raise UsageError("--verify proves what --write wrote", do="give both, or use `advisor verify` later")
    if request.redact and not (request.write or request.update_baseline):
        what = "--redact concerns the revisions that --write writes, and the file that --update-baseline writes"
        raise UsageError(what, do="give it with one of them")
    matching(request.select), matching(request.ignore)
    check_outputs(request.save, request.baseline if request.update_baseline else None)
    if request.baseline and not request.update_baseline:
        read_accepted(request.baseline)
    if request.write:
        _check_history(request.alembic, request.head)
        refuse_impossible(request.running)
    return wanted


def selection_of(request: AdviseRequest) -> AdviseOptions:
    """Return the rules of selection, before anything is known of the workload."""
    from advisor.indexes.chosen_rules import with_rules
    from advisor.indexes.index_options import AdviseOptions

    options = replace(
        with_rules(AdviseOptions(), request.selection),
        budget=request.budget,
        aim=request.aim,
        time_limit=request.time_limit,
        jobs=request.jobs or os.cpu_count() or 1,
    )
    if request.write_weight is not None:
        options = replace(options, write_weight=request.write_weight)
    if request.least_window is not None:
        options = replace(options, least_days=request.least_window, unused_days=request.least_window)
    return options


def _check_history(alembic: Path, head: str | None) -> None:
    """Raise `RevisionError` when no revision could be written at the end, before any work."""
    from advisor.revisions.project.configuration import open_config, open_scripts
    from advisor.revisions.writer import standing_on

    standing_on(open_scripts(open_config(alembic)), alembic, head)
