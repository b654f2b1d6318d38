"""Records of a table to `StatementRow`s: shared by all layouts that are rows of named columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from advisor.capture.assembly.lengths import bounded, looked_at
from advisor.capture.events import StatementRow
from advisor.capture.exports.left_out import Tally
from advisor.capture.exports.statement_columns import ALIASES, COUNTERS, RENAMED, column_of, is_known
from advisor.capture.exports.table import Table, moment, number, truth

HIDDEN = ("<insufficient privilege>", "<command string not enabled>", "<unnamed portal>")
"""What the server shows in place of a text it keeps to itself."""

Record = Mapping[str, str | None]


class RowReader:
    """Turns the records of one table into rows; knows which column holds what."""

    def __init__(self, table: Table, known: Set[str] = frozenset()) -> None:
        self.table = table
        self.unknown = tuple(name for name in table.columns if not is_known(name) and name not in known)
        self.counters = [(name, RENAMED.get(name, name)) for name in table.columns]
        self.counters = [(name, newest) for name, newest in self.counters if newest in COUNTERS]
        self.unreadable = 0
        """Cells left out because they are no numbers, in columns that a row can do without."""
        self.columns = {field: column_of(field, table.columns) for field in ALIASES}

    def rows(self, tally: Tally) -> list[tuple[int, StatementRow]]:
        """Return record index and row of every record understood; the others are counted."""
        places = self.table.places or range(1, len(self.table.records) + 1)
        rows = []
        for index, (place, record) in enumerate(zip(places, self.table.records, strict=True)):
            try:
                rows.append((index, self._row(record)))
            except ValueError as error:
                tally.add(str(error), f"record at line {place}", ", ".join(str(cell) for cell in record.values()))
        return rows

    def _cell(self, record: Record, field: str) -> str | None:
        column = self.columns[field]
        cell = record.get(column) if column else None
        return cell if cell is not None and cell.strip() else None

    def _number(self, record: Record, field: str) -> float | None:
        try:
            return number(self._cell(record, field), self.table.decimal_comma)
        except ValueError:
            raise ValueError(f"{self.columns[field]} is not a number") from None

    def _optional(self, record: Record, field: str) -> float | None:
        try:
            return self._number(record, field)
        except ValueError:
            self.unreadable += 1
            return None

    def _row(self, record: Record) -> StatementRow:
        """Return the record's row; raises `ValueError` with the reason when it is none."""
        calls, total = self._number(record, "calls"), self._number(record, "total_ms")
        mean = self._number(record, "mean_ms")
        if calls is None:
            raise ValueError("calls is empty")
        if total is None and mean is not None:
            total = mean * calls
        if total is None:
            raise ValueError("total time is empty")
        if calls < 0 or total < 0:
            raise ValueError("negative numbers")
        text = self._text(record, calls)
        return StatementRow(
            text=text,
            calls=calls,
            total_ms=total,
            rows=self._optional(record, "rows"),
            query_id=self._cell(record, "query_id"),
            user=self._cell(record, "user"),
            database=self._cell(record, "database"),
            application=self._cell(record, "application"),
            top_level=truth(self._cell(record, "top_level")),
            mean_ms=mean,
            min_ms=self._optional(record, "min_ms"),
            max_ms=self._optional(record, "max_ms"),
            stddev_ms=self._optional(record, "stddev_ms"),
            plans=self._optional(record, "plans"),
            plan_ms=self._optional(record, "plan_ms"),
            stats_since=moment(self._cell(record, "stats_since")),
            counters=self._counters(record),
            extra={name: cell for name in self.unknown if (cell := record.get(name)) is not None},
        )

    def _text(self, record: Record, calls: float) -> str:
        text = self._cell(record, "text")
        if text is None:
            raise ValueError("no statement text")
        if text.strip() in HIDDEN:
            raise ValueError(f"text hidden from the exporting user: {text.strip()}")
        if calls == 0:
            raise ValueError("never executed (calls is 0)")
        return text if len(text) < looked_at() else bounded(text.encode(errors="replace")).decode(errors="replace")

    def _counters(self, record: Record) -> dict[str, float]:
        counters: dict[str, float] = {}
        for name, newest in self.counters:
            try:
                value = number(record.get(name), self.table.decimal_comma)
            except ValueError:
                self.unreadable += 1
                continue
            if value is not None:
                counters[newest] = value
        return counters


def missing(columns: Sequence[str]) -> list[str]:
    """Return the columns without which a table holds no statement statistics, in words."""
    needed = []
    if column_of("text", columns) is None:
        needed.append("query")
    if column_of("calls", columns) is None:
        needed.append("calls")
    if column_of("total_ms", columns) is None and column_of("mean_ms", columns) is None:
        needed.append("total_exec_time (or total_time)")
    return needed
