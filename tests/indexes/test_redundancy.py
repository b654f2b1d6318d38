"""Which index makes another redundant, and which only looks as if it did."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from advisor.catalog.index import Index, IndexDefinition, IndexKey, IndexSize
from advisor.indexes.replacing.implication import implies
from advisor.indexes.replacing.redundancy import disposable, replaceable, served_by_existing, serves


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
        (index("a", "b"), index("a", "b"), True, "the same payload"),
        (index("a", "b"), index("a", "a b"), True, "payload held as a key and as payload, all of it"),
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
        ("a AND b AND c", "c AND a", True),
        ("a AND b AND c", "c AND a AND d", False),
        ("a IS OF A NEWER SYNTAX", "a IS OF A NEWER SYNTAX", True),
        ("a IS OF A NEWER SYNTAX", "a", False),
        ("a", "a IS OF A NEWER SYNTAX", False),
        ("(a) AND (b = 'x AND y')", "b = 'x AND y'", True),
        ("a OR b", "a", False),
        ("(status)::text = 'open'::text", "status = 'open'", False),
        ("lower(a) = 'x'", "lowera = 'x'", False),
        ("a = 'x  y'", "a = 'x y'", False),
        ("""a = '"b"'""", "a = 'b'", False),
        ("a = 'x'::bpchar", "a = 'x'", False),
        ("a = 'long'::varchar(3)", "a = 'long'", False),
        ("CASE WHEN a AND b THEN c ELSE d END", "a", False),
        ("CASE WHEN a THEN b END AND c", "c", True),
        ("a OR (b AND c)", "b OR a", True),
        ("b OR a", "a OR (b AND c)", False),
        ("(a OR b) AND (a OR c)", "a OR b", True),
        ("a AND (b OR c)", "(a AND b) OR (a AND c)", False),
        ("NOT (a OR b)", "NOT a", True),
        ("NOT (a AND b)", "NOT a", False),
        ("NOT a", "NOT (a AND b)", True),
        ("a IS TRUE", "a", True),
        ("a", "a IS TRUE", True),
        ("a IS FALSE", "NOT a", True),
        ("a IS NOT TRUE", "NOT a", False),
        ("NOT (a IS TRUE)", "NOT a", False),
        ("a = 1 AND b = 2", "b = 2 AND a = 1", True),
        ("a = 1 -- b", "a = 1", True),
        ("a = 1) OR (b = 2", "a = 1", False),
        ("lower(a) = 'x'", "lower(b) = 'x'", False),
        ("a = ANY (ARRAY[1, 2])", "a IN (1, 2)", False),
        ("a > 1", "a IS NOT NULL", False),
        ("status = 'open'", "status = 'closed'", False),
        ('"Status" = 1', "status = 1", False),
        ("c BETWEEN 1 AND 2", "c BETWEEN 1 AND 3", False),
    ],
)
def test_implication(premise: str | None, conclusion: str | None, expected: bool) -> None:
    assert implies(premise, conclusion) is expected


TYPES = {
    "v": "varchar",
    "t": "text",
    "c": "bpchar",
    "i": "citext",
    "k": "kind",
    "n": "int8",
    "s": "int2",
    "f": "float8",
}


@pytest.mark.parametrize(
    ("premise", "conclusion", "expected"),
    [
        ("(v)::text = 'open'::text", "v = 'open'", True),
        ("(v)::text = 'open'::text", "t = 'open'", False),
        ("(v)::text = ANY ((ARRAY['b'::character varying, 'a'::character varying])::text[])", "v IN ('a', 'b')", True),
        ("v IN ('a')", "v IN ('a', 'b')", False),
        ("v = 'open'::varchar(2)", "v = 'open'", False),
        ("(v)::varchar(2) = 'op'", "v = 'op'", False),
        ("(c)::text = 'open'::text", "c = 'open'", False),
        ("c = 'open'::bpchar", "c = 'open'", True),
        ("c = 'open'::text", "c = 'open'", False),
        ("(i)::text = 'open'::text", "i = 'open'", False),
        ("i = 'open'::citext", "i = 'open'", True),
        ("k = 'open'::kind", "k = 'open'", True),
        ("k = 'open'::app.kind", "k = 'open'", False),
        ("n = '5'::bigint", "n = '5'", True),
        ("n = ANY (ARRAY[2, 1])", "n IN (1, 2)", True),
        ("n <> ANY (ARRAY[2, 1])", "n IN (1, 2)", False),
        ("n = ALL (ARRAY[2, 1])", "n IN (1, 2)", False),
        ("n NOT IN (1, 2)", "n IN (1, 2)", False),
        ("f > (5)::double precision", "f > 5", True),
        ("n = 5.4::int8", "n = 5.4", False),
        ("unknown = 'a'::text", "unknown = 'a'", False),
        ("o.v = 'a'::text", "o.v = 'a'", False),
        ("lower((v)::text) = 'a'::text", "lower((v)::text) = 'a'", False),
        ("v || 'a'::text = 'x'", "v || 'a' = 'x'", False),
    ],
)
def test_casts_count_unless_the_columns_type_says_that_they_change_nothing(
    premise: str, conclusion: str, expected: bool
) -> None:
    assert implies(premise, conclusion, TYPES) is expected
    if expected:
        assert implies(conclusion, premise, TYPES) and not implies(premise, conclusion)


@pytest.mark.parametrize("method", ["gist", "spgist", "btree"])
def test_payload_must_be_held_whatever_the_method(method: str) -> None:
    assert not serves(index("a", method=method), index("a", "b", method=method))
    assert serves(index("a", "b c", method=method), index("a", "b", method=method))
    assert serves(index("a, b", method=method), index("a, b", "b", method=method)) is (method == "btree")


def test_a_question_of_thousands_of_parts_has_an_answer() -> None:
    arms = [f"(a = {number} OR b = {number})" for number in range(300)]
    assert implies(" AND ".join(arms), " AND ".join(reversed(arms)))
    assert not implies(" AND ".join(arms), "a = 1 OR c = 1")


def test_beyond_some_thousands_of_comparisons_the_answer_is_no() -> None:
    """In doubt no, whatever the order in which parts are compared: an index stays, or a query is planned once more."""
    few, many = ([f"(a{number} = 1 OR b{number} = 1)" for number in range(count)] for count in (900, 2000))
    assert implies(" AND ".join(few), f"{few[-1]} OR c = 1")
    assert not implies(" AND ".join(few), "c = 1 OR d = 1")
    assert not implies(" AND ".join(many), f"{many[-1]} OR c = 1")
    assert implies(" AND ".join(many), " AND ".join(reversed(many)))


def existing(name: str, keys: str, pages: int = 100, where: str | None = None, **rest: Any) -> Index:
    definition = replace(index(keys, where=where), unique=rest.pop("unique", False))
    return Index(name, definition, IndexSize(1000.0, pages, 1), **rest)


@pytest.mark.parametrize(
    ("index", "may_go"),
    [
        (existing("i", "a"), True),
        (existing("i", "a", primary=True), False),
        (existing("i", "a", constraint="i_key"), False),
        (existing("i", "a", unique=True), False),
        (existing("i", "a", replica_identity=True), False),
        (existing("i", "a", attached=True), False),
    ],
    ids=["plain", "primary key", "of a constraint", "unique", "replica identity", "a partition's"],
)
def test_what_enforces_or_replicates_stays(index: Index, may_go: bool) -> None:
    assert disposable(index) is may_go
    assert replaceable(index_on_ab, IndexSize(1000.0, 100, 1), (index,)) == ((index,) if may_go else ())


index_on_ab = index("a, b")
STAY = [
    existing("other", "b"),
    existing("broken", "a", valid=False),
    existing("key", "a", primary=True),
    existing("identity", "a", replica_identity=True),
]


def test_only_indexes_of_which_nothing_is_lost_are_replaced() -> None:
    goes = existing("goes", "a")
    assert replaceable(index_on_ab, IndexSize(1000.0, 100, 1), (*STAY, goes)) == (goes,)


@pytest.mark.parametrize(
    ("pages", "where", "goes"),
    [(50, "b > 1", False), (51, "b > 1", True), (1, None, True), (1, "a IS NOT NULL", False)],
    ids=["half as large", "larger than half", "as whole", "a small one"],
)
def test_a_small_partial_index_stays_beside_a_large_whole_one(pages: int, where: str | None, goes: bool) -> None:
    partial = existing("partial", "a", pages=pages, where=where)
    assert replaceable(index_on_ab, IndexSize(1000.0, 100, 1), (partial,)) == ((partial,) if goes else ())


def test_predicates_of_replaced_indexes_are_compared_by_the_columns_types() -> None:
    spelled = existing("spelled", "a", pages=1, where="(v)::text = 'open'::text")
    candidate = index("a, b", where="v = 'open'")
    assert replaceable(candidate, IndexSize(1000.0, 100, 1), (spelled,), TYPES) == (spelled,)
    assert replaceable(candidate, IndexSize(1000.0, 100, 1), (spelled,)) == ()


def test_a_candidate_that_a_valid_index_serves_is_not_wanted() -> None:
    broken, other, good = (
        existing("broken", "a, b", valid=False),
        existing("other", "b, a"),
        existing("good", "a, b, c"),
    )
    assert served_by_existing(index_on_ab, (broken, other, good)) == good
    assert served_by_existing(index_on_ab, (broken, other)) is None
    spelled = existing("spelled", "a", where="(v)::text = 'open'::text")
    assert served_by_existing(index("a", where="v = 'open'"), (spelled,), TYPES) == spelled
