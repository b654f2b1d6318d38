"""`advisor check --to-version`: the same snapshot on twins of two major versions, and the plans that differ."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from advisor.catalog.snapshot import Snapshot
from advisor.errors import UsageError
from advisor.gate.baseline import Baseline
from advisor.gate.check_plans import Statements, check, record
from advisor.gate.upgraded import upgraded
from advisor.gate.verdict import CheckResult
from advisor.pipeline.gate_inputs import ReadOptions, analysed_inputs, statements_of
from advisor.pipeline.straight_line import size_of
from advisor.progress import Progress
from advisor.twin.start import Twin, start_twin


def check_on(
    version: int,
    source: Snapshot,
    provider: str,
    inputs: tuple[str, ...],
    reading: ReadOptions,
    role: str | None,
    accepted: Baseline | None,
    progress: Progress,
) -> CheckResult:
    """Return how the plans of the inputs, or of the baseline, change from the snapshot's version to another.

    Raises `UsageError` where a twin of either version cannot be had, or there is no query.
    """
    if version == source.major:
        raise UsageError(f"the snapshot is of PostgreSQL {version} already", do="name the version to go to")
    with _twin(source, source.major, provider, progress) as twin:
        analysed = analysed_inputs(inputs, reading, twin, role) if inputs else None
        statements: Statements = statements_of(analysed, accepted, twin)
        known = (twin.schema, twin.statistics, twin.what_if, source.settings)
        before, refused = record(statements, *known, captured=source.captured)
        notes = (*source.notes, *twin.notes, *(analysed.notes if analysed else ()))
    if not before.queries:
        raise UsageError("0 queries were checked", do="name inputs with queries, or a baseline that holds some")
    with _twin(source, version, provider, progress) as twin:
        result = check(before, {}, twin.schema, twin.statistics, twin.what_if, captured=source.captured)
        notes = (*notes, *(note for note in twin.notes if note not in notes))
    unanalysed = {**(analysed.unanalysed if analysed else {}), **{key: one.reason for key, one in refused.items()}}
    texts = {key: query.text for key, query in before.queries.items()}
    result = replace(result, notes=notes, unanalysed=unanalysed, queries=texts)
    return upgraded(result, source.major, version)


@contextmanager
def _twin(source: Snapshot, version: int, provider: str, progress: Progress) -> Iterator[Twin]:
    """Yield a twin of exactly this version."""
    asked = source if version == source.major else replace(source, server_version=version * 10_000)
    with start_twin(asked, provider, size_of=size_of) as twin:
        if twin.schema.major != version:
            raise UsageError(
                f"there is no PostgreSQL {version} here to plan on (the nearest is {twin.schema.major})",
                do=f"install PostgreSQL {version}, or give --twin container",
            )
        progress.note(f"plans on {twin.description}")
        yield twin
