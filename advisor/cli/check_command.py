"""`advisor check`: the CI gate. Plans the baseline's statements on the twin and fails when one got worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from advisor.cli.options.destinations import HELP, deliver, destinations, places
from advisor.cli.options.shared_options import (
    check_connections,
    check_outputs,
    database_options,
    filter_options,
    full_option,
    limit_option,
    one_source,
    revision_options,
)
from advisor.errors import ProofError, UsageError
from advisor.progress import Progress

if TYPE_CHECKING:
    from advisor.catalog.snapshot import Snapshot
    from advisor.gate.baseline import Baseline
    from advisor.gate.check_plans import Statements
    from advisor.gate.verdict import CheckResult, FailLevel
    from advisor.pipeline.straight_line import Analysed
    from advisor.twin.start import Twin
    from advisor.twin.whatif import Refused
    from advisor.verify.running.runner import RunOptions
    from advisor.workload.filtering.capture_filters import Filters


def _next(result: CheckResult, baseline: Path | None) -> str:
    """Return what to type next: nothing is accepted that nobody looked at."""
    if result.exit_status:
        return f"mend it, or accept it: advisor check INPUTS --baseline {baseline or 'FILE'} --update-baseline"
    return "advisor advise INPUTS --snapshot DIR"


def _level(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """Return a level in the words of the result's contract."""
    return {"error": "fail", "warning": "warn"}.get(value, value)


