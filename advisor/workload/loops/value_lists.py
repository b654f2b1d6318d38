"""Lists of values that executions were given (`IN (…)`, `= ANY`, array parameters): lengths and contents."""

from __future__ import annotations

import re

from advisor.workload.loops.known_keys import KnownKeys
from advisor.workload.loops.steps import Content
from advisor.workload.loops.vectors import Executions, columns, executions, shown

VALUES = re.compile(rb"\bin\s*\(([^()]*)\)", re.I)
ARRAY = re.compile(rb"\bany\s*\(", re.I)
ARRAYS = re.compile(rb"'\{([^']*)\}'")

FEW = 4
"""Values that a list may hold and still be that of one row, if others hold fewer: else they are a batch."""


def lists(of: Executions) -> tuple[int, int]:
    """Return the values of the shortest and the longest list that a query's executions were given; 1 without a list."""
    sizes = {match[1].count(b",") + 1 for key in of.keys for match in VALUES.finditer(key)}
    if any(ARRAY.search(key) for key in of.keys):
        for text, parameters in zip(of.texts, of.parameters, strict=True):
            sizes.update(one.count(b",") + 1 for one in ARRAYS.findall(text) + ARRAYS.findall(parameters or b""))
    return (min(sizes), max(sizes)) if sizes else (1, 1)


def listed_values(content: Content, keys: KnownKeys) -> set[str | None] | None:
    """Return the values of a statement's list of literals or array parameter, `None` when it has none."""
    found = columns(executions([content]), keys.slot_map)
    if found is None:
        return None
    held: set[str | None] = set()
    for column in found.values():
        token = column[0]
        if token.startswith(b"'{") and token.endswith(b"}'"):
            held.update(item.strip('"') for item in token[2:-2].decode("utf-8", "replace").split(","))
        elif b"," in token and not token.startswith(b"'{"):
            held.update(shown(item) for item in token.split(b","))
    return held or None
