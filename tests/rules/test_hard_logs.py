"""The corpus under harder circumstances: rotated files, whole seconds, a pooler that mixes clients, missing statements."""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.rules.run import find
from advisor.workload.collect import collect
from tests.nplus1_corpus.evaluate import DATA, Score, context, score

Records = list[str]
STAMP = re.compile(r"^(\S+ \S+)\.\d{3} UTC \[(\d+)\] (\S+) \S+ \S+ \S+ ")


def records() -> Records:
    """Return the log's records, each with its continuation lines."""
    found: Records = []
    for line in gzip.decompress((DATA / "corpus.log.gz").read_bytes()).decode().splitlines():
        if re.match(r"\d{4}-\d\d-\d\d ", line):
            found.append(line)
        else:
            found[-1] += f"\n{line}"
    return found


def whole_seconds(found: Records) -> list[Records]:
    """`%t [%p] %c`: no milliseconds, no transaction ids."""
    return [[STAMP.sub(r"\1 UTC [\2] \3 ", record) for record in found]]


def rotated(found: Records) -> list[Records]:
    """Two files, cut in the middle of whatever was going on."""
    return [found[: len(found) // 2], found[len(found) // 2 :]]


def pooled(found: Records) -> list[Records]:
    """A pooler in transaction mode: all clients over three server sessions."""

    def session(match: re.Match[str]) -> str:
        number = int(match[2]) % 3
        return f"{match[1]}{1000 + number}] {0x1000 + number:x}.{0x20 + number:x} "

    return [[re.sub(r"^(\S+ \S+ UTC \[)(\d+)\] \S+ ", session, record) for record in found]]


def thinned(found: Records) -> list[Records]:
    """Only a third of the statements was logged."""
    chance = random.Random(1)
    return [[record for record in found if "duration: " not in record or chance.random() < 0.33]]


BROKEN_UP = (whole_seconds, pooled)
"""What leaves nothing of a loop spread over several connections: its moment, or the order of its records."""


def scored(change: Callable[[Records], list[Records]], catalog: tuple[Schema, Statistics], folder: Path) -> Score:
    names = []
    for number, part in enumerate(change(records())):
        path = folder / f"{number}.log"
        path.write_text("\n".join(part) + "\n")
        names.append(str(path))
    found = find(context(collect(names), *catalog), ["NPO001", "BAT"])
    return score(found, passing_over=("pool",) if change in BROKEN_UP else ())


@pytest.mark.parametrize(
    ("change", "recall", "parents"),
    [(rotated, 0.95, 0.95), (whole_seconds, 0.9, 0.95), (pooled, 0.95, 0.95), (thinned, 0.5, 0.6)],
)
def test_precision_holds_whatever_happens_to_the_log(
    change: Callable[[Records], list[Records]],
    recall: float,
    parents: float,
    corpus_catalog: tuple[Schema, Statistics],
    tmp_path: Path,
) -> None:
    result = scored(change, corpus_catalog, tmp_path)
    assert result.precision >= 0.98, result.false
    assert result.recall >= recall, result.missed
    assert result.parent_accuracy >= parents, result.wrong_parent
