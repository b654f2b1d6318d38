"""`advisor advise`: workload files in; proposals, findings and, on request, written and proven revisions out."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.cli.options.destinations import HELP, deliver, destinations, places
from advisor.cli.options.shared_options import (
    Size,
    check_connections,
    check_database,
    check_outputs,
    database_options,
    filter_options,
    full_option,
    limit_option,
    one_source,
    queries_named,
    revision_options,
)
from advisor.errors import UsageError
from advisor.output.report import FailLevel, Report
from advisor.progress import Progress
from advisor.whole_file import write_whole

if TYPE_CHECKING:
    from advisor.indexes.index_options import Aim
    from advisor.rules.context import RuleOptions
    from advisor.twin.start import Twin
    from advisor.verify.running.runner import RunOptions
    from advisor.workload.filtering.capture_filters import Filters


BY_COST = "indexes were chosen by the planner's cost, not by the time model (--aim cost)"


@click.command(short_help="Propose indexes and report findings.")
@click.argument("inputs", nargs=-1, required=True)
@database_options
@click.option("--role", help="Role to plan queries as that nobody is known to have run; the owner when not given.")
@click.option("--database", help="Database of the workload, where the inputs hold several.")
@filter_options
@click.option("--log-line-prefix", help="The server's log_line_prefix; inferred when not given.")
@click.option("--write", is_flag=True, help="Write one Alembic revision per proposal.")
@click.option("--redact", is_flag=True, help="Leave values of production out of written revisions and of the baseline.")
@click.option("--alembic", type=click.Path(path_type=Path), default="alembic.ini", show_default=True,
              help="Alembic's configuration.")  # fmt: skip
@click.option("--head", help="Head to build on, where the Alembic environment has several.")
@click.option("--verify", is_flag=True, help="Prove the written revisions on a throw-away server.")
@click.option("--budget", type=Size(), help="Storage for new indexes, for example 2GB.")
@click.option(
    "--aim",
    type=click.Choice(["time", "cost"]),
    default="time",
    show_default=True,
    help="Choose by the planner's cost and the time model together, slowing no query, or by its cost alone.",
)
@click.option(
    "--least-window",
    type=click.FloatRange(min=0),
    help="Days that a capture or counters must span to tell a rate per day (1 when not given) or an unused index (7).",
)
@click.option(
    "--selection",
    multiple=True,
    metavar="RULE=NUMBER",
    help="Set a rule of selection, for example max_regression=0.02; docs/indexes.md lists them. Repeatable.",
)
@click.option("--write-weight", type=click.FloatRange(min=0), help="What a millisecond of writing counts for (1).")
@click.option("--explain", multiple=True, metavar="ID", help="Tell all that was tried for a query. Repeatable.")
@click.option("--time-limit", type=float, help="Seconds after which the search stops with the best answer so far.")
@click.option("--select", multiple=True, help="Rules to run: codes, names or prefixes.")
@click.option("--ignore", multiple=True, help="Rules to leave out.")
@click.option("--format", "forms", multiple=True, default=("text",), show_default=True, help=HELP)
@click.option("--output-file", type=click.Path(path_type=Path), help="Write the report there instead of stdout.")
@click.option("--save", type=click.Path(path_type=Path), help="Also write the report as JSON, for later commands.")
@click.option("--baseline", type=click.Path(path_type=Path), help="What was accepted before, a committed file.")
@click.option("--update-baseline", is_flag=True, help="Accept today's findings and proposals and write the baseline.")
@click.option("--fail-level", type=click.Choice(["error", "warning", "info", "never"]), default="never",
              help="Exit 1 when a finding is of this level or above.")  # fmt: skip
@revision_options
@limit_option
@full_option
@click.option("--jobs", type=int, help="Processes; all cores when not given.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def command(
    inputs: tuple[str, ...],
    snapshot: Path | None,
    schema: Path | None,
    statistics: Path | None,
    url: str | None,
    provider: str,
    role: str | None,
    database: str | None,
    log_line_prefix: str | None,
    write: bool,
    redact: bool,
    alembic: Path,
    head: str | None,
    verify: bool,
    budget: int | None,
    aim: Aim,
    least_window: float | None,
    selection: tuple[str, ...],
    write_weight: float | None,
    explain: tuple[str, ...],
    time_limit: float | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    forms: tuple[str, ...],
    output_file: Path | None,
    save: Path | None,
    baseline: Path | None,
    update_baseline: bool,
    fail_level: FailLevel,
    jobs: int | None,
    quiet: bool,
    running: RunOptions,
    filters: Filters,
) -> None:
    """Read workload INPUTS (logs, statement exports, workload files), propose indexes and report findings.

    \b
    advisor advise postgresql.log statements.csv --snapshot prod/
    advisor advise prod.json.zst --snapshot prod/ --write --verify
    """
    from advisor.catalog.snapshots.assumed import ROWS
    from advisor.catalog.vacuumed import vacuumed
    from advisor.cli.options.decided import decided, read_decided
    from advisor.cli.options.silenced_findings import silenced
    from advisor.indexes.chosen_rules import with_rules
    from advisor.indexes.index_options import AdviseOptions
    from advisor.output.render import formats, render
    from advisor.pipeline.straight_line import (
        advise_on,
        analyse_workload,
        asking,
        of_database,
        read_snapshot,
        size_of,
        unsure,
        with_sizes,
    )
    from advisor.rules.discover import matching
    from advisor.rules.findings_baseline import read_accepted
    from advisor.twin.start import start_twin
    from advisor.verify.running.runner import refuse_impossible
    from advisor.workload.collect import collect

    one_source(snapshot, schema, statistics, url)
    chosen_rules = with_rules(AdviseOptions(), selection)
    check_connections(url, provider, *inputs)
    wanted = destinations(forms, formats(), output_file)
    if update_baseline and not baseline:
        raise UsageError("--update-baseline needs --baseline", do="name the file with --baseline")
    if verify and not write:
        raise UsageError("--verify proves what --write wrote", do="give both, or use `advisor verify` later")
    if redact and not (write or update_baseline):
        what = "--redact concerns the revisions that --write writes, and the file that --update-baseline writes"
        raise UsageError(what, do="give it with one of them")
    matching(select), matching(ignore)
    check_outputs(save, baseline if update_baseline else None)
    if baseline and not update_baseline:
        read_accepted(baseline)
    decisions = read_decided(baseline)
    if write:
        _check_history(alembic, head)
        refuse_impossible(running)
    rule_options = _rule_options()
    progress = Progress(quiet=quiet)
    source = asking(read_snapshot(snapshot, schema, statistics, None if snapshot or schema else url), role)
    with progress.step("read the workload"):
        workload = collect(inputs, log_line_prefix=log_line_prefix, jobs=jobs, filters=filters)
    check_database(workload, database)
    workload = of_database(workload, database or source.database)
    source, guessed = with_sizes(vacuumed(source), provider)
    if guessed:
        progress.warn(f"no statistics: every table is taken to have {ROWS:,} rows; give --statistics or a snapshot")
    with start_twin(source, provider, size_of=size_of) as twin:
        progress.note(f"twin: {twin.description}")
        progress.notes(twin.notes)
        analysed = analyse_workload(workload, twin, role)
        options = replace(chosen_rules, budget=budget, aim=aim, time_limit=time_limit, jobs=jobs or os.cpu_count() or 1)
        options = replace(options, rejected=decisions.rejections, explain=queries_named(workload, explain))
        options = options if write_weight is None else replace(options, write_weight=write_weight)
        if least_window is not None:
            options = replace(options, least_days=least_window, unused_days=least_window)
            rule_options = replace(rule_options, unused_days=least_window)
        report = advise_on(analysed, twin, options, progress, select, ignore, _environment(alembic), rule_options)
        if aim == "cost":
            report = replace(report, notes=(*report.notes, BY_COST))
        report = silenced(unsure(report) if guessed else report, baseline, update_baseline, redact, progress)
        report = decided(report, read_decided(baseline) if update_baseline else decisions, progress)
        if write:
            report = _write(report, twin, alembic, head, progress, redact=redact)
        if verify:
            from advisor.verify.prove import prove_report
            from advisor.verify.running.upgrade import History

            superuser = None if "://" in provider else twin.superuser_url
            history = History.open(alembic, options=running, superuser=superuser)
            with progress.step("proved the revisions"), history:
                proof = prove_report(report.revisions, report.advice, twin, history, analysed.statements)
                report = replace(report, proof=proof)
    report = replace(report, fail_level=fail_level)
    if save:
        write_whole(save, render(report, "json").encode())
        progress.note(f"saved {save}")
    where = places(_first_file(inputs), (), _environment_file(alembic))
    deliver(wanted, lambda form: render(report, form, where), progress)
    progress.next(_next(report, alembic if write else None, save))
    raise SystemExit(int(report.failed))


def _next(report: Report, alembic: Path | None, save: Path | None) -> str:
    """Return what to type next: apply what was written, look at what was saved, else write or save it."""
    if alembic and report.revisions and not report.failed:
        return f"alembic -c {alembic} upgrade head"
    if save:
        return f"advisor report {save} -o report.html"
    wanted = "--write --verify" if report.advice.proposals and not alembic else "--save report.json"
    return f"the same with {wanted}"


def _first_file(inputs: tuple[str, ...]) -> str | None:
    """Return the first input that is a file: what a finding stands in that stands nowhere else."""
    return next((one for one in inputs if Path(one).is_file()), None)


def _check_history(alembic: Path, head: str | None) -> None:
    """Raise `RevisionError` when no revision could be written at the end, before any work."""
    from advisor.revisions.project.configuration import open_config, open_scripts
    from advisor.revisions.writer import standing_on

    standing_on(open_scripts(open_config(alembic)), alembic, head)


def _rule_options() -> RuleOptions:
    """Return the rules' thresholds, those of the configuration file before the usual ones."""
    from advisor.rules.thresholds import read_thresholds

    where, _, entries = click.get_current_context().find_root().obj or ("", (), {})
    return read_thresholds(entries, where)


