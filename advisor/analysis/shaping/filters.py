"""Filtering: the conditions of one group of domains handed out to the tables they restrict, as predicates and joins."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations, count

from advisor.analysis.binding.state import Domain, State, underlying
from advisor.analysis.expression import Expression, Field, Logic, Operation, fields, occurrences, substitute
from advisor.analysis.shape import JoinEdge, Predicate
from advisor.analysis.shaping.domains import group, nullable
from advisor.analysis.shaping.equivalence import Class, Classes
from advisor.analysis.shaping.predicates import always_true, predicates
from advisor.analysis.shaping.terms import constant, relabelled, term

DROPS_TRUTHS = 170000
"""The first server version that does not check `IS NOT NULL` of a NOT NULL column on every row."""


@dataclass(slots=True, eq=False)
class Filters:
    """What was found for each relation of a statement."""

    state: State
    predicates: dict[int, dict[Predicate, None]] = field(default_factory=dict)
    edges: dict[int, dict[JoinEdge, None]] = field(default_factory=dict)
    computed: list[Expression] = field(default_factory=list)
    """Conditions that filter no table by themselves; their columns are needed all the same."""
    numbers: count[int] = field(default_factory=count)
    """Numbers of OR lists."""

    def add(self, relation: int, found: tuple[Predicate, ...], condition: Expression | None = None) -> None:
        """Add predicates of a relation, which come of a condition; whether a policy asks it is noted."""
        if condition is not None and self._of_policy(condition):
            found = tuple(replace(one, policy=True) for one in found)
        self.predicates.setdefault(relation, {}).update(dict.fromkeys(found))

    def _of_policy(self, condition: Expression) -> bool:
        """Whether a policy asks a condition, or one that an equality class made of it."""
        asked = self.state.policy_conditions
        if not asked or condition in asked:
            return bool(asked)
        parts = set(condition.arguments) if isinstance(condition, Operation) else None
        return any(isinstance(one, Operation) and set(map(relabelled, one.arguments)) == parts for one in asked)

    def join(self, relation: int, edge: JoinEdge) -> None:
        """Add a join edge of a relation."""
        self.edges.setdefault(relation, {}).setdefault(edge)


def filter_group(filters: Filters, domain: Domain, around: Classes | None = None) -> Classes:
    """Hand out the conditions of `domain`, then those of the outer joins inside it; return its classes.

    `around` are the classes of the domain around it whose constants hold here too.
    """
    domains = group(domain)
    own = {relation for part in domains for relation in part.relations}
    inner = {relation for part in nullable(domains) for relation in part.all_relations()}
    classes = Classes()
    rest: list[Expression] = []
    for condition in (condition for part in domains for condition in part.conditions):
        read = occurrences(condition)
        if read & inner or not read & own or not classes.absorb(condition):
            rest.append(condition)
    for found in classes.classes:
        _inherit(found, own, around)
        _equalities(filters, found, own, domains)
    for condition in rest:
        if not always_true(filters.state, condition):
            _condition(filters, condition, own, inner)
        elif filters.state.schema.server_version < DROPS_TRUTHS:
            filters.computed.append(condition)
    for part in nullable(domains):
        _full(filters, part)
        filter_group(filters, part, classes if part.kind in ("left", "anti") else None)
    _push(filters, own)
    return classes


def _inherit(found: Class, own: set[int], around: Classes | None) -> None:
    """Take a constant over from an equal term outside."""
    for member in found.members:
        outside = around.of(member) if around and not occurrences(member) & own else None
        if found.constant is None and outside is not None:
            found.constant = outside.constant


def _equalities(filters: Filters, found: Class, own: set[int], domains: list[Domain]) -> None:
    """Hand out what a class says: its constant to each member, joins between its members."""
    if found.constant is not None:
        for member in found.members:
            (relation,) = occurrences(member)
            if relation in own:
                equality = Operation("=", (member, found.constant), "bool")
                filters.add(relation, predicates(filters.state, equality, relation, 0), equality)
                _push_condition(filters, equality, relation)
    pairs = combinations(found.members, 2) if found.constant is None else found.direct
    for one, other in pairs:
        kind_here = _kind(one, other, own, domains)
        if kind_here is not None:
            _edge(filters, one, other, kind_here[0])
            if kind_here[1]:
                _edge(filters, other, one, kind_here[1])


def _kind(one: Expression, other: Expression, own: set[int], domains: list[Domain]) -> tuple[str, str] | None:
    """Return the kinds of the two edges between a pair, empty for none."""
    (left,), (right,) = occurrences(one), occurrences(other)
    if left == right or (left not in own and right not in own):
        return None
    if left in own and right in own:
        homes = [next(part for part in domains if relation in part.relations) for relation in (left, right)]
        kind = "semi" if homes[0] is not homes[1] and "semi" in (homes[0].kind, homes[1].kind) else "inner"
        return kind, kind
    inside = {"left": "right", "anti": "anti", "correlated": "correlated", "full": "full"}.get(domains[0].kind, "inner")
    outside = {"left": "left", "anti": "anti", "full": "full"}.get(domains[0].kind, "")
    return (inside, outside) if left in own else (outside, inside)


def _edge(filters: Filters, one: Expression, other: Expression, kind: str) -> None:
    """Add the edge from the relation of `one` to that of `other`, which may be behind a subquery."""
    state = filters.state
    (relation,) = occurrences(one)
    mine = term(state, one)
    if mine is None or not kind:
        return
    if isinstance(other, Field):
        other = underlying(state, other) or other
    theirs = term(state, other)
    (far,) = occurrences(other)
    if theirs is not None and far != relation:
        filters.join(relation, JoinEdge(mine, far, theirs, "=", kind))  # type: ignore[arg-type]
    elif theirs is None:
        equality = Operation("=", (one, other), "bool")
        filters.add(relation, predicates(state, equality, relation, 0))


def _condition(filters: Filters, condition: Expression, own: set[int], inner: set[int]) -> None:
    """Hand one condition out to each relation that it restricts."""
    mentioned = occurrences(condition)
    if len(mentioned) > 1 and isinstance(condition, Logic) and condition.operator == "OR":
        filters.state.features.add("or-over-tables")
    number = next(filters.numbers)
    whole = not mentioned & inner
    for relation in sorted(mentioned & own) if whole else ():
        found = predicates(filters.state, condition, relation, number)
        filters.add(relation, found, condition)
        covered = {name for one in found for name in one.term.columns}
        covered |= {name for one in found for part in one.row for name in part.columns}
        whole = whole and covered >= {part.name for part in fields(condition) if part.occurrence == relation}
    if not whole or not mentioned <= own:
        filters.computed.append(condition)
    if len(mentioned) == 1 and mentioned <= own:
        _push_condition(filters, condition, next(iter(mentioned)))


def _full(filters: Filters, domain: Domain) -> None:
    """Hand out the equalities of a FULL JOIN as edges."""
    classes = Classes()
    for condition in domain.joined:
        if not classes.absorb(condition):
            filters.computed.append(condition)
    for found in classes.classes:
        for one, other in found.direct:
            _edge(filters, one, other, "full")
            _edge(filters, other, one, "full")


def _push_condition(filters: Filters, condition: Expression, relation: int) -> None:
    """Move a condition on a subquery's output inside it, where that filters the same rows."""
    outside = filters.state.relations[relation]
    read = fields(condition)
    if outside.level is None or not all(column.name in outside.pushable for column in read):
        return
    if occurrences(condition) != {relation}:
        return
    for leaf, definition in zip(outside.level.leaves, outside.definitions, strict=False):
        renamed: dict[Expression, Expression] = {column: definition[column.name] for column in read}
        inside = substitute(condition, renamed)
        if not constant(inside):
            leaf.domain.conditions.append(inside)


def _push(filters: Filters, own: set[int]) -> None:
    """Drop predicates of relations that are no tables: they moved inside, or stay outside."""
    for relation in own:
        if filters.state.relations[relation].table is None:
            filters.predicates.pop(relation, None)
            filters.edges.pop(relation, None)
