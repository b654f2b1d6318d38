"""pg_stat_statements, extension 1.2 to 1.13, whichever columns were selected and in whatever order and form.

Columns are found by name, never by position: the extension's version, not the server's, decides the layout, and after
a major upgrade without `ALTER EXTENSION … UPDATE` the old one stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from advisor.capture.coverage import InputCoverage
from advisor.capture.events import StatementRow
from advisor.capture.exports.document import Document, beginning
from advisor.capture.exports.export import StatementExport
from advisor.capture.exports.left_out import Tally
from advisor.capture.exports.statement_columns import EXTENSION_COLUMNS, READING, version_of
from advisor.capture.exports.statement_rows import HIDDEN, RowReader, missing
from advisor.capture.exports.table import Table, moment, number
from advisor.errors import InputError

NAME = "pg_stat_statements"

LOOKS_LIKE = 3
"""Columns of pg_stat_statements that make a table worth a word about those it lacks."""

SAME_READING_S = 60.0
"""Rows captured within this time of each other are one reading unless an entry repeats."""

Numbered = tuple[int, StatementRow]
"""Index of a record and the row made of it."""


def sniff(head: bytes) -> float:
    """Return how surely `head` begins an export of this layout."""
    table = beginning(head).table
    if table is None:
        return 0.0
    if not missing(table.columns):
        return 0.9
    return 0.2 if len(EXTENSION_COLUMNS & set(table.columns)) >= LOOKS_LIKE else 0.0


def read(document: Document, name: str) -> tuple[StatementExport, ...]:
    """Return one export per reading in the document (several where a column tells when each row was captured).

    Raises `InputError` when a column we cannot do without is missing.
    """
    table = document.table
    assert table is not None
    if lacking := missing(table.columns):
        found = ", ".join(table.columns[:12])
        do = "export with SELECT * FROM pg_stat_statements (sql/export has the ready-made query)"
        raise InputError(f"no column {' and no column '.join(lacking)}; found: {found}", where=name, do=do)
    return tuple(_readings(document, table, name))


def _readings(document: Document, table: Table, name: str) -> Iterable[StatementExport]:
    tally = Tally()
    tally.include(table.skipped)
    reader = RowReader(table)
    notes = (*_hidden(table, reader), *_unknown(reader))
    readings = _by_time(table, reader.rows(tally)) or [(None, [])]
    for position, (when, rows) in enumerate(readings):
        first = position == 0
        coverage = InputCoverage(
            name=name,
            kind=kind(table),
            size=document.size if first else 0,
            lines=document.lines if first else 0,
            records=len(rows),
            executions=sum(row.calls for _, row in rows),
            skipped=tally.skipped() if first else {},
            settings=_settings(document, table, reader) if first else {},
        )
        record = table.records[rows[0][0]] if rows else {}
        yield StatementExport(
            tuple(row for _, row in rows),
            coverage,
            captured=when,
            reset=moment(_reading_cell("reset", table, record)),
            evictions=_evictions(table, record),
            notes=notes if first else (),
        )


def _by_time(table: Table, rows: Sequence[Numbered]) -> list[tuple[float | None, list[Numbered]]]:
    """Return the rows of each reading with its time, oldest first.

    Times that differ from row to row within a reading (`clock_timestamp()`) are taken for one where no entry repeats.
    """
    column = _reading_column("captured", table)
    groups: dict[float | None, list[Numbered]] = {}
    for index, row in rows:
        groups.setdefault(moment(table.records[index].get(column)) if column else None, []).append((index, row))
    readings: list[tuple[float | None, list[Numbered]]] = []
    seen: set[tuple[str | None, str | None, bool, str]] = set()
    for when, group in sorted(groups.items(), key=lambda item: item[0] or 0.0):
        keys = {(row.user, row.database, row.top_level, row.query_id or row.text) for _, row in group}
        if readings and (when or 0.0) - (readings[-1][0] or 0.0) < SAME_READING_S and not keys & seen:
            readings[-1] = (when, [*readings[-1][1], *group])
            seen |= keys
        else:
            readings.append((when, group))
            seen = keys
    return readings


def kind(table: Table) -> str:
    """Return what the table is, with the extension's version where all of its columns are there."""
    version = version_of(table.columns)
    return f"pg_stat_statements {version} ({table.form})" if version else f"pg_stat_statements columns ({table.form})"


def _reading_column(field: str, table: Table) -> str | None:
    return next((name for name in READING[field] if name in table.columns), None)


def _reading_cell(field: str, table: Table, record: Mapping[str, str | None]) -> str | None:
    column = _reading_column(field, table)
    return record.get(column) if column else None


def _evictions(table: Table, record: Mapping[str, str | None]) -> float | None:
    try:
        return number(_reading_cell("evictions", table, record))
    except ValueError:
        return None


def _settings(document: Document, table: Table, reader: RowReader) -> dict[str, str]:
    settings = {"columns": str(len(table.columns))}
    if document.encoding != "utf-8":
        settings["encoding"] = document.encoding
    if reader.unreadable:
        settings["cells that are no numbers (left out)"] = str(reader.unreadable)
    if reader.unknown:
        settings["unknown columns (kept)"] = ", ".join(reader.unknown)
    return settings


def _unknown(reader: RowReader) -> tuple[str, ...]:
    if not reader.unknown:
        return ()
    return (f"columns we do not know were kept as they came: {', '.join(reader.unknown)}",)


def _hidden(table: Table, reader: RowReader) -> tuple[str, ...]:
    """Say how much of the load belongs to statements whose text the exporting user may not see."""
    text, total = reader.columns["text"], reader.columns["total_ms"]
    if text is None or total is None:
        return ()
    hidden = [record for record in table.records if (record.get(text) or "").strip() in HIDDEN]
    if not hidden:
        return ()
    share = _time(hidden, total, table) / (_time(table.records, total, table) or 1.0)
    return (
        f"{len(hidden)} statements ({share:.0%} of the time) belong to other users and hide their text: "
        "export as a member of pg_read_all_stats to see them",
    )


def _time(records: Iterable[Mapping[str, str | None]], column: str, table: Table) -> float:
    total = 0.0
    for record in records:
        try:
            total += number(record.get(column), table.decimal_comma) or 0.0
        except ValueError:
            continue
    return total
