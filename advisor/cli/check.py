"""`advisor check`: the CI gate. Plans the baseline's statements on the twin and fails when one got worse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.cli.options import check_connections, check_outputs, database_options, one_source, revision_options
from advisor.errors import ProofError, UsageError
from advisor.progress import Progress

if TYPE_CHECKING:
    from advisor.catalog.snapshot import Snapshot
    from advisor.cli.pipeline import Analysed
    from advisor.gate.baseline import Baseline
    from advisor.gate.check import Statements
    from advisor.twin.start import Twin
    from advisor.twin.whatif import Refused
    from advisor.verify.runner import RunOptions


@click.command(short_help="Compare plans with the committed baseline.")
@click.argument("inputs", nargs=-1)
@database_options
@click.option("--baseline", "path", type=click.Path(path_type=Path), required=True, help="The committed plans.")
@click.option("--update-baseline", is_flag=True, help="Accept today's plans and write the baseline.")
@click.option("--redact", is_flag=True, help="Write the baseline without values: plans are generic then.")
@click.option("--alembic", type=click.Path(path_type=Path), help="Apply this environment's pending revisions first.")
@revision_options
@click.option("--role", help="Role to plan queries as that nobody is known to have run; the owner when not given.")
@click.option("--log-line-prefix", help="The server's log_line_prefix; inferred when not given.")
@click.option("--format", "form", default="text", show_default=True)
@click.option("--fail-level", type=click.Choice(["fail", "warn", "never"]), default="fail", show_default=True)
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def command(
    inputs: tuple[str, ...],
    snapshot: Path | None,
    schema: Path | None,
    statistics: Path | None,
    url: str | None,
    provider: str,
    path: Path,
    update_baseline: bool,
    redact: bool,
    alembic: Path | None,
    role: str | None,
    log_line_prefix: str | None,
    form: str,
    fail_level: str,
    quiet: bool,
    running: RunOptions,
) -> None:
    """Plan the baseline's queries on the twin; exit 1 when a plan got worse.

    INPUTS name the workload: needed with --update-baseline to accept new queries, otherwise only to name queries that
    have no baseline yet.

    \b
    advisor check prod.json.zst --snapshot prod/ --baseline plans.json --update-baseline
    advisor check --snapshot prod/ --alembic alembic.ini --baseline plans.json
    """
    from advisor.cli.pipeline import asking, read_snapshot, size_of
    from advisor.gate.baseline import as_owner, load_baseline, save_baseline
    from advisor.gate.check import SERIAL, check
    from advisor.gate.redact import NOTE
    from advisor.output.unanalysed import summary
    from advisor.output.verdicts import render_check, verdict_formats
    from advisor.twin.start import start_twin
    from advisor.verify.upgrade import History

    if redact and not update_baseline:
        raise UsageError("--redact concerns the baseline that is written", do="give it with --update-baseline")
    one_source(snapshot, schema, statistics, url)
    check_connections(url, provider, *inputs)
    if form not in verdict_formats():
        raise UsageError(f"unknown format {form!r}", do=f"use one of: {', '.join(verdict_formats())}")
    check_outputs(path if update_baseline else None)
    if alembic:
        History.open(alembic, options=running)
    progress = Progress(quiet=quiet)
    accepted = None if update_baseline and not path.exists() else load_baseline(path)
    if accepted is None and not inputs:
        raise UsageError("no baseline and no workload", do="name the workload files whose plans are to be accepted")
    source: Snapshot = asking(read_snapshot(snapshot, schema, statistics, None if snapshot or schema else url), role)
    overrides = tuple(one for one in source.overrides if one.name not in SERIAL)
    source = replace(source, settings={**source.settings, **SERIAL}, overrides=overrides)
    accepted = as_owner(accepted) if accepted and not source.roles else accepted
    failed: list[ProofError] = []
    prepare = _migrations(alembic, source, running, provider, failed, progress) if alembic else None
    with start_twin(source, provider, prepare=prepare, size_of=size_of) as twin:
        progress.notes(twin.notes)
        analysed = _analysed(inputs, log_line_prefix, twin, role) if inputs else None
        statements = _statements(analysed, accepted)
        unanalysed = analysed.unanalysed if analysed else {}
        if update_baseline and failed:
            what = f"nothing was accepted: {len(failed)} pending revisions did not go through"
            raise ProofError(what, where=str(path), do="look above for each; leave one out with --skip REV")
        if update_baseline:
            baseline, refused = _recorded(statements, twin, source, redact=redact)
            if redact:
                progress.note(NOTE)
            save_baseline(baseline, path)
            progress.note(f"accepted the plans of {len(baseline.queries)} queries: {path}")
            for key, reason in sorted(refused.items()):
                progress.warn(f"query {key} cannot be planned and is not in the baseline: {reason.reason}")
            for line in summary(unanalysed):
                progress.warn(line)
            return
        assert accepted
        _same_major(accepted, twin, path)
        result = check(accepted, statements, twin.schema, twin.statistics, twin.what_if)
        result = replace(
            result, notes=(*source.notes, *twin.notes, *(analysed.notes if analysed else ())), unanalysed=unanalysed
        )
        result = replace(result, unapplied=tuple(one.what for one in failed))
    click.echo(render_check(result, form), nl=False)
    failing = {"fail": ("fail",), "warn": ("fail", "warn"), "never": ()}[fail_level]
    if any(verdict.level in failing for verdict in result.verdicts):
        raise SystemExit(1)
    if failed and fail_level != "never":
        raise SystemExit(2)


def _recorded(
    statements: Statements, twin: Twin, source: Snapshot, *, redact: bool
) -> tuple[Baseline, Mapping[str, Refused]]:
    """Return the baseline of today's plans, without values if so asked, and what cannot be planned."""
    from advisor.gate.check import record
    from advisor.gate.redact import emptied, redacted

    known = (twin.schema, twin.statistics, twin.what_if, source.settings)
    baseline, refused = record(redacted(statements) if redact else statements, *known)
    if not redact or not refused:
        return baseline, refused
    more, refused = record(emptied({key: statements[key] for key in refused}), *known)
    queries = dict(sorted({**baseline.queries, **more.queries}.items()))
    return replace(baseline, queries=queries), refused


