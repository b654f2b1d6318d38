"""A suppression silences what it names, as long as it says why and until it ends."""

from __future__ import annotations

from datetime import date

import pytest

from advisor.errors import UsageError
from advisor.rules.evidence import Facts
from advisor.rules.finding import Finding
from advisor.rules.suppress import read_suppressions, suppress

TODAY = date(2026, 1, 15)
FOUND = Finding(
    id="0123456789ab",
    code="NPO001",
    name="n-plus-one",
    title="threads read for each row of sessions",
    confidence="high",
    table='"public"."threads"',
    evidence=Facts(
        {
            "application": "etl",
            "parent_table": "sessions",
            "child_table": "public.threads",
            "tags": {"controller": "home"},
        }
    ),
)


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "0123456789ab"},
        {"code": "NPO001"},
        {"code": "npo"},
        {"code": "n-plus-one"},
        {"tables": ["sessions", "threads"]},
        {"tag": "controller=home"},
        {"application": "etl"},
        {"code": "NPO001", "application": "etl", "expires": "2026-01-15"},
    ],
)
def test_a_suppression_silences_what_it_means(entry: dict[str, object]) -> None:
    result = suppress([FOUND], read_suppressions([{**entry, "reason": "known"}], "advisor.toml"), TODAY)
    assert result.kept == ()
    assert [finding.id for finding, _ in result.silenced] == [FOUND.id]
    assert result.unused == result.expired == ()


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "ba9876543210"},
        {"code": "NPO002"},
        {"code": "n-plus"},
        {"tables": ["sessions", "messages"]},
        {"tag": "controller=away"},
        {"application": "web"},
        {"code": "NPO001", "application": "web"},
    ],
)
def test_a_suppression_of_something_else_keeps_the_finding_and_is_reported_unused(entry: dict[str, object]) -> None:
    result = suppress([FOUND], read_suppressions([{**entry, "reason": "known"}], "advisor.toml"), TODAY)
    assert result.kept == (FOUND,)
    assert [unused.reason for unused in result.unused] == ["known"]


def test_an_expired_suppression_silences_nothing_and_is_named() -> None:
    entries = read_suppressions([{"code": "NPO", "reason": "until the rewrite", "expires": "2026-01-14"}], "a")
    result = suppress([FOUND], entries, TODAY)
    assert result.kept == (FOUND,)
    assert result.expired == entries
    assert result.unused == ()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"code": "NPO001"}, "a suppression needs a reason"),
        ({"code": "NPO001", "reason": "  "}, "a suppression needs a reason"),
        ({"reason": "all of it"}, "this would silence everything"),
        ({"code": "NPO001", "reason": "x", "expires": "soon"}, "suppress[0].expires: is no date (YYYY-MM-DD)"),
        ({"cod": "NPO001", "reason": "x"}, "unknown key cod"),
    ],
)
def test_a_suppression_that_cannot_be_meant_is_refused(entry: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_suppressions([entry], "advisor.toml")
    assert refused.value.what == said
    assert refused.value.where in ("advisor.toml", "advisor.toml: suppress[0]")
