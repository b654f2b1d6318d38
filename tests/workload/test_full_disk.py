"""A workload file is written whole or not at all."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.workload.collect import collect
from advisor.workload.store import save


def test_a_write_that_fails_leaves_the_file_of_before(tmp_path: Path) -> None:
    statements = tmp_path / "statements.sql"
    statements.write_text(
        "".join(f"SELECT column_{number} FROM table_{number} WHERE id = 1;\n" for number in range(300))
    )
    workload = collect([str(statements)], jobs=1)
    target = tmp_path / "workload.json"
    assert save(workload, target) > 4096
    before = target.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(InputError, match="cannot be written"):
            save(workload, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["statements.sql", "workload.json"]
