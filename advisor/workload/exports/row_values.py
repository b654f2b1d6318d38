"""Values from exports whose texts still hold them: plain SQL files, pg_stat_activity, pg_stat_monitor unnormalised."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from advisor.capture.events import StatementRow
from advisor.workload.counting.partial_aggregates import Entry, Kept
from advisor.workload.counting.text_slots import slot_map
from advisor.workload.merging.finish import query as finished
from advisor.workload.model import Query

PLANNABLE = re.compile(
    r"(?:\s++|--[^\n]*+(?:\n|$)|/\*(?:[^*]++|\*(?!/))*+\*/|\()*+(?:SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|VALUES)\b",
    re.IGNORECASE,
)
PARAMETER = re.compile(r"\$[0-9]")


def with_values(query: Query, rows: Sequence[StatementRow]) -> Query:
    """Return the query with normalised text, samples and slots where its rows' texts hold values, else as it is."""
    if query.fingerprint is None or PARAMETER.search(query.text) or not PLANNABLE.match(query.text):
        return query
    slots = slot_map(query.text.encode())
    if slots is None or not slots.slots:
        return query
    kept = [
        Kept(rank, row.text.strip().rstrip(";").encode(errors="replace"), None, -1)
        for rank, row in enumerate(sorted(rows, key=lambda row: row.text))
        for _ in range(min(int(row.calls), 512))
    ]
    entry = Entry(query.text.encode(), query.fingerprint, None, calls=len(kept), kept=kept)
    made = finished(query.id, b"", entry, query.inputs)
    return replace(query, text=made.text, samples=made.samples, slots=made.slots)
