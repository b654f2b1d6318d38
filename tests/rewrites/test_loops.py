"""Loops as one statement: what each round read, and what stood in the tables after the last one."""

from __future__ import annotations

import pytest

from advisor.rewrites.proof.prover import Prover
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.rounds import Repeated
from advisor.rewrites.tree_walk import whole_tree
from tests.rewrites.conftest import AtOnce

READS = [
    ("any", "SELECT * FROM users WHERE id = $1", (1,), True),
    ("any", "SELECT * FROM users WHERE id = $1 LIMIT $2", (1,), True),
    ("any", "SELECT body FROM messages WHERE user_id = $1 AND tenant_id = $2 ORDER BY created_at", (1,), False),
    ("any", "SELECT email FROM users WHERE email = $1", (1,), False),
    ("any", "SELECT id FROM messages WHERE price = $1", (1,), False),
    ("any", 'SELECT "paidAt" FROM "Bills" WHERE "petId" = $1', (1,), False),
    ("any", 'SELECT k.n FROM keys k WHERE k."order" = $1', (1,), False),
    ("any", "SELECT body FROM open_messages WHERE user_id = $1", (1,), False),
    ("any", "SELECT id FROM messages WHERE user_id = $1 ORDER BY id FOR UPDATE", (1,), False),
    ("any", "SELECT m.id, p.user_id FROM messages m JOIN logs p ON p.user_id = m.to_id WHERE p.user_id = $1", (1,), False),
    ("tuples", "SELECT body FROM messages WHERE tenant_id = $1 AND user_id = $2", (1, 2), False),
    ("aggregate", "SELECT count(*) FROM messages WHERE user_id = $1", (1,), False),
    ("aggregate", "SELECT count(*) FROM remarks WHERE subject_type = $1 AND subject_id = $2", (2,), False),
    ("aggregate", "SELECT count(DISTINCT to_id), max(price) FROM messages WHERE user_id = $1 AND tenant_id = $2", (1, 2), False),
    ("lateral", "SELECT body FROM messages WHERE user_id = $1 ORDER BY created_at DESC LIMIT 2", (1,), False),
    ("lateral", "SELECT DISTINCT status FROM messages WHERE user_id = $1", (1,), False),
    ("lateral", "SELECT count(*) > 0 FROM messages WHERE user_id = $1", (1,), False),
    ("lateral", "SELECT coalesce(sum(price), 0) FROM messages WHERE user_id = $1", (1,), False),
    ("lateral", "SELECT status, count(*) FROM messages WHERE user_id = $1 GROUP BY status ORDER BY 2 DESC, 1", (1,), False),
    ("lateral", "SELECT id FROM messages WHERE user_id = $1 AND created_at > $2", (1, 2), False),
    ("lateral", "SELECT EXISTS (SELECT 1 FROM messages WHERE user_id = $1)", (1,), False),
    ("lateral", 'SELECT n FROM keys WHERE "key" = $1 ORDER BY "order" LIMIT 1', (1,), False),
    ("lateral", "SELECT id, row_number() OVER (ORDER BY id) FROM messages WHERE user_id = $1", (1,), False),
    ("lateral", "SELECT id FROM messages WHERE user_id = $1 UNION SELECT to_id FROM messages WHERE user_id = $1", (1,), False),
    ("lateral", "WITH RECURSIVE chain AS (SELECT id, manager_id FROM users WHERE id = $1 UNION SELECT u.id, u.manager_id "
     "FROM users u JOIN chain ON u.id = chain.manager_id) SELECT id FROM chain", (1,), False),
]  # fmt: skip
WRITES = [
    ("insert", "INSERT INTO tenants (id, name) VALUES ($1, $2)", (1, 2)),
    ("insert", "INSERT INTO messages (id, user_id, tenant_id, status, price, body, created_at) "
     "VALUES ($1, $2, 7, $3, $4, lower($5), now())", (1, 2, 3, 4, 5)),
    ("insert", 'INSERT INTO keys ("key", "order", n) VALUES ($1, $2, DEFAULT) RETURNING id', (1, 2)),
    ("insert", 'INSERT INTO keys ("key", "order", n) VALUES ($1, $2, $3) ON CONFLICT ("key") DO UPDATE '
     'SET "order" = excluded."order", n = excluded.n', (1, 2, 3)),
    ("insert", 'INSERT INTO keys ("key", n) VALUES ($1, $2) ON CONFLICT ("key") DO UPDATE SET n = keys.n + excluded.n', (1, 2)),
    ("insert", 'INSERT INTO keys ("key", "order", n) VALUES ($1, $2, $3) ON CONFLICT ("key") DO UPDATE SET n = excluded.n',
     (1, 2, 3)),
    ("insert", 'INSERT INTO keys ("key", n) VALUES ($1, $2) ON CONFLICT DO NOTHING', (1, 2)),
    ("insert", 'INSERT INTO keys (id, "key", n) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET n = keys.n + excluded.n',
     (1, 2, 3)),
    ("insert", "INSERT INTO logs VALUES ($1, $2, $3, $4)", (1, 2, 3, 4)),
    ("insert", 'INSERT INTO "Bills" VALUES ($1, $2, $3, $4)', (1, 2, 3, 4)),
    ("update", "UPDATE messages SET status = $1 WHERE id = $2", (1, 2)),
    ("update", 'UPDATE "Bills" SET "paidAt" = $1, "user" = $2 WHERE "id" = $3', (1, 2, 3)),
    ("update", "UPDATE users SET tags = $1, email = $2 WHERE id = $3 AND tenant_id = $4", (1, 2, 3)),
    ("update", "UPDATE messages SET price = $1, seen_at = created_at WHERE user_id = $2 AND status = 'open'", (1, 2)),
    ("update", "UPDATE users u SET name = $1 WHERE u.tenant_id = $2 AND u.id = $3 RETURNING *", (1, 2, 3)),
    ("update", "UPDATE users SET name = t.name || $1 FROM tenants t WHERE t.id = users.tenant_id AND users.id = $2", (1, 2)),
    ("merge", "UPDATE users SET n = n + $1 WHERE id = $2", (1, 2)),
    ("merge", "UPDATE messages SET body = body || $1, price = $2 WHERE id = $3", (1, 2, 3)),
    ("delete", "DELETE FROM messages WHERE id = $1", (1,)),
    ("delete", "DELETE FROM messages WHERE user_id = $1 AND tenant_id = $2 RETURNING *", (1, 2)),
    ("delete", "DELETE FROM messages WHERE user_id = $1 AND created_at < $2 RETURNING id", (1, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("form", "text", "varying", "unique"), READS)
def test_one_read_finds_what_the_loop_found(
    prover: Prover, at_once: AtOnce, form: str, text: str, varying: tuple[int, ...], unique: bool
) -> None:
    found = at_once(text, *varying, unique=unique)
    assert isinstance(found, Rewrite), found
    assert found.form == form
    assert len(found.arrays) == len(varying)
    assert prover.prove(found) is None, found.text


@pytest.mark.parametrize(("form", "text", "varying"), WRITES)
def test_one_write_leaves_what_the_loop_left(
    prover: Prover, at_once: AtOnce, form: str, text: str, varying: tuple[int, ...]
) -> None:
    found = at_once(text, *varying)
    assert isinstance(found, Rewrite), found
    assert found.form == form
    assert prover.prove(found) is None, (found.text, prover.prove(found))


@pytest.mark.parametrize(
    ("text", "varying", "reason"),
    [
        ("UPDATE users SET n = $1 WHERE id = $2 AND n < $3", (1, 2, 3), "what an earlier round wrote"),
        ("UPDATE users SET n = $1 WHERE id = $2 AND created_at < $3", (1, 2, 3), "what an earlier round wrote"),
        ("UPDATE users SET id = $1 WHERE id = $2", (1, 2), "changes the column"),
        ('UPDATE keys SET "key" = $1 WHERE id = $2', (1, 2), "keys_key_key is unique over a column that it changes"),
        ("UPDATE handles SET active = $1 WHERE handle = $2", (1, 2), "handles_active is unique over"),
        ("UPDATE labels SET label = $1 WHERE room = $2", (1, 2), "labels_label is unique over"),
        ("UPDATE users SET n = (SELECT count(*) FROM users WHERE manager_id = $1) WHERE id = $2", (1, 2), "subquery"),
        ("UPDATE users SET n = n + 1 WHERE id = $1 RETURNING n", (1,), "earlier one wrote"),
        ("INSERT INTO logs (user_id) SELECT id FROM users WHERE id = $1", (1,), "one row of VALUES"),
        ("INSERT INTO keys (\"key\") VALUES ($1) ON CONFLICT (\"key\") DO UPDATE SET n = $2", (1, 2), "DO UPDATE"),
        ("DELETE FROM users WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM users u WHERE u.manager_id = $1)", (1,), "subquery"),
        ("SELECT id FROM users WHERE id = $1 AND random() < 0.5", (1,), "random()"),
        ("SELECT DISTINCT body FROM messages WHERE user_id = $1 ORDER BY body", (1,), "DISTINCT"),
    ],
)  # fmt: skip
def test_what_has_no_right_form_is_refused_by_name(
    at_once: AtOnce, text: str, varying: tuple[int, ...], reason: str
) -> None:
    found = at_once(text, *varying)
    assert isinstance(found, Refusal) and reason in found.reason, found


WRONG = {
    "a cast with a modifier cuts what the loop refuses": (
        "INSERT INTO users (id, tenant_id, email, created_at) VALUES ($1, $2, $3, $4)",
        "INSERT INTO users (id, tenant_id, email, created_at) SELECT * FROM unnest($1::bigint[], $2::int[], "
        "$3::varchar(12)[], $4::timestamp[])", (1, 2, 3, 4), {"form": "insert", "keys": (1,)},
    ),
    "any of the rounds of a key may win": (
        "UPDATE users SET n = $1 WHERE id = $2",
        "UPDATE users SET n = rows.n FROM unnest($1::int[], $2::bigint[]) AS rows (n, id) WHERE users.id = rows.id",
        (1, 2), {"form": "update", "keys": (2,)},
    ),
    "a condition on what the loop sets is asked once": (
        "UPDATE users SET n = $1 WHERE id = $2 AND (n IS NULL OR n < $3)",
        "UPDATE users SET n = rows.n FROM (SELECT DISTINCT ON (id) * FROM unnest($1::int[], $2::bigint[], $3::int[]) "
        "WITH ORDINALITY AS g (n, id, m, o) ORDER BY id, o DESC) AS rows "
        "WHERE users.id = rows.id AND (users.n IS NULL OR users.n < rows.m)", (1, 2, 3), {"form": "update", "keys": (2,)},
    ),
    "counts of zero are lost": (
        "SELECT count(*) FROM messages WHERE user_id = $1",
        "SELECT user_id, count(*) FROM messages WHERE user_id = ANY ($1::bigint[]) GROUP BY user_id", (1,),
        {"form": "aggregate", "keys_first": 1},
    ),
    "a polymorphic count over all types": (
        "SELECT count(*) FROM remarks WHERE subject_type = $1 AND subject_id = $2",
        "SELECT count(*) FROM remarks WHERE subject_type = $1 AND subject_id = ANY ($2::bigint[])", (2,), {"form": "any"},
    ),
    "a LIMIT over all parents": (
        "SELECT id FROM messages WHERE user_id = $1 ORDER BY id LIMIT 2",
        "SELECT id FROM messages WHERE user_id = ANY ($1::bigint[]) ORDER BY id LIMIT 2", (1,), {"form": "any"},
    ),
    "the column of another table": (
        "SELECT m.id FROM messages m JOIN logs p ON p.kind = m.body WHERE p.user_id = $1",
        "SELECT m.id FROM messages m JOIN logs p ON p.kind = m.body WHERE m.user_id = ANY ($1::bigint[])", (1,),
        {"form": "any"},
    ),
    "an array column taken apart": (
        "UPDATE users SET tags = $1 WHERE id = $2",
        "UPDATE users SET tags = ARRAY[rows.tags] FROM unnest($1::text[], $2::bigint[]) AS rows (tags, id) "
        "WHERE users.id = rows.id", (1, 2), {"form": "update", "keys": (2,)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_the_wrong_forms_of_the_review_are_found_out_by_rows(prover: Prover, name: str) -> None:
    original, text, arrays, more = WRONG[name]
    count = len(prover.parameter_types(original))
    wrong = Rewrite(claim="rounds", text=text, original=original, arrays=arrays,
                    numbers=tuple(range(1, count + 1)), **more)  # type: ignore[arg-type]  # fmt: skip
    refusal = prover.prove(wrong)
    assert refusal and "did something else" in refusal.reason, refusal


def test_an_upsert_whose_rows_hold_a_key_twice_keeps_the_last(prover: Prover, at_once: AtOnce) -> None:
    kept = at_once('INSERT INTO keys ("key", n) VALUES ($1, $2) ON CONFLICT ("key") DO UPDATE SET n = excluded.n', 1, 2)
    refused = at_once(
        'INSERT INTO keys ("key", n) VALUES ($1, $2) ON CONFLICT ("key") DO UPDATE SET n = keys.n + 1', 1, 2
    )
    assert isinstance(kept, Rewrite) and isinstance(refused, Rewrite)
    assert not kept.once and "DISTINCT ON" in kept.text
    assert refused.once and "each key once" in refused.explanation


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT id FROM users WHERE id = $1 AND changing(n) > 1", "VOLATILE"),
        ("SELECT id FROM users WHERE id = $1 AND endless(n) > 1", "too long"),
        ("SELECT id FROM nowhere WHERE id = $1", "not in the schema"),
        ("SELECT id FROM users WHERE id = $1 AND name = 'nobody' AND name = 'somebody'", "no rows could be made"),
    ],
)
def test_what_cannot_be_run_is_not_proven(prover: Prover, text: str, reason: str) -> None:
    array = text.replace("= $1", "= ANY ($1::bigint[])")
    refusal = prover.prove(Rewrite("any", "rounds", array, text, arrays=(1,), numbers=(1,)))
    assert refusal and reason in refusal.reason, refusal


def test_names_are_those_of_the_form_shown(at_once: AtOnce) -> None:
    found = at_once("SELECT id FROM messages WHERE tenant_id = $1 AND user_id = $2 LIMIT $3", 2, unique=True)
    assert isinstance(found, Rewrite)
    assert "LIMIT" not in found.text
    assert found.arrays == (2,) and "$3" not in found.text


@pytest.mark.parametrize(
    "text",
    [
        "SELECT id, name FROM users WHERE manager_id = $1",
        "SELECT * FROM users WHERE users.id = $1 AND tenant_id = $2",
        "SELECT u.name FROM users u WHERE u.manager_id = $1 AND u.n IS NOT NULL",
    ],
)
def test_a_walk_over_a_tree_is_one_recursive_statement(prover: Prover, text: str) -> None:
    found = whole_tree(Repeated(text, frozenset({1}), prover.parameter_types(text), prover.database.schema))
    assert isinstance(found, Rewrite), found
    assert found.text.startswith("WITH RECURSIVE")
    assert prover.prove(found) is None, (found.text, prover.prove(found))


def test_a_table_that_does_not_point_at_itself_is_no_tree(prover: Prover) -> None:
    text = "SELECT id FROM messages WHERE user_id = $1"
    assert whole_tree(Repeated(text, frozenset({1}), prover.parameter_types(text), prover.database.schema)) is None