def _environment(alembic: Path) -> str | None:
    """Return the text of the Alembic environment's env.py, where there is one."""
    path = _environment_file(alembic)
    return path.read_text(encoding="utf-8") if path else None


def _environment_file(alembic: Path) -> Path | None:
    """Return the Alembic environment's env.py, where there is one."""
    from advisor.revisions.project.judge_environment import environment_of

    path = environment_of(alembic) if alembic.is_file() else None
    return path if path and path.is_file() else None


def _write(report: Report, twin: Twin, alembic: Path, head: str | None, progress: Progress, *, redact: bool) -> Report:
    from advisor.output.next_steps import next_steps
    from advisor.revisions.redact_revisions import constants
    from advisor.revisions.write import write_revisions

    queries = {query.id: query.text for query in report.workload.queries}
    end = report.workload.end
    written = datetime.fromtimestamp(end, UTC) if end else None
    revisions = write_revisions(
        report.advice.proposals,
        alembic,
        head=head,
        queries=queries,
        schema=twin.schema,
        date=written,
        findings=report.findings,
        redact=redact,
        stamped=twin.snapshot.alembic_version,
    )
    for revision in revisions:
        progress.note(f"{'found' if revision.existing else 'wrote'} {revision.path}")
        if redact and revision.existing:
            progress.warn(f"{revision.path} was there before, and --redact leaves it as it is")
        elif redact and (places := constants(revision.definition)):
            progress.warn(f"{revision.path}: constants of {places} stay, as {revision.index} needs them")
    for step in next_steps(revisions):
        progress.note(step)
    return replace(report, revisions=revisions)
