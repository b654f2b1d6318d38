"""The one entry of capture: inputs of any kind in, one `Workload` out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from advisor.capture.coverage import InputCoverage, Skipped
from advisor.capture.detect import Detected, detect
from advisor.capture.exports import read_export
from advisor.capture.exports.export import StatementExport
from advisor.capture.exports.live import read_live
from advisor.capture.record import Losses
from advisor.capture.source import DATABASE_URL, HEAD, Source, expand
from advisor.errors import InputError
from advisor.workload import store
from advisor.workload.block import BlockReader
from advisor.workload.blocks import log_blocks
from advisor.workload.finish import names, queries
from advisor.workload.finish_loops import loops
from advisor.workload.merge import merge
from advisor.workload.model import Workload
from advisor.workload.partial import Partial
from advisor.workload.rows import workload_of
from advisor.workload.sessions import OpenUnits

Progress = Callable[[str, int], None]
"""Called with an input's name and the bytes of it read so far."""


def collect(
    inputs: Sequence[str],
    *,
    log_line_prefix: str | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Workload:
    """Return what logs, exports and workload files, in any mixture, amount to together.

    Raises `InputError`, naming the input, when one cannot be read or nothing in it was understood.
    """
    logs: list[tuple[Source, Detected]] = []
    exports: list[StatementExport] = []
    workloads: list[Workload] = []
    for url in filter(DATABASE_URL.match, inputs):
        exports.extend(read_live(url))
    for source in expand([name for name in inputs if not DATABASE_URL.match(name)]):
        head = source.head(HEAD)
        if store.sniff(head) > 0:
            workloads.append(store.load_workload(source))
            continue
        detected = detect(head, source.name)
        if detected.export:
            exports.extend(read_export(source, detected))
        else:
            logs.append((source, detected))
    if logs:
        workloads.append(_logs(logs, log_line_prefix, progress))
    if exports:
        workloads.append(workload_of(exports))
    return workloads[0] if len(workloads) == 1 else merge(workloads)


def _logs(logs: Sequence[tuple[Source, Detected]], prefix: str | None, progress: Progress | None) -> Workload:
    whole, open_units = Partial(), OpenUnits()
    covered: list[InputCoverage] = []
    for source, detected in logs:
        partial, coverage = _log(source, detected, prefix, progress, open_units)
        whole.merge(partial)
        covered.append(coverage)
    inputs = tuple(coverage.name for coverage in covered)
    named = names(whole)
    found = loops(open_units.finish(), lambda key: named.get(key, key[0]))
    begin, end = (None if time is None else time / 1e6 for time in (whole.begin, whole.end))
    return Workload(queries(whole, inputs), found, tuple(covered), begin, end)


def _log(
    source: Source, detected: Detected, prefix: str | None, progress: Progress | None, open_units: OpenUnits
) -> tuple[Partial, InputCoverage]:
    reader = detected.reader.reader(detected.inner, prefix)
    block_reader = BlockReader(reader, detected.envelopes)

    def starts(line: bytes) -> bool:
        for envelope in detected.envelopes:
            line = envelope.unwrap(line)
        return bool(reader.starts(line))

    partial, losses = Partial(), Losses()
    size = lines = records = 0
    with source.open() as stream:
        for block, owned in log_blocks(stream, source.name, starts):
            result = block_reader.read(block, owned)
            partial.merge(result.partial)
            losses.merge(result.losses)
            open_units.add(result.loops)
            if result.partial.begin is not None:
                open_units.forget(result.partial.begin)
            size, lines, records = size + owned, lines + result.lines, records + result.records
            if progress is not None:
                progress(source.name, size)
    executions = sum(entry.calls for entry in partial.entries.values())
    if not records:
        do = "pass the server's log_line_prefix with --log-line-prefix"
        raise InputError("nothing in it was understood", where=source.name, do=do)
    skipped = {reason: Skipped(count, examples) for reason, (count, examples) in losses.reasons.items()}
    kind = " in ".join([detected.reader.NAME, *(envelope.NAME for envelope in reversed(detected.envelopes))])
    coverage = InputCoverage(source.name, kind, size, lines, records, float(executions), skipped, dict(reader.settings))
    return partial, coverage
