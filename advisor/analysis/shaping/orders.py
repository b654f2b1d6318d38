"""Orders and groups: which table could give a level's ORDER BY, window, DISTINCT or GROUP BY from an index."""

from __future__ import annotations

from advisor.analysis.binding.state import Level, Ordering, State
from advisor.analysis.expression import Expression, Operation, Unknown, occurrences
from advisor.analysis.shape import SortKey, Term
from advisor.analysis.shaping.equivalence import Classes
from advisor.analysis.shaping.terms import term

DISTANCES = frozenset({"<->", "<=>", "<#>", "<+>", "<~>", "<%>", "<<->", "<->>", "<<<->", "<->>>", "|=|", "<<#>>"})
"""Distance operators of PostgreSQL, pg_trgm, PostGIS, cube and pgvector."""


def wanted(level: Level) -> list[Ordering]:
    """Return the order a level asks of its tables: its windows' first, else its own, else that of DISTINCT ON."""
    for partition, order in level.windows:
        keys = [Ordering(expression, False, False) for expression in partition] + order
        if keys:
            return keys
    if level.sort:
        return level.sort
    return [Ordering(expression, False, False) for expression in level.distinct] if level.distinct_on else []


def every_order(level: Level) -> list[Ordering]:
    """Return all that a level orders or partitions by."""
    found = [Ordering(expression, False, False) for partition, _ in level.windows for expression in partition]
    found += [key for _, order in level.windows for key in order]
    return [*found, *level.sort, *wanted(level)]


def hand_to_arms(level: Level) -> None:
    """Hand the order and limit of a UNION ALL on to its arms: each can give it from an index, for a merge."""
    names = [target.name for target in level.targets]
    wanted_names = [key.expression.name if isinstance(key.expression, Unknown) else "" for key in level.sort]
    if not level.sort or not set(wanted_names) <= set(names):
        return
    places = [names.index(name) for name in wanted_names]
    for leaf in level.leaves:
        plain = not (leaf.sort or leaf.windows or leaf.aggregated or leaf.distinct)
        if plain and max(places) < len(leaf.targets):
            leaf.sort = [Ordering(leaf.targets[place].expression, key.descending, key.nulls_first)
                         for place, key in zip(places, level.sort, strict=True)]  # fmt: skip
            leaf.limit = leaf.limit or level.limit


def sort_keys(state: State, keys: list[Ordering], classes: Classes, relation: int) -> tuple[SortKey, ...]:
    """Return an order as keys of one table; empty when that table cannot give all of it."""
    found: dict[Term, SortKey] = {}
    for key in keys:
        if not occurrences(key.expression) and not isinstance(key.expression, Unknown):
            continue
        mine = own_term(state, key.expression, classes, relation)
        if mine is None:
            return ()
        distance = _distance(state, key.expression, relation)
        found.setdefault(mine, SortKey(mine, key.descending, key.nulls_first, distance))
    return tuple(found.values())


def _distance(state: State, expression: Expression, relation: int) -> tuple[str, Term] | None:
    """Return operator and column when an expression is a distance that an index can order by."""
    if not isinstance(expression, Operation) or expression.operator not in DISTANCES:
        return None
    mine = [part for part in expression.arguments if occurrences(part) == {relation}]
    found = term(state, mine[0]) if len(mine) == 1 else None
    return (expression.operator, found) if found is not None else None


def own_term(state: State, expression: Expression, classes: Classes, relation: int) -> Term | None:
    """Return an expression, or one that equals it, as a term of one table."""
    if occurrences(expression) == {relation}:
        return term(state, expression)
    found = classes.of(expression)
    members = found.members if found else []
    return next((term(state, member) for member in members if occurrences(member) == {relation}), None)


def group_terms(state: State, keys: list[Expression], classes: Classes, relation: int) -> tuple[Term, ...]:
    """Return GROUP BY or DISTINCT items as terms of one table; empty when others are among them."""
    found: dict[Term, None] = {}
    for key in keys:
        if not occurrences(key):
            continue
        mine = own_term(state, key, classes, relation)
        if mine is None:
            return ()
        found[mine] = None
    return tuple(found)


def spans(state: State, level: Level) -> bool:
    """Whether an ORDER BY reads several tables."""
    read = [occurrences(key.expression) for key in level.sort]
    return all(read) and len(frozenset().union(*read)) > 1


def grouped_order(level: Level) -> bool:
    """Whether the order of a grouped level is one of its groups, which sorted input could give."""
    groups = set(level.group) | set(level.distinct)
    return not level.aggregated or all(key.expression in groups for key in level.sort)
