"""`advisor advise`: workload files in; proposals, findings and, on request, written and proven revisions out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from advisor.cli.options.advise_request import AdviseRequest, refuse_contradictions, selection_of
from advisor.cli.options.destinations import HELP, Destination, deliver, places
from advisor.cli.options.shared_options import (
    Size,
    check_database,
    database_options,
    filter_options,
    full_option,
    limit_option,
    queries_named,
    revision_options,
)
from advisor.output.report import Report
from advisor.progress import Progress
from advisor.whole_file import write_whole

if TYPE_CHECKING:
    from advisor.pipeline.straight_line import Analysed
    from advisor.rules.context import RuleOptions
    from advisor.twin.start import Twin
    from advisor.workload.model import Workload


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
def command(**given: Any) -> None:
    """Read workload INPUTS (logs, statement exports, workload files), propose indexes and report findings.

    \b
    advisor advise postgresql.log statements.csv --snapshot prod/
    advisor advise prod.json.zst --snapshot prod/ --write --verify
    """
    request = AdviseRequest(**given)
    wanted = refuse_contradictions(request)
    _advise(request, wanted)


def _advise(request: AdviseRequest, wanted: list[Destination]) -> NoReturn:
    """Read, advise, write and prove, as asked; exit 1 where the report fails."""
    from advisor.catalog.snapshots.assumed import ROWS
    from advisor.catalog.vacuumed import vacuumed
    from advisor.output.render import render
    from advisor.pipeline.straight_line import asking, of_database, read_snapshot, size_of, with_sizes
    from advisor.twin.start import start_twin
    from advisor.workload.collect import collect

    progress = Progress(quiet=request.quiet)
    url = None if request.snapshot or request.schema else request.url
    source = asking(read_snapshot(request.snapshot, request.schema, request.statistics, url), request.role)
    with progress.step("read the workload"):
        workload = collect(
            request.inputs, log_line_prefix=request.log_line_prefix, jobs=request.jobs, filters=request.filters
        )
    check_database(workload, request.database)
    workload = of_database(workload, request.database or source.database)
    source, guessed = with_sizes(vacuumed(source), request.provider)
    if guessed:
        progress.warn(f"no statistics: every table is taken to have {ROWS:,} rows; give --statistics or a snapshot")
    with start_twin(source, request.provider, size_of=size_of) as twin:
        progress.note(f"twin: {twin.description}")
        progress.notes(twin.notes)
        report = _report(request, workload, twin, guessed, progress)
    report = replace(report, fail_level=request.fail_level)
    if request.save:
        write_whole(request.save, render(report, "json").encode())
        progress.note(f"saved {request.save}")
    where = places(_first_file(request.inputs), (), _environment_file(request.alembic))
    deliver(wanted, lambda form: render(report, form, where), progress)
    progress.next(_next(report, request.alembic if request.write else None, request.save))
    raise SystemExit(int(report.failed))


def _report(request: AdviseRequest, workload: Workload, twin: Twin, guessed: bool, progress: Progress) -> Report:
    """Return the report of a workload on its twin, with revisions and their proof where they were asked for."""
    from advisor.cli.options.decided import decided, read_decided
    from advisor.cli.options.silenced_findings import silenced
    from advisor.pipeline.straight_line import advise_on, analyse_workload, unsure

    decisions, rule_options = read_decided(request.baseline), _rule_options()
    if request.least_window is not None:
        rule_options = replace(rule_options, unused_days=request.least_window)
    analysed = analyse_workload(workload, twin, request.role)
    explained = queries_named(workload, request.explain)
    options = replace(selection_of(request), rejected=decisions.rejections, explain=explained)
    environment = _environment(request.alembic)
    report = advise_on(analysed, twin, options, progress, request.select, request.ignore, environment, rule_options)
    if request.aim == "cost":
        report = replace(report, notes=(*report.notes, BY_COST))
    report = unsure(report) if guessed else report
    report = silenced(report, request.baseline, request.update_baseline, request.redact, progress)
    report = decided(report, read_decided(request.baseline) if request.update_baseline else decisions, progress)
    if request.write:
        report = _write(report, twin, request.alembic, request.head, progress, redact=request.redact)
    return _proven(request, report, twin, analysed, progress) if request.verify else report


def _proven(request: AdviseRequest, report: Report, twin: Twin, analysed: Analysed, progress: Progress) -> Report:
    """Return the report with the proof of its revisions."""
    from advisor.verify.prove import prove_report
    from advisor.verify.running.upgrade import History

    superuser = None if "://" in request.provider else twin.superuser_url
    history = History.open(request.alembic, options=request.running, superuser=superuser)
    with progress.step("proved the revisions"), history:
        proof = prove_report(report.revisions, report.advice, twin, history, analysed.statements)
    return replace(report, proof=proof)


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
