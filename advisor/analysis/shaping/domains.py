"""Outer joins that are none: a condition that no NULL passes makes the nullable side inner, as in the planner."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.analysis.binding.conditions import conjuncts
from advisor.analysis.binding.resolution import strict
from advisor.analysis.binding.state import Domain
from advisor.analysis.expression import (
    Call,
    Cast,
    Collated,
    Expression,
    Field,
    Items,
    Logic,
    Membership,
    Operation,
    Test,
)

MERGED = ("semi", "inner")
"""Domains whose conditions filter together with those of the domain around them."""


def group(domain: Domain) -> list[Domain]:
    """Return a domain and those inside it that filter together with it."""
    found = [domain]
    for inner in domain.inside:
        if inner.kind in MERGED:
            found += group(inner)
    return found


def nullable(domains: list[Domain]) -> Iterator[Domain]:
    """Yield the domains inside a group whose conditions do not filter the group."""
    for domain in domains:
        yield from (inner for inner in domain.inside if inner.kind not in MERGED)


def simplify(domain: Domain) -> None:
    """Turn outer joins within a domain into inner and anti-joins where conditions allow it."""
    changed = True
    while changed:
        domains = group(domain)
        rejected: set[int] = set()
        for condition in (condition for part in domains for condition in part.conditions):
            rejected |= rejects_null(condition)
        changed = False
        for inner in list(nullable(domains)):
            if inner.kind in ("left", "full") and rejected & inner.all_relations():
                _make_inner(inner)
                changed = True
    for inner in nullable(group(domain)):
        if inner.kind == "left":
            _make_anti(domain, inner)
        simplify(inner)


def _make_inner(domain: Domain) -> None:
    """Make a nullable side part of the domain around it; the other side of a FULL JOIN stays nullable."""
    other = domain.partner
    if domain.kind == "full" and other is not None:
        other.kind = "left"
        for condition in domain.joined + other.joined:
            other.conditions.extend(conjuncts(condition))
        domain.joined, other.joined = [], []
    domain.kind = "inner"


def _make_anti(domain: Domain, inner: Domain) -> None:
    """See `LEFT JOIN … WHERE right.key IS NULL` as the anti-join it is."""
    joined: set[Field] = set()
    for condition in inner.conditions:
        joined |= strict_fields(condition)
    for part in group(domain):
        for condition in part.conditions:
            if isinstance(condition, Test) and condition.test == "IS NULL" and condition.argument in joined and (
                isinstance(condition.argument, Field) and condition.argument.occurrence in inner.relations
            ):  # fmt: skip
                inner.kind = "anti"
                part.conditions.remove(condition)
                return


def rejects_null(condition: Expression) -> set[int]:
    """Return the relations of which an all-NULL row cannot pass a condition."""
    return {field.occurrence for field in strict_fields(condition)}


def strict_fields(condition: Expression) -> set[Field]:
    """Return the columns whose NULL makes an expression NULL (or a condition not true)."""
    match condition:
        case Field():
            return {condition}
        case Operation() | Items():
            return {field for part in condition.arguments for field in strict_fields(part)}
        case Call(name, arguments, aggregate=False, window=False) if strict(name[-1]):
            return {field for part in arguments for field in strict_fields(part)}
        case Cast() | Collated():
            return strict_fields(condition.argument)
        case Membership():
            return strict_fields(condition.left)
        case Test(argument, "IS NOT NULL" | "IS TRUE" | "IS FALSE"):
            return strict_fields(argument)
        case Logic("AND", arguments):
            return {field for part in arguments for field in strict_fields(part)}
        case Logic("NOT", (argument,)) if not isinstance(argument, (Logic, Test)):
            return strict_fields(argument)
        case Logic("OR", arguments):
            return _in_every_arm([strict_fields(part) for part in arguments])
        case _:
            return set()


def _in_every_arm(arms: list[set[Field]]) -> set[Field]:
    """Return the columns of those relations that every alternative rejects."""
    relations = set.intersection(*({field.occurrence for field in arm} for arm in arms)) if arms else set()
    return {field for arm in arms for field in arm if field.occurrence in relations}
