"""Time by application and tag, and what failed: the sums of the log's own lines, wherever it is cut."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from advisor.output.coverage_report import coverage_text
from advisor.workload.collect import collect
from advisor.workload.engines import blocks
from advisor.workload.redact_workload import redacted

SEED = random.SystemRandom().randrange(10**6)
PAGES = ("/cart", "/home", "/search?q=a,b")
FAILURES = (
    "canceling statement due to statement timeout",
    'invalid input syntax for type integer: "s3cret"',
    'duplicate key value violates unique constraint "orders_pkey"',
)


def _written(path: Path, rounds: int) -> tuple[Counter[tuple[str | None, str]], Counter[str]]:
    """Write a log of commented statements; return microseconds by application and tag, and failures by message."""
    chance = random.Random(SEED)
    print(f"seed {SEED}")
    spent: Counter[tuple[str | None, str]] = Counter()
    failed: Counter[str] = Counter()
    lines = []
    for number in range(rounds):
        stamp = f"2026-11-20 10:{number // 600:02}:{number % 600 / 10:06.3f} UTC"
        app, page, job = chance.choice(("web", "worker")), chance.choice(PAGES), chance.choice(("mail", "bill"))
        head = f"{stamp} [{70 + number % 3}] app@shop/{app}"
        if chance.random() < 0.1:
            message = chance.choice(FAILURES)
            lines += [f"{head} ERROR:  {message}", f"{head} STATEMENT:  UPDATE orders SET n = {number} WHERE id = 1"]
            failed[message] += 1
            continue
        micros = chance.randrange(100, 90_000)
        escaped = page.replace("/", "%2F").replace("?", "%3F").replace("=", "%3D").replace(",", "%2C")
        trace = f"traceparent='00-{chance.getrandbits(128):032x}-{chance.getrandbits(64):016x}-01'"
        comment = f"/*route='{escaped}',{trace}*/" if chance.random() < 0.6 else f"/*job:{job},request_id:{number}*/"
        lines.append(f"{head} LOG:  duration: {micros / 1000:.3f} ms  statement: SELECT {number} {comment}")
        spent[None, app] += micros
        spent[("route", page) if "route" in comment else ("job", job)] += micros
    path.write_text("\n".join(lines) + "\n")
    return spent, failed


@pytest.mark.parametrize("size", [64 << 20, 30_000])
def test_shares_and_failures_are_the_sums_of_the_lines(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "SIZE", size)
    path = tmp_path / "tagged.log"
    spent, failed = _written(path, 1500)
    found = collect([str(path)], jobs=1)
    assert {(one.tag, one.value): round(one.total_ms * 1000) for one in found.shares} == spent
    (query,) = [query for query in found.queries if query.failed]
    assert query.failed == failed.total()
    assert query.cancelled == failed[FAILURES[0]]
    assert {message.replace(": ?", ': "s3cret"'): count for message, count in query.errors} == failed
    text = coverage_text(found)
    assert "application" in text
    assert "tag route" in text
    assert "mostly with" in text
    assert "s3cret" not in text
    assert redacted(found).queries[0].errors == ()
