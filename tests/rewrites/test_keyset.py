"""Keyset paging: the pages join up to the whole list, under an order without ties."""

from __future__ import annotations

import psycopg
import pytest

from advisor.rewrites.keyset import keyset
from advisor.rewrites.proof.prover import Prover
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.twin.servers.server import Server

PAGED = [
    ("SELECT id, body FROM messages ORDER BY id LIMIT $1 OFFSET $2", "messages (id)"),
    ("SELECT body FROM messages WHERE tenant_id = $1 ORDER BY created_at DESC LIMIT 25 OFFSET $2",
     "messages (tenant_id, created_at, id)"),
    ("SELECT id FROM messages ORDER BY created_at DESC NULLS LAST, id DESC NULLS LAST LIMIT 25 OFFSET $1",
     "messages (created_at, id)"),
    ("SELECT id FROM messages ORDER BY seen_at DESC NULLS LAST, created_at LIMIT 25 OFFSET $1",
     "messages (seen_at DESC NULLS LAST, created_at, id)"),
    ("SELECT id FROM messages ORDER BY seen_at NULLS FIRST LIMIT 25 OFFSET $1", "messages (seen_at NULLS FIRST, id)"),
    ("SELECT id FROM messages ORDER BY created_at DESC, body LIMIT 25 OFFSET $1", "messages (created_at DESC, body, id)"),
    ("SELECT * FROM messages WHERE user_id = $1 OR tenant_id = $2 ORDER BY tenant_id LIMIT 25 OFFSET $3",
     "messages (tenant_id, id)"),
    ("SELECT u.name, m.body FROM users u JOIN messages m ON m.user_id = u.id ORDER BY u.created_at LIMIT 5 OFFSET $1", None),
    ("SELECT m.id, u.name FROM messages m LEFT JOIN users u ON u.id = m.user_id ORDER BY m.id LIMIT 5 OFFSET $1", None),
    ("SELECT u.id, m.id FROM users u LEFT JOIN messages m ON m.user_id = u.id ORDER BY u.id DESC LIMIT 5 OFFSET $1", None),
    ("SELECT u.id, m.body FROM users u LEFT JOIN messages m ON m.user_id = u.id ORDER BY m.created_at, u.id LIMIT 5 OFFSET 9",
     None),
    ("SELECT status AS created_at, id FROM messages ORDER BY created_at, id LIMIT 5 OFFSET $1", "messages (status, id)"),
    ("SELECT id, amount FROM amounts ORDER BY amount DESC LIMIT 5 OFFSET $1", "amounts (amount, id)"),
    ("SELECT id FROM amounts WHERE amount = $1 ORDER BY amount LIMIT $2 OFFSET 6", "amounts (amount, id)"),
    ("SELECT rank FROM handles WHERE active AND id = $1 ORDER BY rank LIMIT 5 OFFSET $2", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "index"), PAGED[:-1])
def test_pages_join_up_to_the_whole_list(prover: Prover, text: str, index: str | None) -> None:
    found = keyset(text, prover.database.schema)
    assert isinstance(found, Rewrite), found
    assert found.index == index
    assert prover.prove(found) is None, found.text


@pytest.mark.parametrize(("text", "index"), [case for case in PAGED if case[1]])
def test_the_index_gives_the_pages_order_without_a_sort(prover: Prover, server: Server, text: str, index: str) -> None:
    found = keyset(text, prover.database.schema)
    assert isinstance(found, Rewrite)
    assert found.first
    with prover.database.owner.transaction(force_rollback=True):
        connection = prover.database.owner
        connection.execute(f"CREATE INDEX ON {index}")
        connection.execute("SET LOCAL enable_seqscan = off")
        connection.execute("SET LOCAL enable_bitmapscan = off")
        for page in (found.text, found.first):
            plan = connection.execute(f"EXPLAIN (GENERIC_PLAN) {page}".encode()).fetchall()
            assert not [line for (line,) in plan if "Sort" in line], plan


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('SELECT payload FROM logs ORDER BY "at" LIMIT 5 OFFSET $1', "no unique key"),
        ("SELECT id FROM handles ORDER BY rank LIMIT 5 OFFSET $1", "no unique key"),
        ("SELECT DISTINCT tenant_id FROM messages ORDER BY tenant_id LIMIT 5 OFFSET $1", "DISTINCT"),
        ("SELECT id, rank() OVER (ORDER BY id) FROM messages ORDER BY id LIMIT 5 OFFSET $1", "window"),
        ("SELECT id FROM messages ORDER BY id LIMIT 5 OFFSET $1 FOR UPDATE", "locks rows"),
        ("SELECT id FROM messages ORDER BY lower(body) LIMIT 5 OFFSET $1", "expression"),
        ("SELECT user_id, count(*) FROM messages GROUP BY user_id ORDER BY 2 LIMIT 5 OFFSET $1", "groups"),
        ("SELECT id FROM messages ORDER BY id OFFSET $1", "no LIMIT"),
        ("SELECT id FROM messages ORDER BY tenant_id FETCH FIRST 3 ROWS WITH TIES", "WITH TIES"),
        ("SELECT x.id FROM (SELECT id FROM messages) x ORDER BY x.id LIMIT 5 OFFSET $1", "plain column"),
        ("SELECT id FROM messages ORDER BY random() LIMIT 5 OFFSET $1", "random()"),
    ],
)
def test_what_has_no_total_order_is_refused_by_name(prover: Prover, text: str, reason: str) -> None:
    found = keyset(text, prover.database.schema)
    assert isinstance(found, Refusal) and reason in found.reason, found


def test_a_page_that_skips_ties_is_found_out_by_rows(prover: Prover) -> None:
    first = "SELECT id, created_at FROM messages ORDER BY created_at LIMIT 25"
    wrong = Rewrite(
        "keyset", "pages", "SELECT id, created_at FROM messages WHERE created_at > $1 ORDER BY created_at LIMIT 25",
        "SELECT id, created_at FROM messages ORDER BY created_at LIMIT 25 OFFSET $1", first=first,
        page={"last": (1,), "places": (1,), "size": (), "skip": (1,)},
    )  # fmt: skip
    refusal = prover.prove(wrong)
    assert refusal and "did something else" in refusal.reason


def test_texts_run_as_a_login_without_rights(prover: Prover) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        prover.database.user.execute("CREATE TABLE mine (id int)")
    prover.database.user.rollback()


@pytest.mark.parametrize("text", [
    "SELECT FROM messages ORDER BY seen_at LIMIT 3 OFFSET $1",
    "SELECT id FROM (SELECT FROM messages) AS m, messages ORDER BY id LIMIT 3 OFFSET $1",
])  # fmt: skip
def test_a_select_of_nothing_is_left_alone(prover: Prover, text: str) -> None:
    assert isinstance(keyset(text, prover.database.schema), Refusal)


def test_exists_may_select_nothing(prover: Prover) -> None:
    text = "SELECT id FROM users WHERE EXISTS (SELECT FROM messages m WHERE m.user_id = users.id) ORDER BY id LIMIT 3 OFFSET $1"
    found = keyset(text, prover.database.schema)
    assert isinstance(found, Rewrite)
    assert prover.prove(found) is None
