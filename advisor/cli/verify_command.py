"""`advisor verify`: proves revisions, the advisor's or anybody's, on a throw-away server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.capture.conninfo import connection_parameters
from advisor.cli.options.shared_options import filter_options, full_option, revision_options
from advisor.errors import AdvisorError, UsageError
from advisor.progress import Progress

if TYPE_CHECKING:
    from advisor.catalog.index import IndexDefinition
    from advisor.pipeline.straight_line import Analysed
    from advisor.revisions.revision import Revision
    from advisor.twin.start import Twin
    from advisor.verify.proof import Proof
    from advisor.verify.rows.rows_database import RowsDatabase
    from advisor.verify.running.runner import RunOptions
    from advisor.verify.running.upgrade import History
    from advisor.workload.filtering.capture_filters import Filters


@click.command(short_help="Prove revisions on a throw-away server.")
@click.argument("inputs", nargs=-1)
@click.option("--alembic", type=click.Path(path_type=Path), default="alembic.ini", show_default=True,
              help="Alembic's configuration.")  # fmt: skip
@click.option("--name", "section", default="alembic", show_default=True, help="Section of the ini file.")
@click.option("--snapshot", type=click.Path(path_type=Path), required=True, help="Folder of `advisor snapshot`.")
@click.option("--revisions", "wanted", help="FROM:TO, like Alembic's; what the snapshot has not applied by default.")
@click.option("--report", type=click.Path(path_type=Path), help="JSON report: also prove which queries use the index.")
@click.option("--data", help="URL of a copy with rows: also compare run times, on a copy of the copy.")
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    help="Make rows from the snapshot's statistics, so many in the largest table; prove and measure on them.",
)
@click.option("--seed", default=1, show_default=True, help="Seed of --rows: the same seed makes the same rows.")
@click.option("--seconds", default=60.0, show_default=True, help="Time to measure with --data or --rows.")
@click.option(
    "--load", is_flag=True, help="With --rows: also run the workload's mix by many clients, before and after."
)
@click.option("--clients", type=click.IntRange(min=1), default=100, show_default=True, help="Clients of --load.")
@click.option(
    "--slower",
    "limit",
    type=click.FloatRange(min=1.0, min_open=True),
    default=1.5,
    show_default=True,
    help="Factor by which a query may get slower on rows before its revision is one to revert.",
)
@click.option("--role", help="Role to plan queries as that nobody is known to have run; the owner when not given.")
@click.option("--twin", "provider", default="auto", help="auto, embedded, local, container or a URL.")
@filter_options
@revision_options
@full_option
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def command(
    inputs: tuple[str, ...],
    alembic: Path,
    section: str,
    snapshot: Path,
    wanted: str | None,
    report: Path | None,
    data: str | None,
    rows: int | None,
    seed: int,
    seconds: float,
    limit: float,
    load: bool,
    clients: int,
    role: str | None,
    provider: str,
    quiet: bool,
    running: RunOptions,
    filters: Filters,
) -> None:
    """Prove every index revision that is pending: it builds what it says, can be undone, fails loudly and heals.

    With the workload INPUTS and the --report that came of them, also that the queries it names use the index; with
    INPUTS and --data, what the queries take before and after, and which revision to revert since a query got slower.
    --rows needs no copy: it makes rows that the planner sees as production's, and builds and breaks on them, too.
    Exit status 1 when a proof fails or a revision is to be reverted. Your env.py is never run, and no database of
    yours is connected to, except the one that --data names.

    \b
    advisor verify --snapshot prod/ --alembic alembic.ini
    advisor verify prod.log --snapshot prod/ --revisions 3f2a:head --report report.json
    advisor verify prod.log --snapshot prod/ --data postgresql://localhost/copy_of_prod
    advisor verify prod.log --snapshot prod/ --rows 200000 --load --clients 100
    """
    from advisor.catalog.snapshot import load_snapshot
    from advisor.output.terminal.screen import on_screen
    from advisor.output.unanalysed import summary
    from advisor.pipeline.straight_line import analyse_workload, asking
    from advisor.revisions.read_contract import read_report
    from advisor.twin.start import start_twin
    from advisor.verify.discover_changes import index_revisions
    from advisor.verify.running.upgrade import History
    from advisor.workload.collect import collect

    _refuse(inputs, report, data, rows)
    if load and not (rows and inputs):
        raise UsageError("--load needs --rows and INPUTS", do="say how many rows to make, and which workload to run")
    if report:
        read_report(report)
    progress = Progress(quiet=quiet)
    source = asking(load_snapshot(snapshot), role)
    start, to = _range(wanted, source.alembic_version)
    with History.open(alembic, section, running) as history:
        with start_twin(source, provider) as twin:
            known = replace(history, superuser=None if "://" in provider else twin.superuser_url)
            with progress.step("ran the revisions"):
                found = index_revisions(
                    known, twin.superuser_url, source.restorable_sql, start, to, source.settings_of_database
                )
            for note in (*found.notes, *(f"{made} was made for the revisions" for made in known.made)):
                progress.note(note)
            analysed = analyse_workload(collect(inputs, filters=filters), twin, role) if inputs else None
            told = (*source.notes, *((*analysed.notes, *summary(analysed.unanalysed)) if analysed else ()))
            known = known.without(*(one.revision for one in found.failed))
            with _filled(twin, rows, seed, progress) as made:
                with progress.step(f"proved {len(found.revisions)} revisions"):
                    proof = _prove(found.revisions, start, twin, known, report, analysed, made)
                proof = replace(proof, revisions=(*found.failed, *proof.revisions), notes=(*told, *proof.notes))
                if made and analysed:
                    with progress.step("measured run times on the rows made"):
                        place = _Place(made.scratch.url, twin.superuser_url)
                        proof = _timed(proof, known, place, analysed, start, to, seconds, limit)
                    if load:
                        with progress.step(f"ran the load of {clients} clients"):
                            tables = [one.definition for one in found.revisions if one.definition]
                            proof = _loaded(proof, known, place, analysed, tables, start, to, seconds, clients, seed)
        if data and analysed:
            try:
                with progress.step("measured run times"):
                    proof = _timed(proof, history, _Place(data), analysed, start, to, seconds, limit)
            except AdvisorError:
                click.echo(on_screen(_text(proof)))  # what was proven stands, whatever became of the measuring
                raise
    click.echo(on_screen(_text(proof)))
    if proof.passed and proof.revisions:
        progress.next(f"alembic -c {alembic} upgrade head")
    raise SystemExit(0 if proof.passed else 1)


def _refuse(inputs: Sequence[str], report: Path | None, data: str | None, rows: int | None) -> None:
    """Raise `UsageError` for options that do not go together, before any work."""
    if (report or data) and not inputs:
        raise UsageError("--report and --data need INPUTS", do="give the workload files that the report came from")
    if inputs and not (report or data or rows):
        raise UsageError("INPUTS need --report, --data or --rows", do="say what the workload is for")
    if rows and data:
        raise UsageError("--rows and --data exclude each other", do="give --data alone where there is a copy with rows")
    if data:
        connection_parameters(data)


@contextlib.contextmanager
def _filled(twin: Twin, rows: int | None, seed: int, progress: Progress) -> Iterator[RowsDatabase | None]:
    """Yield a database with rows made from the twin's statistics, nothing when none are asked for."""
    from advisor.verify.rows.rows_database import rows_database

    if rows is None:
        yield None
        return
    with contextlib.ExitStack() as stack:
        with progress.step(f"made rows from the statistics, seed {seed}"):
            made = stack.enter_context(
                rows_database(twin.superuser_url, twin.snapshot, twin.schema, twin.statistics, rows, seed)
            )
        yield made


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
    history: History,
    report: Path | None,
    analysed: Analysed | None,
    made: RowsDatabase | None,
) -> Proof:
    from advisor.revisions.read_contract import proposal_of, read_report
    from advisor.verify.prove import prove
    from advisor.verify.use import use_on_twin

    proposals = [proposal_of(item) for item in read_report(report).proposals] if report else []
    by_name = {proposal.name: proposal.id for proposal in proposals}
    check = use_on_twin(twin.what_if, analysed.statements, proposals) if report and analysed else None
    proof = prove(
        [replace(revision, proposal=by_name.get(revision.index, "")) for revision in revisions],
        url=twin.superuser_url,
        history=history,
        proposals=proposals,
        schema_sql=twin.snapshot.restorable_sql,
        settings=twin.snapshot.settings_of_database,
        start=start,
        plan_check=check,
        server=twin.description,
        rows=made.scratch if made else None,
    )
    if made is None:
        return proof
    total = f"{sum(made.rows.values()):,} rows made from the statistics"
    return replace(proof, server=f"{proof.server}, {total}", notes=(*proof.notes, *made.notes))


