"""Alembic revisions of a report: written, and proven."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from advisor.api.inputs import StrPath
from advisor.output.report import Report
from advisor.pipeline.straight_line import Analysed
from advisor.revisions import write
from advisor.twin.start import Twin
from advisor.verify.prove import prove_report
from advisor.verify.running.runner import RunOptions
from advisor.verify.running.upgrade import History


def write_revisions(
    report: Report,
    config: StrPath,
    twin: Twin,
    *,
    head: str | None = None,
    dry_run: bool = False,
    force: bool = False,
    redact: bool = False,
) -> Report:
    """Write one Alembic revision per index and statistics object of a report; return the report with its `revisions`.

    `config` is an alembic.ini or pyproject.toml; nothing of the checkout is run, no hook either with `dry_run`, which
    writes nothing. Raises `RevisionError` when the environment would break the migration (unless `force`), on several
    heads without `head`, and when a template does not place the body.
    """
    queries = {query.id: query.text for query in report.workload.queries}
    wanted = (report.advice.proposals, Path(config))
    revisions = write.write_revisions(
        *wanted, head=head, queries=queries, schema=twin.schema, findings=report.findings,
        dry_run=dry_run, force=force, redact=redact,
    )  # fmt: skip
    return replace(report, revisions=revisions)


def verify(
    report: Report, config: StrPath, twin: Twin, analysed: Analysed | None = None, *, options: RunOptions | None = None
) -> Report:
    """Prove a report's revisions on the twin's server; return the report with its `proof`.

    Each is upgraded, checked, downgraded and upgraded again, and made to fail and heal; with `analysed`, the queries it
    serves are planned with it. The team's `env.py` is never run; the revisions run in a process of their own, as
    `options` say. What fails is a step of the proof, not an exception.
    """
    with History.open(Path(config), options=options or RunOptions(), superuser=twin.superuser_url) as history:
        statements = analysed.statements if analysed else None
        return replace(report, proof=prove_report(report.revisions, report.advice, twin, history, statements))
