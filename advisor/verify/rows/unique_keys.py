"""Keys of several columns: rows dealt so that no combination comes twice, and what still does is found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from advisor.verify.rows.value_pool import Codes


def combined_code(columns: Sequence[Codes]) -> Codes:
    """Return one code a row for the combination of several columns."""
    found = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        _, dense = np.unique(column, return_inverse=True)
        found = found * (int(dense.max(initial=0)) + 1) + dense
        _, found = np.unique(found, return_inverse=True)
    return found.astype(np.int64)


def repeats(columns: Sequence[Codes]) -> Codes:
    """Return the rows whose combination an earlier row has; one that holds a NULL repeats nothing."""
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64)
    whole = np.all([column >= 0 for column in columns], axis=0)
    rows = np.flatnonzero(whole)
    code = combined_code([column[rows] for column in columns])
    first = np.zeros(len(rows), dtype=bool)
    first[np.unique(code, return_index=True)[1]] = True
    return rows[~first]


def dealt(others: Sequence[Codes], last: Codes, random: np.random.Generator) -> Codes:
    """Return the last column of a key dealt anew, so that rows alike in the others hardly ever get the same value.

    Rows that are alike form a group. All first places of the groups come before all second ones, and so on; the
    values, the most frequent first, are dealt along that line: as long as a value does not go round, it meets no
    group twice.
    """
    group = combined_code(others)
    shuffled = random.permutation(len(group))
    by_group = shuffled[np.argsort(group[shuffled], kind="stable")]
    sizes = np.bincount(group)
    level = np.arange(len(group)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    line = by_group[np.lexsort((group[by_group], level))]
    held = last[last >= 0]
    counts = np.bincount(held) if len(held) else np.zeros(0, dtype=np.int64)
    frequent = np.argsort(-counts, kind="stable")
    values = np.concatenate([np.repeat(frequent, counts[frequent]), np.full(len(last) - len(held), -1, dtype=np.int64)])
    found = np.empty_like(last)
    found[line] = values
    return found


def mended(others: Sequence[Codes], last: Codes, values: int, random: np.random.Generator, rounds: int = 4) -> Codes:
    """Return the last column with other values by chance for the rows that repeat a combination."""
    found = last.copy()
    for _ in range(rounds if values > 1 else 0):
        again = repeats([*others, found])
        if not len(again):
            break
        found[again] = random.integers(0, values, len(again))
    return found
