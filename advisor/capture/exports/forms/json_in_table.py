"""JSON as the only column of a table: `SELECT json_agg(…)` printed by psql, or written as CSV."""

from __future__ import annotations

import csv
import io
import re

from advisor.capture.exports.forms import json_rows, psql_aligned
from advisor.capture.exports.table import Table

CSV = re.compile(r'\s*"?\w+"?\n"?[\[{]')


def recognise(text: str) -> bool:
    """Return whether the text is a table of one column whose cells begin like JSON."""
    if CSV.match(text):
        return True
    if not psql_aligned.recognise(text):
        return False
    table = psql_aligned.read(text[: psql_aligned.HEAD], whole=False)
    return len(table.columns) == 1 and _cells(table).startswith(("[", "{"))


def read(text: str) -> Table:
    """Return the records of the JSON in the cells."""
    if CSV.match(text):
        rows = list(csv.reader(io.StringIO(text)))[1:]
        return json_rows.read("\n".join(row[0] for row in rows if row))
    return json_rows.read(_cells(psql_aligned.read(text, whole=False)))


def _cells(table: Table) -> str:
    return "\n".join(cell for record in table.records for cell in record.values() if cell)
