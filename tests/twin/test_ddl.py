"""What the twin does with each kind of statement of a dump, told without a server."""

from __future__ import annotations

import pytest

from advisor.twin.restoring.ddl import Owned, sorted_out


@pytest.mark.parametrize(
    ("statement", "made", "signature"),
    [
        (
            "CREATE FUNCTION leakproof(leakproof int DEFAULT 3) RETURNS int LANGUAGE sql LEAKPROOF AS 'select 1'",
            "CREATE FUNCTION leakproof(leakproof int DEFAULT 3) RETURNS int LANGUAGE sql  AS 'select 1'",
            '"leakproof"(integer)',
        ),
        (
            "CREATE FUNCTION f(é text) RETURNS int LEAKPROOF LANGUAGE sql AS 'select 1 -- LEAKPROOF'",
            "CREATE FUNCTION f(é text) RETURNS int  LANGUAGE sql AS 'select 1 -- LEAKPROOF'",
            '"f"(text)',
        ),
        (
            "CREATE FUNCTION leakproof() RETURNS int NOT LEAKPROOF LANGUAGE sql AS 'select 1'",
            "CREATE FUNCTION leakproof() RETURNS int NOT LEAKPROOF LANGUAGE sql AS 'select 1'",
            "",
        ),
    ],
    ids=["a function and a parameter of that name", "in a body", "refused by the dump"],
)
def test_the_mark_leakproof_comes_off_and_nothing_else_does(statement: str, made: str, signature: str) -> None:
    part = sorted_out(statement)
    assert isinstance(part, Owned)
    assert (part.text, part.leakproof or "") == (made, signature)
