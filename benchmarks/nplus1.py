"""N+1 detection on the labelled corpus: precision, recall and parents named right, for each log format.

python -m benchmarks.nplus1
"""

from __future__ import annotations

import sys

from tabulate import tabulate

from advisor.twin.server import Server, embedded_binaries
from tests.nplus1_corpus.evaluate import DEFAULT_PREFIX, SAME_RUN, findings, labels, load, score


def main() -> None:
    """Print the table."""
    with Server(embedded_binaries()) as server, server.connect() as connection:
        schema, statistics = load(connection)
    rows, details = [], []
    for log in (*SAME_RUN, DEFAULT_PREFIX):
        result = score(findings(log, schema, statistics))
        rows.append([log, len(result.found), len(result.missed), len(result.false), result.precision, result.recall,
                     result.parent_accuracy])  # fmt: skip
        for word, keys in (("missed", result.missed), ("false", result.false), ("wrong parent", result.wrong_parent)):
            details += [f"{log}: {word}: {' on '.join(key)}" for key in keys]
    cases = labels()
    positive = sum(1 for case in cases if case["labels"])
    sys.stdout.write(f"{positive} positive cases, {len(cases) - positive} look-alikes\n\n")
    heads = ["log", "found", "missed", "false", "precision", "recall", "parent right"]
    sys.stdout.write(tabulate(rows, heads, floatfmt=".3f") + "\n")
    sys.stdout.write("".join(f"{line}\n" for line in details))
    loss = rows[0][5] - rows[-1][5]
    sys.stdout.write(f"\nrecall lost under the default prefix `%m [%p] `: {100 * loss:.1f} percentage points\n")


if __name__ == "__main__":
    main()
