"""Some thousand mutated files of a fixed seed: an answer or one clear error, never a traceback or a silent success."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from benchmarks.fuzz.attempt import FAILURES, drawn, tried
from benchmarks.fuzz.shrink import TooLong, deadline
from benchmarks.fuzz.target import Place
from benchmarks.fuzz.targets import all_targets

SEED = 11
INPUTS = 40
"""Of each target; `python -m benchmarks.fuzz` tries as many as there is time for."""
SECONDS = 60.0
"""Within which each must end, so that a hang is a failure and not a test run without end."""

SERVERLESS = [name for name, target in all_targets().items() if not target.server]


@pytest.mark.parametrize("name", SERVERLESS)
def test_no_mutated_file_breaks_it(name: str, tmp_path: Path) -> None:
    place = Place(tmp_path)
    for number in range(INPUTS):
        _, data = drawn(SEED + zlib.crc32(name.encode()), number, (name,))
        try:
            with deadline(SECONDS):
                outcome = tried(all_targets()[name], data, place)
        except TooLong:
            pytest.fail(f"input {number}: no answer in {SECONDS:.0f} s")
        assert outcome.kind not in FAILURES, f"input {number}: {outcome.text}"


FOUND = sorted(path for path in (Path(__file__).parent / "found").glob("*/*"))
"""What the fuzzer found, made smaller and kept: a folder a target."""


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}: {path.name}")
def test_what_once_broke_it_is_answered_or_refused(path: Path, tmp_path: Path) -> None:
    with deadline(SECONDS):
        outcome = tried(all_targets()[path.parent.name], path.read_bytes(), Place(tmp_path))
    assert outcome.kind not in FAILURES, outcome.text
