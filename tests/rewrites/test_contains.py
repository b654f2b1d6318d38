"""`value = ANY (column)` as containment, and days as ranges: the same rows, NULLs and empty arrays among them."""

from __future__ import annotations

import pytest

from advisor.rewrites.contains import as_containment
from advisor.rewrites.days import as_range
from advisor.rewrites.proof.prover import Prover
from advisor.rewrites.rewrite import Refusal, Rewrite


@pytest.mark.parametrize(
    "text",
    [
        "SELECT id FROM users WHERE $1 = ANY (tags)",
        "SELECT id FROM users u WHERE tenant_id = $1 AND ($2 = ANY (u.tags) OR 'a' = ANY (tags))",
        "DELETE FROM users WHERE $1 = ANY (tags)",
    ],
)
def test_containment_finds_what_any_finds(prover: Prover, text: str) -> None:
    found = as_containment(text, "tags", prover.database.schema)
    assert isinstance(found, Rewrite) and "@>" in found.text and "= ANY" not in found.text.replace("= ANY(", "= ANY")
    assert prover.prove(found) is None, found.text


def test_what_is_no_condition_of_its_own_is_refused(prover: Prover) -> None:
    found = as_containment("SELECT id FROM users WHERE NOT ($1 = ANY (tags))", "tags", prover.database.schema)
    assert isinstance(found, Refusal) and "no condition of its own" in found.reason


@pytest.mark.parametrize(
    "text",
    [
        "SELECT id FROM messages WHERE created_at::date = $1",
        "SELECT id FROM messages m WHERE date(m.created_at) = $1::date AND tenant_id = $2",
        "SELECT id FROM messages WHERE date_trunc('month', created_at) = $1",
    ],
)
def test_a_range_holds_the_same_days(prover: Prover, text: str) -> None:
    found = as_range(text, "created_at", prover.database.schema)
    assert isinstance(found, Rewrite), found
    assert prover.prove(found) is None, found.text
