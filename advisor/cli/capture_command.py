"""`advisor capture`: logs, exports and workload files in; what they hold and one workload file out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.cli.options.shared_options import check_database, check_outputs, filter_options, full_option, limit_option
from advisor.progress import Progress

if TYPE_CHECKING:
    from advisor.workload.filtering.capture_filters import Filters


@click.command(short_help="Reduce logs and exports to one workload file.")
@click.argument("inputs", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the workload file there.")
@click.option(
    "--watch",
    type=click.FloatRange(min=0.1, max=3600),
    metavar="SECONDS",
    help="Also watch pg_stat_activity of the database URLs among INPUTS, for real values.",
)
@click.option("--redact", is_flag=True, help="Leave every value out of the workload file.")
@click.option("--database", help="Keep the queries of this database only.")
@filter_options
@click.option("--log-line-prefix", help="The server's log_line_prefix; inferred when not given.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="For people, or for programs.")  # fmt: skip
@limit_option
@full_option
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; all cores when not given.")
@click.option(
    "--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True, help="Where to run."
)
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler whose cluster reads the logs (--engine dask).")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def command(
    inputs: tuple[str, ...],
    output: Path | None,
    watch: float | None,
    redact: bool,
    database: str | None,
    log_line_prefix: str | None,
    form: str,
    jobs: int | None,
    engine: str,
    scheduler: str | None,
    quiet: bool,
    filters: Filters,
) -> None:
    """Read INPUTS and say what was understood of them; with -o, write the workload file that other commands accept.

    INPUTS are server logs, statement exports, workload files, folders, globs, `-` for stdin, remote files (s3://,
    gs://, az://) and database URLs (read-only), compressed or not, in any mixture.

    \b
    advisor capture postgresql-*.log.gz statements.csv -o prod.json.zst
    advisor capture monday.json.zst tuesday.json.zst -o week.json.zst
    advisor capture postgresql.log --begin 2h --user shop --exclude-query healthcheck
    """
    from advisor.workload.collect import collect

    if (engine == "dask") != bool(scheduler):
        raise click.UsageError("--engine dask and --scheduler ADDRESS go together")
    check_outputs(output)
    progress = Progress(quiet=quiet)
    with progress.step("read the inputs"):
        where = scheduler if engine == "dask" else None
        workload = collect(inputs, log_line_prefix=log_line_prefix, jobs=jobs, scheduler=where, filters=filters)
    from advisor.output.coverage_report import coverage_json, coverage_text, left_out
    from advisor.output.terminal.screen import on_screen
    from advisor.workload.redact_workload import redacted
    from advisor.workload.store import save

    if watch:
        from advisor.workload.exports.watch import watched

        with progress.step("watched pg_stat_activity"):
            workload = watched(workload, inputs, watch)
    if database:
        from advisor.pipeline.straight_line import of_database

        check_database(workload, database)
        workload = of_database(workload, database)
    for coverage in workload.inputs:
        if coverage.skipped:
            progress.warn(left_out(coverage))
    if redact:
        workload = redacted(workload)
    if output:
        progress.note(f"wrote {output} ({save(workload, output)} bytes)")
    click.echo(coverage_json(workload) if form == "json" else on_screen(coverage_text(workload)), nl=False)
    progress.next(f"advisor advise {output or 'INPUTS'} --snapshot DIR")
