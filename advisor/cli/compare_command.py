"""`advisor compare`: two captures in; per query what got faster and slower out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.cli.options.shared_options import filter_options, full_option, limit_option
from advisor.errors import UsageError
from advisor.progress import Progress

if TYPE_CHECKING:
    from advisor.catalog.statistics import Statistics
    from advisor.revisions.contract import ProposalItem
    from advisor.verify.after_deploy import Deployed
    from advisor.workload.compare_captures import Comparison
    from advisor.workload.filtering.capture_filters import Filters


@click.command(short_help="Compare two captures: did it help in production?")
@click.argument("before")
@click.argument("after")
@filter_options
@click.option("--log-line-prefix", help="The servers' log_line_prefix; inferred when not given.")
@click.option("--format", "form", type=click.Choice(["text", "json", "openmetrics"]), default="text", show_default=True,
              help="For people, or for programs.")  # fmt: skip
@click.option(
    "--notable",
    type=click.FloatRange(min=1.0),
    default=1.2,
    show_default=True,
    help="Factor by which a mean must change to be called faster or slower.",
)
@click.option(
    "--fail-slower",
    type=click.FloatRange(min=1.0),
    metavar="FACTOR",
    help="Exit 1 when a query with ten or more calls got slower by this factor.",
)
@click.option(
    "--report", type=click.Path(path_type=Path), help="The report that was deployed: a verdict on each proposal."
)
@click.option("--snapshot", type=click.Path(path_type=Path), help="Snapshot since the deploy: which indexes were used.")
@limit_option
@full_option
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; all cores when not given.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")  # fmt: skip
def command(
    before: str,
    after: str,
    log_line_prefix: str | None,
    form: str,
    notable: float,
    fail_slower: float | None,
    report: Path | None,
    snapshot: Path | None,
    jobs: int | None,
    quiet: bool,
    filters: Filters,
) -> None:
    """Compare the capture BEFORE a change with the one AFTER it: logs, exports, workload files, folders or globs.

    \b
    advisor compare monday.json.zst thursday.json.zst
    advisor compare before.csv after.csv --fail-slower 1.5
    advisor compare before.csv after.csv --report report.json --snapshot after/

    With --report, exit status 1 when a proposal made one of its queries slower.
    """
    from advisor.output.compared.comparison import comparison_json, comparison_text
    from advisor.output.compared.deployed import deployed_text
    from advisor.output.compared.openmetrics import openmetrics
    from advisor.output.terminal.screen import on_screen
    from advisor.workload.compare_captures import capture_pair, compare

    promised = _promised(report, snapshot)
    progress = Progress(quiet=quiet)
    with progress.step("read both captures"):
        old, new = capture_pair(before, after, log_line_prefix, jobs, filters)
    comparison = compare(old, new, notable)
    deployed = _deployed(comparison, promised, notable)
    if form == "openmetrics":
        click.echo(openmetrics(comparison, deployed), nl=False)
    elif form == "json":
        click.echo(comparison_json(comparison, deployed), nl=False)
    else:
        told = f"\n{deployed_text(deployed)}" if report else ""
        click.echo(on_screen(comparison_text(comparison) + told), nl=False)
    progress.next("advisor advise AFTER --snapshot DIR")
    slower = [
        change
        for change in comparison.changes
        if fail_slower and not change.few and change.ratio is not None and change.ratio >= fail_slower
    ]
    for change in slower:
        progress.warn(f"slower by a factor of {change.ratio:.2f}: {' '.join(change.text.split())[:100]}")
    raise SystemExit(1 if slower or any(one.verdict == "slower" for one in deployed) else 0)


def _promised(report: Path | None, snapshot: Path | None) -> tuple[Sequence[ProposalItem], Statistics | None]:
    """Return a report's proposals and the statistics after the deploy; no proposal without a report."""
    from advisor.catalog.snapshot import load_snapshot
    from advisor.revisions.read_contract import read_report

    if snapshot and report is None:
        raise UsageError("--snapshot needs --report", do="give the report whose proposals were deployed")
    items = read_report(report).proposals if report else ()
    return items, load_snapshot(snapshot).statistics if snapshot else None


def _deployed(
    comparison: Comparison, promised: tuple[Sequence[ProposalItem], Statistics | None], notable: float
) -> tuple[Deployed, ...]:
    """Return the verdicts on a report's proposals."""
    from advisor.revisions.read_contract import proposal_of
    from advisor.verify.after_deploy import after_deploy

    items, after = promised
    revisions = {item.id: item.revision.revision for item in items if item.revision}
    return after_deploy(comparison, [proposal_of(item) for item in items], revisions, after, notable)
