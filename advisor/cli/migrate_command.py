"""`advisor migrate`: a JSON report in, Alembic revisions (or plain SQL, or model lines) out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.errors import UsageError
from advisor.progress import Progress

if TYPE_CHECKING:
    from advisor.catalog.schema import Schema
    from advisor.indexes.proposal import IndexProposal
    from advisor.revisions.contract import ReportFile
    from advisor.rules.finding import Finding


@click.command(short_help="Write revisions for the proposals of a report.")
@click.argument("report", type=click.Path(path_type=Path), required=False)
@click.option("--alembic", type=click.Path(path_type=Path), default="alembic.ini", show_default=True,
              help="Alembic's configuration.")  # fmt: skip
@click.option("--name", "section", default="alembic", show_default=True, help="Section of the ini file.")
@click.option("--head", help="Head to build on, where there are several.")
@click.option("--version-path", help="Version folder to write to, where there are several.")
@click.option("--snapshot", type=click.Path(path_type=Path), help="Tells partitions, and indexes that are replaced.")
@click.option("--only", multiple=True, help="Write only these proposals: ids or names.")
@click.option("--sql", "as_sql", is_flag=True, help="Print plain SQL instead of writing revisions.")
@click.option("--diff", "dry_run", is_flag=True, help="Print the files instead of writing them.")
@click.option("--redact", is_flag=True, help="Leave values of production out of what revisions say.")
@click.option("--force", is_flag=True, help="Write even where env.py would break the migration.")
@click.option("--check", "checked", metavar="URL", help="Say what would make the builds wait or fail on this server.")
@click.option("--watch", "watched", metavar="URL", help="Tell the progress of the builds that run on this server.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def command(
    report: Path | None,
    alembic: Path,
    section: str,
    head: str | None,
    version_path: str | None,
    snapshot: Path | None,
    only: tuple[str, ...],
    as_sql: bool,
    dry_run: bool,
    redact: bool,
    force: bool,
    checked: str | None,
    watched: str | None,
    quiet: bool,
) -> None:
    """Write one Alembic revision per index of REPORT, a file that `advisor advise --format json` wrote.

    The paths written go to stdout, each with the Index(...) line for the model. With --check or --watch nothing is
    written: a live server is read, before or during `alembic upgrade`. --check ends with 1 when a build would wait or
    fail.

    \b
    advisor migrate report.json --alembic alembic.ini
    advisor migrate report.json --sql > indexes.sql
    advisor migrate report.json --check "$DATABASE_URL"
    advisor migrate --watch "$DATABASE_URL"
    """
    from advisor.revisions.helper import helper_source
    from advisor.revisions.plain_sql import plain_sql_script
    from advisor.revisions.project.judge_environment import check_environment, environment_of
    from advisor.revisions.read_contract import finding_of, proposal_of, read_report
    from advisor.revisions.redact_revisions import constants
    from advisor.revisions.write import write_revisions

    progress = Progress(quiet=quiet)
    if checked or watched:
        raise SystemExit(_on_the_server(checked, watched, report, only))
    if report is None:
        raise UsageError("no report given", do="give the file that advisor advise --format json wrote")
    document = read_report(report)
    found = [finding_of(item) for item in document.findings if item.statistics]
    proposals, findings = _chosen([proposal_of(item) for item in document.proposals], found, only)
    environment = None if as_sql else environment_of(alembic, section)
    schema, stamped = _production(snapshot, progress)
    if environment is None:
        click.echo(plain_sql_script(proposals, schema, findings, redact=redact), nl=False)
        return
    for finding in check_environment(environment):
        say = progress.note if finding.level == "info" else progress.warn
        say(f"env.py:{finding.line}: {finding.code} {finding.name}: {finding.what}; {finding.cures[0]}")
    revisions = write_revisions(
        proposals,
        alembic,
        head=head,
        version_path=version_path,
        queries={query.id: query.text for query in document.queries},
        schema=schema,
        dry_run=dry_run,
        force=force,
        date=_date(document),
        section=section,
        findings=findings,
        redact=redact,
        stamped=stamped,
    )
    for revision in revisions:
        if revision.existing:
            left = ", and --redact leaves it as it is" if redact else ""
            progress.note(f"{revision.path} already does this for {revision.index}{left}")
            continue
        if revision.helper:
            progress.note(f"{revision.helper} holds what all revisions need: commit it with them")
        click.echo(f"{revision.path}")
        if redact and (places := constants(revision.definition)):
            progress.warn(f"{revision.path}: constants of {places} stay, as {revision.index} needs them")
        if dry_run:
            click.echo("".join(f"+{line}" for line in revision.source.splitlines(keepends=True)))
            if revision.helper:
                click.echo(f"{revision.helper}\n" + "".join(f"+{line}\n" for line in helper_source().splitlines()))
        elif revision.model_snippet:
            click.echo("".join(f"    {line}\n" for line in revision.model_snippet.splitlines()))
    if not revisions:
        progress.note("the report proposes nothing")
    elif not dry_run:
        progress.next(f"advisor verify --snapshot DIR --alembic {alembic}")


def _on_the_server(checked: str | None, watched: str | None, report: Path | None, only: Sequence[str]) -> int:
    """Return the status of --check or --watch, which read a live server and write nothing."""
    from advisor.cli.options.deploying import check, watch
    from advisor.revisions.read_contract import proposal_of, read_report

    if checked and watched:
        raise UsageError("--check and --watch exclude each other", do="check first, then watch the upgrade")
    if watched:
        return watch(watched)
    document = read_report(report) if report else None
    proposals = [proposal_of(item) for item in document.proposals] if document else []
    return check(checked or "", _chosen(proposals, [], only)[0])


def _chosen(
    proposals: Sequence[IndexProposal], findings: Sequence[Finding], only: Sequence[str]
) -> tuple[list[IndexProposal], list[Finding]]:
    names = {proposal.id: proposal.name for proposal in proposals}
    names |= {finding.id: finding.statistics.name for finding in findings if finding.statistics}
    if unknown := sorted(set(only) - {*names, *names.values()}):
        listed = ", ".join(names.values())
        raise UsageError(f"--only {unknown[0]}: the report has no such proposal", do=f"choose from: {listed}")
    wanted = {identifier for identifier, name in names.items() if not only or {identifier, name} & set(only)}
    return (
        [proposal for proposal in proposals if proposal.id in wanted],
        [finding for finding in findings if finding.id in wanted],
    )


def _production(snapshot: Path | None, progress: Progress) -> tuple[Schema | None, tuple[str, ...]]:
    """Return the schema of a snapshot, as a twin of it has it, and the revisions it stands at."""
    if snapshot is None:
        return None, ()
    from advisor.catalog.snapshot import load_snapshot
    from advisor.twin.start import start_twin

    with progress.step("read the schema"), start_twin(load_snapshot(snapshot)) as twin:
        return twin.schema, twin.snapshot.alembic_version


def _date(document: ReportFile) -> datetime | None:
    """Return the end of the capture, so that the same report always gives the same files."""
    end = document.coverage.end
    try:
        return datetime.fromtimestamp(end, UTC).replace(microsecond=0) if end is not None else None
    except (ValueError, OverflowError, OSError):
        return None