def _migrations(
    alembic: Path,
    snapshot: Snapshot,
    running: RunOptions,
    provider: str,
    failed: list[ProofError],
    progress: Progress,
) -> Callable[[str, str], None]:
    """Return what brings the empty twin from production's revision to the heads of this checkout.

    Revisions that fail are passed over, said, and noted in `failed`.
    """

    def prepare(url: str, superuser: str) -> None:
        from advisor.verify.upgrade import upgrade

        ours = None if "://" in provider else superuser
        done = upgrade(alembic, url, start=snapshot.alembic_version, options=running, superuser=ours)
        progress.note(f"applied {len(done.applied)} pending revisions to the twin: {', '.join(done.applied) or 'none'}")
        for made in done.made:
            progress.warn(f"{made} is not in the snapshot: made on the twin for the revisions")
        for error in done.failed:
            failed.append(error)
            progress.warn(f"{error}\n  the plans below are those without it")

    return prepare


def _analysed(inputs: tuple[str, ...], prefix: str | None, twin: Twin, role: str | None) -> Analysed:
    """Return the workload of the inputs, analysed on the twin."""
    from advisor.cli.pipeline import analyse_workload, of_database
    from advisor.workload.collect import collect

    return analyse_workload(of_database(collect(inputs, log_line_prefix=prefix), twin.snapshot.database), twin, role)


def _statements(analysed: Analysed | None, accepted: Baseline | None) -> Statements:
    """Return the statements of the workload, or those of the baseline when there is none."""
    if analysed is None:
        queries = accepted.queries if accepted else {}
        return {key: (one.text, tuple(plan.statement for plan in one.plans)) for key, one in queries.items()}
    texts = {query.id: query.text for query in analysed.workload.queries}
    return {
        key: (texts[key], bound)
        for key, bound in analysed.statements.items()
        if analysed.shapes[key].tables and key not in analysed.unanalysed
    }


def _same_major(baseline: Baseline, twin: Twin, path: Path) -> None:
    if baseline.server_major != twin.schema.major:
        raise UsageError(
            f"the baseline was accepted on PostgreSQL {baseline.server_major}, the twin is {twin.schema.major}",
            where=str(path),
            do="plans of different versions cannot be compared: choose --twin, or accept anew with --update-baseline",
        )
