"""What the executions of a block were, for the few of them that are looked at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from advisor.workload.counting.tally import Coded
from advisor.workload.loops.steps import Content, content_of_row


def contents_of(coded: Coded, picked: NDArray[np.int64]) -> list[Content]:
    """Return what the picked rows were, column by column: that is much faster than row by row."""
    rows, keys = coded.rows, coded.keys
    places = picked.tolist()
    texts, parameters, returned = rows.text, rows.parameters, rows.returned
    people = [rows.backends[number] for number in rows.backend[picked].tolist()]
    columns = zip(
        [texts[row] for row in places],
        [parameters.get(row) for row in places],
        [who.application for who in people],
        [keys[number] for number in coded.key[picked].tolist()],
        [who.session for who in people],
        [returned.get(row) for row in places] if returned else [None] * len(places),
        strict=True,
    )
    return list(map(content_of_row, columns))
