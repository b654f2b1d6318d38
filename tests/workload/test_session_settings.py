"""What sessions set in a log stays with what they run, wherever the log is cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.workload.collect import collect
from advisor.workload.counting.session_settings import BEGINS, SETS, Change, changes, kind_of
from advisor.workload.counting.textkey import text_keys
from advisor.workload.engines import blocks
from advisor.workload.model import Query

ALONE = "SELECT * FROM parcels WHERE id = 7"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SET search_path TO tenant_a, public", [Change("search_path", '"tenant_a", "public"', False)]),
        ('set search_path = "Tenant B"', [Change("search_path", '"Tenant B"', False)]),
        ("SET LOCAL search_path TO 'a, b'", [Change("search_path", '"a, b"', True)]),
        ("SET SESSION work_mem = '64MB';", [Change("work_mem", "64MB", False)]),
        ("/* web */ SET LOCAL app.uid = 'it''s; me'", [Change("app.uid", "it's; me", True)]),
        ("SET ROLE reporter", [Change("role", "reporter", False)]),
        ("SET LOCAL ROLE \"Big One\"", [Change("role", "Big One", True)]),
        ("SET ROLE NONE", [Change("role", None, False)]),
        ("RESET ROLE", [Change("role", None, False)]),
        ("SET SESSION AUTHORIZATION DEFAULT", [Change("session_authorization", None, False)]),
        ("SET SESSION AUTHORIZATION 'web'", [Change("session_authorization", "web", False)]),
        ("SET TIME ZONE 'Europe/Paris'", [Change("timezone", "Europe/Paris", False)]),
        ("SET enable_seqscan TO off", [Change("enable_seqscan", "off", False)]),
        ("SET search_path TO DEFAULT", [Change("search_path", None, False)]),
        ("RESET ALL", [Change("*", None, False)]),
        ("DISCARD ALL", [Change("*", None, False)]),
        ("SELECT set_config('app.uid', '17', true)", [Change("app.uid", "17", True)]),
        ("select pg_catalog.set_config('search_path', 'a, b', false), 1", [Change("search_path", "a, b", False)]),
        ("BEGIN; SET LOCAL app.uid = '4'; SET LOCAL app.org = '5'",
         [Change("app.uid", "4", True), Change("app.org", "5", True)]),
        ("SET statement_timeout = 100", []),
        ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", []),
        ("SET CONSTRAINTS ALL DEFERRED", []),
        ("UPDATE t SET search_path = 'x'", []),
    ],
)  # fmt: skip
def test_a_statement_tells_what_it_sets(text: str, expected: list[Change]) -> None:
    assert list(changes(text.encode(), None)) == expected
    if expected:
        assert kind_of(text_keys([text.encode()])[0]) in (SETS, BEGINS)


def test_values_that_were_bound_are_taken() -> None:
    text = b"SELECT set_config('app.uid', $1, $2)"
    assert changes(text, b"$1 = '9', $2 = 'f'") == (Change("app.uid", "9", False),)
    assert changes(text, None) == ()


def log(*sessions: tuple[str, list[str]]) -> str:
    """Return a log in which the sessions take turns, one statement each."""
    lines, clock = [], 0
    for turn in range(max(len(statements) for _, statements in sessions)):
        for number, (user, statements) in enumerate(sessions):
            if turn < len(statements):
                clock += 1
                stamp = f"2026-11-03 10:{clock // 60 % 60:02}:{clock % 60:02}.000 UTC"
                duration = "LOG:  duration: 5.000 ms  statement: "
                lines.append(f"{stamp} [{number + 100}] {user}@shop/web {duration}{statements[turn]}")
    return "\n".join(lines) + "\n"


PAD = [f"SELECT 'pad', {number}" for number in range(40)]
SESSIONS = (
    ("anna", ["SET search_path TO tenant_a", *PAD, ALONE, ALONE, "RESET search_path", ALONE]),
    ("bert", ["BEGIN", "SET LOCAL app.uid = '5'", *PAD, ALONE, "COMMIT", ALONE]),
    ("carl", ["BEGIN", "SET search_path = tenant_b", ALONE, "ROLLBACK", *PAD, ALONE]),
    ("dora", ["SET ROLE reporter", *PAD, "SELECT set_config('app.uid', '8', false)", ALONE, "DISCARD ALL", ALONE]),
)
A, B, ROLE = (("search_path", '"tenant_a"'),), (("search_path", '"tenant_b"'),), (("role", "reporter"),)


def query(path: Path) -> Query:
    return next(one for one in collect([str(path)], jobs=1).queries if "parcels" in one.text)


@pytest.mark.parametrize("size", [0, 300, 900, 2500])
def test_what_a_session_set_stays_with_what_it_runs_wherever_the_log_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    path = tmp_path / "postgresql.log"
    path.write_text(log(*SESSIONS))
    if size:
        path.write_text(log(*(one for one in SESSIONS if one[0] != "carl")))  # see the module's docstring
        for name, value in (("SIZE", size), ("CONTEXT", 200), ("WINDOW", 200)):
            monkeypatch.setattr(blocks, name, value)
    found = query(path)
    told = {(one.user, one.settings): one.calls for one in found.sessions}
    carl = {} if size else {("carl", B): 1.0, ("carl", ()): 1.0}
    assert told == carl | {
        ("anna", A): 2.0, ("anna", ()): 1.0, ("bert", ()): 2.0,
        ("dora", ROLE): 1.0, ("dora", ()): 1.0,
    }  # fmt: skip
    samples = {(one.user, one.settings): one.calls for one in found.samples}
    uid = (("app.uid", "8"),)
    assert samples[("dora", uid + ROLE)] == 1.0
    assert size or samples[("bert", (("app.uid", "5"),))] == 1.0
    assert sum(samples.values()) == found.calls == (7.0 if size else 9.0)
