"""OR as one SELECT per arm: every row once, without a key, with JSON, whatever it is ordered by."""

from __future__ import annotations

import pytest

from advisor.rewrites.arms import arms
from advisor.rewrites.proof.prover import Prover
from advisor.rewrites.rewrite import Refusal, Rewrite

COLUMNS = frozenset({"user_id", "to_id", "kind", "name", "manager_id", "order", "petId"})


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM messages WHERE user_id = $1 OR to_id = $1",
        "SELECT body FROM messages WHERE user_id = $1 OR (to_id = $2 AND status = 'open') OR tenant_id = 3",
        "SELECT kind, payload FROM logs WHERE user_id = $1 OR kind = $2",
        "SELECT id FROM messages WHERE tenant_id = $1 AND (user_id = $2 OR to_id = $3) ORDER BY created_at DESC, id LIMIT 5",
        "SELECT id, body FROM messages WHERE user_id = $1 OR to_id = $2 ORDER BY body, id LIMIT 3 OFFSET 2",
        "SELECT u.id, m.body FROM users u LEFT JOIN messages m ON m.user_id = u.id WHERE u.manager_id = $1 OR u.name = $2",
        'SELECT "key" FROM keys WHERE "order" = $1 OR "key" = $2 ORDER BY 1 DESC',
        "SELECT status AS body, id FROM messages WHERE user_id = $1 OR to_id = $2 ORDER BY body, id",
    ],
)  # fmt: skip
def test_one_select_per_arm_finds_what_or_finds(prover: Prover, text: str) -> None:
    found = arms(text, COLUMNS, prover.database.schema)
    assert isinstance(found, Rewrite), found
    assert "UNION ALL" in found.text
    assert prover.prove(found) is None, found.text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT id FROM messages WHERE user_id = 1 OR to_id = 1 FOR UPDATE", "locks rows"),
        ("SELECT DISTINCT body FROM messages WHERE user_id = 1 OR to_id = 1", "DISTINCT"),
        ("SELECT count(*) FROM messages WHERE user_id = 1 OR to_id = 1", "aggregates"),
        ("SELECT id, row_number() OVER () FROM messages WHERE user_id = 1 OR to_id = 1", "window"),
        ("SELECT id FROM messages WHERE NOT (user_id = 1 OR to_id = 1)", "no condition of its own"),
        ("DELETE FROM messages WHERE user_id = 1 OR to_id = 1", "no SELECT"),
        ("SELECT id FROM messages WHERE user_id = 1 OR to_id = 1 UNION SELECT 1", "set operation"),
        ("SELECT id FROM messages WHERE user_id = random()::int OR to_id = 1", "random()"),
    ],
)
def test_what_has_no_right_form_is_refused_by_name(prover: Prover, text: str, reason: str) -> None:
    found = arms(text, COLUMNS, prover.database.schema)
    assert isinstance(found, Refusal) and reason in found.reason
