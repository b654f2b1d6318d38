"""A prefix that fits a part of a log's lines is used for these, and the rest is counted: it becomes part of nothing."""

from __future__ import annotations

import gzip
import random
import re
from pathlib import Path

import pytest

from advisor.workload.collect import collect
from advisor.workload.engines import blocks

CORPUS = Path(__file__).parent.parent / "nplus1_corpus" / "data" / "held_out.log.gz"
PREFIX = "%m [%p] %c %l %v %x %q%u@%d/%a "
LINE = re.compile(r"(\S+ \S+ UTC \[\d+\] )\S+ \d+ (?:\S+)? ?\d+ (?:\w+@\w+/\S+ )?(?=[A-Z]+:  )")
SEED = random.SystemRandom().randrange(10**6)


@pytest.mark.parametrize("given", [PREFIX, None], ids=["given", "inferred"])
@pytest.mark.parametrize("size", [64 << 20, 60_000])
def test_records_under_another_prefix_are_counted_and_become_part_of_nothing(
    tmp_path: Path, given: str | None, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random stretches of a server's log, as if its prefix had been another for a while."""
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    monkeypatch.setattr(blocks, "SIZE", size)
    ours: list[str] = []
    mixed: list[str] = []
    foreign, left = 0, 0
    for line in gzip.decompress(CORPUS.read_bytes()).decode().splitlines(keepends=True):
        match = LINE.match(line)
        primary = match and not re.match(r"(?:DETAIL|STATEMENT|HINT|CONTEXT):", line[match.end() :])
        if primary and len(ours) > 2000 and chance.random() < 0.02:
            foreign = not foreign
        if not foreign:
            ours.append(line)
        mixed.append(f"{match[1]}{line[match.end() :]}" if foreign and match else line)
        left += bool(foreign and match)
    whole, part = tmp_path / "mixed.log", tmp_path / "ours.log"
    whole.write_text("".join(mixed))
    part.write_text("".join(ours))
    found, expected = (collect([str(path)], jobs=1, log_line_prefix=given) for path in (whole, part))
    assert [(query.text, query.calls, query.total_ms) for query in found.queries] == [
        (query.text, query.calls, query.total_ms) for query in expected.queries
    ]
    skipped = found.inputs[0].skipped["line of a record under another log_line_prefix"]
    assert skipped.count == left > 100
    assert found.inputs[0].records == expected.inputs[0].records
