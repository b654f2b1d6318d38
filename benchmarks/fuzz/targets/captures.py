"""Inputs of capture: each log format, transports, exports, workload files, plain SQL."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile
from collections.abc import Sequence

from advisor.capture.lines.infer import infer_prefix
from advisor.capture.lines.prefix import compile_prefix, taken_apart
from advisor.output.coverage_report import coverage_json, coverage_text, left_out
from advisor.workload.collect import collect
from advisor.workload.model import Workload
from advisor.workload.redact_workload import redacted
from advisor.workload.store import decode, encode
from benchmarks.fuzz.judge import shown, spoken
from benchmarks.fuzz.record import PREFIXES
from benchmarks.fuzz.structures import cells_changed, json_changed, tokens_changed
from benchmarks.fuzz.target import Place, Target, seeds


def captured(data: bytes, place: Place, *, prefix: str | None = None) -> None:
    """Capture the input as `advisor capture` does, with and without values, and read the workload file again."""
    path = place.write("input", data)
    workload = spoken(collect([str(path)], log_line_prefix=prefix, jobs=1))
    said(workload)
    written = encode(redacted(workload))
    said(decode(written, "workload"))


def said(workload: Workload) -> None:
    """Say what was captured."""
    shown(coverage_text(workload), "the coverage report")
    coverage_json(workload)
    for coverage in workload.inputs:
        shown(left_out(coverage), "a warning")


def packed(rng: random.Random, data: bytes) -> bytes:
    """Return a file compressed or archived."""
    buffer = io.BytesIO()
    what = rng.randrange(4)
    if what == 0:
        return gzip.compress(data, 1)
    if what == 1:
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("a.log", data)
            archive.writestr("b/c.log", data[: len(data) // 2])
    else:
        with tarfile.open(fileobj=buffer, mode="w:gz" if what == 2 else "w") as tar:
            for name in ("log/a.log", "log/b.log"):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def inferred(data: bytes, place: Place) -> None:
    """Infer the prefix of a log's beginning, and compile it."""
    guess = infer_prefix(data)
    if guess is not None:
        compile_prefix(guess.prefix)
        taken_apart(guess.prefix, guess.line)


def prefixed(data: bytes, place: Place) -> None:
    """Read a log with a prefix that somebody made up."""
    log = seeds("stderr")[len(data) % len(seeds("stderr"))]
    captured(log, place, prefix=data.decode("utf-8", "replace"))


def targets() -> Sequence[Target]:
    """Return the targets."""
    logs, workloads = seeds("stderr"), seeds("workload")
    return (
        Target("stderr log", captured, logs, weight=2.0),
        Target("csvlog", captured, seeds("csvlog"), (cells_changed,), weight=1.5),
        Target("jsonlog", captured, seeds("jsonlog"), (json_changed,), weight=1.5),
        Target("syslog", captured, seeds("syslog"), weight=1.5),
        Target("envelopes", captured, seeds("envelopes"), (json_changed, cells_changed), weight=2.0),
        Target("exports", captured, seeds("exports"), (json_changed, cells_changed), weight=3.0),
        Target("packed logs", captured, (*logs[:2], *seeds("exports")[:2]), (packed,), weight=0.7),
        Target("plain SQL", captured, (*seeds("statements"), *seeds("dump")), (tokens_changed,), weight=1.0),
        Target("workload file", captured, workloads, (json_changed,), weight=1.5),
        Target("prefix inference", inferred, logs, weight=1.5),
        Target("given prefix", prefixed, tuple(prefix.encode() for prefix in PREFIXES.values()), weight=0.5),
    )
