"""Statement exports: the bytes of a file in, `StatementExport`s out.

Two layers: a *form* (`forms/`: CSV, JSON, psql text, …) turns text into a table of named columns; a *layout* (the
modules of this package that define `NAME`, `sniff` and `read`) turns named columns, or the text itself, into rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisor.capture.detect import Detected
    from advisor.capture.exports.export import StatementExport
    from advisor.capture.files.source import Source


def read_export(source: Source, detected: Detected) -> tuple[StatementExport, ...]:
    """Return the readings one file holds, oldest first; raises `InputError` when nothing in it was understood."""
    from advisor.capture.exports.document import Document
    from advisor.capture.files.source import HEAD, blocks
    from advisor.capture.limits import limits, written
    from advisor.capture.nul import blanked
    from advisor.errors import InputError

    with source.open() as stream:
        data = blanked(b"".join(blocks(stream, HEAD, source.name, limit=limits().document + 1)))
    most = limits().document
    cut = len(data) > most
    data = data[: data.rfind(b"\n", 0, most) + 1 or most] if cut else data
    for envelope in detected.envelopes:
        data = envelope.unwrap(data)
    exports: tuple[StatementExport, ...] = detected.reader.read(Document(data), source.name)
    if not any(export.rows for export in exports):
        lost = [f"{skip.count} × {reason}" for export in exports for reason, skip in export.coverage.skipped.items()]
        what = "no statement in it was understood" + (f" ({'; '.join(lost)})" if lost else "")
        raise InputError(what, where=source.name, do="see `advisor capture --help` for the inputs that are read")
    if cut:
        left_out = f"what follows the first {written(most)} was left out"
        note = f"{source.name}: {left_out}: export fewer statements at once, or pass --limit document=…"
        exports = (replace(exports[0], notes=(*exports[0].notes, note)), *exports[1:])
    return exports
