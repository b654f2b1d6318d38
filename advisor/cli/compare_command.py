"""`advisor compare`: two captures in; per query what got faster and slower out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from advisor.cli.options.shared_options import filter_options, limit_option
from advisor.progress import Progress

if TYPE_CHECKING:
    from advisor.workload.filtering.capture_filters import Filters


@click.command(short_help="Compare two captures: did it help in production?")
@click.argument("before")
@click.argument("after")
@filter_options
@click.option("--log-line-prefix", help="The servers' log_line_prefix; inferred when not given.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
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
@limit_option
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; all cores when not given.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")  # fmt: skip
def command(
    before: str,
    after: str,
    log_line_prefix: str | None,
    form: str,
    notable: float,
    fail_slower: float | None,
    jobs: int | None,
    quiet: bool,
    filters: Filters,
) -> None:
    """Compare the capture BEFORE a change with the one AFTER it: logs, exports, workload files, folders or globs.

    \b
    advisor compare monday.json.zst thursday.json.zst
    advisor compare before.csv after.csv --fail-slower 1.5
    """
    from advisor.output.comparison import comparison_json, comparison_text
    from advisor.workload.compare_captures import capture_pair, compare

    progress = Progress(quiet=quiet)
    with progress.step("read both captures"):
        old, new = capture_pair(before, after, log_line_prefix, jobs, filters)
    comparison = compare(old, new, notable)
    click.echo(comparison_json(comparison) if form == "json" else comparison_text(comparison), nl=False)
    slower = [
        change
        for change in comparison.changes
        if fail_slower and not change.few and change.ratio is not None and change.ratio >= fail_slower
    ]
    for change in slower:
        progress.warn(f"slower by a factor of {change.ratio:.2f}: {' '.join(change.text.split())[:100]}")
    raise SystemExit(1 if slower else 0)
