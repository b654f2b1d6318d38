"""NOT IN as NOT EXISTS: the same rows whatever is NULL, wherever it stands and whatever tables are named alike."""

from __future__ import annotations

import pytest

from advisor.rewrites.not_in import NotIn, not_exists
from advisor.rewrites.proof.prover import Prover
from advisor.rewrites.rewrite import Refusal, Rewrite

REWRITTEN = [
    "DELETE FROM users WHERE id NOT IN (SELECT user_id FROM messages)",
    "UPDATE users SET name = 'gone' WHERE id NOT IN (SELECT user_id FROM messages WHERE status = 'open')",
    "SELECT id FROM users WHERE manager_id NOT IN (SELECT user_id FROM messages)",
    "SELECT u.id FROM users u WHERE u.id NOT IN (SELECT manager_id FROM users)",
    "SELECT id FROM users WHERE id NOT IN (SELECT manager_id FROM users WHERE manager_id IS NOT NULL)",
    "SELECT id FROM users WHERE id NOT IN (SELECT max(user_id) FROM messages GROUP BY tenant_id)",
    "SELECT id FROM users WHERE id NOT IN (SELECT max(user_id) FROM messages)",
    "SELECT users.id FROM users JOIN messages ON messages.user_id = users.id "
    "WHERE manager_id NOT IN (SELECT to_id FROM messages m WHERE m.tenant_id = users.tenant_id)",
    "SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM messages WHERE to_id NOT IN (SELECT manager_id FROM users))",
    "SELECT id FROM users WHERE name = $1 OR (tenant_id = $2 AND id <> ALL (SELECT user_id FROM messages))",
    "SELECT id FROM users WHERE (id, tenant_id) NOT IN (SELECT id, tenant_id FROM messages)",
    "SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM messages UNION SELECT to_id FROM messages)",
    "SELECT id FROM users WHERE id + 1 NOT IN (SELECT DISTINCT user_id FROM messages)",
    'SELECT id FROM keys WHERE "order" NOT IN (SELECT n FROM users)',
    "SELECT count(*) FROM users WHERE id NOT IN (SELECT user_id FROM messages) AND n > $1",
    "SELECT id FROM users WHERE tenant_id NOT IN (SELECT id FROM users)",
]


@pytest.mark.parametrize("text", REWRITTEN)
def test_not_exists_does_what_not_in_does(prover: Prover, text: str) -> None:
    found = not_exists(text, prover.database.schema)
    assert isinstance(found, NotIn), found
    assert "NOT EXISTS" in found.exact.text
    assert " IN (SELECT" not in found.exact.text
    assert prover.prove(found.exact) is None, found.exact.text
    if found.choice:
        assert prover.prove(found.choice) is None, found.choice.text


def test_the_list_without_its_nulls_is_another_statement_and_offered_as_a_choice(prover: Prover) -> None:
    text = "DELETE FROM users WHERE id NOT IN (SELECT user_id FROM messages)"
    found = not_exists(text, prover.database.schema)
    assert isinstance(found, NotIn) and found.choice
    assert found.choice.text == (
        "DELETE FROM users WHERE NOT EXISTS (SELECT 1 FROM messages WHERE messages.user_id = users.id)"
    )
    assert prover.prove(Rewrite("not-exists", "same", found.choice.text, text)), "a NULL in the list tells them apart"


def test_a_bare_outer_column_that_the_inner_table_has_too_is_found_out_by_rows(prover: Prover) -> None:
    wrong = "DELETE FROM users WHERE NOT EXISTS (SELECT 1 FROM messages WHERE messages.user_id = id)"
    meant = "DELETE FROM users WHERE id NOT IN (SELECT user_id FROM messages WHERE user_id IS NOT NULL)"
    refusal = prover.prove(Rewrite("not-exists", "same", wrong, meant))
    assert refusal and "did something else" in refusal.reason


def test_a_list_that_cannot_hold_null_has_no_second_form(prover: Prover) -> None:
    found = not_exists("SELECT id FROM users WHERE id NOT IN (SELECT id FROM messages)", prover.database.schema)
    assert isinstance(found, NotIn) and found.choice is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT id NOT IN (SELECT user_id FROM messages) FROM users", "no condition of its own"),
        ("SELECT id FROM users WHERE NOT (n > 1 OR id NOT IN (SELECT user_id FROM messages))", "no condition of its own"),
        ("SELECT id FROM users WHERE (id, n) NOT IN (SELECT user_id, to_id FROM messages)", "row comparison"),
        ("SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM messages ORDER BY id LIMIT 3)", "LIMIT"),
        ("SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM messages WHERE random() < 1)", "random()"),
        ("SELECT id FROM users WHERE (SELECT 1) NOT IN (SELECT user_id FROM messages)", "subquery"),
        ("SELECT id FROM users, keys WHERE users.id NOT IN (SELECT nowhere FROM gone)", ""),
    ],
)  # fmt: skip
def test_what_has_no_right_form_is_refused_by_name(prover: Prover, text: str, reason: str) -> None:
    found = not_exists(text, prover.database.schema)
    if isinstance(found, NotIn):
        assert prover.prove(found.exact) is not None
    else:
        assert isinstance(found, Refusal) and reason in found.reason
