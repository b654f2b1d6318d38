"""Statements as they are shown in a pull request: broken into lines, and never another statement."""

from __future__ import annotations

import pglast
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.output.layout import laid_out

STATEMENTS = [
    "SELECT account, balance FROM accounts WHERE account = $1::int AND branch IN ($2, $3) ORDER BY balance DESC LIMIT 20",
    "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
    "WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < $1) SELECT count(*) FROM c",
    "SELECT payload ->> 'k', tags @> ARRAY['x'] FROM events WHERE at > now() - interval '1 day'",
    "UPDATE t SET a = NULL WHERE ctid = '(0,1)'::tid RETURNING *",
]


@pytest.mark.parametrize("text", STATEMENTS)
def test_a_statement_is_broken_into_lines_and_stays_the_statement(text: str) -> None:
    shown = laid_out(text)
    assert pglast.fingerprint(shown) == pglast.fingerprint(text)


def test_a_long_select_has_a_clause_a_line() -> None:
    assert "\nFROM accounts\nWHERE" in laid_out(STATEMENTS[0])
    assert laid_out("SELECT 1") == "SELECT 1"


@pytest.mark.parametrize("text", ["VACUUM t", "not SQL at all (", "SELECT '\x1b[31m'", "", "SELECT 1; SELECT 2"])
def test_what_cannot_be_laid_out_is_shown_on_one_line(text: str) -> None:
    shown = laid_out(text)
    assert "\x1b" not in shown
    assert "\n" not in shown or pglast.fingerprint(shown) == pglast.fingerprint(text)


@given(st.text(max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    laid_out(text)
    laid_out("SELECT " + text)
