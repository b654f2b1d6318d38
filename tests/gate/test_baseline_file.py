"""A baseline that cannot be used says why and what to do."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.gate.baseline import AcceptedPlan, AcceptedQuery, Baseline, load_baseline, save_baseline
from advisor.twin.statement import BoundStatement


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "there is no such file"),
        (b"", "is not JSON"),
        (b"\x00\xff", "is not JSON"),
        (b"[]", "$: expected object, got array"),
        (b'{"schema_version": "9"}', "$.schema_version: version 9"),
        (b'{"schema_version": "1.0"}', "$: lacks server_major"),
        (b'{"schema_version": "1.0", "server_major": 18, "settings": {}, "tables": {}, "indexes": {}, "queries": []}',
         "$.queries: expected object, got array"),
    ],
)  # fmt: skip
def test_every_unusable_baseline_gets_one_clear_error(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    path = tmp_path / "baseline.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_baseline(path)
    assert complaint in str(caught.value)
    assert "do:" in str(caught.value)


def test_branches_that_accept_different_queries_do_not_conflict(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        names = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *names, *words], cwd=tmp_path, check=True, capture_output=True)

    def query(number: int, cost: float) -> AcceptedQuery:
        text = f"SELECT {number}"
        plan = AcceptedPlan(BoundStatement(text, None, "generic"), cost, ("Result",), ())
        return AcceptedQuery(f"{number:012x}", text, (plan,))

    def accept(baseline: Baseline, number: int, cost: float) -> Baseline:
        return replace(baseline, queries={**baseline.queries, f"{number:012x}": query(number, cost)})

    def commit(baseline: Baseline, *options: str) -> None:
        save_baseline(baseline, tmp_path / "plans.json")
        git("add", "plans.json")
        git("commit", "-q", "-m", "plans", *options)

    base = Baseline(18, queries={f"{number:012x}": query(number, 1.0) for number in (1, 3, 5, 7, 9)})
    git("init", "-q")
    commit(base)
    git("checkout", "-q", "-b", "one")
    commit(accept(accept(base, 3, 2.0), 2, 1.0))
    git("checkout", "-q", "main")
    commit(accept(accept(base, 7, 3.0), 8, 1.0))
    git("merge", "-q", "-m", "both", "one")
    merged = load_baseline(tmp_path / "plans.json").queries
    costs = {int(key, 16): one.plans[0].cost for key, one in merged.items()}
    assert costs == {1: 1.0, 2: 1.0, 3: 2.0, 5: 1.0, 7: 3.0, 8: 1.0, 9: 1.0}
