"""Which index makes another redundant, and which only looks as if it did."""

from __future__ import annotations

import pytest

from advisor.catalog.index import IndexDefinition, IndexKey
from advisor.indexes.implication import conjuncts, implies
from advisor.indexes.redundancy import serves


def index(keys: str, include: str = "", where: str | None = None, method: str = "btree") -> IndexDefinition:
    """Return an index on `t`; keys look like `a, b desc, c text_pattern_ops`."""
    made = []
    for part in keys.split(","):
        name, *words = part.split()
        opclass = next((word for word in words if word.endswith("_ops")), None)
        nulls_first = {"first": True, "last": False}.get(words[-1] if words else "")
        made.append(IndexKey(name, name, opclass, None, "desc" in words, nulls_first))
    return IndexDefinition("public", "t", tuple(made), tuple(include.split()), where, method)


@pytest.mark.parametrize(
    ("wide", "narrow", "expected", "why"),
    [
        (index("a, b"), index("a"), True, "a prefix"),
        (index("a, b"), index("b"), False, "not a prefix"),
        (index("a"), index("a, b"), False, "the longer one does more"),
        (index("a, b"), index("a, b"), True, "the same"),
        (index("a desc"), index("a"), True, "a backward scan"),
        (index("a desc, b desc"), index("a, b"), True, "a backward scan of both"),
        (index("a, b desc"), index("a, b"), False, "mixed directions are another order"),
        (index("a, b desc"), index("a desc, b"), True, "mixed directions, backward"),
        (index("a desc last"), index("a desc"), False, "NULLs at the other end"),
        (index("a desc"), index("a last"), True, "NULLS LAST is the default of ascending keys"),
        (index("a text_pattern_ops"), index("a"), False, "another operator class"),
        (index("a text_ops"), index("a"), True, "the default operator class, spelled out"),
        (index("a", "b c"), index("a", "b"), True, "more payload"),
        (index("a", "b"), index("a", "b c"), False, "less payload"),
        (index("a, b"), index("a", "b"), True, "payload held as a key"),
        (index("a"), index("a", where="b > 1"), True, "a whole index serves a partial one"),
        (index("a", where="b > 1"), index("a"), False, "a partial index does not serve a whole one"),
        (index("a", where="b > 1"), index("a", where="(b > 1)"), True, "the same predicate"),
        (index("a", where="b > 1 AND c IS NULL"), index("a", where="b > 1"), False, "the narrower serves fewer rows"),
        (index("a", where="b > 1"), index("a", where="b > 1 AND c IS NULL"), True, "the wider predicate is implied"),
        (index("a", method="hash"), index("a"), False, "another method"),
        (index("a, b", method="gin"), index("a", method="gin"), False, "only b-trees have prefixes"),
    ],
)
def test_serving(wide: IndexDefinition, narrow: IndexDefinition, expected: bool, why: str) -> None:
    assert serves(wide, narrow) is expected, why


@pytest.mark.parametrize(
    ("premise", "conclusion", "expected"),
    [
        (None, None, True),
        (None, "a", False),
        ("a", None, True),
        ("a AND b", "a", True),
        ("(a) AND (b = 'x AND y')", "b = 'x AND y'", True),
        ("a OR b", "a", False),
        ("(status)::text = 'open'::text", "status = 'open'", True),
        ("status = 'open'", "status = 'closed'", False),
        ('"Status" = 1', "status = 1", False),
        ("c BETWEEN 1 AND 2", "c BETWEEN 1 AND 3", False),
    ],
)
def test_implication(premise: str | None, conclusion: str | None, expected: bool) -> None:
    assert implies(premise, conclusion) is expected


def test_an_and_within_quotes_does_not_divide() -> None:
    assert len(conjuncts("a = 'x AND y' AND b IS NULL")) == 2