@dataclass(frozen=True, slots=True)
class _Place:
    """A database with rows, and the superuser's URL where it is ours."""

    url: str
    superuser: str | None = None


def _timed(
    proof: Proof,
    history: History,
    place: _Place,
    analysed: Analysed,
    start: Sequence[str],
    to: str,
    seconds: float,
    limit: float,
) -> Proof:
    """Return the proof with run times and verdicts; on a team's own copy, what writes is not run, and counted."""
    from advisor.verify.measuring.on_data import effects_on_data

    reading = {
        key: bound
        for key, bound in analysed.statements.items()
        if key not in analysed.unanalysed and (place.superuser or analysed.shapes[key].kind == "select")
    }
    found = effects_on_data(
        history, place.url, reading, start=start, to=to, seconds=seconds, limit=limit, administration=place.superuser
    )
    proof = found.added_to(proof)
    left_out = len(analysed.statements) - len(found.timings) - len(found.failures)
    writing = "" if place.superuser else "they write, "
    note = f"{left_out} queries were not timed: {writing}were not analysed, or no values are known for them"
    return replace(proof, notes=(*proof.notes, *([note] if left_out else [])))


def _loaded(
    proof: Proof,
    history: History,
    place: _Place,
    analysed: Analysed,
    definitions: Sequence[IndexDefinition],
    start: Sequence[str],
    to: str,
    seconds: float,
    clients: int,
    seed: int,
) -> Proof:
    """Return the proof with the load before and after."""
    from advisor.verify.measuring.load_compared import load_compared
    from advisor.verify.measuring.timing import with_values

    failed = {one.query for one in proof.failures}
    chosen = {key: one for key, one in with_values(analysed.statements).items() if key not in failed}
    calls = {query.id: query.calls for query in analysed.workload.queries}
    tables = sorted({(one.schema, one.table) for one in definitions})
    load = load_compared(
        history, place.url, chosen, calls, tables, start=start, to=to, clients=clients, seconds=max(1.0, seconds / 4),
        seed=seed, administration=place.superuser,
    )  # fmt: skip
    return replace(proof, load=load)


def _text(proof: Proof) -> str:
    """Return one block per revision, one line per step, and the table of run times."""
    from advisor.output.formats.text import timings_table
    from advisor.output.measured_on_rows import measured_lines

    lines = [f"Proof on {proof.server}"]
    for one in proof.revisions:
        lines += ["", f"{one.revision}  {one.index}  {'proven' if one.passed else 'FAILED'}"]
        lines += [f"  {'ok' if step.passed else 'NO':<3} {step.name:<14} {step.detail}".rstrip() for step in one.steps]
    if not proof.revisions:
        lines += ["", "no pending revision touches an index"]
    if proof.timings:
        lines += ["", timings_table(proof.timings)]
    lines += measured_lines(proof)
    return "\n".join([*lines, *(f"note: {note}" for note in proof.notes)])
