"""`advisor verify`: proves revisions, the advisor's or anybody's, on a throw-away server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.errors import UsageError
from advisor.progress import Progress

if TYPE_CHECKING:
    from advisor.revisions.revision import Revision
    from advisor.twin.start import Twin
    from advisor.verify.proof import Proof


@click.command(short_help="Prove revisions on a throw-away server.")
@click.argument("inputs", nargs=-1)
@click.option("--alembic", type=click.Path(path_type=Path), default="alembic.ini", show_default=True)
@click.option("--name", "section", default="alembic", show_default=True, help="Section of the ini file.")
@click.option("--snapshot", type=click.Path(path_type=Path), required=True, help="Folder of `advisor snapshot`.")
@click.option("--revisions", "wanted", help="FROM:TO, like Alembic's; what the snapshot has not applied by default.")
@click.option("--report", type=click.Path(path_type=Path), help="JSON report: also prove which queries use the index.")
@click.option("--twin", "provider", default="auto", help="auto, embedded, local, container or a URL.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def command(
    inputs: tuple[str, ...],
    alembic: Path,
    section: str,
    snapshot: Path,
    wanted: str | None,
    report: Path | None,
    provider: str,
    quiet: bool,
) -> None:
    """Prove every index revision that is pending: it builds what it says, can be undone, fails loudly and heals.

    With --report and the workload INPUTS it came from, also that the queries it names use the index. Exit status 1
    when a proof fails. Your env.py is never run, and no database of yours is connected to.

    \b
    advisor verify --snapshot prod/ --alembic alembic.ini
    advisor verify --snapshot prod/ --revisions 3f2a:head --report report.json prod.log
    """
    from advisor.catalog.snapshot import load_snapshot
    from advisor.twin.start import start_twin
    from advisor.verify.discover import index_revisions
    from advisor.verify.upgrade import History

    if bool(report) != bool(inputs):
        raise UsageError(
            "--report and INPUTS belong together", do="give the report and the workload files it came from"
        )
    progress = Progress(quiet=quiet)
    source = load_snapshot(snapshot)
    start, to = _range(wanted, source.alembic_version)
    history = History.open(alembic, section)
    with start_twin(source, provider) as twin:
        with progress.step("ran the revisions"):
            revisions, notes = index_revisions(history, twin.url, source.schema_sql, start, to)
        for note in notes:
            progress.note(note)
        with progress.step(f"proved {len(revisions)} revisions"):
            proof = _prove(revisions, start, twin, alembic, section, report, inputs)
    click.echo(_text(proof))
    raise SystemExit(0 if proof.passed else 1)


def _range(wanted: str | None, applied: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Return where the range starts and its end."""
    if wanted is None:
        return tuple(applied), "heads"
    start, colon, end = wanted.partition(":")
    if not colon:
        raise UsageError(f"--revisions {wanted}: a range has a colon", do="write FROM:TO, for example 3f2a:head")
    return (start,) if start and start != "base" else (), end or "heads"


def _prove(
    revisions: Sequence[Revision],
    start: Sequence[str],
    twin: Twin,
    alembic: Path,
    section: str,
    report: Path | None,
    inputs: Sequence[str],
) -> Proof:
    from dataclasses import replace

    from advisor.cli.migrate import proposals_of, read_report
    from advisor.cli.pipeline import analyse_workload
    from advisor.verify.prove import prove
    from advisor.verify.use import use_on_twin
    from advisor.workload.collect import collect

    proposals = proposals_of(read_report(report), report) if report else []
    by_name = {proposal.name: proposal.id for proposal in proposals}
    check = None
    if report:
        check = use_on_twin(twin.what_if, analyse_workload(collect(inputs), twin).statements, proposals)
    return prove(
        [replace(revision, proposal=by_name.get(revision.index, "")) for revision in revisions],
        url=twin.url,
        config=alembic,
        proposals=proposals,
        schema_sql=twin.snapshot.schema_sql,
        start=start,
        plan_check=check,
        server=twin.description,
        section=section,
    )


def _text(proof: Proof) -> str:
    """Return one block per revision, one line per step."""
    lines = [f"Proof on {proof.server}"]
    for one in proof.revisions:
        lines += ["", f"{one.revision}  {one.index}  {'proven' if one.passed else 'FAILED'}"]
        lines += [f"  {'ok' if step.passed else 'NO':<3} {step.name:<14} {step.detail}".rstrip() for step in one.steps]
    if not proof.revisions:
        lines += ["", "no pending revision touches an index"]
    return "\n".join([*lines, *(f"note: {note}" for note in proof.notes)])