@click.command(short_help="Compare plans with the committed baseline.")
@click.argument("inputs", nargs=-1)
@database_options
@click.option("--baseline", "path", type=click.Path(path_type=Path), help="The committed plans.")
@click.option("--update-baseline", is_flag=True, help="Accept today's plans and write the baseline.")
@click.option("--prune", is_flag=True, help="With --update-baseline: forget queries that INPUTS do not hold.")
@click.option("--only", multiple=True, metavar="ID", help="With --update-baseline: change nothing but this query.")
@click.option("--accept", multiple=True, metavar="ID", help="Accept today's plans of this query, and nothing else.")
@click.option("--reason", help="Why --accept accepts; it stands in the baseline.")
@click.option("--redact", is_flag=True, help="Write the baseline without values: plans are generic then.")
@click.option("--alembic", type=click.Path(path_type=Path), help="Apply this environment's pending revisions first.")
@click.option(
    "--migrations",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Run these pending SQL migrations first: files, or folders of them.",
)
@click.option("--against", metavar="REF", help="Compare with the plans under this commit's migrations.")
@click.option("--to-version", type=int, metavar="MAJOR", help="Compare with the plans of this major version.")
@revision_options
@click.option("--proposals", type=click.Path(path_type=Path), help="Write indexes for new queries, to be migrated.")
@click.option("--role", help="Role to plan queries as that nobody is known to have run; the owner when not given.")
@limit_option
@full_option
@filter_options
@click.option("--log-line-prefix", help="The server's log_line_prefix; inferred when not given.")
@click.option("--format", "forms", multiple=True, default=("text",), show_default=True, help=HELP)
@click.option(
    "--fail-level",
    type=click.Choice(["error", "warning", "never", "fail", "warn"]),
    default="error",
    show_default=True,
    callback=_level,
    help="Level of a verdict that ends with status 1; fail and warn are older words for error and warning.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def command(
    inputs: tuple[str, ...],
    snapshot: Path | None,
    schema: Path | None,
    statistics: Path | None,
    url: str | None,
    provider: str,
    path: Path | None,
    update_baseline: bool,
    prune: bool,
    only: tuple[str, ...],
    accept: tuple[str, ...],
    reason: str | None,
    redact: bool,
    alembic: Path | None,
    migrations: tuple[Path, ...],
    against: str | None,
    to_version: int | None,
    proposals: Path | None,
    role: str | None,
    log_line_prefix: str | None,
    forms: tuple[str, ...],
    fail_level: FailLevel,
    quiet: bool,
    running: RunOptions,
    filters: Filters,
) -> None:
    """Plan the baseline's queries on the twin; exit 1 when a plan got worse.

    INPUTS name what the merge runs (logs, lists of statements, workload files): queries, texts and values that have no
    accepted plan are planned as well and judged by rules. With --update-baseline they are accepted; what they do not
    hold stays as it is. Each statement of pending migrations is judged by the locks it takes (MIG), also without any
    baseline or input.

    \b
    advisor check prod.json.zst --snapshot prod/ --baseline plans.json --update-baseline
    advisor check --snapshot prod/ --alembic alembic.ini --baseline plans.json
    advisor check --snapshot prod/ --migrations migrations/0042_zip.sql
    advisor check --snapshot prod/ --alembic alembic.ini --baseline plans.json --against origin/main
    advisor check prod.json.zst --snapshot prod/ --to-version 18
    """
    from advisor.cli.options.against import Base, base_plans
    from advisor.cli.options.to_version import check_on
    from advisor.gate.as_of_then import stale
    from advisor.gate.baseline import as_owner, load_baseline, save_baseline
    from advisor.gate.blame import blamed
    from advisor.gate.check_plans import SERIAL, check, ordered
    from advisor.gate.mig import lint
    from advisor.gate.rank import ranked
    from advisor.gate.redact_baseline import NOTE
    from advisor.output.unanalysed import summary
    from advisor.output.verdicts import render_check, verdict_formats
    from advisor.pipeline.gate_inputs import (
        ReadOptions,
        accepted_baseline,
        analysed_inputs,
        calls_a_day,
        empty_baseline,
        readings_of,
        sites_of,
        statements_of,
    )
    from advisor.pipeline.gate_proposals import Proposing
    from advisor.pipeline.pending_revisions import Pending
    from advisor.pipeline.straight_line import asking, read_snapshot, size_of
    from advisor.twin.start import start_twin
    from advisor.verify.running.plain import migration_files
    from advisor.verify.running.upgrade import History

    update_baseline = update_baseline or bool(accept)
    reading = ReadOptions(log_line_prefix, filters)
    _refuse_contradictions(update_baseline, redact, prune, only, accept, reason)
    one_source(snapshot, schema, statistics, url)
    check_connections(url, provider, *inputs)
    wanted = destinations(forms, verdict_formats())

    def finish(result: CheckResult) -> NoReturn:
        where = places(path, result.queries)
        deliver(wanted, lambda form: render_check(result, form, where), progress)
        progress.next(_next(result, path))
        raise SystemExit(result.exit_status)

    check_outputs(path if update_baseline else None, proposals)
    if alembic:
        History.open(alembic, options=running)
    files = migration_files(migrations)
    progress = Progress(quiet=quiet)
    _refuse_without_subject(path, bool(alembic or files), to_version, inputs, against, update=update_baseline)
    accepted = None if path is None or (update_baseline and not path.exists()) else load_baseline(path)
    if path and accepted is None and not inputs:
        raise UsageError("no baseline and no workload", do="name the workload files whose plans are to be accepted")
    if not inputs and path and accepted and not accepted.queries:
        raise UsageError("the baseline holds no query", where=str(path), do="accept some with --update-baseline INPUTS")
    source: Snapshot = asking(read_snapshot(snapshot, schema, statistics, None if snapshot or schema else url), role)
    overrides = tuple(one for one in source.overrides if one.name not in SERIAL)
    source = replace(source, settings={**source.settings, **SERIAL}, overrides=overrides)
    accepted = as_owner(accepted) if accepted and not source.roles else accepted
    if to_version:
        result = check_on(to_version, source, provider, inputs, reading, role, accepted, progress)
        finish(_silence(replace(result, fail_level=fail_level)))
    base = Base(against, alembic, files)
    accepted = base_plans(base, source, provider, running, inputs, reading, role, accepted, progress)
    pending = None
    if alembic or files:
        pending = Pending(alembic, files, source, running, provider, progress, accepted)
    with start_twin(source, provider, prepare=pending.prepare if pending else None, size_of=size_of) as twin:
        progress.notes(twin.notes)
        accepted = pending.accepted if pending else accepted
        failed = pending.failed if pending else []
        analysed = analysed_inputs(inputs, reading, twin, role) if inputs else None
        statements = statements_of(analysed, accepted, twin)
        unanalysed = analysed.unanalysed if analysed else {}
        if update_baseline and failed:
            what = f"nothing was accepted: {len(failed)} pending revisions did not go through"
            raise ProofError(what, where=str(path), do="look above for each; leave one out with --skip REV")
        if update_baseline:
            assert path
            baseline, refused = _recorded(statements, twin, source, accepted, analysed, redact=redact)
            if not baseline.queries:
                raise UsageError(
                    "there is no plan to accept",
                    where=str(path),
                    do="name inputs with queries on the snapshot's tables",
                )
            baseline = accepted_baseline(accepted, baseline, (*only, *accept), reason, prune=prune)
            if redact:
                progress.note(NOTE)
            save_baseline(baseline, path)
            progress.note(_told(baseline, accepted, path))
            for key, why in sorted(refused.items()):
                progress.warn(f"query {key} cannot be planned and is not in the baseline: {why.reason}")
            for line in summary(unanalysed):
                progress.warn(line)
            return
        accepted = accepted or empty_baseline(twin)
        _same_major(accepted, twin, path)
        proposing = Proposing(analysed, twin, proposals)
        result = check(
            accepted,
            statements,
            twin.schema,
            twin.statistics,
            twin.what_if,
            settings={**source.settings, **(pending.settings if pending else {})},
            known_references=pending.references if pending else frozenset(),
            touched=frozenset(one.table for one in pending.touched if one.table) if pending else frozenset(),
            propose=proposing,
            captured=source.captured,
            assumed=pending.assumed if pending else {},
        )
        proposing.write()
        if pending:
            found = blamed(result.verdicts, accepted, pending.touched)
            ahead = pending.ahead(readings_of(accepted, analysed))
            result = replace(result, verdicts=ordered((*found, *lint(ahead))))
        if path and not result.checked and not result.verdicts:
            raise UsageError("0 queries were checked", where=str(path), do="accept some with --update-baseline INPUTS")
        result = replace(
            result,
            notes=(*source.notes, *stale(source.captured), *twin.notes, *(analysed.notes if analysed else ())),
            unanalysed=unanalysed,
        )
        result = replace(
            result,
            verdicts=ranked(result.verdicts, calls_a_day(analysed, accepted), sites_of(analysed)),
            unapplied=tuple(one.what for one in failed),
            fail_level=fail_level,
            queries=_texts(accepted, statements),
        )
        result = _silence(result)
    finish(result)


def _texts(accepted: Baseline, statements: Statements) -> dict[str, str]:
    """Return the text of every query that is checked, by id."""
    known = {key: query.text for key, query in accepted.queries.items()}
    return dict(sorted({**{key: text for key, (text, _) in statements.items()}, **known}.items()))


def _refuse_without_subject(
    path: Path | None,
    migrates: bool,
    to_version: int | None,
    inputs: tuple[str, ...],
    against: str | None,
    *,
    update: bool,
) -> None:
    """Raise `UsageError` where there is nothing to compare with, or two things at once."""
    if against and (update or not migrates):
        raise UsageError("--against compares migrations", do="give --alembic or --migrations, no --update-baseline")
    if to_version and (migrates or update):
        raise UsageError("--to-version compares two versions and nothing else", do="leave migrations and updates out")
    if path is None and not (migrates or (to_version and inputs)):
        raise UsageError("there is nothing to compare with", do="name the committed plans with --baseline plans.json")
    if path is None and update:
        raise UsageError("--update-baseline needs a file to write", do="name it with --baseline plans.json")


def _silence(result: CheckResult) -> CheckResult:
    """Return the result without what `[tool.advisor]` suppresses, which the notes tell."""
    from advisor.gate.silenced import silenced
    from advisor.rules.suppress import read_suppressions

    where, entries, _ = click.get_current_context().find_root().obj or ("", (), {})
    left = silenced(result.verdicts, read_suppressions(entries, where), datetime.now(UTC).date(), where)
    return replace(result, verdicts=left.verdicts, notes=(*result.notes, *left.notes))


def _refuse_contradictions(
    update: bool, redact: bool, prune: bool, only: tuple[str, ...], accept: tuple[str, ...], reason: str | None
) -> None:
    """Raise `UsageError` for options that mean nothing together."""
    for given, name in ((redact, "--redact"), (prune, "--prune"), (only, "--only")):
        if given and not update:
            raise UsageError(f"{name} concerns the baseline that is written", do="give it with --update-baseline")
    if (only or accept) and prune:
        raise UsageError("--prune and --only contradict each other", do="give one of them")
    if reason and not accept:
        raise UsageError("--reason is that of --accept", do="name the query with --accept ID")
    if accept and not reason:
        raise UsageError("--accept needs a reason", do="say with --reason why the plan is wanted")


def _told(baseline: Baseline, before: Baseline | None, path: Path) -> str:
    """Return the line that says what was accepted."""
    old = before.queries if before else {}
    kept = sum(1 for key, query in baseline.queries.items() if old.get(key) == query)
    same = f", {kept} of them as they were" if kept else ""
    return f"accepted the plans of {len(baseline.queries)} queries{same}: {path}"


def _recorded(
    statements: Statements,
    twin: Twin,
    source: Snapshot,
    accepted: Baseline | None,
    analysed: Analysed | None,
    *,
    redact: bool,
) -> tuple[Baseline, Mapping[str, Refused]]:
    """Return the baseline of today's plans, without values if so asked, and what cannot be planned."""
    from advisor.gate.as_of_then import moving
    from advisor.gate.check_plans import record
    from advisor.gate.merge_baseline import with_known
    from advisor.gate.redact_baseline import emptied, redacted
    from advisor.pipeline.gate_inputs import calls_a_day

    known = (
        twin.schema, twin.statistics, twin.what_if, source.settings, calls_a_day(analysed, accepted), source.captured,
    )  # fmt: skip
    wanted = with_known(statements, accepted, moving(accepted, source.captured))
    baseline, refused = record(redacted(wanted) if redact else wanted, *known)
    if refused:
        again = {key: statements[key] for key in refused}
        more, refused = record(emptied(again) if redact else again, *known)
        baseline = replace(baseline, queries=dict(sorted({**baseline.queries, **more.queries}.items())))
    return baseline, refused


def _same_major(baseline: Baseline, twin: Twin, path: Path | None) -> None:
    if baseline.server_major != twin.schema.major:
        raise UsageError(
            f"the baseline was accepted on PostgreSQL {baseline.server_major}, the twin is {twin.schema.major}",
            where=str(path) if path else None,
            do="plans of different versions cannot be compared: choose --twin, or accept anew with --update-baseline",
        )
